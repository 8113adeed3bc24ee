//! Episodes in the making: segments of one series joined, gated and labelled.

use super::Policy;
use super::baseline::Baseline;
use super::clumps::Clients;
use super::episode::{Pattern, Scope};
use super::evidence::{fitted, fitted_to_wandering};
use super::segments::Segment;
use super::table::{Axis, Series, Sums};

/// What a draft was found in.
pub(super) struct Source<'a> {
    pub(super) series: &'a Series,
    /// Whose errors those are.
    pub(super) clients: Clients<'a>,
    /// The evidence it takes to open.
    pub(super) h: f64,
}

/// An episode in buckets.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    /// Indices of the upstreams, sorted.
    pub(super) upstreams: Vec<usize>,
    pub(super) first: i64,
    pub(super) end: i64,
    pub(super) open: bool,
    /// When a live detector would have raised it.
    pub(super) detected: i64,
    /// The bucket after the last error it takes to be one; none is raised before.
    pub(super) ready: i64,
    /// Failing phases, sorted and disjoint, within `first..end`.
    pub(super) phases: Vec<(i64, i64)>,
    /// The label were it over.
    pub(super) pattern: Pattern,
    pub(super) rolling: bool,
    pub(super) planned: bool,
    pub(super) scope: Scope,
    pub(super) zone: Option<&'a str>,
    pub(super) hosts: Vec<&'a str>,
    pub(super) evidence: f64,
    pub(super) baseline: f64,
}

impl Draft<'_> {
    fn new(upstream: usize, segments: &[Segment], axis: &Axis, policy: &Policy) -> Self {
        let phases: Vec<_> = segments.iter().map(|s| (s.first, s.end)).collect();
        Self {
            upstreams: vec![upstream],
            first: segments.first().map_or(0, |s| s.first),
            end: segments.last().map_or(0, |s| s.end),
            open: segments.last().is_some_and(|s| s.open),
            detected: segments.iter().map(|s| s.detected).min().unwrap_or(0),
            ready: i64::MIN,
            pattern: label(&phases, axis, policy),
            phases,
            rolling: false,
            planned: false,
            scope: Scope::Upstream,
            zone: None,
            hosts: Vec::new(),
            evidence: 0.0,
            baseline: 0.0,
        }
    }

    /// One that failed in these phases, sorted, of which nothing else is known.
    pub(super) fn over(upstream: usize, phases: &[(i64, i64)]) -> Self {
        let segment = |&(first, end): &(i64, i64)| Segment { first, end, open: false, detected: end };
        let segments: Vec<Segment> = phases.iter().map(segment).collect();
        Self::new(upstream, &segments, &Axis::unit(), &Policy::default())
    }

    /// Another detector of the same failure raised it at this bucket.
    pub(super) fn detected_by(&mut self, bucket: i64) {
        self.detected = self.detected.min(bucket).max(self.ready);
    }

    /// Length of the failing phases, in seconds.
    pub(super) fn failing(&self, axis: &Axis) -> f64 {
        failing(&self.phases, axis)
    }

    /// This one covers more than 30 % of `other`.
    pub(super) fn absorbs(&self, other: &Draft<'_>) -> bool {
        absorb(std::slice::from_ref(self), other)
    }

    /// Another host of the same upstream failed at the same time.
    pub(super) fn join_host(&mut self, other: Self, axis: &Axis, policy: &Policy) {
        self.first = self.first.min(other.first);
        self.end = self.end.max(other.end);
        self.open |= other.open;
        self.detected = self.detected.min(other.detected);
        self.phases.extend(other.phases);
        self.phases = union(std::mem::take(&mut self.phases));
        self.pattern = label(&self.phases, axis, policy);
        self.zone = self.zone.filter(|_| self.zone == other.zone);
        self.hosts.extend(other.hosts);
        self.hosts.sort_unstable();
        self.hosts.dedup();
        self.evidence += other.evidence;
    }

    /// Fits the phases to changed edges: clipped, and stretched to both.
    pub(super) fn fit_phases(&mut self) {
        let (first, end) = (self.first, self.end);
        self.phases.retain_mut(|p| {
            *p = (p.0.max(first), p.1.min(end));
            p.0 < p.1
        });
        match self.phases.as_mut_slice() {
            [] => self.phases.push((first, end)),
            [only] => *only = (first, end),
            [start, .., last] => (start.0, last.1) = (first, end),
        }
    }

    /// Is it one? Enough errors, a rate worth speaking of, and for a long one enough evidence as a whole. `source` is
    /// what it was found in.
    pub(super) fn pass(
        &mut self,
        source: &Source<'_>,
        normal: &Baseline,
        axis: &Axis,
        policy: &Policy,
    ) -> bool {
        let (series, baseline) = (source.series, normal.rate);
        let mut all = self.phases.iter().map(|p| series.sum(p.0, p.1)).fold(Sums::default(), Sums::plus);
        if !series.mostly_fails(self.first, self.end) {
            all.capped = source.clients.independent(all.capped, &self.phases);
        }
        if all.capped < policy.min_errors || all.requests == 0 {
            return false;
        }
        (self.evidence, self.baseline) = (fitted(all, baseline), baseline);
        let ready = series.bucket_of_error(self.first, policy.min_errors);
        self.ready = ready.map_or(self.first, |b| b.saturating_add(1)).min(axis.end());
        self.detected_by(self.detected);
        let failing = self.failing(axis);
        if failing >= policy.sustain && self.evidence < policy.h_sustained {
            return false;
        }
        if fitted_to_wandering(all, normal, policy) < source.h {
            return false;
        }
        let (rate, relative) = (all.capped as f64 / all.requests as f64, policy.min_ratio * baseline);
        rate >= relative.max(policy.min_rate)
            || (failing >= policy.slow_length && rate >= relative.max(policy.slow_rate))
    }
}

/// These cover more than 30 % of `other`, taken together: one story is not told twice.
pub(super) fn absorb(drafts: &[Draft<'_>], other: &Draft<'_>) -> bool {
    let shared = |d: &Draft<'_>| d.end.min(other.end).saturating_sub(d.first.max(other.first)).max(0);
    let shared = drafts.iter().map(shared).fold(0, i64::saturating_add);
    shared as f64 > 0.3 * other.end.saturating_sub(other.first) as f64
}

/// Joins the segments of one series, which are sorted, into episodes.
pub(super) fn cluster<'a>(
    upstream: usize,
    segments: &[Segment],
    axis: &Axis,
    policy: &Policy,
) -> Vec<Draft<'a>> {
    let mut glued: Vec<Segment> = Vec::new();
    for s in segments {
        match glued.last_mut() {
            Some(last) if axis.seconds(last.end, s.first) < policy.min_gap => {
                last.end = last.end.max(s.end);
                last.open |= s.open;
                last.detected = last.detected.min(s.detected);
            }
            _ => glued.push(*s),
        }
    }
    glued
        .chunk_by(|a, b| axis.seconds(a.end, b.first) <= policy.merge_gap)
        .map(|group| Draft::new(upstream, group, axis, policy))
        .collect()
}

/// Flapping, sustained or transient, by the failing phases.
fn label(phases: &[(i64, i64)], axis: &Axis, policy: &Policy) -> Pattern {
    let (Some(first), Some(last)) = (phases.first(), phases.last()) else { return Pattern::Transient };
    let healthy = 1.0 - failing(phases, axis) / axis.seconds(first.0, last.1);
    if phases.len() >= policy.flap_phases && healthy >= policy.flap_healthy {
        return Pattern::Flapping;
    }
    by_length(phases, axis, policy)
}

/// Sustained or transient.
pub(super) fn by_length(phases: &[(i64, i64)], axis: &Axis, policy: &Policy) -> Pattern {
    if failing(phases, axis) >= policy.sustain { Pattern::Sustained } else { Pattern::Transient }
}

fn failing(phases: &[(i64, i64)], axis: &Axis) -> f64 {
    phases.iter().map(|p| axis.seconds(p.0, p.1)).sum()
}

/// Sorted, overlaps and neighbours joined.
pub(super) fn union(mut phases: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    phases.sort_unstable();
    phases.dedup_by(|next, kept| {
        let joined = next.0 <= kept.1;
        if joined {
            kept.1 = kept.1.max(next.1);
        }
        joined
    });
    phases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::table::Point;

    /// `errors` of `requests`, spread over the first of so many buckets of 10 s, against `normal` for an evidence of `h`.
    fn passes(buckets: i64, errors: u64, requests: u64, normal: f64, h: f64) -> bool {
        let mut axis = Axis::unit();
        axis.cover(0, buckets - 1);
        // all errors come first, so that most buckets with requests have none and clumps are looked for
        let point = |bucket| {
            let sums = match bucket {
                0 => Sums { requests, errors, capped: errors },
                _ => Sums { requests: 0, errors: 0, capped: 0 },
            };
            Point { bucket, sums }
        };
        let series = Series::from_points((0..buckets).map(point).collect::<Vec<_>>().into_iter());
        let normal = Baseline { rate: normal, dispersion: 1.0, known: f64::INFINITY, chronic: false };
        let source = Source { series: &series, clients: Clients::unknown(), h };
        Draft::over(0, &[(0, buckets)]).pass(&source, &normal, &axis, &Policy::default())
    }

    /// Each number of the policy that an episode has to reach, on both sides of it.
    #[test]
    fn what_makes_an_episode() {
        let cases = [
            ("ten errors", (6, 10, 240, 0.001, 12.0), true),
            ("nine errors", (6, 9, 240, 0.001, 12.0), false),
            ("1 %", (60, 20, 2000, 0.001, 12.0), true),
            ("less than 1 %", (60, 20, 2001, 0.001, 12.0), false),
            ("three times what is normal", (60, 300, 20_000, 0.005, 5.0), true),
            ("less than that", (60, 299, 20_000, 0.005, 5.0), false),
            ("0.4 % for half an hour", (180, 400, 100_000, 0.001, 5.0), true),
            ("less than 0.4 %", (180, 399, 100_000, 0.001, 5.0), false),
            ("three times 0.2 % for half an hour", (180, 600, 100_000, 0.002, 5.0), true),
            ("less than that", (180, 599, 100_000, 0.002, 5.0), false),
            ("0.4 % for less than half an hour", (179, 400, 100_000, 0.001, 5.0), false),
            ("1 % for less than half an hour", (179, 1000, 100_000, 0.001, 5.0), true),
            // 10 ln(10000 / n) + (n - 10) ln((1 - 10 / n) / 0.999) is 24.01 for 350 and 23.73 for 360
            ("24 nats in five minutes", (30, 10, 350, 0.001, 1.0), true),
            ("23.7 nats in five minutes", (30, 10, 360, 0.001, 1.0), false),
            ("23.7 nats in less", (29, 10, 360, 0.001, 1.0), true),
            // 6.945 against what wanders, by hand in the tests of the evidence
            ("evidence against what wanders", (60, 300, 20_000, 0.005, 6.9), true),
            ("too little", (60, 300, 20_000, 0.005, 7.0), false),
        ];
        for (name, (buckets, errors, requests, normal, h), expected) in cases {
            assert_eq!(passes(buckets, errors, requests, normal, h), expected, "{name}");
        }
        assert!(!passes(60, 0, 0, 0.001, 0.0), "nothing");
    }

    #[test]
    fn phases_fit_their_edges() {
        let fit = |first, end, phases: &[(i64, i64)]| {
            let mut draft = Draft { first, end, ..Draft::over(0, phases) };
            draft.fit_phases();
            draft.phases
        };
        assert_eq!(fit(5, 15, &[(0, 5), (10, 15)]), [(5, 15)], "what ends where it begins is gone");
        assert_eq!(fit(0, 30, &[(5, 8), (10, 15)]), [(0, 8), (10, 30)]);
        assert_eq!(fit(20, 30, &[(5, 8)]), [(20, 30)]);
    }

    #[test]
    fn hosts_that_fail_together_are_one() {
        let (axis, policy) = (Axis::unit(), Policy::default());
        let mut one =
            Draft { hosts: vec!["b"], zone: Some("z"), evidence: 3.0, ..Draft::over(0, &[(5, 20)]) };
        let other =
            Draft { hosts: vec!["a"], open: true, evidence: 4.0, ..Draft::over(0, &[(2, 10), (30, 50)]) };
        one.join_host(other, &axis, &policy);
        assert_eq!((one.first, one.end, one.open, one.zone), (2, 50, true, None));
        assert_eq!((&one.phases[..], &one.hosts[..]), (&[(2, 20), (30, 50)][..], &["a", "b"][..]));
        assert_eq!((one.pattern, one.detected), (Pattern::Sustained, 10), "38 buckets of 10 s");
        assert!((one.evidence - 7.0).abs() < 1e-12);
    }

    #[test]
    fn more_than_three_tenths_are_absorbed() {
        let absorbs = |end| Draft::over(0, &[(0, end)]).absorbs(&Draft::over(0, &[(0, 10)]));
        assert_eq!([3, 4].map(absorbs), [false, true]);
        assert!(!Draft::over(0, &[(20, 30)]).absorbs(&Draft::over(0, &[(0, 10)])));
    }

    /// 60 s of health are a gap, 50 s none; 300 s after a gap it goes on, 310 s after it is another.
    #[test]
    fn gaps_part_phases_and_episodes() {
        let clusters = |gap: i64| {
            let segment = |first, end| Segment { first, end, open: false, detected: first + 1 };
            let segments = [segment(0, 10), segment(10 + gap, 20 + gap)];
            let drafts = cluster(0, &segments, &Axis::unit(), &Policy::default());
            drafts.iter().map(|d| d.phases.len()).collect::<Vec<_>>()
        };
        assert_eq!([5, 6, 30, 31].map(clusters), [vec![1], vec![2], vec![2], vec![1, 1]]);
    }

    /// Three phases with a quarter of the whole healthy are flapping.
    #[test]
    fn flapping_by_hand() {
        let label = |phases: &[(i64, i64)]| label(phases, &Axis::unit(), &Policy::default());
        assert_eq!(label(&[(0, 12), (18, 30), (36, 48)]), Pattern::Flapping, "12 of 48 healthy");
        assert_eq!(label(&[(0, 12), (18, 30), (36, 49)]), Pattern::Sustained, "12 of 49");
        assert_eq!(label(&[(0, 12), (36, 48)]), Pattern::Transient, "two phases of 120 s");
        assert_eq!(label(&[(0, 12), (36, 54)]), Pattern::Sustained, "300 s");
    }
}
