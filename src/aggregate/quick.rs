//! What every line is counted by, read from its columns without detours.
//!
//! Each of these gives just what the accessor of [`Record`] gives; the usual shapes of a value are recognised at a
//! glance, everything else goes the long way.

use super::hash;
use crate::origin::Suspicion;
use crate::record::{Edges, Record};
use crate::schema::{Field, Schema};
use crate::status::Status;

/// No column.
const NOWHERE: usize = usize::MAX;

/// A reader of the columns of one format.
#[derive(Debug)]
pub(super) struct Quick {
    status: usize,
    client: usize,
    /// What is expected behind an address.
    port: Port,
    suspicion: Suspicion,
}

impl Default for Quick {
    fn default() -> Self {
        Self { status: NOWHERE, client: NOWHERE, port: Port::NONE, suspicion: Suspicion::default() }
    }
}

impl Quick {
    pub(super) fn new(schema: &Schema) -> Self {
        let slot = |field| schema.slot(field).unwrap_or(NOWHERE);
        let client = schema.slot(Field::Client).unwrap_or_else(|| slot(Field::ForwardedFor));
        Self { status: slot(Field::Status), client, port: Port::NONE, suspicion: Suspicion::new(schema) }
    }

    /// The record's status; [`Status::NONE`] where it has none.
    #[inline]
    pub(super) fn status(&self, record: &Record<'_>) -> Status {
        Status::parse(record.at(self.status)).unwrap_or(Status::NONE)
    }

    /// The record's client, hashed to one of 64 slots.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    pub(super) fn client_slot(&mut self, record: &Record<'_>) -> Option<usize> {
        let hash = match record.edges_before(self.client, self.port.width) {
            Some((host, tail)) if self.port.fits(tail) && is_ipv4(&host) => hash_of(&host),
            _ => self.client_hash(record)?,
        };
        Some((hash & 63) as usize)
    }

    /// The same for every other kind of client.
    #[inline(never)]
    fn client_hash(&mut self, record: &Record<'_>) -> Option<u64> {
        let whole = record.edges(self.client);
        for host in [whole, before_port(record, self.client, &whole)] {
            if is_ipv4(&host) {
                let width = whole.len - host.len;
                // Of ports most have five digits: a shorter one says nothing of those to come.
                if width == 0 || width > self.port.width {
                    self.port = Port::of(width);
                }
                return Some(hash_of(&host));
            }
        }
        Some(hash::stable(record.client()?.raw(), 0))
    }

    /// Whether a failure may stand behind an answer that is none.
    pub(super) fn may_be_masked(&self, record: &Record<'_>) -> bool {
        self.suspicion.may_be(record)
    }

    /// The column that tells so, beside those that name upstream and host.
    pub(super) fn hint(&self) -> Option<usize> {
        self.suspicion.column()
    }
}

/// An IPv4 address of at least eight characters, seen at a glance: neither a list nor anything with a colon.
#[inline]
fn is_ipv4(edges: &Edges) -> bool {
    // Digits and dots are 0x2e to 0x39, the comma 0x2c, the colon 0x3a: the high bit of each byte tells, and where that
    // of one is set already, no sum of the others matters.
    let least = |x: u64| x.wrapping_add(ONES * (0x80 - 0x2e));
    let beyond = |x: u64| x.wrapping_add(ONES * (0x7f - 0x39)) | x;
    let Edges { first, last, len } = *edges;
    matches!(len, 8..=15) && least(first) & least(last) & !(beyond(first) | beyond(last)) & HIGH == HIGH
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

#[inline]
fn hash_of(address: &Edges) -> u64 {
    hash::stable_of_two(address.first, address.last, address.len)
}

/// A port of so many digits behind its colon, in the last eight bytes of a value.
#[derive(Debug, Clone, Copy)]
struct Port {
    /// Bytes, the colon included; 0 where there is no port.
    width: usize,
    /// A colon and zeros; what is before them does not count.
    zeros: u64,
    /// What takes more than nine out of its half of a byte.
    sixes: u64,
    /// The whole colon, and of each digit the half of a byte that is equal in all.
    mask: u64,
}

impl Port {
    const NONE: Self = Self { width: 0, zeros: 0, sixes: 0, mask: 0 };

    /// Of a width up to eight bytes.
    fn of(width: usize) -> Self {
        if !matches!(width, 1..=8) {
            return Self::NONE;
        }
        let shift = 8 * (8 - width);
        let with_colon = |colon: u8, digit: u8| ((ONES - 1) * u64::from(digit) + u64::from(colon)) << shift;
        Self { width, zeros: with_colon(b':', b'0'), sixes: with_colon(0, 6), mask: with_colon(0xff, 0xf0) }
    }

    /// Whether these are the last eight bytes of a value with such a port.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    const fn fits(&self, tail: u64) -> bool {
        let digits = tail ^ self.zeros;
        (digits | digits.wrapping_add(self.sixes)) & self.mask == 0
    }
}

/// What stands before `:port`, at least eight bytes; nothing where there is no port.
fn before_port(record: &Record<'_>, slot: usize, whole: &Edges) -> Edges {
    // The colon is among the last eight bytes; all after it are digits.
    let colons = whole.last ^ (ONES * u64::from(b':'));
    let colons = !(((colons & !HIGH) + !HIGH) | colons) & HIGH;
    let port = colons.leading_zeros() / 8;
    let digits = whole.last ^ (ONES * u64::from(b'0'));
    let wrong = (digits | ((digits & !HIGH) + ONES * 0x76)) & HIGH;
    let behind = 1 + port as usize;
    if colons == 0 || port == 0 || wrong.leading_zeros() / 8 < port || whole.len < 8 + behind {
        return Edges { first: 0, last: 0, len: 0 };
    }
    let last = record.word_before_end(slot, behind);
    Edges { first: whole.first, last, len: whole.len - behind }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::record::Span;
    use crate::schema::{Column, Kind, Product, TimeMeaning};

    /// What a reader of one column sees of `text`, beside what the record's own accessor gives.
    fn schema(name: &str, field: Field, kind: Kind) -> Schema {
        Schema::new(Product::Custom, TimeMeaning::End, vec![Column::new(name, field, kind)])
    }

    #[test]
    fn clients_are_those_of_the_record() {
        for name in ["client", "client:port"] {
            let schema = schema(name, Field::Client, Kind::Text);
            let mut quick = Quick::new(&schema);
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
}
