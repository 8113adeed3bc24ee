//! Stamps in a `strftime` text of the operator's own, read by chrono piece by piece.
//!
//! The dialects: C and POSIX (Apache `%{…}t`); Envoy's `%START_TIME(…)%`, which adds `%s`, `%f` and `%1f` to `%9f`;
//! abseil's, through which Envoy writes the rest: `%E3S`, `%E*S`, `%E3f`, `%Ez`, `%E4Y`, `%ET`. chrono knows no
//! fraction of a free width and no `%E`; those pieces are read here.

use std::borrow::Cow;

use chrono::Timelike;
use chrono::format::{Parsed, StrftimeItems, parse_and_remainder};

use super::{SECOND, TimeLayout, Timestamp, digit, zone};

/// A piece of a `strftime` text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'f> {
    /// What chrono reads: a literal, or one conversion it knows by the same name.
    Chrono(&'f str),
    /// Digits of a second's fraction: this many, or as many as there are.
    Fraction(Option<usize>),
    /// A dot and such digits, or nothing.
    OptionalFraction,
    /// The name of a zone.
    ZoneName,
}

/// The pieces of a `strftime` text, in order.
struct Pieces<'f> {
    rest: &'f str,
    /// What comes before `rest`, the last piece first: abseil's `%E3S` is three in one.
    pending: [Option<Piece<'f>>; 2],
}

impl<'f> Iterator for Pieces<'f> {
    type Item = Piece<'f>;

    fn next(&mut self) -> Option<Piece<'f>> {
        if let Some(piece) = self.pending.iter_mut().rev().find_map(Option::take) {
            return Some(piece);
        }
        let (piece, rest) = match self.rest.strip_prefix('%') {
            None if self.rest.is_empty() => return None,
            None => {
                let literal = self.rest.find('%').unwrap_or(self.rest.len());
                let (literal, rest) = self.rest.split_at_checked(literal)?;
                (Piece::Chrono(literal), rest)
            }
            Some(after) => self.conversion(after),
        };
        self.rest = rest;
        Some(piece)
    }
}

impl<'f> Pieces<'f> {
    const fn new(format: &'f str) -> Self {
        Self { rest: format, pending: [None; 2] }
    }

    /// The conversion that begins before `after`, and what follows it.
    fn conversion(&mut self, after: &'f str) -> (Piece<'f>, &'f str) {
        if let Some(found) = named(after) {
            return found;
        }
        if let Some((digits, rest)) = count(after)
            && let Some(rest) = rest.strip_prefix('f')
        {
            return (Piece::Fraction(digits), rest);
        }
        if let Some((digits, rest)) = after.strip_prefix('E').and_then(count) {
            if let Some(rest) = rest.strip_prefix('f') {
                return (Piece::Fraction(digits), rest);
            }
            if let Some(rest) = rest.strip_prefix('S') {
                self.pending = match digits {
                    None => [None, Some(Piece::OptionalFraction)],
                    Some(0) => [None; 2],
                    Some(_) => [Some(Piece::Fraction(digits)), Some(Piece::Chrono("."))],
                };
                return (Piece::Chrono("%S"), rest);
            }
        }
        // flags and colons, then the letter, for chrono to judge
        let flags = after.bytes().take_while(|byte| b"-_0:.3689".contains(byte)).count();
        let letter = after.get(flags..).and_then(|text| text.chars().next()).map_or(0, char::len_utf8);
        let width = 1 + flags + letter;
        match self.rest.split_at_checked(width) {
            Some((conversion, rest)) => (Piece::Chrono(conversion), rest),
            None => (Piece::Chrono(self.rest), ""),
        }
    }
}

/// Conversions that go by another name here than in chrono.
fn named(after: &str) -> Option<(Piece<'static>, &str)> {
    const NAMES: [(&str, Piece<'static>); 8] = [
        ("f", Piece::Fraction(None)),
        ("Z", Piece::ZoneName),
        ("Ez", Piece::Chrono("%:z")),
        ("E*z", Piece::Chrono("%:z")),
        ("E4Y", Piece::Chrono("%Y")),
        ("ET", Piece::Chrono("T")),
        ("Ey", Piece::Chrono("%y")),
        ("EY", Piece::Chrono("%Y")),
    ];
    NAMES.iter().find_map(|&(name, piece)| Some((piece, after.strip_prefix(name)?)))
}

/// A digit, or `*` for as many as there are.
fn count(text: &str) -> Option<(Option<usize>, &str)> {
    let (first, rest) = text.split_at_checked(1)?;
    match first.as_bytes() {
        b"*" => Some((None, rest)),
        &[byte] => Some((Some(digit(byte)? as usize), rest)),
        _ => None,
    }
}

/// Whether a stamp of this format names its year.
pub(super) fn has_year(format: &str) -> bool {
    const LETTERS: [char; 12] = ['Y', 'y', 'C', 'G', 'g', 'c', 'D', 'F', 'x', 's', 'v', '+'];
    let names =
        |piece| matches!(piece, Piece::Chrono(text) if text.starts_with('%') && text.ends_with(LETTERS));
    Pieces::new(format).any(names)
}

/// Reads `text` by `format`: the instant, and how many digits of a fraction it shows. A stamp without a year is of the
/// newest one in which it is not after `newest`.
pub(super) fn parse(
    format: &str,
    text: &[u8],
    utc_offset: i32,
    newest: Option<Timestamp>,
) -> Option<(Timestamp, usize)> {
    let mut rest = std::str::from_utf8(text).ok()?;
    if rest.starts_with(char::is_whitespace) && !format.starts_with(char::is_whitespace) {
        return None; // chrono would skip it
    }
    let mut parsed = Parsed::new();
    let mut default_offset = if ends_with_literal_z(format) { 0 } else { utc_offset };
    let mut shown = 0;
    for piece in Pieces::new(format) {
        match piece {
            Piece::Chrono(item) => {
                rest = parse_and_remainder(&mut parsed, rest, StrftimeItems::new(item)).ok()?;
            }
            Piece::Fraction(width) => (shown, rest) = fraction(&mut parsed, rest, width)?,
            Piece::OptionalFraction => {
                if let Some(digits) = rest.strip_prefix('.') {
                    (shown, rest) = fraction(&mut parsed, digits, None)?;
                }
            }
            Piece::ZoneName => {
                let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                let (name, after) = rest.split_at_checked(letters)?;
                if zone::is_utc(name.as_bytes()) {
                    default_offset = 0;
                } else if name.is_empty() {
                    return None;
                }
                rest = after;
            }
        }
    }
    let instant = match newest {
        None => instant(&parsed, default_offset),
        Some(newest) => newest_year(&parsed, default_offset, newest),
    };
    rest.is_empty().then_some((instant?, shown))
}

/// The instant in the newest year with which it is not a day after `newest`.
fn newest_year(parsed: &Parsed, default_offset: i32, newest: Timestamp) -> Option<Timestamp> {
    let latest = newest.plus_micros(86_400 * SECOND);
    let year: i64 = latest.to_string().get(..4)?.parse().ok()?;
    let in_year = |year: i64| {
        let mut parsed = parsed.clone();
        parsed.set_year(year).ok()?;
        instant(&parsed, default_offset).filter(|instant| *instant <= latest)
    };
    // The 29th of February can be eight years back.
    (0..9).find_map(|back| in_year(year - back))
}

/// Reads digits of a fraction: how many, and what follows them.
fn fraction<'t>(parsed: &mut Parsed, text: &'t str, width: Option<usize>) -> Option<(usize, &'t str)> {
    let digits = text.bytes().take(width.unwrap_or(usize::MAX)).take_while(u8::is_ascii_digit).count();
    if digits == 0 || width.is_some_and(|width| width != digits) {
        return None;
    }
    let (fraction, rest) = text.split_at_checked(digits)?;
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0, |nanos, byte| nanos * 10 + i64::from(byte - b'0')); // digits, counted above
    parsed.set_nanosecond(nanos).ok()?;
    Some((digits, rest))
}

/// The instant of what chrono has understood.
fn instant(parsed: &Parsed, default_offset: i32) -> Option<Timestamp> {
    let offset = parsed.offset().unwrap_or(default_offset);
    if parsed.offset().is_some_and(|offset| offset.abs() >= 86_400) {
        return None;
    }
    let local = parsed.to_naive_datetime_with_offset(offset).ok()?;
    let micros = i64::from(local.nanosecond() / 1000).min(SECOND - 1); // a leap second counts on
    let seconds = local.and_utc().timestamp() - i64::from(offset); // chrono's years are far from any overflow
    Timestamp::checked_from_micros(seconds.checked_mul(SECOND)?.checked_add(micros)?)
}

/// `…Z`, but not `…%Z`: the letter stands for UTC.
fn ends_with_literal_z(format: &str) -> bool {
    matches!(Pieces::new(format).last(), Some(Piece::Chrono(literal)) if !literal.starts_with('%') && literal.ends_with('Z'))
}

/// The layout that reads the same stamps without chrono, where there is one.
pub(super) fn plain(format: &str) -> Option<TimeLayout> {
    let format = expand(format);
    match &*format {
        "sec" | "%s" => return Some(TimeLayout::EpochSeconds),
        "msec" | "%s%3f" => return Some(TimeLayout::EpochMillis),
        "usec" | "%s%6f" => return Some(TimeLayout::EpochMicros),
        "%s%9f" | "%s%f" => return Some(TimeLayout::EpochNanos),
        _ => {}
    }
    if let Some(rest) = format.strip_prefix("%s") {
        return without_fraction(rest).filter(|rest| rest.is_empty()).map(|_| TimeLayout::EpochSeconds);
    }
    if let Some(rest) = format.strip_prefix("%d/%b/%Y:%H:%M:%S") {
        return match (rest, without_fraction(rest).unwrap_or(rest)) {
            (" %z", _) => Some(TimeLayout::Clf),
            (_, "" | " %z") => Some(TimeLayout::ClfMillis),
            _ => None,
        };
    }
    let rest = format.strip_prefix("%Y-%m-%d")?;
    let rest = rest.strip_prefix(['T', ' '])?.strip_prefix("%H:%M:%S")?;
    match without_fraction(rest).unwrap_or(rest) {
        "" | "Z" | "%z" | "%:z" | " %z" | " %:z" => Some(TimeLayout::Iso),
        _ => None,
    }
}

/// Without a leading `.%3f` or one like it.
fn without_fraction(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix(".%")?;
    rest.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('f')
}

/// The text with each short form written out.
fn expand(format: &str) -> Cow<'_, str> {
    const FORMS: [(&str, &str); 9] = [
        ("%F", "%Y-%m-%d"),
        ("%T", "%H:%M:%S"),
        ("%R", "%H:%M"),
        ("%h", "%b"),
        ("%E4Y", "%Y"),
        ("%ET", "T"),
        ("%Ez", "%:z"),
        ("%E*z", "%:z"),
        ("%E*S", "%S.%f"),
    ];
    if format.contains("%%") {
        return Cow::Borrowed(format); // none of the plain layouts has a percent sign
    }
    let mut text = FORMS.iter().fold(format.to_owned(), |text, &(short, long)| text.replace(short, long));
    for width in 1..=9 {
        text = text.replace(&format!("%E{width}S"), &format!("%S.%{width}f"));
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One instant, 2026-11-22T07:15:51.984898Z, as the facts of the products have it.
    #[test]
    fn texts_of_envoy_and_apache() {
        for (format, text, digits) in [
            ("%s", "1795331751", 0),
            ("%s.%3f", "1795331751.984", 3),
            ("%s.%f", "1795331751.984898000", 9),
            ("%s.%9f", "1795331751.984898000", 9),
            ("%Y-%m-%dT%H:%M:%S%z", "2026-11-22T07:15:51+0000", 0),
            ("%Y-%m-%dT%H:%M:%E3S%Ez", "2026-11-22T09:15:51.984+02:00", 3),
            ("%Y-%m-%dT%H:%M:%E*SZ", "2026-11-22T07:15:51.984898Z", 6),
            ("%Y-%m-%dT%H:%M:%E*SZ", "2026-11-22T07:15:51Z", 0),
            ("%E4Y-%m-%d%ET%H:%M:%S.%6fZ", "2026-11-22T07:15:51.984898Z", 6),
            ("%Y-%m-%dT%H:%M:%E0SZ", "2026-11-22T07:15:51Z", 0),
            ("%d/%b/%Y:%H:%M:%S %z", "22/Nov/2026:07:15:51 +0000", 0),
            ("%d/%b/%Y:%T %z", "22/Nov/2026:03:45:51 -0330", 0),
            ("%d/%b/%Y:%T.%6f %z", "22/Nov/2026:03:45:51.984898 -0330", 6),
            ("%FT%T.%1fZ", "2026-11-22T07:15:51.9Z", 1),
            ("%F %T.%2f", "2026-11-22 07:15:51.98", 2),
            ("%Y%m%d%H%M%S%4f", "202611220715519848", 4),
            ("%a %b %e %H:%M:%S %Y", "Sun Nov 22 07:15:51 2026", 0),
            ("%A, %d-%b-%y %I:%M:%S %p %Z", "Sunday, 22-Nov-26 07:15:51 AM UTC", 0),
            ("%j %Y %T", "326 2026 07:15:51", 0),
            ("%D %T", "11/22/26 07:15:51", 0),
            ("%%%Y|%m|%d é%H:%M:%S", "%2026|11|22 é07:15:51", 0),
            ("%c", "Sun Nov 22 07:15:51 2026", 0),
        ] {
            let seconds = 1_795_331_751 * SECOND;
            let micros = 984_898 / 10_i64.pow(6 - digits.min(6)) * 10_i64.pow(6 - digits.min(6));
            let expected = Some(Timestamp::from_micros(seconds + micros));
            let slow = TimeLayout::Strftime(format.into());
            assert_eq!(slow.parse(text.as_bytes(), 0), expected, "{format}");
            assert_eq!(u32::from(slow.fraction_digits(text.as_bytes())), digits, "{format}");
            let fast = TimeLayout::strftime(format);
            assert_eq!(fast.parse(text.as_bytes(), 0), expected, "{format} as {fast:?}");
            assert_eq!(u32::from(fast.fraction_digits(text.as_bytes())), digits, "{format} as {fast:?}");
        }
    }

    #[test]
    fn plain_layouts_are_found() {
        for (format, layout) in [
            ("%d/%b/%Y:%H:%M:%S %z", TimeLayout::Clf),
            ("begin:%d/%b/%Y:%T %z", TimeLayout::Clf),
            ("end:%d/%h/%Y:%T.%3f", TimeLayout::ClfMillis),
            ("%d/%b/%Y:%T.%3f %z", TimeLayout::ClfMillis),
            ("%FT%T%z", TimeLayout::Iso),
            ("%F %H:%M:%E3S%Ez", TimeLayout::Iso),
            ("%Y-%m-%dT%H:%M:%S.%fZ", TimeLayout::Iso),
            ("%s", TimeLayout::EpochSeconds),
            ("sec", TimeLayout::EpochSeconds),
            ("end:msec", TimeLayout::EpochMillis),
            ("usec", TimeLayout::EpochMicros),
            ("%s.%6f", TimeLayout::EpochSeconds),
            ("%s%3f", TimeLayout::EpochMillis),
            ("%s%f", TimeLayout::EpochNanos),
            ("msec_frac", TimeLayout::Strftime("msec_frac".into())),
            ("%s %3f", TimeLayout::Strftime("%s %3f".into())),
            ("%%F", TimeLayout::Strftime("%%F".into())),
            ("%FT%T%Z", TimeLayout::Strftime("%FT%T%Z".into())),
            ("%d/%b/%Y", TimeLayout::Strftime("%d/%b/%Y".into())),
        ] {
            assert_eq!(TimeLayout::strftime(format), layout, "{format}");
        }
    }

    #[test]
    fn stamps_without_a_year_are_of_the_newest_that_can_be() {
        let newest = Timestamp::parse_rfc3339(b"2027-01-02T00:00:00Z").unwrap();
        for (format, text, want) in [
            ("%b %d %H:%M:%S", "Dec 31 23:59:58", "2026-12-31T23:59:58Z"),
            ("%b %d %H:%M:%S", "Jan  1 02:00:00", "2027-01-01T02:00:00Z"),
            ("%b %d %H:%M:%S", "Jan  3 02:00:00", "2026-01-03T02:00:00Z"),
            ("%b %e %H:%M:%S.%3f", "Feb 29 00:00:00.250", "2024-02-29T00:00:00.250Z"),
            ("%j %T", "326 07:15:51", "2026-11-22T07:15:51Z"),
            ("%Y-%b-%d %T", "2020-Dec-31 23:59:58", "2020-12-31T23:59:58Z"),
        ] {
            let layout = TimeLayout::Strftime(format.into()).in_newest_year(newest);
            let stamp = layout.parse(text.as_bytes(), 0);
            assert_eq!(stamp.map(|stamp| stamp.to_string()).as_deref(), Some(want), "{format} {text}");
        }
        for (format, text) in [("%b %d %T", "Feb 30 00:00:00"), ("%T", "07:15:51"), ("%b %d", "Dec 31")] {
            let layout = TimeLayout::Strftime(format.into()).in_newest_year(newest);
            assert_eq!(layout.parse(text.as_bytes(), 0), None, "{format} {text}");
        }
        for format in ["%c", "%D %T", "%s", "%y%m%d %T", "%b %d %G", "%F"] {
            assert!(has_year(format), "{format}");
        }
    }

    #[test]
    fn zones_count() {
        let at = |format: &str, text: &str| TimeLayout::Strftime(format.into()).parse(text.as_bytes(), 3600);
        let seven = Timestamp::parse_rfc3339(b"2026-11-22T07:00:00Z");
        assert_eq!(at("%F %T", "2026-11-22 08:00:00"), seven, "none: as told");
        assert_eq!(at("%F %T %Z", "2026-11-22 08:00:00 CET"), seven, "a name: as told");
        assert_eq!(at("%F %T %Z", "2026-11-22 07:00:00 GMT"), seven, "a name of UTC");
        assert_eq!(at("%F %TZ", "2026-11-22 07:00:00Z"), seven, "a literal Z");
        assert_eq!(at("%F %T%z", "2026-11-22 03:30:00-0330"), seven, "its own");
        assert_eq!(at("%s", "1795330800"), seven, "seconds need none");
        assert_eq!(at("%F %T%z", "2026-11-22 03:30:00+9900"), None);
    }

    #[test]
    fn refusals() {
        for (format, text) in [
            ("%F %T", ""),
            ("%F %T", " 2026-11-22 07:00:00"),
            ("%F %T", "2026-11-22 07:00:00 "),
            ("%F %T", "2026-02-30 07:00:00"),
            ("%F %T", "2026-11-22 24:00:00"),
            ("%F", "2026-11-22"),
            ("%T", "07:00:00"),
            ("%F %T.%3f", "2026-11-22 07:00:00.98"),
            ("%F %T.%3f", "2026-11-22 07:00:00.9841"),
            ("%F %T.%f", "2026-11-22 07:00:00."),
            ("%s", "99999999999999999999"),
            ("%s", "9223372036854775807"),
            ("%s", "-9223372036854775808"),
            ("%s", "253402300800"),
            ("%F %T %Q", "2026-11-22 07:00:00 x"),
            ("%", "%"),
            ("%E", "%E"),
            ("%-", "-"),
            ("%é", "é"),
            ("", ""),
            ("", "x"),
            ("%F %T", "2026-11-22 07:00:0\u{e9}"),
        ] {
            assert_eq!(
                TimeLayout::Strftime(format.into()).parse(text.as_bytes(), 0),
                None,
                "{format:?} {text:?}"
            );
        }
        assert_eq!(TimeLayout::Strftime("%F".into()).parse(b"\xff", 0), None);
        let leap = TimeLayout::Strftime("%F %T.%3f".into()).parse(b"2026-11-22 06:59:60.500", 0);
        assert_eq!(leap, Timestamp::parse_rfc3339(b"2026-11-22T06:59:59.999999Z"));
    }

    /// Clocks and zones differ by no more than a day.
    #[test]
    fn a_day_after_the_newest_is_of_its_year_and_more_is_not() {
        let newest = Timestamp::parse_rfc3339(b"2027-01-02T00:00:00Z").unwrap();
        let layout = TimeLayout::strftime("%b %d %H:%M:%S").in_newest_year(newest);
        for (text, year) in [("Jan 02 23:59:59", 2027), ("Jan 03 00:00:00", 2027), ("Jan 03 00:00:01", 2026)]
        {
            let stamp = layout.parse(text.as_bytes(), 0).unwrap().to_string();
            assert!(stamp.starts_with(&year.to_string()), "{text}: {stamp}");
        }
    }
}
