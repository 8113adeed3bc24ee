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
