//! What is this file, how are its lines read, and which are not understood?
//!
//! ```text
//! cargo run --example explain -- access.log
//! cargo run --example explain -- --format alb elb.log.gz
//! cargo run --example explain -- --format nginx --log-format '$remote_addr [$time_local] $status' access.log
//! ```
//!
//! Exit status: 0, a format fits; 2, none does or the file cannot be read.

#[path = "common/reading.rs"]
mod reading;
#[path = "common/screen.rs"]
#[allow(dead_code)]
mod screen;
#[path = "common/survey.rs"]
mod survey;
#[path = "common/wrap.rs"]
mod wrap;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use brownout::formats::{Candidate, Detection, Known, detect};
use brownout::input::{self, Framing, Input, Limits, Source};
use brownout::{Choice, Error, Field, Format, Options, Sanitized, Spans};
use clap::Parser;
use survey::{Numbered, Survey};
use wrap::{WIDTH, wrap};

/// Bytes looked at to recognise a format: as many as a scan looks at.
const SAMPLE: usize = 128 << 10;
/// Lines of it that are looked at, blank ones left out.
const LOOKED_AT: usize = 400;

/// Says what a log file is, column by column, and shows what is not understood.
#[derive(Debug, Parser)]
#[command(name = "explain")]
struct Args {
    /// The file; - is standard input; gzip and zstd are recognised
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// auto, a preset's name, or nginx, envoy, apache, haproxy or json with --log-format; short form nginx:FORMAT
    #[arg(long, default_value = "auto", value_name = "F")]
    format: String,
    /// The format's text, in the product's own language
    #[arg(long, value_name = "STR")]
    log_format: Option<String>,
    /// Refused lines to show
    #[arg(long, default_value_t = 5, value_name = "N")]
    limit: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut text = String::new();
    let explained = explain(&args, &mut text);
    match screen::print(&text).and(explained) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("explain: {}", Sanitized(sentence.as_bytes()));
            ExitCode::from(2)
        }
    }
}

/// Writes the explanation, as far as it goes; an error is a sentence that says what to do.
fn explain(args: &Args, text: &mut String) -> Result<(), String> {
    let choice = choice(args, text)?;
    let mut opened = Source::new(&args.file).open(&Limits::default()).map_err(|error| advice(&error))?;
    let sample = sample(&mut opened)?;
    if sample.iter().all(u8::is_ascii_whitespace) {
        return Err("the file has no lines: nothing was logged, or it is not the access log".into());
    }
    let detection = detect(&sample);
    let framing = match &choice {
        Choice::Auto => {
            candidates(text, &detection);
            if detection.best().is_err() {
                none_fits(text, &detection, &sample, args.limit);
                return Err("no known format fits more than half of the lines; name it with --format".into());
            }
            detection.framing
        }
        _ => Framing::detect(input::lines(&sample).map(|(_, line)| line)),
    };
    let format = choice.resolve(&Options::default(), &sample).map_err(|error| error.to_string())?;
    if !matches!(choice, Choice::Auto) {
        let _ = writeln!(text, "FORMAT  {}, as asked; framing: {}", format.name(), framing.name());
        if let Ok(best) = detection.best()
            && best.name != format.name()
        {
            let (name, matched, lines) = (best.name, best.matched, best.lines);
            let _ = writeln!(text, "  unasked, {name} fits {matched} of the first {lines} lines");
        }
    }
    let survey = Survey::of(opened, &*format, args.limit);
    samples(text, &*format, &survey);
    refused(text, &*format, framing, &survey);
    counts(text, &survey);
    if survey.access + survey.other == 0 {
        return Err("not one line fits this format".into());
    }
    if format.schema().has(Field::Time) && survey.untimed * 2 > survey.access {
        return Err("most lines have no readable time: they are of another format".into());
    }
    pasteable(text, args, &*format);
    Ok(())
}

/// The format asked for; a mistake in its text is shown with its place.
fn choice(args: &Args, text: &mut String) -> Result<Choice, String> {
    Choice::parse(&args.format, args.log_format.as_deref()).map_err(|error| {
        let inline = args.format.split_once(':').map(|(_, inline)| inline);
        if let (Error::Format(wrong), Some(given)) = (&error, inline.or(args.log_format.as_deref())) {
            let _ = writeln!(text, "{}", wrong.render(given));
        }
        error.to_string()
    })
}

fn sample(opened: &mut Input) -> Result<Vec<u8>, String> {
    let sample = opened.sample(SAMPLE).map_err(|error| format!("cannot read the file: {error}"))?;
    Ok(sample.into_owned())
}

fn advice(error: &Error) -> String {
    match error {
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::IsADirectory => {
            format!("{error}; name a file in it")
        }
        _ => format!("{error}; check the path"),
    }
}

/// Every preset that reads at least one line.
fn candidates(text: &mut String, detection: &Detection) {
    let framed = match detection.framing {
        Framing::None => String::new(),
        framing => format!(", behind {} framing", framing.name()),
    };
    let _ = writeln!(text, "FORMAT  what fits the first lines{framed}");
    for candidate in detection.candidates.iter().filter(|c| c.matched > 0) {
        let same = if detection.alike.contains(&candidate.name) { "  reads alike" } else { "" };
        let share = 100.0 * candidate.matched as f64 / candidate.lines.max(1) as f64;
        let _ = writeln!(
            text,
            "  {:18} {:>3} of {:>3} lines  {share:5.1} %{same}",
            candidate.name, candidate.matched, candidate.lines
        );
    }
    if !detection.strict && detection.best().is_ok() {
        wrap(text, "  ", "The lines go on where this format ends; what follows is kept and not understood.");
    }
    if !detection.alike.is_empty() {
        let others = detection.alike.join(", ");
        let remark =
            format!("The lines do not tell the first from {others}: name the right one with --format.");
        wrap(text, "  ", &remark);
    }
}

/// What was tried, the nearest first, and where each of them stopped.
fn none_fits(text: &mut String, detection: &Detection, sample: &[u8], limit: usize) {
    let lines: Vec<&[u8]> = input::lines(sample)
        .map(|(_, line)| line)
        .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
        .collect();
    for candidate in detection.candidates.iter().filter(|c| c.lines < lines.len().min(LOOKED_AT)) {
        let known = lines.len().min(LOOKED_AT) - candidate.lines;
        let _ =
            writeln!(text, "  {known} lines are events or headers to {}, no access records", candidate.name);
    }
    let mut tried: Vec<&Candidate> = detection.candidates.iter().filter(|c| c.lines > 0).collect();
    // The column that was being read, out of a hundred of the format's.
    let reached = |c: &Candidate| {
        let column = c.first_refused.map_or(0, |(_, error)| usize::from(error.column()));
        let columns = schema(c).columns().len();
        if column < columns { 100 * column / columns } else { 0 }
    };
    tried.sort_by_key(|c| std::cmp::Reverse((c.matched, reached(c))));
    wrap(
        text,
        "  ",
        "None fits more than half of the lines. The nearest, and where each first refused a line:",
    );
    let mut buffer = Vec::new();
    for candidate in tried.into_iter().take(limit) {
        let Some((index, error)) = candidate.first_refused else { continue };
        let Some(line) = lines.get(index) else { continue };
        let payload = detection.framing.unwrap(line, &mut buffer).unwrap_or(line);
        let (matched, of) = (candidate.matched, candidate.lines);
        let _ = writeln!(
            text,
            "\n  {}: {matched} of {of} lines; line {} that is not blank",
            candidate.name,
            index + 1
        );
        indented(text, &format!("{:1$}", error.render(payload, Some(schema(candidate))), WIDTH - 4));
    }
    let advice = "If the proxy's configuration says how lines are written, give that: --format nginx --log-format \
                  '…' (or envoy, apache, haproxy), or --format json:KEY=FIELD,… for JSON of your own.";
    text.push('\n');
    wrap(text, "  ", advice);
}

fn schema(candidate: &Candidate) -> &brownout::Schema {
    match &candidate.format {
        Known::Text(template) => template.schema(),
        Known::Json(json) => json.schema(),
    }
}

fn indented(text: &mut String, lines: &str) {
    lines.lines().for_each(|line| *text += &["    ", line, "\n"].concat());
}

/// The first access line and the first 5xx, column by column.
fn samples(text: &mut String, format: &dyn Format, survey: &Survey) {
    let mut spans = Spans::new();
    for (what, sample) in [("the first access record", &survey.first), ("the first 5xx", &survey.first_5xx)] {
        let Some(Numbered { number, line, .. }) = sample else { continue };
        if let Ok(brownout::Line::Access(record)) = format.parse(line, &mut spans) {
            let _ = writeln!(text, "\nLINE {number}  {what}");
            reading::columns(text, &record);
            text.push('\n');
            reading::meaning(text, &record);
        }
    }
    if survey.first.is_some() && survey.first_5xx.is_none() && !survey.first_is_5xx {
        *text += "\nNo line has a 5xx.\n";
    }
}

/// The first lines that were not understood, with the place and the reason.
fn refused(text: &mut String, format: &dyn Format, framing: Framing, survey: &Survey) {
    if survey.refused.is_empty() {
        return;
    }
    let shown = survey.refused.len();
    let _ = writeln!(text, "\nREFUSED  {} lines, the first {shown}:", survey.malformed);
    let mut spans = Spans::new();
    let mut buffer = Vec::new();
    for Numbered { number, offset, line } in &survey.refused {
        let _ = writeln!(text, "  line {number}, byte {offset} of the file");
        let Err(error) = format.parse(line, &mut spans) else { continue };
        // Places in JSON wrappers are places in the line that was unwrapped.
        let unwrapped = framing.is_json() || framing == Framing::Quoted;
        let payload = if unwrapped { framing.unwrap(line, &mut buffer) } else { None };
        let excerpt = error.render(payload.unwrap_or(line), Some(format.schema()));
        indented(text, &format!("{excerpt:0$}", WIDTH - 4));
    }
}

fn counts(text: &mut String, survey: &Survey) {
    let Survey { access, other, malformed, blank, too_long, untimed, .. } = survey;
    let total = access + other + malformed + blank;
    let _ = writeln!(
        text,
        "\nLINES  {total}: {access} access, {other} other, {malformed} malformed, {blank} blank"
    );
    if *untimed > 0 {
        let _ = writeln!(text, "  {untimed} of the access records have no readable time");
    }
    if *too_long > 0 {
        let _ = writeln!(text, "  {too_long} of the malformed are longer than the limit of 1 MiB");
    }
    for (kind, count) in &survey.others {
        let _ = writeln!(text, "  {count} of the others: {}", kind.name());
    }
    if let Some(ended) = &survey.ended {
        wrap(
            text,
            "  ",
            &format!("Reading ended early, {ended}: what is said here is about the part before."),
        );
    }
}

/// What to give to the other programs to have the file read so.
fn pasteable(text: &mut String, args: &Args, format: &dyn Format) {
    let name = if args.format == "auto" { format.name() } else { &args.format };
    let quoted = |text: &str| {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let shown = Sanitized(text.as_bytes()).to_string();
        if plain { shown } else { format!("'{}'", shown.replace('\'', r"'\''")) }
    };
    let _ = write!(text, "\nPASTE  --format {}", quoted(name));
    if let Some(log_format) = &args.log_format {
        let _ = write!(text, " --log-format {}", quoted(log_format));
    }
    text.push('\n');
}
