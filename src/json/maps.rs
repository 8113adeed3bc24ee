//! The field maps of the JSON presets, as data: the keys each product writes, and what they mean.
//!
//! Where several keys of a map carry one meaning, the order is the order of preference. The names of the columns are
//! the paths. Sources stand above each map.

use super::JsonFormat;
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, TimeMeaning, Unit};
use crate::time::TimeLayout;

/// One preset.
struct Map {
    name: &'static str,
    product: Product,
    time: TimeMeaning,
    layout: TimeLayout,
    /// Of all durations.
    unit: Unit,
    keys: &'static [(&'static str, Field)],
}

/// How a value of `field` is read where durations come in `unit` and stamps in `layout`.
pub(super) fn kind(field: Field, unit: Unit, layout: TimeLayout) -> Kind {
    match field {
        Field::Time | Field::StartTime => Kind::Time(layout),
        Field::Status | Field::UpstreamStatus => Kind::Status,
        Field::Request => Kind::Request,
        Field::Client | Field::UpstreamAddr => Kind::Address,
        Field::UpstreamConnectTime
        | Field::UpstreamHeaderTime
        | Field::UpstreamResponseTime
        | Field::Duration
        | Field::QueueTime
        | Field::RequestTime
        | Field::DispatchTime
        | Field::ReturnTime => Kind::Duration(unit),
        Field::UpstreamResponseLength
        | Field::UpstreamBytesReceived
        | Field::BytesSent
        | Field::BytesReceived
        | Field::Retries
        | Field::AttemptCount => Kind::Integer,
        _ => Kind::Text,
    }
}

impl Map {
    #[expect(clippy::expect_used, reason = "the maps are constant, and a test builds them all")]
    fn format(&self) -> JsonFormat {
        let column = |&(path, field): &(&str, Field)| {
            // The column with a path into a list is named after the list.
            let name = path.strip_suffix(".0").unwrap_or(path);
            let column = Column::new(name, field, kind(field, self.unit, self.layout.clone()));
            (path.into(), column.escaped(Escape::Json))
        };
        JsonFormat::new(self.name, self.product, self.time, self.keys.iter().map(column).collect())
            .expect("the maps are constant, and a test builds them all")
    }
}

impl JsonFormat {
    /// The names of the JSON presets.
    pub const PRESETS: &'static [&'static str] = &[
        "nginx-json",
        "istio-json",
        "envoy-json",
        "gcp",
        "azure-appgw",
        "azure-appgw-v1",
        "azure-frontdoor",
        "cloudflare",
        "traefik-json",
        "caddy",
    ];

    /// The preset of this name, one of [`PRESETS`](Self::PRESETS).
    ///
    /// ```
    /// use brownout::{Format, JsonFormat};
    /// assert_eq!(JsonFormat::preset("caddy").unwrap().name(), "caddy");
    /// assert!(JsonFormat::preset("varnish").is_none());
    /// ```
    pub fn preset(name: &str) -> Option<Self> {
        let map = [
            NGINX,
            ISTIO,
            ENVOY,
            GCP,
            AZURE_APPGW,
            AZURE_APPGW_V1,
            AZURE_FRONTDOOR,
            CLOUDFLARE,
            TRAEFIK,
            CADDY,
        ];
        map.into_iter().find(|map| map.name == name).map(|map| map.format())
    }

    /// nginx and ingress-nginx: a `log_format` that looks like JSON, keys named as the variables or as people
    /// usually call them, durations in seconds. See [`fitted`](Self::fitted).
    pub fn nginx() -> Self {
        NGINX.format()
    }

    /// Istio's JSON encoding (`accessLogEncoding: JSON`).
    pub fn istio() -> Self {
        ISTIO.format()
    }

    /// Envoy's `json_format` with the keys that Contour, Envoy Gateway and older Istio use.
    pub fn envoy() -> Self {
        ENVOY.format()
    }

    /// Google Cloud HTTP(S) load balancers: `LogEntry` as written to sinks, or as client libraries export it.
    pub fn gcp() -> Self {
        GCP.format()
    }

    /// Azure Application Gateway v2; durations in seconds.
    pub fn azure_appgw() -> Self {
        AZURE_APPGW.format()
    }

    /// Azure Application Gateway v1; `timeTaken` in milliseconds, the server inside the query where it has no key
    /// of its own.
    pub fn azure_appgw_v1() -> Self {
        AZURE_APPGW_V1.format()
    }

    /// Azure Front Door, durations in seconds (as documented since 2025).
    pub fn azure_frontdoor() -> Self {
        AZURE_FRONTDOOR.format()
    }

    /// Cloudflare Logpush `http_requests`, stamps as text or as whole seconds, milliseconds or nanoseconds.
    ///
    /// Requests that a Worker makes are records of their own, with `ParentRayID`; leave them out by it where only
    /// what clients sent is to count.
    pub fn cloudflare() -> Self {
        CLOUDFLARE.format()
    }

    /// Traefik v1 to v3.
    pub fn traefik() -> Self {
        TRAEFIK.format()
    }

    /// Caddy v2.
    pub fn caddy() -> Self {
        CADDY.format()
    }
}

/// <https://nginx.org/en/docs/varindex.html>, the JSON example of ingress-nginx
/// (`docs/user-guide/nginx-configuration/log-format.md`), and published `log_format`s.
const NGINX: Map = Map {
    name: "nginx-json",
    product: Product::Nginx,
    time: TimeMeaning::End,
    layout: TimeLayout::Auto,
    unit: Unit::Seconds,
    keys: &[
        ("msec", Field::Time),
        ("time_iso8601", Field::Time),
        ("time_local", Field::Time),
        ("time", Field::Time),
        ("@timestamp", Field::Time),
        ("timestamp", Field::Time),
        ("ts", Field::Time),
        ("date", Field::Time),
        ("status", Field::Status),
        ("http_status", Field::Status),
        ("status_code", Field::Status),
        ("response_status", Field::Status),
        ("request", Field::Request),
        ("request_line", Field::Request),
        ("request_method", Field::Method),
        ("method", Field::Method),
        ("http_method", Field::Method),
        ("verb", Field::Method),
        ("request_uri", Field::Target),
        ("uri", Field::Target),
        ("path", Field::Target),
        ("request_path", Field::Target),
        ("url", Field::Target),
        ("server_protocol", Field::Protocol),
        ("protocol", Field::Protocol),
        ("request_proto", Field::Protocol),
        ("http_host", Field::Host),
        ("host", Field::Host),
        ("vhost", Field::Host),
        ("server_name", Field::Host),
        ("domain", Field::Host),
        ("remote_addr", Field::Client),
        ("client_ip", Field::Client),
        ("clientip", Field::Client),
        ("remote_ip", Field::Client),
        ("client", Field::Client),
        ("ip", Field::Client),
        ("http_x_forwarded_for", Field::ForwardedFor),
        ("x_forwarded_for", Field::ForwardedFor),
        ("xff", Field::ForwardedFor),
        ("proxy_upstream_name", Field::Upstream),
        ("proxy_host", Field::Upstream),
        ("upstream_name", Field::Upstream),
        ("proxy_alternative_upstream_name", Field::UpstreamAlternative),
        ("upstream_addr", Field::UpstreamAddr),
        ("upstream_host", Field::UpstreamAddr),
        ("upstream", Field::UpstreamAddr),
        ("upstream_status", Field::UpstreamStatus),
        ("upstream_connect_time", Field::UpstreamConnectTime),
        ("upstream_header_time", Field::UpstreamHeaderTime),
        ("upstream_response_time", Field::UpstreamResponseTime),
        ("upstream_time", Field::UpstreamResponseTime),
        ("upstream_response_length", Field::UpstreamResponseLength),
        ("upstream_bytes_received", Field::UpstreamBytesReceived),
        ("upstream_cache_status", Field::CacheStatus),
        ("cache_status", Field::CacheStatus),
        ("request_time", Field::Duration),
        ("response_time", Field::Duration),
        ("responsetime", Field::Duration),
        ("duration", Field::Duration),
        ("body_bytes_sent", Field::BytesSent),
        ("bytes_sent", Field::BytesSent),
        ("body_bytes", Field::BytesSent),
        ("bytes", Field::BytesSent),
        ("size", Field::BytesSent),
        ("length", Field::BytesSent),
        ("request_length", Field::BytesReceived),
        ("limit_req_status", Field::LimitReqStatus),
        ("limit_conn_status", Field::LimitConnStatus),
        ("grpc_status", Field::GrpcStatus),
        ("http_user_agent", Field::UserAgent),
        ("user_agent", Field::UserAgent),
        ("agent", Field::UserAgent),
        ("ua", Field::UserAgent),
        ("http_referer", Field::Referer),
        ("http_referrer", Field::Referer),
        ("referer", Field::Referer),
        ("referrer", Field::Referer),
        ("request_id", Field::RequestId),
        ("req_id", Field::RequestId),
        ("http_x_request_id", Field::RequestId),
        ("ssl_client_verify", Field::TlsVerify),
    ],
};

/// Istio `pilot/pkg/model/telemetry_logging.go`.
const ISTIO: Map = Map {
    name: "istio-json",
    product: Product::Envoy,
    time: TimeMeaning::Start,
    layout: TimeLayout::Iso,
    unit: Unit::Millis,
    keys: &[
        ("start_time", Field::Time),
        ("response_code", Field::Status),
        ("method", Field::Method),
        ("path", Field::Target),
        ("protocol", Field::Protocol),
        ("authority", Field::Host),
        ("downstream_remote_address", Field::Client),
        ("x_forwarded_for", Field::ForwardedFor),
        ("upstream_cluster", Field::Upstream),
        ("upstream_host", Field::UpstreamAddr),
        ("upstream_service_time", Field::UpstreamHeaderTime),
        ("duration", Field::Duration),
        ("bytes_sent", Field::BytesSent),
        ("bytes_received", Field::BytesReceived),
        ("response_flags", Field::Reason),
        ("response_code_details", Field::Details),
        ("upstream_transport_failure_reason", Field::TransportFailure),
        ("grpc_status_number", Field::GrpcStatus),
        ("grpc_status", Field::GrpcStatus),
        ("user_agent", Field::UserAgent),
        ("request_id", Field::RequestId),
        ("access_log_type", Field::Other),
        ("connection_termination_details", Field::Other),
        ("upstream_local_address", Field::Other),
        ("downstream_local_address", Field::Other),
        ("requested_server_name", Field::Other),
        ("route_name", Field::Other),
    ],
};

/// Envoy `substitution_formatter.rst` (operators in snake case and as the old examples spell them), Contour
/// `apis/projectcontour/v1alpha1/accesslog.go`, Envoy Gateway `internal/xds/translator/accesslog.go`.
const ENVOY: Map = Map {
    name: "envoy-json",
    product: Product::Envoy,
    time: TimeMeaning::Start,
    layout: TimeLayout::Auto,
    unit: Unit::Millis,
    keys: &[
        ("start_time", Field::Time),
        ("startTime", Field::Time),
        ("@timestamp", Field::Time),
        ("timestamp", Field::Time),
        ("time", Field::Time),
        ("response_code", Field::Status),
        ("responseCode", Field::Status),
        ("status", Field::Status),
        ("status_code", Field::Status),
        ("code", Field::Status),
        ("method", Field::Method),
        ("request_method", Field::Method),
        ("requestMethod", Field::Method),
        (":method", Field::Method),
        ("path", Field::Target),
        ("x-envoy-origin-path", Field::Target),
        ("x-envoy-original-path", Field::Target),
        ("x_envoy_original_path", Field::Target),
        ("requestPath", Field::Target),
        ("request_path", Field::Target),
        ("uri", Field::Target),
        (":path", Field::Target),
        ("protocol", Field::Protocol),
        ("proto", Field::Protocol),
        ("authority", Field::Host),
        (":authority", Field::Host),
        ("downstream_remote_address", Field::Client),
        ("downstreamRemoteAddress", Field::Client),
        ("downstream_remote_address_without_port", Field::Client),
        ("downstream_direct_remote_address", Field::Client),
        ("x_forwarded_for", Field::ForwardedFor),
        ("x-forwarded-for", Field::ForwardedFor),
        ("xForwardedFor", Field::ForwardedFor),
        ("upstream_cluster", Field::Upstream),
        ("upstreamCluster", Field::Upstream),
        ("upstream_cluster_raw", Field::Upstream),
        ("cluster", Field::Upstream),
        ("upstream_host", Field::UpstreamAddr),
        ("upstreamHost", Field::UpstreamAddr),
        ("upstream_remote_address", Field::UpstreamAddr),
        ("upstream_service_time", Field::UpstreamHeaderTime),
        ("upstreamServiceTime", Field::UpstreamHeaderTime),
        ("x-envoy-upstream-service-time", Field::UpstreamHeaderTime),
        ("x_envoy_upstream_service_time", Field::UpstreamHeaderTime),
        ("resp_x_envoy_upstream_service_time", Field::UpstreamHeaderTime),
        ("duration", Field::Duration),
        ("duration_ms", Field::Duration),
        ("bytes_sent", Field::BytesSent),
        ("bytesSent", Field::BytesSent),
        ("bytes_received", Field::BytesReceived),
        ("bytesReceived", Field::BytesReceived),
        ("response_flags", Field::Reason),
        ("responseFlags", Field::Reason),
        ("flags", Field::Reason),
        ("response_code_details", Field::Details),
        ("responseCodeDetails", Field::Details),
        ("details", Field::Details),
        ("upstream_transport_failure_reason", Field::TransportFailure),
        ("upstreamTransportFailureReason", Field::TransportFailure),
        ("grpc_status_number", Field::GrpcStatus),
        ("grpc_status", Field::GrpcStatus),
        ("grpcStatus", Field::GrpcStatus),
        ("grpc", Field::GrpcStatus),
        ("upstream_request_attempt_count", Field::AttemptCount),
        ("upstreamRequestAttemptCount", Field::AttemptCount),
        ("attempt_count", Field::AttemptCount),
        ("attempts", Field::AttemptCount),
        ("user_agent", Field::UserAgent),
        ("user-agent", Field::UserAgent),
        ("userAgent", Field::UserAgent),
        ("referer", Field::Referer),
        ("request_id", Field::RequestId),
        ("x-request-id", Field::RequestId),
        ("x_request_id", Field::RequestId),
        ("requestId", Field::RequestId),
        ("access_log_type", Field::Other),
        ("type", Field::Other),
        ("connection_termination_details", Field::Other),
        ("requested_server_name", Field::Other),
        ("route_name", Field::Other),
    ],
};

/// Google "Global external Application Load Balancer logging and monitoring", `LogEntry` reference.
const GCP: Map = Map {
    name: "gcp",
    product: Product::Gcp,
    time: TimeMeaning::Start,
    layout: TimeLayout::Iso,
    unit: Unit::Seconds,
    keys: &[
        ("timestamp", Field::Time),
        ("httpRequest.status", Field::Status),
        ("http_request.status", Field::Status),
        ("httpRequest.requestMethod", Field::Method),
        ("http_request.request_method", Field::Method),
        ("httpRequest.requestUrl", Field::Target),
        ("http_request.request_url", Field::Target),
        ("httpRequest.protocol", Field::Protocol),
        ("http_request.protocol", Field::Protocol),
        ("httpRequest.remoteIp", Field::Client),
        ("http_request.remote_ip", Field::Client),
        ("jsonPayload.remoteIp", Field::Client),
        ("json_payload.remoteIp", Field::Client),
        ("resource.labels.backend_service_name", Field::Upstream),
        ("resource.labels.backend_name", Field::Upstream),
        ("httpRequest.serverIp", Field::UpstreamAddr),
        ("http_request.server_ip", Field::UpstreamAddr),
        ("httpRequest.latency", Field::Duration),
        ("http_request.latency", Field::Duration),
        ("httpRequest.responseSize", Field::BytesSent),
        ("http_request.response_size", Field::BytesSent),
        ("httpRequest.requestSize", Field::BytesReceived),
        ("http_request.request_size", Field::BytesReceived),
        ("jsonPayload.statusDetails", Field::Reason),
        ("json_payload.statusDetails", Field::Reason),
        ("json_payload.status_details", Field::Reason),
        ("jsonPayload.proxyStatus", Field::Details),
        ("json_payload.proxyStatus", Field::Details),
        ("json_payload.proxy_status", Field::Details),
        ("httpRequest.userAgent", Field::UserAgent),
        ("http_request.user_agent", Field::UserAgent),
        ("httpRequest.referer", Field::Referer),
        ("http_request.referer", Field::Referer),
        ("trace", Field::RequestId),
        ("resource.labels.zone", Field::Zone),
        ("resource.labels.forwarding_rule_name", Field::Frontend),
        ("insertId", Field::Other),
        ("httpRequest.cacheHit", Field::Other),
        ("jsonPayload.enforcedSecurityPolicy.outcome", Field::Other),
    ],
};

/// Azure `monitor-application-gateway-reference.md`. `timeStamp` is taken as the end; the documentation does not say.
const AZURE_APPGW: Map = Map {
    name: "azure-appgw",
    product: Product::AzureAppGateway,
    time: TimeMeaning::End,
    layout: TimeLayout::Iso,
    unit: Unit::Seconds,
    keys: &[
        ("timeStamp", Field::Time),
        ("TimeGenerated", Field::Time),
        ("time", Field::Time),
        ("properties.httpStatus", Field::Status),
        ("httpStatus_d", Field::Status),
        ("properties.httpMethod", Field::Method),
        ("httpMethod_s", Field::Method),
        ("properties.originalRequestUriWithArgs", Field::Target),
        ("originalRequestUriWithArgs_s", Field::Target),
        ("properties.requestUri", Field::Target),
        ("requestUri_s", Field::Target),
        ("properties.httpVersion", Field::Protocol),
        ("properties.originalHost", Field::Host),
        ("originalHost_s", Field::Host),
        ("properties.host", Field::Host),
        ("host_s", Field::Host),
        ("properties.clientIP", Field::Client),
        ("clientIP_s", Field::Client),
        ("backendPoolName", Field::Upstream),
        ("backendPoolName_s", Field::Upstream),
        ("properties.serverRouted", Field::UpstreamAddr),
        ("serverRouted_s", Field::UpstreamAddr),
        ("properties.serverStatus", Field::UpstreamStatus),
        ("serverStatus_s", Field::UpstreamStatus),
        ("properties.serverConnectTime", Field::UpstreamConnectTime),
        ("properties.serverHeaderTime", Field::UpstreamHeaderTime),
        ("properties.serverResponseLatency", Field::UpstreamResponseTime),
        ("serverResponseLatency_s", Field::UpstreamResponseTime),
        ("properties.timeTaken", Field::Duration),
        ("timeTaken_d", Field::Duration),
        ("properties.sentBytes", Field::BytesSent),
        ("sentBytes_d", Field::BytesSent),
        ("properties.receivedBytes", Field::BytesReceived),
        ("receivedBytes_d", Field::BytesReceived),
        ("properties.error_info", Field::Reason),
        ("error_info_s", Field::Reason),
        ("properties.userAgent", Field::UserAgent),
        ("userAgent_s", Field::UserAgent),
        ("properties.transactionId", Field::RequestId),
        ("transactionId_g", Field::RequestId),
        ("listenerName", Field::Frontend),
        ("listenerName_s", Field::Frontend),
        ("category", Field::Other),
        ("resourceId", Field::Other),
        ("ruleName", Field::Other),
        ("properties.instanceId", Field::Other),
        ("properties.WAFMode", Field::Other),
        // Of the firewall's log, which comes in the same stream.
        ("properties.clientIp", Field::Client),
        ("properties.hostname", Field::Host),
        ("properties.action", Field::Reason),
        ("properties.message", Field::Details),
        ("properties.ruleId", Field::Other),
    ],
};

/// The same source, "Application Gateway standard".
const AZURE_APPGW_V1: Map = Map {
    name: "azure-appgw-v1",
    product: Product::AzureAppGateway,
    time: TimeMeaning::End,
    layout: TimeLayout::Iso,
    unit: Unit::Millis,
    keys: &[
        ("time", Field::Time),
        ("timestamp", Field::Time),
        ("timeStamp", Field::Time),
        ("properties.httpStatus", Field::Status),
        ("properties.httpMethod", Field::Method),
        ("properties.requestUri", Field::Target),
        ("properties.httpVersion", Field::Protocol),
        ("properties.originalHost", Field::Host),
        ("properties.host", Field::Host),
        ("properties.clientIP", Field::Client),
        ("properties.serverRouted", Field::UpstreamAddr),
        ("properties.serverStatus", Field::UpstreamStatus),
        ("properties.timeTaken", Field::Duration),
        ("properties.sentBytes", Field::BytesSent),
        ("properties.receivedBytes", Field::BytesReceived),
        ("properties.userAgent", Field::UserAgent),
        ("resourceId", Field::Frontend),
        ("category", Field::Other),
        ("properties.requestQuery", Field::Other),
        ("properties.instanceId", Field::Other),
        // Of the firewall's log, which comes in the same stream.
        ("properties.clientIp", Field::Client),
        ("properties.hostname", Field::Host),
        ("properties.action", Field::Reason),
        ("properties.message", Field::Details),
        ("properties.ruleId", Field::Other),
    ],
};

/// Azure `front-door-diagnostics.md`; the classic tier names the origin `backendHostname`.
const AZURE_FRONTDOOR: Map = Map {
    name: "azure-frontdoor",
    product: Product::AzureFrontDoor,
    time: TimeMeaning::End,
    layout: TimeLayout::Iso,
    unit: Unit::Seconds,
    keys: &[
        ("time", Field::Time),
        ("Time", Field::Time),
        ("TimeGenerated", Field::Time),
        ("properties.httpStatusCode", Field::Status),
        ("properties.HttpStatusCode", Field::Status),
        ("httpStatusCode_s", Field::Status),
        ("properties.httpMethod", Field::Method),
        ("properties.HttpMethod", Field::Method),
        ("httpMethod_s", Field::Method),
        ("properties.requestUri", Field::Target),
        ("properties.RequestUri", Field::Target),
        ("requestUri_s", Field::Target),
        ("properties.httpVersion", Field::Protocol),
        ("properties.HttpVersion", Field::Protocol),
        ("properties.hostName", Field::Host),
        ("properties.HostName", Field::Host),
        ("hostName_s", Field::Host),
        ("properties.clientIp", Field::Client),
        ("properties.ClientIp", Field::Client),
        ("clientIp_s", Field::Client),
        ("properties.originName", Field::Upstream),
        ("properties.OriginName", Field::Upstream),
        ("originName_s", Field::Upstream),
        ("properties.backendHostname", Field::Upstream),
        ("backendHostname_s", Field::Upstream),
        ("properties.originIp", Field::UpstreamAddr),
        ("properties.OriginIP", Field::UpstreamAddr),
        ("properties.originIP", Field::UpstreamAddr),
        ("originIp_s", Field::UpstreamAddr),
        ("properties.timeToFirstByte", Field::UpstreamHeaderTime),
        ("properties.TimeToFirstByte", Field::UpstreamHeaderTime),
        ("timeToFirstByte_s", Field::UpstreamHeaderTime),
        ("properties.timeTaken", Field::Duration),
        ("properties.TimeTaken", Field::Duration),
        ("timeTaken_s", Field::Duration),
        ("properties.responseBytes", Field::BytesSent),
        ("properties.ResponseBytes", Field::BytesSent),
        ("responseBytes_s", Field::BytesSent),
        ("properties.requestBytes", Field::BytesReceived),
        ("properties.RequestBytes", Field::BytesReceived),
        ("requestBytes_s", Field::BytesReceived),
        ("properties.errorInfo", Field::Reason),
        ("properties.ErrorInfo", Field::Reason),
        ("errorInfo_s", Field::Reason),
        ("properties.result", Field::Details),
        ("properties.Result", Field::Details),
        ("properties.cacheStatus", Field::CacheStatus),
        ("properties.CacheStatus", Field::CacheStatus),
        ("cacheStatus_s", Field::CacheStatus),
        ("properties.userAgent", Field::UserAgent),
        ("properties.UserAgent", Field::UserAgent),
        ("userAgent_s", Field::UserAgent),
        ("properties.referer", Field::Referer),
        ("properties.referrer", Field::Referer),
        ("properties.Referrer", Field::Referer),
        ("properties.trackingReference", Field::RequestId),
        ("properties.TrackingReference", Field::RequestId),
        ("trackingReference_s", Field::RequestId),
        ("properties.pop", Field::Zone),
        ("properties.Pop", Field::Zone),
        ("pop_s", Field::Zone),
        ("properties.endpoint", Field::Frontend),
        ("properties.Endpoint", Field::Frontend),
        ("endpoint_s", Field::Frontend),
        ("properties.isReceivedFromClient", Field::Other),
        // Of the firewall's log, which comes in the same stream.
        ("properties.clientIP", Field::Client),
        ("properties.host", Field::Host),
        ("properties.action", Field::Reason),
        ("properties.ruleName", Field::Other),
        ("properties.socketIp", Field::Other),
        ("category", Field::Other),
        ("properties.originUrl", Field::Other),
        ("properties.routingRuleName", Field::Other),
        ("resourceId", Field::Other),
    ],
};

/// Cloudflare Logpush, dataset `http_requests`.
const CLOUDFLARE: Map = Map {
    name: "cloudflare",
    product: Product::Cloudflare,
    time: TimeMeaning::Start,
    layout: TimeLayout::Auto,
    unit: Unit::Millis,
    keys: &[
        ("EdgeStartTimestamp", Field::Time),
        ("EdgeEndTimestamp", Field::Time),
        ("EdgeResponseStatus", Field::Status),
        ("ClientRequestMethod", Field::Method),
        ("ClientRequestURI", Field::Target),
        ("ClientRequestPath", Field::Target),
        ("ClientRequestProtocol", Field::Protocol),
        ("ClientRequestHost", Field::Host),
        ("ClientIP", Field::Client),
        ("OriginIP", Field::UpstreamAddr),
        ("OriginResponseStatus", Field::UpstreamStatus),
        ("OriginTCPHandshakeDurationMs", Field::UpstreamConnectTime),
        ("OriginResponseHeaderReceiveDurationMs", Field::UpstreamHeaderTime),
        ("OriginResponseDurationMs", Field::UpstreamResponseTime),
        ("CacheCacheStatus", Field::CacheStatus),
        ("EdgeTimeToFirstByteMs", Field::Other),
        ("EdgeResponseBytes", Field::BytesSent),
        ("ClientRequestBytes", Field::BytesReceived),
        ("SecurityAction", Field::Reason),
        ("FirewallMatchesActions.0", Field::Reason),
        ("WAFAction", Field::Reason),
        ("ClientRequestUserAgent", Field::UserAgent),
        ("ClientRequestReferer", Field::Referer),
        ("RayID", Field::RequestId),
        ("EdgeColoCode", Field::Zone),
        ("ZoneName", Field::Frontend),
        ("ParentRayID", Field::Other),
        ("ClientRequestSource", Field::Other),
        ("EdgePathingOp", Field::Other),
        ("EdgePathingSrc", Field::Other),
        ("EdgePathingStatus", Field::Other),
        ("EdgeServerIP", Field::Other),
        ("OriginDNSResponseTimeMs", Field::Other),
        ("OriginTLSHandshakeDurationMs", Field::Other),
    ],
};

/// Traefik `pkg/middlewares/accesslog/logdata.go`. The key `time` (when the line was written) is left out: Traefik's
/// own log lines have it too.
const TRAEFIK: Map = Map {
    name: "traefik-json",
    product: Product::Traefik,
    time: TimeMeaning::Start,
    layout: TimeLayout::Iso,
    unit: Unit::Nanos,
    keys: &[
        ("StartUTC", Field::Time),
        ("StartLocal", Field::Time),
        ("DownstreamStatus", Field::Status),
        ("RequestMethod", Field::Method),
        ("RequestPath", Field::Target),
        ("RequestProtocol", Field::Protocol),
        ("RequestHost", Field::Host),
        ("RequestAddr", Field::Host),
        ("ClientHost", Field::Client),
        ("ClientAddr", Field::Client),
        ("request_X-Forwarded-For", Field::ForwardedFor),
        ("ServiceName", Field::Upstream),
        ("BackendName", Field::Upstream),
        ("ServiceAddr", Field::UpstreamAddr),
        ("BackendAddr", Field::UpstreamAddr),
        ("ServiceURL.Host", Field::UpstreamAddr),
        ("BackendURL.Host", Field::UpstreamAddr),
        ("ServiceURL", Field::UpstreamAddr),
        ("BackendURL", Field::UpstreamAddr),
        ("OriginStatus", Field::UpstreamStatus),
        ("OriginDuration", Field::UpstreamResponseTime),
        ("OriginContentSize", Field::UpstreamResponseLength),
        ("Duration", Field::Duration),
        ("DownstreamContentSize", Field::BytesSent),
        ("RequestContentSize", Field::BytesReceived),
        ("RetryAttempts", Field::Retries),
        ("request_User-Agent", Field::UserAgent),
        ("request_Referer", Field::Referer),
        ("request_X-Request-Id", Field::RequestId),
        ("TraceId", Field::RequestId),
        ("entryPointName", Field::Frontend),
        ("RouterName", Field::Other),
        ("FrontendName", Field::Other),
        ("Overhead", Field::Other),
        ("origin_Content-Type", Field::Other),
        ("origin_Content-Length", Field::Other),
    ],
};

/// Caddy `modules/caddyhttp/server.go` and `marshalers.go`.
const CADDY: Map = Map {
    name: "caddy",
    product: Product::Caddy,
    time: TimeMeaning::End,
    layout: TimeLayout::Auto,
    unit: Unit::Seconds,
    keys: &[
        ("ts", Field::Time),
        ("status", Field::Status),
        ("request.method", Field::Method),
        ("request.uri", Field::Target),
        ("request.proto", Field::Protocol),
        ("request.host", Field::Host),
        ("request.client_ip", Field::Client),
        ("request.remote_ip", Field::Client),
        ("request.remote_addr", Field::Client),
        ("request.headers.X-Forwarded-For.0", Field::ForwardedFor),
        ("duration", Field::Duration),
        ("size", Field::BytesSent),
        ("bytes_read", Field::BytesReceived),
        ("request.headers.User-Agent.0", Field::UserAgent),
        ("request.headers.Referer.0", Field::Referer),
        ("request.headers.X-Request-Id.0", Field::RequestId),
        ("logger", Field::Other),
        ("msg", Field::Other),
        // Of the error line of the same request, where the log has both.
        ("err_msg", Field::Details),
        ("err_id", Field::Other),
        ("resp_headers.Via.0", Field::Other),
        ("resp_headers.Server.0", Field::Other),
    ],
};
