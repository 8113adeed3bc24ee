//! [`Counterparts`]: the second look: what the other layers say of what failed.

use std::sync::Arc;

use super::bounded::{Bounded, Entry};
use super::failures::renumber;
use super::ids::IdColumns;
use super::request::{Moment, PLACE, Request, target};
use super::sources::Inputs;
use super::wanted::Wanted;
use super::{Layers, join};
use crate::aggregate::Accumulate;
use crate::error::LineError;
use crate::format::{Format, Line};
use crate::origin::is_plain_success;
use crate::record::{Record, Spans};
use crate::schema::{Field, FieldSet, Schema};
use crate::status::Status;

/// The second of two looks at the same logs: it finds what the other layers say of the requests that
/// [`Failures`](crate::Failures) kept, by their ids, or by target and time.
#[derive(Debug)]
pub struct Counterparts {
    wanted: Arc<Wanted>,
    inputs: Inputs,
    layer: Option<usize>,
    columns: IdColumns,
    schema: usize,
    found: Bounded,
    spans: Spans,
}

impl Counterparts {
    pub(super) fn new(wanted: Arc<Wanted>) -> Self {
        let found = Bounded::new(wanted.settings.requests);
        Self {
            wanted,
            inputs: Inputs::default(),
            layer: None,
            columns: IdColumns::default(),
            schema: 0,
            found,
            spans: Spans::new(),
        }
    }

    /// Joins what was found in both looks.
    pub fn join(self) -> Layers {
        join::layers(&self.wanted, &self.inputs, &self.found)
    }

    fn record(&mut self, record: &Record<'_>, offset: u64) {
        let Some(layer) = self.layer else { return };
        let schema = std::ptr::from_ref(record.schema()).addr();
        if self.schema != schema {
            self.columns = IdColumns::of(record.schema());
            self.schema = schema;
        }
        let Some(key) = self.asked_for(record, layer) else { return };
        if !self.found.keeps(key, false) {
            return;
        }
        let mut spans = std::mem::take(&mut self.spans);
        let place = (self.inputs.current, offset);
        let whole = record.whole(&mut spans);
        if let Some(request) = Request::read(&whole, &self.columns, place, &self.wanted.settings.topology) {
            self.found.add(Entry { key, minor: false, request });
        }
        self.spans = spans;
    }

    /// By what another layer asks for this request: an id, or its target.
    fn asked_for(&self, record: &Record<'_>, layer: usize) -> Option<u64> {
        if let Some(id) = self.columns.read(record).iter().find(|&id| self.wanted.has_id(id, layer)) {
            return Some(id);
        }
        let status = record.status().unwrap_or(Status::NONE);
        let (target, _) = target(record);
        let failed = !is_plain_success(record, status);
        let moment = Moment::of(record)?;
        self.wanted.has_time(target, layer, moment, status.code(), failed).then_some(target)
    }
}

impl Accumulate for Counterparts {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        let flags = FieldSet::of(&[Field::Reason, Field::Details, Field::GrpcStatus]);
        PLACE.union(flags).union(IdColumns::of(schema).wanted())
    }

    fn begin(&mut self, source: &str, format: &dyn Format) {
        self.inputs.begin(source, format);
        self.layer = self.wanted.layer_of(&self.inputs, self.inputs.current);
        self.schema = 0;
    }

    fn line(&mut self, _: &[u8], offset: u64, result: Result<Line<'_>, LineError>) {
        if let Ok(Line::Access(record)) = result {
            self.record(&record, offset);
        }
    }

    fn merge(&mut self, other: Self) {
        let numbers = self.inputs.merge(other.inputs);
        let mut found = other.found;
        renumber(&mut found, &numbers);
        self.found.merge(found);
    }

    fn fresh(&self) -> Self {
        Self::new(Arc::clone(&self.wanted))
    }
}
