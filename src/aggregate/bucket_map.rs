//! [`BucketMap`].

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use super::hash;

/// What belongs to each bucket. A budget bounds how many buckets there are, and the order of a map never shows: they
/// need no hash that withstands an attack.
pub(crate) type BucketMap<V> = HashMap<i64, V, BucketHash>;

/// Hashes the number of a bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct BucketHash;

impl BuildHasher for BucketHash {
    type Hasher = BucketHasher;
    fn build_hasher(&self) -> BucketHasher {
        BucketHasher(0)
    }
}

#[derive(Debug)]
pub(crate) struct BucketHasher(u64);

impl Hasher for BucketHasher {
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
