//! One episode: the answers, each behind its label.

use super::super::figures::{between, count, duration, instant, percent, share, span, thousands};
use super::super::{EpisodeReport, Report};
use super::page::Page;
use super::verdict::{mostly, names, tag, tone, who};
use crate::catalogue;
use crate::detect::{EpisodeOrigin, Pattern};

/// Where labels stand, and where the answers beside them begin.
const LABEL: usize = 4;
const ANSWER: usize = 17;

pub(super) fn write(page: &mut Page, number: usize, report: &EpisodeReport, all: &Report) {
    page.blank();
    page.lead(
        0,
        &format!("{number}. {}", tag(report)),
        tone(report),
        &format!("· {} · {}", who(report), report.episode.severity.name()),
    );
    let mut answer = |label: &str, text: &str| {
        if !text.is_empty() {
            page.labelled(LABEL, label, ANSWER, text);
        }
    };
    answer("when", &when(report));
    answer("how much", &how_much(report));
    answer("why", &why(report, all));
    answer("where", &place(report));
    answer("origin", &origin(report));
    answer("masked", &masked(report));
    answer("severity", &severity(report));
    list(page, "evidence", |_| "-".into(), &report.diagnosis.evidence);
    let causes: Vec<String> = report.diagnosis.causes.iter().map(super::super::cause_line).collect();
    list(page, "causes", |i| format!("{i}."), &causes);
    list(page, "check first", |i| format!("{i}."), &report.diagnosis.check_first);
}

fn when(report: &EpisodeReport) -> String {
    let e = &report.episode;
    match e.end {
        Some(end) => format!("{} ({})", span(e.start, end), duration(between(e.start, end))),
        None => format!("since {}, still failing when the data ends", instant(e.start)),
    }
}

fn how_much(report: &EpisodeReport) -> String {
    let e = &report.episode;
    let code = mostly(report);
    let share = share(e.errors, e.requests).unwrap_or(0.0);
    let rate = percent(share);
    let peak = if e.peak_rate > share {
        format!("; peak {} in a minute", percent(e.peak_rate))
    } else {
        String::new()
    };
    let of = count(e.requests, "response", "responses");
    format!(
        "{} of {of} were 5xx ({rate}){code}{peak}; normal is {}",
        thousands(e.errors),
        percent(e.baseline)
    )
}

/// What makes it transient, sustained, flapping or ongoing.
fn why(report: &EpisodeReport, all: &Report) -> String {
    let e = &report.episode;
    let on: i64 = e.phases.iter().map(|(start, end)| between(*start, *end)).fold(0, i64::saturating_add);
    let phases = count(e.phases.len() as u64, "phase", "phases");
    let failing = format!("failing for {} in {phases}", duration(on));
    let sustained = e.sustained_at.map(|at| format!("; long enough to be sustained at {}", instant(at)));
    let mut text = match e.pattern {
        Pattern::Transient if e.rolling => {
            format!(
                "hosts failed briefly one after the other, as in a rolling deploy or restart: {failing} in all"
            )
        }
        Pattern::Transient => format!("{failing}, then recovered"),
        Pattern::Flapping => format!("on and off: {failing}, healthy in between"),
        Pattern::Sustained => format!("{failing}{}", sustained.unwrap_or_default()),
        Pattern::Ongoing => {
            let last = all.range.map(|r| format!(" ({})", instant(r.1))).unwrap_or_default();
            let would_be = e.would_be.name();
            format!("no recovery before the data ends{last}: {failing}; were it over, it would be {would_be}")
        }
    };
    match e.relapses {
        0 => {}
        1 => text += "; failed again once within minutes of recovering",
        n => text += &format!("; failed again {n} times within minutes of recovering"),
    }
    text
}

fn place(report: &EpisodeReport) -> String {
    let e = &report.episode;
    let mut parts = vec![format!("scope {}", e.scope.name())];
    if e.upstreams.len() > 1 {
        parts.push(format!("upstreams {}", names(&e.upstreams)));
    }
    if !e.hosts.is_empty() {
        let word = if e.hosts.len() == 1 { "host" } else { "hosts" };
        parts.push(format!("{word} {}", names(&e.hosts)));
    }
    if !e.routes.is_empty() {
        let word = if e.routes.len() == 1 { "route" } else { "routes" };
        parts.push(format!("{word} {} only", names(&e.routes)));
    }
    parts.extend(e.zone.as_ref().map(|zone| format!("zone {zone}")));
    parts.join("; ")
}

fn origin(report: &EpisodeReport) -> String {
    let e = &report.episode;
    let by = match report.maker() {
        Some(EpisodeOrigin::Proxy) => "the proxy made them",
        Some(EpisodeOrigin::Upstream) => "the upstream itself answered so",
        Some(EpisodeOrigin::Mixed) => "proxy and upstream both",
        None => "the lines do not tell who made them",
    };
    let unknown = e.errors.saturating_sub(e.by_proxy).saturating_sub(e.by_upstream);
    let mut parts = vec![
        format!("{} by the proxy", thousands(e.by_proxy)),
        format!("{} by the upstream", thousands(e.by_upstream)),
    ];
    if unknown > 0 {
        parts.push(format!("{} unknown", thousands(unknown)));
    }
    let mut text = format!("{by}: {}", parts.join(", "));
    if let Some(cause) = e.cause {
        text += &format!("; most often {}", catalogue::cause(cause).title);
    }
    if let Some(ms) = e.timeout_ms {
        let wait = if ms % 1000 == 0 { format!("{} s", ms / 1000) } else { format!("{ms} ms") };
        text += &format!("; 504s pile up at {wait}, a timeout");
    }
    text
}

fn masked(report: &EpisodeReport) -> String {
    let e = &report.episode;
    let failures = e.masked.saturating_add(e.errors);
    let mut parts = Vec::new();
    if let Some(share) = share(e.masked, failures).filter(|s| *s > 0.0) {
        let (masked, failures) = (thousands(e.masked), thousands(failures));
        parts.push(format!("retries hid {masked} of {failures} failures from clients ({})", percent(share)));
    }
    if let Some(x) = e.amplification {
        parts.push(format!("traffic was {x:.1} times the half hour before (retries, or load)"));
    }
    parts.join("; ")
}

fn severity(report: &EpisodeReport) -> String {
    let e = &report.episode;
    let burned = percent(e.budget_burned);
    format!("{}: {burned} of a 30-day error budget at 99.9 % burned", e.severity.name())
}

/// Items one below the other, each behind its mark, its further lines beside it.
fn list(page: &mut Page, label: &str, mark: impl Fn(usize) -> String, items: &[String]) {
    for (i, item) in items.iter().enumerate() {
        let label = if i == 0 { label } else { "" };
        let mark = mark(i + 1);
        let column = ANSWER + mark.len() + 1;
        page.labelled(LABEL, &format!("{label:pad$}{mark}", pad = ANSWER - LABEL), column, item);
    }
}
