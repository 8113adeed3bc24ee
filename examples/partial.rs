//! Counts logs on many machines and brings the counts together on one.
//!
//! ```sh
//! cargo run --release --features serde --example partial -- /var/log/nginx > web1.jsonl
//! cargo run --release --features serde --example partial -- --merge web1.jsonl web2.jsonl > all.jsonl
//! ```
//!
//! The merged file is the same to the byte as if one machine had read all logs. It is JSON Lines: any SQL engine can
//! merge it too, see `docs/partial-format.md`.

use std::fs::File;
use std::io::{BufReader, Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use brownout::{Aggregator, Error, Sanitized, Scan, Settings, Summary};
use clap::Parser;

/// Writes the counts of access logs as a partial, or merges partials.
#[derive(Parser)]
struct Args {
    /// The paths are partials to be merged, not logs.
    #[arg(long)]
    merge: bool,
    /// Width of a bucket in seconds; the same for all partials that are to be merged.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    width: u32,
    /// Logs or folders of logs, `-` for standard input; with `--merge`, partials.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let summary = if args.merge { merge(&args.paths) } else { count(&args.paths, args.width) };
    match summary {
        Ok(summary) => match summary.write_partial(stdout().lock()).and_then(|()| stdout().flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("cannot write: {error}")),
        },
        Err(message) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("partial: {}", Sanitized(message.as_bytes()));
    ExitCode::from(2)
}

fn count(paths: &[PathBuf], width: u32) -> Result<Summary, String> {
    let mut settings = Settings::default();
    settings.width_micros = i64::from(width) * 1_000_000;
    let listing = brownout::input::walk(paths).map_err(|e| e.to_string())?;
    let scanned = Scan::new().run(&listing.sources, Aggregator::new(settings)).map_err(|e| e.to_string())?;
    for input in scanned.inputs.iter().filter(|input| input.ended.is_some()) {
        let line = format!("{}: {}", input.path.display(), input.ended.as_deref().unwrap_or_default());
        eprintln!("partial: {}", Sanitized(line.as_bytes()));
    }
    Ok(scanned.counts.finish())
}

fn merge(paths: &[PathBuf]) -> Result<Summary, String> {
    let parts = paths.iter().map(|path| read(path).map_err(|e| format!("{}: {e}", path.display())));
    let whole = parts.reduce(|sum, part| sum?.merge(&part?).map_err(|e| e.to_string()));
    whole.unwrap_or_else(|| Err("nothing to merge".into()))
}

fn read(path: &Path) -> Result<Summary, Error> {
    let file = File::open(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    Summary::read_partial(BufReader::new(file))
}
