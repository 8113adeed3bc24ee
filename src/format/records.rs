//! [`Records`] and [`Sink`]: how a scanner hands over what it found, many lines at a time.

use crate::error::LineError;
use crate::format::Line;
use crate::record::{Record, Rest, Span};
use crate::schema::Schema;

/// Access records of one schema that follow each other in a block.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    block: &'a [u8],
    /// What lies before `block` in the block that was scanned.
    offset: usize,
    schema: &'a Schema,
    rest: &'a dyn Rest,
    rows: &'a [Row],
    /// One after the other, as many for each row as the schema has columns.
    spans: &'a [Span],
    /// The columns that the number of a stretch stands for.
    repeated: &'a [u8],
}

/// Where a record lies in its block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Row {
    /// Where its line begins.
    pub(crate) line: u32,
    /// Where the record does, behind the framing of the line.
    pub(crate) start: u32,
    /// Where both end.
    pub(crate) end: u32,
    /// A number that only records with equal bytes in some columns have; 0 where nothing is known.
    pub(crate) stretch: u64,
}

impl<'a> Records<'a> {
    /// Records of a block and what lies before it, a row of spans for each.
    pub(crate) const fn new(
        (block, offset): (&'a [u8], usize),
        schema: &'a Schema,
        rest: &'a dyn Rest,
        rows: &'a [Row],
        spans: &'a [Span],
    ) -> Self {
        Self { block, offset, schema, rest, rows, spans, repeated: &[] }
    }

    /// The same, with the columns that a number of a stretch stands for.
    pub(crate) const fn with_repeated(mut self, columns: &'a [u8]) -> Self {
        self.repeated = columns;
        self
    }

    /// Whether the number of a stretch stands for all of these columns.
    pub(crate) fn repeats(&self, columns: &[usize]) -> bool {
        columns.iter().all(|&column| self.repeated.iter().any(|&known| usize::from(known) == column))
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The schema of all of them.
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// The records, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        self.iter_numbered().map(|(_, record)| record)
    }

    /// The records, each with the number of its stretch.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    pub(crate) fn iter_numbered(&self) -> impl Iterator<Item = (u64, Record<'a>)> + use<'a> {
        let Self { block, schema, rest, rows, spans, .. } = *self;
        // A schema of no columns has rows of none.
        let columns = schema.columns().len().max(1);
        rows.iter().zip(spans.chunks_exact(columns)).map(move |(row, spans)| {
            let line = block.get(row.start as usize..row.end as usize).unwrap_or_default();
            (row.stretch, Record::projected(line, schema, spans, rest))
        })
    }

    /// The lines they come from: where each begins in the block, the line, and the record.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'a [u8], Record<'a>)> + use<'a> {
        let Self { block, offset, rows, .. } = *self;
        rows.iter().zip(self.iter()).map(move |(row, record)| {
            let line = block.get(row.line as usize..row.end as usize).unwrap_or_default();
            (offset + row.line as usize, line, record)
        })
    }
}

/// Takes what a [`Scanner`](crate::format::Scanner) finds, in the order of the lines.
pub trait Sink {
    /// One line, with its offset in the block.
    fn line(&mut self, line: &[u8], offset: usize, result: Result<Line<'_>, LineError>);

    /// Access records that follow each other. Equal to calling [`line`](Self::line) for each of them, and quicker.
    fn records(&mut self, records: &Records<'_>) {
        for (offset, line, record) in records.lines() {
            self.line(line, offset, Ok(Line::Access(record)));
        }
    }
}

/// What is called for every line, as a sink.
pub(crate) struct Each<'e>(pub(crate) &'e mut EachLine<'e>);

/// What is called for every line.
type EachLine<'e> = dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>) + 'e;

impl Sink for Each<'_> {
    fn line(&mut self, line: &[u8], offset: usize, result: Result<Line<'_>, LineError>) {
        (self.0)(line, offset, result);
    }
}
