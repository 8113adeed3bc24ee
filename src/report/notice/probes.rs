//! Health checkers and synthetic monitors among the requests.

use super::super::Report;
use super::super::figures::{count, percent, share, thousands};
use super::{Notice, NoticeKind};
use crate::probes::Probes;

impl Report {
    /// Adds a notice of the health checkers and synthetic monitors that were counted, or that none could be seen.
    #[must_use]
    pub fn with_probes(mut self, probes: &Probes) -> Self {
        let all: u64 = probes.counts().map(|c| c.1).sum();
        let errors: u64 = probes.counts().map(|c| c.2).sum();
        let requests = self.requests();
        let rate = share(all, requests);
        let who: Vec<String> =
            probes.counts().map(|(name, n, _)| format!("{name} × {}", thousands(n))).collect();
        let message = if probes.told() == 0 {
            "no line tells a User-Agent: health checkers and synthetic monitors cannot be recognised"
                .to_owned()
        } else if all == 0 {
            "no known health checker or synthetic monitor is among the requests".to_owned()
        } else {
            format!(
                "health checkers and synthetic monitors made {} of {} ({}) and got {} of {} 5xx: {}; they are in all \
                 counts, so users' own rates differ",
                thousands(all),
                count(requests, "request", "requests"),
                percent(rate.unwrap_or(0.0)),
                thousands(errors),
                thousands(self.errors()),
                who.join(", "),
            )
        };
        self.notices.push(Notice::new(NoticeKind::Probes, all, rate, message));
        self
    }
}
