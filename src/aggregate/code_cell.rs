//! Client-side statuses over time, each apart.

use crate::status::Status;

/// Responses with one status in one bucket of one upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CodeCell {
    /// Responses.
    pub responses: u32,
    /// One bit per client (hashed to 0–63) that got one.
    pub clients: u64,
}

impl CodeCell {
    /// Whether a status is counted over time: those that are news when they come in masses, though never a 5xx.
    /// 401, 403, 404, 408, 429, and the clients that left (499, 460, 0).
    pub const fn counts(status: Status) -> bool {
        matches!(status.code(), 0 | 401 | 403 | 404 | 408 | 429 | 460 | 499)
    }

    /// Adds another cell: responses by saturating addition, clients by `|`.
    pub fn merge(&mut self, o: &Self) {
        self.responses = self.responses.saturating_add(o.responses);
        self.clients |= o.clients;
    }
}
