//! One series to its failing segments: opened by evidence of failure, closed only by evidence of recovery.
//!
//! [`Machine`] takes one bucket after the other and holds a ring of the last ones; it serves the live [`Monitor`] and,
//! pushed through a whole series, the batch detector. What it must get right is the healthy tail behind a segment: it
//! is read as idle time too, since a partial recovery may open at once. A second bank of sums reads it along; only
//! when that bank would have raised an alarm is the tail taken from the ring again. So the ring need not hold the
//! tail, however long a thin series takes to prove its recovery.
//!
//! [`Monitor`]: super::Monitor

#[cfg(test)]
pub(super) mod naive;

use super::Policy;
use super::baseline::Baseline;
use super::evidence::{Bank, Weights, alternatives, threshold};
use super::table::{Axis, Point, Series, Sums};
use std::collections::VecDeque;

/// A stretch of failing buckets `first..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Segment {
    pub(super) first: i64,
    pub(super) end: i64,
    /// No evidence of recovery so far. Then `end` is the end of the data in a finished series, and the end of the
    /// last failing bucket in a running one.
    pub(super) open: bool,
    /// The bucket at whose start a live detector would have raised it.
    pub(super) detected: i64,
}

/// Finds the segments of a series, given what is normal and the evidence `h` that opens one.
pub(super) fn segments(
    series: &Series,
    axis: &Axis,
    baseline: &Baseline,
    h: f64,
    policy: &Policy,
) -> Vec<Segment> {
    let mut machine = Machine::new(h);
    let mut found = Vec::new();
    for point in series.points() {
        machine.push(point, baseline, axis, policy, &mut found);
    }
    if let Some(open) = machine.open() {
        found.push(Segment { end: axis.end(), ..open });
    }
    found
}

/// What finds the segments of one series, bucket by bucket. Its size is bounded by [`Policy::ring`].
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Machine {
    h: f64,
    /// What the series is judged against; stays as it is while a segment is open.
    normal: Option<Baseline>,
    bank: Bank,
    /// The last bucket that `bank` read, or the last failing one of the segment before.
    last: Option<i64>,
    /// Where the segment before ended.
    earliest: i64,
    /// The last buckets with requests.
    ring: VecDeque<Point>,
    failing: Option<Failing>,
}

/// An open segment.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Failing {
    first: i64,
    /// The bucket that raised the alarm.
    alarm: i64,
    /// Everything since `first`.
    all: Sums,
    /// The same up to `last`.
    counts: Sums,
    /// The last failing bucket.
    last: i64,
    /// Evidence of recovery since.
    healthy: f64,
    /// Reads the buckets since `last` as if the segment were closed there.
    tail: Bank,
    tail_last: i64,
    /// `tail` would have raised an alarm.
    relapsed: bool,
}

impl Machine {
    /// An idle one that takes evidence `h` to open.
    pub(super) fn new(h: f64) -> Self {
        Self {
            h,
            normal: None,
            bank: Bank::default(),
            last: None,
            earliest: i64::MIN,
            ring: VecDeque::new(),
            failing: None,
        }
    }

    /// The segment that is open, up to its last failing bucket.
    pub(super) fn open(&self) -> Option<Segment> {
        self.failing.as_ref().map(Failing::segment)
    }

    /// What responses weigh for failing on, against recovery, while a segment is open.
    pub(super) fn going_on(&self, policy: &Policy) -> Option<Weights> {
        let (failing, normal) = (self.failing.as_ref()?, self.normal.as_ref()?);
        Some(failing.going_on(normal, policy))
    }

    /// The last buckets with requests.
    pub(super) fn ring(&self) -> &VecDeque<Point> {
        &self.ring
    }

    /// Reads one bucket with requests, later than all before; segments that close are added to `closed`. `normal` counts
    /// while no segment is open. Returns the bucket that left the ring.
    pub(super) fn push(
        &mut self,
        point: Point,
        normal: &Baseline,
        axis: &Axis,
        policy: &Policy,
        closed: &mut Vec<Segment>,
    ) -> Option<Point> {
        if self.failing.is_none() && self.normal.as_ref() != Some(normal) {
            self.bank.judge_by(normal, threshold(self.h), policy);
            self.normal = Some(*normal);
        }
        // the bucket of the alarm and `ring` before it are searched
        let full = self.ring.len() > policy.ring;
        let gone = if full { self.ring.pop_front() } else { None };
        self.ring.push_back(point);
        // the tail of a segment that closes may have to be read again: `at` counts from the end of the ring
        let mut at = 1;
        while let Some(point) = self.ring.len().checked_sub(at).and_then(|i| self.ring.get(i)).copied() {
            at -= 1;
            if self.failing.is_none() {
                self.idle(point, axis, policy);
            } else if let Some((segment, again)) = self.running(point, axis, policy) {
                if again {
                    let behind = self.ring.partition_point(|p| p.bucket < segment.end);
                    at = self.ring.len() - behind;
                }
                closed.push(segment);
            }
            if at == 0 {
                break;
            }
        }
        gone
    }

    fn idle(&mut self, point: Point, axis: &Axis, policy: &Policy) {
        if self.last.is_some_and(|last| axis.seconds(last, point.bucket) > policy.idle_reset) {
            self.bank.reset();
        }
        self.last = Some(point.bucket);
        let Some(normal) = self.normal else { return };
        let Some(candidate) = self.bank.push(point.bucket, point.sums) else { return };
        let first = self.sharpen(candidate, point.bucket, &normal, policy);
        self.bank.reset();
        let mut failing = Failing {
            first,
            alarm: point.bucket,
            all: Sums::default(),
            counts: Sums::default(),
            last: point.bucket,
            healthy: 0.0,
            tail: self.bank.clone(),
            tail_last: point.bucket,
            relapsed: false,
        };
        for &p in self.ring.iter().filter(|p| first <= p.bucket && p.bucket <= point.bucket) {
            failing.read(p, &normal, axis, policy);
        }
        self.failing = Some(failing);
    }

    /// Whether the segment is over, and whether its tail has to be read again.
    fn running(&mut self, point: Point, axis: &Axis, policy: &Policy) -> Option<(Segment, bool)> {
        let (failing, normal) = (self.failing.as_mut()?, self.normal?);
        if !failing.read(point, &normal, axis, policy) {
            return None;
        }
        let done = self.failing.take()?;
        let segment = Segment { open: false, ..done.segment() };
        self.earliest = segment.end;
        (self.bank, self.last) = (done.tail, Some(done.tail_last));
        if done.relapsed {
            self.bank.reset();
            self.last = Some(done.last);
        }
        Some((segment, done.relapsed))
    }

    /// Where the failing started that raised the alarm at `alarm`: the start, with an error in it, from which the
    /// evidence for the rate since then is strongest. That rate depends on the start, hence a few rounds.
    fn sharpen(&self, candidate: i64, alarm: i64, normal: &Baseline, policy: &Policy) -> i64 {
        let p0 = normal.rate;
        let least = alternatives(p0, policy)[0];
        let within = self.ring.partition_point(|p| p.bucket <= alarm);
        let from = self.ring.partition_point(|p| p.bucket < self.earliest);
        let from = from.max(within.saturating_sub(policy.ring.saturating_add(1)));
        let points = || self.ring.range(from.min(within)..within);
        let Some(earliest) = points().next() else { return alarm };
        let mut start = candidate.max(earliest.bucket);
        for _ in 0..3 {
            let since = points().filter(|p| p.bucket >= start).map(|p| p.sums);
            let fitted = (0.8 * rate(since.fold(Sums::default(), Sums::plus))).max(least).min(0.95);
            let weights = Weights::new(fitted, p0);
            let (mut best, mut sum, mut argmax) = (f64::NEG_INFINITY, 0.0, start);
            for point in points().rev() {
                sum += weights.of(point.sums);
                if sum > best && point.sums.capped > 0 {
                    (best, argmax) = (sum, point.bucket);
                }
            }
            if argmax == start {
                break;
            }
            start = argmax;
        }
        start
    }
}

impl Failing {
    fn segment(&self) -> Segment {
        Segment {
            first: self.first,
            end: self.last.saturating_add(1),
            open: true,
            detected: self.alarm.saturating_add(1),
        }
    }

    /// Reads the next bucket since `first`; whether the segment is over.
    ///
    /// Evidence for the baseline, against a share of the segment's own rate, adds up from the last bucket that did
    /// not speak for it. Buckets up to the alarm speak for nothing yet.
    fn read(&mut self, point: Point, normal: &Baseline, axis: &Axis, policy: &Policy) -> bool {
        self.all = self.all.plus(point.sums);
        let raised = point.bucket <= self.alarm;
        if raised {
            self.counts = self.all;
        }
        self.healthy -= self.going_on(normal, policy).of(point.sums);
        if self.healthy <= 0.0 {
            self.healthy = 0.0;
            self.counts = self.all;
            self.fail_at(point.bucket);
            return false;
        }
        if raised {
            self.fail_at(point.bucket);
            return false;
        }
        if axis.seconds(self.tail_last, point.bucket) > policy.idle_reset {
            self.tail.reset();
        }
        self.tail_last = point.bucket;
        self.relapsed |= self.tail.push(point.bucket, point.sums).is_some();
        self.healthy >= policy.h_close && axis.seconds(self.last, point.bucket) >= policy.min_recovery
    }

    /// A share of its own rate so far against what is normal.
    fn going_on(&self, normal: &Baseline, policy: &Policy) -> Weights {
        let p0 = normal.rate;
        let least = (3.0 * p0).max(alternatives(p0, policy)[0]);
        let p1 = (policy.close_fraction * rate(self.counts)).max(least).min(0.9);
        Weights::new(p1, p0).over(normal.dispersion)
    }

    /// The last failing bucket so far; the tail starts anew behind it.
    fn fail_at(&mut self, bucket: i64) {
        (self.last, self.tail_last, self.relapsed) = (bucket, bucket, false);
        self.tail.reset();
    }
}

/// Share of errors, and not zero.
fn rate(sums: Sums) -> f64 {
    sums.capped.max(1) as f64 / sums.requests.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One failed request is ln 300 = 5.7 nats for 30 %, two are more than 8 + ln 3. An hour of silence between them is
    /// bridged, more is not.
    #[test]
    fn evidence_outlasts_an_hour_of_silence() {
        let normal = Baseline { rate: 0.001, dispersion: 1.0, known: 100.0, chronic: false };
        let found = |apart: i64| {
            let sums = Sums { requests: 1, errors: 1, capped: 1 };
            let points = [Point { bucket: 0, sums }, Point { bucket: apart, sums }];
            let series = Series::from_points(points.into_iter());
            let mut axis = Axis::unit();
            axis.cover(0, apart);
            segments(&series, &axis, &normal, 8.0, &Policy::default()).len()
        };
        assert_eq!([1, 360, 361].map(found), [1, 1, 0]);
    }

    /// So it is behind a segment that is not over yet. Against 60 % of all failing a good answer weighs 0.915 and an error
    /// 6.397: twenty and an error leave 11.9 nats of recovery, another error 5.5, and five good answers make it 10.1. The
    /// two errors within an hour are a segment of their own.
    #[test]
    fn so_does_evidence_behind_a_segment() {
        let normal = Baseline { rate: 0.001, dispersion: 1.0, known: 100.0, chronic: false };
        let found = |apart: i64| {
            let point =
                |bucket, requests, errors| Point { bucket, sums: Sums { requests, errors, capped: errors } };
            let mut points: Vec<Point> = (0..6).map(|bucket| point(bucket, 10, 10)).collect();
            points.extend(
                [(6, 20, 0), (7, 1, 1), (7 + apart, 1, 1), (8 + apart, 5, 0)].map(|p| point(p.0, p.1, p.2)),
            );
            let series = Series::from_points(points.into_iter());
            let mut axis = Axis::unit();
            axis.cover(0, 8 + apart);
            let found = segments(&series, &axis, &normal, 8.0, &Policy::default());
            found.iter().map(|s| (s.first, s.end - apart, s.open)).collect::<Vec<_>>()
        };
        assert_eq!(found(360), [(0, 6 - 360, false), (7, 9, true)]);
        assert_eq!(found(361), [(0, 6 - 361, false)]);
    }

    /// Half of ten requests fail; a good answer against 60 % of that weighs ln(0.999 / 0.7) = 0.356, so that 20 are 7
    /// nats, whatever has become normal meanwhile.
    #[test]
    fn what_is_normal_stands_still_while_it_fails() {
        let normal = |rate| Baseline { rate, dispersion: 1.0, known: 100.0, chronic: false };
        let closed_at = |later: f64| {
            let (axis, policy) = (Axis::unit(), Policy::default());
            let (mut machine, mut closed) = (Machine::new(12.0), Vec::new());
            (0..100i64).find(|&bucket| {
                let (requests, errors) = if bucket < 6 { (10, 5) } else { (1, 0) };
                let point = Point { bucket, sums: Sums { requests, errors, capped: errors } };
                let rate = if bucket < 3 { 0.001 } else { later };
                machine.push(point, &normal(rate), &axis, &policy, &mut closed);
                !closed.is_empty()
            })
        };
        assert_eq!(closed_at(0.001), Some(25));
        assert_eq!(closed_at(0.25), Some(25));
    }
}
