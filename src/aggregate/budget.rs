//! What keeps memory bounded under any number of upstreams, hosts and instants.
//!
//! Over the budget the summary is coarsened by one level at a time: first buckets become twice as wide, then hosts
//! fold into `(other)`, then upstreams do, and at last buckets widen on until all of time is two of them. Which names
//! fold is decided by a hash of the name alone.
//!
//! Why the outcome does not depend on how the lines were split or ordered: what a set of lines costs at a level is a
//! function of the set; a coarser level is a function of the finer one; and a part never costs more than the whole.
//! So no part ever goes beyond the level of the whole, which is the first at which the whole fits. If you touch this,
//! keep each cost a function of what is held (never of how it came there), and growing with it.

use super::hash;

/// Limits on what an [`Aggregator`](super::Aggregator) holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Budget {
    /// Memory units, 60 to 100 bytes each: a cell is one, a host 8 or more by the length of its name, an upstream 32
    /// and its tables. Default 500,000 (about 50 MB), enough for 50 hosts over a day of 10-second buckets.
    ///
    /// When everything is folded about 2,000 units can remain (one upstream with a thousand statuses), so less than
    /// that may not be kept.
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
/// Halvings of the upstreams before buckets widen on.
const UPSTREAM_FOLDS: u8 = 40;
/// The level from which on buckets widen on.
const ALL_FOLDED: u8 = WIDENINGS + HOST_FOLDS + UPSTREAM_FOLDS;
/// Bits of the widest bucket: wider than all of time.
const WIDTH_BITS: u8 = 62;
/// Widest bucket that can be asked for.
const MAX_BASE: i64 = 1 << (WIDTH_BITS - WIDENINGS - 1);

/// The nearest width that can be asked for.
pub(super) fn base_width(micros: i64) -> i64 {
    micros.clamp(1, MAX_BASE)
}

impl Level {
    /// The last one, by the width asked for.
    pub(super) fn coarsest(base: i64) -> Self {
        let bits = (i64::BITS - base_width(base).leading_zeros()) as u8;
        Self(ALL_FOLDED + WIDTH_BITS - WIDENINGS - bits)
    }

    /// How many times the configured width was doubled.
    fn widenings(self) -> u8 {
        self.0.min(WIDENINGS) + self.0.saturating_sub(ALL_FOLDED)
    }

    /// Width of a bucket, by the width asked for.
    pub(super) fn width(self, base: i64) -> i64 {
        base_width(base) << self.min(Self::coarsest(base)).widenings()
    }

    /// The width asked for, by that of a bucket; `None` where the two never go together.
    pub(super) fn base(self, width: i64) -> Option<i64> {
        let base = width.checked_shr(u32::from(self.widenings()))?;
        (base == base_width(base) && self <= Self::coarsest(base) && self.width(base) == width)
            .then_some(base)
    }

    /// Whether this host is folded.
    pub(super) fn folds_host(self, name: u64) -> bool {
        folds(self.0.saturating_sub(WIDENINGS).min(HOST_FOLDS), name)
    }

    /// Whether this upstream is folded.
    pub(super) fn folds_upstream(self, name: u64) -> bool {
        folds(self.0.saturating_sub(WIDENINGS + HOST_FOLDS).min(UPSTREAM_FOLDS), name)
    }

    /// The next coarser one, by the width asked for.
    pub(super) fn next(self, base: i64) -> Option<Self> {
        (self < Self::coarsest(base)).then(|| Self(self.0 + 1))
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
/// Highest value of a register.
const MAX_RANK: u8 = 56;

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
        *register = (*register).max((name >> 8).trailing_zeros() as u8 + 1).min(MAX_RANK);
    }

    pub(super) fn merge(&mut self, other: &[u8]) {
        for (mine, theirs) in self.0.iter_mut().zip(other) {
            *mine = (*mine).max((*theirs).min(MAX_RANK));
        }
    }

    /// Raises one register; whether there can be such a one.
    #[cfg(feature = "serde")]
    pub(super) fn raise(&mut self, register: usize, rank: u8) -> bool {
        let Some(mine) = self.0.get_mut(register).filter(|_| rank <= MAX_RANK) else { return false };
        *mine = (*mine).max(rank);
        true
    }

    /// The estimate (`HyperLogLog` with the small-range correction).
    pub(super) fn estimate(&self) -> u64 {
        let m = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|&r| 2f64.powi(-i32::from(r))).sum();
        let zeros: usize = self.0.iter().map(|&r| usize::from(r == 0)).sum();
        let raw = 0.7182 * m * m / sum;
        let estimate = if raw <= 2.5 * m && zeros > 0 { m * (m / zeros as f64).ln() } else { raw };
        estimate.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn coarser_levels_fold_what_finer_ones_folded() {
        for name in (0..2000u64).map(|i| name_hash(0, &[&i.to_le_bytes()])) {
            let mut host = false;
            let mut upstream = false;
            for level in 0..=Level::coarsest(1).0 {
                let level = Level(level);
                assert!(level.folds_host(name) >= host && level.folds_upstream(name) >= upstream);
                host = level.folds_host(name);
                upstream = level.folds_upstream(name);
            }
        }
    }

    /// Of the hashes with one bit set: how many fold, as hosts and as upstreams. Every halving folds one more.
    fn folding(level: Level) -> usize {
        let count = |folds: fn(Level, u64) -> bool| (0..64).filter(|bit| folds(level, 1 << bit)).count();
        count(Level::folds_host) + count(Level::folds_upstream)
    }

    #[test]
    fn widths_double_and_tell_what_was_asked_for() {
        for asked in [i64::MIN, 0, 1, 3, 10_000_000, 86_400_000_000, MAX_BASE - 1, MAX_BASE, i64::MAX] {
            let base = base_width(asked);
            let mut level = Level::default();
            let mut widest = level.width(base);
            while let Some(next) = level.next(base) {
                let width = next.width(base);
                let (doubles, folds) = (width == 2 * widest, folding(next) - folding(level));
                assert!(doubles || width == widest, "{asked} {next:?}");
                assert_eq!(folds + usize::from(doubles), 1, "{asked} {next:?}: one thing at a time");
                assert_eq!(next.base(width), Some(base));
                (level, widest) = (next, width);
            }
            assert_eq!(level, Level::coarsest(asked));
            assert_eq!(folding(level), 24 + 40, "one host in 2^24 and one upstream in 2^40 stay");
            for time in [Timestamp::MIN, Timestamp::MAX] {
                assert!((-1..=0).contains(&time.floor_to(widest)), "all of time is two buckets");
            }
            assert_eq!(Level(u8::MAX).base(widest), None);
        }
        assert_eq!(Level(6).width(10_000_000), 640_000_000);
        for (level, width) in [(0, 0), (0, -10), (1, 15), (0, i64::MAX), (6, 63)] {
            assert_eq!(Level(level).base(width), None, "{level} {width}");
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

    /// The top bits of a hash decide: partials of other machines fold by the same ones.
    #[test]
    fn names_fold_by_the_top_bits() {
        let first = Level(WIDENINGS + 1);
        assert!(first.folds_host(1 << 63) && !first.folds_host((1 << 63) - 1));
        let first = Level(WIDENINGS + HOST_FOLDS + 1);
        assert!(first.folds_upstream(1 << 63) && !first.folds_upstream((1 << 63) - 1));
    }

    /// 256 registers of 1 add up to 128: 0.7182 * 256² / 128 = 367.7, and none of them is empty. With 64 of 0, 64 of 1 and
    /// 128 of 2 they do as well, and 256 ln(256 / 64) = 354.9. That holds up to 640: with 16 of 0, 112 of 1 and 128 of 3
    /// they add up to 88, for 534.9 and 709.8.
    #[test]
    fn estimates_by_hand() {
        let estimate = |ranks: &[(usize, u8)]| {
            let registers = ranks.iter().flat_map(|&(n, rank)| std::iter::repeat_n(rank, n));
            Folded(registers.collect()).estimate()
        };
        assert_eq!(estimate(&[(256, 1)]), 368);
        assert_eq!(estimate(&[(64, 0), (64, 1), (128, 2)]), 355);
        assert_eq!(estimate(&[(16, 0), (112, 1), (128, 3)]), 710);
    }

    #[test]
    fn merging_takes_the_most_and_no_rank_that_cannot_be() {
        let mut one = Folded::default();
        one.merge(&[3, 0, 7]);
        one.merge(&[1, 2, u8::MAX]);
        assert_eq!(one.0[..4], [3, 2, MAX_RANK, 0]);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_register_is_raised_and_never_lowered() {
        let mut one = Folded::default();
        assert!(one.raise(1, MAX_RANK) && one.raise(1, 3) && one.raise(2, 3));
        assert!(!one.raise(3, MAX_RANK + 1) && !one.raise(REGISTERS, 1));
        assert_eq!(one.0[..4], [0, MAX_RANK, 3, 0]);
    }
}
