//! [`Bounded`]: requests within a limit, the same ones whatever order they came in.
//!
//! Over the limit, 4xx go first, then all whose key has a bit set, then two bits, and so on. A level keeps a subset of
//! what the level before keeps, and what a level keeps is a function of the set alone: so the level of the whole is the
//! first at which the whole fits, and no part ever goes beyond it.

use super::request::Request;

/// A request, and what decides whether it stays.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: u64,
    /// Leaves before the others.
    pub(super) minor: bool,
    pub(super) request: Request,
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Bounded {
    limit: usize,
    level: u32,
    pub(super) entries: Vec<Entry>,
}

impl Bounded {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, level: 0, entries: Vec::new() }
    }

    /// Whether an entry with this key stays.
    pub(super) const fn keeps(&self, key: u64, minor: bool) -> bool {
        match self.level {
            0 => true,
            _ if minor => false,
            1 => true,
            level if level > 64 => false,
            level => key >> (65 - level) == 0,
        }
    }

    pub(super) fn add(&mut self, entry: Entry) {
        if self.keeps(entry.key, entry.minor) {
            self.entries.push(entry);
            self.shrink();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.level = self.level.max(other.level);
        self.entries.extend(other.entries);
        self.retain();
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.entries.len() > self.limit && self.level <= 64 {
            self.level += 1;
            self.retain();
        }
    }

    fn retain(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        self.entries = entries.into_iter().filter(|e| self.keeps(e.key, e.minor)).collect();
    }
}
