//! HTTP statuses, those of RFC 9110 and those that products made up.

use super::{Entry, Side};
use crate::origin::Cause;
use crate::schema::Product::{
    Alb, Apache, AzureAppGateway, AzureFrontDoor, Caddy, CloudFront, Cloudflare, Elb, Envoy, Gcp, Haproxy,
    IngressNginx, Nginx, Traefik,
};

const BLANK: Entry = Entry::BLANK;
const RFC: &str = "RFC 9110 §15";
const NGINX: &str = "nginx src/http/ngx_http_request.h, ngx_http_special_response.c";
const ALB: &str = "AWS ALB user guide, \"Troubleshoot your Application Load Balancers\"";
const CLOUDFLARE: &str = "Cloudflare docs, \"Cloudflare 5xx errors\"";

/// By number.
pub(super) const STATUSES: &[Entry] = &[
    Entry {
        key: "000",
        title: "No response sent",
        usual_status: "000",
        side: Side::Client,
        meaning: "The request ended before a status was sent; as a rule the client left first.",
        usual_causes: &[
            "the client closed the connection or reset its stream",
            "a client-side timeout shorter than the server's",
            "a record of a connection rather than of a request",
        ],
        check_first: &[
            "durations of these lines: a pile at one value is a client timeout",
            "the reason column: it tells a client that left from a failure",
            "whether the upstream became slow at the same time",
        ],
        product_notes: &[
            (Envoy, "0 with flag DC or DR: the client left. 0 without flags: not a final record."),
            (Nginx, "000: freed without a status, as with a broken HTTP/2 header."),
            (Alb, "000: an HTTP/2 header too large; the ALB sent GOAWAY and closed."),
            (Haproxy, "-1: aborted, rejected or silently dropped; the termination state tells which."),
            (CloudFront, "000: the viewer left before any response."),
            (Gcp, "0: see statusDetails, client_disconnected_before_any_response as a rule."),
            (AzureFrontDoor, "0 is the opposite here: the origin timed out. Treat it as a failure."),
            (Caddy, "0: nothing was written (Go then sent 200), abort, or the client left."),
        ],
        source: "product documentation and observed lines",
        ..BLANK
    },
    Entry {
        key: "009",
        title: "Not HTTP (nginx)",
        products: &[Nginx],
        usual_status: "009",
        side: Side::Server,
        cause: Some(Cause::Protocol),
        meaning: "The upstream answered with something that is not HTTP; nginx passed it on as HTTP/0.9.",
        usual_causes: &["proxy_pass to a port that does not speak HTTP", "TLS port addressed without TLS"],
        check_first: &[
            "proxy_pass: right port, right scheme (http or https)?",
            "ask the port by hand: printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc HOST PORT",
        ],
        source: NGINX,
        ..BLANK
    },
    Entry {
        key: "400",
        title: "Bad Request",
        usual_status: "400",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The request could not be understood; often scanners, or a client that broke off midway.",
        usual_causes: &[
            "scanners and TLS or binary bytes on a plain port",
            "headers too large, or a bad Host header",
            "the client left while sending (body 0 bytes)",
        ],
        check_first: &[
            "one client or many? one is that client's bug",
            "a new client release at the time the rate rose",
            "sent bytes: 0 means nobody was there to read the answer",
        ],
        product_notes: &[
            (Nginx, "494, 495, 496 and 497 are logged as 400; error log at level info says which."),
            (Envoy, "flags DPE or IH; details such as http1.codec_error or missing_host_header."),
            (Haproxy, "PR with <BADREQ>: malformed, 'show errors' keeps the bytes; CR: client left."),
            (Alb, "target_status_code '-': refused by the ALB (header over 16 K, malformed)."),
        ],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "401",
        title: "Unauthorized",
        usual_status: "401",
        side: Side::Client,
        cause: Some(Cause::Auth),
        meaning: "Credentials are missing or were not accepted.",
        usual_causes: &[
            "no or expired credentials: normal at a low rate",
            "a rotated key, or an identity provider that fails",
            "credential stuffing",
        ],
        check_first: &[
            "a jump over all clients: keys, clocks and the identity provider",
            "a jump from few clients: an attack or one broken client",
        ],
        product_notes: &[(Alb, "with target '-': the authenticate action; see error_reason Auth*.")],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "403",
        title: "Forbidden",
        usual_status: "403",
        side: Side::Client,
        meaning: "Understood and refused: a permission, a rule or a firewall.",
        usual_causes: &[
            "access rules doing their work",
            "a new WAF or deny rule that catches good clients",
            "file permissions, or an authorisation service that is down",
        ],
        check_first: &[
            "rule and WAF changes at the time the rate rose",
            "who made it: the proxy's policy or the application",
            "whether known good paths and clients are hit",
        ],
        product_notes: &[
            (
                Envoy,
                "UAEX: ext_authz, also when it cannot be reached (ext_authz_error); rbac_* in the details.",
            ),
            (Alb, "target '-': AWS WAF blocked it."),
            (Haproxy, "PR: an http-request deny rule."),
            (Cloudflare, "SecurityAction set: a security rule."),
            (Nginx, "error log: 'access forbidden by rule', 'directory index of ... is forbidden'."),
        ],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "404",
        title: "Not Found",
        usual_status: "404",
        side: Side::Client,
        meaning: "Nothing there: scanners and old links as a rule.",
        usual_causes: &[
            "scanners, crawlers, old links",
            "a release that lost a route or its assets",
            "a path that worked before: mis-routed or not deployed everywhere",
        ],
        check_first: &[
            "paths that answered 200 before: only these matter",
            "releases and route changes at that time",
            "one host only: an incomplete deploy",
        ],
        product_notes: &[
            (Envoy, "flag NR: Envoy has no route for host and path; the application never saw it."),
            (IngressNginx, "upstream 'upstream-default-backend': no ingress matches host and path."),
            (Traefik, "ServiceURL '-': no router matches."),
        ],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "405",
        title: "Method Not Allowed",
        usual_status: "405",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The path exists, but not for this method.",
        usual_causes: &["scanners", "a client that posts to a read-only path"],
        check_first: &["the method and path of these lines", "route changes at that time"],
        product_notes: &[(Alb, "target '-': TRACE, which the ALB refuses.")],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "408",
        title: "Request Timeout",
        usual_status: "408",
        side: Side::Client,
        cause: Some(Cause::ClientTimeout),
        meaning: "The client did not finish its request in time.",
        usual_causes: &[
            "browsers that open connections ahead and never use them",
            "slow uploads, mobile networks",
            "slow-request attacks",
        ],
        check_first: &[
            "bytes received: none means an unused connection, harmless",
            "the request timeout against what uploads need",
        ],
        product_notes: &[
            (Nginx, "client_header_timeout or client_body_timeout (60 s); nothing was sent."),
            (Haproxy, "cR: timeout http-request."),
            (
                Envoy,
                "SI with 408: idle while the request was incomplete; older versions also for slow upstreams.",
            ),
            (Alb, "the client sent nothing before the idle timeout (60 s)."),
        ],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "413",
        title: "Content Too Large",
        usual_status: "413",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The body is larger than the server takes.",
        usual_causes: &["an upload over the limit", "a limit that a migration reset to its default"],
        check_first: &["the limit of every hop on the path", "the size clients really send"],
        product_notes: &[
            (Nginx, "client_max_body_size (1 MB); error log 'client intended to send too large body'."),
            (IngressNginx, "annotation proxy-body-size (1 MB)."),
            (Alb, "Lambda targets take 1 MB."),
            (Envoy, "details request_payload_too_large: buffer limits."),
        ],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "414",
        title: "URI Too Long",
        usual_status: "414",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The request line is longer than the server takes.",
        usual_causes: &["a form sent by GET", "a redirect loop that grows the query", "scanners"],
        check_first: &["the start of the logged request line", "large_client_header_buffers or its like"],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "421",
        title: "Misdirected Request",
        usual_status: "421",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The connection was made for another host name than the request names.",
        usual_causes: &[
            "HTTP/2 connections reused over hosts that share a certificate",
            "SNI and Host header differ",
        ],
        check_first: &[
            "hosts that share a wildcard certificate but not a server",
            "clients retry it on a new connection: does the second try succeed?",
        ],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "425",
        title: "Too Early",
        usual_status: "425",
        side: Side::Client,
        meaning: "The server will not risk a request sent as TLS early data; the client sends it again.",
        usual_causes: &["TLS 1.3 early data (0-RTT)"],
        check_first: &["whether the repeated request succeeds; if so, nothing is wrong"],
        product_notes: &[(Haproxy, "the server's 425 is passed on, or retried with retry-on 0rtt-rejected.")],
        source: "RFC 8470",
        ..BLANK
    },
    Entry {
        key: "426",
        title: "Upgrade Required",
        usual_status: "426",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The server wants another protocol version.",
        usual_causes: &["HTTP/1.0 clients and health checks talking to Envoy"],
        check_first: &[
            "user agents of these lines: old probes, benchmark tools, nginx with HTTP/1.0 upstream",
        ],
        product_notes: &[(Envoy, "details low_version; nginx in front needs proxy_http_version 1.1.")],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "429",
        title: "Too Many Requests",
        usual_status: "429",
        side: Side::Client,
        cause: Some(Cause::RateLimited),
        meaning: "A rate limit: the server protects itself.",
        usual_causes: &[
            "one greedy client, crawler or retry loop",
            "a limit set too low, or keyed on an address many clients share",
            "clients that retry at once instead of backing off",
        ],
        check_first: &[
            "share of the first client: one or many?",
            "which limit, and its key",
            "whether clients honour Retry-After",
        ],
        product_notes: &[
            (Nginx, "$limit_req_status, $limit_conn_status; error log 'limiting requests, excess:'."),
            (Envoy, "flag RL; stats <prefix>.http_local_rate_limit.rate_limited, ratelimit.over_limit."),
            (Haproxy, "PR: a deny rule on a stick table; 'show table' has the counters."),
            (Gcp, "statusDetails throttled_ or banned_by_security_policy."),
            (Cloudflare, "SecurityAction set: a rate limiting rule."),
        ],
        source: "RFC 6585",
        ..BLANK
    },
    Entry {
        key: "431",
        title: "Request Header Fields Too Large",
        usual_status: "431",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The request's headers are larger than the server takes.",
        usual_causes: &["cookies that grow without end", "large tokens in headers"],
        check_first: &["cookie sizes of the clients hit", "the header limits of every hop"],
        product_notes: &[(Envoy, "max_request_headers_kb (60 KB); flag DPE.")],
        source: "RFC 6585",
        ..BLANK
    },
    Entry {
        key: "444",
        title: "Closed without an answer (nginx)",
        products: &[Nginx, IngressNginx],
        usual_status: "444",
        side: Side::Info,
        cause: Some(Cause::Blocked),
        meaning: "A configured 'return 444': nginx closed the connection on purpose.",
        usual_causes: &["a catch-all server for unknown host names", "a rule against scanners"],
        check_first: &["whether a good host name falls into the catch-all server"],
        source: NGINX,
        ..BLANK
    },
    Entry {
        key: "460",
        title: "Client closed (AWS ALB)",
        products: &[Alb],
        usual_status: "460",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client closed the connection before the ALB could answer.",
        usual_causes: &[
            "a client timeout shorter than the target's answer",
            "users who leave, apps that are closed",
        ],
        check_first: &[
            "durations: a pile at one value is the client's timeout",
            "TargetResponseTime at the same time",
        ],
        source: ALB,
        ..BLANK
    },
    Entry {
        key: "463",
        title: "X-Forwarded-For too long (AWS ALB)",
        products: &[Alb],
        usual_status: "463",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "X-Forwarded-For names more than 30 addresses.",
        usual_causes: &["a proxy loop that adds itself again and again", "forged headers"],
        check_first: &["whether the ALB's own name is among its upstreams: a loop"],
        source: ALB,
        ..BLANK
    },
    Entry {
        key: "464",
        title: "Protocol version mismatch (AWS ALB)",
        products: &[Alb],
        usual_status: "464",
        side: Side::Client,
        cause: Some(Cause::Config),
        meaning: "The request's protocol version does not fit the target group (gRPC, HTTP/2, HTTP/1).",
        usual_causes: &[
            "HTTP/1 requests to a gRPC target group",
            "a target group of the wrong protocol version",
        ],
        check_first: &[
            "the target group's protocol version",
            "listener rules that send gRPC paths elsewhere",
        ],
        source: ALB,
        ..BLANK
    },
    Entry {
        key: "494",
        title: "Request header too large (nginx)",
        products: &[Nginx, IngressNginx],
        usual_status: "494",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "The header does not fit large_client_header_buffers; current nginx logs it as 400.",
        usual_causes: &["cookies that grow without end"],
        check_first: &["large_client_header_buffers (4 times 8 KB) against the cookies' size"],
        source: NGINX,
        ..BLANK
    },
    Entry {
        key: "495",
        title: "Client certificate error (nginx)",
        products: &[Nginx, IngressNginx],
        usual_status: "495",
        side: Side::Client,
        cause: Some(Cause::Auth),
        meaning: "The client's certificate was not accepted; logged as 400 as a rule.",
        usual_causes: &["an expired client certificate", "a CA missing in ssl_client_certificate"],
        check_first: &[
            "$ssl_client_verify: the reason stands behind FAILED:",
            "dates of the client certificates",
        ],
        source: NGINX,
        ..BLANK
    },
    Entry {
        key: "496",
        title: "Client certificate missing (nginx)",
        products: &[Nginx, IngressNginx],
        usual_status: "496",
        side: Side::Client,
        cause: Some(Cause::Auth),
        meaning: "A client certificate is required and none was sent; logged as 400 as a rule.",
        usual_causes: &["clients without a certificate, scanners"],
        check_first: &["$ssl_client_verify NONE: which clients?"],
        source: NGINX,
        ..BLANK
    },
    Entry {
        key: "497",
        title: "Plain HTTP on the TLS port (nginx)",
        products: &[Nginx, IngressNginx],
        usual_status: "497",
        side: Side::Client,
        cause: Some(Cause::BadRequest),
        meaning: "An unencrypted request came to a TLS port; logged as 400 as a rule.",
        usual_causes: &["http:// links with port 443", "a balancer in front that ended TLS already"],
        check_first: &["the scheme the hop in front uses towards nginx"],
        source: NGINX,
        ..BLANK
    },
    Entry {
        key: "499",
        title: "Client closed request",
        usual_status: "499",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client left before the answer. Not a server error, but a surge of them often means that \
                  answers became slow.",
        usual_causes: &[
            "users who leave, requests cancelled by apps",
            "a timeout of the client or of the proxy in front, shorter than the answer took",
            "a slow upstream: people and programs stop waiting",
        ],
        check_first: &[
            "durations: a pile at one value (5, 10, 30 s) is a timeout in front of this proxy",
            "upstream times in the same minutes: did they rise?",
            "504s beside them: the same slowness, seen by those who waited",
        ],
        product_notes: &[
            (Nginx, "upstream_status '-' means it was still waiting; proxy_ignore_client_abort changes it."),
            (Traefik, "499 with 21 bytes: the client cancelled while the service was working."),
            (AzureFrontDoor, "ErrorInfo ClientDisconnected."),
            (AzureAppGateway, "error_info ERRORINFO_CLIENT_CLOSED_REQUEST."),
            (Cloudflare, "the visitor closed the connection."),
            (Caddy, "newer versions only; 2.6 logs status 0."),
        ],
        source: NGINX,
        ..BLANK
    },
    Entry {
        key: "500",
        title: "Internal Server Error",
        usual_status: "500",
        side: Side::Server,
        meaning: "Something broke while working on the request; mostly an exception in the application.",
        usual_causes: &[
            "an exception in the application, often after a release",
            "a database or service it depends on",
            "configuration or a missing secret",
        ],
        check_first: &[
            "application log and releases at the time it began",
            "one path, one host or all of them?",
            "what the failing paths depend on: database, cache, other services",
        ],
        product_notes: &[
            (Elb, "HTTPCode_Backend_5XX up: the application."),
            (
                Nginx,
                "upstream fields '-': nginx made it; error log 'rewrite or internal redirection cycle', \
                 'auth request unexpected status', 'worker_connections are not enough'.",
            ),
            (Envoy, "via_upstream: the application. RLSE: rate limit service; NFCF: filter config missing."),
            (
                Alb,
                "HTTPCode_Target_5XX_Count up: the application. HTTPCode_ELB_500_Count up: WAF or \
                 authentication failed, see error_reason.",
            ),
            (
                Haproxy,
                "state '--': the server. I*: internal error of HAProxy; PT: tarpit; PH: rewrite failed.",
            ),
            (Apache, "%{proxy-status}n '-': httpd made it; with mod_proxy often a DNS failure (error log)."),
            (Traefik, "21 bytes: Traefik's own, an error talking to the service."),
            (Caddy, "http.log.error in the same second has the Go error."),
        ],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "501",
        title: "Not Implemented",
        usual_status: "501",
        side: Side::Either,
        cause: Some(Cause::BadRequest),
        meaning: "The server does not know the method or transfer encoding.",
        usual_causes: &["scanners with odd methods", "an unsupported Transfer-Encoding"],
        check_first: &["method and user agent of these lines"],
        product_notes: &[(Alb, "target '-': Transfer-Encoding is neither chunked nor identity.")],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "502",
        title: "Bad Gateway",
        usual_status: "502",
        side: Side::Server,
        meaning: "The proxy got no usable answer: the upstream refused, closed or reset the connection, or sent \
                  something that is no HTTP. Rarely, the upstream itself is a proxy and answered so.",
        usual_causes: &[
            "the upstream's process is down, restarting or crashing",
            "it closed a kept-alive connection just when a request was sent on it",
            "response headers too large, or not HTTP at all; wrong port or scheme",
        ],
        check_first: &[
            "do the upstream's processes run: restarts, out-of-memory kills, deploys at that time",
            "durations: near 0 s is refused or reset, longer is a crash while working",
            "one host or all: one is that host, all is configuration or a shared dependency",
        ],
        product_notes: &[
            (
                Elb,
                "HTTPCode_ELB_5XX against HTTPCode_Backend_5XX tells who; BackendConnectionErrors = refused.",
            ),
            (
                Nginx,
                "error log: 'connect() failed (111: Connection refused)' = not listening; 'upstream prematurely \
                 closed connection' = crashed or idle close; 'no live upstreams' = all marked failed; \
                 'upstream sent too big header' = raise proxy_buffer_size.",
            ),
            (
                IngressNginx,
                "upstream_response_length 0 and time 0.000: refused; kubectl get endpointslices, pod restarts; \
                 address 0.0.0.1 means no endpoint was left.",
            ),
            (
                Envoy,
                "Envoy's own 502 has flag UPE (protocol error); refused or reset is 503 here. \
                 Without a flag it is most likely the application's. cluster.<name>.upstream_cx_protocol_error.",
            ),
            (
                Alb,
                "HTTPCode_ELB_502_Count against HTTPCode_Target_5XX_Count tells who; TargetConnectionErrorCount \
                 = refused; a target keep-alive shorter than the idle timeout (60 s) gives sporadic ones.",
            ),
            (
                Haproxy,
                "SH: the server closed before its header; PH: invalid header, 'show errors' has the bytes; \
                 'show servers state' for the server. Refused is 503 (SC) here.",
            ),
            (
                Apache,
                "also the read timeout of mod_proxy_http; error log 'error reading status line from remote \
                 server' or 'The timeout specified has expired'.",
            ),
            (Traefik, "11 bytes: Traefik's own (connection error, EOF)."),
            (Caddy, "http.log.error tells: 'connection refused', 'EOF', 'i/o timeout' (also a 502)."),
            (
                Gcp,
                "statusDetails: failed_to_connect_to_backend, backend_connection_closed_before_data_sent_to_client.",
            ),
            (
                AzureAppGateway,
                "error_info ERRORINFO_UPSTREAM_NO_LIVE: no healthy backend; see Backend health.",
            ),
            (Cloudflare, "OriginResponseStatus 502: the origin's; 0: made at the edge."),
            (
                CloudFront,
                "x-edge-detailed-result-type: OriginConnectError, OriginDnsError, OriginInvalidResponseError.",
            ),
        ],
        source: "RFC 9110 §15.6.3; nginx, Envoy, AWS and HAProxy documentation",
        ..BLANK
    },
    Entry {
        key: "503",
        title: "Service Unavailable",
        usual_status: "503",
        side: Side::Server,
        meaning: "Nobody could take the request now: no healthy upstream, a full queue or limit, or maintenance. An \
                  application may also answer so itself when overloaded.",
        usual_causes: &[
            "no healthy or no registered upstream: failed health checks, empty after a deploy",
            "a limit on connections, requests or queue length was reached",
            "maintenance mode or a rate limit that answers 503",
        ],
        check_first: &[
            "how many upstream hosts are healthy, and why health checks fail",
            "request rate against the limits: overload, or retries piling up",
            "who made it: with a limit or maintenance no upstream was asked",
        ],
        product_notes: &[
            (Elb, "no healthy instance, or the surge queue is full: HealthyHostCount, SpilloverCount."),
            (
                Nginx,
                "nginx makes it only by limit_req, limit_conn or 'return 503': error log 'limiting requests', \
                 'limiting connections'. No live upstream is a 502 here.",
            ),
            (
                IngressNginx,
                "'[ns-svc-port] [] - - - -': the service has no endpoints; kubectl get endpointslices, \
                 readiness probes. limit annotations answer 503 too.",
            ),
            (
                Envoy,
                "UH: cluster.<name>.membership_healthy is 0; UF: upstream_cx_connect_fail; UO: \
                 upstream_rq_pending_overflow, circuit_breakers.default.*_open; UC: closed by the upstream.",
            ),
            (
                Alb,
                "HTTPCode_ELB_503_Count: the target group has no registered targets (if all are unhealthy the ALB \
                 still sends to them). HTTPCode_Target_5XX_Count: the application said so.",
            ),
            (
                Haproxy,
                "SC with <NOSRV>: no server up ('show servers state', 'Server ... is DOWN' in the log); SC with a \
                 server: refused; sC: connect timeout; sQ: timeout queue, raise maxconn or add servers.",
            ),
            (Apache, "mod_proxy: refused, connect timeout, or the worker is in error state (retry=60 s)."),
            (Traefik, "20 bytes and ServiceURL '-': no available server."),
            (Caddy, "http.log.error 'no upstreams available': health checks or max_fails."),
            (Gcp, "statusDetails failed_to_pick_backend: no healthy backend."),
            (CloudFront, "CapacityExceeded or LimitExceeded at the edge, or the origin's own."),
            (Cloudflare, "OriginResponseStatus 503: the origin's; 0: made at the edge."),
        ],
        source: "RFC 9110 §15.6.4; nginx, Envoy, AWS and HAProxy documentation",
        ..BLANK
    },
    Entry {
        key: "504",
        title: "Gateway Timeout",
        usual_status: "504",
        side: Side::Server,
        cause: Some(Cause::ResponseTimeout),
        meaning: "The upstream took the request but did not answer before the proxy's timeout, or did not even \
                  accept a connection in time.",
        usual_causes: &[
            "a slow upstream: a database, a lock, an exhausted thread or connection pool",
            "a proxy timeout shorter than what the path needs",
            "packets dropped on the way: security group, firewall, host gone",
        ],
        check_first: &[
            "durations: all at one value shows which timeout it is",
            "connected or not: without a connect time it is network or host, with one it is a slow answer",
            "the slow paths: what do they wait for (database, lock, pool, other service)?",
        ],
        product_notes: &[
            (
                Elb,
                "the idle timeout (60 s), or an instance that closes kept-alive connections earlier; Latency.",
            ),
            (
                Nginx,
                "proxy_read_timeout (60 s) or proxy_connect_timeout (60 s); error log 'upstream timed out (110: \
                 Connection timed out) while reading response header from upstream' or 'while connecting to upstream'.",
            ),
            (IngressNginx, "about 5 s: proxy-connect-timeout, pod gone; about 60 s: proxy-read-timeout."),
            (
                Envoy,
                "UT: route timeout (15 s) or per-try timeout, cluster.<name>.upstream_rq_timeout, \
                 upstream_rq_per_try_timeout; SI: stream_idle_timeout (5 min). A connect timeout is 503 UF here.",
            ),
            (
                Alb,
                "about 10 s: connect timeout (security group, network ACL, host gone); about 60 s: idle timeout. \
                 HTTPCode_ELB_504_Count, TargetResponseTime.",
            ),
            (
                Haproxy,
                "sH: timeout server. A connect timeout is 503 sC here. A stalled upload also gives sH.",
            ),
            (
                Apache,
                "mod_proxy_fcgi and ajp: ProxyTimeout or Timeout (60 s). mod_proxy_http gives 502 instead.",
            ),
            (Traefik, "15 bytes: Traefik's own; responseHeaderTimeout or dialTimeout (30 s)."),
            (Caddy, "http.log.error 'timeout awaiting response headers': response_header_timeout."),
            (Gcp, "statusDetails backend_timeout: the backend service's timeout (30 s)."),
            (
                AzureAppGateway,
                "ERRORINFO_UPSTREAM_TIMED_OUT: request time-out of the backend settings (20 s).",
            ),
            (AzureFrontDoor, "ErrorInfo OriginTimeout: the origin response timeout."),
            (CloudFront, "OriginCommError: origin response timeout (30 s)."),
            (Cloudflare, "OriginResponseStatus 504: the origin's own proxy; the edge's own timeout is 524."),
        ],
        source: "RFC 9110 §15.6.5; nginx, Envoy, AWS and HAProxy documentation",
        ..BLANK
    },
    Entry {
        key: "505",
        title: "HTTP Version Not Supported",
        usual_status: "505",
        side: Side::Either,
        cause: Some(Cause::BadRequest),
        meaning: "The HTTP version of the request is not supported.",
        usual_causes: &["scanners", "a broken request line whose last word is taken for a version"],
        check_first: &["the logged request line: a raw space in the path?"],
        source: RFC,
        ..BLANK
    },
    Entry {
        key: "506",
        title: "Variant Also Negotiates",
        usual_status: "506",
        side: Side::Server,
        cause: Some(Cause::Config),
        meaning: "Content negotiation is configured in a circle.",
        usual_causes: &["a negotiation set-up that points at itself"],
        check_first: &["the server's content negotiation configuration"],
        source: "RFC 2295",
        ..BLANK
    },
    Entry {
        key: "507",
        title: "Insufficient Storage",
        usual_status: "507",
        side: Side::Server,
        meaning: "No space to store what was sent (WebDAV, object stores).",
        usual_causes: &["a full disk or quota"],
        check_first: &["df -h and df -i on the upstream's hosts", "quotas of the store behind it"],
        source: "RFC 4918",
        ..BLANK
    },
    Entry {
        key: "508",
        title: "Loop Detected",
        usual_status: "508",
        side: Side::Server,
        cause: Some(Cause::Config),
        meaning: "The request runs in a circle; shared hosters also use it for a resource limit.",
        usual_causes: &["a proxy that routes to itself", "a hoster's limit on processes"],
        check_first: &["Via and X-Forwarded-For: the same hop twice?", "the hoster's resource limits"],
        source: "RFC 5842",
        ..BLANK
    },
    Entry {
        key: "511",
        title: "Network Authentication Required",
        usual_status: "511",
        side: Side::Client,
        cause: Some(Cause::Auth),
        meaning: "A network's log-in page stands in the way; not meant for servers.",
        usual_causes: &["a captive portal between client and server"],
        check_first: &["which hop made it: an origin should never answer so"],
        source: "RFC 6585",
        ..BLANK
    },
    Entry {
        key: "520",
        title: "Unknown origin error (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "520",
        side: Side::Server,
        cause: Some(Cause::Reset),
        meaning: "The origin reset the connection, or answered with nothing, something unknown or too large.",
        usual_causes: &["the origin crashed or closed an idle connection", "response headers over the limit"],
        check_first: &[
            "the origin's error log at these times",
            "keep-alive timeout of the origin against Cloudflare's",
            "size of response headers and cookies",
        ],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "521",
        title: "Origin refused (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "521",
        side: Side::Server,
        cause: Some(Cause::ConnectRefused),
        meaning: "The origin refused the connection.",
        usual_causes: &["the origin's web server is down", "its firewall blocks Cloudflare's addresses"],
        check_first: &["does the origin listen on 80 or 443?", "firewall rules against Cloudflare's ranges"],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "522",
        title: "Connection timed out (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "522",
        side: Side::Server,
        cause: Some(Cause::ConnectTimeout),
        meaning: "No TCP connection to the origin in time.",
        usual_causes: &[
            "the origin is overloaded or gone",
            "a firewall drops packets",
            "a wrong address in DNS",
        ],
        check_first: &["is the origin reachable at the address DNS gives?", "its accept queue and load"],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "523",
        title: "Origin unreachable (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "523",
        side: Side::Server,
        cause: Some(Cause::ConnectOther),
        meaning: "There is no network path to the origin.",
        usual_causes: &["routing to the origin is broken", "the DNS record points at a wrong address"],
        check_first: &["the origin's DNS record", "a trace to the origin from outside"],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "524",
        title: "A timeout occurred (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "524",
        side: Side::Server,
        cause: Some(Cause::ResponseTimeout),
        meaning: "Connected, but no HTTP answer in time (100 s by default).",
        usual_causes: &["long-running requests", "an overloaded origin or database"],
        check_first: &["the slow paths at the origin", "move work over 100 s to a background job"],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "525",
        title: "TLS handshake failed (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "525",
        side: Side::Server,
        cause: Some(Cause::Tls),
        meaning: "The TLS handshake with the origin failed.",
        usual_causes: &[
            "no certificate for the host name",
            "no common TLS version or cipher",
            "port 443 not TLS",
        ],
        check_first: &[
            "openssl s_client -connect ORIGIN:443 -servername HOST",
            "certificate changes at that time",
        ],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "526",
        title: "Invalid origin certificate (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "526",
        side: Side::Server,
        cause: Some(Cause::Tls),
        meaning: "The origin's certificate is not valid (mode Full (strict)).",
        usual_causes: &["an expired certificate", "a self-signed one, or one for another name"],
        check_first: &["dates and names of the origin's certificate", "did its renewal run?"],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "527",
        title: "Railgun error (Cloudflare)",
        products: &[Cloudflare],
        usual_status: "527",
        side: Side::Server,
        cause: Some(Cause::ConnectOther),
        meaning: "The connection to the Railgun listener broke; Railgun is retired.",
        usual_causes: &["an old Railgun set-up"],
        check_first: &["why Railgun is still in the path"],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "530",
        title: "Cloudflare 1xxx error",
        products: &[Cloudflare],
        usual_status: "530",
        side: Side::Server,
        meaning: "Stands for an error of the 1xxx family that is shown in the body: 1016 origin DNS, 1033 tunnel.",
        usual_causes: &["the origin's host name does not resolve", "a Cloudflare Tunnel is not connected"],
        check_first: &["the 1xxx number in the body", "DNS of the origin; cloudflared on its hosts"],
        source: CLOUDFLARE,
        ..BLANK
    },
    Entry {
        key: "561",
        title: "Identity provider error (AWS ALB)",
        products: &[Alb],
        usual_status: "561",
        side: Side::Server,
        cause: Some(Cause::Dependency),
        meaning: "The identity provider answered with an error when the user was authenticated.",
        usual_causes: &["the identity provider fails", "client secret or redirect address wrong"],
        check_first: &["error_reason Auth*", "the identity provider's status", "metric ELBAuthError"],
        source: ALB,
        ..BLANK
    },
];
