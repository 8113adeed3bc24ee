//! What is recognised, and what is read of lines that are newer or odder than the format.

use super::*;
use crate::format::{Line, Other};
use crate::origin::attribute;
use crate::record::Spans;
use crate::schema::Field;

/// Reads all lines as a scan would; one word or the status per line.
fn read(choice: &Choice, lines: &str) -> (String, Vec<String>) {
    let format = choice.resolve(&Options::default(), lines.as_bytes()).unwrap();
    let mut spans = Spans::new();
    let one = |line: &str, spans: &mut Spans| match format.parse(line.as_bytes(), spans) {
        Ok(Line::Access(r)) => r.status().map_or("-".into(), |s| s.code().to_string()),
        Ok(Line::Blank) => "blank".into(),
        Ok(Line::Other(other)) => other.name().into(),
        Err(_) => "malformed".into(),
    };
    (format.name().to_owned(), lines.lines().map(|line| one(line, &mut spans)).collect())
}

const COMBINED: &str = r#"10.0.0.9 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" 502 157 "-" "curl/8.0""#;
const HTTP: &str = r#"127.0.0.1:58528 [22/Nov/2026:07:29:43.694] fe ok/s1 0/0/0/0/0 200 59 - - ---- 1/1/0/0/0 0/0 "GET /200 HTTP/1.1""#;
const TCP: &str = "127.0.0.1:58530 [22/Nov/2026:07:29:43.700] tcp db/s1 1/0/861 1485 -- 2/1/0/0/0 0/0";

#[test]
fn formats_beside_each_other() {
    let vhost = format!("shop.example {COMBINED}");
    let many = COMBINED.replace("10.0.0.9", "203.0.113.7, 10.0.0.1");
    let common = COMBINED.replace(r#" "-" "curl/8.0""#, "");
    let nginx =
        [COMBINED, &vhost, COMBINED, &many, COMBINED, &common, "2026/11/22 07:12:27 [error] 1#1: *2 x"];
    let cases = [
        ("auto", nginx.join("\n"), "nginx-forwarded", "502 502 502 502 502 502 error_log"),
        // What is not in the sample can come later all the same.
        (
            "haproxy",
            [
                HTTP,
                TCP,
                "Server b/s is DOWN.",
                "127.0.0.1:1 [22/Nov/2026:07:29:43.694] fe/1: SSL handshake failure",
            ]
            .join("\n"),
            "haproxy",
            "200 - event connection",
        ),
        ("haproxy", TCP.to_owned(), "haproxy-tcp", "-"),
        ("ingress-nginx", COMBINED.to_owned(), "nginx-combined", "502"),
        (
            "auto",
            "Connect from 127.0.0.1:40780 to 127.0.0.1:5000 (main/HTTP)".to_owned(),
            "haproxy",
            "connection",
        ),
    ];
    for (name, lines, format, want) in cases {
        let (got, words) = read(&Choice::parse(name, None).unwrap(), &lines);
        assert_eq!((got.as_str(), words.join(" ").as_str()), (format, want), "{lines}");
    }
}

/// nginx and Apache write the same combined lines but for their escapes, statuses and what no body looks like.
#[test]
fn nginx_or_apache() {
    let line = |rest: &str| format!(r#"10.0.0.9 - - [22/Nov/2026:07:08:40 +0000] {rest} "-" "curl/8.0""#);
    for (rest, name, alike) in [
        (r#""GET / HTTP/1.1" 304 -"#, "apache-combined", &[][..]),
        (r#""GET /\xe4 HTTP/1.1" 200 7"#, "apache-combined", &[]),
        (r#""GET /\xE4 HTTP/1.1" 200 7"#, "nginx-combined", &[]),
        (r#""GET / HTTP/1.1" 499 0"#, "nginx-combined", &[]),
        (r#""GET / HTTP/1.1" 200 7"#, "nginx-combined", &["apache-combined"]),
    ] {
        let detection = crate::formats::detect(line(rest).as_bytes());
        assert_eq!(detection.best().unwrap().name, name, "{rest}");
        assert_eq!(detection.alike, alike, "{rest}");
    }
}

#[test]
fn hosts_and_clients_of_mixed_lines() {
    let vhost = format!("shop.example {COMBINED}");
    let many = COMBINED.replace("10.0.0.9", "203.0.113.7, 10.0.0.1");
    let lines = [COMBINED, COMBINED, &vhost, &many].join("\n");
    let format = Choice::Auto.resolve(&Options::default(), lines.as_bytes()).unwrap();
    let mut spans = Spans::new();
    for (line, host, client) in [
        (COMBINED, None, "10.0.0.9"),
        (&vhost, Some("shop.example"), "10.0.0.9"),
        (&many, None, "203.0.113.7"),
    ] {
        let Ok(Line::Access(r)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
        assert_eq!(r.host().map(crate::Value::raw), host.map(str::as_bytes), "{line}");
        assert_eq!(r.client().map(crate::Value::raw), Some(client.as_bytes()), "{line}");
    }
}

/// Other programs in the same stream are neither counted nor refused; the own program's nonsense is refused.
#[test]
fn foreign_programs() {
    let own = format!("Nov 22 07:08:40 vm nginx: {COMBINED}");
    let lines = [
        own.as_str(),
        &own,
        "Nov 22 07:08:41 vm sshd[12]: Accepted publickey for x",
        "Nov 22 07:08:41 vm CRON[13]: (root) CMD (true)",
        "Nov 22 07:08:41 vm systemd[1]: Started x.",
        "Nov 22 07:08:41 vm nginx: nonsense",
    ];
    for choice in ["auto", "nginx-combined"] {
        let (name, words) = read(&Choice::parse(choice, None).unwrap(), &lines.join("\n"));
        assert_eq!(name, "nginx-combined");
        assert_eq!(words, ["502", "502", "foreign", "foreign", "foreign", "malformed"]);
    }
}

/// Fields, flags, columns and statuses that did not exist when this was written.
#[test]
fn what_is_new_is_read_and_kept() {
    let alb = r#"h3 2026-11-22T07:08:40.186641Z app/lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 999 999 34 366 "GET https://x.example:443/ HTTP/3.0" "curl/8" - - arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/tg/73e2 "Root=1" "-" "-" 0 2026-11-22T07:08:40.185000Z "forward" "-" "-" "10.0.0.1:80" "999" "-" "-" TID_1 "-" "-" "-" 10.0.0.7 new "and newer""#;
    let envoy = r#"[2026-11-22T07:23:26.415Z] "GET / HTTP/1.1" 503 NEWFLAG,UF 0 14 8 - "-" "x" "id" "lab" "127.0.0.1:28002""#;
    let cloudfront = "#Fields: date time c-ip cs-method cs-uri-stem sc-status x-new time-taken\n\
                      2026-11-22\t07:08:40\t192.0.2.1\tGET\t/\t999\tvalue\t0.5";
    let cases = [
        ("alb", alb, "999", Field::Upstream, "arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/tg/73e2"),
        ("envoy", envoy, "503", Field::Reason, "NEWFLAG,UF"),
        ("cloudfront", cloudfront, "999", Field::Duration, "0.5"),
    ];
    for (name, lines, status, field, value) in cases {
        let line = lines.lines().last().unwrap();
        for choice in ["auto", name] {
            let choice = Choice::parse(choice, None).unwrap();
            let format = choice.resolve(&Options::default(), lines.as_bytes()).unwrap();
            assert_eq!(format.name(), name);
            let mut spans = Spans::new();
            let Ok(Line::Access(r)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
            assert_eq!(r.status().unwrap().code().to_string(), status);
            assert_eq!(r.raw(field), Some(value.as_bytes()));
            // An answer, whatever it is: an unknown word does not break the attribution.
            let _ = attribute(&r);
        }
    }
    let format =
        Choice::parse("cloudfront", None).unwrap().resolve(&Options::default(), cloudfront.as_bytes());
    let mut spans = Spans::new();
    let format = format.unwrap();
    let Ok(Line::Access(r)) = format.parse(cloudfront.lines().last().unwrap().as_bytes(), &mut spans) else {
        panic!()
    };
    assert_eq!(r.by_name("x-new").map(crate::Value::raw), Some(&b"value"[..]));
}

/// HAProxy writes no zone; the operator says which.
#[test]
fn stamps_without_a_zone() {
    let options = Options { utc_offset: 3600, ..Options::default() };
    for (line, framing) in
        [(HTTP.to_owned(), "plain"), (format!("<134>Nov 22 07:29:43 haproxy[1]: {TCP}"), "framed")]
    {
        let format = Choice::Auto.resolve(&options, line.as_bytes()).unwrap();
        let mut spans = Spans::new();
        let Ok(Line::Access(r)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{framing}") };
        assert!(r.time().unwrap().to_string().starts_with("2026-11-22T06:29:43.7") || framing == "plain");
        assert!(r.time().unwrap().to_string().starts_with("2026-11-22T06:29:43"), "{framing}");
    }
}

#[test]
fn presets_by_every_name() {
    for preset in presets() {
        assert!(by_name(preset.name).is_some(), "{}", preset.name);
        assert!(preset.relatives().next().is_some_and(|first| first.name == preset.name));
    }
    for alias in
        ["nginx", "apache", "aws-alb", "aws-elb", "aws-nlb", "aws-cloudfront", "gcp-lb", "nginx-ingress"]
    {
        assert!(by_name(alias).is_some(), "{alias}");
    }
    assert!(matches!(Other::Foreign.name(), "foreign"));
}

/// The formats of a configuration are told apart by the lines.
#[test]
fn configured_formats() {
    let conf = r"log_format a '$remote_addr $status'; log_format b '$remote_addr $status $request_time';
                  access_log x a; access_log y b;";
    let formats = nginx_conf(conf, &mut |_| Vec::new()).unwrap();
    let choice = Choice::Configured(formats.into());
    assert_eq!(
        read(&choice, "10.0.0.1 200 0.1\n10.0.0.1 404 0.1"),
        ("b".into(), vec!["200".into(), "404".into()])
    );
    assert_eq!(read(&choice, "10.0.0.1 200\n10.0.0.1 404").0, "a");
    let (name, words) = read(&choice, "10.0.0.1 200\n10.0.0.1 404 0.1\n10.0.0.1 500 0.2");
    assert_eq!((name.as_str(), words.join(" ").as_str()), ("b", "200 404 500"));
}

/// A format text that writes JSON objects is read by its keys.
#[test]
fn texts_that_are_objects() {
    let cases = [
        (r#"nginx:{"t":"$time_iso8601","s":$status}"#, r#"{"t":"2026-11-22T07:08:40+00:00","s":502}"#),
        (
            r#"envoy:{"t":"%START_TIME%","s":"%RESPONSE_CODE%"}"#,
            r#"{"t":"2026-11-22T07:08:40.000Z","s":"502"}"#,
        ),
        (r#"apache:{"t":"%{%Y-%m-%dT%T%z}t","s":%>s}"#, r#"{"t":"2026-11-22T07:08:40+0000","s":502}"#),
        ("haproxy:%{+json}o %(t)tr %(s)ST", r#"{"t": "22/Nov/2026:07:08:40.000", "s": 502}"#),
    ];
    for (text, line) in cases {
        let (_, words) = read(&Choice::parse(text, None).unwrap(), line);
        assert_eq!(words, ["502"], "{text}");
    }
}

/// Sessions of nginx's stream module, as its documentation configures them and nginx 1.22 wrote them.
#[test]
fn streams_are_told_from_requests() {
    let proxied = r#"127.0.0.1 [22/Nov/2026:07:21:03 +0000] TCP 502 0 0 0.001 "127.0.0.1:19003" "0" "0" "-""#;
    let plain = "127.0.0.1 [22/Nov/2026:07:21:03 +0000] UDP 200 12 9 0.001";
    for (lines, name, want) in [
        (proxied.to_owned(), "nginx-stream-proxy", "502"),
        (plain.to_owned(), "nginx-stream", "200"),
        ([COMBINED, COMBINED, plain].join("\n"), "nginx-combined", "502 502 200"),
    ] {
        let (got, words) = read(&Choice::Auto, &lines);
        assert_eq!((got.as_str(), words.join(" ").as_str()), (name, want), "{lines}");
    }
}

/// Two products and a third program in one stream of syslog.
#[test]
fn several_products_in_one_syslog() {
    let lines = [
        format!("Nov 22 07:29:43 lb haproxy[30]: {HTTP}"),
        format!("Nov 22 07:29:43 lb haproxy[30]: {HTTP}"),
        format!("Nov 22 07:29:45 vm nginx: {COMBINED}"),
        "Nov 22 07:29:45 vm sshd[4]: Accepted publickey for lab".to_owned(),
        "Nov 22 07:29:45 vm nginx: 2026/11/22 07:29:45 [error] 7#7: *1 connect() failed".to_owned(),
        format!("Nov 22 07:29:46 lb haproxy[30]: {TCP}"),
        "Nov 22 07:29:46 vm nginx: no line of its log".to_owned(),
        format!("Nov 22 07:29:47 vm nginx: {COMBINED} and more"),
    ];
    let (name, words) = read(&Choice::Auto, &lines.join("\n"));
    assert_eq!(name, "haproxy");
    assert_eq!(words.join(" "), "200 200 502 foreign error_log - malformed 502");
    let chosen = choose(&Choice::Auto, Options::default(), lines.join("\n").as_bytes()).unwrap();
    assert!(chosen.note.is_some_and(|note| note.contains("nginx")), "the note names the guest");
}

/// Logs of several products put together, as `cat *.log` does.
#[test]
fn several_products_in_one_file() {
    let envoy = r#"[2026-11-22T07:23:27.740Z] "GET / HTTP/1.1" 503 UF 0 98 0 - "-" "x" "35c1" "lab" "127.0.0.1:28099""#;
    let ltsv = "time:22/Nov/2026:07:12:27 +0000\thost:192.0.2.1\treq:GET / HTTP/1.1\tstatus:504";
    let lines = [COMBINED, COMBINED, COMBINED, COMBINED, COMBINED, HTTP, envoy, ltsv, "no line of any"];
    let (name, words) = read(&Choice::Auto, &lines.join("\n"));
    assert_eq!(
        (name.as_str(), words.join(" ").as_str()),
        ("nginx-combined", "502 502 502 502 502 200 503 504 malformed")
    );
}

/// Of a long sample, presets that read none of a first look are asked for what is left.
#[test]
fn lines_that_no_first_look_sees() {
    let envoy = r#"[2026-11-22T07:23:27.740Z] "GET / HTTP/1.1" 503 UF 0 98 0 - "-" "x" "35c1" "lab" "127.0.0.1:28099""#;
    for at in [1, 7, 9, 333, 399] {
        let mut lines = [COMBINED; 400];
        lines[at] = envoy;
        let (name, words) = read(&Choice::Auto, &lines.join("\n"));
        let mut want = ["502"; 400];
        want[at] = "503";
        assert_eq!((name.as_str(), words.join(" ")), ("nginx-combined", want.join(" ")), "{at}");
    }
}

/// Lines that few programs write are known by name.
#[test]
fn rarer_formats() {
    let line = |head: &str, rest: &str| {
        format!(r#"{head} [22/Nov/2026:07:08:40 +0000] {rest}"GET / HTTP/1.1" 502 157 "-" "curl/8.0""#)
    };
    let envoy = r#"[2026-11-22T07:23:27.740Z] \"GET / HTTP/1.1\" 503 UF 0 98 0 - \"-\" \"x\" \"35c1\" \"lab\" \"127.0.0.1:28099\""#;
    for (lines, name, want) in [
        (line("shop.example 10.0.0.9 - -", "(0 s) "), "apache-gandi", "502"),
        (line("10.0.0.9 shop.example frank", ""), "apache-ovh", "502"),
        (line("10.0.0.9 -", ""), "nginx-anonymous", "502"),
        (format!(r#"{{"message":"{envoy}","stream":"stdout","time":"x"}}"#), "envoy", "503"),
        (format!(r#"{{"log":"ACCESS {envoy}","kubernetes":{{"pod":"x"}}}}"#), "envoy-ambassador", "503"),
        ("time:22/Nov/2026:07:12:27 +0000\thost:192.0.2.1\treq:GET / HTTP/1.1\tstatus:502".into(), "ltsv", "502"),
        (
            [
                r#"10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/2.0" 502 11 "-" "x" 7 "r@file" "http://10.0.0.2:80" 3ms"#,
                r#"10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/2.0" 502 11 "-" "x" 7 "r@file" "http://10.0.0.2:80" 3ms"#,
                r#"10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/2.0" 504 11"#,
            ]
            .join("\n"),
            "traefik",
            "502 502 504",
        ),
    ] {
        let (got, words) = read(&Choice::Auto, &lines);
        assert_eq!((got.as_str(), words.join(" ").as_str()), (name, want), "{lines}");
    }
}

/// What others write beside or around access lines is not taken for records of the wrong product.
#[test]
fn whose_lines_they_are_not() {
    // Caddy when it starts: stamps, names of servers, no status.
    let caddy = [
        r#"{"level":"info","ts":1761019822.31,"logger":"http","msg":"server is listening only on the HTTP port","server_name":"srv0"}"#,
        r#"{"level":"info","ts":1761019822.32,"logger":"http.log","msg":"server running","name":"srv0","protocols":["h1"]}"#,
        r#"{"level":"info","ts":1761019828.61,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"172.19.0.1","method":"GET","host":"shop.test","uri":"/"},"duration":0.01,"size":5,"status":502}"#,
    ];
    // While its upstreams fail, each access line stands behind an error with the request and the status of it.
    let error = r#"{"level":"error","ts":1761019828.6,"logger":"http.log.error","msg":"EOF","request":{"remote_ip":"172.19.0.1","method":"GET","host":"shop.test","uri":"/"},"duration":0.01,"status":502,"err_id":"x"}"#;
    let (name, words) = read(&Choice::Auto, &[error, caddy[2], error, caddy[2]].join("\n"));
    assert_eq!((name.as_str(), words.join(" ").as_str()), ("caddy", "error_log 502 error_log 502"));
    // A journal's own `type`, and a line behind a name that no framing has.
    let journal =
        r#"{"timestamp":1756494783,"type":"log.journald","message":"frontend.0 nginx: it started"}"#;
    let (name, words) = read(&Choice::Auto, &caddy.join("\n"));
    assert_eq!((name.as_str(), words.join(" ").as_str()), ("caddy", "foreign foreign 502"));
    assert!(Choice::Auto.resolve(&Options::default(), journal.as_bytes()).is_err(), "no format of ours");
    // Traefik's own log, and that of many a program in Go.
    let own = r#"time="2026-11-22T07:12:27Z" level=debug msg="Handling TCP connection""#;
    let chosen = choose(&Choice::Auto, Options::default(), own.as_bytes()).unwrap();
    assert!(chosen.note.is_some_and(|note| note.contains("do not tell")), "no product is named for sure");
}

/// The formats of gateways on Envoy, as their sources have them: Contour's text and JSON, Envoy Gateway's JSON.
#[test]
fn gateways_on_envoy() {
    let text = r#"[2026-11-22T07:23:27.740Z] "GET / HTTP/1.1" 503 UF 0 98 0 - "-" "x" "35c1" "shop.test" "10.0.0.1:80""#;
    let contour = r#"{"@timestamp":"2026-11-22T07:23:27.740Z","authority":"shop.test","bytes_received":0,"bytes_sent":98,"downstream_local_address":"10.0.0.5:8080","downstream_remote_address":"203.0.113.7:5","duration":3,"grpc_status":null,"method":"GET","path":"/","protocol":"HTTP/1.1","request_id":"35c1","requested_server_name":null,"response_code":503,"response_flags":"UF","uber_trace_id":null,"upstream_cluster":"default_shop_80","upstream_host":"10.0.0.1:80","upstream_local_address":null,"upstream_service_time":null,"user_agent":"x","x_forwarded_for":"203.0.113.7"}"#;
    let gateway = r#"{"start_time":"2026-11-22T07:23:27.740Z","method":"GET","x-envoy-origin-path":"/","protocol":"HTTP/1.1","response_code":503,"response_flags":"UF","response_code_details":"upstream_reset_before_response_started{connection_failure}","connection_termination_details":null,"upstream_transport_failure_reason":null,"bytes_received":0,"bytes_sent":98,"duration":3,"x-envoy-upstream-service-time":null,"x-forwarded-for":"203.0.113.7","user-agent":"x","x-request-id":"35c1",":authority":"shop.test","upstream_host":"10.0.0.1:80","upstream_cluster":"httproute/default/shop/rule/0","upstream_local_address":null,"downstream_local_address":"10.0.0.5:10080","downstream_remote_address":"203.0.113.7:5","requested_server_name":null,"route_name":"httproute/default/shop/rule/0"}"#;
    for (line, name, upstream) in [
        (text, "envoy", "shop.test"),
        (contour, "envoy-json", "default_shop_80"),
        (gateway, "envoy-json", "httproute/default/shop/rule/0"),
    ] {
        let format = Choice::Auto.resolve(&Options::default(), line.as_bytes()).unwrap();
        let mut spans = Spans::new();
        let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
        assert_eq!(format.name(), name);
        let value =
            |value: Option<crate::Value<'_>>| value.map(|v| String::from_utf8_lossy(v.raw()).into_owned());
        assert_eq!(value(record.upstream()).as_deref(), Some(upstream), "{line}");
        assert_eq!(value(record.upstream_addr()).as_deref(), Some("10.0.0.1:80"), "{line}");
        assert_eq!(value(record.host()).as_deref(), Some("shop.test"), "{line}");
        assert_eq!(value(record.request_line().target).as_deref(), Some("/"), "{line}");
        assert_eq!(record.status().map(crate::Status::code), Some(503), "{line}");
        assert_eq!(attribute(&record).origin.name(), "upstream", "{line}");
    }
}
