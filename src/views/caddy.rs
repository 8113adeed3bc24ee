//! Access logs of Caddy.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A line of Caddy's JSON log (preset `caddy`).
    AccessRecord of Caddy;
    /// When the request ended.
    ts: time -> Timestamp = 0 "ts",
    /// Status to the client; 0 where Caddy wrote none.
    status: status -> Status = 1 "status",
    /// The method.
    method: value -> Value<'a> = 2 "request.method",
    /// Path and query.
    uri: value -> Value<'a> = 3 "request.uri",
    /// The protocol.
    proto: value -> Value<'a> = 4 "request.proto",
    /// The host asked for.
    host: value -> Value<'a> = 5 "request.host",
    /// The client, by Caddy's trusted proxies.
    client_ip: value -> Value<'a> = 6 "request.client_ip",
    /// The other end of the connection.
    remote_ip: value -> Value<'a> = 7 "request.remote_ip",
    /// The first `X-Forwarded-For`.
    x_forwarded_for: value -> Value<'a> = 9 "request.headers.X-Forwarded-For",
    /// The whole request.
    duration: duration -> Duration = 10 "duration",
    /// Bytes of the body to the client.
    size: integer -> u64 = 11 "size",
    /// Bytes of the request's body.
    bytes_read: integer -> u64 = 12 "bytes_read",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 13 "request.headers.User-Agent",
    /// `Referer`.
    referer: value -> Value<'a> = 14 "request.headers.Referer",
    /// `X-Request-Id`.
    request_id: value -> Value<'a> = 15 "request.headers.X-Request-Id",
    /// The name of the logger: `http.log.access`, with more behind it.
    logger: value -> Value<'a> = 16 "logger",
    /// `handled request`.
    msg: value -> Value<'a> = 17 "msg",
    /// Why it failed, from the error line that was joined to it.
    err_msg: value -> Value<'a> = 18 "err_msg",
    /// The id of that error.
    err_id: value -> Value<'a> = 19 "err_id",
    /// `Via` of the response: there where an upstream made it (since 2.10).
    via: value -> Value<'a> = 20 "resp_headers.Via",
    /// `Server` of the response.
    server: value -> Value<'a> = 21 "resp_headers.Server",
}
