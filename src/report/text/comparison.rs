//! What changed against the baseline.

use super::super::comparison::{Change, Comparison, New, UpstreamChange};
use super::super::figures::{count, percent, share, span, thousands};
use super::page::Page;
use crate::catalogue;

/// Most changes shown of a kind.
const MAX_CHANGES: usize = 10;

pub(super) fn write(page: &mut Page, comparison: &Comparison) {
    let when = comparison.range.map_or_else(String::new, |(a, b)| format!(", {} UTC", span(a, b)));
    let requests = count(comparison.requests, "response", "responses");
    page.heading(&format!("AGAINST THE BASELINE ({requests}{when})"));
    let mut changes: Vec<_> = comparison.upstreams.iter().filter(|u| u.change != Change::Same).collect();
    changes.sort_by_key(|u| u.change);
    let same = comparison.upstreams.len() - changes.len();
    list(page, changes.iter().map(|u| upstream(u)));
    if same > 0 {
        let which = if changes.is_empty() { "" } else { " of the others" };
        page.labelled(
            2,
            "-",
            4,
            &format!("{}{which}: no clear change of 5xx", count(same as u64, "upstream", "upstreams")),
        );
    }
    list(
        page,
        comparison.new_codes.iter().map(|n| format!("{}: new: {}", n.upstream, new(n, &n.what.to_string()))),
    );
    list(
        page,
        comparison.new_causes.iter().map(|n| {
            let (status, cause) = n.what;
            format!(
                "{}: new cause: {}",
                n.upstream,
                new(n, &format!("{status}, {}", catalogue::cause(cause).title))
            )
        }),
    );
}

fn list(page: &mut Page, items: impl ExactSizeIterator<Item = String>) {
    let all = items.len();
    items.take(MAX_CHANGES).for_each(|item| page.labelled(2, "-", 4, &item));
    super::and_more(page, all, MAX_CHANGES);
}

/// `payments is worse: 5.2 % were 5xx (1,200 of 23,000), 0.1 % (20 of 20,000) in the baseline: 5.1 points more …`
fn upstream(u: &UpstreamChange) -> String {
    let rate = |(n, k): (u64, u64)| {
        format!("{} ({} of {})", percent(share(k, n).unwrap_or(0.0)), thousands(k), thousands(n))
    };
    let name = &u.upstream;
    match (u.change, u.test) {
        (Change::Appeared, _) => format!("{name} is not in the baseline: {} were 5xx", rate(u.now)),
        (Change::Disappeared, _) => format!("{name} is in the baseline only: {} were 5xx", rate(u.before)),
        (change, Some(test)) => {
            let points = |x: f64| format!("{:+.2}", x * 100.0);
            let p = if test.p < 0.0001 { "p < 0.0001".into() } else { format!("p = {:.4}", test.p) };
            format!(
                "{name} is {}: {} were 5xx, {} in the baseline; difference {} points (95 %: {} to {}; {p})",
                change.name(),
                rate(u.now),
                rate(u.before),
                points(test.difference),
                points(test.interval.0),
                points(test.interval.1),
            )
        }
        (change, None) => format!("{name}: {}", change.name()),
    }
}

/// `502 × 120; the baseline has none, and would have about 100 at this rate`
fn new<T>(n: &New<T>, what: &str) -> String {
    let expected = thousands(n.expected.round() as u64);
    format!(
        "{what} × {}; the baseline has none, and would have about {expected} at this rate",
        thousands(n.count)
    )
}
