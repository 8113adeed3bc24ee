//! What a monitor remembers of an upstream and its hosts: a constant amount each.

use super::coarse::Coarse;
use super::learner::Learner;
use super::lull::Lull;
use super::surge::Surges;
use crate::aggregate::distinct;
use crate::aggregate::{Cell, CodeCell, Durations, NO_HOST, NO_UPSTREAM, UpstreamCounts};
use crate::detect::Policy;
use crate::detect::baseline::Baseline;
use crate::detect::scope::Found;
use crate::detect::segments::{Machine, Segment};
use crate::detect::table::{self, Axis, Point, Series, Sums};
use crate::origin::Cause;
use crate::status::Status;
use std::borrow::Cow;
use std::collections::VecDeque;

/// Segments kept per series; older ones are joined to, or dropped for, the next.
const SEGMENTS: usize = 64;
/// Buckets with durations of 504 kept per upstream; older ones are joined in pairs.
const TIMEOUTS: usize = 64;
/// Requests in a client histogram after which all its slots are halved.
const CLIENTS: u64 = 1 << 20;

/// What every part of the state is told.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) axis: &'a Axis,
    pub(super) policy: &'a Policy,
    /// Buckets from this one on belong to something that may still change.
    pub(super) keep_from: i64,
}

/// A machine with the segments it found, and the counts they were found in.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Track {
    machine: Machine,
    closed: Vec<Segment>,
    older: Coarse<Sums>,
    lull: Lull,
}

/// One host of an upstream in one zone.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct HostState {
    pub(super) zone: String,
    pub(super) host: String,
    /// The last buckets, as many as the machine's ring has.
    cells: VecDeque<(i64, Cell)>,
    older: Coarse<Cell>,
    pub(super) track: Track,
}

/// One upstream.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct UpstreamState {
    pub(super) name: String,
    pub(super) track: Track,
    pub(super) learner: Learner,
    /// Sorted by zone and host.
    pub(super) hosts: Vec<HostState>,
    /// Requests per client slot; 64.
    clients: Vec<u64>,
    /// 5xx and client-closed responses by status and cause, sorted; the last hours weigh most.
    causes: Vec<(Status, Cause, u64)>,
    /// Durations of 504 per bucket, sorted.
    timeouts: Vec<(i64, Durations)>,
    /// Requests, halved whenever the monitor halves the time it compares them with.
    pub(super) requests: f64,
    /// Requests and 5xx since the beginning.
    pub(super) totals: (u64, u64),
    pub(super) surges: Surges,
    /// Start and end of the segments of the upstream and its hosts, sorted.
    edges: Vec<i64>,
    pub(super) last: i64,
}

impl Track {
    pub(super) fn new(h: f64) -> Self {
        Self { machine: Machine::new(h), closed: Vec::new(), older: Coarse::default(), lull: Lull::default() }
    }

    /// A segment is open.
    pub(super) fn is_open(&self) -> bool {
        self.machine.open().is_some()
    }

    pub(super) fn push(&mut self, point: Point, normal: &Baseline, edges: &[i64], context: &Context<'_>) {
        let Context { axis, policy, keep_from } = context;
        let idle = !self.is_open();
        let gone = self.machine.push(point, normal, axis, policy, &mut self.closed);
        if idle && self.is_open() {
            self.lull = Lull::starting(point.bucket.saturating_add(1).saturating_mul(axis.parts()));
        }
        if let Some(gone) = gone.filter(|p| p.bucket >= *keep_from) {
            self.older.keep(gone.bucket, gone.sums, edges);
        }
        if self.closed.len() > SEGMENTS
            && let [first, second, ..] = self.closed.as_mut_slice()
        {
            if axis.seconds(first.end, second.first) <= policy.merge_gap {
                (second.first, second.detected) = (first.first, first.detected);
            }
            self.closed.remove(0);
        }
    }

    /// Reads a part of a bucket that is not decided.
    fn read_part(&mut self, part: i64, sums: Sums, policy: &Policy) {
        if let Some(weights) = self.machine.going_on(policy) {
            self.lull.read(part, sums, weights, policy);
        }
    }

    /// The part since which what is open does not fail.
    pub(super) fn quiet_since(&self) -> Option<i64> {
        self.lull.quiet_since().filter(|_| self.is_open())
    }

    /// All segments not forgotten, the open one last.
    pub(super) fn segments(&self) -> impl DoubleEndedIterator<Item = Segment> + '_ {
        self.closed.iter().copied().chain(self.machine.open())
    }

    /// The start of the last run of segments, when it may still go on at `now`.
    pub(super) fn unfinished(&self, now: i64, axis: &Axis, policy: &Policy) -> Option<i64> {
        let mut segments = self.segments().rev();
        let last = segments.next()?;
        if !last.open && axis.seconds(last.end, now) > policy.merge_gap {
            return None;
        }
        let mut first = last.first;
        for s in segments {
            if axis.seconds(s.end, first) > policy.merge_gap {
                break;
            }
            first = s.first;
        }
        Some(first)
    }

    pub(super) fn forget_before(&mut self, bucket: i64) {
        self.closed.retain(|s| s.end > bucket);
        self.older.forget_before(bucket);
    }

    /// How many entries there are in what could grow.
    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.machine.ring().len() + self.closed.len() + self.older.iter().count()
    }

    /// The counts at hand.
    pub(super) fn series(&self) -> Series {
        let older = self.older.iter().map(|(bucket, sums)| Point { bucket, sums });
        let points: Vec<Point> = older.chain(self.machine.ring().iter().copied()).collect();
        Series::from_points(points.into_iter())
    }

    /// The first bucket from which on nothing is missing; `None` when nothing ever was lost.
    pub(super) fn complete_from(&self, policy: &Policy) -> Option<i64> {
        let ring = self.machine.ring();
        let oldest = self.older.iter().next().map(|c| c.0).or(ring.front().map(|p| p.bucket));
        oldest.filter(|_| ring.len() > policy.ring)
    }
}

impl HostState {
    fn new(zone: &str, host: &str, policy: &Policy) -> Self {
        Self {
            zone: zone.to_owned(),
            host: host.to_owned(),
            cells: VecDeque::new(),
            older: Coarse::default(),
            track: Track::new(policy.h_host),
        }
    }

    fn push(&mut self, bucket: i64, cell: &Cell, edges: &[i64], context: &Context<'_>) {
        if self.cells.len() > context.policy.ring
            && let Some((bucket, cell)) = self.cells.pop_front()
            && bucket >= context.keep_from
        {
            self.older.keep(bucket, cell, edges);
        }
        self.cells.push_back((bucket, *cell));
    }

    /// The cells at hand.
    pub(super) fn cells(&self) -> Vec<(i64, Cell)> {
        self.older.iter().chain(self.cells.iter().copied()).collect()
    }

    fn last(&self) -> i64 {
        self.cells.back().map_or(i64::MIN, |c| c.0)
    }
}

impl UpstreamState {
    pub(super) fn new(name: &str, policy: &Policy) -> Self {
        Self {
            name: name.to_owned(),
            track: Track::new(policy.h),
            learner: Learner::default(),
            hosts: Vec::new(),
            clients: vec![0; 64],
            causes: Vec::new(),
            timeouts: Vec::new(),
            requests: 0.0,
            totals: (0, 0),
            surges: Surges::default(),
            edges: Vec::new(),
            last: i64::MIN,
        }
    }

    /// The place of a host, or the one where it would be.
    pub(super) fn find(&self, zone: &str, host: &str) -> Result<usize, usize> {
        self.hosts.binary_search_by(|h| (h.zone.as_str(), h.host.as_str()).cmp(&(zone, host)))
    }

    pub(super) fn insert(&mut self, at: usize, zone: &str, host: &str, policy: &Policy) {
        self.hosts.insert(at.min(self.hosts.len()), HostState::new(zone, host, policy));
    }

    /// Takes in what is not counted per bucket, and the durations.
    pub(super) fn learn(&mut self, counts: &UpstreamCounts) {
        for (mine, theirs) in self.clients.iter_mut().zip(counts.clients) {
            *mine = mine.saturating_add(theirs);
        }
        if self.clients.iter().fold(0u64, |sum, &n| sum.saturating_add(n)) > CLIENTS {
            self.clients.iter_mut().for_each(|n| *n /= 2);
        }
        for &(status, cause, count) in &counts.causes {
            match self.causes.binary_search_by_key(&(status, cause), |c| (c.0, c.1)) {
                Ok(i) => self.causes[i].2 = self.causes[i].2.saturating_add(count),
                Err(i) => self.causes.insert(i, (status, cause, count)),
            }
        }
        for (bucket, _, durations) in counts.durations.iter().filter(|d| d.1.code() == 504) {
            match self.timeouts.binary_search_by_key(bucket, |t| t.0) {
                Ok(i) => self.timeouts[i].1.merge(durations),
                Err(i) => self.timeouts.insert(i, (*bucket, durations.clone())),
            }
        }
        if self.timeouts.len() > TIMEOUTS {
            let all = std::mem::take(&mut self.timeouts);
            for (i, (bucket, durations)) in all.into_iter().enumerate() {
                match self.timeouts.last_mut() {
                    Some(last) if i % 2 == 1 => last.1.merge(&durations),
                    _ => self.timeouts.push((bucket, durations)),
                }
            }
        }
    }

    /// Reads a bucket: the cells of hosts by their place.
    pub(super) fn push(
        &mut self,
        bucket: i64,
        cells: &[(usize, Cell)],
        codes: &[(Status, CodeCell)],
        context: &Context<'_>,
    ) {
        let policy = context.policy;
        let told_apart = self.told_apart(policy);
        let point = |cell: &Cell| Point { bucket, sums: sums(cell, told_apart) };
        let mut all = Cell::default();
        for (_, cell) in cells {
            all.merge(cell);
        }
        self.last = bucket;
        self.requests += f64::from(all.requests);
        self.totals.0 = self.totals.0.saturating_add(u64::from(all.requests));
        self.totals.1 = self.totals.1.saturating_add(u64::from(all.errors));
        if all.requests > 0 {
            self.surges.push(bucket, all.requests.into(), codes, context);
        }
        let all = policy.denominator.of(all);
        // hosts are judged by what their upstream is judged by, which stands still while that fails
        let normal = self.learner.baseline(policy);
        let open = self.track.is_open();
        if all.requests > 0 {
            let point = point(&all);
            let time = bucket as f64 * context.axis.width();
            self.learner.push(time, point.sums, open, policy);
            self.track.push(point, &normal, &self.edges, context);
        }
        let named = self.name != NO_UPSTREAM;
        for (at, cell) in cells {
            let cell = &policy.denominator.of(*cell);
            let Some(host) = self.hosts.get_mut(*at) else { continue };
            host.push(bucket, cell, &self.edges, context);
            if cell.requests > 0 && named && host.host != NO_HOST {
                host.track.push(point(cell), &normal, &self.edges, context);
            }
        }
    }

    /// Reads a part of a bucket that is not decided, where something fails.
    pub(super) fn read_part(&mut self, part: i64, cells: &[(&str, &str, Cell)], policy: &Policy) {
        if !self.is_failing() {
            return;
        }
        let told_apart = self.told_apart(policy);
        let mut all = Cell::default();
        for (zone, host, cell) in cells {
            all.merge(cell);
            if let Ok(at) = self.find(zone, host) {
                let sums = sums(&policy.denominator.of(*cell), told_apart);
                self.hosts[at].track.read_part(part, sums, policy);
            }
        }
        self.track.read_part(part, sums(&policy.denominator.of(all), told_apart), policy);
    }

    /// A segment of it or of a host is open.
    pub(super) fn is_failing(&self) -> bool {
        self.tracks().any(Track::is_open)
    }

    /// What is open of its part in an episode of these hosts: the upstream as a whole where it shows there, else they.
    pub(super) fn open_in<'a>(&'a self, hosts: &'a [String]) -> impl Iterator<Item = &'a Track> {
        let whole = Some(&self.track).filter(|t| t.is_open());
        let named = move |h: &&HostState| whole.is_none() && (hosts.is_empty() || hosts.contains(&h.host));
        let hosts = self.hosts.iter().filter(named).map(|h| &h.track);
        whole.into_iter().chain(hosts.filter(|t| t.is_open()))
    }

    pub(super) fn told_apart(&self, policy: &Policy) -> bool {
        <&[u64; 64]>::try_from(self.clients.as_slice()).is_ok_and(|c| table::told_apart(c, policy))
    }

    fn tracks(&self) -> impl Iterator<Item = &Track> {
        std::iter::once(&self.track).chain(self.hosts.iter().map(|h| &h.track))
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        let tracks = self.tracks().map(Track::entries).chain([self.surges.entries()]);
        let cells = self.hosts.iter().map(|h| 1 + h.cells.len() + h.older.iter().count());
        tracks.chain(cells).sum::<usize>() + self.causes.len() + self.timeouts.len() + self.edges.len()
    }

    /// There is something to tell.
    pub(super) fn has_segments(&self) -> bool {
        self.tracks().any(|t| !t.closed.is_empty() || t.machine.open().is_some())
    }

    /// The start of the earliest segment that something may still be joined to.
    pub(super) fn unfinished(&self, now: i64, axis: &Axis, policy: &Policy) -> Option<i64> {
        self.tracks().filter_map(|t| t.unfinished(now, axis, policy)).min()
    }

    /// Forgets what ended before `bucket`, and notes the edges of what is left.
    pub(super) fn forget_before(&mut self, bucket: i64) {
        self.track.forget_before(bucket);
        for host in &mut self.hosts {
            host.track.forget_before(bucket);
            host.older.forget_before(bucket);
        }
        let mut edges: Vec<i64> =
            self.tracks().flat_map(Track::segments).flat_map(|s| [s.first, s.end]).collect();
        edges.sort_unstable();
        edges.dedup();
        self.edges = edges;
    }

    /// What was found, for the batch detector's rules.
    pub(super) fn found(&self) -> Found<'_> {
        let of_host = |h: &HostState| (Cow::Owned(h.track.series()), h.track.segments().collect());
        Found { upstream: self.track.segments().collect(), hosts: self.hosts.iter().map(of_host).collect() }
    }

    /// Causes of the last hours weigh most; hosts without a line since `idle` are forgotten, and so are durations.
    pub(super) fn fade(&mut self, idle: i64) {
        self.causes.retain_mut(|c| {
            c.2 /= 2;
            c.2 > 0
        });
        self.timeouts.retain(|t| t.0 >= idle);
        self.hosts.retain(|h| h.last() >= idle);
    }

    /// What the detector reads of it besides the cells.
    pub(super) fn counts(&self) -> UpstreamCounts {
        let timeouts = self.timeouts.iter().filter_map(|(b, d)| Some((*b, Status::new(504)?, d.clone())));
        UpstreamCounts {
            name: self.name.clone(),
            codes: Vec::new(),
            origins: Vec::new(),
            causes: self.causes.clone(),
            clients: <[u64; 64]>::try_from(self.clients.as_slice()).unwrap_or([0; 64]),
            durations: timeouts.collect(),
            client_codes: Vec::new(),
            hosts: Vec::new(),
        }
    }
}

/// What counts of a cell: each client's errors once, where clients can be told apart.
fn sums(cell: &Cell, told_apart: bool) -> Sums {
    let (requests, errors) = (u64::from(cell.requests), u64::from(cell.errors.min(cell.requests)));
    let clients = || distinct(cell.error_clients).unwrap_or(u64::MAX);
    let capped = if told_apart { errors.min(clients()) } else { errors };
    Sums { requests, errors, capped }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(closed: &[(i64, i64)]) -> Track {
        let segment = |&(first, end): &(i64, i64)| Segment { first, end, open: false, detected: first + 1 };
        Track { closed: closed.iter().map(segment).collect(), ..Track::new(12.0) }
    }

    /// 300 s after its end a segment may still go on, 310 s after it may not.
    #[test]
    fn what_may_still_go_on() {
        let unfinished =
            |closed: &[(i64, i64)], now| track(closed).unfinished(now, &Axis::unit(), &Policy::default());
        assert_eq!(unfinished(&[], 10), None);
        assert_eq!(unfinished(&[(5, 10)], 40), Some(5));
        assert_eq!(unfinished(&[(5, 10)], 41), None);
        assert_eq!(unfinished(&[(5, 10), (40, 50)], 60), Some(5));
        assert_eq!(unfinished(&[(5, 10), (41, 50)], 60), Some(41));
    }

    #[test]
    fn segments_without_end_are_joined_or_dropped() {
        let (axis, policy) = (Axis::unit(), Policy::default());
        let normal = Baseline { rate: 0.001, dispersion: 1.0, known: 100.0, chronic: false };
        let context = Context { axis: &axis, policy: &policy, keep_from: i64::MAX };
        let pushed = |closed: &[(i64, i64)]| {
            let mut track = track(closed);
            let sums = Sums { requests: 10, errors: 0, capped: 0 };
            track.push(Point { bucket: 100_000, sums }, &normal, &[], &context);
            (track.closed.len(), track.closed[0].first, track.closed[0].detected)
        };
        let every = |step: i64, n: i64| (0..n).map(|i| (i * step, i * step + 5)).collect::<Vec<_>>();
        assert_eq!(pushed(&every(35, 64)), (64, 0, 1));
        assert_eq!(pushed(&every(35, 65)), (64, 0, 1), "300 s apart: one");
        assert_eq!(pushed(&every(36, 65)), (64, 36, 37), "310 s apart: the first is forgotten");
    }

    /// Nothing is missing while the ring holds all there was; then from the oldest bucket at hand on.
    #[test]
    fn what_is_complete() {
        let (axis, policy) = (Axis::unit(), Policy::default());
        let normal = Baseline { rate: 0.001, dispersion: 1.0, known: 100.0, chronic: false };
        let complete = |buckets: i64, keep_from: i64| {
            let context = Context { axis: &axis, policy: &policy, keep_from };
            let mut track = track(&[]);
            for bucket in 7..7 + buckets {
                let sums = Sums { requests: 10, errors: 0, capped: 0 };
                track.push(Point { bucket, sums }, &normal, &[], &context);
            }
            (track.complete_from(&policy), track.series().len() as i64)
        };
        assert_eq!(complete(180, i64::MAX), (None, 180));
        assert_eq!(complete(181, i64::MAX), (Some(7), 181), "one more and it would be lost");
        assert_eq!(complete(190, i64::MAX), (Some(16), 181));
        assert_eq!(complete(190, 10), (Some(10), 187), "kept from there on");
    }

    /// The cells of a host are at hand for as long as what they are judged by.
    #[test]
    fn cells_are_kept_as_long_as_points() {
        let (axis, policy) = (Axis::unit(), Policy::default());
        let context = Context { axis: &axis, policy: &policy, keep_from: i64::MAX };
        let mut state = UpstreamState::new("app", &policy);
        state.insert(0, "", "h", &policy);
        for bucket in 0..400 {
            state.push(bucket, &[(0, Cell { requests: 10, ..Cell::default() })], &[], &context);
            let host = &state.hosts[0];
            let of_cells: Vec<i64> = host.cells().iter().map(|c| c.0).collect();
            assert_eq!(of_cells, host.track.series().buckets());
        }
    }

    #[test]
    fn what_is_learnt_is_bounded_and_fades() {
        let policy = Policy::default();
        let refused = (Status::new(502).expect("below 1000"), Cause::ConnectRefused);
        let timeout = Status::new(504).expect("below 1000");
        let mut state = UpstreamState::new("app", &policy);
        let mut seconds = Durations::default();
        seconds.add(1_000_000);
        let counts = |buckets: std::ops::Range<i64>, clients: u64, causes: u64| UpstreamCounts {
            clients: [clients; 64],
            causes: vec![(refused.0, refused.1, causes)],
            durations: buckets.map(|b| (b, timeout, seconds.clone())).collect(),
            ..UpstreamState::new("app", &policy).counts()
        };
        // 64 slots of 16,384 are 2²⁰ requests: one more halves them
        state.learn(&counts(0..64, 16_384, 5));
        assert_eq!((state.clients[0], state.timeouts.len()), (16_384, 64));
        state.learn(&counts(64..65, 1, 2));
        assert_eq!(state.clients[0], 8192);
        let told: Vec<u64> = state.timeouts.iter().map(|t| t.1.count()).collect();
        assert_eq!((told.len(), told[0], told[32]), (33, 2, 1), "in pairs");
        assert_eq!(state.timeouts[1].0, 2);
        assert_eq!(state.causes, [(refused.0, refused.1, 7)]);
        for left in [3, 1] {
            state.fade(10);
            assert_eq!(state.causes, [(refused.0, refused.1, left)]);
        }
        assert_eq!(state.timeouts[0].0, 10);
        state.fade(11);
        assert!(state.causes.is_empty() && state.timeouts[0].0 == 12);
    }
}
