//! The streaming twin of the detector.
//!
//! ```text
//! push ─ pending buckets ─ advance ─ per upstream and host:   learner ─ machine ─ segments ┐
//!        (an aggregator)   closes    what is normal, from     the batch detector's own     │
//!                          buckets   the past alone                                        │
//!                                                                                          │
//!                Event ─ tracker ─ episodes as of now ─ scope, planned, facts of the batch ┘
//! ```
//!
//! Lines may come in any order within the lateness: a bucket is decided on once the watermark has passed its end by
//! so much. The lateness follows how late lines have come, between bounds ([`MonitorSettings::lateness`]). What the batch detector finds with the whole log at hand is found here with a ring per series, and what
//! is kept of an episode that outlasts its ring. While something fails, buckets are read in parts as well, so that its end
//! is told within seconds. Routes, where asked for, are watched as hosts are. Three things differ from batch. The baseline is learnt from the past
//! alone. Of an open segment only the time up to its last failing bucket counts, so that a thin upstream is not
//! called sustained for want of lines. Pools of upstreams are not watched: they would need the baseline of a mixture
//! over time.

mod cells;
mod coarse;
mod decide;
mod event;
mod lag;
mod learner;
mod lull;
mod series;
mod state;
mod surge;
mod tracker;
mod upstreams;

pub use event::{Event, EventKind};
pub use state::MonitorState;

use super::episode::UpstreamHealth;
use super::routes::by_routes;
use super::table::Axis;
use super::{Episode, Policy, Window, power};
use crate::aggregate::{Accumulate, Aggregator, Cell, LineCounts, Moment, OTHER, Settings, Summary};
use crate::error::LineError;
use crate::format::{Format, Line};
use crate::record::Record;
use crate::routes::{RouteCounts, RouteSettings, Routes};
use crate::schema::{FieldSet, Schema};
use crate::time::Timestamp;
use crate::topology::Topology;
use cells::{add_cells, cells, route_cells};
use std::sync::Arc;

/// What a [`Monitor`] works by, besides the [`Policy`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MonitorSettings {
    /// What counts as an episode. [`Policy::bucket`] is the width of the buckets.
    pub policy: Policy,
    /// How long after a bucket's end lines for it may come, in seconds (30), at most: logs of several servers are not
    /// read in step, and proxies buffer. Where lines come sooner, it waits for twice as long as the latest of the last
    /// ten minutes took; in the first minute, for the whole of it.
    pub lateness: f64,
    /// How long it waits at least, in seconds (2): stamps of whole seconds and the step in which files are read are worth
    /// one. As long as `lateness`, nothing is learnt and every bucket is waited for alike.
    pub least_lateness: f64,
    /// Which instant of a request counts ([`Moment::Completion`]): lines are written when requests end, whatever they are
    /// stamped with. By the start, which Envoy and HAProxy stamp, those that time out would come too late to be
    /// counted, and they are the ones that matter.
    pub moment: Moment,
    /// Most hosts and upstreams held at a time (2000): about 20 kB each, twice that during long episodes. What
    /// comes when it is full is counted under [`OTHER`]; hosts that are silent for an hour make room.
    pub max_series: usize,
    /// Which routes to watch too (none): as for the batch detector ([`Findings::with_routes`](super::Findings::with_routes)),
    /// and with its bound, [`RouteSettings::most_routes`], held at a time; what comes when it is full is counted under
    /// [`OTHER`]. Its width, times, moment and topology are those of the monitor.
    pub routes: Option<RouteSettings>,
    /// Names and zones of hosts.
    pub topology: Arc<Topology>,
    /// Windows in which failing is planned.
    pub planned: Vec<Window>,
}

impl Default for MonitorSettings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            lateness: 30.0,
            least_lateness: 2.0,
            moment: Moment::Completion,
            max_series: 2000,
            routes: None,
            topology: Arc::default(),
            planned: Vec::new(),
        }
    }
}

/// An upstream as a monitor sees it now.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamNow {
    /// What is normal and what could be seen.
    pub health: UpstreamHealth,
    /// Responses since the monitor began, of decided buckets.
    pub requests: u64,
    /// 5xx among them.
    pub errors: u64,
}

/// Watches lines as they come and tells what happens to episodes.
///
/// It has no clock: [`advance`](Self::advance) says how far the logs have got. Memory is bounded: a ring of
/// [`Policy::ring`] buckets and a constant per series, for at most [`MonitorSettings::max_series`] series.
///
/// ```
/// use brownout::{Cell, EventKind, Event, Monitor, MonitorSettings, Pattern};
///
/// let mut monitor = Monitor::new(MonitorSettings::default());
/// let mut seen = Vec::new();
/// for bucket in 0..360 {
///     // 40 responses in 10 s, half of which fail for ten minutes
///     let errors = if (100..160).contains(&bucket) { 20 } else { 0 };
///     let cell = Cell { requests: 40, errors, s502: errors, by_proxy: errors, ..Cell::default() };
///     monitor.push_cell("shop", "", "10.0.0.1:8080", bucket, &cell);
///     for event in monitor.advance(monitor.newest()) {
///         if let Event::Episode { kind, at, episode, .. } = event {
///             seen.push((kind, at.as_micros() / 1_000_000, episode.pattern));
///         }
///     }
/// }
/// let expected = [
///     (EventKind::Opened, 1010, Pattern::Ongoing),
///     (EventKind::BecameSustained, 1300, Pattern::Ongoing),
///     (EventKind::Recovering, 1610, Pattern::Ongoing),
///     (EventKind::Closed, 1630, Pattern::Sustained),
///     (EventKind::Settled, 1910, Pattern::Sustained),
/// ];
/// assert_eq!(seen, expected);
/// ```
#[derive(Debug)]
pub struct Monitor {
    settings: MonitorSettings,
    axis: Axis,
    /// Counts of buckets that are not decided, by parts of them.
    pending: Aggregator,
    /// The same by route, where asked for.
    routes: Option<Routes>,
    /// What routes count as an episode by.
    route_policy: Policy,
    state: MonitorState,
}

impl Monitor {
    /// One that has seen nothing.
    pub fn new(settings: MonitorSettings) -> Self {
        Self::resume(settings, MonitorState::default())
    }

    /// One that goes on where another was saved. The settings should be the same; with another
    /// [`Policy::bucket`] what was saved is not used.
    pub fn resume(settings: MonitorSettings, state: MonitorState) -> Self {
        let width = (settings.policy.bucket * 1e6) as i64;
        let width = width.clamp(1_000_000, 86_400_000_000);
        let mut state = if state.width == width { state } else { MonitorState::default() };
        state.width = width;
        let topology = Arc::clone(&settings.topology);
        // both arguments are in range, so there is an axis
        let axis = Axis::new(width, 0.0).unwrap_or_else(Axis::unit);
        let width_micros = width / axis.parts();
        let counting = Settings { width_micros, topology, moment: settings.moment, ..Settings::default() };
        let mut pending = Aggregator::new(counting);
        for (upstream, zone, host, part, cell) in std::mem::take(&mut state.pending) {
            pending.add_bucket(&upstream, &zone, &host, part, &cell);
        }
        let routes = settings.routes.clone().map(|mut routes| {
            (routes.width_micros, routes.moment) = (width_micros, settings.moment);
            (routes.since, routes.until) = (None, None);
            routes.topology = Arc::clone(&settings.topology);
            Routes::new(routes)
        });
        let route_policy = by_routes(&settings.policy);
        let waiting = std::mem::take(&mut state.pending_routes);
        let mut monitor = Self { settings, axis, pending, routes, route_policy, state };
        if let Some(routes) = &mut monitor.routes {
            waiting.cut_to.into_iter().for_each(|segments| routes.cut_to(segments));
            add_cells(routes, &waiting, i64::MIN..i64::MAX);
        }
        monitor.leave_out();
        monitor
    }

    /// What it takes to go on later: all of it but the settings, and the format that [`begin`](Self::begin) named.
    pub fn save(&mut self) -> MonitorState {
        self.heed();
        let summary = self.take_counts();
        self.put_back(&summary, i64::MIN, i64::MAX);
        let mut state = self.state.clone();
        for (upstream, zone, host, part, cell) in cells(&summary) {
            state.pending.push((upstream.into(), zone.into(), host.into(), part, *cell));
        }
        state.pending_routes = self.take_routes();
        if let Some(routes) = &mut self.routes {
            add_cells(routes, &state.pending_routes, i64::MIN..i64::MAX);
        }
        state
    }

    /// Width of a bucket, in microseconds.
    pub fn width_micros(&self) -> i64 {
        self.state.width
    }

    /// Records of `format` follow. To be called before the first, and whenever the format changes.
    pub fn begin(&mut self, source: &str, format: &dyn Format) {
        self.pending.begin(source, format);
        self.routes.iter_mut().for_each(|r| r.begin(source, format));
    }

    /// The fields it reads in lines of `schema`, for [`Format::scanner`].
    pub fn wanted(&self, schema: &Schema) -> FieldSet {
        let routes = self.routes.as_ref().map(|r| r.wanted(schema));
        self.pending.wanted(schema).union(routes.unwrap_or_default())
    }

    /// Takes in a line of the format that [`begin`](Self::begin) named.
    pub fn line(&mut self, line: &[u8], offset: u64, result: Result<Line<'_>, LineError>) {
        self.routes.iter_mut().for_each(|r| r.line(line, offset, result));
        self.pending.line(line, offset, result);
    }

    /// Takes in an access record of the format that [`begin`](Self::begin) named.
    pub fn push(&mut self, record: &Record<'_>) {
        self.line(&[], 0, Ok(Line::Access(*record)));
    }

    /// Takes in counts of a bucket of [`width_micros`](Self::width_micros). `false`: it was too late, and is counted
    /// so.
    ///
    /// Cells do not tell how many clients there are, so errors of the same client are all counted; with
    /// [`push_summary`](Self::push_summary) they are not.
    pub fn push_cell(&mut self, upstream: &str, zone: &str, host: &str, bucket: i64, cell: &Cell) -> bool {
        if self.state.decided.is_some_and(|decided| bucket < decided) {
            self.state.late = self.state.late.saturating_add(u64::from(cell.requests));
            self.state.lag.lines(Some(i64::MIN), true);
            return false;
        }
        let start = Timestamp::from_bucket(bucket, self.state.width);
        let end = start.plus_micros(self.state.width);
        self.state.lag.lines(Some(start.as_micros()), false);
        self.state.newest = self.state.newest.max(Some(end));
        // what came when in it is not known: it counts when all of it must have come
        let parts = self.axis.parts();
        let last = bucket.saturating_mul(parts).saturating_add(parts - 1);
        self.pending.add_bucket(upstream, zone, host, last, cell);
        true
    }

    /// Takes in what another process counted, in buckets of the same width. Its late cells are left out and counted.
    /// `false`: the width is another one, and nothing was taken in.
    pub fn push_summary(&mut self, summary: &Summary) -> bool {
        if summary.width_micros != self.state.width {
            return false;
        }
        self.state.lines.merge(&summary.lines);
        self.learn(summary);
        for counts in &summary.upstreams {
            for (bucket, status, cell) in &counts.client_codes {
                if self.state.decided.is_none_or(|decided| *bucket >= decided) {
                    self.state.add_code(*bucket, &counts.name, *status, cell);
                }
            }
        }
        for (upstream, zone, host, bucket, cell) in cells(summary) {
            self.push_cell(upstream, zone, host, bucket, cell);
        }
        true
    }

    /// Takes in what another process counted by route, in buckets of the same width; late cells are left out. `false`: the
    /// width is another one, or no routes are watched, and nothing was taken in.
    pub fn push_routes(&mut self, counts: &RouteCounts) -> bool {
        let parts = self.axis.parts();
        let decided = self.state.decided.unwrap_or(i64::MIN);
        let Some(routes) = self.routes.as_mut().filter(|_| counts.width_micros == self.state.width) else {
            return false;
        };
        for (series, bucket, cell) in route_cells(counts).filter(|c| c.1 >= decided) {
            let last = bucket.saturating_mul(parts).saturating_add(parts - 1);
            routes.add_bucket(&series.upstream, &series.route, last, cell);
        }
        true
    }

    /// The latest time of any line so far; without one, the beginning of 1970. A watermark, where all stamps can be
    /// trusted.
    pub fn newest(&self) -> Timestamp {
        let lines = self.pending.range().map(|r| r.1);
        self.state.newest.max(lines).unwrap_or(Timestamp::from_micros(0))
    }

    /// The logs have got to `watermark`: decides on all buckets that end before it by the lateness, and returns what
    /// became known, in order. A watermark that goes back changes nothing.
    pub fn advance(&mut self, watermark: Timestamp) -> Vec<Event> {
        self.heed();
        self.state.lag.advance(watermark.as_micros());
        let parts = self.axis.parts();
        let complete = watermark.as_micros().saturating_sub(self.lateness());
        let read = complete.div_euclid(self.state.width / parts);
        let new = self.state.decided.is_none_or(|decided| read.div_euclid(parts) > decided);
        // parts are of interest only while something fails
        let lull = self.is_failing() && self.state.read.is_none_or(|before| read > before);
        if new || lull { self.decide(read) } else { Vec::new() }
    }

    /// There will be no more lines: decides on all there are, up to a day behind the watermark.
    pub fn flush(&mut self) -> Vec<Event> {
        let end = self.newest().as_micros().div_euclid(self.state.width).saturating_add(1);
        if self.state.decided.is_some_and(|decided| end <= decided) {
            return Vec::new();
        }
        self.decide(end.saturating_mul(self.axis.parts()))
    }

    /// The episodes that may still change, and those that ended while one of them has been going on, each with its
    /// number in the events.
    pub fn episodes(&self) -> impl Iterator<Item = (u64, &Episode)> {
        self.state.tracker.episodes()
    }

    /// The upstreams, sorted by name.
    pub fn upstreams(&self) -> impl Iterator<Item = UpstreamNow> + '_ {
        let policy = &self.settings.policy;
        self.state.upstreams.iter().map(move |u| {
            let baseline = u.learner.baseline(policy);
            let rate = u.requests / self.state.observed.max(self.axis.width());
            let health = UpstreamHealth {
                upstream: u.name.clone(),
                baseline: baseline.rate,
                chronic: baseline.chronic,
                min_visible_rate: power::min_visible_rate(rate, &baseline, policy),
            };
            UpstreamNow { health, requests: u.totals.0, errors: u.totals.1 }
        })
    }

    /// Lines by what became of them, as of the last bucket that was decided on.
    pub fn lines(&self) -> LineCounts {
        self.state.lines
    }

    /// Lines too late for their bucket, as of the last one that was decided on: counted, not looked at again.
    pub fn late(&self) -> u64 {
        self.state.late
    }

    /// Responses stamped more than a day ahead of the watermark: counted, not waited for.
    pub fn ahead(&self) -> u64 {
        self.state.ahead
    }

    /// How long late lines are waited for at present, in microseconds.
    fn lateness(&self) -> i64 {
        let micros = |seconds: f64| (seconds.max(0.0) * 1e6) as i64;
        let (least, most) = (micros(self.settings.least_lateness), micros(self.settings.lateness));
        self.state.lag.wait(least.min(most), most)
    }

    /// Takes note of how late the lines came since the last call.
    fn heed(&mut self) {
        let late = self.pending.outside() > 0;
        let range = self.pending.take_range();
        self.state.newest = self.state.newest.max(range.map(|r| r.1));
        let earliest = range.map(|r| r.0.as_micros());
        self.state.lag.lines(if late { Some(i64::MIN) } else { earliest }, late);
    }
}
