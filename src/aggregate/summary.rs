//! [`Summary`]: finished counts, sorted, mergeable.

use super::{Budget, Cell, CodeCell, Durations};
use crate::error::LineErrorKind;
use crate::origin::{Cause, Origin};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

/// The upstream of responses for which none was chosen.
pub const NO_UPSTREAM: &str = "(none)";
/// The host of responses for which none was chosen.
pub const NO_HOST: &str = "-";
/// The upstream of every response where the format has no place for a name.
pub const ALL: &str = "(all)";
/// Where groups over the budget are folded.
pub const OTHER: &str = "(other)";

/// Everything counted, sorted by name and time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Summary {
    /// Width of a bucket, in microseconds. A bucket `b` covers `[b * width, (b + 1) * width)` since the epoch.
    pub width_micros: i64,
    /// Lines by what became of them.
    pub lines: LineCounts,
    /// Lines that were not understood, by kind and column.
    pub rejects: Vec<Reject>,
    /// Earliest and latest logged time of access records.
    pub range: Option<(Timestamp, Timestamp)>,
    /// Access records per format name and product.
    pub formats: Vec<FormatCounts>,
    /// One entry per upstream, sorted by name.
    pub upstreams: Vec<UpstreamCounts>,
    /// About how many hosts and upstreams were folded into [`OTHER`] to keep to the budget.
    pub folded: u64,
    /// What `folded` is estimated from: registers of which merging takes the maxima.
    pub folded_sketch: Box<[u8]>,
    /// How coarse the budget made it; 0 is as fine as was asked for.
    pub level: u8,
    /// The budget it was kept to.
    pub budget: Budget,
}

/// Lines by what became of them. `total = access + other + malformed + blank`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LineCounts {
    /// All lines.
    pub total: u64,
    /// Access records.
    pub access: u64,
    /// Headers, events, error-log lines and the like.
    pub other: u64,
    /// Not understood.
    pub malformed: u64,
    /// White space only.
    pub blank: u64,
    /// Among the access records: without a readable time, so in no bucket.
    pub untimed: u64,
    /// Among the access records: outside the time asked for.
    pub outside: u64,
    /// Among the access records: with more quotes than the format, whose product escapes none
    /// ([`Record::is_ambiguous`](crate::Record::is_ambiguous)).
    #[cfg_attr(feature = "serde", serde(default))]
    pub ambiguous: u64,
}

impl LineCounts {
    /// Adds other counts.
    pub fn merge(&mut self, o: &Self) {
        macro_rules! add { ($($f:ident)*) => { $( self.$f = self.$f.saturating_add(o.$f); )* }; }
        add!(total access other malformed blank untimed outside ambiguous);
    }
}

/// Lines that were not understood for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reject {
    /// What is wrong.
    pub kind: LineErrorKind,
    /// The column that was being read, by the product's name.
    pub column: String,
    /// How many.
    pub count: u64,
    /// The first few places, sorted: file and byte offset of the line.
    pub first: Vec<(String, u64)>,
}

impl Reject {
    /// Places kept.
    pub(super) const PLACES: usize = 3;
}

/// Access records of one format.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FormatCounts {
    /// Name of the format.
    pub name: String,
    /// The program that wrote them.
    pub product: Product,
    /// Access records.
    pub lines: u64,
}

/// What one upstream answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UpstreamCounts {
    /// Name: group, cluster, backend, target group; [`NO_UPSTREAM`] where none was chosen.
    pub name: String,
    /// Responses per status, sorted.
    pub codes: Vec<(Status, u64)>,
    /// 5xx per who made them, sorted.
    pub origins: Vec<(Origin, u64)>,
    /// 5xx and client-closed responses per status and cause, sorted.
    pub causes: Vec<(Status, Cause, u64)>,
    /// Requests per client, hashed to 64 slots: tells whether clients can be told apart.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serial::list"))]
    pub clients: [u64; 64],
    /// Durations of 5xx per bucket and status, sorted. Only statuses 502, 503 and 504, and 499 under its own key.
    pub durations: Vec<(i64, Status, Durations)>,
    /// Client-side statuses per bucket, sorted; only those [`CodeCell::counts`] names.
    pub client_codes: Vec<(i64, Status, CodeCell)>,
    /// Hosts, sorted by `(zone, host)`.
    pub hosts: Vec<HostSeries>,
}

/// The cells of one host of one upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HostSeries {
    /// Zone or region, or empty where the log has none.
    pub zone: String,
    /// Address or server name; [`NO_HOST`] where none was chosen.
    pub host: String,
    /// `(bucket, cell)`, sorted by bucket; buckets without a line are left out.
    pub cells: Vec<(i64, Cell)>,
}

impl Summary {
    /// What the upstream of this name answered.
    pub(crate) fn upstream(&self, name: &str) -> Option<&UpstreamCounts> {
        let at = self.upstreams.binary_search_by(|u| u.name.as_str().cmp(name)).ok()?;
        self.upstreams.get(at)
    }
}

impl UpstreamCounts {
    /// Responses.
    pub fn requests(&self) -> u64 {
        self.codes.iter().map(|c| c.1).sum()
    }
}
