//! The line loop over blocks: index, positions, and the walk for what does not fit.

use super::Template;
use super::other;
use super::plan::Plan;
use crate::error::LineError;
use crate::format::{Line, Scanner};
use crate::index::Index;
use crate::record::{Record, Span};
use crate::schema::{Field, FieldSet, Product};

pub(super) struct TemplateScanner<'t> {
    template: &'t Template,
    plan: Option<Plan>,
    index: Index,
    spans: Vec<Span>,
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
        let plan = if template.strict { None } else { Plan::new(&template.pattern, &wanted) };
        Self { template, plan, index: Index::new(), spans: vec![Span::ABSENT; schema.columns().len()] }
    }
}

impl Scanner for TemplateScanner<'_> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        let template = self.template;
        let needle = self.plan.as_ref().map_or(b'"', |plan| plan.needle);
        self.index.build(block, needle);
        let positions = self.index.positions();
        let envoy = template.schema.product() == Product::Envoy;
        let (mut start, mut first) = (0usize, 0usize);
        for end in self.index.lines() {
            let (at, next) = (end.at as usize, end.needles as usize);
            let mut needles = &positions[first..next];
            let whole = &block[start..at];
            let line = whole.strip_suffix(b"\r").unwrap_or(whole);
            let skipped = template.skip(line);
            let from = start + skipped;
            let payload = &line[skipped..];
            while let Some((&p, rest)) = needles.split_first()
                && (p as usize) < from
            {
                needles = rest;
            }
            let fits = self.plan.as_ref().is_some_and(|plan| {
                plan.read(&template.program, block, from, from + payload.len(), needles, &mut self.spans)
            });
            if fits {
                let record = Record::new(payload, &template.schema, &self.spans);
                let unfinished = if envoy { other::unfinished(&record) } else { None };
                each(line, start, Ok(unfinished.map_or(Line::Access(record), Line::Other)));
            } else {
                self.spans.fill(Span::ABSENT);
                let result = template.understand(payload, &mut self.spans);
                each(line, start, result.map_err(|error| error.behind(skipped)));
                self.spans.fill(Span::ABSENT);
            }
            (start, first) = (at + 1, next);
        }
    }
}
