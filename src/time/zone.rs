//! Zones: seconds east of UTC.

use super::two;

/// `±hhmm`, `±hh:mm` or `±hh`, up to 23:59; in seconds east.
#[inline]
pub(super) fn numeric(text: &[u8]) -> Option<i32> {
    let (sign, hours, minutes) = match *text {
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, two(h1, h2)?, two(m1, m2)?),
        [sign, h1, h2] => (sign, two(h1, h2)?, 0),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 3600 + minutes * 60) as i32;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// Whether `text` is a name of UTC.
#[inline]
pub(super) fn is_utc(text: &[u8]) -> bool {
    [&b"Z"[..], b"UTC", b"GMT"].iter().any(|name| text.eq_ignore_ascii_case(name))
}
