//! [`Sketch`]: records by name, at most so many, the same ones for any order of names.
//!
//! Over the bound only names whose hash begins with one more zero bit stay, so what is kept is a function of the set of
//! names alone, and sketches of different names agree on which they sample.

use crate::aggregate::stable_hash;
use std::collections::BTreeMap;

/// What is kept of a name; merging is associative and commutative.
pub(super) trait Record {
    fn merge(&mut self, other: &Self);
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch<R> {
    most: usize,
    /// Leading zero bits a hash needs.
    level: u32,
    records: BTreeMap<String, R>,
}

impl<R: Record> Sketch<R> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, level: 0, records: BTreeMap::new() }
    }

    /// One in so many names is kept.
    pub(super) fn sample(&self) -> u64 {
        1 << self.level.min(63)
    }

    pub(super) fn get(&self, name: &str) -> Option<&R> {
        self.records.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &R)> {
        self.records.iter()
    }

    pub(super) fn add(&mut self, name: &str, record: R) {
        if let Some(mine) = self.records.get_mut(name) {
            mine.merge(&record);
        } else if self.keeps(name) {
            self.records.insert(name.to_owned(), record);
            self.settle();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.level = self.level.max(other.level);
        self.retain();
        for (name, record) in other.records {
            self.add(&name, record);
        }
    }

    fn keeps(&self, name: &str) -> bool {
        stable_hash(name.as_bytes(), 0).leading_zeros() >= self.level
    }

    fn settle(&mut self) {
        while self.records.len() > self.most && self.level < u64::BITS {
            self.level += 1;
            self.retain();
        }
    }

    fn retain(&mut self) {
        let mut records = std::mem::take(&mut self.records);
        records.retain(|name, _| self.keeps(name));
        self.records = records;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch<'n>(names: impl Iterator<Item = &'n String>) -> Sketch<u64> {
        let mut sketch = Sketch::new(50);
        names.for_each(|name| sketch.add(name, 1));
        sketch
    }

    #[test]
    fn order_and_split_do_not_show() {
        let names: Vec<String> = (0..1000).map(|i| format!("/p{}", i % 700)).collect();
        let whole = sketch(names.iter());
        assert!(whole.records.len() <= 50 && whole.sample() >= 16, "{}", whole.sample());
        assert_eq!(whole, sketch(names.iter().rev()));
        for split in [0, 1, 10, 500, 999] {
            let (a, b) = names.split_at(split);
            let mut parts = sketch(b.iter());
            parts.merge(sketch(a.iter()));
            assert_eq!(whole, parts, "split at {split}");
        }
        assert!(whole.iter().all(|(name, n)| *n == names.iter().filter(|m| *m == name).count() as u64));
    }
}
