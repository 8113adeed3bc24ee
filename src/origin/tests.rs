//! Real lines, reduced to the columns that matter, with what was done to make them.

use super::*;
use crate::record::sample::Sample;
use Field::{
    Actions, AttemptCount, BytesSent, Details, GrpcStatus, LimitReqStatus, ProxyStatus, Reason, Request,
    Retries, TlsVerify, TransportFailure, Upstream, UpstreamAddr, UpstreamAlternative, UpstreamBytesReceived,
    UpstreamConnectTime, UpstreamHeaderTime, UpstreamResponseLength, UpstreamResponseTime, UpstreamStatus,
};

/// `origin/cause`, as the reports print them.
fn verdict(product: Product, values: &[(Field, &str)]) -> String {
    let sample = Sample::new(product, values);
    let record = sample.record();
    let attribution = attribute(&record);
    if record.status().is_some_and(|status| is_plain_success(&record, status)) {
        assert_eq!(attribution, Attribution::SUCCESS, "{values:?}");
    }
    let failed = !matches!(attribution.origin, Origin::None | Origin::Unknown);
    assert_eq!(failed, !attribution.evidence.is_empty(), "evidence of {values:?}");
    format!("{}/{}", attribution.origin.name(), attribution.cause.map_or("-", Cause::name))
}

fn is_masked(product: Product, values: &[(Field, &str)]) -> bool {
    masked(&Sample::new(product, values).record())
}

#[test]
fn who_wrote_the_answer() {
    for (values, answered_by) in [
        (&[(Field::Status, "200")][..], Origin::None),
        (&[(Field::Status, "502"), (UpstreamStatus, "502")], Origin::Unknown),
        (&[(Field::Status, "500"), (UpstreamStatus, "500")], Origin::Upstream),
        (&[(Field::Status, "502"), (UpstreamStatus, "502"), (UpstreamHeaderTime, "0.1")], Origin::Upstream),
        (&[(Field::Status, "502"), (UpstreamStatus, "502"), (UpstreamHeaderTime, "-")], Origin::Proxy),
        (&[(Field::Status, "503"), (UpstreamStatus, "-")], Origin::Proxy),
        (&[(Field::Status, "502")], Origin::Unknown),
    ] {
        let sample = Sample::new(Product::Nginx, values);
        assert_eq!(attribute(&sample.record()).answered_by, answered_by, "{values:?}");
    }
}

/// nginx 1.22.1: status, body bytes, address, status, connect, header, response time, bytes received, proxy host.
#[test]
fn nginx_with_all_columns() {
    let fields = [
        Field::Status,
        BytesSent,
        UpstreamAddr,
        UpstreamStatus,
        UpstreamConnectTime,
        UpstreamHeaderTime,
        UpstreamResponseTime,
        UpstreamBytesReceived,
        Upstream,
    ];
    for (done, line, expected, hidden) in [
        ("answered", "200|6|a:1|200|0.001|0.002|0.002|72|ok", "none/-", false),
        ("static 404", "404|153|-|-|-|-|-|-|-", "proxy/direct_response", false),
        ("upstream's 404", "404|6|a:1|404|0.000|0.000|0.000|72|ok", "upstream/app_error", false),
        ("upstream's 502", "502|6|a:1|502|0.000|0.001|0.001|72|ok", "upstream/app_error", false),
        ("upstream's 503", "503|6|a:1|503|0.000|0.015|0.015|72|ok", "upstream/app_error", false),
        ("upstream's 504", "504|6|a:1|504|0.000|0.000|0.000|72|ok", "upstream/app_error", false),
        ("refused", "502|157|a:3|502|-|-|0.000|0|a:3", "upstream/connect_refused", false),
        ("SYN dropped", "504|167|a:4|504|-|-|0.701|0|a:4", "upstream/connect_timeout", false),
        ("no header in time", "504|167|a:1|504|0.000|-|0.704|0|a:1", "upstream/response_timeout", false),
        ("closed", "502|157|a:1|502|0.000|-|0.002|0|a:1", "upstream/reset", false),
        ("header too big", "502|157|a:1|502|0.000|-|0.002|4096|a:1", "upstream/protocol", false),
        ("no HTTP", "009|22|a:1|200|0.000|0.001|0.001|22|a:1", "upstream/protocol", false),
        ("certificate", "502|157|a:18443|502|-|-|0.003|0|a:18443", "upstream/connect_other", false),
        ("no live server", "502|157|deadlive|502|-|-|0.000|0|deadlive", "proxy/no_healthy_upstream", false),
        ("NXDOMAIN", "502|157|-|-|-|-|-|-|a.nx:19001", "proxy/dns", false),
        (
            "X-Accel to NXDOMAIN",
            "502|157|a:1 : |200 : |0.000 : |0.001 : |0.001 : |91 : |a.nx:1",
            "proxy/dns",
            false,
        ),
        (
            "NXDOMAIN, fall-back",
            "200|6|, a:1|-, 200|0.000, 0.000|0.000, 0.001|0.000, 0.001|0, 72|ok",
            "none/-",
            true,
        ),
        ("retry", "200|6|a:3, a:2|502, 200|-, 0.001|-, 0.001|0.000, 0.001|0, 72|mix", "none/-", true),
        (
            "both answered 404",
            "404|6|a:2, a:1|404, 404|0.000, 0.000|0.001, 0.000|0.001, 0.000|72, 72|two",
            "upstream/app_error",
            false,
        ),
        (
            "both closed",
            "502|157|a:2, a:1|502, 502|0.000, 0.000|-, -|0.001, 0.001|0, 0|two",
            "upstream/reset",
            false,
        ),
        (
            "error page from a group",
            "200|6|a:3 : a:1|502 : 200|- : 0.000|- : 0.000|0.000 : 0.000|0 : 72|ok",
            "none/-",
            true,
        ),
        ("error_page =200", "200|6|a:3|502|-|-|0.000|0|-", "none/-", true),
        ("error page keeps 502", "502|6|a:3|502|-|-|0.000|0|-", "upstream/connect_refused", false),
        (
            "intercepted, page of a group",
            "503|6|a:1 : a:2|503 : 200|0.001 : 0.002|0.003 : 0.002|0.003 : 0.002|72 : 72|ok",
            "upstream/app_error",
            false,
        ),
        (
            "second group dead",
            "502|157|a:1 : a:3|200 : 502|0.000 : -|0.001 : -|0.001 : 0.000|95 : 0|dead",
            "upstream/connect_refused",
            false,
        ),
        ("stale", "200|6|a:3|502|-|-|0.000|0|a:3", "none/-", true),
        ("return 503", "503|197|-|-|-|-|-|-|-", "proxy/unknown", false),
        ("auth_request dead", "500|177|-|-|-|-|-|-|-", "proxy/internal", false),
        ("return 444", "444|0|-|-|-|-|-|-|-", "proxy/blocked", false),
        ("client left", "499|0|a:1|-|0.000|-|0.100|0|ok", "client/client_disconnect", false),
        (
            "client left in the second try",
            "499|0|a:2, a:1|504, -|0.001, 0.000|-, -|0.705, 0.196|0, 0|two",
            "client/client_disconnect",
            true,
        ),
        ("client left in the body", "400|0|a:1|-|0.000|-|0.101|0|ok", "client/bad_request", false),
        ("HTTP/3.7", "505|187|-|-|-|-|-|-|-", "client/bad_request", false),
        ("broken HTTP/2 header", "000|0|-|-|-|-|-|-|-", "client/bad_request", false),
        ("deny", "403|153|-|-|-|-|-|-|-", "proxy/blocked", false),
    ] {
        let values: Vec<_> = fields.into_iter().zip(line.split('|')).collect();
        assert_eq!(verdict(Product::Nginx, &values), expected, "{done}");
        assert_eq!(is_masked(Product::Nginx, &values), hidden, "{done}");
    }
}

/// Status, upstream, address, length, response time, status: what the default format of ingress-nginx has.
#[test]
fn ingress_nginx_without_header_time() {
    let fields =
        [Field::Status, Upstream, UpstreamAddr, UpstreamResponseLength, UpstreamResponseTime, UpstreamStatus];
    for (done, line, expected, hidden) in [
        ("answered 502", "502|default-web-80|a:2|6|0.000|502", "upstream/app_error", false),
        ("answered 500", "500|default-web-80|a:1|6|0.001|500", "upstream/app_error", false),
        (
            "both refuse",
            "502|default-dead-80|a:3, a:13, a:3|0, 0, 0|0.001, 0.000, 0.000|502, 502, 502",
            "upstream/connect_refused",
            false,
        ),
        (
            "no header in time",
            "504|default-web-80|a:1, a:2|0, 0|60.001, 60.001|504, 504",
            "upstream/response_timeout",
            false,
        ),
        ("no connection in time", "504|default-bh-80|a:4|0|5.001|504", "upstream/connect_timeout", false),
        ("no peer", "502|default-nopeer-80|0.0.0.1:80|0|0.000|502", "proxy/no_healthy_upstream", false),
        ("no endpoints", "503|default-noep-80|-|-|-|-", "proxy/no_healthy_upstream", false),
        (
            "next_upstream http_503",
            "503|default-web-80|a:2, a:1|0, 6|0.000, 0.004|503, 503",
            "upstream/app_error",
            false,
        ),
        (
            "custom-http-errors",
            "200|upstream-default-backend|a:1 : a:2|0 : 6|0.002 : 0.001|503 : 200",
            "none/-",
            true,
        ),
        (
            "the default backend repeats the status",
            "503|upstream-default-backend|a:1 : a:2|0 : 6|0.002 : 0.001|503 : 503",
            "upstream/app_error",
            false,
        ),
        (
            "refused, the default backend repeats it",
            "502|upstream-default-backend|a:3 : a:2|0 : 6|0.000 : 0.001|502 : 502",
            "upstream/connect_refused",
            false,
        ),
        ("malformed", "400||-|-|-|-", "client/bad_request", false),
    ] {
        let values: Vec<_> = fields.into_iter().zip(line.split('|')).collect();
        assert_eq!(verdict(Product::IngressNginx, &values), expected, "{done}");
        assert_eq!(is_masked(Product::IngressNginx, &values), hidden, "{done}");
    }
}

#[test]
fn nginx_formats_that_say_less() {
    use Field::Status;
    for (values, expected) in [
        (&[(Status, "502")][..], "unknown/unknown"),
        (&[(Status, "404")], "unknown/unknown"),
        (&[(Status, "200")], "none/-"),
        (&[(Status, "499")], "client/client_disconnect"),
        (&[(Status, "408"), (Request, "-")], "client/bad_request"),
        (&[(Status, "503"), (LimitReqStatus, "REJECTED")], "proxy/rate_limited"),
        (&[(Status, "502"), (UpstreamStatus, "502")], "upstream/unknown"),
        (&[(Status, "400"), (UpstreamAddr, "-"), (TlsVerify, "FAILED:self signed")], "client/auth"),
        (
            &[(Status, "400"), (UpstreamAddr, "-"), (BytesSent, "0"), (Request, "GET /ok/2")],
            "client/client_disconnect",
        ),
        (&[(Status, "400"), (UpstreamAddr, "-"), (BytesSent, "0"), (Request, "")], "client/bad_request"),
    ] {
        assert_eq!(verdict(Product::Nginx, values), expected, "{values:?}");
    }
}

/// Envoy 1.40, with details: status, flags, details, attempts, service time, host.
#[test]
fn envoy_with_details() {
    let fields = [Field::Status, Reason, Details, AttemptCount, UpstreamHeaderTime, UpstreamAddr];
    let before = "upstream_reset_before_response_started";
    let after = "upstream_reset_after_response_started";
    for (line, expected, hidden) in [
        ("200|-|via_upstream|1|0|h", "none/-", false),
        ("200|-|via_upstream|2|10|h", "none/-", true),
        ("503|-|via_upstream|1|0|h", "upstream/app_error", false),
        ("503|URX|via_upstream|3|28|h", "upstream/app_error", false),
        ("503|UO|via_upstream|1|1|h", "upstream/app_error", false),
        ("777|-|via_upstream|1|0|h", "upstream/app_error", false),
        ("404|-|via_upstream|1|0|h", "upstream/app_error", false),
        (
            &format!(
                "503|URX,UF|{before}{{remote_connection_failure|delayed_connect_error:_Connection_refused}}|3|-|h"
            ),
            "upstream/connect_refused",
            false,
        ),
        (&format!("503|UF|{before}{{connection_timeout}}|1|-|h"), "upstream/connect_timeout", false),
        (
            &format!("503|UF|{before}{{remote_connection_failure|TLS_error:|268435703:SSL_routines}}|1|-|h"),
            "upstream/tls",
            false,
        ),
        (
            &format!("503|UF|{before}{{remote_connection_failure,delayed_connect_error:_111}}|1|-|h"),
            "upstream/connect_refused",
            false,
        ),
        (&format!("503|UF|{before}{{connection failure}}|1|-|h"), "upstream/connect_other", false),
        (&format!("503|UC|{before}{{connection_termination}}|1|-|h"), "upstream/reset", false),
        (&format!("503|UR|{before}{{remote_refused_stream_reset}}|1|-|h"), "upstream/reset", false),
        (&format!("503|LR|{before}{{local reset}}|1|-|h"), "upstream/reset", false),
        (&format!("502|UPE|{before}{{protocol_error}}|1|-|h"), "upstream/protocol", false),
        (&format!("503|UO|{before}{{overflow}}|1|-|-"), "proxy/overflow", false),
        (&format!("200|UPE|{after}{{protocol_error}}|1|0|h"), "upstream/truncated", false),
        (&format!("200|UPE|{after}{{protocol_error}}|2|0|h"), "upstream/truncated", false),
        (&format!("503|UPE|{after}{{protocol_error}}|1|0|h"), "upstream/app_error", false),
        ("503|UH|no_healthy_upstream|1|-|-", "proxy/no_healthy_upstream", false),
        ("504|UT|response_timeout|1|-|h", "upstream/response_timeout", false),
        ("200|UT|response_timeout|1|3|h", "upstream/truncated", false),
        // gRPC: Envoy's own answer is a 200.
        ("200|UT|response_timeout|1|-|h", "upstream/response_timeout", false),
        ("200|NR|route_not_found|0|-|-", "proxy/no_route", false),
        ("200|-|max_duration_timeout|1|0|h", "upstream/truncated", false),
        ("408|SI|stream_idle_timeout|1|-|h", "client/client_timeout", false),
        ("504|SI|stream_idle_timeout|1|-|h", "upstream/idle_timeout", false),
        ("503|-|direct_response|0|-|-", "proxy/direct_response", false),
        ("301|-|direct_response|0|-|-", "none/-", false),
        ("403|-|rbac_access_denied_matched_policy[deny_all]|0|-|-", "proxy/auth", false),
        ("500|RLSE|rate_limiter_error|0|-|-", "proxy/dependency", false),
        ("0|DC|downstream_remote_disconnect|1|-|h", "client/client_disconnect", false),
        ("400|DPE|http1.codec_error|0|-|-", "client/bad_request", false),
        ("503|-|my_filter_said_no|0|-|-", "proxy/unknown", false),
    ] {
        let values: Vec<_> = fields.into_iter().zip(line.split('|')).collect();
        // Details hold `|`: the last three columns are the last three pieces.
        let pieces: Vec<_> = line.split('|').collect();
        let tail = pieces.len() - 3;
        let details = pieces[2..tail].join("|");
        let values: Vec<_> = values
            .iter()
            .map(|&(field, value)| match field {
                Details => (field, details.as_str()),
                AttemptCount => (field, pieces[tail]),
                UpstreamHeaderTime => (field, pieces[tail + 1]),
                UpstreamAddr => (field, pieces[tail + 2]),
                _ => (field, value),
            })
            .collect();
        assert_eq!(verdict(Product::Envoy, &values), expected, "{line}");
        assert_eq!(is_masked(Product::Envoy, &values), hidden, "{line}");
    }
}

/// Envoy's default format: status, flags, service time, host.
#[test]
fn envoy_by_flags() {
    let fields = [Field::Status, Reason, UpstreamHeaderTime, UpstreamAddr];
    for (line, expected) in [
        ("503|UF|-|h", "upstream/connect_other"),
        ("503|URX,UF|-|h", "upstream/connect_other"),
        ("503|URX|28|h", "upstream/app_error"),
        ("503|UO|-|-", "proxy/overflow"),
        ("503|UO|1|h", "upstream/app_error"),
        ("503|UC|-|h", "upstream/reset"),
        ("502|UPE|-|h", "upstream/protocol"),
        ("200|UPE|0|h", "upstream/truncated"),
        ("200|UF|-|h", "upstream/connect_other"),
        ("504|UT|-|h", "upstream/response_timeout"),
        ("404|NR|-|-", "proxy/no_route"),
        ("503|-|1|h", "upstream/app_error"),
        ("503|-|-|h", "upstream/app_error"),
        ("504|-|-|h", "upstream/unknown"),
        ("503|-|-|-", "proxy/unknown"),
        ("413|-|-|-", "client/bad_request"),
        ("503|XYZ|-|-", "proxy/unknown"),
        ("0|DC|-|h", "client/client_disconnect"),
        ("200|-|1|h", "none/-"),
        ("200|DI|1|h", "none/-"),
    ] {
        let values: Vec<_> = fields.into_iter().zip(line.split('|')).collect();
        assert_eq!(verdict(Product::Envoy, &values), expected, "{line}");
    }
    let text = "delayed_connect_error:_Connection_refused";
    let values = [(Field::Status, "503"), (Reason, "UF"), (TransportFailure, text)];
    assert_eq!(verdict(Product::Envoy, &values), "upstream/connect_refused");
    let values = [(Field::Status, "200"), (Reason, "-"), (GrpcStatus, "Unavailable")];
    assert_eq!(verdict(Product::Envoy, &values), "upstream/app_error");
}

/// HAProxy 2.6: server, status, termination state, retries.
#[test]
fn haproxy_states() {
    let fields = [UpstreamAddr, Field::Status, Reason, Retries];
    for (line, expected, hidden) in [
        ("s1|200|----|0", "none/-", false),
        ("s1|503|----|0", "upstream/app_error", false),
        ("s1|503|----|2", "upstream/app_error", false),
        ("live|200|----|+1", "none/-", true),
        // real lines: a port nobody listens on, TLS to a plain port, a certificate not trusted: one and the same
        ("dead|503|SC--|1", "upstream/connect_other", false),
        ("t1|503|SC--|1", "upstream/connect_other", false),
        ("<NOSRV>|503|SC--|0", "proxy/no_healthy_upstream", false),
        ("bh|503|sC--|1", "upstream/connect_timeout", false),
        ("<NOSRV>|503|sQ--|0", "proxy/queue_timeout", false),
        ("s1|504|sH--|0", "upstream/response_timeout", false),
        ("s1|502|SH--|0", "upstream/reset", false),
        ("s1|502|PH--|0", "upstream/protocol", false),
        // a rule's `deny_status`
        ("s1|503|PH--|0", "proxy/blocked", false),
        ("s1|500|PH--|0", "proxy/internal", false),
        ("s1|200|SD--|0", "upstream/truncated", false),
        ("s1|200|sD--|0", "upstream/truncated", false),
        ("s1|200|SD--|1", "upstream/truncated", false),
        ("<NOSRV>|-1|CQ--|0", "client/client_disconnect", false),
        ("bh|503|CC--|0", "client/client_disconnect", false),
        ("s1|400|CH--|0", "client/client_disconnect", false),
        ("<NOSRV>|408|cR--|0", "client/client_timeout", false),
        ("<NOSRV>|503|PR--|0", "proxy/blocked", false),
        ("<NOSRV>|429|PR--|0", "proxy/rate_limited", false),
        ("<NOSRV>|400|PR--|0", "client/bad_request", false),
        ("<NOSRV>|500|PT--|0", "proxy/blocked", false),
        ("<NOSRV>|503|LR--|0", "proxy/direct_response", false),
        ("<NOSRV>|200|LR--|0", "none/-", false),
        ("r1|302|LC--|0", "none/-", false),
        ("l1|502|KH--|0", "proxy/admin_kill", false),
        ("l1|502|DH--|0", "proxy/admin_kill", false),
        ("s1|503|RC--|0", "proxy/internal", false),
        ("c1|200|--NI|0", "none/-", false),
        ("d1|-|SC|1", "upstream/connect_other", false),
    ] {
        let values: Vec<_> = fields.into_iter().zip(line.split('|')).collect();
        assert_eq!(verdict(Product::Haproxy, &values), expected, "{line}");
        assert_eq!(is_masked(Product::Haproxy, &values), hidden, "{line}");
    }
}

/// ALB: target, status, target status, reason, actions.
#[test]
fn alb_statuses() {
    let fields = [UpstreamAddr, Field::Status, UpstreamStatus, Reason, Actions];
    for (line, expected) in [
        ("10.0.0.1:80|200|200|-|forward", "none/-"),
        ("10.0.0.1:80|502|502|-|forward", "upstream/app_error"),
        ("10.0.0.1:80|502|-|-|forward", "upstream/unknown"),
        ("10.0.0.1:80|504|-|-|forward", "upstream/response_timeout"),
        ("-|503|-|-|forward", "proxy/no_healthy_upstream"),
        ("-|503|-|-|fixed-response", "proxy/direct_response"),
        ("-|502|-|LambdaInvalidResponse|forward", "upstream/protocol"),
        ("-|460|-|-|-", "client/client_disconnect"),
        ("-|464|-|-|-", "client/bad_request"),
        ("-|403|-|-|waf", "proxy/blocked"),
        ("-|500|-|-|waf-failed", "proxy/dependency"),
        ("-|561|-|AuthTokenEpRequestFailed|authenticate", "proxy/dependency"),
        ("-|401|-|AuthInvalidCookie|authenticate", "proxy/auth"),
        ("-|000|-|-|-", "client/client_disconnect"),
    ] {
        let values: Vec<_> = fields.into_iter().zip(line.split('|')).collect();
        assert_eq!(verdict(Product::Alb, &values), expected, "{line}");
    }
}

#[test]
fn apache_by_proxy_status() {
    for (values, expected) in [
        (&[(Field::Status, "503")][..], "unknown/unknown"),
        (&[(Field::Status, "503"), (ProxyStatus, "503")], "upstream/app_error"),
        (&[(Field::Status, "503"), (ProxyStatus, "-")], "upstream/connect_other"),
        (&[(Field::Status, "502"), (ProxyStatus, "-")], "upstream/unknown"),
        (&[(Field::Status, "404"), (ProxyStatus, "404")], "upstream/app_error"),
        (&[(Field::Status, "200"), (ProxyStatus, "200")], "none/-"),
        (&[(Field::Status, "408"), (Request, "-")], "client/client_timeout"),
    ] {
        assert_eq!(verdict(Product::Apache, values), expected, "{values:?}");
    }
}

#[test]
fn edges_by_their_reasons() {
    for (product, status, reason, expected) in [
        (Product::CloudFront, "502", "OriginDnsError", "upstream/dns"),
        (Product::CloudFront, "503", "Error", "upstream/app_error"),
        (Product::CloudFront, "000", "ClientCommError", "client/client_disconnect"),
        (Product::CloudFront, "200", "Hit", "none/-"),
        (Product::Gcp, "502", "backend_timeout", "upstream/response_timeout"),
        (Product::Gcp, "502", "response_sent_by_backend", "upstream/app_error"),
        (Product::Gcp, "0", "client_disconnected_before_any_response", "client/client_disconnect"),
        (Product::Gcp, "200", "backend_connection_closed_after_partial_response_sent", "upstream/truncated"),
        (Product::Gcp, "101", "websocket_closed", "none/-"),
        (Product::Gcp, "502", "failed_to_pick_backend", "proxy/no_healthy_upstream"),
        (Product::AzureAppGateway, "502", "ERRORINFO_UPSTREAM_NO_LIVE", "proxy/no_healthy_upstream"),
        (Product::AzureAppGateway, "200", "ERRORINFO_NO_ERROR", "none/-"),
        (Product::AzureAppGateway, "400", "ERRORINFO_INVALID_HOST", "client/bad_request"),
        (Product::AzureFrontDoor, "0", "OriginTimeout", "upstream/response_timeout"),
        (Product::AzureFrontDoor, "0", "-", "upstream/response_timeout"),
        (Product::AzureFrontDoor, "503", "NoError", "upstream/app_error"),
        (Product::AzureFrontDoor, "200", "NoError", "none/-"),
    ] {
        let values = [(Field::Status, status), (Reason, reason)];
        assert_eq!(verdict(product, &values), expected, "{product:?} {status} {reason}");
    }
    let regional = [(Field::Status, "503"), (Details, r#"error="connection_refused""#)];
    assert_eq!(verdict(Product::Gcp, &regional), "upstream/connect_refused");
}

#[test]
fn cloudflare_by_both_statuses() {
    for (edge, origin, expected, hidden) in [
        ("503", "503", "upstream/app_error", false),
        ("522", "0", "upstream/connect_timeout", false),
        ("521", "0", "upstream/connect_refused", false),
        ("502", "0", "proxy/unknown", false),
        ("499", "0", "client/client_disconnect", false),
        ("200", "200", "none/-", false),
        ("200", "503", "none/-", true),
    ] {
        let values = [(Field::Status, edge), (UpstreamStatus, origin)];
        assert_eq!(verdict(Product::Cloudflare, &values), expected, "{edge} {origin}");
        assert_eq!(is_masked(Product::Cloudflare, &values), hidden, "{edge} {origin}");
    }
}

#[test]
fn traefik_and_caddy_by_size() {
    for (product, status, size, url, expected) in [
        (Product::Traefik, "502", "11", "http://10.0.0.1:80", "upstream/unknown"),
        (Product::Traefik, "502", "300", "http://10.0.0.1:80", "upstream/app_error"),
        (Product::Traefik, "504", "15", "http://10.0.0.1:80", "upstream/response_timeout"),
        (Product::Traefik, "503", "20", "-", "proxy/no_healthy_upstream"),
        (Product::Traefik, "404", "19", "-", "proxy/no_route"),
        (Product::Traefik, "429", "17", "-", "proxy/rate_limited"),
        (Product::Traefik, "499", "21", "http://10.0.0.1:80", "client/client_disconnect"),
        (Product::Caddy, "502", "0", "-", "upstream/unknown"),
        (Product::Caddy, "502", "6", "-", "upstream/app_error"),
        (Product::Caddy, "503", "0", "-", "proxy/no_healthy_upstream"),
    ] {
        let values = [(Field::Status, status), (BytesSent, size), (UpstreamAddr, url)];
        assert_eq!(verdict(product, &values), expected, "{product:?} {status} {size}");
    }
}

/// Texts of Caddy 2.6's errors, and of Go.
#[test]
fn caddy_by_the_error_of_the_request() {
    for (text, expected) in [
        ("dial tcp 127.0.0.1:19003: connect: connection refused", "upstream/connect_refused"),
        ("dial tcp 127.0.0.1:19004: i/o timeout", "upstream/connect_timeout"),
        ("dial tcp: lookup app: no such host", "upstream/dns"),
        ("net/http: timeout awaiting response headers", "upstream/response_timeout"),
        ("EOF", "upstream/reset"),
        ("read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer", "upstream/reset"),
        ("net/http: HTTP/1.x transport connection broken: malformed HTTP status code", "upstream/protocol"),
        ("no upstreams available", "proxy/no_healthy_upstream"),
        ("boom", "upstream/unknown"),
    ] {
        let values = [(Field::Status, "502"), (BytesSent, "0"), (Field::Details, text)];
        assert_eq!(verdict(Product::Caddy, &values), expected, "{text}");
    }
}

#[test]
fn groups_and_peers_by_product() {
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067";
    for (product, values, upstream, addr, zone) in [
        (
            Product::Alb,
            &[(Upstream, arn), (UpstreamAddr, "10.0.0.1:80")][..],
            "web",
            "10.0.0.1:80",
            "eu-west-1",
        ),
        (
            Product::IngressNginx,
            &[(Upstream, "default-web-80"), (UpstreamAlternative, "")],
            "default-web-80",
            "-",
            "-",
        ),
        (
            Product::IngressNginx,
            &[(Upstream, "default-web-80"), (UpstreamAlternative, "default-canary-80")],
            "default-canary-80",
            "-",
            "-",
        ),
        (Product::IngressNginx, &[(Upstream, ""), (UpstreamAddr, "0.0.0.1:80")], "-", "-", "-"),
        (Product::Nginx, &[(Upstream, "ok"), (UpstreamAddr, "ok"), (Field::Host, "h")], "ok", "-", "-"),
        (Product::Nginx, &[(Field::Host, "h"), (UpstreamAddr, "a:1, b:2")], "-", "b:2", "-"),
        (Product::Envoy, &[(Upstream, "-"), (Field::Host, "shop.local")], "shop.local", "-", "-"),
        (Product::Haproxy, &[(Upstream, "b"), (UpstreamAddr, "<NOSRV>")], "b", "-", "-"),
        (Product::Haproxy, &[(Upstream, "b"), (UpstreamAddr, "s1"), (Field::Zone, "z")], "b", "s1", "z"),
    ] {
        let sample = Sample::new(product, values);
        let record = sample.record();
        let show = |value: Option<crate::record::Value<'_>>| {
            value.map_or("-".to_owned(), |v| String::from_utf8_lossy(v.raw()).into_owned())
        };
        assert_eq!(show(record.upstream()), upstream, "{values:?}");
        assert_eq!(show(record.upstream_addr()), addr, "{values:?}");
        assert_eq!(show(record.zone()), zone, "{values:?}");
    }
}

#[test]
fn the_decisive_attempt_is_the_one_the_page_stands_for() {
    for (product, status, addrs, statuses, decisive) in [
        (Product::Nginx, "503", "a:1 : b:2", "503 : 200", "a:1"),
        (Product::Nginx, "502", "a:1 : b:2", "502 : 502", "b:2"),
        (Product::IngressNginx, "503", "a:1 : b:2", "503 : 503", "a:1"),
        (Product::Nginx, "200", "a:1, b:2", "502, 200", "b:2"),
    ] {
        let values = [(Field::Status, status), (UpstreamAddr, addrs), (UpstreamStatus, statuses)];
        let sample = Sample::new(product, &values);
        let record = sample.record();
        let attempt = decisive_attempt(&record, record.status().unwrap()).unwrap();
        assert_eq!(attempt.addr, Some(decisive.as_bytes()), "{values:?}");
    }
}
