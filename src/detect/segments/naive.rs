//! The obvious twin of the machine: looks around in the whole series.

use super::Segment;
use crate::detect::Policy;
use crate::detect::baseline::Baseline;
use crate::detect::evidence::{Bank, Weights, alternatives, threshold};
use crate::detect::table::{Axis, Series, Sums};

/// Finds the segments with the whole series at hand.
///
/// One pass, except that the healthy tail after a segment is read again (a partial recovery may open at once) and
/// that each opening looks back over the ring.
pub(in crate::detect) fn segments(
    series: &Series,
    axis: &Axis,
    baseline: &Baseline,
    h: f64,
    policy: &Policy,
) -> Vec<Segment> {
    let search = Search { series, axis, baseline, policy };
    let mut bank = Bank::default();
    bank.judge_by(baseline, threshold(h), policy);
    let mut found: Vec<Segment> = Vec::new();
    let mut last_bucket: Option<i64> = None;
    let mut i = 0;
    while i < series.len() {
        let point = series.point(i);
        if last_bucket.is_some_and(|last| axis.seconds(last, point.bucket) > policy.idle_reset) {
            bank.reset();
        }
        last_bucket = Some(point.bucket);
        let Some(candidate) = bank.push(i as i64, point.sums).map(|i| i as usize) else {
            i += 1;
            continue;
        };
        let earliest = found.last().map_or(0, |s| series.index(s.end)).max(i.saturating_sub(policy.ring));
        let start = search.sharpen(candidate, i, earliest);
        let detected = point.bucket.saturating_add(1);
        let first = series.point(start).bucket;
        let Some(last) = search.recovery(start, i) else {
            found.push(Segment { first, end: axis.end(), open: true, detected });
            break;
        };
        let last_failing = series.point(last).bucket;
        found.push(Segment { first, end: last_failing.saturating_add(1), open: false, detected });
        bank.reset();
        last_bucket = Some(last_failing);
        i = last.max(i) + 1;
    }
    found
}

/// What both searches around an alarm need.
struct Search<'a> {
    series: &'a Series,
    axis: &'a Axis,
    baseline: &'a Baseline,
    policy: &'a Policy,
}

impl Search<'_> {
    /// Where the failing started that raised the alarm at `alarm`: the start, with an error in it, from which the
    /// evidence for the rate since then is strongest. That rate depends on the start, hence a few rounds.
    fn sharpen(&self, candidate: usize, alarm: usize, earliest: usize) -> usize {
        let p0 = self.baseline.rate;
        let least = alternatives(p0, self.policy)[0];
        let mut start = candidate.max(earliest);
        for _ in 0..3 {
            let fitted = (0.8 * rate(self.series.sum_of(start, alarm + 1))).max(least).min(0.95);
            let weights = Weights::new(fitted, p0);
            let (mut best, mut sum, mut argmax) = (f64::NEG_INFINITY, 0.0, start);
            for i in (earliest..=alarm).rev() {
                let counts = self.series.point(i).sums;
                sum += weights.of(counts);
                if sum > best && counts.capped > 0 {
                    (best, argmax) = (sum, i);
                }
            }
            if argmax == start {
                break;
            }
            start = argmax;
        }
        start
    }

    /// The last failing bucket of a segment that starts at `start` and raised the alarm at `alarm`; `None` when the
    /// data ends without evidence of recovery.
    ///
    /// Evidence for the baseline, against a share of the segment's own rate, adds up from the last bucket that did
    /// not speak for it.
    fn recovery(&self, start: usize, alarm: usize) -> Option<usize> {
        let (p0, policy) = (self.baseline.rate, self.policy);
        let least = (3.0 * p0).max(alternatives(p0, policy)[0]);
        let (mut last, mut healthy) = (alarm, 0.0);
        let mut failing = Sums::default();
        for i in start..self.series.len() {
            let point = self.series.point(i);
            if i <= alarm {
                failing = self.series.sum_of(start, i + 1);
                if point.sums.capped > 0 || i == start {
                    last = i;
                }
            }
            let p1 = (policy.close_fraction * rate(failing)).max(least).min(0.9);
            healthy -= Weights::new(p1, p0).of(point.sums) / self.baseline.dispersion;
            if healthy <= 0.0 {
                healthy = 0.0;
                last = i;
                failing = self.series.sum_of(start, i + 1);
            } else if i > alarm && healthy >= policy.h_close {
                let since = self.axis.seconds(self.series.point(last).bucket, point.bucket);
                if since >= policy.min_recovery {
                    return Some(last);
                }
            }
        }
        None
    }
}

/// Share of errors, and not zero.
fn rate(sums: Sums) -> f64 {
    sums.capped.max(1) as f64 / sums.requests.max(1) as f64
}
