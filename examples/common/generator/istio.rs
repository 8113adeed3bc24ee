//! A request as Istio logs it with `accessLogEncoding: JSON`: typed values, keys in the order Envoy sorts them in, and
//! `null` for what there is not.

use super::site::SITE;
use super::traffic::{Ending, Request};
use super::write::{client, envoy_flags, int, rfc3339, text, uuid};

const PORT: &str = "8080";

pub(crate) fn json(r: &Request, out: &mut Vec<u8>) {
    let last = r.attempts.last();
    let cluster = |out: &mut Vec<u8>, name: &str, direction: &str| {
        for part in [direction, "|", PORT, "||", name, ".shop.svc.cluster.local"] {
            text(out, part);
        }
    };
    key(out, "{\"authority\":", (!r.garbage).then_some(SITE));
    number(out, "bytes_received", if matches!(r.method, "POST" | "PUT") { r.received } else { 0 });
    number(out, "bytes_sent", r.sent);
    text(out, ",\"connection_termination_details\":null,\"downstream_local_address\":\"10.4.0.17:8443\"");
    text(out, ",\"downstream_remote_address\":\"");
    client(out, r);
    out.push(b':');
    int(out, u64::from(r.port));
    out.push(b'"');
    number(out, "duration", r.duration_ms);
    key(out, ",\"method\":", (!r.garbage).then_some(r.method));
    if r.garbage {
        text(out, ",\"path\":null");
    } else {
        text(out, ",\"path\":\"");
        out.extend_from_slice(&r.path);
        out.push(b'"');
    }
    text(out, ",\"protocol\":\"");
    text(out, if r.protocol == "HTTP/2.0" && !r.garbage { "HTTP/2" } else { "HTTP/1.1" });
    text(out, "\",\"request_id\":\"");
    uuid(out, r);
    key(out, "\",\"requested_server_name\":", (!r.garbage).then_some(SITE));
    number(out, "response_code", u64::from(r.status));
    text(out, ",\"response_code_details\":\"");
    text(out, details(r));
    text(out, "\",\"response_flags\":\"");
    text(out, envoy_flags(r));
    key(out, "\",\"route_name\":", (r.ending != Ending::Own).then_some("default"));
    text(out, ",\"start_time\":\"");
    rfc3339(out, r.start(), 3);
    out.push(b'"');
    match r.service {
        Some(service) => {
            text(out, ",\"upstream_cluster\":\"");
            cluster(out, service.name, "outbound");
            out.push(b'"');
        }
        None => text(out, ",\"upstream_cluster\":null"),
    }
    key(out, ",\"upstream_host\":", last.map(|a| a.host.addr));
    match last {
        Some(a) if a.ending != Ending::Refused => {
            text(out, ",\"upstream_local_address\":\"10.4.0.17:");
            int(out, 32_768 + (r.id[0] & 0x3fff));
            out.push(b'"');
        }
        _ => text(out, ",\"upstream_local_address\":null"),
    }
    match last {
        Some(a) if a.ending == Ending::Answered => {
            text(out, ",\"upstream_service_time\":\"");
            int(out, a.total_ms);
            out.push(b'"');
        }
        _ => text(out, ",\"upstream_service_time\":null"),
    }
    let refused = "delayed_connect_error:_Connection_refused";
    let failure = (r.ending == Ending::Refused && last.is_some()).then_some(refused);
    key(out, ",\"upstream_transport_failure_reason\":", failure);
    key(out, ",\"user_agent\":", (!r.garbage).then_some(r.agent));
    text(out, ",\"x_forwarded_for\":\"");
    client(out, r);
    text(out, "\"}");
}

/// What stands before a value, and the value, which needs no escapes.
fn key(out: &mut Vec<u8>, before: &str, value: Option<&str>) {
    text(out, before);
    match value {
        Some(value) => {
            out.push(b'"');
            text(out, value);
            out.push(b'"');
        }
        None => text(out, "null"),
    }
}

fn number(out: &mut Vec<u8>, key: &str, value: u64) {
    text(out, ",\"");
    text(out, key);
    text(out, "\":");
    int(out, value);
}

/// `%RESPONSE_CODE_DETAILS%`
fn details(r: &Request) -> &'static str {
    match (r.ending, r.status) {
        (Ending::Refused, _) => {
            "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}"
        }
        (Ending::Reset, 502) => "upstream_reset_before_response_started{protocol_error}",
        (Ending::Reset, _) => "upstream_reset_before_response_started{connection_termination}",
        (Ending::Timeout, _) => "response_timeout",
        (Ending::ClientLeft, _) => "downstream_remote_disconnect",
        (Ending::Own, 400) => "http1.codec_error",
        (Ending::Own, 404) => "route_not_found",
        (Ending::Own, 429) => "request_rate_limited",
        (Ending::Own, _) => "direct_response",
        (Ending::Answered, _) => "via_upstream",
    }
}
