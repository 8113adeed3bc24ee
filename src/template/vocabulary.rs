//! What the products' names mean, as their manuals say it: each name by itself, and which one tells where a format has
//! several for the same.

use super::Template;
use crate::format::Format;
use crate::schema::{Column, Field, Kind, Unit};
use crate::time::TimeLayout;

const SECONDS: Kind = Kind::Duration(Unit::Seconds);
const MILLIS: Kind = Kind::Duration(Unit::Millis);
const MICROS: Kind = Kind::Duration(Unit::Micros);

/// Names, the one that tells most first; what they mean and hold.
type Row<'a> = (&'a [&'a str], Field, Kind);

/// `compile` makes a format of names.
fn check(compile: impl Fn(&[&str]) -> Template, rows: &[Row<'_>]) {
    for (names, field, kind) in rows {
        for from in 0..names.len() {
            // the best comes last: it is not its place that makes it the one
            let reversed: Vec<&str> = names[from..].iter().rev().copied().collect();
            let format = compile(&reversed);
            let columns: &[Column] = format.schema().columns();
            let own = &columns[reversed.len() - 1];
            assert_eq!((own.field, &own.kind), (*field, kind), "{} of {reversed:?}", names[from]);
            let others = columns[..reversed.len() - 1].iter();
            assert!(*field == Field::Other || others.clone().all(|c| c.field != *field), "{reversed:?}");
        }
    }
}

#[test]
fn of_nginx() {
    use Field::{
        BytesReceived, BytesSent, CacheStatus, Client, Duration, ForwardedFor, GrpcStatus, Host,
        LimitConnStatus, LimitReqStatus, Method, Other, Protocol, QueueTime, Referer, Request, RequestId,
        Target, TlsVerify, Upstream, UpstreamAddr, UpstreamAlternative, UpstreamBytesReceived,
        UpstreamConnectTime, UpstreamHeaderTime, UpstreamResponseLength, UpstreamResponseTime,
        UpstreamStatus, UserAgent, Zone,
    };
    let compile = |names: &[&str]| {
        let quoted = names.iter().map(|name| format!("\"${name}\" ")).collect::<Vec<_>>().concat();
        Template::nginx(&format!("{quoted}$time_iso8601 $status")).unwrap()
    };
    check(
        compile,
        &[
            (&["request"], Request, Kind::Request),
            (&["request_method"], Method, Kind::Text),
            (&["request_uri", "uri", "document_uri"], Target, Kind::Text),
            (&["server_protocol", "protocol"], Protocol, Kind::Text),
            (&["host", "http_host", "ssl_server_name", "server_name"], Host, Kind::Text),
            (&["ssl_preread_server_name"], Host, Kind::Text),
            (
                &["remote_addr", "realip_remote_addr", "the_real_ip", "proxy_protocol_addr"],
                Client,
                Kind::Address,
            ),
            (&["http_x_forwarded_for", "proxy_add_x_forwarded_for"], ForwardedFor, Kind::Text),
            (&["http_user_agent"], UserAgent, Kind::Text),
            (&["http_referer"], Referer, Kind::Text),
            (&["req_id", "request_id", "http_x_request_id", "http_x_amzn_trace_id"], RequestId, Kind::Text),
            (&["proxy_upstream_name", "proxy_host"], Upstream, Kind::Text),
            (&["proxy_alternative_upstream_name"], UpstreamAlternative, Kind::Text),
            (&["upstream_addr"], UpstreamAddr, Kind::Address),
            (&["upstream_status"], UpstreamStatus, Kind::Status),
            (&["upstream_connect_time"], UpstreamConnectTime, SECONDS),
            (&["upstream_header_time", "upstream_first_byte_time"], UpstreamHeaderTime, SECONDS),
            (&["upstream_response_time", "upstream_session_time"], UpstreamResponseTime, SECONDS),
            (&["upstream_queue_time"], QueueTime, SECONDS),
            (&["upstream_response_length"], UpstreamResponseLength, Kind::Integer),
            (&["upstream_bytes_received"], UpstreamBytesReceived, Kind::Integer),
            (&["upstream_bytes_sent"], Other, Kind::Integer),
            (&["upstream_cache_status"], CacheStatus, Kind::Text),
            (&["request_time", "session_time"], Duration, SECONDS),
            (&["body_bytes_sent", "bytes_sent"], BytesSent, Kind::Integer),
            (&["request_length", "bytes_received"], BytesReceived, Kind::Integer),
            (&["limit_req_status"], LimitReqStatus, Kind::Text),
            (&["limit_conn_status"], LimitConnStatus, Kind::Text),
            (&["ssl_client_verify"], TlsVerify, Kind::Text),
            (&["zone"], Zone, Kind::Text),
            (
                &[
                    "upstream_trailer_grpc_status",
                    "sent_trailer_grpc_status",
                    "upstream_http_grpc_status",
                    "sent_http_grpc_status",
                ],
                GrpcStatus,
                Kind::Text,
            ),
            (&["remote_port", "pid", "connection_requests"], Other, Kind::Integer),
            (&["server_addr", "proxy_protocol_server_addr"], Other, Kind::Address),
            (&["connection_time"], Other, SECONDS),
            (&["of_the_user"], Other, Kind::Text),
        ],
    );
}

#[test]
fn of_envoy() {
    use Field::{
        AttemptCount, BytesReceived, BytesSent, Client, Details, Duration, ForwardedFor, GrpcStatus, Host,
        Method, Other, Protocol, Reason, Referer, RequestId, Target, TransportFailure, Upstream,
        UpstreamAddr, UpstreamHeaderTime, UserAgent,
    };
    let compile = |names: &[&str]| {
        let all = names.iter().map(|name| format!("\"%{name}%\" ")).collect::<Vec<_>>().concat();
        Template::envoy(&format!("{all}%START_TIME% %RESPONSE_CODE%")).unwrap()
    };
    check(
        compile,
        &[
            (&["PROTOCOL"], Protocol, Kind::Text),
            (&["RESPONSE_CODE_DETAILS"], Details, Kind::Text),
            (&["RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)"], Details, Kind::Text),
            (&["RESPONSE_FLAGS", "RESPONSE_FLAGS_LONG"], Reason, Kind::Text),
            (&["BYTES_RECEIVED"], BytesReceived, Kind::Integer),
            (&["BYTES_SENT"], BytesSent, Kind::Integer),
            (&["DURATION"], Duration, MILLIS),
            (&["RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)", "RESPONSE_DURATION"], UpstreamHeaderTime, MILLIS),
            (&["REQUEST_DURATION", "RESPONSE_TX_DURATION", "ROUNDTRIP_DURATION"], Other, MILLIS),
            (&["COMMON_DURATION(DS_RX_BEG:US_TX_BEG:ms)"], Other, MILLIS),
            (&["COMMON_DURATION(DS_RX_BEG:US_TX_BEG:us)"], Other, MICROS),
            (&["COMMON_DURATION(DS_RX_BEG:US_TX_BEG:ns)"], Other, Kind::Duration(Unit::Nanos)),
            (
                &["UPSTREAM_HOST", "UPSTREAM_REMOTE_ADDRESS", "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"],
                UpstreamAddr,
                Kind::Address,
            ),
            (&["UPSTREAM_CLUSTER", "UPSTREAM_CLUSTER_RAW"], Upstream, Kind::Text),
            (&["UPSTREAM_TRANSPORT_FAILURE_REASON"], TransportFailure, Kind::Text),
            (&["UPSTREAM_REQUEST_ATTEMPT_COUNT", "REQ(X-ENVOY-ATTEMPT-COUNT)"], AttemptCount, Kind::Integer),
            (&["RESP(x-envoy-attempt-count)"], AttemptCount, Kind::Integer),
            (
                &[
                    "DOWNSTREAM_REMOTE_ADDRESS",
                    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
                    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
                    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
                ],
                Client,
                Kind::Address,
            ),
            (&["UPSTREAM_LOCAL_ADDRESS", "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"], Other, Kind::Address),
            (&["REQ(:AUTHORITY)", "REQ(HOST)", "REQ(X-FORWARDED-HOST)"], Host, Kind::Text),
            (&["REQ(:AUTHORITY)", "REQUESTED_SERVER_NAME"], Host, Kind::Text),
            (&["GRPC_STATUS_NUMBER"], GrpcStatus, Kind::Integer),
            (&["GRPC_STATUS", "RESP(GRPC-STATUS)"], GrpcStatus, Kind::Text),
            (&["TRAILER(GRPC-STATUS)"], GrpcStatus, Kind::Text),
            (&["REQ(X-REQUEST-ID)", "STREAM_ID", "REQ(TRACEPARENT)"], RequestId, Kind::Text),
            (&["TRACE_ID", "REQ(X-B3-TRACEID)"], RequestId, Kind::Text),
            (&["REQ(:METHOD)"], Method, Kind::Text),
            (&["REQ(:PATH)"], Target, Kind::Text),
            (&["REQ(X-ENVOY-ORIGINAL-PATH?:PATH)"], Target, Kind::Text),
            (&["REQ(X-OF-THE-USER?:PATH)"], Target, Kind::Text),
            (&["REQUEST_HEADER(X-FORWARDED-FOR)"], ForwardedFor, Kind::Text),
            (&["REQ(USER-AGENT)"], UserAgent, Kind::Text),
            (&["REQ(REFERER)"], Referer, Kind::Text),
            (&["EMIT_TIME"], Other, Kind::Time(TimeLayout::Iso)),
            (&["HOSTNAME", "REQ(X-OF-THE-USER)", "DYNAMIC_METADATA(a:b)"], Other, Kind::Text),
        ],
    );
}

#[test]
fn of_apache() {
    use Field::{
        BytesReceived, BytesSent, Client, Duration, ForwardedFor, Host, Method, Other, Protocol, ProxyStatus,
        Referer, Request, RequestId, Target, TlsVerify, Upstream, UpstreamAddr, UserAgent,
    };
    let compile = |names: &[&str]| {
        let all = names.iter().map(|name| format!("\"%{name}\" ")).collect::<Vec<_>>().concat();
        Template::apache(&format!("{all}%t %>s")).unwrap()
    };
    check(
        compile,
        &[
            (&["r"], Request, Kind::Request),
            (&["a", "h", "{c}a", "{c}h"], Client, Kind::Address),
            (&["A"], Other, Kind::Address),
            (&["b", "O"], BytesSent, Kind::Integer),
            (&["B"], BytesSent, Kind::Integer),
            (&["I"], BytesReceived, Kind::Integer),
            (&["D"], Duration, MICROS),
            (&["{us}T"], Duration, MICROS),
            (&["{ms}T"], Duration, MILLIS),
            (&["T"], Duration, SECONDS),
            (&["m"], Method, Kind::Text),
            (&["U"], Target, Kind::Text),
            (&["H"], Protocol, Kind::Text),
            (&["v", "V", "{Host}i"], Host, Kind::Text),
            (&["P"], Other, Kind::Integer),
            (&["{Referer}i"], Referer, Kind::Text),
            (&["{User-Agent}i"], UserAgent, Kind::Text),
            (&["{X-Forwarded-For}i"], ForwardedFor, Kind::Text),
            (&["{X-Request-Id}i", "{UNIQUE_ID}e", "{X-Amzn-Trace-Id}i"], RequestId, Kind::Text),
            (&["{BALANCER_NAME}e"], Upstream, Kind::Text),
            (&["{BALANCER_WORKER_NAME}e"], UpstreamAddr, Kind::Address),
            (&["{SSL_CLIENT_VERIFY}x", "{SSL_CLIENT_VERIFY}e"], TlsVerify, Kind::Text),
            (&["{SSL_PROTOCOL}x", "{Host}n", "{Cookie}i", "{USER}e"], Other, Kind::Text),
            (&["{proxy-status}n"], ProxyStatus, Kind::Status),
        ],
    );
}

#[test]
fn of_haproxy() {
    use Field::{
        BytesReceived, BytesSent, Client, Duration, ForwardedFor, Frontend, Host, Method, Other, Protocol,
        QueueTime, Reason, Referer, Request, RequestId, RequestTime, Retries, Status, Target, Upstream,
        UpstreamAddr, UpstreamConnectTime, UpstreamHeaderTime, UserAgent,
    };
    // aliases are written `%b`, expressions `%[src]`; `|` parts them
    let compile = |names: &[&str]| {
        let all = names.iter().map(|name| format!("%{name}|")).collect::<Vec<_>>().concat();
        Template::haproxy(&format!("{all}%Ts")).unwrap()
    };
    check(
        compile,
        &[
            (&["ST", "[status]"], Status, Kind::Status),
            (&["[txn.status]"], Status, Kind::Status),
            (&["tsc", "ts"], Reason, Kind::Text),
            (&["TR", "Tq"], RequestTime, MILLIS),
            (&["Tw"], QueueTime, MILLIS),
            (&["Tc"], UpstreamConnectTime, MILLIS),
            (&["Tr"], UpstreamHeaderTime, MILLIS),
            (&["Ta", "Tt", "Tu"], Duration, MILLIS),
            (&["Td", "Th", "Ti"], Other, MILLIS),
            (&["ci", "[src]"], Client, Kind::Address),
            (&["si"], UpstreamAddr, Kind::Address),
            (&["s", "[srv_name]"], UpstreamAddr, Kind::Text),
            (&["fi", "bi"], Other, Kind::Address),
            (&["rc"], Retries, Kind::Integer),
            (&["B"], BytesSent, Kind::Integer),
            (&["U"], BytesReceived, Kind::Integer),
            (&["cp", "sq", "pid"], Other, Kind::Integer),
            (&["ft", "f", "[fe_name]"], Frontend, Kind::Text),
            (&["b", "[be_name]"], Upstream, Kind::Text),
            (&["H", "sslv"], Other, Kind::Text),
            (&["ID", "[unique-id]"], RequestId, Kind::Text),
            (&["r"], Request, Kind::Request),
            (&["HM", "[method]"], Method, Kind::Text),
            (&["[capture.req.method]"], Method, Kind::Text),
            (&["HU", "HP"], Target, Kind::Text),
            (&["[pathq]", "HPO", "[path]"], Target, Kind::Text),
            (&["[url]"], Target, Kind::Text),
            (&["[capture.req.uri]"], Target, Kind::Text),
            (&["HV", "[capture.req.ver]"], Protocol, Kind::Text),
            (&["HQ", "[capture.res.ver]"], Other, Kind::Text),
            (&["[req.hdr(host)]", "[ssl_fc_sni]"], Host, Kind::Text),
            (&["[req.ssl_sni]"], Host, Kind::Text),
            (&["[req.fhdr(user-agent)]"], UserAgent, Kind::Text),
            (&["[req.hdr(Referer),json(utf8s)]"], Referer, Kind::Text),
            (&["[hdr(x-forwarded-for,-1),lower]"], ForwardedFor, Kind::Text),
            (&["[fhdr(X-Request-ID)]"], RequestId, Kind::Text),
            (&["[src,ipmask(24)]", "[var(txn.a),concat(a,b)]"], Other, Kind::Text),
        ],
    );
}

#[test]
fn of_cloudfront() {
    use Field::{
        BytesReceived, BytesSent, Client, Duration, ForwardedFor, Host, Method, Other, Protocol, Reason,
        Referer, RequestId, Target, Time, UserAgent,
    };
    let compile =
        |names: &[&str]| Template::cloudfront(&format!("#Fields: {} sc-status", names.join(" "))).unwrap();
    check(
        compile,
        &[
            (&["timestamp"], Time, Kind::Time(TimeLayout::EpochSeconds)),
            (&["sc-bytes"], BytesSent, Kind::Integer),
            (&["cs-bytes"], BytesReceived, Kind::Integer),
            (&["c-ip"], Client, Kind::Address),
            (&["cs-method"], Method, Kind::Text),
            (&["x-host-header", "cs(Host)", "cs-host"], Host, Kind::Text),
            (&["cs-uri-stem"], Target, Kind::Text),
            (&["cs(Referer)"], Referer, Kind::Text),
            (&["cs-referer"], Referer, Kind::Text),
            (&["cs(User-Agent)"], UserAgent, Kind::Text),
            (&["cs-user-agent"], UserAgent, Kind::Text),
            (&["x-edge-request-id"], RequestId, Kind::Text),
            (&["cs-protocol-version"], Protocol, Kind::Text),
            (&["time-taken"], Duration, SECONDS),
            (&["time-to-first-byte"], Other, SECONDS),
            (&["x-forwarded-for"], ForwardedFor, Kind::Text),
            (&["x-edge-detailed-result-type", "x-edge-result-type"], Reason, Kind::Text),
            (&["cs-protocol", "ssl-cipher"], Other, Kind::Text),
        ],
    );
}

#[test]
fn of_ltsv() {
    use Field::{
        BytesReceived, BytesSent, CacheStatus, Client, Duration, ForwardedFor, Host, Method, Other, Protocol,
        Referer, Request, RequestId, Status, Target, UpstreamAddr, UpstreamResponseTime, UpstreamStatus,
        UserAgent,
    };
    let one = |name: &str| {
        let line = format!("{name}:1\ttime:1\tstatus:200");
        Template::ltsv(std::iter::once(line.as_bytes())).unwrap()
    };
    let all: &[Row<'_>] = &[
        (&["host", "remote_addr", "client", "clientip", "ip"], Client, Kind::Address),
        (&["forwardedfor", "xff", "x_forwarded_for", "http_x_forwarded_for"], ForwardedFor, Kind::Text),
        (&["req", "request"], Request, Kind::Request),
        (&["method", "request_method"], Method, Kind::Text),
        (&["uri", "request_uri", "path", "url"], Target, Kind::Text),
        (&["protocol", "server_protocol"], Protocol, Kind::Text),
        (&["status_code"], Status, Kind::Status),
        (&["size", "body_bytes", "body_bytes_sent", "bytes_sent", "bytes"], BytesSent, Kind::Integer),
        (&["reqsize", "request_length"], BytesReceived, Kind::Integer),
        (&["referer", "http_referer"], Referer, Kind::Text),
        (&["ua", "user_agent", "http_user_agent"], UserAgent, Kind::Text),
        (&["vhost", "server_name", "http_host"], Host, Kind::Text),
        (&["reqtime", "request_time", "taken_sec"], Duration, SECONDS),
        (&["apptime", "upstream_response_time"], UpstreamResponseTime, SECONDS),
        (&["upstream_addr", "upstream"], UpstreamAddr, Kind::Address),
        (&["upstream_status"], UpstreamStatus, Kind::Status),
        (&["cache", "upstream_cache_status"], CacheStatus, Kind::Text),
        (&["request_id", "reqid"], RequestId, Kind::Text),
        (&["of_the_user"], Other, Kind::Text),
    ];
    for (names, field, kind) in all {
        for name in *names {
            let format = one(name);
            let column = format.schema().columns().iter().find(|c| *c.name == **name).unwrap();
            assert_eq!((column.field, &column.kind), (*field, kind), "{name}");
        }
    }
}
