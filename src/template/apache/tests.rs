use super::{json_fields, parse};
use crate::format::{Format, Line};
use crate::record::Spans;
use crate::schema::{Field, FieldSet, TimeMeaning};
use crate::template::{Template, builtin, hostile};

#[test]
fn one_format_in_many_wrappings() {
    let want = r#"<%h> ' ' <%l> ' ' <%u> ' [' <%t> '] "' <%r> '" ' <%>s> ' ' <%b>"#;
    let texts = [
        builtin::APACHE_COMMON,
        r#"%h %l %u %t \"%r\" %>s %b"#,
        r#""%h %l %u %t \"%r\" %>s %b""#,
        r#""%h %l %u %t \"%r\" %>s %b" common"#,
        r#"LogFormat "%h %l %u %t \"%r\" %>s %b" common"#,
        "# formats\n  logformat \"%h %l %u %t \\\"%r\\\" %>s %b\" common\nCustomLog logs/access.log common\n",
        r#"CustomLog "logs/access log" "%h %l %u %t \"%r\" %>s %b" env=!dontlog"#,
    ];
    for text in texts {
        match parse(text) {
            Ok(pattern) => assert_eq!(pattern.print(), want, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn the_language() {
    let cases = [
        ("%%%h%%", "'%' <%h> '%'"),
        (r"a\tb\\c\d %h", "'a\tb\\c\\d ' <%h>"),
        ("%!200,304>{Referer}i %^ti", "<%!200,304>{Referer}i> ' ' <%^ti>"),
        ("%v:%p %{c}a:%{remote}p", "<%v> ':' <%p> ' ' <%{c}a:%{remote}p>"),
        ("\"%m %U%q %H\"", "<%m> ' ' <%U+%q> ' ' <%H>"),
    ];
    for (text, want) in cases {
        assert_eq!(parse(text).unwrap().print(), want, "{text}");
    }
}

#[test]
fn mistakes_have_a_place() {
    let cases = [
        ("%h %", 3..4, "ends inside"),
        ("%h %>", 3..5, "ends inside"),
        ("%h %{Referer", 4..12, "`{` is not closed"),
        ("%h %é", 3..6, "a letter"),
        ("%h 100% b", 6..8, "a letter"),
        ("%h %^t", 3..6, "ends inside"),
        ("LogFormat \"%h \\\"%-\\\"\" x", 16..18, "a letter"),
        ("LogFormat \"%h", 10..13, "not closed"),
        ("CustomLog logs/x", 10..16, "no format"),
        ("plain", 0..5, "no variables"),
        (r"%h\n%b", 2..4, "line break"),
        ("%>s%b", 0..5, "nothing separates"),
    ];
    for (text, range, message) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!(error.range(), range, "{text}: {error}");
        assert!(error.message().contains(message), "{text}: {error}");
    }
}

#[test]
fn what_directives_mean() {
    let text = r#"%a %h %u %s %>s %b %O %I %D %T %{ms}T "%{Referer}i" "%{User-Agent}i" %X %v %{Host}i bn="%{BALANCER_NAME}e" bw="%{BALANCER_WORKER_NAME}e" ps=%{proxy-status}n %400{X-Request-Id}i %{X-Request-Id}i"#;
    let pattern = parse(text).unwrap();
    let cases = [
        ("%a", "client Address Backslash Token"),
        ("%h", "other Address Backslash Token"),
        ("%u", "other Text Backslash Text"),
        ("%s", "other Status Backslash Token"),
        ("%>s", "status Status Backslash Token"),
        ("%b", "bytes_sent Integer Backslash Token"),
        ("%O", "other Integer Backslash Token"),
        ("%I", "bytes_received Integer Backslash Token"),
        ("%D", "duration Duration(Micros) Backslash Token"),
        ("%T", "other Duration(Seconds) Backslash Token"),
        ("%{ms}T", "other Duration(Millis) Backslash Token"),
        ("%{Referer}i", "referer Text Backslash Text"),
        ("%{User-Agent}i", "user_agent Text Backslash Text"),
        ("%X", "other Text Backslash Token"),
        ("%v", "host Text Backslash Token"),
        ("%{Host}i", "other Text Backslash Text"),
        ("%{BALANCER_NAME}e", "upstream Text Backslash Text"),
        ("%{BALANCER_WORKER_NAME}e", "upstream_addr Address Backslash Text"),
        ("%{proxy-status}n", "proxy_status Status Backslash Token"),
        ("%400{X-Request-Id}i", "other Text Backslash Text"),
        ("%{X-Request-Id}i", "request_id Text Backslash Rest"),
    ];
    for (name, want) in cases {
        assert_eq!(pattern.describe(name), want, "{name}");
    }
    for text in [builtin::APACHE_COMBINED, builtin::APACHE_COMMON, builtin::APACHE_VHOST] {
        assert_eq!(parse(text).unwrap().describe("%h"), "client Address Backslash Token");
    }
    assert_eq!(parse("%O x").unwrap().describe("%O"), "bytes_sent Integer Backslash Token");
    assert_eq!(parse("%T x").unwrap().describe("%T"), "duration Duration(Seconds) Backslash Token");
}

#[test]
fn time_stamps() {
    let cases = [
        ("%t x", "%t", "Clf) Backslash Text"),
        ("%{sec}t x", "%{sec}t", "EpochSeconds) Backslash Token"),
        ("%{sec}t.%{msec_frac}t x", "%{sec}t.%{msec_frac}t", "EpochSeconds) Backslash Token"),
        ("%{begin:usec}t x", "%{begin:usec}t", "EpochMicros) Backslash Token"),
        (
            "[%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t] x",
            "%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t",
            "Strftime(\"%d/%b/%Y %T.%3f %z\")) Backslash Text",
        ),
        (
            "%{begin:%Y-%m-%dT%H:%M:%S}t.%{begin:usec_frac}t%{begin:%z}t x",
            "%{begin:%Y-%m-%dT%H:%M:%S}t.%{begin:usec_frac}t%{begin:%z}t",
            "Iso) Backslash Token",
        ),
        ("%{begin:%s}t %{end:%s}t x", "%{end:%s}t", "EpochSeconds) Backslash Token"),
        ("%{%d/%b/%Y:%T %z}t %{%s}t x", "%{%s}t", "EpochSeconds) Backslash Token"),
    ];
    for (text, name, want) in cases {
        assert_eq!(parse(text).unwrap().describe(name), format!("time Time({want}"), "{text}");
    }
    assert_eq!(parse("%{end:sec}t x").unwrap().time_meaning, TimeMeaning::End);
    assert_eq!(parse("%{end:sec}t %t").unwrap().time_meaning, TimeMeaning::Start);
}

#[test]
fn json_objects() {
    let text = r#"LogFormat "{\"t\":\"%{begin:%Y-%m-%dT%H:%M:%S%z}t\",\"r\":\"%r\",\"st\":%>s}" jsonish"#;
    let fields: Vec<String> = json_fields(text)
        .unwrap()
        .iter()
        .map(|(path, c)| format!("{path}={} {}", c.name, c.field.name()))
        .collect();
    assert_eq!(fields, ["t=%{begin:%Y-%m-%dT%H:%M:%S%z}t time", "r=%r request", "st=%>s status"]);
    assert_eq!(json_fields(builtin::APACHE_COMMON), None);
}

#[test]
fn hostile_texts() {
    let texts = [
        builtin::APACHE_VHOST,
        r#"LogFormat "%h %!200,304>{Ref\"erer}i %{sec}t.%{msec_frac}t \\ \n %^ti" nick"#,
        "CustomLog \"|pipe x\" \"%t %%\"",
        r#"{"a":"%{x}i","b":[%D],"c":{"d":"é"}}"#,
    ];
    hostile::survive(&texts, |text| {
        json_fields(text);
        parse(text)
    });
}

/// Quotes and backslashes as httpd writes them (`ap_escape_logitem`), whatever a client sends.
#[test]
fn escaped_quotes_end_no_value() {
    let format = Template::apache(builtin::APACHE_COMBINED).unwrap();
    for agent in ["\"", "\\", "\\\"", r#"a" 200 7 "-" "b"#, r#"\\" 200 7 "#, "plain"] {
        let written = agent.replace('\\', r"\\").replace('"', r#"\""#);
        let line = format!(
            "192.0.2.7 - - [22/Nov/2026:02:18:10 +0000] \"GET /{written} HTTP/1.1\" 502 - \"-\" \"{written}\""
        );
        let holds = |read: Line<'_>| {
            let Line::Access(record) = read else { panic!("{line}") };
            assert_eq!(record.status().unwrap().code(), 502, "{line}");
            assert_eq!(record.value(Field::UserAgent).unwrap().decoded(), agent.as_bytes(), "{line}");
        };
        holds(format.parse(line.as_bytes(), &mut Spans::new()).unwrap());
        let block = format!("{line}\n").repeat(3);
        let mut lines = 0;
        format.scanner(FieldSet::ALL).scan(block.as_bytes(), &mut |_, _, read| {
            holds(read.unwrap());
            lines += 1;
        });
        assert_eq!(lines, 3);
    }
}
