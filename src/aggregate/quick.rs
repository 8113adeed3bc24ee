//! What every line is counted by, read from its columns without detours.
//!
//! Each of these gives just what the accessor of [`Record`] gives; the usual shapes of a value are recognised at a
//! glance, everything else goes the long way.

use super::hash;
use crate::origin::Suspicion;
use crate::record::{Edges, Record};
use crate::schema::{Field, Kind, Schema};
use crate::status::Status;
use crate::time::{TimeCache, TimeLayout, Timestamp};

/// No column.
const NOWHERE: usize = usize::MAX;

/// A reader of the columns of one format.
#[derive(Debug)]
pub(super) struct Quick {
    status: usize,
    time: usize,
    layout: Option<TimeLayout>,
    utc_offset: i32,
    times: TimeCache,
    fraction: Fraction,
    /// The second of the last stamp with a fraction, as written, and when it began.
    second: ([u64; 3], i64),
    /// The last stamp of 26 bytes, and what it meant: lines of one second share it.
    last: ([u64; 4], Option<Timestamp>),
    client: Client,
    suspicion: Suspicion,
}

/// Where the client stands.
#[derive(Debug, Clone, Copy)]
enum Client {
    Alone(usize),
    WithPort(usize),
}

impl Default for Quick {
    fn default() -> Self {
        Self {
            status: NOWHERE,
            time: NOWHERE,
            layout: None,
            utc_offset: 0,
            times: TimeCache::default(),
            fraction: Fraction::Never,
            second: ([0; 3], 0),
            last: ([0; 4], None),
            client: Client::Alone(NOWHERE),
            suspicion: Suspicion::default(),
        }
    }
}

impl Quick {
    pub(super) fn new(schema: &Schema) -> Self {
        let slot = |field| schema.slot(field).unwrap_or(NOWHERE);
        let layout = schema.columns().get(slot(Field::Time)).and_then(|c| match &c.kind {
            Kind::Time(layout) => Some(layout.clone()),
            _ => None,
        });
        let client = match schema.slot(Field::Client) {
            Some(slot) if is_two(&schema.columns()[slot].name) => Client::WithPort(slot),
            Some(slot) => Client::Alone(slot),
            None => Client::Alone(slot(Field::ForwardedFor)),
        };
        Self {
            status: slot(Field::Status),
            time: slot(Field::Time),
            fraction: match layout {
                Some(TimeLayout::Iso) => Fraction::Iso,
                Some(TimeLayout::ClfMillis) => Fraction::Clf,
                _ => Fraction::Never,
            },
            layout,
            utc_offset: schema.utc_offset(),
            client,
            suspicion: Suspicion::new(schema),
            ..Self::default()
        }
    }

    /// The record's status; [`Status::NONE`] where it has none.
    #[inline]
    pub(super) fn status(&self, record: &Record<'_>) -> Status {
        Status::parse(record.at(self.status)).unwrap_or(Status::NONE)
    }

    /// The record's time.
    #[inline]
    pub(super) fn time(&mut self, record: &Record<'_>) -> Option<Timestamp> {
        let raw = record.at(self.time);
        if let Some((head, fraction)) = self.fraction.read(raw) {
            if self.second.0 == head {
                return Timestamp::checked_from_micros(self.second.1 + fraction);
            }
            return self.other_second(raw, head, fraction);
        }
        if let Some(stamp) = stamp(raw) {
            if self.last.0 == stamp {
                return self.last.1;
            }
            self.last = (stamp, self.times.parse(self.layout.as_ref()?, raw, self.utc_offset));
            return self.last.1;
        }
        self.times.parse(self.layout.as_ref()?, raw, self.utc_offset)
    }

    /// Reads a stamp with a fraction and remembers its second.
    #[cold]
    fn other_second(&mut self, raw: &[u8], head: [u64; 3], fraction: i64) -> Option<Timestamp> {
        let time = self.times.parse(self.layout.as_ref()?, raw, self.utc_offset)?;
        // A leap second has no fractions.
        if head[2] >> 48 != u64::from(u16::from_le_bytes(*b"60")) {
            self.second = (head, time.as_micros() - fraction);
        }
        Some(time)
    }

    /// The record's client, hashed to one of 64 slots.
    #[inline]
    pub(super) fn client_slot(&self, record: &Record<'_>) -> Option<usize> {
        let hash = match self.client {
            Client::Alone(slot) => {
                let edges = record.edges(slot);
                is_ipv4(&edges).then(|| hash::stable_of_two(edges.first, edges.last, edges.len))
            }
            Client::WithPort(slot) => without_port(record, slot),
        };
        let hash = match hash {
            Some(hash) => hash,
            None => hash::stable(record.client()?.raw(), 0),
        };
        Some((hash & 63) as usize)
    }

    /// Whether a failure may stand behind an answer that is none.
    #[inline]
    pub(super) fn may_be_masked(&self, record: &Record<'_>) -> bool {
        self.suspicion.may_be(record)
    }
}

/// `client:port`: two variables in one column.
fn is_two(name: &str) -> bool {
    name.contains(':') && !name.contains('(')
}

/// The 26 bytes of nginx's and Apache's stamps as numbers, the last eight overlapping.
#[inline]
fn stamp(raw: &[u8]) -> Option<[u64; 4]> {
    let raw: &[u8; 26] = raw.try_into().ok()?;
    let word = |at: usize| raw.get(at..)?.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    Some([word(0)?, word(8)?, word(16)?, word(18)?])
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

/// An IPv4 address of at least eight characters, seen at a glance: neither a list nor anything with a colon.
#[inline]
fn is_ipv4(edges: &Edges) -> bool {
    // Digits and dots are 0x2e to 0x39, the comma 0x2c, the colon 0x3a: the high bit of each byte tells.
    let plain =
        |x: u64| (x | HIGH).wrapping_sub(ONES * 0x2e) & (HIGH + ONES * 0x39).wrapping_sub(x & !HIGH) & !x;
    matches!(edges.len, 8..=15) && plain(edges.first) & plain(edges.last) & HIGH == HIGH
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// The hash of `a.b.c.d` of `a.b.c.d:port`.
#[inline]
fn without_port(record: &Record<'_>, slot: usize) -> Option<u64> {
    let whole = record.edges(slot);
    if whole.len < 10 {
        return None;
    }
    // The colon is among the last eight bytes; all after it are digits.
    let colons = whole.last ^ (ONES * u64::from(b':'));
    let colons = !(((colons & !HIGH) + !HIGH) | colons) & HIGH;
    let port = colons.leading_zeros() / 8;
    let digits = whole.last ^ (ONES * u64::from(b'0'));
    let wrong = (digits | ((digits & !HIGH) + ONES * 0x76)) & HIGH;
    if colons == 0 || port == 0 || wrong.leading_zeros() / 8 < port {
        return None;
    }
    let host = record.edges_of_start(slot, whole.len - 1 - port as usize);
    is_ipv4(&host).then(|| hash::stable_of_two(host.first, host.last, host.len))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::record::Span;
    use crate::schema::{Column, Product, TimeMeaning};

    /// What a reader of one column sees of `text`, beside what the record's own accessor gives.
    fn schema(name: &str, field: Field, kind: Kind) -> Schema {
        Schema::new(Product::Custom, TimeMeaning::End, vec![Column::new(name, field, kind)])
    }

    #[test]
    fn clients_are_those_of_the_record() {
        for name in ["client", "client:port"] {
            let schema = schema(name, Field::Client, Kind::Text);
            let quick = Quick::new(&schema);
            let hosts = [
                "10.0.0.1",
                "203.0.113.15",
                "255.255.255.255",
                "1.1.1.1",
                "::1",
                "2001:db8::1",
                "unix",
                "-",
                "",
            ];
            let tails = [
                "",
                ":",
                ":1",
                ":80",
                ":45454",
                ":123456789",
                ":8a",
                ";",
                ",1.2.3.4",
                ", 10.0.0.1:80",
                ":1:2",
            ];
            for text in hosts.iter().flat_map(|host| tails.iter().map(move |tail| format!("{host}{tail}"))) {
                for before in ["", "xxxxxxxx"] {
                    let line = format!("{before}{text} xxxxxxxx");
                    let spans = [Span::new(before.len(), before.len() + text.len())];
                    let record = Record::new(line.as_bytes(), &schema, &spans);
                    let expected = record.client().map(|c| (hash::stable(c.raw(), 0) & 63) as usize);
                    assert_eq!(quick.client_slot(&record), expected, "{name} {text}");
                }
            }
        }
        for byte in 0..=255u8 {
            let text = [b'1', b'0', b'.', b'0', b'.', byte, b'.', b'1'];
            let word = u64::from_le_bytes(text);
            let plain = byte.is_ascii_digit() || matches!(byte, b'.' | b'/');
            assert_eq!(is_ipv4(&Edges { first: word, last: word, len: 8 }), plain, "{byte:#x}");
        }
    }

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
            let schema = schema("time", Field::Time, Kind::Time(layout.clone())).with_utc_offset(3600);
            for pair in stamps.iter().flat_map(|a| stamps.iter().map(move |b| [a, b])) {
                let mut quick = Quick::new(&schema);
                for stamp in [pair[0], pair[1], pair[0]] {
                    let line = format!("{stamp} xxxxxxxx");
                    let spans = [Span::new(0, stamp.len())];
                    let record = Record::new(line.as_bytes(), &schema, &spans);
                    let expected = layout.parse(stamp.as_bytes(), 3600);
                    assert_eq!(quick.time(&record), expected, "{layout:?} {pair:?}");
                }
            }
        }
    }
}
