//! Routes: what of an upstream was asked for, with what changes from request to request folded away.
//!
//! A failure of one route of a large upstream drowns in the rest. Counted by route it shows, and where it does the
//! episode is named by it ("`/api/v1/orders/{n}` only"). Nothing here is done unless asked for: [`Routes`] and
//! [`Paths`] are accumulators of their own, to be scanned beside the [`Aggregator`](crate::Aggregator) as a pair.
//!
//! ```text
//! target ─ rules ─ route ─ Routes: cells per route and bucket, without 4xx ─ Findings::with_routes
//!                        └ Paths: when a path answered and when it was not found ─ PathCounts::gone
//! ```

mod fold;
mod known;
mod paths;
mod rules;
mod sketch;
mod table;
#[cfg(test)]
mod tests;

pub use paths::{GonePath, PathCounts, Paths};
pub use rules::{Rules, RulesError};
pub use table::{RouteCounts, RouteSeries, RouteSettings, Routes};
