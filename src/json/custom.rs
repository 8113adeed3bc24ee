//! A user's field map, from one line of text.

use std::ops::Range;

use super::{JsonFormat, check_path, maps};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, TimeMeaning, Unit};
use crate::time::TimeLayout;

impl JsonFormat {
    /// A format of one's own, as text: `field=path` pairs joined by commas, the fields by the names of
    /// [`Field::name`].
    ///
    /// Durations are in seconds, or in what the name ends with: `duration_ms=took`, `_us`, `_ns`, `_s`. A time is read
    /// as it looks (RFC 3339, the common log format, seconds to nanoseconds since the epoch), or as
    /// `time_s`, `time_ms`, `time_us`, `time_ns` say; it is taken as the end of the request. A field may be given several times: the
    /// first path with a value counts.
    ///
    /// ```
    /// use brownout::{Field, Format, JsonFormat, Line, Spans};
    /// let format = JsonFormat::custom("time=ts,status=resp.code,duration_ms=took,upstream=svc")?;
    /// let mut spans = Spans::new();
    /// let line = br#"{"ts":1795331547.678,"svc":"cart","resp":{"code":503},"took":12}"#;
    /// let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { panic!() };
    /// assert_eq!(record.status().unwrap().code(), 503);
    /// assert_eq!(record.value(Field::Duration).unwrap().micros(), Some(12_000));
    /// # Ok::<(), brownout::FormatError>(())
    /// ```
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake: an unknown field, a missing path, no field at all.
    pub fn custom(map: &str) -> Result<Self, FormatError> {
        let mut fields = Vec::new();
        let mut at = 0;
        for pair in map.split(',') {
            fields.push(entry(map, at..at + pair.len())?);
            at += pair.len() + 1;
        }
        Self::new("json", Product::Custom, TimeMeaning::End, fields)
            .map_err(|error| FormatError::new(0..map.len(), error.message()))
    }
}

/// The pair at `range` of the text.
fn entry(map: &str, range: Range<usize>) -> Result<(Box<str>, Column), FormatError> {
    let pair = &map[range.clone()];
    let Some((name, path)) = pair.split_once('=') else {
        return Err(FormatError::new(range, "expected field=path"));
    };
    let name_range = trimmed(name, range.start);
    let path_range = trimmed(path, range.start + name.len() + 1);
    let (name, path) = (&map[name_range.clone()], &map[path_range.clone()]);
    let (field, kind) = field(name).map_err(|message| FormatError::new(name_range, message))?;
    check_path(path).map_err(|message| FormatError::new(path_range, message))?;
    Ok((path.into(), Column::new(path, field, kind).escaped(Escape::Json)))
}

/// Where `part`, which begins at `start` of the text, stands without white space around it.
fn trimmed(part: &str, start: usize) -> Range<usize> {
    let start = start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// A field's name, with a unit where it may have one.
fn field(name: &str) -> Result<(Field, Kind), String> {
    let by_name = |name: &str| Field::ALL.iter().copied().find(|f| f.name() == name);
    if let Some(field) = by_name(name) {
        return Ok((field, maps::kind(field, Unit::Seconds, TimeLayout::Auto)));
    }
    let Some((field, (unit, layout))) =
        name.rsplit_once('_').and_then(|(n, u)| Some((by_name(n)?, unit(u)?)))
    else {
        return Err(format!("`{name}` is no field; known are {}", known()));
    };
    match maps::kind(field, unit, layout) {
        kind @ (Kind::Duration(_) | Kind::Time(_)) => Ok((field, kind)),
        _ => Err(format!("`{}` has no unit", field.name())),
    }
}

fn unit(name: &str) -> Option<(Unit, TimeLayout)> {
    Some(match name {
        "s" => (Unit::Seconds, TimeLayout::EpochSeconds),
        "ms" => (Unit::Millis, TimeLayout::EpochMillis),
        "us" => (Unit::Micros, TimeLayout::EpochMicros),
        "ns" => (Unit::Nanos, TimeLayout::EpochNanos),
        _ => return None,
    })
}

fn known() -> String {
    Field::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ")
}
