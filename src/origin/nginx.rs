//! nginx and ingress-nginx.
//!
//! The field that tells is `$upstream_header_time`: a number when the peer answered, `-` when nginx made the status
//! (since 1.15.7; older versions wrote the response time there). `$upstream_status` does not tell, because nginx
//! writes its own 502 and 504 into it. Formats without header time, ingress-nginx's among them, leave the length of
//! the peer's response: nginx-made answers have 0.
//! Sources: `ngx_http_upstream.c` and `ngx_http_request.c`; every rule was seen in lines of nginx 1.22.1.

use super::{Attribution, Cause};
use crate::attempts::{Attempt, is_placeholder};
use crate::record::Record;
use crate::schema::{Field, Product};
use crate::status::Status;

/// A refusal comes back within a round trip; what takes longer failed in another way.
const REFUSED_WITHIN_MICROS: u64 = 2_000;

/// ingress-nginx's default `proxy-connect-timeout` is 5 s, its read timeout 60 s.
const INGRESS_CONNECT_TIMEOUT_MICROS: std::ops::RangeInclusive<u64> = 4_900_000..=5_200_000;

pub(super) fn attribute(record: &Record<'_>, status: Status) -> Attribution {
    match status.code() {
        // HTTP/2 requests that broke off before their header was whole.
        0 => return Attribution::client(Cause::BadRequest, "status"),
        // The peer sent something that is not HTTP; nginx passed it on as HTTP/0.9.
        9 => return Attribution::upstream(Cause::Protocol, "status"),
        444 => return Attribution::proxy(Cause::Blocked, "status"),
        499 => return Attribution::client(Cause::ClientDisconnect, "status"),
        100..=399 => return Attribution::SUCCESS,
        _ => {}
    }
    match decisive_attempt(record, status) {
        Some(attempt) if status.code() >= 500 => failed_attempt(record, status, &attempt),
        Some(attempt) => refused_request(record, status, Some(&attempt)),
        None if !knows_attempts(record) => no_upstream_columns(record, status),
        None if status.code() >= 500 => nobody_asked(record, status),
        None => refused_request(record, status, None),
    }
}

/// See [`super::decisive_attempt`].
pub(super) fn decisive_attempt<'a>(record: &Record<'a>, status: Status) -> Option<Attempt<'a>> {
    let mut last: Option<Attempt<'a>> = None;
    // The attempt that ended an earlier group with the final status.
    let mut earlier = None;
    for attempt in record.attempts() {
        if let Some(before) =
            last.filter(|before| before.group < attempt.group && before.status == Some(status))
        {
            earlier = Some(before);
        }
        last = Some(attempt);
    }
    let last = last?;
    // The default backend of ingress-nginx repeats the status it stands in for.
    let stands_in =
        record.schema().product() == Product::IngressNginx || last.status.is_some_and(|s| s != status);
    Some(earlier.filter(|_| stands_in).unwrap_or(last))
}

/// A 5xx with a peer behind it.
fn failed_attempt(record: &Record<'_>, status: Status, attempt: &Attempt<'_>) -> Attribution {
    if attempt.is_group_name || attempt.addr.is_some_and(is_placeholder) {
        return Attribution::proxy(Cause::NoHealthyUpstream, "upstream_addr");
    }
    if attempt.status.is_some_and(|s| s.code() < 500) {
        // The peer gave no 5xx: nginx failed afterwards (a loop of redirects, a broken filter, no answer for X-Accel).
        return if after_phantom(record) {
            unresolved()
        } else {
            Attribution::proxy(Cause::Internal, "upstream_status")
        };
    }
    let code = attempt.status.unwrap_or(status).code();
    if record.knows(Field::UpstreamHeaderTime) {
        return by_header_time(record, attempt, code);
    }
    if attempt.response_bytes.is_some_and(|n| n > 0) {
        return Attribution::upstream(Cause::AppError, "upstream_response_length");
    }
    let connected = !record.knows(Field::UpstreamConnectTime) || attempt.connect_micros.is_some();
    match code {
        502 | 504 if !connected => unconnected(attempt, code),
        502 | 504 if !record.knows(Field::UpstreamResponseLength) => {
            Attribution::upstream_either_way("upstream_status")
        }
        502 => {
            let cause = if is_refusal(attempt) { Cause::ConnectRefused } else { Cause::Reset };
            Attribution::upstream(cause, "upstream_response_length")
        }
        504 => {
            let at_connect = record.schema().product() == Product::IngressNginx
                && attempt.duration_micros.is_some_and(|t| INGRESS_CONNECT_TIMEOUT_MICROS.contains(&t));
            let cause = if at_connect { Cause::ConnectTimeout } else { Cause::ResponseTimeout };
            Attribution::upstream(cause, "upstream_response_length")
        }
        // nginx writes no other 5xx of its own into $upstream_status.
        _ => Attribution::upstream(Cause::AppError, "upstream_status"),
    }
}

fn by_header_time(record: &Record<'_>, attempt: &Attempt<'_>, code: u16) -> Attribution {
    const HEADER: &str = "upstream_header_time";
    if attempt.header_micros.is_some() {
        return Attribution::upstream(Cause::AppError, HEADER);
    }
    let connected = record.knows(Field::UpstreamConnectTime).then_some(attempt.connect_micros.is_some());
    match (code, connected) {
        (502 | 504, Some(false)) => unconnected(attempt, code),
        (504, _) => Attribution::upstream(Cause::ResponseTimeout, HEADER),
        (502, Some(true)) if attempt.received_bytes.is_some_and(|n| n > 0) => {
            Attribution::upstream(Cause::Protocol, "upstream_bytes_received")
        }
        (502, Some(true)) => Attribution::upstream(Cause::Reset, HEADER),
        (502, None) => Attribution::upstream(Cause::Unknown, HEADER),
        _ => Attribution::proxy(Cause::Internal, HEADER),
    }
}

/// No connection came about, TLS included, which nginx counts in. A stream has one status for all of that, 502.
fn unconnected(attempt: &Attempt<'_>, code: u16) -> Attribution {
    let cause = match code {
        504 => Cause::ConnectTimeout,
        _ if is_refusal(attempt) && !speaks_tls(attempt) => Cause::ConnectRefused,
        _ => Cause::ConnectOther,
    };
    Attribution::upstream(cause, "upstream_connect_time")
}

/// A 5xx although no peer was asked.
fn nobody_asked(record: &Record<'_>, status: Status) -> Attribution {
    if let Some(limit) = limited(record) {
        return limit;
    }
    let named = record.upstream().is_some();
    match status.code() {
        501 | 505 => Attribution::client(Cause::BadRequest, "status"),
        502 if named => unresolved(),
        503 if named && record.schema().product() == Product::IngressNginx => {
            // No endpoints. A denied location and a rate limit look the same and are rarer.
            Attribution::proxy(Cause::NoHealthyUpstream, "upstream_addr")
        }
        503 if record.knows(Field::LimitReqStatus) || record.knows(Field::LimitConnStatus) => {
            Attribution::proxy(Cause::DirectResponse, "upstream_addr")
        }
        // Of a stream's own statuses the one for `limit_conn`.
        503 if is_session(record) => Attribution::proxy(Cause::RateLimited, "status"),
        500 => Attribution::proxy(Cause::Internal, "upstream_addr"),
        600.. => Attribution::proxy(Cause::DirectResponse, "upstream_addr"),
        _ => Attribution::proxy(Cause::Unknown, "upstream_addr"),
    }
}

/// The name of the upstream could not be resolved: the only 502 without an attempt.
const fn unresolved() -> Attribution {
    Attribution::proxy(Cause::Dns, "upstream_addr")
}

/// A 4xx, or a status no RFC knows.
fn refused_request(record: &Record<'_>, status: Status, attempt: Option<&Attempt<'_>>) -> Attribution {
    if let Some(attempt) = attempt {
        let answered = if record.knows(Field::UpstreamHeaderTime) {
            attempt.header_micros.is_some()
        } else {
            attempt.status.is_some()
        };
        if answered && attempt.status == Some(status) {
            return Attribution::upstream(Cause::AppError, "upstream_status");
        }
    }
    if let Some(limit) = limited(record) {
        return limit;
    }
    match status.code() {
        400 | 495 | 496 if bad_certificate(record) => Attribution::client(Cause::Auth, "ssl_client_verify"),
        400 if client_left(record) => Attribution::client(Cause::ClientDisconnect, "body_bytes_sent"),
        401 => Attribution::proxy(Cause::Auth, "status"),
        403 => Attribution::proxy(Cause::Blocked, "status"),
        404 | 410 => Attribution::proxy(Cause::DirectResponse, "status"),
        408 => Attribution::client(Cause::ClientTimeout, "status"),
        429 => Attribution::proxy(Cause::RateLimited, "status"),
        400..=499 => Attribution::client(Cause::BadRequest, "status"),
        _ => Attribution::proxy(Cause::DirectResponse, "status"),
    }
}

/// Formats like `combined` say nothing about the upstream: only what nginx alone can have made is known.
fn no_upstream_columns(record: &Record<'_>, status: Status) -> Attribution {
    if let Some(limit) = limited(record) {
        return limit;
    }
    let no_request = record.knows(Field::Request) && record.raw(Field::Request).is_none_or(<[u8]>::is_empty);
    match status.code() {
        400 | 408 if no_request => Attribution::client(Cause::BadRequest, "request"),
        494..=497 => Attribution::client(Cause::BadRequest, "status"),
        _ => Attribution::UNKNOWN,
    }
}

/// A line of the stream module: a session, not a request.
fn is_session(record: &Record<'_>) -> bool {
    let schema = record.schema();
    schema.has(Field::Protocol)
        && ![Field::Request, Field::Method, Field::Target].iter().any(|&f| schema.has(f))
}

fn limited(record: &Record<'_>) -> Option<Attribution> {
    let rejected = |field| record.raw(field) == Some(b"REJECTED");
    if rejected(Field::LimitReqStatus) {
        return Some(Attribution::proxy(Cause::RateLimited, "limit_req_status"));
    }
    rejected(Field::LimitConnStatus).then_some(Attribution::proxy(Cause::RateLimited, "limit_conn_status"))
}

fn knows_attempts(record: &Record<'_>) -> bool {
    [Field::UpstreamAddr, Field::UpstreamStatus, Field::UpstreamResponseTime, Field::UpstreamHeaderTime]
        .iter()
        .any(|&field| record.knows(field))
}

/// The last element of the list of addresses is empty: the last group failed before its first attempt.
fn after_phantom(record: &Record<'_>) -> bool {
    record.raw(Field::UpstreamAddr).is_some_and(|addrs| addrs.trim_ascii_end().ends_with(b" :"))
}

fn is_refusal(attempt: &Attempt<'_>) -> bool {
    attempt.duration_micros.is_some_and(|t| t <= REFUSED_WITHIN_MICROS)
}

/// By its port. There a handshake that fails at once reads as a refused connection does.
fn speaks_tls(attempt: &Attempt<'_>) -> bool {
    attempt.addr.is_some_and(|addr| addr.ends_with(b":443") || addr.ends_with(b":8443"))
}

fn bad_certificate(record: &Record<'_>) -> bool {
    record.raw(Field::TlsVerify).is_some_and(|verdict| verdict.starts_with(b"FAILED") || verdict == b"NONE")
}

/// nginx sends a page with its own 400; without one the client had gone. An empty request line gets no page either.
fn client_left(record: &Record<'_>) -> bool {
    record.bytes_sent() == Some(0) && record.raw(Field::Request).is_some_and(|request| !request.is_empty())
}
