//! nginx: four logs of every request, one with all it knows, the same in JSON, the recommended one, and `combined`.

use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use brownout::Cause::{
    AppError, Auth, BadRequest, Blocked, ClientDisconnect, ClientTimeout, ConnectOther, ConnectRefused,
    ConnectTimeout, DirectResponse, Dns, Internal, NoHealthyUpstream, Protocol, RateLimited, Reset,
    ResponseTimeout, Tls, Truncated,
};
use brownout::Origin::{Client, Proxy, Upstream};
use brownout::{Format, JsonFormat, Template};

use crate::backend::{Backend, FullQueue, Role, SLOW};
use crate::case::Case;
use crate::check::{Bytes, Faults, Peers, Played, digest};
use crate::client::call;
use crate::preset;
use crate::server::{Folder, Server, find, free_port};
use crate::tail::Tail;

/// All variables of the upstream module, and what else says something about a request.
const TEXT: &str = r#"log_format wide_text '$remote_addr:$remote_port [$msec] "$request" $status $body_bytes_sent '
    '$request_length $request_time "$http_referer" "$http_user_agent" "$http_x_forwarded_for" host="$http_host" '
    'pn="$proxy_host" ua="$upstream_addr" us="$upstream_status" uct="$upstream_connect_time" '
    'uht="$upstream_header_time" urt="$upstream_response_time" url="$upstream_response_length" '
    'ubr="$upstream_bytes_received" cache=$upstream_cache_status lr=$limit_req_status id=$request_id';"#;

const JSON: &str = r#"log_format wide_json escape=json '{"remote_addr":"$remote_addr","msec":$msec,"request":"$request",'
    '"status":$status,"body_bytes_sent":$body_bytes_sent,"request_length":$request_length,'
    '"request_time":$request_time,"http_referer":"$http_referer","http_user_agent":"$http_user_agent",'
    '"http_x_forwarded_for":"$http_x_forwarded_for","http_host":"$http_host","proxy_host":"$proxy_host",'
    '"upstream_addr":"$upstream_addr","upstream_status":"$upstream_status",'
    '"upstream_connect_time":"$upstream_connect_time","upstream_header_time":"$upstream_header_time",'
    '"upstream_response_time":"$upstream_response_time","upstream_response_length":"$upstream_response_length",'
    '"upstream_bytes_received":"$upstream_bytes_received","upstream_cache_status":"$upstream_cache_status",'
    '"limit_req_status":"$limit_req_status","request_id":"$request_id"}';"#;

/// The text of the preset `nginx-upstream`.
const RECOMMENDED: &str = r#"log_format upstream_preset '$remote_addr - $remote_user [$time_local] "$request" $status '
    '$body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time uct="$upstream_connect_time" '
    'uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" '
    'un="$proxy_host"';"#;

/// The cases, in the order they are played.
/// Why a refused connection may be read as a failed one.
const SLOW_REFUSAL: &str = "a refusal is told by its haste, which a busy machine may lack";

fn cases(full: bool) -> Vec<Case> {
    let get = |name, target: &str| Case::get(name, target);
    let own =
        |name, target: &str, status| get(name, target).upstream("app").answered("app", status).gets(status);
    let mute = |name, target: &str| get(name, target).upstream("app").failed("app", 502).gets(502);
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
        own("HTTP/1.0", "/app/status200", 200).protocol("HTTP/1.0"),
        own("post", "/app/status200", 200).method("POST").body("a=1"),
        own("strange user agent", "/app/status200", 200)
            .header("User-Agent", b"a\"b\\c {d|e} \xc3\xa9\xff\t'")
            .header("Referer", "http://shop.test/?q=\"x\"")
            .header("X-Forwarded-For", "10.0.0.1, 10.0.0.2"),
        own("strange target", "/app/status200?q=\"'|{}\\<>^`\u{e9}", 200),
        own("target in absolute form", "http://shop.test/app/status200", 200),
        // Failures of the peer.
        get("refused", "/dead/x")
            .upstream("dead")
            .missed("dead", 502)
            .gets(502)
            .fault(Upstream, ConnectRefused)
            .or(ConnectOther, SLOW_REFUSAL),
        get("no answer in time", "/app/hang")
            .upstream("app")
            .failed("app", 504)
            .gets(504)
            .takes_at_least(250)
            .fault(Upstream, ResponseTimeout),
        mute("closed before the header", "/app/close").fault(Upstream, Reset),
        mute("reset before the header", "/app/reset").fault(Upstream, Reset),
        // Bytes came, and no whole header: nginx logs both alike.
        mute("closed within the header", "/app/partial")
            .fault(Upstream, Reset)
            .or(Protocol, "half a header is no valid one"),
        mute("invalid header", "/app/badheader").fault(Upstream, Protocol).weakly(Reset),
        mute("header too big", "/app/bigheader").fault(Upstream, Protocol).weakly(Reset),
        get("no HTTP", "/app/garbage")
            .upstream("app")
            .answered("app", 200)
            .gets(9)
            .unanswered()
            .fault(Upstream, Protocol),
        own("body cut short", "/app/truncated", 200).fault(Upstream, Truncated).silently(),
        own("body stalls", "/app/drip", 200).fault(Upstream, Truncated).silently().takes_at_least(250),
        // The handshake fails at once, and nginx logs no connection.
        get("TLS to a plain port", "/tls/close")
            .upstream("app")
            .missed("app", 502)
            .gets(502)
            .fault(Upstream, Tls)
            .or(ConnectOther, "a handshake that fails is a connection that fails")
            .or(ConnectRefused, "at once, as a refusal, and the port does not tell that it is TLS"),
        get("no peer up", "/down/x").upstream("down").gets(502).fault(Proxy, NoHealthyUpstream),
        get("name not resolved", "/names/x")
            .upstream("nowhere.invalid")
            .gets(502)
            .takes_at_least(200)
            .fault(Proxy, Dns),
        get("all refused", "/alldead/x")
            .upstream("alldead")
            .missed("dead", 502)
            .missed("dead too", 502)
            .gets(502)
            .fault(Upstream, ConnectRefused)
            .or(ConnectOther, SLOW_REFUSAL),
        // Failures the client does not see.
        get("refused, then good", "/deadpair/x")
            .upstream("deadpair")
            .missed("dead", 502)
            .answered("good", 200)
            .masked(),
        get("closed, then good", "/pair/close")
            .upstream("pair")
            .failed("app", 502)
            .answered("good", 200)
            .masked(),
        get("503, then good", "/pair/status503")
            .upstream("pair")
            .answered("app", 503)
            .answered("good", 200)
            .masked(),
        get("too late, then good", "/pair/hang")
            .upstream("pair")
            .failed("app", 504)
            .answered("good", 200)
            .takes_at_least(250)
            .masked(),
        get("page from another group", "/rescued/x")
            .upstream("good")
            .missed("dead", 502)
            .answered("good", 200)
            .masked(),
        get("page for the app's 503", "/excused/status503")
            .upstream("good")
            .answered("app", 503)
            .answered("good", 200)
            .gets(503)
            .fault(Upstream, AppError),
        get("redirected inside", "/app/accel").upstream("good").answered("app", 200).answered("good", 200),
        get("kept connection", "/kept/once").upstream("kept").answered("app", 200),
        // Two tries at one peer, whose kept connection had ended. The first never becomes a request there.
        get("kept connection gone", "/kept/once")
            .upstream("kept")
            .missed("app", 502)
            .answered("app", 200)
            .masked(),
        own("cache is filled", "/cached/flip", 200),
        get("cache hit", "/cached/flip").upstream("app"),
        get("stale instead of 503", "/cached/flip?later").upstream("app").answered("app", 200),
        // nginx itself.
        get("configured 200", "/return200"),
        get("configured 503", "/return503").gets(503).fault(Proxy, DirectResponse),
        get("configured 500", "/return500")
            .gets(500)
            .fault(Proxy, Internal)
            .or(DirectResponse, "a configured 500 is like one of its own"),
        get("configured redirect", "/moved").gets(301),
        get("configured silence", "/silence").gets(444).unanswered().fault(Proxy, Blocked),
        get("denied", "/denied").gets(403).fault(Proxy, Blocked),
        get("no password", "/secret").gets(401).fault(Proxy, Auth),
        get("no such file", "/none.html").gets(404).fault(Proxy, DirectResponse),
        get("endless rewrites", "/loop").gets(500).fault(Proxy, Internal),
        own("within the limit", "/limited/status200", 200),
        get("over the limit", "/limited/status200").gets(503).fault(Proxy, RateLimited),
        own("within the other limit", "/limited429/status200", 200),
        get("over the other limit", "/limited429/status200").gets(429).fault(Proxy, RateLimited),
        // The client.
        get("client leaves", "/app/hang")
            .leaves_after(120)
            .upstream("app")
            .failed("app", None)
            .gets(499)
            .fault(Client, ClientDisconnect),
        get("body too big", "/app/status200")
            .method("POST")
            .body(&"x".repeat(200))
            .gets(413)
            .fault(Client, BadRequest),
        get("target too long", &format!("/app/status200?{}", "x".repeat(9000)))
            .gets(414)
            .cut()
            .fault(Client, BadRequest),
        get("header too long", "/app/status200")
            .header("Cookie", "x".repeat(9000))
            .gets(400)
            .fault(Client, BadRequest),
        Case::raw("no HTTP from the client", b"\"\x16\x03\x01\x02 \\x22 \xff\r\n\r\n")
            .gets(400)
            .fault(Client, BadRequest),
        Case::raw("blank in the target", b"GET /app/status200?a b HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            .gets(400)
            .fault(Client, BadRequest),
        Case::raw("no host", b"GET /app/status200 HTTP/1.1\r\n\r\n").gets(400).fault(Client, BadRequest),
        Case::raw("header never ends", b"GET /app/status200 HTTP/1.1\r\nHost: shop.test\r\n")
            .gets(408)
            .unanswered()
            .takes_at_least(300)
            .fault(Client, ClientTimeout),
        get("upgrade", "/upgrade/upgrade")
            .header("Upgrade", "echo")
            .header("Connection", "Upgrade")
            .upstream("app")
            .answered("app", 101)
            .gets(101),
    ];
    if full {
        cases.push(
            get("no connection in time", "/full/x")
                .upstream("full")
                .missed("full", 504)
                .gets(504)
                .takes_at_least(200)
                .fault(Upstream, ConnectTimeout),
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
    let Some(program) = find("nginx", None) else { return };
    let folder = Folder::new("nginx");
    let full = FullQueue::start();
    let mut peers = Peers::default();
    peers.add("app", Backend::start(Role::Scripted));
    peers.add("good", Backend::start(Role::Good));
    peers.logged.insert("dead", "127.0.0.1:1".to_owned());
    peers.logged.insert("dead too", "127.0.0.1:7".to_owned());
    let full_address =
        full.as_ref().map_or_else(|| "127.0.0.1:1".to_owned(), |full| full.address().to_string());
    peers.logged.insert("full", full_address.clone());

    let port = free_port();
    let values = [
        ("PORT", port.to_string()),
        ("APP", peers.logged["app"].clone()),
        ("GOOD", peers.logged["good"].clone()),
        ("FULL", full_address),
        ("TEXT", TEXT.to_owned()),
        ("JSON", JSON.to_owned()),
        ("UPSTREAM", RECOMMENDED.to_owned()),
    ];
    let config = folder.write("nginx.conf", include_str!("nginx.conf"), &values);
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).arg("-e").arg(folder.file("error.log")).arg("-c").arg(config);
    let _server = Server::start(command, &folder, port);

    let log =
        |file: &str, format: Box<dyn Format>, weak| Log { tail: Tail::file(folder.file(file)), format, weak };
    let json = Template::nginx(JSON).expect("a log_format");
    let mut logs = [
        log("text.log", Box::new(Template::nginx(TEXT).expect("a log_format").named("text")), false),
        log("json.log", Box::new(JsonFormat::nginx()), false),
        log("upstream.log", Box::new(Template::nginx(RECOMMENDED).expect("a log_format")), true),
        log("combined.log", preset("nginx-combined"), true),
    ];
    let mut faults = Faults::default();
    for case in cases(full.is_some()) {
        if case.name.starts_with("stale") {
            thread::sleep(Duration::from_millis(2100));
        }
        let outcome = call(port, &case.request());
        let lines: Vec<_> = logs.iter_mut().map(|log| log.tail.wait(1)).collect();
        let played = Played {
            case: &case,
            outcome: &outcome,
            peers: &peers,
            bytes: Bytes::Body,
            written: SystemTime::now(),
        };
        faults.cases += 1;
        played.check_world(&mut faults);
        for (log, lines) in logs.iter().zip(&lines) {
            played.check_log(&*log.format, lines, log.weak, &mut faults);
        }
        if let ([text], [object]) = (&lines[0][..], &lines[1][..]) {
            let expected = digest(&*logs[0].format, text);
            for format in [&*logs[1].format, &json] {
                let found = digest(format, object);
                if found != expected {
                    faults.add(&case, format!("JSON says otherwise:\n    {found}\n    {expected}"), object);
                }
            }
        }
    }
    faults.finish("nginx");
}
