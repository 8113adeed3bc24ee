//! Access logs of AWS load balancers.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A line of an Application Load Balancer, all its columns.
    ///
    /// AWS appended columns over the years: in older files the later ones are `None`. Source: the user guide of
    /// Application Load Balancers, "Access log entries".
    ///
    /// ```
    /// use brownout::{Format, Line, Spans, Template, aws::AlbRecord};
    /// use std::time::Duration;
    ///
    /// let line = br#"http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_dc57cebed65b444ebc8177bb698fe166"#;
    /// let format = Template::alb();
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let alb = AlbRecord::new(record).unwrap();
    /// assert_eq!(alb.request_type().unwrap().raw(), b"http");
    /// assert_eq!(alb.target_processing_time(), Some(Duration::from_millis(1)));
    /// assert_eq!(alb.target_status_code().unwrap().code(), 200);
    /// assert_eq!(alb.request_creation_time().unwrap().to_string(), "2018-07-02T22:22:48.364Z");
    /// assert_eq!(alb.matched_rule_priority(), Some(0));
    /// assert!(alb.error_reason().is_none());
    /// assert_eq!(alb.conn_trace_id().unwrap().raw(), b"TID_dc57cebed65b444ebc8177bb698fe166");
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    AlbRecord of Alb;
    /// `type`: `http`, `https`, `h2`, `grpcs`, `ws` or `wss`.
    request_type: value -> Value<'a> = 0 "type",
    /// `time`: when the response was generated; for web sockets, when the connection was closed.
    time: time -> Timestamp = 1 "time",
    /// `elb`: the load balancer's resource, `app/NAME/ID`.
    elb: value -> Value<'a> = 2 "elb",
    /// `client:port`: address and port of the client.
    client: value -> Value<'a> = 3 "client:port",
    /// `target:port`: address and port of the target; `None` for functions and where no target was asked.
    target: value -> Value<'a> = 4 "target:port",
    /// From the request until it was sent to a target; `None` where it could not be (`-1`).
    request_processing_time: duration -> Duration = 5 "request_processing_time",
    /// From the request sent to the target's response header; `None` where there was none (`-1`).
    target_processing_time: duration -> Duration = 6 "target_processing_time",
    /// From the target's response header until the response was sent on; `None` where there was none (`-1`).
    response_processing_time: duration -> Duration = 7 "response_processing_time",
    /// Status to the client: the target's, or the load balancer's own.
    elb_status_code: status -> Status = 8 "elb_status_code",
    /// Status the target gave; `None` where it gave none.
    target_status_code: status -> Status = 9 "target_status_code",
    /// Bytes from the client, header included.
    received_bytes: integer -> u64 = 10 "received_bytes",
    /// Bytes to the client, header included.
    sent_bytes: integer -> u64 = 11 "sent_bytes",
    /// The request line, its target in absolute form.
    request: value -> Value<'a> = 12 "request",
    /// `User-Agent`, cut at 8 KB.
    user_agent: value -> Value<'a> = 13 "user_agent",
    /// TLS cipher; `None` without TLS.
    ssl_cipher: value -> Value<'a> = 14 "ssl_cipher",
    /// TLS version; `None` without TLS.
    ssl_protocol: value -> Value<'a> = 15 "ssl_protocol",
    /// ARN of the target group.
    target_group_arn: value -> Value<'a> = 16 "target_group_arn",
    /// `X-Amzn-Trace-Id`.
    trace_id: value -> Value<'a> = 17 "trace_id",
    /// Host named in the TLS handshake; `None` without TLS or where it matched no certificate.
    domain_name: value -> Value<'a> = 18 "domain_name",
    /// ARN of the certificate; `session-reused` where a session was resumed.
    chosen_cert_arn: value -> Value<'a> = 19 "chosen_cert_arn",
    /// Priority of the rule: 0 is the default rule, -1 that no rule was reached because of an error.
    matched_rule_priority: signed -> i64 = 20 "matched_rule_priority",
    /// When the request came in.
    request_creation_time: time -> Timestamp = 21 "request_creation_time",
    /// Actions taken, separated by commas: `waf,forward`.
    actions_executed: value -> Value<'a> = 22 "actions_executed",
    /// Target of a redirect action.
    redirect_url: value -> Value<'a> = 23 "redirect_url",
    /// Why the load balancer failed: see [`catalogue::alb_error_reason`](crate::catalogue::alb_error_reason).
    error_reason: value -> Value<'a> = 24 "error_reason",
    /// Targets asked, separated by spaces; today at most one.
    target_port_list: value -> Value<'a> = 25 "target:port_list",
    /// Statuses of the targets, separated by spaces; today at most one.
    target_status_code_list: value -> Value<'a> = 26 "target_status_code_list",
    /// Of the desync mitigation: `Acceptable`, `Ambiguous` or `Severe`.
    classification: value -> Value<'a> = 27 "classification",
    /// Why the request was classified so.
    classification_reason: value -> Value<'a> = 28 "classification_reason",
    /// Id of the connection, the key to the connection logs.
    conn_trace_id: value -> Value<'a> = 29 "conn_trace_id",
    /// Host after a transform.
    transformed_host: value -> Value<'a> = 30 "transformed_host",
    /// URI after a transform.
    transformed_uri: value -> Value<'a> = 31 "transformed_uri",
    /// Outcome of the transforms.
    request_transform_status: value -> Value<'a> = 32 "request_transform_status",
    /// Address of the load balancer's node. Not documented; real lines have it.
    node_ip: value -> Value<'a> = 33 "node_ip",
}

view! {
    /// A line of a Classic Load Balancer, all its columns; the last three are `None` in files before they were added.
    ///
    /// Source: the user guide of Classic Load Balancers, "Access log entries". For TCP listeners the statuses are
    /// `None`.
    ///
    /// ```
    /// use brownout::{Format, Line, Spans, Template, aws::ElbRecord};
    /// use std::time::Duration;
    ///
    /// let line = br#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -"#;
    /// let format = Template::elb();
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let elb = ElbRecord::new(record).unwrap();
    /// assert_eq!(elb.backend().unwrap().raw(), b"10.0.0.1:80");
    /// assert_eq!(elb.backend_processing_time(), Some(Duration::from_micros(1048)));
    /// assert!(elb.ssl_cipher().is_none());
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    ElbRecord of Elb;
    /// `timestamp`: when the request came in.
    timestamp: time -> Timestamp = 0 "timestamp",
    /// The load balancer's name.
    elb: value -> Value<'a> = 1 "elb",
    /// `client:port`: address and port of the client.
    client: value -> Value<'a> = 2 "client:port",
    /// `backend:port`: address and port of the instance; `None` where none was asked.
    backend: value -> Value<'a> = 3 "backend:port",
    /// From the request until it was sent to an instance; `None` where it could not be (`-1`).
    request_processing_time: duration -> Duration = 4 "request_processing_time",
    /// From the request sent to the instance's response header; `None` where there was none (`-1`).
    backend_processing_time: duration -> Duration = 5 "backend_processing_time",
    /// From the instance's response header until the response was sent on; `None` where there was none (`-1`).
    response_processing_time: duration -> Duration = 6 "response_processing_time",
    /// Status to the client.
    elb_status_code: status -> Status = 7 "elb_status_code",
    /// Status the instance gave; `None` or 0 where it gave none.
    backend_status_code: status -> Status = 8 "backend_status_code",
    /// Bytes of the request's body.
    received_bytes: integer -> u64 = 9 "received_bytes",
    /// Bytes of the response's body.
    sent_bytes: integer -> u64 = 10 "sent_bytes",
    /// The request line, its target in absolute form.
    request: value -> Value<'a> = 11 "request",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 12 "user_agent",
    /// TLS cipher; `None` without TLS.
    ssl_cipher: value -> Value<'a> = 13 "ssl_cipher",
    /// TLS version; `None` without TLS.
    ssl_protocol: value -> Value<'a> = 14 "ssl_protocol",
}

view! {
    /// A connection of a Network Load Balancer's TLS listener, all its columns; there is no status.
    ///
    /// Source: the user guide of Network Load Balancers, "Access log entries".
    NlbRecord of Nlb;
    /// `type`: `tls`.
    record_type: value -> Value<'a> = 0 "type",
    /// `version` of the log entry.
    version: value -> Value<'a> = 1 "version",
    /// When the connection ended.
    time: time -> Timestamp = 2 "time",
    /// The load balancer's resource, `net/NAME/ID`.
    elb: value -> Value<'a> = 3 "elb",
    /// The listener's identifier.
    listener: value -> Value<'a> = 4 "listener",
    /// Address and port of the client.
    client: value -> Value<'a> = 5 "client:port",
    /// Where the client connected to: the listener, or an endpoint.
    destination: value -> Value<'a> = 6 "destination:port",
    /// How long the connection was open.
    connection_time: duration -> Duration = 7 "connection_time",
    /// The TLS handshake, part of `connection_time`; `None` where there was none.
    tls_handshake_time: duration -> Duration = 8 "tls_handshake_time",
    /// Bytes from the client, decrypted.
    received_bytes: integer -> u64 = 9 "received_bytes",
    /// Bytes to the client, decrypted.
    sent_bytes: integer -> u64 = 10 "sent_bytes",
    /// The TLS alert the client sent.
    incoming_tls_alert: value -> Value<'a> = 11 "incoming_tls_alert",
    /// The certificate that was presented.
    chosen_cert_arn: value -> Value<'a> = 12 "chosen_cert_arn",
    /// Reserved: `-`.
    chosen_cert_serial: value -> Value<'a> = 13 "chosen_cert_serial",
    /// The cipher agreed on.
    tls_cipher: value -> Value<'a> = 14 "tls_cipher",
    /// The version of TLS agreed on.
    tls_protocol_version: value -> Value<'a> = 15 "tls_protocol_version",
    /// The key exchange agreed on.
    tls_named_group: value -> Value<'a> = 16 "tls_named_group",
    /// The name the client asked for (SNI).
    domain_name: value -> Value<'a> = 17 "domain_name",
    /// The protocol agreed on with the client.
    alpn_fe_protocol: value -> Value<'a> = 18 "alpn_fe_protocol",
    /// The protocol agreed on with the target.
    alpn_be_protocol: value -> Value<'a> = 19 "alpn_be_protocol",
    /// What the client offered, quotes and all.
    alpn_client_preference_list: value -> Value<'a> = 20 "alpn_client_preference_list",
    /// When the connection began.
    tls_connection_creation_time: time -> Timestamp = 21 "tls_connection_creation_time",
}

view! {
    /// A line of CloudFront's standard log (version 1, legacy) with the columns of its `#Fields`; files with other columns are
    /// read by name ([`Record::by_name`](crate::Record::by_name)). Columns that an older file has not are `None`.
    ///
    /// Source: the developer guide, "Standard logging (access logs)". Values are URL-encoded as logged.
    CloudFrontRecord of CloudFront;
    /// `date` and `time`: when the response was finished, in UTC.
    date_time: time -> Timestamp = 0 "date time",
    /// The edge location.
    x_edge_location: value -> Value<'a> = 1 "x-edge-location",
    /// Bytes to the client, header included.
    sc_bytes: integer -> u64 = 2 "sc-bytes",
    /// Address of the client.
    c_ip: value -> Value<'a> = 3 "c-ip",
    /// The method.
    cs_method: value -> Value<'a> = 4 "cs-method",
    /// The name of the distribution.
    cs_host: value -> Value<'a> = 5 "cs(Host)",
    /// The path.
    cs_uri_stem: value -> Value<'a> = 6 "cs-uri-stem",
    /// Status to the client; 0 (`000`) where it closed the connection before.
    sc_status: status -> Status = 7 "sc-status",
    /// `Referer`.
    cs_referer: value -> Value<'a> = 8 "cs(Referer)",
    /// `User-Agent`.
    cs_user_agent: value -> Value<'a> = 9 "cs(User-Agent)",
    /// The query.
    cs_uri_query: value -> Value<'a> = 10 "cs-uri-query",
    /// `Cookie`, where logged.
    cs_cookie: value -> Value<'a> = 11 "cs(Cookie)",
    /// How the response was classified after its last byte: `Hit`, `Miss`, `Error` …
    x_edge_result_type: value -> Value<'a> = 12 "x-edge-result-type",
    /// The id of the request.
    x_edge_request_id: value -> Value<'a> = 13 "x-edge-request-id",
    /// The name the viewer asked for.
    x_host_header: value -> Value<'a> = 14 "x-host-header",
    /// `http`, `https`, `ws` or `wss`.
    cs_protocol: value -> Value<'a> = 15 "cs-protocol",
    /// Bytes from the client, header included.
    cs_bytes: integer -> u64 = 16 "cs-bytes",
    /// From the request to the last byte of the response.
    time_taken: duration -> Duration = 17 "time-taken",
    /// `X-Forwarded-For`.
    x_forwarded_for: value -> Value<'a> = 18 "x-forwarded-for",
    /// The version of TLS.
    ssl_protocol: value -> Value<'a> = 19 "ssl-protocol",
    /// The cipher.
    ssl_cipher: value -> Value<'a> = 20 "ssl-cipher",
    /// How the response was classified before it was sent.
    x_edge_response_result_type: value -> Value<'a> = 21 "x-edge-response-result-type",
    /// `HTTP/2.0` and the like.
    cs_protocol_version: value -> Value<'a> = 22 "cs-protocol-version",
    /// Field-level encryption: how it went.
    fle_status: value -> Value<'a> = 23 "fle-status",
    /// Field-level encryption: how many fields.
    fle_encrypted_fields: value -> Value<'a> = 24 "fle-encrypted-fields",
    /// Port of the client.
    c_port: integer -> u64 = 25 "c-port",
    /// From the request to the first byte of the response.
    time_to_first_byte: duration -> Duration = 26 "time-to-first-byte",
    /// More about an error: `OriginDnsError`, `AbortedOrigin` …
    x_edge_detailed_result_type: value -> Value<'a> = 27 "x-edge-detailed-result-type",
    /// `Content-Type` of the response.
    sc_content_type: value -> Value<'a> = 28 "sc-content-type",
    /// `Content-Length` of the response.
    sc_content_len: value -> Value<'a> = 29 "sc-content-len",
    /// Start of the range.
    sc_range_start: value -> Value<'a> = 30 "sc-range-start",
    /// End of the range.
    sc_range_end: value -> Value<'a> = 31 "sc-range-end",
    /// The tenant of the distribution.
    distribution_tenant_id: value -> Value<'a> = 32 "distribution-tenant-id",
    /// The id of the connection.
    connection_id: value -> Value<'a> = 33 "connection-id",
}
