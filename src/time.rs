//! Instants, and the stamps producers write.

use std::fmt;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
    /// Reads RFC 3339.
    pub fn parse_rfc3339(text: &[u8]) -> Option<Self> {
        TimeLayout::Iso.parse(text, 0)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with `Z`; the fraction has as many digits as the instant needs (0, 3 or 6), or as the
    /// precision asks: `{:.3}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How a producer writes a time stamp.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeLayout {
    /// `22/Nov/2026:07:08:40 +0000`: nginx, Apache.
    Clf,
    /// `22/Nov/2026:07:18:29.754`, no zone: HAProxy. Any number of fraction digits, none included.
    ClfMillis,
    /// RFC 3339 and its relatives: `T` or space, any fraction, `Z`, `+00:00`, `+0000` or no zone.
    Iso,
    /// Seconds since the epoch with an optional fraction: `1795331320.430`.
    EpochSeconds,
    /// Milliseconds since the epoch.
    EpochMillis,
    /// Microseconds since the epoch.
    EpochMicros,
    /// Nanoseconds since the epoch.
    EpochNanos,
    /// Whatever the stamp looks like: `Clf`, `Iso`, or a number of seconds, milliseconds, microseconds or
    /// nanoseconds since the epoch, told apart by its digits. For products whose stamp is a setting.
    Auto,
    /// A `strftime` text of a product's own (Envoy `START_TIME(…)`, Apache `%{…}t`).
    Strftime(Box<str>),
}

impl TimeLayout {
    /// How fine the stamp is, coarse to fine; to choose between several stamps of one line.
    pub(crate) fn precision(&self) -> u8 {
        match self {
            Self::Clf => 0,
            Self::Iso | Self::Strftime(_) | Self::Auto => 1,
            Self::ClfMillis | Self::EpochSeconds | Self::EpochMillis => 2,
            Self::EpochMicros | Self::EpochNanos => 3,
        }
    }

    /// Reads a stamp; `utc_offset` (seconds east) is used where it has no zone of its own.
    pub fn parse(&self, _text: &[u8], _utc_offset: i32) -> Option<Timestamp> {
        None
    }

    /// The layout [`Auto`](Self::Auto) stands for, given the stamp.
    pub(crate) fn recognise(text: &[u8]) -> Self {
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

    /// How many digits of a second's fraction the stamp shows.
    pub fn fraction_digits(&self, _text: &[u8]) -> u8 {
        0
    }
}

/// Reads the stamps of consecutive lines, which mostly share their minute.
#[derive(Debug, Clone, Default)]
pub struct TimeCache {}

impl TimeCache {
    /// Equal to [`TimeLayout::parse`] for every input, and faster when the minute repeats.
    #[inline]
    pub fn parse(&mut self, layout: &TimeLayout, text: &[u8], utc_offset: i32) -> Option<Timestamp> {
        layout.parse(text, utc_offset)
    }
}
