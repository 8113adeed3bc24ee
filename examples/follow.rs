//! Follows access logs as they are written and tells when failing starts, lasts, spreads, stops and is over.
//!
//! ```sh
//! cargo run --release --example follow -- /var/log/nginx/access.log
//! cargo run --release --example follow -- --json --from-start access.log access.log.edge-2
//! cargo run --release --example follow -- --on-event 'curl -s -d @- https://hooks.example.org/brownout' access.log
//! cargo run --release --example follow -- --openmetrics /var/lib/node_exporter/brownout.prom access.log
//! ```
//!
//! Files may be rotated (renamed, then made anew), cut short, or not exist yet. Exit status: 0 when it is ended or
//! `--exit-at-eof` is reached, 2 when the input could not be used.

#[path = "common/args.rs"]
#[allow(dead_code)]
mod args;
#[path = "common/command.rs"]
mod command;
#[path = "common/config.rs"]
mod config;
#[path = "common/metrics.rs"]
mod metrics;
#[path = "common/tail.rs"]
mod tail;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use brownout::{
    Choice, Episode, Event, EventKind, Field, Format, Line, Monitor, MonitorSettings, Options, RouteSettings,
    Rules, Sanitized, SanitizedJson, Spans, Timestamp, input,
};
use clap::Parser;
use command::Runner;
use serde_json::{Value, json};
use tail::Tail;

/// How often files are looked at.
const POLL: Duration = Duration::from_millis(250);
/// How long a format is read by before it is looked for again, in microseconds: six hours.
const RESOLVED_FOR: i64 = 6 * 3_600_000_000;
/// How often metrics and the status line are written anew.
const REFRESH: Duration = Duration::from_secs(5);

/// Follows access logs and tells when failing starts, lasts, spreads and is over.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Parser)]
#[command(name = "follow")]
pub(crate) struct Args {
    /// Files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// auto, a preset's name, or nginx, envoy, apache, haproxy or json with --log-format; short form nginx:FORMAT
    #[arg(long, default_value = "auto", value_name = "F")]
    format: String,
    /// The format's text, in the product's own language
    #[arg(long, value_name = "STR")]
    log_format: Option<String>,
    /// Offset from UTC of stamps without a zone
    #[arg(long, default_value = "Z", value_name = "OFFSET", allow_hyphen_values = true, value_parser = args::offset)]
    tz: i32,
    /// JSON file with upstreams, their hosts, and zones
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// JSON file with planned windows
    #[arg(long, value_name = "FILE")]
    planned: Option<PathBuf>,
    /// Watch each route too (path with its numbers and identifiers folded), and name those that failing is confined to
    #[arg(long)]
    routes: bool,
    /// A route of one's own, like /articles/{title} or /assets/**; implies --routes, may be repeated
    #[arg(long, value_name = "PATTERN")]
    route: Vec<String>,
    /// Seconds to wait for late lines at most; where lines come sooner, less is waited for
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    lateness: f64,
    /// Read what is there already
    #[arg(long)]
    from_start: bool,
    /// End when all has been read, deciding on everything; implies --from-start
    #[arg(long)]
    exit_at_eof: bool,
    /// Print events as JSON Lines
    #[arg(long)]
    json: bool,
    /// Shell command to run for each event, which it gets as JSON on standard input
    #[arg(long, value_name = "CMD")]
    on_event: Option<String>,
    /// File to keep metrics in, as text for Prometheus
    #[arg(long, value_name = "FILE")]
    openmetrics: Option<PathBuf>,
}

fn main() -> ExitCode {
    let followed = Follow::new(Args::parse(), Box::new(io::stdout())).and_then(|follow| {
        let stop = Arc::clone(&follow.stop);
        ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed))
            .map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
        follow.run()
    });
    match followed {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("follow: {}", Sanitized(sentence.as_bytes()));
            ExitCode::from(2)
        }
    }
}

/// A file and how its lines are read.
struct Followed {
    tail: Tail,
    format: Option<Arc<dyn Format>>,
    /// When that was found.
    since: Timestamp,
    /// Lines read before the format is known.
    unread: Vec<u8>,
    /// Time of the last line read: of several files, the one behind is read on.
    last: Option<Timestamp>,
    /// There was nothing to read when it was last looked at.
    at_end: bool,
}

/// A monitor, what it reads and whom it tells.
pub(crate) struct Follow {
    args: Args,
    choice: Choice,
    files: Vec<Followed>,
    monitor: Monitor,
    runner: Option<Runner>,
    stop: Arc<AtomicBool>,
    /// There is a status line on the terminal.
    status: bool,
    out: Box<dyn Write>,
}

impl Follow {
    pub(crate) fn new(args: Args, out: Box<dyn Write>) -> Result<Self, String> {
        let choice =
            Choice::parse(&args.format, args.log_format.as_deref()).map_err(|error| error.to_string())?;
        let mut settings = MonitorSettings::default();
        settings.lateness = args.lateness;
        settings.topology =
            Arc::new(args.topology.as_deref().map(config::topology).transpose()?.unwrap_or_default());
        settings.planned = args.planned.as_deref().map(config::planned).transpose()?.unwrap_or_default();
        if args.routes || !args.route.is_empty() {
            let mut routes = RouteSettings::default();
            routes.rules =
                Rules::new(args.route.iter().map(String::as_str)).map_err(|error| error.to_string())?;
            settings.routes = Some(routes);
        }
        let open = |path: &PathBuf| Followed {
            // lines to come are written like those that are there
            format: tail::beginning(path)
                .and_then(|sample| choice.resolve(&options(&args, path), &sample).ok()),
            since: now(),
            tail: Tail::open(path, args.from_start || args.exit_at_eof),
            unread: Vec::new(),
            last: None,
            at_end: false,
        };
        let files = args.files.iter().map(open).collect();
        Ok(Self {
            choice,
            files,
            monitor: Monitor::new(settings),
            runner: args.on_event.clone().map(Runner::new),
            stop: Arc::default(),
            status: io::stderr().is_terminal(),
            out,
            args,
        })
    }

    pub(crate) fn run(mut self) -> Result<(), String> {
        let mut refreshed: Option<Instant> = None;
        while !self.stop.load(Ordering::Relaxed) {
            let any = self.turn()?;
            if !any && self.args.exit_at_eof {
                self.finish()?;
                break;
            }
            if refreshed.is_none_or(|at| at.elapsed() >= REFRESH) {
                refreshed = Some(Instant::now());
                self.refresh()?;
            }
            if !any {
                std::thread::sleep(POLL);
            }
        }
        self.refresh()?;
        if self.status {
            eprintln!();
        }
        Ok(())
    }

    /// Reads on and tells what is new; whether there was anything to read.
    pub(crate) fn turn(&mut self) -> Result<bool, String> {
        let any = self.poll()?;
        if let Some(watermark) = self.watermark() {
            let events = self.monitor.advance(watermark);
            self.tell(&events)?;
        }
        Ok(any)
    }

    /// How far all logs have got: the time of the file furthest behind that has more to read. When all are read, the
    /// newest line, and in logs of now the clock, so that the last failing is told when no line comes any more. A
    /// stamp of the future moves nothing.
    fn watermark(&self) -> Option<Timestamp> {
        let now = now();
        let mut behind = self.files.iter().filter(|f| !f.at_end).peekable();
        if behind.peek().is_some() {
            let times: Option<Vec<Timestamp>> = behind.map(|f| f.last).collect();
            return times?.into_iter().min().map(|t| t.min(now));
        }
        let newest = self.monitor.newest();
        let live = now.micros_since(newest) < 3_600_000_000;
        Some(if live { now } else { newest })
    }

    /// Reads a step of the file that is furthest behind; whether there was any.
    fn poll(&mut self) -> Result<bool, String> {
        let mut order: Vec<usize> = (0..self.files.len()).collect();
        order.sort_by_key(|&i| self.files[i].last);
        for i in order {
            let file = &mut self.files[i];
            let block = file
                .tail
                .read()
                .map_err(|error| format!("cannot read {}: {error}", file.tail.path().display()))?;
            file.at_end = block.is_empty();
            if !file.at_end {
                self.read(i, &block)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes in whole lines of a file.
    fn read(&mut self, i: usize, block: &[u8]) -> Result<(), String> {
        let Self { files, monitor, choice, args, .. } = self;
        let Some(file) = files.get_mut(i) else { return Ok(()) };
        file.unread.extend_from_slice(block);
        // the year of stamps that name none is told by when they are read, and years end
        if !args.exit_at_eof && now().micros_since(file.since) > RESOLVED_FOR {
            file.since = now();
            let again = tail::beginning(file.tail.path())
                .and_then(|sample| choice.resolve(&options(args, file.tail.path()), &sample).ok());
            file.format = again.or(file.format.take());
        }
        if file.format.is_none() {
            match choice.resolve(&options(args, file.tail.path()), &file.unread) {
                Ok(format) => file.format = Some(format),
                // a first line may be anything; a page of them may not
                Err(error) if file.unread.len() > 64 << 10 || args.exit_at_eof => {
                    return Err(format!("{}: {error}", file.tail.path().display()));
                }
                Err(_) => return Ok(()),
            }
        }
        let Some(format) = &file.format else { return Ok(()) };
        let text = std::mem::take(&mut file.unread);
        monitor.begin(&file.tail.path().to_string_lossy(), &**format);
        let timed = format.schema().has(Field::Time);
        let mut spans = Spans::new();
        for (at, line) in input::lines(&text) {
            let blank = line.iter().all(u8::is_ascii_whitespace);
            let result = if blank { Ok(Line::Blank) } else { format.parse(line, &mut spans) };
            if let Ok(Line::Access(record)) = &result
                && timed
            {
                file.last = file.last.max(record.time());
            }
            monitor.line(line, at as u64, result);
        }
        Ok(())
    }

    /// Last lines without a line break, and all that is not decided.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        for i in 0..self.files.len() {
            let rest = self.files[i].tail.finish();
            if !rest.is_empty() {
                self.read(i, &rest)?;
            }
        }
        let events = self.monitor.flush();
        self.tell(&events)
    }

    /// Prints events and hands them on.
    fn tell(&mut self, events: &[Event]) -> Result<(), String> {
        for event in events {
            let json = SanitizedJson(&to_json(event).to_string()).to_string();
            self.clear();
            let line = if self.args.json { json.clone() } else { to_line(event) };
            if let Err(error) = writeln!(self.out, "{line}").and_then(|()| self.out.flush()) {
                if error.kind() == io::ErrorKind::BrokenPipe {
                    self.stop.store(true, Ordering::Relaxed);
                    return Ok(());
                }
                return Err(format!("cannot write events: {error}"));
            }
            if let Some(runner) = &self.runner {
                runner.send(json);
            }
        }
        Ok(())
    }

    /// Writes metrics and the status line anew.
    pub(crate) fn refresh(&mut self) -> Result<(), String> {
        if let Some(path) = &self.args.openmetrics {
            metrics::write(path, &self.monitor)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        if self.status {
            self.clear();
            let open = self.monitor.episodes().filter(|e| e.1.end.is_none());
            let (recovering, failing): (Vec<_>, Vec<_>) = open.partition(|e| e.1.recovering_since.is_some());
            let (lines, late) = (self.monitor.lines(), self.monitor.late());
            eprint!(
                "{:.0}  {} lines, {} not understood, {late} late  {} upstreams  {} failing, {} recovering",
                self.monitor.newest(),
                lines.total,
                lines.malformed,
                self.monitor.upstreams().count(),
                failing.len(),
                recovering.len(),
            );
        }
        Ok(())
    }

    fn clear(&self) {
        if self.status {
            eprint!("\r\x1b[K");
        }
    }
}

fn now() -> Timestamp {
    at(SystemTime::now())
}

fn at(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// How a file's lines are read. Stamps that name no year are of the newest that can be: no line is after the file was
/// last written, which of a file that grows is now.
fn options(args: &Args, path: &Path) -> Options {
    let written = std::fs::metadata(path).and_then(|file| file.modified()).map(at);
    let newest = if args.exit_at_eof { written.unwrap_or_else(|_| now()) } else { now() };
    Options { utc_offset: args.tz, newest: Some(newest), ..Options::default() }
}

/// One line for people: when, what, who, how much.
fn to_line(event: &Event) -> String {
    match event {
        Event::Episode { kind, at, id, episode: e } => {
            let hosts = if e.hosts.is_empty() { String::new() } else { format!(" {}", e.hosts.join(" ")) };
            let hosts =
                if e.routes.is_empty() { hosts } else { format!("{hosts} {} only", e.routes.join(" ")) };
            let zone = e.zone.as_ref().map_or_else(String::new, |z| format!(" in {z}"));
            let status = e.dominant_status.map_or(0, brownout::Status::code);
            let line = format!(
                "{at:.0} #{id} {:<16} {} {} {}{hosts}{zone}: {} of {} failed (mostly {status}), since {:.0}{}{}",
                kind.name(),
                e.would_be.name(),
                e.scope.name(),
                e.upstreams.join(" "),
                e.errors,
                e.requests,
                e.start,
                e.end.map_or_else(String::new, |end| format!(" until {end:.0}")),
                e.recovering_since.map_or_else(String::new, |since| format!(", none since {since:.0}")),
            );
            Sanitized(line.as_bytes()).to_string()
        }
        Event::Surge { kind, at, surge: s } => {
            let clients = s.clients.map_or_else(String::new, |n| format!(", about {n} clients"));
            let line = format!(
                "{at:.0} surge of {} {} {}: {} of {} responses{clients}, since {:.0}{}",
                s.status,
                kind.name(),
                s.upstream,
                s.responses,
                s.requests,
                s.start,
                s.end.map_or_else(String::new, |end| format!(" until {end:.0}")),
            );
            Sanitized(line.as_bytes()).to_string()
        }
        Event::Gap { at, gap } => {
            let (start, end) = (gap.start, gap.end);
            format!("{at:.0} gap: no line from {start:.0} until {end:.0}, about {:.0} expected", gap.expected)
        }
        _ => String::new(),
    }
}

fn to_json(event: &Event) -> Value {
    match event {
        Event::Episode { kind, at, id, episode } => {
            let mut json = episode_json(episode);
            json["event"] = kind.name().into();
            json["at"] = at.to_string().into();
            json["id"] = (*id).into();
            if let EventKind::Withdrawn { into } = kind {
                json["into"] = json!(into);
            }
            json
        }
        Event::Surge { kind, at, surge: s } => json!({
            "event": format!("surge_{}", kind.name()), "at": at.to_string(), "upstream": s.upstream,
            "status": s.status.code(), "start": s.start.to_string(), "end": s.end.map(|t| t.to_string()),
            "requests": s.requests, "responses": s.responses, "baseline": s.baseline, "clients": s.clients,
        }),
        Event::Gap { at, gap } => json!({
            "event": "gap", "at": at.to_string(), "start": gap.start.to_string(), "end": gap.end.to_string(),
            "upstream": gap.upstream, "expected": gap.expected,
        }),
        _ => Value::Null,
    }
}

fn episode_json(e: &Episode) -> Value {
    json!({
        "start": e.start.to_string(),
        "end": e.end.map(|t| t.to_string()),
        "recovering_since": e.recovering_since.map(|t| t.to_string()),
        "pattern": e.pattern.name(),
        "would_be": e.would_be.name(),
        "scope": e.scope.name(),
        "upstreams": e.upstreams,
        "zone": e.zone,
        "hosts": e.hosts,
        "routes": e.routes,
        "dominant_status": e.dominant_status.map(brownout::Status::code),
        "origin": e.origin.name(),
        "cause": e.cause.map(brownout::Cause::name),
        "requests": e.requests,
        "errors": e.errors,
        "peak_rate": e.peak_rate,
        "masked": e.masked,
        "planned": e.planned,
        "rolling": e.rolling,
        "relapses": e.relapses,
        "amplification": e.amplification,
        "timeout_ms": e.timeout_ms,
        "severity": e.severity.name(),
        "detected_at": e.detected_at.to_string(),
        "sustained_at": e.sustained_at.map(|t| t.to_string()),
        "baseline": e.baseline,
    })
}
