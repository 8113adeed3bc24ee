//! Columns by their places, in their types; `None` where absent.

use std::time::Duration;

use crate::record::{Record, Value};
use crate::schema::Kind;
use crate::status::Status;
use crate::time::Timestamp;

pub(super) fn value<'a>(record: &Record<'a>, at: usize) -> Option<Value<'a>> {
    record.column(at).filter(|value| value.raw() != b"-")
}

pub(super) fn integer(record: &Record<'_>, at: usize) -> Option<u64> {
    value(record, at)?.integer()
}

/// A number that can be below zero.
pub(super) fn signed(record: &Record<'_>, at: usize) -> Option<i64> {
    let raw = value(record, at)?.raw();
    std::str::from_utf8(raw).ok()?.parse().ok()
}

/// `None` also where it was not measured (`-1`).
pub(super) fn duration(record: &Record<'_>, at: usize) -> Option<Duration> {
    value(record, at)?.micros().map(Duration::from_micros)
}

pub(super) fn status(record: &Record<'_>, at: usize) -> Option<Status> {
    Status::parse(value(record, at)?.raw())
}

pub(super) fn time(record: &Record<'_>, at: usize) -> Option<Timestamp> {
    let value = value(record, at)?;
    match &value.column().kind {
        Kind::Time(layout) => layout.parse(value.raw(), record.schema().utc_offset()),
        _ => None,
    }
}
