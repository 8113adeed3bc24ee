//! Whether the failing has stopped, before there is time enough to call it over.
//!
//! A bucket is too coarse for that: failing that stops just after one began shows only when the next has passed. So
//! while a segment is open its series is read in parts of buckets as well, with the evidence of the machine.

use crate::detect::Policy;
use crate::detect::evidence::Weights;
use crate::detect::table::Sums;

/// Evidence, while a segment is open, that it fails no more.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Lull {
    /// Between nothing and what closes a segment, so that as much as it took to be told takes it back.
    healthy: f64,
    /// The part after the last failing one.
    since: i64,
    /// There was evidence enough, and none against it since.
    quiet: bool,
}

impl Lull {
    /// A segment opened; nothing before this part counts.
    pub(super) fn starting(part: i64) -> Self {
        Self { healthy: 0.0, since: part, quiet: false }
    }

    /// Reads the next part, in which responses weigh so much for failing.
    pub(super) fn read(&mut self, part: i64, sums: Sums, weights: Weights, policy: &Policy) {
        if part < self.since {
            return;
        }
        self.healthy = (self.healthy - weights.of(sums)).min(policy.h_close);
        if self.healthy <= 0.0 {
            *self = Self::starting(part.saturating_add(1));
        }
        self.quiet |= self.healthy >= policy.h_close;
    }

    /// The part since which it does not fail.
    pub(super) fn quiet_since(&self) -> Option<i64> {
        self.quiet.then_some(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against 60 % of all failing, a good answer weighs ln(0.999 / 0.4) = 0.915 and an error ln(0.6 / 0.001) = 6.397:
    /// 8 good answers are 7 nats, and 2 errors take them back.
    #[test]
    fn told_and_taken_back() {
        let policy = Policy::default();
        let mut lull = Lull::starting(100);
        let mut read = |part, requests, errors| {
            lull.read(part, Sums { requests, errors, capped: errors }, Weights::new(0.6, 0.001), &policy);
            lull.quiet_since()
        };
        assert_eq!(read(99, 1000, 0), None, "before it opened");
        assert_eq!(read(100, 10, 10), None);
        assert_eq!(read(101, 7, 0), None);
        assert_eq!(read(102, 1, 0), Some(101));
        assert_eq!(read(103, 5000, 0), Some(101));
        assert_eq!(read(104, 1, 1), Some(101), "one error is not enough");
        assert_eq!(read(105, 1, 1), None);
        assert_eq!(read(106, 8, 0), Some(106));
    }
}
