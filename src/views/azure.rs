//! Access logs of Azure's Application Gateway and Front Door.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A record of Application Gateway v2 (preset `azure-appgw`).
    ///
    /// Source: Azure's documentation, "Monitoring data reference for Azure Application Gateway".
    ///
    /// ```
    /// use brownout::{Format, JsonFormat, Line, Spans, azure::AppGatewayRecord};
    ///
    /// let line = br#"{"timeStamp":"2026-11-22T07:12:27+00:00","backendPoolName":"shop","properties":{"httpStatus":502,"serverRouted":"10.0.0.4:80","WAFMode":"Detection"}}"#;
    /// let format = JsonFormat::azure_appgw();
    /// let mut spans = Spans::new();
    /// let Line::Access(record) = format.parse(line, &mut spans)? else { panic!("an access record") };
    /// let gateway = AppGatewayRecord::new(record).unwrap();
    /// assert_eq!(gateway.http_status().unwrap().code(), 502);
    /// assert_eq!(gateway.waf_mode().unwrap().raw(), b"Detection");
    /// # Ok::<(), brownout::LineError>(())
    /// ```
    AppGatewayRecord of AzureAppGateway;
    /// When the record was written.
    time: time -> Timestamp = 0 "timeStamp",
    /// Status to the client.
    http_status: status -> Status = 3 "properties.httpStatus",
    /// The method.
    http_method: value -> Value<'a> = 5 "properties.httpMethod",
    /// Path and query as the client sent them; the path after a rewrite where the log has only that.
    request_uri: value -> Value<'a> = 7 "properties.originalRequestUriWithArgs",
    /// The protocol.
    http_version: value -> Value<'a> = 11 "properties.httpVersion",
    /// The host asked for.
    host: value -> Value<'a> = 12 "properties.originalHost",
    /// The client.
    client_ip: value -> Value<'a> = 16 "properties.clientIP",
    /// The backend pool.
    backend_pool_name: value -> Value<'a> = 18 "backendPoolName",
    /// The server asked last, with its port.
    server_routed: value -> Value<'a> = 20 "properties.serverRouted",
    /// Status it gave, or a list of them.
    server_status: value -> Value<'a> = 22 "properties.serverStatus",
    /// Seconds to connect to it.
    server_connect_time: value -> Value<'a> = 24 "properties.serverConnectTime",
    /// Seconds to the server's response header.
    server_header_time: value -> Value<'a> = 25 "properties.serverHeaderTime",
    /// Seconds to the end of its response.
    server_response_latency: value -> Value<'a> = 26 "properties.serverResponseLatency",
    /// The whole request.
    time_taken: duration -> Duration = 28 "properties.timeTaken",
    /// Bytes to the client.
    sent_bytes: integer -> u64 = 30 "properties.sentBytes",
    /// Bytes from the client.
    received_bytes: integer -> u64 = 32 "properties.receivedBytes",
    /// Why the gateway failed; of the firewall's records, what it did.
    error_info: value -> Value<'a> = 34 "properties.error_info",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 36 "properties.userAgent",
    /// The id of the request.
    transaction_id: value -> Value<'a> = 38 "properties.transactionId",
    /// The listener.
    listener_name: value -> Value<'a> = 40 "listenerName",
    /// The log: `ApplicationGatewayAccessLog`.
    category: value -> Value<'a> = 42 "category",
    /// The gateway.
    resource_id: value -> Value<'a> = 43 "resourceId",
    /// The routing rule.
    rule_name: value -> Value<'a> = 44 "ruleName",
    /// The instance that answered.
    instance_id: value -> Value<'a> = 45 "properties.instanceId",
    /// `Detection` or `Prevention`.
    waf_mode: value -> Value<'a> = 46 "properties.WAFMode",
    /// Of the firewall's records: the rule in words.
    firewall_message: value -> Value<'a> = 50 "properties.message",
    /// Of the firewall's records: the rule.
    firewall_rule_id: value -> Value<'a> = 51 "properties.ruleId",
}

view! {
    /// A record of Application Gateway v1 (preset `azure-appgw-v1`).
    AppGatewayV1Record of AzureAppGateway;
    /// When the record was written.
    time: time -> Timestamp = 0 "time",
    /// Status to the client.
    http_status: status -> Status = 3 "properties.httpStatus",
    /// The method.
    http_method: value -> Value<'a> = 4 "properties.httpMethod",
    /// The path.
    request_uri: value -> Value<'a> = 5 "properties.requestUri",
    /// The protocol.
    http_version: value -> Value<'a> = 6 "properties.httpVersion",
    /// The host asked for.
    host: value -> Value<'a> = 7 "properties.originalHost",
    /// The client.
    client_ip: value -> Value<'a> = 9 "properties.clientIP",
    /// The server asked, from the query where it has no key of its own.
    server_routed: value -> Value<'a> = 10 "properties.serverRouted",
    /// Status it gave, from the query where it has no key of its own.
    server_status: value -> Value<'a> = 11 "properties.serverStatus",
    /// The whole request.
    time_taken: duration -> Duration = 12 "properties.timeTaken",
    /// Bytes to the client.
    sent_bytes: integer -> u64 = 13 "properties.sentBytes",
    /// Bytes from the client.
    received_bytes: integer -> u64 = 14 "properties.receivedBytes",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 15 "properties.userAgent",
    /// The gateway.
    resource_id: value -> Value<'a> = 16 "resourceId",
    /// The log: `ApplicationGatewayAccessLog`.
    category: value -> Value<'a> = 17 "category",
    /// The query, and what the gateway adds to it.
    request_query: value -> Value<'a> = 18 "properties.requestQuery",
    /// The instance that answered.
    instance_id: value -> Value<'a> = 19 "properties.instanceId",
    /// Of the firewall's records: what it did.
    firewall_action: value -> Value<'a> = 22 "properties.action",
    /// Of the firewall's records: the rule in words.
    firewall_message: value -> Value<'a> = 23 "properties.message",
    /// Of the firewall's records: the rule.
    firewall_rule_id: value -> Value<'a> = 24 "properties.ruleId",
}

view! {
    /// A record of Front Door (preset `azure-frontdoor`), standard, premium or classic.
    ///
    /// Source: Azure's documentation, "Monitor metrics and logs in Azure Front Door".
    FrontDoorRecord of AzureFrontDoor;
    /// When the response was delivered.
    time: time -> Timestamp = 0 "time",
    /// Status to the client; 0 where the origin gave none in time.
    http_status_code: status -> Status = 3 "properties.httpStatusCode",
    /// The method.
    http_method: value -> Value<'a> = 6 "properties.httpMethod",
    /// The whole URL.
    request_uri: value -> Value<'a> = 9 "properties.requestUri",
    /// The protocol.
    http_version: value -> Value<'a> = 12 "properties.httpVersion",
    /// The host asked for.
    host_name: value -> Value<'a> = 14 "properties.hostName",
    /// The client.
    client_ip: value -> Value<'a> = 17 "properties.clientIp",
    /// The origin; the backend of the classic tier.
    origin_name: value -> Value<'a> = 20 "properties.originName",
    /// Its address, with the port.
    origin_ip: value -> Value<'a> = 25 "properties.originIp",
    /// Seconds to the first byte to the client.
    time_to_first_byte: value -> Value<'a> = 29 "properties.timeToFirstByte",
    /// The whole request.
    time_taken: duration -> Duration = 32 "properties.timeTaken",
    /// Bytes to the client.
    response_bytes: integer -> u64 = 35 "properties.responseBytes",
    /// Bytes from the client.
    request_bytes: integer -> u64 = 38 "properties.requestBytes",
    /// Why it failed; of the firewall's records, what it did.
    error_info: value -> Value<'a> = 41 "properties.errorInfo",
    /// Whether the request was served.
    result: value -> Value<'a> = 44 "properties.result",
    /// What the cache did.
    cache_status: value -> Value<'a> = 46 "properties.cacheStatus",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 49 "properties.userAgent",
    /// `Referer`.
    referrer: value -> Value<'a> = 52 "properties.referer",
    /// The id of the request.
    tracking_reference: value -> Value<'a> = 55 "properties.trackingReference",
    /// The edge location.
    pop: value -> Value<'a> = 58 "properties.pop",
    /// The endpoint.
    endpoint: value -> Value<'a> = 61 "properties.endpoint",
    /// `false` for the leg from the edge to the origin shield.
    is_received_from_client: value -> Value<'a> = 64 "properties.isReceivedFromClient",
    /// Of the firewall's records: the rule.
    firewall_rule_name: value -> Value<'a> = 68 "properties.ruleName",
    /// The other end of the connection.
    socket_ip: value -> Value<'a> = 69 "properties.socketIp",
    /// The log: `FrontDoorAccessLog`.
    category: value -> Value<'a> = 70 "category",
    /// The URL asked of the origin.
    origin_url: value -> Value<'a> = 71 "properties.originUrl",
    /// The route.
    routing_rule_name: value -> Value<'a> = 72 "properties.routingRuleName",
    /// The profile.
    resource_id: value -> Value<'a> = 73 "resourceId",
}
