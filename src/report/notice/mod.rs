//! [`Notice`]: what is no incident and still worth knowing.

mod client_side;
mod paths;
mod probes;
mod retries;
mod servers;
mod spells;

use std::collections::HashMap;

use super::Report;
use super::figures::{count, duration, percent, share, thousands};
use crate::aggregate::{OTHER, Summary};
use crate::detect::{Findings, Pattern, Scope};
use crate::status::Status;
use crate::time::Timestamp;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// An input is in no known format; its lines are counted as not understood.
    UnrecognisedInput,
    /// Reading of an input ended before its end.
    TruncatedInput,
    /// More than 1 % of the lines were not understood.
    Malformed,
    /// Access records without a readable time: in the totals, in no episode.
    Untimed,
    /// Series were folded together to keep to the budget of memory.
    Folded,
    /// An upstream fails all the time, so no single episode stands out.
    Chronic,
    /// Transient episodes of an upstream at equal distances.
    Periodic,
    /// 5xx that all went to one client or very few, in an episode or in none.
    SingleClient,
    /// A few 5xx at once: too short or too few for an episode.
    Brief,
    /// Clients left or stalled before the answer, in a large share of the requests.
    ClientClosed,
    /// One 4xx in a large share of the requests.
    ClientErrors,
    /// Health checkers and synthetic monitors among the requests.
    Probes,
    /// Failures of hosts that retries hide.
    Masked,
    /// More retries than their usual budget.
    Retries,
    /// 502s of idle connections used again just when the upstream closes them.
    KeepAlive,
    /// Paths that used to answer give nothing but 404.
    Gone,
    /// Routes were cut short to bound their number.
    Routes,
    /// A 4xx, or clients leaving, far above the usual rate for a while.
    Surge,
    /// A server that the proxy itself took out of service or put back, by its own lines in the log.
    ServerState,
}

impl NoticeKind {
    /// The name in reports, stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnrecognisedInput => "unrecognised_input",
            Self::TruncatedInput => "truncated_input",
            Self::Malformed => "malformed",
            Self::Untimed => "untimed",
            Self::Folded => "folded",
            Self::Chronic => "chronic",
            Self::Periodic => "periodic",
            Self::ClientClosed => "client_closed",
            Self::ClientErrors => "client_errors",
            Self::SingleClient => "single_client",
            Self::Brief => "brief",
            Self::Masked => "masked",
            Self::Retries => "retries",
            Self::KeepAlive => "keep_alive",
            Self::Gone => "gone",
            Self::Routes => "routes",
            Self::Surge => "surge",
            Self::Probes => "probes",
            Self::ServerState => "server_state",
        }
    }
}

/// Something worth knowing that is no 5xx episode.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The upstream, where it is about one.
    pub upstream: Option<String>,
    /// The status, where it is about one.
    pub status: Option<Status>,
    /// How many.
    pub count: u64,
    /// Their share of the whole they are part of, 0–1.
    pub share: f64,
    /// Since when, where it is about a stretch of time.
    pub start: Option<Timestamp>,
    /// Until when; `None` too where it is not over when the data ends.
    pub end: Option<Timestamp>,
    /// About how many clients, where they can be counted.
    pub clients: Option<u64>,
    /// A sentence.
    pub message: String,
    /// What to look at first.
    pub check_first: Vec<String>,
}

impl Notice {
    fn new(kind: NoticeKind, count: u64, share: Option<f64>, message: String) -> Self {
        let share = share.unwrap_or(0.0);
        Self {
            kind,
            upstream: None,
            status: None,
            count,
            share,
            start: None,
            end: None,
            clients: None,
            message,
            check_first: Vec::new(),
        }
    }

    fn during(mut self, start: Timestamp, end: Option<Timestamp>) -> Self {
        (self.start, self.end) = (Some(start), end);
        self
    }

    fn of_upstream(mut self, upstream: &str) -> Self {
        self.upstream = Some(upstream.into());
        self
    }

    fn of_status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    fn check(mut self, first: &[&str]) -> Self {
        self.check_first = first.iter().map(|s| (*s).to_owned()).collect();
        self
    }
}

/// Lines not understood are worth a notice above this share.
const MAX_MALFORMED: f64 = 0.01;

/// All notices: about the reading first, then about upstreams by name.
pub(super) fn all(report: &Report, summary: &Summary, findings: &Findings) -> Vec<Notice> {
    let mut notices = unrecognised(report);
    notices.extend(truncated(report));
    notices.extend(malformed(report));
    notices.extend(untimed(report));
    notices.extend(folded_groups(report, summary.folded));
    notices.extend(chronic(report));
    notices.extend(periodic(report));
    notices.extend(retries::all(report, summary));
    notices.extend(spells::all(report, summary));
    notices.extend(client_side::surges(findings));
    notices.extend(client_side::frequent(report, findings));
    notices
}

fn unrecognised(report: &Report) -> Vec<Notice> {
    let unknown = report.inputs.iter().filter(|input| input.format.is_none() && input.lines > 0);
    unknown
        .map(|input| {
            let why = input.note.as_deref().unwrap_or("no known format fits");
            let what = count(input.lines, "line", "lines");
            let message = format!("{}: {what} not read: {why}", input.path.to_string_lossy());
            Notice::new(
                NoticeKind::UnrecognisedInput,
                input.lines,
                share(input.lines, report.lines.total),
                message,
            )
            .check(&["whether the file belongs here; its format can be given"])
        })
        .collect()
}

fn truncated(report: &Report) -> Vec<Notice> {
    let ended = report.inputs.iter().filter_map(|input| Some((input, input.ended.as_deref()?)));
    ended
        .map(|(input, why)| {
            let read = count(input.lines, "line", "lines");
            let message =
                format!("{}: reading ended early after {read}: {why}", input.path.to_string_lossy());
            Notice::new(
                NoticeKind::TruncatedInput,
                input.lines,
                share(input.lines, report.lines.total),
                message,
            )
            .check(&["whether the file is complete; what came before the break is counted"])
        })
        .collect()
}

fn malformed(report: &Report) -> Option<Notice> {
    let lines = &report.lines;
    let share = share(lines.malformed, lines.total - lines.blank.min(lines.total))?;
    (share > MAX_MALFORMED).then(|| {
        let what = count(lines.malformed, "line was", "lines were");
        let message = format!("{what} not understood ({}): what they say is in no count", percent(share));
        Notice::new(NoticeKind::Malformed, lines.malformed, Some(share), message).check(&[
            "the format given or detected against the proxy's own configuration",
            "the first places below",
        ])
    })
}

fn untimed(report: &Report) -> Option<Notice> {
    let untimed = report.lines.untimed;
    (untimed > 0).then(|| {
        let what = count(untimed, "access record has", "access records have");
        let message = format!("{what} no readable time: counted in the totals, in no episode");
        Notice::new(NoticeKind::Untimed, untimed, share(untimed, report.lines.access), message)
            .check(&["the time column of the format"])
    })
}

fn folded_groups(report: &Report, folded: u64) -> Option<Notice> {
    (folded > 0).then(|| {
        let requests = report.upstreams.iter().filter(|u| u.name == OTHER).map(|u| u.requests).sum();
        let what = count(folded, "series was", "series were");
        let message = format!(
            "{what} folded into {OTHER} to bound memory: totals are exact, {OTHER} is no upstream of its own"
        );
        Notice::new(NoticeKind::Folded, folded, share(requests, report.requests()), message)
            .check(&["what upstreams are grouped by: names made from requests grow without bound"])
    })
}

/// Share of an upstream's 5xx in episodes from which they tell the story.
const TOLD: f64 = 0.8;

fn chronic(report: &Report) -> Vec<Notice> {
    let mut told: HashMap<&str, u64> = HashMap::new();
    for e in report.episodes.iter().map(|e| &e.episode) {
        e.upstreams.iter().for_each(|u| *told.entry(u).or_default() += e.errors);
    }
    let told = |name: &str| told.get(name).copied().unwrap_or(0) as f64;
    let chronic = report.upstreams.iter().filter(|u| u.chronic);
    chronic
        .filter(|u| told(&u.name) < TOLD * u.errors as f64)
        .map(|u| {
            let share = share(u.errors, u.requests);
            let message = format!(
                "{} fails all the time: {} of {} were 5xx ({}), most of them in no single episode",
                u.name,
                thousands(u.errors),
                count(u.requests, "response", "responses"),
                percent(share.unwrap_or(0.0)),
            );
            Notice::new(NoticeKind::Chronic, u.errors, share, message)
                .of_upstream(&u.name)
                .check(&["the code and the origin of its 5xx below", "since when: read older logs along"])
        })
        .collect()
}

/// Distances may differ from the one in the middle by this share of it.
const PERIOD_SLACK: f64 = 0.1;

fn periodic(report: &Report) -> Vec<Notice> {
    let mut starts: HashMap<&str, Vec<i64>> = HashMap::new();
    let own = report
        .episodes
        .iter()
        .map(|e| &e.episode)
        .filter(|e| e.pattern == Pattern::Transient && matches!(e.scope, Scope::Host | Scope::Upstream));
    for e in own {
        e.upstreams.iter().for_each(|u| starts.entry(u).or_default().push(e.start.as_micros()));
    }
    let mut notices = Vec::new();
    for u in report.upstreams.iter().filter(|u| u.errors > 0) {
        let Some(starts) = starts.get(&*u.name) else { continue };
        if let Some(period) = period(starts) {
            let message =
                format!("{}: {} transient episodes, one every {}", u.name, starts.len(), duration(period));
            notices.push(
                Notice::new(NoticeKind::Periodic, starts.len() as u64, share(u.errors, u.requests), message)
                    .of_upstream(&u.name)
                    .check(&[
                        "what runs at that interval: cron jobs, backups, cache expiry, scaling, deploys",
                    ]),
            );
        }
    }
    notices
}

/// The distance between at least four sorted instants, if it is always nearly the same.
fn period(starts: &[i64]) -> Option<i64> {
    let mut distances: Vec<i64> = starts.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
    distances.sort_unstable();
    let middle = *distances.get(distances.len() / 2).filter(|d| distances.len() >= 3 && **d > 0)?;
    let near = |d: &i64| (*d - middle).abs() as f64 <= PERIOD_SLACK * middle as f64;
    distances.iter().all(near).then_some(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_needs_four_starts_nearly_equally_far_apart() {
        assert_eq!(period(&[0, 100, 200, 300]), Some(100));
        assert_eq!(period(&[0, 95, 200, 300]), Some(100));
        assert_eq!(period(&[0, 100, 200]), None);
        assert_eq!(period(&[0, 100, 200, 320]), None);
        assert_eq!(period(&[7, 7, 7, 7]), None);
        assert_eq!(period(&[i64::MIN, 0, i64::MAX, i64::MAX]), None);
        assert_eq!(period(&[]), None);
    }
}
