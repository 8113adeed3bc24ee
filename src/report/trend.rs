//! Requests and 5xx over time, in few enough points to draw.

use crate::aggregate::{Summary, UpstreamCounts};
use crate::time::Timestamp;

/// Points a trend has at most.
const MAX_POINTS: i64 = 30;

/// Where the points of trends stand: point `i` covers `step_micros` from `start + i * step_micros`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// Start of the first point.
    pub start: Timestamp,
    /// Microseconds per point; 0 when there are none.
    pub step_micros: i64,
    /// Number of points, at most 30.
    pub points: usize,
    /// Timed requests outside: far outliers would otherwise squeeze everything else into one point.
    pub outside: u64,
    first_bucket: i64,
    buckets_per_point: i64,
}

/// What came in one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrendPoint {
    /// Responses.
    pub requests: u64,
    /// 5xx among them.
    pub errors: u64,
}

impl Trend {
    /// The span of the data, or of the 99.8 % in its middle where that is less than a quarter as long.
    pub(super) fn of(summary: &Summary) -> Self {
        let mut buckets: Vec<(i64, u64)> = summary.upstreams.iter().flat_map(buckets).collect();
        buckets.sort_by_key(|b| b.0); // stable: made for runs that are sorted already
        let (Some(&(first, _)), Some(&(last, _))) = (buckets.first(), buckets.last()) else {
            return Self::EMPTY;
        };
        let total: u64 = buckets.iter().map(|b| b.1).sum();
        let (inner_first, inner_last) =
            (quantile(&buckets, total / 1000), quantile(&buckets, total - total / 1000));
        let length = |a: i64, b: i64| b.saturating_sub(a).saturating_add(1);
        let trimmed = length(inner_first, inner_last) < length(first, last) / 4;
        let (first, last) = if trimmed { (inner_first, inner_last) } else { (first, last) };
        let buckets_per_point = length(first, last).saturating_add(MAX_POINTS - 1) / MAX_POINTS;
        let width = summary.width_micros;
        Self {
            start: Timestamp::from_micros(first.saturating_mul(width)),
            step_micros: buckets_per_point.saturating_mul(width),
            points: ((length(first, last) - 1) / buckets_per_point + 1) as usize,
            outside: buckets.iter().filter(|b| b.0 < first || b.0 > last).map(|b| b.1).sum(),
            first_bucket: first,
            buckets_per_point,
        }
    }

    const EMPTY: Self = Self {
        start: Timestamp::from_micros(0),
        step_micros: 0,
        points: 0,
        outside: 0,
        first_bucket: 0,
        buckets_per_point: 1,
    };

    /// End of the last point.
    pub fn end(&self) -> Timestamp {
        let length = self.step_micros.saturating_mul(self.points as i64);
        Timestamp::from_micros(self.start.as_micros().saturating_add(length))
    }

    /// The points of one upstream.
    pub(super) fn points_of(&self, upstream: &UpstreamCounts) -> Vec<TrendPoint> {
        let mut points = vec![TrendPoint::default(); self.points];
        for (bucket, cell) in upstream.hosts.iter().flat_map(|h| &h.cells) {
            let Some(offset) = bucket.checked_sub(self.first_bucket).filter(|o| *o >= 0) else { continue };
            if let Some(point) = points.get_mut((offset / self.buckets_per_point) as usize) {
                point.requests += u64::from(cell.requests);
                point.errors += u64::from(cell.errors);
            }
        }
        points
    }
}

fn buckets(upstream: &UpstreamCounts) -> impl Iterator<Item = (i64, u64)> {
    upstream.hosts.iter().flat_map(|h| h.cells.iter().map(|(b, c)| (*b, u64::from(c.requests))))
}

/// The bucket in which the `rank`-th request of the sorted buckets lies.
fn quantile(sorted: &[(i64, u64)], rank: u64) -> i64 {
    let mut seen = 0;
    for &(bucket, requests) in sorted {
        seen += requests;
        if seen > rank {
            return bucket;
        }
    }
    sorted.last().map_or(0, |b| b.0)
}
