//! The one engine for positional text: a [`Pattern`] from one of the format languages, compiled for the wanted
//! columns into a plan, and the line loop that runs it.

mod apache;
pub(crate) mod builtin;
mod envoy;
mod exec;
mod fixed;
mod haproxy;
#[cfg(test)]
mod hostile;
mod language;
#[cfg(test)]
mod naive;
mod nginx;
mod object;
mod other;
mod pattern;
mod plan;
mod scanner;
mod sketch;
mod source;
mod strftime;
#[cfg(test)]
mod witness;

#[cfg(test)]
pub(crate) use pattern::Piece;
pub(crate) use pattern::{Pattern, Shape};

use crate::error::{FormatError, LineError};
use crate::format::{Format, Line, Scanner};
use crate::input::Framing;
use crate::record::{Record, Span, Spans};
use crate::schema::{Column, FieldSet, Product, Schema, TimeMeaning};
use exec::Program;

/// A compiled format: nginx `log_format`, Envoy command operators, Apache `LogFormat`, HAProxy `log-format`,
/// or a fixed list of fields.
#[derive(Debug, Clone)]
pub struct Template {
    name: Box<str>,
    schema: Schema,
    pattern: Pattern,
    program: Program,
    framing: Framing,
    strict: bool,
}

/// A format text that is a JSON object, by its keys.
pub(crate) struct KeyMap {
    pub(crate) product: Product,
    pub(crate) time_meaning: TimeMeaning,
    pub(crate) fields: Vec<(Box<str>, Column)>,
}

impl Template {
    /// Compiles an nginx `log_format`: the text between the quotes, or the whole directive as it stands in
    /// nginx.conf (name, `escape=`, several strings).
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn nginx(text: &str) -> Result<Self, FormatError> {
        Ok(Self::new("nginx", nginx::parse(text)?))
    }

    /// Compiles an Envoy access-log format text.
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn envoy(text: &str) -> Result<Self, FormatError> {
        Ok(Self::new("envoy", envoy::parse(text)?))
    }

    /// Compiles an Apache `LogFormat`.
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn apache(text: &str) -> Result<Self, FormatError> {
        Ok(Self::new("apache", apache::parse(text)?))
    }

    /// Compiles a HAProxy `log-format`.
    ///
    /// # Errors
    /// [`FormatError`] with the place of the mistake.
    pub fn haproxy(text: &str) -> Result<Self, FormatError> {
        Ok(Self::new("haproxy", haproxy::parse(text)?))
    }

    /// The keys of a format text that is a JSON object, with the column each of them holds; `None` for any other text.
    pub(crate) fn json_fields(language: &str, text: &str) -> Option<KeyMap> {
        let (fields, product, time_meaning) = match language {
            "nginx" => (nginx::json_fields(text)?, Product::Nginx, TimeMeaning::End),
            "envoy" => (envoy::json_fields(text)?, Product::Envoy, TimeMeaning::Start),
            "apache" => (apache::json_fields(text)?, Product::Apache, TimeMeaning::Start),
            "haproxy" => (haproxy::json_fields(text)?, Product::Haproxy, TimeMeaning::Start),
            _ => return None,
        };
        Some(KeyMap { product, time_meaning, fields })
    }

    /// AWS ALB, every historical width; fields appended later are kept as the tail.
    pub fn alb() -> Self {
        Self::new("alb", fixed::alb())
    }

    /// AWS Classic Load Balancer.
    pub fn elb() -> Self {
        Self::new("elb", fixed::elb())
    }

    /// AWS Network Load Balancer, TLS listeners: connections, without a status.
    pub fn nlb() -> Self {
        Self::new("nlb", fixed::nlb())
    }

    pub(crate) fn new(name: &str, pattern: Pattern) -> Self {
        let schema = Schema::new(pattern.product, pattern.time_meaning, pattern.columns.clone());
        let program = Program::new(&pattern);
        Self { name: name.into(), schema, pattern, program, framing: Framing::None, strict: false }
    }

    /// The same under another name, for reports.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Refuses lines that go on after the format ended, and checks every column of every line: no column is skipped,
    /// which is slower. Without it fields that a product appends are kept and ignored.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Reads stamps without a zone of their own as so many seconds east of UTC.
    #[must_use]
    pub fn with_utc_offset(mut self, seconds: i32) -> Self {
        self.schema = self.schema.with_utc_offset(seconds);
        self
    }

    /// Cuts this framing off every line first. A line without it is read as it is.
    #[must_use]
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Where the line itself begins: behind its framing, and behind blanks that a format may have before it.
    #[inline]
    fn skip(&self, line: &[u8]) -> usize {
        let framed = match self.framing {
            Framing::None => 0,
            framing => framing.payload_start(line).unwrap_or(0),
        };
        let blanks = line[framed..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        framed + blanks
    }

    /// The whole walk over one line without its framing.
    fn understand<'a>(&'a self, line: &'a [u8], spans: &'a mut [Span]) -> Result<Line<'a>, LineError> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(Line::Blank);
        }
        match self.program.parse(line, spans, self.strict) {
            Ok(()) => {
                let record = Record::new(line, &self.schema, spans);
                Ok(other::unfinished(&record).map_or(Line::Access(record), Line::Other))
            }
            Err(error) => other::classify(self.schema.product(), line).map(Line::Other).ok_or(error),
        }
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
        let (skipped, payload) = line.split_at(self.skip(line));
        self.understand(payload, spans.reset(self.schema.columns().len()))
            .map_err(|error| error.behind(skipped.len()))
    }

    fn scanner(&self, wanted: FieldSet) -> Box<dyn Scanner + '_> {
        Box::new(scanner::TemplateScanner::new(self, wanted))
    }
}
