//! One series of counts with running sums: any stretch adds up in two look-ups.

use super::Host;
use crate::aggregate::{BucketMap, distinct};

/// Requests and errors of one bucket or of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Sums {
    pub(crate) requests: u64,
    /// Never more than requests.
    pub(crate) errors: u64,
    /// Errors with each client counted about once per bucket, where clients can be told apart.
    pub(crate) capped: u64,
}

/// A bucket with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Point {
    pub(crate) bucket: i64,
    pub(crate) sums: Sums,
}

/// Buckets with requests in order, and the sums up to each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    buckets: Vec<i64>,
    /// One longer than `buckets`: `running[i]` is the sum of the buckets before `i`.
    running: Vec<Sums>,
}

impl Sums {
    pub(crate) fn plus(self, o: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(o.requests),
            errors: self.errors.saturating_add(o.errors),
            capped: self.capped.saturating_add(o.capped),
        }
    }

    fn minus(self, o: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(o.requests),
            errors: self.errors.saturating_sub(o.errors),
            capped: self.capped.saturating_sub(o.capped),
        }
    }
}

impl Series {
    /// The sum of hosts. Bitmaps are joined before clients are counted.
    pub(super) fn new<'a>(hosts: impl Iterator<Item = &'a Host<'a>>, told_apart: bool) -> Self {
        let mut cells: Vec<(i64, u64, u64, u64)> = Vec::new();
        for host in hosts {
            let busy = host.cells.iter().filter(|c| c.1.requests > 0);
            cells.extend(busy.map(|(b, c)| {
                (*b, u64::from(c.requests), u64::from(c.errors.min(c.requests)), c.error_clients)
            }));
        }
        cells.sort_by_key(|c| c.0); // stable: made for runs that are sorted already
        cells.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                *kept = (kept.0, kept.1 + next.1, kept.2 + next.2, kept.3 | next.3);
            }
            same
        });
        Self::from_points(cells.into_iter().map(|(bucket, requests, errors, clients)| {
            let capped = if told_apart { errors.min(distinct(clients).unwrap_or(u64::MAX)) } else { errors };
            Point { bucket, sums: Sums { requests, errors, capped } }
        }))
    }

    /// The requests of `base`, with these counts per bucket, sorted, for errors.
    pub(crate) fn counting(base: &Series, counts: impl Iterator<Item = (i64, u64)>) -> Self {
        let mut counts = counts.peekable();
        let points: Vec<Point> = base
            .points()
            .map(|p| {
                let mut errors = 0u64;
                while let Some((_, n)) = counts.next_if(|c| c.0 <= p.bucket) {
                    errors = errors.saturating_add(n);
                }
                let errors = errors.min(p.sums.requests);
                let sums = Sums { requests: p.sums.requests, errors, capped: errors };
                Point { bucket: p.bucket, sums }
            })
            .collect();
        Self::from_points(points.into_iter())
    }

    /// The sum of series.
    pub(crate) fn total<'a>(parts: impl Iterator<Item = &'a Series>) -> Self {
        let mut pool = Pool::default();
        parts.for_each(|s| pool.add(s));
        pool.finish()
    }

    pub(crate) fn from_points(points: impl ExactSizeIterator<Item = Point>) -> Self {
        let mut series =
            Self { buckets: Vec::with_capacity(points.len()), running: Vec::with_capacity(points.len() + 1) };
        let mut sum = Sums::default();
        series.running.push(sum);
        for point in points {
            sum = sum.plus(point.sums);
            series.buckets.push(point.bucket);
            series.running.push(sum);
        }
        series
    }

    pub(crate) fn buckets(&self) -> &[i64] {
        &self.buckets
    }

    pub(crate) fn len(&self) -> usize {
        self.buckets.len()
    }

    /// The `i`th bucket with requests; `i < len()`.
    pub(crate) fn point(&self, i: usize) -> Point {
        Point { bucket: self.buckets[i], sums: self.running[i + 1].minus(self.running[i]) }
    }

    pub(crate) fn points(&self) -> impl Iterator<Item = Point> + '_ {
        (0..self.len()).map(|i| self.point(i))
    }

    /// Index of the first bucket with requests at or after `bucket`.
    pub(crate) fn index(&self, bucket: i64) -> usize {
        match (self.buckets.first(), self.buckets.last()) {
            // a busy series misses no bucket
            (Some(&first), Some(&last)) if last.saturating_sub(first) == self.len() as i64 - 1 => {
                bucket.saturating_sub(first).clamp(0, self.len() as i64) as usize
            }
            _ => self.buckets.partition_point(|&b| b < bucket),
        }
    }

    /// The sum of buckets `first..end`.
    pub(crate) fn sum(&self, first: i64, end: i64) -> Sums {
        self.sum_of(self.index(first), self.index(end))
    }

    /// The sum of the `from`th to the `to`th bucket with requests, without the latter; both at most `len()`.
    pub(crate) fn sum_of(&self, from: usize, to: usize) -> Sums {
        match (self.running.get(from), self.running.get(to)) {
            (Some(&a), Some(&b)) => b.minus(a),
            _ => Sums::default(),
        }
    }

    /// Of the buckets `first..end` with requests, half have errors too.
    pub(crate) fn mostly_fails(&self, first: i64, end: i64) -> bool {
        let inside = self.index(first)..self.index(end);
        let all = inside.len();
        2 * inside.filter(|&i| self.point(i).sums.errors > 0).count() >= all
    }

    pub(crate) fn all(&self) -> Sums {
        self.running.last().copied().unwrap_or_default()
    }

    /// The bucket from `first` on in which the `n`th capped error falls.
    pub(crate) fn bucket_of_error(&self, first: i64, n: u64) -> Option<i64> {
        let from = self.index(first);
        let before = self.running.get(from)?.capped;
        let i = self.running.partition_point(|s| s.capped < before.saturating_add(n));
        self.buckets.get(i.max(from + 1) - 1).copied()
    }
}

/// Series being added up.
#[derive(Default)]
pub(crate) struct Pool {
    sums: BucketMap<Sums>,
}

impl Pool {
    pub(crate) fn add(&mut self, series: &Series) {
        for p in series.points() {
            let sum = self.sums.entry(p.bucket).or_default();
            *sum = sum.plus(p.sums);
        }
    }

    pub(crate) fn finish(self) -> Series {
        let mut points: Vec<Point> =
            self.sums.into_iter().map(|(bucket, sums)| Point { bucket, sums }).collect();
        points.sort_unstable_by_key(|p| p.bucket);
        Series::from_points(points.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(buckets: &[i64]) -> Series {
        let sums = Sums { requests: 10, errors: 4, capped: 3 };
        Series::from_points(buckets.iter().map(|&bucket| Point { bucket, sums }))
    }

    #[test]
    fn sums_of_stretches() {
        for buckets in [&[][..], &[5], &[3, 4, 5, 6], &[3, 4, 6], &[i64::MIN, 0, i64::MAX]] {
            let series = series(buckets);
            for first in [i64::MIN, -1, 0, 3, 4, 5, 6, 7, i64::MAX] {
                assert_eq!(series.index(first), buckets.iter().filter(|&&b| b < first).count());
                for end in [i64::MIN, 0, 3, 4, 6, 8, i64::MAX] {
                    let inside = buckets.iter().filter(|&&b| first <= b && b < end).count() as u64;
                    assert_eq!(series.sum(first, end).requests, 10 * inside, "{buckets:?} {first}..{end}");
                }
            }
        }
    }

    #[test]
    fn half_of_the_buckets_fail() {
        let mostly = |failing: i64| {
            let point = |bucket| {
                let errors = u64::from(bucket < failing);
                Point { bucket, sums: Sums { requests: 10, errors, capped: errors } }
            };
            let series = Series::from_points((0..10).map(point).collect::<Vec<_>>().into_iter());
            series.mostly_fails(0, 10)
        };
        assert_eq!([4, 5].map(mostly), [false, true]);
    }

    #[test]
    fn buckets_of_errors() {
        let series = series(&[2, 4, 7]);
        for (first, n, expected) in [
            (0, 0, Some(2)), // a policy may ask for none
            (3, 0, Some(4)),
            (0, 1, Some(2)),
            (0, 3, Some(2)),
            (0, 4, Some(4)),
            (3, 3, Some(4)),
            (3, 6, Some(7)),
            (3, 7, None),
        ] {
            assert_eq!(series.bucket_of_error(first, n), expected, "error {n} from {first} on");
        }
    }
}
