//! The causes of the unified model, in words.

use super::{Side, note_for};
use crate::origin::Cause;
use crate::schema::Product::{
    self, Alb, Apache, AzureAppGateway, Caddy, CloudFront, Cloudflare, Elb, Envoy, Gcp, Haproxy,
    IngressNginx, Nginx, Traefik,
};

/// How a cause usually goes: by itself, or until somebody does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tendency {
    /// Mostly passes by itself: deploys, keep-alive races, lost packets.
    Transient,
    /// Mostly stays until somebody acts.
    Sustained,
    /// As often one as the other.
    Either,
}

impl Tendency {
    /// `transient`, `sustained`, `either`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Sustained => "sustained",
            Self::Either => "either",
        }
    }
}

/// One cause: what it means, what usually lies behind it, what to check first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CauseEntry {
    /// The cause.
    pub cause: Cause,
    /// In a few words, to stand in a sentence: "connection refused".
    pub title: &'static str,
    /// On whose side to look first.
    pub side: Side,
    /// How it usually goes. An inference from experience, not a proof.
    pub tendency: Tendency,
    /// What it says, in a sentence or two.
    pub meaning: &'static str,
    /// What usually lies behind it, most frequent first.
    pub usual_causes: &'static [&'static str],
    /// What to check first whatever the product, most telling first.
    pub check_first: &'static [&'static str],
    /// What to check first by product.
    pub product_checks: &'static [(Product, &'static str)],
}

impl CauseEntry {
    /// What to check first with this product, if it has a check of its own.
    ///
    /// ```
    /// use brownout::{Cause, Product, catalogue};
    /// let refused = catalogue::cause(Cause::ConnectRefused);
    /// assert!(refused.check(Product::Nginx).unwrap().contains("connect() failed (111"));
    /// assert!(refused.check(Product::Haproxy).unwrap().contains("show servers state"));
    /// ```
    pub fn check(&self, product: Product) -> Option<&'static str> {
        note_for(self.product_checks, product)
    }
}

/// The entry of a cause. Every cause has one.
///
/// ```
/// use brownout::{Cause, catalogue};
/// assert_eq!(catalogue::cause(Cause::NoHealthyUpstream).title, "no healthy upstream");
/// ```
pub fn cause(cause: Cause) -> &'static CauseEntry {
    CAUSES.iter().find(|e| e.cause == cause).unwrap_or(&UNKNOWN)
}

/// All causes, in the order of [`Cause::ALL`].
pub fn causes() -> impl Iterator<Item = &'static CauseEntry> {
    CAUSES.iter()
}

const UNKNOWN: CauseEntry = CauseEntry {
    cause: Cause::Unknown,
    title: "unknown",
    side: Side::Either,
    tendency: Tendency::Either,
    meaning: "The line cannot tell: its format lacks the columns that would.",
    usual_causes: &["a log format without upstream fields"],
    check_first: &[
        "the proxy's error log at these times",
        "the upstream's own log: did it see these requests?",
    ],
    product_checks: &[
        (Nginx, "add $upstream_status, $upstream_connect_time and $upstream_header_time to log_format"),
        (Envoy, "add %RESPONSE_CODE_DETAILS% and %UPSTREAM_TRANSPORT_FAILURE_REASON% to the format"),
        (Apache, "add %{proxy-status}n and %{BALANCER_WORKER_NAME}e to LogFormat"),
        (Caddy, "the http.log.error lines: they hold the Go error"),
        (Traefik, "use the JSON format: OriginStatus and ServiceURL tell more"),
    ],
};

const CAUSES: &[CauseEntry] = &[
    CauseEntry {
        cause: Cause::AppError,
        title: "the upstream's own error",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "The upstream was reached and answered so itself: look there, not at the proxy.",
        usual_causes: &[
            "an exception, often after a release",
            "a database or service it depends on",
            "overload",
        ],
        check_first: &[
            "the application's log at the start of the episode",
            "releases, migrations, configuration and feature switches at that time",
            "what the failing paths depend on: database, cache, other services",
        ],
        product_checks: &[
            (Elb, "HTTPCode_Backend_5XX: it counts the application's own"),
            (Alb, "HTTPCode_Target_5XX_Count per target group: it counts the application's own"),
            (Envoy, "cluster.<name>.upstream_rq_5xx; details via_upstream (or another Envoy one hop on)"),
            (Haproxy, "'show stat': hrsp_5xx per server, state '--' in the log"),
        ],
    },
    CauseEntry {
        cause: Cause::ConnectRefused,
        title: "connection refused",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "The host is there, but nothing listens on the port (or its accept queue is full).",
        usual_causes: &[
            "the process is down, crashing or still starting",
            "wrong port",
            "a deploy without draining",
        ],
        check_first: &[
            "does the process run and listen (ss -ltn on the host)? crash loops, out-of-memory kills",
            "the port in the proxy's configuration against the one the process listens on",
            "deploys at that time: readiness before traffic, draining before stop",
        ],
        product_checks: &[
            (Elb, "BackendConnectionErrors; UnHealthyHostCount; instance port and security groups"),
            (
                Nginx,
                "error log 'connect() failed (111: Connection refused) while connecting to upstream'; with proxy_pass \
                 https:// also 'SSL_do_handshake() failed', which the access log does not tell from it",
            ),
            (IngressNginx, "kubectl get endpointslices and pods: ready too early, or crash loops"),
            (
                Envoy,
                "cluster.<name>.upstream_cx_connect_fail; admin /clusters for the host's cx_connect_fail",
            ),
            (Alb, "TargetConnectionErrorCount; UnHealthyHostCount; target port and security groups"),
            (Haproxy, "echo 'show servers state' | socat stdio SOCKET; 'Server ... is DOWN' in the log"),
            (Apache, "error log 'AH01114: HTTP: failed to make connection to backend'"),
            (Caddy, "http.log.error 'dial tcp ...: connect: connection refused'"),
            (Cloudflare, "521: the origin's web server, or its firewall against Cloudflare's ranges"),
        ],
    },
    CauseEntry {
        cause: Cause::ConnectTimeout,
        title: "connect timeout",
        side: Side::Server,
        tendency: Tendency::Transient,
        meaning: "No connection, TCP or TLS, within the connect timeout: packets are lost, the host does not accept, or \
                  its port does not answer the TLS handshake.",
        usual_causes: &[
            "the host or pod is gone, its address still in use",
            "a firewall drops packets",
            "overload",
        ],
        check_first: &[
            "do the addresses that time out still exist? stale endpoints, replaced hosts",
            "security groups, firewall and network policy changes at that time",
            "accept queue and SYN drops on the host (nstat -az TcpExtListenDrops)",
        ],
        product_checks: &[
            (
                Nginx,
                "error log 'upstream timed out (110: Connection timed out) while connecting to upstream', or 'while \
                 SSL handshaking'; proxy_connect_timeout (60 s)",
            ),
            (IngressNginx, "proxy-connect-timeout (5 s); endpoints of pods that are gone"),
            (Envoy, "cluster.<name>.upstream_cx_connect_timeout; connect_timeout (5 s)"),
            (Alb, "504 after about 10 s: security groups, network ACLs, host gone"),
            (Haproxy, "503 with sC: timeout connect, retries; 'show servers state'"),
            (Cloudflare, "522: origin overloaded, firewalled, or a wrong address in DNS"),
        ],
    },
    CauseEntry {
        cause: Cause::ConnectOther,
        title: "connection failed",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "No usable connection to the upstream; the line cannot say whether refused, timed out or TLS.",
        usual_causes: &["the process is down", "the host is gone", "TLS, routing or firewall"],
        check_first: &[
            "durations of the failures: near 0 s is refused, at a fixed value a connect timeout",
            "does the upstream's process run and listen?",
            "network, firewall and certificate changes at that time",
        ],
        product_checks: &[
            (
                Nginx,
                "error log: 'connect() failed (NNN: ...)' or 'SSL_do_handshake() failed' gives the reason",
            ),
            (
                Envoy,
                "log %UPSTREAM_TRANSPORT_FAILURE_REASON%; cluster.<name>.upstream_cx_connect_fail, \
                 upstream_cx_connect_timeout, ssl.connection_error",
            ),
            (Alb, "TargetConnectionErrorCount (refused, unreachable) against TargetTLSNegotiationErrorCount"),
            (
                Haproxy,
                "SC with a server: refused, reset, unreachable or TLS, all alike; 'show servers state', and 'show stat' for \
                 last_chk; with 'ssl' on the server line %[bc_err_str] in the log-format tells",
            ),
            (
                Gcp,
                "statusDetails failed_to_connect_to_backend: firewall rules for the balancer's ranges, serving port",
            ),
        ],
    },
    CauseEntry {
        cause: Cause::Tls,
        title: "TLS to the upstream failed",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "The TLS handshake with the upstream failed: certificate, name, version, or a port that speaks plain.",
        usual_causes: &[
            "an expired or renewed certificate",
            "mTLS mode differs on both sides",
            "TLS to a plain port",
        ],
        check_first: &[
            "openssl s_client -connect HOST:PORT -servername NAME: dates, names, chain",
            "certificate, CA and mTLS policy changes at that time",
            "plain or TLS: what does the port speak?",
        ],
        product_checks: &[
            (
                Nginx,
                "error log 'SSL_do_handshake() failed' or 'upstream SSL certificate verify error'; proxy_ssl_*",
            ),
            (Envoy, "cluster.<name>.ssl.connection_error, ssl.fail_verify_error, ssl.fail_verify_san"),
            (Alb, "TargetTLSNegotiationErrorCount; protocol of the target group"),
            (Haproxy, "'Layer6 ...' in last_chk of 'show stat'; verify, ca-file and sni of the server line"),
            (Cloudflare, "525: handshake; 526: certificate not valid"),
        ],
    },
    CauseEntry {
        cause: Cause::Dns,
        title: "upstream name not resolved",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "The upstream's name did not resolve: it does not exist, or the resolver failed.",
        usual_causes: &["a renamed or removed service", "the resolver is down, slow or rate-limited"],
        check_first: &[
            "resolve the name on the proxy's own host, with its own resolver",
            "health and load of the resolver (CoreDNS, node-local cache, VPC limits)",
            "renames and record changes at that time",
        ],
        product_checks: &[
            (
                Nginx,
                "error log 'could not be resolved (3: Host not found)' or '(110: Operation timed out)'; resolver",
            ),
            (Envoy, "cluster.<name>.update_failure, dns_cache.<name>.dns_query_failure"),
            (Haproxy, "'show resolvers': nx, timeout, refused"),
            (Apache, "error log 'DNS lookup failure for'"),
            (Cloudflare, "530 with 1016: the origin's record"),
            (CloudFront, "OriginDnsError: the origin's domain name"),
        ],
    },
    CauseEntry {
        cause: Cause::Reset,
        title: "closed or reset before the response header",
        side: Side::Server,
        tendency: Tendency::Transient,
        meaning: "The upstream took the request and closed the connection before a whole header came back.",
        usual_causes: &[
            "restarts and deploys without draining",
            "the upstream's keep-alive timeout is shorter than the proxy's: a race on idle connections",
            "crashes: out of memory, segmentation fault, a worker killed by its own timeout",
        ],
        check_first: &[
            "restarts, deploys and out-of-memory kills of the upstream at that time",
            "keep-alive: the upstream's idle timeout must be longer than the proxy's",
            "one path? then a request that kills its worker",
        ],
        product_checks: &[
            (
                Nginx,
                "error log 'upstream prematurely closed connection' or 'recv() failed (104: Connection reset by \
                 peer) while reading response header from upstream'; keepalive_timeout of the upstream block (60 s)",
            ),
            (IngressNginx, "pods ending without a preStop wait; upstream-keepalive-timeout (60 s)"),
            (
                Envoy,
                "cluster.<name>.upstream_cx_destroy_remote_with_active_rq, upstream_rq_rx_reset; idle_timeout of \
                 the cluster against the upstream's; retry_on: reset, connect-failure",
            ),
            (
                Alb,
                "the target's keep-alive must be longer than the ALB's idle timeout (60 s); deregistration delay",
            ),
            (
                Haproxy,
                "SH: 'Server ... is DOWN' in the log, http-reuse and pool-purge-delay, retry-on empty-response",
            ),
            (Apache, "error log 'error reading status line from remote server'; ProxyPass disablereuse, ttl"),
            (
                Gcp,
                "backend_connection_closed_before_data_sent_to_client: the backend's keep-alive must exceed 600 s",
            ),
            (Cloudflare, "520: the origin's error log, its keep-alive timeout"),
        ],
    },
    CauseEntry {
        cause: Cause::Truncated,
        title: "response cut short",
        side: Side::Server,
        tendency: Tendency::Transient,
        meaning: "The response broke off after it had begun: the status says success, the client got a part.",
        usual_causes: &[
            "a crash or restart while streaming",
            "a timeout in mid body",
            "a wrong Content-Length",
        ],
        check_first: &[
            "restarts and deploys of the upstream at that time",
            "bytes sent against the usual size of these paths",
            "timeouts on the body: are they shorter than the transfer?",
        ],
        product_checks: &[
            (Nginx, "error log 'upstream prematurely closed connection while reading upstream'"),
            (Envoy, "details upstream_reset_after_response_started; cluster.<name>.upstream_rq_rx_reset"),
            (Haproxy, "SD, sD, PD: 'show errors' for bad chunks, timeout server, timeout tunnel"),
            (Gcp, "statusDetails backend_connection_closed_after_partial_response_sent"),
        ],
    },
    CauseEntry {
        cause: Cause::ResponseTimeout,
        title: "response timeout",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "Connected, but no response header before the proxy's timeout: the upstream is slow or stuck.",
        usual_causes: &[
            "a slow database, a lock, an exhausted thread or connection pool",
            "a slow service behind the upstream",
            "a timeout shorter than the path needs",
        ],
        check_first: &[
            "which paths are slow, and what they wait for: database, locks, pools, other services",
            "the upstream's saturation: CPU, threads, connection pools, garbage collection",
            "timeouts along the path: each hop's longer than the next one's",
        ],
        product_checks: &[
            (Elb, "Latency; the idle timeout (60 s)"),
            (
                Nginx,
                "error log 'upstream timed out (110: Connection timed out) while reading response header from \
                 upstream'; proxy_read_timeout (60 s)",
            ),
            (IngressNginx, "annotation proxy-read-timeout (60 s)"),
            (
                Envoy,
                "cluster.<name>.upstream_rq_timeout, upstream_rq_per_try_timeout; the route's timeout (15 s)",
            ),
            (Alb, "TargetResponseTime per target group; the idle timeout (60 s); HTTPCode_ELB_504_Count"),
            (
                Haproxy,
                "sH: timeout server; 'show stat': rtime, scur, qcur per server. With POST and PUT alone it may be clients \
                 that stall in their bodies: the line is the same",
            ),
            (Gcp, "the backend service's timeout (30 s); backend latencies"),
            (AzureAppGateway, "request time-out of the backend settings (20 s)"),
            (Cloudflare, "524: 100 s by default"),
        ],
    },
    CauseEntry {
        cause: Cause::IdleTimeout,
        title: "idle too long",
        side: Side::Either,
        tendency: Tendency::Either,
        meaning: "Nothing moved on the stream for its idle timeout.",
        usual_causes: &["a stalled upstream", "long polling or streaming without keep-alive bytes"],
        check_first: &[
            "streams or plain requests? streams need keep-alive bytes",
            "the idle timeout of this route",
        ],
        product_checks: &[(
            Envoy,
            "stream_idle_timeout (5 min), route idle_timeout; http.<prefix>.downstream_rq_idle_timeout",
        )],
    },
    CauseEntry {
        cause: Cause::MaxDuration,
        title: "longest duration reached",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "The request ran into an absolute limit on its duration.",
        usual_causes: &["a slow upstream", "long-lived streams under a limit made for requests"],
        check_first: &["the limit against what these paths need", "the upstream's latency at that time"],
        product_checks: &[(Envoy, "max_stream_duration; cluster.<name>.upstream_rq_max_duration_reached")],
    },
    CauseEntry {
        cause: Cause::Protocol,
        title: "no usable response",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "The upstream's bytes are no valid HTTP response, its header is too large, or (HAProxy) a rule denied it.",
        usual_causes: &[
            "wrong port, scheme or HTTP version",
            "headers and cookies over the proxy's limit",
            "a bug",
        ],
        check_first: &[
            "ask the upstream's port by hand (curl -v): is it HTTP, which version, how large are the headers?",
            "releases that changed cookies or headers",
            "protocol settings on both sides: http or https, HTTP/1 or HTTP/2",
        ],
        product_checks: &[
            (
                Nginx,
                "error log 'upstream sent too big header' (proxy_buffer_size), 'upstream sent invalid header', \
                 'upstream sent no valid HTTP/1.0 header'",
            ),
            (IngressNginx, "annotations proxy-buffer-size and backend-protocol"),
            (Envoy, "cluster.<name>.upstream_cx_protocol_error; http2_protocol_options against the port"),
            (
                Haproxy,
                "echo 'show errors' | socat stdio SOCKET: the bytes; tune.bufsize; none there: an 'http-response deny' rule",
            ),
            (Alb, "protocol and protocol version of the target group; headers the application sends"),
        ],
    },
    CauseEntry {
        cause: Cause::NoHealthyUpstream,
        title: "no healthy upstream",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "No host was fit to be chosen: none registered, all failed their checks, or all are ejected.",
        usual_causes: &[
            "health checks fail everywhere: a release, a dependency, or the check itself",
            "scaled to zero, an empty deploy, a selector that matches nothing",
            "all hosts ejected after errors (max_fails, outlier detection)",
        ],
        check_first: &[
            "how many hosts are registered and healthy, and what the health check says",
            "deploys and scaling at that time",
            "does the health check depend on something shared that failed?",
        ],
        product_checks: &[
            (Elb, "HealthyHostCount per zone; SurgeQueueLength, SpilloverCount"),
            (
                Nginx,
                "error log 'no live upstreams while connecting to upstream'; max_fails, fail_timeout (10 s)",
            ),
            (
                IngressNginx,
                "kubectl get endpointslices for the service; readiness probes; 'does not have any active Endpoint'",
            ),
            (
                Envoy,
                "cluster.<name>.membership_healthy against membership_total; outlier_detection.ejections_active; \
                 admin /clusters",
            ),
            (
                Alb,
                "registered targets of the target group (503 means none); HealthyHostCount, UnHealthyHostCount",
            ),
            (Haproxy, "echo 'show servers state' | socat stdio SOCKET; 'has no server available' in the log"),
            (Apache, "balancer-manager: workers in error state; retry (60 s)"),
            (Traefik, "'no available server': health checks and endpoints of the service"),
            (Caddy, "http.log.error 'no upstreams available': health_uri, fail_duration"),
            (Gcp, "statusDetails failed_to_pick_backend: health of the backend service"),
            (AzureAppGateway, "Backend health; ERRORINFO_UPSTREAM_NO_LIVE"),
        ],
    },
    CauseEntry {
        cause: Cause::Overflow,
        title: "limit to the upstream reached",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "A limit on connections, pending requests or retries to the upstream refused the request.",
        usual_causes: &[
            "a slow upstream: requests pile up",
            "growing traffic under default limits",
            "a retry storm",
        ],
        check_first: &[
            "did the upstream become slow before? then that is the cause and this its shadow",
            "request rate against the hour before: growth or retries",
            "the limits against what the upstream can take",
        ],
        product_checks: &[
            (
                Envoy,
                "circuit_breakers.default.*_open; upstream_rq_pending_overflow, upstream_rq_retry_overflow",
            ),
            (Nginx, "max_conns of the servers; error log 'no live upstreams'"),
            (Haproxy, "'show stat': qcur, scur against slim; maxconn, maxqueue"),
        ],
    },
    CauseEntry {
        cause: Cause::Overload,
        title: "load shed",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "The proxy or edge dropped requests to protect itself or the upstream.",
        usual_causes: &["a traffic peak or a retry storm", "the proxy close to its memory limit"],
        check_first: &[
            "request rate and its sources: who sends more than usual?",
            "memory, CPU and connections of the proxy",
            "retries: do clients back off?",
        ],
        product_checks: &[
            (Elb, "SurgeQueueLength, SpilloverCount"),
            (
                Envoy,
                "overload.<action>.active, server.memory_allocated; details drop_overload: drop_overloads in EDS",
            ),
            (Alb, "Lambda targets: Throttles, ConcurrentExecutions; otherwise RejectedConnectionCount"),
            (CloudFront, "x-edge-result-type CapacityExceeded"),
        ],
    },
    CauseEntry {
        cause: Cause::QueueTimeout,
        title: "queued too long",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "All servers were busy and the request waited in the proxy's queue until its timeout.",
        usual_causes: &["slow servers", "maxconn too low", "too few servers up"],
        check_first: &[
            "servers up against normal, and their response times",
            "concurrency limits against what the servers can take",
        ],
        product_checks: &[(
            Haproxy,
            "sQ: 'show stat' qcur, scur against slim; maxconn, timeout queue; Tw in the log",
        )],
    },
    CauseEntry {
        cause: Cause::RateLimited,
        title: "rate limit",
        side: Side::Client,
        tendency: Tendency::Either,
        meaning: "A rate or connection limit refused the request, as configured.",
        usual_causes: &[
            "one greedy client, crawler or retry loop",
            "a limit too low, or keyed on a shared address",
        ],
        check_first: &[
            "share of the first client: one or many?",
            "the limit's key: do many clients share one address (NAT, CDN)?",
            "a limit should answer 429: with 503 it looks like a failure",
        ],
        product_checks: &[
            (
                Nginx,
                "error log 'limiting requests, excess:' or 'limiting connections by zone'; limit_req_status 429",
            ),
            (Envoy, "ratelimit.over_limit, http_local_rate_limit.rate_limited"),
            (Haproxy, "'show table': counters; deny rules on stick tables"),
            (Gcp, "Cloud Armor: throttled_ or banned_by_security_policy"),
        ],
    },
    CauseEntry {
        cause: Cause::Auth,
        title: "authentication or authorisation",
        side: Side::Either,
        tendency: Tendency::Sustained,
        meaning: "Access was denied, or the authorisation could not be decided.",
        usual_causes: &[
            "expired or rotated keys and certificates",
            "the identity provider or ext_authz fails",
        ],
        check_first: &[
            "all clients or some: all points at keys, clocks or the provider",
            "key, secret and certificate rotations at that time",
        ],
        product_checks: &[
            (Nginx, "error log 'auth request unexpected status'; the auth_request service"),
            (Envoy, "ext_authz.denied against ext_authz.error; jwt_authn stats"),
            (Alb, "error_reason Auth*; metrics ELBAuthError, ELBAuthFailure"),
        ],
    },
    CauseEntry {
        cause: Cause::Blocked,
        title: "blocked by a rule",
        side: Side::Either,
        tendency: Tendency::Sustained,
        meaning: "A rule, firewall or security policy refused the request, as configured.",
        usual_causes: &["scanners and attacks", "a new rule that catches good clients"],
        check_first: &["rule changes at that time", "are known good clients among the blocked?"],
        product_checks: &[
            (Haproxy, "PR, PT: http-request rules; which one, by its counters or a capture"),
            (Cloudflare, "SecurityAction and SecuritySources"),
            (Gcp, "enforcedSecurityPolicy"),
            (Alb, "AWS WAF metrics BlockedRequests per rule"),
        ],
    },
    CauseEntry {
        cause: Cause::FaultInjected,
        title: "fault injected on purpose",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "A fault filter answered so, as configured.",
        usual_causes: &["a chaos test", "a fault rule left behind"],
        check_first: &["who runs the test, and whether it should have ended"],
        product_checks: &[(
            Envoy,
            "fault filters in /config_dump; runtime fault.http.*; VirtualService fault (Istio)",
        )],
    },
    CauseEntry {
        cause: Cause::NoRoute,
        title: "no route",
        side: Side::Either,
        tendency: Tendency::Sustained,
        meaning: "No route of the proxy fits the request.",
        usual_causes: &["scanners, wrong host names", "a route lost in a configuration change"],
        check_first: &["host and path of these lines: did they work before?", "route changes at that time"],
        product_checks: &[
            (Envoy, "admin /config_dump: virtual hosts and routes"),
            (Traefik, "routers and their rules in the dashboard or API"),
        ],
    },
    CauseEntry {
        cause: Cause::NoCluster,
        title: "route to an unknown cluster",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "The route names a cluster the proxy does not have.",
        usual_causes: &["route and cluster updates out of step", "a removed service or subset"],
        check_first: &[
            "is the cluster there now? updates out of step pass, a removed one stays",
            "the last rollout",
        ],
        product_checks: &[(
            Envoy,
            "admin /clusters; cluster_manager.cds.update_rejected; istioctl proxy-status",
        )],
    },
    CauseEntry {
        cause: Cause::Config,
        title: "the proxy's configuration",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "The proxy could not serve the request as it is configured.",
        usual_causes: &["a configuration change", "configuration that did not arrive from the control plane"],
        check_first: &[
            "configuration changes at that time; roll back the last one",
            "the proxy's own start-up log",
        ],
        product_checks: &[
            (Envoy, "*.update_rejected, *.config_fail; istioctl proxy-status"),
            (Nginx, "error log 'rewrite or internal redirection cycle'; nginx -t"),
            (Alb, "error_reason: it names the setting"),
        ],
    },
    CauseEntry {
        cause: Cause::Dependency,
        title: "a service the proxy depends on",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "Authorisation, rate limit, WAF, identity provider or a function failed, and so the proxy did.",
        usual_causes: &[
            "that service is down or slow",
            "no network way to it",
            "its secret or certificate expired",
        ],
        check_first: &[
            "that service's own health at that time",
            "network way and credentials to it",
            "fail open or closed?",
        ],
        product_checks: &[
            (Alb, "error_reason Auth*, WAF*, Lambda*; metrics ELBAuthError, LambdaInternalError"),
            (Envoy, "ext_authz.error, ratelimit.error and the clusters of these services"),
            (Nginx, "error log 'auth request unexpected status'"),
        ],
    },
    CauseEntry {
        cause: Cause::DirectResponse,
        title: "a configured answer",
        side: Side::Server,
        tendency: Tendency::Sustained,
        meaning: "The proxy answered so because it was told to: return, fixed response, maintenance.",
        usual_causes: &["maintenance mode", "a catch-all rule that catches too much"],
        check_first: &[
            "who switched maintenance on, and should it be off by now?",
            "rule order: does a catch-all win?",
        ],
        product_checks: &[
            (Nginx, "'return 503' and error_page in the configuration"),
            (Envoy, "direct_response routes in /config_dump; fault or maintenance runtime keys"),
            (Alb, "fixed-response actions of the listener rules; matched_rule_priority"),
            (Haproxy, "http-request return or deny rules; errorfile"),
        ],
    },
    CauseEntry {
        cause: Cause::Internal,
        title: "the proxy failed internally",
        side: Side::Server,
        tendency: Tendency::Either,
        meaning: "The proxy ran out of a local resource, or failed by itself.",
        usual_causes: &["file descriptors, ports, memory, disk", "a bug, a script or filter that failed"],
        check_first: &[
            "limits on the proxy's host: file descriptors, source ports, memory, disk",
            "the proxy's error log and version",
        ],
        product_checks: &[
            (
                Nginx,
                "error log 'worker_connections are not enough', 'Too many open files', 'No space left on device'",
            ),
            (Haproxy, "'show info': Maxsock, CurrConns; ulimit -n; ss -s"),
            (Envoy, "server.memory_allocated, overload.*; container limits"),
            (Gcp, "statusDetails internal_error: passes by itself as a rule; Google Cloud status page"),
            (Alb, "AWS Health Dashboard"),
        ],
    },
    CauseEntry {
        cause: Cause::AdminKill,
        title: "ended by an administrator or a health check",
        side: Side::Server,
        tendency: Tendency::Transient,
        meaning: "The session was killed on purpose, or its server was marked down meanwhile.",
        usual_causes: &["maintenance", "a server taken out with its sessions"],
        check_first: &["who did maintenance at that time", "drain before stop"],
        product_checks: &[(Haproxy, "'Server ... is DOWN' in the log; on-marked-down shutdown-sessions")],
    },
    CauseEntry {
        cause: Cause::ClientDisconnect,
        title: "the client left",
        side: Side::Client,
        tendency: Tendency::Either,
        meaning: "The client closed the connection before the answer: no server error by itself.",
        usual_causes: &["users who leave", "a timeout of the client or a proxy in front", "slow answers"],
        check_first: &[
            "durations: a pile at one value is a timeout in front",
            "upstream latency at that time",
        ],
        product_checks: &[
            (Alb, "460: client timeout against the idle timeout; TargetResponseTime"),
            (Envoy, "http.<prefix>.downstream_cx_destroy_remote_active_rq, downstream_rq_rx_reset"),
        ],
    },
    CauseEntry {
        cause: Cause::ClientTimeout,
        title: "the client was too slow",
        side: Side::Client,
        tendency: Tendency::Either,
        meaning: "The client did not finish its request in time.",
        usual_causes: &[
            "connections opened ahead and never used",
            "slow uploads, mobile networks",
            "slow-request attacks",
        ],
        check_first: &["bytes received: none is harmless", "request timeouts against what uploads need"],
        product_checks: &[
            (Nginx, "client_header_timeout, client_body_timeout (60 s)"),
            (Haproxy, "timeout http-request, timeout client"),
        ],
    },
    CauseEntry {
        cause: Cause::BadRequest,
        title: "unusable request",
        side: Side::Client,
        tendency: Tendency::Either,
        meaning: "The client sent something the server cannot take.",
        usual_causes: &["scanners", "a broken client release", "headers or bodies over the limit"],
        check_first: &["one client or many?", "a client release at that time"],
        product_checks: &[
            (Haproxy, "echo 'show errors' | socat stdio SOCKET: the bytes"),
            (Envoy, "response code details name the error"),
        ],
    },
    UNKNOWN,
];
