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

#[cfg(test)]
mod tests {
    use super::*;

    fn share(requests: u32, errors: u32) -> Share {
        let (requests, errors) = (f64::from(requests), f64::from(errors));
        Share { requests, errors, excess: (errors - 0.001 * requests).max(0.0) }
    }

    /// Of 100 requests two fail where nothing is wrong.
    #[test]
    fn what_is_beyond_normal() {
        use crate::aggregate::Cell;
        let excess = |errors| {
            let cell = |bucket| (bucket, Cell { requests: 50, errors, ..Cell::default() });
            let host = Host::new("", "h", Cow::Owned(vec![cell(1), cell(2), cell(7)]));
            shares(std::iter::once(&host), &Draft::over(0, &[(0, 5)]), 0.02, |h| h.name)["h"].excess
        };
        assert!((excess(4) - 6.0).abs() < 1e-9);
        assert!(excess(0).abs() < 1e-9);
    }

    /// Requests and errors of hosts a, b, c; the last without a name.
    fn blamed(hosts: [(u32, u32); 3], hostless: u32) -> Option<&'static str> {
        let mut by_host: BTreeMap<(bool, &str), Share> = BTreeMap::new();
        for (name, (requests, errors)) in ["a", "b", "c"].into_iter().zip(hosts) {
            by_host.insert((true, name), share(requests, errors));
        }
        by_host.insert((false, "-"), Share { excess: f64::from(hostless), ..Share::default() });
        host_to_blame(&by_host, 0.001, &Policy::default())
    }

    #[test]
    fn one_host_is_to_blame() {
        // 80 of 100 errors, and the others fail less than 1 %
        assert_eq!(blamed([(0, 80), (10_000, 20), (10_000, 20)], 0), Some("a"), "80 % of the excess");
        assert_eq!(blamed([(0, 79), (10_000, 20), (10_000, 20)], 0), None);
        assert_eq!(blamed([(1000, 100), (1000, 9), (1000, 10)], 0), Some("a"), "19 of 2000");
        assert_eq!(blamed([(1000, 200), (1000, 10), (1000, 10)], 0), None, "20 of 2000: the others fail too");
        assert_eq!(blamed([(1000, 100), (10, 2), (0, 0)], 0), Some("a"), "two errors prove nothing");
        assert_eq!(blamed([(1000, 100), (10, 3), (0, 0)], 0), None);
        assert_eq!(blamed([(1000, 100), (0, 0), (0, 0)], 0), Some("a"), "nobody else was asked");
        assert_eq!(blamed([(0, 90), (0, 0), (0, 0)], 9), Some("a"));
        assert_eq!(blamed([(0, 90), (0, 0), (0, 0)], 10), None, "a tenth went to no host");
        let alone = BTreeMap::from([((true, "a"), share(1000, 100))]);
        assert_eq!(host_to_blame(&alone, 0.001, &Policy::default()), None, "there is no other");
    }

    /// A host that was failing falls silent at 60, and its upstream goes on.
    #[test]
    fn an_open_segment_ends_with_its_host() {
        use crate::detect::table::Point;
        let ends = |host: u64, upstream: u64, end: i64| {
            let series = |requests, end| {
                let sums = Sums { requests, errors: 0, capped: 0 };
                Series::from_points(
                    (0..end).map(|bucket| Point { bucket, sums }).collect::<Vec<_>>().into_iter(),
                )
            };
            let mut axis = Axis::unit();
            axis.cover(0, end - 1);
            let mut segments = [Segment { first: 10, end, open: true, detected: 12 }];
            let (host, upstream) = (series(host, 60), series(upstream, end));
            end_with_host(&mut segments, &host, &upstream, &axis, &Policy::default());
            (segments[0].end, segments[0].open)
        };
        assert_eq!(ends(5, 10, 72), (60, false), "half of 120 requests in two minutes");
        assert_eq!(ends(5, 10, 71), (71, true), "less than two minutes");
        assert_eq!(ends(1, 6, 80), (60, false), "a sixth of 120");
        assert_eq!(ends(1, 6, 79), (79, true), "of 114: nineteen too few may be chance");
    }

    #[test]
    fn edges_of_the_hosts_own_series() {
        let edges = |open: bool, of_host: &[(i64, i64, bool)]| {
            let one = |f: &(i64, i64, bool)| Draft { open: f.2, ..Draft::over(0, &[(f.0, f.1)]) };
            let own: Vec<Draft<'_>> = of_host.iter().map(one).collect();
            let mut draft = Draft { open, ready: 0, ..Draft::over(0, &[(10, 50)]) };
            take_edges(&mut draft, own.iter());
            (draft.first, draft.end)
        };
        assert_eq!(edges(false, &[(12, 48, false)]), (12, 48));
        assert_eq!(edges(false, &[(12, 48, true)]), (10, 50), "one is over and one is not");
        assert_eq!(edges(false, &[(0, 10, false), (50, 60, false)]), (10, 50), "beside it");
        assert_eq!(edges(false, &[(12, 20, false), (30, 45, false)]), (12, 45));
        assert_eq!(edges(false, &[(12, 20, false), (30, 45, true)]), (12, 50));
        assert_eq!(edges(true, &[(12, 20, false), (30, 45, false)]), (12, 50));
    }
}
