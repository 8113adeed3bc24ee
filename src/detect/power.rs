//! What could be seen at an upstream's traffic: "nothing found" and "nothing to be found" are two answers.

use super::Policy;
use super::baseline::Baseline;
use super::evidence::{threshold, weights};
use super::table::{Axis, Series};

/// The rates that are tried, in rising order.
const RATES: [f64; 8] = [0.01, 0.02, 0.05, 0.10, 0.20, 0.30, 0.50, 1.0];

/// Within this time a failure has to show.
const WITHIN: f64 = 3600.0;

/// The lowest rate of errors that shows within an hour, expected values taken for actual ones: the strongest
/// alternative's evidence has to reach the threshold, and the errors their least number.
///
/// About the median delay of a simulation: 20 requests/s show 1 % in a minute, one per second shows it in 17 min,
/// one in 20 s shows nothing below 10 %.
pub(super) fn min_visible_rate(
    requests_per_second: f64,
    baseline: &Baseline,
    policy: &Policy,
) -> Option<f64> {
    let weights = weights(baseline.rate, baseline.dispersion, policy);
    let least = policy.min_rate.max(policy.min_ratio * baseline.rate);
    RATES.into_iter().filter(|&r| r >= least).find(|&r| {
        let drift = weights.iter().map(|w| w.drift(r)).fold(0.0, f64::max);
        let requests = (threshold(policy.h) / drift).max(policy.min_errors as f64 / r);
        requests / requests_per_second <= WITHIN
    })
}

/// How long the log was being written, in seconds: stretches without any line for more than an hour are left out, so
/// that a stray stamp does not make traffic thin.
pub(super) fn observed(total: &Series, axis: &Axis, policy: &Policy) -> f64 {
    let steps = total.buckets().windows(2).map(|w| axis.seconds(w[0], w[1]));
    axis.width() + steps.map(|s| if s > policy.idle_reset { axis.width() } else { s }).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::table::{Point, Sums};

    /// At 1 % an error weighs ln 10 and another response ln(0.99 / 0.999): 0.014067 a request, 931 requests for
    /// 12 + ln 3, or four times as many where errors come in clumps of four. Ten errors take 1000.
    #[test]
    fn what_shows_within_an_hour() {
        let visible = |per_second: f64, rate: f64, dispersion: f64| {
            let baseline = Baseline { rate, dispersion, known: 100.0, chronic: false };
            min_visible_rate(per_second, &baseline, &Policy::default())
        };
        assert_eq!(visible(1001.0 / 3600.0, 0.001, 1.0), Some(0.01));
        assert_eq!(visible(999.0 / 3600.0, 0.001, 1.0), Some(0.02));
        assert_eq!(visible(3725.0 / 3600.0, 0.001, 4.0), Some(0.01));
        assert_eq!(visible(3724.0 / 3600.0, 0.001, 4.0), Some(0.02));
        assert_eq!(visible(1000.0, 0.01, 1.0), Some(0.05), "three times what is normal");
        assert_eq!(visible(10.1 / 3600.0, 0.001, 1.0), Some(1.0));
        assert_eq!(visible(9.9 / 3600.0, 0.001, 1.0), None);
    }

    /// An hour without a line is one, more is none.
    #[test]
    fn long_silence_is_left_out() {
        let seconds = |buckets: &[i64]| {
            let sums = Sums { requests: 1, errors: 0, capped: 0 };
            let points: Vec<Point> = buckets.iter().map(|&bucket| Point { bucket, sums }).collect();
            observed(&Series::from_points(points.into_iter()), &Axis::unit(), &Policy::default()).to_bits()
        };
        assert_eq!(seconds(&[0, 1, 5]), f64::to_bits(60.0));
        assert_eq!(seconds(&[0, 360]), f64::to_bits(3610.0));
        assert_eq!(seconds(&[0, 361]), f64::to_bits(20.0));
    }
}
