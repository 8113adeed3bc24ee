//! Formats that are lists of fields, as AWS documents them: ALB, Classic ELB, NLB.
//!
//! AWS appended fields over the years and says to ignore what is new: a line may stop after any field from
//! the first [`Pattern::required`] on, also where the format has a closing quote and a blank, and whatever
//! follows the last field is left alone.

use super::{Pattern, Shape};
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, TimeMeaning, Unit};
use crate::time::TimeLayout;

/// A field in quotes, or not.
enum Row {
    Bare(&'static str, Field, Kind),
    Quoted(&'static str, Field, Kind),
}
use Row::{Bare, Quoted};

const SECONDS: Kind = Kind::Duration(Unit::Seconds);
const MILLIS: Kind = Kind::Duration(Unit::Millis);
const ISO: Kind = Kind::Time(TimeLayout::Iso);

/// AWS Application Load Balancer. Source: the user guide, "Access log entries". Of its 34 columns the last is
/// undocumented; real lines have it.
///
/// The two `…_list` columns stand in quotes in real lines, without quotes in old examples of the guide.
pub(super) fn alb() -> Pattern {
    let rows = [
        Bare("type", Field::Other, Kind::Text),
        Bare("time", Field::Time, ISO),
        Bare("elb", Field::Frontend, Kind::Text),
        Bare("client:port", Field::Client, Kind::Address),
        Bare("target:port", Field::UpstreamAddr, Kind::Address),
        Bare("request_processing_time", Field::DispatchTime, SECONDS),
        Bare("target_processing_time", Field::UpstreamHeaderTime, SECONDS),
        Bare("response_processing_time", Field::ReturnTime, SECONDS),
        Bare("elb_status_code", Field::Status, Kind::Status),
        Bare("target_status_code", Field::UpstreamStatus, Kind::Status),
        Bare("received_bytes", Field::BytesReceived, Kind::Integer),
        Bare("sent_bytes", Field::BytesSent, Kind::Integer),
        Quoted("request", Field::Request, Kind::Request),
        Quoted("user_agent", Field::UserAgent, Kind::Text),
        Bare("ssl_cipher", Field::Other, Kind::Text),
        Bare("ssl_protocol", Field::Other, Kind::Text),
        Bare("target_group_arn", Field::Upstream, Kind::Text),
        Quoted("trace_id", Field::RequestId, Kind::Text),
        Quoted("domain_name", Field::Host, Kind::Text),
        Quoted("chosen_cert_arn", Field::Other, Kind::Text),
        Bare("matched_rule_priority", Field::Other, Kind::Integer),
        Bare("request_creation_time", Field::StartTime, ISO),
        Quoted("actions_executed", Field::Actions, Kind::Text),
        Quoted("redirect_url", Field::Other, Kind::Text),
        Quoted("error_reason", Field::Reason, Kind::Text),
        Quoted("target:port_list", Field::Other, Kind::Address),
        Quoted("target_status_code_list", Field::Other, Kind::Status),
        Quoted("classification", Field::Other, Kind::Text),
        Quoted("classification_reason", Field::Other, Kind::Text),
        Bare("conn_trace_id", Field::Other, Kind::Text),
        Quoted("transformed_host", Field::Other, Kind::Text),
        Quoted("transformed_uri", Field::Other, Kind::Text),
        Quoted("request_transform_status", Field::Other, Kind::Text),
        Bare("node_ip", Field::Other, Kind::Address),
    ];
    list(Product::Alb, TimeMeaning::End, rows, 12)
}

/// AWS Classic Load Balancer. Source: the user guide, "Access log entries". 15 columns, 12 in old files; for
/// TCP listeners the statuses are `-` and the request is `- - - `.
pub(super) fn elb() -> Pattern {
    let rows = [
        Bare("timestamp", Field::Time, ISO),
        Bare("elb", Field::Frontend, Kind::Text),
        Bare("client:port", Field::Client, Kind::Address),
        Bare("backend:port", Field::UpstreamAddr, Kind::Address),
        Bare("request_processing_time", Field::DispatchTime, SECONDS),
        Bare("backend_processing_time", Field::UpstreamHeaderTime, SECONDS),
        Bare("response_processing_time", Field::ReturnTime, SECONDS),
        Bare("elb_status_code", Field::Status, Kind::Status),
        Bare("backend_status_code", Field::UpstreamStatus, Kind::Status),
        Bare("received_bytes", Field::BytesReceived, Kind::Integer),
        Bare("sent_bytes", Field::BytesSent, Kind::Integer),
        Quoted("request", Field::Request, Kind::Request),
        Quoted("user_agent", Field::UserAgent, Kind::Text),
        Bare("ssl_cipher", Field::Other, Kind::Text),
        Bare("ssl_protocol", Field::Other, Kind::Text),
    ];
    list(Product::Elb, TimeMeaning::Start, rows, 12)
}

/// AWS Network Load Balancer, TLS listeners. Source: the user guide, "Access log entries". One line per
/// connection, and there is no status. `destination:port` is where the connection went as far as the line tells: the
/// listener's own address where the client came straight to the load balancer, an endpoint's where it did not.
pub(super) fn nlb() -> Pattern {
    let rows = [
        Bare("type", Field::Other, Kind::Text),
        Bare("version", Field::Other, Kind::Text),
        Bare("time", Field::Time, ISO),
        Bare("elb", Field::Frontend, Kind::Text),
        Bare("listener", Field::Other, Kind::Text),
        Bare("client:port", Field::Client, Kind::Address),
        Bare("destination:port", Field::UpstreamAddr, Kind::Address),
        Bare("connection_time", Field::Duration, MILLIS),
        Bare("tls_handshake_time", Field::Other, MILLIS),
        Bare("received_bytes", Field::BytesReceived, Kind::Integer),
        Bare("sent_bytes", Field::BytesSent, Kind::Integer),
        Bare("incoming_tls_alert", Field::Reason, Kind::Text),
        Bare("chosen_cert_arn", Field::Other, Kind::Text),
        Bare("chosen_cert_serial", Field::Other, Kind::Text),
        Bare("tls_cipher", Field::Other, Kind::Text),
        Bare("tls_protocol_version", Field::Other, Kind::Text),
        Bare("tls_named_group", Field::Other, Kind::Text),
        Bare("domain_name", Field::Host, Kind::Text),
        Bare("alpn_fe_protocol", Field::Other, Kind::Text),
        Bare("alpn_be_protocol", Field::Other, Kind::Text),
        // Holds quotes of its own: `"h2","http/1.1"`.
        Bare("alpn_client_preference_list", Field::Other, Kind::Text),
        Bare("tls_connection_creation_time", Field::StartTime, ISO),
    ];
    let mut pattern = list(Product::Nlb, TimeMeaning::End, rows, 18);
    if let (Some(shape), Some(column)) = (pattern.shapes.get_mut(20), pattern.columns.get_mut(20)) {
        *shape = Shape::Text;
        column.escape = Escape::None;
    }
    pattern
}

/// Connections of an Application Load Balancer. Source: the user guide, "Connection log entries".
pub(super) fn alb_connection() -> Pattern {
    let rows = [
        Bare("timestamp", Field::Time, ISO),
        Bare("client_ip", Field::Client, Kind::Address),
        Bare("client_port", Field::Other, Kind::Integer),
        Bare("listener_port", Field::Other, Kind::Integer),
        Bare("tls_protocol", Field::Other, Kind::Text),
        Bare("tls_cipher", Field::Other, Kind::Text),
        Bare("tls_handshake_latency", Field::Other, SECONDS),
        Quoted("leaf_client_cert_subject", Field::Other, Kind::Text),
        Bare("leaf_client_cert_validity", Field::Other, Kind::Text),
        Bare("leaf_client_cert_serial_number", Field::Other, Kind::Text),
        Bare("tls_verify_status", Field::TlsVerify, Kind::Text),
        Bare("conn_trace_id", Field::Other, Kind::Text),
    ];
    list(Product::Alb, TimeMeaning::End, rows, 4)
}

fn list<const N: usize>(product: Product, time: TimeMeaning, rows: [Row; N], required: usize) -> Pattern {
    let mut pattern = Pattern::new(product, time);
    for (i, row) in rows.into_iter().enumerate() {
        pattern.literal(if i > 0 { b" " } else { b"" });
        match row {
            Bare(name, field, kind) => {
                pattern.column(Column::new(name, field, kind).escaped(Escape::Hex), Shape::Token);
            }
            Quoted(name, field, kind) => {
                pattern.literal(b"\"");
                // Real lines of 2025 write a quote as `\x22`, those of 2015 as `\"`: this reads both.
                pattern.column(Column::new(name, field, kind).escaped(Escape::Backslash), Shape::Text);
                pattern.literal(b"\"");
            }
        }
    }
    pattern.required = required;
    pattern.open_tail = true;
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_and_places() {
        let cases = [(alb(), 34, 12), (elb(), 15, 12), (nlb(), 22, 18)];
        for (pattern, columns, required) in cases {
            assert_eq!(
                (pattern.columns.len(), pattern.required),
                (columns, required),
                "{:?}",
                pattern.product
            );
            assert!(pattern.open_tail);
            assert!(pattern.check("").is_ok());
        }
    }

    #[test]
    fn alb_columns() {
        let alb = alb();
        assert!(alb.print().starts_with(
            "<type> ' ' <time> ' ' <elb> ' ' <client:port> ' ' <target:port> ' ' <request_processing_time> ' ' \
             <target_processing_time> ' ' <response_processing_time> ' ' <elb_status_code> ' ' \
             <target_status_code> ' ' <received_bytes> ' ' <sent_bytes> ' \"' <request> '\" \"' <user_agent> '\" ' \
             <ssl_cipher> ' ' <ssl_protocol> ' ' <target_group_arn> ' \"' <trace_id> '\" \"' <domain_name>"
        ));
        let cases = [
            ("time", "time Time(Iso) Hex Token"),
            ("target:port", "upstream_addr Address Hex Token"),
            ("elb_status_code", "status Status Hex Token"),
            ("request", "request Request Backslash Text"),
            ("target_group_arn", "upstream Text Hex Token"),
            ("error_reason", "reason Text Backslash Text"),
            ("target:port_list", "other Address Backslash Text"),
        ];
        for (name, want) in cases {
            assert_eq!(alb.describe(name), want, "{name}");
        }
        assert_eq!(nlb().describe("alpn_client_preference_list"), "other Text None Text");
    }
}
