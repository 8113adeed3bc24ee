//! JSON log lines: [`JsonFormat`], a [`Format`] over a map of fields.
//!
//! Two readers give the same answers:
//!
//! * [`walk`] reads a line from left to right, knows what real proxies write instead of JSON, and is what
//!   [`Format::parse`] does;
//! * [`scan`] reads blocks: [`index`] finds the ends of all keys at memory speed, [`shape`] proves that a line has
//!   the keys and the nesting of one the walker has read before, and then the values lie in known places, from which
//!   [`fetch`] takes them. What is not proven goes to the walker.

mod batch;
mod custom;
mod fetch;
mod index;
mod maps;
mod paths;
mod rules;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod walk;
mod word;

use std::sync::Arc;

use self::paths::Paths;
use self::rules::Rules;
use self::walk::{Kind as Look, Stop, walk};
use crate::error::{FormatError, LineError, LineErrorKind};
use crate::format::{Format, Line, Other, Scanner};
use crate::record::{Record, Span, Spans};
use crate::schema::{Column, Field, FieldSet, Product, Schema, TimeMeaning};

/// JSON lines read by a map of fields: one object per line, keys in any order, nested objects by dotted paths.
///
/// Values may be numbers or strings; `null`, a missing key and a value that is itself an object or a list are
/// absent. Where a key stands twice, the last one counts. Where several keys carry one meaning, the first *of the
/// map* that has a value counts, if all are read alike ([`Kind`](crate::Kind)). Keys are compared as they are
/// written, escapes included; strings keep their escapes until [`Value::decoded`](crate::Value::decoded).
///
/// Proxies write lines that no JSON parser takes: nginx an empty value (`"x":,`), a list (`"t":0.001, 0.002,`), a
/// status `009`, `\x22` or a raw byte 0xFF inside a string; Envoy Gateway quotes that nobody escaped. All of them
/// are read; [`defects`](Self::defects) counts them. A line that breaks off is refused. An object without status
/// and without anything else of a request is [`Other::Foreign`].
///
/// A preset maps more keys than one installation writes. [`Schema::has`] then says what the format *can* have;
/// narrow it by [`fitted`](Self::fitted) where the absence of a value is to mean something.
///
/// ```
/// use brownout::{Field, Format, JsonFormat, Line, Spans};
/// let format = JsonFormat::nginx();
/// let line = br#"{"time":"2026-11-22T07:12:27+00:00","status":502,"upstream_status":"502, 200","request_time":0.031}"#;
/// let mut spans = Spans::new();
/// let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { panic!() };
/// assert_eq!(record.status().unwrap().code(), 502);
/// assert_eq!(record.raw(Field::UpstreamStatus), Some(&b"502, 200"[..]));
/// ```
#[derive(Debug, Clone)]
pub struct JsonFormat {
    name: Arc<str>,
    schema: Schema,
    /// The path of every column.
    keys: Arc<[Box<str>]>,
    paths: Arc<Paths>,
    rules: Arc<Rules>,
    /// Columns that stand in for the slot of their field, in the order of the map: slot, stand-in.
    aliases: Arc<[(u8, u8)]>,
}

impl JsonFormat {
    /// A format of these paths and columns. A dot in a path is one level of nesting, or a dot in the key; a number is
    /// an element of a list. Columns are best named by their path.
    ///
    /// # Errors
    /// No column, more than [`Schema::MAX_COLUMNS`], or a path that no key can have: an empty piece, a quote, or a
    /// backslash at its end.
    pub fn new(
        name: &str,
        product: Product,
        time_meaning: TimeMeaning,
        fields: Vec<(Box<str>, Column)>,
    ) -> Result<Self, FormatError> {
        if fields.is_empty() || fields.len() > Schema::MAX_COLUMNS {
            return Err(FormatError::new(0..0, "a map has 1 to 250 fields"));
        }
        let mut paths = Paths::new();
        for (i, (path, _)) in fields.iter().enumerate() {
            check_path(path).map_err(|message| FormatError::new(0..0, format!("{path}: {message}")))?;
            paths.insert(path, i as u8);
        }
        let (keys, columns): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        let schema = Schema::new(product, time_meaning, columns);
        Ok(Self {
            name: name.into(),
            aliases: aliases(&schema).into(),
            rules: Arc::new(Rules::new(&schema)),
            schema,
            keys: keys.into(),
            paths: Arc::new(paths),
        })
    }

    /// The same, with time stamps that carry no zone read as `seconds` east of UTC.
    #[must_use]
    pub fn with_utc_offset(mut self, seconds: i32) -> Self {
        self.schema = self.schema.with_utc_offset(seconds);
        self
    }

    /// The same, narrowed to the keys that occur in `lines`: for producers whose lines always have the same keys
    /// (nginx). `None` when none of the lines is an access record.
    #[must_use]
    pub fn fitted<'a>(&self, lines: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut seen = vec![false; self.keys.len()];
        let mut spans = Spans::new();
        let mut any = false;
        for line in lines {
            if !matches!(self.parse(line, &mut spans), Ok(Line::Access(_))) {
                continue;
            }
            any = true;
            // A key counts with any value: `null` and `""` say that the producer would log it.
            let _ = walk(line, &self.paths, |member| {
                if let Some(column) = self.paths.column(member.node) {
                    seen[usize::from(column)] = true;
                }
            });
        }
        let kept = self.keys.iter().zip(self.schema.columns()).zip(&seen).filter(|(_, seen)| **seen);
        let fields = kept.map(|((key, column), _)| (key.clone(), column.clone())).collect();
        let (product, meaning) = (self.schema.product(), self.schema.time_meaning());
        let fitted = Self::new(&self.name, product, meaning, fields).ok().filter(|_| any)?;
        Some(fitted.with_utc_offset(self.schema.utc_offset()))
    }

    /// How many places of the line are not JSON although they were read: values without quotes that are no JSON,
    /// unescaped quotes, escapes JSON does not know, raw control bytes, bytes that are not UTF-8 (once per line), and
    /// what an array around the objects leaves.
    ///
    /// # Errors
    /// As [`parse`](Format::parse), for lines that are not read at all.
    ///
    /// ```
    /// use brownout::JsonFormat;
    /// let format = JsonFormat::nginx();
    /// assert_eq!(format.defects(br#"{"status":200,"request_time":0.001}"#), Ok(0));
    /// assert_eq!(format.defects(br#"{"status":009,"upstream_response_time":}"#), Ok(2));
    /// assert!(format.defects(br#"{"status":200,"req"#).is_err());
    /// ```
    pub fn defects(&self, line: &[u8]) -> Result<u32, LineError> {
        let mut count = u32::from(std::str::from_utf8(line).is_err());
        let walked = walk(line, &self.paths, |member| {
            let text = &line[member.start..member.end];
            count += match member.kind {
                Look::String => walk::string_defects(text),
                Look::Number | Look::Null => u32::from(!walk::is_json_scalar(text)),
                Look::Bool | Look::Object | Look::Array => 0,
            };
        });
        match walked {
            Ok(found) => Ok(count + found.quotes + found.commas + u32::from(found.wrapped)),
            Err(Stop::Frame) => Ok(1),
            Err(Stop::At(offset)) => Err(json_error(offset)),
        }
    }

    /// Reads a line into `spans`, which has one entry per column, all absent.
    fn fill(&self, line: &[u8], spans: &mut [Span]) -> Result<Option<Other>, LineError> {
        let walked = walk(line, &self.paths, |member| {
            if let Some(column) = self.paths.column(member.node) {
                let present = matches!(member.kind, Look::String | Look::Number | Look::Bool);
                if let Some(span) = spans.get_mut(usize::from(column)) {
                    *span =
                        if present { self.span(line, column, member.start, member.end) } else { Span::NULL };
                }
            }
        });
        match walked {
            Ok(_) => {}
            Err(Stop::Frame) => return Ok(Some(Other::Header)),
            Err(Stop::At(offset)) => return Err(json_error(offset)),
        }
        self.rules.derive(line, spans);
        resolve(&self.aliases, spans);
        self.rules.classify(&Record::new(line, &self.schema, spans))
    }

    /// A value of `column` that was found, unless the product writes it for "absent".
    #[inline]
    fn present(&self, line: &[u8], column: u8, span: Span) -> Span {
        let blank = span.of(line).is_some_and(|text| self.rules.is_absent(column, text));
        if blank { Span::NULL } else { span }
    }

    /// The value of `column`, unless the product writes it for "absent".
    #[inline]
    fn span(&self, line: &[u8], column: u8, start: usize, end: usize) -> Span {
        if end - start <= 3 && self.rules.is_absent(column, &line[start..end]) {
            return Span::NULL;
        }
        Span::new(start, end)
    }
}

/// Fills the slots that have no value of their own from the columns that stand in for them.
#[inline]
fn resolve(aliases: &[(u8, u8)], spans: &mut [Span]) {
    for &(slot, alias) in aliases {
        let (slot, alias) = (usize::from(slot), usize::from(alias));
        if let (Some(&own @ (Span::ABSENT | Span::NULL)), Some(&span)) = (spans.get(slot), spans.get(alias))
            && (own == Span::ABSENT || span != Span::ABSENT)
        {
            spans[slot] = span;
        }
    }
}

/// Columns with the field and the kind of a slot that is not their own.
fn aliases(schema: &Schema) -> Vec<(u8, u8)> {
    let columns = schema.columns();
    let stand_in = |(i, column): (usize, &Column)| {
        let slot = schema.slot(column.field)?;
        let same = column.field != Field::Other && slot != i && columns[slot].kind == column.kind;
        same.then_some((slot as u8, i as u8))
    };
    columns.iter().enumerate().filter_map(stand_in).collect()
}

/// What is wrong with a path.
fn check_path(path: &str) -> Result<(), &'static str> {
    if path.split('.').any(str::is_empty) {
        return Err("a path is keys joined by dots");
    }
    if path.contains('"') || path.contains("\\.") || path.ends_with('\\') {
        return Err("a key of a path has no quote, and no backslash at its end");
    }
    if path.split('.').count() >= walk::MAX_DEPTH {
        return Err("a path has at most 31 keys");
    }
    Ok(())
}

#[cold]
fn json_error(offset: usize) -> LineError {
    LineError::new(LineErrorKind::Json, offset, usize::from(u16::MAX))
}

impl Format for JsonFormat {
    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        if line.iter().all(|&b| walk::is_space(b)) {
            return Ok(Line::Blank);
        }
        let spans = spans.reset(self.schema.columns().len());
        Ok(match self.fill(line, spans)? {
            Some(other) => Line::Other(other),
            None => Line::Access(Record::new(line, &self.schema, spans)),
        })
    }

    fn parse_other<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Option<Record<'a>> {
        let spans = spans.reset(self.schema.columns().len());
        self.fill(line, spans).ok()??;
        let some = spans.iter().any(|span| span.of(line).is_some());
        some.then(|| Record::new(line, &self.schema, spans))
    }

    fn scanner(&self, wanted: FieldSet) -> Box<dyn Scanner + '_> {
        Box::new(scan::KeyScanner::new(self, wanted))
    }
}
