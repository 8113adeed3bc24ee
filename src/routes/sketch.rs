//! [`Sketch`]: records by name, at most so many, the same ones for any order of names.
//!
//! Over the bound only names whose hash begins with one more zero bit stay, so what is kept is a function of the set of
//! names alone, and sketches of different names agree on which they sample.

use super::known::Known;
use crate::aggregate::{Ids, stable_hash};

/// What is kept of a name; merging is associative and commutative.
pub(super) trait Record {
    fn merge(&mut self, other: &Self);
}

#[derive(Debug, Clone)]
pub(super) struct Sketch<R> {
    most: usize,
    /// Leading zero bits a hash needs.
    level: u32,
    entries: Vec<Entry<R>>,
    /// Where the entry of a name is.
    ids: Ids,
    known: Known,
    /// Of the record being added.
    name: String,
}

#[derive(Debug, Clone)]
struct Entry<R> {
    name: Box<str>,
    record: R,
}

impl<R: Record> Sketch<R> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            level: 0,
            entries: Vec::new(),
            ids: Ids::new(),
            known: Known::new(),
            name: String::new(),
        }
    }

    /// One in so many names is kept.
    pub(super) fn sample(&self) -> u64 {
        1 << self.level.min(63)
    }

    pub(super) fn get(&self, name: &str) -> Option<&R> {
        let id = self.find(name).ok()?;
        self.entries.get(id as usize).map(|entry| &entry.record)
    }

    /// Names and what is kept of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &R)> {
        self.entries.iter().map(|entry| (&*entry.name, &entry.record))
    }

    /// Adds to the name that `key` always stands for; it is written only where the key is not remembered.
    pub(super) fn add(&mut self, key: &[u8], write: impl FnOnce(&mut String), record: R) {
        if let Some(id) = self.known.find(key)
            && let Some(entry) = self.entries.get_mut(id as usize)
        {
            entry.record.merge(&record);
            return;
        }
        let mut name = std::mem::take(&mut self.name);
        name.clear();
        write(&mut name);
        if let Some(id) = self.add_named(&name, record) {
            self.known.learn(key, id);
        }
        self.name = name;
    }

    /// Adds to a name; its number, where it is kept.
    fn add_named(&mut self, name: &str, record: R) -> Option<u32> {
        let place = match self.find(name) {
            Ok(id) => {
                self.entries.get_mut(id as usize)?.record.merge(&record);
                return Some(id);
            }
            Err(place) => place,
        };
        if !keeps(self.level, name) {
            return None;
        }
        let id = self.entries.len() as u32;
        self.entries.push(Entry { name: name.into(), record });
        self.ids.insert(place, id);
        let before = self.level;
        while self.entries.len() > self.most && self.level < u64::BITS {
            self.raise(self.level + 1);
        }
        (self.level == before).then_some(id)
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.raise(self.level.max(other.level));
        for Entry { name, record, .. } in other.entries {
            self.add_named(&name, record);
        }
    }

    /// The number of a name, else where it belongs.
    fn find(&self, name: &str) -> Result<u32, u64> {
        let is = |id: u32| self.entries.get(id as usize).is_some_and(|entry| *entry.name == *name);
        self.ids.find(0, [name, ""], is)
    }

    /// Keeps only what this level keeps.
    fn raise(&mut self, level: u32) {
        if level == self.level {
            return;
        }
        self.level = level;
        self.known.clear();
        self.ids.clear();
        for Entry { name, record } in std::mem::take(&mut self.entries) {
            if keeps(level, &name)
                && let Err(place) = self.find(&name)
            {
                self.ids.insert(place, self.entries.len() as u32);
                self.entries.push(Entry { name, record });
            }
        }
    }
}

fn keeps(level: u32, name: &str) -> bool {
    stable_hash(name.as_bytes(), 0).leading_zeros() >= level
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch<'n>(names: impl Iterator<Item = &'n String>) -> Sketch<u64> {
        let mut sketch = Sketch::new(50);
        names.for_each(|name| sketch.add(name.as_bytes(), |to| to.push_str(name), 1));
        sketch
    }

    fn told(sketch: &Sketch<u64>) -> (u64, Vec<(&str, &u64)>) {
        let mut all: Vec<_> = sketch.iter().collect();
        all.sort();
        (sketch.sample(), all)
    }

    #[test]
    fn order_and_split_do_not_show() {
        let names: Vec<String> = (0..1000).map(|i| format!("/p{}", i % 700)).collect();
        let whole = sketch(names.iter());
        assert!(whole.entries.len() <= 50 && whole.sample() >= 16, "{}", whole.sample());
        assert_eq!(told(&whole), told(&sketch(names.iter().rev())));
        for split in [0, 1, 10, 500, 999] {
            let (a, b) = names.split_at(split);
            let mut parts = sketch(b.iter());
            parts.merge(sketch(a.iter()));
            assert_eq!(told(&whole), told(&parts), "split at {split}");
        }
        assert!(whole.iter().all(|(name, n)| *n == names.iter().filter(|m| *m == name).count() as u64));
    }
}
