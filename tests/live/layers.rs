//! Chains of real servers: at which hop every failure was born, told from both logs together, by id and without.
//!
//! `BROWNOUT_BLESS=1` writes what the servers logged to `tests/data/layers`; `tests/layers.rs` reads it from there.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brownout::Timestamp;
use serde_json::{Value, json};

use crate::backend::{Backend, Role};
use crate::case::Case;
use crate::client::{Outcome, call};
use crate::joined::{ENVOY, HAPROXY, NGINX, check};
use crate::server::{Folder, Server, find, free_port};
use crate::tail::Tail;

/// One request, and what is to be told of it.
struct Hop {
    case: Case,
    /// Where it was born, and how.
    born_at: &'static str,
    how: &'static str,
    /// Lines that the two layers write.
    lines: (usize, usize),
}

fn hop(case: Case, born_at: &'static str, how: &'static str) -> Hop {
    Hop { case, born_at, how, lines: (1, 1) }
}

/// nginx has no line of it.
fn stops(case: Case, born_at: &'static str, how: &'static str) -> Hop {
    Hop { lines: (1, 0), ..hop(case, born_at, how) }
}

/// What does not depend on the server in front. An empty place: nothing failed.
fn common(front: &'static str) -> Vec<Hop> {
    let get = |target: &str, status| Case::get("layers", target).gets(status);
    vec![
        hop(get("/app/status200", 200), "", ""),
        hop(get("/app/status404", 404), "", ""),
        hop(get("/app/status500", 500), "behind nginx", "answered"),
        hop(get("/app/status502", 502), "behind nginx", "answered"),
        hop(get("/app/status503?a=1", 503), "behind nginx", "answered"),
        hop(get("/app/close", 502), "nginx", "no_answer"),
        hop(get("/app/badheader", 502), "nginx", "no_answer"),
        hop(get("/app/hang", 504), "nginx", "no_answer"),
        hop(get("/dead/x", 502), "nginx", "unreached"),
        hop(get("/closed", 503), "nginx", "own"),
        hop(get("/limited", 200), "", ""),
        hop(get("/limited?again", 503), "nginx", "own"),
        hop(get("/throttled", 429), "nginx", "own"),
        hop(get("/half/status200", 200), "behind nginx", "masked"),
        hop(get("/slow/hang", 504), front, "gave_up"),
        hop(get("/late/slow", 504), front, "gave_up"),
        Hop { lines: (1, 2), ..hop(get("/saved/recover", 200), "behind nginx", "masked") },
        stops(get("/gone/x", 503), front, "unreached"),
        stops(get("/denied", 503), front, "own"),
        hop(get("/impatient/hang", 0).leaves_after(120), "client", "client_left"),
    ]
}

/// The servers of one chain.
struct Chain {
    folder: Folder,
    front: u16,
    front_log: Tail,
    middle_log: Tail,
    _servers: Vec<Server>,
    app: Backend,
}

fn values(app: &Backend, front: u16, middle: u16, log: u16) -> Vec<(&'static str, String)> {
    vec![
        ("FRONT", front.to_string()),
        ("MIDDLE", middle.to_string()),
        ("APP", app.address().to_string()),
        ("LOG", log.to_string()),
        ("HAPROXY", HAPROXY.to_owned()),
        ("ENVOY", format!("{ENVOY}\n\n")),
        ("NGINX", NGINX.to_owned()),
    ]
}

/// nginx behind what `start` starts in front of it; no front where that is the test itself.
fn chain(
    name: &str,
    start: impl FnOnce(&Folder, &[(&str, String)], u16) -> Option<(Server, Option<Tail>)>,
) -> Option<Chain> {
    let nginx = find("nginx", None)?;
    let folder = Folder::new(name);
    let app = Backend::start(Role::Scripted);
    let (front, middle) = (free_port(), free_port());
    let (datagrams, port) = Tail::datagrams();
    let values = values(&app, front, middle, port);
    let config = folder.write("nginx.conf", include_str!("layers.nginx.conf"), &values);
    let mut command = Command::new(nginx);
    command.arg("-p").arg(folder.path()).arg("-e").arg(folder.file("error.log")).arg("-c").arg(config);
    let behind = Server::start(command, &folder, middle);
    let (server, own) = start(&folder, &values, front)?;
    let middle_log = Tail::file(folder.file("access.log"));
    let front_log = own.unwrap_or(datagrams);
    Some(Chain { front, front_log, middle_log, _servers: vec![behind, server], app, folder })
}

/// Both logs, and the truth.
#[derive(Default)]
struct Played {
    front: Vec<u8>,
    behind: Vec<u8>,
    truth: Vec<Value>,
}

impl Chain {
    fn play(mut self, hops: Vec<Hop>) -> Played {
        let mut played = Played::default();
        for hop in hops {
            let target = hop.case.target.clone();
            // Scripts that change after the first request begin anew.
            self.app.take_seen();
            let outcome = call(self.front, &hop.case.request());
            if !hop.case.unanswered {
                assert_eq!(outcome.status, Some(hop.case.status), "{target}");
            }
            append(&mut played.front, &self.front_log.wait(hop.lines.0));
            append(&mut played.behind, &self.middle_log.wait(hop.lines.1));
            let target = if hop.case.is_raw() { "<BADREQ>".to_owned() } else { target };
            played.truth.push(json!({"target": target, "born_at": hop.born_at, "how": hop.how}));
        }
        drop(self.app);
        drop(self.folder);
        played
    }
}

fn append(log: &mut Vec<u8>, lines: &[Vec<u8>]) {
    for line in lines.iter().filter(|line| !line.is_empty()) {
        log.extend_from_slice(line);
        log.push(b'\n');
    }
}

impl Played {
    /// Checks it, with its ids and without; keeps it where that is asked for.
    fn finish(self, name: &str) {
        if std::env::var_os("BROWNOUT_LIVE_SHOW").is_some() {
            println!("{}\n{}", String::from_utf8_lossy(&self.front), String::from_utf8_lossy(&self.behind));
        }
        let truth = Value::Array(self.truth);
        if std::env::var_os("BROWNOUT_BLESS").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/layers").join(name);
            fs::create_dir_all(&folder).expect("the repository can be written");
            let written = serde_json::to_vec_pretty(&truth).expect("JSON");
            for (file, bytes) in
                [("front.log", &self.front), ("behind.log", &self.behind), ("truth.json", &written)]
            {
                fs::write(folder.join(file), bytes).expect("the repository can be written");
            }
        }
        check(name, &self.front, &self.behind, &truth);
    }
}

pub(crate) fn haproxy() {
    let Some(haproxy) = find("haproxy", None) else { return };
    let chain = chain("layers-haproxy", |folder, values, front| {
        let config = folder.write("haproxy.cfg", include_str!("layers.haproxy.cfg"), values);
        let mut command = Command::new(haproxy);
        command.env("TZ", "UTC").arg("-db").arg("-f").arg(config);
        Some((Server::start(command, folder, front), None))
    });
    let Some(chain) = chain else { return };
    let mut hops = common("HAProxy");
    hops.push(stops(Case::raw("bad", b"GET / HTTP/1.1\r\nbad header\r\n\r\n").gets(400), "HAProxy", "own"));
    chain.play(hops).finish("haproxy-nginx");
}

pub(crate) fn envoy() {
    let Some(envoy) = find("envoy", Some("BROWNOUT_ENVOY")) else { return };
    let chain = chain("layers-envoy", |folder, values, front| {
        let config = folder.write("envoy.yaml", include_str!("layers.envoy.yaml"), values);
        let mut command = Command::new(envoy);
        command.args(["--concurrency", "1", "--disable-hot-restart", "--file-flush-interval-msec", "5"]);
        command.args(["--log-level", "warning"]).arg("-c").arg(config);
        let server = Server::start(command, folder, front);
        Some((server, Some(Tail::file(folder.file("envoy.log")))))
    });
    let Some(chain) = chain else { return };
    chain.play(common("Envoy")).finish("envoy-nginx");
}

/// How long the load balancer of the test waits.
const IDLE: Duration = Duration::from_millis(60);

/// The test itself is the load balancer: it asks nginx, and writes what ALB would write of it.
pub(crate) fn alb() {
    let Some(nginx) = find("nginx", None) else { return };
    let folder = Folder::new("layers-alb");
    let app = Backend::start(Role::Scripted);
    let middle = free_port();
    let config = folder.write("nginx.conf", include_str!("layers.nginx.conf"), &values(&app, 1, middle, 1));
    let mut command = Command::new(nginx);
    command.arg("-p").arg(folder.path()).arg("-e").arg(folder.file("error.log")).arg("-c").arg(config);
    let _server = Server::start(command, &folder, middle);
    let mut log = Tail::file(folder.file("access.log"));
    let mut played = Played::default();
    let requests = [
        ("/app/status200", 200, "", ""),
        ("/app/status500", 500, "behind nginx", "answered"),
        ("/app/status503", 503, "behind nginx", "answered"),
        ("/app/close", 502, "nginx", "no_answer"),
        ("/dead/x", 502, "nginx", "unreached"),
        ("/closed", 503, "nginx", "own"),
        ("/late/slow?1", 504, "AWS ALB", "gave_up"),
        ("/late/slow?2", 504, "AWS ALB", "gave_up"),
        ("/slow/hang", 504, "AWS ALB", "gave_up"),
    ];
    for (number, (target, status, born_at, how)) in (0_u64..).zip(requests) {
        let root = format!("1-{:08x}-{:024x}", 0x6b06_18d1 + number, 0xabcd_ef01_2345 + number);
        let case = Case::get("alb", target).header("X-Amzn-Trace-Id", format!("Root={root}"));
        let case = if status == 504 { case.leaves_after(IDLE.as_millis() as u64) } else { case };
        let outcome = call(middle, &case.request());
        let end = SystemTime::now();
        if status != 504 {
            assert_eq!(outcome.status, Some(status), "{target}");
        }
        append(&mut played.front, &[alb_line(&outcome, end, target, status, &root, middle).into_bytes()]);
        append(&mut played.behind, &log.wait(1));
        played
            .truth
            .push(json!({"target": format!("http://shop.test:80{target}"), "born_at": born_at, "how": how}));
    }
    // No target to ask.
    let now = SystemTime::now();
    let outcome = Outcome { status: None, head: Vec::new(), body: 0, began: now };
    let line = alb_line(&outcome, now, "/none", 503, "1-6b0618ff-abcdef0123450000000000ff", 0);
    append(&mut played.front, &[line.into_bytes()]);
    played
        .truth
        .push(json!({"target": "http://shop.test:80/none", "born_at": "AWS ALB", "how": "unreached"}));
    played.finish("alb-nginx");
}

fn alb_line(outcome: &Outcome, end: SystemTime, target: &str, status: u16, root: &str, port: u16) -> String {
    let at = |time: SystemTime| {
        let micros = time.duration_since(UNIX_EPOCH).expect("after 1970").as_micros() as i64;
        format!("{:.6}", Timestamp::from_micros(micros))
    };
    let lasted = end.duration_since(outcome.began).unwrap_or_default().as_secs_f64();
    let (asked, times, answered) = match (port, outcome.status) {
        (0, _) => ("-".to_owned(), "-1 -1 -1".to_owned(), "-".to_owned()),
        (_, Some(code)) => {
            (format!("127.0.0.1:{port}"), format!("0.000 {lasted:.3} 0.000"), code.to_string())
        }
        (_, None) => (format!("127.0.0.1:{port}"), "0.000 -1 -1".to_owned(), "-".to_owned()),
    };
    format!(
        "http {} app/shop/50dc6c495c0c9188 192.0.2.7:2817 {asked} {times} {status} {answered} 100 200 \
         \"GET http://shop.test:80{target} HTTP/1.1\" \"curl/7.46.0\" - - \
         arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/web/73e2d6bc24d8a067 \"Root={root}\" \"-\" \
         \"-\" 0 {} \"forward\" \"-\" \"-\" \"{asked}\" \"{answered}\" \"-\" \"-\"",
        at(end),
        at(outcome.began),
    )
}
