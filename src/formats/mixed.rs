//! Several formats of one product in one file: [`Mixed`].
//!
//! One HAProxy writes HTTP and TCP frontends to the same socket, one nginx several `access_log`s to the same standard
//! output. The first member reads at full speed; what it refuses is offered to the others in turn.

use std::sync::Arc;

use crate::error::LineError;
use crate::format::{Each, Format, Line, Records, Scanner, Sink};
use crate::record::{Record, Spans};
use crate::schema::{FieldSet, Schema};

/// Lines of several formats. Schema and errors are those of the first; the records of the others carry schemas
/// of their own.
#[derive(Debug)]
pub(super) struct Mixed {
    name: Box<str>,
    first: Arc<dyn Format>,
    others: Vec<Arc<dyn Format>>,
}

impl Mixed {
    /// `first`, and `others` where there are any.
    pub(super) fn of(name: &str, first: Arc<dyn Format>, others: Vec<Arc<dyn Format>>) -> Arc<dyn Format> {
        if others.is_empty() { first } else { Arc::new(Self { name: name.into(), first, others }) }
    }
}

impl Mixed {
    /// Who reads this line.
    fn reader(&self, line: &[u8], spans: &mut Spans) -> &dyn Format {
        let mut all = std::iter::once(&self.first).chain(&self.others);
        &**all.find(|format| format.parse(line, spans).is_ok()).unwrap_or(&self.first)
    }
}

impl Format for Mixed {
    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self) -> &Schema {
        self.first.schema()
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        // Each has spans of its own: what one of them leaves there is out of reach for the next.
        let (first, others) = spans.several(self.others.len());
        let error = match self.first.parse(line, first) {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        let mut others = self.others.iter().zip(others);
        others.find_map(|(format, spans)| format.parse(line, spans).ok()).ok_or(error)
    }

    fn parse_other<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Option<Record<'a>> {
        self.reader(line, spans).parse_other(line, spans)
    }

    fn scanner(&self, wanted: FieldSet) -> Box<dyn Scanner + '_> {
        let others = self.others.iter().map(|format| (&**format, Spans::new())).collect();
        Box::new(MixedScanner { first: self.first.scanner(wanted), others })
    }
}

struct MixedScanner<'f> {
    first: Box<dyn Scanner + 'f>,
    others: Vec<(&'f dyn Format, Spans)>,
}

impl Scanner for MixedScanner<'_> {
    fn scan(&mut self, block: &[u8], each: &mut dyn FnMut(&[u8], usize, Result<Line<'_>, LineError>)) {
        self.scan_into(block, &mut Each(each));
    }

    fn scan_into(&mut self, block: &[u8], sink: &mut dyn Sink) {
        self.first.scan_into(block, &mut Retry { others: &mut self.others, sink });
    }
}

/// Offers what the first format refused to the others.
struct Retry<'s, 'f> {
    others: &'s mut [(&'f dyn Format, Spans)],
    sink: &'s mut dyn Sink,
}

impl Sink for Retry<'_, '_> {
    fn line(&mut self, line: &[u8], offset: usize, result: Result<Line<'_>, LineError>) {
        if result.is_err() {
            for (format, spans) in &mut *self.others {
                if let Ok(read) = format.parse(line, spans) {
                    return self.sink.line(line, offset, Ok(read));
                }
            }
        }
        self.sink.line(line, offset, result);
    }

    fn records(&mut self, records: &Records<'_>) {
        self.sink.records(records);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Field;
    use crate::template::Template;

    const LINES: &[u8] = b"10.0.0.9 502 0.010\n10.0.0.9 200\nGET / 404\n\nnonsense here too\n";

    fn mixed() -> Arc<dyn Format> {
        let format = |text| Arc::new(Template::nginx(text).unwrap().strict(true)) as Arc<dyn Format>;
        let others = vec![format("$remote_addr $status"), format("$request_method $request_uri $status")];
        Mixed::of("mixed", format("$remote_addr $status $request_time"), others)
    }

    #[test]
    fn each_line_by_the_first_format_that_reads_it() {
        let mixed = mixed();
        let read = |line: &[u8], spans: &mut Spans| match mixed.parse(line, spans) {
            Ok(Line::Access(r)) => format!(
                "{} {}",
                r.status().map_or(0, crate::Status::code),
                if r.schema().has(Field::Method) { "method" } else { "client" }
            ),
            Ok(Line::Blank) => "blank".into(),
            Ok(Line::Other(other)) => other.name().into(),
            Err(_) => "refused".into(),
        };
        let want = ["502 client", "200 client", "404 method", "blank", "refused"];
        let mut spans = Spans::new();
        let parsed: Vec<String> =
            crate::input::lines(LINES).map(|(_, line)| read(line, &mut spans)).collect();
        assert_eq!(parsed, want);
        let mut scanned = 0;
        mixed.scanner(FieldSet::of(&[Field::Status])).scan(LINES, &mut |_, _, result| {
            let status = match &result {
                Ok(Line::Access(r)) => r.status().map_or(0, crate::Status::code).to_string(),
                Ok(_) => "blank".into(),
                Err(_) => "refused".into(),
            };
            assert!(want[scanned].starts_with(&status), "{status} for line {scanned}");
            scanned += 1;
        });
        assert_eq!(scanned, want.len());
    }
}
