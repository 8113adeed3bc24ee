//! What a monitor remembers, as one value that can be kept.

use super::Event;
use super::lag::Lag;
use super::series::Track;
use super::tracker::Tracker;
use super::upstreams::Upstreams;
use crate::aggregate::{Cell, CodeCell, LineCounts};
use crate::detect::table::Axis;
use crate::detect::{Episode, Policy};
use crate::routes::RouteCounts;
use crate::status::Status;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// The state of a [`Monitor`](super::Monitor), to be kept across runs: baselines, open episodes, buckets not decided.
///
/// With the feature `serde` it can be written in any of serde's formats. It is bound to the version of this crate. A
/// monitor that is resumed from it goes on exactly as the one that was saved would have, provided the format keeps
/// floating-point numbers exactly (`serde_json` does with its feature `float_roundtrip`).
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MonitorState {
    /// Of a bucket, in microseconds.
    pub(super) width: i64,
    pub(super) upstreams: Upstreams,
    /// The same by route: routes are where hosts are.
    pub(super) routes: Upstreams,
    pub(super) tracker: Tracker,
    /// All buckets before this one are decided.
    pub(super) decided: Option<i64>,
    /// The first bucket with a request.
    pub(super) first: Option<i64>,
    /// Buckets from this one on belong to an episode that may still change.
    pub(super) keep_from: i64,
    /// The hour of the last round of forgetting.
    pub(super) hour: Option<i64>,
    /// Requests of the last quarter of an hour by bucket, and of the bucket before.
    pub(super) traffic: VecDeque<(i64, u64)>,
    /// For how long the log has been written, in seconds.
    pub(super) observed: f64,
    pub(super) lines: LineCounts,
    pub(super) late: u64,
    pub(super) ahead: u64,
    pub(super) newest: Option<Timestamp>,
    /// How late lines come.
    pub(super) lag: Lag,
    /// All parts of buckets before this one were read.
    pub(super) read: Option<i64>,
    /// Upstream, zone, host, part of a bucket and cell of what is not decided.
    pub(super) pending: Vec<(String, String, String, i64, Cell)>,
    /// The same by route.
    pub(super) pending_routes: RouteCounts,
    /// Client-side statuses of what is not decided, sorted by bucket, upstream and status.
    pub(super) codes: Vec<(i64, String, Status, CodeCell)>,
}

/// Entries of [`MonitorState::codes`]; those that come when it is full are in no surge.
const MOST_CODES: usize = 1 << 16;

impl Default for MonitorState {
    fn default() -> Self {
        Self {
            width: 0,
            upstreams: Upstreams::default(),
            routes: Upstreams::default(),
            tracker: Tracker::default(),
            decided: None,
            first: None,
            keep_from: i64::MAX,
            hour: None,
            traffic: VecDeque::new(),
            observed: 0.0,
            lines: LineCounts::default(),
            late: 0,
            ahead: 0,
            newest: None,
            lag: Lag::default(),
            read: None,
            pending: Vec::new(),
            pending_routes: RouteCounts::default(),
            codes: Vec::new(),
        }
    }
}

impl MonitorState {
    /// How many entries there are in anything that could grow.
    #[cfg(test)]
    pub(in crate::detect) fn entries(&self) -> usize {
        self.upstreams.entries()
            + self.routes.entries()
            + self.pending_routes.series.iter().map(|s| 1 + s.cells.len()).sum::<usize>()
            + self.traffic.len()
            + self.pending.len()
            + self.codes.len()
            + self.tracker.episodes().count()
    }

    /// Tells what has stopped failing in the parts before `end`, and what fails again.
    pub(super) fn tell_lulls(&mut self, end: i64, axis: &Axis, policy: &Policy, events: &mut Vec<Event>) {
        let Self { upstreams, routes, tracker, .. } = self;
        let quiet = |episode: &Episode| {
            let mut open = Vec::new();
            if !episode.routes.is_empty() && !upstreams.shows(episode) {
                open = routes.open_in(episode, &episode.routes);
            }
            // a host's may be named by a route that does not show it
            if open.is_empty() {
                open = upstreams.open_in(episode, &episode.hosts);
            }
            let quiet: Option<Vec<i64>> = open.into_iter().map(Track::quiet_since).collect();
            quiet?.into_iter().max().map(|part| axis.time_of_part(part))
        };
        tracker.lulls(quiet, axis.time_of_part(end), policy, events);
    }

    /// Keeps a client-side status of a bucket until it is decided.
    pub(super) fn add_code(&mut self, bucket: i64, upstream: &str, status: Status, cell: &CodeCell) {
        let key = (bucket, upstream, status);
        match self.codes.binary_search_by(|c| (c.0, c.1.as_str(), c.2).cmp(&key)) {
            Ok(at) => self.codes[at].3.merge(cell),
            Err(at) if self.codes.len() < MOST_CODES => {
                self.codes.insert(at, (bucket, upstream.to_owned(), status, *cell));
            }
            Err(_) => {}
        }
    }

    /// Takes the client-side statuses of a bucket and those before it.
    pub(super) fn take_codes(&mut self, bucket: i64) -> Vec<(String, Status, CodeCell)> {
        let end = self.codes.partition_point(|c| c.0 <= bucket);
        let taken = self.codes.drain(..end).filter(|c| c.0 == bucket);
        taken.map(|(_, upstream, status, cell)| (upstream, status, cell)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_side_statuses_are_bounded() {
        let gone = Status::new(410).expect("below 1000");
        let cell = CodeCell { responses: 1, clients: 0b1 };
        let codes = (0..MOST_CODES as i64).map(|bucket| (bucket, "app".to_owned(), gone, cell)).collect();
        let mut state = MonitorState { codes, ..MonitorState::default() };
        state.add_code(-1, "app", gone, &cell);
        state.add_code(7, "app", gone, &CodeCell { responses: 2, clients: 0b10 });
        assert_eq!(state.codes.len(), MOST_CODES, "no room");
        assert_eq!(
            state.codes[7].3,
            CodeCell { responses: 3, clients: 0b11 },
            "what has its place is counted"
        );
        state.codes.pop();
        state.add_code(-1, "app", gone, &cell);
        assert_eq!((state.codes.len(), state.codes[0].0), (MOST_CODES, -1));
    }
}
