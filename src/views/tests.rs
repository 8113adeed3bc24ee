use std::time::Duration;

use super::aws::{AlbRecord, CloudFrontRecord, ElbRecord, NlbRecord};
use super::envoy::{DefaultRecord, IstioJsonRecord, IstioRecord};
use super::haproxy::{HttpRecord, TcpRecord};
use super::traefik::ClfRecord;
use super::{apache, nginx};
use super::{azure, caddy, cloudflare, gcp, traefik};
use crate::format::{Format, Line};
use crate::formats::{Known, by_name};
use crate::json::JsonFormat;
use crate::record::{Record, Spans, Value};
use crate::schema::Field;
use crate::status::Status;
use crate::template::Template;

fn preset(name: &str) -> Template {
    match by_name(name) {
        Some(Known::Text(template)) => template,
        _ => panic!("{name} is a text preset"),
    }
}

fn with(name: &str, line: &str, check: impl FnOnce(Record<'_>)) {
    let format = preset(name);
    let mut spans = Spans::new();
    match format.parse(line.as_bytes(), &mut spans) {
        Ok(Line::Access(record)) => check(record),
        other => panic!("{name}: {other:?}"),
    }
}

const ALB: &str = r#"https 2018-07-02T22:23:00.186641Z app/lb/50dc6c495c0c9188 192.168.131.39:2817 - -1 -1 -1 502 - 34 366 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2"#;
const ELB: &str = r#"2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -"#;
const ENVOY: &str = r#"[2026-11-22T07:23:27.740Z] "GET /r/refused/ok HTTP/1.1" 503 URX,UF 0 98 0 - "-" "a "quoted" one" "35c1" "lab.local" "127.0.0.1:28099""#;
const HAPROXY: &str = r#"::1:43172 [22/Nov/2026:07:18:58.224] fe_http fe_http/<NOSRV> -1/-1/-1/-1/1001 -1 0 SESS=a b c - cR-- 1/2/3/4/5 6/7 {lab|x} {|} "<BADREQ>""#;

#[test]
fn alb_before_later_columns_were_added() {
    with("alb", ALB, |record| {
        let alb = AlbRecord::new(record).expect("an ALB record");
        assert_eq!(alb.target().map(Value::raw), None);
        assert_eq!(alb.request_processing_time(), None);
        assert_eq!(alb.elb_status_code().map(Status::code), Some(502));
        assert_eq!(alb.target_status_code(), None);
        assert_eq!((alb.received_bytes(), alb.sent_bytes()), (Some(34), Some(366)));
        assert_eq!(alb.ssl_protocol().map(Value::raw), Some(&b"TLSv1.2"[..]));
        assert!(alb.target_group_arn().is_none() && alb.node_ip().is_none());
        assert_eq!(alb.record().line(), ALB.as_bytes());
    });
    let tail = r#" arn:aws:x "Root=1" "-" "session-reused" -1 2018-07-02T22:22:48.364000Z "waf,forward" "" "LambdaThrottling" "10.0.0.1:80" "200" "Ambiguous" "BadUri" TID_1 "h" "/u" "s" 10.0.0.9"#;
    with("alb", &[ALB, tail].concat(), |record| {
        let alb = AlbRecord::new(record).expect("an ALB record");
        assert_eq!(alb.matched_rule_priority(), Some(-1));
        assert_eq!(alb.redirect_url().map(Value::raw), Some(&b""[..]), "empty is not absent");
        assert_eq!(alb.classification_reason().map(Value::raw), Some(&b"BadUri"[..]));
        assert_eq!(alb.node_ip().map(Value::raw), Some(&b"10.0.0.9"[..]));
    });
}

#[test]
fn elb_of_a_tcp_listener() {
    with("elb", ELB, |record| {
        let elb = ElbRecord::new(record).expect("an ELB record");
        assert_eq!(elb.elb_status_code(), None);
        assert_eq!(elb.request_processing_time(), Some(Duration::from_micros(1069)));
        assert_eq!(elb.timestamp().map(|t| t.to_string()).as_deref(), Some("2015-05-13T23:39:43.945958Z"));
        assert_eq!(elb.request().map(Value::raw), Some(&b"- - - "[..]));
    });
}

#[test]
fn envoy_with_quotes_in_a_value() {
    with("envoy", ENVOY, |record| {
        let envoy = DefaultRecord::new(record).expect("an Envoy record");
        assert_eq!(envoy.user_agent().map(Value::raw), Some(&br#"a "quoted" one"#[..]));
        assert!(envoy.has_flag("UF") && envoy.has_flag("URX") && !envoy.has_flag("UR"));
        assert_eq!(envoy.duration(), Some(Duration::ZERO));
        assert_eq!(envoy.x_forwarded_for().map(Value::raw), None);
    });
}

#[test]
fn haproxy_without_a_request() {
    with("haproxy", HAPROXY, |record| {
        let haproxy = HttpRecord::new(record).expect("a HAProxy record");
        assert_eq!(haproxy.client_ip(), Some(&b"::1"[..]));
        assert_eq!(haproxy.client_port(), Some(43172));
        assert_eq!(haproxy.request_time(), None);
        assert_eq!(haproxy.active_time(), Some(Duration::from_millis(1001)));
        assert_eq!(haproxy.status_code().map(Status::code), Some(0));
        assert_eq!(haproxy.captured_request_cookie().map(Value::raw), Some(&b"SESS=a b c"[..]));
        let counters = [haproxy.actconn(), haproxy.feconn(), haproxy.beconn(), haproxy.srv_conn()];
        assert_eq!(counters, [1, 2, 3, 4].map(Some));
        let queues = [haproxy.retries(), haproxy.srv_queue(), haproxy.backend_queue()];
        assert_eq!(queues, [5, 6, 7].map(Some));
        assert!(!haproxy.is_redispatched());
        assert_eq!(haproxy.captured_request_headers().map(Value::raw), Some(&b"{lab|x}"[..]));
        assert_eq!(haproxy.http_request().map(Value::raw), Some(&b"<BADREQ>"[..]));
    });
}

/// Every view takes its own formats and no other.
#[test]
fn other_formats_are_refused() {
    let lines = [("alb", ALB), ("elb", ELB), ("envoy", ENVOY), ("haproxy", HAPROXY)];
    for (i, (name, line)) in lines.into_iter().enumerate() {
        with(name, line, |record| {
            let fits = [
                AlbRecord::new(record).is_some(),
                ElbRecord::new(record).is_some(),
                DefaultRecord::new(record).is_some(),
                HttpRecord::new(record).is_some(),
            ];
            assert_eq!(fits, std::array::from_fn(|k| k == i), "{name}");
        });
    }
    let own = Template::envoy("[%START_TIME%] %RESPONSE_CODE%").expect("a format");
    let mut spans = Spans::new();
    let Ok(Line::Access(record)) = own.parse(b"[2026-11-22T07:23:27.740Z] 200", &mut spans) else {
        panic!("an access record")
    };
    assert!(DefaultRecord::new(record).is_none());
}

/// No column without an accessor.
#[test]
fn every_column_has_an_accessor() {
    for (name, columns) in [
        ("alb", AlbRecord::COLUMNS),
        ("elb", ElbRecord::COLUMNS),
        ("envoy", DefaultRecord::COLUMNS),
        ("haproxy", HttpRecord::COLUMNS),
        ("nlb", NlbRecord::COLUMNS),
        ("cloudfront", CloudFrontRecord::COLUMNS),
        ("istio", IstioRecord::COLUMNS),
        ("haproxy-tcp", TcpRecord::COLUMNS),
        ("nginx-combined", nginx::CombinedRecord::COLUMNS),
        ("ingress-nginx", nginx::IngressRecord::COLUMNS),
        ("apache-combined", apache::CombinedRecord::COLUMNS),
        ("traefik", ClfRecord::COLUMNS),
    ] {
        let format = preset(name);
        let expected: Vec<(usize, &str)> =
            format.schema().columns().iter().map(|c| &*c.name).enumerate().collect();
        assert_eq!(columns, expected, "{name}");
    }
}

/// No key of a JSON preset without an accessor, but for other keys of one thing.
#[test]
fn every_key_has_an_accessor() {
    for (name, columns) in [
        ("istio-json", IstioJsonRecord::COLUMNS),
        ("gcp", gcp::LogRecord::COLUMNS),
        ("azure-appgw", azure::AppGatewayRecord::COLUMNS),
        ("azure-appgw-v1", azure::AppGatewayV1Record::COLUMNS),
        ("azure-frontdoor", azure::FrontDoorRecord::COLUMNS),
        ("cloudflare", cloudflare::HttpRecord::COLUMNS),
        ("traefik-json", traefik::JsonRecord::COLUMNS),
        ("caddy", caddy::AccessRecord::COLUMNS),
    ] {
        let format = JsonFormat::preset(name).expect("a preset");
        let schema = format.schema();
        for (at, column) in schema.columns().iter().enumerate() {
            let same = schema.slot(column.field).filter(|_| column.field != Field::Other);
            let is_read = |at: usize| columns.contains(&(at, &*schema.columns()[at].name));
            assert!(is_read(at) || same.is_some_and(is_read), "{name} {}", column.name);
        }
        assert!(columns.iter().all(|&(at, key)| schema.position(key) == Some(at)), "{name}");
    }
}

/// A value of every type of the views of JSON, by an older key where there is one.
#[test]
fn values_of_json_views() {
    fn with(name: &str, line: &str, check: impl FnOnce(Record<'_>)) {
        let format = JsonFormat::preset(name).expect("a preset");
        match format.parse(line.as_bytes(), &mut Spans::new()) {
            Ok(Line::Access(record)) => check(record),
            other => panic!("{name}: {other:?}"),
        }
    }
    let traefik = r#"{"BackendName":"app","BackendURL":"http://10.0.0.2:80","ClientAddr":"10.0.0.9:1","DownstreamStatus":502,"Duration":2337877,"OriginDuration":"823492","RetryAttempts":2,"StartUTC":"2026-11-22T09:21:55.645779561Z"}"#;
    with("traefik-json", traefik, |record| {
        let view = traefik::JsonRecord::new(record).expect("a record of Traefik");
        assert_eq!(view.service_name().map(Value::raw), Some(&b"app"[..]));
        assert_eq!(view.duration(), Some(Duration::from_micros(2337)));
        assert_eq!((view.retry_attempts(), view.request_content_size()), (Some(2), None));
        assert!(gcp::LogRecord::new(record).is_none());
    });
    let frontdoor = r#"{"Time":"2026-11-22T07:12:27.5Z","properties":{"HttpStatusCode":"0","TimeTaken":"30.5","originIp":"N/A","ErrorInfo":"OriginTimeout"}}"#;
    with("azure-frontdoor", frontdoor, |record| {
        let view = azure::FrontDoorRecord::new(record).expect("a record of Front Door");
        assert_eq!(view.http_status_code().map(Status::code), Some(0));
        assert_eq!(view.time_taken(), Some(Duration::from_millis(30_500)));
        assert_eq!(view.error_info().map(Value::raw), Some(&b"OriginTimeout"[..]));
        assert!(view.origin_ip().is_none());
    });
    let caddy = r#"{"ts":1795331547.5,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_addr":"10.0.0.2:5","uri":"/"},"duration":9.9458e-05,"size":0,"status":502}"#;
    with("caddy", caddy, |record| {
        let view = caddy::AccessRecord::new(record).expect("a record of Caddy");
        assert_eq!(view.duration(), Some(Duration::from_micros(99)));
        assert_eq!(view.ts().map(|t| t.to_string()).as_deref(), Some("2026-11-22T07:12:27.500Z"));
        assert_eq!((view.size(), view.bytes_read()), (Some(0), None));
    });
    let cloudflare = r#"{"EdgeStartTimestamp":1795331547000000000,"EdgeResponseStatus":522,"OriginResponseStatus":0,"OriginTCPHandshakeDurationMs":15000,"ClientIP":"203.0.113.7"}"#;
    with("cloudflare", cloudflare, |record| {
        let view = cloudflare::HttpRecord::new(record).expect("a record of Cloudflare");
        assert_eq!(view.origin_tcp_handshake(), Some(Duration::from_secs(15)));
        assert_eq!(view.origin_response_status().map(Status::code), Some(0));
    });
}

/// One value of every type of the views of several products, from lines as they write them.
#[test]
fn values_of_other_views() {
    let nlb = "tls 2.0 2018-12-20T02:59:40 net/lb/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:x - ECDHE tlsv12 - lb.example - - - 2018-12-20T02:59:30";
    with("nlb", nlb, |record| {
        let view = NlbRecord::new(record).expect("an NLB record");
        assert_eq!(view.connection_time(), Some(Duration::from_millis(5)));
        assert_eq!(view.destination().map(Value::raw), Some(&b"172.100.100.185:443"[..]));
        assert_eq!(
            view.tls_connection_creation_time().map(|t| t.to_string()).as_deref(),
            Some("2018-12-20T02:59:30Z")
        );
        assert_eq!(record.status(), None);
    });
    let cloudfront = "2026-11-22\t07:08:40\tFRA2\t182\t192.0.2.10\tGET\td1.cloudfront.net\t/a%20b\t000\t-\tcurl\t-\t-\tError\tMRV==\twww.example.com\thttps\t217\t0.107";
    with("cloudfront", cloudfront, |record| {
        let view = CloudFrontRecord::new(record).expect("a CloudFront record");
        assert_eq!(view.sc_status().map(Status::code), Some(0));
        assert_eq!(view.time_taken(), Some(Duration::from_millis(107)));
        assert_eq!(view.cs_host().map(Value::raw), Some(&b"d1.cloudfront.net"[..]));
        assert!(view.connection_id().is_none());
    });
    let traefik = r#"10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/2.0" 502 11 "-" "x" 7 "r@file" "http://10.0.0.2:80" 3ms"#;
    with("traefik", traefik, |record| {
        let view = ClfRecord::new(record).expect("a record of Traefik");
        assert_eq!((view.request_count(), view.duration()), (Some(7), Some(Duration::from_millis(3))));
    });
    let tcp = "127.0.0.1:58530 [22/Nov/2026:07:29:43.700] tcp db/s1 1/0/861 1485 -- 2/1/0/0/0 0/0";
    with("haproxy-tcp", tcp, |record| {
        let view = TcpRecord::new(record).expect("a session of HAProxy");
        assert_eq!((view.bytes_read(), view.total_time()), (Some(1485), Some(Duration::from_millis(861))));
        assert!(HttpRecord::new(record).is_none());
    });
}
