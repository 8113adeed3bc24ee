//! 5xx in no episode that still came in masses: to one client, or for a moment.

use super::super::figures::{between, count, duration, instant, percent, share, span, thousands};
use super::super::{Report, UpstreamReport};
use super::{Notice, NoticeKind};
use crate::aggregate::{Cell, Summary, UpstreamCounts, distinct, few_clients};
use crate::detect::{Episode, Scope};
use crate::status::Status;
use crate::time::Timestamp;

/// Buckets with 5xx at most this far apart are one spell (60 s, in µs).
const GAP: i64 = 60_000_000;
/// Fewest 5xx of a spell.
const LEAST: u64 = 4;
/// Evidence of a spell against the upstream's background, in nats: by chance one in 160,000.
const EVIDENCE: f64 = 12.0;
/// Least share of 5xx in a spell.
const LEAST_RATE: f64 = 0.02;
/// Spells told of one upstream, the largest.
const MAX_SPELLS: usize = 3;

/// A stretch with 5xx.
#[derive(Debug, Clone, Copy)]
struct Spell {
    first: i64,
    /// One past the last bucket.
    end: i64,
    cell: Cell,
    /// Errors with each client counted about once per bucket.
    capped: u64,
}

impl Spell {
    fn errors(&self) -> u64 {
        self.cell.errors.into()
    }

    /// The status seen most, where it has a column of its own.
    fn status(&self) -> Option<Status> {
        let c = &self.cell;
        let codes = [(c.s500, 500), (c.s502, 502), (c.s503, 503), (c.s504, 504), (c.s5other, 599)];
        let most = codes.into_iter().rev().max_by_key(|c| c.0)?;
        Status::new(most.1).filter(|s| s.code() != 599)
    }

    /// The log-likelihood of its own rate against the background, in nats.
    fn evidence(&self, background: f64) -> f64 {
        let (k, n) = (f64::from(self.cell.errors), f64::from(self.cell.requests));
        let others = if k < n { (n - k) * ((1.0 - k / n) / (1.0 - background)).ln() } else { 0.0 };
        k * (k / n / background).ln() + others
    }
}

/// All notices of spells that are in no episode, by upstream.
pub(super) fn all(report: &Report, summary: &Summary) -> Vec<Notice> {
    let judged = report.upstreams.iter().filter(|u| !u.chronic && u.errors >= LEAST);
    judged
        .flat_map(|u| {
            let counts = summary.upstream(&u.name);
            counts.map_or_else(Vec::new, |c| of_upstream(u, c, report, summary.width_micros))
        })
        .chain(report.episodes.iter().filter_map(|e| of_episode(&e.episode, summary)))
        .collect()
}

/// Says of an episode that it was one of a few clients.
fn of_episode(e: &Episode, summary: &Summary) -> Option<Notice> {
    let [name] = &e.upstreams[..] else { return None };
    let counts = summary.upstream(name)?;
    let end = e.end.unwrap_or(Timestamp::from_micros(i64::MAX));
    let inside = |bucket: i64| {
        let start = bucket.saturating_mul(summary.width_micros);
        (e.start.as_micros()..end.as_micros()).contains(&start)
    };
    let hosts = counts.hosts.iter().filter(|h| e.scope != Scope::Host || e.hosts.contains(&h.host));
    let cells = hosts.flat_map(|h| &h.cells).filter(|c| inside(c.0));
    let slots = cells.fold(0, |slots, c| slots | c.1.error_clients);
    let few = few_clients(std::iter::once(&counts.clients), slots, (e.requests, e.errors))?;
    let who = if few.slots == 1 { "one address or very few" } else { "very few addresses" };
    let made = format!("which made {} of the requests in the whole log", percent(few.share));
    let so = match (few.alone, few.share >= 0.5) {
        (true, _) => "others were served meanwhile",
        (false, true) => "one client, a test or a scanner, or a proxy in front that hides who asks",
        (false, false) => return None,
    };
    let when = match e.end {
        Some(end) => format!("from {} UTC", span(e.start, end)),
        None => format!("since {} UTC", instant(e.start)),
    };
    let errors = count(e.errors, "5xx", "5xx");
    let message = format!("{name}: the {errors} {when} went to {who}, {made}: {so}");
    let mut notice = Notice::new(NoticeKind::SingleClient, e.errors, share(e.errors, e.requests), message)
        .of_upstream(name)
        .during(e.start, e.end)
        .check(&["who that is, and what they ask for"]);
    notice.status = e.dominant_status.filter(|s| s.code() != 599);
    notice.clients = distinct(slots);
    Some(notice)
}

fn of_upstream(
    upstream: &UpstreamReport,
    counts: &UpstreamCounts,
    report: &Report,
    width: i64,
) -> Vec<Notice> {
    let background = upstream.baseline.unwrap_or(0.001).max(1e-6);
    let mut found = spells(counts, width);
    found.retain(|s| {
        let rate = s.errors() as f64 / f64::from(s.cell.requests.max(1));
        s.errors() >= LEAST
            && rate >= LEAST_RATE.max(3.0 * background)
            && s.evidence(background) >= EVIDENCE
            && !in_an_episode(s, upstream, report, width)
    });
    found.sort_by_key(|s| (std::cmp::Reverse(s.cell.errors), s.first));
    let left_out = found.split_off(MAX_SPELLS.min(found.len()));
    found.sort_by_key(|s| s.first);
    let mut notices: Vec<Notice> = found.iter().map(|s| notice(s, upstream, counts, width)).collect();
    if let Some(last) = notices.last_mut().filter(|_| !left_out.is_empty()) {
        let more = count(left_out.len() as u64, "smaller spell", "smaller spells");
        let errors = thousands(left_out.iter().map(Spell::errors).sum());
        last.message += &format!("; {more} more ({errors} 5xx)");
    }
    notices
}

/// Stretches of buckets with 5xx, in order, with everything that was answered in them.
fn spells(counts: &UpstreamCounts, width: i64) -> Vec<Spell> {
    // Of each host they are in order: sorting merges as many runs.
    let mut cells: Vec<&(i64, Cell)> = counts.hosts.iter().flat_map(|h| &h.cells).collect();
    cells.sort_by_key(|c| c.0);
    let buckets = cells.chunk_by(|a, b| a.0 == b.0).map(|same| {
        let mut all = Cell::default();
        for (_, cell) in same {
            all.merge(cell);
        }
        (same[0].0, all)
    });
    let gap = (GAP / width.max(1)).max(1);
    let mut spells: Vec<Spell> = Vec::new();
    let mut healthy = Cell::default(); // since the last bucket with a 5xx
    for (bucket, cell) in buckets {
        if cell.errors == 0 {
            healthy.merge(&cell);
            continue;
        }
        let capped = u64::from(cell.errors).min(distinct(cell.error_clients).unwrap_or(u64::MAX));
        match spells.last_mut().filter(|s| bucket.saturating_sub(s.end) <= gap) {
            Some(spell) => {
                spell.cell.merge(&healthy);
                spell.cell.merge(&cell);
                spell.end = bucket.saturating_add(1);
                spell.capped = spell.capped.saturating_add(capped);
            }
            None => spells.push(Spell { first: bucket, end: bucket.saturating_add(1), cell, capped }),
        }
        healthy = Cell::default();
    }
    spells
}

fn in_an_episode(spell: &Spell, upstream: &UpstreamReport, report: &Report, width: i64) -> bool {
    let (first, end) = (spell.first.saturating_mul(width), spell.end.saturating_mul(width));
    report.episodes.iter().map(|e| &e.episode).any(|e| {
        let near = e.start.as_micros().saturating_sub(GAP) < end
            && e.end.is_none_or(|t| t.as_micros().saturating_add(GAP) > first);
        near && (e.upstreams.is_empty() || e.upstreams.contains(&upstream.name))
    })
}

fn notice(spell: &Spell, upstream: &UpstreamReport, counts: &UpstreamCounts, width: i64) -> Notice {
    let (start, end) = (
        Timestamp::from_micros(spell.first.saturating_mul(width)),
        Timestamp::from_micros(spell.end.saturating_mul(width)),
    );
    let requests = u64::from(spell.cell.requests);
    let rate = share(spell.errors(), requests);
    let status = spell.status();
    let code = match status {
        Some(status) if spell.cell.errors == of(&spell.cell, status) => format!("were {status}"),
        Some(status) => format!("were 5xx, mostly {status}"),
        None => "were 5xx".into(),
    };
    let what = format!(
        "{}: {} of {} {code} ({}) from {} UTC ({})",
        upstream.name,
        thousands(spell.errors()),
        count(requests, "response", "responses"),
        percent(rate.unwrap_or(0.0)),
        span(start, end),
        duration(between(start, end)),
    );
    let few =
        few_clients(std::iter::once(&counts.clients), spell.cell.error_clients, (requests, spell.errors()));
    let few = few.filter(|few| few.alone && spell.capped * 2 <= spell.errors());
    let mut notice = if let Some(few) = few {
        let clients = if few.slots == 1 { "to one client or very few" } else { "to very few clients" };
        let message = format!("{what}, all {clients} while others were served: not counted as an incident");
        Notice::new(NoticeKind::SingleClient, spell.errors(), rate, message).check(&[
            "what that client asks for: one path, one account, one broken release",
            "the application's log",
        ])
    } else {
        let message = format!("{what}: too short or too few for an episode");
        Notice::new(NoticeKind::Brief, spell.errors(), rate, message)
            .check(&["restarts, deploys and cron jobs at that minute"])
    };
    notice.status = status;
    notice.clients = distinct(spell.cell.error_clients);
    notice.of_upstream(&upstream.name).during(start, Some(end))
}

/// How many responses had one of the statuses with a column of its own.
fn of(cell: &Cell, status: Status) -> u32 {
    match status.code() {
        500 => cell.s500,
        502 => cell.s502,
        503 => cell.s503,
        504 => cell.s504,
        _ => cell.s5other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::HostSeries;
    use crate::detect::{Policy, detect};

    /// Two hours of so many requests per bucket from 64 slots; `errors(bucket)` of them are 503s of the clients `slots`.
    fn notices(requests: u32, slots: u64, errors: impl Fn(i64) -> u32) -> Vec<Notice> {
        let cell = |b| {
            let n = errors(b);
            let clients = if n > 0 { slots } else { 0 };
            (b, Cell { requests, errors: n, s503: n, error_clients: clients, ..Cell::default() })
        };
        let cells: Vec<_> = (0..720).map(cell).collect();
        let failed: u64 = cells.iter().map(|c| u64::from(c.1.errors)).sum();
        let codes = [(200, u64::from(requests) * 720 - failed), (503, failed)];
        let upstream = UpstreamCounts {
            name: "shop".into(),
            codes: codes.iter().filter_map(|c| Some((Status::new(c.0)?, c.1))).collect(),
            origins: vec![],
            causes: vec![],
            clients: [450; 64],
            durations: vec![],
            client_codes: vec![],
            hosts: vec![HostSeries { zone: String::new(), host: "h".into(), cells }],
        };
        let summary = Summary { width_micros: 10_000_000, upstreams: vec![upstream], ..Summary::default() };
        let findings = detect(&summary, &Policy::default(), &[]);
        let mut notices = Report::new(Vec::new(), &summary, &findings, Vec::new()).notices;
        notices.retain(|n| matches!(n.kind, NoticeKind::Brief | NoticeKind::SingleClient));
        notices
    }

    #[test]
    fn what_is_in_no_episode_is_still_told() {
        assert_eq!(notices(40, 0b1, |_| 0), []);
        assert_eq!(notices(40, 0b1, |b| u32::from(b % 50 == 0)), [], "background");
        let few = |b| if (300..302).contains(&b) { 4 } else { 0 };
        let [brief] = &notices(40, 0b1_1111, few)[..] else { panic!("one notice") };
        assert_eq!((brief.kind, brief.count), (NoticeKind::Brief, 8));
        assert_eq!(
            brief.message,
            "shop: 8 of 80 responses were 503 (10 %) from 1970-01-01 00:50:00 to 00:50:20 UTC (20 s): too short or \
             too few for an episode"
        );
        let storm = |b| if (300..330).contains(&b) { 12 } else { 0 };
        let [single] = &notices(400, 0b1, storm)[..] else { panic!("one notice") };
        assert_eq!((single.kind, single.count, single.clients), (NoticeKind::SingleClient, 360, Some(2)));
        assert!(single.message.contains("all to one client or very few while others were served"));
        assert_eq!(notices(400, u64::MAX, storm), [], "of all clients it is an episode");
        let [episode] = &notices(40, 0b1, storm)[..] else { panic!("one notice") };
        assert!(
            episode
                .message
                .ends_with("which made 1.6 % of the requests in the whole log: others were served meanwhile")
        );
    }

    #[test]
    fn the_largest_spells_are_told_and_the_others_counted() {
        let six = |b: i64| if b % 100 == 50 && b < 600 { 4 + b as u32 / 100 } else { 0 };
        let told = notices(40, 0b1_1111, six);
        assert_eq!(told.iter().map(|n| n.count).collect::<Vec<_>>(), [7, 8, 9]);
        assert!(told[2].message.ends_with("; 3 smaller spells more (15 5xx)"), "{}", told[2].message);
    }
}
