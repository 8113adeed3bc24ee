//! HAProxy's termination states: who ended the session, and in which phase.

use super::{Entry, Side};
use crate::origin::Cause;
use crate::schema::Product;

const SOURCE: &str = "HAProxy configuration manual §8.5, src/http_ana.c";

const BLANK: Entry = Entry { products: &[Product::Haproxy], source: SOURCE, ..Entry::BLANK };

/// The first letter of a termination state: who or what ended the session.
///
/// ```
/// use brownout::catalogue::{haproxy_first, haproxy_second};
/// assert_eq!(haproxy_first('s'), Some("the server-side timeout ran out"));
/// assert_eq!(haproxy_second('H'), Some("while waiting for the response header"));
/// ```
pub const fn haproxy_first(letter: char) -> Option<&'static str> {
    Some(match letter {
        '-' => "ended normally",
        'C' => "the client closed or reset the connection",
        'S' => "the server closed, reset or refused the connection",
        'P' => "HAProxy ended it: a rule, or an invalid message",
        'L' => "HAProxy answered by itself",
        'R' => "a resource of HAProxy ran out (memory, sockets, ports)",
        'I' => "an internal error of HAProxy",
        'D' => "the server was marked down meanwhile (on-marked-down)",
        'U' => "a backup server's session was closed, an active one is up again",
        'K' => "an administrator killed it",
        'c' => "the client-side timeout ran out",
        's' => "the server-side timeout ran out",
        _ => return None,
    })
}

/// The second letter of a termination state: the phase in which it ended.
pub const fn haproxy_second(letter: char) -> Option<&'static str> {
    Some(match letter {
        '-' => "after everything was transferred",
        'R' => "while waiting for the whole request",
        'Q' => "while waiting in the queue",
        'C' => "while connecting to the server",
        'H' => "while waiting for the response header",
        'D' => "while transferring data",
        'L' => "while sending the last data to the client",
        'T' => "in the tarpit",
        _ => return None,
    })
}

/// The two letters that count, if `state` has the shape of a termination state.
pub(super) fn state_key(state: &str) -> Option<&str> {
    let cookie = |c: Option<u8>, letters: &[u8]| c.is_none_or(|c| letters.contains(&c));
    let bytes = state.as_bytes();
    let shape = matches!(bytes.len(), 2 | 4)
        && cookie(bytes.get(2).copied(), b"-NIDVEOU7")
        && cookie(bytes.get(3).copied(), b"-NPDIRU67");
    if shape { state.get(..2) } else { None }
}

/// Server side first, then HAProxy's own, then the client's.
pub(super) const STATES: &[Entry] = &[
    Entry {
        key: "--",
        title: "Normal end",
        usual_status: "as the server sent it",
        side: Side::Info,
        meaning: "Everything was transferred. A 5xx with this state was made by the server itself.",
        usual_causes: &["with 5xx: the application"],
        check_first: &["with 5xx: the server's own log", "retries (%rc) above 0: earlier tries failed"],
        ..BLANK
    },
    Entry {
        key: "SC",
        title: "Connection failed, or no server",
        usual_status: "503",
        side: Side::Server,
        meaning: "The server refused or reset the connection, or TLS to it failed. With <NOSRV> no server was available.",
        usual_causes: &[
            "the server's process is down or listens elsewhere",
            "<NOSRV>: all servers down, disabled, or the backend is empty",
            "TLS handshake or verification failed",
        ],
        check_first: &[
            "<NOSRV> or a server's name? that tells no server from one that refused",
            "echo 'show servers state' | socat stdio SOCKET; 'show stat' for last_chk",
            "'Server ... is DOWN' and 'has no server available' in the log",
        ],
        ..BLANK
    },
    Entry {
        key: "sC",
        title: "Connect timeout",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::ConnectTimeout),
        meaning: "No connection to the server within timeout connect. HAProxy answers 503 here, not 504.",
        usual_causes: &["the host is gone or its accept queue full", "a firewall drops packets"],
        check_first: &[
            "reach the server's port from HAProxy's host",
            "timeout connect, retries, option redispatch",
        ],
        ..BLANK
    },
    Entry {
        key: "sQ",
        title: "Queue timeout",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::QueueTimeout),
        meaning: "The request waited in the queue longer than timeout queue: the servers are saturated.",
        usual_causes: &["slow servers", "maxconn too low for the traffic", "too few servers up"],
        check_first: &[
            "'show stat': qcur, scur against slim per server",
            "Tw and Tr of answered requests: did the servers slow down?",
            "maxconn per server, timeout queue",
        ],
        ..BLANK
    },
    Entry {
        key: "SQ",
        title: "Queue error",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Overflow),
        meaning: "An error while the request waited in the queue.",
        usual_causes: &["the server went away while requests were queued for it", "queues full (maxqueue)"],
        check_first: &["'show stat': qcur, qlimit", "server events at that time"],
        ..BLANK
    },
    Entry {
        key: "SH",
        title: "Server closed before its header",
        usual_status: "502",
        side: Side::Server,
        cause: Some(Cause::Reset),
        meaning: "The server closed or reset the connection before it sent a whole response header.",
        usual_causes: &[
            "the application crashed or was restarted",
            "the server's keep-alive timeout is shorter than HAProxy's: a race on idle connections",
        ],
        check_first: &[
            "restarts and out-of-memory kills of the server",
            "Tr near 0 and sporadic: the keep-alive race; http-reuse, pool-purge-delay, retry-on conn-failure",
        ],
        ..BLANK
    },
    Entry {
        key: "sH",
        title: "Response timeout",
        usual_status: "504",
        side: Side::Server,
        cause: Some(Cause::ResponseTimeout),
        meaning: "No response header within timeout server. A client that stalls its upload gives it too.",
        usual_causes: &[
            "a slow application or database",
            "timeout server shorter than the path needs",
            "stalled uploads",
        ],
        check_first: &[
            "the slow paths and what they wait for",
            "timeout server against what they need",
            "only POST and PUT? then look at the clients; option http-buffer-request",
        ],
        ..BLANK
    },
    Entry {
        key: "SD",
        title: "Server broke off in the data",
        usual_status: "as the server sent it, mostly 200",
        side: Side::Server,
        cause: Some(Cause::Truncated),
        meaning: "The server closed or reset the connection in the middle of the response: it is cut short.",
        usual_causes: &["the application crashed while streaming", "a restart without draining"],
        check_first: &["restarts of the server", "bytes sent against the usual size"],
        ..BLANK
    },
    Entry {
        key: "sD",
        title: "Server stalled in the data",
        usual_status: "as the server sent it, mostly 200",
        side: Side::Server,
        cause: Some(Cause::Truncated),
        meaning: "The server stopped sending in the middle of the response for timeout server.",
        usual_causes: &["a stalled application", "long-lived streams, websockets: timeout tunnel"],
        check_first: &["websockets or server-sent events? timeout tunnel", "the server's load"],
        ..BLANK
    },
    Entry {
        key: "RC",
        title: "Out of resources while connecting",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Internal),
        meaning: "HAProxy ran out of a local resource: source ports, file descriptors, memory.",
        usual_causes: &["source ports exhausted towards one server", "the limit on file descriptors"],
        check_first: &[
            "ulimit -n and 'show info': Maxsock, CurrConns",
            "ss -s: TIME-WAIT sockets",
            "kernel log",
        ],
        ..BLANK
    },
    Entry {
        key: "PC",
        title: "Socket limit while connecting",
        usual_status: "503",
        side: Side::Server,
        cause: Some(Cause::Internal),
        meaning: "HAProxy refused to connect: the process's limit on sockets was reached.",
        usual_causes: &["maxconn or ulimit-n too low"],
        check_first: &["'show info': Maxsock, Maxconn, CurrConns"],
        ..BLANK
    },
    Entry {
        key: "PH",
        title: "Invalid or denied response",
        usual_status: "502; 500 if a rewrite failed",
        side: Side::Server,
        cause: Some(Cause::Protocol),
        meaning: "The server's response was invalid or too large, or an http-response rule denied it.",
        usual_causes: &[
            "headers larger than tune.bufsize",
            "an invalid header",
            "an http-response deny rule",
        ],
        check_first: &[
            "echo 'show errors' | socat stdio SOCKET: the bytes and the place",
            "http-response rules",
        ],
        ..BLANK
    },
    Entry {
        key: "PD",
        title: "Invalid data",
        usual_status: "as the server sent it, mostly 200",
        side: Side::Server,
        cause: Some(Cause::Truncated),
        meaning: "HAProxy broke off: the response's body has a bad chunk or a filter stopped it.",
        usual_causes: &["bad chunked encoding by the application"],
        check_first: &["echo 'show errors' | socat stdio SOCKET"],
        ..BLANK
    },
    Entry {
        key: "PR",
        title: "Denied or malformed request",
        usual_status: "400, 403, 429, or as configured; -1 if dropped",
        side: Side::Either,
        cause: Some(Cause::Blocked),
        meaning: "HAProxy refused the request: malformed (<BADREQ>), or a deny, reject or silent-drop rule. A rule may \
                  answer with any status, 503 too.",
        usual_causes: &[
            "scanners",
            "http-request deny rules, rate limits on stick tables",
            "maintenance by 'deny 503'",
        ],
        check_first: &[
            "<BADREQ>: 'show errors'",
            "http-request rules changed at that time",
            "'show table' counters",
        ],
        ..BLANK
    },
    Entry {
        key: "PT",
        title: "Tarpit",
        usual_status: "500, or as configured",
        side: Side::Info,
        cause: Some(Cause::Blocked),
        meaning: "A tarpit rule held the request and then refused it, on purpose.",
        usual_causes: &["a rule against abusive clients"],
        check_first: &["whether good clients match the rule"],
        ..BLANK
    },
    Entry {
        key: "LR",
        title: "Answered by HAProxy",
        usual_status: "any",
        side: Side::Info,
        cause: Some(Cause::DirectResponse),
        meaning: "HAProxy answered by itself: redirect, return, statistics. A 5xx here is configured, as maintenance is.",
        usual_causes: &["redirects", "http-request return", "maintenance pages"],
        check_first: &["with 5xx: who switched maintenance on"],
        ..BLANK
    },
    Entry {
        key: "LH",
        title: "Answered by HAProxy, response phase",
        usual_status: "any",
        side: Side::Info,
        cause: Some(Cause::DirectResponse),
        meaning: "An http-response rule or a service of HAProxy answered by itself.",
        usual_causes: &["http-response return", "the cache, Lua or statistics services"],
        check_first: &["with 5xx: http-response rules"],
        ..BLANK
    },
    Entry {
        key: "LC",
        title: "Answered by HAProxy, connect phase",
        usual_status: "any",
        side: Side::Info,
        cause: Some(Cause::DirectResponse),
        meaning: "HAProxy answered by itself instead of connecting, as with a server's redir.",
        usual_causes: &["a 'redir' server", "a service of HAProxy"],
        check_first: &["with 5xx: which server or service answered"],
        ..BLANK
    },
    Entry {
        key: "IH",
        title: "Internal error, response phase",
        usual_status: "500",
        side: Side::Server,
        cause: Some(Cause::Internal),
        meaning: "An internal error of HAProxy while it waited for the response.",
        usual_causes: &["a bug, a Lua script or filter that failed"],
        check_first: &["version and known bugs (haproxy -vv)", "Lua and filter messages in the log"],
        ..BLANK
    },
    Entry {
        key: "IR",
        title: "Internal error, request phase",
        usual_status: "500",
        side: Side::Server,
        cause: Some(Cause::Internal),
        meaning: "An internal error of HAProxy while it handled the request.",
        usual_causes: &[
            "a bug, a Lua script or filter that failed",
            "a rewrite that does not fit the buffer",
        ],
        check_first: &["version and known bugs (haproxy -vv)", "tune.maxrewrite", "Lua messages in the log"],
        ..BLANK
    },
    Entry {
        key: "IC",
        title: "Internal error while connecting",
        usual_status: "500",
        side: Side::Server,
        cause: Some(Cause::Internal),
        meaning: "An internal error of HAProxy while it connected to the server.",
        usual_causes: &["memory, a bug"],
        check_first: &["memory limit of the process", "version and known bugs (haproxy -vv)"],
        ..BLANK
    },
    Entry {
        key: "ID",
        title: "Internal error in the data",
        usual_status: "as the server sent it",
        side: Side::Server,
        cause: Some(Cause::Internal),
        meaning: "An internal error of HAProxy while it transferred data.",
        usual_causes: &["a filter that failed (compression, cache, Lua)"],
        check_first: &["filters of this proxy", "version and known bugs (haproxy -vv)"],
        ..BLANK
    },
    Entry {
        key: "KH",
        title: "Killed while waiting",
        usual_status: "502",
        side: Side::Server,
        cause: Some(Cause::AdminKill),
        meaning: "An administrator shut the session down while it waited for the response.",
        usual_causes: &["'shutdown sessions server'"],
        check_first: &["who did maintenance on this server"],
        ..BLANK
    },
    Entry {
        key: "KD",
        title: "Killed in the data",
        usual_status: "as the server sent it",
        side: Side::Server,
        cause: Some(Cause::AdminKill),
        meaning: "An administrator shut the session down while data was transferred.",
        usual_causes: &["'shutdown sessions server'"],
        check_first: &["who did maintenance on this server"],
        ..BLANK
    },
    Entry {
        key: "DH",
        title: "Server marked down while waiting",
        usual_status: "502",
        side: Side::Server,
        cause: Some(Cause::AdminKill),
        meaning: "The server was marked down while the request waited for its response.",
        usual_causes: &["failed health checks with on-marked-down shutdown-sessions"],
        check_first: &["'Server ... is DOWN' in the log: it gives the reason of the check"],
        ..BLANK
    },
    Entry {
        key: "DD",
        title: "Server marked down in the data",
        usual_status: "as the server sent it",
        side: Side::Server,
        cause: Some(Cause::AdminKill),
        meaning: "The server was marked down while data was transferred.",
        usual_causes: &["failed health checks with on-marked-down shutdown-sessions"],
        check_first: &["'Server ... is DOWN' in the log: it gives the reason of the check"],
        ..BLANK
    },
    Entry {
        key: "CR",
        title: "Client left in its request",
        usual_status: "400; -1 in older versions",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client closed before it had sent a whole request.",
        usual_causes: &["connections browsers open ahead and never use", "port scans, probes"],
        check_first: &["bytes read: none is harmless (option http-ignore-probes)"],
        ..BLANK
    },
    Entry {
        key: "cR",
        title: "Client too slow with its request",
        usual_status: "408",
        side: Side::Client,
        cause: Some(Cause::ClientTimeout),
        meaning: "The client did not send a whole request within timeout http-request.",
        usual_causes: &["connections browsers open ahead and never use", "slow-request attacks"],
        check_first: &["bytes read: none is harmless", "timeout http-request"],
        ..BLANK
    },
    Entry {
        key: "CQ",
        title: "Client left in the queue",
        usual_status: "-1 since 2.5, 503 before",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client left while its request waited in the queue.",
        usual_causes: &["long queues: people do not wait"],
        check_first: &[
            "'show stat': qcur; why the servers are saturated",
            "up to 2.4 these 503s are no failures",
        ],
        ..BLANK
    },
    Entry {
        key: "cQ",
        title: "Client timeout in the queue",
        usual_status: "not fixed",
        side: Side::Client,
        cause: Some(Cause::ClientTimeout),
        meaning: "The client's side timed out while the request waited in the queue.",
        usual_causes: &["a stalled upload in the queue", "timeout client shorter than timeout queue"],
        check_first: &["timeout client against timeout queue", "'show stat': qcur"],
        ..BLANK
    },
    Entry {
        key: "CC",
        title: "Client left while connecting",
        usual_status: "-1 since 2.5, 503 before",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client left while HAProxy connected to the server.",
        usual_causes: &["slow connects, impatient clients", "health probes that close early"],
        check_first: &["Tc of answered requests", "up to 2.4 these 503s are no failures of the server"],
        ..BLANK
    },
    Entry {
        key: "CH",
        title: "Client left while waiting",
        usual_status: "400 or -1",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client left while it waited for the response (seen with option abortonclose).",
        usual_causes: &["a slow server: people and programs stop waiting", "a client timeout"],
        check_first: &["Tr of answered requests at that time", "Ta at one value: the client's timeout"],
        ..BLANK
    },
    Entry {
        key: "cH",
        title: "Client stalled while waiting",
        usual_status: "not fixed",
        side: Side::Client,
        cause: Some(Cause::ClientTimeout),
        meaning: "timeout client ran out while HAProxy waited for the response, mostly in an upload.",
        usual_causes: &["stalled uploads", "timeout client shorter than timeout server"],
        check_first: &["timeout client against timeout server"],
        ..BLANK
    },
    Entry {
        key: "CD",
        title: "Client left in the data",
        usual_status: "as the server sent it, or -1",
        side: Side::Client,
        cause: Some(Cause::ClientDisconnect),
        meaning: "The client closed in the middle of the response, or of its upload.",
        usual_causes: &["users who leave, downloads that are stopped"],
        check_first: &["nothing, unless it surges: then response sizes and times"],
        ..BLANK
    },
    Entry {
        key: "cD",
        title: "Client stalled in the data",
        usual_status: "as the server sent it",
        side: Side::Client,
        cause: Some(Cause::ClientTimeout),
        meaning: "The client stopped reading or sending for timeout client.",
        usual_causes: &["lost mobile connections", "idle websockets: timeout tunnel"],
        check_first: &["websockets? timeout tunnel", "timeout client"],
        ..BLANK
    },
    Entry {
        key: "CT",
        title: "Client left the tarpit",
        usual_status: "500, or as configured",
        side: Side::Info,
        cause: Some(Cause::Blocked),
        meaning: "A tarpitted client gave up, as intended.",
        usual_causes: &["a rule against abusive clients"],
        check_first: &["whether good clients match the rule"],
        ..BLANK
    },
];
