//! What keeps memory bounded under any number of upstreams, hosts and instants.
//!
//! Over the budget the summary is coarsened by one level at a time: first buckets become twice as wide, then hosts
//! fold into `(other)`, then upstreams do. Which of them fold is decided by a hash of their name alone. A coarser
//! level is a function of the finer one, and a part never needs a coarser level than the whole, so the outcome does
//! not depend on how the lines were split or ordered.

use super::hash;

/// Limits on what an [`Aggregator`](super::Aggregator) holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Memory units, about 64 bytes each: a cell is one, a host two, an upstream 32. Default 500,000 (about 32 MB),
    /// enough for 50 hosts over a day of 10-second buckets.
    pub units: usize,
    /// Seed of the hash that decides what folds; parts to be merged must agree on it.
    pub seed: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { units: 500_000, seed: 0 }
    }
}

/// How coarse a summary is. `0` is as fine as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Level(pub(super) u8);

/// Doublings of the bucket's width before hosts fold: 10 s become 640 s.
const WIDENINGS: u8 = 6;
/// Halvings of the hosts before upstreams fold.
const HOST_FOLDS: u8 = 24;
/// The last level.
pub(super) const COARSEST: Level = Level(WIDENINGS + HOST_FOLDS + 40);

impl Level {
    /// How many times the configured width was doubled.
    pub(super) fn widenings(self) -> u32 {
        u32::from(self.0.min(WIDENINGS))
    }

    /// Whether this host is folded.
    pub(super) fn folds_host(self, name: u64) -> bool {
        folds(self.0.saturating_sub(WIDENINGS).min(HOST_FOLDS), name)
    }

    /// Whether this upstream is folded.
    pub(super) fn folds_upstream(self, name: u64) -> bool {
        folds(self.0.saturating_sub(WIDENINGS + HOST_FOLDS), name)
    }

    pub(super) fn next(self) -> Self {
        Self((self.0 + 1).min(COARSEST.0))
    }
}

/// One name in `2^halvings` stays.
fn folds(halvings: u8, name: u64) -> bool {
    halvings > 0 && name >> (64 - u32::from(halvings)) != 0
}

/// The hash a name folds by.
pub(super) fn name_hash(seed: u64, parts: &[&[u8]]) -> u64 {
    parts.iter().fold(seed, |h, part| hash::stable(part, h))
}

/// Estimates how many different names were folded: 256 registers, about 7 % off; merging takes the maxima.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded(pub(super) Box<[u8]>);

const REGISTERS: usize = 256;

impl Default for Folded {
    fn default() -> Self {
        Self(vec![0; REGISTERS].into())
    }
}

impl Folded {
    pub(super) fn add(&mut self, name: u64) {
        // The top bits decided the folding; the register comes from the low ones.
        let name = name.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let register = &mut self.0[(name & (REGISTERS as u64 - 1)) as usize];
        *register = (*register).max((name >> 8).trailing_zeros().min(55) as u8 + 1);
    }

    pub(super) fn merge(&mut self, other: &[u8]) {
        for (mine, theirs) in self.0.iter_mut().zip(other) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// The estimate (HyperLogLog with the small-range correction).
    pub(super) fn estimate(&self) -> u64 {
        let m = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|&r| 2f64.powi(-i32::from(r))).sum();
        let zeros = self.0.iter().filter(|&&r| r == 0).count();
        let raw = 0.7182 * m * m / sum;
        let estimate = if raw <= 2.5 * m && zeros > 0 { m * (m / zeros as f64).ln() } else { raw };
        estimate.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_levels_fold_what_finer_ones_folded() {
        for name in (0..2000u64).map(|i| name_hash(0, &[&i.to_le_bytes()])) {
            let mut host = false;
            let mut upstream = false;
            for level in 0..=COARSEST.0 {
                let level = Level(level);
                assert!(level.folds_host(name) >= host && level.folds_upstream(name) >= upstream);
                host = level.folds_host(name);
                upstream = level.folds_upstream(name);
            }
        }
    }

    #[test]
    fn the_estimate_of_folded_names_is_close() {
        for n in [0u64, 10, 1000, 100_000] {
            let mut folded = Folded::default();
            for i in 0..n {
                folded.add(name_hash(0, &[&i.to_le_bytes()]));
            }
            let error = folded.estimate().abs_diff(n);
            assert!(error <= n / 5 + 1, "{n}: {}", folded.estimate());
        }
    }
}
