//! [`Timestamp`].

use std::fmt;

use chrono::{DateTime, Utc};

use super::{SECOND, TimeLayout, civil};

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Every value lies in the years 0000 to 9999, so each can be written in RFC 3339 and read back. Arithmetic
/// stops at the first and the last of them ([`MIN`](Self::MIN), [`MAX`](Self::MAX)) and never overflows.
///
/// ```
/// use brownout::Timestamp;
///
/// let start = Timestamp::parse_rfc3339(b"2026-11-22T07:08:40.25Z").unwrap();
/// assert_eq!(start.to_string(), "2026-11-22T07:08:40.250Z");
/// assert_eq!(format!("{start:.0}"), "2026-11-22T07:08:40Z");
/// assert_eq!(start.plus_micros(90_000_000).to_string(), "2026-11-22T07:10:10.250Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(
    /// INVARIANT: `MIN.0 <= self.0 && self.0 <= MAX.0`.
    i64,
);

impl Timestamp {
    /// The first instant there is: 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_167_219_200 * SECOND);
    /// The last one: 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_800 * SECOND - 1);

    /// From microseconds since the epoch; what lies outside of the years 0000 to 9999 becomes the nearest instant
    /// inside.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// From microseconds since the epoch, if that lies in the years 0000 to 9999.
    #[inline]
    pub const fn checked_from_micros(micros: i64) -> Option<Self> {
        if micros < Self::MIN.0 || micros > Self::MAX.0 { None } else { Some(Self(micros)) }
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, and its relatives as [`TimeLayout::Iso`] does: a stamp without a zone is UTC.
    ///
    /// ```
    /// use brownout::Timestamp;
    /// let utc = Timestamp::parse_rfc3339(b"2026-11-22T07:08:40Z");
    /// assert!(utc.is_some());
    /// assert_eq!(Timestamp::parse_rfc3339(b"2026-11-22 09:08:40+02:00"), utc);
    /// assert_eq!(Timestamp::parse_rfc3339(b"2026-02-31T00:00:00Z"), None);
    /// ```
    pub fn parse_rfc3339(text: &[u8]) -> Option<Self> {
        TimeLayout::Iso.parse(text, 0)
    }

    /// This instant and `micros` more, or less; stops at [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this instant; negative when `earlier` is the later one.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0 // both within 3.2e17 of zero
    }

    /// The number of the bucket of `width_micros` this instant lies in, counted from the epoch: the quotient,
    /// rounded down, also before 1970. A width below 1 counts as 1.
    ///
    /// ```
    /// use brownout::Timestamp;
    /// let second = 1_000_000;
    /// assert_eq!(Timestamp::from_micros(19 * second).floor_to(10 * second), 1);
    /// assert_eq!(Timestamp::from_micros(-1).floor_to(10 * second), -1);
    /// assert_eq!(Timestamp::from_bucket(-1, 10 * second).as_micros(), -10 * second);
    /// ```
    #[inline]
    pub const fn floor_to(self, width_micros: i64) -> i64 {
        self.0.div_euclid(if width_micros < 1 { 1 } else { width_micros })
    }

    /// Where bucket `bucket` of `width_micros` begins; stops at [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    /// The inverse of [`floor_to`](Self::floor_to), rounded down to the width.
    pub const fn from_bucket(bucket: i64, width_micros: i64) -> Self {
        Self::from_micros(bucket.saturating_mul(if width_micros < 1 { 1 } else { width_micros }))
    }
}

/// Most digits of a fraction that are written.
const MAX_DIGITS: usize = 9;
/// `2026-11-22T07:08:40.123456789Z`.
const MAX_LEN: usize = 21 + MAX_DIGITS;

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with `Z`. The fraction has as many digits as the instant needs (0, 3 or 6), or as the
    /// precision asks, at most 9: `{:.3}`. Digits that are not asked for are cut, not rounded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.rem_euclid(SECOND);
        let digits = f.precision().unwrap_or(match micros {
            0 => 0,
            _ if micros % 1000 == 0 => 3,
            _ => 6,
        });
        let mut buffer = [0; MAX_LEN];
        let text = self.write(micros as u64, digits.min(MAX_DIGITS), &mut buffer);
        f.write_str(text)
    }
}

impl Timestamp {
    /// Writes RFC 3339 with `digits` of a fraction.
    fn write(self, micros: u64, digits: usize, buffer: &mut [u8; MAX_LEN]) -> &str {
        let seconds = self.0.div_euclid(SECOND);
        let second_of_day = seconds.rem_euclid(86_400) as u64;
        let (year, month, day) = civil::date(seconds.div_euclid(86_400));
        let mut out = Digits { buffer, len: 0 };
        out.number(year as u64, 4);
        out.byte(b'-');
        out.number(month.into(), 2);
        out.byte(b'-');
        out.number(day.into(), 2);
        out.byte(b'T');
        out.number(second_of_day / 3600, 2);
        out.byte(b':');
        out.number(second_of_day / 60 % 60, 2);
        out.byte(b':');
        out.number(second_of_day % 60, 2);
        if digits > 0 {
            out.byte(b'.');
            out.number(micros * 1000 / 10_u64.pow((MAX_DIGITS - digits) as u32), digits);
        }
        out.byte(b'Z');
        out.finish()
    }
}

/// Writes ASCII into a buffer on the stack.
struct Digits<'b> {
    buffer: &'b mut [u8; MAX_LEN],
    len: usize,
}

impl<'b> Digits<'b> {
    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// `value` in `width` digits, zeros in front.
    fn number(&mut self, value: u64, width: usize) {
        let mut scale = 10_u64.pow(width as u32 - 1);
        while scale > 0 {
            self.byte(b'0' + (value / scale % 10) as u8);
            scale /= 10;
        }
    }

    fn finish(self) -> &'b str {
        let written: &'b [u8; MAX_LEN] = self.buffer;
        written.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Cut to microseconds. chrono's leap seconds become the last microsecond of their minute; years outside of
    /// 0000 to 9999 become the nearest instant inside.
    fn from(instant: DateTime<Utc>) -> Self {
        let micros = instant.timestamp_subsec_micros().min(SECOND as u32 - 1);
        Self::from_micros(instant.timestamp().saturating_mul(SECOND).saturating_add(micros.into()))
    }
}

impl From<Timestamp> for DateTime<Utc> {
    /// Exact.
    fn from(instant: Timestamp) -> Self {
        // chrono reaches 262 000 years to both sides: the default stands for nothing that can happen
        DateTime::from_timestamp_micros(instant.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text.as_bytes()).unwrap()
    }

    #[test]
    fn shows_as_many_digits_as_needed_or_asked() {
        for (micros, plain, asked) in [
            (0, "1970-01-01T00:00:00Z", ["00Z", "00.0Z", "00.000Z", "00.000000000Z"]),
            (1, "1970-01-01T00:00:00.000001Z", ["00Z", "00.0Z", "00.000Z", "00.000001000Z"]),
            (999_999, "1970-01-01T00:00:00.999999Z", ["00Z", "00.9Z", "00.999Z", "00.999999000Z"]),
            (1_250_000, "1970-01-01T00:00:01.250Z", ["01Z", "01.2Z", "01.250Z", "01.250000000Z"]),
            (-1, "1969-12-31T23:59:59.999999Z", ["59Z", "59.9Z", "59.999Z", "59.999999000Z"]),
        ] {
            let instant = Timestamp::from_micros(micros);
            assert_eq!(instant.to_string(), plain);
            for (digits, end) in [0, 1, 3, 9].into_iter().zip(asked) {
                assert!(
                    format!("{instant:.digits$}").ends_with(&format!(":{end}")),
                    "{instant:.digits$} {end}"
                );
            }
            assert_eq!(format!("{instant:.99}"), format!("{instant:.9}"));
        }
    }

    #[test]
    fn ends_of_time() {
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(at("0000-01-01T00:00:00Z"), Timestamp::MIN);
        assert_eq!(at("9999-12-31T23:59:59.999999Z"), Timestamp::MAX);
        for micros in [i64::MIN, i64::MAX, Timestamp::MIN.0 - 1, Timestamp::MAX.0 + 1] {
            let end = if micros < 0 { Timestamp::MIN } else { Timestamp::MAX };
            assert_eq!(Timestamp::from_micros(micros), end);
            assert_eq!(Timestamp::checked_from_micros(micros), None);
            assert_eq!(end.plus_micros(micros.signum()), end);
        }
        assert_eq!(Timestamp::MAX.plus_micros(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_micros(i64::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.micros_since(Timestamp::MIN), Timestamp::MAX.0 - Timestamp::MIN.0);
    }

    #[test]
    fn buckets() {
        for width in [i64::MIN, 0, 1, 7, 10 * SECOND, i64::MAX] {
            for instant in
                [Timestamp::MIN, at("1969-12-31T23:59:59.5Z"), at("2026-11-22T07:08:40Z"), Timestamp::MAX]
            {
                let bucket = instant.floor_to(width);
                assert!(Timestamp::from_bucket(bucket, width) <= instant, "{instant} {width}");
                assert!(
                    Timestamp::from_bucket(bucket.saturating_add(1), width) >= instant,
                    "{instant} {width}"
                );
            }
        }
        assert_eq!(Timestamp::from_bucket(i64::MAX, i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_bucket(i64::MIN, 2), Timestamp::MIN);
    }

    #[test]
    fn chrono_and_back() {
        for instant in
            [Timestamp::MIN, Timestamp::from_micros(-1), at("2026-11-22T07:08:40.123456Z"), Timestamp::MAX]
        {
            let there = DateTime::<Utc>::from(instant);
            assert_eq!(there.timestamp_micros(), instant.as_micros());
            assert_eq!(Timestamp::from(there), instant);
        }
        assert_eq!(Timestamp::from(DateTime::<Utc>::MIN_UTC), Timestamp::MIN);
        assert_eq!(Timestamp::from(DateTime::<Utc>::MAX_UTC), Timestamp::MAX);
        let leap = DateTime::parse_from_rfc3339("2016-12-31T23:59:60.5Z").unwrap().to_utc();
        assert_eq!(Timestamp::from(leap), at("2016-12-31T23:59:59.999999Z"));
    }
}
