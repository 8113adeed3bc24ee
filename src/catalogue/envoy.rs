//! Envoy's response flags: all that the core knows. Extensions may register more.
//!
//! Flags are a set: `UF,URX` and `URX,UF` say the same, and the order differs between versions. `-` does not prove
//! that the upstream made the status: direct responses, RBAC denials and overload carry no flag. For gRPC requests
//! Envoy's own answers are HTTP 200 with a `grpc-status`.

use super::{Entry, Side};
use crate::origin::Cause;
use crate::schema::Product;

const SOURCE: &str = "Envoy envoy/stream_info/stream_info.h (CoreResponseFlag), docs \"Access logging\"";

const BLANK: Entry = Entry { products: &[Product::Envoy], source: SOURCE, ..Entry::BLANK };

/// In the order of Envoy's enumeration.
pub(super) const FLAGS: &[Entry] = &[
    Entry {
        key: "LH",
        title: "FailedLocalHealthCheck",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::NoHealthyUpstream),
        meaning: "This Envoy's health-check filter is in failed state: it answers as unhealthy itself.",
        usual_causes: &[
            "someone called /healthcheck/fail, as a drain before a restart",
            "a drain never undone",
        ],
        check_first: &["admin /server_info: state DRAINING?", "POST /healthcheck/ok undoes it"],
        ..BLANK
    },
    Entry {
        key: "UH",
        title: "NoHealthyUpstream",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::NoHealthyUpstream),
        meaning: "The cluster has no host to send to: none registered, or none healthy.",
        usual_causes: &[
            "health checks fail on all hosts, or outlier detection ejected them",
            "no endpoints: scaled to zero, a deploy without ready pods",
            "the cluster's DNS name never resolved (STRICT_DNS)",
        ],
        check_first: &[
            "admin /clusters: health_flags and number of hosts of this cluster",
            "cluster.<name>.membership_healthy against membership_total",
            "cluster.<name>.outlier_detection.ejections_active, update_failure",
        ],
        ..BLANK
    },
    Entry {
        key: "UT",
        title: "UpstreamRequestTimeout",
        usual_status: "504; 200 if the header was already sent",
        side: Side::Server,
        cause: Some(Cause::ResponseTimeout),
        meaning: "The upstream did not finish within the route timeout (15 s by default) or the per-try timeout.",
        usual_causes: &[
            "a slow upstream",
            "a route timeout shorter than the path needs",
            "retries share one timeout",
        ],
        check_first: &[
            "durations at one value: compare with the route's timeout and per_try_timeout",
            "cluster.<name>.upstream_rq_timeout, upstream_rq_per_try_timeout",
            "the upstream's own latency at that time",
        ],
        ..BLANK
    },
    Entry {
        key: "LR",
        title: "LocalReset",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Reset),
        meaning: "Envoy itself reset the stream to the upstream.",
        usual_causes: &["a codec error on Envoy's side", "an HTTP/1 upstream that closed its half too early"],
        check_first: &["response code details: which reset", "cluster.<name>.upstream_rq_tx_reset"],
        ..BLANK
    },
    Entry {
        key: "UR",
        title: "UpstreamRemoteReset",
        usual_status: "503; 200 if the header was already sent",
        side: Side::Server,
        cause: Some(Cause::Reset),
        meaning: "The upstream reset the stream (HTTP/2 RST_STREAM or GOAWAY, TCP RST).",
        usual_causes: &[
            "the upstream shut down or was deployed",
            "its limit on concurrent streams",
            "its crash",
        ],
        check_first: &[
            "restarts and deploys of the upstream at that time",
            "cluster.<name>.upstream_rq_rx_reset",
            "max_concurrent_streams on the upstream",
        ],
        ..BLANK
    },
    Entry {
        key: "UF",
        title: "UpstreamConnectionFailure",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::ConnectOther),
        meaning: "No connection to the upstream host: refused, timed out, or TLS failed.",
        usual_causes: &[
            "the process is down or listens elsewhere",
            "the host is gone and its endpoint not yet removed",
            "TLS: certificate, mTLS mode, plain port",
        ],
        check_first: &[
            "UPSTREAM_TRANSPORT_FAILURE_REASON: refused, TLS_error ...; empty means connect timeout",
            "cluster.<name>.upstream_cx_connect_fail, upstream_cx_connect_timeout, ssl.connection_error",
            "duration near 0: refused; near connect_timeout (5 s): packets are lost",
        ],
        ..BLANK
    },
    Entry {
        key: "UC",
        title: "UpstreamConnectionTermination",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Reset),
        meaning: "The upstream closed the connection before it answered.",
        usual_causes: &[
            "the upstream's keep-alive timeout is shorter than Envoy's: a race on idle connections",
            "the process crashed or was restarted",
        ],
        check_first: &[
            "sporadic and on busy clusters: the keep-alive race; set idle_timeout below the upstream's",
            "in bursts: restarts, out-of-memory kills",
            "cluster.<name>.upstream_cx_destroy_remote_with_active_rq",
        ],
        ..BLANK
    },
    Entry {
        key: "UO",
        title: "UpstreamOverflow",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Overflow),
        meaning: "A circuit breaker is open: too many connections, pending requests, requests or retries. With details \
                  via_upstream only a retry was refused, and the 5xx is the upstream's own.",
        usual_causes: &[
            "the upstream is slow, so requests pile up",
            "limits left at their defaults (1024) under growing traffic",
            "a retry storm",
        ],
        check_first: &[
            "cluster.<name>.circuit_breakers.default.cx_open, rq_pending_open, rq_open, rq_retry_open",
            "cluster.<name>.upstream_rq_pending_overflow, upstream_cx_overflow, upstream_rq_retry_overflow",
            "the upstream's latency: overflow often follows slowness",
        ],
        ..BLANK
    },
    Entry {
        key: "NR",
        title: "NoRouteFound",
        usual_status: "404",
        side: Side::Either,
        cause: Some(Cause::NoRoute),
        meaning: "No route fits host and path; in a listener's log, no filter chain fits.",
        usual_causes: &["scanners, wrong host names", "a route that a configuration change removed"],
        check_first: &[
            "authority and path of these lines",
            "admin /config_dump: virtual hosts and routes",
            "SNI",
        ],
        ..BLANK
    },
    Entry {
        key: "DI",
        title: "DelayInjected",
        usual_status: "as is",
        side: Side::Info,
        cause: Some(Cause::FaultInjected),
        meaning: "A fault filter delayed the request on purpose.",
        usual_causes: &["a chaos test"],
        check_first: &["who runs the test, and whether it should have ended"],
        ..BLANK
    },
    Entry {
        key: "FI",
        title: "FaultInjected",
        usual_status: "as configured",
        side: Side::Server,
        cause: Some(Cause::FaultInjected),
        meaning: "A fault filter answered on purpose.",
        usual_causes: &["a chaos test", "a fault rule left behind"],
        check_first: &["fault filters in /config_dump, runtime fault.http.*", "who runs the test"],
        ..BLANK
    },
    Entry {
        key: "RL",
        title: "RateLimited",
        usual_status: "429",
        side: Side::Client,
        cause: Some(Cause::RateLimited),
        meaning: "A local or global rate limit refused the request.",
        usual_causes: &["one greedy client or a retry loop", "a limit set too low"],
        check_first: &[
            "share of the first client",
            "ratelimit.over_limit, http_local_rate_limit.rate_limited",
        ],
        ..BLANK
    },
    Entry {
        key: "UAEX",
        title: "UnauthorizedExternalService",
        usual_status: "403, or as configured",
        side: Side::Either,
        cause: Some(Cause::Auth),
        meaning: "External authorisation denied the request, or could not be reached (details ext_authz_error).",
        usual_causes: &["denied credentials", "the authorisation service is down or slow"],
        check_first: &[
            "response code details: ext_authz_denied or ext_authz_error",
            "ext_authz.error, ext_authz.denied",
        ],
        ..BLANK
    },
    Entry {
        key: "RLSE",
        title: "RateLimitServiceError",
        usual_status: "500",
        side: Side::Server,
        cause: Some(Cause::Dependency),
        meaning: "The rate limit service failed and failure_mode_deny is set.",
        usual_causes: &["the rate limit service is down or slow"],
        check_first: &["ratelimit.error and the service's cluster", "whether failure_mode_deny is wanted"],
        ..BLANK
    },
    Entry {
        key: "DC",
        title: "DownstreamConnectionTermination",
        usual_status: "0, or what was already sent",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client closed the connection. 101 with DC is the normal end of a websocket.",
        usual_causes: &["users who leave", "a client or proxy timeout in front", "a slow upstream"],
        check_first: &[
            "durations: a pile at one value is a timeout in front",
            "upstream latency at that time",
        ],
        ..BLANK
    },
    Entry {
        key: "URX",
        title: "UpstreamRetryLimitExceeded",
        usual_status: "as is",
        side: Side::Server,
        meaning: "All retries were used up; the other flag or the details tell what failed each time. With via_upstream \
                  the 5xx is the upstream's own.",
        usual_causes: &["a failure that retrying does not cure", "all hosts affected"],
        check_first: &[
            "the flag beside it: UF, UC, UT ...",
            "cluster.<name>.upstream_rq_retry, upstream_rq_retry_success: do retries help or only add load?",
        ],
        ..BLANK
    },
    Entry {
        key: "SI",
        title: "StreamIdleTimeout",
        usual_status: "408 if the request was incomplete, 504 while waiting, 200 in mid body",
        side: Side::Either,
        cause: Some(Cause::IdleTimeout),
        meaning: "Nothing moved on the stream for stream_idle_timeout (5 min by default).",
        usual_causes: &["a stalled upstream", "a stalled upload", "long polling without keep-alive bytes"],
        check_first: &[
            "the status: 408 is the client, 504 the upstream",
            "stream_idle_timeout and route idle_timeout",
        ],
        ..BLANK
    },
    Entry {
        key: "IH",
        title: "InvalidEnvoyRequestHeaders",
        usual_status: "400",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "A strictly checked x-envoy-* header has an invalid value.",
        usual_causes: &["a client that sets x-envoy-* headers by itself"],
        check_first: &["response code details: they name the header"],
        ..BLANK
    },
    Entry {
        key: "DPE",
        title: "DownstreamProtocolError",
        usual_status: "400, 426 or 431",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The client's bytes are no valid HTTP.",
        usual_causes: &["scanners, TLS on a plain port", "HTTP/1.0 clients (426)", "headers too large (431)"],
        check_first: &["response code details: http1.* or http2.* names the error", "one client or many?"],
        ..BLANK
    },
    Entry {
        key: "UMSDR",
        title: "UpstreamMaxStreamDurationReached",
        usual_status: "504; 200 if the header was already sent",
        side: Side::Server,
        cause: Some(Cause::MaxDuration),
        meaning: "The stream reached the cluster's max_stream_duration.",
        usual_causes: &["a slow upstream", "streams meant to be long-lived"],
        check_first: &["max_stream_duration against what the path needs", "upstream_rq_max_duration_reached"],
        ..BLANK
    },
    Entry {
        key: "RFCF",
        title: "ResponseFromCacheFilter",
        usual_status: "any",
        side: Side::Info,
        meaning: "Answered from Envoy's cache; no upstream was asked.",
        usual_causes: &["a cache hit"],
        check_first: &["nothing, unless the cached answer is an error: then its age and Cache-Control"],
        ..BLANK
    },
    Entry {
        key: "NFCF",
        title: "NoFilterConfigFound",
        usual_status: "500",
        side: Side::Server,
        cause: Some(Cause::Config),
        meaning: "The configuration of a filter did not arrive in time (extension discovery).",
        usual_causes: &["the control plane is down or refuses the filter"],
        check_first: &["extension_config_discovery.*.config_fail, config_reload", "the control plane's log"],
        ..BLANK
    },
    Entry {
        key: "DT",
        title: "DurationTimeout",
        usual_status: "none (TCP)",
        side: Side::Info,
        cause: Some(Cause::MaxDuration),
        meaning: "The connection reached its longest allowed duration.",
        usual_causes: &["max_downstream_connection_duration doing its work"],
        check_first: &["whether clients reconnect cleanly"],
        ..BLANK
    },
    Entry {
        key: "UPE",
        title: "UpstreamProtocolError",
        usual_status: "502; any if the header was already sent",
        side: Side::Server,
        cause: Some(Cause::Protocol),
        meaning: "The upstream's bytes are no valid HTTP, its header is too large, or its body broke off.",
        usual_causes: &[
            "wrong protocol for the port: HTTP/2 against HTTP/1, TLS against plain",
            "headers over the limit (60 KB), an invalid header",
            "with 200: the response was cut short",
        ],
        check_first: &[
            "the cluster's protocol options against what the port speaks (appProtocol, h2c)",
            "cluster.<name>.upstream_cx_protocol_error, http1.*, http2.*",
            "response code details",
        ],
        ..BLANK
    },
    Entry {
        key: "NC",
        title: "NoClusterFound",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::NoCluster),
        meaning: "The route names a cluster that Envoy does not know.",
        usual_causes: &["route and cluster updates out of step", "a service or subset that was removed"],
        check_first: &[
            "admin /clusters: is it there?",
            "cluster_manager.cds.update_rejected",
            "control plane log",
        ],
        ..BLANK
    },
    Entry {
        key: "OM",
        title: "OverloadManagerTerminated",
        usual_status: "none; see also 503 with details overload",
        side: Side::Server,
        cause: Some(Cause::Overload),
        meaning: "The overload manager ended the stream to protect Envoy, mostly its memory.",
        usual_causes: &["Envoy close to its memory limit", "a traffic peak, very many connections"],
        check_first: &["overload.<action>.active, server.memory_allocated", "memory limit of the container"],
        ..BLANK
    },
    Entry {
        key: "DF",
        title: "DnsResolutionFailed",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Dns),
        meaning: "The upstream's name could not be resolved (dynamic forward proxy).",
        usual_causes: &["a wrong name", "the resolver is down or slow"],
        check_first: &[
            "dns_cache.<name>.dns_query_failure, dns_query_timeout",
            "resolve the name on that host",
        ],
        ..BLANK
    },
    Entry {
        key: "DO",
        title: "DropOverload",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Overload),
        meaning: "A configured share of requests is dropped (drop_overload).",
        usual_causes: &["the control plane sheds load"],
        check_first: &["drop_overloads in the endpoints (EDS)", "response code details: drop_overload"],
        ..BLANK
    },
    Entry {
        key: "DR",
        title: "DownstreamRemoteReset",
        usual_status: "0, or what was already sent",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client reset its stream (HTTP/2 RST_STREAM).",
        usual_causes: &["requests cancelled by apps and browsers", "a deadline of a gRPC client"],
        check_first: &[
            "durations: a pile at one value is the client's deadline",
            "upstream latency at that time",
        ],
        ..BLANK
    },
    Entry {
        key: "UDO",
        title: "UnconditionalDropOverload",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Overload),
        meaning: "All requests are dropped (drop_overload 100 %).",
        usual_causes: &["the control plane turned the cluster off"],
        check_first: &["drop_overloads in the endpoints (EDS)", "who set it, and until when"],
        ..BLANK
    },
];
