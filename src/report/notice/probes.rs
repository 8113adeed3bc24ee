//! Health checkers and synthetic monitors among the requests.

use super::super::Report;
use super::super::figures::{percent, share, thousands};
use super::{Notice, NoticeKind};
use crate::probes::Probes;
use std::collections::BTreeMap;

impl Report {
    /// Adds a notice of the health checkers and synthetic monitors that were kept out of the counts, or that none could
    /// be seen: how often they failed, and from where.
    #[must_use]
    pub fn with_probes(mut self, probes: &Probes) -> Self {
        let all: u64 = probes.counts().map(|c| c.1).sum();
        let errors: u64 = probes.counts().map(|c| c.2).sum();
        let requests = self.requests();
        let rate = share(errors, all);
        let who: Vec<String> =
            probes.counts().map(|(name, n, _)| format!("{name} × {}", thousands(n))).collect();
        let message = if probes.told() == 0 {
            "no line tells a User-Agent: health checkers and synthetic monitors cannot be recognised"
                .to_owned()
        } else if all == 0 {
            "no known health checker or synthetic monitor is among the requests".to_owned()
        } else {
            format!(
                "health checkers and synthetic monitors made {} requests beside the {} of users and got {} 5xx \
                 ({}): {}; they \
                 are in no count of users{}",
                thousands(all),
                thousands(requests),
                thousands(errors),
                percent(rate.unwrap_or(0.0)),
                who.join(", "),
                regions(probes),
            )
        };
        self.notices.push(Notice::new(NoticeKind::Probes, all, rate, message));
        self
    }
}

/// `; from eu 12 of 40 failed (30 %)` for each region of which the address tells.
fn regions(probes: &Probes) -> String {
    let mut regions: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (_, zone, requests, errors) in probes.regions() {
        let sum = regions.entry(zone).or_default();
        *sum = (sum.0 + requests, sum.1 + errors);
    }
    let one = |(zone, (requests, errors)): (&str, (u64, u64))| {
        let rate = percent(share(errors, requests).unwrap_or(0.0));
        format!("; from {zone} {} of {} failed ({rate})", thousands(errors), thousands(requests))
    };
    regions.into_iter().map(one).collect()
}
