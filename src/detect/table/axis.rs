//! Buckets and seconds.

use crate::time::Timestamp;

/// Parts of a bucket at most: 2 s of 10.
const MOST_PARTS: i64 = 5;

/// The time axis: bucket `b` covers `[b * width, (b + 1) * width)` since the epoch.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    /// Width of the summary's buckets, in microseconds.
    native: i64,
    /// Width of the detector's.
    width: i64,
    /// First bucket with a request.
    first: i64,
    /// One past the last.
    end: i64,
}

impl Axis {
    /// `None` when the width is not positive.
    pub(crate) fn new(native: i64, least_seconds: f64) -> Option<Self> {
        let width = native.max((least_seconds * 1e6) as i64);
        (native > 0).then_some(Self { native, width, first: 0, end: 0 })
    }

    /// One of the detector's default buckets.
    pub(crate) fn unit() -> Self {
        Self { native: 10_000_000, width: 10_000_000, first: 0, end: 0 }
    }

    pub(crate) fn cover(&mut self, first: i64, last: i64) {
        (self.first, self.end) = (first, last.saturating_add(1));
    }

    pub(crate) fn first(&self) -> i64 {
        self.first
    }

    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    pub(crate) fn is_native(&self) -> bool {
        self.native == self.width
    }

    /// The bucket that holds the start of a bucket of the summary.
    pub(crate) fn bucket(&self, native: i64) -> i64 {
        if self.is_native() { native } else { native.saturating_mul(self.native).div_euclid(self.width) }
    }

    /// The bucket that holds an instant.
    pub(crate) fn bucket_at(&self, time: Timestamp) -> i64 {
        time.as_micros().div_euclid(self.width)
    }

    /// Where a bucket starts.
    pub(crate) fn time(&self, bucket: i64) -> Timestamp {
        Timestamp::from_micros(bucket.saturating_mul(self.width))
    }

    /// In how many parts a bucket is read while something fails: whole seconds, as most stamps are.
    pub(crate) fn parts(&self) -> i64 {
        (1..=MOST_PARTS).rev().find(|n| self.width % (n * 1_000_000) == 0).unwrap_or(1)
    }

    /// Where a part of a bucket starts; parts are numbered since the epoch too.
    pub(crate) fn time_of_part(&self, part: i64) -> Timestamp {
        Timestamp::from_micros(part.saturating_mul(self.width / self.parts()))
    }

    /// Width of a bucket, in seconds.
    pub(crate) fn width(&self) -> f64 {
        self.width as f64 / 1e6
    }

    /// Length of `first..end`, in seconds; negative when `end` comes first.
    pub(crate) fn seconds(&self, first: i64, end: i64) -> f64 {
        end.saturating_sub(first) as f64 * self.width()
    }

    /// How many whole buckets fit, at least one.
    pub(crate) fn buckets(&self, seconds: f64) -> i64 {
        ((seconds / self.width()) as i64).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_seconds() {
        for (millis, part) in
            [(10, 2), (5, 1), (60, 12), (1, 1), (3, 1), (7, 7), (8, 2)].map(|(w, p)| (w * 1000, p * 1000))
        {
            let axis = Axis::new(millis * 1000, 0.0).expect("a width");
            assert_eq!(axis.time_of_part(3).as_micros(), 3000 * part, "{millis} ms");
        }
    }
}
