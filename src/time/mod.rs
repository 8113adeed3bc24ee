//! Instants, and the stamps producers write.
//!
//! A stamp is read in three pieces that do not depend on each other: the *head* (date, hour and minute, of fixed
//! width), the *seconds* with their fraction, and the *zone*. [`TimeCache`] remembers what the last head and the
//! last zone meant and reads only the seconds anew; both ways run through the same three functions, so they
//! cannot differ.
//!
//! chrono reads `strftime` texts and is the witness in the tests; it shows in no signature but the conversions
//! to and from `DateTime<Utc>`.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod cache;
mod civil;
mod epoch;
mod layout;
mod stamp;
mod strftime;
mod text;
mod timestamp;
#[cfg(test)]
mod witness;
mod zone;

pub use cache::TimeCache;
pub use layout::TimeLayout;
pub use text::{parse_duration, parse_utc_offset};
pub use timestamp::Timestamp;

/// Microseconds in one second.
const SECOND: i64 = 1_000_000;
/// Microseconds in one minute.
const MINUTE: i64 = 60 * SECOND;

/// The value of an ASCII digit.
#[inline]
const fn digit(byte: u8) -> Option<u32> {
    let value = byte.wrapping_sub(b'0');
    if value < 10 { Some(value as u32) } else { None }
}

/// The value of two ASCII digits.
#[inline]
const fn two(tens: u8, ones: u8) -> Option<u32> {
    match (digit(tens), digit(ones)) {
        (Some(tens), Some(ones)) => Some(tens * 10 + ones),
        _ => None,
    }
}
