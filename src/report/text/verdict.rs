//! The headline: who broke it, since when, is it over.

use std::cmp::Reverse;

use super::super::figures::{between, count, duration, instant, percent, share, span};
use super::super::{EpisodeReport, Notice, NoticeKind, OTHER_5XX, Report, cause_line};
use super::page::{Page, Tone};
use crate::detect::{EpisodeOrigin, Pattern, Scope};

pub(super) fn write(page: &mut Page, report: &Report) {
    let ranked = worst_first(report);
    match ranked.first() {
        Some(worst) => {
            page.lead(0, &format!("{}:", tag(worst)), tone(worst), &sentence(worst));
            page.text(0, &few_clients(worst, report));
            page.text(0, &likely(worst));
            page.text(0, &still_failing(ranked.get(1..).unwrap_or_default()));
            if ranked.len() > 1 {
                page.text(0, &format!("Also: {}.", tally(ranked.get(1..).unwrap_or_default())));
            }
        }
        None => calm(page, report),
    }
}

/// A share of 5xx from which the data are not called calm.
const MAX_CALM: f64 = 0.005;

fn calm(page: &mut Page, report: &Report) {
    if report.requests() == 0 {
        page.lead(0, "NOTHING TO JUDGE:", Tone::Warn, "no access record was understood.");
        return;
    }
    let rate = percent(share(report.errors(), report.requests()).unwrap_or(0.0));
    let requests = count(report.requests(), "response", "responses");
    let chronic = report.notices.iter().filter(|n| n.kind == NoticeKind::Chronic).count();
    if chronic > 0 {
        let what = count(chronic as u64, "upstream fails", "upstreams fail");
        page.lead(
            0,
            "CHRONIC:",
            Tone::Warn,
            &format!("no episode stands out, but {what} all the time (see notices)."),
        );
        page.text(0, &format!("{rate} of {requests} were 5xx."));
    } else if share(report.errors(), report.requests()) >= Some(MAX_CALM) {
        let why = no_episode(report);
        page.lead(0, "NO EPISODE:", Tone::Warn, &format!("{rate} of {requests} were 5xx, {why}."));
    } else {
        page.lead(0, "CALM:", Tone::Good, &format!("no episode of 5xx in {requests}, {rate} of them 5xx."));
    }
    page.text(0, &unseen(report));
}

/// Why 5xx that are not few make no episode.
fn no_episode(report: &Report) -> &'static str {
    let told = |kind| -> u64 { report.notices.iter().filter(|n| n.kind == kind).map(|n| n.count).sum() };
    if told(NoticeKind::SingleClient) * 2 >= report.errors() {
        "most of them to very few clients while others were served (see notices)"
    } else if told(NoticeKind::Brief) > 0 {
        "in spells too short or too small for an episode (see notices)"
    } else {
        "at no time clearly more than usual"
    }
}

/// What no detector could have seen: silence about it is not health.
fn unseen(report: &Report) -> String {
    let judged = || report.upstreams.iter().filter(|u| u.baseline.is_some());
    let blind: Vec<String> =
        judged().filter(|u| u.min_visible_rate.is_none()).map(|u| u.name.clone()).collect();
    let poor: Vec<String> = judged()
        .filter_map(|u| Some((u, u.min_visible_rate.filter(|rate| *rate >= POOR_SIGHT)?)))
        .map(|(u, rate)| format!("{} in {}", percent(rate), u.name))
        .collect();
    let mut text = String::new();
    if !poor.is_empty() {
        text = format!("Too little traffic to see less than {} within an hour. ", names(&poor));
    }
    if !blind.is_empty() {
        text += &format!("Too little traffic to tell: {}.", names(&blind));
    }
    text.trim_end().to_owned()
}

/// From this share of 5xx on that could not be seen, the headline says so.
const POOR_SIGHT: f64 = 0.05;

/// Unplanned first; then by severity, then what lasts before what passed, then by errors; ties by time and name.
pub(super) fn worst_first(report: &Report) -> Vec<&EpisodeReport> {
    let mut ranked: Vec<_> = report.episodes.iter().collect();
    ranked.sort_by_key(|r| {
        let e = &r.episode;
        (e.planned, Reverse(e.severity), e.pattern == Pattern::Transient, Reverse(e.errors), e.start)
    });
    ranked
}

/// `SUSTAINED, over`
pub(super) fn tag(report: &EpisodeReport) -> String {
    let planned = if report.episode.planned { "PLANNED " } else { "" };
    let over = if report.episode.end.is_some() { "over" } else { "NOT OVER" };
    format!("{planned}{}, {over}", report.episode.pattern.name().to_uppercase())
}

pub(super) fn tone(report: &EpisodeReport) -> Tone {
    if report.is_alarm() { Tone::Bad } else { Tone::Warn }
}

/// Who, since when until when, how much, which code, made by whom.
fn sentence(report: &EpisodeReport) -> String {
    let e = &report.episode;
    let when = match e.end {
        Some(end) => format!("from {} UTC ({})", span(e.start, end), duration(between(e.start, end))),
        None => format!("since {} UTC, still failing when the data ends", instant(e.start)),
    };
    let code = mostly(report);
    let rate = percent(share(e.errors, e.requests).unwrap_or(0.0));
    let origin = match report.maker() {
        Some(EpisodeOrigin::Proxy) => "made by the proxy",
        Some(EpisodeOrigin::Upstream) => "made by the upstream itself",
        Some(EpisodeOrigin::Mixed) => "made by proxy and upstream",
        None => "made by whom the lines do not tell",
    };
    format!("{} failed {when}: {rate} of its responses were 5xx{code}, {origin}.", who(report))
}

/// That it may be the story of one client.
fn few_clients(episode: &EpisodeReport, report: &Report) -> String {
    let e = &episode.episode;
    let same = |n: &&Notice| {
        n.kind == NoticeKind::SingleClient
            && n.start == Some(e.start)
            && n.upstream.as_ref() == e.upstreams.first()
    };
    let told = report.notices.iter().any(|n| same(&n));
    if told { "All of these 5xx went to one client or very few (see notices).".into() } else { String::new() }
}

/// The first cause and the first check: what a reader in a hurry needs.
fn likely(report: &EpisodeReport) -> String {
    let cause = report.diagnosis.causes.first().map(|c| full_stop(&format!("Most likely {}", cause_line(c))));
    let check = report.diagnosis.check_first.first().map(|c| full_stop(&format!("Check first: {c}")));
    cause.into_iter().chain(check).collect::<Vec<_>>().join(" ")
}

fn full_stop(sentence: &str) -> String {
    if sentence.ends_with(['.', '?', '!']) { sentence.into() } else { format!("{sentence}.") }
}

/// `, mostly 502`
pub(super) fn mostly(report: &EpisodeReport) -> String {
    match report.dominant_status {
        Some(status) if status.code() == OTHER_5XX => ", mostly other than 500, 502, 503 and 504".into(),
        Some(status) => format!(", mostly {status}"),
        None => String::new(),
    }
}

/// Names shown of several upstreams or hosts.
const MAX_NAMES: usize = 3;

/// `payments`, `host 10.0.0.7:80 of payments`, `zone b (payments, cart)`, `all upstreams`, `/pay of shop`.
pub(super) fn who(report: &EpisodeReport) -> String {
    match &report.episode.routes[..] {
        [] => whom(report),
        [one] => format!("{one} of {}", whom(report)),
        several => format!("{} routes ({}) of {}", several.len(), names(several), whom(report)),
    }
}

/// The same without routes.
fn whom(report: &EpisodeReport) -> String {
    let e = &report.episode;
    let upstreams = if report.everywhere { "all upstreams".into() } else { names(&e.upstreams) };
    let zone = e.zone.as_deref().unwrap_or("?");
    match e.scope {
        Scope::Host if !e.hosts.is_empty() => {
            let word = if e.hosts.len() == 1 { "host" } else { "hosts" };
            format!("{word} {} of {upstreams}", names(&e.hosts))
        }
        Scope::Zone => format!("zone {zone} ({upstreams})"),
        Scope::Global if !report.everywhere => format!("{} upstreams ({upstreams})", e.upstreams.len()),
        _ => upstreams,
    }
}

pub(super) fn names(names: &[String]) -> String {
    let shown = names.get(..MAX_NAMES.min(names.len())).unwrap_or_default().join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What else is not over: the worst episode may be, and the reader must not take that for all.
fn still_failing(others: &[&EpisodeReport]) -> String {
    let open: Vec<_> = others.iter().filter(|r| r.is_alarm() && r.episode.end.is_none()).collect();
    let who = |r: &&&EpisodeReport| format!("{} (since {} UTC)", who(r), instant(r.episode.start));
    match open.as_slice() {
        [] => String::new(),
        open => format!("NOT OVER: {}.", names(&open.iter().map(who).collect::<Vec<_>>())),
    }
}

/// `2 sustained, 1 transient, 1 planned`
fn tally(episodes: &[&EpisodeReport]) -> String {
    let mut parts = Vec::new();
    for pattern in [Pattern::Ongoing, Pattern::Sustained, Pattern::Flapping, Pattern::Transient] {
        let n = episodes.iter().filter(|r| !r.episode.planned && r.episode.pattern == pattern).count();
        if n > 0 {
            parts.push(format!("{n} {}", pattern.name()));
        }
    }
    let planned = episodes.iter().filter(|r| r.episode.planned).count();
    if planned > 0 {
        parts.push(format!("{planned} planned"));
    }
    parts.join(", ")
}
