//! Labelled values between tabs, `time:…⇥status:…⇥…`: the labels of the first such line make the format.
//!
//! Source: <http://ltsv.org>, "Labels for Web server's Log", and the names nginx and Apache users give. One program
//! writes the same labels in the same order on every line.

use super::{Pattern, Shape};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, Schema, TimeMeaning, Unit};
use crate::time::TimeLayout;

/// Labels without which a line is something else.
const LEAST: usize = 3;

/// From the first line that is labelled; with the labels of the recommendation where there is none.
pub(super) fn from_lines<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Pattern, FormatError> {
    const USUAL: &[u8] =
        b"time:[x]\thost:x\tforwardedfor:x\treq:x\tstatus:x\tsize:x\treferer:x\tua:x\treqtime:x\tapptime:x\tvhost:x";
    let mut lines = lines.peekable();
    let line = if lines.peek().is_none() { Some(USUAL) } else { lines.find(|line| is_labelled(line)) };
    let line = line.ok_or_else(|| FormatError::new(0..0, "there is no line of labelled values"))?;
    let mut pattern = Pattern::new(Product::Custom, TimeMeaning::End);
    let mut labels = fields(line).take(Schema::MAX_COLUMNS).peekable();
    while let Some((label, value)) = labels.next() {
        let (field, kind) = meaning(label, value);
        let bracket = field == Field::Time && value.starts_with(b"[");
        let before =
            [if pattern.columns.is_empty() { "" } else { "\t" }, label, ":", if bracket { "[" } else { "" }];
        pattern.literal(before.concat().as_bytes());
        let shape = if labels.peek().is_some() { Shape::Text } else { Shape::Rest };
        pattern.column(Column::new(label, field, kind).escaped(Escape::Hex), shape);
        if bracket {
            pattern.literal(b"]");
        }
    }
    pattern.required = pattern.columns.len();
    pattern.check("")
}

fn is_labelled(line: &[u8]) -> bool {
    // Most lines have no tabs.
    if memchr::memchr_iter(b'\t', line).nth(LEAST - 2).is_none() {
        return false;
    }
    let count = fields(line).count();
    count >= LEAST
        && count == line.split(|&b| b == b'\t').count()
        && fields(line).any(|(label, value)| meaning(label, value).0 == Field::Status)
}

/// The labelled values of a line.
fn fields(line: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    line.split(|&b| b == b'\t').filter_map(|part| {
        let colon = part.iter().position(|&b| b == b':')?;
        let label = std::str::from_utf8(part.get(..colon)?).ok()?;
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@');
        (!label.is_empty() && label.bytes().all(fits)).then_some((label, part.get(colon + 1..)?))
    })
}

fn meaning(label: &str, value: &[u8]) -> (Field, Kind) {
    const SECONDS: Kind = Kind::Duration(Unit::Seconds);
    let time = || {
        let clf = value.iter().take(4).any(|&b| b == b'/');
        Kind::Time(if clf { TimeLayout::Clf } else { TimeLayout::Auto })
    };
    match label {
        "time" | "time_local" | "timestamp" | "@timestamp" | "time_iso8601" | "msec" => (Field::Time, time()),
        "host" | "remote_addr" | "client" | "clientip" | "ip" => (Field::Client, Kind::Address),
        "forwardedfor" | "xff" | "x_forwarded_for" | "http_x_forwarded_for" => {
            (Field::ForwardedFor, Kind::Text)
        }
        "req" | "request" => (Field::Request, Kind::Request),
        "method" | "request_method" => (Field::Method, Kind::Text),
        "uri" | "request_uri" | "path" | "url" => (Field::Target, Kind::Text),
        "protocol" | "server_protocol" => (Field::Protocol, Kind::Text),
        "status" | "status_code" => (Field::Status, Kind::Status),
        "size" | "body_bytes" | "body_bytes_sent" | "bytes_sent" | "bytes" => {
            (Field::BytesSent, Kind::Integer)
        }
        "reqsize" | "request_length" => (Field::BytesReceived, Kind::Integer),
        "referer" | "http_referer" => (Field::Referer, Kind::Text),
        "ua" | "user_agent" | "http_user_agent" => (Field::UserAgent, Kind::Text),
        "vhost" | "server_name" | "http_host" => (Field::Host, Kind::Text),
        "reqtime" | "request_time" | "taken_sec" => (Field::Duration, SECONDS),
        "apptime" | "upstream_response_time" => (Field::UpstreamResponseTime, SECONDS),
        "upstream_addr" | "upstream" => (Field::UpstreamAddr, Kind::Address),
        "upstream_status" => (Field::UpstreamStatus, Kind::Status),
        "cache" | "upstream_cache_status" => (Field::CacheStatus, Kind::Text),
        "request_id" | "reqid" => (Field::RequestId, Kind::Text),
        _ => (Field::Other, Kind::Text),
    }
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, Line};
    use crate::record::Spans;
    use crate::template::Template;

    #[test]
    fn labels_make_the_format() {
        let lines: [(&str, &str); 3] = [
            (
                "time:22/Nov/2026:07:12:27 +0000\thost:192.0.2.1\treq:GET /a b HTTP/1.1\tstatus:502\tsize:36\tua:lab (x: y)\treqtime:0.087\tvhost:shop",
                "2026-11-22T07:12:27Z 502 192.0.2.1 GET shop 87000",
            ),
            (
                "status:200\ttime:[22/Nov/2026:07:12:27 +0000]\thost:192.0.2.1\tmethod:POST\turi:/x:y",
                "2026-11-22T07:12:27Z 200 192.0.2.1 POST - -",
            ),
            ("time:2026-11-22T07:12:27+00:00\tstatus:404\tapptime:-", "2026-11-22T07:12:27Z 404 - - - -"),
        ];
        for (line, want) in lines {
            let format = Template::ltsv(std::iter::once(line.as_bytes())).unwrap();
            let mut spans = Spans::new();
            let Ok(Line::Access(r)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
            let text = |v: Option<crate::Value<'_>>| {
                v.map_or("-".into(), |v| String::from_utf8_lossy(v.raw()).into_owned())
            };
            let got = format!(
                "{} {} {} {} {} {}",
                r.time().map_or("-".into(), |t| t.to_string()),
                r.status().map_or(0, crate::Status::code),
                text(r.client()),
                text(r.request_line().method),
                text(r.host()),
                r.duration_micros().map_or("-".into(), |d| d.to_string()),
            );
            assert_eq!(got, want, "{line}");
        }
        assert!(Template::ltsv(std::iter::once(&b"a:1\tb:2"[..])).is_err());
        assert!(Template::ltsv(std::iter::empty()).is_ok());
    }

    #[test]
    fn lines_of_labels() {
        let cases = [
            ("time:1\thost:2\tstatus:200", true),
            ("time:1\tstatus:200", false),
            ("time:1\thost:2\tcode:200", false),
            ("time:1\thost\tsize:2\tstatus:200", false),
            ("time:1\t:2\tsize:2\tstatus:200", false),
            ("time:1\ta b:2\tsize:2\tstatus:200", false),
            ("time:1 host:2 status:200", false),
        ];
        for (line, expected) in cases {
            assert_eq!(super::is_labelled(line.as_bytes()), expected, "{line}");
        }
    }
}
