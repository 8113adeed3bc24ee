//! [`Aggregator`]: records to counts, within a budget.

mod absorb;
mod coarsen;
mod count;
mod finish;
mod intern;
mod merge;
mod series;
mod settings;
mod upstream;

pub use settings::Settings;

use std::collections::BTreeMap;

use super::budget::{self, Folded, Level};
use super::clock::Clock;
use super::front::{Front, Numbers};
use super::identity::counted_fields;
use super::ids::Ids;
use super::names::Aliases;
use super::quick::Quick;
use super::{Accumulate, Cell, LineCounts, Reject, Summary};
use crate::error::{LineError, LineErrorKind};
use crate::format::{Format, Line, Records};
use crate::record::Spans;
use crate::schema::{FieldSet, Product, Schema};
use crate::time::Timestamp;
use series::Series;
use upstream::Upstream;

/// Counts records into cells of (upstream, zone, host, bucket), and what does not fit the cells beside them.
///
/// # Guarantees
/// Merging is associative and commutative and a fresh aggregator is its unit: any split of the lines over any number
/// of aggregators, merged in any order, gives the same [`Summary`], byte for byte. Memory stays within
/// [`Budget`](super::Budget) for any input; what had to be folded is in the series [`OTHER`](super::OTHER) and in [`Summary::folded`].
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
    /// The bucket of the last record: what the front counts in.
    bucket: i64,
    formats: BTreeMap<(String, Product), u64>,
    upstreams: Vec<Upstream>,
    upstream_ids: Ids,
    series: Vec<Series>,
    series_ids: Ids,
    aliases: Aliases,
    front: Front,
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
    clock: Clock,
    /// Stamps are not the instant asked for.
    shifts: bool,
    /// Address of the schema they read: a file of several formats has records of several.
    schema: usize,
    /// That schema, where it is the one that was begun with.
    begun: Option<Schema>,
}

#[derive(Debug, Default, Clone)]
struct Refused {
    count: u64,
    first: Vec<(String, u64)>,
}

/// Units of an upstream, its name apart.
const UPSTREAM_UNITS: usize = 32;
/// Units of a host, its names apart: the series, and where it is found.
const HOST_UNITS: usize = 8;

/// Units of a name.
const fn name_units(name: &str) -> usize {
    name.len() / 32
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
            bucket: i64::MIN,
            formats: BTreeMap::new(),
            upstreams: Vec::new(),
            upstream_ids: Ids::new(),
            series: Vec::new(),
            series_ids: Ids::new(),
            aliases: Aliases::new(),
            front: Front::new(),
            units: 0,
            folded: Folded::default(),
            source: String::new(),
            format: Current::default(),
            spans: Spans::new(),
        }
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

    /// Takes the range, so that the next one is of what came since.
    pub(crate) fn take_range(&mut self) -> Option<(Timestamp, Timestamp)> {
        let range = self.range();
        self.range = (i64::MAX, i64::MIN);
        // the clock would not tell of a stamp like the last
        self.format.clock.leave();
        range
    }

    /// Lines outside of the time that is counted, so far.
    pub(crate) fn outside(&self) -> u64 {
        self.lines.outside
    }

    /// Records stamped before this are counted as outside from now on.
    pub(crate) fn set_since(&mut self, since: Timestamp) {
        self.settings.since = Some(since);
        self.window.0 = since.as_micros();
        self.format.clock.leave();
    }

    /// Adds a cell of a bucket of the width asked for.
    pub(crate) fn add_bucket(&mut self, upstream: &str, zone: &str, host: &str, bucket: i64, cell: &Cell) {
        let series = self.intern(upstream, zone, host);
        let widened = self.width / self.base();
        self.cell(series, bucket.div_euclid(widened)).merge(cell);
        self.settle();
    }

    /// What was counted so far; leaves nothing behind but the format being read, and begins as fine as was asked for.
    pub(crate) fn take(&mut self) -> Summary {
        self.flush();
        self.drain()
    }

    /// The same, when all is posted.
    fn drain(&mut self) -> Summary {
        self.end_format();
        let settings = self.settings.clone();
        let mut fresh = Self::new(settings);
        std::mem::swap(&mut fresh.source, &mut self.source);
        std::mem::swap(&mut fresh.format, &mut self.format);
        std::mem::swap(&mut fresh.aliases, &mut self.aliases);
        std::mem::swap(&mut fresh.front, &mut self.front);
        fresh.aliases.clear();
        fresh.front.clear();
        fresh.format.clock.leave();
        std::mem::replace(self, fresh).into_summary()
    }

    /// Takes records of this schema from here on.
    #[cold]
    fn read_as(&mut self, schema: &Schema) {
        self.flush();
        self.format.quick = Quick::new(schema);
        self.format.clock = Clock::new(schema);
        self.format.shifts = self.settings.moment.shifts(schema);
        self.format.schema = std::ptr::from_ref(schema).addr();
        let identity = self.aliases.begin(schema);
        self.front.begin(schema, identity, self.format.quick.hint());
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what the numbers stand for is a constant of each loop")]
    fn count_all(&mut self, records: &Records<'_>, numbers: Numbers) {
        for (stretch, record) in records.iter_numbered() {
            self.count(&record, (numbers, stretch));
        }
    }

    /// Takes records of this schema, which mostly is the one of the records before.
    #[inline]
    fn read_schema(&mut self, schema: &Schema) {
        if self.format.schema != std::ptr::from_ref(schema).addr() {
            self.format.begun = None;
            self.read_as(schema);
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
        if entry.first.len() < Reject::PLACES || entry.first.last().is_some_and(|l| place < (&*l.0, l.1)) {
            entry.first.push((self.source.clone(), offset));
            entry.first.sort();
            entry.first.truncate(Reject::PLACES);
        }
    }
}

impl Accumulate for Aggregator {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        counted_fields(schema).union(self.settings.moment.wanted(schema))
    }

    fn begin(&mut self, source: &str, format: &dyn Format) {
        self.flush();
        self.end_format();
        source.clone_into(&mut self.source);
        let schema = format.schema();
        let key = Some((format.name().to_owned(), schema.product()));
        if self.format.begun.as_ref() == Some(schema) {
            // The next piece of a file, or a file like the one before: what is known of its values stays known. Numbers
            // of stretches are another scanner's, perhaps.
            self.front.clear();
            self.format.schema = std::ptr::from_ref(schema).addr();
            self.format.key = key;
            return;
        }
        self.format = Current {
            key,
            columns: schema.columns().iter().map(|c| c.name.clone()).collect(),
            begun: Some(schema.clone()),
            ..Current::default()
        };
        self.read_as(schema);
    }

    #[inline]
    fn line(&mut self, _line: &[u8], offset: u64, result: Result<Line<'_>, LineError>) {
        self.lines.total += 1;
        match result {
            Ok(Line::Access(record)) => {
                self.lines.access += 1;
                // Records that come by many have as many quotes as their format.
                self.lines.ambiguous += u64::from(record.is_ambiguous());
                self.format.lines += 1;
                self.read_schema(record.schema());
                self.count(&record, (Numbers::Nothing, 0));
            }
            Ok(Line::Other(_)) => self.lines.other += 1,
            Ok(Line::Blank) => self.lines.blank += 1,
            Err(error) => self.refuse(error, offset),
        }
    }

    fn records(&mut self, records: &Records<'_>, _offset: u64) {
        let lines = records.len() as u64;
        self.lines.total += lines;
        self.lines.access += lines;
        self.format.lines += lines;
        self.read_schema(records.schema());
        // A loop for each: what they stand for is no question within.
        match self.front.numbers(records) {
            Numbers::IdentityAndHint => self.count_all(records, Numbers::IdentityAndHint),
            Numbers::Identity => self.count_all(records, Numbers::Identity),
            Numbers::Nothing => self.count_all(records, Numbers::Nothing),
        }
    }

    fn merge(&mut self, other: Self) {
        self.merge_with(other);
    }

    fn fresh(&self) -> Self {
        Self::new(self.settings.clone())
    }
}
