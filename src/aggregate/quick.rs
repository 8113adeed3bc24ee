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
    /// The last one stood before its port.
    ports: bool,
    suspicion: Suspicion,
}

impl Default for Quick {
    fn default() -> Self {
        Self { status: NOWHERE, client: NOWHERE, ports: false, suspicion: Suspicion::default() }
    }
}

impl Quick {
    pub(super) fn new(schema: &Schema) -> Self {
        let slot = |field| schema.slot(field).unwrap_or(NOWHERE);
        let client = schema.slot(Field::Client).unwrap_or_else(|| slot(Field::ForwardedFor));
        Self { status: slot(Field::Status), client, ports: false, suspicion: Suspicion::new(schema) }
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
        let whole = record.edges(self.client);
        let host = if self.ports { before_port(record, self.client, &whole) } else { whole };
        let hash = if is_ipv4(&host) { hash_of(&host) } else { self.client_hash(record, &whole)? };
        Some((hash & 63) as usize)
    }

    /// The same for every other kind of client.
    #[inline(never)]
    fn client_hash(&mut self, record: &Record<'_>, whole: &Edges) -> Option<u64> {
        let host = before_port(record, self.client, whole);
        self.ports = is_ipv4(&host);
        if self.ports {
            return Some(hash_of(&host));
        }
        if is_ipv4(whole) {
            return Some(hash_of(whole));
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
    // Digits and dots are 0x2e to 0x39, the comma 0x2c, the colon 0x3a: the high bit of each byte tells.
    let plain =
        |x: u64| (x | HIGH).wrapping_sub(ONES * 0x2e) & (HIGH + ONES * 0x39).wrapping_sub(x & !HIGH) & !x;
    matches!(edges.len, 8..=15) && plain(edges.first) & plain(edges.last) & HIGH == HIGH
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

#[inline]
fn hash_of(address: &Edges) -> u64 {
    hash::stable_of_two(address.first, address.last, address.len)
}

/// What stands before `:port`, at least eight bytes; nothing where there is no port.
#[inline(always)]
#[expect(clippy::inline_always, reason = "for every line")]
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
