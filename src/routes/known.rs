//! [`Known`]: what bytes seen before stand for.

use crate::aggregate::stable_hash;
use std::hash::{BuildHasher, RandomState};

/// Places; a power of two.
const PLACES: usize = 1 << 12;
/// Longest bytes that are remembered.
const LONGEST: usize = 256;

/// Numbers of names by the raw bytes they were made from: nearly every request is for a path like one before, and
/// finding it takes less than folding it. A cache of fixed size, of which nothing shows in the outcome.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Of this process, so that no client can choose which paths meet in one place.
    seed: u64,
    places: Vec<Place>,
}

#[derive(Debug, Clone, Default)]
struct Place {
    key: Vec<u8>,
    id: Option<u32>,
}

impl Known {
    pub(super) fn new() -> Self {
        Self { seed: RandomState::new().hash_one(0u8), places: Vec::new() }
    }

    pub(super) fn find(&self, key: &[u8]) -> Option<u32> {
        self.places.get(self.place(key)).filter(|place| place.key == key)?.id
    }

    pub(super) fn learn(&mut self, key: &[u8], id: u32) {
        if key.len() > LONGEST {
            return;
        }
        if self.places.is_empty() {
            self.places.resize(PLACES, Place::default());
        }
        let at = self.place(key);
        if let Some(place) = self.places.get_mut(at) {
            place.key.clear();
            place.key.extend_from_slice(key);
            place.id = Some(id);
        }
    }

    /// Forgets everything: numbers mean something else from here on.
    pub(super) fn clear(&mut self) {
        self.places.iter_mut().for_each(|place| place.id = None);
    }

    fn place(&self, key: &[u8]) -> usize {
        stable_hash(key, self.seed) as usize % PLACES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_was_learned_or_nothing() {
        let mut known = Known::new();
        let keys: Vec<String> =
            (0..3 * PLACES).map(|i| format!("/{}", "x".repeat(i % 300)) + &i.to_string()).collect();
        for (id, key) in keys.iter().enumerate() {
            assert_eq!(known.find(key.as_bytes()), None);
            known.learn(key.as_bytes(), id as u32);
            let expected = (key.len() <= LONGEST).then_some(id as u32);
            assert_eq!(known.find(key.as_bytes()), expected);
        }
        let found = keys.iter().enumerate().filter(|(id, key)| {
            known.find(key.as_bytes()).is_some_and(|found| {
                assert_eq!(found as usize, *id);
                true
            })
        });
        assert!(found.count() > PLACES / 2);
        known.clear();
        assert!(keys.iter().all(|key| known.find(key.as_bytes()).is_none()));
    }
}
