//! Managed edges: CloudFront, Google Cloud, Azure, Cloudflare. Each names the reason in a word of its own; the words
//! are tables here, from the vendors' log references.

use super::{Attribution, Cause, Origin};
use crate::record::Record;
use crate::schema::{Field, Product};
use crate::status::Status;

type Reason = (&'static str, Origin, Cause);

use Cause::{
    AppError, Auth, BadRequest, Blocked, ClientDisconnect, ClientTimeout, Config, ConnectOther,
    ConnectRefused, DirectResponse, Dns, FaultInjected, Internal, NoHealthyUpstream, NoRoute, Overload,
    Protocol, RateLimited, Reset, ResponseTimeout, Tls, Truncated, Unknown,
};
use Origin::{Client, Proxy, Upstream};

/// Reasons that mark no failure; a quick look for answers below 400.
#[inline]
pub(super) fn is_plain(reason: &[u8]) -> bool {
    PLAIN.contains(&reason)
}

const PLAIN: &[&[u8]] = &[
    b"",
    b"response_sent_by_backend",
    b"response_from_cache",
    b"response_from_cache_validated",
    b"byte_range_caching",
    b"websocket_closed",
    b"Hit",
    b"RefreshHit",
    b"Miss",
    b"OriginShieldHit",
    b"MissGeneratedResponse",
    b"Redirect",
    b"NoError",
    b"ERRORINFO_NO_ERROR",
];

/// CloudFront, by `x-edge-detailed-result-type`. There is no status of the origin in the log.
pub(super) fn cloudfront(record: &Record<'_>, status: Status) -> Attribution {
    const COLUMN: &str = "x-edge-detailed-result-type";
    let reason = record.raw(Field::Reason).unwrap_or_default();
    if let Some(attribution) = look_up(CLOUDFRONT, reason, COLUMN) {
        return attribution;
    }
    match status.code() {
        0 => Attribution::client(ClientDisconnect, "sc-status"),
        100..=399 => Attribution::SUCCESS,
        // The origin's own error, one served from the cache, or one without a name.
        400.. if reason == b"Error" => Attribution::upstream(AppError, COLUMN),
        _ => Attribution::UNKNOWN,
    }
}

const CLOUDFRONT: &[Reason] = &[
    ("OriginDnsError", Upstream, Dns),
    ("OriginConnectError", Upstream, ConnectRefused),
    ("OriginCommError", Upstream, ResponseTimeout),
    ("OriginReadError", Upstream, Reset),
    ("OriginWriteError", Upstream, Reset),
    ("AbortedOrigin", Upstream, Reset),
    ("OriginError", Upstream, Protocol),
    ("OriginInvalidResponseError", Upstream, Protocol),
    ("OriginHeaderTooBigError", Upstream, Protocol),
    ("OriginContentRangeLengthError", Upstream, Protocol),
    ("OriginZeroSizeObjectError", Upstream, Protocol),
    ("SlowReaderOriginError", Client, ClientDisconnect),
    ("ClientCommError", Client, ClientDisconnect),
    ("ClientHungUpRequest", Client, ClientDisconnect),
    ("ClientGeoBlocked", Proxy, Blocked),
    ("InvalidRequestBlocked", Proxy, Blocked),
    ("InvalidRequest", Client, BadRequest),
    ("InvalidRequestHeader", Client, BadRequest),
    ("InvalidRequestMethod", Client, BadRequest),
    ("InvalidRequestCertificate", Client, BadRequest),
    ("LimitExceeded", Proxy, RateLimited),
    ("CapacityExceeded", Proxy, Overload),
    ("LambdaExecutionError", Proxy, Internal),
];

/// Google Cloud, by `statusDetails`.
pub(super) fn gcp(record: &Record<'_>, status: Status) -> Attribution {
    const COLUMN: &str = "jsonPayload.statusDetails";
    let reason = record.raw(Field::Reason).unwrap_or_default();
    let from_backend = matches!(
        reason,
        b"response_sent_by_backend"
            | b"response_from_cache"
            | b"response_from_cache_validated"
            | b"byte_range_caching"
    );
    if from_backend {
        let failed = status.code() >= 400;
        return if failed { Attribution::upstream(AppError, COLUMN) } else { Attribution::SUCCESS };
    }
    if let Some(attribution) = look_up(GCP, reason, COLUMN) {
        let configured = attribution.cause == Some(DirectResponse) && status.code() < 400;
        return if configured { Attribution::SUCCESS } else { attribution };
    }
    if let Some(attribution) = by_proxy_status(record.raw(Field::Details).unwrap_or_default()) {
        return attribution;
    }
    let starts = |prefix: &[u8]| reason.starts_with(prefix);
    if starts(b"server_cert_") {
        return Attribution::upstream(Tls, COLUMN);
    }
    if starts(b"client_cert_") || starts(b"invalid_") {
        return Attribution::client(BadRequest, COLUMN);
    }
    if status.code() < 400 && status != Status::NONE {
        return Attribution::SUCCESS;
    }
    if reason.is_empty() { Attribution::UNKNOWN } else { Attribution::proxy(Unknown, COLUMN) }
}

const GCP: &[Reason] = &[
    ("websocket_closed", Origin::None, Unknown),
    ("failed_to_connect_to_backend", Upstream, ConnectOther),
    ("failed_to_pick_backend", Proxy, NoHealthyUpstream),
    ("backend_timeout", Upstream, ResponseTimeout),
    ("backend_connection_closed_before_data_sent_to_client", Upstream, Reset),
    ("backend_connection_closed_after_partial_response_sent", Upstream, Truncated),
    ("backend_response_corrupted", Upstream, Protocol),
    ("backend_response_headers_too_long", Upstream, Protocol),
    ("backend_interim_response_not_supported", Upstream, Protocol),
    ("backend_early_response_with_non_error_status", Upstream, Protocol),
    ("aborted_request_due_to_backend_early_response", Upstream, AppError),
    ("error_uncompressing_gzipped_body", Upstream, Protocol),
    ("websocket_handshake_failed", Upstream, Protocol),
    ("failed_to_negotiate_alpn", Upstream, Tls),
    ("ssl_certificate_san_verification_failed", Upstream, Tls),
    ("ssl_certificate_chain_verification_failed", Upstream, Tls),
    ("client_disconnected_before_any_response", Client, ClientDisconnect),
    ("client_disconnected_after_partial_response", Client, ClientDisconnect),
    ("client_timed_out", Client, ClientTimeout),
    ("body_not_allowed", Client, BadRequest),
    ("failed_parsing_client_headers", Client, BadRequest),
    ("headers_too_long", Client, BadRequest),
    ("http_version_not_supported", Client, BadRequest),
    ("malformed_chunked_body", Client, BadRequest),
    ("required_body_but_no_content_length", Client, BadRequest),
    ("secure_url_rejected", Client, BadRequest),
    ("unsupported_method", Client, BadRequest),
    ("unsupported_100_continue", Client, BadRequest),
    ("upgrade_header_rejected", Client, BadRequest),
    ("request_body_too_large", Client, BadRequest),
    ("early_data_rejected", Client, BadRequest),
    ("denied_by_security_policy", Proxy, Blocked),
    ("banned_by_security_policy", Proxy, RateLimited),
    ("throttled_by_security_policy", Proxy, RateLimited),
    ("handled_by_identity_aware_proxy", Proxy, Auth),
    ("multiple_iap_policies", Proxy, Config),
    ("fault_filter_abort", Proxy, FaultInjected),
    ("direct_response", Proxy, DirectResponse),
    ("internal_error", Proxy, Internal),
    ("retriable_error", Proxy, Internal),
    ("config_not_found", Proxy, Config),
    ("service_extension_error", Proxy, Cause::Dependency),
    ("serverless_neg_routing_failed", Proxy, NoRoute),
    ("request_loop_detected", Proxy, Config),
    ("invalid_external_origin_endpoint", Proxy, Config),
];

/// Regional load balancers write `error="connection_refused"` in `proxyStatus` instead. Source: RFC 9209.
fn by_proxy_status(text: &[u8]) -> Option<Attribution> {
    const COLUMN: &str = "jsonPayload.proxyStatus";
    let at = memchr::memmem::find(text, b"error=")?;
    let value = text.get(at + 6..)?;
    let value = value.strip_prefix(b"\\").unwrap_or(value);
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let end = value.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(value.len());
    look_up(RFC_9209, value.get(..end)?, COLUMN)
}

const RFC_9209: &[Reason] = &[
    ("connection_refused", Upstream, ConnectRefused),
    ("connection_timeout", Upstream, Cause::ConnectTimeout),
    ("connection_terminated", Upstream, Reset),
    ("connection_read_timeout", Upstream, ResponseTimeout),
    ("connection_write_timeout", Upstream, ResponseTimeout),
    ("connection_limit_reached", Proxy, Cause::Overflow),
    ("http_response_timeout", Upstream, ResponseTimeout),
    ("http_response_incomplete", Upstream, Truncated),
    ("http_protocol_error", Upstream, Protocol),
    ("destination_unavailable", Proxy, NoHealthyUpstream),
    ("destination_not_found", Proxy, NoRoute),
    ("destination_ip_unroutable", Upstream, ConnectOther),
    ("dns_error", Proxy, Dns),
    ("dns_timeout", Proxy, Dns),
    ("tls_certificate_error", Upstream, Tls),
    ("tls_protocol_error", Upstream, Tls),
    ("tls_alert_received", Upstream, Tls),
    ("proxy_internal_error", Proxy, Internal),
    ("proxy_configuration_error", Proxy, Config),
    ("http_request_denied", Proxy, Blocked),
    ("http_request_error", Client, BadRequest),
];

/// Azure Application Gateway: `serverStatus` is the backend's, `error_info` the reason.
pub(super) fn azure_app_gateway(record: &Record<'_>, status: Status) -> Attribution {
    const COLUMN: &str = "error_info";
    let reason = record.raw(Field::Reason).unwrap_or_default();
    if let Some(attribution) = look_up(APP_GATEWAY, reason, COLUMN) {
        return attribution;
    }
    if reason.starts_with(b"ERRORINFO_INVALID_") || reason.starts_with(b"ERRORINFO_REQUEST_") {
        return Attribution::client(BadRequest, COLUMN);
    }
    match status.code() {
        100..=399 => return Attribution::SUCCESS,
        499 => return Attribution::client(ClientDisconnect, "httpStatus"),
        _ => {}
    }
    match record.attempts().last().and_then(|attempt| attempt.status) {
        Some(server) if server == status => Attribution::upstream(AppError, "serverStatus"),
        Some(server) if server.code() >= 500 => Attribution::upstream_either_way("serverStatus"),
        _ => by_status(record, status, "serverStatus"),
    }
}

const APP_GATEWAY: &[Reason] = &[
    ("ERRORINFO_UPSTREAM_NO_LIVE", Proxy, NoHealthyUpstream),
    ("ERRORINFO_UPSTREAM_CLOSED_CONNECTION", Upstream, Reset),
    ("ERRORINFO_UPSTREAM_TIMED_OUT", Upstream, ResponseTimeout),
    ("ERRORINFO_CLIENT_CLOSED_REQUEST", Client, ClientDisconnect),
    ("ERRORINFO_CLIENT_TIMED_OUT", Client, ClientTimeout),
    ("ERRORINFO_HTTP_NO_HOST_HEADER", Client, BadRequest),
    ("ERRORINFO_HTTP_TO_HTTPS_PORT", Client, BadRequest),
    ("ERRORINFO_HTTPS_NO_CERT", Client, Auth),
];

/// Azure Front Door, by `errorInfo`. Here 0 stands for an origin that did not answer in time.
pub(super) fn azure_front_door(record: &Record<'_>, status: Status) -> Attribution {
    const COLUMN: &str = "errorInfo";
    let reason = record.raw(Field::Reason).unwrap_or_default();
    if let Some(attribution) = look_up(FRONT_DOOR, reason, COLUMN) {
        return attribution;
    }
    match status.code() {
        0 => Attribution::upstream(ResponseTimeout, "httpStatusCode"),
        100..=399 => Attribution::SUCCESS,
        499 => Attribution::client(ClientDisconnect, "httpStatusCode"),
        500.. if reason == b"NoError" => Attribution::upstream(AppError, COLUMN),
        _ => Attribution::UNKNOWN,
    }
}

const FRONT_DOOR: &[Reason] = &[
    ("OriginConnectionRefused", Upstream, ConnectRefused),
    ("OriginTimeout", Upstream, ResponseTimeout),
    ("OriginConnectionAborted", Upstream, Reset),
    ("OriginConnectionError", Upstream, ConnectOther),
    ("OriginError", Upstream, AppError),
    ("OriginInvalidResponse", Upstream, Protocol),
    ("ResponseHeaderTooBig", Upstream, Protocol),
    ("OriginInvalidRequest", Upstream, Protocol),
    ("DNSFailure", Upstream, Dns),
    ("DNSTimeout", Upstream, Dns),
    ("DNSNameNotResolved", Upstream, Dns),
    ("CertificateError", Upstream, Tls),
    ("CertificateNameCheckFailed", Upstream, Tls),
    ("SSLHandshakeError", Upstream, Tls),
    ("SSLInvalidRootCA", Upstream, Tls),
    ("SSLInvalidCipher", Upstream, Tls),
    ("ClientDisconnected", Client, ClientDisconnect),
    ("UnspecifiedClientError", Client, Unknown),
    ("InvalidRequest", Client, BadRequest),
    ("ClientGeoBlocked", Proxy, Blocked),
    ("RestrictedIP", Proxy, Blocked),
];

/// Cloudflare: `OriginResponseStatus` is the origin's, 0 when it gave none.
pub(super) fn cloudflare(record: &Record<'_>, status: Status) -> Attribution {
    const EDGE: &str = "EdgeResponseStatus";
    const ORIGIN: &str = "OriginResponseStatus";
    let code = status.code();
    if (100..400).contains(&code) {
        return Attribution::SUCCESS;
    }
    if matches!(code, 0 | 499) {
        return Attribution::client(ClientDisconnect, EDGE);
    }
    let origin = record.raw(Field::UpstreamStatus).and_then(Status::parse).filter(|s| *s != Status::NONE);
    if origin.is_some_and(|s| s == status || (code >= 500 && s.code() >= 500)) {
        return Attribution::upstream(AppError, ORIGIN);
    }
    let about_origin = match code {
        520 => Protocol,
        521 => ConnectRefused,
        522 => Cause::ConnectTimeout,
        523 | 527 => ConnectOther,
        524 => ResponseTimeout,
        525 | 526 => Tls,
        530 => Dns,
        _ if record.schema().has(Field::UpstreamStatus) => return by_status(record, status, ORIGIN),
        _ => return Attribution::UNKNOWN,
    };
    Attribution::upstream(about_origin, EDGE)
}

/// The edge's own answer, known by its status only.
fn by_status(record: &Record<'_>, status: Status, evidence: &'static str) -> Attribution {
    match status.code() {
        401 => Attribution::proxy(Auth, evidence),
        403 => Attribution::proxy(Blocked, evidence),
        404 => Attribution::proxy(NoRoute, evidence),
        408 => Attribution::client(ClientTimeout, evidence),
        429 => Attribution::proxy(RateLimited, evidence),
        400..=499 => Attribution::client(BadRequest, evidence),
        504 if record.schema().product() == Product::Cloudflare => {
            Attribution::upstream(ResponseTimeout, evidence)
        }
        _ => Attribution::proxy(Unknown, evidence),
    }
}

fn look_up(table: &[Reason], reason: &[u8], evidence: &'static str) -> Option<Attribution> {
    let &(_, origin, cause) = table.iter().find(|(name, ..)| reason.eq_ignore_ascii_case(name.as_bytes()))?;
    if origin == Origin::None {
        return Some(Attribution::SUCCESS);
    }
    Some(Attribution::new(origin, cause, evidence))
}
