//! Counts to episodes: a pure function of a [`Summary`] and a [`Policy`]; no clock, no randomness.
//!
//! ```text
//! Summary ─ table ─ baseline ─ segments ─ draft ─ scope ─ planned ─ facts ─ Findings
//!                   what is    evidence   join,   host,   split     count
//!                   normal     opens and  gate,   zone,             out
//!                              closes     label   all
//! ```
//!
//! Evidence against a robust baseline is added up per series (every upstream, every host, pools of upstreams); it
//! adapts to traffic by itself, so there is no least volume to tune and no window to wait for. An episode is closed
//! by evidence of recovery alone: silence is reported as a gap, neither as errors nor as health.

mod baseline;
mod clumps;
mod draft;
mod episode;
mod evidence;
mod facts;
mod gaps;
mod monitor;
mod planned;
mod policy;
mod power;
mod routes;
mod scope;
mod segments;
mod surges;
mod table;
#[cfg(test)]
mod tests;

pub use episode::{Episode, EpisodeOrigin, Findings, Gap, Pattern, Scope, Severity, Surge, UpstreamHealth};
pub use monitor::{Event, EventKind, Monitor, MonitorSettings, MonitorState, UpstreamNow};
pub use policy::{Denominator, Policy, Window};

use crate::aggregate::{Summary, UpstreamCounts};
use baseline::Baseline;
use draft::Draft;
use scope::{Found, Pools};
use table::Table;

/// Finds episodes and gaps, and says for each upstream what is normal and what could be seen.
///
/// The result depends on the arguments alone, and not on the order of `planned`. Time grows with the number of cells
/// and not with the time they span.
///
/// ```
/// use brownout::{Cell, HostSeries, Pattern, Policy, Summary, UpstreamCounts, detect};
///
/// // an hour of buckets of 10 s with 40 responses each, half of which fail for ten minutes
/// let cells = (0..360).map(|bucket| {
///     let errors = if (100..160).contains(&bucket) { 20 } else { 0 };
///     (bucket, Cell { requests: 40, errors, s502: errors, by_proxy: errors, ..Cell::default() })
/// });
/// let host = HostSeries { zone: String::new(), host: "10.0.0.1:8080".into(), cells: cells.collect() };
/// let upstream = UpstreamCounts {
///     name: "shop".into(),
///     codes: vec![],
///     origins: vec![],
///     causes: vec![],
///     clients: [0; 64],
///     durations: vec![],
///     client_codes: vec![],
///     hosts: vec![host],
/// };
/// let summary = Summary { width_micros: 10_000_000, upstreams: vec![upstream], ..Summary::default() };
///
/// let findings = detect(&summary, &Policy::default(), &[]);
/// let episode = &findings.episodes[0];
/// assert_eq!((episode.pattern, episode.errors), (Pattern::Sustained, 1200));
/// assert_eq!(episode.start.as_micros(), 1_000_000_000);
/// ```
pub fn detect(summary: &Summary, policy: &Policy, planned: &[Window]) -> Findings {
    let Some(table) = Table::new(summary, policy) else {
        let upstreams = summary.upstreams.iter().map(|u| unseen(u, policy)).collect();
        return Findings { upstreams, ..Findings::default() };
    };
    let learn = |u: &table::Upstream<'_>| Baseline::learn(&u.series, &table.axis, policy);
    let baselines: Vec<Baseline> = table.upstreams.iter().map(learn).collect();
    let single = baselines.iter().enumerate().flat_map(|(u, b)| {
        let found = Found::search(&table.upstreams[u], &table.axis, b, policy);
        scope::of_upstream(&table, u, found, b, policy)
    });
    let mut drafts = scope::group(&table, single.collect(), policy);
    if policy.pool {
        let pools = Pools::new(&table);
        drafts.extend(scope::pooled(&table, &pools, &baselines, &drafts, policy));
    }
    let episodes = episodes(drafts, &table, policy, planned);
    let upstreams = table.upstreams.iter().zip(&baselines).map(|(u, b)| UpstreamHealth {
        upstream: u.counts.name.clone(),
        baseline: b.rate,
        chronic: b.chronic,
        min_visible_rate: power::min_visible_rate(u.requests_per_second, b, policy),
    });
    Findings {
        episodes,
        gaps: gaps::gaps(&table.total, &table.axis, policy),
        upstreams: upstreams.collect(),
        surges: surges::all(summary, &table, policy),
    }
}

/// Drafts split at planned windows, counted out and sorted.
fn episodes(drafts: Vec<Draft<'_>>, table: &Table<'_>, policy: &Policy, planned: &[Window]) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = drafts
        .into_iter()
        .flat_map(|d| planned::split(d, table, planned, policy))
        .map(|d| facts::episode(&d, table, policy))
        .collect();
    episodes.sort_by(|a, b| order(a).cmp(&order(b)));
    episodes
}

/// By start, upstreams, hosts; longest first.
fn order(e: &Episode) -> impl Ord + '_ {
    (e.start, &e.upstreams, &e.hosts, &e.zone, std::cmp::Reverse(e.end.is_none()), std::cmp::Reverse(e.end))
}

/// An upstream of which nothing is known.
fn unseen(upstream: &UpstreamCounts, policy: &Policy) -> UpstreamHealth {
    UpstreamHealth {
        upstream: upstream.name.clone(),
        baseline: policy.p_floor,
        chronic: false,
        min_visible_rate: None,
    }
}

/// The middle value, or the mean of the two; 0 of nothing. Sorts.
fn median(values: &mut [u64]) -> f64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(&upper), 1) => upper as f64,
        (Some(&upper), _) => f64::midpoint(values[middle - 1] as f64, upper as f64),
        (None, _) => 0.0,
    }
}

#[cfg(test)]
mod median_tests {
    #[test]
    fn medians() {
        let median = |values: &[u64]| super::median(&mut values.to_vec()).to_bits();
        for (values, expected) in [(&[][..], 0.0), (&[7], 7.0), (&[5, 1], 3.0), (&[9, 1, 2], 2.0)] {
            assert_eq!(median(values), f64::to_bits(expected), "{values:?}");
        }
    }
}
