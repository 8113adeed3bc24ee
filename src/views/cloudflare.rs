//! Logs of Cloudflare.

use std::time::Duration;

use super::view;
use crate::record::{Record, Value};
use crate::schema::Product;
use crate::status::Status;
use crate::time::Timestamp;

view! {
    /// A record of Logpush's `http_requests` (preset `cloudflare`), as far as this crate maps its keys.
    ///
    /// Source: Cloudflare's documentation, "HTTP requests", dataset of the zone.
    HttpRecord of Cloudflare;
    /// When the edge received the request.
    edge_start_timestamp: time -> Timestamp = 0 "EdgeStartTimestamp",
    /// Status to the client.
    edge_response_status: status -> Status = 2 "EdgeResponseStatus",
    /// The method.
    method: value -> Value<'a> = 3 "ClientRequestMethod",
    /// Path and query.
    uri: value -> Value<'a> = 4 "ClientRequestURI",
    /// The protocol.
    protocol: value -> Value<'a> = 6 "ClientRequestProtocol",
    /// The host asked for.
    host: value -> Value<'a> = 7 "ClientRequestHost",
    /// The client.
    client_ip: value -> Value<'a> = 8 "ClientIP",
    /// The origin asked.
    origin_ip: value -> Value<'a> = 9 "OriginIP",
    /// Status it gave; 0 where it gave none.
    origin_response_status: status -> Status = 10 "OriginResponseStatus",
    /// To connect to it.
    origin_tcp_handshake: duration -> Duration = 11 "OriginTCPHandshakeDurationMs",
    /// To receive its response header.
    origin_header_receive: duration -> Duration = 12 "OriginResponseHeaderReceiveDurationMs",
    /// The origin's part of the time.
    origin_response: duration -> Duration = 13 "OriginResponseDurationMs",
    /// What the cache did.
    cache_status: value -> Value<'a> = 14 "CacheCacheStatus",
    /// Milliseconds to the first byte to the client.
    edge_time_to_first_byte_ms: integer -> u64 = 15 "EdgeTimeToFirstByteMs",
    /// Bytes to the client.
    edge_response_bytes: integer -> u64 = 16 "EdgeResponseBytes",
    /// Bytes from the client.
    client_request_bytes: integer -> u64 = 17 "ClientRequestBytes",
    /// What a security rule did.
    security_action: value -> Value<'a> = 18 "SecurityAction",
    /// `User-Agent`.
    user_agent: value -> Value<'a> = 21 "ClientRequestUserAgent",
    /// `Referer`.
    referer: value -> Value<'a> = 22 "ClientRequestReferer",
    /// The id of the request.
    ray_id: value -> Value<'a> = 23 "RayID",
    /// The edge location.
    edge_colo_code: value -> Value<'a> = 24 "EdgeColoCode",
    /// The zone, which is a site.
    zone_name: value -> Value<'a> = 25 "ZoneName",
    /// Of requests that a Worker made: the one it answered.
    parent_ray_id: value -> Value<'a> = 26 "ParentRayID",
    /// Who made the request: a client, or a part of the edge.
    client_request_source: value -> Value<'a> = 27 "ClientRequestSource",
    /// How the edge handled it.
    edge_pathing_op: value -> Value<'a> = 28 "EdgePathingOp",
    /// Which part of the edge decided that.
    edge_pathing_src: value -> Value<'a> = 29 "EdgePathingSrc",
    /// And why.
    edge_pathing_status: value -> Value<'a> = 30 "EdgePathingStatus",
    /// The address the edge asked the origin from.
    edge_server_ip: value -> Value<'a> = 31 "EdgeServerIP",
    /// Milliseconds to resolve the origin's name.
    origin_dns_response_ms: integer -> u64 = 32 "OriginDNSResponseTimeMs",
    /// Milliseconds of its TLS handshake.
    origin_tls_handshake_ms: integer -> u64 = 33 "OriginTLSHandshakeDurationMs",
}
