//! Episodes of routes: named where an upstream's are confined to a few, found where an upstream's traffic hides them.
//!
//! A route is to an upstream what a host is: the same machine runs over each, and one whose share of the excess is
//! nearly all is named when the others are healthy. So routes are put where hosts are, and carried back at the end.

use super::baseline::Baseline;
use super::draft::Draft;
use super::episode::{Episode, Findings, Scope};
use super::scope::{self, Found, Share, shares};
use super::table::{Table, Upstream};
use super::{Policy, Window, facts, planned};
use crate::aggregate::{HostSeries, Summary, UpstreamCounts};
use crate::routes::RouteCounts;

/// Routes named of one episode, at most: more are no scope.
const MOST_NAMED: usize = 3;
/// Slots of clients that are few.
const FEW_SLOTS: u32 = 3;
/// An episode covered by others of its upstream to this share is theirs.
const COVERED: f64 = 0.3;

impl Findings {
    /// Names the routes that episodes are confined to, and adds the episodes of routes that no upstream shows as a
    /// whole. `summary` is the one these were found in, `routes` counts of the same lines.
    ///
    /// Of an upstream with one route only nothing is said.
    ///
    /// ```
    /// use brownout::{Cell, HostSeries, Policy, RouteCounts, RouteSeries, Summary, UpstreamCounts, detect};
    ///
    /// // an hour; one request in a hundred is a payment, and for ten minutes half of those fail
    /// let cell = |requests, errors| Cell { requests, errors, s502: errors, ..Cell::default() };
    /// let failing = |b: i64| if (100..160).contains(&b) { 2 } else { 0 };
    /// let all = (0..360).map(|b| (b, cell(400, failing(b)))).collect();
    /// let routes = RouteCounts {
    ///     width_micros: 10_000_000,
    ///     cut_to: None,
    ///     series: vec![
    ///         RouteSeries {
    ///             upstream: "shop".into(), route: "/".into(), cells: (0..360).map(|b| (b, cell(396, 0))).collect(),
    ///         },
    ///         RouteSeries {
    ///             upstream: "shop".into(), route: "/pay".into(),
    ///             cells: (0..360).map(|b| (b, cell(4, failing(b)))).collect(),
    ///         },
    ///     ],
    /// };
    /// let shop = UpstreamCounts {
    ///     name: "shop".into(), codes: vec![], origins: vec![], causes: vec![], clients: [0; 64], durations: vec![],
    ///     client_codes: vec![],
    ///     hosts: vec![HostSeries { zone: String::new(), host: "h".into(), cells: all }],
    /// };
    /// let summary = Summary { width_micros: 10_000_000, upstreams: vec![shop], ..Summary::default() };
    /// let policy = Policy::default();
    ///
    /// let findings = detect(&summary, &policy, &[]);
    /// assert!(findings.episodes.is_empty(), "half a per cent of the upstream");
    /// let findings = findings.with_routes(&summary, &routes, &policy, &[]);
    /// assert_eq!(findings.episodes[0].routes, ["/pay"]);
    /// assert_eq!(findings.episodes[0].errors, 120);
    /// ```
    #[must_use]
    pub fn with_routes(
        mut self,
        summary: &Summary,
        routes: &RouteCounts,
        policy: &Policy,
        planned: &[Window],
    ) -> Self {
        let by_route = by_route(summary, routes);
        let policy = by_routes(policy);
        let Some(table) = Table::new(&by_route, &policy) else { return self };
        let find = |u: usize| {
            let upstream = &table.upstreams[u];
            let baseline = Baseline::learn(&upstream.series, &table.axis, &policy);
            (Found::search(upstream, &table.axis, &baseline, &policy), baseline)
        };
        add_routes(&mut self.episodes, &table, find, &policy, planned);
        self
    }
}

/// The policy for upstreams whose hosts are routes.
pub(super) fn by_routes(policy: &Policy) -> Policy {
    Policy { h_host: policy.h_route, ..policy.clone() }
}

/// Names the routes of episodes, and adds those of routes. `table` has routes for hosts; `find` what was found in it, and
/// what is normal; `policy` is one [`by_routes`].
pub(super) fn add_routes<'f>(
    episodes: &mut Vec<Episode>,
    table: &Table<'_>,
    find: impl Fn(usize) -> (Found<'f>, Baseline),
    policy: &Policy,
    planned: &[Window],
) {
    let several = table.upstreams.iter().enumerate().filter(|u| u.1.hosts.len() > 1);
    for (u, upstream) in several {
        let (found, baseline) = find(u);
        for episode in episodes.iter_mut().filter(|e| is_of(e, upstream)) {
            episode.routes = confined_to(table, u, episode, baseline.rate, policy);
        }
        let drafts = scope::of_upstream(table, u, found, &baseline, policy);
        let new = drafts.into_iter().filter(|d| {
            d.scope == Scope::Host && !covered(d, episodes, table, upstream) && !is_of_few(d, upstream)
        });
        let new: Vec<Episode> = new
            .flat_map(|d| planned::split(d, table, planned, policy))
            .map(|d| of_route(facts::episode(&d, table, policy)))
            .collect();
        episodes.extend(new);
    }
    episodes.sort_by(|a, b| super::order(a).cmp(&super::order(b)));
}

/// The episodes of this upstream tell the story of the draft already.
fn covered(draft: &Draft<'_>, episodes: &[Episode], table: &Table<'_>, upstream: &Upstream<'_>) -> bool {
    let bounds = |e: &Episode| {
        let end = e.end.map_or(table.axis.end(), |t| table.axis.bucket_at(t));
        (table.axis.bucket_at(e.start), end)
    };
    let own = episodes.iter().filter(|e| e.upstreams.contains(&upstream.counts.name)).map(bounds);
    let shared = own.map(|(first, end)| end.min(draft.end).saturating_sub(first.max(draft.first)).max(0));
    shared.fold(0, i64::saturating_add) as f64 > COVERED * draft.end.saturating_sub(draft.first) as f64
}

/// All its errors went to so few clients that it is their story: a route often has but a few, so others that are served
/// are no witnesses, as they are in an upstream. Where clients cannot be told apart nothing is said.
fn is_of_few(draft: &Draft<'_>, upstream: &Upstream<'_>) -> bool {
    let own = upstream.hosts.iter().filter(|h| draft.hosts.contains(&h.name));
    let slots = own.flat_map(|h| h.range(draft.first, draft.end)).fold(0, |s, c| s | c.1.error_clients);
    upstream.told_apart && (1..=FEW_SLOTS).contains(&slots.count_ones())
}

/// The summary with routes for hosts; upstreams with one route are left out.
fn by_route(summary: &Summary, routes: &RouteCounts) -> Summary {
    let of = |u: &UpstreamCounts| -> Vec<HostSeries> {
        let own = routes.series.iter().filter(|s| s.upstream == u.name);
        own.map(|s| HostSeries { zone: String::new(), host: s.route.clone(), cells: s.cells.clone() })
            .collect()
    };
    let upstreams = summary.upstreams.iter().map(|u| UpstreamCounts { hosts: of(u), ..u.clone() });
    Summary {
        width_micros: routes.width_micros,
        upstreams: upstreams.filter(|u| u.hosts.len() > 1).collect(),
        ..Summary::default()
    }
}

fn is_of(episode: &Episode, upstream: &Upstream<'_>) -> bool {
    matches!(episode.scope, Scope::Host | Scope::Upstream)
        && matches!(&episode.upstreams[..], [one] if *one == upstream.counts.name)
}

/// The few routes that hold nearly all of the excess errors of an episode, when there are others and they are healthy.
fn confined_to(table: &Table<'_>, u: usize, episode: &Episode, p0: f64, policy: &Policy) -> Vec<String> {
    let upstream = &table.upstreams[u];
    let axis = &table.axis;
    let phases = episode.phases.iter().map(|p| (axis.bucket_at(p.0), axis.bucket_at(p.1)));
    let draft = Draft::over(u, &phases.collect::<Vec<_>>());
    let by_route = shares(upstream.hosts.iter(), &draft, p0, |h| h.name);
    let total: f64 = by_route.values().map(|s| s.excess).sum();
    let mut sorted: Vec<(&str, Share)> = by_route.iter().map(|(name, s)| (*name, *s)).collect();
    sorted.sort_by(|a, b| b.1.excess.total_cmp(&a.1.excess).then(a.0.cmp(b.0)));
    let mut sum = 0.0;
    let enough = sorted.iter().position(|s| {
        sum += s.1.excess;
        total > 0.0 && sum >= policy.zone_share * total
    });
    let asked = by_route.values().filter(|s| s.requests > 0.0).count();
    let Some(named) = enough.map(|i| i + 1).filter(|&n| n <= MOST_NAMED && 2 * n <= asked) else {
        return Vec::new();
    };
    let (blamed, others) = sorted.split_at(named);
    let (requests, errors) =
        others.iter().fold((0.0, 0.0), |sum, s| (sum.0 + s.1.requests, sum.1 + s.1.errors));
    let healthy = errors < 3.0 || errors < requests * (policy.min_ratio * p0).max(policy.min_rate);
    // a handful of requests elsewhere proves nothing
    let proven = requests * (episode.errors as f64 / episode.requests.max(1) as f64) >= 3.0;
    let mut names: Vec<String> = blamed.iter().map(|b| b.0.to_owned()).collect();
    names.sort_unstable();
    if healthy && proven { names } else { Vec::new() }
}

/// Hosts were routes.
fn of_route(mut episode: Episode) -> Episode {
    episode.routes = std::mem::take(&mut episode.hosts);
    episode.scope = Scope::Upstream;
    episode.zone = None;
    episode
}

#[cfg(test)]
mod tests {
    use super::super::tests::log::{ORIGIN, Server, app, at, bucket, log, server};
    use super::super::{Event, EventKind, Monitor, MonitorSettings};
    use super::*;
    use crate::routes::{RouteSeries, RouteSettings};
    use std::collections::BTreeMap;
    use std::ops::Range;

    /// Name, requests per bucket, and which share of them fails when.
    type Route<'a> = (&'a str, u32, &'a [(Range<i64>, f64)]);

    /// Counts of `app` by route.
    fn routes(buckets: i64, routes: &[Route<'_>]) -> RouteCounts {
        let series = routes.iter().map(|(route, requests, failing)| {
            let mut one = server("x", failing);
            one.requests = *requests;
            let log = log(buckets, &[("app", vec![one])]);
            let cells = log.upstreams[0].hosts[0].cells.clone();
            RouteSeries { upstream: "app".into(), route: (*route).into(), cells }
        });
        let mut series: Vec<_> = series.collect();
        series.sort_by(|a, b| a.route.cmp(&b.route));
        RouteCounts { width_micros: 10_000_000, cut_to: None, series }
    }

    /// The upstream's own counts: the sum of its routes at one host.
    fn whole(routes: &RouteCounts) -> Summary {
        let mut summary = app(0, &[]);
        let mut all: BTreeMap<i64, crate::Cell> = BTreeMap::new();
        for (bucket, cell) in routes.series.iter().flat_map(|s| &s.cells) {
            all.entry(*bucket).or_default().merge(cell);
        }
        summary.upstreams[0].hosts[0].cells = all.into_iter().collect();
        summary
    }

    fn find(routes: &RouteCounts, planned: &[Window]) -> Vec<Episode> {
        let (summary, policy) = (whole(routes), Policy::default());
        let findings = super::super::detect(&summary, &policy, planned);
        let found = findings.with_routes(&summary, routes, &policy, planned).episodes;
        let brief = |e: &Episode| {
            let pattern = (e.pattern, e.planned, e.scope, e.routes.clone());
            (e.start, e.end, pattern, e.requests, e.errors, e.dominant_status)
        };
        let live = live(&summary, routes, planned);
        assert_eq!(live.iter().map(brief).collect::<Vec<_>>(), found.iter().map(brief).collect::<Vec<_>>());
        found
    }

    /// What a monitor told last of each episode.
    fn live(summary: &Summary, routes: &RouteCounts, planned: &[Window]) -> Vec<Episode> {
        let mut told = BTreeMap::new();
        for event in events(summary, routes, &Policy::default(), planned) {
            match event {
                Event::Episode { kind: EventKind::Withdrawn { .. }, id, .. } => told.remove(&id),
                Event::Episode { id, episode, .. } => told.insert(id, *episode),
                _ => None,
            };
        }
        told.into_values().collect()
    }

    /// What a monitor tells that is fed bucket by bucket.
    fn events(summary: &Summary, routes: &RouteCounts, policy: &Policy, planned: &[Window]) -> Vec<Event> {
        let (policy, planned) = (policy.clone(), planned.to_vec());
        let routed = Some(RouteSettings::default());
        let mut monitor =
            Monitor::new(MonitorSettings { policy, planned, routes: routed, ..Default::default() });
        let mut events = Vec::new();
        let of = |cells: &[(i64, crate::Cell)], bucket: i64| -> Vec<_> {
            cells.iter().filter(|c| c.0 == bucket).copied().collect()
        };
        for &(bucket, _) in &summary.upstreams[0].hosts[0].cells {
            let mut whole = summary.clone();
            for host in whole.upstreams.iter_mut().flat_map(|u| &mut u.hosts) {
                host.cells = of(&host.cells, bucket);
            }
            assert!(monitor.push_summary(&whole));
            let series = routes.series.iter().map(|s| RouteSeries {
                upstream: s.upstream.clone(),
                route: s.route.clone(),
                cells: of(&s.cells, bucket),
            });
            assert!(monitor.push_routes(&RouteCounts { series: series.collect(), ..*routes }));
            events.extend(monitor.advance(monitor.newest()));
        }
        events.extend(monitor.flush());
        events
    }

    fn kinds(events: &[Event]) -> Vec<EventKind> {
        let kind = |e: &Event| if let Event::Episode { kind, .. } = e { Some(*kind) } else { None };
        events.iter().filter_map(kind).collect()
    }

    /// Half of eight requests in 2,508 fail.
    fn hidden() -> RouteCounts {
        routes(400, &[("/", 2000, &[]), ("/pay/{n}", 8, &[(200..260, 0.5)]), ("/list", 500, &[])])
    }

    /// Wherever it shows: at a route, at a host that no route shows, at an upstream whose routes show nothing.
    #[test]
    fn that_the_failing_stops_is_told_of_all() {
        use EventKind::{BecameSustained, Closed, Opened, Recovering, Settled};
        let all = [Opened, BecameSustained, Recovering, Closed, Settled];
        let default = Policy::default();
        let counts = hidden();
        assert_eq!(kinds(&events(&whole(&counts), &counts, &default, &[])), all, "a route");

        let bad = Server { requests: 10, ..server("h", &[(200..260, 0.5)]) };
        let summary = log(400, &[("app", vec![bad, Server { requests: 5000, ..server("other", &[]) }])]);
        let counts = routes(400, &[("/", 4500, &[(200..260, 0.001)]), ("/list", 510, &[])]);
        let told = events(&summary, &counts, &default, &[]);
        let Some(Event::Episode { episode, .. }) = told.last() else { panic!("an episode") };
        assert_eq!((episode.scope, &kinds(&told)[..]), (Scope::Host, &all[..]), "a host");

        let counts = routes(400, &[("/a", 40, &[(200..260, 0.8)]), ("/b", 40, &[]), ("/c", 40, &[])]);
        let deaf = Policy { h_route: 1e9, ..default };
        let told = events(&whole(&counts), &counts, &deaf, &[]);
        let Some(Event::Episode { episode, .. }) = told.last() else { panic!("an episode") };
        assert_eq!(
            (&episode.routes[..], &kinds(&told)[..]),
            (&["/a".to_owned()][..], &all[..]),
            "an upstream"
        );
    }

    #[test]
    fn hosts_take_other_evidence_than_routes() {
        let counts = hidden();
        let policy = Policy { h_host: 1e9, ..Policy::default() };
        assert!(kinds(&events(&whole(&counts), &counts, &policy, &[])).contains(&EventKind::Opened));
    }

    /// A log of more buckets than are held, taken in at once: its times get coarser, from 2 s to 16 s, and no count is
    /// lost.
    #[test]
    fn more_buckets_than_are_held() {
        let counts = hidden();
        let routed = RouteSettings { most_buckets: 300, ..RouteSettings::default() };
        let mut monitor = Monitor::new(MonitorSettings { routes: Some(routed), ..Default::default() });
        assert!(monitor.push_summary(&whole(&counts)) && monitor.push_routes(&counts));
        let told = monitor.flush();
        let Some(Event::Episode { episode, .. }) = told.last() else { panic!("an episode, found {told:?}") };
        assert_eq!((&episode.routes[..], episode.errors), (&["/pay/{n}".to_owned()][..], 240));
        assert_eq!((bucket(episode.start), episode.end.map(bucket)), (200, Some(260)));
    }

    /// Routes of another upstream say nothing of it.
    #[test]
    fn an_episode_is_named_by_its_own_routes() {
        let mut counts = routes(400, &[("/a", 40, &[(200..260, 0.8)]), ("/b", 40, &[]), ("/c", 40, &[])]);
        let mut summary = whole(&counts);
        summary.upstreams.extend(log(400, &[("zoo", vec![server("h", &[])])]).upstreams);
        let mut other = routes(400, &[("/x", 20, &[]), ("/y", 20, &[])]);
        other.series.iter_mut().for_each(|s| s.upstream = "zoo".into());
        counts.series.extend(other.series);
        let policy = Policy::default();
        let found = super::super::detect(&summary, &policy, &[]).with_routes(&summary, &counts, &policy, &[]);
        assert_eq!(found.episodes.len(), 1);
        assert_eq!(found.episodes[0].routes, ["/a"]);
    }

    /// Errors of lines of which no route is known.
    #[test]
    fn where_no_route_has_the_errors_none_is_named() {
        let summary = whole(&routes(400, &[("/a", 40, &[(200..260, 0.8)]), ("/b", 40, &[])]));
        let counts = routes(400, &[("/a", 40, &[]), ("/b", 40, &[])]);
        let policy = Policy::default();
        let found = super::super::detect(&summary, &policy, &[]).with_routes(&summary, &counts, &policy, &[]);
        assert_eq!(found.episodes.len(), 1);
        assert_eq!(found.episodes[0].routes, [""; 0]);
    }

    /// Three tenths of a route's failing told already, and more.
    #[test]
    fn what_is_covered() {
        let summary = app(720, &[(300..360, 0.5)]);
        let policy = Policy::default();
        let table = Table::new(&summary, &policy).unwrap();
        let episode = super::super::detect(&summary, &policy, &[]).episodes.remove(0);
        let covered = |buckets: i64| {
            let told = Episode { start: at(300), end: Some(at(300 + buckets)), ..episode.clone() };
            let draft = Draft::over(0, &[(ORIGIN + 300, ORIGIN + 310)]);
            covered(&draft, &[told], &table, &table.upstreams[0])
        };
        assert_eq!([3, 4].map(covered), [false, true]);
    }

    #[test]
    fn an_upstreams_episode_is_named_by_the_routes_it_is_confined_to() {
        const OUTAGE: &[(Range<i64>, f64)] = &[(200..260, 0.8)];
        for (name, counts, expected) in [
            ("one of three", vec![("/a", 40, OUTAGE), ("/b", 40, &[][..]), ("/c", 40, &[])], vec!["/a"]),
            ("all", vec![("/a", 40, OUTAGE), ("/b", 40, OUTAGE), ("/c", 40, OUTAGE)], vec![]),
            ("one of one", vec![("/a", 40, OUTAGE)], vec![]),
            ("nobody asks for the other", vec![("/a", 400, OUTAGE), ("/b", 0, &[])], vec![]),
            (
                "two of four",
                vec![("/a", 40, OUTAGE), ("/b", 40, OUTAGE), ("/c", 40, &[]), ("/d", 40, &[])],
                vec!["/a", "/b"],
            ),
        ] {
            let found = find(&routes(400, &counts), &[]);
            let [episode] = &found[..] else { panic!("{name}: one episode, found {found:?}") };
            assert_eq!(episode.routes, expected, "{name}");
            assert_eq!(episode.scope, Scope::Upstream, "{name}");
        }
    }

    #[test]
    fn a_route_too_small_for_its_upstream_is_found() {
        let small: &[(Range<i64>, f64)] = &[(200..260, 0.5)];
        let counts = routes(400, &[("/", 2000, &[]), ("/pay/{n}", 8, small), ("/list", 500, &[])]);
        let found = find(&counts, &[]);
        let [episode] = &found[..] else { panic!("one episode, found {found:?}") };
        assert_eq!((episode.routes.as_slice(), episode.hosts.len()), (&["/pay/{n}".to_owned()][..], 0));
        assert_eq!((bucket(episode.start), episode.end.map(bucket)), (200, Some(260)));
        assert_eq!((episode.requests, episode.errors), (480, 240));
        let window = Window { start: episode.start, end: episode.end.expect("over"), upstream: "app".into() };
        assert!(find(&counts, &[window])[0].planned);
    }

    #[test]
    fn one_client_s_errors_are_no_route_s() {
        let storm: &[(Range<i64>, f64)] = &[(200..260, 1.0)];
        let mut counts = routes(400, &[("/", 2000, &[]), ("/report", 8, storm), ("/list", 500, &[])]);
        for (_, cell) in &mut counts.series[2].cells {
            cell.error_clients = u64::from(cell.errors > 0);
        }
        assert_eq!(counts.series[2].route, "/report");
        assert_eq!(find(&counts, &[]), []);
    }

    #[test]
    fn one_story_is_not_told_twice() {
        let long: &[(Range<i64>, f64)] = &[(200..260, 0.9)];
        let inside: &[(Range<i64>, f64)] = &[(210..250, 0.9)];
        let found = find(&routes(400, &[("/a", 400, long), ("/b", 400, long), ("/c", 9, inside)]), &[]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn quiet_routes_and_unknown_upstreams_say_nothing() {
        let quiet = routes(400, &[("/", 2000, &[]), ("/a", 8, &[]), ("/b", 500, &[])]);
        assert_eq!(find(&quiet, &[]), []);
        let mut other = routes(400, &[("/", 200, &[(200..260, 0.5)]), ("/a", 8, &[])]);
        let summary = whole(&other);
        other.series.iter_mut().for_each(|s| s.upstream = "gone".into());
        let before = super::super::detect(&summary, &Policy::default(), &[]);
        assert_eq!(before.clone().with_routes(&summary, &other, &Policy::default(), &[]), before);
    }

    #[test]
    fn routes_take_their_own_evidence() {
        let policy = Policy { h_host: 1.0, h_route: 99.0, ..Policy::default() };
        assert_eq!(by_routes(&policy), Policy { h_host: 99.0, ..policy });
    }

    /// The routes that the first episode of these is confined to; `p0` is normal.
    fn confined(counts: &RouteCounts, p0: f64) -> Vec<String> {
        let (summary, policy) = (whole(counts), by_routes(&Policy::default()));
        let episode = &super::super::detect(&summary, &policy, &[]).episodes[0];
        let by_route = by_route(&summary, counts);
        let table = Table::new(&by_route, &policy).unwrap();
        confined_to(&table, 0, episode, p0, &policy)
    }

    /// `bad` of `all` routes fail half of 20 requests.
    #[test]
    fn few_of_many_routes() {
        let named = |bad: usize, all: usize| {
            let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
            let half = [(300..360, 0.5)];
            let one = |i: usize| (names[i], 20, if i < bad { &half[..] } else { &[] });
            confined(&routes(720, &(0..all).map(one).collect::<Vec<_>>()), 0.001).len()
        };
        assert_eq!([named(1, 2), named(2, 3), named(2, 4), named(3, 6), named(4, 8)], [1, 0, 2, 3, 0]);
        let bad = &[(300..360, 0.5)][..];
        let unasked = routes(720, &[("a", 20, bad), ("b", 20, bad), ("c", 20, &[]), ("d", 0, &[])]);
        assert_eq!(confined(&unasked, 0.001), [""; 0], "two of three that are asked for");
    }

    /// 600 errors of `a` are 91 % of all, 60 are of `b`; with `c` the others have so many requests.
    #[test]
    fn the_other_routes_are_healthy() {
        let named = |c: u32, p0: f64| {
            let counts =
                routes(720, &[("a", 20, &[(300..360, 0.5)]), ("b", 20, &[(300..360, 0.05)]), ("c", c, &[])]);
            confined(&counts, p0)
        };
        assert_eq!(named(81, 0.001), ["a"], "60 of 6060");
        assert_eq!(named(80, 0.001), [""; 0], "1 %");
        assert_eq!(named(50, 0.005), ["a"], "60 of 4200 where three times 0.5 % are normal");
        assert_eq!(named(46, 0.005), [""; 0], "60 of 3960");
    }

    #[test]
    fn a_handful_elsewhere_proves_nothing() {
        let named = |failing: &[(Range<i64>, f64)], requests: u32, asked: Range<i64>| {
            let mut counts = routes(720, &[("a", 20, &[(300..360, 0.5)]), ("b", requests, failing)]);
            counts.series[1].cells.retain(|c| asked.contains(&(c.0 - ORIGIN)));
            confined(&counts, 0.001)
        };
        assert_eq!(named(&[(300..301, 1.0)], 2, 0..720), ["a"], "two errors are none");
        assert_eq!(named(&[(300..302, 1.0)], 2, 0..720), [""; 0], "four of 120");
        assert_eq!(named(&[(300..303, 1.0)], 1, 0..720), [""; 0], "three of 60");
        // half as many errors as requests were to be expected of them: three at least
        assert_eq!(named(&[], 1, 300..307), ["a"]);
        assert_eq!(named(&[], 1, 300..306), [""; 0]);
    }
}
