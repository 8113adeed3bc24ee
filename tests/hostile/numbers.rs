//! Numbers that are none, or too large.

use brownout::{Field, Format, Line, Spans, Template};

use super::count;

fn statuses(text: &str) -> (u64, u64) {
    let log = format!("192.0.2.1 [2026-11-22T07:00:00Z] \"GET / HTTP/1.1\" {text} 10.0.0.1:80 shop\n");
    let summary = count(log.as_bytes());
    (summary.lines.access, summary.lines.malformed)
}

#[test]
fn a_status_is_three_digits_or_the_line_is_refused() {
    for text in ["200", "000", "999", "0", "-1"] {
        assert_eq!(statuses(text), (1, 0), "{text}");
    }
    for text in
        ["-2", "+5", "1e9", ".5", "99999999999999999999", "2000", "٣", "0x1f", "2.0", "20O", "\u{ff12}00"]
    {
        assert_eq!(statuses(text), (0, 1), "{text}");
    }
}

#[test]
fn numbers_never_wrap() {
    let format = Template::nginx("$status $body_bytes_sent $request_time").unwrap();
    let value = |text: &str| {
        let line = format!("200 {text} {text}");
        let mut spans = Spans::new();
        let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{text}") };
        let bytes = record.value(Field::BytesSent).and_then(brownout::Value::integer);
        (bytes, record.duration_micros())
    };
    assert_eq!(value("007"), (Some(7), Some(7_000_000)));
    assert_eq!(value("0.1").1, Some(100_000));
    assert_eq!(value("+5").0, Some(5), "HAProxy's logasap");
    for text in ["-", "-1", "1e9", "99999999999999999999", "٣", "1_000", "NaN", "inf", "0x10", ".", "1."] {
        assert_eq!(value(text).0, None, "{text}");
    }
    assert_eq!(value("1e9").1, Some(1_000_000_000_000_000), "JSON writers use exponents");
    for text in ["-", "-1", "1e99", "٣", "NaN", "inf", "0x10"] {
        assert_eq!(value(text).1, None, "{text}");
    }
    for digits in 1..400 {
        let text = "9".repeat(digits);
        let (integer, micros) = value(&text);
        assert_eq!(integer, text.parse().ok(), "{digits} digits");
        assert!(
            micros.is_none_or(|m| m >= 9_000_000 && Some(m / 1_000_000) == text.parse().ok()),
            "{digits}"
        );
    }
}

/// nginx's lists: one number for each upstream, and what took longest is not one of them.
#[test]
fn lists_of_numbers_are_one_for_each_attempt() {
    let format = Template::nginx("$status $upstream_addr $upstream_response_time").unwrap();
    let mut spans = Spans::new();
    let line = b"502 10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80 0.1, - : 99999999999999999999";
    let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { panic!("a line of nginx") };
    let times: Vec<_> = record.attempts().map(|attempt| attempt.duration_micros).collect();
    assert_eq!(times, [Some(100_000), None, None], "absent and unreadable are none");
    assert_eq!(record.value(Field::UpstreamResponseTime).and_then(brownout::Value::micros), None);
}

/// Durations at the edge of what can be held.
#[test]
fn sums_saturate() {
    let line = |t: &str| format!("2026-11-22T07:00:00Z 504 {t} shop\n");
    let format = Template::nginx("$time_iso8601 $status $request_time $proxy_host").unwrap();
    let log: String = (0..50).map(|_| line("18446744073709.551615")).collect();
    let (summary, _) = super::read(log.as_bytes(), brownout::input::Limits::default(), &format);
    assert_eq!(summary.lines.access, 50);
    let _ = super::findings(&summary);
}
