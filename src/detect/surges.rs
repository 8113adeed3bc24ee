//! Surges of client-side statuses: the same test as for 5xx, against the upstream's own usual rate of each status.
//!
//! They are news, never incidents: nobody is woken for what clients did. So they take more to be reported.

use super::baseline::Baseline;
use super::clumps::Clients;
use super::draft::{Source, cluster};
use super::episode::Surge;
use super::policy::{Denominator, Policy};
use super::segments::{Segment, segments};
use super::table::{Axis, Series, Table, Upstream};
use crate::aggregate::{Summary, distinct};
use crate::status::Status;

/// Fewest responses with the status in a surge.
const LEAST: u64 = 50;
/// Least share of the responses in a surge.
const LEAST_RATE: f64 = 0.05;

/// Longer than this, in seconds, it is no surge but the new usual (24 h) …
const LONGEST: f64 = 86_400.0;
/// … and so it is with more than this share of the upstream's requests in it.
const MOST: f64 = 0.5;

/// The policy by which a client-side status is judged.
pub(super) fn policy_of(policy: &Policy) -> Policy {
    Policy {
        // these are shares of everything
        denominator: Denominator::All,
        min_errors: LEAST,
        min_rate: LEAST_RATE,
        slow_rate: LEAST_RATE,
        // What is usual may be much: a quarter of all requests of a public site can be 404.
        p_cap: 0.25,
        ..policy.clone()
    }
}

/// All surges, sorted by upstream, status and start. `table` is the summary's by `policy`.
pub(super) fn all(summary: &Summary, table: &Table<'_>, policy: &Policy) -> Vec<Surge> {
    let own = policy_of(policy);
    if own.denominator == policy.denominator {
        return surges(table, &own);
    }
    Table::new(summary, &own).map_or_else(Vec::new, |table| surges(&table, &own))
}

fn surges(table: &Table<'_>, policy: &Policy) -> Vec<Surge> {
    let of = |u: &Upstream<'_>| -> Vec<Surge> {
        let mut per_status: Vec<(Status, u64)> = Vec::new();
        for (_, status, cell) in &u.counts.client_codes {
            match per_status.iter_mut().find(|s| s.0 == *status) {
                Some(sum) => sum.1 += u64::from(cell.responses),
                None => per_status.push((*status, cell.responses.into())),
            }
        }
        per_status.sort_unstable();
        let many = per_status.into_iter().filter(|s| s.1 >= LEAST);
        many.flat_map(|s| of_status(u, s.0, &table.axis, policy)).collect()
    };
    table.upstreams.iter().flat_map(of).collect()
}

fn of_status(upstream: &Upstream<'_>, status: Status, axis: &Axis, policy: &Policy) -> Vec<Surge> {
    let own = || upstream.counts.client_codes.iter().filter(|c| c.1 == status);
    let counts = own().map(|c| (axis.bucket(c.0), u64::from(c.2.responses)));
    let series = Series::counting(&upstream.series, counts);
    let baseline = Baseline::learn(&series, axis, policy);
    let found = segments(&series, axis, &baseline, policy.h_pool, policy);
    let mut surges = Vec::new();
    let source = Source { series: &series, clients: Clients::unknown(), h: policy.h_pool };
    for mut draft in cluster(0, &found, axis, policy) {
        if !draft.pass(&source, &baseline, axis, policy) {
            continue;
        }
        let sums = series.sum(draft.first, draft.end);
        if is_usual(axis.seconds(draft.first, draft.end), sums.requests, series.all().requests as f64) {
            continue;
        }
        let inside = own().filter(|c| (draft.first..draft.end).contains(&axis.bucket(c.0)));
        let slots = inside.fold(0, |slots, c| slots | c.2.clients);
        surges.push(Surge {
            upstream: upstream.counts.name.clone(),
            status,
            start: axis.time(draft.first),
            end: (!draft.open).then(|| axis.time(draft.end)),
            requests: sums.requests,
            responses: sums.errors,
            baseline: usual(&series, &found),
            clients: distinct(slots),
            many_clients: slots == u64::MAX,
        });
    }
    surges
}

/// So long, in seconds, or with so many of all requests in it, that it is no surge.
pub(super) fn is_usual(length: f64, requests: u64, all: f64) -> bool {
    length > LONGEST || requests as f64 > MOST * all
}

/// The rate outside of what was found, without floor or cap.
fn usual(series: &Series, found: &[Segment]) -> f64 {
    let all = series.all();
    let raised = found.iter().map(|s| series.sum(s.first, s.end));
    let (requests, errors) = raised.fold((all.requests, all.errors), |(n, k), s| {
        (n.saturating_sub(s.requests), k.saturating_sub(s.errors))
    });
    if requests > 0 { errors as f64 / requests as f64 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::detect;
    use super::*;
    use crate::aggregate::{Cell, CodeCell, HostSeries, UpstreamCounts};

    /// One host's cells in buckets of 10 s, and what clients got.
    fn summary(cells: Vec<(i64, Cell)>, codes: impl Iterator<Item = (i64, Status, CodeCell)>) -> Summary {
        let upstream = UpstreamCounts {
            name: "shop".into(),
            codes: vec![],
            origins: vec![],
            causes: vec![],
            clients: [100; 64],
            durations: vec![],
            client_codes: codes.filter(|c| c.2.responses > 0).collect(),
            hosts: vec![HostSeries { zone: String::new(), host: "h".into(), cells }],
        };
        Summary { width_micros: 10_000_000, upstreams: vec![upstream], ..Summary::default() }
    }

    /// An hour of 40 requests per bucket; `count(bucket)` of them are 401s of the clients `slots`.
    fn found(slots: u64, count: impl Fn(i64) -> u32) -> Vec<Surge> {
        let unauthorized = Status::new(401).expect("below 1000");
        let cell = |b| (b, Cell { requests: 40, s4xx: count(b), ..Cell::default() });
        let code = |b| (b, unauthorized, CodeCell { responses: count(b), clients: slots });
        let summary = summary((0..360).map(cell).collect(), (0..360).map(code));
        let findings = detect(&summary, &Policy::default(), &[]);
        assert_eq!(findings.episodes, [], "a 4xx is no episode");
        findings.surges
    }

    #[test]
    fn a_surge_is_more_than_the_upstream_is_used_to() {
        assert_eq!(found(1, |_| 4), [], "a tenth all the time is usual");
        assert_eq!(found(1, |b| if b < 1 { 20 } else { 0 }), [], "twenty are too few");
        let surges = found(0b11, |b| if (100..130).contains(&b) { 20 } else { u32::from(b % 10 == 0) });
        let [surge] = &surges[..] else { panic!("one surge, found {surges:?}") };
        assert_eq!((surge.status.code(), surge.responses, surge.requests), (401, 600, 1200));
        assert_eq!(
            (surge.start.as_micros(), surge.end.map(crate::Timestamp::as_micros)),
            (1_000_000_000, Some(1_300_000_000))
        );
        assert_eq!((surge.clients, surge.many_clients), (Some(3), false));
        assert!((surge.baseline - 33.0 / 13_200.0).abs() < 1e-9, "{}", surge.baseline);
    }

    #[test]
    fn a_surge_may_go_on_and_come_from_many() {
        let surges = found(u64::MAX, |b| if b >= 300 { 30 } else { 0 });
        let [surge] = &surges[..] else { panic!("one surge, found {surges:?}") };
        assert_eq!((surge.end, surge.clients, surge.many_clients), (None, None, true));
    }

    /// They are shares of all responses, whatever rates of 5xx are shares of.
    #[test]
    fn shares_of_everything() {
        let cell = |b: i64| {
            let s4xx = if (100..130).contains(&b) { 20 } else { 0 };
            (b, Cell { requests: 40, s4xx, ..Cell::default() })
        };
        let (cells, gone) = ((0..360).map(cell).collect::<Vec<_>>(), Status::new(410).expect("below 1000"));
        let codes = cells.iter().map(|c| (c.0, gone, CodeCell { responses: c.1.s4xx, clients: 1 }));
        let summary = summary(cells.clone(), codes);
        let found = |denominator| {
            let surges = detect(&summary, &Policy { denominator, ..Policy::default() }, &[]).surges;
            surges.iter().map(|s| (s.requests, s.responses)).collect::<Vec<_>>()
        };
        for denominator in [Denominator::All, Denominator::WithoutClientErrors] {
            assert_eq!(found(denominator), [(1200, 600)], "{denominator:?}");
        }
    }

    /// A day, or half of all requests, may be a surge; more is the new usual.
    #[test]
    fn what_lasts_is_usual() {
        assert_eq!([86_400.0, 86_410.0].map(|length| is_usual(length, 1, 100.0)), [false, true]);
        assert_eq!([50, 51].map(|requests| is_usual(10.0, requests, 100.0)), [false, true]);
    }

    /// A status takes 5 % of the responses, however long it lasts, and may be a quarter of them when nothing is wrong.
    #[test]
    fn how_much_is_a_surge() {
        assert_eq!(found(1, |b| u32::from((100..160).contains(&b))), [], "2.5 % for ten minutes");
        assert_eq!(found(1, |b| u32::from((100..280).contains(&b))), [], "2.5 % for half an hour");
        assert_eq!(found(1, |b| if (100..130).contains(&b) { 2 } else { 0 }).len(), 1, "5 %");
        assert_eq!(found(1, |b| if (100..124).contains(&b) { 2 } else { 0 }), [], "48 responses");
        assert_eq!(
            found(1, |b| if (100..130).contains(&b) { 40 } else { 10 }).len(),
            1,
            "all after a quarter"
        );
    }
}
