//! Amazon CloudFront: the columns a `#Fields` line names, between tabs.
//!
//! Source: the developer guide, "Configure standard logging" (33 columns, later 35, `date` and `time` apart) and
//! "Use real-time logs" (`timestamp` in seconds since the epoch, `cs-host` for `cs(Host)`). AWS appends columns: the
//! header decides, and what a line has behind the columns it names is left alone. Copies of logs have blanks for the
//! tabs; no value holds one then but `x-forwarded-for`.

use super::{Pattern, Shape};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, TimeMeaning, Unit};
use crate::time::TimeLayout;

/// The columns of the standard log, for files without a header.
const STANDARD: &str = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status \
    cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header \
    cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type \
    cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte \
    x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end \
    distribution-tenant-id connection-id";

/// Width of `2026-11-22`, a separator and `07:08:40`.
const STAMP: u8 = 19;

/// From the header among these lines; from the standard log's where there is none.
pub(super) fn from_lines<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    separator: u8,
) -> Result<Pattern, FormatError> {
    let mut lines = lines.peekable();
    let any = lines.peek().is_some();
    let looks_standard = lines.peek().is_some_and(|line| is_standard(line, separator));
    let header = lines.find_map(|line| line.strip_prefix(b"#Fields:"));
    match header {
        Some(fields) => parse(&String::from_utf8_lossy(fields), separator),
        None if separator == b'\t' || !any || looks_standard => parse("", separator),
        // Words between blanks can be anything.
        None => Err(FormatError::new(0..0, "there is no #Fields line")),
    }
}

/// Whether a line without a header has the places of the standard log: a date, a time, and a status in the ninth.
fn is_standard(line: &[u8], separator: u8) -> bool {
    let mut words = line.split(|&b| b == separator);
    let mut next = |n: usize, width: usize| words.nth(n).is_some_and(|w| w.len() == width);
    next(0, 10) && next(0, 8) && next(6, 3) && words.count() >= 10
}

/// From a `#Fields` line; from the standard log's where it is empty.
pub(super) fn parse(fields: &str, separator: u8) -> Result<Pattern, FormatError> {
    let names = fields.trim_start().strip_prefix("#Fields:").unwrap_or(fields);
    let names = if names.trim().is_empty() { STANDARD } else { names };
    let mut pattern = Pattern::new(Product::CloudFront, TimeMeaning::End);
    let mut names = names.split_whitespace().peekable();
    while let Some(name) = names.next() {
        pattern.literal(if pattern.columns.is_empty() { b"" } else { std::slice::from_ref(&separator) });
        if name == "date" && names.next_if_eq(&"time").is_some() {
            let column = Column::new("date time", Field::Time, Kind::Time(TimeLayout::Iso));
            pattern.column(column, Shape::Width(STAMP));
            continue;
        }
        let (field, kind) = meaning(name);
        pattern.column(Column::new(name, field, kind).escaped(Escape::Percent), Shape::Token);
    }
    settle(&mut pattern, Field::Reason, &["x-edge-detailed-result-type", "x-edge-result-type"]);
    settle(&mut pattern, Field::Host, &["x-host-header", "cs(Host)", "cs-host"]);
    let status = pattern.columns.iter().position(|c| c.field == Field::Status);
    pattern.required = status.map(|status| status + 1).ok_or_else(|| {
        FormatError::new(0..fields.len(), "the fields have no sc-status: it is no log of web requests")
    })?;
    pattern.open_tail = true;
    pattern.check(fields)
}

/// Of several columns with one meaning the first of `names` that is there keeps it.
fn settle(pattern: &mut Pattern, field: Field, names: &[&str]) {
    let best = names.iter().find(|name| pattern.columns.iter().any(|c| *c.name == ***name)).copied();
    for column in pattern.columns.iter_mut().filter(|c| c.field == field && Some(&*c.name) != best) {
        column.field = Field::Other;
    }
}

fn meaning(name: &str) -> (Field, Kind) {
    match name {
        "timestamp" => (Field::Time, Kind::Time(TimeLayout::EpochSeconds)),
        "sc-bytes" => (Field::BytesSent, Kind::Integer),
        "cs-bytes" => (Field::BytesReceived, Kind::Integer),
        "c-ip" => (Field::Client, Kind::Address),
        "cs-method" => (Field::Method, Kind::Text),
        "cs(Host)" | "cs-host" | "x-host-header" => (Field::Host, Kind::Text),
        "cs-uri-stem" => (Field::Target, Kind::Text),
        "sc-status" => (Field::Status, Kind::Status),
        "cs(Referer)" | "cs-referer" => (Field::Referer, Kind::Text),
        "cs(User-Agent)" | "cs-user-agent" => (Field::UserAgent, Kind::Text),
        "x-edge-request-id" => (Field::RequestId, Kind::Text),
        "cs-protocol-version" => (Field::Protocol, Kind::Text),
        "time-taken" => (Field::Duration, Kind::Duration(Unit::Seconds)),
        "time-to-first-byte" => (Field::Other, Kind::Duration(Unit::Seconds)),
        "x-forwarded-for" => (Field::ForwardedFor, Kind::Text),
        "x-edge-result-type" | "x-edge-detailed-result-type" => (Field::Reason, Kind::Text),
        _ => (Field::Other, Kind::Text),
    }
}

#[cfg(test)]
mod tests {
    use crate::error::LineErrorKind;
    use crate::format::{Format, Line, Other};
    use crate::record::{Record, Spans};
    use crate::template::Template;

    fn text(record: &Record<'_>) -> String {
        let request = record.request_line();
        let part = |value: Option<crate::Value<'_>>| {
            value.map_or("-".to_owned(), |v| String::from_utf8_lossy(&v.decoded()).into_owned())
        };
        format!(
            "{} {} {} {} {} {} {}",
            record.time().map_or("-".into(), |t| t.to_string()),
            record.status().map_or(0, crate::Status::code),
            part(request.method),
            part(record.host()),
            part(record.reason()),
            record.duration_micros().unwrap_or(0),
            part(record.user_agent()),
        )
    }

    /// Standard log without a header, 33 and 35 columns, one more than known, and one cut by an older version.
    #[test]
    fn columns_of_every_age() {
        let old = "2026-11-22\t07:08:40\tFRA2\t182\t192.0.2.10\tGET\td1.cloudfront.net\t/a%20b\t502\t-\t\
                   curl/8.0%2522\t-\t-\tError\tMRVMF7==\twww.example.com\thttps\t217\t0.107";
        let wide = format!(
            "{old}\t203.0.113.7, 10.0.0.1\tTLSv1.3\tTLS_AES\tError\tHTTP/2.0\t-\t-\t51754\t0.107\tOriginDnsError\t-\t-\t-\t-"
        );
        let lines = [
            (old.to_owned(), "2026-11-22T07:08:40Z 502 GET www.example.com - 107000 curl/8.0%22"),
            (wide.clone(), "2026-11-22T07:08:40Z 502 GET www.example.com OriginDnsError 107000 curl/8.0%22"),
            (
                format!("{wide}\ttenant\tconn\tnew"),
                "2026-11-22T07:08:40Z 502 GET www.example.com OriginDnsError 107000 curl/8.0%22",
            ),
        ];
        let format = Template::cloudfront("").unwrap();
        let mut spans = Spans::new();
        for (line, want) in lines {
            match format.parse(line.as_bytes(), &mut spans) {
                Ok(Line::Access(record)) => assert_eq!(text(&record), want, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_header_decides() {
        let cases = [
            (
                "#Fields: date time sc-status cs-method x-new-column cs(Host) x-edge-result-type time-taken",
                "2026-11-22\t07:08:40\t000\tGET\tnew\td1.cloudfront.net\tMiss\t0.5",
                "2026-11-22T07:08:40Z 0 GET d1.cloudfront.net Miss 500000 -",
            ),
            (
                "#Fields: timestamp c-ip sc-status cs-method cs-host cs-user-agent time-taken",
                "1795331320.541\t192.0.2.1\t999\tPUT\td1.cloudfront.net\tx%20y\t0.042",
                "2026-11-22T07:08:40.541Z 999 PUT d1.cloudfront.net - 42000 x y",
            ),
        ];
        let mut spans = Spans::new();
        for (fields, line, want) in cases {
            let format = Template::cloudfront(fields).unwrap();
            match format.parse(line.as_bytes(), &mut spans) {
                Ok(Line::Access(record)) => assert_eq!(text(&record), want, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
            assert!(matches!(format.parse(b"#Version: 1.0", &mut spans), Ok(Line::Other(Other::Header))));
            let short = &line.as_bytes()[..12];
            let error = format.parse(short, &mut spans).unwrap_err();
            assert!(
                matches!(
                    error.kind(),
                    LineErrorKind::Truncated | LineErrorKind::Literal | LineErrorKind::Time
                ),
                "{error:?}"
            );
        }
        assert!(Template::cloudfront("#Fields: date time x-event").is_err());
    }

    /// Copies with blanks for tabs are known by their places where no header says what they are.
    #[test]
    fn without_a_header() {
        let known = |line: &str, separator| {
            Template::cloudfront_of(std::iter::once(line.as_bytes()), separator).is_ok()
        };
        let rest = "- ua - - Error id host https 1 0.1";
        let line = |date: &str, time: &str, status: &str, rest: &str| {
            format!("{date} {time} FRA 1 192.0.2.1 GET d.example / {status} {rest}")
        };
        assert!(known(&line("2026-11-22", "07:08:40", "502", rest), b' '));
        assert!(!known(&line("26-11-22", "07:08:40", "502", rest), b' '));
        assert!(!known(&line("2026-11-22", "7:08:40", "502", rest), b' '));
        assert!(!known(&line("2026-11-22", "07:08:40", "-", rest), b' '));
        assert!(!known(&line("2026-11-22", "07:08:40", "502", "- ua - - Error id host https 1"), b' '));
        assert!(known("anything", b'\t'));
        assert!(Template::cloudfront_of(std::iter::empty(), b' ').is_ok());
    }

    /// A line may end behind the status, and not before it.
    #[test]
    fn the_status_is_needed() {
        let format = Template::cloudfront("#Fields: c-ip cs-method sc-status cs-host x-a").unwrap();
        let read = |line: &str| format.parse(line.as_bytes(), &mut Spans::new()).is_ok();
        assert!(read("192.0.2.1\tGET\t502\thost\ta") && read("192.0.2.1\tGET\t502"));
        assert!(!read("192.0.2.1\tGET"));
    }
}
