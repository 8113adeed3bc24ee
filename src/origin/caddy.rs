//! Caddy.
//!
//! Its access log has no upstream fields. Answers of an upstream carry `Via: 1.1 Caddy` since 2.10; answers of
//! Caddy's own have no body. The error texts stand in lines of another logger; where a log has both, they are joined
//! when it is opened. Source: `server.go`, `reverseproxy.go`; seen in lines of Caddy 2.6.2.

use super::{Attribution, Cause};
use crate::record::Record;
use crate::status::Status;

const SIZE: &str = "size";
const ERROR: &str = "err_msg";
const VIA: &str = "resp_headers.Via.0";

pub(super) fn attribute(record: &Record<'_>, status: Status) -> Attribution {
    let code = status.code();
    match code {
        // Nothing written, aborted, or the client left: the line does not say which.
        0 => return Attribution::UNTOLD,
        100..=399 => return Attribution::SUCCESS,
        499 => return Attribution::client(Cause::ClientDisconnect, "status"),
        _ => {}
    }
    if let Some(attribution) = record.details().and_then(|text| by_error(text.raw())) {
        return attribution;
    }
    if record.by_name(VIA).is_some_and(|via| memchr::memmem::find(via.raw(), b"Caddy").is_some()) {
        return Attribution::upstream(Cause::AppError, VIA);
    }
    let Some(size) = record.bytes_sent() else { return Attribution::UNKNOWN };
    match (code, size) {
        (502, 0) => Attribution::upstream(Cause::Unknown, SIZE),
        (504, 0) => Attribution::upstream(Cause::ResponseTimeout, SIZE),
        (503, 0) => Attribution::proxy(Cause::NoHealthyUpstream, SIZE),
        (500.., 0) => Attribution::proxy(Cause::Internal, SIZE),
        (500.., _) => Attribution::upstream(Cause::AppError, SIZE),
        // A file that is not there, a handler's answer, or the upstream's: no telling.
        _ => Attribution::UNKNOWN,
    }
}

/// By the error Caddy gave: texts of Go's `net`, `net/http` and `crypto/tls`, and of the reverse proxy.
#[cold]
fn by_error(text: &[u8]) -> Option<Attribution> {
    let has = |part: &str| memchr::memmem::find(text, part.as_bytes()).is_some();
    let dials = text.starts_with(b"dial ");
    Some(match () {
        () if has("no upstreams available") => Attribution::proxy(Cause::NoHealthyUpstream, ERROR),
        () if has("context canceled") => Attribution::client(Cause::ClientDisconnect, ERROR),
        () if has("connection refused") => Attribution::upstream(Cause::ConnectRefused, ERROR),
        () if has("no such host") || has("server misbehaving") => Attribution::upstream(Cause::Dns, ERROR),
        () if has("x509: ") || has("tls: ") => Attribution::upstream(Cause::Tls, ERROR),
        () if dials && has("i/o timeout") => Attribution::upstream(Cause::ConnectTimeout, ERROR),
        () if dials => Attribution::upstream(Cause::ConnectOther, ERROR),
        () if has("timeout awaiting response headers") || has("i/o timeout") || has("deadline exceeded") => {
            Attribution::upstream(Cause::ResponseTimeout, ERROR)
        }
        () if has("malformed HTTP") || has("transport connection broken") => {
            Attribution::upstream(Cause::Protocol, ERROR)
        }
        () if has("connection reset by peer")
            || has("broken pipe")
            || text == b"EOF"
            || has("unexpected EOF") =>
        {
            Attribution::upstream(Cause::Reset, ERROR)
        }
        () => return None,
    })
}
