//! [`Accumulate`]: what can be made of lines, in parts.

use crate::error::LineError;
use crate::format::{Format, Line, Records};
use crate::schema::{FieldSet, Schema};

/// A statistic over lines that can be taken in parts.
///
/// # Laws
/// [`merge`](Self::merge) is associative and commutative, a [`fresh`](Self::fresh) value is its unit, and the outcome
/// is the same however the lines are split. A scan over several threads relies on it.
pub trait Accumulate: Send {
    /// The fields it reads in lines of `schema`; others may be missing from the records it gets.
    fn wanted(&self, schema: &Schema) -> FieldSet;

    /// Lines of `source` in `format` follow.
    fn begin(&mut self, source: &str, format: &dyn Format);

    /// One line, `offset` bytes into the source.
    fn line(&mut self, line: &[u8], offset: u64, result: Result<Line<'_>, LineError>);

    /// Access records that follow each other in a block that begins `offset` bytes into the source. Equal to calling
    /// [`line`](Self::line) for each of them, which is what it does unless an implementation knows better.
    fn records(&mut self, records: &Records<'_>, offset: u64) {
        for (at, line, record) in records.lines() {
            self.line(line, offset + at as u64, Ok(Line::Access(record)));
        }
    }

    /// Adds what another part found.
    fn merge(&mut self, other: Self)
    where
        Self: Sized;

    /// An empty one with the same settings, for another part.
    #[must_use]
    fn fresh(&self) -> Self
    where
        Self: Sized;
}

/// Two statistics over the same lines, in one scan.
impl<A: Accumulate, B: Accumulate> Accumulate for (A, B) {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        self.0.wanted(schema).union(self.1.wanted(schema))
    }

    fn begin(&mut self, source: &str, format: &dyn Format) {
        self.0.begin(source, format);
        self.1.begin(source, format);
    }

    #[inline]
    fn line(&mut self, line: &[u8], offset: u64, result: Result<Line<'_>, LineError>) {
        self.0.line(line, offset, result);
        self.1.line(line, offset, result);
    }

    #[inline]
    fn records(&mut self, records: &Records<'_>, offset: u64) {
        self.0.records(records, offset);
        self.1.records(records, offset);
    }

    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.1.merge(other.1);
    }

    fn fresh(&self) -> Self {
        (self.0.fresh(), self.1.fresh())
    }
}
