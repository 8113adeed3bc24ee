//! Traefik.
//!
//! `OriginStatus` does not tell who made a status: Traefik writes its own 502 and 504 there too. Its own answers
//! have the status text as body, so their sizes give them away; an upstream that answers `Bad Gateway` and nothing
//! else is mistaken for one. Source: `pkg/proxy/httputil`, `ComputeStatusCode`; `logger_formatters.go`.

use super::{Attribution, Cause};
use crate::record::Record;
use crate::schema::Field;
use crate::status::Status;

const SIZE: &str = "DownstreamContentSize";
const URL: &str = "ServiceURL";
const STATUS: &str = "DownstreamStatus";

pub(super) fn attribute(record: &Record<'_>, status: Status) -> Attribution {
    let code = status.code();
    if code < 400 {
        return Attribution::SUCCESS; // 0: a connection taken over, a websocket
    }
    if code == 499 {
        return Attribution::client(Cause::ClientDisconnect, STATUS);
    }
    if !record.schema().has(Field::UpstreamAddr) {
        return Attribution::UNKNOWN;
    }
    let asked = record.raw(Field::UpstreamAddr).is_some_and(|url| !url.is_empty());
    match (code, record.bytes_sent(), asked) {
        (502, Some(11), true) => Attribution::upstream(Cause::Unknown, SIZE),
        (504, Some(15), true) => Attribution::upstream(Cause::ResponseTimeout, SIZE),
        (500, Some(21), true) => Attribution::upstream(Cause::Protocol, SIZE),
        // "no available server\n"
        (503, Some(20), _) => Attribution::proxy(Cause::NoHealthyUpstream, SIZE),
        (_, _, true) => Attribution::upstream(Cause::AppError, URL),
        (503, ..) => Attribution::proxy(Cause::NoHealthyUpstream, URL),
        (404, ..) => Attribution::proxy(Cause::NoRoute, URL),
        (401, ..) => Attribution::proxy(Cause::Auth, URL),
        (403, ..) => Attribution::proxy(Cause::Blocked, URL),
        (429, ..) => Attribution::proxy(Cause::RateLimited, URL),
        (400..=499, ..) => Attribution::client(Cause::BadRequest, URL),
        _ => Attribution::proxy(Cause::Unknown, URL),
    }
}
