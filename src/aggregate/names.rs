//! From the raw bytes of a line to the series it counts in.
//!
//! The raw fields that name upstream and host are looked up as they stand, before any of them is decoded, cut or
//! mapped. Only a combination never seen is resolved. The table of raw combinations is a cache: it is emptied when it
//! grows too large.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

use super::{OTHER, hash};
use crate::record::Record;
use crate::schema::{Field, Schema};

/// Which series the raw fields of a record mean, as far as they were seen before.
#[derive(Debug)]
pub(super) struct Aliases {
    /// The columns an identity is made of.
    slots: Vec<usize>,
    table: HashTable<(u64, Alias)>,
    /// The raw fields of all aliases, each followed by a byte that no field is compared without.
    arena: Vec<u8>,
    seed: u64,
    /// Of the record asked for last.
    hash: u64,
}

/// Where raw fields are held, and the series they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alias {
    start: u32,
    pub(super) series: u32,
}

impl Alias {
    /// No fields are held.
    pub(super) const NONE: Self = Self { start: u32::MAX, series: 0 };

    /// Whether its fields are held.
    pub(super) fn is_known(self) -> bool {
        self.start != u32::MAX
    }
}

/// Columns of an identity, at most.
pub(super) const MOST: usize = 4;

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

    /// Starts lines of another format; the columns that make an identity in it.
    pub(super) fn begin(&mut self, schema: &Schema) -> &[usize] {
        // The host asked for names the upstream only where nothing else does.
        let group = if schema.has(Field::Upstream) { Field::Upstream } else { Field::Host };
        let fields: [Field; MOST] = [group, Field::UpstreamAddr, Field::UpstreamAlternative, Field::Zone];
        self.slots = fields.into_iter().filter_map(|f| schema.slot(f)).collect();
        self.clear();
        &self.slots
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.arena.clear();
    }

    /// Goes on with other numbers of the same series.
    pub(super) fn renumber(&mut self, numbers: &[u32]) {
        for (_, alias) in &mut self.table {
            alias.series = numbers[alias.series as usize];
        }
    }

    /// Whether it is time to [`clear`](Self::clear).
    pub(super) fn is_full(&self) -> bool {
        self.arena.len() > ARENA || self.table.len() >= ENTRIES
    }

    /// The series of this record's raw fields, if they were seen before.
    pub(super) fn find(&mut self, record: &Record<'_>) -> Option<Alias> {
        let hash = self.slots.iter().fold(self.seed, |h, &slot| hash::mix(h, record.at(slot)));
        self.hash = hash;
        self.table.find(hash, |known| known.0 == hash && self.is(&known.1, record, 0)).map(|known| known.1)
    }

    /// Whether an alias is made of just this record's fields, of which those up to `known` bytes long need no look.
    #[inline]
    pub(super) fn is(&self, alias: &Alias, record: &Record<'_>, known: usize) -> bool {
        let mut rest = self.arena.get(alias.start as usize..).unwrap_or_default();
        self.slots.iter().all(|&slot| {
            let raw = record.at(slot);
            let Some((width, after)) = rest.split_first_chunk::<2>() else { return false };
            let same = usize::from(u16::from_le_bytes(*width)) == raw.len()
                && (raw.len() <= known || after.starts_with(raw));
            rest = after.get(raw.len()..).unwrap_or_default();
            same
        })
    }

    /// The fields of the last [`find`](Self::find) mean `series`. Very long ones are not held.
    pub(super) fn remember(&mut self, record: &Record<'_>, series: u32) -> Alias {
        if self.slots.iter().any(|&slot| record.at(slot).len() > MAX_RAW) {
            return Alias { series, ..Alias::NONE };
        }
        let alias = Alias { start: self.arena.len() as u32, series };
        for &slot in &self.slots {
            let raw = record.at(slot);
            self.arena.extend_from_slice(&(raw.len() as u16).to_le_bytes());
            self.arena.extend_from_slice(raw);
        }
        self.table.insert_unique(self.hash, (self.hash, alias), |known| known.0);
        alias
    }
}

/// Longest name kept whole.
const MAX_NAME: usize = 200;

/// Foreign bytes as a name: UTF-8, at most about 200 bytes; longer ones keep their start and a hash of the whole. A log
/// cannot name what the budget folds into: there a quote is added.
pub(crate) fn name(raw: &[u8]) -> String {
    if raw == OTHER.as_bytes() {
        return format!("{OTHER}'");
    }
    if raw.len() <= MAX_NAME {
        return String::from_utf8_lossy(raw).into_owned();
    }
    format!("{}…{:016x}", String::from_utf8_lossy(&raw[..MAX_NAME]), hash::stable(raw, 0))
}
