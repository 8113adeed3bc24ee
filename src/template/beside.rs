//! What a product writes beside its access lines and in other columns: connections that never became a request.

use super::exec::Program;
use super::{Pattern, Shape, fixed, haproxy};
use crate::record::{Record, Spans};
use crate::schema::{Column, Field, Kind, Product, Schema, TimeMeaning};
use crate::time::TimeLayout;

/// The layouts of such lines.
#[derive(Debug, Clone)]
pub(super) struct Beside(Vec<(Schema, Program)>);

impl Beside {
    /// Those of the product of this schema, with stamps at its offset.
    pub(super) fn of(schema: &Schema) -> Self {
        let patterns = match schema.product() {
            Product::Haproxy => [Ok(failed_connection()), haproxy::parse(HANDSHAKE), haproxy::parse(CONNECT)]
                .into_iter()
                .flatten()
                .collect(),
            Product::Alb | Product::Elb | Product::Nlb => vec![fixed::alb_connection()],
            _ => Vec::new(),
        };
        let compiled = patterns.into_iter().map(|pattern: Pattern| {
            let columns = Schema::new(pattern.product, pattern.time_meaning, pattern.columns.clone());
            (columns.with_utc_offset(schema.utc_offset()), Program::new(&pattern))
        });
        Self(compiled.collect())
    }

    /// The record of a line in one of them.
    pub(super) fn read<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Option<Record<'a>> {
        let (schema, _) = self.0.iter().find(|(schema, program)| {
            program.parse(line, spans.reset(schema.columns().len()), false).is_ok()
        })?;
        Some(Record::new(line, schema, &spans.columns))
    }
}

/// The manual's `error-log-format` for HTTPS (`configuration.txt`, section 8.2.5).
const HANDSHAKE: &str = "%ci:%cp [%tr] %ft %ac/%fc %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc";

/// Without `option tcplog` or `httplog` (section 8.2.1).
const CONNECT: &str = "Connect from %ci:%cp to %fi:%fp (%ft/%[mode])";

/// HAProxy's own layout for connections that failed (section 8.2.5): `client [date] frontend/bind: why`.
fn failed_connection() -> Pattern {
    let mut pattern = Pattern::new(Product::Haproxy, TimeMeaning::Start);
    pattern.column(Column::new("%ci:%cp", Field::Client, Kind::Address), Shape::Token);
    pattern.literal(b" [");
    pattern.column(Column::new("%t", Field::Time, Kind::Time(TimeLayout::ClfMillis)), Shape::Token);
    pattern.literal(b"] ");
    pattern.column(Column::new("%ft", Field::Frontend, Kind::Text), Shape::Token);
    pattern.literal(b"/");
    pattern.column(Column::new("bind_name", Field::Other, Kind::Text), Shape::Token);
    pattern.literal(b": ");
    pattern.column(Column::new("error", Field::Reason, Kind::Text), Shape::Rest);
    pattern
}

#[cfg(test)]
mod tests {
    use crate::formats::{Known, by_name};
    use crate::input::Framing;
    use crate::{Format, Line, Record, Spans, Value};

    fn described(record: &Record<'_>) -> String {
        let text = |value: Option<Value<'_>>| {
            value.map_or("-".to_owned(), |v| String::from_utf8_lossy(&v.decoded()).into_owned())
        };
        let time = record.time().map_or("-".to_owned(), |t| t.to_string());
        format!("{time} {} {} {}", text(record.client()), text(record.upstream_addr()), text(record.reason()))
    }

    /// Lines of HAProxy 2.6 and of its manual, of Envoy 1.40, and of the user guide of AWS.
    #[test]
    fn connections_and_unfinished_requests() {
        for (preset, line, kind, want) in [
            (
                "haproxy",
                "127.0.0.1:56059 [22/Nov/2026:07:18:29.754] frt/f1: Connection error during SSL handshake",
                "connection",
                "2026-11-22T06:18:29.754Z 127.0.0.1 - Connection error during SSL handshake",
            ),
            (
                "haproxy",
                "Nov 22 07:18:29 lb haproxy[6]: Connect from ::1:40780 to ::1:5000 (main/HTTP)",
                "connection",
                "- ::1 - -",
            ),
            (
                "haproxy",
                "127.0.0.1:5 [22/Nov/2026:07:18:29.754] tls~ 1/1 0/000000000A000086/0/0/0 shop.test/TLSv1.3/TLS_AES",
                "connection",
                "2026-11-22T06:18:29.754Z 127.0.0.1 - -",
            ),
            (
                "alb",
                r#"2026-11-22T07:18:29.514108Z 192.0.2.39 36280 443 TLSv1.2 ECDHE - "CN=a b" - F5 Failed:ClientCertUntrusted"#,
                "connection",
                "2026-11-22T07:18:29.514108Z 192.0.2.39 - -",
            ),
            (
                "envoy",
                r#"[2026-11-22T07:18:29.533Z] "- - -" 0 UF,URX 87 254 4 - "-" "-" "-" "-" "127.0.0.1:28099""#,
                "connection",
                "2026-11-22T07:18:29.533Z - 127.0.0.1:28099 UF,URX",
            ),
            (
                "azure-appgw",
                r#"{"category":"ApplicationGatewayFirewallLog","timeStamp":"2026-11-22T07:18:29+00:00","properties":{"clientIp":"203.0.113.7","requestUri":"/","action":"Blocked"}}"#,
                "firewall",
                "2026-11-22T07:18:29Z 203.0.113.7 - Blocked",
            ),
            ("haproxy", "Proxy b started.", "event", "none"),
            ("nginx-combined", "2026/11/22 07:12:27 [error] 1#0: *1 x, client: ::1", "error_log", "none"),
        ] {
            let format: Box<dyn Format> = match by_name(preset) {
                Some(Known::Text(format)) => {
                    Box::new(format.framed(Framing::detect([line.as_bytes()])).with_utc_offset(3_600))
                }
                Some(Known::Json(format)) => Box::new(format),
                None => panic!("{preset}"),
            };
            let mut spans = Spans::new();
            match format.parse(line.as_bytes(), &mut spans) {
                Ok(Line::Other(other)) => assert_eq!(other.name(), kind, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
            let read = format.parse_other(line.as_bytes(), &mut spans);
            assert_eq!(read.map_or("none".to_owned(), |record| described(&record)), want, "{line}");
        }
    }
}
