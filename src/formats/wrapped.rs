//! Formats around formats: a framing undone line by line, and the format of a file that has none.

use std::sync::Arc;

use crate::error::{LineError, LineErrorKind};
use crate::format::{Format, Line, Other};
use crate::input::Framing;
use crate::record::{Record, Spans};
use crate::schema::{Product, Schema, TimeMeaning};

/// Lines whose framing is undone one by one: JSON wrappers (docker, journald), and any framing around JSON.
#[derive(Debug)]
pub(super) struct Unwrapping {
    inner: Arc<dyn Format>,
    framing: Framing,
    program: Option<Box<[u8]>>,
}

impl Unwrapping {
    /// `program` is the one that writes the records: what another one wrote and does not fit is foreign.
    pub(super) fn around(
        inner: impl Format + 'static,
        framing: Framing,
        program: Option<&[u8]>,
    ) -> Arc<dyn Format> {
        Arc::new(Self { inner: Arc::new(inner), framing, program: program.map(Into::into) })
    }
}

impl Format for Unwrapping {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema(&self) -> &Schema {
        self.inner.schema()
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        let (buffer, inner) = spans.nested();
        let payload = self.framing.unwrap(line, buffer).unwrap_or(line);
        match self.inner.parse(payload, inner) {
            Err(_) if self.framing.is_foreign(line, self.program.as_deref()) => {
                Ok(Line::Other(Other::Foreign))
            }
            result => result,
        }
    }

    fn parse_other<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Option<Record<'a>> {
        let (buffer, inner) = spans.nested();
        let payload = self.framing.unwrap(line, buffer).unwrap_or(line);
        self.inner.parse_other(payload, inner)
    }
}

/// What other programs wrote than those whose formats are known: never a record.
#[derive(Debug)]
pub(super) struct Strangers {
    schema: Schema,
    framing: Framing,
    known: Vec<Vec<u8>>,
}

impl Strangers {
    /// Lines of any program but the `known` ones.
    pub(super) fn beside(known: Vec<Vec<u8>>, framing: Framing) -> Self {
        Self { schema: Schema::new(Product::Custom, TimeMeaning::End, Vec::new()), framing, known }
    }
}

impl Format for Strangers {
    fn name(&self) -> &'static str {
        "strangers"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn parse<'a>(&'a self, line: &'a [u8], _: &'a mut Spans) -> Result<Line<'a>, LineError> {
        match self.framing.tag(line) {
            Some(tag) if self.known.iter().all(|known| known != tag) => Ok(Line::Other(Other::Foreign)),
            _ => Err(LineError::new(LineErrorKind::Format, 0, usize::MAX)),
        }
    }
}

/// Lines of a file in no known format: each is refused.
#[derive(Debug)]
pub(crate) struct Unrecognised(Schema);

impl Default for Unrecognised {
    fn default() -> Self {
        Self(Schema::new(Product::Custom, TimeMeaning::End, Vec::new()))
    }
}

impl Format for Unrecognised {
    fn name(&self) -> &'static str {
        "unrecognised"
    }

    fn schema(&self) -> &Schema {
        &self.0
    }

    fn parse<'a>(&'a self, _: &'a [u8], _: &'a mut Spans) -> Result<Line<'a>, LineError> {
        Err(LineError::new(LineErrorKind::Format, 0, usize::MAX))
    }
}
