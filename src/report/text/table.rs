//! Tables: upstreams over time, hosts of those that failed, codes.

use std::cmp::Reverse;

use super::super::figures::{duration, percent, share, span, thousands};
use super::super::{HostReport, Report, TrendPoint, UpstreamReport};
use super::page::{Page, WIDTH, fit, safe, width};
use super::{MAX_UPSTREAMS, and_more};

/// Columns of a name.
const MAX_NAME: usize = 32;
const MIN_NAME: usize = 8;
/// Hosts shown per upstream, and upstreams whose hosts are shown.
const MAX_HOSTS: usize = 5;
const MAX_HOST_TABLES: usize = 5;

/// The steps of a sparkline: each from its share of 5xx on.
const LEVELS: [(f64, char); 8] =
    [(0.5, '█'), (0.25, '▇'), (0.1, '▆'), (0.05, '▅'), (0.02, '▄'), (0.01, '▃'), (0.001, '▂'), (0.0, '▁')];

pub(super) fn upstreams(page: &mut Page, report: &Report) {
    if report.upstreams.is_empty() {
        return;
    }
    let trend = &report.trend;
    page.heading("UPSTREAMS");
    let mut ranked: Vec<&UpstreamReport> = report.upstreams.iter().collect();
    ranked.sort_by_key(|u| (Reverse(u.errors), Reverse(u.masked), Reverse(u.requests)));
    let mut rows = vec![
        ["upstream", "requests", "5xx", "rate", "masked", "visible", "5xx over time"].map(str::to_owned),
    ];
    rows.extend(ranked.iter().take(MAX_UPSTREAMS).map(|u| {
        [
            safe(&u.name) + if u.chronic { " (chronic)" } else { "" },
            thousands(u.requests),
            thousands(u.errors),
            rate(u.errors, u.requests),
            thousands(u.masked),
            u.min_visible_rate.map_or("-".into(), percent),
            u.trend.iter().map(spark).collect(),
        ]
    }));
    table(page, 2, &rows);
    and_more(page, ranked.len(), MAX_UPSTREAMS);
    if trend.points > 0 {
        let step = duration(trend.step_micros);
        page.text(2, &format!("over time: {} UTC, {step} a step", span(trend.start, trend.end())));
        page.text(2, LEGEND);
    }
    if trend.outside > 0 {
        page.text(2, &format!("not drawn: {} requests far before or after", thousands(trend.outside)));
    }
    page.text(
        2,
        "visible: the smallest share of 5xx that could have been seen within an hour of this traffic",
    );
}

const LEGEND: &str =
    "5xx: ▁ under 0.1 %, ▂ 0.1 %, ▃ 1 %, ▄ 2 %, ▅ 5 %, ▆ 10 %, ▇ 25 %, █ 50 % and more, · no traffic";

fn spark(point: &TrendPoint) -> char {
    let Some(ratio) = share(point.errors, point.requests) else { return '·' };
    LEVELS.iter().find(|level| ratio >= level.0).map_or('▁', |level| level.1)
}

fn rate(part: u64, whole: u64) -> String {
    share(part, whole).map_or("-".into(), percent)
}

/// The hosts of upstreams that had an episode or fail all the time, worst first.
pub(super) fn hosts(page: &mut Page, report: &Report) {
    let bad = |u: &&UpstreamReport| {
        u.hosts.len() > 1
            && (u.chronic
                || report.episodes.iter().any(|e| e.episode.upstreams.binary_search(&u.name).is_ok()))
    };
    let mut bad: Vec<&UpstreamReport> = report.upstreams.iter().filter(bad).collect();
    bad.sort_by_key(|u| Reverse(u.errors));
    for upstream in bad.iter().take(MAX_HOST_TABLES) {
        page.heading(&format!("HOSTS of {}", upstream.name));
        let mut ranked: Vec<&HostReport> = upstream.hosts.iter().collect();
        ranked.sort_by_key(|h| (Reverse(h.errors), Reverse(h.masked), Reverse(h.requests)));
        let mut rows =
            vec![["host", "requests", "5xx", "rate", "masked", "by proxy", "zone"].map(str::to_owned)];
        rows.extend(ranked.iter().take(MAX_HOSTS).map(|h| {
            [
                safe(&h.host),
                thousands(h.requests),
                thousands(h.errors),
                rate(h.errors, h.requests),
                thousands(h.masked),
                thousands(h.by_proxy),
                fit(&safe(&h.zone), MAX_NAME),
            ]
        }));
        table(page, 2, &rows);
        and_more(page, ranked.len(), MAX_HOSTS);
    }
    and_more(page, bad.len(), MAX_HOST_TABLES);
}

/// A name, five figures, and something that is drawn to the left of its column. Made to fit by shortening names.
fn table(page: &mut Page, indent: usize, rows: &[[String; 7]]) {
    let widest = |i: usize| rows.iter().map(|row| width(&row[i])).max().unwrap_or(0);
    let columns: [usize; 7] = std::array::from_fn(widest);
    let rest: usize = columns[1..].iter().map(|w| w + 2).sum();
    let room = (WIDTH - indent).saturating_sub(rest).max(MIN_NAME);
    let name_width = columns[0].min(room).min(MAX_NAME);
    for [name, figures @ .., last] in rows {
        let name = fit(name, name_width);
        let mut line = format!("{name}{:pad$}", "", pad = name_width - width(&name).min(name_width));
        for (figure, column) in figures.iter().zip(&columns[1..]) {
            line += &format!("  {figure:>column$}");
        }
        page.row(indent, &fit(&format!("{line}  {last}"), WIDTH - indent));
    }
}

/// Classes, and each code below its class.
pub(super) fn codes(page: &mut Page, report: &Report) {
    let requests = report.requests();
    if requests == 0 {
        return;
    }
    page.heading("CODES");
    for (class, n) in report.classes.iter().filter(|c| c.1 > 0) {
        let codes: Vec<String> = report
            .codes
            .iter()
            .filter(|c| c.0.class() == *class)
            .map(|(status, n)| format!("{status} × {}", thousands(*n)))
            .collect();
        let text = format!(
            "{} ({}): {}",
            thousands(*n),
            percent(share(*n, requests).unwrap_or(0.0)),
            codes.join(", ")
        );
        page.labelled(2, class.name(), 8, &text);
    }
}
