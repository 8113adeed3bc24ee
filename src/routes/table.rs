//! [`Routes`]: cells per route and bucket, within a hard bound.
//!
//! Two things could grow without end, and each has a chain of its own: over the most routes, templates are cut to fewer
//! segments and at last all upstreams become one; over the most buckets, buckets become twice as wide. Each chain
//! looks at what it bounds and at nothing else: the number of routes at a depth, the number of buckets at a width. Both
//! only grow with the lines, and a coarser state is a function of a finer one. So no part ever goes beyond the whole,
//! and order and split do not show. If you touch this, keep it so.

use super::fold::{DEPTH, shown};
use super::known::Known;
use super::rules::Rules;
use crate::aggregate::{Accumulate, Cell, Moment, OTHER, client_slot, counted_fields, upstream_name};
use crate::error::LineError;
use crate::format::{Format, Line};
use crate::origin::{self, Origin};
use crate::record::{Record, Spans};
use crate::schema::{Field, FieldSet, Schema};
use crate::status::Class;
use crate::time::{TimeCache, Timestamp};
use crate::topology::Topology;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What [`Routes`] counts by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RouteSettings {
    /// Which route a target belongs to.
    pub rules: Rules,
    /// Most routes of all upstreams together (400): more than a person reads, fewer than titles in paths make.
    pub most_routes: usize,
    /// Most buckets (5,000: 13 h of 10 s). With 400 routes that is at most 250 MB, where every route is asked for in
    /// every bucket; a few MB are usual.
    pub most_buckets: usize,
    /// Width of a bucket in microseconds (10 s), as for the [`Aggregator`](crate::Aggregator).
    pub width_micros: i64,
    /// Records stamped before this are left out.
    pub since: Option<Timestamp>,
    /// Records stamped at or after this are left out.
    pub until: Option<Timestamp>,
    /// Which instant of a request decides its bucket.
    pub moment: Moment,
    /// Names of upstreams; the same as the aggregator's, so that names agree.
    pub topology: Arc<Topology>,
}

impl Default for RouteSettings {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            most_routes: 400,
            most_buckets: 5000,
            width_micros: 10_000_000,
            since: None,
            until: None,
            moment: Moment::default(),
            topology: Arc::default(),
        }
    }
}

/// The routes of upstreams, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RouteCounts {
    /// Width of a bucket, in microseconds.
    pub width_micros: i64,
    /// Segments that routes were cut to, to keep to the most routes; `None` where that was not needed.
    pub cut_to: Option<usize>,
    /// Sorted by upstream and route.
    pub series: Vec<RouteSeries>,
}

/// One route of one upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RouteSeries {
    /// The upstream, named as in the [`Summary`](crate::Summary).
    pub upstream: String,
    /// The route.
    pub route: String,
    /// `(bucket, cell)`, sorted. Retries are not counted by route.
    pub cells: Vec<(i64, Cell)>,
}

/// Counts responses by route and bucket.
///
/// 4xx are left out: a path that only strangers guess at is no route, and scanners would fill the table with them.
///
/// ```
/// use brownout::{Accumulate, Format, RouteSettings, Routes, Spans, Template};
/// let format = Template::nginx(r#"[$time_local] "$request" $status "$proxy_host""#)?;
/// let mut routes = Routes::new(RouteSettings::default());
/// routes.begin("access.log", &format);
/// for (id, status) in [(1, 200), (2, 502), (3, 404)] {
///     let line = format!(r#"[22/Nov/2026:07:08:40 +0000] "GET /orders/{id} HTTP/1.1" {status} "shop""#);
///     routes.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut Spans::new()));
/// }
/// let counts = routes.finish();
/// assert_eq!((counts.series[0].upstream.as_str(), counts.series[0].route.as_str()), ("shop", "/orders/{n}"));
/// assert_eq!((counts.series[0].cells[0].1.requests, counts.series[0].cells[0].1.s502), (2, 1));
/// # Ok::<(), brownout::Error>(())
/// ```
#[derive(Debug)]
pub struct Routes {
    settings: RouteSettings,
    /// Segments kept; `None`: all upstreams are one.
    depth: Option<usize>,
    width: i64,
    buckets: BTreeSet<i64>,
    series: Vec<Series>,
    places: BTreeMap<(String, String), usize>,
    /// Where raw names and paths seen before belong.
    known: Known,
    times: TimeCache,
    /// Of the record being looked up.
    key: Vec<u8>,
    spans: Spans,
}

#[derive(Debug, Default)]
struct Series {
    cells: BTreeMap<i64, Cell>,
}

impl Routes {
    /// One that has counted nothing.
    pub fn new(settings: RouteSettings) -> Self {
        Self {
            depth: Some(DEPTH),
            width: settings.width_micros.clamp(1, i64::MAX >> 8),
            settings,
            buckets: BTreeSet::new(),
            series: Vec::new(),
            places: BTreeMap::new(),
            known: Known::new(),
            times: TimeCache::default(),
            key: Vec::new(),
            spans: Spans::new(),
        }
    }

    /// The finished counts, sorted.
    pub fn finish(mut self) -> RouteCounts {
        let places = std::mem::take(&mut self.places);
        let series = places.into_iter().map(|((upstream, route), at)| RouteSeries {
            upstream,
            route,
            cells: std::mem::take(&mut self.series[at].cells).into_iter().collect(),
        });
        RouteCounts {
            width_micros: self.width,
            cut_to: (self.depth != Some(DEPTH)).then_some(self.depth.unwrap_or(0)),
            series: series.collect(),
        }
    }

    /// What was counted so far. Routes stay as short as they were cut; buckets begin as fine as was asked for.
    pub(crate) fn take(&mut self) -> RouteCounts {
        let mut fresh = Self::new(self.settings.clone());
        fresh.depth = self.depth;
        std::mem::replace(self, fresh).finish()
    }

    /// Adds a cell of a bucket of the width asked for.
    pub(crate) fn add_bucket(&mut self, upstream: &str, route: &str, bucket: i64, cell: &Cell) {
        let at = self.intern(upstream, route);
        let start = bucket.saturating_mul(self.settings.width_micros);
        self.add(at, start.div_euclid(self.width), cell);
        self.settle();
    }

    /// Cuts routes as short as another one had to.
    pub(crate) fn cut_to(&mut self, segments: usize) {
        self.fold_to(self.depth.min(Some(segments)), self.width);
    }

    /// Leaves out records before this from here on.
    pub(crate) fn set_since(&mut self, since: Timestamp) {
        self.settings.since = Some(since);
    }

    fn record(&mut self, record: &Record<'_>) {
        let Some(status) = record.status() else { return };
        if status.class() == Class::ClientError || status.is_client_closed() {
            return;
        }
        let Some(logged) = record.time_by(&mut self.times) else { return };
        let time = Timestamp::from_micros(self.settings.moment.micros(record, logged.as_micros()));
        if self.settings.since.is_some_and(|s| time < s) || self.settings.until.is_some_and(|u| time >= u) {
            return;
        }
        let Some(at) = self.place_of(record) else { return };
        let bucket = time.as_micros().div_euclid(self.width);
        let mut seen = Cell::default();
        seen.count(status);
        if status.class() == Class::ServerError {
            let mut spans = std::mem::take(&mut self.spans);
            let whole = record.whole(&mut spans);
            match origin::attribute(&whole).answered_by {
                Origin::Upstream => seen.by_upstream = 1,
                Origin::Proxy | Origin::Client => seen.by_proxy = 1,
                Origin::Unknown | Origin::None => {}
            }
            seen.error_clients = client_slot(&whole).map_or(0, |slot| 1 << slot);
            self.spans = spans;
        }
        self.add(at, bucket, &seen);
        self.settle();
    }

    fn add(&mut self, at: usize, bucket: i64, cell: &Cell) {
        let cells = &mut self.series[at].cells;
        match cells.get_mut(&bucket) {
            Some(mine) => mine.merge(cell),
            None => {
                cells.insert(bucket, *cell);
                self.buckets.insert(bucket);
            }
        }
    }

    /// The series of a record.
    fn place_of(&mut self, record: &Record<'_>) -> Option<usize> {
        let target = record.request_line().target?.raw();
        let path = super::fold::path(target)?;
        self.key.clear();
        for field in [Field::Upstream, Field::UpstreamAlternative, Field::Host, Field::UpstreamAddr] {
            self.key.extend_from_slice(record.value(field).map_or(&b""[..], |v| v.raw()));
            self.key.push(b'\n');
        }
        self.key.extend_from_slice(path);
        if let Some(at) = self.known.find(&self.key) {
            return Some(at as usize);
        }
        let route = self.settings.rules.route(path)?;
        let upstream = upstream_name(record, &self.settings.topology);
        let at = self.intern(&upstream, &route);
        self.known.learn(&self.key, at as u32);
        Some(at)
    }

    /// The series of these names, cut as the depth says.
    fn intern(&mut self, upstream: &str, route: &str) -> usize {
        let key = match self.depth {
            None => (OTHER.to_owned(), shown(route, 0).into_owned()),
            Some(_) if self.settings.rules.is_pattern(route) => (upstream.to_owned(), route.to_owned()),
            Some(depth) => (upstream.to_owned(), shown(route, depth).into_owned()),
        };
        let next = self.series.len();
        let at = *self.places.entry(key).or_insert(next);
        if at == next {
            self.series.push(Series::default());
        }
        at
    }

    /// Keeps to the bounds.
    fn settle(&mut self) {
        while self.places.len() > self.settings.most_routes.max(1) && self.depth.is_some() {
            self.fold_to(self.depth.and_then(|d| d.checked_sub(1)), self.width);
        }
        while self.buckets.len() > self.settings.most_buckets.max(2) {
            self.fold_to(self.depth, self.width.saturating_mul(2));
        }
    }

    /// The same counts with fewer segments or wider buckets.
    fn fold_to(&mut self, depth: Option<usize>, width: i64) {
        let finer = std::mem::replace(self, Self::new(self.settings.clone()));
        (self.depth, self.width) = (depth, width);
        self.take_in(finer.finish());
    }

    /// Adds counts that are no coarser.
    fn take_in(&mut self, finer: RouteCounts) {
        for series in finer.series {
            let at = self.intern(&series.upstream, &series.route);
            for (bucket, cell) in &series.cells {
                let start = bucket.saturating_mul(finer.width_micros);
                self.add(at, start.div_euclid(self.width), cell);
            }
        }
    }
}

impl Accumulate for Routes {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        let named = FieldSet::of(&[Field::Target, Field::Request, Field::Host]);
        counted_fields(schema).union(named).union(self.settings.moment.wanted(schema))
    }

    fn begin(&mut self, _: &str, _: &dyn Format) {
        self.known.clear();
    }

    fn line(&mut self, _: &[u8], _: u64, result: Result<Line<'_>, LineError>) {
        if let Ok(Line::Access(record)) = result {
            self.record(&record);
        }
    }

    fn merge(&mut self, other: Self) {
        // `None` is the coarsest, and the least.
        let (depth, width) = (self.depth.min(other.depth), self.width.max(other.width));
        if (depth, width) != (self.depth, self.width) {
            self.fold_to(depth, width);
        }
        self.take_in(other.finish());
        self.settle();
    }

    fn fresh(&self) -> Self {
        Self::new(self.settings.clone())
    }
}
