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
