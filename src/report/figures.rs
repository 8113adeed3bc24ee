//! Numbers as people read them.

use crate::time::Timestamp;

/// `8,412,077`
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 response`, `2 responses`, `3,000 responses`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// A ratio as a percentage: `38 %`, `3.8 %`, `0.02 %`. Never `0 %` for something nor `100 %` for less than all.
pub(super) fn percent(ratio: f64) -> String {
    let p = ratio * 100.0;
    match p {
        p if !p.is_finite() => "-".into(),
        p if p <= 0.0 => "0 %".into(),
        p if p < 0.01 => "<0.01 %".into(),
        p if p < 0.995 => format!("{} %", format!("{p:.2}").trim_end_matches('0')),
        p if p < 9.95 => format!("{p:.1} %"),
        p if !(99.5..100.0).contains(&p) => format!("{p:.0} %"),
        p => format!("{:.1} %", (p * 10.0).floor() / 10.0),
    }
}

/// Part of a whole; `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A length of time in at most two units: `50 s`, `4 min 30 s`, `27 min`, `3 h 12 min`, `2 d 4 h`.
pub(super) fn duration(micros: i64) -> String {
    let seconds = micros.max(0) / 1_000_000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |a: i64, unit: &str, b: i64, small: &str| match b {
        0 => format!("{a} {unit}"),
        b => format!("{a} {unit} {b} {small}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..600 => two(minutes, "min", seconds % 60, "s"),
        600..5400 => format!("{minutes} min"),
        5400..172_800 => two(hours, "h", minutes % 60, "min"),
        _ => two(hours / 24, "d", hours % 24, "h"),
    }
}

/// Microseconds from one instant to another.
pub(super) fn between(start: Timestamp, end: Timestamp) -> i64 {
    end.as_micros().saturating_sub(start.as_micros())
}

/// `("2026-11-22", "02:41:10")`, UTC.
fn date_and_clock(at: Timestamp) -> (String, String) {
    let text = format!("{at:.0}");
    match text.split_once('T') {
        Some((date, clock)) => (date.into(), clock.chars().take(8).collect()),
        None => (text, String::new()),
    }
}

/// `2026-11-22 02:41:10`, UTC.
pub(super) fn instant(at: Timestamp) -> String {
    let (date, clock) = date_and_clock(at);
    format!("{date} {clock}")
}

/// `2026-11-22 02:41:10 to 03:08:20`; the second date only where it differs.
pub(super) fn span(start: Timestamp, end: Timestamp) -> String {
    let (start_date, start_clock) = date_and_clock(start);
    let (end_date, end_clock) = date_and_clock(end);
    if start_date == end_date {
        format!("{start_date} {start_clock} to {end_clock}")
    } else {
        format!("{start_date} {start_clock} to {end_date} {end_clock}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_they_say() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (8_412_077, "8,412,077")] {
            assert_eq!(thousands(n), text);
        }
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
        for (ratio, text) in [
            (0.0, "0 %"),
            (0.000_01, "<0.01 %"),
            (0.000_2, "0.02 %"),
            (0.001, "0.1 %"),
            (0.009_96, "1.0 %"),
            (0.038, "3.8 %"),
            (0.0996, "10 %"),
            (0.38, "38 %"),
            (0.994, "99 %"),
            (0.999_9, "99.9 %"),
            (1.0, "100 %"),
            (f64::NAN, "-"),
            (f64::INFINITY, "-"),
        ] {
            assert_eq!(percent(ratio), text, "{ratio}");
        }
        for (seconds, text) in [
            (-5, "0 s"),
            (50, "50 s"),
            (60, "1 min"),
            (270, "4 min 30 s"),
            (1630, "27 min"),
            (5399, "89 min"),
            (11_520, "3 h 12 min"),
            (172_800, "2 d"),
            (187_200, "2 d 4 h"),
        ] {
            assert_eq!(duration(seconds * 1_000_000), text);
        }
        assert_eq!(duration(i64::MIN), "0 s");
    }

    #[test]
    fn a_span_names_a_date_once() {
        let at = |text: &str| Timestamp::parse_rfc3339(text.as_bytes()).expect("a time");
        let start = at("2026-11-22T23:41:10Z");
        assert_eq!(span(start, at("2026-11-22T23:59:59Z")), "2026-11-22 23:41:10 to 23:59:59");
        assert_eq!(span(start, at("2026-11-23T00:00:00Z")), "2026-11-22 23:41:10 to 2026-11-23 00:00:00");
    }
}
