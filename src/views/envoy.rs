//! Access logs of Envoy.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A line of Envoy's default text format, all its columns.
    ///
    /// Source: Envoy's documentation, "Access logging", "Default format string". Formats that begin with the same
    /// columns fit too.
    ///
    /// ```
    /// use brownout::envoy::DefaultRecord;
    /// use brownout::formats::{Known, by_name};
    /// use brownout::{Format, Line, Spans};
    /// use std::time::Duration;
    ///
    /// let line = br#"[2026-11-22T07:23:27.991Z] "GET /r/blackhole/ok HTTP/1.1" 503 UF 0 91 253 - "-" "lab/1.0" "f8f6db23-b91c-4c90-a8a0-8799302743cf" "lab.local" "127.0.0.1:28020""#;
    /// let Some(Known::Text(format)) = by_name("envoy") else { panic!("a preset") };
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let envoy = DefaultRecord::new(record).unwrap();
    /// assert_eq!(envoy.path().unwrap().raw(), b"/r/blackhole/ok");
    /// assert!(envoy.has_flag("UF") && !envoy.has_flag("U"));
    /// assert_eq!(envoy.duration(), Some(Duration::from_millis(253)));
    /// assert_eq!(envoy.upstream_service_time(), None);
    /// assert_eq!(envoy.upstream_host().unwrap().raw(), b"127.0.0.1:28020");
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    DefaultRecord of Envoy;
    /// `%START_TIME%`: when the request began.
    start_time: time -> Timestamp = 0 "START_TIME",
    /// `%REQ(:METHOD)%`.
    method: value -> Value<'a> = 1 "REQ(:METHOD)",
    /// `%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%`: path and query before a rewrite.
    path: value -> Value<'a> = 2 "REQ(X-ENVOY-ORIGINAL-PATH?:PATH)",
    /// `%PROTOCOL%`.
    protocol: value -> Value<'a> = 3 "PROTOCOL",
    /// `%RESPONSE_CODE%`; 0 when no response was sent.
    response_code: status -> Status = 4 "RESPONSE_CODE",
    /// `%RESPONSE_FLAGS%`, separated by commas, in no order: see [`has_flag`](Self::has_flag).
    response_flags: value -> Value<'a> = 5 "RESPONSE_FLAGS",
    /// `%BYTES_RECEIVED%`: of the request's body.
    bytes_received: integer -> u64 = 6 "BYTES_RECEIVED",
    /// `%BYTES_SENT%`: of the response's body.
    bytes_sent: integer -> u64 = 7 "BYTES_SENT",
    /// `%DURATION%`: from the start of the request to the last byte out.
    duration: duration -> Duration = 8 "DURATION",
    /// `%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%`; `None` where no upstream answered.
    upstream_service_time: duration -> Duration = 9 "RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)",
    /// `%REQ(X-FORWARDED-FOR)%`.
    x_forwarded_for: value -> Value<'a> = 10 "REQ(X-FORWARDED-FOR)",
    /// `%REQ(USER-AGENT)%`; not escaped, so it may hold quotes.
    user_agent: value -> Value<'a> = 11 "REQ(USER-AGENT)",
    /// `%REQ(X-REQUEST-ID)%`.
    x_request_id: value -> Value<'a> = 12 "REQ(X-REQUEST-ID)",
    /// `%REQ(:AUTHORITY)%`: the host asked for.
    authority: value -> Value<'a> = 13 "REQ(:AUTHORITY)",
    /// `%UPSTREAM_HOST%`: the peer asked last; `None` where none was.
    upstream_host: value -> Value<'a> = 14 "UPSTREAM_HOST",
}

impl DefaultRecord<'_> {
    /// Whether the response has this flag, in its short form; see
    /// [`catalogue::envoy_flag`](crate::catalogue::envoy_flag).
    pub fn has_flag(&self, flag: &str) -> bool {
        self.response_flags()
            .is_some_and(|flags| flags.raw().split(|&b| b == b',').any(|f| f == flag.as_bytes()))
    }
}

view! {
    /// A line of Istio's text format (since 1.9), all its columns.
    ///
    /// Source: Istio's documentation, "Envoy Access Logs", "Default access log format".
    IstioRecord of Envoy;
    /// When the request began.
    start_time: time -> Timestamp = 0 "START_TIME",
    /// The method.
    method: value -> Value<'a> = 1 "REQ(:METHOD)",
    /// Path and query before a rewrite.
    path: value -> Value<'a> = 2 "REQ(X-ENVOY-ORIGINAL-PATH?:PATH)",
    /// The protocol.
    protocol: value -> Value<'a> = 3 "PROTOCOL",
    /// Status to the client; 0 where none was sent.
    response_code: status -> Status = 4 "RESPONSE_CODE",
    /// Response flags, joined by commas.
    response_flags: value -> Value<'a> = 5 "RESPONSE_FLAGS",
    /// Who made the answer and why, in a word.
    response_code_details: value -> Value<'a> = 6 "RESPONSE_CODE_DETAILS",
    /// Why Envoy ended a connection.
    connection_termination_details: value -> Value<'a> = 7 "CONNECTION_TERMINATION_DETAILS",
    /// What went wrong with TLS to the peer.
    upstream_transport_failure_reason: value -> Value<'a> = 8 "UPSTREAM_TRANSPORT_FAILURE_REASON",
    /// Bytes of the request body.
    bytes_received: integer -> u64 = 9 "BYTES_RECEIVED",
    /// Bytes of the response body.
    bytes_sent: integer -> u64 = 10 "BYTES_SENT",
    /// From the first byte of the request to the last of the response.
    duration: duration -> Duration = 11 "DURATION",
    /// The peer's time to answer, retries included.
    upstream_service_time: duration -> Duration = 12 "RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)",
    /// `X-Forwarded-For`.
    x_forwarded_for: value -> Value<'a> = 13 "REQ(X-FORWARDED-FOR)",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 14 "REQ(USER-AGENT)",
    /// `X-Request-Id`.
    request_id: value -> Value<'a> = 15 "REQ(X-REQUEST-ID)",
    /// The host asked for.
    authority: value -> Value<'a> = 16 "REQ(:AUTHORITY)",
    /// The peer.
    upstream_host: value -> Value<'a> = 17 "UPSTREAM_HOST",
    /// The cluster.
    upstream_cluster: value -> Value<'a> = 18 "UPSTREAM_CLUSTER_RAW",
    /// Envoy's own end of the connection to the peer.
    upstream_local_address: value -> Value<'a> = 19 "UPSTREAM_LOCAL_ADDRESS",
    /// Envoy's own end of the client's connection.
    downstream_local_address: value -> Value<'a> = 20 "DOWNSTREAM_LOCAL_ADDRESS",
    /// The client.
    downstream_remote_address: value -> Value<'a> = 21 "DOWNSTREAM_REMOTE_ADDRESS",
    /// The name given in TLS.
    requested_server_name: value -> Value<'a> = 22 "REQUESTED_SERVER_NAME",
    /// The route.
    route_name: value -> Value<'a> = 23 "ROUTE_NAME",
}

view! {
    /// A line of Istio's JSON encoding (preset `istio-json`), all its keys.
    ///
    /// ```
    /// use brownout::{Format, JsonFormat, Line, Spans, envoy::IstioJsonRecord};
    /// use std::time::Duration;
    ///
    /// let line = br#"{"start_time":"2026-11-22T07:23:26.415Z","method":"GET","response_code":503,"response_flags":"UF","duration":253,"upstream_host":null,"route_name":"default"}"#;
    /// let format = JsonFormat::istio();
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let istio = IstioJsonRecord::new(record).unwrap();
    /// assert_eq!(istio.duration(), Some(Duration::from_millis(253)));
    /// assert_eq!(istio.route_name().unwrap().raw(), b"default");
    /// assert!(istio.upstream_host().is_none());
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    IstioJsonRecord of Envoy;
    /// When the request began.
    start_time: time -> Timestamp = 0 "start_time",
    /// Status to the client; 0 where none was sent.
    response_code: status -> Status = 1 "response_code",
    /// The method.
    method: value -> Value<'a> = 2 "method",
    /// Path and query before a rewrite.
    path: value -> Value<'a> = 3 "path",
    /// The protocol.
    protocol: value -> Value<'a> = 4 "protocol",
    /// The host asked for.
    authority: value -> Value<'a> = 5 "authority",
    /// The client, with its port.
    downstream_remote_address: value -> Value<'a> = 6 "downstream_remote_address",
    /// `X-Forwarded-For`.
    x_forwarded_for: value -> Value<'a> = 7 "x_forwarded_for",
    /// The cluster.
    upstream_cluster: value -> Value<'a> = 8 "upstream_cluster",
    /// The peer.
    upstream_host: value -> Value<'a> = 9 "upstream_host",
    /// The peer's time to answer, retries included.
    upstream_service_time: duration -> Duration = 10 "upstream_service_time",
    /// From the first byte of the request to the last of the response.
    duration: duration -> Duration = 11 "duration",
    /// Bytes of the response body.
    bytes_sent: integer -> u64 = 12 "bytes_sent",
    /// Bytes of the request body.
    bytes_received: integer -> u64 = 13 "bytes_received",
    /// Response flags, joined by commas.
    response_flags: value -> Value<'a> = 14 "response_flags",
    /// Who made the answer and why, in a word.
    response_code_details: value -> Value<'a> = 15 "response_code_details",
    /// What went wrong with TLS to the peer.
    upstream_transport_failure_reason: value -> Value<'a> = 16 "upstream_transport_failure_reason",
    /// The status of gRPC, as a number or by name.
    grpc_status: value -> Value<'a> = 17 "grpc_status_number",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 19 "user_agent",
    /// `X-Request-Id`.
    request_id: value -> Value<'a> = 20 "request_id",
    /// At which point of the request the line was written.
    access_log_type: value -> Value<'a> = 21 "access_log_type",
    /// Why Envoy ended a connection.
    connection_termination_details: value -> Value<'a> = 22 "connection_termination_details",
    /// Envoy's own end of the connection to the peer.
    upstream_local_address: value -> Value<'a> = 23 "upstream_local_address",
    /// Envoy's own end of the client's connection.
    downstream_local_address: value -> Value<'a> = 24 "downstream_local_address",
    /// The name given in TLS.
    requested_server_name: value -> Value<'a> = 25 "requested_server_name",
    /// The route.
    route_name: value -> Value<'a> = 26 "route_name",
}
