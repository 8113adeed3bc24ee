//! Access logs of nginx and ingress-nginx.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A line of `combined`, nginx's default; formats that begin with the same columns fit too.
    ///
    /// ```
    /// use brownout::formats::{Known, by_name};
    /// use brownout::{Format, Line, Spans, nginx::CombinedRecord};
    ///
    /// let line = br#"127.0.0.1 - - [22/Nov/2026:07:12:27 +0000] "GET / HTTP/1.1" 502 157 "-" "lab/1.0""#;
    /// let Some(Known::Text(format)) = by_name("nginx-combined") else { panic!("a preset") };
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let nginx = CombinedRecord::new(record).unwrap();
    /// assert_eq!((nginx.status().unwrap().code(), nginx.body_bytes_sent()), (502, Some(157)));
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    CombinedRecord of Nginx;
    /// Address of the client.
    remote_addr: value -> Value<'a> = 0 "remote_addr",
    /// The user, by basic authentication.
    remote_user: value -> Value<'a> = 1 "remote_user",
    /// When the line was written.
    time_local: time -> Timestamp = 2 "time_local",
    /// The request line.
    request: value -> Value<'a> = 3 "request",
    /// Status to the client.
    status: status -> Status = 4 "status",
    /// Bytes of the body to the client.
    body_bytes_sent: integer -> u64 = 5 "body_bytes_sent",
    /// `Referer`.
    http_referer: value -> Value<'a> = 6 "http_referer",
    /// `User-Agent`.
    http_user_agent: value -> Value<'a> = 7 "http_user_agent",
}

view! {
    /// A line of ingress-nginx's `upstreaminfo` (since September 2019), all its columns. Lists of attempts are as logged;
    /// [`Record::attempts`](crate::Record::attempts) takes them apart.
    IngressRecord of IngressNginx;
    /// Address of the client.
    remote_addr: value -> Value<'a> = 0 "remote_addr",
    /// The user, by basic authentication.
    remote_user: value -> Value<'a> = 1 "remote_user",
    /// When the line was written.
    time_local: time -> Timestamp = 2 "time_local",
    /// The request line.
    request: value -> Value<'a> = 3 "request",
    /// Status to the client.
    status: status -> Status = 4 "status",
    /// Bytes of the body to the client.
    body_bytes_sent: integer -> u64 = 5 "body_bytes_sent",
    /// `Referer`.
    http_referer: value -> Value<'a> = 6 "http_referer",
    /// `User-Agent`.
    http_user_agent: value -> Value<'a> = 7 "http_user_agent",
    /// Bytes of the request, header included.
    request_length: integer -> u64 = 8 "request_length",
    /// From the first byte of the request to the last of the response.
    request_time: duration -> Duration = 9 "request_time",
    /// The service, `namespace-service-port`.
    proxy_upstream_name: value -> Value<'a> = 10 "proxy_upstream_name",
    /// The canary's service; empty where there is none.
    proxy_alternative_upstream_name: value -> Value<'a> = 11 "proxy_alternative_upstream_name",
    /// The peers that were asked.
    upstream_addr: value -> Value<'a> = 12 "upstream_addr",
    /// Bytes of their bodies.
    upstream_response_length: value -> Value<'a> = 13 "upstream_response_length",
    /// Their times.
    upstream_response_time: value -> Value<'a> = 14 "upstream_response_time",
    /// Their statuses.
    upstream_status: value -> Value<'a> = 15 "upstream_status",
    /// The id of the request.
    req_id: value -> Value<'a> = 16 "req_id",
}
