//! TCP sessions through nginx's stream module and HAProxy, logged to files and over syslog.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use brownout::Cause::{
    Blocked, ClientDisconnect, ConnectOther, ConnectRefused, ConnectTimeout, NoHealthyUpstream, QueueTimeout,
    RateLimited, Truncated,
};
use brownout::Origin::{Client, Proxy, Upstream};
use brownout::formats::detect;
use brownout::input::Framing;
use brownout::{Cause, Format, Line, Origin, Record, Spans, Status, Value, attribute, masked};

use crate::backend::{Backend, FullQueue, Role};
use crate::case::Case;
use crate::check::{Peers, digest};
use crate::client::{Outcome, call};
use crate::preset;
use crate::server::{Folder, Server, find, free_port};
use crate::tail::Tail;

/// What may differ between the clocks, and how late a busy machine is.
const EARLY: Duration = Duration::from_millis(30);
const LATE: Duration = Duration::from_millis(300);

/// The doors of both proxies, each with a fate of its own.
const DOORS: [&str; 7] = ["APP", "DEAD", "PAIR", "FULL", "DOWN", "DENIED", "BUSY"];

/// One session: what is done, and what its line must say.
#[derive(Debug, Clone)]
struct Session {
    name: &'static str,
    door: &'static str,
    /// The script of the peer, if one is reached.
    script: &'static str,
    leaves_after: Option<Duration>,
    /// nginx's status of the session.
    status: u16,
    /// How HAProxy says the session ended, and at which backend.
    state: &'static str,
    /// The peers tried, and whether a connection came about.
    tries: Vec<(&'static str, bool)>,
    origin: Origin,
    causes: Vec<Cause>,
    takes: Duration,
}

impl Session {
    fn new(name: &'static str, door: &'static str, script: &'static str) -> Self {
        Self {
            name,
            door,
            script,
            leaves_after: None,
            status: 200,
            state: "--",
            tries: Vec::new(),
            origin: Origin::None,
            causes: Vec::new(),
            takes: Duration::ZERO,
        }
    }

    fn through(mut self, peer: &'static str) -> Self {
        self.tries.push((peer, true));
        self
    }

    fn missing(mut self, peer: &'static str) -> Self {
        self.tries.push((peer, false));
        self
    }

    fn ends(mut self, status: u16, state: &'static str) -> Self {
        (self.status, self.state) = (status, state);
        self
    }

    fn fault(mut self, origin: Origin, causes: &[Cause]) -> Self {
        (self.origin, self.causes) = (origin, causes.to_vec());
        self
    }

    fn takes_at_least(mut self, millis: u64) -> Self {
        self.takes = Duration::from_millis(millis);
        self
    }

    fn leaves_after(mut self, millis: u64) -> Self {
        self.leaves_after = Some(Duration::from_millis(millis));
        self.takes_at_least(millis)
    }

    /// The bytes the client sends: a request, since the peers of the test understand those.
    fn sends(&self) -> Vec<u8> {
        format!("GET /stream/{} HTTP/1.1\r\nHost: shop.test\r\n\r\n", self.script).into_bytes()
    }
}

/// Sessions that both proxies are sent.
fn sessions(full: bool) -> Vec<Session> {
    let new = Session::new;
    let mut sessions = vec![
        new("answered", "APP", "status200").through("app"),
        new("answered with a 503, which is no matter of a stream", "APP", "status503").through("app"),
        new("closed without a byte", "APP", "close").through("app"),
        new("refused, then good", "PAIR", "status200").missing("dead").through("good"),
    ];
    let failing = [
        new("refused", "DEAD", "status200")
            .missing("dead")
            .ends(502, "SC")
            .fault(Upstream, &[ConnectRefused, ConnectOther]),
        new("no server", "DOWN", "status200").ends(502, "SC").fault(Proxy, &[NoHealthyUpstream]),
    ];
    sessions.extend(failing);
    if full {
        sessions.push(
            new("no connection in time", "FULL", "status200")
                .missing("full")
                .ends(502, "sC")
                .takes_at_least(200)
                .fault(Upstream, &[ConnectTimeout, ConnectOther]),
        );
    }
    sessions
}

/// Those that end differently: nginx calls all of them successes, HAProxy tells.
fn of_nginx() -> Vec<Session> {
    let new = Session::new;
    vec![
        new("silent peer", "APP", "hang").through("app").takes_at_least(250),
        new("client leaves", "APP", "hang").through("app").leaves_after(80),
        new("denied", "DENIED", "status200").ends(403, "").fault(Proxy, &[Blocked]),
    ]
}

fn of_haproxy() -> Vec<Session> {
    let new = Session::new;
    vec![
        new("silent peer", "APP", "hang")
            .through("app")
            .ends(0, "sD")
            .takes_at_least(250)
            .fault(Upstream, &[Truncated]),
        new("client leaves", "APP", "flow")
            .through("app")
            .ends(0, "CD")
            .leaves_after(80)
            .fault(Client, &[ClientDisconnect]),
        new("reset by the peer", "APP", "reset").through("app").ends(0, "SD").fault(Upstream, &[Truncated]),
        new("denied", "DENIED", "status200").ends(0, "PR").fault(Proxy, &[Blocked]),
    ]
}

/// The peers, and what stands for them in a configuration.
struct World {
    peers: Peers,
    values: Vec<(&'static str, String)>,
    full: Option<FullQueue>,
}

impl World {
    /// `named`: the proxy logs names of servers, not addresses.
    fn start(named: bool) -> Self {
        let full = FullQueue::start();
        let mut peers = Peers::default();
        peers.add("app", Backend::start(Role::Scripted));
        peers.add("good", Backend::start(Role::Good));
        let full_at =
            full.as_ref().map_or_else(|| "127.0.0.1:1".to_owned(), |full| full.address().to_string());
        let mut values = vec![
            ("APPSERVER", peers.logged["app"].clone()),
            ("GOODSERVER", peers.logged["good"].clone()),
            ("FULLSERVER", full_at.clone()),
        ];
        peers.logged.insert("dead", "127.0.0.1:1".to_owned());
        peers.logged.insert("full", full_at);
        if named {
            peers.logged = peers.logged.keys().map(|&name| (name, name.to_owned())).collect();
        }
        values.extend(DOORS.map(|door| (door, free_port().to_string())));
        Self { peers, values, full }
    }

    fn port(&self, door: &str) -> u16 {
        let (_, port) = self.values.iter().find(|(name, _)| *name == door).expect("a door");
        port.parse().expect("a port")
    }
}

/// One log: where it is written, how it is framed, what reads it.
struct Log {
    tail: Tail,
    framing: Framing,
    format: Box<dyn Format>,
}

pub(crate) fn nginx() {
    let Some(program) = find("nginx", None) else { return };
    let Some(module) = stream_module(&program) else {
        println!("skipped: this nginx has no stream module (Debian: libnginx-mod-stream)");
        return;
    };
    let mut world = World::start(false);
    let folder = Folder::new("nginx-streams");
    let (syslog, port) = Tail::datagrams();
    world.values.extend([("SYSLOG", port.to_string()), ("MODULE", module)]);
    let config = folder.write("nginx.conf", include_str!("streams.nginx.conf"), &world.values);
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).arg("-e").arg(folder.file("error.log")).arg("-c").arg(config);
    let _server = Server::start(command, &folder, world.port("DENIED"));
    let proxy = || preset("nginx-stream-proxy");
    let mut logs = [
        Log { tail: Tail::file(folder.file("proxy.log")), framing: Framing::None, format: proxy() },
        Log { tail: syslog, framing: Framing::Rfc3164, format: proxy() },
        Log {
            tail: Tail::file(folder.file("basic.log")),
            framing: Framing::None,
            format: preset("nginx-stream"),
        },
    ];
    // Looking whether it serves was a session too.
    pass_over(&mut logs);
    let mut faults = String::new();
    let all: Vec<Session> = sessions(world.full.is_some()).into_iter().chain(of_nginx()).collect();
    for session in &all {
        play(session, &world, &mut logs, &mut faults, true);
    }
    let one_too_many =
        Session::new("one too many", "BUSY", "status200").ends(503, "").fault(Proxy, &[RateLimited]);
    busy(&one_too_many, &world, &mut logs, &mut faults, true);
    finish("nginx", all.len() + 1, &faults);
}

pub(crate) fn haproxy() {
    let Some(program) = find("haproxy", None) else { return };
    let mut world = World::start(true);
    let folder = Folder::new("haproxy-streams");
    let mut log = |name, framing| {
        let (tail, port) = Tail::datagrams();
        world.values.push((name, port.to_string()));
        Log { tail, framing, format: preset("haproxy-tcp") }
    };
    let mut logs =
        [log("RAW", Framing::None), log("RFC3164", Framing::Rfc3164), log("RFC5424", Framing::Rfc5424)];
    let config = folder.write("haproxy.cfg", include_str!("streams.haproxy.cfg"), &world.values);
    let mut command = Command::new(program);
    command.env("TZ", "UTC").arg("-db").arg("-f").arg(config);
    let _server = Server::start(command, &folder, world.port("DENIED"));
    pass_over(&mut logs);
    let mut faults = String::new();
    let all: Vec<Session> = sessions(world.full.is_some()).into_iter().chain(of_haproxy()).collect();
    for session in &all {
        play(session, &world, &mut logs, &mut faults, false);
    }
    let one_too_many = Session::new("one too many", "BUSY", "status200")
        .ends(0, "sQ")
        .takes_at_least(150)
        .fault(Proxy, &[QueueTimeout]);
    busy(&one_too_many, &world, &mut logs, &mut faults, false);
    finish("HAProxy", all.len() + 1, &faults);
}

/// The line of a session that is none of the cases.
fn pass_over(logs: &mut [Log]) {
    for log in logs {
        log.tail.wait(1);
    }
}

fn finish(product: &str, sessions: usize, faults: &str) {
    println!("{product}: {sessions} sessions");
    assert!(faults.is_empty(), "{product}\n{faults}");
}

/// What loads the module; empty where it is built in.
fn stream_module(nginx: &Path) -> Option<String> {
    const FOLDERS: [&str; 3] = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules"];
    let file = FOLDERS.map(|folder| Path::new(folder).join("ngx_stream_module.so"));
    if let Some(found) = file.iter().find(|file| file.is_file()) {
        return Some(format!("load_module {};", found.display()));
    }
    let built = Command::new(nginx).arg("-V").output().ok()?;
    let built = String::from_utf8_lossy(&built.stderr).into_owned();
    built.split_whitespace().any(|option| option == "--with-stream").then(String::new)
}

/// While the only place is taken.
fn busy(session: &Session, world: &World, logs: &mut [Log], faults: &mut String, is_nginx: bool) {
    let port = world.port("BUSY");
    let held = thread::spawn(move || call(port, &Case::get("busy", "/stream/hang").request()));
    let start = Instant::now();
    while world.peers.take_seen().is_empty() && start.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(3));
    }
    play(session, world, logs, faults, is_nginx);
    held.join().expect("a client does not panic");
    pass_over(logs);
}

/// Does it, and holds every log's line against what was done.
fn play(session: &Session, world: &World, logs: &mut [Log], faults: &mut String, is_nginx: bool) {
    let mut request = Case::raw(session.name, &session.sends()).request();
    request.leaves_after = session.leaves_after;
    let outcome = call(world.port(session.door), &request);
    let reached: Vec<&str> = session.tries.iter().filter(|t| t.1).map(|t| t.0).collect();
    let mut lines = Vec::new();
    for log in &mut *logs {
        lines.push(log.tail.wait(1));
    }
    let written = SystemTime::now();
    let seen: Vec<&str> = world.peers.take_seen().into_keys().collect();
    let mut fault = |what: String, line: &[u8]| {
        let _ = writeln!(faults, "{}: {what}\n    {}", session.name, String::from_utf8_lossy(line));
    };
    if seen != reached {
        fault(format!("the peers saw {seen:?}, not {reached:?}"), b"");
    }
    let mut first = None;
    for (log, lines) in logs.iter().zip(&lines) {
        let [line] = &lines[..] else {
            fault(format!("{} lines in {}", lines.len(), log.framing.name()), &lines.join(&b'\n'));
            continue;
        };
        if std::env::var_os("BROWNOUT_LIVE_SHOW").is_some() {
            println!("{}: {}", session.name, String::from_utf8_lossy(line));
        }
        let found = Framing::detect([&line[..]]);
        let Some(framed) = log.framing.split(line).filter(|_| found == log.framing) else {
            fault(format!("framed {}, not {}", found.name(), log.framing.name()), line);
            continue;
        };
        // Recognised with nothing but the line to go by.
        let detection = detect(line);
        match detection.best() {
            Ok(best) if best.name == log.format.name() => {}
            other => fault(format!("taken for {:?}", other.map(|best| best.name)), line),
        }
        if log.format.name() != "nginx-stream" {
            let digest = digest(&*log.format, framed.payload);
            if first.get_or_insert_with(|| digest.clone()) != &digest {
                fault(format!("framed {} it reads {digest}", log.framing.name()), line);
            }
        }
        match log.format.parse(framed.payload, &mut Spans::new()) {
            Ok(Line::Access(record)) => {
                for what in session.differences(&record, &outcome, written, &world.peers, is_nginx) {
                    fault(format!("{}: {what}", log.format.name()), line);
                }
            }
            other => fault(format!("{} reads {other:?}", log.format.name()), line),
        }
    }
}

impl Session {
    /// What the record says, and should not.
    fn differences(
        &self,
        record: &Record<'_>,
        outcome: &Outcome,
        written: SystemTime,
        peers: &Peers,
        is_nginx: bool,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let mut same = |what: &str, is: String, was: String| {
            if is != was {
                found.push(format!("{what} {is}, not {was}"));
            }
        };
        let text = |value: Option<Value<'_>>| {
            value.map_or("-".to_owned(), |value| String::from_utf8_lossy(value.raw()).into_owned())
        };
        same("client", text(record.client()), "127.0.0.1".to_owned());
        let status = record.status().map_or(0, Status::code);
        same("status", status.to_string(), if is_nginx { self.status } else { 0 }.to_string());
        if is_nginx {
            same("protocol", text(record.request_line().protocol), "TCP".to_owned());
        } else {
            same(
                "state",
                text(record.value(brownout::Field::Reason)).replace('-', ""),
                self.state.replace('-', ""),
            );
        }
        let has_peers = record.schema().has(brownout::Field::UpstreamAddr);
        let logged: Vec<_> = record.attempts().filter(|attempt| attempt.peer().is_some()).collect();
        if has_peers {
            // HAProxy logs the last.
            let tries =
                if is_nginx { &self.tries[..] } else { &self.tries[self.tries.len().saturating_sub(1)..] };
            let connected = |connect: Option<u64>| if connect.is_some() { "connected" } else { "missed" };
            let is: Vec<String> = logged
                .iter()
                .map(|a| {
                    format!(
                        "{} {}",
                        String::from_utf8_lossy(a.addr.unwrap_or_default()),
                        connected(a.connect_micros)
                    )
                })
                .collect();
            let was: Vec<String> = tries
                .iter()
                .map(|(peer, came)| format!("{} {}", peers.logged[peer], connected(came.then_some(0))))
                .collect();
            same("tries", is.join(", "), was.join(", "));
            if is_nginx {
                same("masked", masked(record).to_string(), (self.tries.len() > 1).to_string());
            } else {
                let retries = self.tries.len().saturating_sub(1) as u64;
                same("retries", format!("{:?}", record.retries()), format!("{:?}", Some(retries)));
            }
        }
        if self.leaves_after.is_none() {
            let received = outcome.head.len() as u64 + outcome.body;
            same("bytes sent", format!("{:?}", record.bytes_sent()), format!("{:?}", Some(received)));
        }
        let attribution = attribute(record);
        let fits = match attribution.cause {
            None => self.origin == Origin::None,
            // The short format names no peers.
            Some(Cause::Unknown) if !has_peers => true,
            Some(cause) => self.causes.contains(&cause),
        };
        let unknown = attribution.origin == Origin::Unknown && !has_peers;
        if !fits || !(unknown || attribution.origin == self.origin) {
            same("fault", format!("{attribution:?}"), format!("{:?} {:?}", self.origin, self.causes));
        }
        self.check_times(record, outcome, written, &mut found);
        found
    }

    fn check_times(
        &self,
        record: &Record<'_>,
        outcome: &Outcome,
        written: SystemTime,
        found: &mut Vec<String>,
    ) {
        let took = record.duration_micros().map(Duration::from_micros);
        let most = written.duration_since(outcome.began).unwrap_or_default() + LATE;
        if !took.is_some_and(|took| (self.takes.saturating_sub(EARLY)..=most).contains(&took)) {
            found.push(format!("took {took:?}, not {:?} to {most:?}", self.takes));
        }
        let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64);
        let late = LATE.as_micros() as i64;
        // nginx's stamps are whole seconds.
        let window = since(outcome.began) - 1_000_000 - late..=since(written) + late;
        if !record.time().is_some_and(|time| window.contains(&time.as_micros())) {
            found.push(format!("time {:?}", record.time().map(|time| time.to_string())));
        }
    }
}
