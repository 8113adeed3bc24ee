//! The line loop over blocks: index, positions, and the walk for what does not fit.

// The line loop is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, dispatch};

use super::Template;
use super::plan::{Notes, Place, Plan};
use crate::error::LineError;
use crate::format::{Each, Line, Records, Row, Scanner, Sink};
use crate::index::Index;
use crate::input::Framing;
use crate::record::{Record, Rest, Span, Spans};
use crate::schema::{Field, FieldSet, Product};

/// Records handed over at a time.
const BATCH: usize = 32;

pub(super) struct TemplateScanner<'t> {
    template: &'t Template,
    plan: Option<Plan>,
    index: Index,
    notes: Box<Notes>,
    batch: Batch,
    /// Of a line that was walked.
    spans: Vec<Span>,
    /// Lines stand there without a wrapper.
    bare: bool,
    /// The status, where one of 0 may mean that a request goes on.
    status: usize,
}

/// Records that were read and not handed over yet.
struct Batch {
    columns: usize,
    rows: [Row; BATCH],
    filled: usize,
    /// Of all rows. What a plan does not read stays absent.
    spans: Vec<Span>,
}

impl<'t> TemplateScanner<'t> {
    pub(super) fn new(template: &'t Template, wanted: FieldSet) -> Self {
        let schema = &template.schema;
        let columns = schema.columns().len();
        let wanted: Vec<bool> = (0..columns)
            .map(|i| {
                let field = schema.columns()[i].field;
                let chosen = field == Field::Other || schema.slot(field) == Some(i);
                wanted == FieldSet::ALL || (wanted.contains(field) && chosen)
            })
            .collect();
        let plan =
            if template.strict { None } else { Plan::new(&template.pattern, &template.program, &wanted) };
        let status = schema.slot(Field::Status).filter(|_| schema.product() == Product::Envoy);
        Self {
            template,
            plan,
            index: Index::new(),
            notes: Notes::new(),
            batch: Batch {
                columns,
                rows: [Row::default(); BATCH],
                filled: 0,
                spans: vec![Span::ABSENT; columns.max(1) * BATCH],
            },
            spans: vec![Span::ABSENT; columns],
            bare: template.framing == Framing::None,
            status: status.unwrap_or(usize::MAX),
        }
    }
}

impl Scanner for TemplateScanner<'_> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        self.scan_into(block, &mut Each(each));
    }

    fn scan_into(&mut self, block: &[u8], sink: &mut dyn Sink) {
        // One dispatch around everything that is done for each line.
        dispatch!(self.index.level(), simd => self.lines(simd, block, sink));
    }
}

impl TemplateScanner<'_> {
    #[inline(always)]
    fn lines<S: Simd>(&mut self, simd: S, block: &[u8], sink: &mut dyn Sink) {
        let Self { template, plan, index, notes, batch, spans, bare, status } = self;
        index.build(simd, block, plan.as_ref().map_or(b'"', |plan| plan.needle));
        let (mut next, mut rank) = (0usize, 0usize);
        for &end in index.ends() {
            let end = end as usize;
            let from = std::mem::replace(&mut next, end + 1);
            let before = std::mem::replace(&mut rank, index.rank(end));
            let whole = block.get(from..end).unwrap_or_default();
            let line = whole.strip_suffix(b"\r").unwrap_or(whole);
            let plain = *bare && !matches!(line.first(), Some(b' ' | b'\t'));
            let skipped = if plain { 0 } else { template.skip(line) };
            let payload = line.get(skipped..).unwrap_or_default();
            let (start, end) = (from + skipped, from + line.len());
            let before = if plain { before } else { index.rank(start) };
            // A blank line is for the walk, which says so; a projection of nothing would take it.
            let blank = payload.first().is_none_or(u8::is_ascii_whitespace);
            let place = Place { start, end, needles: rank.wrapping_sub(before) };
            // No closure around the plan: it would be compiled for the baseline.
            let fits = match (plan.as_ref(), batch.next()) {
                (Some(plan), Some(spans)) if !blank => {
                    plan.read(simd, &template.program, block, index, place, notes, spans)
                        && !is_zero(payload, spans.get(*status))
                }
                _ => false,
            };
            if fits {
                batch.keep(Row { line: from as u32, start: start as u32, end: end as u32 });
                if batch.filled == BATCH {
                    batch.hand_over(template, block, sink);
                }
                continue;
            }
            batch.hand_over(template, block, sink);
            spans.fill(Span::ABSENT);
            let result = template.understand(line, skipped, spans);
            sink.line(line, from, result.map_err(|error| error.behind(skipped)));
        }
        batch.hand_over(template, block, sink);
    }
}

impl Batch {
    /// Room for the spans of one record.
    #[inline(always)]
    fn next(&mut self) -> Option<&mut [Span]> {
        self.spans.get_mut(self.filled * self.columns..)?.get_mut(..self.columns)
    }

    #[inline(always)]
    fn keep(&mut self, row: Row) {
        if let Some(place) = self.rows.get_mut(self.filled) {
            *place = row;
            self.filled += 1;
        }
    }

    #[inline]
    fn hand_over(&mut self, template: &Template, block: &[u8], sink: &mut dyn Sink) {
        let rows = self.rows.get(..std::mem::take(&mut self.filled)).unwrap_or_default();
        if !rows.is_empty() {
            sink.records(&Records::new(block, &template.schema, template, rows, &self.spans));
        }
    }
}

/// Whether the status is 0: such a line may be no finished request.
#[inline(always)]
fn is_zero(line: &[u8], status: Option<&Span>) -> bool {
    status.is_some_and(|status| status.of(line) == Some(b"0"))
}

impl Rest for Template {
    fn read<'s>(&'s self, line: &'s [u8], spans: &'s mut Spans) -> Option<Record<'s>> {
        let spans = spans.reset(self.schema.columns().len());
        self.program.parse(line, spans, self.strict).ok()?;
        Some(Record::new(line, &self.schema, spans))
    }
}
