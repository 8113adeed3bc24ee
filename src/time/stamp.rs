//! The three pieces of a stamp that is a date: head, seconds, zone.

use super::{MINUTE, SECOND, Timestamp, civil, digit, two, zone};

/// A layout of a date, as far as the pieces differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `22/Nov/2026:07:08:40 +0000`: the zone is there, a fraction is not.
    Clf,
    /// `22/Nov/2026:07:08:40.123`: both may be there.
    ClfFraction,
    /// `2026-11-22T07:08:40.123Z`: both may be there.
    Iso,
}

/// Width of `22/Nov/2026:07:08`.
pub(super) const CLF_HEAD: usize = 17;
/// Width of `2026-11-22T07:08`.
pub(super) const ISO_HEAD: usize = 16;

/// A stamp, taken apart.
pub(super) struct Parts<'a> {
    /// Microseconds from the epoch to the beginning of the stamp's minute. Not checked against the ends of time,
    /// but far from any overflow: the head's years have four digits and the offset is an `i32` of seconds.
    pub(super) minute: i64,
    /// Microseconds since then.
    pub(super) within: i64,
    /// The zone as written.
    pub(super) zone: &'a [u8],
}

impl Parts<'_> {
    /// The instant, if it lies between the ends of time.
    #[inline]
    pub(super) const fn instant(&self) -> Option<Timestamp> {
        Timestamp::checked_from_micros(self.minute + self.within)
    }
}

/// Reads a whole stamp, without brackets.
#[inline]
pub(super) fn parts(shape: Shape, text: &[u8], utc_offset: i32) -> Option<Parts<'_>> {
    let (minute, tail) = match shape {
        Shape::Iso => {
            let (head, tail) = text.split_first_chunk()?;
            (iso_head(head)?, tail)
        }
        Shape::Clf | Shape::ClfFraction => {
            let (head, tail) = text.split_first_chunk()?;
            (clf_head(head)?, tail)
        }
    };
    let (within, zone) = seconds(shape, tail)?;
    let offset = offset(shape, zone, utc_offset)?;
    Some(Parts { minute: minute * MINUTE - i64::from(offset) * SECOND, within, zone })
}

/// The stamp without the brackets Apache's `%t` puts around it; formats that name them leave nothing to do.
#[inline]
pub(super) fn bare(shape: Shape, text: &[u8]) -> &[u8] {
    match (shape, text) {
        (Shape::Clf | Shape::ClfFraction, [b'[', inner @ .., b']']) => inner,
        _ => text,
    }
}

/// `22/Nov/2026:07:08` in minutes since the epoch, local.
#[inline]
pub(super) const fn clf_head(head: &[u8; CLF_HEAD]) -> Option<i64> {
    let &[d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':', h1, h2, b':', n1, n2] = head else {
        return None;
    };
    match (two(d1, d2), month([m1, m2, m3]), two(y1, y2), two(y3, y4)) {
        (Some(day), Some(month), Some(century), Some(year)) => {
            minutes(civil::days(century * 100 + year, month, day), two(h1, h2), two(n1, n2))
        }
        _ => None,
    }
}

/// `2026-11-22T07:08` in minutes since the epoch, local. Date and time may also be parted by a space, or by the
/// tab between CloudFront's two columns.
#[inline]
pub(super) const fn iso_head(head: &[u8; ISO_HEAD]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ' | b'\t', h1, h2, b':', n1, n2] =
        head
    else {
        return None;
    };
    match (two(y1, y2), two(y3, y4), two(m1, m2), two(d1, d2)) {
        (Some(century), Some(year), Some(month), Some(day)) => {
            minutes(civil::days(century * 100 + year, month, day), two(h1, h2), two(n1, n2))
        }
        _ => None,
    }
}

#[inline]
const fn minutes(days: Option<i64>, hour: Option<u32>, minute: Option<u32>) -> Option<i64> {
    match (days, hour, minute) {
        (Some(days), Some(hour @ 0..=23), Some(minute @ 0..=59)) => {
            Some(days * 1440 + hour as i64 * 60 + minute as i64)
        }
        _ => None,
    }
}

/// 1 to 12 for the English names, in any case.
#[inline]
const fn month(name: [u8; 3]) -> Option<u32> {
    // the bit that parts upper from lower case; no byte but the letter itself becomes a letter by setting it
    match [name[0] | 0x20, name[1] | 0x20, name[2] | 0x20] {
        [b'j', b'a', b'n'] => Some(1),
        [b'f', b'e', b'b'] => Some(2),
        [b'm', b'a', b'r'] => Some(3),
        [b'a', b'p', b'r'] => Some(4),
        [b'm', b'a', b'y'] => Some(5),
        [b'j', b'u', b'n'] => Some(6),
        [b'j', b'u', b'l'] => Some(7),
        [b'a', b'u', b'g'] => Some(8),
        [b's', b'e', b'p'] => Some(9),
        [b'o', b'c', b't'] => Some(10),
        [b'n', b'o', b'v'] => Some(11),
        [b'd', b'e', b'c'] => Some(12),
        _ => None,
    }
}

/// Reads `:40` and, where the shape has one, a fraction: microseconds since the minute began, and what is left.
/// A leap second (`:60`) is the last microsecond of its minute.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the shape is a constant where it is called")]
pub(super) fn seconds(shape: Shape, tail: &[u8]) -> Option<(i64, &[u8])> {
    let &[b':', s1, s2, ref rest @ ..] = tail else {
        return None;
    };
    let second = two(s1, s2)?;
    let (fraction, rest) = match (shape, rest) {
        (Shape::ClfFraction | Shape::Iso, &[b'.', ref digits @ ..]) => {
            let (fraction, used) = fraction(digits);
            (fraction, digits.get(used..).filter(|_| used > 0)?)
        }
        _ => (0, rest),
    };
    match second {
        0..=59 => Some((i64::from(second) * SECOND + i64::from(fraction), rest)),
        60 => Some((MINUTE - 1, rest)),
        _ => None,
    }
}

/// Microseconds of a fraction's leading digits, cut, and how many digits there are.
#[inline]
pub(super) fn fraction(digits: &[u8]) -> (u32, usize) {
    // milliseconds and microseconds, which most producers write, without a loop
    if let Some((millis, rest)) = three(digits) {
        if rest.first().is_none_or(|byte| !byte.is_ascii_digit()) {
            return (millis * 1000, 3);
        }
        if let Some((micros, rest)) = three(rest) {
            let cut = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            return (millis * 1000 + micros, 6 + cut);
        }
    }
    let mut micros = 0;
    let mut scale = 100_000;
    let mut used = 0;
    for value in digits.iter().map_while(|&byte| digit(byte)) {
        micros += value * scale;
        scale /= 10;
        used += 1;
    }
    (micros, used)
}

/// The value of three leading digits, and what follows them.
#[inline]
fn three(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (&[a, b, c], rest) = digits.split_first_chunk()?;
    Some((two(a, b)? * 10 + digit(c)?, rest))
}

/// What follows the seconds: a zone, in seconds east, or `utc_offset` where the shape can do without.
#[inline]
pub(super) fn offset(shape: Shape, rest: &[u8], utc_offset: i32) -> Option<i32> {
    match (shape, rest) {
        (Shape::Clf, [b' ', zone @ ..]) if zone.len() == 5 => zone::numeric(zone),
        (Shape::Clf, _) => None,
        (_, []) => Some(utc_offset),
        (_, [b'Z' | b'z']) => Some(0),
        (_, rest) => {
            let zone = rest.strip_prefix(b" ").unwrap_or(rest);
            if zone::is_utc(zone) { Some(0) } else { zone::numeric(zone) }
        }
    }
}
