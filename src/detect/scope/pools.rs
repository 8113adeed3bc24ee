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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Cell;
    use crate::detect::tests::log::{ORIGIN, Server, bucket, log, server};
    use crate::detect::{Episode, detect};

    /// Requests of a host in a bucket, errors, and slots of the clients that got them.
    type Count = Box<dyn Fn(i64) -> (u32, u32, u64)>;

    /// What is found in three hours of these, upstreams sorted by name, each with a host in each zone, sorted too. What
    /// fails is never enough for an upstream's or a host's own series.
    fn found(upstreams: &[(&str, Vec<(&'static str, Count)>)]) -> Vec<Episode> {
        let servers = |hosts: &[(&'static str, Count)]| {
            hosts.iter().map(|h| Server { zone: h.0, ..server("h", &[]) }).collect::<Vec<_>>()
        };
        let named: Vec<_> = upstreams.iter().map(|u| (u.0, servers(&u.1))).collect();
        let mut summary = log(1080, &named);
        for (upstream, (_, hosts)) in summary.upstreams.iter_mut().zip(upstreams) {
            for (host, (_, count)) in upstream.hosts.iter_mut().zip(hosts) {
                for (bucket, cell) in &mut host.cells {
                    let (requests, errors, error_clients) = count(*bucket - ORIGIN);
                    *cell = Cell { requests, errors, s502: errors, error_clients, ..Cell::default() };
                }
            }
        }
        let policy = Policy { h: 2000.0, h_host: 2000.0, ..Policy::default() };
        detect(&summary, &policy, &[]).episodes
    }

    fn brief(e: &Episode) -> (Scope, Option<&str>, usize, u64, u64) {
        (e.scope, e.zone.as_deref(), e.upstreams.len(), e.errors, e.requests)
    }

    /// A request every 20 s; if `fails`, one in six does, twelve in all, of a client of its own or always the same.
    fn thin(i: i64, fails: bool, own: bool) -> Count {
        Box::new(move |b| match b % 2 {
            0 if fails && b % 12 == 0 && (360..504).contains(&b) => {
                (1, 1, 1 << if own { (b / 12 * 6 + i) % 64 } else { 0 })
            }
            0 => (1, 0, 0),
            _ => (0, 0, 0),
        })
    }

    fn busy() -> Count {
        Box::new(|_| (40, 0, 0))
    }

    /// A zone, and what its hosts do of what is thin.
    type Zone = (&'static str, fn(Count) -> Count);

    /// Twelve upstreams, of which the first `failing` fail, with hosts in these zones.
    fn twelve(failing: i64, own: bool, zones: &[Zone]) -> Vec<Episode> {
        let names: Vec<String> = (0..12).map(|i| format!("app{i:02}")).collect();
        let hosts = |i: i64| zones.iter().map(|z| (z.0, (z.1)(thin(i, i < failing, own)))).collect();
        found(&names.iter().zip(0..).map(|(name, i)| (name.as_str(), hosts(i))).collect::<Vec<_>>())
    }

    /// In a zone next to which another, forty times as busy, is healthy. From bucket 360 to 492 there are 67 with requests.
    #[test]
    fn a_zone_that_the_other_hides() {
        let zones: [Zone; 2] = [("a", |thin| thin), ("b", |_| busy())];
        for failing in [2, 6] {
            let e = twelve(failing, true, &zones);
            let n = failing as u64;
            assert_eq!(
                e.iter().map(brief).collect::<Vec<_>>(),
                [(Scope::Zone, Some("a"), n as usize, 12 * n, 67 * n)]
            );
            assert_eq!((bucket(e[0].start), e[0].end.map(bucket)), (360, Some(493)));
        }
        assert_eq!(twelve(6, false, &zones), [], "one client's errors");
    }

    /// A zone is named where there are others and it holds nearly all.
    #[test]
    fn no_zone() {
        let everywhere = [(Scope::Global, None, 6, 72, 402)];
        assert_eq!(twelve(6, true, &[("a", |thin| thin)]).iter().map(brief).collect::<Vec<_>>(), everywhere);
        let both = twelve(6, true, &[("a", |thin| thin), ("b", |thin| thin)]);
        assert_eq!(both.iter().map(brief).collect::<Vec<_>>(), [(Scope::Global, None, 6, 144, 804)]);
    }

    /// 60 of 66 errors are one upstream's.
    #[test]
    fn nearly_all_of_one_upstream() {
        let count = |requests: u32, errors: u32, every: i64| -> Vec<(_, Count)> {
            let fails = move |b: i64| (360..504).contains(&b) && b % every == 0;
            vec![("", Box::new(move |b| (requests, if fails(b) { errors } else { 0 }, 0)))]
        };
        let e = found(&[("cart", count(1, 1, 24)), ("quiet", count(1, 0, 24)), ("shop", count(5, 5, 12))]);
        assert_eq!(e.len(), 1, "{e:?}");
        assert_eq!(
            (e[0].scope, &e[0].upstreams[..], e[0].errors),
            (Scope::Upstream, &["shop".to_owned()][..], 60)
        );
    }

    /// All of a thin upstream's requests fail; the five errors that a busy one has meanwhile are what it always has.
    #[test]
    fn one_upstream_is_no_pool() {
        let rare: Count = Box::new(|b| (1, u32::from((360..460).contains(&b)), 0));
        let normal: Count = Box::new(|b| (40, u32::from(b % 20 == 0), 0));
        assert_eq!(found(&[("busy", vec![("", normal)]), ("rare", vec![("", rare)])]), []);
    }

    /// Ten errors of 50 requests in a zone where nothing is wrong with 0.1 %, and 0.29 % are normal of everything: that is
    /// 10 ln(0.2 / 0.0029) + 40 ln(0.8 / 0.9971) = 33.6 nats, and twelve of 60 are 40.4. It takes 1.5 times 24.
    #[test]
    fn pooled_evidence_is_clumpy() {
        let episodes = |buckets: i64| {
            let one = move |i: i64| -> Vec<(_, Count)> {
                let fails = move |b: i64| (360..360 + buckets).contains(&b) && b % 2 == i;
                vec![("a", Box::new(move |b| (1, u32::from(fails(b)), 0)))]
            };
            let normal: Count = Box::new(|b| (40, u32::from(b % 8 == 0), 0));
            let names = ["a0", "a1", "a2", "a3", "a4"];
            let mut all: Vec<_> = names.into_iter().zip(0..).map(|(name, i)| (name, one(i))).collect();
            all.push(("busy", vec![("b", normal)]));
            found(&all).iter().map(|e| (e.scope, e.errors)).collect::<Vec<_>>()
        };
        assert_eq!(episodes(10), []);
        assert_eq!(episodes(12), [(Scope::Zone, 12)]);
    }
}
