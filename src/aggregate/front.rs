//! Counting by raw values: one look at the columns that decide what a record counts as.
//!
//! Nearly every line repeats the upstream, the host and the status of a line before it. Such a combination has a place
//! here, found by the raw bytes of its columns, where the records of the current bucket are counted until they are
//! posted; only a combination never seen, or one that needs a look at the whole line, is counted apart.

use super::names::{Alias, Aliases, MOST};
use crate::format::Records;
use crate::record::{Edges, Record};
use crate::schema::{Field, Schema};
use crate::status::Status;

const K: u64 = 0x9e37_79b9_7f4a_7c15;
/// Places, a power of two.
const PLACES: usize = 2048;
/// Values of up to so many bytes are known by their edges.
const SHORT: usize = 16;
/// A value too long for one word.
const LONG: u64 = u64::MAX;
/// One of many generations: bits above the bytes of a status.
const GENERATION: u64 = 1 << 24;
const GENERATIONS: u64 = (1 << 56) - GENERATION;

/// Combinations that were seen, each at the place its values name.
#[derive(Debug)]
pub(super) struct Front {
    places: Box<[Tally]>,
    /// Where something is counted.
    counted: Vec<u16>,
    /// The columns of an identity, filled up with one of them; how many there are.
    identity: [usize; MOST],
    columns: usize,
    status: usize,
    /// What tells that a failure may be masked.
    hint: usize,
    /// Part of what a combination is compared by, in bits that no status has: what was before is no longer found.
    generation: u64,
}

/// What is counted of a combination. What a known stretch needs lies in one line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Tally {
    requests: u64,
    /// One bit for each slot of clients.
    clients: u64,
    codes: [u64; 2],
    upstream: u32,
    status: Status,
    fields: [Edges; MOST],
    alias: Alias,
}

/// What the number of a stretch stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    Nothing,
    Identity,
    IdentityAndHint,
}

/// The values of a record by their edges.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    codes: [u64; 2],
    fields: [Edges; MOST],
    place: usize,
}

/// Answers of one series with one status.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) series: u32,
    pub(super) upstream: u32,
    pub(super) status: Status,
    pub(super) requests: u64,
    /// One bit for each slot of clients.
    pub(super) clients: u64,
}

const NOTHING: Edges = Edges { first: 0, last: 0, len: 0 };
const NOBODY: Tally = Tally {
    requests: 0,
    clients: 0,
    codes: [LONG; 2],
    fields: [NOTHING; MOST],
    alias: Alias::NONE,
    upstream: u32::MAX,
    status: Status::NONE,
};

impl Front {
    pub(super) fn new() -> Self {
        Self {
            places: Box::default(),
            counted: Vec::new(),
            identity: [usize::MAX; MOST],
            columns: 0,
            status: usize::MAX,
            hint: usize::MAX,
            generation: 0,
        }
    }

    /// Starts records of another schema, of which these columns make an identity. Nothing may be left to post.
    pub(super) fn begin(&mut self, schema: &Schema, identity: &[usize], hint: Option<usize>) {
        let status = schema.slot(Field::Status).unwrap_or(usize::MAX);
        self.identity = [identity.first().copied().unwrap_or(status); MOST];
        self.identity.iter_mut().zip(identity).for_each(|(to, from)| *to = *from);
        (self.columns, self.status, self.hint) = (identity.len(), status, hint.unwrap_or(usize::MAX));
        self.clear();
    }

    /// Forgets all combinations. Nothing may be left to post.
    pub(super) fn clear(&mut self) {
        debug_assert!(self.counted.is_empty());
        self.counted.clear();
        self.generation = (self.generation + GENERATION) & GENERATIONS;
        if self.generation == 0 {
            // All were in use: they begin again with the first.
            self.places.fill(NOBODY);
            self.generation = GENERATION;
        }
    }

    /// Whether a number of a stretch of these records stands for the identity, and perhaps for the hint.
    pub(super) fn numbers(&self, records: &Records<'_>) -> Numbers {
        let identity = self.identity.get(..self.columns).unwrap_or_default();
        if identity.is_empty() || !records.repeats(identity) {
            Numbers::Nothing
        } else if self.hint == usize::MAX || records.repeats(&[self.hint]) {
            Numbers::IdentityAndHint
        } else {
            Numbers::Identity
        }
    }

    /// Counts a record whose combination is known, and gives its upstream; else what to [`put`](Self::put) it by.
    /// `stretch` is the number of its stretch that stands for `numbers`, 0 where there is none.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    pub(super) fn count(
        &mut self,
        record: &Record<'_>,
        (numbers, stretch): (Numbers, u64),
        client: Option<usize>,
        aliases: &Aliases,
    ) -> Result<u32, Key> {
        if numbers == Numbers::Nothing || stretch == 0 {
            return self.count_by_values(record, client, aliases);
        }
        let hint = if numbers == Numbers::Identity { hint(record, self.hint) } else { 0 };
        let codes = [status(record, self.status) ^ self.generation, hint];
        let place = place((codes[0] ^ codes[1].rotate_left(31)).wrapping_mul(K) ^ stretch);
        match self.places.get_mut(place) {
            Some(tally) if tally.is_known_as(codes, stretch) => {
                Ok(tally.count(place, client, &mut self.counted))
            }
            _ => {
                let mut fields = [NOTHING; MOST];
                fields[0] = known_as(stretch);
                Err(Key { codes, fields, place })
            }
        }
    }

    #[inline(never)]
    fn count_by_values(
        &mut self,
        record: &Record<'_>,
        client: Option<usize>,
        aliases: &Aliases,
    ) -> Result<u32, Key> {
        if self.columns <= 2 {
            self.look::<2>(record, client, aliases)
        } else {
            self.look::<MOST>(record, client, aliases)
        }
    }

    /// By the values themselves. With the number of columns a constant, it has no loop.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    fn look<const N: usize>(
        &mut self,
        record: &Record<'_>,
        client: Option<usize>,
        aliases: &Aliases,
    ) -> Result<u32, Key> {
        let codes = [status(record, self.status) ^ self.generation, hint(record, self.hint)];
        let mut fields = [NOTHING; MOST];
        let (mut hash, mut longest) = ((codes[0] ^ codes[1].rotate_left(31)).wrapping_mul(K), 0);
        for (field, &slot) in fields.iter_mut().zip(&self.identity).take(N) {
            *field = record.edges(slot);
            hash = (hash ^ field.first ^ field.last.rotate_left(29)).wrapping_mul(K);
            longest = longest.max(field.len);
        }
        let key = Key { codes, fields, place: place(hash) };
        match self.places.get_mut(key.place) {
            Some(tally)
                if tally.differs::<N>(&key) == 0
                    && (longest <= SHORT || aliases.is(&tally.alias, record, SHORT)) =>
            {
                Ok(tally.count(key.place, client, &mut self.counted))
            }
            _ => Err(key),
        }
    }

    /// Counts such records here from now on, unless the place is taken by something that is not posted yet.
    pub(super) fn put(&mut self, key: &Key, alias: Alias, upstream: u32, status: Status) {
        let Key { codes, fields, place } = *key;
        if self.places.is_empty() {
            self.places = vec![NOBODY; PLACES].into();
            self.counted.reserve(PLACES);
        }
        if let Some(tally) = self.places.get_mut(place).filter(|tally| tally.requests == 0)
            && codes[0] ^ self.generation != LONG
            && codes[1] != LONG
            && alias.is_known()
        {
            *tally = Tally { codes, upstream, status, fields, alias, ..NOBODY };
        }
    }

    /// Takes out what one combination counted.
    pub(super) fn pop(&mut self) -> Option<Counted> {
        let tally = self.places.get_mut(usize::from(self.counted.pop()?))?;
        let (requests, clients) = (std::mem::take(&mut tally.requests), std::mem::take(&mut tally.clients));
        Some(Counted {
            series: tally.alias.series,
            upstream: tally.upstream,
            status: tally.status,
            requests,
            clients,
        })
    }
}

impl Tally {
    /// Whether it is the combination of these codes and a stretch.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    fn is_known_as(&self, codes: [u64; 2], stretch: u64) -> bool {
        let (mine, theirs) = (&self.fields[0], known_as(stretch));
        let other = (codes[0] ^ self.codes[0]) | (codes[1] ^ self.codes[1]);
        other | (mine.first ^ theirs.first) | (mine.len ^ theirs.len) as u64 == 0
    }

    /// 0 where it is the combination of `key`, by its first `N` fields.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    fn differs<const N: usize>(&self, key: &Key) -> u64 {
        let mut other = (key.codes[0] ^ self.codes[0]) | (key.codes[1] ^ self.codes[1]);
        for (mine, theirs) in key.fields.iter().zip(&self.fields).take(N) {
            other |= (mine.first ^ theirs.first) | (mine.last ^ theirs.last);
            other |= (mine.len ^ theirs.len) as u64;
        }
        other
    }

    /// Counts one record; gives the upstream.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    fn count(&mut self, place: usize, client: Option<usize>, counted: &mut Vec<u16>) -> u32 {
        if self.requests == 0 {
            counted.push(place as u16);
        }
        self.requests += 1;
        self.clients |= client.map_or(0, |slot| 1 << (slot & 63));
        self.upstream
    }
}

/// A stretch in the place of values: no value is as long as that.
const fn known_as(stretch: u64) -> Edges {
    Edges { first: stretch, last: 0, len: usize::MAX }
}

fn place(hash: u64) -> usize {
    (hash.wrapping_mul(K) >> 53) as usize % PLACES
}

/// A status of three bytes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "for every line")]
fn status(record: &Record<'_>, slot: usize) -> u64 {
    match *record.at(slot) {
        [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 0])),
        _ => LONG,
    }
}

/// A value of up to seven bytes, and how many in the eighth; 0 where there is no such column.
#[inline(always)]
#[expect(clippy::inline_always, reason = "for every line")]
fn hint(record: &Record<'_>, slot: usize) -> u64 {
    if slot == usize::MAX {
        return 0;
    }
    let edges = record.edges(slot);
    if edges.len > 7 { LONG } else { edges.first | (edges.len as u64) << 56 }
}
