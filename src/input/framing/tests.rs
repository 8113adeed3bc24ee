use super::*;

const HAPROXY: &str = r#"127.0.0.1:33420 [22/Nov/2026:07:18:29.754] fe_http b_ok/s1 0/0/0/1/1 200 59 - - ---- 1/1/0/0/0 0/0 "GET /x/200 HTTP/1.1""#;
const NGINX: &str = r#"127.0.0.1 - - [22/Nov/2026:07:29:45 +0000] "GET /ok/200 HTTP/1.1" 200 6 "-" "lab""#;

/// Frames as HAProxy 2.6, nginx 1.22, rsyslog and journalctl wrote them (CRI, Docker, length: by their documents);
/// tag; payload.
fn framed() -> Vec<(Framing, String, Option<&'static str>, &'static str)> {
    let table: &[(Framing, &str, Option<&'static str>, &'static str)] = &[
        (Framing::Rfc3164, "<134>Nov 22 07:18:29 localhost haproxy[6656]: ", Some("haproxy"), HAPROXY),
        (Framing::Rfc3164, "<134>Nov 22 07:18:29 haproxy[6656]: ", Some("haproxy"), HAPROXY),
        (Framing::Rfc3164, "<190>Nov 22 07:12:27 vm nginx: ", Some("nginx"), NGINX),
        (Framing::Rfc3164, "<190>Nov  2 07:12:27 nginx: ", Some("nginx"), NGINX),
        (Framing::Rfc3164, "Nov 22 07:29:43 localhost haproxy[30883]: ", Some("haproxy"), HAPROXY),
        (Framing::Rfc3164, "Nov 22 07:29:43 - haproxy[30883] ", Some("haproxy"), HAPROXY),
        (Framing::Rfc3164, "Nov 22 07:29:43 - nginx ", Some("nginx"), NGINX),
        (Framing::Rfc3164, "Nov 22 07:30:21 vm haproxy[32727]: ", Some("haproxy"), HAPROXY),
        (Framing::Rfc3164, "Nov 22 07:30:21.349527 vm haproxy[32727]: ", Some("haproxy"), HAPROXY),
        (Framing::Rfc3164, "Nov 22 07:30:21 vm nginx[301]: vm nginx: ", Some("nginx"), NGINX),
        (Framing::Rfc3164, "Nov 22 07:30:21 vm python3[32727]: vm nginx: ", Some("nginx"), NGINX),
        (
            Framing::Rfc5424,
            "<134>1 2026-11-22T07:18:29.755639+00:00 - haproxy 6656 - - ",
            Some("haproxy"),
            HAPROXY,
        ),
        (
            Framing::Rfc5424,
            "<134>1 2026-11-22T07:18:29.755639+00:00 - haproxy 6656 - -  ",
            Some("haproxy"),
            HAPROXY,
        ),
        (Framing::Rfc5424, "217 <134>1 - vm nginx - - - \u{FEFF}", Some("nginx"), NGINX),
        (
            Framing::Rfc5424,
            r#"<134>1 2026-11-22T07:18:29Z vm haproxy 1 - [lab@1 be="o\"k" st="2\\"][x@2 y="] \] ["] "#,
            Some("haproxy"),
            HAPROXY,
        ),
        (Framing::Rfc5424, "<134>1 2026-11-22T07:18:29Z vm - - - - ", None, NGINX),
        (Framing::IsoSyslog, "2026-11-22T07:29:43+00:00 vm nginx: ", Some("nginx"), NGINX),
        (
            Framing::IsoSyslog,
            "2026-11-22T07:29:43.123456+00:00 localhost haproxy[30883]: ",
            Some("haproxy"),
            HAPROXY,
        ),
        (Framing::IsoSyslog, "2026-11-22T07:30:21+0000 vm haproxy[32727]: ", Some("haproxy"), HAPROXY),
        (Framing::IsoSyslog, "<134>2026-11-22T07:30:21Z vm haproxy[32727]: ", Some("haproxy"), HAPROXY),
        (Framing::Priority, "<6>", None, HAPROXY),
        (Framing::Priority, "<134>", None, HAPROXY),
        (Framing::Iso, "2026-11-22T07:18:29.755721+00:00 ", None, HAPROXY),
        (Framing::Iso, "<6>2026-11-22T07:18:29.755721+00:00 ", None, HAPROXY),
        (Framing::JournalFull, "Sun 2026-11-22 07:30:21 UTC vm haproxy[32727]: ", Some("haproxy"), HAPROXY),
        (
            Framing::JournalFull,
            "Sun 2026-11-22 07:30:21 CET vm nginx.service/nginx[3]: ",
            Some("nginx.service/nginx"),
            NGINX,
        ),
        (Framing::JournalUnix, "1795332621.349527 vm haproxy[32727]: ", Some("haproxy"), HAPROXY),
        (Framing::Cri, "2026-11-22T07:29:43.694123456Z stdout F ", None, NGINX),
        (Framing::Cri, "2026-11-22T07:29:43.694123456+01:00 stderr F:x ", None, HAPROXY),
        (Framing::Tag, "haproxy[30883]: ", Some("haproxy"), HAPROXY),
        (Framing::Kubectl, "[pod/web-6d4cf56db6-x7xfq/nginx] ", Some("nginx"), NGINX),
        (Framing::Stern, "web-6d4cf56db6-x7xfq nginx ", Some("nginx"), NGINX),
        (Framing::Stern, "web-0 haproxy ", Some("haproxy"), HAPROXY),
        (Framing::Compose, "web-1  | ", Some("web-1"), NGINX),
        (Framing::Compose, "caddy | ", Some("caddy"), r#"{"status":200}"#),
    ];
    table
        .iter()
        .map(|&(framing, frame, tag, payload)| (framing, format!("{frame}{payload}"), tag, payload))
        .collect()
}

/// Lines that are formats of their own, and must be left alone.
const UNFRAMED: &[&str] = &[
    HAPROXY,
    NGINX,
    "",
    r#"[2026-11-22T07:29:43.694Z] "GET / HTTP/1.1" 200 - 0 6 1 0 "-" "lab" "id" "host" "10.0.0.1:80""#,
    "https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086",
    r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1""#,
    "tls 2.0 2018-12-20T02:59:40 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd",
    "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/index.html\t200",
    r#"{"ts":1795332621.3,"status":200,"log":"mine","time":"x","stream":"a stream"}"#,
    r#"{"httpRequest":{"status":502},"jsonPayload":{"MESSAGE":"x","__REALTIME_TIMESTAMP":"1"},"severity":"WARNING"}"#,
    "1795332621.349 127.0.0.1 TCP_MISS/200: 6",
    "2026/11/22 07:29:43 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream",
    "Health check for server chk/k1 failed, reason: Layer7 wrong status, code: 503",
    "last message repeated 3 times",
    r#"www.example.com 10.0.0.1 - - [22/Nov/2026:07:29:45 +0000] "GET / HTTP/1.1" 200 6 "-" "lab""#,
    r#"my-host - - [22/Nov/2026:07:29:45 +0000] "GET / HTTP/1.1" 200 6"#,
    r#"{"message":"a line in a string","level":"info"}"#,
];

#[test]
fn frames_are_recognised_and_taken_off() {
    for (framing, line, tag, payload) in framed() {
        let line = line.as_bytes();
        assert_eq!(Framing::detect([line]), framing, "{}", String::from_utf8_lossy(line));
        let start = framing.payload_start(line);
        assert_eq!(
            start.map(|at| &line[at..]),
            Some(payload.as_bytes()),
            "{}",
            String::from_utf8_lossy(line)
        );
        assert_eq!(framing.tag(line), tag.map(str::as_bytes));
        assert_eq!(framing.unwrap(line, &mut Vec::new()), Some(payload.as_bytes()));
    }
}

#[test]
fn formats_of_their_own_are_left_alone() {
    for line in UNFRAMED {
        assert_eq!(Framing::detect([line.as_bytes()]), Framing::None, "{line}");
        assert_eq!(Framing::None.payload_start(line.as_bytes()), Some(0));
    }
}

#[test]
fn the_framing_of_most_lines_wins() {
    let nginx: Vec<String> = (0..6).map(|i| format!("Nov 22 07:29:4{i} vm nginx: {NGINX}")).collect();
    let noise = [
        "",
        "  ",
        "#Fields: none",
        "-- Reboot --",
        "Nov 22 07:29:43 vm kernel: [ 12.3] eth0: link up",
        NGINX,
        NGINX,
        NGINX,
    ];
    let lines = || nginx.iter().map(String::as_str).chain(noise).map(str::as_bytes);
    assert_eq!(Framing::detect(lines()), Framing::Rfc3164);
    let tags: Vec<_> = lines().filter_map(|line| Framing::Rfc3164.tag(line)).collect();
    assert_eq!(tags.iter().filter(|&&tag| tag == b"nginx").count(), 6);
    assert!(tags.contains(&&b"kernel"[..]));
    assert_eq!(Framing::detect(lines().skip(3)), Framing::None, "half of the lines is not most of them");
    assert_eq!(Framing::detect([]), Framing::None);
}

#[test]
fn events_in_a_recognised_stream_are_framed_too() {
    let event = "Server chk/k1 is DOWN. 1 active and 0 backup servers left.";
    for (framing, frame) in [
        (Framing::Rfc3164, "Nov 22 07:29:42 localhost haproxy[30883]: "),
        (Framing::Iso, "2026-11-22T07:18:29.755721+00:00 "),
        (Framing::Priority, "<5>"),
    ] {
        let line = format!("{frame}{event}");
        assert_eq!(framing.payload_start(line.as_bytes()), Some(frame.len()));
    }
}

#[test]
fn whatever_the_line_the_payload_is_its_end() {
    let lines: Vec<String> = framed()
        .into_iter()
        .map(|(_, line, ..)| line)
        .chain(UNFRAMED.iter().map(|&line| line.to_owned()))
        .collect();
    let check = |line: &[u8]| {
        let _ = classify(line);
        for framing in Framing::ALL {
            if let Some(start) = framing.payload_start(line) {
                assert!(start <= line.len());
            }
            let _ = framing.tag(line);
            let _ = Unwrapper::new(framing, 10).push(line);
        }
    };
    for line in lines {
        let line = line.as_bytes();
        for at in 0..line.len().min(100) {
            check(&line[..at]);
            check(&line[at..]);
            for byte in [b' ', b':', b'[', b'"', b'\\', 0xFF] {
                let mut changed = line.to_vec();
                changed[at] = byte;
                check(&changed);
            }
        }
    }
}

#[test]
fn json_frames_are_undone() {
    let mut buffer = Vec::new();
    let docker = br#"{"log":"127.0.0.1 \"GET /caf\u00e9\\x22 HTTP/1.1\"\r\n","stream":"stdout","time":"2026-11-22T07:29:43.694123456Z"}"#;
    assert_eq!(Framing::detect([&docker[..]]), Framing::DockerJson);
    let payload = Framing::DockerJson.unwrap(docker, &mut buffer).unwrap();
    assert_eq!(payload, r#"127.0.0.1 "GET /café\x22 HTTP/1.1""#.as_bytes());
    assert_eq!(Framing::DockerJson.payload_start(docker), None);

    for (message, expected) in [
        (r#""a \"b\" c""#, &b"a \"b\" c"[..]),
        ("[114,97,119,32,255,254]", b"raw \xFF\xFE"),
        ("[]", b""),
        ("null", b""),
    ] {
        let line = format!(
            r#"{{"_PID":"301","SYSLOG_IDENTIFIER":"nginx","MESSAGE":{message},"__REALTIME_TIMESTAMP":"1795332621385041"}}"#
        );
        let line = line.as_bytes();
        assert_eq!(Framing::detect([line]), Framing::JournalJson);
        assert_eq!(Framing::JournalJson.unwrap(line, &mut buffer), Some(expected));
        assert_eq!(Framing::JournalJson.tag(line), Some(&b"nginx"[..]));
    }
    for line in [&b"{\"MESSAGE\":[256]}"[..], b"{\"MESSAGE\":[1,[2]]}", b"{}", b"", b"null"] {
        assert_eq!(Framing::JournalJson.unwrap(line, &mut buffer), None);
    }
}

#[test]
fn parts_are_joined_per_stream() {
    let mut cri = Unwrapper::new(Framing::Cri, 8);
    let line = |rest: &str| format!("2026-11-22T07:29:43.694123456Z {rest}").into_bytes();
    assert_eq!(cri.push(&line("stdout P abc")), Unwrapped::Part);
    assert_eq!(cri.push(&line("stderr F error")), Unwrapped::Payload(b"error"));
    assert_eq!(cri.push(b"something else"), Unwrapped::Unframed);
    assert_eq!(cri.push(&line("stdout P de")), Unwrapped::Part);
    assert_eq!(cri.push(&line("stdout F fgh")), Unwrapped::Payload(b"abcdefgh"));
    assert_eq!(cri.push(&line("stdout F ")), Unwrapped::Payload(b""));
    assert_eq!(cri.push(&line("stdout P 123456789")), Unwrapped::Part);
    assert_eq!(cri.push(&line("stdout P 123456789")), Unwrapped::Part);
    assert_eq!(cri.push(&line("stdout F ")), Unwrapped::TooLong(18));
    assert_eq!(cri.push(&line("stdout P last")), Unwrapped::Part);
    assert_eq!(cri.finish().collect::<Vec<_>>(), [b"last"]);
    assert_eq!(cri.finish().count(), 0);

    let mut docker = Unwrapper::new(Framing::DockerJson, 8);
    let line =
        |log: &str, stream: &str| format!(r#"{{"log":"{log}","stream":"{stream}","time":"x"}}"#).into_bytes();
    assert_eq!(docker.push(&line("abc", "stdout")), Unwrapped::Part);
    assert_eq!(docker.push(&line(r"x\n", "stderr")), Unwrapped::Payload(b"x"));
    assert_eq!(docker.push(&line(r"defgh\n", "stdout")), Unwrapped::Payload(b"abcdefgh"));
    assert_eq!(docker.push(&line("123456789", "stdout")), Unwrapped::Part);
    assert_eq!(docker.push(&line(r"0\n", "stdout")), Unwrapped::TooLong(10));
    assert_eq!(docker.push(&line(r"\n", "stdout")), Unwrapped::Payload(b""));
}

#[test]
fn names_are_distinct() {
    let mut names = Framing::ALL.map(Framing::name);
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn shippers_keep_the_line_in_a_string() {
    for (line, want) in [
        (r#"{"message":"GET \"/\" 200","stream":"stdout"}"#, Some(r#"GET "/" 200"#)),
        (r#"{"@timestamp":"x","log":"200 OK\n"}"#, Some("200 OK")),
        (r#"{"log":{"level":"info"},"msg":"200"}"#, Some("200")),
        (r#"{"status":200}"#, None),
        ("200", None),
    ] {
        let mut buffer = Vec::new();
        assert_eq!(Framing::Shipped.unwrap(line.as_bytes(), &mut buffer), want.map(str::as_bytes), "{line}");
    }
}
