//! [`Aggregator`]: records to counts, within a budget.

mod absorb;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::budget::{self, Folded, Level, name_hash};
use super::names::{Aliases, name};
use super::quick::Quick;
use super::{
    ALL, Accumulate, Budget, Cell, CodeCell, Durations, FormatCounts, HostSeries, LineCounts, NO_HOST,
    NO_UPSTREAM, OTHER, Reject, Summary, UpstreamCounts, hash,
};
use crate::error::{LineError, LineErrorKind};
use crate::format::{Format, Line};
use crate::origin::{self, Cause, Origin};
use crate::record::{Record, Spans, Value};
use crate::schema::{Field, FieldSet, Product, Schema};
use crate::status::{Class, Status};
use crate::time::Timestamp;
use crate::topology::Topology;

/// What an [`Aggregator`] counts by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Width of a bucket in microseconds. Default 10 s: edges within 6 s, and a blip of 12 s still spans two buckets.
    /// At least 1 µs, at most 2^55 µs (1,141 years); what lies outside counts as the nearest.
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
    /// Times that count: from, until.
    window: (i64, i64),
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
    /// For the lines of which everything matters.
    spans: Spans,
}

/// What is known of the format being read.
#[derive(Debug, Default)]
struct Current {
    key: Option<(String, Product)>,
    lines: u64,
    columns: Vec<Box<str>>,
    quick: Quick,
    /// Address of the schema `quick` reads: a file of several formats has records of several.
    schema: usize,
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
    /// Of the code last counted with these six last bits: where it stands in `codes`.
    code_places: [u8; 64],
    origins: BTreeMap<Origin, u64>,
    causes: BTreeMap<(Status, Cause), u64>,
    clients: [u64; 64],
    durations: BTreeMap<(i64, Status), Durations>,
    client_codes: BTreeMap<(i64, Status), CodeCell>,
}

impl Upstream {
    /// Counts a code; the units that takes.
    #[inline]
    fn count_code(&mut self, status: Status) -> usize {
        let place = self.code_places[usize::from(status.code()) % 64];
        match self.codes.get_mut(usize::from(place)) {
            Some(code) if code.0 == status => {
                code.1 = code.1.saturating_add(1);
                0
            }
            _ => self.seek_code(status),
        }
    }

    #[cold]
    fn seek_code(&mut self, status: Status) -> usize {
        let units = self.add_code(status, 1);
        if let Some(place) = self.codes.iter().position(|c| c.0 == status)
            && let Ok(place) = u8::try_from(place)
        {
            self.code_places[usize::from(status.code()) % 64] = place;
        }
        units
    }

    /// Adds to a code; the units that takes.
    fn add_code(&mut self, status: Status, count: u64) -> usize {
        let before = table_units(self.codes.len());
        match self.codes.iter_mut().find(|c| c.0 == status) {
            Some(code) => code.1 = code.1.saturating_add(count),
            None => self.codes.push((status, count)),
        }
        table_units(self.codes.len()) - before
    }

    /// Adds to a cause; the units that takes.
    fn add_cause(&mut self, status: Status, cause: Cause, count: u64) -> usize {
        let before = table_units(self.causes.len());
        let mine = self.causes.entry((status, cause)).or_default();
        *mine = mine.saturating_add(count);
        table_units(self.causes.len()) - before
    }

    /// Adds to the histogram of a bucket; the units that takes.
    fn add_durations(&mut self, bucket: i64, status: Status, add: impl FnOnce(&mut Durations)) -> usize {
        let before = histogram_units(self.durations.get(&(bucket, status)));
        let mine = self.durations.entry((bucket, status)).or_default();
        add(mine);
        histogram_units(Some(mine)) - before
    }

    /// Adds to a client-side status of a bucket; the units that takes.
    fn add_client_code(&mut self, bucket: i64, status: Status, cell: &CodeCell) -> usize {
        let before = self.client_codes.len() / 2;
        self.client_codes.entry((bucket, status)).or_default().merge(cell);
        self.client_codes.len() / 2 - before
    }
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

/// Units of an upstream, its name apart.
const UPSTREAM_UNITS: usize = 32;
/// Units of a host, its names apart: the series, its index, and the names, which are held twice.
const HOST_UNITS: usize = 8;

/// Units of a name.
const fn name_units(name: &str) -> usize {
    name.len() / 32
}

/// Units of a table of that many small entries: statuses, or causes.
const fn table_units(entries: usize) -> usize {
    entries / 4
}

/// Units of a histogram; none where there is none.
fn histogram_units(durations: Option<&Durations>) -> usize {
    durations.map_or(0, |d| 2 + d.bins().len() / 8)
}

impl Aggregator {
    /// An empty one.
    pub fn new(settings: Settings) -> Self {
        let width = budget::base_width(settings.width_micros);
        let window = (
            settings.since.map_or(i64::MIN, Timestamp::as_micros),
            settings.until.map_or(i64::MAX, Timestamp::as_micros),
        );
        Self {
            window,
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
            spans: Spans::new(),
        }
    }

    /// Counts one access record of the format [`begin`](Accumulate::begin) named.
    fn record(&mut self, record: &Record<'_>) {
        self.lines.access += 1;
        self.format.lines += 1;
        if self.format.schema != std::ptr::from_ref(record.schema()).addr() {
            self.read_as(record.schema());
        }
        let status = self.format.quick.status(record);
        let Some(time) = self.format.quick.time(record) else {
            self.lines.untimed += 1;
            return;
        };
        let micros = time.as_micros();
        if micros < self.window.0 || micros >= self.window.1 {
            self.lines.outside += 1;
            return;
        }
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
        let client = self.format.quick.client_slot(record);

        let upstream = &mut self.upstreams[self.series[series as usize].upstream as usize];
        self.units += upstream.count_code(status);
        if let Some(slot) = client {
            upstream.clients[slot & 63] += 1;
        }
        if matches!(status.code(), 200..=399) {
            let cell = self.cell(series, bucket);
            cell.requests = cell.requests.saturating_add(1);
            if self.format.quick.may_be_masked(record) {
                self.masked(record, series, bucket);
            }
        } else {
            self.unusual(record, status, series, bucket, client);
        }
        if self.units > self.settings.budget.units {
            self.coarsen();
        }
    }

    /// What is counted of an answer that is neither a success nor a redirect.
    #[cold]
    fn unusual(
        &mut self,
        record: &Record<'_>,
        status: Status,
        series: u32,
        bucket: i64,
        client: Option<usize>,
    ) {
        if CodeCell::counts(status) {
            let upstream = &mut self.upstreams[self.series[series as usize].upstream as usize];
            let cell = CodeCell { responses: 1, clients: client.map_or(0, |slot| 1 << (slot & 63)) };
            self.units += upstream.add_client_code(bucket, status, &cell);
        }
        let cell = self.cell(series, bucket);
        cell.count(status);
        if status.class() == Class::ServerError || status.is_client_closed() {
            if status.class() == Class::ServerError {
                cell.error_clients |= client.map_or(0, |slot| 1 << slot);
            }
            self.failed(record, status, series, bucket);
        } else if self.format.quick.may_be_masked(record) {
            self.masked(record, series, bucket);
        }
    }

    /// Takes records of this schema from here on.
    #[cold]
    fn read_as(&mut self, schema: &Schema) {
        self.format.quick = Quick::new(schema);
        self.format.schema = std::ptr::from_ref(schema).addr();
        self.aliases.begin(schema);
    }

    /// What is told about a 5xx, or a client that left.
    #[cold]
    fn failed(&mut self, record: &Record<'_>, status: Status, series: u32, bucket: i64) {
        let mut spans = std::mem::take(&mut self.spans);
        self.failed_whole(&record.whole(&mut spans), status, series, bucket);
        self.spans = spans;
    }

    fn failed_whole(&mut self, record: &Record<'_>, status: Status, series: u32, bucket: i64) {
        let attribution = origin::attribute(record);
        let duration = record.duration_micros();
        let upstream = self.series[series as usize].upstream as usize;
        let upstream = &mut self.upstreams[upstream];
        self.units += upstream.add_cause(status, attribution.cause.unwrap_or(Cause::Unknown), 1);
        if let Some(micros) = duration
            && matches!(status.code(), 499 | 502 | 503 | 504)
        {
            self.units += upstream.add_durations(bucket, status, |d| d.add(micros));
        }
        if status.class() == Class::ServerError {
            *upstream.origins.entry(attribution.origin).or_default() += 1;
            let cell = self.cell(series, bucket);
            match attribution.answered_by {
                Origin::Unknown | Origin::None => {}
                Origin::Upstream => cell.by_upstream = cell.by_upstream.saturating_add(1),
                // Anything else was written by the proxy, whoever is to blame.
                Origin::Proxy | Origin::Client => cell.by_proxy = cell.by_proxy.saturating_add(1),
            }
            self.retries(record, bucket, false);
        }
    }

    /// A failed attempt that the client did not see.
    #[cold]
    fn masked(&mut self, record: &Record<'_>, series: u32, bucket: i64) {
        let mut spans = std::mem::take(&mut self.spans);
        let whole = record.whole(&mut spans);
        if origin::masked(&whole) && !self.retries(&whole, bucket, true) {
            // The line tells that there was one, not where.
            let cell = self.cell(series, bucket);
            cell.masked = cell.masked.saturating_add(1);
        }
        self.spans = spans;
    }

    /// Counts the attempts before the last at their hosts; whether there were any with an address.
    fn retries(&mut self, record: &Record<'_>, bucket: i64, masked: bool) -> bool {
        let attempts = record.attempts();
        let earlier = attempts.clone().count().saturating_sub(1);
        let mut peers = attempts.take(earlier).filter_map(|a| a.peer()).peekable();
        if peers.peek().is_none() {
            return false;
        }
        // The names of the line, not those of its series, which may have been folded.
        let upstream = self.upstream_of(record);
        for addr in peers {
            let zone = self.zone_of(record, Some(addr));
            let host = self.intern(&upstream, &zone, &name(addr));
            let cell = self.cell(host, bucket);
            cell.retried = cell.retried.saturating_add(1);
            cell.masked = cell.masked.saturating_add(u32::from(masked));
        }
        true
    }

    /// The cell of a series and bucket.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    fn cell(&mut self, series: u32, bucket: i64) -> &mut Cell {
        let series = &mut self.series[series as usize];
        if series.cells.get(series.last).is_none_or(|c| c.0 != bucket) {
            self.units += usize::from(series.turn_to(bucket));
        }
        &mut series.cells[series.last].1
    }

    /// The series of a record by its names.
    #[cold]
    fn resolve(&mut self, record: &Record<'_>) -> u32 {
        let addr = record.upstream_addr().map(Value::raw);
        let host = addr.map_or_else(|| NO_HOST.to_owned(), name);
        let series = self.intern(&self.upstream_of(record), &self.zone_of(record, addr), &host);
        self.aliases.remember(record, series);
        series
    }

    /// The upstream a record counts for.
    fn upstream_of(&self, record: &Record<'_>) -> String {
        let topology = &self.settings.topology;
        let group = record.upstream().map(Value::raw);
        let addr = record.upstream_addr().map(Value::raw);
        group
            .and_then(|g| topology.upstream_of(g))
            .or_else(|| addr.and_then(|a| topology.upstream_of(a)))
            .map(str::to_owned)
            .or_else(|| group.map(name))
            .unwrap_or_else(|| if names_upstreams(record.schema()) { NO_UPSTREAM } else { ALL }.to_owned())
    }

    /// The zone of one of a record's peers: its own, else the one logged.
    fn zone_of(&self, record: &Record<'_>, addr: Option<&[u8]>) -> String {
        addr.and_then(|a| self.settings.topology.zone_of(a))
            .map(str::to_owned)
            .or_else(|| record.zone().map(|zone| name(zone.raw())))
            .unwrap_or_default()
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
        self.units += HOST_UNITS + name_units(zone) + name_units(host);
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
            code_places: [0; 64],
            origins: BTreeMap::new(),
            causes: BTreeMap::new(),
            clients: [0; 64],
            durations: BTreeMap::new(),
            client_codes: BTreeMap::new(),
        });
        self.upstream_ids.insert(name.to_owned(), id);
        self.units += UPSTREAM_UNITS + name_units(name);
        id
    }

    /// Goes to coarser levels until the budget is kept, or nothing can be made coarser.
    #[cold]
    fn coarsen(&mut self) {
        while self.units > self.settings.budget.units
            && let Some(level) = self.level.next(self.base())
        {
            self.rebuild(level);
        }
    }

    /// The same counts at a coarser level.
    fn rebuild(&mut self, level: Level) {
        let summary = self.take();
        self.level = level;
        self.width = level.width(self.base());
        self.bucket = (i64::MIN, i64::MIN);
        self.add(&summary);
    }

    /// The width asked for, within bounds.
    fn base(&self) -> i64 {
        budget::base_width(self.settings.width_micros)
    }

    /// Earliest and latest time of what it holds.
    pub(crate) fn range(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = self.range;
        (first <= last).then(|| (Timestamp::from_micros(first), Timestamp::from_micros(last)))
    }

    /// Records stamped before this are counted as outside from now on.
    pub(crate) fn set_since(&mut self, since: Timestamp) {
        self.settings.since = Some(since);
        self.window.0 = since.as_micros();
    }

    /// Adds a cell of a bucket of this width.
    pub(crate) fn add_bucket(&mut self, upstream: &str, zone: &str, host: &str, bucket: i64, cell: &Cell) {
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
        if entry.first.len() < Reject::PLACES || entry.first.last().is_some_and(|l| place < (&*l.0, l.1)) {
            entry.first.push((self.source.clone(), offset));
            entry.first.sort();
            entry.first.truncate(Reject::PLACES);
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
                    client_codes: u.client_codes.into_iter().map(|((b, status), c)| (b, status, c)).collect(),
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
            wanted = wanted.union(FieldSet::of(&[Field::Host]));
        }
        wanted
    }

    fn begin(&mut self, source: &str, format: &dyn Format) {
        self.end_format();
        source.clone_into(&mut self.source);
        let schema = format.schema();
        self.format = Current {
            key: Some((format.name().to_owned(), schema.product())),
            columns: schema.columns().iter().map(|c| c.name.clone()).collect(),
            ..Current::default()
        };
        self.read_as(schema);
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

/// What is read of every line; of a failure everything is.
const WANTED: FieldSet = FieldSet::of(&[
    Field::Time,
    Field::Status,
    Field::Client,
    Field::Upstream,
    Field::UpstreamAlternative,
    Field::UpstreamAddr,
    Field::UpstreamStatus,
    Field::Retries,
    Field::AttemptCount,
    Field::Zone,
]);

/// Whether the format has a place for the name of the upstream; then a missing one means that none was chosen.
fn names_upstreams(schema: &Schema) -> bool {
    schema.has(Field::Upstream) || schema.product() == Product::Envoy
}
