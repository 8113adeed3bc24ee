//! From the raw bytes of a line to the series it counts in.
//!
//! Nearly every line repeats the upstream and host of a line before it, so the raw fields that name them are looked
//! up as they stand, before any of them is decoded, cut or mapped. Only a combination never seen is resolved. The table of raw combinations is a cache: it is emptied when it grows too large.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

use super::{OTHER, hash};
use crate::record::{Edges, Record};
use crate::schema::{Field, Schema};

/// Which series the raw fields of a record mean, as far as they were seen before.
#[derive(Debug)]
pub(super) struct Aliases {
    /// The columns an identity is made of.
    slots: Vec<usize>,
    /// The same, filled up with columns that no record has.
    padded: [usize; MOST],
    table: HashTable<Alias>,
    /// Aliases at the places their edges name: found without probing.
    front: Box<[Near]>,
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

/// An alias, and the edges of its fields.
#[derive(Debug, Clone, Copy)]
struct Near {
    fields: [Edges; MOST],
    alias: Alias,
}

/// Columns of an identity, at most.
const MOST: usize = 4;
/// Places in front of the table.
const FRONT: usize = 512;
const NOBODY: Near = Near {
    fields: [Edges { first: 0, last: 0, len: usize::MAX }; MOST],
    alias: Alias { hash: 0, start: u32::MAX, series: 0 },
};
/// Values of up to so many bytes are known by their edges.
const SHORT: usize = 16;

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
            padded: [usize::MAX; MOST],
            table: HashTable::new(),
            front: vec![NOBODY; FRONT].into(),
            arena: Vec::new(),
            // The table's order never shows: a seed of this process keeps chosen fields from colliding.
            seed: RandomState::new().hash_one(0u8),
            hash: 0,
        }
    }

    /// Starts lines of another format.
    pub(super) fn begin(&mut self, schema: &Schema) {
        // The host asked for names the upstream only where nothing else does.
        let group = if schema.has(Field::Upstream) { Field::Upstream } else { Field::Host };
        let fields = [group, Field::UpstreamAddr, Field::UpstreamAlternative, Field::Zone];
        self.slots = fields.into_iter().filter_map(|f| schema.slot(f)).collect();
        self.padded = [usize::MAX; MOST];
        self.padded.iter_mut().zip(&self.slots).for_each(|(to, from)| *to = *from);
        self.clear();
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.front.fill(NOBODY);
        self.arena.clear();
    }

    /// The series of this record's raw fields, if they were seen before.
    #[inline]
    pub(super) fn find(&mut self, record: &Record<'_>) -> Option<u32> {
        if self.slots.len() <= 2 { self.look::<2>(record) } else { self.look::<MOST>(record) }
    }

    /// With the number of fields a constant, it has no loop.
    #[inline(always)]
    fn look<const N: usize>(&mut self, record: &Record<'_>) -> Option<u32> {
        const K: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut fields = NOBODY.fields;
        let (mut place, mut longest) = (0u64, 0);
        for (field, &slot) in fields.iter_mut().zip(&self.padded).take(N) {
            *field = record.edges(slot);
            place = (place ^ field.first ^ field.last.rotate_left(29)).wrapping_mul(K);
            longest = longest.max(field.len);
        }
        let place = (place >> 52) as usize % FRONT;
        let near = &self.front[place];
        let mut other = 0;
        for (mine, theirs) in fields.iter().zip(&near.fields).take(N) {
            other |= (mine.first ^ theirs.first) | (mine.last ^ theirs.last);
            other |= (mine.len ^ theirs.len) as u64;
        }
        if other == 0 && (longest <= SHORT || self.is(&near.alias, record)) {
            return Some(near.alias.series);
        }
        self.search(record, fields, place)
    }

    /// Asks the table, and puts what it has in front.
    #[inline(never)]
    fn search(&mut self, record: &Record<'_>, fields: [Edges; MOST], place: usize) -> Option<u32> {
        let hash = self.slots.iter().fold(self.seed, |h, &slot| hash::mix(h, record.at(slot)));
        self.hash = hash;
        let alias = *self.table.find(hash, |alias| alias.hash == hash && self.is(alias, record))?;
        self.front[place] = Near { fields, alias };
        Some(alias.series)
    }

    /// Whether an alias is made of just this record's fields.
    #[inline]
    fn is(&self, alias: &Alias, record: &Record<'_>) -> bool {
        let mut rest = self.arena.get(alias.start as usize..).unwrap_or_default();
        self.slots.iter().all(|&slot| {
            let raw = record.at(slot);
            let Some((width, after)) = rest.split_first_chunk::<2>() else { return false };
            let same = usize::from(u16::from_le_bytes(*width)) == raw.len() && after.starts_with(raw);
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

/// Longest name kept whole.
const MAX_NAME: usize = 200;

/// Foreign bytes as a name: UTF-8, at most about 200 bytes; longer ones keep their start and a hash of the whole. A log
/// cannot name what the budget folds into: there a quote is added.
pub(super) fn name(raw: &[u8]) -> String {
    if raw == OTHER.as_bytes() {
        return format!("{OTHER}'");
    }
    if raw.len() <= MAX_NAME {
        return String::from_utf8_lossy(raw).into_owned();
    }
    format!("{}…{:016x}", String::from_utf8_lossy(&raw[..MAX_NAME]), hash::stable(raw, 0))
}
