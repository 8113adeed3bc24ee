//! The line loop over blocks: index, positions, and the walk for what does not fit.

// The line loop is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, dispatch};

use super::Template;
use super::other;
use super::plan::{Plan, Slots};
use crate::error::LineError;
use crate::format::{Line, Other, Scanner};
use crate::index::{Index, Marked, WINDOW};
use crate::input::Framing;
use crate::record::{Record, Rest, Span, Spans};
use crate::schema::{Field, FieldSet, Product};

/// What a scanner calls for every line.
type Each<'a> = dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>) + 'a;

pub(super) struct TemplateScanner<'t> {
    template: &'t Template,
    plan: Option<Plan>,
    index: Index,
    slots: Box<Slots>,
    columns: usize,
    /// Lines stand there without a wrapper.
    bare: bool,
    /// The status, where one of 0 may mean that a request goes on.
    status: usize,
}

impl<'t> TemplateScanner<'t> {
    pub(super) fn new(template: &'t Template, wanted: FieldSet) -> Self {
        let schema = &template.schema;
        let wanted: Vec<bool> = (0..schema.columns().len())
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
            slots: Slots::new(),
            columns: schema.columns().len(),
            bare: template.framing == Framing::None,
            status: status.unwrap_or(usize::MAX),
        }
    }
}

impl Scanner for TemplateScanner<'_> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        // One dispatch around everything that is done for each line.
        dispatch!(self.index.level(), simd => self.lines(simd, block, each));
    }
}

impl TemplateScanner<'_> {
    #[inline(always)]
    fn lines<S: Simd>(&mut self, simd: S, block: &[u8], each: &mut Each<'_>) {
        let Self { template, plan, index, slots, columns, bare, status } = self;
        let (needle, enough) = plan.as_ref().map_or((b'"', usize::MAX), |plan| (plan.needle, plan.enough()));
        index.build(simd, block, needle, if *bare { enough } else { usize::MAX });
        let mut before = 0usize;
        for &end in index.ends() {
            let (from, to) = (std::mem::replace(&mut before, end as usize), end as usize);
            let Some(marked) = index.line(from, to) else { continue };
            let whole = block.get(marked.start..marked.end).unwrap_or_default();
            let line = whole.strip_suffix(b"\r").unwrap_or(whole);
            let plain = *bare && !matches!(line.first(), Some(b' ' | b'\t'));
            let skipped = if plain { 0 } else { template.skip(line) };
            let payload = line.get(skipped..).unwrap_or_default();
            let end = marked.start + line.len();
            let Marked { mut window, mut needles, .. } = marked;
            let other;
            if skipped > 0 {
                (other, needles) = shifted(marked.start + skipped, index.needles(from, to));
                window = &other;
            }
            // A blank line is for the walk, which says so; a projection of nothing would take it.
            let blank = payload.first().is_none_or(u8::is_ascii_whitespace);
            // No closure around the plan: it would be compiled for the baseline.
            let fits = match plan {
                Some(plan) if !blank => {
                    plan.read(simd, &template.program, block, window, needles, end, slots)
                }
                _ => false,
            };
            if fits {
                let rest = Whole { template, line: payload };
                let record = Record::projected(payload, &template.schema, &slots.spans[..*columns], &rest);
                if record.at(*status) == b"0"
                    && let Some(other) = unfinished(&record)
                {
                    each(line, marked.start, Ok(Line::Other(other)));
                } else {
                    each(line, marked.start, Ok(Line::Access(record)));
                }
            } else {
                let spans = &mut slots.spans[..*columns];
                spans.fill(Span::ABSENT);
                let result = template.understand(line, skipped, spans);
                each(line, marked.start, result.map_err(|error| error.behind(skipped)));
                spans.fill(Span::ABSENT);
            }
        }
    }
}

/// A line of which only some columns were read.
#[derive(Debug)]
struct Whole<'t> {
    template: &'t Template,
    line: &'t [u8],
}

impl Rest for Whole<'_> {
    fn read<'s>(&'s self, spans: &'s mut Spans) -> Option<Record<'s>> {
        let template = self.template;
        let spans = spans.reset(template.schema.columns().len());
        template.program.parse(self.line, spans, template.strict).ok()?;
        Some(Record::new(self.line, &template.schema, spans))
    }
}

/// Whether a record is no finished request, which only those without a status can be.
#[cold]
fn unfinished(record: &Record<'_>) -> Option<Other> {
    other::unfinished(&record.whole(&mut Spans::new()))
}

/// The marks of a line that begins at `start`, later than the index says, and how many needles it has.
#[inline(never)]
fn shifted(start: usize, needles: &[u32]) -> ([u32; WINDOW], usize) {
    let start = start as u32;
    let mut window = [u32::MAX; WINDOW];
    window[0] = start.wrapping_sub(1);
    let first = needles.partition_point(|&at| at < start);
    let needles = needles.get(first..).unwrap_or_default();
    for (to, from) in window[1..].iter_mut().zip(needles) {
        *to = *from;
    }
    (window, needles.len())
}
