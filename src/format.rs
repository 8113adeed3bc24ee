//! [`Format`]: the extension point. A preset, a compiled template, a JSON field map and a format of your own
//! are all read through it.

use std::fmt::Debug;

use crate::error::LineError;
use crate::record::{Record, Spans};
use crate::schema::{FieldSet, Schema};

mod records;

pub(crate) use records::{Each, Row};
pub use records::{Records, Sink};

/// What a line turned out to be.
#[derive(Debug, Clone, Copy)]
pub enum Line<'a> {
    /// An access record.
    Access(Record<'a>),
    /// Understood, but no access record: a header, a product event, an error-log line.
    Other(Other),
    /// Nothing but white space.
    Blank,
}

/// Kinds of lines that belong in such files and are no access records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Other {
    /// `#Fields`, `#Version`, a banner.
    Header,
    /// Something the product says about itself: HAProxy `Server b/s is DOWN`, ALB's test file, a proxy start.
    Event,
    /// A line of the product's error log.
    ErrorLog,
    /// A connection, not a request: TCP proxy records, `Connect from`, TLS handshake failures.
    Connection,
    /// A record of a request that is not its last one (Envoy start and periodic records).
    NotFinal,
    /// A rule of a web application firewall that matched a request; the request has a record of its own.
    Firewall,
    /// Written by another program in the same stream.
    Foreign,
}

impl Other {
    /// A short stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Event => "event",
            Self::ErrorLog => "error_log",
            Self::Connection => "connection",
            Self::NotFinal => "not_final",
            Self::Firewall => "firewall",
            Self::Foreign => "foreign",
        }
    }
}

/// How lines of one format are understood.
///
/// `parse` is all a format of your own needs. It never panics, takes time linear in the line, and every span lies
/// in the line.
pub trait Format: Send + Sync + Debug {
    /// The name reports use: a preset's name, or what the user gave.
    fn name(&self) -> &str;

    /// The columns.
    fn schema(&self) -> &Schema;

    /// Understands one line, without its line break. `spans` is a buffer to reuse.
    ///
    /// # Errors
    /// The first reason why the line does not fit.
    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError>;

    /// The columns of a line that [`parse`](Self::parse) takes for [`Line::Other`], as far as it has some that are known:
    /// when it was, who the client was, which peer. They are no request, and nothing counts them.
    ///
    /// ```
    /// use brownout::{Format, Line, Other, Spans, formats};
    /// let Some(formats::Known::Text(format)) = formats::by_name("haproxy") else { panic!("a preset") };
    /// let line = b"192.0.2.4:50033 [28/Feb/2025:02:43:10.123] fe/1: SSL handshake failure";
    /// let mut spans = Spans::new();
    /// assert!(matches!(format.parse(line, &mut spans), Ok(Line::Other(Other::Connection))));
    /// let record = format.parse_other(line, &mut spans).unwrap();
    /// assert_eq!(record.client().unwrap().raw(), b"192.0.2.4");
    /// assert_eq!(record.reason().unwrap().raw(), b"SSL handshake failure");
    /// ```
    fn parse_other<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Option<Record<'a>> {
        let _ = (line, spans);
        None
    }

    /// A reader of whole blocks that need not fill columns outside `wanted`. It accepts every line that
    /// [`parse`](Self::parse) accepts, with equal values for the wanted fields.
    ///
    /// Only what lies at the wanted columns is looked at: the fewer are wanted, the more a line of a neighbouring format
    /// can pass for one of this. A word more in front shows where the client is wanted, and not where the status alone is.
    fn scanner(&self, wanted: FieldSet) -> Box<dyn Scanner + '_> {
        let _ = wanted;
        Box::new(LineByLine { format: self, spans: Spans::new() })
    }
}

/// Reads blocks of whole lines.
pub trait Scanner: Send {
    /// Calls `each` for every line of `block` in order, with the offset of the line in the block.
    /// `block` ends with a line break, or at the end of the input.
    #[expect(
        clippy::type_complexity,
        reason = "the three things a line is, spelled out where they are explained"
    )]
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>));

    /// The same lines in the same order, for a sink that takes many records at a time where the scanner has them.
    fn scan_into(&mut self, block: &[u8], sink: &mut dyn Sink) {
        self.scan(block, &mut |line, offset, result| sink.line(line, offset, result));
    }
}

struct LineByLine<'f, F: ?Sized> {
    format: &'f F,
    spans: Spans,
}

impl<F: Format + ?Sized> Scanner for LineByLine<'_, F> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        for (offset, line) in crate::input::lines(block) {
            let result = if line.iter().all(u8::is_ascii_whitespace) {
                Ok(Line::Blank)
            } else {
                self.format.parse(line, &mut self.spans)
            };
            each(line, offset, result);
        }
    }
}
