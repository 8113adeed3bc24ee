//! What is normal for an upstream: a rate that episodes in the data do not move, and how clumpy its errors are.

use super::Policy;
use super::table::{Axis, Series};

/// What a series is judged against.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Baseline {
    /// Rate of errors, between the policy's floor and cap.
    pub(super) rate: f64,
    /// Dispersion of the minutes' errors against independent ones; evidence is divided by it.
    pub(super) dispersion: f64,
    /// Errors to be expected, at this rate, in what it was learnt from: it is known to about one in their root.
    pub(super) known: f64,
    /// Even the quiet blocks fail above the cap, and there are a few of them: one or two may be an outage.
    pub(super) chronic: bool,
}

/// A stretch of buckets with enough requests to have a rate.
#[derive(Debug, Clone, Copy)]
struct Block {
    first: i64,
    end: i64,
    requests: f64,
    errors: f64,
}

impl Block {
    fn rate(&self) -> f64 {
        self.errors / self.requests
    }

    /// Not more errors than background at `p` would have.
    fn fits(&self, p: f64) -> bool {
        let expected = self.requests * p;
        self.errors <= expected + 3.0 * expected.sqrt() + 2.0
    }
}

impl Baseline {
    /// Learns from the whole series: starts at a low quantile of the blocks' rates, then grows to all blocks that
    /// fit, a few times.
    pub(super) fn learn(series: &Series, axis: &Axis, policy: &Policy) -> Self {
        let blocks = blocks(series, axis, policy);
        let clamp = |p: f64| p.max(policy.p_floor).min(policy.p_cap);
        let start = low_quantile(&blocks, policy.initial_quantile);
        let mut rate = clamp(start);
        for _ in 0..8 {
            let next = clamp(pooled(&blocks, rate, policy));
            if (next - rate).abs() < 1e-7 {
                break;
            }
            rate = next;
        }
        let chronic =
            blocks.len() >= 4 && (start > policy.p_cap || pooled(&blocks, rate, policy) > policy.p_cap);
        let quiet = || blocks.iter().filter(|b| b.fits(rate));
        let known = rate * quiet().map(|b| b.requests).sum::<f64>() + 0.5;
        Self { rate, dispersion: dispersion(series, axis, quiet(), rate, policy), known, chronic }
    }
}

/// Cuts the axis into blocks: whole multiples of the block's length, as many as it takes to have the requests.
fn blocks(series: &Series, axis: &Axis, policy: &Policy) -> Vec<Block> {
    let step = axis.buckets(policy.block_seconds);
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = Block { first: axis.first(), end: axis.first(), requests: 0.0, errors: 0.0 };
    for p in series.points() {
        if p.bucket >= open.end {
            if open.requests >= (policy.block_requests as f64).max(1.0) {
                blocks.push(open);
                open = Block { first: open.end, end: open.end, requests: 0.0, errors: 0.0 };
            }
            let steps = (p.bucket.saturating_sub(open.first) / step).saturating_add(1);
            open.end = open.first.saturating_add(steps.saturating_mul(step));
        }
        open.requests += p.sums.requests as f64;
        open.errors += p.sums.capped as f64;
    }
    if open.requests < policy.block_requests as f64 {
        open.end = axis.end();
    }
    match blocks.last_mut() {
        Some(last) if open.requests < policy.block_requests as f64 / 2.0 => {
            // a thin tail belongs to the block before
            last.requests += open.requests;
            last.errors += open.errors;
            if open.requests > 0.0 {
                last.end = open.end;
            }
        }
        _ if open.requests > 0.0 => blocks.push(open),
        _ => {}
    }
    if let Some(last) = blocks.last_mut() {
        last.end = last.end.min(axis.end());
    }
    blocks
}

/// The rate below which blocks with a share `q` of the requests lie.
fn low_quantile(blocks: &[Block], q: f64) -> f64 {
    let mut sorted: Vec<&Block> = blocks.iter().collect();
    sorted.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
    let wanted = q * sorted.iter().map(|b| b.requests).sum::<f64>();
    let mut sum = 0.0;
    for block in sorted {
        sum += block.requests;
        if sum >= wanted {
            return block.rate();
        }
    }
    0.0
}

/// The rate of all blocks that fit `p`, drawn a little towards the floor.
fn pooled(blocks: &[Block], p: f64, policy: &Policy) -> f64 {
    let (mut errors, mut requests) = (0.5, 0.5 / policy.p_floor);
    for block in blocks.iter().filter(|b| b.fits(p)) {
        errors += block.errors;
        requests += block.requests;
    }
    errors / requests
}

/// Pearson's dispersion of minute counts over quiet blocks: 1 when errors are independent or too few to tell.
fn dispersion<'a>(
    series: &Series,
    axis: &Axis,
    quiet: impl Iterator<Item = &'a Block>,
    p: f64,
    policy: &Policy,
) -> f64 {
    let minute = axis.buckets(60.0);
    let (mut chi2, mut minutes, mut errors) = (0.0, 0.0, 0.0);
    for block in quiet {
        let whole = block.end.saturating_sub(block.first) / minute * minute;
        let end = block.first.saturating_add(whole);
        let mut i = series.index(block.first);
        while let Some(&bucket) = series.buckets().get(i).filter(|&&b| b < end) {
            let nth = bucket.saturating_sub(block.first) / minute;
            let next = block.first.saturating_add(nth.saturating_add(1).saturating_mul(minute));
            let j = series.index(next);
            let sums = series.sum_of(i, j);
            let (n, k) = (sums.requests as f64, sums.capped as f64);
            chi2 += (k - n * p).powi(2) / (n * p * (1.0 - p)).max(1e-9);
            minutes += 1.0;
            errors += k;
            i = j;
        }
    }
    if minutes < 20.0 || errors < 15.0 { 1.0 } else { (chi2 / minutes).max(1.0).min(policy.phi_max) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::table::{Point, Sums};

    /// Ten requests in every bucket of ten seconds, and one error in every tenth of them from the second on.
    fn series(buckets: i64) -> (Series, Axis) {
        let mut axis = Axis::new(10_000_000, 10.0).unwrap();
        axis.cover(0, buckets - 1);
        let points: Vec<Point> = (0..buckets)
            .map(|bucket| {
                let errors = u64::from(bucket % 10 == 1);
                Point { bucket, sums: Sums { requests: 10, errors, capped: errors } }
            })
            .collect();
        (Series::from_points(points.into_iter()), axis)
    }

    /// Four blocks of five minutes have 1,200 requests and 12 errors. Half an error at the floor of 0.1 % is added, which
    /// are 500 requests more: 12.5 of 1,700. At that rate 1,200 requests have 8.82 errors, and half an error more is known.
    #[test]
    fn learnt_by_hand() {
        let (series, axis) = series(120);
        let baseline = Baseline::learn(&series, &axis, &Policy::default());
        let rate = 12.5 / 1700.0;
        assert!((baseline.rate - rate).abs() < 1e-12, "{baseline:?}");
        assert!((baseline.known - (8.823_529_411_764_7 + 0.5)).abs() < 1e-9, "{baseline:?}");
        assert_eq!((baseline.dispersion, baseline.chronic), (1.0, false), "too few errors to tell");
    }

    /// A tail of fewer than half of the 300 requests of a block is none of its own.
    #[test]
    fn a_thin_tail_belongs_to_the_block_before() {
        let sizes = |buckets| {
            let (series, axis) = series(buckets);
            let all = blocks(&series, &axis, &Policy::default());
            all.iter().map(|b| (b.first, b.end, b.requests)).collect::<Vec<_>>()
        };
        assert_eq!(sizes(60), [(0, 30, 300.0), (30, 60, 300.0)]);
        assert_eq!(sizes(74), [(0, 30, 300.0), (30, 74, 440.0)]);
        assert_eq!(sizes(75), [(0, 30, 300.0), (30, 60, 300.0), (60, 75, 150.0)]);
    }

    /// Ten requests short of 300 in five minutes, a block takes ten.
    #[test]
    fn blocks_are_whole_multiples() {
        let (all, axis) = series(60);
        let series =
            Series::from_points(all.points().filter(|p| p.bucket != 5).collect::<Vec<_>>().into_iter());
        let all = blocks(&series, &axis, &Policy::default());
        assert_eq!(all.iter().map(|b| (b.first, b.end, b.requests)).collect::<Vec<_>>(), [(0, 60, 590.0)]);
    }

    /// At 4 % of 100 requests four errors are expected, two is their root, and two more are granted: 4 + 3 · 2 + 2.
    #[test]
    fn background_has_room() {
        let fits = |errors| Block { first: 0, end: 1, requests: 100.0, errors }.fits(0.04);
        assert_eq!([12.0, 12.5].map(fits), [true, false]);
    }

    /// What is left over at the end counts with the block before, errors and all.
    #[test]
    fn a_thin_tail_brings_its_errors() {
        let (series, axis) = series(72);
        let all = blocks(&series, &axis, &Policy::default());
        assert_eq!(all.iter().map(|b| b.errors).collect::<Vec<_>>(), [3.0, 5.0]);
    }

    /// Pearson's statistic of minutes of 60 requests, by its definition. It takes 20 minutes and 15 errors; what is
    /// left of a minute at the end is none.
    #[test]
    fn dispersion_by_hand() {
        // errors of each minute, which all fall into its first bucket; `rest`: buckets behind the last whole minute
        let learn = |minutes: &[u64], rest: i64| {
            let mut axis = Axis::new(10_000_000, 10.0).unwrap();
            let end = 6 * minutes.len() as i64 + rest;
            axis.cover(0, end - 1);
            let points = (0..end).map(|bucket| {
                let first = bucket % 6 == 0;
                let errors = if first { minutes.get(bucket as usize / 6).copied().unwrap_or(0) } else { 0 };
                Point { bucket, sums: Sums { requests: 10, errors, capped: errors } }
            });
            let series = Series::from_points(points.collect::<Vec<_>>().into_iter());
            Baseline::learn(&series, &axis, &Policy::default())
        };
        let pearson = |minutes: &[u64], p: f64| {
            let expected = 60.0 * p;
            let one = |&k: &u64| (k as f64 - expected).powi(2) / (expected * (1.0 - p));
            minutes.iter().map(one).sum::<f64>() / minutes.len() as f64
        };
        let every = |n: usize, errors: &[u64]| -> Vec<u64> {
            let block = |e: &u64| [*e, 0, 0, e / 2, 0];
            errors.iter().flat_map(block).take(n).collect()
        };
        // 15 errors in 20 minutes: 2 and 1 in three blocks of five minutes, 4 and 2 in the last
        let enough = every(20, &[2, 2, 2, 4]);
        for rest in [0, 3] {
            let baseline = learn(&enough, rest);
            assert!((baseline.rate - 15.5 / (1700.0 + 10.0 * rest as f64)).abs() < 1e-12);
            let expected = pearson(&enough, baseline.rate);
            assert!((1.2..3.0).contains(&expected), "{expected} shows");
            assert!((baseline.dispersion - expected).abs() < 1e-9, "{baseline:?} {expected}");
        }
        let none = |minutes: &[u64]| learn(minutes, 0).dispersion.to_bits() == 1f64.to_bits();
        assert!(none(&every(19, &[2, 2, 2, 4])), "19 minutes");
        assert!(none(&[&enough[..15], &[4, 0, 0, 1, 0]].concat()), "14 errors");
        // 8 and 4 errors in each block: 9.9 on average, of which 4 count
        assert!((learn(&every(20, &[8, 8, 8, 8]), 0).dispersion - 4.0).abs() < 1e-12);
    }
}
