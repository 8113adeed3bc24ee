//! HAProxy: every request through four frontends, each with a log format of its own; the first writes every line in
//! six framings.

use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use brownout::Cause::{
    AppError, Auth, BadRequest, Blocked, ClientDisconnect, ClientTimeout, ConnectOther, ConnectRefused,
    ConnectTimeout, DirectResponse, NoHealthyUpstream, Protocol, QueueTimeout, RateLimited, Reset,
    ResponseTimeout, Tls, Truncated,
};
use brownout::Origin::{Client, Proxy, Upstream};
use brownout::input::Framing;
use brownout::{Format, Template};

use crate::backend::{Backend, FullQueue, Role, SLOW};
use crate::case::Case;
use crate::check::{Bytes, Faults, Peers, Played, digest};
use crate::client::call;
use crate::preset;
use crate::server::{Folder, Server, find, free_port};
use crate::tail::Tail;

/// All that the other formats have, and the host, the id, the peer's port.
const FORMAT: &str =
    "%ci:%cp [%tr] %ft %b %s %si:%sp %TR/%Tw/%Tc/%Tr/%Ta %ST %B %U %tsc %rc %ID %[capture.req.hdr(0)] %{+Q}r";

/// Framings of the first frontend, in the order of its logs.
const FRAMINGS: [(&str, Framing); 6] = [
    ("RFC3164", Framing::Rfc3164),
    ("RFC5424", Framing::Rfc5424),
    ("LOCAL", Framing::Rfc3164),
    ("ISO", Framing::Iso),
    ("SHORT", Framing::Priority),
    ("RAW", Framing::None),
];

/// Where no backend was chosen, HAProxy writes the name of the frontend.
const FRONTEND: &str = "(the frontend)";

/// Why a refused connection is read as a failed one.
const SC: &str = "SC is a refusal, a reset, an unreachable host and a failed handshake";

fn cases(full: bool) -> Vec<Case> {
    let get = |name, target: &str| Case::get(name, target);
    let own =
        |name, target: &str, status| get(name, target).upstream("app").answered("app1", status).gets(status);
    let mut cases = vec![
        own("success", "/app/status200?a=1&b=%20", 200).header("User-Agent", "test/1.0").reason("--"),
        own("no content", "/app/status204", 204),
        own("not modified", "/app/status304", 304),
        own("not found by the app", "/app/status404", 404).fault(Upstream, AppError),
        own("the app's 500", "/app/status500", 500).fault(Upstream, AppError),
        own("the app's own 502", "/app/status502", 502).fault(Upstream, AppError),
        own("the app's 503", "/app/status503", 503).fault(Upstream, AppError).reason("--"),
        own("the app's own 504", "/app/status504", 504).fault(Upstream, AppError),
        own("slow", "/app/slow", 200).takes_at_least(SLOW.as_millis() as u64),
        own("head", "/app/status200", 200).method("HEAD"),
        own("HTTP/1.0", "/app/status200", 200).protocol("HTTP/1.0"),
        own("post", "/app/status200", 200).method("POST").body("a=1"),
        own("strange user agent", "/app/marked", 200).header("User-Agent", "a\"b\\c {d|e} f'"),
        own("strange target", "/app/status200?q='|{}\\<>^`", 200),
        own("quotes in the target", "/app/status200?q=\"x\"", 200),
        own("upgrade", "/app/upgrade", 101)
            .header("Upgrade", "echo")
            .header("Connection", "Upgrade")
            .any_bytes()
            .gets(101),
        // Failures of the peer.
        get("refused", "/dead/x")
            .upstream("dead")
            .missed("dead1", 503)
            .gets(503)
            .fault(Upstream, ConnectRefused)
            .or(ConnectOther, SC)
            .reason("SC"),
        get("no answer in time", "/app/hang")
            .upstream("app")
            .failed("app1", 504)
            .gets(504)
            .takes_at_least(250)
            .fault(Upstream, ResponseTimeout)
            .reason("sH"),
        get("closed before the header", "/app/close")
            .upstream("app")
            .failed("app1", 502)
            .gets(502)
            .fault(Upstream, Reset)
            .reason("SH"),
        get("reset before the header", "/app/reset")
            .upstream("app")
            .failed("app1", 502)
            .gets(502)
            .fault(Upstream, Reset)
            .reason("SH"),
        get("closed within the header", "/app/partial")
            .upstream("app")
            .failed("app1", 502)
            .gets(502)
            .fault(Upstream, Reset)
            .or(Protocol, "half a header is no valid one"),
        get("no HTTP", "/app/garbage")
            .upstream("app")
            .failed("app1", 502)
            .gets(502)
            .fault(Upstream, Protocol)
            .reason("PH"),
        get("invalid header", "/app/badheader")
            .upstream("app")
            .failed("app1", 502)
            .gets(502)
            .fault(Upstream, Protocol)
            .reason("PH"),
        get("header too big", "/app/bigheader")
            .upstream("app")
            .failed("app1", 502)
            .gets(502)
            .fault(Upstream, Protocol)
            .reason("PH"),
        own("body cut short", "/app/truncated", 200).fault(Upstream, Truncated).reason("SD"),
        own("body stalls", "/app/drip", 200).fault(Upstream, Truncated).reason("sD").takes_at_least(250),
        // A failed handshake is a failed connection.
        get("TLS to a plain port", "/tls/x")
            .upstream("tls")
            .missed("app1", 503)
            .gets(503)
            .fault(Upstream, Tls)
            .or(ConnectOther, SC)
            .reason("SC"),
        get("all refused", "/stubborn/x")
            .upstream("stubborn")
            .missed("dead1", 503)
            .missed("dead1", 503)
            .gets(503)
            .fault(Upstream, ConnectRefused)
            .or(ConnectOther, SC),
        get("no peer up", "/none/x").upstream("none").gets(503).fault(Proxy, NoHealthyUpstream).reason("SC"),
        get("no peer at all", "/empty/x")
            .upstream("empty")
            .gets(503)
            .fault(Proxy, NoHealthyUpstream)
            .reason("SC"),
        // Failures the client does not see.
        get("refused, then good", "/redispatch/x")
            .upstream("redispatch")
            .missed("dead1", 503)
            .answered("good1", 200)
            .masked(),
        get("503, then good", "/again/status503")
            .upstream("again")
            .answered("app1", 503)
            .answered("good1", 200)
            .masked(),
        get("closed, then good", "/again/close")
            .upstream("again")
            .failed("app1", 502)
            .answered("good1", 200)
            .masked(),
        get("too late, then good", "/again/hang")
            .upstream("again")
            .failed("app1", 504)
            .answered("good1", 200)
            .takes_at_least(250)
            .masked(),
        get("no HTTP, then good", "/again/garbage")
            .upstream("again")
            .failed("app1", 502)
            .answered("good1", 200)
            .masked(),
        // HAProxy itself.
        get("denied", "/rules/deny").upstream("rules").gets(403).fault(Proxy, Blocked).reason("PR"),
        get("denied by 429", "/rules/deny429")
            .upstream("rules")
            .gets(429)
            .fault(Proxy, RateLimited)
            .reason("PR"),
        get("denied by 503", "/rules/deny503").upstream("rules").gets(503).fault(Proxy, Blocked).reason("PR"),
        get("tarpit", "/rules/tarpit")
            .upstream("rules")
            .gets(500)
            .takes_at_least(150)
            .fault(Proxy, Blocked)
            .reason("PT"),
        get("configured 200", "/rules/return200").upstream("rules").reason("LR"),
        get("configured 503", "/rules/return503")
            .upstream("rules")
            .gets(503)
            .fault(Proxy, DirectResponse)
            .reason("LR"),
        get("configured redirect", "/rules/moved").upstream("rules").gets(302).reason("LR"),
        get("no password", "/rules/secret").upstream("rules").gets(401).fault(Proxy, Auth),
        get("rejected", "/rules/reject").upstream("rules").gets(0).unanswered().fault(Proxy, Blocked),
        get("dropped", "/rules/drop").leaves_after(30).upstream("rules").gets(0).fault(Proxy, Blocked),
        get("answer denied", "/guarded/status200")
            .upstream("guarded")
            .failed("app1", 502)
            .gets(502)
            .any_bytes()
            .fault(Proxy, Blocked)
            .reads_as(Upstream, Protocol, "PH with 502 is an invalid response and a denied one"),
        // The client.
        get("client leaves", "/app/hang")
            .leaves_after(120)
            .upstream("app")
            .failed("app1", None)
            .gets(400)
            .fault(Client, ClientDisconnect)
            .reason("CH"),
        own("client leaves in the body", "/app/flow", 200)
            .leaves_after(120)
            .fault(Client, ClientDisconnect)
            .reason("CD"),
        get("target too long", &format!("/app/status200?{}", "x".repeat(9000)))
            .upstream(FRONTEND)
            .gets(400)
            .cut()
            .fault(Client, BadRequest),
        Case::raw("no HTTP from the client", b"\"\x16\x03\x01\x02 \\x22 \xff\r\n\r\n")
            .upstream(FRONTEND)
            .gets(400)
            .fault(Client, BadRequest)
            .reason("PR"),
        Case::raw("blank in the target", b"GET /app/status200?a b HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            .upstream(FRONTEND)
            .gets(400)
            .fault(Client, BadRequest)
            .reason("PR"),
        Case::raw("header never ends", b"GET /app/status200 HTTP/1.1\r\nHost: shop.test\r\n")
            .upstream(FRONTEND)
            .gets(408)
            .takes_at_least(300)
            .fault(Client, ClientTimeout)
            .reason("cR"),
    ];
    if full {
        cases.push(
            get("no connection in time", "/full/x")
                .upstream("full")
                .missed("full1", 503)
                .gets(503)
                .takes_at_least(200)
                .fault(Upstream, ConnectTimeout)
                .reason("sC"),
        );
    }
    cases
}

/// A frontend: where it listens, its logs, how they are read.
struct Frontend {
    name: &'static str,
    port: u16,
    tails: Vec<(Tail, Framing)>,
    format: Box<dyn Format>,
}

pub(crate) fn run() {
    let Some(program) = find("haproxy", None) else { return };
    let folder = Folder::new("haproxy");
    let full = FullQueue::start();
    let mut peers = Peers::default();
    let (app, good) = (Backend::start(Role::Scripted), Backend::start(Role::Good));
    let mut values = vec![
        ("APP", app.address().to_string()),
        ("GOOD", good.address().to_string()),
        ("FULL", full.as_ref().map_or_else(|| "127.0.0.1:1".to_owned(), |full| full.address().to_string())),
        ("FORMAT", FORMAT.to_owned()),
    ];
    // HAProxy logs the names of servers.
    peers.servers.insert("app1", app);
    peers.servers.insert("good1", good);
    for name in ["app1", "good1", "dead1", "full1"] {
        peers.logged.insert(name, name.to_owned());
    }
    let mut frontend = |name: &'static str, logs: &[(&'static str, Framing)], format| {
        let port = free_port();
        values.push((name, port.to_string()));
        let tails = logs.iter().map(|&(log, framing)| {
            let (tail, port) = Tail::datagrams();
            values.push((log, port.to_string()));
            (tail, framing)
        });
        Frontend { name, port, tails: tails.collect(), format }
    };
    let custom = Box::new(Template::haproxy(FORMAT).expect("a log-format"));
    let mut frontends = [
        frontend("PLAIN", &FRAMINGS, preset("haproxy")),
        frontend("CAPTURES", &[("CAPTURED", Framing::None)], preset("haproxy")),
        frontend("CLF", &[("CLFLOG", Framing::None)], preset("haproxy-clf")),
        frontend("CUSTOM", &[("CUSTOMLOG", Framing::None)], custom),
    ];
    let config = folder.write("haproxy.cfg", include_str!("haproxy.cfg"), &values);
    let mut command = Command::new(program);
    // Its stamps have no zone.
    command.env("TZ", "UTC").arg("-db").arg("-f").arg(config);
    let _server = Server::start(command, &folder, frontends[0].port);

    let mut faults = Faults::default();
    for frontend in &mut frontends {
        for mut case in cases(full.is_some()) {
            if case.upstream == Some(FRONTEND) {
                case.upstream = Some(frontend.name);
            }
            frontend.play(&case, &peers, &mut faults);
        }
        frontend.play_queue(&peers, &mut faults);
    }
    faults.finish("HAProxy");
}

impl Frontend {
    fn play(&mut self, case: &Case, peers: &Peers, faults: &mut Faults) {
        let outcome = call(self.port, &case.request());
        let lines: Vec<_> = self.tails.iter_mut().map(|(tail, _)| tail.wait(1)).collect();
        let written = SystemTime::now();
        let played = Played { case, outcome: &outcome, peers, bytes: Bytes::Htx, written };
        faults.cases += 1;
        played.check_world(faults);
        let mut first = None;
        for ((_, framing), lines) in self.tails.iter().zip(&lines) {
            let [line] = &lines[..] else {
                faults.add(case, format!("{} lines, not one", lines.len()), &lines.join(&b'\n'));
                continue;
            };
            let detected = Framing::detect([&line[..]]);
            if detected != *framing {
                faults.add(case, format!("framing {}, not {}", detected.name(), framing.name()), line);
            }
            let Some(framed) = framing.split(line) else {
                faults.add(case, format!("no {}", framing.name()), line);
                continue;
            };
            let digest = digest(&*self.format, framed.payload);
            if first.get_or_insert_with(|| digest.clone()) != &digest {
                faults.add(case, format!("framed {} it reads {digest}", framing.name()), line);
            }
            if std::env::var_os("BROWNOUT_LIVE_SHOW").is_some() {
                println!("{}: {}", case.name, String::from_utf8_lossy(line));
            }
            if *framing == Framing::None {
                played.check_line(&*self.format, line, faults);
                if self.name == "CAPTURES" {
                    played.check_captures(&*self.format, line, faults);
                }
            }
        }
    }

    /// The only server is busy with another request.
    fn play_queue(&mut self, peers: &Peers, faults: &mut Faults) {
        let case = Case::get("queue", "/queue/status200")
            .upstream("queue")
            .gets(503)
            .takes_at_least(150)
            .fault(Proxy, QueueTimeout)
            .reason("sQ");
        let port = self.port;
        let other = thread::spawn(move || call(port, &Case::get("busy", "/queue/hang").request()));
        while peers.take_seen().is_empty() {
            thread::sleep(Duration::from_millis(5));
        }
        self.play(&case, peers, faults);
        other.join().expect("a client does not panic");
        for (tail, _) in &mut self.tails {
            tail.wait(1);
        }
    }
}
