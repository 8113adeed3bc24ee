//! How much fails: a host, an upstream, a zone, everything. By shares of the excess errors.

mod groups;
mod pools;
mod rolling;

pub(super) use groups::group;
pub(super) use pools::{Pools, pooled};

use super::Policy;
use super::baseline::Baseline;
use super::clumps::Clients;
use super::draft::{Draft, Source, absorb, cluster};
use super::episode::Scope;
use super::segments::{Segment, segments};
use super::table::{Axis, Host, Series, Sums, Table, Upstream};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The counts of an episode's phases under one name, and the errors beyond the baseline.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    pub(super) requests: f64,
    pub(super) errors: f64,
    pub(super) excess: f64,
}

/// Adds up the phases of a draft by a label of the host.
pub(super) fn shares<'a, K: Ord>(
    hosts: impl Iterator<Item = &'a Host<'a>>,
    draft: &Draft<'_>,
    baseline: f64,
    label: impl Fn(&'a Host<'a>) -> K,
) -> BTreeMap<K, Share> {
    let mut shares: BTreeMap<K, Share> = BTreeMap::new();
    for host in hosts {
        let share = shares.entry(label(host)).or_default();
        for cell in draft.phases.iter().flat_map(|p| host.range(p.0, p.1)) {
            share.requests += f64::from(cell.1.requests);
            share.errors += f64::from(cell.1.errors);
        }
    }
    for share in shares.values_mut() {
        share.excess = (share.errors - baseline * share.requests).max(0.0);
    }
    shares
}

/// The label with the largest excess, the last of equals.
fn largest<K: Ord>(shares: &BTreeMap<K, Share>) -> Option<(&K, Share)> {
    shares.iter().map(|(k, s)| (k, *s)).max_by(|a, b| a.1.excess.total_cmp(&b.1.excess))
}

fn total(shares: &BTreeMap<impl Ord, Share>) -> f64 {
    let sum: f64 = shares.values().map(|s| s.excess).sum();
    if sum > 0.0 { sum } else { 1.0 }
}

/// Host or upstream, and the zone that holds the errors.
fn attribute<'a>(draft: &mut Draft<'a>, upstream: &'a Upstream<'a>, baseline: f64, policy: &Policy) {
    draft.scope = Scope::Upstream;
    let by_host = shares(upstream.hosts.iter(), draft, baseline, |h| (h.is_named(), h.name));
    if let Some(host) = host_to_blame(&by_host, baseline, policy).filter(|_| upstream.is_named()) {
        (draft.scope, draft.hosts) = (Scope::Host, vec![host]);
    }
    let by_zone = shares(upstream.hosts.iter(), draft, baseline, |h| h.zone);
    draft.zone = match largest(&by_zone) {
        Some((&zone, share)) if by_zone.len() > 1 && !zone.is_empty() => {
            (share.excess >= policy.zone_share * total(&by_zone)).then_some(zone)
        }
        _ => None,
    };
}

/// The one host that holds most of the excess, when there are others and they are healthy.
fn host_to_blame<'a>(
    by_host: &BTreeMap<(bool, &'a str), Share>,
    baseline: f64,
    policy: &Policy,
) -> Option<&'a str> {
    let total = total(by_host);
    let named: BTreeMap<&str, Share> = by_host.iter().filter(|h| h.0.0).map(|(k, s)| (k.1, *s)).collect();
    let hostless: f64 = by_host.iter().filter(|h| !h.0.0).map(|h| h.1.excess).sum();
    let (&name, share) = largest(&named)?;
    if named.len() < 2 || hostless >= 0.1 * total || share.excess < policy.host_share * total {
        return None;
    }
    let others = named.iter().filter(|h| *h.0 != name).map(|h| h.1);
    let (requests, errors) = others.fold((0.0, 0.0), |sum, s| (sum.0 + s.requests, sum.1 + s.errors));
    let healthy = requests == 0.0
        || errors / requests < (policy.min_ratio * baseline).max(policy.min_rate)
        || errors < 3.0;
    healthy.then_some(name)
}

/// The segments of an upstream and of its hosts.
pub(super) struct Found<'a> {
    pub(super) upstream: Vec<Segment>,
    /// One entry per host, in the order of the table; none fail where the host or the upstream has no name.
    pub(super) hosts: Vec<(Cow<'a, Series>, Vec<Segment>)>,
}

impl Found<'_> {
    /// Searches the whole series.
    pub(super) fn search(upstream: &Upstream<'_>, axis: &Axis, baseline: &Baseline, policy: &Policy) -> Self {
        let find = |series: &Series, h: f64| segments(series, axis, baseline, h, policy);
        let of_host = |host: &Host<'_>| {
            let series = host.series(upstream.told_apart);
            let named = host.is_named() && upstream.is_named();
            let segments = if named { find(&series, policy.h_host) } else { Vec::new() };
            (Cow::Owned(series), segments)
        };
        Self {
            upstream: find(&upstream.series, policy.h),
            hosts: upstream.hosts.iter().map(of_host).collect(),
        }
    }
}

/// The episodes of one upstream and its hosts, before upstreams are compared.
pub(super) fn of_upstream<'a>(
    table: &'a Table<'a>,
    index: usize,
    found: Found<'_>,
    normal: &Baseline,
    policy: &Policy,
) -> Vec<Draft<'a>> {
    let (upstream, axis) = (&table.upstreams[index], &table.axis);
    let by_host: Vec<_> = found
        .hosts
        .into_iter()
        .map(|(series, mut segments)| {
            end_with_host(&mut segments, &series, &upstream.series, axis, policy);
            let drafts = cluster(index, &segments, axis, policy);
            (series, drafts)
        })
        .collect();

    let clients = Clients::of(std::iter::once(upstream), |_| true);
    let source = Source { series: &upstream.series, clients, h: policy.h };
    let mut drafts = Vec::new();
    for mut draft in cluster(index, &found.upstream, axis, policy) {
        if !draft.pass(&source, normal, axis, policy) {
            continue;
        }
        attribute(&mut draft, upstream, normal.rate, policy);
        if draft.scope == Scope::Host {
            let blamed = draft.hosts.clone();
            let of_host = upstream.hosts.iter().zip(&by_host).filter(|(h, _)| blamed.contains(&h.name));
            take_edges(&mut draft, of_host.flat_map(|(_, (_, drafts))| drafts));
        } else {
            rolling::mark(&mut draft, upstream, axis, policy);
        }
        drafts.push(draft);
    }
    let shown = drafts.len();
    let pass = |draft: &mut Draft<'a>, series: &Series, host: &Host<'_>| {
        let clients = Clients::of(std::iter::once(upstream), |h| std::ptr::eq(h, host));
        draft.pass(&Source { series, clients, h: policy.h_host }, normal, axis, policy)
    };
    for draft in of_hosts(upstream, by_host, &drafts, pass) {
        let close = |d: &&mut Draft<'a>| axis.seconds(d.first, draft.first).abs() <= policy.group_start;
        match drafts.iter_mut().skip(shown).filter(close).find(|d| d.absorbs(&draft)) {
            Some(with) => with.join_host(draft, axis, policy),
            None => drafts.push(draft),
        }
    }
    drafts
}

/// A host that failed until it was taken out of rotation is no longer failing: an open segment ends with its last
/// request when its upstream goes on and as many requests as make a gap were to be expected since.
fn end_with_host(segments: &mut [Segment], host: &Series, upstream: &Series, axis: &Axis, policy: &Policy) {
    let (Some(segment), Some(&last)) = (segments.last_mut(), host.buckets().last()) else { return };
    let end = last.saturating_add(1);
    if !segment.open || axis.seconds(end, axis.end()) < policy.gap_length {
        return;
    }
    let requests = |series: &Series, first, end| series.sum(first, end).requests as f64;
    let share = requests(host, segment.first, end) / requests(upstream, segment.first, end).max(1.0);
    if share * requests(upstream, end, axis.end()) >= policy.gap_expected {
        (segment.end, segment.open) = (end, false);
    }
}

/// The episodes of hosts that the upstream as a whole does not show.
fn of_hosts<'a>(
    upstream: &'a Upstream<'a>,
    by_host: Vec<(Cow<'_, Series>, Vec<Draft<'a>>)>,
    shown: &[Draft<'a>],
    mut pass: impl FnMut(&mut Draft<'a>, &Series, &Host<'_>) -> bool,
) -> Vec<Draft<'a>> {
    let names: BTreeSet<&str> = upstream.hosts.iter().filter(|h| h.is_named()).map(|h| h.name).collect();
    let mut found = Vec::new();
    for (host, (series, mut drafts)) in upstream.hosts.iter().zip(by_host) {
        drafts.retain(|d| !absorb(shown, d));
        for mut draft in drafts {
            if pass(&mut draft, &series, host) {
                draft.zone = Some(host.zone).filter(|z| !z.is_empty());
                if names.len() > 1 {
                    (draft.scope, draft.hosts) = (Scope::Host, vec![host.name]);
                }
                found.push(draft);
            }
        }
    }
    found
}

/// The host's own series has the sharper edges.
fn take_edges<'d, 'a: 'd>(draft: &mut Draft<'a>, of_host: impl Iterator<Item = &'d Draft<'a>>) {
    let own: Vec<_> = of_host.filter(|h| h.end.min(draft.end) > h.first.max(draft.first)).collect();
    match own.as_slice() {
        [] => {}
        [h] => {
            if h.open == draft.open {
                (draft.first, draft.end, draft.pattern) = (h.first, h.end, h.pattern);
                draft.phases.clone_from(&h.phases);
                draft.detected_by(h.detected);
            }
        }
        [first, rest @ ..] => {
            // a host that only fell silent ends when its upstream recovers
            let end = |h: &Draft<'_>| if h.open || draft.open { draft.end } else { h.end };
            draft.end = rest.iter().fold(end(first), |last, h| last.max(end(h)));
            draft.first = rest.iter().fold(first.first, |f, h| f.min(h.first));
            draft.detected_by(rest.iter().fold(first.detected, |d, h| d.min(h.detected)));
            draft.fit_phases();
        }
    }
}

/// Requests and errors of an upstream during `first..end`.
fn during(table: &Table<'_>, upstream: usize, first: i64, end: i64) -> Sums {
    table.upstreams[upstream].series.sum(first, end)
}
