//! Upstreams added up, all of them and by zone: failures too thin to show in any one.

use super::{attribute, largest, shares, total};
use crate::detect::Policy;
use crate::detect::baseline::Baseline;
use crate::detect::clumps::Clients;
use crate::detect::draft::{Draft, Source, cluster};
use crate::detect::episode::Scope;
use crate::detect::segments::segments;
use crate::detect::table::{Pool, Series, Table, Upstream};
use std::collections::{BTreeMap, BTreeSet};

/// Noise of upstreams pooled is taken to be this much clumpier than independent errors.
const DISPERSION: f64 = 1.5;

/// The pooled series.
pub(in crate::detect) struct Pools<'a> {
    /// By zone; `None`: all upstreams.
    series: BTreeMap<Option<&'a str>, Series>,
}

impl<'a> Pools<'a> {
    /// All upstreams, if there are several, and each zone, if there are several. Responses for which no upstream was
    /// chosen stay out.
    pub(in crate::detect) fn new(table: &'a Table<'a>) -> Self {
        let named = || table.named().map(|u| &table.upstreams[u]);
        let zones: BTreeSet<&str> = named().flat_map(zones_of).filter(|z| !z.is_empty()).collect();
        let mut series = BTreeMap::new();
        if named().count() > 1 {
            series.insert(None, Series::total(named().map(|u| &u.series)));
        }
        if zones.len() > 1 {
            let mut pools: BTreeMap<&str, Pool> = BTreeMap::new();
            for upstream in named() {
                for zone in zones_of(upstream).into_iter().filter(|z| !z.is_empty()) {
                    pools.entry(zone).or_default().add(&upstream.zone_series(zone));
                }
            }
            series.extend(pools.into_iter().map(|(zone, pool)| (Some(zone), pool.finish())));
        }
        Self { series }
    }
}

fn zones_of<'a>(upstream: &'a Upstream<'a>) -> BTreeSet<&'a str> {
    upstream.hosts.iter().map(|h| h.zone).collect()
}

/// The episodes that only the pools show, of at least two upstreams.
pub(in crate::detect) fn pooled<'a>(
    table: &'a Table<'a>,
    pools: &Pools<'a>,
    baselines: &[Baseline],
    known: &[Draft<'a>],
    policy: &Policy,
) -> Vec<Draft<'a>> {
    let mut found: Vec<Draft<'a>> = Vec::new();
    let pooled = |rate: f64| Baseline { rate, dispersion: DISPERSION, known: f64::INFINITY, chronic: false };
    let everywhere = pooled(background(table, baselines, None));
    for (&zone, series) in &pools.series {
        let named = table.named().map(|u| &table.upstreams[u]);
        let clients = Clients::of(named, |h| zone.is_none_or(|z| h.zone == z));
        let source = Source { series, clients, h: policy.h_pool };
        let rate = background(table, baselines, zone).max(policy.p_floor).min(policy.p_cap);
        let baseline = pooled(rate);
        let segments = segments(series, &table.axis, &baseline, policy.h_pool, policy);
        for mut draft in cluster(0, &segments, &table.axis, policy) {
            if known.iter().chain(&found).any(|k| k.absorbs(&draft))
                || !draft.pass(&source, &everywhere, &table.axis, policy)
                // as a whole it has to carry what opened it, noise of the same clumpiness taken off
                || draft.evidence < policy.h_pool * DISPERSION
            {
                continue;
            }
            if name(&mut draft, table, zone, baselines, policy) {
                found.push(draft);
            }
        }
    }
    found
}

/// The mean baseline of all upstreams, or of their hosts in a zone, by requests.
fn background(table: &Table<'_>, baselines: &[Baseline], zone: Option<&str>) -> f64 {
    let (mut errors, mut requests) = (0.0, 0.0);
    for u in table.named() {
        let upstream = &table.upstreams[u];
        let n = match zone {
            None => upstream.series.all().requests,
            Some(zone) => upstream.zone_series(zone).all().requests,
        } as f64;
        requests += n;
        errors += n * baselines[u].rate;
    }
    if requests > 0.0 { errors / requests } else { 0.0 }
}

/// Says whose an episode of a pool is; `false` when it is one upstream's, whose own series decides.
fn name<'a>(
    draft: &mut Draft<'a>,
    table: &'a Table<'a>,
    zone: Option<&'a str>,
    baselines: &[Baseline],
    policy: &Policy,
) -> bool {
    let p0 = draft.baseline;
    let hosts = |u: usize| table.upstreams[u].hosts.iter().filter(move |h| zone.is_none_or(|z| h.zone == z));
    let mut by_upstream = BTreeMap::new();
    for u in table.named() {
        by_upstream.extend(shares(hosts(u), draft, p0, |_| u));
    }
    if by_upstream.values().filter(|s| s.errors >= 3.0 && s.excess >= 2.0).count() < 2 {
        return false;
    }
    let by_zone = shares(table.named().flat_map(hosts), draft, p0, |h| h.zone);
    let in_one_zone = largest(&by_zone)
        .filter(|(z, s)| by_zone.len() > 1 && !z.is_empty() && s.excess >= 0.85 * total(&by_zone));
    let failing = || by_upstream.iter().filter(|s| s.1.excess > 0.0).map(|s| *s.0).collect::<Vec<_>>();
    match (largest(&by_upstream), in_one_zone) {
        (Some((&u, share)), _) if share.excess >= 0.8 * total(&by_upstream) => {
            draft.upstreams = vec![u];
            attribute(draft, &table.upstreams[u], baselines[u].rate, policy);
        }
        (_, Some((&z, _))) => {
            (draft.upstreams, draft.scope, draft.zone) = (failing(), Scope::Zone, Some(z));
        }
        _ => {
            draft.upstreams = failing();
            (draft.scope, draft.zone) = (if zone.is_some() { Scope::Zone } else { Scope::Global }, zone);
        }
    }
    true
}
