//! Apache httpd.
//!
//! Its usual formats say nothing about the upstream. `%{proxy-status}n` does: the status the backend sent, `-` when
//! none came. `mod_proxy` writes 503 for a refused connection, a connect timeout and a worker in error state alike,
//! and 502 for a read timeout as well as for a closed connection. Source: `mod_proxy_http.c`; seen in lines of
//! httpd 2.4.71.

use super::{Attribution, Cause};
use crate::record::Record;
use crate::schema::Field;
use crate::status::Status;

const PROXY_STATUS: &str = "proxy-status";

pub(super) fn attribute(record: &Record<'_>, status: Status) -> Attribution {
    let code = status.code();
    if (100..400).contains(&code) {
        return Attribution::SUCCESS;
    }
    if let Some(backend) = record.raw(Field::ProxyStatus).filter(|text| !text.is_empty()) {
        let digits = backend.get(..3).unwrap_or(backend);
        return match Status::parse(digits) {
            Some(s) if s == status => Attribution::upstream(Cause::AppError, PROXY_STATUS),
            Some(s) if s.code() >= 500 => Attribution::upstream(Cause::AppError, PROXY_STATUS),
            Some(_) if code >= 500 => Attribution::proxy(Cause::Internal, PROXY_STATUS),
            _ => request_refused(record, code),
        };
    }
    if code < 500 {
        return request_refused(record, code);
    }
    if !record.schema().has(Field::ProxyStatus) {
        return Attribution::UNKNOWN;
    }
    match code {
        503 => Attribution::upstream(Cause::ConnectOther, PROXY_STATUS),
        502 => Attribution::upstream(Cause::Unknown, PROXY_STATUS),
        504 => Attribution::upstream(Cause::ResponseTimeout, PROXY_STATUS),
        501 | 505 => Attribution::client(Cause::BadRequest, PROXY_STATUS),
        // 500 among them: a name that did not resolve, or an error of httpd's own.
        _ => Attribution::proxy(Cause::Unknown, PROXY_STATUS),
    }
}

/// A 4xx that the backend is not known to have made.
fn request_refused(record: &Record<'_>, code: u16) -> Attribution {
    let knows = record.schema().has(Field::ProxyStatus);
    let no_request =
        record.schema().has(Field::Request) && record.raw(Field::Request).is_none_or(<[u8]>::is_empty);
    match code {
        408 if knows || no_request => Attribution::client(Cause::ClientTimeout, "status"),
        400 if knows || no_request => Attribution::client(Cause::BadRequest, "status"),
        405 | 411 | 413 | 414 | 417 | 426 | 431 if knows => {
            Attribution::client(Cause::BadRequest, PROXY_STATUS)
        }
        401 | 407 if knows => Attribution::proxy(Cause::Auth, PROXY_STATUS),
        403 if knows => Attribution::proxy(Cause::Blocked, PROXY_STATUS),
        429 if knows => Attribution::proxy(Cause::RateLimited, PROXY_STATUS),
        _ if knows => Attribution::proxy(Cause::DirectResponse, PROXY_STATUS),
        _ => Attribution::UNKNOWN,
    }
}
