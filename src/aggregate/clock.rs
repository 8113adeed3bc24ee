//! The time of a line: whether it still lies in the bucket that is counted.

use crate::record::Record;
use crate::schema::{Field, Kind, Schema};
use crate::time::{TimeCache, TimeLayout, Timestamp};

/// Reads the stamps of records. Neighbouring lines share their second, so its bytes are compared instead of read.
#[derive(Debug)]
pub(super) struct Clock {
    slot: usize,
    layout: Option<TimeLayout>,
    utc_offset: i32,
    times: TimeCache,
    fraction: Fraction,
    /// The second of the last stamp with a fraction, as written, and when it began.
    second: ([u64; 3], i64),
    /// The last stamp of 26 bytes.
    last: [u64; 4],
    /// Where the current bucket begins, as far as its instants count, and how long it is.
    from: i64,
    length: u64,
    /// `last` lies in it.
    here: bool,
}

/// What a stamp says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tick {
    /// An instant in the current bucket.
    Here,
    /// An instant, or none.
    At(Option<Timestamp>),
}

// The words of a stamp overlap: there are no bytes that read like this.
const NO_SECOND: [u64; 3] = [0, 0, u64::MAX];
const NO_STAMP: [u64; 4] = [0, 0, 0, u64::MAX];

impl Default for Clock {
    fn default() -> Self {
        Self {
            slot: usize::MAX,
            layout: None,
            utc_offset: 0,
            times: TimeCache::default(),
            fraction: Fraction::Never,
            second: (NO_SECOND, 0),
            last: NO_STAMP,
            from: 0,
            length: 0,
            here: false,
        }
    }
}

impl Clock {
    pub(super) fn new(schema: &Schema) -> Self {
        let slot = schema.slot(Field::Time).unwrap_or(usize::MAX);
        let layout = schema.columns().get(slot).and_then(|c| match &c.kind {
            Kind::Time(layout) => Some(layout.clone()),
            _ => None,
        });
        Self {
            slot,
            fraction: match layout {
                Some(TimeLayout::Iso) => Fraction::Iso,
                Some(TimeLayout::ClfMillis) => Fraction::Clf,
                _ => Fraction::Never,
            },
            layout,
            utc_offset: schema.utc_offset(),
            ..Self::default()
        }
    }

    /// The record's time. In the current bucket it only widens `range`, earliest to latest.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    pub(super) fn tick(&mut self, record: &Record<'_>, range: &mut (i64, i64)) -> Tick {
        let raw = record.at(self.slot);
        if let Some((head, fraction)) = self.fraction.read(raw) {
            let micros = self.second.1 + fraction;
            if self.second.0 == head && (micros.wrapping_sub(self.from) as u64) < self.length {
                *range = (range.0.min(micros), range.1.max(micros));
                return Tick::Here;
            }
        } else if self.here && is_stamp(raw, &self.last) {
            return Tick::Here;
        }
        Tick::At(self.read(raw))
    }

    /// Instants from `from` until `until` are in the current bucket; that of the last stamp is one of them.
    pub(super) fn settle(&mut self, from: i64, until: i64) {
        (self.from, self.length) = (from, until.wrapping_sub(from) as u64);
        self.here = self.last != NO_STAMP;
    }

    /// There is no current bucket any more.
    pub(super) fn leave(&mut self) {
        (self.length, self.here) = (0, false);
    }

    /// Reads a stamp and remembers its second.
    #[inline(never)]
    fn read(&mut self, raw: &[u8]) -> Option<Timestamp> {
        self.last = stamp(raw).unwrap_or(NO_STAMP);
        self.here = false;
        let time = self.times.parse(self.layout.as_ref()?, raw, self.utc_offset)?;
        // A leap second has no fractions.
        if let Some((head, fraction)) = self.fraction.read(raw)
            && head[2] >> 48 != u64::from(u16::from_le_bytes(*b"60"))
        {
            self.second = (head, time.as_micros() - fraction);
        }
        Some(time)
    }
}

/// The 26 bytes of nginx's and Apache's stamps as numbers, the last eight overlapping.
#[inline(always)]
#[expect(clippy::inline_always, reason = "for every line")]
fn stamp(raw: &[u8]) -> Option<[u64; 4]> {
    let raw: &[u8; 26] = raw.try_into().ok()?;
    let word = |at: usize| raw.get(at..)?.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    Some([word(0)?, word(8)?, word(16)?, word(18)?])
}

/// Whether `raw` is the stamp of these words.
#[inline(always)]
#[expect(clippy::inline_always, reason = "for every line")]
fn is_stamp(raw: &[u8], words: &[u64; 4]) -> bool {
    stamp(raw).is_some_and(|mine| {
        // Without a copy to compare.
        (mine[0] ^ words[0]) | (mine[1] ^ words[1]) | (mine[2] ^ words[2]) | (mine[3] ^ words[3]) == 0
    })
}

/// Stamps that end with a fraction, in one of the widths that nearly all producers write.
#[derive(Debug, Clone, Copy, Default)]
enum Fraction {
    /// `2026-11-22T07:08:40.123Z`, `2026-11-22T07:08:40.123456Z`.
    Iso,
    /// `22/Nov/2026:07:08:40.123`.
    Clf,
    #[default]
    Never,
}

impl Fraction {
    /// The date and time up to the second as numbers, the last eight bytes overlapping; and the microseconds after it.
    #[inline]
    fn read(self, raw: &[u8]) -> Option<([u64; 3], i64)> {
        let word =
            |at: usize| raw.get(at..at + 8).and_then(|b| b.first_chunk()).map(|b| u64::from_le_bytes(*b));
        let (second, tail) = match (self, raw.len()) {
            (Self::Iso, 27) => (11, word(19)?),
            // As if they had six digits and a zone.
            (Self::Iso, 24) => (11, (word(16)? >> 24) & 0xffff_ffff | ZEROS | u64::from(raw[23]) << 56),
            (Self::Clf, 24) => (12, word(16)? >> 32 | ZEROS | u64::from(b'Z') << 56),
            _ => return None,
        };
        Some(([word(0)?, word(8)?, word(second)?], micros(tail)?))
    }
}

/// Three digits behind four other bytes.
const ZEROS: u64 = u64::from_le_bytes(*b"\0\0\0\x00000\0");

/// Microseconds of `.123456Z`.
#[inline]
fn micros(tail: u64) -> Option<i64> {
    const FRAME: u64 = 0xff00_0000_0000_00ff;
    let digits = tail ^ u64::from_le_bytes(*b".000000Z");
    // Nothing but digits: neither they nor six more leave their half of a byte.
    let loose = digits & !FRAME;
    if digits & FRAME != 0 || (loose | (loose + 0x0006_0606_0606_0600)) & 0x00f0_f0f0_f0f0_f000 != 0 {
        return None;
    }
    // Pairs, then the three pairs.
    let pairs = (loose >> 8).wrapping_mul(10).wrapping_add(loose >> 16);
    let (a, b, c) = (pairs & 0xff, pairs >> 16 & 0xff, pairs >> 32 & 0xff);
    Some((a * 10_000 + b * 100 + c) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::record::Span;
    use crate::schema::{Column, Product, TimeMeaning};

    #[test]
    fn times_are_those_of_the_layout_whatever_came_before() {
        let stamps = [
            "2026-11-22T07:08:40.123Z",
            "2026-11-22T07:08:40.000Z",
            "2026-11-22T07:08:40.987654Z",
            "2026-11-22 07:08:40.5Z",
            "2026-11-22T07:08:60.123Z",
            "2026-11-22T07:08:60.923Z",
            "2026-11-22T07:08:61.923Z",
            "2026-11-22T07:08:40.12aZ",
            "2026-11-22T07:08:40.12:Z",
            "2026-11-22T07:08:40,123Z",
            "2026-11-22T07:08:40.1234",
            "2026-11-22T07:08:40.123z",
            "2026-11-22T07:08:4x.123Z",
            "22/Nov/2026:07:08:40.123",
            "22/Nov/2026:07:08:40.124",
            "22/Nov/2026:07:08:60.124",
            "22/Nov/2026:07:08:40,123",
            "22/Nov/2026:07:08:40 +0000",
            "[22/Nov/2026:07:08:40.1]",
            "-",
        ];
        for layout in [TimeLayout::Iso, TimeLayout::ClfMillis, TimeLayout::Clf, TimeLayout::Auto] {
            let column = Column::new("time", Field::Time, Kind::Time(layout.clone()));
            let schema = Schema::new(Product::Custom, TimeMeaning::End, vec![column]).with_utc_offset(3600);
            for pair in stamps.iter().flat_map(|a| stamps.iter().map(move |b| [a, b])) {
                let mut clock = Clock::new(&schema);
                for stamp in [pair[0], pair[1], pair[0], pair[0]] {
                    let line = format!("{stamp} xxxxxxxx");
                    let spans = [Span::new(0, stamp.len())];
                    let record = Record::new(line.as_bytes(), &schema, &spans);
                    let expected = layout.parse(stamp.as_bytes(), 3600);
                    let (from, until) = (clock.from, clock.from + clock.length as i64);
                    let mut range = (i64::MAX, i64::MIN);
                    match clock.tick(&record, &mut range) {
                        Tick::At(time) => assert_eq!(time, expected, "{layout:?} {pair:?}"),
                        Tick::Here => {
                            let micros = expected.unwrap().as_micros();
                            assert!((from..until).contains(&micros), "{layout:?} {pair:?}");
                            assert!(range == (i64::MAX, i64::MIN) || range == (micros, micros));
                        }
                    }
                    if let Some(time) = expected {
                        // A bucket of a second.
                        let start = time.as_micros().div_euclid(1_000_000) * 1_000_000;
                        clock.settle(start, start + 1_000_000);
                    }
                }
            }
        }
    }
}
