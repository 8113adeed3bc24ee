//! What clients did: 4xx and leaving early, in masses. Never an incident.

use super::super::Report;
use super::super::figures::{between, count, duration, instant, percent, share, span, thousands};
use super::{Notice, NoticeKind};
use crate::catalogue;
use crate::detect::{Findings, Surge};
use crate::status::Status;

/// A status is worth a notice from this share of an upstream's responses on …
const MIN_SHARE: f64 = 0.05;
/// … where there are at least so many responses …
const MIN_RESPONSES: u64 = 100;
/// … unless surges hold this share of it and say when it was.
const TOLD: f64 = 0.8;
/// So many clients with 404s are a scanner rather than a page that is gone.
const FEW: u64 = 5;
/// Surges told of one upstream and status, the largest.
const MAX_SURGES: usize = 3;

/// Client-side statuses that are news when frequent: authentication, rules, paths, limits, clients that left.
const CLIENT_SIDE: [u16; 8] = [0, 401, 403, 404, 408, 429, 460, 499];

/// `401 Unauthorized`
fn words(status: Status) -> String {
    let title = catalogue::status(status).map_or("", |e| e.title);
    format!("{status} {title}").trim_end().to_owned()
}

/// What to look at first.
fn checks(status: Status) -> &'static [&'static str] {
    catalogue::status(status).map_or(&[], |e| e.check_first)
}

/// One notice per surge.
pub(super) fn surges(findings: &Findings) -> Vec<Notice> {
    let same = |a: &Surge, b: &Surge| a.upstream == b.upstream && a.status == b.status;
    findings.surges.chunk_by(same).flat_map(of_status).collect()
}

/// The largest surges of one upstream and status, in order of time.
fn of_status(surges: &[Surge]) -> Vec<Notice> {
    let mut largest: Vec<&Surge> = surges.iter().collect();
    largest.sort_by_key(|s| (std::cmp::Reverse(s.responses), s.start));
    let left_out = largest.split_off(MAX_SURGES.min(largest.len()));
    largest.sort_by_key(|s| s.start);
    let mut notices: Vec<Notice> = largest.into_iter().map(surge).collect();
    if let Some(last) = notices.last_mut().filter(|_| !left_out.is_empty()) {
        last.message +=
            &format!("; {} of it", count(left_out.len() as u64, "smaller surge", "smaller surges"));
    }
    notices
}

fn surge(surge: &Surge) -> Notice {
    let when = match surge.end {
        Some(end) => {
            format!("from {} UTC ({})", span(surge.start, end), duration(between(surge.start, end)))
        }
        None => format!("since {} UTC, not over when the data ends", instant(surge.start)),
    };
    let clients = match surge.clients {
        Some(n @ 0..=2) => format!(", to at most {}", count(n, "client", "clients")),
        Some(n) => format!(", to about {}", count(n, "client", "clients")),
        None if surge.many_clients => ", to hundreds of clients".into(),
        None => String::new(),
    };
    let rate = share(surge.responses, surge.requests);
    let scan = surge.status.code() == 404 && surge.clients.is_some_and(|n| n <= FEW);
    let most_likely = if scan { ": so few clients are a scanner or a broken link, most likely" } else { "" };
    let message = format!(
        "{}: {} of {} were {} ({}) {when}, against {} at other times{clients}{most_likely}",
        surge.upstream,
        thousands(surge.responses),
        count(surge.requests, "response", "responses"),
        words(surge.status),
        percent(rate.unwrap_or(0.0)),
        percent(surge.baseline),
    );
    let mut notice = Notice::new(NoticeKind::Surge, surge.responses, rate, message)
        .of_upstream(&surge.upstream)
        .of_status(surge.status)
        .during(surge.start, surge.end)
        .check(checks(surge.status));
    notice.clients = surge.clients;
    notice
}

/// Statuses with a large share in all of the data.
pub(super) fn frequent(report: &Report, findings: &Findings) -> Vec<Notice> {
    let told = |name: &str, status: Status| -> u64 {
        let own = findings.surges.iter().filter(|s| s.upstream == name && s.status == status);
        own.map(|s| s.responses).sum()
    };
    let mut notices = Vec::new();
    for u in report.upstreams.iter().filter(|u| u.requests >= MIN_RESPONSES) {
        for &(status, n) in u.codes.iter().filter(|c| CLIENT_SIDE.contains(&c.0.code())) {
            let Some(share) = share(n, u.requests).filter(|share| *share >= MIN_SHARE) else { continue };
            if told(&u.name, status) as f64 >= TOLD * n as f64 {
                continue;
            }
            let kind =
                if status.is_client_closed() { NoticeKind::ClientClosed } else { NoticeKind::ClientErrors };
            let message = format!(
                "{}: {} of {} were {} ({})",
                u.name,
                thousands(n),
                count(u.requests, "response", "responses"),
                words(status),
                percent(share)
            );
            let notice = Notice::new(kind, n, Some(share), message).of_upstream(&u.name).of_status(status);
            notices.push(notice.check(checks(status)));
        }
    }
    notices
}
