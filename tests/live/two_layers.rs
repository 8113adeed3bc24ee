//! HAProxy in front of nginx in front of an app: one id through both logs, and at which hop each 5xx was born.
//!
//! `BROWNOUT_BLESS=1` writes what the servers logged to `tests/data/two-layers`. What is there is checked in the same
//! way, with or without servers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use brownout::{Cause, Format, Line, Origin, Spans, Template, attribute};
use serde_json::{Value, json};

use crate::backend::{Backend, Role};
use crate::case::Case;
use crate::client::call;
use crate::server::{Folder, Server, find, free_port};
use crate::tail::Tail;

/// `option httplog`, and the id at the end.
const HAPROXY: &str =
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r %ID";

const NGINX: &str = r#"$remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" un="$proxy_host" id=$http_x_request_id"#;

/// Target, status, the hop that the status was born at.
const REQUESTS: [(&str, u16, Option<&str>); 14] = [
    ("/app/status200", 200, None),
    ("/app/status404", 404, None),
    ("/app/status500", 500, Some("app")),
    ("/app/status502", 502, Some("app")),
    ("/app/status503", 503, Some("app")),
    ("/app/close", 502, Some("nginx")),
    ("/app/reset", 502, Some("nginx")),
    ("/app/badheader", 502, Some("nginx")),
    ("/app/hang", 504, Some("nginx")),
    ("/dead/x", 502, Some("nginx")),
    ("/closed", 503, Some("nginx")),
    ("/slow/hang", 504, Some("haproxy")),
    ("/denied", 503, Some("haproxy")),
    ("/gone/x", 503, Some("haproxy")),
];

pub(crate) fn run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/two-layers");
    if let Some(played) = play() {
        played.check();
        if std::env::var_os("BROWNOUT_BLESS").is_some() {
            played.write(&folder);
        }
    }
    Chain::read(&folder).check();
}

/// Both logs, and the truth: a list of `{"id", "target", "status", "born_at"}`.
struct Chain {
    haproxy: Vec<u8>,
    nginx: Vec<u8>,
    truth: Value,
}

fn play() -> Option<Chain> {
    let (haproxy, nginx) = (find("haproxy", None)?, find("nginx", None)?);
    let folder = Folder::new("two-layers");
    let app = Backend::start(Role::Scripted);
    let (front, middle) = (free_port(), free_port());
    let (mut front_log, log_port) = Tail::datagrams();
    let values = [
        ("FRONT", front.to_string()),
        ("MIDDLE", middle.to_string()),
        ("APP", app.address().to_string()),
        ("LOG", log_port.to_string()),
        ("HAPROXY", HAPROXY.to_owned()),
        ("NGINX", NGINX.to_owned()),
    ];
    let config = folder.write("nginx.conf", include_str!("two_layers.nginx.conf"), &values);
    let mut command = Command::new(nginx);
    command.arg("-p").arg(folder.path()).arg("-e").arg(folder.file("error.log")).arg("-c").arg(config);
    let _middle = Server::start(command, &folder, middle);
    let config = folder.write("haproxy.cfg", include_str!("two_layers.haproxy.cfg"), &values);
    let mut command = Command::new(haproxy);
    command.env("TZ", "UTC").arg("-db").arg("-f").arg(config);
    let _front = Server::start(command, &folder, front);

    let mut middle_log = Tail::file(folder.file("access.log"));
    let mut chain = Chain { haproxy: Vec::new(), nginx: Vec::new(), truth: json!([]) };
    let mut truth = Vec::new();
    for (target, status, born_at) in REQUESTS {
        let outcome = call(front, &Case::get("two layers", target).request());
        assert_eq!(outcome.status, Some(status), "{target}");
        let id = outcome.header("X-Id").expect("HAProxy tells the id");
        truth.push(json!({"id": id, "target": target, "status": status, "born_at": born_at}));
        append(&mut chain.haproxy, &front_log.wait(1));
        // Two never get to nginx.
        append(&mut chain.nginx, &middle_log.wait(usize::from(!matches!(target, "/denied" | "/gone/x"))));
    }
    chain.truth = Value::Array(truth);
    Some(chain)
}

fn append(log: &mut Vec<u8>, lines: &[Vec<u8>]) {
    for line in lines {
        log.extend_from_slice(line);
        log.push(b'\n');
    }
}

impl Chain {
    fn read(folder: &Path) -> Self {
        let read = |name| fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let truth = serde_json::from_slice(&read("truth.json")).expect("JSON");
        Self { haproxy: read("haproxy.log"), nginx: read("nginx.log"), truth }
    }

    fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("the repository can be written");
        let truth = serde_json::to_vec_pretty(&self.truth).expect("JSON");
        for (name, bytes) in
            [("haproxy.log", &self.haproxy), ("nginx.log", &self.nginx), ("truth.json", &truth)]
        {
            fs::write(folder.join(name), bytes).expect("the repository can be written");
        }
    }

    /// A hop at which a 5xx was born says so; the hops before it say that it came from behind them.
    fn check(&self) {
        let haproxy = answers(&Template::haproxy(HAPROXY).expect("a log-format"), "%ID", &self.haproxy);
        let nginx = answers(&Template::nginx(NGINX).expect("a log_format"), "http_x_request_id", &self.nginx);
        let truth = self.truth.as_array().expect("a list");
        assert_eq!((truth.len(), haproxy.len()), (REQUESTS.len(), REQUESTS.len()));
        for request in truth {
            let id = request["id"].as_str().expect("an id");
            let (status, passed_on) = haproxy[id];
            assert_eq!(Some(u64::from(status)), request["status"].as_u64(), "{request}");
            let Some(born_at) = request["born_at"].as_str() else { continue };
            let born = match nginx.get(id) {
                _ if !passed_on => "haproxy",
                Some((_, true)) => "app",
                Some((_, false)) => "nginx",
                None => "nowhere",
            };
            assert_eq!(born, born_at, "{request}");
        }
    }
}

/// By id: the status, and whether it is the upstream's own.
fn answers(format: &dyn Format, id: &str, log: &[u8]) -> BTreeMap<String, (u16, bool)> {
    let mut spans = Spans::new();
    let lines = brownout::input::lines(log).map(|(_, line)| line);
    lines
        .map(|line| {
            let Ok(Line::Access(record)) = format.parse(line, &mut spans) else {
                panic!("{}", String::from_utf8_lossy(line))
            };
            let id = record.by_name(id).expect("an id").decoded().into_owned();
            let told = attribute(&record);
            let passed_on = told.answered_by == Origin::Upstream;
            assert_eq!(passed_on, told.cause == Some(Cause::AppError), "{}", String::from_utf8_lossy(line));
            let status = record.status().expect("a status").code();
            (String::from_utf8_lossy(&id).into_owned(), (status, passed_on))
        })
        .collect()
}
