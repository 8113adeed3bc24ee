//! [`Comparison`]: what changed against another period.

use std::collections::HashMap;

use super::{Report, UpstreamReport};
use crate::aggregate::{Summary, UpstreamCounts};
use crate::origin::Cause;
use crate::status::{Class, Status};
use crate::time::Timestamp;

/// What changed against another period, the baseline.
///
/// Rates of 5xx are compared by a two-proportion test. It takes responses for independent of each other; where errors
/// come in clumps, a difference that is barely significant may be one clump.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Earliest and latest time of the baseline.
    pub range: Option<(Timestamp, Timestamp)>,
    /// Responses of the baseline.
    pub requests: u64,
    /// One entry per upstream of either period, sorted by name.
    pub upstreams: Vec<UpstreamChange>,
    /// 4xx and 5xx that the baseline does not have and should have had, sorted by upstream and status.
    pub new_codes: Vec<New<Status>>,
    /// Causes of 5xx and of clients leaving that the baseline does not have and should have had, likewise.
    pub new_causes: Vec<New<(Status, Cause)>>,
}

/// How an upstream fares against the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// More 5xx: significant, and by a quarter at least.
    Worse,
    /// Fewer 5xx: significant, and by a quarter at least.
    Better,
    /// No difference that chance would not make, or a small one.
    Same,
    /// Not in the baseline.
    Appeared,
    /// In the baseline only.
    Disappeared,
}

impl Change {
    /// `worse`, `better`, `same`, `appeared`, `disappeared`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Same => "same",
            Self::Appeared => "appeared",
            Self::Disappeared => "disappeared",
        }
    }
}

/// 5xx of one upstream in both periods.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamChange {
    /// The upstream.
    pub upstream: String,
    /// How it fares.
    pub change: Change,
    /// Responses and 5xx in the baseline.
    pub before: (u64, u64),
    /// Responses and 5xx now.
    pub now: (u64, u64),
    /// The test, where both periods have responses.
    pub test: Option<Test>,
}

/// Two proportions compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// Ratio of 5xx now less that of the baseline.
    pub difference: f64,
    /// In which it lies with 95 % confidence (Newcombe's interval of Wilson scores).
    pub interval: (f64, f64),
    /// How probable so large a difference is by chance (pooled z, continuity corrected, two-sided).
    pub p: f64,
}

/// What was not there before.
#[derive(Debug, Clone, PartialEq)]
pub struct New<T> {
    /// The upstream.
    pub upstream: String,
    /// What it is.
    pub what: T,
    /// How many responses.
    pub count: u64,
    /// How many the baseline would have had at the same rate: 5 at least, else it says nothing to have none.
    pub expected: f64,
}

/// A difference that chance makes less often than this, over all upstreams together, is significant.
const SIGNIFICANT: f64 = 0.01;
/// Least factor between two rates worth a word.
const FACTOR: f64 = 1.25;
/// Of what the baseline should have had so many and has none, it is new: chance does that once in 148 times.
const EXPECTED: f64 = 5.0;
/// Two-sided 95 % of a normal distribution.
const Z95: f64 = 1.959_963_984_540_054;

impl Report {
    /// Adds what changed against another period, the baseline.
    ///
    /// ```
    /// use brownout::{Findings, Report, Summary};
    /// let now = Summary::default();
    /// let report = Report::new(Vec::new(), &now, &Findings::default(), Vec::new());
    /// let compared = report.compared_with(&Summary::default());
    /// assert!(compared.comparison.unwrap().upstreams.is_empty());
    /// ```
    #[must_use]
    pub fn compared_with(mut self, baseline: &Summary) -> Self {
        self.comparison = Some(Comparison::new(&self, baseline));
        self
    }
}

impl Comparison {
    fn new(now: &Report, baseline: &Summary) -> Self {
        let mut names: Vec<&str> = baseline.upstreams.iter().map(|u| &*u.name).collect();
        names.extend(now.upstreams.iter().map(|u| &*u.name));
        names.sort_unstable();
        names.dedup();
        let before = |name: &str| baseline.upstream(name);
        let by_name: HashMap<&str, &UpstreamReport> = now.upstreams.iter().map(|u| (&*u.name, u)).collect();
        let counted = |name: &str| by_name.get(name);
        let pairs: Vec<_> = names
            .into_iter()
            .map(|name| {
                let old = before(name).map_or((0, 0), |u| (u.requests(), errors(u)));
                (name, old, counted(name).map_or((0, 0), |u| (u.requests, u.errors)))
            })
            .collect();
        let tests = pairs.iter().filter(|p| p.1.0 > 0 && p.2.0 > 0).count().max(1);
        let mut new = Self {
            range: baseline.range,
            requests: baseline.upstreams.iter().map(UpstreamCounts::requests).sum(),
            upstreams: pairs.into_iter().map(|(name, old, new)| change(name, old, new, tests)).collect(),
            new_codes: Vec::new(),
            new_causes: Vec::new(),
        };
        for (now, old) in now.upstreams.iter().filter_map(|u| Some((u, before(&u.name)?))) {
            let scale = old.requests() as f64 / now.requests.max(1) as f64;
            let expected = |count: u64| Some(count as f64 * scale).filter(|e| *e >= EXPECTED);
            for &(status, count) in &now.codes {
                let news = matches!(status.class(), Class::ClientError | Class::ServerError)
                    && old.codes.iter().all(|c| c.0 != status);
                if let Some(expected) = expected(count).filter(|_| news) {
                    new.new_codes.push(New { upstream: now.name.clone(), what: status, count, expected });
                }
            }
            for &(status, cause, count) in &now.causes {
                let news =
                    cause != Cause::Unknown && old.causes.iter().all(|c| (c.0, c.1) != (status, cause));
                if let Some(expected) = expected(count).filter(|_| news) {
                    let what = (status, cause);
                    new.new_causes.push(New { upstream: now.name.clone(), what, count, expected });
                }
            }
        }
        new
    }
}

fn errors(counts: &UpstreamCounts) -> u64 {
    counts.codes.iter().filter(|c| c.0.class() == Class::ServerError).map(|c| c.1).sum()
}

fn change(name: &str, before: (u64, u64), now: (u64, u64), tests: usize) -> UpstreamChange {
    let test = Test::new(before, now);
    let rate = |(n, k): (u64, u64)| k as f64 / n.max(1) as f64;
    let (old, new) = (rate(before), rate(now));
    let change = match test {
        _ if before.0 == 0 => Change::Appeared,
        _ if now.0 == 0 => Change::Disappeared,
        Some(t) if t.p * tests as f64 >= SIGNIFICANT => Change::Same,
        _ if new >= old * FACTOR => Change::Worse,
        _ if old >= new * FACTOR => Change::Better,
        _ => Change::Same,
    };
    UpstreamChange { upstream: name.to_owned(), change, before, now, test }
}

impl Test {
    /// Of `(all, hits)` before and now; `None` where one has nothing.
    fn new(before: (u64, u64), now: (u64, u64)) -> Option<Self> {
        if before.0 == 0 || now.0 == 0 {
            return None;
        }
        let (n1, k1, n2, k2) = (before.0 as f64, before.1 as f64, now.0 as f64, now.1 as f64);
        let (p1, p2) = (k1 / n1, k2 / n2);
        let pooled = (k1 + k2) / (n1 + n2);
        let error = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).max(0.0).sqrt();
        let gap = ((p2 - p1).abs() - f64::midpoint(1.0 / n1, 1.0 / n2)).max(0.0);
        let p = if error > 0.0 { erfc(gap / error / std::f64::consts::SQRT_2).min(1.0) } else { 1.0 };
        let ((l1, u1), (l2, u2)) = (wilson(k1, n1), wilson(k2, n2));
        let difference = p2 - p1;
        let below = (p2 - l2).hypot(u1 - p1);
        let above = (u2 - p2).hypot(p1 - l1);
        Some(Self { difference, interval: (difference - below, difference + above), p })
    }
}

/// Wilson's 95 % interval of `k` in `n`.
fn wilson(k: f64, n: f64) -> (f64, f64) {
    let z2 = Z95 * Z95;
    let middle = (k + z2 / 2.0) / (n + z2);
    let half = Z95 / (n + z2) * (k * (n - k) / n + z2 / 4.0).max(0.0).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The complementary error function of `x >= 0`, to seven digits: a Chebyshev fit (Numerical Recipes, `erfcc`).
fn erfc(x: f64) -> f64 {
    const FIT: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x);
    let fit = FIT.iter().rev().fold(0.0, |sum, c| sum * t + c);
    t * (fit - x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complementary_error_function() {
        // values of a table
        for (x, expected) in [(0.0, 1.0), (0.5, 0.479_500_122), (1.0, 0.157_299_207), (3.0, 2.209_049_7e-5)] {
            let relative: f64 = erfc(x) / expected - 1.0;
            assert!(relative.abs() < 2e-7, "{x}: {}", erfc(x));
        }
    }

    #[test]
    fn two_proportions() {
        // Newcombe (1998), table II: 56/70 against 48/80, difference 0.2, score interval 0.0524 to 0.3339
        let test = Test::new((80, 48), (70, 56)).expect("both have some");
        assert!((test.difference - 0.2).abs() < 1e-9);
        assert!(
            (test.interval.0 - 0.0524).abs() < 5e-5 && (test.interval.1 - 0.3339).abs() < 5e-5,
            "{test:?}"
        );
        // chi-squared with Yates' correction: 6.2256, p = 0.01260
        assert!((test.p - 0.0126).abs() < 1e-3, "{test:?}");
        assert_eq!(Test::new((0, 0), (10, 1)), None);
        assert_eq!(Test::new((10, 0), (20, 0)).map(|t| t.p), Some(1.0));
        assert_eq!(Test::new((10, 10), (20, 20)).map(|t| t.p), Some(1.0));
    }

    #[test]
    fn changes() {
        for (before, now, tests, expected) in [
            ((10_000, 10), (10_000, 100), 1, Change::Worse),
            ((10_000, 100), (10_000, 10), 1, Change::Better),
            ((10_000, 10), (10_000, 14), 1, Change::Same),
            ((1_000_000, 10_000), (1_000_000, 10_700), 1, Change::Same),
            ((10_000, 10), (10_000, 27), 1, Change::Worse),
            ((10_000, 10), (10_000, 27), 50, Change::Same),
            ((0, 0), (10, 10), 1, Change::Appeared),
            ((10, 10), (0, 0), 1, Change::Disappeared),
        ] {
            assert_eq!(change("a", before, now, tests).change, expected, "{before:?} {now:?} of {tests}");
        }
    }
}
