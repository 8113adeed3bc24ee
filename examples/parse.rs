//! Every line of a log as one JSON object: what the library understood.
//!
//! ```text
//! cargo run --release --example parse -- --format alb elb.log.gz
//! cargo run --release --example parse -- --format nginx --log-format '$remote_addr [$time_local] $status' access.log
//! cargo run --release --example parse -- --format envoy:'[%START_TIME%] %RESPONSE_CODE% %RESPONSE_FLAGS%' -
//! ```
//!
//! A line that is no access record has a `kind` of its own; keys are left out where a line has no such value.

#[path = "common/choice.rs"]
mod choice;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use brownout::input::{Blocks, End, Limits, Source, lines};
use brownout::{
    Attempt, Cause, Field, Format, Kind, Line, LineError, LineErrorKind, Options, Origin, Record, Sanitized,
    SanitizedJson, Spans, Status, Value, attribute, masked, parse_utc_offset,
};
use choice::FormatArgs;
use clap::Parser;

/// Prints every line as one JSON object.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    format: FormatArgs,
    /// Where stamps without a zone are from: `+02:00`
    #[arg(long, default_value = "Z", value_parser = offset, allow_hyphen_values = true)]
    tz: i32,
    /// Refuse lines that go on after the format ended, and values that are not of their column's kind
    #[arg(long)]
    strict: bool,
    /// Files; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

fn offset(text: &str) -> Result<i32, String> {
    parse_utc_offset(text).ok_or_else(|| "not an offset from UTC like +02:00".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    for file in &arguments.files {
        if let Err(error) = print_file(file, &arguments, &mut out) {
            let _ = out.flush();
            eprintln!("{}", Sanitized(format!("{}: {error}", file.display()).as_bytes()));
            return ExitCode::from(2);
        }
    }
    if out.flush().is_err() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

fn print_file(
    path: &Path,
    arguments: &Arguments,
    out: &mut impl io::Write,
) -> Result<(), Box<dyn std::error::Error>> {
    let source = Source::new(path);
    let newest = Some(source.written());
    let options = Options { strict: arguments.strict, utc_offset: arguments.tz, newest };
    let mut input = source.open(&Limits::default())?;
    let format = arguments.format.choice()?.resolve(&options, &input.sample(128 << 10)?)?;
    let mut blocks = Blocks::new(input.into_reader());
    let path = &*path.to_string_lossy();
    let (mut spans, mut more) = (Spans::new(), Spans::new());
    let mut number = 0;
    while let Some(block) = blocks.next() {
        if block.skipped.is_some() {
            number += 1;
            let too_long = LineError::new(LineErrorKind::TooLong, 0, usize::from(u16::MAX));
            writeln!(out, "{}", object(path, number, &*format, Err(too_long), None))?;
        }
        for (_, line) in lines(block.bytes) {
            number += 1;
            let blank = line.iter().all(u8::is_ascii_whitespace);
            let result = if blank { Ok(Line::Blank) } else { format.parse(line, &mut spans) };
            let is_other = matches!(result, Ok(Line::Other(_)));
            let known = is_other.then(|| format.parse_other(line, &mut more)).flatten();
            writeln!(out, "{}", object(path, number, &*format, result, known))?;
        }
    }
    if !matches!(blocks.end(), End::Complete) {
        eprintln!("{}: {}", Sanitized(path.as_bytes()), blocks.end());
    }
    Ok(())
}

/// A line as an object; `known` is what one that is no access record says all the same.
fn object(
    file: &str,
    number: u64,
    format: &dyn Format,
    result: Result<Line<'_>, LineError>,
    known: Option<Record<'_>>,
) -> String {
    let mut json = Object::new();
    json.text("file", file);
    json.number("line", Some(number));
    match result {
        Ok(Line::Access(record)) => {
            json.text("kind", "access");
            columns(&mut json, &record);
            attributed(&mut json, &record);
        }
        Ok(Line::Other(other)) => {
            json.text("kind", "other");
            json.text("what", other.name());
            if let Some(record) = known {
                columns(&mut json, &record);
            }
        }
        Ok(Line::Blank) => json.text("kind", "blank"),
        Err(error) => {
            json.text("kind", "malformed");
            json.text("error", error.kind().name());
            if let Some(column) = format.schema().columns().get(usize::from(error.column())) {
                json.text("column", &column.name);
            }
        }
    }
    json.text("format", format.name());
    json.finish()
}

fn attributed(json: &mut Object, record: &Record<'_>) {
    let attribution = attribute(record);
    json.text("origin", attribution.origin.name());
    if attribution.origin != Origin::None {
        json.maybe("cause", attribution.cause.map(Cause::name));
    }
    json.raw("masked", if masked(record) { "true" } else { "false" });
}

fn columns(json: &mut Object, record: &Record<'_>) {
    let request = record.request_line();
    json.maybe("time", time(record).as_deref());
    json.number("status", record.status().map(|status| status.code().into()));
    json.value("method", request.method);
    json.value("target", request.target);
    json.value("query", record.query());
    json.value("protocol", request.protocol);
    json.value("host", record.host());
    json.value("client", record.client());
    json.value("peer", record.peer());
    json.value("upstream", record.upstream());
    json.value("upstream_addr", record.upstream_addr());
    let attempts: Vec<_> = record.attempts().collect();
    let last = attempts.last();
    json.number(
        "upstream_status",
        last.and_then(|attempt| attempt.status)
            .or_else(|| none_given(record))
            .map(|status| status.code().into()),
    );
    if !attempts.is_empty() {
        let list: Vec<_> = attempts.iter().map(attempt).collect();
        json.raw("attempts", &format!("[{}]", list.join(",")));
    }
    json.seconds("duration_s", record.duration_micros());
    json.number("bytes_sent", record.bytes_sent());
    json.number("bytes_received", record.bytes_received());
    json.value("reason", record.reason());
    json.value("details", record.details());
    json.number("grpc_status", record.grpc_status().map(u64::from));
    json.value("user_agent", record.user_agent());
    json.value("referer", record.referer());
    json.value("request_id", record.request_id());
    json.number("retries", record.retries());
}

/// The 0 that some products log where no upstream was asked, or none answered.
fn none_given(record: &Record<'_>) -> Option<Status> {
    Status::parse(record.raw(Field::UpstreamStatus)?).filter(|status| *status == Status::NONE)
}

fn attempt(attempt: &Attempt<'_>) -> String {
    let mut json = Object::new();
    json.maybe("addr", attempt.addr.map(String::from_utf8_lossy).as_deref());
    json.number("status", attempt.status.map(|status| status.code().into()));
    json.seconds("duration_s", attempt.duration_micros);
    json.seconds("connect_s", attempt.connect_micros);
    json.seconds("header_s", attempt.header_micros);
    json.finish()
}

/// RFC 3339 in UTC, with as many digits as were logged.
fn time(record: &Record<'_>) -> Option<String> {
    let logged = record.value(Field::Time)?;
    let Kind::Time(layout) = &logged.column().kind else { return None };
    let digits = usize::from(layout.fraction_digits(logged.raw())).min(6);
    Some(format!("{:.digits$}", record.time()?))
}

/// A JSON object being written.
struct Object(String);

impl Object {
    fn new() -> Self {
        Self("{".to_owned())
    }

    /// `json` is JSON already.
    fn raw(&mut self, key: &str, json: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        let _ = write!(self.0, "{comma}\"{key}\":{json}");
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key, &SanitizedJson(&serde_json::Value::from(text).to_string()).to_string());
    }

    fn maybe(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// The producer's escapes undone, bytes that are not UTF-8 replaced.
    fn value(&mut self, key: &str, value: Option<Value<'_>>) {
        let Some(value) = value else { return };
        match value.decoded() {
            Cow::Borrowed(bytes) => self.text(key, &String::from_utf8_lossy(bytes)),
            Cow::Owned(bytes) => self.text(key, &String::from_utf8_lossy(&bytes)),
        }
    }

    fn number(&mut self, key: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.raw(key, &number.to_string());
        }
    }

    fn seconds(&mut self, key: &str, micros: Option<u64>) {
        let Some(micros) = micros else { return };
        let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let text = text.trim_end_matches('0');
        self.raw(key, text.strip_suffix('.').unwrap_or(text));
    }

    fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
