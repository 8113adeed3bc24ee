//! Inputs that want to do harm, or come from a bad day: what each of them must come to.

#![expect(clippy::type_complexity, reason = "tables of cases, spelled out where they stand")]

mod bytes;
mod compressed;
mod files;
mod forged;
mod groups;
mod numbers;
mod order;
mod panics;
mod program;
mod shown;
mod stopped;
mod times;

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use brownout::formats::by_name;
use brownout::input::{Blocks, End, Limits, Source};
use brownout::{
    Accumulate, Aggregator, Choice, Diagnosis, Error, Findings, Format, LineError, LineErrorKind, Options,
    Policy, Report, Scan, Scanned, Settings, Spans, Summary, Template, detect, diagnose,
};

/// A format with all that is needed and little else.
const PLAIN: &str = r#"$remote_addr [$time_iso8601] "$request" $status $upstream_addr $proxy_host"#;

/// The line number `i` of a calm log in that format.
fn line(i: usize) -> String {
    let (minute, second) = (i / 60 % 60, i % 60);
    let status = if i.is_multiple_of(97) { 502 } else { 200 };
    format!(
        "192.0.2.{} [2026-11-22T07:{minute:02}:{second:02}+00:00] \"GET /{i} HTTP/1.1\" {status} 10.0.0.{}:80 shop\n",
        i % 250,
        i % 3
    )
}

fn lines(range: std::ops::Range<usize>) -> Vec<u8> {
    range.flat_map(|i| line(i).into_bytes()).collect()
}

fn plain() -> Template {
    Template::nginx(PLAIN).unwrap()
}

/// Counts what a reader gives.
fn read(reader: impl Read, limits: Limits, format: &dyn Format) -> (Summary, End) {
    let mut counts = Aggregator::new(Settings::default());
    counts.begin("reader", format);
    let mut scanner = format.scanner(counts.wanted(format.schema()));
    let mut blocks = Blocks::with_limits(reader, limits);
    while let Some(block) = blocks.next() {
        if let Some(skipped) = block.skipped {
            counts.line(&[], skipped.offset, Err(LineError::new(LineErrorKind::TooLong, 0, usize::MAX)));
        }
        let start = block.offset;
        scanner.scan(block.bytes, &mut |line, at, result| counts.line(line, start + at as u64, result));
    }
    (counts.finish(), blocks.into_end())
}

/// What bytes come to in the format [`PLAIN`].
fn count(bytes: &[u8]) -> Summary {
    let (summary, end) = read(bytes, Limits::default(), &plain());
    assert!(matches!(end, End::Complete), "{end}");
    balanced(&summary);
    summary
}

/// The result of one line in a preset.
fn parsed<T>(
    preset: &str,
    line: &[u8],
    look: impl FnOnce(brownout::Record<'_>) -> T,
) -> Result<T, LineError> {
    let format = Choice::Known(by_name(preset).unwrap()).resolve(&Options::default(), line).unwrap();
    let mut spans = Spans::new();
    match format.parse(line, &mut spans)? {
        brownout::Line::Access(record) => Ok(look(record)),
        other => panic!("no access record: {other:?}"),
    }
}

/// No line is lost.
fn balanced(summary: &Summary) {
    let l = &summary.lines;
    assert_eq!(l.total, l.access + l.other + l.malformed + l.blank);
    let timed = l.access - l.untimed - l.outside;
    assert_eq!(summary.upstreams.iter().map(brownout::UpstreamCounts::requests).sum::<u64>(), timed);
    assert_eq!(summary.rejects.iter().map(|r| r.count).sum::<u64>(), l.malformed);
}

/// A file for one test, whose name nobody else uses.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{name}"));
    fs::write(&path, bytes).unwrap();
    path
}

/// Files as one run reads them.
fn scan(paths: &[PathBuf]) -> Result<Scanned<Aggregator>, Error> {
    scan_with(&Scan::new(), paths)
}

fn scan_with(scan: &Scan<'_>, paths: &[PathBuf]) -> Result<Scanned<Aggregator>, Error> {
    let sources: Vec<Source> = paths.iter().map(Source::new).collect();
    scan.run(&sources, Aggregator::new(Settings::default()))
}

fn plain_choice() -> Choice {
    Choice::parse("nginx", Some(PLAIN)).unwrap()
}

fn findings(summary: &Summary) -> (Findings, Vec<Diagnosis>) {
    let findings = detect(summary, &Policy::default(), &[]);
    let diagnoses = findings.episodes.iter().map(|episode| {
        let health = findings.upstreams.iter().find(|h| Some(&h.upstream) == episode.upstreams.first());
        diagnose(episode, summary, health)
    });
    let diagnoses = diagnoses.collect();
    (findings, diagnoses)
}

fn report(scanned: Scanned<Aggregator>) -> Report {
    let summary = scanned.counts.finish();
    balanced(&summary);
    let (findings, diagnoses) = findings(&summary);
    Report::new(scanned.inputs, &summary, &findings, diagnoses)
}
