//! The cells of counts, in the order that a monitor takes them in.

use crate::aggregate::{Cell, Summary};
use crate::routes::{RouteCounts, RouteSeries, Routes};
use std::collections::BTreeMap;
use std::ops::Range;

/// Cells by upstream, each with zone and host.
pub(super) type ByUpstream<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a str, Cell)>>;

/// A bucket: as a whole, by route, and by its parts.
#[derive(Default)]
pub(super) struct Row<'a> {
    pub(super) whole: ByUpstream<'a>,
    pub(super) routes: ByUpstream<'a>,
    pub(super) parts: BTreeMap<i64, (ByUpstream<'a>, ByUpstream<'a>)>,
}

/// Adds a cell; those of one host come one after the other.
pub(super) fn add<'a>(to: &mut ByUpstream<'a>, upstream: &'a str, cell: (&'a str, &'a str, Cell)) {
    let cells = to.entry(upstream).or_default();
    match cells.last_mut() {
        Some(last) if (last.0, last.1) == (cell.0, cell.1) => last.2.merge(&cell.2),
        _ => cells.push(cell),
    }
}

/// All cells of routes.
pub(super) fn route_cells(counts: &RouteCounts) -> impl Iterator<Item = (&RouteSeries, i64, &Cell)> {
    counts.series.iter().flat_map(|s| s.cells.iter().map(move |(bucket, cell)| (s, *bucket, cell)))
}

/// Adds the cells of these buckets; both are as wide.
pub(super) fn add_cells(routes: &mut Routes, counts: &RouteCounts, buckets: Range<i64>) {
    for (series, bucket, cell) in route_cells(counts).filter(|c| buckets.contains(&c.1)) {
        routes.add_bucket(&series.upstream, &series.route, bucket, cell);
    }
}

/// All cells of a summary: upstream, zone, host, bucket, cell.
pub(super) fn cells(summary: &Summary) -> impl Iterator<Item = (&str, &str, &str, i64, &Cell)> {
    summary.upstreams.iter().flat_map(|u| {
        u.hosts.iter().flat_map(move |h| {
            h.cells.iter().map(move |(b, c)| (u.name.as_str(), h.zone.as_str(), h.host.as_str(), *b, c))
        })
    })
}
