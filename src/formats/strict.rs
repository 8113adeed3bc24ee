//! [`Strict`]: a format whose lines are checked in every column.

use std::sync::Arc;

use crate::error::{LineError, LineErrorKind};
use crate::format::{Format, Line};
use crate::record::{Record, Spans, Value};
use crate::schema::{Kind, Schema};
use crate::status::Status;

/// Refuses records of which a value is not of its column's kind: a status that is none, a duration without digits, a
/// stamp that cannot be read. Text, addresses and request lines can be anything.
///
/// Its scanner reads all columns of every line, one line after the other.
#[derive(Debug)]
pub(super) struct Strict(pub(super) Arc<dyn Format>);

impl Format for Strict {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema(&self) -> &Schema {
        self.0.schema()
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        let read = self.0.parse(line, spans)?;
        match &read {
            Line::Access(record) => misfit(record, line).map_or(Ok(read), Err),
            _ => Ok(read),
        }
    }

    fn parse_other<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Option<Record<'a>> {
        self.0.parse_other(line, spans)
    }
}

/// The first value that is not of its column's kind.
#[inline(never)]
fn misfit(record: &Record<'_>, line: &[u8]) -> Option<LineError> {
    let columns = 0..record.schema().columns().len();
    let (column, value) = columns
        .filter_map(|i| Some((i, record.column(i)?)))
        .find(|(_, value)| !fits(*value, record.schema().utc_offset()))?;
    let kind = match value.column().kind {
        Kind::Status => LineErrorKind::Status,
        Kind::Time(_) => LineErrorKind::Time,
        _ => LineErrorKind::Value,
    };
    // An unwrapped record does not lie in its line.
    let offset = (value.raw().as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
    Some(LineError::new(kind, if offset <= line.len() { offset } else { 0 }, column))
}

fn fits(value: Value<'_>, utc_offset: i32) -> bool {
    let raw = value.raw();
    if matches!(raw, b"" | b"-") {
        return true;
    }
    // Lists have an element for each attempt; one of them may be absent.
    let each = |fits: &dyn Fn(&[u8]) -> bool| {
        let elements = raw.split(|b| matches!(b, b' ' | b',' | b':'));
        elements.filter(|e| !matches!(*e, b"" | b"-")).all(fits)
    };
    match &value.column().kind {
        Kind::Text | Kind::Address | Kind::Request => true,
        Kind::Status => each(&|element| Status::parse(element).is_some()),
        Kind::Integer => each(&|element| unsigned(value, element).integer().is_some()),
        Kind::Duration(_) => each(&|element| unsigned(value, element).micros().is_some()),
        Kind::Time(layout) => layout.parse(raw, utc_offset).is_some(),
    }
}

/// An element of a list; a sign before it, which says that nothing was measured, is left out.
fn unsigned<'e>(list: Value<'e>, element: &'e [u8]) -> Value<'e> {
    list.part(element.strip_prefix(b"-").unwrap_or(element))
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, Options};
    use crate::error::LineErrorKind;
    use crate::format::Line;
    use crate::record::Spans;
    use crate::schema::{Field, FieldSet};

    const NGINX: &str = r#"192.0.2.7 - - [22/Nov/2026:02:18:10 +0000] "GET / HTTP/1.1" 502 552 "-" "curl/8.14.1" rt=0.004 uct="-, 0.001" uht="-, -" urt="0.000, 0.003" us="502, 502" ua="10.0.1.31:9000, 10.0.2.31:9000" un="checkout""#;
    const ISTIO: &str = r#"{"authority":"lab.local","bytes_received":0,"bytes_sent":14,"downstream_remote_address":"127.0.0.1:56962","duration":2,"method":"GET","path":"/","protocol":"HTTP/1.1","request_id":"b9f31183","response_code":200,"response_code_details":"via_upstream","response_flags":"-","start_time":"2026-11-22T07:23:26.415Z","upstream_cluster":"healthy","upstream_host":"127.0.0.1:28002","upstream_service_time":"0","user_agent":"lab/1.0"}"#;
    const HAPROXY: &str = r#"192.0.2.1:5 [22/Nov/2026:07:08:40.123] f b/s 0/0/-1/-1/+3 503 +10 - - SC-- 1/1/0/0/+3 0/0 "GET / HTTP/1.1""#;

    /// Lines damaged in one column that no count reads: refused at it when every column is checked, and counted when not.
    #[test]
    fn a_column_that_is_skipped_is_checked_too() {
        let cases = [
            ("nginx-upstream", NGINX, "rt=0.004", "rt=0.0x4", LineErrorKind::Value, "request_time"),
            ("nginx-upstream", NGINX, " 552 ", " 5S2 ", LineErrorKind::Value, "body_bytes_sent"),
            (
                "nginx-upstream",
                NGINX,
                "urt=\"0.000, 0.003\"",
                "urt=\"0.000, ?\"",
                LineErrorKind::Value,
                "upstream_response_time",
            ),
            ("istio-json", ISTIO, "\"duration\":2", "\"duration\":\"two\"", LineErrorKind::Value, "duration"),
            (
                "istio-json",
                ISTIO,
                "\"bytes_sent\":14",
                "\"bytes_sent\":1e",
                LineErrorKind::Value,
                "bytes_sent",
            ),
            ("istio-json", ISTIO, "23:26.415Z", "23:99.415Z", LineErrorKind::Time, "start_time"),
            ("haproxy", HAPROXY, "+10", "1O", LineErrorKind::Value, "B"),
        ];
        let counted = FieldSet::of(&[Field::Status, Field::Client]);
        for (preset, line, from, to, kind, column) in cases {
            assert!(line.contains(from), "{preset} {from}");
            let damaged = line.replace(from, to);
            let format = |strict| {
                let options = Options { strict, ..Options::default() };
                Choice::parse(preset, None).unwrap().resolve(&options, line.as_bytes()).unwrap()
            };
            let (strict, lenient) = (format(true), format(false));
            let mut spans = Spans::new();
            assert!(matches!(strict.parse(line.as_bytes(), &mut spans), Ok(Line::Access(_))), "{preset}");
            assert!(matches!(lenient.parse(damaged.as_bytes(), &mut spans), Ok(Line::Access(_))), "{preset}");
            let error = strict.parse(damaged.as_bytes(), &mut spans).unwrap_err();
            let name = &strict.schema().columns()[usize::from(error.column())].name;
            assert_eq!((error.kind(), name.contains(column)), (kind, true), "{preset} {to}: {name}");
            let block = format!("{line}\n{damaged}\n").repeat(20);
            for (format, refused) in [(&strict, 20), (&lenient, 0)] {
                let mut errors = 0;
                format
                    .scanner(counted)
                    .scan(block.as_bytes(), &mut |_, _, result| errors += usize::from(result.is_err()));
                assert_eq!(errors, refused, "{preset} {to}");
            }
        }
    }
}
