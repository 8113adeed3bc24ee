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
    pub(super) fn over(upstream: usize, phases: Vec<(i64, i64)>) -> Self {
        let segment = |&(first, end): &(i64, i64)| Segment { first, end, open: false, detected: end };
        let segments: Vec<Segment> = phases.iter().map(segment).collect();
        Self { phases, ..Self::new(upstream, &segments, &Axis::unit(), &Policy::default()) }
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
