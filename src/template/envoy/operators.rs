//! What Envoy's operators mean and hold.
//!
//! Source: `substitution_formatter.rst`. An operator that is not here (an extension's, or a newer one) is text,
//! kept by its name.

use crate::schema::{Field, Kind, Unit};
use crate::template::sketch::{Meaning, Reach};
use crate::template::strftime;
use crate::time::TimeLayout;

pub(super) fn meaning(name: &str, argument: Option<&str>) -> Meaning {
    use Field::{
        AttemptCount, BytesReceived, BytesSent, Client, Details, Duration, GrpcStatus, Host, Other, Protocol,
        Reason, RequestId, Status, Time, TransportFailure, Upstream, UpstreamAddr, UpstreamHeaderTime,
    };
    match name {
        "START_TIME" | "START_TIME_LOCAL" => stamp(Time, argument),
        "EMIT_TIME" | "EMIT_TIME_LOCAL" => stamp(Other, argument),
        "REQ" | "REQUEST_HEADER" => first_header(argument, request_header),
        "RESP" | "RESPONSE_HEADER" | "TRAILER" | "RESPONSE_TRAILER" => {
            first_header(argument, response_header)
        }

        "PROTOCOL" => token(Protocol),
        "RESPONSE_CODE" => Meaning::new(Status, Kind::Status, Reach::Token),
        "RESPONSE_CODE_DETAILS" if argument.is_some() => text(Details),
        "RESPONSE_CODE_DETAILS" => token(Details),
        "RESPONSE_FLAGS" => token(Reason),
        "RESPONSE_FLAGS_LONG" => token(Reason).rank(1),
        "BYTES_RECEIVED" => integer(BytesReceived),
        "BYTES_SENT" => integer(BytesSent),

        "DURATION" => millis(Duration),
        "RESPONSE_DURATION" => millis(UpstreamHeaderTime).rank(1),
        "REQUEST_DURATION"
        | "REQUEST_TX_DURATION"
        | "RESPONSE_TX_DURATION"
        | "ROUNDTRIP_DURATION"
        | "DOWNSTREAM_HANDSHAKE_DURATION"
        | "UPSTREAM_CONNECTION_POOL_READY_DURATION" => millis(Other),
        "COMMON_DURATION" => Meaning::new(Other, Kind::Duration(common_unit(argument)), Reach::Token),

        "UPSTREAM_HOST" => address(UpstreamAddr),
        "UPSTREAM_REMOTE_ADDRESS" => address(UpstreamAddr).rank(1),
        "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => address(UpstreamAddr).rank(2),
        "UPSTREAM_CLUSTER" => word(Upstream),
        "UPSTREAM_CLUSTER_RAW" => word(Upstream).rank(1),
        "UPSTREAM_TRANSPORT_FAILURE_REASON" => text(TransportFailure),
        "UPSTREAM_REQUEST_ATTEMPT_COUNT" => integer(AttemptCount),

        "DOWNSTREAM_REMOTE_ADDRESS" => address(Client),
        "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => address(Client).rank(1),
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS" => address(Client).rank(2),
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" => address(Client).rank(3),
        "UPSTREAM_LOCAL_ADDRESS"
        | "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"
        | "DOWNSTREAM_LOCAL_ADDRESS"
        | "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"
        | "DOWNSTREAM_DIRECT_LOCAL_ADDRESS" => address(Other),
        "REQUESTED_SERVER_NAME" => word(Host).rank(1),

        "GRPC_STATUS_NUMBER" => integer(GrpcStatus),
        "GRPC_STATUS" => token(GrpcStatus).rank(1),
        "STREAM_ID" | "TRACE_ID" => token(RequestId).rank(2),

        "HOSTNAME"
        | "ACCESS_LOG_TYPE"
        | "CONNECTION_ID"
        | "UPSTREAM_CONNECTION_ID"
        | "UPSTREAM_PROTOCOL"
        | "DOWNSTREAM_LOCAL_PORT"
        | "DOWNSTREAM_REMOTE_PORT"
        | "UPSTREAM_LOCAL_PORT"
        | "UPSTREAM_REMOTE_PORT"
        | "DOWNSTREAM_TLS_VERSION"
        | "DOWNSTREAM_TLS_CIPHER"
        | "UPSTREAM_TLS_VERSION"
        | "UPSTREAM_TLS_CIPHER"
        | "REQUEST_HEADERS_BYTES"
        | "RESPONSE_HEADERS_BYTES"
        | "RESPONSE_TRAILERS_BYTES"
        | "UPSTREAM_WIRE_BYTES_SENT"
        | "UPSTREAM_WIRE_BYTES_RECEIVED"
        | "UPSTREAM_HEADER_BYTES_SENT"
        | "UPSTREAM_HEADER_BYTES_RECEIVED"
        | "DOWNSTREAM_WIRE_BYTES_SENT"
        | "DOWNSTREAM_WIRE_BYTES_RECEIVED"
        | "DOWNSTREAM_HEADER_BYTES_SENT"
        | "DOWNSTREAM_HEADER_BYTES_RECEIVED" => token(Other),
        _ => text(Other),
    }
}

/// `X?Y`: the first header that has a meaning gives it.
fn first_header(argument: Option<&str>, table: fn(&str) -> Option<Meaning>) -> Meaning {
    let mut headers = argument.unwrap_or_default().split('?');
    headers.find_map(|header| table(&header.to_ascii_lowercase())).unwrap_or_else(|| text(Field::Other))
}

fn request_header(name: &str) -> Option<Meaning> {
    Some(match name {
        ":method" => token(Field::Method),
        // A blank cannot get into a path, and after a blank stands the protocol.
        ":path" | "x-envoy-original-path" => token(Field::Target),
        ":authority" => text(Field::Host),
        "host" => text(Field::Host).rank(1),
        "x-forwarded-host" => text(Field::Host).rank(2),
        "x-forwarded-for" => text(Field::ForwardedFor),
        "user-agent" => text(Field::UserAgent),
        "referer" => text(Field::Referer),
        "x-request-id" => text(Field::RequestId),
        "traceparent" | "x-b3-traceid" => text(Field::RequestId).rank(3),
        "x-envoy-attempt-count" => integer(Field::AttemptCount).rank(1),
        _ => return None,
    })
}

fn response_header(name: &str) -> Option<Meaning> {
    Some(match name {
        "x-envoy-upstream-service-time" => millis(Field::UpstreamHeaderTime),
        "grpc-status" => word(Field::GrpcStatus).rank(2),
        "x-envoy-attempt-count" => integer(Field::AttemptCount).rank(1),
        _ => return None,
    })
}

fn stamp(field: Field, argument: Option<&str>) -> Meaning {
    let layout = match argument {
        None | Some("") => TimeLayout::Iso,
        Some(text) => strftime::layout(text),
    };
    let reach = if argument.is_some_and(|text| text.contains([' ', '"', '%'])) && blank_inside(&layout) {
        Reach::Text
    } else {
        Reach::Token
    };
    Meaning::new(field, Kind::Time(layout), reach)
}

/// Whether a stamp of this layout can hold a blank.
fn blank_inside(layout: &TimeLayout) -> bool {
    match layout {
        TimeLayout::Clf => true,
        TimeLayout::Strftime(text) => text.contains([' ', '"', 'c', '+']),
        _ => false,
    }
}

/// The unit of `COMMON_DURATION(START:END:UNIT)`.
fn common_unit(argument: Option<&str>) -> Unit {
    match argument.and_then(|argument| argument.rsplit(':').next()) {
        Some("us") => Unit::Micros,
        Some("ns") => Unit::Nanos,
        _ => Unit::Millis,
    }
}

fn token(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Token)
}
fn word(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Word)
}
fn text(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Text)
}
fn integer(field: Field) -> Meaning {
    Meaning::new(field, Kind::Integer, Reach::Token)
}
fn millis(field: Field) -> Meaning {
    Meaning::new(field, Kind::Duration(Unit::Millis), Reach::Token)
}
fn address(field: Field) -> Meaning {
    Meaning::new(field, Kind::Address, Reach::Token)
}
