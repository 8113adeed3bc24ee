//! One request in several layers: where 5xx were born, and which timeouts undercut others.

use super::super::Report;
use super::super::figures::{count, thousands};
use super::page::Page;
use crate::diagnose::layers as words;
use crate::layers::{Birth, LayerLink, Layers, OrderBasis};

/// Most kinds of failures shown, of 5xx and of others each.
const MAX_BIRTHS: usize = 12;
/// Most timeouts that undercut others.
const MAX_UNDERCUTS: usize = 5;

pub(super) fn write(page: &mut Page, report: &Report) {
    let Some(layers) = &report.layers else { return };
    page.heading("LAYERS (one request in several logs; elsewhere each layer's line counts for itself)");
    layers.links.iter().for_each(|link| page.labelled(2, "-", 4, &order(link, layers)));
    if layers.links.is_empty() {
        let names: Vec<String> = (0..layers.layers.len()).map(|l| layers.name(l)).collect();
        let text = format!(
            "{}: no failure in one log could be found in another, by an id or by target and time",
            names.join(", ")
        );
        page.labelled(2, "-", 4, &text);
    }
    if !layers.are_joined() {
        return;
    }
    page.labelled(2, "-", 4, &joins(layers));
    for undercut in layers.undercuts.iter().take(MAX_UNDERCUTS) {
        let text = format!(
            "TIMEOUTS, {}: {}. Check {}",
            count(undercut.count, "request", "requests"),
            words::undercut(undercut, layers),
            words::undercut_check(undercut, layers)
        );
        page.labelled(2, "-", 4, &text);
    }
    super::and_more(page, layers.undercuts.len(), MAX_UNDERCUTS);
    for is_5xx in [true, false] {
        let births: Vec<_> = layers.births.iter().filter(|b| (b.status.code() >= 500) == is_5xx).collect();
        births.iter().take(MAX_BIRTHS).for_each(|b| birth(page, b, layers));
        super::and_more(page, births.len(), MAX_BIRTHS);
    }
}

/// `HAProxy stands in front of nginx (told by 6 statuses it passed on); 24 lines joined by id …`
fn order(link: &LayerLink, layers: &Layers) -> String {
    let (front, behind) = (layers.name(link.front), layers.name(link.behind));
    let told = match link.basis {
        OrderBasis::Nothing => {
            return format!(
                "{front} and {behind} have requests in common, but which of them stands in front cannot be told from \
                 their lines: nothing is joined"
            );
        }
        OrderBasis::Products => "by what they are".to_owned(),
        OrderBasis::Lines(e) => {
            let all = [
                (e.relayed, "answers passed on"),
                (e.gave_up, "timeouts"),
                (e.forwarded, "forwarded addresses"),
                (if e.relayed + e.gave_up + e.forwarded == 0 { e.longer } else { 0 }, "durations"),
            ];
            let said: Vec<String> =
                all.iter().filter(|a| a.0 > 0).map(|(n, what)| format!("{} {what}", thousands(*n))).collect();
            format!("told by {}", said.join(", "))
        }
    };
    let clock = match link.clock_micros {
        c if c.abs() <= link.clock_error_micros => "clocks agree".to_owned(),
        c => format!("clock of {behind} {} {}", words::wait(c.abs()), if c > 0 { "ahead" } else { "behind" }),
    };
    format!(
        "{front} stands in front of {behind} ({told}); {} joined by id, {} by target and time; {clock} (to {})",
        count(link.by_id, "line", "lines"),
        thousands(link.by_time),
        words::wait(link.clock_error_micros)
    )
}

/// `220 5xx: 213 joined by id, …`
fn joins(layers: &Layers) -> String {
    let j = &layers.joins;
    let parts = [
        (j.by_id, "joined by id"),
        (j.by_time, "joined by target and time"),
        (j.not_asked, "with nothing to join"),
        (j.alone, "without a line behind"),
        (j.ambiguous, "ambiguous"),
        (j.not_looked_for, "not looked for, for want of memory"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|p| p.0 > 0).map(|(n, what)| format!("{} {what}", thousands(*n))).collect();
    let (all, kept) = layers.layers.iter().fold((0, 0), |sum, l| (sum.0 + l.failures, sum.1 + l.kept));
    let mut text = format!("{} as clients saw them: {}", count(j.failures, "5xx", "5xx"), parts.join(", "));
    if kept < all {
        text += &format!("; memory sufficed for {} of {} 5xx lines", thousands(kept), thousands(all));
    }
    text
}

fn birth(page: &mut Page, birth: &Birth, layers: &Layers) {
    let mut text = words::birth(birth, layers);
    if let Some(example) = birth.examples.first() {
        let lines: Vec<String> = example
            .lines
            .iter()
            .map(|l| {
                let status = if l.status.code() == 0 { "-".into() } else { l.status.to_string() };
                let lasted =
                    l.duration_micros.map_or_else(String::new, |d| format!(" in {}", words::wait(d as i64)));
                format!("{status}{lasted} in {} at byte {}", l.path, thousands(l.offset))
            })
            .collect();
        let id = if example.id.is_empty() { String::new() } else { format!(" ({})", example.id) };
        text += &format!("; like {}{id}: {}", example.target, lines.join(", "));
    }
    page.labelled(2, "-", 4, &text);
}
