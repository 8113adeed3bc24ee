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
