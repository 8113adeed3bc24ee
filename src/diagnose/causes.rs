//! Ranking the causes: what the lines tell first, what the shape suggests where they tell nothing.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::RankedCause;
use super::facts::Facts;
use super::words;
use crate::catalogue::{self, Tendency};
use crate::detect::EpisodeOrigin;
use crate::origin::Cause;
use crate::schema::Product;
use crate::status::Class;

/// More would be a list, not a diagnosis.
const MOST: usize = 4;
/// Where lines without a cause have this share or more, the few with one prove too little.
const UNTOLD_SHARE: f64 = 0.9;
/// Rarer causes are left out.
const LEAST_SHARE: f64 = 0.05;
/// Quicker failures never waited for anything.
const FAST_MS: u64 = 100;

/// Likely causes, likeliest first.
pub(super) fn rank(facts: &Facts<'_>) -> Vec<RankedCause> {
    let told = told(facts);
    if told.is_empty() { suggested(facts) } else { told }
}

/// Causes that lines tell: counted over the whole log, the episode's own first.
fn told(facts: &Facts<'_>) -> Vec<RankedCause> {
    let own = facts.episode.cause.filter(|&c| c != Cause::Unknown);
    let (same, all) = (tally(facts, true), tally(facts, false));
    let counts = if same.is_empty() { all } else { same };
    let total: u64 = counts.values().sum();
    let untold = counts.get(&Cause::Unknown).copied().unwrap_or(0);
    if words::ratio(untold, total) >= UNTOLD_SHARE {
        return Vec::new();
    }
    let mut ranked: Vec<(Cause, u64)> = counts.into_iter().filter(|c| c.0 != Cause::Unknown).collect();
    if let Some(own) = own.filter(|own| ranked.iter().all(|r| r.0 != *own)) {
        ranked.push((own, 0));
    }
    ranked.sort_by_key(|&(cause, n)| (Some(cause) != own, Reverse(n), cause));
    ranked.retain(|&(cause, n)| Some(cause) == own || words::ratio(n, total) >= LEAST_SHARE);
    ranked.truncate(MOST);
    ranked
        .into_iter()
        .map(|(cause, n)| RankedCause {
            cause,
            share: (n > 0).then(|| words::ratio(n, total)),
            why: why(facts, cause, n, total),
        })
        .collect()
}

/// 5xx per cause: those with the dominant status, or all.
fn tally(facts: &Facts<'_>, same_status: bool) -> BTreeMap<Cause, u64> {
    let mut counts = BTreeMap::new();
    for &(status, cause, n) in facts.upstreams.iter().flat_map(|u| &u.causes) {
        let wanted =
            if same_status { Some(status) == facts.status } else { status.class() == Class::ServerError };
        if wanted {
            *counts.entry(cause).or_default() += n;
        }
    }
    counts
}

fn why(facts: &Facts<'_>, cause: Cause, n: u64, total: u64) -> String {
    let mut parts = Vec::new();
    if n == 0 {
        parts.push("the cause that the episode's lines tell most".to_owned());
    } else {
        let share = words::percent(words::ratio(n, total));
        parts.push(format!("{n} of {total} {}s ({share}) in the whole log", facts.status_words()));
    }
    parts.extend(tendency(cause).map(str::to_owned));
    parts.join("; ")
}

fn tendency(cause: Cause) -> Option<&'static str> {
    match catalogue::cause(cause).tendency {
        Tendency::Transient => Some("such failures mostly pass by themselves"),
        Tendency::Sustained => Some("such failures mostly stay until somebody acts"),
        Tendency::Either => None,
    }
}

/// What the shape suggests where no line tells a cause.
fn suggested(facts: &Facts<'_>) -> Vec<RankedCause> {
    let hints = hints(facts);
    let infer = |&(cause, why): &(Cause, &str)| RankedCause {
        cause,
        share: None,
        why: format!("inferred, no line tells a cause: {why}"),
    };
    hints.iter().map(infer).collect()
}

fn hints(facts: &Facts<'_>) -> Vec<(Cause, &'static str)> {
    let e = facts.episode;
    let code = facts.status.map_or(0, crate::Status::code);
    let by_upstream = e.origin == EpisodeOrigin::Upstream && e.by_upstream > 0;
    let hostless = facts.hostless_errors() * 2 > u64::from(facts.phases.errors);
    let fast = facts.median_ms.map(|ms| ms <= FAST_MS);
    let nginx = matches!(facts.product(), Some(Product::Nginx));
    match code {
        _ if by_upstream => vec![(Cause::AppError, "the upstream itself sent these answers")],
        504 => vec![(Cause::ResponseTimeout, "504 says that no answer came in time")],
        502 if hostless => vec![
            (Cause::NoHealthyUpstream, "502 with no host chosen"),
            (Cause::Dns, "502 with no host chosen; a name that does not resolve looks the same"),
        ],
        502 if fast == Some(true) => vec![
            (Cause::ConnectRefused, "502 within a tenth of a second"),
            (Cause::Reset, "502 within a tenth of a second; a reset at once looks the same"),
        ],
        502 => vec![
            (Cause::Reset, "502 says that no usable answer came; most often the connection was closed"),
            (Cause::ConnectRefused, "502 is also what a refused connection gives"),
        ],
        503 if nginx => vec![
            (Cause::RateLimited, "nginx makes 503 only by limit_req, limit_conn or 'return 503'"),
            (Cause::DirectResponse, "'return 503', maintenance"),
        ],
        503 if e.amplification.is_some() => vec![
            (Cause::Overload, "503 while requests came faster than before"),
            (Cause::Overflow, "503 while requests came faster than before"),
        ],
        503 => vec![
            (Cause::NoHealthyUpstream, "503 is what a proxy answers with no host to send to"),
            (Cause::Overflow, "503 is also what a full queue or limit gives"),
        ],
        500 => vec![(Cause::AppError, "500 is made by the application as a rule")],
        _ => {
            let of_status = facts.status.and_then(catalogue::status).and_then(|entry| entry.cause);
            let why = "what this status says";
            vec![of_status.map_or((Cause::Unknown, "the format lacks the columns that would"), |c| (c, why))]
        }
    }
}
