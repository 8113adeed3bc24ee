//! Rolling deploys and restarts: hosts failing briefly, one after the other.

use crate::detect::Policy;
use crate::detect::draft::{Draft, union};
use crate::detect::episode::{Pattern, Scope};
use crate::detect::table::{Axis, Host, Upstream};

/// Marks an episode of an upstream that is a rolling deploy: most of its errors lie in one short window per host,
/// the windows hardly overlap, and together they are much longer than any of them.
pub(super) fn mark(draft: &mut Draft<'_>, upstream: &Upstream<'_>, axis: &Axis, policy: &Policy) {
    if draft.scope == Scope::Upstream && is_rolling(draft, upstream, axis, policy) {
        (draft.pattern, draft.rolling) = (Pattern::Transient, true);
    }
}

fn is_rolling(draft: &Draft<'_>, upstream: &Upstream<'_>, axis: &Axis, policy: &Policy) -> bool {
    let named = upstream.hosts.iter().filter(|h| h.is_named());
    let brief: Vec<_> = named
        .filter_map(|h| densest(h, draft))
        .filter(|w| axis.seconds(w.first, w.end) <= policy.rolling_max)
        .collect();
    let all: u64 = upstream.series.sum(draft.first, draft.end).errors;
    let inside: u64 = brief.iter().map(|w| w.errors).sum();
    if brief.len() < policy.rolling_hosts || all == 0 || (inside as f64) < 0.7 * all as f64 {
        return false;
    }
    let length = |w: &(i64, i64)| axis.seconds(w.0, w.1);
    let windows: Vec<_> = brief.iter().map(|w| (w.first, w.end)).collect();
    let apart: f64 = windows.iter().map(length).sum();
    let longest = windows.iter().map(length).fold(0.0, f64::max);
    let joined = union(windows);
    let covered: f64 = joined.iter().map(length).sum();
    let span = match (joined.first(), joined.last()) {
        (Some(a), Some(b)) => axis.seconds(a.0, b.1),
        _ => 0.0,
    };
    apart <= 1.6 * covered && span >= 2.5 * longest
}

struct Failing {
    first: i64,
    end: i64,
    errors: u64,
}

/// The shortest window with 80 % of a host's errors during the draft; `None` below three errors.
fn densest(host: &Host<'_>, draft: &Draft<'_>) -> Option<Failing> {
    let failing: Vec<(i64, u64)> = host
        .range(draft.first, draft.end)
        .iter()
        .filter(|c| c.1.errors > 0)
        .map(|c| (c.0, u64::from(c.1.errors)))
        .collect();
    let all: u64 = failing.iter().map(|f| f.1).sum();
    if all < 3 {
        return None;
    }
    let needed = (0.8 * all as f64).ceil() as u64;
    let (mut from, mut errors) = (0, 0);
    let mut best: Option<Failing> = None;
    for &(bucket, n) in &failing {
        errors += n;
        while errors - failing[from].1 >= needed {
            errors -= failing[from].1; // `from` stays at or before `bucket`: needed is at least 1
            from += 1;
        }
        let first = failing[from].0;
        let end = bucket.saturating_add(1);
        let shorter = |b: &Failing| end.saturating_sub(first) < b.end.saturating_sub(b.first);
        if errors >= needed && best.as_ref().is_none_or(shorter) {
            best = Some(Failing { first, end, errors });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Cell;
    use crate::detect::table::Table;
    use crate::detect::tests::log::{ORIGIN, Server, log, server};
    use std::borrow::Cow;
    use std::ops::Range;

    /// The shortest stretch with 80 % of the errors in these buckets.
    fn window(errors: &[(i64, u32)]) -> Option<(i64, i64, u64)> {
        let cells = errors.iter().map(|&(b, errors)| (b, Cell { requests: 100, errors, ..Cell::default() }));
        let host = Host::new("", "h", Cow::Owned(cells.collect()));
        densest(&host, &Draft::over(0, &[(0, 100)])).map(|w| (w.first, w.end, w.errors))
    }

    #[test]
    fn shortest_windows() {
        assert_eq!(window(&[(3, 2)]), None, "two errors");
        assert_eq!(window(&[(3, 3)]), Some((3, 4, 3)));
        assert_eq!(window(&[(3, 1), (4, 0), (20, 4), (40, 0)]), Some((20, 21, 4)), "four of five");
        assert_eq!(
            window(&[(3, 3), (9, 3), (11, 3), (12, 3)]),
            Some((3, 13, 12)),
            "ten of twelve are needed"
        );
        assert_eq!(window(&[(3, 1), (10, 4), (20, 4), (25, 1)]), Some((10, 21, 8)));
        assert_eq!(window(&[(0, 4), (10, 4), (12, 4), (13, 1), (14, 1)]), Some((0, 13, 12)), "12 of 14");
        assert_eq!(window(&[(0, 2), (5, 6), (10, 2)]), Some((0, 6, 8)), "the first of equals");
        assert_eq!(window(&[(0, 2), (20, 6), (21, 2)]), Some((20, 22, 8)), "without the first two");
        assert_eq!(window(&[(120, 9)]), None, "outside");
    }

    /// Hosts of one upstream with 40 requests per bucket, of which each fails all in one stretch, and one more that has
    /// `background` errors in the buckets in which no other fails.
    fn rolls(failing: &[Range<i64>], background: u32) -> bool {
        let mut hosts: Vec<Server> = (0..failing.len()).map(|i| server(format!("h{i}"), &[])).collect();
        hosts.push(server("other", &[]));
        let mut summary = log(100, &[("app", hosts)]);
        for (i, host) in summary.upstreams[0].hosts.iter_mut().enumerate() {
            for (bucket, cell) in &mut host.cells {
                let at = *bucket - ORIGIN;
                let others_fail = failing.iter().any(|f| f.contains(&at));
                cell.errors = match failing.get(i) {
                    Some(own) => 40 * u32::from(own.contains(&at)),
                    None => background * u32::from(!others_fail),
                };
            }
        }
        let policy = Policy::default();
        let table = Table::new(&summary, &policy).unwrap();
        let mut draft = Draft { pattern: Pattern::Sustained, ..Draft::over(0, &[(ORIGIN, ORIGIN + 100)]) };
        mark(&mut draft, &table.upstreams[0], &table.axis, &policy);
        assert_eq!(draft.rolling, draft.pattern == Pattern::Transient);
        draft.rolling
    }

    #[test]
    fn one_after_the_other() {
        let all = [0..4, 5..9, 10..14];
        assert!(rolls(&all, 0));
        assert!(!rolls(&[0..4, 20..24], 0), "two may be chance");
        // four fifths of 180 s of failing are 150 s, of 190 s they are 160 s
        assert!(rolls(&[0..18, 20..38, 40..58], 0));
        assert!(!rolls(&[0..19, 20..39, 40..59], 0), "longer than a restart takes");
        // 480 errors in the windows; in the 88 other buckets two each make 176, three 264
        assert!(rolls(&all, 2), "73 % inside");
        assert!(!rolls(&all, 3), "65 % inside");
        // 70 buckets of 40 errors in the windows of hosts, 30 of them elsewhere
        let back_to_back: Vec<_> = (0..17).map(|i| 4 * i..4 * i + 4).chain(std::iter::once(68..70)).collect();
        assert!(rolls(&back_to_back, 40), "70 % inside");
        assert!(rolls(&[0..4, 0..4, 2..6, 14..18], 0), "160 s cover 100 s");
        assert!(!rolls(&[0..4, 0..4, 1..5, 14..18], 0), "160 s cover 90 s");
        assert!(rolls(&[0..4, 3..7, 6..10], 0), "100 s are two and a half times 40 s");
        assert!(!rolls(&[0..4, 3..7, 5..9], 0), "90 s");
    }
}
