//! The upstreams a monitor remembers, and their hosts or routes: as many as there is room for.

use super::OTHER;
use super::series::{Context, Track, UpstreamState};
use crate::aggregate::{Cell, CodeCell, UpstreamCounts};
use crate::detect::table::{Axis, Host, Series, Table, Upstream};
use crate::detect::{Episode, Policy};
use crate::status::Status;
use std::borrow::Cow;

/// Sorted by name.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Upstreams(pub(super) Vec<UpstreamState>);

impl Upstreams {
    pub(super) fn iter(&self) -> impl Iterator<Item = &UpstreamState> {
        self.0.iter()
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.iter().map(UpstreamState::entries).sum()
    }

    /// Hosts and upstreams.
    pub(super) fn series(&self) -> usize {
        self.0.iter().map(|u| 1 + u.hosts.len()).sum()
    }

    /// The place of an upstream, which is made where there is room for it. The one for the rest is always made.
    pub(super) fn place(&mut self, name: &str, policy: &Policy, most: usize) -> usize {
        let find = |state: &Self, name: &str| state.0.binary_search_by(|u| u.name.as_str().cmp(name));
        let (name, at) = match find(self, name) {
            Ok(at) => return at,
            Err(at) if name == OTHER || self.series() < most => (name, at),
            Err(_) => match find(self, OTHER) {
                Ok(at) => return at,
                Err(at) => (OTHER, at),
            },
        };
        self.0.insert(at, UpstreamState::new(name, policy));
        at
    }

    /// Something fails.
    pub(super) fn is_failing(&self) -> bool {
        self.0.iter().any(UpstreamState::is_failing)
    }

    /// Reads a part of a bucket that is not decided.
    pub(super) fn read_part(&mut self, name: &str, part: i64, cells: &[(&str, &str, Cell)], policy: &Policy) {
        if let Ok(at) = self.0.binary_search_by(|u| u.name.as_str().cmp(name)) {
            self.0[at].read_part(part, cells, policy);
        }
    }

    /// There is something to tell.
    pub(super) fn has_segments(&self) -> bool {
        self.iter().any(UpstreamState::has_segments)
    }

    /// An upstream of the episode shows it as a whole.
    pub(super) fn shows(&self, episode: &Episode) -> bool {
        self.iter().any(|u| episode.upstreams.contains(&u.name) && u.track.is_open())
    }

    /// What is open of an episode; `hosts` are those it is confined to.
    pub(super) fn open_in<'a>(&'a self, episode: &'a Episode, hosts: &'a [String]) -> Vec<&'a Track> {
        let named = self.iter().filter(|u| episode.upstreams.contains(&u.name));
        named.flat_map(|u| u.open_in(hosts)).collect()
    }

    /// The start of the earliest segment that something may still be joined to.
    pub(super) fn unfinished(&self, now: i64, axis: &Axis, policy: &Policy) -> Option<i64> {
        self.iter().filter_map(|u| u.unfinished(now, axis, policy)).min()
    }

    pub(super) fn forget_before(&mut self, bucket: i64) {
        self.0.iter_mut().for_each(|u| u.forget_before(bucket));
    }

    /// Lets the past fade; hosts without a line since `idle` are forgotten, and upstreams since `forgotten`. What is known
    /// of one before a bucket of it is read counts as of `now`: the bucket may be this one.
    pub(super) fn fade(&mut self, now: i64, idle: i64, forgotten: i64) {
        self.0.iter_mut().filter(|u| u.last == i64::MIN).for_each(|u| u.last = now);
        self.0.iter_mut().for_each(|u| u.fade(idle));
        self.0.retain(|u| u.last >= forgotten);
    }

    /// What the detector reads of each besides the cells.
    pub(super) fn counts(&self) -> Vec<UpstreamCounts> {
        self.iter().map(UpstreamState::counts).collect()
    }

    /// What the batch detector makes of a summary. `counts`: one entry per upstream; `observed`: for so many seconds.
    pub(super) fn table<'a>(
        &'a self,
        counts: &'a [UpstreamCounts],
        axis: &Axis,
        observed: f64,
        policy: &Policy,
    ) -> Table<'a> {
        let mut axis = axis.clone();
        let complete = self.iter().filter_map(|u| u.track.complete_from(policy));
        axis.cover(complete.fold(axis.first(), i64::max), axis.end().saturating_sub(1));
        let observed = observed.max(axis.width());
        let upstreams = self.iter().zip(counts).map(|(u, counts)| Upstream {
            counts,
            hosts: u.hosts.iter().map(|h| Host::new(&h.zone, &h.host, Cow::Owned(h.cells()))).collect(),
            series: u.track.series(),
            told_apart: u.told_apart(policy),
            requests_per_second: u.requests / observed,
        });
        Table { axis, upstreams: upstreams.collect(), total: Series::default() }
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
        let at = self.place(name, context.policy, most);
        let mut room = most.saturating_sub(self.series());
        let upstream = &mut self.0[at];
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A place for each upstream and host as long as there is room, and one for the rest.
    #[test]
    fn places() {
        let policy = Policy::default();
        let mut all = Upstreams::default();
        let names = |all: &Upstreams| all.iter().map(|u| u.name.clone()).collect::<Vec<_>>();
        for name in ["b", "a", "c", "d", "a"] {
            all.place(name, &policy, 3);
        }
        assert_eq!(names(&all), [OTHER, "a", "b", "c"]);
        assert_eq!(all.series(), 4);
        all.0[1].insert(0, "", "h1", &policy);
        all.0[1].insert(1, "", "h2", &policy);
        assert_eq!(all.series(), 6, "hosts take room too");
    }

    /// An upstream and two of its four hosts are three; the others share a place.
    #[test]
    fn hosts_have_room() {
        let (policy, axis) = (Policy::default(), Axis::unit());
        let context = Context { axis: &axis, policy: &policy, keep_from: i64::MAX };
        let mut all = Upstreams::default();
        let cell = Cell { requests: 10, ..Cell::default() };
        let cells: Vec<_> = ["h1", "h2", "h3", "h4"].iter().map(|host| ("z", *host, cell)).collect();
        all.push("a", 7, &cells, &[], &context, 3);
        let hosts = &all.0[0].hosts;
        let requests = |i: usize| hosts[i].cells().iter().map(|c| c.1.requests).collect::<Vec<_>>();
        assert_eq!(hosts.iter().map(|h| h.host.as_str()).collect::<Vec<_>>(), [OTHER, "h1", "h2"]);
        assert_eq!([requests(0), requests(1), requests(2)], [[20], [10], [10]]);
    }

    #[test]
    fn upstreams_are_forgotten() {
        let policy = Policy::default();
        let mut all = Upstreams::default();
        for (name, last) in [("a", 99), ("b", 100), ("c", i64::MIN)] {
            let at = all.place(name, &policy, 10);
            all.0[at].last = last;
        }
        all.fade(500, 400, 100);
        assert_eq!(
            all.iter().map(|u| (u.name.as_str(), u.last)).collect::<Vec<_>>(),
            [("b", 100), ("c", 500)]
        );
        all.fade(900, 800, 501);
        assert_eq!(all.iter().count(), 0, "nor is one for ever of which no bucket comes");
    }
}
