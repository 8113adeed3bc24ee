//! Stamps that count from the epoch.

use super::{Timestamp, digit};

/// Reads `1795331320.430`: digits and an optional fraction, in units of `nanos` nanoseconds; cut to microseconds.
/// Neither signs nor exponents: a negative number in such a column means that there is no time.
#[inline]
pub(super) fn parse(text: &[u8], nanos: u64) -> Option<Timestamp> {
    let dot = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let whole = number(text.get(..dot)?)?;
    let micros = match text.get(dot + 1..) {
        Some(digits) => whole_micros(whole, nanos)?.checked_add(fraction_nanos(digits, nanos)? / 1000)?,
        None => whole_micros(whole, nanos)?,
    };
    Timestamp::checked_from_micros(i64::try_from(micros).ok()?)
}

/// How many digits of a second `text` shows.
pub(super) fn fraction_digits(text: &[u8], unit_digits: usize) -> usize {
    let dot = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    unit_digits + text.len().saturating_sub(dot + 1)
}

#[inline]
fn whole_micros(whole: u64, nanos: u64) -> Option<u64> {
    if nanos < 1000 { Some(whole / (1000 / nanos)) } else { whole.checked_mul(nanos / 1000) }
}

/// At least one digit and nothing else.
#[inline]
fn number(digits: &[u8]) -> Option<u64> {
    match digits.len() {
        0 => None,
        // 19 nines fit
        1..=19 => digits.iter().try_fold(0, |n, &byte| Some(n * 10 + u64::from(digit(byte)?))),
        _ => {
            digits.iter().try_fold(0_u64, |n, &byte| n.checked_mul(10)?.checked_add(u64::from(digit(byte)?)))
        }
    }
}

/// Nanoseconds of a fraction of a unit, cut.
#[inline]
fn fraction_nanos(digits: &[u8], nanos: u64) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut sum = 0;
    let mut scale = nanos;
    for &byte in digits {
        scale /= 10;
        sum += u64::from(digit(byte)?) * scale;
    }
    Some(sum)
}
