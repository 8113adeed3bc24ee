//! [`KeyScanner`]: blocks of JSON lines, most of them by shape, the rest by the walker.

// The line loop is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Level, Simd, dispatch};

use super::JsonFormat;
use super::batch::{Batch, Found};
use super::index::Index;
use super::shape::Shape;
use super::word::WINDOW;
use crate::error::LineError;
use crate::format::{Each, Format, Line, Scanner, Sink};
use crate::record::{Record, Spans};
use crate::schema::FieldSet;

/// Bytes indexed at a time: they are read twice, so they should still be in the first-level cache.
const PIECE: usize = 16 << 10;
/// Shapes kept. A log alternates between few: with and without an upstream, with and without a query.
const SHAPES: usize = 8;
/// Learning a shape costs this many lines' credit, so that lines of ever new shapes cost little more than the
/// walker.
const PRICE: u32 = 8;

/// The scanner of a [`JsonFormat`].
pub(super) struct KeyScanner<'f> {
    format: &'f JsonFormat,
    /// One flag per column.
    wanted: Box<[bool]>,
    level: Level,
    index: Index,
    shapes: Shapes,
    batch: Batch,
    /// Of a line that was walked.
    spans: Spans,
}

/// The shapes met.
#[derive(Default)]
pub(super) struct Shapes {
    pub(super) known: Vec<Shape>,
    /// Tried first.
    recent: usize,
    /// The next to be replaced.
    oldest: usize,
    credit: u32,
}

impl<'f> KeyScanner<'f> {
    pub(super) fn new(format: &'f JsonFormat, wanted: FieldSet) -> Self {
        let mut flags: Box<[bool]> =
            format.schema.columns().iter().map(|c| wanted.contains(c.field)).collect();
        for column in format.rules.needed() {
            flags[usize::from(column)] = true;
            // With its stand-ins.
            for &(_, alias) in format.aliases.iter().filter(|&&(slot, _)| slot == column) {
                flags[usize::from(alias)] = true;
            }
        }
        Self {
            format,
            batch: Batch::new(flags.len()),
            wanted: flags,
            level: Level::new(),
            index: Index::default(),
            shapes: Shapes { credit: SHAPES as u32 * PRICE, ..Shapes::default() },
            spans: Spans::new(),
        }
    }

    /// Reads the lines of `block` from `from` on; it begins at `offset` of what the sink knows.
    #[inline(always)]
    fn lines<S: Simd>(&mut self, simd: S, block: &[u8], from: usize, offset: usize, sink: &mut dyn Sink) {
        let Self { format, wanted, index, shapes, spans, batch, .. } = self;
        index.fill(simd, block, from);
        let (mut start, mut marks) = (from, index.marks());
        while start < block.len() {
            let fit = shapes.find(simd, block, start, marks);
            let count = fit.map_or_else(|| keys(block, marks), |fit| fit.keys);
            let Some((keys, [line_break, rest @ ..])) = marks.split_at_checked(count) else { break };
            let line_break = *line_break as usize;
            let place = (start, end_of_line(block, start, line_break));
            start = line_break + 1;
            let found = Found { offset, block, index, format, shapes: &shapes.known };
            if let Some(fit) = fit
                && let Some(shape) = shapes.known.get(fit.shape)
                && let Some(spans) = batch.next(fit.shape)
                && shape.take(format, block, place, keys, spans)
                && is_plain(format, block, place, spans)
            {
                shapes.credit = (shapes.credit + 1).min(SHAPES as u32 * PRICE);
                batch.keep(place, index.marks().len() - marks.len());
                if batch.is_full() {
                    batch.hand_over(&found, sink);
                }
                marks = rest;
                continue;
            }
            marks = rest;
            batch.hand_over(&found, sink);
            let line = block.get(place.0..place.1).unwrap_or_default();
            let result = format.parse(line, spans);
            let access = matches!(result, Ok(Line::Access(_)));
            sink.line(line, offset + place.0, result);
            if access && fit.is_none() {
                shapes.learn(format, wanted, line, place.0, keys);
                batch.forget();
            }
        }
        batch.hand_over(&Found { offset, block, index, format, shapes: &shapes.known }, sink);
    }
}

/// A shape that fits, and how many keys it has.
#[derive(Debug, Clone, Copy)]
struct Fit {
    shape: usize,
    keys: usize,
}

/// How many keys the line has that begins at `start`, if it fits a shape.
#[inline(always)]
fn fitting<S: Simd>(simd: S, shape: &Shape, block: &[u8], start: usize, marks: &[u32]) -> Option<usize> {
    let (keys, [line_break, ..]) = marks.split_at_checked(shape.len())? else { return None };
    let end = end_of_line(block, start, *line_break as usize);
    // A break ahead of it would be no end of a key.
    (ends_line(block, *line_break) && shape.fits(simd, block, (start, end), keys)).then_some(keys.len())
}

/// Where the line ends that a line break ends.
#[inline(always)]
fn end_of_line(block: &[u8], start: usize, line_break: usize) -> usize {
    let returned = line_break > start && block.get(line_break - 1) == Some(&b'\r');
    line_break - usize::from(returned)
}

/// Whether a mark is that of a line break, or of the end of a block without one.
#[inline(always)]
fn ends_line(block: &[u8], mark: u32) -> bool {
    block.get(mark as usize).is_none_or(|&b| b == b'\n')
}

/// How many marks are ahead of the first line break.
#[inline(never)]
fn keys(block: &[u8], marks: &[u32]) -> usize {
    marks.iter().position(|&mark| ends_line(block, mark)).unwrap_or(marks.len())
}

#[inline(always)]
fn is_plain(
    format: &JsonFormat,
    block: &[u8],
    (start, end): (usize, usize),
    spans: &[crate::record::Span],
) -> bool {
    let line = block.get(start..end).unwrap_or_default();
    format.rules.is_plain(&Record::new(line, &format.schema, spans))
}

impl Shapes {
    /// The known shape of the line that begins at `start`.
    #[inline(always)]
    fn find<S: Simd>(&mut self, simd: S, block: &[u8], start: usize, marks: &[u32]) -> Option<Fit> {
        // No closures: they would be compiled for the baseline.
        let recent = self.known.get(self.recent)?;
        if let Some(keys) = fitting(simd, recent, block, start, marks) {
            return Some(Fit { shape: self.recent, keys });
        }
        for (shape, known) in self.known.iter().enumerate() {
            if let Some(keys) = fitting(simd, known, block, start, marks) {
                self.recent = shape;
                return Some(Fit { shape, keys });
            }
        }
        None
    }

    fn learn(&mut self, format: &JsonFormat, wanted: &[bool], line: &[u8], start: usize, marks: &[u32]) {
        self.credit += 1;
        if self.credit < PRICE || format.rules.derives() {
            return;
        }
        self.credit -= PRICE;
        let Some(shape) = Shape::learn(format, wanted, line, start, marks) else {
            self.credit = 0;
            return;
        };
        if self.known.len() < SHAPES {
            self.recent = self.known.len();
            self.known.push(shape);
        } else if let Some(old) = self.known.get_mut(self.oldest) {
            *old = shape;
            self.recent = self.oldest;
            self.oldest = (self.oldest + 1) % SHAPES;
        }
    }
}

impl Scanner for KeyScanner<'_> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        self.scan_into(block, &mut Each(each));
    }

    fn scan_into(&mut self, block: &[u8], sink: &mut dyn Sink) {
        let mut at = 0;
        while let Some(rest) = block.get(at..).filter(|rest| !rest.is_empty()) {
            let end = at + piece_length(rest);
            // With the bytes that the window of the first key looks at.
            let offset = at.saturating_sub(WINDOW);
            let bytes = block.get(offset..end).unwrap_or_default();
            if u32::try_from(bytes.len()).is_ok() {
                // One dispatch around everything that is done for each line.
                dispatch!(self.level, simd => self.lines(simd, bytes, at - offset, offset, sink));
            } else {
                // One line of 4 GiB.
                let line = block.get(at..end).unwrap_or_default();
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                sink.line(line, at, self.format.parse(line, &mut self.spans));
            }
            at = end;
        }
    }
}

/// Whole lines of about [`PIECE`] bytes, at least one.
fn piece_length(rest: &[u8]) -> usize {
    let Some(head) = rest.get(..PIECE) else { return rest.len() };
    match memchr::memrchr(b'\n', head) {
        Some(end) => end + 1,
        None => PIECE + memchr::memchr(b'\n', &rest[PIECE..]).map_or(rest.len() - PIECE, |i| i + 1),
    }
}
