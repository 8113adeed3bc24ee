//! What retries hide, and what they cost; and 502s that are a race of idle connections rather than an outage.

use super::super::figures::{count, percent, share, thousands};
use super::super::{Report, UpstreamReport};
use super::{Notice, NoticeKind};
use crate::aggregate::{Cell, Summary, UpstreamCounts};
use crate::origin::Cause;

/// Hidden failures of a host worth a notice, and their least share of the attempts at it.
const MASKED: (u64, f64) = (10, 0.05);
/// Retries worth a notice, and the budget of retries as a share of the requests that Finagle and Envoy use by default.
const RETRIES: (u64, f64) = (50, 0.20);
/// Resets worth a notice, the most of an upstream's requests that a race explains, and the stretches of the log (of 20)
/// that have to have some.
const RESETS: (u64, f64, usize) = (10, 0.01, 8);
/// Hosts named of one upstream.
const MOST_NAMED: usize = 3;

/// All notices about retries and idle connections, by upstream.
pub(super) fn all(report: &Report, summary: &Summary) -> Vec<Notice> {
    let both = report.upstreams.iter().zip(&summary.upstreams).filter(|(u, c)| u.name == c.name);
    both.flat_map(|(u, counts)| {
        let race = race(u, counts, report, summary.width_micros);
        [masked(u, counts), budget(u, counts), race].into_iter().flatten()
    })
    .collect()
}

/// All cells of a host added up, in numbers that do not saturate.
fn sum(cells: &[(i64, Cell)], of: fn(&Cell) -> u32) -> u64 {
    cells.iter().map(|c| u64::from(of(&c.1))).sum()
}

/// Hosts whose failures retries hide from clients, and when they will show.
fn masked(upstream: &UpstreamReport, counts: &UpstreamCounts) -> Option<Notice> {
    let mut hosts: Vec<(&str, u64, u64)> = counts
        .hosts
        .iter()
        .map(|h| {
            // some lines tell that there was a retry and not where
            let (masked, retried) = (sum(&h.cells, |c| c.masked), sum(&h.cells, |c| c.retried));
            (&*h.host, masked, sum(&h.cells, |c| c.requests) + retried.max(masked))
        })
        .filter(|h| h.1 >= MASKED.0 && share(h.1, h.2) >= Some(MASKED.1))
        .collect();
    hosts.sort_by_key(|h| (std::cmp::Reverse(h.1), h.0));
    let (hidden, attempts) = hosts.iter().fold((0, 0), |sum, h| (sum.0 + h.1, sum.1 + h.2));
    if hosts.is_empty() {
        return None;
    }
    let one = |h: &(&str, u64, u64)| {
        let rate = percent(share(h.1, h.2).unwrap_or(0.0));
        format!("{} failed {} of {} attempts ({rate})", h.0, thousands(h.1), thousands(h.2))
    };
    let named: Vec<String> = hosts.iter().take(MOST_NAMED).map(one).collect();
    let more = hosts.len().saturating_sub(MOST_NAMED);
    let more =
        if more > 0 { format!(" and {} more", count(more as u64, "host", "hosts")) } else { String::new() };
    let real = counts.hosts.iter().filter(|h| h.host != crate::aggregate::NO_HOST).count();
    let healthy = real.saturating_sub(hosts.len());
    let until = match healthy {
        0 => "no healthy host is left to retry at: they show as soon as two failures fall on one request"
            .to_owned(),
        n => format!(
            "they show when the {} left cannot take the load, and at once for requests that are not retried (POST)",
            count(n as u64, "host", "hosts")
        ),
    };
    let message = format!("{}: retries hide failures: {}{more}; {until}", upstream.name, named.join(", "));
    let notice = Notice::new(NoticeKind::Masked, hidden, share(hidden, attempts), message);
    Some(notice.of_upstream(&upstream.name).check(&[
        "those hosts themselves, as if clients saw it: logs, memory, a bad release on some of them",
        "health checks: why do they leave such a host in?",
    ]))
}

/// Attempts against requests, where retries are more than their usual budget.
fn budget(upstream: &UpstreamReport, counts: &UpstreamCounts) -> Option<Notice> {
    let retried: u64 = counts.hosts.iter().map(|h| sum(&h.cells, |c| c.retried)).sum();
    let rate = share(retried, upstream.requests)?;
    (retried >= RETRIES.0 && rate > RETRIES.1).then(|| {
        let message = format!(
            "{}: {} took {} attempts: {} retries for a hundred requests, above the usual budget of 20; they add to the \
             load of what fails",
            upstream.name,
            count(upstream.requests, "request", "requests"),
            thousands(upstream.requests + retried),
            (rate * 100.0).round(),
        );
        Notice::new(NoticeKind::Retries, retried, Some(rate), message).of_upstream(&upstream.name).check(&[
            "limits on retries: tries, time, budget (nginx proxy_next_upstream_tries and _timeout, Envoy retry_budget)",
        ])
    })
}

/// Resets spread thinly over the whole log, in no episode: idle connections that the upstream closed just when they were
/// used again.
fn race(upstream: &UpstreamReport, counts: &UpstreamCounts, report: &Report, width: i64) -> Option<Notice> {
    let of = |accept: fn(Cause) -> bool| -> u64 {
        counts.causes.iter().filter(|c| c.0.code() == 502 && accept(c.1)).map(|c| c.2).sum()
    };
    let (resets, all) = (of(|c| c == Cause::Reset), of(|_| true));
    let rate = share(resets, upstream.requests)?;
    if resets < RESETS.0 || rate > RESETS.1 || resets * 5 < all * 4 {
        return None;
    }
    let (first, last) = report.range?;
    let (first, length) = (first.as_micros(), last.micros_since(first).max(1));
    let in_episode = |start: i64| {
        report
            .episodes
            .iter()
            .map(|e| &e.episode)
            .filter(|e| e.upstreams.contains(&upstream.name))
            .any(|e| e.start.as_micros() <= start && e.end.is_none_or(|end| start < end.as_micros()))
    };
    let (mut inside, mut outside, mut stretches) = (0u64, 0u64, [0u64; 20]);
    for (bucket, cell) in counts.hosts.iter().flat_map(|h| &h.cells).filter(|c| c.1.s502 > 0) {
        let start = bucket.saturating_mul(width);
        if in_episode(start) {
            inside += u64::from(cell.s502);
            continue;
        }
        outside += u64::from(cell.s502);
        let at = (i128::from(start.saturating_sub(first).max(0)) * 20 / i128::from(length)).clamp(0, 19);
        stretches[at as usize] += u64::from(cell.s502);
    }
    let spread = stretches.iter().filter(|&&n| n > 0).count();
    let most = stretches.iter().max().copied().unwrap_or(0);
    if outside < RESETS.0 || inside > outside || spread < RESETS.2 || most * 2 > outside {
        return None;
    }
    let message = format!(
        "{}: {} 502s outside of any episode are resets, spread over the whole log ({} of its requests): the race of idle \
         connections that the upstream closes just when they are used again, and no outage",
        upstream.name,
        thousands(outside),
        percent(rate),
    );
    Some(Notice::new(NoticeKind::KeepAlive, outside, Some(rate), message).of_upstream(&upstream.name).check(
        &[
            "the upstream's keep-alive timeout: it has to be longer than the proxy's",
            "retries of what is safe to repeat hide the rest",
        ],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::HostSeries;
    use crate::detect::{Policy, detect};
    use crate::status::Status;
    use crate::time::Timestamp;

    /// Two hours of two hosts with 40 requests per bucket each, as the function of host and bucket says.
    fn notices(resets: u64, cell: impl Fn(usize, i64) -> Cell) -> Vec<Notice> {
        let host = |h: usize| HostSeries {
            zone: String::new(),
            host: format!("10.0.0.{h}:80"),
            cells: (0..720).map(|b| (b, Cell { requests: 40, ..cell(h, b) })).collect(),
        };
        let code = |code| Status::new(code).expect("below 1000");
        let upstream = UpstreamCounts {
            name: "shop".into(),
            codes: vec![(code(200), 57_600)],
            origins: vec![],
            causes: vec![(code(502), Cause::Reset, resets)],
            clients: [900; 64],
            durations: vec![],
            client_codes: vec![],
            hosts: vec![host(1), host(2)],
        };
        let at = Timestamp::from_micros;
        let summary = Summary {
            width_micros: 10_000_000,
            range: Some((at(0), at(7_200_000_000))),
            upstreams: vec![upstream],
            ..Summary::default()
        };
        let findings = detect(&summary, &Policy::default(), &[]);
        let mut notices = Report::new(Vec::new(), &summary, &findings, Vec::new()).notices;
        notices
            .retain(|n| matches!(n.kind, NoticeKind::Masked | NoticeKind::Retries | NoticeKind::KeepAlive));
        notices
    }

    #[test]
    fn hidden_failures_are_told_by_host_and_when_they_will_show() {
        assert_eq!(notices(0, |_, _| Cell::default()), []);
        let told = notices(0, |h, _| Cell {
            masked: 5 * (h == 1) as u32,
            retried: 5 * (h == 1) as u32,
            ..Cell::default()
        });
        let [one] = &told[..] else { panic!("one notice, found {told:?}") };
        assert_eq!((one.kind, one.count), (NoticeKind::Masked, 3600));
        assert_eq!(
            one.message,
            "shop: retries hide failures: 10.0.0.1:80 failed 3,600 of 32,400 attempts (11 %); they show when the 1 host \
             left cannot take the load, and at once for requests that are not retried (POST)"
        );
    }

    #[test]
    fn retries_over_their_budget_are_told_as_attempts() {
        let told = notices(0, |_, _| Cell { retried: 12, ..Cell::default() });
        let [one] = &told[..] else { panic!("one notice, found {told:?}") };
        assert_eq!((one.kind, one.count), (NoticeKind::Retries, 17_280));
        assert!(
            one.message.starts_with("shop: 57,600 requests took 74,880 attempts: 30 retries for a hundred")
        );
    }

    #[test]
    fn a_race_of_idle_connections_is_told_from_an_outage() {
        let reset =
            |n: u32| Cell { errors: n, s502: n, by_proxy: n, error_clients: u64::from(n), ..Cell::default() };
        let spread = |_, b: i64| reset(u32::from(b % 30 == 0));
        let told = notices(48, spread);
        let [one] = &told[..] else { panic!("one notice, found {told:?}") };
        assert_eq!((one.kind, one.count), (NoticeKind::KeepAlive, 48));
        let at_once = |_, b: i64| reset(if (300..303).contains(&b) { 8 } else { 0 });
        assert_eq!(notices(48, at_once), [], "an outage");
        assert_eq!(notices(3, |_, b| reset(u32::from(b == 5))), [], "too few");
    }
}
