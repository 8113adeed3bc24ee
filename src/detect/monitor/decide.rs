//! What is decided when the watermark moves on: buckets that are complete, parts of those that are not, and what is to be
//! told of them.

use super::cells::{ByUpstream, Row, add, add_cells, cells, route_cells};
use super::series::Context;
use super::upstreams::Upstreams;
use super::{Event, Monitor};
use crate::aggregate::Summary;
use crate::detect::routes::add_routes;
use crate::detect::table::{Point, Series, Sums};
use crate::detect::{self, Episode, Gap, gaps, scope};
use crate::routes::{RouteCounts, Routes};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Lines stamped so much later than the watermark are not waited for: a day, in seconds.
const AHEAD: f64 = 86_400.0;
/// Time after which the counts behind mean rates are halved: a week, in seconds.
const WEEK: f64 = 7.0 * 86_400.0;

impl Monitor {
    /// Reads the parts before `read`, and decides on the buckets that these complete.
    pub(super) fn decide(&mut self, read: i64) -> Vec<Event> {
        let parts = self.axis.parts();
        let decided = self.state.decided.unwrap_or(i64::MIN);
        let complete = read.div_euclid(parts).max(decided);
        let summary = self.take_counts();
        self.put_back(&summary, complete, read);
        let routes = self.take_routes();
        if let Some(pending) = &mut self.routes {
            let ahead = complete.saturating_add(self.axis.buckets(AHEAD));
            add_cells(pending, &routes, complete.saturating_mul(parts)..ahead.saturating_mul(parts));
        }
        let mut events = Vec::new();
        let rows = self.rows(&summary, &routes, read);
        self.state.decided = Some(complete);
        self.leave_out();
        for (bucket, row) in rows {
            self.read_parts(&row, &mut events);
            if bucket >= complete {
                continue;
            }
            self.gap(bucket, &row.whole, &mut events);
            self.fade(bucket);
            let Self { settings, axis, state, route_policy, .. } = self;
            let context = Context { axis, policy: &settings.policy, keep_from: state.keep_from };
            let codes = state.take_codes(bucket);
            for (name, cells) in &row.whole {
                let own = codes.iter().filter(|c| c.0 == *name).map(|c| (c.1, c.2)).collect::<Vec<_>>();
                state.upstreams.push(name, bucket, cells, &own, &context, settings.max_series);
            }
            let context = Context { policy: route_policy, ..context };
            let most = settings.routes.as_ref().map_or(0, |r| r.most_routes);
            for (name, cells) in &row.routes {
                state.routes.push(name, bucket, cells, &[], &context, most);
            }
            self.tell(bucket.saturating_add(1), &mut events);
        }
        self.state.read = self.state.read.max(Some(read));
        if complete > decided {
            self.tell(complete, &mut events);
        }
        events
    }

    /// Looks for lulls in the parts of a bucket that were not read.
    fn read_parts(&mut self, row: &Row<'_>, events: &mut Vec<Event>) {
        if !self.is_failing() {
            return;
        }
        let Self { settings, axis, state, .. } = self;
        let before = state.read.unwrap_or(i64::MIN);
        for (&part, (by_upstream, routes)) in row.parts.range(before..) {
            for (name, cells) in by_upstream {
                state.upstreams.read_part(name, part, cells, &settings.policy);
            }
            for (name, cells) in routes {
                state.routes.read_part(name, part, cells, &settings.policy);
            }
            state.tell_lulls(part.saturating_add(1), axis, &settings.policy, events);
        }
    }

    /// Takes what was counted by parts of buckets; what is not counted per bucket is taken in at once.
    pub(super) fn take_counts(&mut self) -> Summary {
        let mut summary = self.pending.take();
        self.state.newest = self.state.newest.max(summary.range.map(|r| r.1));
        self.state.lines.merge(&summary.lines);
        self.state.late = self.state.late.saturating_add(summary.lines.outside);
        let parts = self.axis.parts();
        let part = self.first_part(summary.width_micros);
        for upstream in &mut summary.upstreams {
            upstream.hosts.iter_mut().flat_map(|h| &mut h.cells).for_each(|c| c.0 = part(c.0));
            let bucket = |wide: i64| part(wide).div_euclid(parts);
            upstream.durations.iter_mut().for_each(|d| d.0 = bucket(d.0));
            upstream.client_codes.iter_mut().for_each(|c| c.0 = bucket(c.0));
        }
        self.learn(&summary);
        summary
    }

    /// The same by route.
    pub(super) fn take_routes(&mut self) -> RouteCounts {
        let mut counts = self.routes.as_mut().map(Routes::take).unwrap_or_default();
        let part = self.first_part(counts.width_micros);
        counts.series.iter_mut().flat_map(|s| &mut s.cells).for_each(|c| c.0 = part(c.0));
        counts
    }

    /// Over their bounds counts are kept in buckets twice as wide, or more: all of one goes to the first part of it that
    /// is not decided.
    fn first_part(&self, width_micros: i64) -> impl Fn(i64) -> i64 + use<> {
        let parts = self.axis.parts();
        let widened = (width_micros / (self.state.width / parts)).max(1);
        let decided = self.state.decided.map_or(i64::MIN, |decided| decided.saturating_mul(parts));
        move |wide: i64| wide.saturating_mul(widened).max(decided)
    }

    /// Keeps what is of the buckets from `complete` on, unless it is far ahead; `read` are the parts got to.
    pub(super) fn put_back(&mut self, summary: &Summary, complete: i64, read: i64) {
        let parts = self.axis.parts();
        let ahead = read.div_euclid(parts).saturating_add(self.axis.buckets(AHEAD));
        for counts in &summary.upstreams {
            for (bucket, status, cell) in counts.client_codes.iter().filter(|c| c.0 < ahead) {
                self.state.add_code(*bucket, &counts.name, *status, cell);
            }
        }
        for (upstream, zone, host, part, cell) in cells(summary) {
            let bucket = part.div_euclid(parts);
            if bucket >= ahead {
                self.state.ahead = self.state.ahead.saturating_add(u64::from(cell.requests));
            } else if bucket >= complete {
                self.pending.add_bucket(upstream, zone, host, part, cell);
            }
        }
    }

    /// The buckets with parts before `read`, of the last those parts alone.
    fn rows<'a>(&self, summary: &'a Summary, routes: &'a RouteCounts, read: i64) -> BTreeMap<i64, Row<'a>> {
        let parts = self.axis.parts();
        let mut rows: BTreeMap<i64, Row<'a>> = BTreeMap::new();
        for (upstream, zone, host, part, cell) in cells(summary) {
            if part < read {
                let row = rows.entry(part.div_euclid(parts)).or_default();
                add(&mut row.parts.entry(part).or_default().0, upstream, (zone, host, *cell));
                add(&mut row.whole, upstream, (zone, host, *cell));
            }
        }
        for (series, part, cell) in route_cells(routes) {
            // of a bucket without a response as counted above nothing is decided
            if let Some(row) = rows.get_mut(&part.div_euclid(parts)) {
                let cell = ("", series.route.as_str(), *cell);
                add(&mut row.parts.entry(part).or_default().1, &series.upstream, cell);
                add(&mut row.routes, &series.upstream, cell);
            }
        }
        rows
    }

    /// Takes in what is not counted per bucket.
    pub(super) fn learn(&mut self, summary: &Summary) {
        let Self { settings, state, route_policy, .. } = self;
        for counts in &summary.upstreams {
            let at = state.upstreams.place(&counts.name, &settings.policy, settings.max_series);
            state.upstreams.0[at].learn(counts);
            if let Some(routes) = &settings.routes {
                let at = state.routes.place(&counts.name, route_policy, routes.most_routes);
                state.routes.0[at].learn(counts);
            }
        }
    }

    pub(super) fn is_failing(&self) -> bool {
        self.state.upstreams.is_failing() || self.state.routes.is_failing()
    }

    /// What is decided on takes no more lines.
    pub(super) fn leave_out(&mut self) {
        if let Some(decided) = self.state.decided {
            let since = Timestamp::from_micros(decided.saturating_mul(self.state.width));
            self.pending.set_since(since);
            self.routes.iter_mut().for_each(|r| r.set_since(since));
        }
    }

    /// Notes the traffic of a bucket, and the silence before it.
    fn gap(&mut self, bucket: i64, row: &ByUpstream<'_>, events: &mut Vec<Event>) {
        let requests: u64 = row.values().flatten().map(|c| u64::from(c.2.requests)).sum();
        if requests == 0 {
            return;
        }
        let (axis, policy, state) = (&mut self.axis, &self.settings.policy, &mut self.state);
        let first = *state.first.get_or_insert(bucket);
        let silent = state.traffic.back().map(|t| axis.seconds(t.0, bucket));
        state.observed += silent.filter(|&s| s <= policy.idle_reset).unwrap_or(axis.width());
        if state.observed > WEEK {
            state.observed /= 2.0;
            let all = state.upstreams.0.iter_mut().chain(&mut state.routes.0);
            all.for_each(|u| u.requests /= 2.0);
        }
        state.traffic.push_back((bucket, requests));
        axis.cover(first, bucket);
        if silent.is_some_and(|s| s > policy.gap_length) {
            let sums = |requests| Sums { requests, errors: 0, capped: 0 };
            let points: Vec<Point> =
                state.traffic.iter().map(|t| Point { bucket: t.0, sums: sums(t.1) }).collect();
            let at = axis.time(bucket.saturating_add(1));
            let gaps = gaps::gaps(&Series::from_points(points.into_iter()), axis, policy);
            let new = |g: &Gap| g.end == axis.time(bucket);
            events.extend(gaps.into_iter().filter(new).map(|gap| Event::Gap { at, gap }));
        }
        // a quarter of an hour before a gap is looked at
        let from = bucket.saturating_sub(axis.buckets(900.0)).saturating_sub(1);
        while state.traffic.front().is_some_and(|t| t.0 < from) {
            state.traffic.pop_front();
        }
    }

    /// Every hour of log time, makes room and lets the past fade.
    fn fade(&mut self, bucket: i64) {
        let (axis, policy, state) = (&self.axis, &self.settings.policy, &mut self.state);
        let hour = bucket.div_euclid(axis.buckets(3600.0));
        if state.hour == Some(hour) {
            return;
        }
        state.hour = Some(hour);
        let before = |seconds: f64| bucket.saturating_sub(axis.buckets(seconds));
        let (idle, forgotten) = (before(policy.idle_reset.max(policy.merge_gap)), before(WEEK));
        state.upstreams.fade(bucket, idle, forgotten);
        state.routes.fade(bucket, idle, forgotten);
    }

    /// Tells what is new at `now`, a bucket before which all is decided, and forgets what is over.
    fn tell(&mut self, now: i64, events: &mut Vec<Event>) {
        let Self { settings, axis, state, .. } = self;
        let context = Context { axis, policy: &settings.policy, keep_from: state.keep_from };
        for upstream in &mut state.upstreams.0 {
            let all = upstream.totals.0 as f64;
            upstream.surges.tell(&upstream.name, all, now, &context, events);
        }
        self.tell_episodes(now, events);
    }

    fn tell_episodes(&mut self, now: i64, events: &mut Vec<Event>) {
        let (state, segments) = (&self.state, Upstreams::has_segments);
        if !segments(&state.upstreams) && !segments(&state.routes) && state.tracker.is_empty() {
            self.state.keep_from = i64::MAX;
            return;
        }
        let episodes = self.current();
        let (axis, policy, state) = (&self.axis, &self.settings.policy, &mut self.state);
        state.tracker.update(episodes, axis.time(now), policy, events);

        let of_all = [&state.upstreams, &state.routes].map(|u| u.unfinished(now, axis, policy));
        let unfinished = of_all.into_iter().flatten().min();
        let slack = axis.buckets(policy.group_start.max(policy.min_gap));
        state.keep_from = unfinished.map_or(i64::MAX, |first| first.saturating_sub(slack));
        let over = now.saturating_sub(axis.buckets(policy.merge_gap)).saturating_sub(1);
        let before = state.keep_from.min(over);
        state.upstreams.forget_before(before);
        state.routes.forget_before(before);
    }

    /// The episodes in what is remembered, by the batch detector's rules.
    fn current(&self) -> Vec<Episode> {
        let Self { settings, state, axis, route_policy, .. } = self;
        let policy = &settings.policy;
        let counts = state.upstreams.counts();
        let table = state.upstreams.table(&counts, axis, state.observed, policy);
        let single =
            state.upstreams.iter().enumerate().flat_map(|(i, u)| {
                scope::of_upstream(&table, i, u.found(), &u.learner.weigh(policy), policy)
            });
        let drafts = scope::group(&table, single.collect(), policy);
        let mut episodes = detect::episodes(drafts, &table, policy, &settings.planned);
        if settings.routes.is_some() {
            let counts = state.routes.counts();
            let table = state.routes.table(&counts, axis, state.observed, route_policy);
            let find = |i: usize| {
                let upstream = &state.routes.0[i];
                (upstream.found(), upstream.learner.weigh(route_policy))
            };
            add_routes(&mut episodes, &table, find, route_policy, &settings.planned);
        }
        episodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Cell;
    use crate::detect::{MonitorSettings, Policy};

    /// The monitor after traffic in these buckets, each of 10 s.
    fn after(monitor: &mut Monitor, buckets: impl Iterator<Item = i64>) -> Vec<Event> {
        let mut events = Vec::new();
        for bucket in buckets {
            let cell = Cell { requests: 40, ..Cell::default() };
            let row = BTreeMap::from([("app", vec![("", "h", cell)])]);
            monitor.gap(bucket, &row, &mut events);
        }
        events
    }

    fn observed(buckets: &[i64]) -> u64 {
        let mut monitor = Monitor::new(MonitorSettings::default());
        after(&mut monitor, buckets.iter().copied());
        monitor.state.observed as u64
    }

    /// Silence of more than an hour is not watched, as the batch detector has it.
    #[test]
    fn how_long_it_was_watched() {
        assert_eq!(observed(&[7]), 10);
        assert_eq!(observed(&[7, 8, 12]), 60);
        assert_eq!(observed(&[0, 360]), 3610);
        assert_eq!(observed(&[0, 361]), 20);
    }

    /// More than a week is halved, and what it is compared with as well.
    #[test]
    fn a_week_is_halved() {
        let halved = |seconds: f64| {
            let mut monitor = Monitor::new(MonitorSettings::default());
            let policy = Policy::default();
            let at = monitor.state.upstreams.place("app", &policy, 10);
            monitor.state.upstreams.0[at].requests = 8.0;
            monitor.state.observed = seconds;
            after(&mut monitor, 7..8);
            (monitor.state.observed as u64, monitor.state.upstreams.0[at].requests as u64)
        };
        assert_eq!(halved(604_790.0), (604_800, 8));
        assert_eq!(halved(604_810.0), (302_410, 4));
    }

    /// A quarter of an hour is kept, and a bucket more.
    #[test]
    fn silence_is_seen_in_what_is_kept() {
        let mut monitor = Monitor::new(MonitorSettings::default());
        assert!(after(&mut monitor, 0..500).is_empty());
        assert_eq!(monitor.state.traffic.front().map(|t| t.0), Some(499 - 91));
        assert_eq!(monitor.state.traffic.len(), 92);
        let events = after(&mut monitor, [511, 524].into_iter());
        let gaps: Vec<_> = events
            .iter()
            .map(|e| match e {
                Event::Gap { gap, .. } => {
                    (gap.start.as_micros() / 10_000_000, gap.end.as_micros() / 10_000_000)
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(gaps, [(512, 524)], "eleven buckets without a line are none");
    }

    fn cell() -> Cell {
        Cell { requests: 40, ..Cell::default() }
    }

    fn seen(monitor: &Monitor) -> Vec<(String, u64)> {
        monitor.upstreams().map(|u| (u.health.upstream, u.requests)).collect()
    }

    /// An upstream is forgotten at the first full hour after it was silent for a week.
    #[test]
    fn a_week_without_a_line() {
        let at_once = MonitorSettings { lateness: 0.0, ..MonitorSettings::default() };
        let mut monitor = Monitor::new(at_once);
        monitor.push_cell("old", "", "h", 0, &cell());
        let names = |monitor: &mut Monitor, bucket: i64| {
            monitor.push_cell("app", "", "h", bucket, &cell());
            monitor.advance(monitor.newest());
            seen(monitor).into_iter().map(|u| u.0).collect::<Vec<_>>()
        };
        assert_eq!(names(&mut monitor, 1), ["app", "old"]);
        assert_eq!(names(&mut monitor, 60_480), ["app", "old"], "a week");
        assert_eq!(names(&mut monitor, 60_481), ["app", "old"]);
        assert_eq!(names(&mut monitor, 60_840), ["app"], "an hour later");
    }

    /// Buckets of 2 s become 16 s where no more than 300 of 400 are held: some counts move to the bucket before, but not
    /// to one that is decided, and none is lost.
    #[test]
    fn over_the_budget_times_get_coarser() {
        use crate::aggregate::{Aggregator, Budget, Settings};
        let mut monitor = Monitor::new(MonitorSettings::default());
        // an upstream is 32 units, a host 8
        let budget = Budget { units: 340, seed: 0 };
        monitor.pending =
            Aggregator::new(Settings { width_micros: 2_000_000, budget, ..Settings::default() });
        let push = |monitor: &mut Monitor, buckets: std::ops::Range<i64>| {
            buckets.for_each(|bucket| assert!(monitor.push_cell("app", "", "h", bucket, &cell())));
        };
        push(&mut monitor, 4..304);
        // 30 s are waited for
        monitor.advance(Timestamp::from_micros(3_060_000_000));
        assert_eq!(seen(&monitor), [("app".to_owned(), 299 * 40)], "bucket 303 is not decided");
        push(&mut monitor, 304..704);
        monitor.advance(Timestamp::from_micros(5_000_000_000));
        push(&mut monitor, 704..750);
        monitor.flush();
        assert_eq!((seen(&monitor), monitor.ahead()), (vec![("app".to_owned(), 746 * 40)], 0));
    }

    /// Lines stamped a day ahead are counted and not waited for, whatever their status.
    #[test]
    fn a_day_ahead() {
        use crate::format::{Format, Line};
        let format = crate::Template::nginx(r#"$msec "$proxy_host" $status"#).expect("a format");
        let mut monitor = Monitor::new(MonitorSettings::default());
        monitor.begin("access.log", &format);
        // all before bucket 101 is decided: 30 s are waited for
        for bucket in [100, 101 + 8639, 101 + 8640] {
            let line = format!(r#"{}.000 "app" 404"#, bucket * 10);
            let mut spans = crate::record::Spans::new();
            let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else {
                panic!("{line}")
            };
            monitor.push(&record);
        }
        monitor.advance(Timestamp::from_micros(1_040_000_000));
        assert_eq!((seen(&monitor), monitor.ahead()), (vec![("app".to_owned(), 1)], 1));
        assert_eq!(monitor.state.codes.iter().map(|c| c.0).collect::<Vec<_>>(), [8740]);
    }
}
