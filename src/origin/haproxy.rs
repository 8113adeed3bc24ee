//! HAProxy: the termination state tells, better than any other product's log.
//!
//! The first letter says what ended the session, the second in which phase. `--` with a 5xx is the server's own
//! answer; every other state made HAProxy write the status. Without `option abortonclose` (the default up to 3.2)
//! a client that left before the data phase does not show. Sources: `http_ana.c`, `configuration.txt` 8.5; every
//! rule was seen in lines of HAProxy 2.6.

use super::{Attribution, Cause};
use crate::attempts::is_server;
use crate::record::Record;
use crate::schema::Field;
use crate::status::Status;

const STATE: &str = "termination_state";
const SERVER: &str = "server_name";
const RESPONSE_TIME: &str = "Tr";

pub(super) fn attribute(record: &Record<'_>, status: Status) -> Attribution {
    match record.raw(Field::Reason) {
        Some(&[what, phase, ..]) => by_state(record, status, what, phase),
        // A state that is all dashes and short reads as absent.
        _ if record.schema().has(Field::Reason) => normal_end(record, status),
        _ => without_state(record, status),
    }
}

fn by_state(record: &Record<'_>, status: Status, what: u8, phase: u8) -> Attribution {
    let code = status.code();
    let upstream = |cause| Attribution::upstream(cause, STATE);
    let proxy = |cause| Attribution::proxy(cause, STATE);
    let in_data = matches!(phase, b'D' | b'L');
    match (what, phase) {
        (b'-', _) => normal_end(record, status),
        (b'C', _) => Attribution::client(Cause::ClientDisconnect, STATE),
        (b'c', _) => Attribution::client(Cause::ClientTimeout, STATE),
        // The header had been sent.
        (b'S' | b's' | b'P', _) if in_data => upstream(Cause::Truncated),
        (b'S', b'C') if !has_server(record) => Attribution::proxy(Cause::NoHealthyUpstream, SERVER),
        // Refused, reset, unreachable, or TLS failed: all alike.
        (b'S', b'C') => upstream(Cause::ConnectOther),
        (b'S', b'Q') => proxy(Cause::Overflow),
        (b'S', _) => upstream(Cause::Reset),
        (b's', b'C') => upstream(Cause::ConnectTimeout),
        (b's', b'Q') => proxy(Cause::QueueTimeout),
        (b's', _) => upstream(Cause::ResponseTimeout),
        // HAProxy's own verdict on a response is a 502, and so is a rule's unless it says otherwise.
        (b'P', b'H') if code == 502 => upstream(Cause::Protocol),
        (b'P', b'H') if code != 500 => proxy(Cause::Blocked),
        (b'P', b'R') => denied(status),
        (b'P', b'T') => proxy(Cause::Blocked),
        (b'P' | b'R' | b'I', _) => proxy(Cause::Internal),
        (b'L', _) => local_answer(status),
        (b'D' | b'K' | b'U', _) => proxy(Cause::AdminKill),
        _ => Attribution::new(super::Origin::Unknown, Cause::Unknown, STATE),
    }
}

/// `--`: the session ended as it should; a 4xx or 5xx is the server's own.
fn normal_end(record: &Record<'_>, status: Status) -> Attribution {
    if status.code() < 400 {
        return Attribution::SUCCESS;
    }
    if record.schema().has(Field::UpstreamAddr) && !has_server(record) {
        return Attribution::proxy(Cause::DirectResponse, SERVER);
    }
    Attribution::upstream(Cause::AppError, STATE)
}

/// `PR`: refused while reading the request. A rule gives any status, 503 included, or none (reject, silent-drop).
fn denied(status: Status) -> Attribution {
    match status.code() {
        100..=399 => Attribution::SUCCESS,
        400 | 405 | 408 | 411 | 413 | 414 | 431 | 501 | 505 => Attribution::client(Cause::BadRequest, STATE),
        401 | 407 => Attribution::proxy(Cause::Auth, STATE),
        429 => Attribution::proxy(Cause::RateLimited, STATE),
        _ => Attribution::proxy(Cause::Blocked, STATE),
    }
}

/// `L`: `return`, `redirect`, the statistics page. A 5xx is configured so, for maintenance as a rule.
fn local_answer(status: Status) -> Attribution {
    match status.code() {
        0..=399 => Attribution::SUCCESS,
        401 | 407 => Attribution::proxy(Cause::Auth, STATE),
        _ => Attribution::proxy(Cause::DirectResponse, STATE),
    }
}

/// Formats without `%ts`: the timers tell the phase of death, not who ended it.
fn without_state(record: &Record<'_>, status: Status) -> Attribution {
    if status.code() < 400 {
        return Attribution::SUCCESS;
    }
    if record.schema().has(Field::UpstreamAddr) && !has_server(record) {
        return Attribution::proxy(Cause::Unknown, SERVER);
    }
    let reached = |field| record.schema().has(field).then(|| record.raw(field).is_some_and(|t| t != b"-1"));
    let evidence = RESPONSE_TIME;
    match (reached(Field::UpstreamHeaderTime), reached(Field::UpstreamConnectTime)) {
        (Some(true), _) => Attribution::upstream(Cause::AppError, evidence),
        (Some(false), Some(false)) if status.code() >= 500 => {
            Attribution::upstream(Cause::ConnectOther, "Tc")
        }
        (Some(false), _) if status.code() == 504 => Attribution::upstream(Cause::ResponseTimeout, evidence),
        (Some(false), _) if status.code() == 502 => Attribution::upstream(Cause::Unknown, evidence),
        _ => Attribution::UNKNOWN,
    }
}

fn has_server(record: &Record<'_>) -> bool {
    record.raw(Field::UpstreamAddr).is_some_and(is_server)
}
