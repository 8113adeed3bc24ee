//! Whose request a record is: its client's slot, and the columns it takes to count it.

use super::hash;
use crate::record::Record;
use crate::schema::{Field, FieldSet, Schema};

/// What is read of every line; of a failure everything is.
const COUNTED: FieldSet = FieldSet::of(&[
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

/// The fields it takes to count lines of a schema.
pub(crate) fn counted_fields(schema: &Schema) -> FieldSet {
    let mut wanted = COUNTED;
    if !schema.has(Field::Client) {
        wanted = wanted.union(FieldSet::of(&[Field::ForwardedFor]));
    }
    if !schema.has(Field::Upstream) {
        wanted = wanted.union(FieldSet::of(&[Field::Host]));
    }
    wanted
}

/// The record's client, hashed to one of 64 slots.
pub(crate) fn client_slot(record: &Record<'_>) -> Option<u32> {
    Some((hash::stable(record.client()?.raw(), 0) & 63) as u32)
}
