//! [`Ids`]: names to the numbers they were given.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

use super::hash;

/// Numbers found by the hash of a name. The names themselves are where the numbers lead, and are held once.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    table: HashTable<(u64, u32)>,
    seed: u64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        // The table's order never shows: a seed of this process keeps chosen names from colliding.
        Self { table: HashTable::new(), seed: RandomState::new().hash_one(0u8) }
    }

    /// The number of a name, for which `is` holds, else the place to [`insert`](Self::insert) it at. `owner` tells
    /// equal names apart.
    pub(crate) fn find(&self, owner: u32, name: [&str; 2], is: impl Fn(u32) -> bool) -> Result<u32, u64> {
        let seed = self.seed ^ u64::from(owner) << 32;
        let place = hash::finish(name.iter().fold(seed, |h, part| hash::mix(h, part.as_bytes())));
        let known = self.table.find(place, |known| known.0 == place && is(known.1));
        known.map(|known| known.1).ok_or(place)
    }

    /// Gives a name its number.
    pub(crate) fn insert(&mut self, place: u64, id: u32) {
        self.table.insert_unique(place, (place, id), |known| known.0);
    }

    /// Forgets all names.
    pub(crate) fn clear(&mut self) {
        self.table.clear();
    }
}
