//! From the raw bytes of a line to the series it counts in.
//!
//! Nearly every line repeats the upstream and host of a line before it, so the raw fields that name them are looked
//! up as they stand, before any of them is decoded, cut or mapped. Only a combination never seen is resolved. The table of raw combinations is a cache: it is emptied when it grows too large.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

use super::hash;
use crate::record::Record;
use crate::schema::{Field, Schema};

/// Which series the raw fields of a record mean, as far as they were seen before.
#[derive(Debug)]
pub(super) struct Aliases {
    /// The columns an identity is made of.
    slots: Vec<usize>,
    table: HashTable<Alias>,
    /// The raw fields of all aliases, each followed by a byte that no field is compared without.
    arena: Vec<u8>,
    seed: u64,
    /// Of the record asked for last.
    hash: u64,
}

#[derive(Debug, Clone, Copy)]
struct Alias {
    hash: u64,
    start: u32,
    series: u32,
}

/// Bytes of raw fields held before the cache is emptied.
const ARENA: usize = 4 << 20;
/// Aliases held before the cache is emptied.
const ENTRIES: usize = 1 << 16;
/// Longest raw field that is remembered.
const MAX_RAW: usize = u16::MAX as usize;

impl Aliases {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            table: HashTable::new(),
            arena: Vec::new(),
            // The table's order never shows: a seed of this process keeps chosen fields from colliding.
            seed: RandomState::new().hash_one(0u8),
            hash: 0,
        }
    }

    /// Starts lines of another format.
    pub(super) fn begin(&mut self, schema: &Schema) {
        let mut fields = vec![Field::Upstream, Field::UpstreamAlternative, Field::UpstreamAddr, Field::Zone];
        if !schema.has(Field::Upstream) {
            // The host asked for names the upstream only where nothing else does.
            fields.push(Field::Host);
        }
        self.slots = fields.into_iter().filter_map(|f| schema.slot(f)).collect();
        self.clear();
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.arena.clear();
    }

    /// The series of this record's raw fields, if they were seen before.
    #[inline]
    pub(super) fn find(&mut self, record: &Record<'_>) -> Option<u32> {
        let hash = self.slots.iter().fold(self.seed, |h, &slot| hash::mix(h, record.at(slot)));
        self.hash = hash::finish(hash);
        let found = self.table.find(self.hash, |alias| alias.hash == self.hash && self.is(alias, record))?;
        Some(found.series)
    }

    /// Whether an alias is made of just this record's fields.
    #[inline]
    fn is(&self, alias: &Alias, record: &Record<'_>) -> bool {
        let mut rest = self.arena.get(alias.start as usize..).unwrap_or_default();
        self.slots.iter().all(|&slot| {
            let raw = record.at(slot);
            let Some((width, after)) = rest.split_first_chunk::<2>() else { return false };
            let same = usize::from(u16::from_le_bytes(*width)) == raw.len() && same_start(after, raw);
            rest = after.get(raw.len()..).unwrap_or_default();
            same
        })
    }

    /// The fields of the last [`find`](Self::find) mean `series`.
    pub(super) fn remember(&mut self, record: &Record<'_>, series: u32) {
        let mut len = 0;
        for &slot in &self.slots {
            let raw = record.at(slot).len();
            if raw > MAX_RAW {
                return;
            }
            len += raw + 2;
        }
        if self.arena.len() + len > ARENA || self.table.len() >= ENTRIES {
            self.clear();
        }
        let alias = Alias { hash: self.hash, start: self.arena.len() as u32, series };
        for &slot in &self.slots {
            let raw = record.at(slot);
            self.arena.extend_from_slice(&(raw.len() as u16).to_le_bytes());
            self.arena.extend_from_slice(raw);
        }
        self.table.insert_unique(self.hash, alias, |a| a.hash);
    }
}

/// Whether `text` begins with `start`; by words, since names are short and a call costs more than they do.
#[inline]
fn same_start(text: &[u8], start: &[u8]) -> bool {
    let Some(text) = text.get(..start.len()) else { return false };
    match (text.first_chunk::<8>(), start.first_chunk::<8>(), text.last_chunk::<8>(), start.last_chunk::<8>())
    {
        (Some(a), Some(b), Some(c), Some(d)) => a == b && c == d && (start.len() <= 16 || text == start),
        _ => text == start,
    }
}

/// Longest name kept whole.
const MAX_NAME: usize = 200;

/// Foreign bytes as a name: UTF-8, at most about 200 bytes; longer ones keep their start and a hash of the whole.
pub(super) fn name(raw: &[u8]) -> String {
    if raw.len() <= MAX_NAME {
        return String::from_utf8_lossy(raw).into_owned();
    }
    format!("{}…{:016x}", String::from_utf8_lossy(&raw[..MAX_NAME]), hash::stable(raw, 0))
}
