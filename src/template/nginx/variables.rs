//! What nginx's variables mean and hold.
//!
//! Sources: `ngx_http_variables.c`, `ngx_http_upstream.c`, `ngx_http_log_module.c`, the stream modules, and the
//! variables ingress-nginx sets. A variable that is not here (a user's own `set` or `map`) is text, kept by its
//! name.

use crate::schema::{Field, Kind, Unit};
use crate::template::sketch::{Meaning, Reach};
use crate::time::TimeLayout;

/// The variables the log module writes itself, without escaping.
pub(super) fn bypasses_escaping(name: &str) -> bool {
    matches!(
        name,
        "pipe"
            | "time_local"
            | "time_iso8601"
            | "msec"
            | "request_time"
            | "status"
            | "bytes_sent"
            | "body_bytes_sent"
            | "request_length"
    )
}

pub(super) fn meaning(name: &str) -> Meaning {
    use Field::{
        BytesReceived, BytesSent, CacheStatus, Client, Duration, ForwardedFor, GrpcStatus, Host,
        LimitConnStatus, LimitReqStatus, Method, Protocol, QueueTime, Referer, Request, RequestId, Status,
        Target, Time, TlsVerify, Upstream, UpstreamAddr, UpstreamAlternative, UpstreamBytesReceived,
        UpstreamConnectTime, UpstreamHeaderTime, UpstreamResponseLength, UpstreamResponseTime,
        UpstreamStatus, UserAgent, Zone,
    };
    match name {
        // With a blank before the zone.
        "time_local" => Meaning::new(Time, Kind::Time(TimeLayout::Clf), Reach::Text),
        "time_iso8601" => Meaning::new(Time, Kind::Time(TimeLayout::Iso), Reach::Token),
        "msec" => Meaning::new(Time, Kind::Time(TimeLayout::EpochSeconds), Reach::Token),

        "status" => Meaning::new(Status, Kind::Status, Reach::Token),
        "request" => Meaning::new(Request, Kind::Request, Reach::Text),
        "request_method" => word(Method),
        "request_uri" => text(Target),
        "uri" => text(Target).rank(1),
        "document_uri" => text(Target).rank(2),
        "server_protocol" => token(Protocol),
        "protocol" => token(Protocol).rank(1),

        "host" => word(Host),
        "http_host" => text(Host).rank(1),
        "ssl_server_name" | "ssl_preread_server_name" => word(Host).rank(2),
        "server_name" => word(Host).rank(3),

        "remote_addr" => address(Client),
        "realip_remote_addr" => address(Client).rank(1),
        "the_real_ip" => address(Client).rank(2),
        "proxy_protocol_addr" => address(Client).rank(3),
        "http_x_forwarded_for" => text(ForwardedFor),
        "proxy_add_x_forwarded_for" => text(ForwardedFor).rank(1),
        "http_user_agent" => text(UserAgent),
        "http_referer" => text(Referer),
        "request_id" => token(RequestId).rank(1),
        "req_id" => text(RequestId),
        "http_x_request_id" => text(RequestId).rank(2),
        "http_x_amzn_trace_id" => text(RequestId).rank(3),

        "proxy_upstream_name" => word(Upstream),
        "proxy_host" => word(Upstream).rank(1),
        "proxy_alternative_upstream_name" => word(UpstreamAlternative),
        "upstream_addr" => list(UpstreamAddr, Kind::Address),
        "upstream_status" => list(UpstreamStatus, Kind::Status),
        "upstream_connect_time" => times(UpstreamConnectTime),
        "upstream_header_time" => times(UpstreamHeaderTime),
        "upstream_first_byte_time" => times(UpstreamHeaderTime).rank(1),
        "upstream_response_time" => times(UpstreamResponseTime),
        "upstream_session_time" => times(UpstreamResponseTime).rank(1),
        "upstream_queue_time" => times(QueueTime),
        "upstream_response_length" => list(UpstreamResponseLength, Kind::Integer),
        "upstream_bytes_received" => list(UpstreamBytesReceived, Kind::Integer),
        "upstream_bytes_sent" => list(Field::Other, Kind::Integer),
        "upstream_cache_status" => token(CacheStatus),

        "request_time" => seconds(Duration),
        "session_time" => seconds(Duration).rank(1),
        "body_bytes_sent" => integer(BytesSent),
        "bytes_sent" => integer(BytesSent).rank(1),
        "request_length" => integer(BytesReceived),
        "bytes_received" => integer(BytesReceived).rank(1),

        "limit_req_status" => token(LimitReqStatus),
        "limit_conn_status" => token(LimitConnStatus),
        "ssl_client_verify" => text(TlsVerify),
        "zone" => word(Zone),
        "upstream_trailer_grpc_status" => Meaning::new(GrpcStatus, Kind::Text, Reach::Word),
        "sent_trailer_grpc_status" => Meaning::new(GrpcStatus, Kind::Text, Reach::Word).rank(1),
        "upstream_http_grpc_status" => Meaning::new(GrpcStatus, Kind::Text, Reach::Word).rank(2),
        "sent_http_grpc_status" => Meaning::new(GrpcStatus, Kind::Text, Reach::Word).rank(3),

        "remote_port"
        | "server_port"
        | "proxy_port"
        | "realip_remote_port"
        | "proxy_protocol_port"
        | "pid"
        | "connection"
        | "connection_requests"
        | "connections_active" => integer(Field::Other),
        "server_addr" | "proxy_protocol_server_addr" => address(Field::Other),
        "connection_time" => seconds(Field::Other),
        "pipe" | "scheme" | "hostname" | "nginx_version" | "request_completion" | "is_args" | "https"
        | "ssl_protocol" | "ssl_session_reused" | "ssl_cipher" | "ssl_curve" | "gzip_ratio" | "http2"
        | "http3" | "upstream_last_addr" | "tcpinfo_rtt" | "tcpinfo_rttvar" | "tcpinfo_snd_cwnd"
        | "tcpinfo_rcv_space" => token(Field::Other),
        _ => text(Field::Other),
    }
}

const fn token(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Token)
}
const fn word(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Word)
}
const fn text(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Text)
}
const fn integer(field: Field) -> Meaning {
    Meaning::new(field, Kind::Integer, Reach::Token)
}
const fn seconds(field: Field) -> Meaning {
    Meaning::new(field, Kind::Duration(Unit::Seconds), Reach::Token)
}
const fn address(field: Field) -> Meaning {
    Meaning::new(field, Kind::Address, Reach::Token)
}
/// One value per attempt.
const fn list(field: Field, kind: Kind) -> Meaning {
    Meaning::new(field, kind, Reach::List)
}
const fn times(field: Field) -> Meaning {
    list(field, Kind::Duration(Unit::Seconds))
}
