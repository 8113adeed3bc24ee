//! The one engine for positional text: a [`Pattern`] from one of the format languages, compiled for the wanted
//! columns into a plan, and the line loop that runs it.

mod apache;
mod builtin;
mod envoy;
mod fixed;
mod haproxy;
#[cfg(test)]
mod hostile;
mod language;
mod nginx;
mod object;
mod pattern;
mod sketch;
mod source;
mod strftime;
#[cfg(test)]
mod witness;

pub(crate) use pattern::{Pattern, Piece, Shape};

use crate::error::{FormatError, LineError, LineErrorKind};
use crate::format::{Format, Line};
use crate::record::Spans;
use crate::schema::Schema;

/// A compiled format: nginx `log_format`, Envoy command operators, Apache `LogFormat`, HAProxy `log-format`,
/// or a fixed list of fields.
#[derive(Debug, Clone)]
pub struct Template {
    name: Box<str>,
    schema: Schema,
    pattern: Pattern,
}

impl Template {
    /// Compiles an nginx `log_format`: the text between the quotes, or the whole directive as it stands in
    /// nginx.conf (name, `escape=`, several strings).
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn nginx(text: &str) -> Result<Self, FormatError> {
        Self::new("nginx", nginx::parse(text)?)
    }

    /// Compiles an Envoy access-log format text.
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn envoy(text: &str) -> Result<Self, FormatError> {
        Self::new("envoy", envoy::parse(text)?)
    }

    /// Compiles an Apache `LogFormat`.
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn apache(text: &str) -> Result<Self, FormatError> {
        Self::new("apache", apache::parse(text)?)
    }

    /// Compiles a HAProxy `log-format`.
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn haproxy(text: &str) -> Result<Self, FormatError> {
        Self::new("haproxy", haproxy::parse(text)?)
    }

    /// AWS ALB, every historical width; fields appended later are kept as the tail.
    pub fn alb() -> Self {
        Self::new("alb", fixed::alb()).expect("the field list is constant")
    }

    pub(crate) fn new(name: &str, pattern: Pattern) -> Result<Self, FormatError> {
        let schema = Schema::new(pattern.product, pattern.time_meaning, pattern.columns.clone());
        Ok(Self { name: name.into(), schema, pattern })
    }
}

impl Format for Template {
    fn name(&self) -> &str {
        &self.name
    }
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        let _ = (line, spans, &self.pattern);
        Err(LineError::new(LineErrorKind::Literal, 0, 0))
    }
}
