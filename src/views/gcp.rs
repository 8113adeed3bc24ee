//! Access logs of Google Cloud's load balancers.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// An entry of an HTTP(S) load balancer (preset `gcp`), in the spelling of sinks or of client libraries.
    ///
    /// Source: Google Cloud's documentation, "Global external Application Load Balancer logging and monitoring".
    ///
    /// ```
    /// use brownout::{Format, JsonFormat, Line, Spans, gcp::LogRecord};
    /// use std::time::Duration;
    ///
    /// let line = br#"{"timestamp":"2026-11-22T07:12:27.5Z","httpRequest":{"status":502,"latency":"0.010999s"},"jsonPayload":{"statusDetails":"failed_to_pick_backend"}}"#;
    /// let format = JsonFormat::gcp();
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let gcp = LogRecord::new(record).unwrap();
    /// assert_eq!(gcp.latency(), Some(Duration::from_micros(10_999)));
    /// assert_eq!(gcp.status_details().unwrap().raw(), b"failed_to_pick_backend");
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    LogRecord of Gcp;
    /// When the request reached the first layer.
    timestamp: time -> Timestamp = 0 "timestamp",
    /// Status to the client; 0 where none was sent.
    status: status -> Status = 1 "httpRequest.status",
    /// The method.
    request_method: value -> Value<'a> = 3 "httpRequest.requestMethod",
    /// The whole URL.
    request_url: value -> Value<'a> = 5 "httpRequest.requestUrl",
    /// The protocol, where it is filled.
    protocol: value -> Value<'a> = 7 "httpRequest.protocol",
    /// The client; in `jsonPayload` with its port.
    remote_ip: value -> Value<'a> = 9 "httpRequest.remoteIp",
    /// The backend service.
    backend_service_name: value -> Value<'a> = 13 "resource.labels.backend_service_name",
    /// The backend; `None` where none was asked.
    server_ip: value -> Value<'a> = 15 "httpRequest.serverIp",
    /// The whole request.
    latency: duration -> Duration = 17 "httpRequest.latency",
    /// Bytes to the client, header included.
    response_size: integer -> u64 = 19 "httpRequest.responseSize",
    /// Bytes from the client, header included.
    request_size: integer -> u64 = 21 "httpRequest.requestSize",
    /// Who made the answer and why, in a word.
    status_details: value -> Value<'a> = 23 "jsonPayload.statusDetails",
    /// The same of regional and internal balancers (RFC 9209).
    proxy_status: value -> Value<'a> = 26 "jsonPayload.proxyStatus",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 29 "httpRequest.userAgent",
    /// `Referer`.
    referer: value -> Value<'a> = 31 "httpRequest.referer",
    /// The id of the trace.
    trace: value -> Value<'a> = 33 "trace",
    /// The zone, or `global`.
    zone: value -> Value<'a> = 34 "resource.labels.zone",
    /// The forwarding rule.
    forwarding_rule_name: value -> Value<'a> = 35 "resource.labels.forwarding_rule_name",
    /// The id of the entry; entries delivered twice share it.
    insert_id: value -> Value<'a> = 36 "insertId",
    /// Whether Cloud CDN answered; `None` for no.
    cache_hit: value -> Value<'a> = 37 "httpRequest.cacheHit",
    /// What Cloud Armor did: `ACCEPT`, `DENY` or `REDIRECT`.
    enforced_policy_outcome: value -> Value<'a> = 38 "jsonPayload.enforcedSecurityPolicy.outcome",
}
