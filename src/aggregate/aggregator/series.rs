//! What one host of an upstream answered over time.

use std::collections::HashMap;

use crate::aggregate::{Cell, hash};

#[derive(Debug)]
pub(super) struct Series {
    pub(super) upstream: u32,
    pub(super) zone: String,
    pub(super) host: String,
    pub(super) cells: Vec<(i64, Cell)>,
    index: HashMap<i64, u32, BucketHash>,
    last: usize,
}

impl Series {
    pub(super) fn new(upstream: u32, zone: &str, host: &str) -> Self {
        Self {
            upstream,
            zone: zone.to_owned(),
            host: host.to_owned(),
            cells: Vec::new(),
            index: HashMap::default(),
            last: 0,
        }
    }

    /// The cell of a bucket; whether it is a new one.
    #[inline]
    pub(super) fn cell(&mut self, bucket: i64) -> (&mut Cell, bool) {
        let new = self.cells.get(self.last).is_none_or(|c| c.0 != bucket) && self.turn_to(bucket);
        (&mut self.cells[self.last].1, new)
    }

    /// Makes `last` the cell of `bucket`; whether it is a new one.
    fn turn_to(&mut self, bucket: i64) -> bool {
        let before = self.cells.len();
        self.last = *self.index.entry(bucket).or_insert(before as u32) as usize;
        if self.last == before {
            self.cells.push((bucket, Cell::default()));
        }
        self.last == before
    }
}

/// Hashes the number of a bucket. The budget bounds how many there are, and their order never shows.
#[derive(Debug, Clone, Default)]
struct BucketHash;

impl std::hash::BuildHasher for BucketHash {
    type Hasher = BucketHasher;
    fn build_hasher(&self) -> BucketHasher {
        BucketHasher(0)
    }
}

#[derive(Debug)]
struct BucketHasher(u64);

impl std::hash::Hasher for BucketHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash::stable(bytes, self.0);
    }
    fn write_i64(&mut self, bucket: i64) {
        self.0 = hash::finish(bucket as u64);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}
