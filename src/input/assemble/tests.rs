use std::io::Read;

use super::{Assembled, Assembly};

/// What comes out of `text`, read in pieces of every small size.
fn lines(text: &[u8], max_line: usize) -> Vec<String> {
    let assembly = Assembly::detect(&text[..text.len().min(super::HEAD)]).expect("no plain lines");
    let mut outcomes = [1, 2, 3, 7, 64, 4096].map(|step| {
        let mut out = Vec::new();
        Assembled::new(Steps { text, step }, assembly, max_line).read_to_end(&mut out).expect("reads");
        String::from_utf8_lossy(&out).lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let last = outcomes[5].clone();
    for outcome in &mut outcomes {
        assert_eq!(*outcome, last, "the outcome depends on how much is read at once");
    }
    last
}

struct Steps<'a> {
    text: &'a [u8],
    step: usize,
}

impl Read for Steps<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.step.min(into.len()).min(self.text.len());
        into[..n].copy_from_slice(&self.text[..n]);
        self.text = &self.text[n..];
        Ok(n)
    }
}

#[test]
fn plain_lines_stay_plain() {
    for text in [
        "",
        "[2026-11-22T07:23:27.740Z] \"GET / HTTP/1.1\" 200",
        "[Sun Nov 22 07:23:10 2026] [proxy:error] x",
        "{\"status\":200,\"records\":[{}]}",
        "{\"records\":1}",
        "[\n",
        "{",
        "2026-11-22T07:29:43.694123456Z ELB 192.0.2.1:1 x",
        "Sun 2026-11-22 07:30:21 UTC host nginx[1]: x",
    ] {
        assert_eq!(Assembly::detect(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn lists_and_wrappers() {
    for (text, want) in [
        ("[{\"a\":1},{\"b\":[2,{}]}]", &[r#"{"a":1}"#, r#"{"b":[2,{}]}"#][..]),
        ("[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": \"x y\"\n  }\n]\n", &[r#"{"a":1}"#, r#"{"b":"x y"}"#]),
        ("\u{feff}\r\n [ {\"a\": \"}]\\\"{\"} ]\r\n", &[r#"{"a":"}]\"{"}"#]),
        (
            "{\"records\":[{\"a\":1},{\"b\":2}]}\n{\"records\":[{\"c\":3}]}\n",
            &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#],
        ),
        (
            "{ \"records\" :\n [ {\"a\":1} ], \"more\": {\"x\": \"]}\"} }\n{\"d\":4}\n",
            &[r#"{"a":1}"#, r#"{"d":4}"#],
        ),
        ("[{\"records\":[{\"a\":1}]},{\"records\":[{\"b\":2}]}]", &[r#"{"a":1}"#, r#"{"b":2}"#]),
        // What is no wrapper beside wrappers stays a line.
        (
            "{\"records\":[{\"a\":1}]}\nnot JSON at all\n{\"x\" : 1}\n",
            &[r#"{"a":1}"#, "not JSON at all", r#"{"x" : 1}"#],
        ),
        // Values that are no objects are lines as well: they are counted as refused.
        ("[{\"a\":1}, 7 ,\"x\"]", &[r#"{"a":1}"#, "7 ", "\"x\""]),
        // Damage ends with its line.
        ("{\"records\":[{\"a\":\"cut\n{\"records\":[{\"b\":2}]}\n", &[r#"{"a":"cut"#, r#"{"b":2}"#]),
        ("{\"records\":[{\"a\":{\"b\":", &[r#"{"a":{"b":"#]),
        ("{\"records\":[]}\n{\"records\":[{\"a\":1}]}", &[r#"{"a":1}"#]),
    ] {
        assert_eq!(lines(text.as_bytes(), 1 << 20), want, "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("[{{\"a\":1}}{}", ",[".repeat(100_000));
    assert_eq!(lines(deep.as_bytes(), 1 << 20)[0], r#"{"a":1}"#);
}

#[test]
fn container_lines_in_parts() {
    let cri = b"2026-11-22T07:29:43.1Z stdout F whole\n\
        2026-11-22T07:29:43.2Z stdout P be\n\
        2026-11-22T07:29:43.3Z stderr F between\n\
        2026-11-22T07:29:43.4Z stdout P gu\n\
        not framed\n\
        2026-11-22T07:29:43.5Z stdout F n\n\
        2026-11-22T07:29:43.6Z stderr P no end";
    let want = [
        "2026-11-22T07:29:43.1Z stdout F whole",
        "2026-11-22T07:29:43.3Z stderr F between",
        "not framed",
        "2026-11-22T07:29:43.2Z stdout F begun",
        "2026-11-22T07:29:43.6Z stderr F no end",
    ];
    assert_eq!(lines(cri, 1 << 20), want);
    let docker = br#"{"log":"who\"le\n","stream":"stdout","time":"1"}
{"log":"be","stream":"stdout","time":"2"}
{"log":"other\n","stream":"stderr","time":"3"}
{"log":"gun\n","stream":"stdout","time":"4"}
{"log":"no end","stream":"stdout","time":"5"}
"#;
    let want = [
        r#"{"log":"who\"le\n","stream":"stdout","time":"1"}"#,
        r#"{"log":"other\n","stream":"stderr","time":"3"}"#,
        r#"{"log":"begun\n","stream":"stdout","time":"4"}"#,
        r#"{"log":"no end"}"#,
    ];
    assert_eq!(lines(docker, 1 << 20), want);
}

/// What is kept of a line is bounded, and it comes out as too long.
#[test]
fn endless_parts() {
    let part = b"2026-11-22T07:29:43.2Z stdout P 0123456789\n";
    let text = part.repeat(1000);
    let out = lines(&text, 100);
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].len(), 101);
}

#[test]
fn entries_of_the_journal() {
    let export = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795332620126715\nSYSLOG_IDENTIFIER=nginx\n_PID=301\n\
        _HOSTNAME=vm\nMESSAGE=127.0.0.1 - - [x] \"GET /?a=b\"\n\n\
        __CURSOR=s=2\n__REALTIME_TIMESTAMP=1795332620126716\nMESSAGE\n\x0a\0\0\0\0\0\0\0one\ntwo \xff\x01\n_COMM=sh\n\n\n\
        __REALTIME_TIMESTAMP=1795332620126717\nMESSAGE=last";
    let want = [
        "1795332620.126715 vm nginx[301]: 127.0.0.1 - - [x] \"GET /?a=b\"",
        "1795332620.126716 - sh: one two \u{fffd}\u{1}",
        "1795332620.126717 - -: last",
    ];
    assert_eq!(lines(export, 1 << 20), want);
    let verbose = b"Sun 2026-11-22 07:30:20.126715 UTC [s=98bc;i=1;b=5]\n    _PID=301\n    SYSLOG_IDENTIFIER=my prog\n    \
        MESSAGE=one\n            two\n    _HOSTNAME=vm\nSun 2026-11-22 07:30:20.126716 UTC [s=98bc;i=2;b=5]\n    MESSAGE=next\n";
    let want = ["000000000.000000 vm my_prog[301]: one two", "000000000.000000 - -: next"];
    assert_eq!(lines(verbose, 1 << 20), want);
}

#[test]
fn messages_with_their_length() {
    let first = "<134>1 2026-11-22T07:18:29Z vm nginx - - - one";
    let second = "<134>1 2026-11-22T07:18:29Z vm nginx - - - two words";
    let stored = format!("{} {first}{} {second}", first.len(), second.len());
    assert_eq!(lines(stored.as_bytes(), 1 << 20), [first, second]);
    // A length that is wrong costs its line.
    let damaged = format!("{stored}9999 {first}\nnot one\n{} {second}", second.len());
    assert_eq!(lines(damaged.as_bytes(), 1 << 20), [first, second, first, "not one", second]);
}

/// Lines of Caddy 2.6.
#[test]
fn the_console_of_caddy() {
    let text = b"2026/11/22 07:25:52.491\t\x1b[34mINFO\x1b[0m\thttp.log.access.log1\thandled request\t{\"request\": {\"uri\": \"/\"}, \"status\": 200}\n\
        2026/11/22 07:25:52.694\tERROR\thttp.log.error\tdial \"x\"\t{\"status\": 502}\n\
        2026/11/22 07:25:52.7\tINFO\tserving initial configuration\n\
        a panic's trace\n";
    let want = [
        r#"{"level":"info","ts":"2026-11-22T07:25:52.491","logger":"http.log.access.log1","msg":"handled request","request": {"uri": "/"}, "status": 200}"#,
        r#"{"level":"error","ts":"2026-11-22T07:25:52.694","logger":"http.log.error","msg":"dial \"x\"","status": 502}"#,
        r#"{"level":"info","ts":"2026-11-22T07:25:52.7","logger":"","msg":"serving initial configuration"}"#,
        "a panic's trace",
    ];
    assert_eq!(lines(text, 1 << 20), want);
}

/// Lines of Caddy 2.6, shortened: the headers of the two lines stand in another order.
#[test]
fn errors_of_caddy_join_their_access_lines() {
    let error = |port: u16, msg: &str| {
        format!(
            r#"{{"level":"error","ts":1.5,"logger":"http.log.error.log0","msg":"{msg}","request":{{"remote_port":"{port}","uri":"/x","headers":{{"A":["1"],"B":["2"]}}}},"status":502}}"#
        )
    };
    let access = |port: u16, more: &str| {
        format!(
            r#"{{"level":"error","ts":1.5,"logger":"http.log.access.log0","msg":"handled request","request":{{"remote_port":"{port}","uri":"/x","headers":{{"B":["2"],"A":["1"]}}}},"status":502{more}}}"#
        )
    };
    let text = [
        error(1, r#"dial: \"refused\""#),
        error(2, "EOF"),
        access(2, ""),
        access(1, ""),
        access(1, ""),
        "no object".into(),
    ];
    let want = [
        error(1, r#"dial: \"refused\""#),
        error(2, "EOF"),
        access(2, r#","err_msg":"EOF""#),
        access(1, r#","err_msg":"dial: \"refused\"""#),
        access(1, ""),
        "no object".into(),
    ];
    assert_eq!(lines(text.join("\n").as_bytes(), 1 << 20), want);
    assert_eq!(Assembly::detect([access(1, ""), access(2, "")].join("\n").as_bytes()), None);
}
