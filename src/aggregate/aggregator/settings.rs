//! [`Settings`].

use std::sync::Arc;

use crate::aggregate::{Budget, Moment};
use crate::time::Timestamp;
use crate::topology::Topology;

/// What an [`Aggregator`](super::Aggregator) counts by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Width of a bucket in microseconds. Default 10 s: edges within 6 s, and a blip of 12 s still spans two buckets.
    /// At least 1 µs, at most 2^55 µs (1,141 years); what lies outside counts as the nearest.
    pub width_micros: i64,
    /// Limit on memory.
    pub budget: Budget,
    /// Records stamped before this are counted as lines and not looked at further.
    pub since: Option<Timestamp>,
    /// Records stamped at or after this are counted as lines and not looked at further.
    pub until: Option<Timestamp>,
    /// Which instant of a request decides its bucket, and whether it is in time.
    pub moment: Moment,
    /// Names and zones of hosts.
    pub topology: Arc<Topology>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            width_micros: 10_000_000,
            budget: Budget::default(),
            since: None,
            until: None,
            moment: Moment::default(),
            topology: Arc::default(),
        }
    }
}
