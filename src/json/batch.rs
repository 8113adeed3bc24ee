//! [`Batch`]: records read by shape, handed over many at a time.

// For every line.
#![allow(clippy::inline_always)]

use super::JsonFormat;
use super::index::Index;
use super::shape::Shape;
use crate::format::{Format, Line, Records, Row, Sink};
use crate::record::{Record, Rest, Span, Spans};

/// Records handed over at a time.
const BATCH: usize = 32;

/// No shape.
const NONE: usize = usize::MAX;

/// Records that were read and not handed over yet.
pub(super) struct Batch {
    columns: usize,
    rows: [Row; BATCH],
    sources: [Source; BATCH],
    filled: usize,
    /// Of all rows.
    spans: Vec<Span>,
}

/// What a row was read by.
#[derive(Debug, Clone, Copy)]
struct Source {
    /// The shape whose columns are the only ones set in the spans of the row.
    shape: usize,
    /// The mark of its first key.
    mark: usize,
}

/// What a batch was read from.
#[derive(Debug)]
pub(super) struct Found<'b> {
    /// What lies before `block` in what the sink knows.
    pub(super) offset: usize,
    pub(super) block: &'b [u8],
    pub(super) index: &'b Index,
    pub(super) format: &'b JsonFormat,
    pub(super) shapes: &'b [Shape],
}

impl Batch {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            rows: [Row::default(); BATCH],
            sources: [Source { shape: NONE, mark: 0 }; BATCH],
            filled: 0,
            spans: vec![Span::ABSENT; columns * BATCH],
        }
    }

    /// Room for the columns of a record of a shape. All others are absent.
    #[inline(always)]
    pub(super) fn next(&mut self, shape: usize) -> Option<&mut [Span]> {
        let spans = self.spans.get_mut(self.filled * self.columns..)?.get_mut(..self.columns)?;
        let source = self.sources.get_mut(self.filled)?;
        if source.shape != shape {
            spans.fill(Span::ABSENT);
            source.shape = shape;
        }
        Some(spans)
    }

    /// Keeps the record that was read last.
    #[inline(always)]
    pub(super) fn keep(&mut self, (start, end): (usize, usize), mark: usize) {
        let (Some(row), Some(source)) = (self.rows.get_mut(self.filled), self.sources.get_mut(self.filled))
        else {
            return;
        };
        *row = Row { line: start as u32, start: start as u32, end: end as u32, stretch: 0 };
        source.mark = mark;
        self.filled += 1;
    }

    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.filled == BATCH
    }

    /// The shapes are no longer those that were.
    pub(super) fn forget(&mut self) {
        self.sources = [Source { shape: NONE, mark: 0 }; BATCH];
    }

    #[inline]
    pub(super) fn hand_over(&mut self, found: &Found<'_>, sink: &mut dyn Sink) {
        let rows = self.rows.get(..std::mem::take(&mut self.filled)).unwrap_or_default();
        if !rows.is_empty() {
            let rest = Whole { found, rows, sources: &self.sources };
            let place = (found.block, found.offset);
            sink.records(&Records::new(place, &found.format.schema, &rest, rows, &self.spans));
        }
    }
}

/// The lines of a batch, of which only some keys were read.
#[derive(Debug)]
struct Whole<'b> {
    found: &'b Found<'b>,
    rows: &'b [Row],
    sources: &'b [Source],
}

impl Whole<'_> {
    /// Reads a line of the batch by its shape.
    fn by_shape(&self, line: &[u8], spans: &mut [Span]) -> Option<()> {
        let Found { block, index, format, shapes, .. } = self.found;
        let start = (line.as_ptr() as usize).checked_sub(block.as_ptr() as usize)?;
        let number = self.rows.binary_search_by_key(&start, |row| row.start as usize).ok()?;
        let source = self.sources.get(number)?;
        let shape = shapes.get(source.shape)?;
        let keys = index.marks().get(source.mark..)?.get(..shape.len())?;
        shape.take_all(format, block, (start, start + line.len()), keys, spans).then_some(())
    }
}

impl Rest for Whole<'_> {
    fn read<'s>(&'s self, line: &'s [u8], spans: &'s mut Spans) -> Option<Record<'s>> {
        let format = self.found.format;
        if self.by_shape(line, spans.reset(format.schema.columns().len())).is_some() {
            return Some(Record::new(line, &format.schema, &spans.columns));
        }
        match format.parse(line, spans) {
            Ok(Line::Access(record)) => Some(record),
            _ => None,
        }
    }
}
