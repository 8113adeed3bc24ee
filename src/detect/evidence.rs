//! Evidence: the log-likelihood ratio of a raised rate against the baseline, in nats, and its running sums.
//!
//! With errors `k` of `n` requests, `llr = k ln(p1/p0) + (n-k) ln((1-p1)/(1-p0))`. Its running sum, kept at or above
//! zero, is Page's CUSUM for a binomial: it needs no least traffic (evidence adapts to it by itself), and exceeds
//! `h` by chance with a probability of at most `exp(-h)` per excursion.

use super::Policy;
use super::baseline::Baseline;
use super::table::Sums;

/// What one error and one other response weigh for a rate `p1` against `p0`.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Weights {
    error: f64,
    other: f64,
}

impl Weights {
    pub(super) fn new(p1: f64, p0: f64) -> Self {
        Self { error: (p1 / p0).ln(), other: ((1.0 - p1) / (1.0 - p0)).ln() }
    }

    pub(super) fn over(self, dispersion: f64) -> Self {
        Self { error: self.error / dispersion, other: self.other / dispersion }
    }

    /// The evidence of counts, each client's errors once.
    pub(super) fn of(self, sums: Sums) -> f64 {
        sums.capped as f64 * self.error + (sums.requests - sums.capped) as f64 * self.other
    }

    /// The evidence one request brings on average when the rate is `r`.
    pub(super) fn drift(self, r: f64) -> f64 {
        r * self.error + (1.0 - r) * self.other
    }
}

/// The rates that the baseline is tested against.
pub(super) fn alternatives(p0: f64, policy: &Policy) -> [f64; 3] {
    policy.alternatives.map(|(ratio, least)| (ratio * p0).max(least).min(0.99))
}

/// The weights of each alternative.
pub(super) fn weights(p0: f64, dispersion: f64, policy: &Policy) -> [Weights; 3] {
    alternatives(p0, policy).map(|p1| Weights::new(p1, p0).over(dispersion))
}

/// What evidence an alarm takes when three alternatives may raise it.
pub(super) fn threshold(h: f64) -> f64 {
    h + 3f64.ln()
}

/// The evidence for the best-fitting rate as a whole.
pub(super) fn fitted(sums: Sums, p0: f64) -> f64 {
    let (k, n) = (sums.capped as f64, sums.requests as f64);
    if sums.capped == 0 || sums.requests == 0 {
        return 0.0;
    }
    let p = k / n;
    let others = if k < n { (n - k) * ((1.0 - p) / (1.0 - p0)).ln() } else { 0.0 };
    k * (p / p0).ln() + others
}

/// The same where what is normal may just now be a multiple of what it was learnt to be: the evidence against the
/// likeliest multiple, and what speaks against that one.
///
/// Multiples are taken to be gamma-distributed about 1, by how much normal rates wander and how well this one is known;
/// with `a` for the shape, counts that expect `n p0` errors make `(k + a) / (n p0 + a)` the likeliest.
pub(super) fn fitted_to_wandering(sums: Sums, normal: &Baseline, policy: &Policy) -> f64 {
    let shape = 1.0 / (policy.wander.powi(2) + 1.0 / normal.known).max(1e-9);
    let (k, n) = (sums.capped as f64, sums.requests as f64);
    let multiple = ((k + shape) / (n * normal.rate + shape)).max(1.0);
    fitted(sums, multiple * normal.rate) + shape * (multiple - 1.0 - multiple.ln())
}

/// One running sum per alternative.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Bank {
    weights: [Weights; 3],
    threshold: f64,
    /// Each sum, and the bucket at which it left zero.
    sums: [Option<(f64, i64)>; 3],
}

impl Bank {
    /// Weighs what comes from here on against `normal`; what has been added up stays.
    pub(super) fn judge_by(&mut self, normal: &Baseline, threshold: f64, policy: &Policy) {
        self.weights = weights(normal.rate, normal.dispersion, policy);
        self.threshold = threshold;
    }

    pub(super) fn reset(&mut self) {
        self.sums = [None; 3];
    }

    /// Adds a bucket. On an alarm: where the strongest sum left zero.
    pub(super) fn push(&mut self, bucket: i64, counts: Sums) -> Option<i64> {
        let mut alarm: Option<(f64, i64)> = None;
        for (sum, weights) in self.sums.iter_mut().zip(&self.weights) {
            let (before, since) = sum.unwrap_or((0.0, bucket));
            let now = before + weights.of(counts);
            *sum = (now > 0.0).then_some((now, since));
            if now > 0.0 && now >= self.threshold && alarm.is_none_or(|(most, _)| now > most) {
                alarm = Some((now, since));
            }
        }
        alarm.map(|(_, since)| since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::LN_2;

    /// For 50 % against 25 % an error weighs ln 2 and another response ln(0.5 / 0.75).
    #[test]
    fn weights_by_hand() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-4, "{a} {b}");
        let weights = Weights::new(0.5, 0.25);
        near(weights.drift(0.25), 0.25 * LN_2 - 0.75 * 0.405_465);
        near(weights.drift(0.5), 0.5 * LN_2 - 0.5 * 0.405_465);
        let sums = Sums { requests: 10, errors: 5, capped: 3 };
        near(weights.of(sums), 3.0 * LN_2 - 7.0 * 0.405_465);
        near(weights.over(2.0).of(sums), weights.of(sums) / 2.0);
        near(threshold(12.0), 12.0 + 1.098_612);
    }

    /// One error of 100 is evidence for 1 % alone. Ten of the next 20 raise all three sums over the threshold, and the
    /// one for 30 % most, which began there.
    #[test]
    fn the_strongest_sum_says_since_when() {
        let normal = Baseline { rate: 0.001, dispersion: 1.0, known: f64::INFINITY, chronic: false };
        let mut bank = Bank::default();
        bank.judge_by(&normal, threshold(12.0), &Policy::default());
        assert_eq!(bank.push(1, Sums { requests: 100, errors: 1, capped: 1 }), None);
        assert_eq!(bank.push(2, Sums { requests: 20, errors: 10, capped: 10 }), Some(2));
    }

    #[test]
    fn evidence_against_what_wanders() {
        let policy = Policy::default();
        let normal = |known| Baseline { rate: 0.005, dispersion: 1.0, known, chronic: false };
        let weigh = |k, n, known| {
            let sums = Sums { requests: n, errors: k, capped: k };
            fitted_to_wandering(sums, &normal(known), &policy)
        };
        // shape 1/0.35² = 8.163; 300 of 20,000 where 100 are expected: the likeliest multiple is 308.163 / 108.163 =
        // 2.849, which costs 8.163 (1.849 - ln 2.849) = 6.547; 300 against 284.9 then bring 0.398
        assert!((weigh(300, 20_000, f64::INFINITY) - 6.945).abs() < 0.02);
        // known by one error only, shape 1 / (0.1225 + 1) = 0.891, nearly any multiple will do: 2.983 costs 0.793
        assert!((weigh(300, 20_000, 1.0) - 0.797).abs() < 0.02);
        let all = Sums { requests: 1000, errors: 1000, capped: 1000 };
        // however little is known, an outage is one: 182.9 times normal costs 83.2, and all of 1000 against 0.914 bring 89.6
        assert!((fitted_to_wandering(all, &normal(0.5), &policy) - 172.8).abs() < 0.1);
        assert_eq!(weigh(0, 1000, 10.0).to_bits(), 0f64.to_bits(), "less than normal");
    }
}
