//! Access logs of Traefik.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A line of Traefik's common log format with its own columns behind it.
    ClfRecord of Traefik;
    /// Address of the client, or all of a trusted `X-Forwarded-For`.
    client_host: value -> Value<'a> = 0 "ClientHost",
    /// The user, by basic authentication.
    client_username: value -> Value<'a> = 1 "ClientUsername",
    /// When the request came in.
    start_utc: time -> Timestamp = 2 "StartUTC",
    /// The request line.
    request: value -> Value<'a> = 3 "request",
    /// Status to the client.
    downstream_status: status -> Status = 4 "DownstreamStatus",
    /// Bytes of the body to the client.
    downstream_content_size: integer -> u64 = 5 "DownstreamContentSize",
    /// `Referer`.
    referer: value -> Value<'a> = 6 "request_Referer",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 7 "request_User-Agent",
    /// How many requests Traefik had seen since its start.
    request_count: integer -> u64 = 8 "RequestCount",
    /// The router.
    router_name: value -> Value<'a> = 9 "RouterName",
    /// The server asked.
    service_url: value -> Value<'a> = 10 "ServiceURL",
    /// The whole request.
    duration: duration -> Duration = 11 "Duration",
}

view! {
    /// A line of Traefik's JSON (preset `traefik-json`), v1 to v3.
    JsonRecord of Traefik;
    /// When the request came in.
    start_utc: time -> Timestamp = 0 "StartUTC",
    /// Status to the client.
    downstream_status: status -> Status = 2 "DownstreamStatus",
    /// The method.
    request_method: value -> Value<'a> = 3 "RequestMethod",
    /// Path and query.
    request_path: value -> Value<'a> = 4 "RequestPath",
    /// The protocol.
    request_protocol: value -> Value<'a> = 5 "RequestProtocol",
    /// The host asked for.
    request_host: value -> Value<'a> = 6 "RequestHost",
    /// Address of the client, or all of a trusted `X-Forwarded-For`.
    client_host: value -> Value<'a> = 8 "ClientHost",
    /// The other end of the connection, with its port.
    client_addr: value -> Value<'a> = 9 "ClientAddr",
    /// `X-Forwarded-For`, where headers are kept.
    x_forwarded_for: value -> Value<'a> = 10 "request_X-Forwarded-For",
    /// The service; the backend of v1.
    service_name: value -> Value<'a> = 11 "ServiceName",
    /// The server asked.
    service_addr: value -> Value<'a> = 13 "ServiceAddr",
    /// Status the server gave; Traefik's own where it gave none, 0 where none was asked.
    origin_status: status -> Status = 19 "OriginStatus",
    /// The server's part of the time.
    origin_duration: duration -> Duration = 20 "OriginDuration",
    /// Bytes of the server's body.
    origin_content_size: integer -> u64 = 21 "OriginContentSize",
    /// The whole request.
    duration: duration -> Duration = 22 "Duration",
    /// Bytes of the body to the client.
    downstream_content_size: integer -> u64 = 23 "DownstreamContentSize",
    /// Bytes of the request's body.
    request_content_size: integer -> u64 = 24 "RequestContentSize",
    /// Retries.
    retry_attempts: integer -> u64 = 25 "RetryAttempts",
    /// `User-Agent`, where headers are kept.
    user_agent: value -> Value<'a> = 26 "request_User-Agent",
    /// `Referer`, where headers are kept.
    referer: value -> Value<'a> = 27 "request_Referer",
    /// `X-Request-Id`, where headers are kept, or the id of the trace.
    request_id: value -> Value<'a> = 28 "request_X-Request-Id",
    /// The entry point.
    entry_point_name: value -> Value<'a> = 30 "entryPointName",
    /// The router.
    router_name: value -> Value<'a> = 31 "RouterName",
    /// The frontend of v1.
    frontend_name: value -> Value<'a> = 32 "FrontendName",
    /// Traefik's own part of the time, in nanoseconds.
    overhead: value -> Value<'a> = 33 "Overhead",
    /// The server's `Content-Type`, where headers are kept.
    origin_content_type: value -> Value<'a> = 34 "origin_Content-Type",
    /// The server's `Content-Length`, where headers are kept.
    origin_content_length: value -> Value<'a> = 35 "origin_Content-Length",
}
