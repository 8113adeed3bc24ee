//! Records to counts. The counts are integers that merge by `+`, `min`, `max` and `|` only, so any split of the
//! lines over files, chunks, threads and machines, merged in any order, gives the same summary to the byte.

mod accumulate;
mod aggregator;
mod bucket_map;
mod budget;
mod cell;
mod clients;
mod clock;
mod code_cell;
mod durations;
mod front;
mod hash;
mod identity;
mod ids;
mod moment;
mod names;
#[cfg(feature = "serde")]
mod partial;
mod quick;
mod summary;
#[cfg(test)]
mod tests;
mod upstream_name;

pub use accumulate::Accumulate;
pub use aggregator::{Aggregator, Settings};
pub(crate) use bucket_map::BucketMap;
pub use budget::Budget;
pub use cell::Cell;
pub(crate) use clients::{distinct, few_clients};
pub use code_cell::CodeCell;
pub use durations::Durations;
pub(crate) use hash::stable as stable_hash;
pub(crate) use identity::{client_slot, counted_fields};
pub(crate) use ids::Ids;
pub use moment::Moment;
pub(crate) use names::name as host_name;
pub use summary::{
    ALL, FormatCounts, HostSeries, LineCounts, NO_HOST, NO_UPSTREAM, OTHER, Reject, Summary, UpstreamCounts,
};
pub(crate) use upstream_name::upstream_name;
