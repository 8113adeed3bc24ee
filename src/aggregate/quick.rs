//! What every line is counted by, read from its columns without detours.
//!
//! Each of these gives just what the accessor of [`Record`] gives; the usual shapes of a value are recognised at a
//! glance, everything else goes the long way.

use super::hash;
use crate::origin::Suspicion;
use crate::record::Record;
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
        if let Some(stamp) = stamp(raw) {
            if self.last.0 == stamp {
                return self.last.1;
            }
            self.last = (stamp, self.times.parse(self.layout.as_ref()?, raw, self.utc_offset));
            return self.last.1;
        }
        self.times.parse(self.layout.as_ref()?, raw, self.utc_offset)
    }

    /// The record's client, hashed to one of 64 slots.
    #[inline]
    pub(super) fn client_slot(&self, record: &Record<'_>) -> Option<usize> {
        let quick = match self.client {
            Client::Alone(slot) => Some(record.at(slot)).filter(|raw| is_ipv4(raw)),
            Client::WithPort(slot) => without_port(record.at(slot)),
        };
        let client = match quick {
            Some(client) => client,
            None => record.client()?.raw(),
        };
        Some((hash::stable(client, 0) & 63) as usize)
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

/// An IPv4 address of at least eight characters, seen at a glance: neither a list nor anything with a colon.
#[inline]
fn is_ipv4(text: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let (Some(a), Some(b)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) else { return false };
    // Digits and dots are 0x2e to 0x39, the comma 0x2c, the colon 0x3a: the high bit of each byte tells.
    let plain = |bytes: &[u8; 8]| {
        let x = u64::from_le_bytes(*bytes);
        (x | HIGH).wrapping_sub(ONES * 0x2e) & (HIGH + ONES * 0x39).wrapping_sub(x & !HIGH) & !x & HIGH
    };
    text.len() <= 15 && plain(a) & plain(b) == HIGH
}

/// `a.b.c.d` of `a.b.c.d:port`.
#[inline]
fn without_port(text: &[u8]) -> Option<&[u8]> {
    let colon = text.iter().rposition(|&b| b == b':')?;
    let host = text.get(..colon)?;
    is_ipv4(host).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_seen_at_a_glance_and_nothing_else_is() {
        for text in ["10.0.0.1", "203.0.113.15", "255.255.255.255"] {
            assert!(is_ipv4(text.as_bytes()), "{text}");
            assert_eq!(without_port(format!("{text}:443").as_bytes()), Some(text.as_bytes()));
        }
        for text in
            ["", "-", "1.1.1.1", "::1", "2001:db8::1", "10.0.0.1:80", "1.1.1.1,2.2.2.2", "10.0.0.1, 10.0.0.2"]
        {
            assert!(!is_ipv4(text.as_bytes()), "{text}");
        }
        for byte in 0..=255u8 {
            let plain = byte.is_ascii_digit() || matches!(byte, b'.' | b'/');
            assert_eq!(is_ipv4(&[b'1', b'0', b'.', b'0', b'.', byte, b'.', b'1']), plain, "{byte:#x}");
        }
    }
}
