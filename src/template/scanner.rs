//! The line loop over blocks: index, positions, and the walk for what does not fit.

use super::Template;
use super::other;
use super::plan::{Plan, Slots};
use crate::error::LineError;
use crate::format::{Line, Other, Scanner};
use crate::index::{Index, Marked, WINDOW};
use crate::input::Framing;
use crate::record::{Record, Rest, Span, Spans};
use crate::schema::{Field, FieldSet, Product};

pub(super) struct TemplateScanner<'t> {
    template: &'t Template,
    plan: Option<Plan>,
    index: Index,
    /// One per column; the rest is there so that no plan has to ask.
    spans: Box<Slots>,
    columns: usize,
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
        let spans = Box::new([Span::ABSENT; 256]);
        Self { template, plan, index: Index::new(), spans, columns: schema.columns().len() }
    }
}

impl Scanner for TemplateScanner<'_> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        let Self { template, plan, index, spans, columns } = self;
        index.build(block, plan.as_ref().map_or(b'"', |plan| plan.needle));
        let envoy = template.schema.product() == Product::Envoy;
        for marked in index.lines() {
            let whole = block.get(marked.start..marked.end).unwrap_or_default();
            let line = whole.strip_suffix(b"\r").unwrap_or(whole);
            let plain = template.framing == Framing::None && !matches!(line.first(), Some(b' ' | b'\t'));
            let skipped = if plain { 0 } else { template.skip(line) };
            let payload = line.get(skipped..).unwrap_or_default();
            let end = marked.start + line.len();
            // A blank line is for the walk, which says so; a projection of nothing would take it.
            let blank = payload.first().is_none_or(u8::is_ascii_whitespace);
            let fits = !blank
                && plan.as_ref().is_some_and(|plan| {
                    if skipped == 0 {
                        plan.read(&template.program, index, block, marked.window, marked.needles, end, spans)
                    } else {
                        let (window, needles) = shifted(&marked, skipped);
                        plan.read(&template.program, index, block, &window, needles, end, spans)
                    }
                });
            if fits {
                let rest = Whole { template, line: payload };
                let record = Record::projected(payload, &template.schema, &spans[..*columns], &rest);
                let unfinished = if envoy { rest.unfinished(&record) } else { None };
                each(line, marked.start, Ok(unfinished.map_or(Line::Access(record), Line::Other)));
            } else {
                spans.fill(Span::ABSENT);
                let result = template.understand(payload, &mut spans[..*columns]);
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

impl Whole<'_> {
    /// Whether a record is no finished request, which only those without a status can be.
    #[inline]
    fn unfinished(&self, record: &Record<'_>) -> Option<Other> {
        if record.raw(Field::Status) != Some(b"0") {
            return None;
        }
        other::unfinished(&record.whole(&mut Spans::new()))
    }
}

/// The marks of a line that begins `skipped` bytes later than the index says, and how many needles it has.
fn shifted(marked: &Marked<'_>, skipped: usize) -> ([u32; WINDOW], usize) {
    let start = (marked.start + skipped) as u32;
    let mut window = [u32::MAX; WINDOW];
    window[0] = start.wrapping_sub(1);
    let first = marked.all.partition_point(|&at| at < start);
    let needles = marked.all.get(first..).unwrap_or_default();
    for (to, from) in window[1..].iter_mut().zip(needles) {
        *to = *from;
    }
    (window, needles.len())
}
