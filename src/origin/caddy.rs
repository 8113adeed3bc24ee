//! Caddy.
//!
//! Its access log has no upstream fields. Answers of an upstream carry `Via: 1.1 Caddy` since 2.10; answers of
//! Caddy's own have no body. The error texts stand in lines of another logger. Source: `server.go`,
//! `reverseproxy.go`; seen in lines of Caddy 2.6.2.

use super::{Attribution, Cause};
use crate::record::Record;
use crate::status::Status;

const SIZE: &str = "size";
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
