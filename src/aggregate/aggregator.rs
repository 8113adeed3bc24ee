//! [`Aggregator`]: records to counts, within a budget.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::budget::{Folded, Level, name_hash};
use super::names::{Aliases, name};
use super::{
    ALL, Accumulate, Budget, Cell, Durations, FormatCounts, HostSeries, LineCounts, NO_HOST, NO_UPSTREAM,
    OTHER, Reject, Summary, UpstreamCounts, hash,
};
use crate::error::{Error, LineError, LineErrorKind};
use crate::format::{Format, Line};
use crate::origin::{self, Cause, Origin};
use crate::record::{Record, Value};
use crate::schema::{Field, FieldSet, Kind, Product, Schema};
use crate::status::{Class, Status};
use crate::time::{TimeCache, TimeLayout, Timestamp};
use crate::topology::Topology;

/// Places kept per reason of refusal.
const FIRST_PLACES: usize = 3;

/// What an [`Aggregator`] counts by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Width of a bucket in microseconds. Default 10 s: edges within 6 s, and a blip of 12 s still spans two buckets.
    pub width_micros: i64,
    /// Limit on memory.
    pub budget: Budget,
    /// Records stamped before this are counted as lines and not looked at further.
    pub since: Option<Timestamp>,
    /// Records stamped at or after this are counted as lines and not looked at further.
    pub until: Option<Timestamp>,
    /// Names and zones of hosts.
    pub topology: Arc<Topology>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            width_micros: 10_000_000,
            budget: Budget::default(),
            since: None,
            until: None,
            topology: Arc::default(),
        }
    }
}

/// Counts records into cells of (upstream, zone, host, bucket), and what does not fit the cells beside them.
///
/// # Guarantees
/// Merging is associative and commutative and a fresh aggregator is its unit: any split of the lines over any number
/// of aggregators, merged in any order, gives the same [`Summary`], byte for byte. Memory stays within
/// [`Budget`] for any input; what had to be folded is in the series [`OTHER`] and in [`Summary::folded`].
///
/// ```
/// use brownout::{Accumulate, Aggregator, Format, Settings, Spans, Template};
/// let format = Template::nginx(r#"$remote_addr [$time_local] "$request" $status"#)?;
/// let mut counts = Aggregator::new(Settings::default());
/// counts.begin("access.log", &format);
/// let mut spans = Spans::new();
/// let line = br#"10.0.0.9 [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" 502"#;
/// counts.line(line, 0, format.parse(line, &mut spans));
/// let summary = counts.finish();
/// assert_eq!(summary.lines.access, 1);
/// assert_eq!(summary.upstreams[0].hosts[0].cells[0].1.s502, 1);
/// # Ok::<(), brownout::Error>(())
/// ```
#[derive(Debug)]
pub struct Aggregator {
    settings: Settings,
    level: Level,
    width: i64,
    lines: LineCounts,
    rejects: BTreeMap<(LineErrorKind, String), Refused>,
    /// Earliest and latest time; the wrong way round while there is none.
    range: (i64, i64),
    /// Start and number of the bucket of the last record.
    bucket: (i64, i64),
    formats: BTreeMap<(String, Product), u64>,
    upstreams: Vec<Upstream>,
    upstream_ids: HashMap<String, u32>,
    series: Vec<Series>,
    series_ids: HashMap<(u32, String, String), u32>,
    aliases: Aliases,
    units: usize,
    folded: Folded,
    source: String,
    format: Current,
}

/// What is known of the format being read.
#[derive(Debug, Default)]
struct Current {
    key: Option<(String, Product)>,
    lines: u64,
    times: TimeCache,
    layout: Option<TimeLayout>,
    utc_offset: i32,
    columns: Vec<Box<str>>,
    time_slot: usize,
    /// The client's column, and whether it holds a port; `None` where it takes more to find the client.
    client: Option<(usize, bool)>,
}

impl Current {
    /// The record's time.
    #[inline]
    fn time(&mut self, record: &Record<'_>) -> Option<Timestamp> {
        self.times.parse(self.layout.as_ref()?, record.at(self.time_slot), self.utc_offset)
    }

    /// The record's client, hashed to one of 64 slots. A quick way to what [`Record::client`] finds.
    #[inline]
    fn client_slot(&self, record: &Record<'_>) -> Option<usize> {
        let mut slow = || record.client().map(|client| client.raw());
        let client = match self.client {
            Some((slot, with_port)) => {
                let raw = record.at(slot);
                let plain = raw.first().is_some_and(u8::is_ascii_digit) && !raw.contains(&b',');
                match raw.iter().rposition(|&b| b == b':') {
                    None if plain => Some(raw),
                    Some(colon) if plain && with_port => raw.get(..colon),
                    _ => slow(),
                }
            }
            None => slow(),
        };
        client.map(|client| (hash::stable(client, 0) & 63) as usize)
    }
}

#[derive(Debug, Default, Clone)]
struct Refused {
    count: u64,
    first: Vec<(String, u64)>,
}

#[derive(Debug)]
struct Upstream {
    name: String,
    codes: Vec<(Status, u64)>,
    origins: BTreeMap<Origin, u64>,
    causes: BTreeMap<(Status, Cause), u64>,
    clients: [u64; 64],
    durations: BTreeMap<(i64, Status), Durations>,
}

#[derive(Debug)]
struct Series {
    upstream: u32,
    zone: String,
    host: String,
    cells: Vec<(i64, Cell)>,
    index: HashMap<i64, u32, BucketHash>,
    last: usize,
}

impl Series {
    /// Makes `last` the cell of `bucket`; whether it is a new one.
    fn turn_to(&mut self, bucket: i64) -> bool {
        let before = self.cells.len();
        self.last = *self.index.entry(bucket).or_insert(before as u32) as usize;
        if self.last == before {
            self.cells.push((bucket, Cell::default()));
        }
        self.last == before
    }
}

/// Hashes the number of a bucket. The budget bounds how many there are, and their order never shows.
#[derive(Debug, Clone, Default)]
struct BucketHash;

impl std::hash::BuildHasher for BucketHash {
    type Hasher = BucketHasher;
    fn build_hasher(&self) -> BucketHasher {
        BucketHasher(0)
    }
}

#[derive(Debug)]
struct BucketHasher(u64);

impl std::hash::Hasher for BucketHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash::stable(bytes, self.0);
    }
    fn write_i64(&mut self, bucket: i64) {
        self.0 = hash::finish(bucket as u64);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Units an upstream and a host cost.
const UPSTREAM_UNITS: usize = 32;
const HOST_UNITS: usize = 2;

impl Aggregator {
    /// An empty one.
    pub fn new(settings: Settings) -> Self {
        let width = settings.width_micros.max(1);
        Self {
            settings,
            level: Level::default(),
            width,
            lines: LineCounts::default(),
            rejects: BTreeMap::new(),
            range: (i64::MAX, i64::MIN),
            bucket: (i64::MIN, i64::MIN),
            formats: BTreeMap::new(),
            upstreams: Vec::new(),
            upstream_ids: HashMap::new(),
            series: Vec::new(),
            series_ids: HashMap::new(),
            aliases: Aliases::new(),
            units: 0,
            folded: Folded::default(),
            source: String::new(),
            format: Current::default(),
        }
    }

    /// Counts one access record of the format [`begin`](Accumulate::begin) named.
    pub fn record(&mut self, record: &Record<'_>) {
        self.lines.access += 1;
        self.format.lines += 1;
        let status = record.status().unwrap_or(Status::NONE);
        let Some(time) = self.format.time(record) else {
            self.lines.untimed += 1;
            return;
        };
        if self.settings.since.is_some_and(|t| time < t) || self.settings.until.is_some_and(|t| time >= t) {
            self.lines.outside += 1;
            return;
        }
        let micros = time.as_micros();
        self.range.0 = self.range.0.min(micros);
        self.range.1 = self.range.1.max(micros);
        // Neighbouring lines share their bucket: divide only where they do not.
        let (start, bucket) = self.bucket;
        let bucket = if micros.wrapping_sub(start) as u64 >= self.width as u64 {
            let bucket = micros.div_euclid(self.width);
            self.bucket = (bucket.saturating_mul(self.width), bucket);
            bucket
        } else {
            bucket
        };
        let series = match self.aliases.find(record) {
            Some(series) => series,
            None => self.resolve(record),
        };
        let client = self.format.client_slot(record);

        let upstream = &mut self.upstreams[self.series[series as usize].upstream as usize];
        match upstream.codes.iter_mut().find(|c| c.0 == status) {
            Some(code) => code.1 += 1,
            None => upstream.codes.push((status, 1)),
        }
        if let Some(slot) = client {
            upstream.clients[slot & 63] += 1;
        }
        let cell = self.cell(series, bucket);
        cell.count(status);
        if status.class() == Class::ServerError || status.is_client_closed() {
            if status.class() == Class::ServerError {
                cell.error_clients |= client.map_or(0, |slot| 1 << slot);
            }
            self.failed(record, status, series, bucket);
        } else if origin::masked(record) {
            self.masked(record, series, bucket);
        }
        if self.units > self.settings.budget.units {
            self.coarsen();
        }
    }

    /// What is told about a 5xx, or a client that left.
    #[cold]
    fn failed(&mut self, record: &Record<'_>, status: Status, series: u32, bucket: i64) {
        let attribution = origin::attribute(record);
        let duration = record.duration_micros();
        let upstream = self.series[series as usize].upstream as usize;
        let upstream = &mut self.upstreams[upstream];
        let mut units = 0;
        *upstream.causes.entry((status, attribution.cause.unwrap_or(Cause::Unknown))).or_default() += 1;
        if let Some(micros) = duration
            && matches!(status.code(), 499 | 502 | 503 | 504)
        {
            upstream
                .durations
                .entry((bucket, status))
                .or_insert_with(|| {
                    units = 2;
                    Durations::default()
                })
                .add(micros);
        }
        if status.class() == Class::ServerError {
            *upstream.origins.entry(attribution.origin).or_default() += 1;
            let cell = self.cell(series, bucket);
            match attribution.answered_by {
                Origin::Unknown | Origin::None => {}
                Origin::Upstream => cell.by_upstream += 1,
                // Anything else was written by the proxy, whoever is to blame.
                Origin::Proxy | Origin::Client => cell.by_proxy += 1,
            }
            self.retries(record, series, bucket, false);
        }
        self.units += units;
    }

    /// A failed attempt that the client did not see.
    #[cold]
    fn masked(&mut self, record: &Record<'_>, series: u32, bucket: i64) {
        if !self.retries(record, series, bucket, true) {
            // The line tells that there was one, not where.
            self.cell(series, bucket).masked += 1;
        }
    }

    /// Counts the attempts before the last at their hosts; whether there were any with an address.
    fn retries(&mut self, record: &Record<'_>, series: u32, bucket: i64, masked: bool) -> bool {
        let mut any = false;
        let mut attempts = record.attempts().peekable();
        while let Some(attempt) = attempts.next() {
            if attempts.peek().is_none() {
                break;
            }
            let Some(addr) = attempt.peer() else { continue };
            let upstream = self.series[series as usize].upstream;
            let zone = self.series[series as usize].zone.clone();
            let upstream_name = self.upstreams[upstream as usize].name.clone();
            let zone = self.settings.topology.zone_of(addr).map_or(zone, str::to_owned);
            let host = self.intern(&upstream_name, &zone, &name(addr));
            let cell = self.cell(host, bucket);
            cell.retried += 1;
            cell.masked += u32::from(masked);
            any = true;
        }
        any
    }

    /// The cell of a series and bucket.
    #[inline]
    fn cell(&mut self, series: u32, bucket: i64) -> &mut Cell {
        let series = &mut self.series[series as usize];
        if series.cells.get(series.last).is_none_or(|c| c.0 != bucket) {
            self.units += usize::from(series.turn_to(bucket));
        }
        &mut series.cells[series.last].1
    }

    /// Names a record's upstream, zone and host.
    #[cold]
    fn resolve(&mut self, record: &Record<'_>) -> u32 {
        let topology = Arc::clone(&self.settings.topology);
        let group = record.upstream().map(Value::raw);
        let addr = record.upstream_addr().map(Value::raw);
        let upstream = group
            .and_then(|g| topology.upstream_of(g))
            .or_else(|| addr.and_then(|a| topology.upstream_of(a)))
            .map(str::to_owned)
            .or_else(|| group.map(name))
            .unwrap_or_else(|| if names_upstreams(record.schema()) { NO_UPSTREAM } else { ALL }.to_owned());
        let zone = addr
            .and_then(|a| topology.zone_of(a))
            .map(str::to_owned)
            .or_else(|| record.zone().map(|zone| name(zone.raw())))
            .unwrap_or_default();
        let host = addr.map_or_else(|| NO_HOST.to_owned(), name);
        let series = self.intern(&upstream, &zone, &host);
        self.aliases.remember(record, series);
        series
    }

    /// The series of these names, folded as the level says.
    fn intern(&mut self, upstream: &str, zone: &str, host: &str) -> u32 {
        let names = [upstream.as_bytes(), zone.as_bytes(), host.as_bytes()];
        let host_hash = name_hash(self.settings.budget.seed, &names);
        let folds = host != NO_HOST && host != OTHER && self.level.folds_host(host_hash);
        if folds {
            self.folded.add(host_hash);
        }
        let id = self.intern_upstream(upstream);
        let all = self.upstreams[id as usize].name == OTHER;
        let (zone, host) = if folds || all { ("", OTHER) } else { (zone, host) };
        let key = (id, zone.to_owned(), host.to_owned());
        if let Some(&series) = self.series_ids.get(&key) {
            return series;
        }
        let series = self.series.len() as u32;
        self.series.push(Series {
            upstream: id,
            zone: key.1.clone(),
            host: key.2.clone(),
            cells: Vec::new(),
            index: HashMap::default(),
            last: 0,
        });
        self.series_ids.insert(key, series);
        self.units += HOST_UNITS;
        series
    }

    /// The upstream of this name, or the one it is folded into.
    fn intern_upstream(&mut self, name: &str) -> u32 {
        let hash = name_hash(self.settings.budget.seed, &[name.as_bytes()]);
        let mut name = name;
        if name != OTHER && self.level.folds_upstream(hash) {
            self.folded.add(hash);
            name = OTHER;
        }
        if let Some(&id) = self.upstream_ids.get(name) {
            return id;
        }
        let id = self.upstreams.len() as u32;
        self.upstreams.push(Upstream {
            name: name.to_owned(),
            codes: Vec::new(),
            origins: BTreeMap::new(),
            causes: BTreeMap::new(),
            clients: [0; 64],
            durations: BTreeMap::new(),
        });
        self.upstream_ids.insert(name.to_owned(), id);
        self.units += UPSTREAM_UNITS;
        id
    }

    /// Goes to coarser levels until the budget is kept.
    #[cold]
    fn coarsen(&mut self) {
        while self.units > self.settings.budget.units && self.level.next() != self.level {
            self.rebuild(self.level.next());
        }
    }

    /// The same counts at a coarser level.
    fn rebuild(&mut self, level: Level) {
        let summary = self.take();
        self.level = level;
        self.width = self.settings.width_micros.max(1) << level.widenings();
        self.bucket = (i64::MIN, i64::MIN);
        self.absorb(&summary);
    }

    /// Earliest and latest time of what it holds.
    pub(crate) fn range(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = self.range;
        (first <= last).then(|| (Timestamp::from_micros(first), Timestamp::from_micros(last)))
    }

    /// Records stamped before this are counted as outside from now on.
    pub(crate) fn set_since(&mut self, since: Timestamp) {
        self.settings.since = Some(since);
    }

    /// Adds a cell.
    pub(crate) fn add_cell(&mut self, upstream: &str, zone: &str, host: &str, bucket: i64, cell: &Cell) {
        let series = self.intern(upstream, zone, host);
        self.cell(series, bucket).merge(cell);
        if self.units > self.settings.budget.units {
            self.coarsen();
        }
    }

    /// What was counted so far; leaves nothing behind but the format being read.
    pub(crate) fn take(&mut self) -> Summary {
        self.end_format();
        let settings = self.settings.clone();
        let mut fresh = Self::new(settings);
        fresh.level = self.level;
        fresh.width = self.width;
        std::mem::swap(&mut fresh.source, &mut self.source);
        std::mem::swap(&mut fresh.format, &mut self.format);
        std::mem::swap(&mut fresh.aliases, &mut self.aliases);
        fresh.aliases.clear();
        std::mem::replace(self, fresh).finish()
    }

    /// Adds what another run counted, which must have had the same settings; [`Summary::merge`] checks that.
    pub(super) fn absorb(&mut self, other: &Summary) {
        if Level(other.level) > self.level {
            self.rebuild(Level(other.level));
        }
        self.lines.merge(&other.lines);
        for reject in &other.rejects {
            let mine = self.rejects.entry((reject.kind, reject.column.clone())).or_default();
            mine.count += reject.count;
            mine.first.extend(reject.first.iter().cloned());
            mine.first.sort();
            mine.first.truncate(FIRST_PLACES);
        }
        if let Some((first, last)) = other.range {
            self.range = (self.range.0.min(first.as_micros()), self.range.1.max(last.as_micros()));
        }
        for format in &other.formats {
            *self.formats.entry((format.name.clone(), format.product)).or_default() += format.lines;
        }
        self.folded.merge(&other.folded_sketch);
        let ratio = self.width / other.width_micros.max(1);
        for theirs in &other.upstreams {
            for host in &theirs.hosts {
                let series = self.intern(&theirs.name, &host.zone, &host.host);
                for (bucket, cell) in &host.cells {
                    self.cell(series, bucket.div_euclid(ratio.max(1))).merge(cell);
                }
            }
            let id = self.intern_upstream(&theirs.name) as usize;
            let mine = &mut self.upstreams[id];
            for &(status, count) in &theirs.codes {
                match mine.codes.iter_mut().find(|c| c.0 == status) {
                    Some(code) => code.1 += count,
                    None => mine.codes.push((status, count)),
                }
            }
            for &(origin, count) in &theirs.origins {
                *mine.origins.entry(origin).or_default() += count;
            }
            for &(status, cause, count) in &theirs.causes {
                *mine.causes.entry((status, cause)).or_default() += count;
            }
            for (slot, count) in mine.clients.iter_mut().zip(theirs.clients) {
                *slot += count;
            }
            for (bucket, status, durations) in &theirs.durations {
                let before = mine.durations.len();
                mine.durations
                    .entry((bucket.div_euclid(ratio.max(1)), *status))
                    .or_default()
                    .merge(durations);
                self.units += 2 * (mine.durations.len() - before);
            }
        }
        if self.units > self.settings.budget.units {
            self.coarsen();
        }
    }

    fn end_format(&mut self) {
        if let Some(key) = self.format.key.take() {
            *self.formats.entry(key.clone()).or_default() += self.format.lines;
            self.format.lines = 0;
            self.format.key = Some(key);
        }
    }

    /// Counts a line that was not understood.
    #[cold]
    fn refuse(&mut self, error: LineError, offset: u64) {
        self.lines.malformed += 1;
        let column = self.format.columns.get(error.column() as usize).map_or("", |c| c);
        let entry = match self.rejects.get_mut(&(error.kind(), column.to_owned())) {
            Some(entry) => entry,
            None => self.rejects.entry((error.kind(), column.to_owned())).or_default(),
        };
        entry.count += 1;
        let place = (&*self.source, offset);
        if entry.first.len() < FIRST_PLACES || entry.first.last().is_some_and(|l| place < (&*l.0, l.1)) {
            entry.first.push((self.source.clone(), offset));
            entry.first.sort();
            entry.first.truncate(FIRST_PLACES);
        }
    }

    /// The finished counts, sorted.
    pub fn finish(mut self) -> Summary {
        self.end_format();
        let mut hosts: Vec<Vec<HostSeries>> = self.upstreams.iter().map(|_| Vec::new()).collect();
        for mut series in self.series {
            series.cells.sort_unstable_by_key(|c| c.0);
            hosts[series.upstream as usize].push(HostSeries {
                zone: series.zone,
                host: series.host,
                cells: series.cells,
            });
        }
        let mut upstreams: Vec<UpstreamCounts> = self
            .upstreams
            .into_iter()
            .zip(hosts)
            .map(|(mut u, mut hosts)| {
                u.codes.sort_unstable();
                hosts.sort_unstable_by(|a, b| (&a.zone, &a.host).cmp(&(&b.zone, &b.host)));
                UpstreamCounts {
                    name: u.name,
                    codes: u.codes,
                    origins: u.origins.into_iter().collect(),
                    causes: u.causes.into_iter().map(|((status, cause), n)| (status, cause, n)).collect(),
                    clients: u.clients,
                    durations: u
                        .durations
                        .into_iter()
                        .map(|((bucket, status), d)| (bucket, status, d))
                        .collect(),
                    hosts,
                }
            })
            .collect();
        upstreams.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Summary {
            width_micros: self.width,
            level: self.level.0,
            budget: self.settings.budget,
            lines: self.lines,
            rejects: self
                .rejects
                .into_iter()
                .map(|((kind, column), r)| Reject { kind, column, count: r.count, first: r.first })
                .collect(),
            range: (self.range.0 <= self.range.1)
                .then(|| (Timestamp::from_micros(self.range.0), Timestamp::from_micros(self.range.1))),
            formats: self
                .formats
                .into_iter()
                .map(|((name, product), lines)| FormatCounts { name, product, lines })
                .collect(),
            upstreams,
            folded: self.folded.estimate(),
            folded_sketch: self.folded.0,
        }
    }
}

impl Accumulate for Aggregator {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        let mut wanted = WANTED;
        if !schema.has(Field::Client) {
            wanted = wanted.union(FieldSet::of(&[Field::ForwardedFor]));
        }
        if !schema.has(Field::Upstream) {
            wanted = wanted.union(FieldSet::of(&[Field::Host, Field::Frontend]));
        }
        wanted
    }

    fn begin(&mut self, source: &str, format: &dyn Format) {
        self.end_format();
        source.clone_into(&mut self.source);
        let schema = format.schema();
        let layout = schema.slot(Field::Time).and_then(|slot| match &schema.columns()[slot].kind {
            Kind::Time(layout) => Some(layout.clone()),
            _ => None,
        });
        self.format = Current {
            key: Some((format.name().to_owned(), schema.product())),
            lines: 0,
            times: TimeCache::default(),
            layout,
            utc_offset: schema.utc_offset(),
            columns: schema.columns().iter().map(|c| c.name.clone()).collect(),
            time_slot: schema.slot(Field::Time).unwrap_or(usize::MAX),
            client: schema.slot(Field::Client).map(|slot| {
                let name = &schema.columns()[slot].name;
                (slot, name.contains(':') && !name.contains('('))
            }),
        };
        self.aliases.begin(schema);
    }

    #[inline]
    fn line(&mut self, _line: &[u8], offset: u64, result: Result<Line<'_>, LineError>) {
        self.lines.total += 1;
        match result {
            Ok(Line::Access(record)) => self.record(&record),
            Ok(Line::Other(_)) => self.lines.other += 1,
            Ok(Line::Blank) => self.lines.blank += 1,
            Err(error) => self.refuse(error, offset),
        }
    }

    fn merge(&mut self, other: Self) {
        self.absorb(&other.finish());
    }

    fn fresh(&self) -> Self {
        Self::new(self.settings.clone())
    }
}

/// What the counts are made of.
const WANTED: FieldSet = FieldSet::of(&[
    Field::Time,
    Field::StartTime,
    Field::Status,
    Field::Client,
    Field::Method,
    Field::Upstream,
    Field::UpstreamAlternative,
    Field::UpstreamAddr,
    Field::UpstreamStatus,
    Field::UpstreamConnectTime,
    Field::UpstreamHeaderTime,
    Field::UpstreamResponseTime,
    Field::UpstreamResponseLength,
    Field::UpstreamBytesReceived,
    Field::CacheStatus,
    Field::Duration,
    Field::RequestTime,
    Field::QueueTime,
    Field::DispatchTime,
    Field::ReturnTime,
    Field::BytesSent,
    Field::Reason,
    Field::Details,
    Field::TransportFailure,
    Field::Actions,
    Field::LimitReqStatus,
    Field::LimitConnStatus,
    Field::ProxyStatus,
    Field::GrpcStatus,
    Field::Retries,
    Field::AttemptCount,
    Field::Zone,
    Field::TlsVerify,
]);

/// Whether the format has a place for the name of the upstream; then a missing one means that none was chosen.
fn names_upstreams(schema: &Schema) -> bool {
    schema.has(Field::Upstream) || schema.product() == Product::Envoy
}

impl Summary {
    /// Adds two summaries. Associative and commutative; the parts' order and split do not show in the outcome.
    ///
    /// # Errors
    /// When they were made with different widths or budgets.
    pub fn merge(self, other: &Self) -> Result<Self, Error> {
        let base = |s: &Self| s.width_micros >> Level(s.level).widenings();
        if base(&self) != base(other) || self.budget != other.budget {
            return Err(Error::Partial("summaries made with different settings cannot be merged".into()));
        }
        let settings = Settings { width_micros: base(&self), budget: self.budget, ..Settings::default() };
        let mut sum = Aggregator::new(settings);
        sum.absorb(&self);
        sum.absorb(other);
        Ok(sum.finish())
    }
}
