//! The counts as the detector reads them: sorted, sparse, with running sums.
//!
//! Nothing here is as long as time is: a line of 1970 and one of 9999 make two buckets. Buckets are `i64` since the
//! epoch; every difference and product of them saturates.

mod axis;
mod series;

pub(super) use axis::Axis;
pub(super) use series::{Point, Pool, Series, Sums};

use super::Policy;
use super::policy::Denominator;
use crate::aggregate::{Cell, HostSeries, NO_HOST, NO_UPSTREAM, Summary, UpstreamCounts};
use std::borrow::Cow;

/// A [`Summary`] on the detector's axis.
pub(super) struct Table<'a> {
    pub(super) axis: Axis,
    /// In the order of the summary.
    pub(super) upstreams: Vec<Upstream<'a>>,
    /// All upstreams together.
    pub(super) total: Series,
}

/// An upstream with its hosts.
pub(super) struct Upstream<'a> {
    pub(super) counts: &'a UpstreamCounts,
    /// Sorted by zone and host.
    pub(super) hosts: Vec<Host<'a>>,
    /// All hosts together.
    pub(super) series: Series,
    /// Clients can be told apart: errors may be counted once per client.
    pub(super) told_apart: bool,
    /// Mean over the time in which the log was being written.
    pub(super) requests_per_second: f64,
}

/// One host of an upstream in one zone.
pub(super) struct Host<'a> {
    pub(super) zone: &'a str,
    pub(super) name: &'a str,
    cells: Cow<'a, [(i64, Cell)]>,
}

impl<'a> Table<'a> {
    /// `None` where there is no time axis: no bucket with a request, or no width.
    pub(super) fn new(summary: &'a Summary, policy: &Policy) -> Option<Self> {
        let mut axis = Axis::new(summary.width_micros, policy.bucket)?;
        let mut upstreams: Vec<_> =
            summary.upstreams.iter().map(|u| Upstream::new(u, &axis, policy)).collect();
        let total = Series::total(upstreams.iter().map(|u| &u.series));
        axis.cover(*total.buckets().first()?, *total.buckets().last()?);
        let observed = super::power::observed(&total, &axis, policy);
        for upstream in &mut upstreams {
            upstream.requests_per_second = upstream.series.all().requests as f64 / observed;
        }
        Some(Self { axis, upstreams, total })
    }

    /// The upstreams that are one: the responses for which none was chosen count in no quorum.
    pub(super) fn named(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.upstreams.len()).filter(|&u| self.upstreams[u].is_named())
    }
}

impl<'a> Upstream<'a> {
    fn new(counts: &'a UpstreamCounts, axis: &Axis, policy: &Policy) -> Self {
        let hosts: Vec<_> = counts.hosts.iter().map(|h| Host::of(h, axis, policy.denominator)).collect();
        let told_apart = told_apart(&counts.clients, policy);
        let series = Series::new(hosts.iter(), told_apart);
        Self { counts, hosts, series, told_apart, requests_per_second: 0.0 }
    }

    pub(super) fn is_named(&self) -> bool {
        self.counts.name != NO_UPSTREAM
    }

    /// The series of one zone of this upstream.
    pub(super) fn zone_series(&self, zone: &str) -> Series {
        Series::new(self.hosts.iter().filter(|h| h.zone == zone), self.told_apart)
    }
}

impl<'a> Host<'a> {
    /// Cells of the detector's own width, sorted.
    pub(super) fn new(zone: &'a str, name: &'a str, cells: Cow<'a, [(i64, Cell)]>) -> Self {
        Self { zone, name, cells }
    }

    fn of(host: &'a HostSeries, axis: &Axis, denominator: Denominator) -> Self {
        let cells = if axis.is_native() && denominator == Denominator::All {
            Cow::Borrowed(host.cells.as_slice())
        } else {
            let mut wide: Vec<(i64, Cell)> = Vec::new();
            for (bucket, cell) in &host.cells {
                let (bucket, cell) = (axis.bucket(*bucket), denominator.of(*cell));
                match wide.last_mut() {
                    Some(last) if last.0 == bucket => last.1.merge(&cell),
                    _ => wide.push((bucket, cell)),
                }
            }
            Cow::Owned(wide)
        };
        Self::new(&host.zone, &host.host, cells)
    }

    /// A host was chosen.
    pub(super) fn is_named(&self) -> bool {
        self.name != NO_HOST
    }

    /// The cells of `first..end`.
    pub(super) fn range(&self, first: i64, end: i64) -> &[(i64, Cell)] {
        let from = self.cells.partition_point(|c| c.0 < first);
        let to = self.cells.partition_point(|c| c.0 < end);
        self.cells.get(from..to).unwrap_or_default()
    }

    pub(super) fn series(&self, told_apart: bool) -> Series {
        Series::new(std::iter::once(self), told_apart)
    }
}

/// Many hash slots are in use and none dominates: not a few internal callers, not one address for all.
pub(super) fn told_apart(clients: &[u64; 64], policy: &Policy) -> bool {
    let used = clients.iter().filter(|&&n| n > 0).count();
    let most = clients.iter().copied().max().unwrap_or(0) as f64;
    let all: f64 = clients.iter().map(|&n| n as f64).sum();
    used >= policy.client_slots && most <= policy.client_share * all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty of 64 slots are enough to tell clients apart, and half of the requests at most in one of them.
    #[test]
    fn clients_that_can_be_told_apart() {
        let told = |used: usize, most: u64| {
            let mut clients = [0; 64];
            clients[..used].fill(10);
            clients[0] = most;
            told_apart(&clients, &Policy::default())
        };
        assert_eq!([told(19, 10), told(20, 10), told(20, 190), told(20, 191)], [false, true, true, false]);
    }

    /// Buckets of 5 s are read in pairs; two of a host are added up where they lie.
    #[test]
    fn narrow_buckets_are_added_up() {
        let axis = Axis::new(5_000_000, 10.0).expect("a width");
        let cell = |requests, s4xx| Cell { requests, s4xx, ..Cell::default() };
        let host = HostSeries {
            zone: "z".into(),
            host: "h".into(),
            cells: vec![(3, cell(1, 1)), (4, cell(10, 4)), (5, cell(20, 0)), (8, cell(7, 0))],
        };
        let requests = |denominator| {
            let host = Host::of(&host, &axis, denominator);
            host.cells.iter().map(|c| (c.0, c.1.requests)).collect::<Vec<_>>()
        };
        assert_eq!(requests(Denominator::All), [(1, 1), (2, 30), (4, 7)]);
        assert_eq!(requests(Denominator::WithoutClientErrors), [(1, 0), (2, 26), (4, 7)]);
    }
}
