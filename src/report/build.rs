//! Counts and findings to a report.

use std::collections::{BTreeMap, HashMap};

use super::notice;
use super::{EpisodeReport, HostReport, OTHER_5XX, Report, Trend, UpstreamReport};
use crate::aggregate::{HostSeries, Summary, UpstreamCounts};
use crate::detect::{Episode, Findings, Scope, UpstreamHealth};
use crate::diagnose::Diagnosis;
use crate::inputs::InputInfo;
use crate::status::{Class, Status};

impl Report {
    /// Puts a report together. `diagnoses` belong to the episodes of `findings` in the same order; where there are
    /// fewer, the rest of the episodes stand without one.
    ///
    /// The order of `inputs` does not matter: they are sorted.
    pub fn new(
        mut inputs: Vec<InputInfo>,
        summary: &Summary,
        findings: &Findings,
        diagnoses: Vec<Diagnosis>,
    ) -> Self {
        inputs.sort_by(|a, b| (&a.path, a.lines, a.bytes).cmp(&(&b.path, b.lines, b.bytes)));
        let trend = Trend::of(summary);
        let health: HashMap<&str, &UpstreamHealth> =
            findings.upstreams.iter().map(|h| (h.upstream.as_str(), h)).collect();
        let upstreams: Vec<_> = summary
            .upstreams
            .iter()
            .map(|u| upstream(u, health.get(u.name.as_str()).copied(), &trend))
            .collect();
        let mut diagnoses = diagnoses.into_iter();
        let episodes: Vec<_> = findings
            .episodes
            .iter()
            .map(|e| episode(e, diagnoses.next().unwrap_or_default(), summary))
            .collect();
        let codes = sum_by_key(upstreams.iter().flat_map(|u| u.codes.iter().copied()));
        let mut report = Self {
            inputs,
            lines: summary.lines,
            rejects: summary.rejects.clone(),
            range: summary.range,
            formats: summary.formats.clone(),
            classes: classes(&codes),
            codes,
            origins: sum_by_key(upstreams.iter().flat_map(|u| u.origins.iter().copied())),
            upstreams,
            trend,
            episodes,
            gaps: findings.gaps.clone(),
            notices: Vec::new(),
            comparison: None,
            layers: None,
        };
        report.notices = notice::all(&report, summary, findings);
        report
    }
}

fn upstream(counts: &UpstreamCounts, health: Option<&UpstreamHealth>, trend: &Trend) -> UpstreamReport {
    let hosts: Vec<_> = counts.hosts.iter().map(host).collect();
    UpstreamReport {
        name: counts.name.clone(),
        requests: counts.requests(),
        errors: counts.codes.iter().filter(|c| c.0.class() == Class::ServerError).map(|c| c.1).sum(),
        masked: hosts.iter().map(|h| h.masked).sum(),
        classes: classes(&counts.codes),
        codes: counts.codes.clone(),
        origins: counts.origins.clone(),
        causes: counts.causes.clone(),
        hosts,
        baseline: health.map(|h| h.baseline),
        chronic: health.is_some_and(|h| h.chronic),
        min_visible_rate: health.and_then(|h| h.min_visible_rate),
        trend: trend.points_of(counts),
    }
}

fn host(series: &HostSeries) -> HostReport {
    let sum = |of: fn(&crate::Cell) -> u32| series.cells.iter().map(|(_, c)| u64::from(of(c))).sum();
    HostReport {
        zone: series.zone.clone(),
        host: series.host.clone(),
        requests: sum(|c| c.requests),
        errors: sum(|c| c.errors),
        by_proxy: sum(|c| c.by_proxy),
        masked: sum(|c| c.masked),
    }
}

fn episode(episode: &Episode, diagnosis: Diagnosis, summary: &Summary) -> EpisodeReport {
    EpisodeReport {
        episode: episode.clone(),
        everywhere: episode.upstreams.is_empty()
            || episode.scope == Scope::Global && summary.upstreams.iter().all(|u| concerns(episode, u)),
        dominant_status: episode.dominant_status.map(|status| real_status(status, episode, summary)),
        diagnosis,
    }
}

fn concerns(episode: &Episode, upstream: &UpstreamCounts) -> bool {
    episode.upstreams.binary_search(&upstream.name).is_ok()
}

/// The most frequent code that "other 5xx" can stand for, over the whole data of the upstreams concerned.
fn real_status(status: Status, episode: &Episode, summary: &Summary) -> Status {
    if status.code() != OTHER_5XX {
        return status;
    }
    let codes = summary.upstreams.iter().filter(|u| concerns(episode, u)).flat_map(|u| &u.codes);
    let other = codes
        .filter(|c| c.0.class() == Class::ServerError && !matches!(c.0.code(), 500 | 502 | 503 | 504))
        .copied();
    sum_by_key(other).into_iter().rev().max_by_key(|c| c.1).map_or(status, |c| c.0)
}

fn classes(codes: &[(Status, u64)]) -> Vec<(Class, u64)> {
    let count = |class| codes.iter().filter(|c| c.0.class() == class).map(|c| c.1).sum();
    Class::ALL.into_iter().map(|class| (class, count(class))).collect()
}

/// Sums equal keys; sorted by key.
fn sum_by_key<K: Ord>(pairs: impl Iterator<Item = (K, u64)>) -> Vec<(K, u64)> {
    let mut sums = BTreeMap::new();
    for (key, count) in pairs {
        *sums.entry(key).or_insert(0) += count;
    }
    sums.into_iter().collect()
}
