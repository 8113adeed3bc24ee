//! [`Failures`]: the first look: what failed in every layer.

use std::sync::Arc;

use super::bounded::{Bounded, Entry};
use super::counterparts::Counterparts;
use super::ids::IdColumns;
use super::request::Request;
use super::sources::Inputs;
use super::told::Told;
use super::wanted::Wanted;
use crate::aggregate::Accumulate;
use crate::error::LineError;
use crate::format::{Format, Line};
use crate::origin::{self, is_plain_success};
use crate::record::{Record, Spans};
use crate::schema::{Field, FieldSet, Schema};
use crate::status::Status;
use crate::time::Timestamp;
use crate::topology::Topology;

/// How the logs of several layers are joined.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LayerSettings {
    /// Failures stamped before this are left out.
    pub since: Option<Timestamp>,
    /// Failures stamped at or after this are left out.
    pub until: Option<Timestamp>,
    /// Names of upstreams, as the counts have them.
    pub topology: Arc<Topology>,
    /// Requests kept at most, failures and counterparts each: about 256 bytes a request. Default 30,000. Over it,
    /// those whose status is a 4xx go first, then a part of the rest is kept, the same for any order of the lines.
    pub requests: usize,
    /// Every file is a layer of its own. Otherwise all files that one product wrote in one format are one layer, as
    /// rotated files are.
    pub by_file: bool,
}

impl Default for LayerSettings {
    fn default() -> Self {
        Self { since: None, until: None, topology: Arc::default(), requests: 30_000, by_file: false }
    }
}

/// The first of two looks at the logs of several layers: it keeps what failed in each.
///
/// Failed is every 5xx, every client that left, every answer that broke off, every failure that a retry hid, and the
/// 4xx that proxies make of requests they cannot or will not take (400, 408, 413, 414, 429, 431).
///
/// The second look is [`Counterparts`]; see [`Layers`](crate::Layers) for an example of both.
#[derive(Debug)]
pub struct Failures {
    settings: Arc<LayerSettings>,
    inputs: Inputs,
    columns: IdColumns,
    schema: usize,
    kept: Bounded,
    spans: Spans,
}

impl Failures {
    /// Nothing yet.
    pub fn new(settings: LayerSettings) -> Self {
        Self::with(Arc::new(settings))
    }

    fn with(settings: Arc<LayerSettings>) -> Self {
        let kept = Bounded::new(settings.requests);
        Self {
            settings,
            inputs: Inputs::default(),
            columns: IdColumns::default(),
            schema: 0,
            kept,
            spans: Spans::new(),
        }
    }

    /// The second look, for the counterparts of what was kept. `None` where all lines are of one layer: there is
    /// nothing to look for then.
    pub fn search(self) -> Option<Counterparts> {
        let wanted = Wanted::new(&self.settings, self.inputs, self.kept)?;
        Some(Counterparts::new(Arc::new(wanted)))
    }

    fn record(&mut self, record: &Record<'_>, offset: u64) {
        let schema = std::ptr::from_ref(record.schema()).addr();
        if self.schema != schema {
            self.columns = IdColumns::of(record.schema());
            self.schema = schema;
        }
        let status = record.status().unwrap_or(Status::NONE);
        if (is_plain_success(record, status) && !origin::masked(record)) || is_refusal(status) {
            return;
        }
        let mut spans = std::mem::take(&mut self.spans);
        self.keep(&record.whole(&mut spans), offset);
        self.spans = spans;
    }

    #[cold]
    fn keep(&mut self, record: &Record<'_>, offset: u64) {
        let place = (self.inputs.current, offset);
        let Some(request) = Request::read(record, &self.columns, place, &self.settings.topology) else {
            return;
        };
        let time = Timestamp::from_micros(request.logged);
        if self.settings.since.is_some_and(|s| time < s) || self.settings.until.is_some_and(|u| time >= u) {
            return;
        }
        if !request.told.failed() {
            return;
        }
        self.inputs.count(request.is_5xx());
        let key = request.key();
        let minor = (400..499).contains(&request.status) && request.told != Told::ClientLeft;
        self.kept.add(Entry { key, minor, request });
    }
}

/// A 4xx that is the application's business, or a scanner's.
const fn is_refusal(status: Status) -> bool {
    matches!(status.code(), 400..=498) && !matches!(status.code(), 400 | 408 | 413 | 414 | 429 | 431 | 460)
}

impl Accumulate for Failures {
    fn wanted(&self, _: &Schema) -> FieldSet {
        FieldSet::of(&[
            Field::Status,
            Field::UpstreamAddr,
            Field::UpstreamStatus,
            Field::Retries,
            Field::AttemptCount,
            Field::Reason,
            Field::Details,
            Field::GrpcStatus,
        ])
    }

    fn begin(&mut self, source: &str, format: &dyn Format) {
        self.inputs.begin(source, format);
        self.schema = 0;
    }

    fn line(&mut self, _: &[u8], offset: u64, result: Result<Line<'_>, LineError>) {
        if let Ok(Line::Access(record)) = result {
            self.record(&record, offset);
        }
    }

    fn merge(&mut self, other: Self) {
        let numbers = self.inputs.merge(other.inputs);
        let mut kept = other.kept;
        renumber(&mut kept, &numbers);
        self.kept.merge(kept);
    }

    fn fresh(&self) -> Self {
        Self::with(Arc::clone(&self.settings))
    }
}

/// Gives the requests of a part the numbers that their inputs have in the whole.
pub(super) fn renumber(kept: &mut Bounded, numbers: &[u32]) {
    for entry in &mut kept.entries {
        let source = &mut entry.request.source;
        *source = numbers.get(*source as usize).copied().unwrap_or(*source);
    }
}
