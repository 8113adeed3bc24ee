//! From the raw bytes of a line to the series it counts in.
//!
//! Nearly every line repeats the upstream and host of a line before it, so the raw fields that name them are looked
//! up as they stand, before any of them is decoded, cut or mapped. Only a combination never seen goes through
//! [`Names::resolve`]. The table of raw combinations is a cache: it is emptied when it grows too large.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

use super::hash;
use crate::record::Record;
use crate::schema::{Field, Schema};

/// The raw fields an identity is made of, joined so that different combinations never look alike.
#[derive(Debug)]
pub(super) struct Aliases {
    fields: Vec<Field>,
    key: Vec<u8>,
    table: HashTable<Alias>,
    arena: Vec<u8>,
    seed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Alias {
    hash: u64,
    start: u32,
    len: u32,
    series: u32,
}

/// Bytes of raw keys held before the cache is emptied.
const ARENA: usize = 4 << 20;
/// Raw keys held before the cache is emptied.
const ENTRIES: usize = 1 << 16;

impl Aliases {
    pub(super) fn new() -> Self {
        Self {
            fields: Vec::new(),
            key: Vec::new(),
            table: HashTable::new(),
            arena: Vec::new(),
            // The table's order never shows: a seed of this process keeps chosen keys from colliding.
            seed: RandomState::new().hash_one(0u8),
        }
    }

    /// Starts lines of another format.
    pub(super) fn begin(&mut self, schema: &Schema) {
        let mut fields: Vec<Field> = [
            Field::Upstream,
            Field::UpstreamAlternative,
            Field::UpstreamAddr,
            Field::Zone,
            Field::Host,
            Field::Frontend,
        ]
        .into_iter()
        .filter(|&f| schema.has(f))
        .collect();
        if schema.has(Field::Upstream) {
            // The host asked for names the upstream only where nothing else does.
            fields.retain(|&f| !matches!(f, Field::Host | Field::Frontend));
        }
        self.fields = fields;
        self.clear();
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.arena.clear();
    }

    /// The series of this record's raw fields, if they were seen before. Leaves the key for [`remember`](Self::remember).
    #[inline]
    pub(super) fn find(&mut self, record: &Record<'_>) -> Option<u32> {
        self.key.clear();
        for &field in &self.fields {
            let raw = record.raw(field).unwrap_or(b"-");
            self.key.extend_from_slice(raw);
            self.key.extend_from_slice(&(raw.len() as u32).to_le_bytes());
        }
        let hash = hash::stable(&self.key, self.seed);
        let (arena, key) = (&self.arena, &self.key);
        self.table
            .find(hash, |a| {
                a.hash == hash && arena.get(a.start as usize..(a.start + a.len) as usize) == Some(key)
            })
            .map(|a| a.series)
    }

    /// The key of the last [`find`](Self::find) means `series`.
    pub(super) fn remember(&mut self, series: u32) {
        if self.key.len() > ARENA / 16 {
            return;
        }
        if self.arena.len() + self.key.len() > ARENA || self.table.len() >= ENTRIES {
            self.clear();
        }
        let hash = hash::stable(&self.key, self.seed);
        let alias = Alias { hash, start: self.arena.len() as u32, len: self.key.len() as u32, series };
        self.arena.extend_from_slice(&self.key);
        self.table.insert_unique(hash, alias, |a| a.hash);
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
