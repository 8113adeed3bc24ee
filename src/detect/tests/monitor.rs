//! The monitor against the batch detector, and what only a monitor has to keep: bounds, order, its own state.

use super::laws::random_log;
use super::*;
use crate::detect::segments::{naive, segments};
use crate::detect::table::{Point, Series, Sums};
use crate::time::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn settings() -> MonitorSettings {
    MonitorSettings::default()
}

/// Everything a monitor tells of a log that is fed bucket by bucket.
fn events(log: &Summary) -> Vec<Event> {
    let mut monitor = Monitor::new(settings());
    let mut events = feed(&mut monitor, log, i64::MIN..i64::MAX);
    events.extend(monitor.flush());
    events
}

/// Feeds the buckets of `range` in order, advancing with each.
fn feed(monitor: &mut Monitor, log: &Summary, range: Range<i64>) -> Vec<Event> {
    let mut empty = log.clone();
    empty.upstreams.iter_mut().for_each(|u| {
        u.hosts.clear();
        u.client_codes.clear();
    });
    let mut by_bucket: BTreeMap<i64, Summary> = BTreeMap::new();
    for (u, upstream) in log.upstreams.iter().enumerate() {
        for host in &upstream.hosts {
            for &(bucket, cell) in host.cells.iter().filter(|c| range.contains(&(c.0 - ORIGIN))) {
                let part = by_bucket.entry(bucket).or_insert_with(|| empty.clone());
                let cells = vec![(bucket, cell)];
                part.upstreams[u].hosts.push(crate::aggregate::HostSeries { cells, ..host_name(host) });
            }
        }
    }
    for (u, upstream) in log.upstreams.iter().enumerate() {
        for code in &upstream.client_codes {
            if let Some(part) = by_bucket.get_mut(&code.0) {
                part.upstreams[u].client_codes.push(*code);
            }
        }
    }
    let mut events = Vec::new();
    for part in by_bucket.values() {
        assert!(monitor.push_summary(part));
        events.extend(monitor.advance(monitor.newest()));
    }
    events
}

fn host_name(host: &crate::aggregate::HostSeries) -> crate::aggregate::HostSeries {
    crate::aggregate::HostSeries { zone: host.zone.clone(), host: host.host.clone(), cells: Vec::new() }
}

/// The kinds of events per episode, and each episode as it was told last; withdrawn ones are left out.
fn last(events: &[Event]) -> Vec<(Vec<EventKind>, Episode)> {
    let mut all: BTreeMap<u64, (Vec<EventKind>, Episode)> = BTreeMap::new();
    for event in events {
        let Event::Episode { kind, id, episode, .. } = event else { continue };
        let entry = all.entry(*id).or_insert_with(|| (Vec::new(), (**episode).clone()));
        entry.0.push(*kind);
        entry.1 = (**episode).clone();
    }
    all.into_values().filter(|e| !matches!(e.0.last(), Some(EventKind::Withdrawn { .. }))).collect()
}

#[test]
fn tells_what_batch_finds() {
    use EventKind::{BecameSustained, Closed, Opened, Recovering, Relapsed, ScopeChanged, Settled};
    let host = |zone, name: &str, failing: &[(Range<i64>, f64)]| Server { zone, ..server(name, failing) };
    let bad = [(300..360, 0.5)];
    let busy = || Server { requests: 2000, ..server("busy", &[]) };
    let two = |name, failing: &[(Range<i64>, f64)]| {
        (name, vec![host("a", &format!("{name}1"), failing), host("b", &format!("{name}2"), failing)])
    };
    let cases: Vec<(&str, Summary, &[EventKind])> = vec![
        ("quiet", app(720, &[]), &[]),
        ("blip", app(720, &[(300..306, 0.5)]), &[Opened, Recovering, Closed, Settled]),
        ("sustained", app(720, &bad), &[Opened, BecameSustained, Recovering, Closed, Settled]),
        (
            "small but long",
            app(720, &[(200..500, 0.05)]),
            &[Opened, BecameSustained, Recovering, Closed, Settled],
        ),
        (
            "relapse",
            app(720, &[(300..320, 0.5), (340..360, 0.5)]),
            &[Opened, Recovering, Closed, Relapsed, BecameSustained, Recovering, Closed, Settled],
        ),
        (
            "flapping",
            app(720, &[(300..312, 0.5), (324..336, 0.5), (348..360, 0.5)]),
            &[
                Opened,
                Recovering,
                Closed,
                Relapsed,
                Recovering,
                Closed,
                Relapsed,
                BecameSustained,
                Recovering,
                Closed,
                Settled,
            ],
        ),
        ("ongoing", app(720, &[(660..720, 0.3)]), &[Opened, BecameSustained]),
        (
            "one host",
            log(720, &[("app", vec![host("", "h1", &bad), host("", "h2", &[]), host("", "h3", &[])])]),
            &[Opened, BecameSustained, Recovering, Closed, Settled],
        ),
        (
            "a host that its upstream hides",
            log(720, &[("app", vec![busy(), Server { requests: 9, ..server("h1", &bad) }])]),
            &[Opened, BecameSustained, Recovering, Closed, Settled],
        ),
        (
            "no host, beside a busy one",
            log(720, &[("app", vec![busy(), Server { requests: 9, ..server(NO_HOST, &bad) }])]),
            &[],
        ),
        (
            "everything, one upstream a minute after the other",
            log(720, &[two("blog", &bad), two("shop", &[(306..360, 0.5)])]),
            &[Opened, ScopeChanged, BecameSustained, Recovering, Closed, Settled],
        ),
    ];
    for (name, log, kinds) in cases {
        let batch = find(&log).episodes;
        let live = last(&events(&log));
        let brief = |e: &Episode| {
            let scope = (e.scope, e.upstreams.clone(), e.hosts.clone(), e.zone.clone());
            // of one that goes on, what was told last is not what is known last
            let errors = e.end.map(|_| e.errors);
            (bucket(e.start), e.end.map(bucket), e.pattern, e.would_be, scope, errors, e.relapses)
        };
        let live_brief: Vec<_> = live.iter().map(|e| brief(&e.1)).collect();
        assert_eq!(live_brief, batch.iter().map(brief).collect::<Vec<_>>(), "{name}");
        assert_eq!(live.first().map_or(&[][..], |e| &e.0), kinds, "{name}");
        for (e, b) in live.iter().map(|e| &e.1).zip(&batch) {
            assert!(b.detected_at <= e.detected_at, "{name}");
            assert_eq!((e.peak_rate, e.dominant_status), (b.peak_rate, b.dominant_status), "{name}");
        }
    }
}

#[test]
fn two_that_turn_out_to_be_one() {
    let host = |failing: &[(Range<i64>, f64)]| vec![server("h", failing)];
    let mut names = vec![("a", host(&[(300..360, 0.5)])), ("b", host(&[(302..360, 0.5)]))];
    names.extend([("c", host(&[(304..360, 0.5)])), ("d", host(&[]))]);
    let told = events(&log(720, &names));
    let withdrawn: Vec<_> = told
        .iter()
        .filter_map(|e| match e {
            Event::Episode { kind: EventKind::Withdrawn { into }, id, .. } => Some((*id, *into)),
            _ => None,
        })
        .collect();
    assert_eq!(withdrawn, [(1, Some(0))]);
    let left = last(&told);
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].1.scope, left[0].1.upstreams.len()), (Scope::Global, 3));
}

#[test]
fn what_it_reads() {
    let width = |bucket| {
        let policy = Policy { bucket, ..Policy::default() };
        Monitor::new(MonitorSettings { policy, ..settings() }).width_micros()
    };
    assert_eq!([10.0, 2.5, 0.1].map(width), [10_000_000, 2_500_000, 1_000_000]);
    let format = crate::Template::nginx("$time_iso8601 $status $upstream_addr $http_cookie").unwrap();
    let schema = crate::Format::schema(&format);
    let wanted = Monitor::new(settings()).wanted(schema);
    let names = [crate::Field::Time, crate::Field::Status, crate::Field::UpstreamAddr];
    assert!(names.iter().all(|&field| wanted.contains(field)));
}

/// Told while it goes on or found when it is over, the errors are the same share of what is allowed at the same traffic.
#[test]
fn what_it_costs() {
    let log = app(720, &[(300..360, 0.5)]);
    let (batch, told) = (only(&log), last(&events(&log)));
    assert_eq!((told[0].1.severity, batch.severity), (Severity::Page, Severity::Page));
    assert!((told[0].1.budget_burned - batch.budget_burned).abs() < 0.01 * batch.budget_burned);
}

/// Bursts of one client are an outage where one address stands for all clients, live as in batch.
#[test]
fn clients_behind_one_address() {
    let mut log = app(720, &[]);
    for (bucket, cell) in &mut log.upstreams[0].hosts[0].cells {
        let at = *bucket - ORIGIN;
        if (300..480).contains(&at) && at % 20 == 0 {
            (cell.errors, cell.s500, cell.error_clients) = (12, 12, 1);
        }
    }
    assert_eq!((find(&log).episodes.len(), last(&events(&log)).len()), (0, 0));
    log.upstreams[0].clients = [0; 64];
    log.upstreams[0].clients[7] = 100;
    let starts = |episodes: &[Episode]| episodes.iter().map(|e| bucket(e.start)).collect::<Vec<_>>();
    let live: Vec<Episode> = last(&events(&log)).into_iter().map(|e| e.1).collect();
    assert_eq!(starts(&live)[0], 300);
    assert_eq!(starts(&live), starts(&find(&log).episodes));
}

/// A thousand requests and ten minutes are enough to know what is normal; till then it is the cap. A log of 0.2 requests/s
/// shows 2 % within an hour, live as in batch.
#[test]
fn what_is_normal_and_what_could_be_seen() {
    let mut monitor = Monitor::new(MonitorSettings { lateness: 0.0, ..settings() });
    let mut normal = Vec::new();
    for bucket in 0..=60 {
        monitor.push_cell("app", "", "h", ORIGIN + bucket, &Cell { requests: 40, ..Cell::default() });
        monitor.advance(monitor.newest());
        normal.extend(monitor.upstreams().map(|u| u.health.baseline));
    }
    assert!(normal[..60].iter().all(|&p| p.to_bits() == f64::to_bits(0.02)));
    assert_eq!(normal[60].to_bits(), f64::to_bits(0.001));

    let thin = log(720, &[("app", vec![Server { requests: 2, ..server("h", &[]) }])]);
    let mut monitor = Monitor::new(settings());
    feed(&mut monitor, &thin, 0..720);
    monitor.flush();
    let live: Vec<_> = monitor.upstreams().map(|u| u.health).collect();
    assert_eq!(live[0].min_visible_rate, Some(0.02));
    assert_eq!(live, find(&thin).upstreams);
}

/// What is over for good is none of the monitor's episodes any more.
#[test]
fn what_is_settled_is_forgotten() {
    let log = app(720, &[(300..360, 0.5)]);
    let mut monitor = Monitor::new(settings());
    let counts: Vec<usize> = [0..200, 200..350, 350..400, 400..720]
        .into_iter()
        .map(|range| {
            feed(&mut monitor, &log, range);
            monitor.episodes().count()
        })
        .collect();
    assert_eq!(counts, [0, 1, 0, 0]);
}

/// When all traffic stops time goes on: what was closed settles 310 s after its end.
#[test]
fn an_episode_settles_in_silence() {
    let mut monitor = Monitor::new(settings());
    feed(&mut monitor, &app(720, &[(300..360, 0.5)]), 0..370);
    let told = monitor.advance(at(391).plus_micros(2_000_000));
    let [Event::Episode { kind: EventKind::Settled, at: told_at, .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(bucket(*told_at), 391);
}

/// What a summary tells besides its cells is there when the first of them are read: an upstream seen for the first time
/// is none to be forgotten.
#[test]
fn a_whole_log_at_once() {
    let mut log = app(720, &[(0..60, 0.5), (650..700, 0.5)]);
    log.upstreams[0].causes = vec![(Status::new(502).unwrap(), Cause::ConnectRefused, 2200)];
    let mut monitor = Monitor::new(settings());
    assert!(monitor.push_summary(&log));
    let told = last(&monitor.flush());
    let batch: Vec<_> = find(&log).episodes.iter().map(|e| e.cause).collect();
    assert_eq!(batch, [Some(Cause::ConnectRefused); 2]);
    assert_eq!(told[0].1.cause, batch[0]);
}

#[test]
fn silence_is_told_when_it_is_over() {
    let mut log = app(720, &[(300..400, 0.5)]);
    log.upstreams[0].hosts[0].cells.retain(|c| c.0 < ORIGIN + 310 || c.0 >= ORIGIN + 350);
    let told = events(&log);
    let gaps: Vec<_> = told
        .iter()
        .filter_map(|e| match e {
            Event::Gap { gap, .. } => Some(gap.clone()),
            Event::Episode { .. } | Event::Surge { .. } => None,
        })
        .collect();
    assert_eq!(gaps, find(&log).gaps);
    assert_eq!(last(&told).len(), 1, "no recovery meanwhile");
}

#[test]
fn late_lines_and_lines_of_the_future() {
    let cell = Cell { requests: 3, ..Cell::default() };
    let mut monitor = Monitor::new(settings());
    assert!(monitor.push_cell("app", "", "h", 100, &cell));
    assert!(monitor.push_cell("app", "", "h", 90, &cell), "nothing is decided yet");
    assert!(monitor.push_cell("app", "", "h", 1_000_000, &cell));
    monitor.advance(Timestamp::from_micros(1_050_000_000)); // 30 s are waited for
    assert!(monitor.push_cell("app", "", "h", 102, &cell));
    assert!(!monitor.push_cell("app", "", "h", 101, &cell));
    assert_eq!((monitor.late(), monitor.ahead()), (3, 3));
    monitor.flush();
    assert_eq!(monitor.upstreams().map(|u| u.requests).collect::<Vec<_>>(), [9]);
}

#[test]
fn the_end_of_time() {
    for bucket in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        let mut monitor = Monitor::new(settings());
        let cell = Cell { requests: 100, errors: 90, s500: 90, ..Cell::default() };
        for b in [bucket, bucket, bucket.saturating_add(1), bucket.saturating_add(40)] {
            monitor.push_cell("app", "", "h", b, &cell);
            monitor.advance(Timestamp::from_micros(i64::MAX));
        }
        monitor.flush();
        monitor.save();
    }
}

/// One upstream fails for good, another flaps: all there is to remember. A million responses.
#[test]
fn memory_is_flat() {
    let mut monitor = Monitor::new(MonitorSettings { max_series: 10, ..settings() });
    let (mut early, mut most) = (0, 0);
    for bucket in 0..6000i64 {
        for host in 0..12 {
            let failing = bucket > 200 && (host % 5 == 0 || bucket / 40 % 2 == 0);
            let errors = if failing { 8 } else { 0 };
            let cell = Cell { requests: 15, errors, s502: errors, ..Cell::default() };
            let upstream = if host % 5 == 0 { "forever" } else { "flapping" };
            // pods come and go
            let name = format!("h{host}-{}", bucket / 1000);
            monitor.push_cell(upstream, "", &name, bucket, &cell);
        }
        if bucket % 20 == 19 {
            monitor.advance(monitor.newest());
            let size = monitor.save().entries();
            if bucket < 1500 {
                early = early.max(size);
            }
            most = most.max(size);
        }
    }
    assert!(most <= early * 5 / 4, "{most} entries, {early} in the first quarter");
}

#[test]
fn what_is_over_the_bound_is_counted_under_other() {
    let mut monitor = Monitor::new(MonitorSettings { max_series: 4, ..settings() });
    let cell = Cell { requests: 1, ..Cell::default() };
    for i in 0..50 {
        monitor.push_cell(&format!("app{}", i % 10), "", &format!("h{i}"), 100, &cell);
    }
    monitor.flush();
    let all: Vec<_> = monitor.upstreams().map(|u| (u.health.upstream, u.requests)).collect();
    assert_eq!(all.iter().map(|u| u.1).sum::<u64>(), 50);
    assert!(all.len() <= 5 && all[0].0 == crate::aggregate::OTHER, "{all:?}");
}

/// Two hours of so many responses per bucket at one host; `count(bucket)` of them are 404s of clients that change every 200 s.
fn with_404s(requests: u32, count: impl Fn(i64) -> u32) -> Summary {
    let mut log = log(720, &[("app", vec![Server { requests, ..server("h1", &[]) }])]);
    let status = crate::status::Status::new(404).expect("below 1000");
    let cell = |b: i64| crate::aggregate::CodeCell { responses: count(b), clients: 1 << (b / 20) };
    let codes = (0..720).map(|b| (ORIGIN + b, status, cell(b))).filter(|c| c.2.responses > 0);
    log.upstreams[0].client_codes = codes.collect();
    log
}

fn surges(events: &[Event]) -> Vec<(EventKind, Timestamp, crate::detect::Surge)> {
    let surge = |e: &Event| match e {
        Event::Surge { kind, at, surge } => Some((*kind, *at, (**surge).clone())),
        _ => None,
    };
    events.iter().filter_map(surge).collect()
}

#[test]
fn surges_are_those_of_batch() {
    type Count = fn(i64) -> u32;
    let cases: [(&str, Count); 10] = [
        ("a stretch", |b| if (300..360).contains(&b) { 20 } else { 0 }),
        ("a relapse", |b| if (300..330).contains(&b) || (340..400).contains(&b) { 16 } else { 0 }),
        ("two", |b| if (200..230).contains(&b) || (500..560).contains(&b) { 12 } else { 0 }),
        ("usual", |_| 6),
        ("more than usual", |b| if (300..360).contains(&b) { 40 } else { 4 }),
        ("a burst", |b| if b == 300 { 60 } else { 0 }),
        ("a tenth", |b| if (300..360).contains(&b) { 4 } else { 0 }),
        ("longer than what is kept of each bucket", |b| if (300..520).contains(&b) { 20 } else { 0 }),
        ("a relapse after as long as it may take", |b| {
            if (300..330).contains(&b) || (360..400).contains(&b) { 16 } else { 0 }
        }),
        ("few", |b| if (300..302).contains(&b) { 20 } else { 0 }),
    ];
    for (name, count) in cases {
        let log = with_404s(if name == "a burst" { 100 } else { 40 }, count);
        let batch = crate::detect::detect(&log, &Policy::default(), &[]).surges;
        let told = surges(&events(&log));
        let closed: Vec<_> = told.iter().filter(|t| t.0 == EventKind::Closed).map(|t| t.2.clone()).collect();
        assert_eq!(told.len(), 2 * closed.len(), "{name}: each is opened and closed");
        let over = told.iter().filter(|t| t.0 == EventKind::Closed);
        assert!(over.clone().all(|t| t.2.end.is_some_and(|end| bucket(t.1) == bucket(end) + 31)), "{name}");
        let times =
            |s: &crate::detect::Surge| (s.start, s.end, s.requests, s.responses, s.clients, s.many_clients);
        assert_eq!(
            closed.iter().map(times).collect::<Vec<_>>(),
            batch.iter().map(times).collect::<Vec<_>>(),
            "{name}"
        );
    }
    let log = with_404s(40, |b| if b >= 600 { 20 } else { 0 });
    let told = surges(&events(&log));
    let [(EventKind::Opened, at, surge)] = &told[..] else { panic!("one that goes on, found {told:?}") };
    assert_eq!((bucket(surge.start), surge.end), (600, None));
    assert!(bucket(*at) <= 606, "{at}");
}

#[test]
fn a_restart_loses_no_surge() {
    let log = with_404s(40, |b| if (300..360).contains(&b) { 20 } else { u32::from(b % 9 == 0) });
    let expected = events(&log);
    assert_eq!(surges(&expected).len(), 2);
    for at in [100, 299, 301, 303, 340, 365, 400] {
        let mut monitor = Monitor::new(settings());
        let mut told = feed(&mut monitor, &log, 0..at);
        monitor = restart(monitor);
        told.extend(feed(&mut monitor, &log, at..720));
        told.extend(monitor.flush());
        assert_eq!(told, expected, "restarted at {at}");
    }
}

/// What a restart does to the state.
fn restart(monitor: Monitor) -> Monitor {
    restart_with(monitor, settings())
}

fn restart_with(mut monitor: Monitor, settings: MonitorSettings) -> Monitor {
    let state = monitor.save();
    #[cfg(feature = "serde")]
    let state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
    Monitor::resume(settings, state)
}

#[test]
fn a_restart_changes_nothing() {
    let failing = [(250..280, 0.5), (300..320, 0.4), (400..520, 0.02)];
    let log = log(720, &[("app", vec![server("h1", &failing), server("h2", &[])])]);
    let expected = events(&log);
    for at in [0, 1, 200, 252, 281, 305, 340, 410, 500, 530, 719] {
        let mut monitor = Monitor::new(settings());
        let mut told = feed(&mut monitor, &log, 0..at);
        monitor = restart(monitor);
        told.extend(feed(&mut monitor, &log, at..720));
        told.extend(monitor.flush());
        assert_eq!(told, expected, "restarted at {at}");
    }
}

fn thin_series() -> impl Strategy<Value = Series> {
    let failing = (0u64..400, 1u64..120, 0.02f64..1.0);
    let bucket = (1i64..40, 0u64..30, any::<u64>());
    let buckets = proptest::collection::vec(bucket, 1..500);
    (proptest::collection::vec(failing, 0..5), buckets, 0.0f64..0.3).prop_map(|(failing, buckets, sparse)| {
        let mut at = 0;
        let points: Vec<Point> = buckets
            .into_iter()
            .zip(0u64..)
            .map(|((step, requests, noise), i)| {
                at += if (noise % 100) as f64 <= 100.0 * sparse { step } else { 1 };
                let share = failing.iter().find(|f| (f.0..f.0 + f.1).contains(&i)).map_or(0.003, |f| f.2);
                let requests = requests + 1;
                let errors = (0..requests).filter(|r| {
                    let draw = noise.rotate_left((r * 7 % 64) as u32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    ((draw >> 11) as f64) / ((1u64 << 53) as f64) < share
                });
                let errors = errors.count() as u64;
                Point { bucket: at, sums: Sums { requests, errors, capped: errors } }
            })
            .collect();
        Series::from_points(points.into_iter())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_finds_what_its_twin_finds(
        series in thin_series(),
        rate in 0.001f64..0.02,
        dispersion in 1.0f64..4.0,
    ) {
        let policy = Policy::default();
        let mut axis = table::Axis::new(10_000_000, 10.0).unwrap();
        axis.cover(series.buckets()[0], series.buckets()[series.len() - 1]);
        let baseline = Baseline { rate, dispersion, known: 100.0, chronic: false };
        let expected = naive::segments(&series, &axis, &baseline, policy.h, &policy);
        prop_assert_eq!(segments(&series, &axis, &baseline, policy.h, &policy), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_make_sense(log in random_log()) {
        let told = events(&log);
        let mut open: BTreeMap<u64, bool> = BTreeMap::new();
        let mut before = i64::MIN;
        for event in &told {
            let Event::Episode { kind, at, id, episode: e } = event else { continue };
            prop_assert!(before <= at.as_micros());
            before = at.as_micros();
            let known = open.get(id).copied();
            match kind {
                EventKind::Opened => prop_assert_eq!(known, None),
                EventKind::Settled => prop_assert_eq!(known, Some(false)),
                _ => prop_assert!(known.is_some()),
            }
            if matches!(kind, EventKind::Settled | EventKind::Withdrawn { .. }) {
                open.remove(id);
                continue;
            }
            open.insert(*id, e.end.is_none());
            prop_assert!(e.start < *at && e.errors <= e.requests && e.evidence > 0.0);
            prop_assert!(e.phases.iter().all(|p| p.0 < p.1) && e.phases.windows(2).all(|w| w[0].1 < w[1].0));
        }
        prop_assert_eq!(events(&log), told);
    }
}

/// Requests that are stamped with their start and time out after two minutes are written two minutes later.
#[test]
fn requests_that_time_out_are_not_too_late() {
    use crate::format::{Format, Line};
    let format =
        crate::template::Template::envoy("%START_TIME% %RESPONSE_CODE% %DURATION%").expect("a format");
    // by the second of writing: a quick answer each second, and from 1200 s on for ten minutes a timeout as well
    let mut lines: Vec<(i64, i64, u16)> = (0..3600).map(|s| (s, 0, 200)).collect();
    lines.extend((1200..1800).map(|s| (s + 120, 120, 504)));
    lines.sort_unstable();
    let mut monitor = Monitor::new(settings());
    monitor.begin("envoy.log", &format);
    let mut events = Vec::new();
    for (written, took, status) in lines {
        let started = Timestamp::from_micros((1_700_000_000 + written - took) * 1_000_000);
        let line = format!("{started} {status} {}", took * 1000);
        let mut spans = crate::record::Spans::new();
        let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
        monitor.push(&record);
        events.extend(monitor.advance(Timestamp::from_micros((1_700_000_000 + written) * 1_000_000)));
    }
    let [(kinds, episode)] = &last(&events)[..] else { panic!("one episode, found {events:?}") };
    assert!(kinds.contains(&EventKind::BecameSustained) && kinds.contains(&EventKind::Closed), "{kinds:?}");
    assert_eq!((episode.errors, monitor.late()), (600, 0));
    assert_eq!(episode.start.as_micros() / 1_000_000, 1_700_001_320);
}

/// What is told, with its second, of 20 answers a second from second 0 on, all of which are 502 where `fails` says so;
/// the monitor is advanced every `step` seconds.
fn told_of(seconds: i64, step: i64, fails: impl Fn(i64) -> bool) -> Vec<(EventKind, i64)> {
    use crate::format::{Format, Line};
    let format = crate::template::Template::nginx(r#"$msec "$proxy_host" $status"#).expect("a format");
    let mut monitor = Monitor::new(MonitorSettings { least_lateness: 2.0, lateness: 2.0, ..settings() });
    monitor.begin("access.log", &format);
    let mut told = Vec::new();
    for second in 0..seconds {
        let line =
            format!(r#"{}.500 "app" {}"#, 1_700_000_000 + second, if fails(second) { 502 } else { 200 });
        let mut spans = crate::record::Spans::new();
        for _ in 0..20 {
            let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else {
                panic!("{line}")
            };
            monitor.push(&record);
        }
        if second % step == step - 1 {
            let watermark = Timestamp::from_micros((1_700_000_001 + second) * 1_000_000);
            let events = monitor.advance(watermark);
            for at in
                events.iter().filter_map(|e| if let Event::Episode { at, .. } = e { Some(*at) } else { None })
            {
                let waited = watermark.micros_since(at) / 1_000_000;
                assert!((2..2 + step).contains(&waited), "told as soon as lines have come for 2 s: {waited}");
            }
            told.extend(events);
        }
    }
    told.extend(monitor.flush());
    let kind = |e: &Event| match e {
        Event::Episode { kind, at, .. } => Some((*kind, at.as_micros() / 1_000_000 - 1_700_000_000)),
        _ => None,
    };
    told.iter().filter_map(kind).collect()
}

#[test]
fn the_end_is_told_within_seconds() {
    use EventKind::{BecameSustained, Closed, Opened, Recovering, Settled};
    for end in 1600..1610 {
        let told = told_of(2100, 1, |second| (1200..end).contains(&second));
        let kinds: Vec<_> = told.iter().map(|t| t.0).collect();
        assert_eq!(kinds, [Opened, BecameSustained, Recovering, Closed, Settled], "{end}");
        // six seconds without any, from the part of two seconds on in which the last came
        let recovering = told[2].1;
        assert!((end + 6..=end + 7).contains(&recovering), "stopped at {end}, told at {recovering}");
        assert_eq!(told[3].1, (end + 9) / 10 * 10 + 30);
        assert_eq!(told_of(2100, 30, |second| (1200..end).contains(&second)), told, "steps do not show");
    }
}

#[test]
fn hope_that_fails_is_slower_to_return() {
    use EventKind::{BecameSustained, Closed, Opened, Recovering, Relapsed, Settled};
    // a crash loop: it answers for so many seconds of 40
    let told = |good: i64| told_of(2400, 1, |s| (1200..1800).contains(&s) && (s - 1200) % 40 < 40 - good);
    let kinds = |good: i64| told(good).iter().map(|t| t.0).collect::<Vec<_>>();
    assert_eq!(kinds(4), [Opened, BecameSustained, Recovering, Closed, Settled]);
    let short = [Opened, Recovering, Relapsed, BecameSustained, Recovering, Closed, Settled];
    assert_eq!(kinds(8), short, "the second time 12 s are waited for");
    let hopes = told(26).iter().filter(|t| t.0 == Recovering).count();
    assert_eq!(hopes, 3, "after 6, 12 and 24 s; then only what closes it is told");
}

/// A monitor of routes, and what it tells of `lines` seconds, from which it may be restarted at one.
fn told_of_routes(
    seconds: i64,
    restarted: Option<i64>,
    requests: impl Fn(i64) -> Vec<(String, u16)>,
) -> (Vec<Event>, MonitorState) {
    use crate::format::{Format, Line};
    let format =
        crate::template::Template::nginx(r#"$msec "$proxy_host" $status "$request""#).expect("a format");
    let settings = || {
        let routes = crate::routes::RouteSettings { most_routes: 20, ..Default::default() };
        MonitorSettings { routes: Some(routes), ..settings() }
    };
    let mut monitor = Monitor::new(settings());
    monitor.begin("access.log", &format);
    let mut told = Vec::new();
    for second in 0..seconds {
        if restarted == Some(second) {
            monitor = restart_with(monitor, settings());
            monitor.begin("access.log", &format);
        }
        for (target, status) in requests(second) {
            let time = 1_700_000_000 + second;
            let line = format!(r#"{time}.500 "app" {status} "GET {target} HTTP/1.1""#);
            let mut spans = crate::record::Spans::new();
            let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else {
                panic!("{line}")
            };
            monitor.push(&record);
        }
        told.extend(monitor.advance(monitor.newest()));
    }
    told.extend(monitor.flush());
    (told, monitor.save())
}

/// Twenty requests a second, two of them payments, which fail from second 1200 to 1600.
fn shop(second: i64) -> Vec<(String, u16)> {
    let payment = if (1200..1600).contains(&second) { 502 } else { 200 };
    let mut all: Vec<_> = (0..190).map(|i| (format!("/articles/{i}"), 200)).collect();
    all.extend((0..2).map(|i| (format!("/pay/{i}"), payment)));
    all
}

#[test]
fn a_route_is_followed_by_itself() {
    use EventKind::{BecameSustained, Closed, Opened, Recovering, Settled};
    let (told, _) = told_of_routes(2000, None, shop);
    let [(kinds, episode)] = &last(&told)[..] else { panic!("one episode, found {told:?}") };
    assert_eq!(kinds, &[Opened, BecameSustained, Recovering, Closed, Settled]);
    assert_eq!((&episode.routes[..], episode.errors), (&["/pay/{n}".to_owned()][..], 800));
    let recovering = told.iter().find_map(|e| match e {
        Event::Episode { kind: Recovering, at, .. } => Some(at.as_micros() / 1_000_000 - 1_700_000_000),
        _ => None,
    });
    assert_eq!(recovering, Some(1606));
    for at in [500, 1207, 1599, 1603, 1611] {
        assert_eq!(told_of_routes(2000, Some(at), shop).0, told, "restarted at {at}");
    }
}

#[test]
fn routes_without_end_are_bounded() {
    let anything = |second: i64| {
        let word = |i: i64| {
            let letters = (second * 7 + i).to_string();
            letters.bytes().map(|b| char::from(b'a' + (b - b'0'))).collect::<String>()
        };
        (0..7).map(|i| (format!("/{}/{}", word(i), word(i + 1)), 200)).collect()
    };
    let entries = |seconds| told_of_routes(seconds, None, anything).1.entries();
    let (early, late) = (entries(2000), entries(6000));
    assert!(late <= early * 5 / 4, "{late} entries, {early} in the first third");
}

/// A monitor that reads lines of this nginx format.
struct Reader {
    monitor: Monitor,
    format: crate::template::Template,
}

impl Reader {
    fn new(format: &str, settings: MonitorSettings) -> Self {
        let mut reader = Self {
            monitor: Monitor::new(settings),
            format: crate::template::Template::nginx(format).expect("a format"),
        };
        reader.monitor.begin("access.log", &reader.format);
        reader
    }

    fn read(&mut self, line: &str) {
        use crate::format::{Format, Line};
        let mut spans = crate::record::Spans::new();
        let Ok(Line::Access(record)) = self.format.parse(line.as_bytes(), &mut spans) else {
            panic!("{line}")
        };
        self.monitor.push(&record);
    }

    fn advance(&mut self, second: i64) -> Vec<Event> {
        self.monitor.advance(Timestamp::from_micros(second * 1_000_000))
    }

    fn requests(&self) -> Vec<(String, u64)> {
        self.monitor.upstreams().map(|u| (u.health.upstream, u.requests)).collect()
    }
}

const START: i64 = 1_700_000_000;

/// Every second the line of `late` seconds before is written; of how many seconds all is decided after `seconds` of them.
/// In second 100 the line of second 50 may come.
fn decided_after(seconds: i64, late: i64, lost: bool) -> u64 {
    let mut reader = Reader::new(r#"$msec "$proxy_host" $status"#, settings());
    for now in 0..=seconds {
        reader.read(&format!(r#"{}.000 "app" 200"#, START + now - late));
        if lost && now == 100 {
            reader.read(&format!(r#"{}.000 "app" 200"#, START + 50));
        }
        reader.advance(START + now);
    }
    assert_eq!(reader.monitor.late(), u64::from(lost));
    let before = late.min(10) as u64; // lines of the seconds before the first
    reader.requests().iter().map(|u| u.1).sum::<u64>() - before
}

/// For 30 s in the first minute; then for twice as long as lines took, and 2 s at least; and for 30 s after some were lost.
#[test]
fn late_lines_are_waited_for_as_long_as_they_took() {
    assert_eq!(decided_after(55, 0, false), 20, "30 s ago");
    assert_eq!(decided_after(136, 0, false), 130, "2 s ago");
    assert_eq!(decided_after(136, 5, false), 120, "8 s ago: they came 4 s after the watermark");
    assert_eq!(decided_after(136, 0, true), 100, "30 s ago");
}

/// Half of four answers a second are 404 for 200 s.
#[test]
fn a_surge_in_lines() {
    let mut reader = Reader::new(r#"$msec "$proxy_host" $status"#, settings());
    let mut told = Vec::new();
    for second in 0..1600 {
        for i in 0..4 {
            let status = if i < 2 && (1000..1200).contains(&second) { 404 } else { 200 };
            reader.read(&format!(r#"{}.{i}00 "app" {status}"#, START + second));
        }
        told.extend(reader.advance(START + second));
    }
    let told = surges(&told);
    let [(EventKind::Opened, ..), (EventKind::Closed, _, surge)] = &told[..] else {
        panic!("one, found {told:?}")
    };
    let seconds = |t: Timestamp| t.as_micros() / 1_000_000 - START;
    assert_eq!((seconds(surge.start), surge.end.map(seconds)), (1000, Some(1200)));
    assert_eq!((surge.status.code(), surge.requests, surge.responses), (404, 800, 400));
}

/// The operator's names and zones are those of the episodes.
#[test]
fn hosts_are_known() {
    let shop = crate::TopologyUpstream {
        name: "shop".into(),
        authority: None,
        hosts: vec![("10.1.0.7:80".into(), "a".into()), ("10.1.0.8:80".into(), "b".into())],
    };
    let topology = std::sync::Arc::new(crate::Topology::new(&[shop], &[]).expect("no networks"));
    let mut reader = Reader::new("$msec $status $upstream_addr", MonitorSettings { topology, ..settings() });
    for second in 0..100 {
        let status = if second < 60 { 200 } else { 502 };
        for _ in 0..4 {
            reader.read(&format!("{}.000 {status} 10.1.0.7:80", START + second));
            reader.read(&format!("{}.000 200 10.1.0.8:80", START + second));
        }
    }
    reader.monitor.flush();
    assert_eq!(reader.requests(), [("shop".to_owned(), 800)]);
    let episode = reader.monitor.episodes().next().expect("one").1;
    assert_eq!(
        (episode.scope, episode.zone.as_deref(), &episode.hosts[..]),
        (Scope::Host, Some("a"), &["10.1.0.7:80".to_owned()][..])
    );
}

/// Where another format takes the place of the one before, its columns count.
#[test]
fn the_format_may_change() {
    let mut reader = Reader::new(r#"$msec $status "$proxy_host""#, settings());
    reader.read(&format!(r#"{START}.000 200 "app""#));
    reader.format = crate::template::Template::nginx(r#""$proxy_host" $status $msec"#).expect("a format");
    reader.monitor.begin("access.log", &reader.format);
    reader.read(&format!(r#""app" 502 {START}.000"#));
    reader.monitor.flush();
    assert_eq!(reader.requests(), [("app".to_owned(), 2)]);
    assert_eq!(reader.monitor.upstreams().map(|u| u.errors).collect::<Vec<_>>(), [1]);
}
