//! [`KeyScanner`]: blocks of JSON lines, most of them by shape, the rest by the walker.

// See `Shape`.
#![allow(clippy::inline_always)]

use fearless_simd::{Level, dispatch};

use super::JsonFormat;
use super::index::Index;
use super::shape::Shape;
use crate::error::LineError;
use crate::format::{Format, Line, Scanner};
use crate::record::{Record, Rest, Spans};
use crate::schema::FieldSet;

/// Bytes indexed at a time: block and index stay in the second-level cache.
const PIECE: usize = 128 << 10;
/// Shapes kept. A log alternates between few: with and without an upstream, with and without a query.
const SHAPES: usize = 8;
/// Learning a shape costs this many lines' credit, so that lines of ever new shapes cost little more than the
/// walker.
const PRICE: u32 = 8;

/// What a scanner calls for every line.
type Each<'a> = dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>) + 'a;

/// The scanner of a [`JsonFormat`].
pub(super) struct KeyScanner<'f> {
    format: &'f JsonFormat,
    /// One flag per column.
    wanted: Box<[bool]>,
    level: Level,
    index: Index,
    shapes: Shapes,
    spans: Spans,
}

/// The shapes met, and what is known about `spans`.
#[derive(Default)]
struct Shapes {
    known: Vec<Shape>,
    /// Tried first.
    recent: usize,
    /// The next to be replaced.
    oldest: usize,
    credit: u32,
    /// The shape whose columns are the only ones set in the spans.
    clean: Option<usize>,
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
            wanted: flags,
            level: Level::new(),
            index: Index::default(),
            shapes: Shapes { credit: SHAPES as u32 * PRICE, ..Shapes::default() },
            spans: Spans::new(),
        }
    }

    fn piece(&mut self, piece: &[u8], offset: usize, each: &mut Each<'_>) {
        self.index.fill(self.level, piece);
        // The comparison of shapes is worth the wide registers.
        dispatch!(self.level, _simd => self.lines(piece, offset, each));
    }

    #[inline(always)]
    fn lines(&mut self, piece: &[u8], offset: usize, each: &mut Each<'_>) {
        let Self { format, wanted, index, shapes, spans, .. } = self;
        for (start, end, entries) in index.lines() {
            let line = piece.get(start..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Some(shape) = shapes.read(format, piece, line, start, entries, spans) {
                let rest = Whole { format, shape, line, start, entries };
                let record = Record::projected(line, &format.schema, &spans.columns, &rest);
                each(line, offset + start, Ok(Line::Access(record)));
                continue;
            }
            let fits = shapes.clean.take().is_some();
            let result = format.parse(line, spans);
            let access = matches!(result, Ok(Line::Access(_)));
            each(line, offset + start, result);
            if access && !fits {
                shapes.learn(format, wanted, line, start, entries);
            }
        }
    }
}

/// A line of which only some keys were read.
#[derive(Debug)]
struct Whole<'f> {
    format: &'f JsonFormat,
    /// What the line has.
    shape: &'f Shape,
    line: &'f [u8],
    start: usize,
    entries: &'f [u32],
}

impl Rest for Whole<'_> {
    fn read<'s>(&'s self, _: &'s [u8], spans: &'s mut Spans) -> Option<Record<'s>> {
        let Self { format, shape, line, start, entries } = *self;
        let columns = format.schema.columns().len();
        if shape.take_all(format, line, start, entries, spans.reset(columns)) {
            return Some(Record::new(line, &format.schema, &spans.columns));
        }
        match format.parse(line, spans) {
            Ok(Line::Access(record)) => Some(record),
            _ => None,
        }
    }
}

impl Shapes {
    /// Reads a line by a known shape. Where there is none that reads it, `clean` tells whether one fitted.
    #[inline(always)]
    fn read(
        &mut self,
        format: &JsonFormat,
        piece: &[u8],
        line: &[u8],
        start: usize,
        entries: &[u32],
        spans: &mut Spans,
    ) -> Option<&Shape> {
        let before = self.clean.take();
        let found = self.find(piece, line, start, entries)?;
        self.clean = Some(found);
        let spans = if before == self.clean {
            &mut spans.columns
        } else {
            spans.reset(format.schema.columns().len())
        };
        self.credit = (self.credit + 1).min(SHAPES as u32 * PRICE);
        let shape = self.known.get(found)?;
        let reads = shape.take(format, line, start, entries, spans)
            && format.rules.is_plain(&Record::new(line, &format.schema, spans));
        reads.then_some(shape)
    }

    #[inline(always)]
    fn find(&mut self, piece: &[u8], line: &[u8], start: usize, entries: &[u32]) -> Option<usize> {
        if self.known.get(self.recent)?.fits(piece, line, start, entries) {
            return Some(self.recent);
        }
        let found = self.known.iter().position(|shape| shape.fits(piece, line, start, entries))?;
        self.recent = found;
        Some(found)
    }

    fn learn(&mut self, format: &JsonFormat, wanted: &[bool], line: &[u8], start: usize, entries: &[u32]) {
        self.credit += 1;
        if self.credit < PRICE || format.rules.derives() {
            return;
        }
        self.credit -= PRICE;
        let Some(shape) = Shape::learn(format, wanted, line, start, entries) else {
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
        let mut at = 0;
        while let Some(rest) = block.get(at..).filter(|rest| !rest.is_empty()) {
            let piece = &rest[..piece_length(rest)];
            if u32::try_from(piece.len()).is_ok() {
                self.piece(piece, at, each);
            } else {
                // One line of 4 GiB.
                self.shapes.clean = None;
                let line = piece.strip_suffix(b"\n").unwrap_or(piece);
                each(line, at, self.format.parse(line, &mut self.spans));
            }
            at += piece.len();
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
