//! [`TimeLayout`].

use super::stamp::{self, Shape};
use super::{Timestamp, digit, epoch, strftime};

/// How a producer writes a time stamp.
///
/// A stamp is read whole or not at all: what stands before or after it, a day the month does not have, hour 24 or
/// an instant outside of the years 0000 to 9999 make it `None`. Digits below the microsecond are cut. A leap second
/// (`:60`) is the last microsecond of its minute.
///
/// ```
/// use brownout::TimeLayout;
///
/// let stamp = TimeLayout::Clf.parse(b"22/Nov/2026:07:08:40 -0330", 0).unwrap();
/// assert_eq!(stamp.to_string(), "2026-11-22T10:38:40Z");
///
/// // HAProxy's stamp has no zone: say where it was written
/// let berlin = 3600;
/// let stamp = TimeLayout::ClfMillis.parse(b"22/Nov/2026:07:18:29.754", berlin).unwrap();
/// assert_eq!(stamp.to_string(), "2026-11-22T06:18:29.754Z");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeLayout {
    /// `22/Nov/2026:07:08:40 +0000`: nginx, Apache. The brackets of Apache's `%t` may be part of it.
    Clf,
    /// `22/Nov/2026:07:18:29.754`, no zone: HAProxy. Any number of fraction digits, none included; a zone, where
    /// there is one, counts.
    ClfMillis,
    /// RFC 3339 and its relatives: `T`, space or tab; any fraction; `Z`, `UTC`, `+00:00`, `+0000`, `+00`, the same
    /// after a space, or no zone.
    Iso,
    /// Seconds since the epoch with an optional fraction: `1795331320.430`.
    EpochSeconds,
    /// Milliseconds since the epoch, with an optional fraction.
    EpochMillis,
    /// Microseconds since the epoch, with an optional fraction.
    EpochMicros,
    /// Nanoseconds since the epoch, with an optional fraction.
    EpochNanos,
    /// Whatever the stamp looks like: `Clf`, `Iso`, or a number of seconds, milliseconds, microseconds or nanoseconds
    /// since the epoch, told apart by its digits. For products whose stamp is a setting.
    Auto,
    /// A `strftime` text of a product's own (Envoy `START_TIME(…)`, Apache `%{…}t`). Make it with
    /// [`strftime`](Self::strftime), which finds the faster layouts above.
    Strftime(Box<str>),
    /// The same without a year: a stamp is of the newest year in which it is not after this instant, a day allowed for
    /// clocks and zones. Made by [`in_newest_year`](Self::in_newest_year).
    Yearless(Box<str>, Timestamp),
}

impl TimeLayout {
    /// The layout a `strftime` text describes, in the dialects of Apache `%{…}t` (`begin:`, `end:`, `sec`, `msec`,
    /// `usec` included) and Envoy `%START_TIME(…)%` (`%s`, `%f`, `%3f`, abseil's `%E3S` included).
    ///
    /// Texts that mean one of the other layouts give that one, which is read some hundred times faster.
    /// A literal `Z` at the end means UTC.
    ///
    /// ```
    /// use brownout::TimeLayout;
    /// assert_eq!(TimeLayout::strftime("%d/%b/%Y:%H:%M:%S %z"), TimeLayout::Clf);
    /// assert_eq!(TimeLayout::strftime("%FT%T.%3fZ"), TimeLayout::Iso);
    /// assert_eq!(TimeLayout::strftime("%s.%3f"), TimeLayout::EpochSeconds);
    /// let stamp = TimeLayout::strftime("%b %d, %Y %H:%M:%S").parse(b"Nov 22, 2026 07:08:40", 0).unwrap();
    /// assert_eq!(stamp.to_string(), "2026-11-22T07:08:40Z");
    /// ```
    pub fn strftime(text: &str) -> Self {
        let text = text.strip_prefix("begin:").or_else(|| text.strip_prefix("end:")).unwrap_or(text);
        strftime::plain(text).unwrap_or_else(|| Self::Strftime(text.into()))
    }

    /// This layout where its stamps name a year; else the one that gives them the newest year in which they are not
    /// after `newest`.
    ///
    /// ```
    /// use brownout::{TimeLayout, Timestamp};
    /// let last = Timestamp::parse_rfc3339(b"2027-01-02T00:00:00Z").unwrap();
    /// let layout = TimeLayout::strftime("%b %d %H:%M:%S");
    /// assert_eq!(layout.parse(b"Dec 31 23:59:58", 0), None);
    /// let stamp = layout.in_newest_year(last).parse(b"Dec 31 23:59:58", 0).unwrap();
    /// assert_eq!(stamp.to_string(), "2026-12-31T23:59:58Z");
    /// ```
    #[must_use]
    pub fn in_newest_year(self, newest: Timestamp) -> Self {
        match self {
            Self::Strftime(format) if !strftime::has_year(&format) => Self::Yearless(format, newest),
            named => named,
        }
    }

    /// How fine the stamp is, coarse to fine; to choose between several stamps of one line.
    pub(crate) fn precision(&self) -> u8 {
        match self {
            Self::Clf => 0,
            Self::Iso | Self::Strftime(_) | Self::Yearless(..) | Self::Auto => 1,
            Self::ClfMillis | Self::EpochSeconds | Self::EpochMillis => 2,
            Self::EpochMicros | Self::EpochNanos => 3,
        }
    }

    /// Reads a stamp; `utc_offset` (seconds east) is used where it has no zone of its own.
    pub fn parse(&self, text: &[u8], utc_offset: i32) -> Option<Timestamp> {
        match self {
            Self::Strftime(format) => {
                strftime::parse(format, text, utc_offset, None).map(|(instant, _)| instant)
            }
            Self::Yearless(format, newest) => {
                strftime::parse(format, text, utc_offset, Some(*newest)).map(|(instant, _)| instant)
            }
            Self::Auto => Self::recognise(text).parse(text, utc_offset),
            _ => match self.kind() {
                Kind::Date(shape) => stamp::parts(shape, stamp::bare(shape, text), utc_offset)?.instant(),
                Kind::Epoch(nanos) => epoch::parse(text, nanos),
                Kind::Other => None,
            },
        }
    }

    /// The layout [`Auto`](Self::Auto) stands for, given the stamp; never `Auto` itself.
    pub(super) fn recognise(text: &[u8]) -> Self {
        let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
        match (digits, text.get(digits)) {
            (12..=14, None | Some(b'.')) => Self::EpochMillis,
            (15..=17, None | Some(b'.')) => Self::EpochMicros,
            (18.., None | Some(b'.')) => Self::EpochNanos,
            (1.., None | Some(b'.' | b'e' | b'E')) => Self::EpochSeconds,
            (_, Some(b'/')) if text.get(digits + 1).is_some_and(u8::is_ascii_alphabetic) => Self::Clf,
            _ => Self::Iso,
        }
    }

    /// How many digits of a second's fraction the stamp shows, at most 9; a [`Timestamp`] holds the first 6.
    /// 0 where `text` is no such stamp.
    ///
    /// ```
    /// use brownout::TimeLayout;
    /// assert_eq!(TimeLayout::Iso.fraction_digits(b"2026-11-22T07:15:51.984Z"), 3);
    /// assert_eq!(TimeLayout::EpochMillis.fraction_digits(b"1795331320430"), 3);
    /// ```
    pub fn fraction_digits(&self, text: &[u8]) -> u8 {
        let digits = match self {
            Self::Auto => return Self::recognise(text).fraction_digits(text),
            Self::Strftime(format) => strftime::parse(format, text, 0, None).map_or(0, |(_, digits)| digits),
            Self::Yearless(format, newest) => {
                strftime::parse(format, text, 0, Some(*newest)).map_or(0, |(_, digits)| digits)
            }
            _ if self.parse(text, 0).is_none() => 0,
            Self::EpochSeconds => epoch::fraction_digits(text, 0),
            Self::EpochMillis => epoch::fraction_digits(text, 3),
            Self::EpochMicros => epoch::fraction_digits(text, 6),
            Self::EpochNanos => epoch::fraction_digits(text, 9),
            Self::Clf | Self::ClfMillis | Self::Iso => text
                .iter()
                .skip_while(|&&byte| byte != b'.')
                .skip(1)
                .take_while(|&&byte| digit(byte).is_some())
                .count(),
        };
        digits.min(9) as u8
    }

    /// Which code reads it.
    #[inline]
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Clf => Kind::Date(Shape::Clf),
            Self::ClfMillis => Kind::Date(Shape::ClfFraction),
            Self::Iso => Kind::Date(Shape::Iso),
            Self::EpochSeconds => Kind::Epoch(1_000_000_000),
            Self::EpochMillis => Kind::Epoch(1_000_000),
            Self::EpochMicros => Kind::Epoch(1_000),
            Self::EpochNanos => Kind::Epoch(1),
            Self::Strftime(_) | Self::Yearless(..) | Self::Auto => Kind::Other,
        }
    }
}

/// Which code reads a layout.
pub(super) enum Kind {
    /// [`stamp`].
    Date(Shape),
    /// [`epoch`], in units of this many nanoseconds.
    Epoch(u64),
    /// [`strftime`].
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T07:08:40.430Z, in every way that [`TimeLayout::Auto`] knows: by how many digits come first, and what
    /// stands behind them.
    #[test]
    fn stamps_that_are_told_apart_by_their_digits() {
        use TimeLayout::{Auto, Clf, EpochMicros, EpochMillis, EpochNanos, EpochSeconds, Iso};
        let millis = 1_795_331_320_430_i64;
        for (text, layout, expected) in [
            ("1795331320.430", EpochSeconds, Some(millis)),
            ("1.79533132043e9", EpochSeconds, None),
            ("1795331320e0", EpochSeconds, None),
            ("17953313204", EpochSeconds, Some(17_953_313_204_000)),
            ("179533132043", EpochMillis, Some(millis / 10)),
            ("1795331320430", EpochMillis, Some(millis)),
            ("17953313204300", EpochMillis, Some(millis * 10)),
            ("179533132043000", EpochMicros, Some(millis / 10)),
            ("1795331320430000.5", EpochMicros, Some(millis)),
            ("17953313204300000", EpochMicros, Some(millis * 10)),
            ("179533132043000000", EpochNanos, Some(millis / 10)),
            ("1795331320430000000", EpochNanos, Some(millis)),
            ("22/Nov/2026:07:08:40 +0000", Clf, Some(millis - 430)),
            ("2026-11-22T07:08:40.43Z", Iso, Some(millis)),
            ("22/11/2026 07:08:40", Iso, None),
            ("", Iso, None),
        ] {
            assert_eq!(TimeLayout::recognise(text.as_bytes()), layout, "{text}");
            let read = Auto.parse(text.as_bytes(), 0);
            assert_eq!(read.map(Timestamp::as_micros), expected.map(|millis| millis * 1000), "{text}");
        }
    }

    #[test]
    fn the_finest_stamp_of_a_line_is_chosen() {
        let order = [TimeLayout::Clf, TimeLayout::Iso, TimeLayout::ClfMillis, TimeLayout::EpochMicros];
        assert!(order.windows(2).all(|pair| pair[0].precision() < pair[1].precision()));
    }

    #[test]
    fn a_layout_with_a_year_needs_no_newest() {
        let layout = TimeLayout::strftime("%d %b %Y, %H:%M:%S");
        assert_eq!(layout.clone().in_newest_year(Timestamp::MAX), layout);
    }
}
