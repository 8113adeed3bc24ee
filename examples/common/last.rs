//! A statistic of one's own: the time of the last record.

use brownout::{Accumulate, Field, FieldSet, Format, Line, LineError, Schema, Timestamp};

/// The latest time of any access record.
#[derive(Debug, Default)]
pub(crate) struct Last(pub(crate) Option<Timestamp>);

impl Accumulate for Last {
    fn wanted(&self, _: &Schema) -> FieldSet {
        FieldSet::of(&[Field::Time])
    }

    fn begin(&mut self, _: &str, _: &dyn Format) {}

    fn line(&mut self, _: &[u8], _: u64, result: Result<Line<'_>, LineError>) {
        if let Ok(Line::Access(record)) = result {
            self.0 = self.0.max(record.time());
        }
    }

    fn merge(&mut self, other: Self) {
        self.0 = self.0.max(other.0);
    }

    fn fresh(&self) -> Self {
        Self::default()
    }
}
