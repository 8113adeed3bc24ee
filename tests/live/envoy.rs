//! Envoy: three logs of every request, its default text, Istio's text, and JSON with typed values.

use std::process::Command;
use std::time::SystemTime;

use brownout::Cause::{
    AppError, Auth, BadRequest, ClientDisconnect, ClientTimeout, ConnectRefused, ConnectTimeout,
    DirectResponse, FaultInjected, IdleTimeout, MaxDuration, NoCluster, NoHealthyUpstream, NoRoute, Overflow,
    Protocol, RateLimited, Reset, ResponseTimeout, Tls, Truncated,
};
use brownout::Format;
use brownout::Origin::{Client, Proxy, Upstream};

use crate::backend::{Backend, FullQueue, Role, SLOW};
use crate::case::Case;
use crate::check::{Bytes, Faults, Peers, Played};
use crate::client::call;
use crate::preset;
use crate::server::{Folder, Server, find, free_port};
use crate::tail::Tail;

/// Istio's text; the preset `istio` reads it.
const ISTIO: &str = r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%"#;

/// Numbers stay numbers where an operator stands alone.
const TYPED: &str = r#"{"start_time": "%START_TIME%", "method": "%REQ(:METHOD)%", "path": "%REQ(:PATH)%", "protocol": "%PROTOCOL%", "response_code": "%RESPONSE_CODE%", "response_flags": "%RESPONSE_FLAGS%", "response_code_details": "%RESPONSE_CODE_DETAILS%", "upstream_transport_failure_reason": "%UPSTREAM_TRANSPORT_FAILURE_REASON%", "bytes_received": "%BYTES_RECEIVED%", "bytes_sent": "%BYTES_SENT%", "duration": "%DURATION%", "upstream_service_time": "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%", "user_agent": "%REQ(USER-AGENT)%", "request_id": "%REQ(X-REQUEST-ID)%", "authority": "%REQ(:AUTHORITY)%", "upstream_host": "%UPSTREAM_HOST%", "upstream_cluster": "%UPSTREAM_CLUSTER%", "downstream_remote_address": "%DOWNSTREAM_REMOTE_ADDRESS%", "upstream_request_attempt_count": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%", "grpc_status_number": "%GRPC_STATUS_NUMBER%"}"#;

fn cases(full: bool) -> Vec<Case> {
    let get = |name, target: &str| Case::get(name, target);
    let own =
        |name, target: &str, status| get(name, target).upstream("app").answered("app", status).gets(status);
    let mute = |name, target: &str, status: u16| {
        get(name, target).upstream("app").failed("app", status).gets(status)
    };
    // Where no cluster was chosen, the host asked for stands for the upstream.
    let chosen_none = |name, target: &str| get(name, target).upstream("shop.test");
    let mut cases = vec![
        own("success", "/app/status200?a=1&b=%20", 200).header("User-Agent", "test/1.0"),
        own("no content", "/app/status204", 204),
        own("not modified", "/app/status304", 304),
        own("not found by the app", "/app/status404", 404).fault(Upstream, AppError),
        own("too many for the app", "/app/status429", 429).fault(Upstream, AppError),
        own("the app's 500", "/app/status500", 500).fault(Upstream, AppError),
        own("the app's own 502", "/app/status502", 502).fault(Upstream, AppError),
        own("the app's 503", "/app/status503", 503).fault(Upstream, AppError),
        own("the app's own 504", "/app/status504", 504).fault(Upstream, AppError),
        own("slow", "/app/slow", 200).takes_at_least(SLOW.as_millis() as u64),
        own("head", "/app/status200", 200).method("HEAD"),
        own("post", "/app/status200", 200).method("POST").body("a=1"),
        own("strange user agent", "/app/status200", 200).header("User-Agent", "a\"b\\c {d|e} f'"),
        own("strange target", "/app/status200?q='|{}\\<>^`", 200),
        own("quotes in the target", "/app/status200?q=\"x\"", 200),
        // Envoy writes no service time for upgrades.
        mute("upgrade", "/app/upgrade", 101)
            .header("Upgrade", "echo")
            .header("Connection", "Upgrade")
            .any_bytes(),
        // Failures of the peer.
        get("refused", "/dead/x")
            .upstream("dead")
            .missed("dead", 503)
            .gets(503)
            .fault(Upstream, ConnectRefused)
            .reason("UF"),
        mute("no answer in time", "/app/hang", 504)
            .takes_at_least(250)
            .fault(Upstream, ResponseTimeout)
            .reason("UT"),
        mute("closed before the header", "/app/close", 503).fault(Upstream, Reset).reason("UC"),
        mute("reset before the header", "/app/reset", 503).fault(Upstream, Reset).reason("UC"),
        mute("closed within the header", "/app/partial", 502)
            .fault(Upstream, Reset)
            .or(Protocol, "half a header is no valid one"),
        mute("no HTTP", "/app/garbage", 502).fault(Upstream, Protocol).reason("UPE"),
        mute("invalid header", "/app/badheader", 502).fault(Upstream, Protocol).reason("UPE"),
        mute("header too big", "/app/bigheader", 502).fault(Upstream, Protocol).reason("UPE"),
        own("body cut short", "/app/truncated", 200).fault(Upstream, Truncated).reason("UPE"),
        own("body stalls", "/app/drip", 200).takes_at_least(250).fault(Upstream, Truncated).reason("UT"),
        mute("idle", "/idle/hang", 504).takes_at_least(200).fault(Upstream, IdleTimeout).reason("SI"),
        mute("too long", "/long/hang", 504).takes_at_least(200).fault(Upstream, MaxDuration),
        get("TLS to a plain port", "/tls/x")
            .upstream("tls")
            .missed("app", 503)
            .gets(503)
            .fault(Upstream, Tls)
            .reason("UF"),
        get("all refused", "/deadagain/x")
            .upstream("dead")
            .missed("dead", 503)
            .missed("dead", 503)
            .gets(503)
            .fault(Upstream, ConnectRefused),
        own("503 and again", "/again/status503", 503).answered("app", 503).fault(Upstream, AppError),
        get("no peer", "/empty/x").upstream("empty").gets(503).fault(Proxy, NoHealthyUpstream).reason("UH"),
        // An unresolved name leaves a cluster without peers.
        get("name not resolved", "/names/x")
            .upstream("names")
            .gets(503)
            .fault(Proxy, NoHealthyUpstream)
            .reason("UH"),
        get("refused under gRPC", "/dead/x")
            .method("POST")
            .header("Content-Type", "application/grpc")
            .upstream("dead")
            .missed("dead", 200)
            .gets(200)
            .grpc(14)
            .fault(Upstream, ConnectRefused),
        // Failures the client does not see.
        get("503, then good", "/again/recover")
            .upstream("app")
            .answered("app", 503)
            .answered("app", 200)
            .masked(),
        get("closed, then good", "/again/wakeup")
            .upstream("app")
            .failed("app", 503)
            .answered("app", 200)
            .masked(),
        // Envoy itself.
        chosen_none("no such cluster", "/missing/x").gets(503).fault(Proxy, NoCluster).reason("NC"),
        chosen_none("no route", "/nowhere").gets(404).fault(Proxy, NoRoute).reason("NR"),
        get("too many requests pending", "/busy/x")
            .upstream("busy")
            .gets(503)
            .fault(Proxy, Overflow)
            .reason("UO"),
        chosen_none("configured 200", "/direct200"),
        chosen_none("configured 503", "/direct503").gets(503).fault(Proxy, DirectResponse),
        chosen_none("configured redirect", "/moved").gets(301),
        get("fault on purpose", "/fault/x")
            .upstream("app")
            .gets(503)
            .fault(Proxy, FaultInjected)
            .reason("FI"),
        own("within the limit", "/limited/status200", 200),
        get("over the limit", "/limited/status200")
            .upstream("app")
            .gets(429)
            .fault(Proxy, RateLimited)
            .reason("RL"),
        get("denied", "/denied/x").upstream("app").gets(403).fault(Proxy, Auth),
        // The client.
        get("client leaves", "/app/hang")
            .leaves_after(120)
            .upstream("app")
            .failed("app", None)
            .gets(0)
            .fault(Client, ClientDisconnect)
            .reason("DC"),
        own("client leaves in the body", "/app/flow", 200)
            .leaves_after(120)
            .fault(Client, ClientDisconnect)
            .reason("DC"),
        get("HTTP/1.0", "/app/status200").cut().protocol("HTTP/1.0").gets(426).fault(Client, BadRequest),
        get("target too long", &format!("/app/status200?{}", "x".repeat(20_000)))
            .gets(431)
            .cut()
            .fault(Client, BadRequest),
        Case::raw("no HTTP from the client", b"\"\x16\x03\x01\x02 \\x22 \xff\r\n\r\n")
            .gets(400)
            .fault(Client, BadRequest),
        Case::raw("no host", b"GET /app/status200 HTTP/1.1\r\nConnection: close\r\n\r\n")
            .gets(400)
            .fault(Client, BadRequest),
        Case::raw("header never ends", b"GET /app/status200 HTTP/1.1\r\nHost: shop.test\r\n")
            .gets(408)
            .takes_at_least(300)
            .fault(Client, ClientTimeout),
    ];
    if full {
        cases.push(
            get("no connection in time", "/full/x")
                .upstream("full")
                .missed("full", 503)
                .gets(503)
                .takes_at_least(200)
                .fault(Upstream, ConnectTimeout)
                .reason("UF"),
        );
    }
    cases
}

/// One log and the format it is read with.
struct Log {
    tail: Tail,
    format: Box<dyn Format>,
    weak: bool,
}

pub(crate) fn run() {
    let Some(program) = find("envoy", Some("BROWNOUT_ENVOY")) else { return };
    let folder = Folder::new("envoy");
    let full = FullQueue::start();
    let mut peers = Peers::default();
    peers.add("app", Backend::start(Role::Scripted));
    peers.logged.insert("dead", "127.0.0.1:1".to_owned());
    let full_port = full.as_ref().map_or(1, |full| full.address().port());
    peers.logged.insert("full", format!("127.0.0.1:{full_port}"));
    let port = free_port();
    let values = [
        ("PORT", port.to_string()),
        ("APP", peers.servers["app"].address().port().to_string()),
        ("FULL", full_port.to_string()),
        // A single-quoted string of YAML does not know `\n`; an empty line in it is a line break.
        ("ISTIO", format!("{ISTIO}\n\n")),
        ("TYPED", TYPED.to_owned()),
    ];
    let config = folder.write("envoy.yaml", include_str!("envoy.yaml"), &values);
    let mut command = Command::new(program);
    command.args(["--concurrency", "1", "--disable-hot-restart", "--file-flush-interval-msec", "5"]);
    command.args(["--log-level", "warning"]).arg("-c").arg(config);
    let _server = Server::start(command, &folder, port);

    let log =
        |file: &str, name, weak| Log { tail: Tail::file(folder.file(file)), format: preset(name), weak };
    let mut logs = [
        log("default.log", "envoy", true),
        log("istio.log", "istio", false),
        log("typed.log", "envoy-json", false),
    ];
    let mut faults = Faults::default();
    for case in cases(full.is_some()) {
        let outcome = call(port, &case.request());
        let lines: Vec<_> = logs.iter_mut().map(|log| log.tail.wait(1)).collect();
        let written = SystemTime::now();
        let played = Played { case: &case, outcome: &outcome, peers: &peers, bytes: Bytes::Body, written };
        faults.cases += 1;
        played.check_world(&mut faults);
        for (log, lines) in logs.iter().zip(&lines) {
            played.check_log(&*log.format, lines, log.weak, &mut faults);
        }
    }
    faults.finish("Envoy");
}
