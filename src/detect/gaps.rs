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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::table::{Point, Sums};

    /// Requests in these buckets of 10 s; what was to be expected in each gap.
    fn found(cells: impl Iterator<Item = (i64, u64)>) -> Vec<f64> {
        let point = |(bucket, requests)| Point { bucket, sums: Sums { requests, errors: 0, capped: 0 } };
        let points: Vec<Point> = cells.map(point).collect();
        let mut axis = Axis::unit();
        axis.cover(points[0].bucket, points[points.len() - 1].bucket);
        let series = Series::from_points(points.into_iter());
        gaps(&series, &axis, &Policy::default()).iter().map(|g| g.expected).collect()
    }

    /// Traffic for `before` buckets, then none for `silent`, then one request.
    fn silence(before: i64, silent: i64, requests: impl Fn(i64) -> u64) -> Vec<f64> {
        let busy = (0..before).map(|b| (b, requests(b))).filter(|c| c.1 > 0);
        found(busy.chain([(before + silent, 1)]))
    }

    #[test]
    fn long_and_implausible() {
        assert_eq!(silence(30, 12, |_| 4), [48.0], "two minutes after five");
        assert_eq!(silence(30, 11, |_| 4), [0.0; 0]);
        assert_eq!(silence(29, 12, |_| 4), [0.0; 0], "not known for five minutes");
        assert_eq!(silence(30, 20, |_| 1), [20.0]);
        assert_eq!(silence(30, 19, |_| 1), [0.0; 0], "nineteen requests too few may be chance");
        // a bucket in five is empty: 3.2 on average, 4 in the middle; one of many: 5 on average, 4 in the middle
        assert_eq!(silence(30, 20, |b| if b % 5 == 2 { 0 } else { 4 }), [64.0]);
        assert_eq!(silence(30, 20, |b| if b == 7 { 34 } else { 4 }), [80.0]);
        // what was more than a quarter of an hour before does not matter
        assert_eq!(silence(200, 20, |b| if b < 110 { 100 } else { 4 }), [80.0]);
    }
}
