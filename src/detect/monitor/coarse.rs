//! What is kept of an episode when it outlasts the ring of fine buckets.

use crate::aggregate::Cell;
use crate::detect::table::Sums;

/// Counts that add up.
pub(super) trait Add {
    fn add(&mut self, other: &Self);
}

impl Add for Cell {
    fn add(&mut self, other: &Self) {
        self.merge(other);
    }
}

impl Add for Sums {
    fn add(&mut self, other: &Self) {
        *self = self.plus(*other);
    }
}

/// Counts that left a ring, each under its first bucket. Neighbours are joined where there would be more than
/// [`MOST`](Self::MOST): what long episodes lose is the course of their middle, never a count.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Coarse<T> {
    /// Sorted by bucket.
    counts: Vec<(i64, T)>,
}

impl<T> Default for Coarse<T> {
    fn default() -> Self {
        Self { counts: Vec::new() }
    }
}

impl<T: Add + Copy> Coarse<T> {
    /// Entries at most: about 20 minutes of 10 s as they are, 40 in pairs, three days in 200s.
    const MOST: usize = 128;

    /// Keeps counts of a later bucket. `edges`, sorted, are buckets at which something begins or ends: what lies on
    /// two sides of one is joined only when nothing else is left to join.
    pub(super) fn keep(&mut self, bucket: i64, counts: T, edges: &[i64]) {
        if self.counts.len() >= Self::MOST {
            self.join_pairs(edges);
        }
        if self.counts.len() >= Self::MOST {
            self.join_pairs(&[]);
        }
        self.counts.push((bucket, counts));
    }

    /// Drops what begins before `bucket`.
    pub(super) fn forget_before(&mut self, bucket: i64) {
        let gone = self.counts.partition_point(|c| c.0 < bucket);
        self.counts.drain(..gone);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, T)> + '_ {
        self.counts.iter().copied()
    }

    fn join_pairs(&mut self, edges: &[i64]) {
        let edges_up_to = |bucket: i64| edges.partition_point(|&e| e <= bucket);
        let mut joined: Vec<(i64, T)> = Vec::with_capacity(Self::MOST);
        let mut single = false;
        for &(bucket, counts) in &self.counts {
            match joined.last_mut() {
                Some(last) if single && edges_up_to(last.0) == edges_up_to(bucket) => {
                    last.1.add(&counts);
                    single = false;
                }
                _ => {
                    joined.push((bucket, counts));
                    single = true;
                }
            }
        }
        self.counts = joined;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_small_and_loses_no_count() {
        let mut coarse = Coarse::default();
        let one = Sums { requests: 1, errors: 0, capped: 0 };
        let edges = [500, 777];
        for bucket in 0..100_000 {
            coarse.keep(bucket, one, &edges);
            assert!(coarse.counts.len() <= Coarse::<Sums>::MOST);
        }
        assert_eq!(coarse.iter().map(|c| c.1.requests).sum::<u64>(), 100_000);
        let before = |edge| coarse.iter().filter(|c| c.0 < edge).map(|c| c.1.requests).sum::<u64>();
        assert_eq!((before(500), before(777)), (500, 777), "no join across an edge");
        coarse.forget_before(777);
        assert_eq!(coarse.iter().map(|c| c.1.requests).sum::<u64>(), 100_000 - 777);
    }

    #[test]
    fn edges_everywhere_do_not_make_it_grow() {
        let edges: Vec<i64> = (0..10_000).collect();
        let mut coarse = Coarse::default();
        for bucket in 0..10_000 {
            coarse.keep(bucket, Sums::default(), &edges);
        }
        assert!(coarse.counts.len() <= Coarse::<Sums>::MOST);
    }
}
