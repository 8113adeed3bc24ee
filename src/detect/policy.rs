//! The numbers of the detector, all of them.

use crate::time::Timestamp;

/// A planned window: episodes inside are marked, never hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Start.
    pub start: Timestamp,
    /// End.
    pub end: Timestamp,
    /// An upstream's name, or `*`.
    pub upstream: String,
}

/// What counts as an episode. Durations are in seconds, rates are ratios 0–1, evidence is in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Opening evidence of an upstream.
    pub h: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { h: 12.0 }
    }
}
