//! One line, understood: spans over the line, decoded on use.

use std::borrow::Cow;

use crate::schema::{Column, Field, Kind, Schema};
use crate::status::Status;
use crate::time::{TimeCache, Timestamp};

mod apart;
mod http;
mod peers;
mod request_line;
#[cfg(test)]
pub(crate) mod sample;

pub use request_line::RequestLine;
pub(crate) use request_line::authority;

/// A piece of a line. `Span::ABSENT` where the line has no such value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// No value.
    pub const ABSENT: Self = Self { start: u32::MAX, end: u32::MAX };

    /// No value either, but the line has the column: JSON `null`, or `""` where a product means nothing by it.
    pub(crate) const NULL: Self = Self { start: u32::MAX, end: 0 };

    /// Bytes `start..end` of the line.
    #[inline]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The same from numbers as they come from an index, the wrong way round included: then it lies nowhere.
    #[inline]
    pub(crate) const fn between(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// So many bytes later.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "two instructions, in the loop over all lines")]
    pub(crate) const fn later(self, bytes: u32) -> Self {
        Self { start: self.start.wrapping_add(bytes), end: self.end.wrapping_add(bytes) }
    }

    /// The bytes, if the span is present and lies in the line.
    #[inline]
    pub fn of(self, line: &[u8]) -> Option<&[u8]> {
        line.get(self.start as usize..self.end as usize)
    }
}

/// Where [`Format::parse`](crate::Format::parse) leaves the spans: reuse it, and parsing allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    pub(crate) columns: Vec<Span>,
    /// For formats inside a wrapper: the unwrapped line, and the spans over it.
    buffer: Vec<u8>,
    inner: Option<Box<Spans>>,
    /// For formats that are several: one for each but the first.
    others: Vec<Spans>,
}

impl Spans {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// All spans absent, one per column.
    #[inline]
    pub fn reset(&mut self, columns: usize) -> &mut [Span] {
        self.columns.clear();
        self.columns.resize(columns, Span::ABSENT);
        &mut self.columns
    }

    /// A buffer for an unwrapped line and spans over it.
    pub(crate) fn nested(&mut self) -> (&mut Vec<u8>, &mut Self) {
        (&mut self.buffer, self.inner.get_or_insert_default())
    }

    /// Spans for one format and for so many others.
    pub(crate) fn several(&mut self, others: usize) -> (&mut Self, &mut [Self]) {
        if self.others.len() < others {
            self.others.resize_with(others, Self::new);
        }
        (self.inner.get_or_insert_default(), &mut self.others)
    }
}

/// One value of a record: raw bytes and the column that says how to read them.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    raw: &'a [u8],
    column: &'a Column,
}

impl<'a> Value<'a> {
    /// `raw` read as `column` says.
    pub const fn new(raw: &'a [u8], column: &'a Column) -> Self {
        Self { raw, column }
    }
    /// The bytes as logged.
    pub const fn raw(self) -> &'a [u8] {
        self.raw
    }
    /// The column.
    pub const fn column(self) -> &'a Column {
        self.column
    }
    /// The producer's escapes undone.
    pub fn decoded(self) -> Cow<'a, [u8]> {
        self.column.escape.decode(self.raw)
    }
    /// A part of it, read by the same column.
    pub(crate) const fn part(self, raw: &'a [u8]) -> Self {
        Self { raw, column: self.column }
    }
    /// As an unsigned integer; a leading `+` (HAProxy) is skipped. `None` for anything else, overflow included.
    pub fn integer(self) -> Option<u64> {
        crate::record::integer(self.raw)
    }
    /// As microseconds, by the column's unit; `None` where it is no number or negative.
    pub fn micros(self) -> Option<u64> {
        match self.column.kind {
            Kind::Duration(unit) => duration_micros(self.raw, unit.nanos()),
            _ => None,
        }
    }
}

/// Digits, with an optional leading `+`; overflow is `None`.
pub(crate) fn integer(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    let mut n = 0u64;
    for &b in digits {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(u64::from(d))?;
    }
    Some(n)
}

/// `12`, `0.004`, `+12`, `1.5e-05`: a decimal times `nanos_per_unit`, in microseconds, cut towards zero.
pub(crate) fn duration_micros(text: &[u8], nanos_per_unit: u64) -> Option<u64> {
    if text == b"-" {
        return None;
    }
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let dot = text.iter().position(|&b| b == b'.').unwrap_or(text.len());
    if let Some(whole) = text.get(..dot).and_then(integer) {
        let nanos = whole.checked_mul(nanos_per_unit)?;
        let mut fraction = 0u64;
        let mut scale = nanos_per_unit;
        for &b in text.get(dot + 1..).unwrap_or_default() {
            let d = b.wrapping_sub(b'0');
            if d > 9 {
                return float_micros(text, nanos_per_unit);
            }
            scale /= 10;
            fraction += u64::from(d) * scale;
        }
        return Some(nanos.checked_add(fraction)? / 1000);
    }
    float_micros(text, nanos_per_unit)
}

/// Exponents, as Caddy writes them, and units of their own.
#[cold]
fn float_micros(text: &[u8], nanos_per_unit: u64) -> Option<u64> {
    if text.last().is_some_and(|&b| matches!(b, b's' | b'm' | b'h')) {
        return united_micros(text);
    }
    if !text.iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'-' | b'+')) {
        return None;
    }
    let x: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let micros = x * nanos_per_unit as f64 / 1000.0;
    (0.0..9e18).contains(&micros).then_some(micros as u64)
}

/// Go's durations (Caddy `302.234883ms`, `1m0.5s`) and protobuf's (Google Cloud `0.010999s`), whatever the unit of the
/// column.
fn united_micros(mut text: &[u8]) -> Option<u64> {
    const UNITS: [(&[u8], u64); 8] = [
        (b"ms", 1_000_000),
        ("µs".as_bytes(), 1_000),
        ("μs".as_bytes(), 1_000),
        (b"us", 1_000),
        (b"ns", 1),
        (b"s", 1_000_000_000),
        (b"m", 60_000_000_000),
        (b"h", 3_600_000_000_000),
    ];
    let mut total = 0u64;
    while !text.is_empty() {
        let digits = text.iter().take_while(|&&b| b.is_ascii_digit() || b == b'.').count();
        let (number, rest) = text.split_at(digits);
        let (unit, nanos) = UNITS.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        total = total.checked_add(duration_micros(number, nanos)?)?;
        text = &rest[unit.len()..];
    }
    Some(total)
}

/// One access-log line, understood.
///
/// Absent (`-`, JSON `null`, a missing key), empty and unparsable are three answers: accessors give `None` for
/// the first, an empty value for the second; the third is `None` from a typed accessor although
/// [`raw`](Self::raw) has bytes.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    line: &'a [u8],
    schema: &'a Schema,
    spans: &'a [Span],
    rest: Option<&'a dyn Rest>,
}

/// A value, seen from its ends. Values of up to 16 bytes are equal if their edges are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edges {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) len: usize,
}

impl Edges {
    /// Of a value near the start of its line, or of none.
    #[cold]
    fn of(raw: &[u8]) -> Self {
        let len = raw.len();
        if let (Some(first), Some(last)) = (raw.first_chunk::<8>(), raw.last_chunk::<8>()) {
            return Self { first: number(first), last: number(last), len };
        }
        let short = raw.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b));
        Self { first: short, last: short, len }
    }
}

/// Eight bytes as a number.
#[inline]
fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Who can read the columns of a line that a projection left out.
pub(crate) trait Rest: std::fmt::Debug + Sync {
    /// The whole record of `line`; `None` when the line does not fit its format after all.
    fn read<'s>(&'s self, line: &'s [u8], spans: &'s mut Spans) -> Option<Record<'s>>;
}

impl<'a> Record<'a> {
    /// A record over `line`; `spans` has one entry per column of `schema`.
    #[inline]
    pub const fn new(line: &'a [u8], schema: &'a Schema, spans: &'a [Span]) -> Self {
        Self { line, schema, spans, rest: None }
    }

    /// A record of some columns only, and who reads the rest.
    #[inline]
    pub(crate) const fn projected(
        line: &'a [u8],
        schema: &'a Schema,
        spans: &'a [Span],
        rest: &'a dyn Rest,
    ) -> Self {
        Self { line, schema, spans, rest: Some(rest) }
    }

    /// The record with all its columns. A scan fills only the columns that were asked for; this reads the line again,
    /// for the few lines of which everything matters. `spans` is a buffer to reuse.
    pub fn whole<'s>(&self, spans: &'s mut Spans) -> Record<'s>
    where
        'a: 's,
    {
        self.rest.and_then(|rest| rest.read(self.line, spans)).unwrap_or(*self)
    }

    /// The line.
    pub const fn line(&self) -> &'a [u8] {
        self.line
    }

    /// The schema.
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// Whether the line has more quotes than its format, whose product escapes none (Envoy's text, nginx with
    /// `escape=none`, Traefik): a client wrote some of them, and the values beside them can be read in another way.
    ///
    /// ```
    /// use brownout::{Format, Line, Spans, Template};
    /// let format = Template::envoy(r#""%REQ(:PATH)%" %RESPONSE_CODE% "%REQ(USER-AGENT)%" "%UPSTREAM_HOST%""#)?;
    /// let mut spans = Spans::new();
    /// let mut is_ambiguous = |line: &str| match format.parse(line.as_bytes(), &mut spans) {
    ///     Ok(Line::Access(record)) => record.is_ambiguous(),
    ///     other => panic!("{other:?}"),
    /// };
    /// assert!(!is_ambiguous(r#""/" 503 "curl/8" "10.0.0.1:80""#));
    /// assert!(is_ambiguous(r#""/" 503 "x" "10.9.9.9:1" "10.0.0.1:80""#));
    /// # Ok::<(), brownout::FormatError>(())
    /// ```
    pub fn is_ambiguous(&self) -> bool {
        let quotes = |line| memchr::memchr_iter(b'"', line).count();
        self.schema.bare_quotes().is_some_and(|most| quotes(self.line) > most)
    }

    /// The value in column `position` as logged, `-` included.
    #[inline]
    pub fn column(&self, position: usize) -> Option<Value<'a>> {
        let raw = self.spans.get(position)?.of(self.line)?;
        Some(Value::new(raw, self.schema.columns().get(position)?))
    }

    /// The bytes in column `position` as logged; empty where the line has none.
    #[inline]
    pub(crate) fn at(&self, position: usize) -> &'a [u8] {
        self.spans.get(position).and_then(|span| span.of(self.line)).unwrap_or_default()
    }

    /// The value in column `position` by its edges: its first eight bytes and its last eight as numbers, and how many
    /// bytes it has. A shorter one is the same number twice, zeros above it; one that is not there is empty.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions, in the loop over all lines")]
    pub(crate) fn edges(&self, position: usize) -> Edges {
        let span = self.spans.get(position).copied().unwrap_or(Span::ABSENT);
        let (start, end) = (span.start as usize, span.end as usize);
        let word = |at: usize| self.line.get(at..at.wrapping_add(8)).map(number);
        // What lies before a short value is shifted out.
        let last = end.wrapping_sub(8);
        if end >= 8
            && start < end
            && let (Some(a), Some(b)) = (word(start.min(last)), word(last))
        {
            let len = end - start;
            let foreign = (64 - 8 * len.min(8)) & 63;
            return Edges { first: a >> foreign, last: b >> foreign, len };
        }
        Edges::of(span.of(self.line).unwrap_or_default())
    }

    /// The edges of the value in column `position` without its last `behind` bytes, and its own last eight. Where fewer than
    /// eight bytes are left, or `behind` is more than it has, only the length says so: it is below eight, or beyond all bounds.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions, in the loop over all lines")]
    pub(crate) fn edges_before(&self, position: usize, behind: usize) -> Option<(Edges, u64)> {
        let span = self.spans.get(position)?;
        let (start, whole) = (span.start as usize, span.end as usize);
        let end = whole.wrapping_sub(behind);
        let word = |at: usize| self.line.get(at..at.wrapping_add(8)).map(number);
        let (first, last) = (word(start)?, word(end.wrapping_sub(8))?);
        Some((Edges { first, last, len: end.wrapping_sub(start) }, word(whole.wrapping_sub(8))?))
    }

    /// The eight bytes up to `behind` bytes before the end of the value in column `position`; 0 where the line has none.
    pub(crate) fn word_before_end(&self, position: usize, behind: usize) -> u64 {
        let end = self.spans.get(position).map_or(0, |span| span.end as usize).wrapping_sub(behind);
        self.line.get(end.wrapping_sub(8)..end).map_or(0, number)
    }

    /// The bytes of `field` as logged; `None` when the format has no such column, the value is absent, or it is `-`.
    #[inline]
    pub fn raw(&self, field: Field) -> Option<&'a [u8]> {
        let raw = self.spans.get(self.schema.slot(field)?)?.of(self.line)?;
        (raw != b"-").then_some(raw)
    }

    /// The value of `field`; absent as in [`raw`](Self::raw).
    pub fn value(&self, field: Field) -> Option<Value<'a>> {
        let column = self.schema.columns().get(self.schema.slot(field)?)?;
        Some(Value::new(self.raw(field)?, column))
    }

    /// Whether this line has the column of `field`, be its value absent or not. A JSON line lacks the keys that its
    /// producer was not told to write.
    pub fn knows(&self, field: Field) -> bool {
        let span = self.schema.slot(field).and_then(|slot| self.spans.get(slot));
        span.is_some_and(|&span| span != Span::ABSENT)
    }

    /// The value of the column the product calls `name`; `None` when it is absent or `-`.
    pub fn by_name(&self, name: &str) -> Option<Value<'a>> {
        self.column(self.schema.position(name)?).filter(|v| v.raw() != b"-")
    }

    /// Status to the client.
    #[inline]
    pub fn status(&self) -> Option<Status> {
        Status::parse(self.raw(Field::Status)?)
    }

    /// The line's time; [`Schema::time_meaning`] says whether it is the start or the end of the request.
    pub fn time(&self) -> Option<Timestamp> {
        self.instant(self.value(Field::Time)?)
    }

    /// The same with a cache, for whoever reads one record after the other.
    pub(crate) fn time_by(&self, cache: &mut TimeCache) -> Option<Timestamp> {
        let value = self.value(Field::Time)?;
        match &value.column().kind {
            Kind::Time(layout) => cache.parse(layout, value.raw(), self.schema.utc_offset()),
            _ => None,
        }
    }

    /// A value as an instant.
    fn instant(&self, value: Value<'a>) -> Option<Timestamp> {
        match &value.column().kind {
            Kind::Time(layout) => layout.parse(value.raw(), self.schema.utc_offset()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod edge_tests {
    use super::*;
    use crate::schema::{Product, TimeMeaning};

    #[test]
    fn edges_are_those_of_the_value_wherever_it_stands() {
        let schema = Schema::new(Product::Custom, TimeMeaning::End, Vec::new());
        let line: Vec<u8> = (b'a'..=b'z').collect();
        for start in 0..=line.len() {
            for end in 0..=line.len() + 2 {
                let spans = [Span::new(start, end), Span::ABSENT];
                let record = Record::new(&line, &schema, &spans);
                assert_eq!(record.edges(0), Edges::of(record.at(0)), "{start} {end}");
                assert_eq!(record.edges(1), Edges { first: 0, last: 0, len: 0 });
                assert_eq!(record.edges(2), record.edges(1));
            }
        }
    }
}

#[cfg(test)]
mod duration_tests {
    use super::duration_micros;

    #[test]
    fn units_of_their_own() {
        let cases: &[(&[u8], Option<u64>)] = &[
            (b"0.010999s", Some(10_999)),
            (b"302.234883ms", Some(302_234)),
            ("850.3µs".as_bytes(), Some(850)),
            (b"12ns", Some(0)),
            (b"1m0.5s", Some(60_500_000)),
            (b"1h0m0s", Some(3_600_000_000)),
            (b"9.9458e-05", Some(99)),
            (b"5 s", None),
            (b"ms", None),
            (b"1.2.3s", None),
            (b"99999999999999999999h", None),
        ];
        for (text, micros) in cases {
            assert_eq!(duration_micros(text, 1_000_000_000), *micros, "{}", String::from_utf8_lossy(text));
        }
    }
}
