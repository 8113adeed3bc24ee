//! The report for people.
//!
//! Order: the verdict (who, since when, is it over), the episodes (worst first), the upstreams over time, what was
//! not understood. Everything goes through [`page`].

mod comparison;
mod episode;
mod layers;
mod page;
mod table;
mod verdict;

pub use page::Style;

use std::collections::BTreeSet;

use super::Report;
use super::figures::{count, duration, instant, percent, share, span, thousands};
use page::Page;
#[cfg(test)]
pub(super) use page::width;

/// Most episodes shown.
const MAX_EPISODES: usize = 20;
/// Most upstreams shown.
const MAX_UPSTREAMS: usize = 30;
/// Most gaps, notices and kinds of rejects shown, each.
const MAX_REMARKS: usize = 10;
/// Most checks shown of a notice.
const MAX_CHECKS: usize = 2;

pub(super) fn write(report: &Report, style: Style) -> String {
    let mut page = Page::new(style);
    verdict::write(&mut page, report);
    read(&mut page, report);
    episodes(&mut page, report);
    layers::write(&mut page, report);
    if let Some(comparison) = &report.comparison {
        comparison::write(&mut page, comparison);
    }
    table::upstreams(&mut page, report);
    table::hosts(&mut page, report);
    table::codes(&mut page, report);
    gaps(&mut page, report);
    notices(&mut page, report);
    not_understood(&mut page, report);
    page.finish()
}

/// What the answer rests on, in one paragraph.
fn read(page: &mut Page, report: &Report) {
    let formats: Vec<String> = report.formats.iter().map(|f| f.name.clone()).collect();
    let inside = report.lines.access.saturating_sub(report.lines.outside);
    let mut text = count(inside, "access record", "access records");
    if let Some((first, last)) = report.range {
        text += &format!(", {} UTC", span(first, last));
    }
    if !report.inputs.is_empty() {
        text += &format!("; {}", count(report.inputs.len() as u64, "input", "inputs"));
    }
    if !formats.is_empty() {
        text += &format!(", read as {}", formats.join(", "));
    }
    text += &assumed(report);
    page.text(0, &text);
}

/// What was assumed of stamps that name no zone, or no year.
fn assumed(report: &Report) -> String {
    let offsets: BTreeSet<i32> = report.inputs.iter().filter_map(|input| input.assumed_offset).collect();
    let years: BTreeSet<i32> = report.inputs.iter().filter_map(|input| input.assumed_year).collect();
    let zone: Vec<String> = offsets.into_iter().map(offset).collect();
    let year: Vec<String> = years.into_iter().map(|year| year.to_string()).collect();
    let one = |what: &str, taken: &[String]| match taken {
        [] => String::new(),
        taken => format!("; stamps without a {what} taken as {}", taken.join(", ")),
    };
    one("zone", &zone) + &one("year", &year)
}

/// `UTC`, `+05:30`
fn offset(seconds: i32) -> String {
    match seconds {
        0 => "UTC".to_owned(),
        _ => {
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.unsigned_abs() / 60;
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}

fn episodes(page: &mut Page, report: &Report) {
    if report.episodes.is_empty() {
        return;
    }
    page.heading(&format!("EPISODES ({}), worst first, times in UTC", report.episodes.len()));
    let ranked = verdict::worst_first(report);
    for (i, episode) in ranked.iter().take(MAX_EPISODES).enumerate() {
        episode::write(page, i + 1, episode, report);
    }
    and_more(page, ranked.len(), MAX_EPISODES);
}

fn gaps(page: &mut Page, report: &Report) {
    if report.gaps.is_empty() {
        return;
    }
    page.heading("SILENCE where traffic was to be expected (neither recovery nor failure)");
    for gap in report.gaps.iter().take(MAX_REMARKS) {
        let who = if gap.upstream == "*" { "all upstreams" } else { &gap.upstream };
        let length = duration(super::figures::between(gap.start, gap.end));
        let expected = thousands(gap.expected.max(0.0).round() as u64);
        page.labelled(
            2,
            "-",
            4,
            &format!("{who}: {} ({length}), about {expected} requests expected", span(gap.start, gap.end)),
        );
    }
    and_more(page, report.gaps.len(), MAX_REMARKS);
}

fn notices(page: &mut Page, report: &Report) {
    if report.notices.is_empty() {
        return;
    }
    page.heading("NOTICES (no incidents)");
    for notice in report.notices.iter().take(MAX_REMARKS) {
        let mut text = notice.message.clone();
        let checks: Vec<_> = notice.check_first.iter().take(MAX_CHECKS).map(String::as_str).collect();
        if !checks.is_empty() {
            text += &format!(". Check first: {}", checks.join("; "));
        }
        page.labelled(2, "-", 4, &text);
    }
    and_more(page, report.notices.len(), MAX_REMARKS);
}

fn not_understood(page: &mut Page, report: &Report) {
    let lines = &report.lines;
    page.heading("LINES");
    let mut text = format!(
        "{}: {} access records, {} other, {} blank, {} not understood",
        thousands(lines.total),
        thousands(lines.access),
        thousands(lines.other),
        thousands(lines.blank),
        thousands(lines.malformed),
    );
    if let Some(share) = share(lines.malformed, lines.total).filter(|s| *s > 0.0) {
        text += &format!(" ({})", percent(share));
    }
    if lines.outside > 0 {
        text += &format!("; {} outside of the time asked for", thousands(lines.outside));
    }
    page.text(2, &text);
    for reject in report.rejects.iter().take(MAX_REMARKS) {
        let column = if reject.column.is_empty() { String::new() } else { format!(" at {}", reject.column) };
        let mut text = format!("{}{column}: {}", reject.kind.name(), count(reject.count, "line", "lines"));
        if let Some((file, offset)) = reject.first.first() {
            text += &format!(", first in {file} at byte {}", thousands(*offset));
        }
        page.labelled(2, "-", 4, &text);
    }
    and_more(page, report.rejects.len(), MAX_REMARKS);
    if let Some((_, last)) = report.range {
        page.text(2, &format!("last access record: {} UTC", instant(last)));
    }
}

/// Says what was left out.
fn and_more(page: &mut Page, all: usize, shown: usize) {
    if all > shown {
        page.text(2, &format!("… and {} more (all are in the JSON report)", thousands((all - shown) as u64)));
    }
}
