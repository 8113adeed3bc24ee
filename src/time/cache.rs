//! [`TimeCache`].

use super::layout::Kind;
use super::stamp::{self, CLF_HEAD, ISO_HEAD, Shape};
use super::{TimeLayout, Timestamp};

/// Reads the stamps of consecutive lines, which mostly share their minute.
///
/// It remembers what the last stamp's date, hour, minute and zone meant, and reads only the seconds of the next one
/// while those stay the same. It never allocates; layout and offset may change from call to call.
///
/// ```
/// use brownout::{TimeCache, TimeLayout};
/// let mut cache = TimeCache::default();
/// for stamp in [&b"22/Nov/2026:07:08:40 +0000"[..], b"22/Nov/2026:07:08:41 +0000", b"22/Nov/2026:07:08:4x +0000"] {
///     assert_eq!(cache.parse(&TimeLayout::Clf, stamp, 0), TimeLayout::Clf.parse(stamp, 0));
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct TimeCache {
    last: Option<Minute>,
}

/// What the last stamp was made of.
#[derive(Debug, Clone)]
struct Minute {
    shape: Shape,
    utc_offset: i32,
    /// Date, hour and minute; of an ISO stamp the last byte is 0.
    head: [u8; CLF_HEAD],
    /// The zone, [packed](pack).
    zone: u64,
    /// The two together: microseconds from the epoch to the beginning of the minute.
    start: i64,
}

impl TimeCache {
    /// Equal to [`TimeLayout::parse`] for every input, and faster when the minute repeats.
    #[inline]
    pub fn parse(&mut self, layout: &TimeLayout, text: &[u8], utc_offset: i32) -> Option<Timestamp> {
        // one call per shape: inlined, each knows its shape when it is compiled
        match layout.kind() {
            Kind::Date(Shape::Clf) => self.date(Shape::Clf, text, utc_offset),
            Kind::Date(Shape::ClfFraction) => self.date(Shape::ClfFraction, text, utc_offset),
            Kind::Date(Shape::Iso) => self.date(Shape::Iso, text, utc_offset),
            Kind::Other if *layout == TimeLayout::Auto => {
                self.parse(&TimeLayout::recognise(text), text, utc_offset)
            }
            Kind::Epoch(_) | Kind::Other => layout.parse(text, utc_offset),
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "with the shape a constant inside, a stamp takes half the time")]
    fn date(&mut self, shape: Shape, text: &[u8], utc_offset: i32) -> Option<Timestamp> {
        if let Some(minute) = &self.last
            && minute.shape == shape
            && minute.utc_offset == utc_offset
            && let Some(tail) = minute.tail(shape, text)
        {
            let (within, zone) = stamp::seconds(shape, tail)?;
            if pack(zone) == Some(minute.zone) {
                return Timestamp::checked_from_micros(minute.start + within);
            }
        }
        self.read(shape, text, utc_offset)
    }

    /// Reads the stamp from scratch and remembers it.
    #[cold]
    fn read(&mut self, shape: Shape, text: &[u8], utc_offset: i32) -> Option<Timestamp> {
        let text = stamp::bare(shape, text); // so a bracket never gets into `head`
        let parts = stamp::parts(shape, text, utc_offset)?;
        let mut head = [0; CLF_HEAD];
        let width = if shape == Shape::Iso { ISO_HEAD } else { CLF_HEAD };
        head.iter_mut().zip(text).take(width).for_each(|(to, &from)| *to = from);
        self.last =
            pack(parts.zone).map(|zone| Minute { shape, utc_offset, head, zone, start: parts.minute });
        parts.instant()
    }
}

impl Minute {
    /// What follows the head, if `text` begins with this one.
    #[inline]
    fn tail<'a>(&self, shape: Shape, text: &'a [u8]) -> Option<&'a [u8]> {
        if shape == Shape::Iso {
            let (head, tail) = text.split_first_chunk::<ISO_HEAD>()?;
            (self.head.first_chunk::<ISO_HEAD>() == Some(head)).then_some(tail)
        } else {
            let (head, tail) = text.split_first_chunk::<CLF_HEAD>()?;
            (self.head == *head).then_some(tail)
        }
    }
}

/// A zone as a number: up to 7 bytes, and how many in the eighth. Different zones give different numbers.
#[inline]
fn pack(zone: &[u8]) -> Option<u64> {
    let packed = match *zone {
        [] => 0,
        [a] => u64::from(a),
        [a, b, c, d, e, f] => {
            u64::from(u32::from_le_bytes([a, b, c, d])) | u64::from(u16::from_le_bytes([e, f])) << 32
        }
        _ if zone.len() < 8 => zone.iter().rev().fold(0, |packed, &byte| packed << 8 | u64::from(byte)),
        _ => return None,
    };
    Some(packed | (zone.len() as u64) << 56)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that could leave a stale answer: the same digits in another layout, another offset, a zone that
    /// differs in one byte, a torn stamp, a leap second.
    #[test]
    fn never_stale() {
        let stamps: [&[u8]; 14] = [
            b"22/Nov/2026:07:08:40 +0000",
            b"22/Nov/2026:07:08:40",
            b"22/Nov/2026:07:08:40.5",
            b"22/Nov/2026:07:08:40 +0001",
            b"22/Nov/2026:07:08:60 +0000",
            b"22/Nov/2026:07:08:61 +0000",
            b"22/Nov/2026:07:08:4",
            b"22/Nov/2026:07:08",
            b"[22/Nov/2026:07:08:40 +0000]",
            b"2026-11-22T07:08:40Z",
            b"2026-11-22T07:08:40",
            b"2026-11-22T07:08:40.5+00:00",
            b"2026-11-22T07:08:40\0",
            b"1795331320.430",
        ];
        let layouts = [
            TimeLayout::Clf,
            TimeLayout::ClfMillis,
            TimeLayout::Iso,
            TimeLayout::EpochSeconds,
            TimeLayout::Strftime("%d/%b/%Y:%H:%M:%S".into()),
        ];
        let calls: Vec<_> = stamps
            .iter()
            .flat_map(|&stamp| {
                layouts.iter().flat_map(move |layout| [0, 3600].map(|offset| (layout, stamp, offset)))
            })
            .collect();
        for &(layout, stamp, offset) in &calls {
            for &(next_layout, next, next_offset) in &calls {
                let mut cache = TimeCache::default();
                cache.parse(layout, stamp, offset);
                assert_eq!(
                    cache.parse(next_layout, next, next_offset),
                    next_layout.parse(next, next_offset),
                    "{next_layout:?} {} {next_offset} after {layout:?} {} {offset}",
                    next.escape_ascii(),
                    stamp.escape_ascii(),
                );
            }
        }
    }

    #[test]
    fn zones_pack_apart() {
        let zones: [&[u8]; 8] = [b"", b"\0", b"Z", b"Z\0", b" +0000", b" +000", b" +00:00", b" +0000\0"];
        for (i, a) in zones.iter().enumerate() {
            for (j, b) in zones.iter().enumerate() {
                assert_eq!(pack(a) == pack(b), i == j, "{a:?} {b:?}");
            }
        }
        assert_eq!(pack(b"12345678"), None);
    }
}
