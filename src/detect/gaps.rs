//! Silence that the traffic before makes implausible: a gap, not a recovery and not errors.

use super::Policy;
use super::episode::Gap;
use super::table::{Axis, Series};

/// Gaps in the traffic of all upstreams together.
pub(super) fn gaps(series: &Series, axis: &Axis, policy: &Policy) -> Vec<Gap> {
    let long_enough = |w: &&[i64]| axis.seconds(w[0].saturating_add(1), w[1]) >= policy.gap_length;
    let silences = series.buckets().windows(2).filter(long_enough).map(|w| (w[0].saturating_add(1), w[1]));
    silences
        .filter_map(|(start, end)| {
            let expected = usual(series, axis, start)? * end.saturating_sub(start) as f64;
            (expected >= policy.gap_expected).then(|| Gap {
                start: axis.time(start),
                end: axis.time(end),
                upstream: "*".into(),
                expected,
            })
        })
        .collect()
}

/// Requests per bucket in the quarter of an hour before: the lower of mean and median, so that neither a burst nor
/// a lull decides. `None` when the data start less than five minutes before.
fn usual(series: &Series, axis: &Axis, end: i64) -> Option<f64> {
    let first = end.saturating_sub(axis.buckets(900.0)).max(axis.first());
    let length = end.saturating_sub(first);
    if length < axis.buckets(300.0) {
        return None;
    }
    let mut counts: Vec<u64> =
        (series.index(first)..series.index(end)).map(|i| series.point(i).sums.requests).collect();
    let mean = counts.iter().sum::<u64>() as f64 / length as f64;
    // at most as many buckets as fit a quarter of an hour, or one
    counts.resize((length as usize).max(counts.len()), 0);
    Some(mean.min(super::median(&mut counts)))
}
