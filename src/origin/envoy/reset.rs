//! The upstream's stream or connection failed before an answer: what the reset reason and the transport say.
//!
//! The spelling drifted over the versions: blanks or `_`, `,` or `|` between the parts, errno numbers or texts.

use super::{Attribution, Cause, DETAILS, TRANSPORT};
use crate::record::Record;
use crate::schema::Field;

/// `upstream_reset_before_response_started{reason|transport failure}`.
pub(super) fn by_details(record: &Record<'_>, details: &[u8]) -> Attribution {
    let inner =
        details.iter().position(|&b| b == b'{').and_then(|open| details.get(open + 1..)).unwrap_or_default();
    let inner = inner.strip_suffix(b"}").unwrap_or(inner);
    let end = inner.iter().position(|b| matches!(b, b'|' | b',')).unwrap_or(inner.len());
    let (reason, transport) = inner.split_at_checked(end).unwrap_or((inner, b""));
    let is = |text: &str| alike(reason, text.as_bytes());
    if is("overflow") {
        return Attribution::proxy(Cause::Overflow, DETAILS);
    }
    if is("overload_manager_reset") {
        return Attribution::proxy(Cause::Overload, DETAILS);
    }
    if is("connection_timeout") {
        return Attribution::upstream(Cause::ConnectTimeout, DETAILS);
    }
    if is("protocol_error") {
        return Attribution::upstream(Cause::Protocol, DETAILS);
    }
    if contains(reason, "connection_failure") {
        return connect_failure(record, transport, DETAILS);
    }
    if contains(reason, "reset") || is("connection_termination") || contains(reason, "half_close") {
        return Attribution::upstream(Cause::Reset, DETAILS);
    }
    if is("remote_error_with_CONNECT_request") {
        return Attribution::upstream(Cause::Reset, DETAILS);
    }
    Attribution::upstream(Cause::Unknown, DETAILS)
}

/// No connection: the transport's text tells how, from the details or from its own column.
pub(super) fn connect_failure(record: &Record<'_>, transport: &[u8], evidence: &'static str) -> Attribution {
    let own = record.raw(Field::TransportFailure).unwrap_or_default();
    if let Some(cause) = transport_cause(transport) {
        return Attribution::upstream(cause, evidence);
    }
    match transport_cause(own) {
        Some(cause) => Attribution::upstream(cause, TRANSPORT),
        None => Attribution::upstream(Cause::ConnectOther, evidence),
    }
}

fn transport_cause(text: &[u8]) -> Option<Cause> {
    let has = |needle| contains(text, needle);
    // TLS first: its texts quote certificates, which can hold any word.
    if has("tls_error") || has("ssl") {
        return Some(Cause::Tls);
    }
    if has("connection_refused") || errno(text, b"111") || has("no_such_file") {
        return Some(Cause::ConnectRefused);
    }
    if has("reset_by_peer") || errno(text, b"104") {
        return Some(Cause::Reset);
    }
    if has("timeout") || has("timed_out") || errno(text, b"110") {
        return Some(Cause::ConnectTimeout);
    }
    let unreachable =
        has("unreachable") || has("no_route_to_host") || errno(text, b"113") || errno(text, b"101");
    unreachable.then_some(Cause::ConnectOther)
}

/// Older versions end with the number: `delayed_connect_error:_111`.
fn errno(text: &[u8], number: &[u8]) -> bool {
    text.strip_suffix(number).is_some_and(|head| matches!(head.last(), Some(b'_' | b' ' | b':')))
}

/// Equal but for case and `_` for blank.
fn alike(text: &[u8], other: &[u8]) -> bool {
    text.len() == other.len() && text.iter().zip(other).all(|(&a, &b)| fold(a) == fold(b))
}

fn contains(text: &[u8], needle: &str) -> bool {
    text.windows(needle.len()).any(|window| alike(window, needle.as_bytes()))
}

const fn fold(byte: u8) -> u8 {
    if byte == b' ' { b'_' } else { byte.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_failed_connection() {
        for (text, cause) in [
            ("delayed_connect_error:_Connection_refused", Some(Cause::ConnectRefused)),
            ("delayed connect error: Connection refused", Some(Cause::ConnectRefused)),
            ("delayed_connect_error:_111", Some(Cause::ConnectRefused)),
            (
                "immediate_connect_error:_No_such_file_or_directory|remote_address:/x",
                Some(Cause::ConnectRefused),
            ),
            ("delayed_connect_error:_Connection_reset_by_peer", Some(Cause::Reset)),
            ("TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER", Some(Cause::Tls)),
            ("delayed_connect_error:_110", Some(Cause::ConnectTimeout)),
            ("immediate_connect_error:_Network_is_unreachable", Some(Cause::ConnectOther)),
            ("", None),
            ("something_new", None),
        ] {
            assert_eq!(transport_cause(text.as_bytes()), cause, "{text}");
        }
    }
}
