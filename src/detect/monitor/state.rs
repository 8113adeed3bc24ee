//! What a monitor remembers, as one value that can be kept.

use super::Event;
use super::OTHER;
use super::lag::Lag;
use super::series::{Context, Track, UpstreamState};
use super::tracker::Tracker;
use crate::aggregate::{Cell, CodeCell, LineCounts};
use crate::detect::table::Axis;
use crate::detect::{Episode, Policy};
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
    /// Sorted by name.
    pub(super) upstreams: Vec<UpstreamState>,
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
    /// Client-side statuses of what is not decided, sorted by bucket, upstream and status.
    pub(super) codes: Vec<(i64, String, Status, CodeCell)>,
}

/// Entries of [`MonitorState::codes`]; those that come when it is full are in no surge.
const MOST_CODES: usize = 1 << 16;

impl Default for MonitorState {
    fn default() -> Self {
        Self {
            width: 0,
            upstreams: Vec::new(),
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
            codes: Vec::new(),
        }
    }
}

impl MonitorState {
    /// How many entries there are in anything that could grow.
    #[cfg(test)]
    pub(in crate::detect) fn entries(&self) -> usize {
        let upstreams: usize = self.upstreams.iter().map(UpstreamState::entries).sum();
        upstreams
            + self.traffic.len()
            + self.pending.len()
            + self.codes.len()
            + self.tracker.episodes().count()
    }

    /// Hosts and upstreams.
    fn series(&self) -> usize {
        self.upstreams.iter().map(|u| 1 + u.hosts.len()).sum()
    }

    /// The place of an upstream, which is made where there is room for it. The one for the rest is always made.
    pub(super) fn upstream(&mut self, name: &str, policy: &Policy, most: usize) -> usize {
        let find = |state: &Self, name: &str| state.upstreams.binary_search_by(|u| u.name.as_str().cmp(name));
        let (name, at) = match find(self, name) {
            Ok(at) => return at,
            Err(at) if name == OTHER || self.series() < most => (name, at),
            Err(_) => match find(self, OTHER) {
                Ok(at) => return at,
                Err(at) => (OTHER, at),
            },
        };
        self.upstreams.insert(at, UpstreamState::new(name, policy));
        at
    }

    /// Something fails.
    pub(super) fn is_failing(&self) -> bool {
        self.upstreams.iter().any(UpstreamState::is_failing)
    }

    /// Reads a part of a bucket that is not decided.
    pub(super) fn read_part(&mut self, name: &str, part: i64, cells: &[(&str, &str, Cell)], policy: &Policy) {
        if let Ok(at) = self.upstreams.binary_search_by(|u| u.name.as_str().cmp(name)) {
            self.upstreams[at].read_part(part, cells, policy);
        }
    }

    /// Tells what has stopped failing in the parts before `end`, and what fails again.
    pub(super) fn tell_lulls(&mut self, end: i64, axis: &Axis, policy: &Policy, events: &mut Vec<Event>) {
        let Self { upstreams, tracker, .. } = self;
        let quiet = |episode: &Episode| {
            let named = |u: &&UpstreamState| episode.upstreams.contains(&u.name);
            let open = upstreams.iter().filter(named).flat_map(|u| u.open_in(episode));
            let quiet: Option<Vec<i64>> = open.map(Track::quiet_since).collect();
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

    /// Reads the cells of one upstream in a bucket.
    pub(super) fn push(
        &mut self,
        name: &str,
        bucket: i64,
        cells: &[(&str, &str, Cell)],
        codes: &[(Status, CodeCell)],
        context: &Context<'_>,
        most: usize,
    ) {
        let at = self.upstream(name, context.policy, most);
        let mut room = most.saturating_sub(self.series());
        let upstream = &mut self.upstreams[at];
        let folded = upstream.name != name;
        // first all hosts, since a new one moves the others
        for (zone, host, _) in cells {
            let (zone, host) = if folded { ("", OTHER) } else { (*zone, *host) };
            if let Err(at) = upstream.find(zone, host) {
                if room > 0 && !folded {
                    room -= 1;
                    upstream.insert(at, zone, host, context.policy);
                } else if let Err(at) = upstream.find("", OTHER) {
                    upstream.insert(at, "", OTHER, context.policy);
                }
            }
        }
        let mut placed: Vec<(usize, Cell)> = Vec::with_capacity(cells.len());
        for (zone, host, cell) in cells {
            let own = if folded { Err(0) } else { upstream.find(zone, host) };
            let Ok(at) = own.or_else(|_| upstream.find("", OTHER)) else { continue };
            match placed.iter_mut().find(|p| p.0 == at) {
                Some(same) => same.1.merge(cell),
                None => placed.push((at, *cell)),
            }
        }
        upstream.push(bucket, &placed, codes, context);
    }
}
