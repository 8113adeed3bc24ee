//! Zones and durations as people write them on a command line.

use super::{SECOND, two, zone};

/// Reads an offset from UTC, in seconds east: `+02:00`, `-0330`, `+02`, `+2`, `Z`, `UTC`, `GMT`.
///
/// ```
/// use brownout::parse_utc_offset;
/// assert_eq!(parse_utc_offset("-03:30"), Some(-12_600));
/// assert_eq!(parse_utc_offset("UTC"), Some(0));
/// assert_eq!(parse_utc_offset("Europe/Berlin"), None);
/// ```
///
/// Names of zones are not supported: what they mean changes over the year, and a log without a zone does not say
/// which of two equal hours it means.
pub fn parse_utc_offset(text: &str) -> Option<i32> {
    match text.as_bytes() {
        name if zone::is_utc(name) => Some(0),
        &[sign @ (b'+' | b'-'), hour] => zone::numeric(&[sign, b'0', hour]),
        &[sign @ (b'+' | b'-'), hour, b':', m1, m2] => {
            two(m1, m2)?; // or the five bytes would read as four digits and a sign
            zone::numeric(&[sign, b'0', hour, m1, m2])
        }
        other => zone::numeric(other),
    }
}

/// Reads a duration, in microseconds: `500ms`, `10s`, `15m`, `2h`, `1d`, `1h30m`; a number alone is seconds.
///
/// ```
/// use brownout::parse_duration;
/// assert_eq!(parse_duration("500ms"), Some(500_000));
/// assert_eq!(parse_duration("1h30m"), Some(5_400_000_000));
/// assert_eq!(parse_duration("90"), Some(90_000_000));
/// assert_eq!(parse_duration("10 parsecs"), None);
/// ```
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum = 0_i64;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at_checked(digits)?;
        let letters = tail.bytes().take_while(|byte| !byte.is_ascii_digit()).count();
        let (unit, tail) = tail.split_at_checked(letters)?;
        if unit.is_empty() && digits < text.len() {
            return None; // a number without a unit stands alone
        }
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(micros(unit)?)?)?;
        if tail.is_empty() {
            return Some(sum);
        }
        rest = tail;
    }
}

/// Microseconds in one unit.
fn micros(unit: &str) -> Option<i64> {
    Some(match unit {
        "us" | "µs" => 1,
        "ms" => 1_000,
        "s" | "" => SECOND,
        "m" | "min" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => 86_400 * SECOND,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        for (text, seconds) in [
            ("Z", Some(0)),
            ("utc", Some(0)),
            ("GMT", Some(0)),
            ("+2", Some(7_200)),
            ("-9", Some(-32_400)),
            ("+02", Some(7_200)),
            ("+0200", Some(7_200)),
            ("+02:00", Some(7_200)),
            ("-0330", Some(-12_600)),
            ("-3:30", Some(-12_600)),
            ("+5:45", Some(20_700)),
            ("-00:00", Some(0)),
            ("+23:59", Some(86_340)),
            ("+24:00", None),
            ("+02:60", None),
            ("+2:6", None),
            ("+2:+6", None),
            ("2", None),
            ("0200", None),
            ("+", None),
            ("+-2", None),
            ("++200", None),
            ("", None),
            (" +2", None),
            ("+200", None),
            ("+٢", None),
            ("CET", None),
        ] {
            assert_eq!(parse_utc_offset(text), seconds, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, micros) in [
            ("0", Some(0)),
            ("90", Some(90 * SECOND)),
            ("250us", Some(250)),
            ("250µs", Some(250)),
            ("500ms", Some(500_000)),
            ("10s", Some(10 * SECOND)),
            ("15m", Some(900 * SECOND)),
            ("15min", Some(900 * SECOND)),
            ("2h", Some(7_200 * SECOND)),
            ("1d", Some(86_400 * SECOND)),
            ("1h30m", Some(5_400 * SECOND)),
            ("1m30", None),
            ("", None),
            ("s", None),
            ("-2h", None),
            ("+2h", None),
            ("1.5h", None),
            ("10 s", None),
            ("10S", None),
            ("1w", None),
            ("106751991d", Some(9_223_372_022_400_000_000)),
            ("106751992d", None),
            ("9223372036854775808us", None),
            ("9223372036854775807us1us", None),
            ("1é", None),
        ] {
            assert_eq!(parse_duration(text), micros, "{text}");
        }
    }
}
