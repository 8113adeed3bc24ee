//! A draft to an [`Episode`]: counted out of the cells of its scope.

use super::draft::Draft;
use super::episode::{Episode, EpisodeOrigin, Pattern, Scope, Severity};
use super::table::{Host, Table};
use super::{Policy, median};
use crate::aggregate::{Cell, Durations, few_clients};
use crate::origin::Cause;
use crate::status::Status;
use std::collections::BTreeMap;

/// Counts of an episode in its scope.
#[derive(Debug, Default)]
struct Tally {
    requests: u64,
    errors: u64,
    /// 500, 502, 503, 504, others.
    statuses: [u64; 5],
    by_proxy: u64,
    by_upstream: u64,
    masked: u64,
    /// Slots of the clients that got the errors.
    clients: u64,
}

/// The statuses of [`Tally::statuses`]; 599 stands for the others.
const STATUSES: [u16; 5] = [500, 502, 503, 504, 599];

impl Tally {
    fn add(&mut self, c: &Cell) {
        self.requests += u64::from(c.requests);
        self.errors += u64::from(c.errors);
        for (sum, n) in self.statuses.iter_mut().zip([c.s500, c.s502, c.s503, c.s504, c.s5other]) {
            *sum += u64::from(n);
        }
        self.by_proxy += u64::from(c.by_proxy);
        self.by_upstream += u64::from(c.by_upstream);
        self.masked += u64::from(c.masked);
        self.clients |= c.error_clients;
    }

    /// The status seen most, the lowest of equals.
    fn dominant(&self) -> Option<Status> {
        let most = *self.statuses.iter().max()?;
        let i = self.statuses.iter().position(|&n| n == most && n > 0)?;
        Status::new(STATUSES[i])
    }

    /// Of the errors whose line tells; mixed when fewer than half do.
    fn origin(&self) -> EpisodeOrigin {
        let told = self.by_proxy + self.by_upstream;
        let share = self.by_proxy as f64 / told.max(1) as f64;
        if told * 2 < self.errors {
            EpisodeOrigin::Mixed
        } else if share >= 0.8 {
            EpisodeOrigin::Proxy
        } else if share <= 0.2 {
            EpisodeOrigin::Upstream
        } else {
            EpisodeOrigin::Mixed
        }
    }
}

/// The hosts in the scope of a draft.
fn hosts<'t>(table: &'t Table<'_>, draft: &'t Draft<'_>) -> impl Iterator<Item = &'t Host<'t>> {
    let upstreams = draft.upstreams.iter().map(|&u| &table.upstreams[u]);
    upstreams.flat_map(|u| u.hosts.iter()).filter(|h| match (draft.scope, draft.zone) {
        (Scope::Host, _) => draft.hosts.contains(&h.name),
        (Scope::Zone, Some(zone)) => h.zone == zone,
        _ => true,
    })
}

/// Counts out a draft.
pub(super) fn episode(draft: &Draft<'_>, table: &Table<'_>, policy: &Policy) -> Episode {
    let axis = &table.axis;
    let mut tally = Tally::default();
    hosts(table, draft).flat_map(|h| h.range(draft.first, draft.end)).for_each(|c| tally.add(&c.1));
    let start = axis.time(draft.first);
    let detected_at = axis.time(draft.detected);
    let lasts = draft.open && axis.seconds(draft.first, draft.end) >= policy.sustain;
    let sustained = draft.pattern == Pattern::Sustained || lasts;
    let sustained_from = start.as_micros().saturating_add((policy.sustain * 1e6) as i64);
    let dominant_status = tally.dominant();
    let budget_burned = budget_burned(draft, table, tally.errors, policy);
    Episode {
        start,
        end: (!draft.open).then(|| axis.time(draft.end)),
        recovering_since: None,
        pattern: if draft.open { Pattern::Ongoing } else { draft.pattern },
        would_be: draft.pattern,
        scope: draft.scope,
        upstreams: draft.upstreams.iter().map(|&u| table.upstreams[u].counts.name.clone()).collect(),
        zone: draft.zone.map(str::to_owned),
        hosts: draft.hosts.iter().map(|&h| h.to_owned()).collect(),
        routes: Vec::new(),
        dominant_status,
        origin: tally.origin(),
        cause: dominant_status.and_then(|s| cause(draft, table, s)),
        requests: tally.requests,
        errors: tally.errors,
        by_proxy: tally.by_proxy,
        by_upstream: tally.by_upstream,
        peak_rate: peak_rate(draft, table, &tally),
        masked: tally.masked,
        planned: draft.planned,
        rolling: draft.rolling,
        relapses: draft.phases.len().saturating_sub(1) as u32,
        amplification: amplification(draft, table).filter(|&a| a >= policy.amplification),
        timeout_ms: timeout_ms(draft, table, &tally),
        severity: severity(draft, table, &tally, budget_burned, policy),
        budget_burned,
        detected_at,
        sustained_at: sustained.then(|| detected_at.max(crate::time::Timestamp::from_micros(sustained_from))),
        evidence: draft.evidence,
        baseline: draft.baseline,
        phases: draft.phases.iter().map(|p| (axis.time(p.0), axis.time(p.1))).collect(),
    }
}

/// Highest share of errors in a minute with at least 10 requests; the share as a whole if none has as many.
fn peak_rate(draft: &Draft<'_>, table: &Table<'_>, tally: &Tally) -> f64 {
    let minute = table.axis.buckets(60.0);
    let mut minutes: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (bucket, cell) in hosts(table, draft).flat_map(|h| h.range(draft.first, draft.end)) {
        let sum = minutes.entry(bucket.saturating_sub(draft.first) / minute).or_default();
        sum.0 += u64::from(cell.requests);
        sum.1 += u64::from(cell.errors);
    }
    let rate = |m: &(u64, u64)| m.1 as f64 / m.0.max(1) as f64;
    let busy = minutes.values().filter(|m| m.0 >= 10).map(rate).max_by(f64::total_cmp);
    busy.unwrap_or_else(|| rate(&(tally.requests, tally.errors))).min(1.0)
}

/// The most frequent cause of the status in the whole log of its upstreams, the first of equals. Causes are not
/// counted per bucket: another failure with the same status at another time may outweigh this one's.
fn cause(draft: &Draft<'_>, table: &Table<'_>, status: Status) -> Option<Cause> {
    let same = |s: Status| match status.code() {
        599 => (500..600).contains(&s.code()) && !STATUSES[..4].contains(&s.code()),
        code => s.code() == code,
    };
    let mut causes: BTreeMap<Cause, u64> = BTreeMap::new();
    for &(s, cause, n) in draft.upstreams.iter().flat_map(|&u| &table.upstreams[u].counts.causes) {
        if same(s) {
            *causes.entry(cause).or_default() += n;
        }
    }
    let most = causes.iter().rev().max_by_key(|c| c.1)?;
    Some(*most.0).filter(|&c| c != Cause::Unknown)
}

/// Request rate of the upstreams during the episode, without its first minute, against the median minute of the
/// half hour before. `None` with less than five minutes before, or too few requests for a ratio.
fn amplification(draft: &Draft<'_>, table: &Table<'_>) -> Option<f64> {
    let axis = &table.axis;
    let requests = |first: i64, end: i64| -> u64 {
        draft.upstreams.iter().map(|&u| table.upstreams[u].series.sum(first, end).requests).sum()
    };
    let minute = axis.buckets(60.0);
    let minutes = ((1800.0 / axis.seconds(0, minute)) as i64).max(5);
    let first = draft.first.saturating_sub(minute * minutes).max(axis.first());
    let whole = draft.first.saturating_sub(first) / minute;
    if whole < 5 {
        return None;
    }
    let mut before: Vec<u64> =
        (0..whole).map(|m| first + m * minute).map(|start| requests(start, start + minute)).collect();
    let usual = median(&mut before);
    let length = draft.end.saturating_sub(draft.first);
    if usual < 3.0 || usual * length as f64 / (minute as f64) < 30.0 {
        return None;
    }
    let skipped = if length > 3 * minute { draft.first + minute } else { draft.first }; // before its end
    let rest = draft.end.saturating_sub(skipped).max(1);
    Some(requests(skipped, draft.end) as f64 / rest as f64 * minute as f64 / usual)
}

/// The duration at which 504s pile up, when they are at least half of the errors and 80 % of them end there.
fn timeout_ms(draft: &Draft<'_>, table: &Table<'_>, tally: &Tally) -> Option<u64> {
    if tally.errors == 0 || tally.statuses[3] * 2 < tally.errors {
        return None;
    }
    let mut all = Durations::default();
    for u in draft.upstreams.iter().map(|&u| &table.upstreams[u]) {
        let durations = &u.counts.durations;
        let from = durations.partition_point(|d| table.axis.bucket(d.0) < draft.first);
        let during = durations.iter().skip(from).take_while(|d| table.axis.bucket(d.0) < draft.end);
        during.filter(|d| d.1.code() == 504).for_each(|d| all.merge(&d.2));
    }
    let bins = all.bins();
    let mode = bins.iter().rev().max_by_key(|b| b.1)?.0;
    let near: u64 = bins.iter().filter(|b| b.0.abs_diff(mode) <= 1).map(|b| u64::from(b.1)).sum();
    let piled = near as f64 >= 0.8 * all.count() as f64;
    piled.then(|| roundest(Durations::bounds_ms(mode)))
}

/// The roundest number of milliseconds in `[lower, upper)`, or up to 1 % below since timeouts fire a little late:
/// they are configured by people, in whole seconds from 2 s on.
fn roundest((lower, upper): (u64, u64)) -> u64 {
    let lower = lower - lower / 100;
    let steps: &[u64] = if upper > 2000 { &[60_000, 30_000, 10_000, 5000, 1000] } else { &[1000, 500, 100] };
    let multiple = |&step: &u64| lower.div_ceil(step) * step;
    let middle = u64::midpoint(lower, upper);
    let finest = if upper > 2000 { 1000 } else { 100 };
    let nearest = (middle + finest / 2) / finest * finest;
    steps.iter().map(multiple).find(|&ms| ms > 0 && ms < upper).unwrap_or(nearest)
}

/// Errors as a share of the errors that the upstreams' budget allows in 30 days at their mean traffic.
fn budget_burned(draft: &Draft<'_>, table: &Table<'_>, errors: u64, policy: &Policy) -> f64 {
    let rates = draft.upstreams.iter().map(|&u| table.upstreams[u].requests_per_second);
    let allowed = rates.sum::<f64>() * 30.0 * 86_400.0 * policy.budget;
    if allowed > 0.0 { errors as f64 / allowed } else { 0.0 }
}

/// By the budget burned, one step up where several upstreams fail. A handful of errors wakes nobody, nor do errors
/// that one client gets while others are served.
fn severity(
    draft: &Draft<'_>,
    table: &Table<'_>,
    tally: &Tally,
    budget_burned: f64,
    policy: &Policy,
) -> Severity {
    let wide = matches!(draft.scope, Scope::Zone | Scope::Global);
    let clients = draft.upstreams.iter().map(|&u| &table.upstreams[u].counts.clients);
    let few =
        few_clients(clients, tally.clients, (tally.requests, tally.errors)).is_some_and(|few| few.alone);
    let may_page = tally.errors >= policy.page_errors && !few;
    match (budget_burned >= policy.page, budget_burned >= policy.ticket, wide) {
        (true, ..) | (_, true, true) if may_page => Severity::Page,
        (true, ..) | (_, true, _) | (.., true) => Severity::Ticket,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::log::{ORIGIN, app};
    use super::*;
    use crate::aggregate::Summary;

    /// A table of one upstream and host with these requests and errors in buckets of 10 s.
    fn with_table<T>(
        buckets: i64,
        cell: impl Fn(i64) -> (u32, u32),
        look: impl Fn(&Table<'_>, &dyn Fn(i64, i64) -> Draft<'static>) -> T,
    ) -> T {
        let mut summary: Summary = app(buckets, &[]);
        for (bucket, c) in &mut summary.upstreams[0].hosts[0].cells {
            let (requests, errors) = cell(*bucket - ORIGIN);
            *c = Cell { requests, errors, s502: errors, ..Cell::default() };
        }
        let table = Table::new(&summary, &Policy::default()).unwrap();
        look(&table, &|first, end| Draft::over(0, &[(ORIGIN + first, ORIGIN + end)]))
    }

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }

    #[test]
    fn statuses_and_origins() {
        let tally = |statuses| Tally { statuses, ..Tally::default() };
        let dominant = |statuses| tally(statuses).dominant().map(Status::code);
        assert_eq!(dominant([0; 5]), None);
        assert_eq!(dominant([0, 3, 2, 3, 0]), Some(502), "the lowest of equals");
        assert_eq!(dominant([0, 0, 0, 0, 1]), Some(599));
        let origin = |errors, by_proxy, by_upstream| {
            Tally { errors, by_proxy, by_upstream, ..Tally::default() }.origin()
        };
        assert_eq!(origin(20, 8, 2), EpisodeOrigin::Proxy, "80 % of the half that tells");
        assert_eq!(origin(21, 8, 2), EpisodeOrigin::Mixed, "fewer than half tell");
        assert_eq!(origin(20, 15, 4), EpisodeOrigin::Mixed, "79 %");
        assert_eq!(origin(20, 2, 8), EpisodeOrigin::Upstream);
        assert_eq!(origin(20, 4, 15), EpisodeOrigin::Mixed, "21 %");
        assert_eq!(origin(0, 0, 0), EpisodeOrigin::Upstream);
    }

    /// Buckets of 2 requests make 12 a minute, which is enough for a rate; those of 1 are counted as a whole.
    #[test]
    fn peaks_are_of_busy_minutes() {
        let peak = |requests: u32, from: i64| {
            with_table(
                60,
                |b| (requests, u32::from((24..30).contains(&b))),
                |table, draft| {
                    let draft = draft(from, 36);
                    let mut tally = Tally::default();
                    hosts(table, &draft)
                        .flat_map(|h| h.range(draft.first, draft.end))
                        .for_each(|c| tally.add(&c.1));
                    peak_rate(&draft, table, &tally)
                },
            )
        };
        near(peak(2, 18), 6.0 / 12.0);
        near(peak(2, 21), 3.0 / 12.0); // minutes are the episode's own
        near(peak(1, 18), 6.0 / 18.0);
    }

    /// 240 requests a minute before, 480 a minute after the first of the episode.
    #[test]
    fn amplification_by_hand() {
        let ratio = |before: i64, length: i64, usual: (u32, i64)| {
            let cell = move |b: i64| match b - before {
                ..0 => (if b % usual.1 == 0 { usual.0 } else { 0 }, 0),
                0..6 => (100, 50),
                _ => (80, 40),
            };
            with_table(before + length, cell, |t, draft| amplification(&draft(before, before + length), t))
        };
        near(ratio(30, 24, (40, 1)).unwrap(), 2.0);
        near(ratio(30, 18, (40, 1)).unwrap(), (600.0 + 960.0) / 3.0 / 240.0); // three minutes are taken whole
        near(ratio(30, 19, (40, 1)).unwrap(), 2.0);
        assert_eq!(ratio(29, 24, (40, 1)), None, "less than five minutes before");
        // three a minute are enough where thirty were to be expected
        assert!(ratio(180, 60, (3, 6)).is_some());
        assert_eq!(ratio(180, 59, (3, 6)), None);
        assert_eq!(ratio(180, 90, (2, 6)), None);
        // of the half hour before, the hour before that does not matter
        let cell = |b: i64| (if b < 360 { 1 } else { 40 }, 0);
        let last =
            |t: &Table<'_>, draft: &dyn Fn(i64, i64) -> Draft<'static>| amplification(&draft(540, 564), t);
        near(with_table(564, cell, last).unwrap(), 1.0);
        // 20, 40 and 80 a bucket for ten minutes each: the middle minute has 240, one of the episode has 480
        let cell = |b: i64| (20u32 << (b / 60).min(2), 0);
        let rising =
            |t: &Table<'_>, draft: &dyn Fn(i64, i64) -> Draft<'static>| amplification(&draft(180, 204), t);
        near(with_table(204, cell, rising).unwrap(), 2.0);
    }

    #[test]
    fn timeouts_are_round() {
        for (bounds, expected) in [
            ((60_100, 61_000), 60_000), // up to 1 % late
            ((28_672, 30_720), 30_000),
            ((57_344, 61_440), 60_000),
            ((4864, 5120), 5000),
            ((6900, 7100), 7000),
            ((480, 512), 500),
            ((905, 1000), 900), // the upper bound is outside
            ((1900, 2000), 1900),
            ((310, 320), 300), // none within: the nearest hundred of 313, 1 % taken off the lower bound
            ((2100, 2150), 2000),
            ((2600, 2650), 3000),
            ((0, 150), 100),
        ] {
            assert_eq!(roundest(bounds), expected, "{bounds:?}");
        }
    }

    /// Four of five of the 504s end within a bin of each other.
    #[test]
    fn a_timeout_is_where_most_end() {
        let found = |errors: u64, s504: u64, elsewhere: u32| {
            let mut summary = app(60, &[]);
            let timeout = Status::new(504).unwrap();
            let mut durations = Durations::default();
            (0..8).for_each(|_| durations.add(30_000_000));
            (0..elsewhere).for_each(|_| durations.add(5_000_000));
            let mut others = Durations::default();
            (0..100).for_each(|_| others.add(10_000_000));
            let other = Status::new(502).unwrap();
            summary.upstreams[0].durations = vec![
                (ORIGIN + 29, timeout, others.clone()),
                (ORIGIN + 30, timeout, durations),
                (ORIGIN + 30, other, others.clone()),
                (ORIGIN + 40, timeout, others),
            ];
            let table = Table::new(&summary, &Policy::default()).unwrap();
            let tally = Tally { errors, statuses: [0, errors - s504, 0, s504, 0], ..Tally::default() };
            timeout_ms(&Draft::over(0, &[(ORIGIN + 30, ORIGIN + 40)]), &table, &tally)
        };
        assert_eq!(found(20, 10, 2), Some(30_000));
        assert_eq!(found(20, 9, 2), None, "fewer than half of the errors");
        assert_eq!(found(20, 10, 3), None, "8 of 11");
        assert_eq!(found(0, 0, 0), None);
    }

    /// 40 requests in 10 s are four a second: 10,368 errors allowed in 30 days. Half of 1 % are 52, 2 % are 208.
    #[test]
    fn severity_by_hand() {
        let severity = |errors: u32, scope: Scope| {
            with_table(
                720,
                |b| (40, if b < 100 { errors / 100 + u32::from(b < i64::from(errors % 100)) } else { 0 }),
                |table, draft| {
                    let draft = Draft { scope, ..draft(0, 100) };
                    episode(&draft, table, &Policy::default()).severity
                },
            )
        };
        assert_eq!([51, 52, 207, 208].map(|n| severity(n, Scope::Upstream)), {
            use Severity::{Info, Page, Ticket};
            [Info, Ticket, Ticket, Page]
        });
        assert_eq!([51, 52].map(|n| severity(n, Scope::Global)), [Severity::Ticket, Severity::Page]);
    }

    /// An open episode is sustained by its length, pauses and all; one that is over by its label.
    #[test]
    fn when_it_became_sustained() {
        let sustained_at = |end: i64, open: bool| {
            with_table(
                60,
                |_| (40, 20),
                |table, draft| {
                    let draft =
                        Draft { open, end: ORIGIN + end, pattern: Pattern::Transient, ..draft(0, 20) };
                    let e = episode(&draft, table, &Policy::default());
                    e.sustained_at.map(|t| t.as_micros() / 10_000_000 - ORIGIN)
                },
            )
        };
        assert_eq!(sustained_at(30, true), Some(30));
        assert_eq!(sustained_at(29, true), None);
        assert_eq!(sustained_at(30, false), None);
    }

    /// Counted over all upstreams of the episode; 599 stands for all that have no count of their own.
    #[test]
    fn the_most_frequent_cause() {
        use super::super::tests::log::{log, server};
        let status = |code| Status::new(code).unwrap();
        let mut summary = log(60, &[("a", vec![server("h", &[])]), ("b", vec![server("h", &[])])]);
        let (refused, reset, tls) = (Cause::ConnectRefused, Cause::Reset, Cause::Tls);
        summary.upstreams[0].causes =
            vec![(status(502), refused, 3), (status(502), reset, 2), (status(504), tls, 50)];
        summary.upstreams[1].causes =
            vec![(status(502), reset, 2), (status(505), tls, 1), (status(511), reset, 2)];
        let table = Table::new(&summary, &Policy::default()).unwrap();
        let of = |upstreams: &[usize], code| {
            let draft = Draft { upstreams: upstreams.to_vec(), ..Draft::over(0, &[(ORIGIN, ORIGIN + 60)]) };
            cause(&draft, &table, status(code))
        };
        assert_eq!(of(&[0], 502), Some(refused));
        assert_eq!(of(&[0, 1], 502), Some(reset), "four of both");
        assert_eq!(of(&[0, 1], 599), Some(reset), "511 and 505, and no 504");
        assert_eq!(of(&[0, 1], 503), None);
    }
}
