//! The one engine for positional text: a [`Pattern`] from one of the format languages, compiled for the wanted
//! columns into a plan, and the line loop that runs it.

mod apache;
mod beside;
mod brisk;
pub(crate) mod builtin;
mod cloudfront;
mod envoy;
mod exec;
mod fixed;
mod frame;
#[cfg(test)]
mod generated;
mod haproxy;
#[cfg(test)]
mod hostile;
mod language;
mod ltsv;
#[cfg(test)]
mod naive;
mod nginx;
mod object;
mod other;
mod pattern;
mod plan;
mod repeated;
mod scanner;
mod search;
mod sketch;
mod source;
mod strftime;
#[cfg(test)]
mod texts;
mod traefik;
#[cfg(test)]
mod vocabulary;
#[cfg(test)]
mod witness;

pub(crate) use pattern::{Pattern, Shape};

use std::sync::{Arc, OnceLock};

use crate::error::{FormatError, LineError, LineErrorKind};
use crate::format::{Format, Line, Other, Scanner};
use crate::input::Framing;
use crate::record::{Record, Span, Spans};
use crate::schema::{Column, FieldSet, Product, Schema, TimeMeaning};
use crate::time::Timestamp;
use beside::Beside;
use exec::Program;

/// A compiled format: nginx `log_format`, Envoy command operators, Apache `LogFormat`, HAProxy `log-format`,
/// or a fixed list of fields. Copies share what was compiled: cloning one takes a few reference counts.
#[derive(Debug, Clone)]
pub struct Template {
    name: Arc<str>,
    schema: Schema,
    // Copies of a template differ in how they are framed and who asks: what was compiled they share.
    pattern: Arc<Pattern>,
    program: Arc<Program>,
    framing: Framing,
    /// Who writes the records, where the framing tells.
    program_name: Option<Box<[u8]>>,
    strict: bool,
    /// No line has a frame of its own.
    bare: bool,
    /// Lines of other layouts that the product writes; made when the first of them is read.
    beside: OnceLock<Beside>,
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
    /// Envoy escapes nothing in it, so that a client can write quotes: see
    /// [`Record::is_ambiguous`](crate::Record::is_ambiguous). Its JSON formats leave no doubt.
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

    /// Amazon CloudFront: the columns a `#Fields` line names, those of the standard log without one.
    ///
    /// ```
    /// use brownout::{Format, Line, Spans, Template};
    /// let format = Template::cloudfront("#Fields: date time c-ip sc-status cs-method cs-uri-stem")?;
    /// let line = b"2026-11-22\t07:08:40\t192.0.2.1\t502\tGET\t/";
    /// let mut spans = Spans::new();
    /// let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { panic!() };
    /// assert_eq!(record.time().unwrap().to_string(), "2026-11-22T07:08:40Z");
    /// assert_eq!(record.status().unwrap().code(), 502);
    /// # Ok::<(), brownout::FormatError>(())
    /// ```
    ///
    /// # Errors
    /// [`FormatError`] when the line names no `sc-status`, or more than 250 columns.
    pub fn cloudfront(fields: &str) -> Result<Self, FormatError> {
        Ok(Self::new("cloudfront", cloudfront::parse(fields, b'\t')?))
    }

    /// CloudFront as the header among these lines says.
    pub(crate) fn cloudfront_of<'a>(
        lines: impl Iterator<Item = &'a [u8]>,
        separator: u8,
    ) -> Result<Self, FormatError> {
        Ok(Self::new("cloudfront", cloudfront::from_lines(lines, separator)?))
    }

    /// Traefik's CLF. Referer, user agent and router hold quotes that nobody escaped: the line is read from both ends.
    pub fn traefik() -> Self {
        Self::new("traefik", traefik::clf())
    }

    /// Traefik's `genericCLF`: nothing behind the user agent.
    pub(crate) fn traefik_generic() -> Self {
        Self::new("traefik-generic", traefik::generic())
    }

    /// Traefik's common log format: nothing behind the size.
    pub(crate) fn traefik_common() -> Self {
        Self::new("traefik-common", traefik::common())
    }

    /// Labelled values between tabs, with the labels that these lines have.
    pub(crate) fn ltsv<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Self, FormatError> {
        Ok(Self::new("ltsv", ltsv::from_lines(lines)?))
    }

    /// Traefik v2.1's CLF of a request that no server was asked for: dashes without quotes.
    pub(crate) fn traefik_unrouted() -> Self {
        Self::new("traefik-unrouted", traefik::unrouted(true))
    }

    /// The same without a router.
    pub(crate) fn traefik_unknown() -> Self {
        Self::new("traefik-unknown", traefik::unrouted(false))
    }

    /// Traefik v1's CLF without referer, router and server.
    pub(crate) fn traefik_v1_unrouted() -> Self {
        Self::new("traefik-v1-unrouted", traefik::v1_unrouted())
    }

    /// Traefik v1's CLF of a request without a referer: a dash without quotes.
    pub(crate) fn traefik_v1() -> Self {
        Self::new("traefik-v1", traefik::v1())
    }

    pub(crate) fn new(name: &str, pattern: Pattern) -> Self {
        let schema = Schema::new(pattern.product, pattern.time_meaning, pattern.columns.clone());
        let program = Program::new(&pattern);
        let schema = schema.with_bare_quotes(program.bare_quotes());
        Self {
            name: name.into(),
            schema,
            pattern: Arc::new(pattern),
            program: Arc::new(program),
            framing: Framing::None,
            program_name: None,
            strict: false,
            bare: false,
            beside: OnceLock::new(),
        }
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
        self.beside = OnceLock::new();
        self
    }

    /// Reads stamps that name no year as of the newest in which they are not after this instant.
    #[must_use]
    pub(crate) fn with_newest(mut self, newest: Option<Timestamp>) -> Self {
        if let Some(newest) = newest {
            self.schema = self.schema.with_newest(newest);
        }
        self
    }

    /// Cuts this framing off every line first. A line without it is read as it is.
    #[must_use]
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// For lines of which none has a frame of its own: where many formats are tried on them, each would look for one.
    #[must_use]
    pub(crate) fn bare(mut self, bare: bool) -> Self {
        self.bare = bare;
        self
    }

    /// What does not fit and was written by another program than this one is foreign.
    #[must_use]
    pub(crate) fn of_program(mut self, program: Option<&[u8]>) -> Self {
        self.program_name = program.map(Into::into);
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

    /// A framed line in a file whose lines mostly are not.
    #[cold]
    fn understand_framed<'a>(&'a self, line: &'a [u8], spans: &'a mut [Span]) -> Option<Line<'a>> {
        let payload = line.get(own_frame(line)?..)?;
        spans.fill(Span::ABSENT);
        let read = self.program.parse(payload, spans, self.strict);
        read.is_ok().then(|| Line::Access(Record::new(payload, &self.schema, spans)))
    }

    /// The whole walk over one line; `skipped` bytes of it are its framing.
    fn understand<'a>(
        &'a self,
        framed: &'a [u8],
        skipped: usize,
        spans: &'a mut [Span],
    ) -> Result<Line<'a>, LineError> {
        let line = framed.get(skipped..).unwrap_or_default();
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(Line::Blank);
        }
        match self.program.parse(line, spans, self.strict) {
            Ok(()) => {
                let record = Record::new(line, &self.schema, spans);
                Ok(other::unfinished(&record).map_or(Line::Access(record), Line::Other))
            }
            Err(error) => match other::classify(self.schema.product(), line) {
                Some(other) => Ok(Line::Other(other)),
                // A line that is as the format says and goes on has no frame: its first words have been read.
                None if error.kind() == LineErrorKind::Trailing => Err(error),
                None if self.framing == Framing::None && skipped == 0 && !self.bare => {
                    self.understand_framed(line, spans).ok_or(error)
                }
                None if self.framing.is_foreign(framed, self.program_name.as_deref()) => {
                    Ok(Line::Other(Other::Foreign))
                }
                None => Err(error),
            },
        }
    }
}

/// Where the payload begins of a line that has a frame of its own, which a [`Template`] looks for where the line does not
/// fit as it stands.
pub(crate) fn own_frame(line: &[u8]) -> Option<usize> {
    if line.first() == Some(&b'{') {
        // In a JSON frame the payload is an escaped string: there is no place where it begins, and looking for its key was
        // most of what it took to recognise a JSON log.
        return None;
    }
    Framing::detect([line]).payload_start(line).filter(|&start| start > 0)
}

impl Format for Template {
    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        let skipped = self.skip(line);
        self.understand(line, skipped, spans.reset(self.schema.columns().len()))
            .map_err(|error| error.behind(skipped))
    }

    fn parse_other<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Option<Record<'a>> {
        let payload = line.get(self.skip(line)..)?;
        if self.program.parse(payload, spans.reset(self.schema.columns().len()), self.strict).is_ok() {
            return Some(Record::new(payload, &self.schema, &spans.columns));
        }
        self.beside.get_or_init(|| Beside::of(&self.schema)).read(payload, spans)
    }

    fn scanner(&self, wanted: FieldSet) -> Box<dyn Scanner + '_> {
        Box::new(scanner::TemplateScanner::new(self, wanted))
    }
}
