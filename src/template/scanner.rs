//! The line loop over blocks: index, positions, and the walk for what does not fit.

// The line loop is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, dispatch};

use super::Template;
use super::frame::LastFrame;
use super::plan::{COLUMNS, Notes, Plan};
use super::repeated::Repeated;
use crate::error::LineError;
use crate::format::{Each, Line, Records, Row, Scanner, Sink};
use crate::index::Index;
use crate::input::Framing;
use crate::record::{Record, Rest, Span, Spans};
use crate::schema::{Field, FieldSet, Product};

/// Bytes indexed at a time: they are read twice, so they should still be in the first-level cache.
const PIECE: usize = 16 << 10;
/// Records handed over at a time.
const BATCH: usize = 32;

pub(super) struct TemplateScanner<'t> {
    template: &'t Template,
    plan: Option<Plan>,
    index: Index,
    repeated: Repeated,
    batch: Batch,
    /// Of a line that was walked.
    spans: Vec<Span>,
    /// Lines stand there without a wrapper.
    bare: bool,
    frame: LastFrame,
    /// The status, where one of 0 may mean that a request goes on.
    status: usize,
}

/// Records that were read and not handed over yet.
struct Batch {
    columns: usize,
    rows: [Row; BATCH],
    /// Those that a number of a stretch stands for.
    repeated: Box<[u8]>,
    /// Of all rows, and room for [`COLUMNS`]. What a plan does not read stays absent.
    spans: Vec<Span>,
}

impl<'t> TemplateScanner<'t> {
    pub(super) fn new(template: &'t Template, wanted: FieldSet) -> Self {
        let schema = &template.schema;
        let columns = schema.columns().len();
        let present = template.program.must_be_present();
        let wanted: Vec<bool> = (0..columns)
            .map(|i| {
                let field = schema.columns()[i].field;
                let chosen = field == Field::Other || schema.slot(field) == Some(i);
                // Words alone may be those of a frame: where the time stands tells, and a client.
                let proof = (field == Field::Time || present == Some(i)) && wanted != FieldSet::EMPTY;
                wanted == FieldSet::ALL || ((wanted.contains(field) || proof) && chosen)
            })
            .collect();
        let plan =
            if template.strict { None } else { Plan::new(&template.pattern, &template.program, &wanted) };
        let status = schema.slot(Field::Status).filter(|_| schema.product() == Product::Envoy);
        Self {
            template,
            index: Index::new(),
            repeated: Repeated::new(),
            batch: Batch {
                columns,
                rows: [Row::default(); BATCH],
                repeated: plan.as_ref().map_or(&[][..], Plan::repeated_columns).into(),
                spans: vec![Span::ABSENT; columns * BATCH + COLUMNS],
            },
            plan,
            spans: vec![Span::ABSENT; columns],
            bare: template.framing == Framing::None,
            frame: LastFrame::new(),
            status: status.unwrap_or(usize::MAX),
        }
    }
}

impl Scanner for TemplateScanner<'_> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        self.scan_into(block, &mut Each(each));
    }

    fn scan_into(&mut self, block: &[u8], sink: &mut dyn Sink) {
        let mut at = 0;
        while let Some(bytes) = block.get(at..).filter(|rest| !rest.is_empty()) {
            let len = piece_length(bytes);
            // One dispatch around everything that is done for each line.
            dispatch!(self.index.level(), simd => self.lines(simd, bytes, len, at, sink));
            at += len;
        }
    }
}

impl TemplateScanner<'_> {
    /// Reads the lines in the first `len` bytes of `block`, which begins at `offset` of what the sink knows.
    #[inline(always)]
    fn lines<S: Simd>(&mut self, simd: S, block: &[u8], len: usize, offset: usize, sink: &mut dyn Sink) {
        let Self { template, plan, index, repeated, batch, spans, bare, frame, status } = self;
        let needles = plan.as_ref().and_then(Plan::indexed);
        index.build(simd, block.get(..len).unwrap_or_default(), needles);
        let (ends, marks) = index.parts();
        let mut notes = Notes::new();
        let mut next = 0;
        // The mark before the line.
        let mut before = 0;
        // Records in the batch. Not a part of it, where it would be read and written for each.
        let mut filled = 0;
        for &line_break in ends {
            let from = std::mem::replace(&mut next, line_break as usize + 1);
            let returned = line_break as usize > from && block.get(line_break as usize - 1) == Some(&b'\r');
            let end = line_break as usize - usize::from(returned);
            // No framing, no blanks before the line, and the line is none.
            let plain = *bare && block.get(from).is_some_and(|&first| first > b' ');
            let start = if plain {
                from
            } else if let Some(start) = frame.end(simd, block, from) {
                start
            } else {
                let start = after_framing(template, block, from, end);
                frame.learn(template.framing, block.get(from..end).unwrap_or_default(), start - from);
                start
            };
            let mut own = None;
            if let Some((_, needles)) = needles {
                if !plain {
                    before = behind_frame(marks, before, start);
                }
                let last = before + needles + 1;
                let fits = marks.get(last) == Some(&line_break);
                own = marks.get(before..).and_then(|m| m.first_chunk()).filter(|_| fits);
                before = if fits { last } else { mark_of(marks, before, line_break) };
            }
            // No closure around the plan: it would be compiled for the baseline.
            let read = match (plan.as_ref(), batch.room(filled)) {
                (Some(plan), Some(spans)) if start < end => plan
                    .read(simd, &template.program, block, (start, end), own, &mut notes, repeated, spans)
                    .filter(|_| !is_zero(block, start, spans.get(*status))),
                _ => None,
            };
            if let Some(stretch) = read {
                let (line, start, end) = (from as u32, start as u32, end as u32);
                batch.rows[filled % BATCH] = Row { line, start, end, stretch };
                filled += 1;
                if filled == BATCH {
                    batch.hand_over(std::mem::take(&mut filled), template, block, offset, sink);
                }
                continue;
            }
            batch.hand_over(std::mem::take(&mut filled), template, block, offset, sink);
            let line = block.get(from..end).unwrap_or_default();
            let skipped = template.skip(line);
            spans.fill(Span::ABSENT);
            let result = template.understand(line, skipped, spans);
            sink.line(line, offset + from, result.map_err(|error| error.behind(skipped)));
        }
        batch.hand_over(filled, template, block, offset, sink);
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

/// Makes the byte before the record that starts at `start` the mark before it.
#[inline(never)]
fn behind_frame(marks: &mut [u32], mut before: usize, start: usize) -> usize {
    while marks.get(before + 1).is_some_and(|&mark| (mark as usize) < start) {
        before += 1;
    }
    if let Some(mark) = marks.get_mut(before) {
        *mark = (start as u32).wrapping_sub(1);
    }
    before
}

/// Which mark from `from` on is that of a line break.
#[cold]
fn mark_of(marks: &[u32], from: usize, line_break: u32) -> usize {
    let own = marks.get(from + 1..).unwrap_or_default();
    from + 1 + own.iter().take_while(|&&mark| mark < line_break).count()
}

/// Where the record of a line starts; its end, where there is nothing but a blank line: that is for the walk, which says
/// so, while a projection of nothing would take it.
#[inline(never)]
fn after_framing(template: &Template, block: &[u8], from: usize, end: usize) -> usize {
    let line = block.get(from..end).unwrap_or_default();
    let skipped = template.skip(line);
    let blank = line.get(skipped).is_none_or(u8::is_ascii_whitespace);
    if blank { end } else { from + skipped }
}

impl Batch {
    /// Room for the spans of one record behind those that are there.
    #[inline(always)]
    fn room(&mut self, filled: usize) -> Option<&mut [Span; COLUMNS]> {
        self.spans.get_mut(filled * self.columns..)?.first_chunk_mut()
    }

    /// Gives the first records to the sink, so many.
    #[inline]
    fn hand_over(
        &self,
        filled: usize,
        template: &Template,
        block: &[u8],
        offset: usize,
        sink: &mut dyn Sink,
    ) {
        let rows = self.rows.get(..filled).unwrap_or_default();
        if !rows.is_empty() {
            let records = Records::new((block, offset), &template.schema, template, rows, &self.spans);
            sink.records(&records.with_repeated(&self.repeated));
        }
    }
}

/// Whether the status is 0: such a line may be no finished request.
#[inline(always)]
fn is_zero(block: &[u8], start: usize, status: Option<&Span>) -> bool {
    let line = || block.get(start..).unwrap_or_default();
    status.is_some_and(|status| status.of(line()) == Some(b"0"))
}

impl Rest for Template {
    fn read<'s>(&'s self, line: &'s [u8], spans: &'s mut Spans) -> Option<Record<'s>> {
        let spans = spans.reset(self.schema.columns().len());
        self.program.parse(line, spans, self.strict).ok()?;
        Some(Record::new(line, &self.schema, spans))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;
    use crate::record::Value;

    /// Lines of these widths one after the other, in a block that ends with a line break or without one, every third with an
    /// escaped quote, which is for the walk: each is told once, at its place, with its own client.
    #[track_caller]
    fn holds(widths: &[usize], ends: &str) {
        let template = Template::apache(super::super::builtin::APACHE_COMBINED).unwrap();
        let line = |i: usize, width: usize| {
            let head = format!(
                r#"10.0.{}.{} - - [22/Nov/2026:07:12:27 +0000] "GET / HTTP/1.1" 200 6 "-" ""#,
                i / 256,
                i % 256
            );
            let quote = if i % 3 == 1 { r#"\""# } else { "" };
            let agent = quote.to_owned() + &"x".repeat(width.saturating_sub(head.len() + 1 + quote.len()));
            format!("{head}{agent}\"")
        };
        let lines: Vec<String> = widths.iter().enumerate().map(|(i, &width)| line(i, width)).collect();
        let block = [&lines.join("\n"), ends].concat();
        let mut told = Vec::new();
        template.scanner(FieldSet::of(&[Field::Client])).scan(block.as_bytes(), &mut |line, at, read| {
            let Ok(Line::Access(record)) = read else { panic!("{read:?}") };
            let client = record.client().map(Value::raw).map(<[u8]>::to_vec);
            told.push((at, line.to_vec(), client));
        });
        let mut at = 0;
        for (i, line) in lines.iter().enumerate() {
            let client = format!("10.0.{}.{}", i / 256, i % 256).into_bytes();
            assert_eq!(told.get(i), Some(&(at, line.clone().into_bytes(), Some(client))), "{widths:?}");
            at += line.len() + 1;
        }
        assert_eq!(told.len(), lines.len());
    }

    #[test]
    fn lines_around_the_width_of_a_piece() {
        for ends in ["", "\n"] {
            for width in [PIECE - 2, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
                holds(&[width], ends);
                holds(&[width, 200, width], ends);
                holds(&[200, width, 200], ends);
                holds(&[width, 200, 200, width, 200], ends);
            }
        }
    }

    #[test]
    fn any_number_of_records_is_handed_over() {
        for count in [1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 300] {
            holds(&vec![0; count], "\n");
        }
    }
}
