//! Who broke it, since when, and is it over? One report over access logs of any known format.
//!
//! ```sh
//! cargo run --release --example triage -- /var/log/nginx
//! kubectl logs ingress-nginx-controller-0 | cargo run --release --example triage -- -
//! cargo run --release --example triage -- --since -2h --json access.log*
//! cargo run --release --example triage -- access.log --baseline access.log.1
//! ```
//!
//! Exit status: 0, nothing sustained or ongoing; 1, an unplanned sustained, flapping or ongoing episode; 2, the input
//! could not be used, and standard error says what to do.

#[path = "common/args.rs"]
mod args;
#[path = "common/choice.rs"]
mod choice;
#[path = "common/config.rs"]
mod config;
#[path = "common/last.rs"]
mod last;
#[path = "common/layered.rs"]
mod layered;
#[path = "common/routes.rs"]
mod routes;
#[path = "common/screen.rs"]
mod screen;
#[path = "common/spool.rs"]
mod spool;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use args::When;
use brownout::input::Source;
use brownout::{
    Accumulate, Aggregator, Choice, Denominator, Error, Failures, InputInfo, LayerSettings, Layers, Moment,
    Options, Paths, Policy, Probes, Report, RouteCounts, RouteSettings, Routes, Rules, Sanitized, Scan,
    Scanned, ServerEvents, Settings, Summary, Timestamp, Users, detect, diagnose,
};
use choice::FormatArgs;
use clap::Parser;
use indicatif::ProgressBar;
use layered::Layering;
use spool::Spool;

/// Bytes a unit of the budget stands for.
const UNIT_BYTES: usize = 64;

/// Reads access logs and says who broke it, since when, and whether it is over.
#[derive(Debug, Parser)]
#[command(name = "triage")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct Args {
    /// Files, folders (read with all folders in them), or - for standard input; gzip and zstd are recognised
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Leave out what is before: RFC 3339, or -2h before the last line
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = args::when)]
    since: Option<When>,
    /// Leave out what is at or after: RFC 3339, or -2h before the last line
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = args::when)]
    until: Option<When>,
    /// Width of a bucket of time
    #[arg(long, default_value = "10s", value_name = "LENGTH", value_parser = args::width)]
    width: i64,
    /// JSON file with upstreams, their hosts, and zones
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// JSON file with planned windows
    #[arg(long, value_name = "FILE")]
    planned: Option<PathBuf>,
    /// Say what changed against the logs of another period
    #[arg(long, value_name = "PATH", num_args = 1..)]
    baseline: Vec<PathBuf>,
    /// Look at each route (path with its numbers and identifiers folded), and name those that failing is confined to
    #[arg(long)]
    routes: bool,
    /// A route of one's own, like /articles/{title} or /assets/**; implies --routes, may be repeated
    #[arg(long, value_name = "PATTERN")]
    route: Vec<String>,
    /// What rates are shares of: all responses, or all but 4xx
    #[arg(long, default_value = "all", value_name = "WHAT", value_parser = args::denominator)]
    denominator: Denominator,
    /// Which instant of a request counts: the one logged, its arrival or its completion
    #[arg(long, default_value = "logged", value_name = "INSTANT", value_parser = args::moment)]
    time: Moment,
    /// Keep health checkers and synthetic monitors, known by their User-Agent, out of the counts, and tell of them apart
    #[arg(long)]
    health_checks: bool,
    /// Join the requests of several layers (a load balancer and what is behind it): auto, where the inputs are written
    /// by several products or in several formats; files, each file is a layer of its own; off. Reads the input twice
    /// more
    #[arg(long, default_value = "auto", value_name = "HOW")]
    layers: Layering,
    /// Threads; 0 is one per core
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// Memory for counts, like 64M: one unit of the budget for each 64 bytes. Over it buckets widen and names fold into
    /// "(other)"; totals stay exact. The process takes up to twice this while it folds, once for each thread, and about
    /// 10 MB beside it. A quarter of it goes to joining layers, where there are several. Default about 32M, at least 1M
    #[arg(long, value_name = "SIZE", value_parser = args::memory)]
    memory: Option<usize>,
    /// Refuse lines that go on after the format ended, and values that are not of their column's kind; slower
    #[arg(long)]
    strict: bool,
    /// Offset from UTC of stamps without a zone
    #[arg(long, default_value = "Z", value_name = "OFFSET", allow_hyphen_values = true, value_parser = args::offset)]
    tz: i32,
    /// No progress and no remarks on standard error
    #[arg(long)]
    quiet: bool,
}

impl Args {
    /// The input has to be read twice.
    fn is_read_twice(&self) -> bool {
        self.is_relative() || self.may_have_layers()
    }

    /// Standard input is one layer; what is given beside it may be another.
    fn may_have_layers(&self) -> bool {
        self.layers != Layering::Off && self.paths.len() > 1
    }

    /// Which route a target belongs to, where routes are to be looked at.
    fn rules(&self) -> Result<Option<Rules>, String> {
        if !self.routes && self.route.is_empty() {
            return Ok(None);
        }
        Rules::new(self.route.iter().map(String::as_str)).map(Some).map_err(|error| error.to_string())
    }

    /// A time like `-2h` counts back from the last line.
    fn is_relative(&self) -> bool {
        [self.since, self.until].iter().flatten().any(|when| matches!(when, When::BeforeLast { .. }))
    }

    /// Keeps standard input in a file where it has to be read twice.
    fn spool(&self, sources: &mut [Source]) -> Result<Option<Spool>, String> {
        let Some(stdin) = sources.iter_mut().find(|s| **s == Source::Stdin).filter(|_| self.is_read_twice())
        else {
            return Ok(None);
        };
        let spool = Spool::stdin().map_err(|error| {
            format!(
                "cannot keep standard input to read it twice ({error}): give --since and --until as RFC 3339"
            )
        })?;
        *stdin = Source::new(spool.path());
        Ok(Some(spool))
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let printed = report(&args).and_then(|report| {
        screen::print(&if args.json { report.to_json() } else { report.to_text(screen::style()) })?;
        Ok(report.exit_code())
    });
    match printed {
        Ok(code) => ExitCode::from(code),
        Err(sentence) => {
            eprintln!("triage: {}", Sanitized(sentence.as_bytes()));
            ExitCode::from(2)
        }
    }
}

/// From paths to a report; an error is a sentence that says what to do.
fn report(args: &Args) -> Result<Report, String> {
    let topology = args.topology.as_deref().map(config::topology).transpose()?.unwrap_or_default();
    let planned = args.planned.as_deref().map(config::planned).transpose()?.unwrap_or_default();
    let choice = args.format.choice().map_err(|error| match error.downcast_ref() {
        Some(known) => sentence(known),
        None => error.to_string(),
    })?;
    let mut sources = sources(&args.paths, args.quiet)?;
    let spool = args.spool(&mut sources)?;
    let progress = screen::progress(args.quiet);
    let scanner = Scanner { args, choice, sources: &sources, progress };
    let last = scanner.last_time()?;
    let mut settings = Settings::default();
    settings.width_micros = args.width;
    settings.since = args.since.map(|when| instant(when, last));
    settings.until = args.until.map(|when| instant(when, last));
    settings.topology = Arc::new(topology);
    if let Some(bytes) = args.memory {
        settings.budget.units = bytes / UNIT_BYTES;
    }
    settings.moment = args.time;
    let (since, until) = (settings.since, settings.until);
    let baseline = scanner.baseline(&settings)?;
    let routes = args.rules()?.map(|rules| routes::settings(rules, &settings));
    let Counted { mut summary, events, routes, probes, mut inputs } = scanner.count(&settings, routes)?;
    let mut layers =
        args.layers.settings(&inputs, &settings).map(|s| scanner.layers(s)).transpose()?.flatten();
    if let Some(spool) = &spool {
        call_it_stdin(spool.path(), &mut inputs, &mut summary);
        if let Some(layers) = &mut layers {
            layers.rename_input(&spool.path().to_string_lossy(), "-");
        }
    }
    usable(&summary)?;
    let policy = Policy { denominator: args.denominator, ..Policy::default() };
    let mut findings = detect(&summary, &policy, &planned);
    if let Some(routes) = &routes {
        findings = findings.with_routes(&summary, routes, &policy, &planned);
    }
    let health: HashMap<_, _> = findings.upstreams.iter().map(|h| (h.upstream.as_str(), h)).collect();
    let diagnoses = findings.episodes.iter().map(|episode| {
        let upstream = episode.upstreams.first().and_then(|name| health.get(name.as_str()));
        diagnose(episode, &summary, upstream.copied())
    });
    let mut report = Report::new(inputs, &summary, &findings, diagnoses.collect());
    report = report.with_server_events(&events);
    if let Some(routes) = &routes {
        report = report.with_routes(routes);
    }
    if routes::asks_for_paths(&report, routes.is_some()) && scanner.can_read_again() {
        report = report.with_paths(&scanner.run(Paths::new(since, until))?.counts.finish());
    }
    scanner.progress.finish_and_clear();
    if let Some(probes) = probes {
        report = report.with_probes(&probes);
    }
    if let Some(layers) = layers {
        report = report.with_layers(layers);
    }
    Ok(match baseline {
        Some(baseline) => report.compared_with(&baseline),
        None => report,
    })
}

/// What is behind the paths.
fn sources(paths: &[PathBuf], quiet: bool) -> Result<Vec<Source>, String> {
    let listing = brownout::input::walk(paths).map_err(|error| sentence(&error))?;
    if !quiet {
        for unread in &listing.unread {
            let line = format!("{}: {}", unread.path.display(), unread.reason);
            eprintln!("triage: not read: {}", Sanitized(line.as_bytes()));
        }
    }
    if listing.sources.is_empty() {
        return Err(
            "there is no file in the folders given: name the folder or the files of the access logs".into()
        );
    }
    Ok(listing.sources)
}

/// Gives lines that were read from the copy of standard input their name back.
fn call_it_stdin(copy: &Path, inputs: &mut [InputInfo], summary: &mut Summary) {
    for input in inputs.iter_mut().filter(|input| input.path == copy) {
        input.path = "-".into();
    }
    for reject in &mut summary.rejects {
        for (file, _) in reject.first.iter_mut().filter(|(file, _)| Path::new(file) == copy) {
            *file = "-".into();
        }
        reject.first.sort();
    }
}

/// Counts, those by route and of health checkers where they were asked for, and what was read.
struct Counted {
    summary: Summary,
    events: ServerEvents,
    routes: Option<RouteCounts>,
    probes: Option<Probes>,
    inputs: Vec<InputInfo>,
}

/// The scan, once or twice over the same sources.
struct Scanner<'a> {
    args: &'a Args,
    choice: Choice,
    sources: &'a [Source],
    progress: ProgressBar,
}

impl Scanner<'_> {
    /// Counts everything, by route too where there are settings for it.
    fn count(&self, settings: &Settings, routes: Option<RouteSettings>) -> Result<Counted, String> {
        let counts = (Aggregator::new(settings.clone()), ServerEvents::new(self.args.tz));
        if let Some(routes) = routes {
            let (((counts, events), routes), probes, inputs) =
                self.of_users((counts, Routes::new(routes)), settings)?;
            let (summary, routes) = (counts.finish(), Some(routes.finish()));
            return Ok(Counted { summary, events, routes, probes, inputs });
        }
        let ((counts, events), probes, inputs) = self.of_users(counts, settings)?;
        Ok(Counted { summary: counts.finish(), events, routes: None, probes, inputs })
    }

    /// Counts, without health checkers where they are to be kept apart.
    fn of_users<A: Accumulate>(
        &self,
        counts: A,
        settings: &Settings,
    ) -> Result<(A, Option<Probes>, Vec<InputInfo>), String> {
        if !self.args.health_checks {
            return self.run(counts).map(|scanned| (scanned.counts, None, scanned.inputs));
        }
        let probes =
            Probes::new(settings.since, settings.until).with_topology(Arc::clone(&settings.topology));
        let scanned = self.run(Users::new(counts, probes))?;
        let (counts, probes) = scanned.counts.into_parts();
        Ok((counts, Some(probes), scanned.inputs))
    }

    /// All sources are files, or copies of what could be read once.
    fn can_read_again(&self) -> bool {
        !self.sources.contains(&Source::Stdin)
    }

    fn run<A: Accumulate>(&self, counts: A) -> Result<Scanned<A>, String> {
        let progress = |bytes| self.progress.inc(bytes);
        Scan::new()
            .format(self.choice.clone())
            .options(Options { strict: self.args.strict, utc_offset: self.args.tz, newest: None })
            .threads(self.args.threads)
            .progress(&progress)
            .run(self.sources, counts)
            .map_err(|error| sentence(&error))
    }

    /// What the logs of several layers say together; nothing where they are of one.
    fn layers(&self, settings: LayerSettings) -> Result<Option<Layers>, String> {
        let failures = self.run(Failures::new(settings))?.counts;
        failures.search().map(|search| Ok(self.run(search)?.counts.join())).transpose()
    }

    /// The counts of the baseline, if there is one: all of its time.
    fn baseline(&self, settings: &Settings) -> Result<Option<Summary>, String> {
        if self.args.baseline.is_empty() {
            return Ok(None);
        }
        let sources = sources(&self.args.baseline, self.args.quiet)?;
        let mut settings = settings.clone();
        (settings.since, settings.until) = (None, None);
        let scanner = Scanner {
            args: self.args,
            choice: self.choice.clone(),
            sources: &sources,
            progress: self.progress.clone(),
        };
        let summary = scanner.run(Aggregator::new(settings))?.counts.finish();
        usable(&summary).map_err(|sentence| format!("baseline: {sentence}"))?;
        Ok(Some(summary))
    }

    /// The time of the last record, read ahead only where a relative time needs it.
    fn last_time(&self) -> Result<Option<Timestamp>, String> {
        if !self.args.is_relative() {
            return Ok(None);
        }
        Ok(self.run(last::Last::default())?.counts.0)
    }
}

/// Without any timed record, every instant is as good.
fn instant(when: When, last: Option<Timestamp>) -> Timestamp {
    match (when, last) {
        (When::At(at), _) => at,
        (When::BeforeLast { micros }, Some(last)) => {
            Timestamp::from_micros(last.as_micros().saturating_sub(micros))
        }
        (When::BeforeLast { .. }, None) => Timestamp::from_micros(0),
    }
}

/// Refuses counts that answer nothing.
fn usable(summary: &Summary) -> Result<(), String> {
    let lines = &summary.lines;
    let filled = lines.total.saturating_sub(lines.blank);
    if filled == 0 {
        return Err(
            "the input is empty: nothing was logged, or the path is not that of the access log".into()
        );
    }
    if lines.malformed.saturating_mul(2) > filled {
        let first = summary.rejects.iter().max_by_key(|r| r.count).and_then(|r| Some((r, r.first.first()?)));
        let first = first.map(|(reject, (file, offset))| {
            format!(
                " (mostly {} at {:?}, first in {file} at byte {offset})",
                reject.kind.name(),
                reject.column
            )
        });
        return Err(format!(
            "{} of {filled} lines were not understood{}: the format is another one; name it with --format, or give \
             the log_format of the proxy's configuration with --format nginx --log-format '…'",
            lines.malformed,
            first.unwrap_or_default()
        ));
    }
    if lines.untimed.saturating_mul(2) > lines.access {
        return Err(format!(
            "{} of {} access records have no readable time, so nothing can be said about when: the format is another \
             one, or it has no time; name the right one with --format",
            lines.untimed, lines.access
        ));
    }
    if lines.access == 0 {
        return Err(
            "no line is an access record: it is an error log, or one of connections; name the access log"
                .into(),
        );
    }
    Ok(())
}

/// What went wrong, and what to do about it.
fn sentence(error: &Error) -> String {
    match error {
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            format!("{error}; check the path")
        }
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            format!("{error}; run it as a user who may read the file")
        }
        _ => error.to_string(),
    }
}
