//! What is normal, learnt from the past alone.

use crate::detect::Policy;
use crate::detect::baseline::Baseline;
use crate::detect::table::Sums;

/// Requests accepted before a baseline is trusted: at 0.1 % one error.
const WARM_REQUESTS: f64 = 1000.0;
/// Seconds accepted before a baseline is trusted.
const WARM_SECONDS: f64 = 600.0;
/// Seconds after which an accepted block counts half: a working day has a say, last week has not.
const HALF_LIFE: f64 = 6.0 * 3600.0;

/// Learns a [`Baseline`] from blocks of quiet time.
///
/// An outage cannot teach it to call outages normal: a block counts only when it has no more errors than the present
/// baseline explains, none counts while a segment is open, and the rate is capped. Until enough has been accepted
/// the cap itself is the baseline, so that only strong signals open.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Learner {
    /// Decayed requests and errors of the accepted blocks.
    requests: f64,
    errors: f64,
    /// Decayed Pearson statistic of their minutes, how many minutes, and the errors in them.
    chi2: f64,
    minutes: f64,
    minute_errors: f64,
    /// Requests and errors while no segment was open, as long as there is nothing better.
    unproven: (f64, f64),
    /// Start of the first bucket, in seconds.
    first: Option<f64>,
    /// From the first bucket to the end of the last accepted block, in seconds.
    accepted: f64,
    block: Block,
}

/// A block being filled.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Block {
    start: f64,
    requests: f64,
    errors: f64,
    /// The minute being filled.
    minute_start: f64,
    minute: (f64, f64),
    /// Of the minutes before: how many, requests, errors, and errors² / requests. The rate to compare them with is
    /// known only when the block ends, and these are all it takes.
    minutes: [f64; 4],
}

impl Learner {
    fn is_warm(&self) -> bool {
        self.requests >= WARM_REQUESTS && self.accepted >= WARM_SECONDS
    }

    /// What the next bucket is judged against.
    pub(super) fn baseline(&self, policy: &Policy) -> Baseline {
        let clamp = |p: f64| p.max(policy.p_floor).min(policy.p_cap);
        let learnt = (self.errors + 0.5) / (self.requests + 0.5 / policy.p_floor);
        let rate = if self.is_warm() { clamp(learnt) } else { policy.p_cap };
        let told = self.minutes >= 20.0 && self.minute_errors >= 15.0;
        let dispersion = if told { (self.chi2 / self.minutes).max(1.0).min(policy.phi_max) } else { 1.0 };
        let known = rate * self.requests + 0.5;
        Baseline { rate, dispersion, known, chronic: self.is_warm() && learnt >= policy.p_cap }
    }

    /// What whole episodes are weighed against: as long as nothing is proven, what there was outside of any, and
    /// twice the floor at least. What opened against the cap need not be weighed against it again.
    pub(super) fn weigh(&self, policy: &Policy) -> Baseline {
        let now = self.baseline(policy);
        if self.is_warm() {
            return now;
        }
        let (requests, errors) = self.unproven;
        let guess = (errors + 0.5) / (requests + 0.5 / policy.p_floor);
        let rate = guess.max(2.0 * policy.p_floor).min(policy.p_cap);
        Baseline { rate, known: rate * requests + 0.5, ..now }
    }

    /// The ratio of what was accepted, without floor or cap.
    pub(super) fn usual(&self) -> f64 {
        if self.requests > 0.0 { self.errors / self.requests } else { 0.0 }
    }

    /// Reads a bucket that starts at `time` seconds. `frozen`: a segment is open.
    pub(super) fn push(&mut self, time: f64, sums: Sums, frozen: bool, policy: &Policy) {
        let first = *self.first.get_or_insert_with(|| {
            (self.block.start, self.block.minute_start) = (time, time);
            time
        });
        if time - self.block.minute_start >= 60.0 {
            self.block.end_minute(time);
        }
        if time - self.block.start >= policy.block_seconds
            && self.block.requests >= policy.block_requests as f64
        {
            if !frozen && self.fits(policy) {
                self.accept(time, policy);
                self.accepted = time - first;
            }
            let (minute_start, minute) = (self.block.minute_start, self.block.minute);
            self.block = Block { start: time, minute_start, minute, ..Block::default() };
        }
        if !frozen && !self.is_warm() {
            self.unproven.0 += sums.requests as f64;
            self.unproven.1 += sums.capped as f64;
        }
        self.block.requests += sums.requests as f64;
        self.block.errors += sums.capped as f64;
        self.block.minute.0 += sums.requests as f64;
        self.block.minute.1 += sums.capped as f64;
    }

    fn fits(&self, policy: &Policy) -> bool {
        let expected = self.block.requests * self.baseline(policy).rate;
        self.block.errors <= expected + 3.0 * expected.sqrt() + 2.0
    }

    fn accept(&mut self, time: f64, policy: &Policy) {
        let keep = 0.5f64.powf((time - self.block.start) / HALF_LIFE);
        for sum in
            [&mut self.requests, &mut self.errors, &mut self.chi2, &mut self.minutes, &mut self.minute_errors]
        {
            *sum *= keep;
        }
        self.requests += self.block.requests;
        self.errors += self.block.errors;
        let p = (self.errors / self.requests.max(1.0)).max(policy.p_floor).min(0.99);
        let [minutes, requests, errors, squares] = self.block.minutes;
        self.chi2 += (squares - 2.0 * p * errors + p * p * requests).max(0.0) / (p * (1.0 - p));
        self.minutes += minutes;
        self.minute_errors += errors;
    }
}

impl Block {
    fn end_minute(&mut self, time: f64) {
        let (requests, errors) = std::mem::take(&mut self.minute);
        if requests > 0.0 {
            let add = [1.0, requests, errors, errors * errors / requests];
            for (sum, x) in self.minutes.iter_mut().zip(add) {
                *sum += x;
            }
        }
        self.minute_start = time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Buckets of 10 s with these requests and errors in `hours`.
    fn learn(learner: &mut Learner, from: f64, hours: f64, sums: Sums, frozen: bool) -> f64 {
        let policy = Policy::default();
        let buckets = (hours * 360.0) as u32;
        for i in 0..buckets {
            learner.push(from + f64::from(i) * 10.0, sums, frozen, &policy);
        }
        from + f64::from(buckets) * 10.0
    }

    fn sums(requests: u64, capped: u64) -> Sums {
        Sums { requests, errors: capped, capped }
    }

    #[test]
    fn cold_then_warm_and_never_taught_by_outages() {
        let policy = Policy::default();
        let rate = |l: &Learner| l.baseline(&policy).rate;
        let mut learner = Learner::default();
        assert!((rate(&learner) - policy.p_cap).abs() < 1e-12);
        assert!((learner.weigh(&policy).rate - 0.002).abs() < 1e-12);
        let t = learn(&mut learner, 0.0, 1.0, sums(200, 1), false);
        let warm = rate(&learner);
        assert!((warm - 0.005).abs() < 0.001, "{warm}");
        let t = learn(&mut learner, t, 1.0, sums(200, 100), false);
        assert!((rate(&learner) - warm).abs() < 1e-4, "an outage");
        let t = learn(&mut learner, t, 1.0, sums(200, 0), true);
        assert!((rate(&learner) - warm).abs() < 1e-4, "frozen");
        learn(&mut learner, t, 24.0, sums(200, 0), false);
        assert!((rate(&learner) - policy.p_floor).abs() < 5e-4, "what is long past fades");
    }

    #[test]
    fn clumps_show_in_the_dispersion() {
        let policy = Policy::default();
        let mut clumpy = Learner::default();
        let mut even = Learner::default();
        for i in 0..2000u32 {
            let time = f64::from(i) * 10.0;
            clumpy.push(time, sums(100, if i % 30 == 0 { 12 } else { 0 }), false, &policy);
            even.push(time, sums(100, u64::from(i % 3 == 0)), false, &policy);
        }
        assert!(clumpy.baseline(&policy).dispersion > 3.0);
        assert!((even.baseline(&policy).dispersion - 1.0).abs() < 1e-12);
    }

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }

    #[test]
    fn baselines_by_hand() {
        let policy = Policy::default();
        let with = |requests, errors, accepted| Learner { requests, errors, accepted, ..Learner::default() };
        let rate = |l: Learner| l.baseline(&policy).rate;
        // half an error and the 500 requests for it at the floor of 0.1 %
        near(rate(with(1000.0, 19.5, 600.0)), 20.0 / 1500.0);
        near(rate(with(999.0, 19.5, 600.0)), 0.02);
        near(rate(with(1000.0, 19.5, 599.0)), 0.02);
        near(with(1000.0, 19.5, 600.0).baseline(&policy).known, 20.0 / 1500.0 * 1000.0 + 0.5);
        let chronic = |errors| with(1000.0, errors, 600.0).baseline(&policy).chronic;
        assert_eq!([29.4, 29.5].map(chronic), [false, true], "30 of 1500 are the cap");
        let dispersion = |chi2, minutes, minute_errors| {
            Learner { chi2, minutes, minute_errors, ..Learner::default() }.baseline(&policy).dispersion
        };
        near(dispersion(40.0, 20.0, 15.0), 2.0);
        near(dispersion(40.0, 19.5, 15.0), 1.0); // too few minutes
        near(dispersion(40.0, 20.0, 14.5), 1.0); // too few errors
        near(dispersion(200.0, 20.0, 15.0), 4.0);
        near(dispersion(10.0, 20.0, 15.0), 1.0);
        near(with(200.0, 3.0, 0.0).usual(), 0.015);
        near(Learner::default().usual(), 0.0);
        let weigh = |requests, errors| {
            let learner = Learner { unproven: (requests, errors), ..Learner::default() };
            let weighed = learner.weigh(&policy);
            (weighed.rate, weighed.known)
        };
        near(weigh(1000.0, 5.5).0, 6.0 / 1500.0);
        near(weigh(1000.0, 5.5).1, 4.5);
        near(weigh(1000.0, 0.0).0, 0.002); // never below twice the floor
        near(weigh(1000.0, 500.0).0, 0.02);
    }

    /// Six hours halve what was accepted.
    #[test]
    fn the_past_fades() {
        let block =
            Block { requests: 300.0, errors: 6.0, minutes: [5.0, 300.0, 6.0, 0.2], ..Block::default() };
        let mut learner = Learner {
            requests: 100.0,
            errors: 10.0,
            chi2: 4.0,
            minutes: 2.0,
            minute_errors: 5.0,
            block: Block { start: 400.0, ..block },
            ..Learner::default()
        };
        learner.accept(400.0 + 6.0 * 3600.0, &Policy::default());
        near(learner.requests, 350.0);
        near(learner.errors, 11.0);
        let p: f64 = 11.0 / 350.0;
        near(learner.chi2, 2.0 + (0.2 - 2.0 * p * 6.0 + p * p * 300.0) / (p * (1.0 - p)));
        near(learner.minutes, 6.0);
        near(learner.minute_errors, 8.5);
    }

    /// Three errors in the first of five minutes of 60 requests: against 0.6 in each, (2.4² + 4 · 0.6²) / 0.594.
    #[test]
    fn a_block_is_five_minutes() {
        let policy = Policy::default();
        let mut learner = Learner::default();
        for i in 0..30u32 {
            let errors = u64::from(i < 3);
            learner.push(f64::from(i) * 10.0, sums(10, errors), false, &policy);
        }
        near(learner.requests, 0.0);
        assert_eq!(learner.unproven, (300.0, 3.0));
        learner.push(300.0, sums(10, 0), true, &policy);
        assert_eq!(learner.unproven, (300.0, 3.0), "nothing is taken in while something fails");
        near(learner.requests, 0.0);

        let mut learner = Learner::default();
        for i in 0..=30u32 {
            learner.push(f64::from(i) * 10.0, sums(10, u64::from(i < 3)), false, &policy);
        }
        near(learner.requests, 300.0);
        near(learner.accepted, 300.0);
        near(learner.minutes, 5.0);
        near(learner.chi2, (2.4f64.powi(2) + 4.0 * 0.6f64.powi(2)) / 0.594);
    }

    /// Nine requests a bucket take 340 s to 300; minutes go on across the blocks.
    #[test]
    fn a_block_has_requests_enough() {
        let policy = Policy::default();
        let mut learner = Learner::default();
        let mut accepted = Vec::new();
        for i in 0..=68u32 {
            let before = learner.accepted;
            learner.push(f64::from(i) * 10.0, sums(9, 0), false, &policy);
            if learner.accepted > before {
                accepted.push((i, learner.accepted, learner.minutes));
            }
        }
        let keep = 0.5f64.powf(340.0 / 21_600.0);
        // minutes end at 60 to 300 s, and at 360 to 660 s
        assert_eq!(accepted.len(), 2, "{accepted:?}");
        assert_eq!((accepted[0].0, accepted[1].0), (34, 68));
        near(accepted[0].2, 5.0);
        near(accepted[1].1, 680.0);
        near(accepted[1].2, 5.0 * keep + 6.0);
        // the next begins with what there was of its minute: two buckets, and this one
        near(learner.block.minute.0, 27.0);
        near(learner.block.minute_start, 660.0);
    }

    /// Whatever the clock shows: a block takes five minutes however busy they are, and two of them ten.
    #[test]
    fn a_block_has_minutes_enough() {
        let policy = Policy::default();
        let mut learner = Learner::default();
        let mut accepted = vec![(0, 0.0)];
        for i in 0..=60u32 {
            learner.push(1.7e9 + f64::from(i) * 10.0, sums(200, 0), false, &policy);
            if learner.requests > 0.0 && accepted.last().is_some_and(|a| a.1 < learner.accepted) {
                accepted.push((i, learner.accepted));
            }
        }
        assert_eq!(accepted, [(0, 0.0), (30, 300.0), (60, 600.0)]);
        assert!(learner.is_warm());
    }

    #[test]
    fn what_fits() {
        // 300 requests at the cap of 2 %: 6 + 3 · 2.449 + 2 are 15.3
        let fits = |errors| {
            let block = Block { requests: 300.0, errors, ..Block::default() };
            Learner { block, ..Learner::default() }.fits(&Policy::default())
        };
        assert_eq!([15.0, 15.5].map(fits), [true, false]);
    }
}
