//! brownout beside other readers of access logs: whole processes, the same files, taking turns.
//!
//! ```sh
//! cargo run --release                            # about 20 minutes; writes benches/record/
//! cargo run --release -- --size 50 --rounds 3    # a look
//! cargo run --release -- --only haproxy --real-haproxy /var/log/haproxy.log
//! ```

mod args;
mod callgrind;
mod contender;
mod data;
mod machine;
mod measure;
mod record;
mod sections;
mod table;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use args::Args;
use contender::{Contender, Counts, Part};
use data::Data;
use measure::{Bench, Sample};
use sections::{Field, Programs, SECTIONS, Section};
use serde_json::{Value, json};
use side_by_side::markers;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

/// Whether all who read a file counted the same.
fn run() -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    let args = Args::parse(std::env::args().skip(1), &root)?;
    let mut agreed = true;
    if !args.render {
        let runner = Runner::new(&args, &root)?;
        for section in SECTIONS.iter().filter(|section| args.wants(section)) {
            let measured = runner.section(section)?;
            agreed &= agree(section, &measured);
            let mut record = record::load(&args.record);
            record["sections"][section.key] = measured;
            record::save(&args.record, &record)?;
        }
    }
    let record = record::load(&args.record);
    let write = |path: &Path, text: &str| {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write(&args.record.join("side-by-side.md"), &table::record(&record))?;
    if args.readme {
        let path = root.join("README.md");
        let text = fs::read_to_string(&path).map_err(|error| format!("README.md: {error}"))?;
        write(&path, &markers::replace(&text, "speed", &table::summary(&record))?)?;
    }
    Ok(agreed)
}

impl Args {
    fn wants(&self, section: &Section) -> bool {
        let there = section.product.is_some() || self.real_haproxy.is_some();
        let named = |name: &String| section.key == name || section.key.starts_with(&format!("{name}-"));
        there && (self.only.is_empty() || self.only.iter().any(named))
    }
}

/// A reader may refuse lines that break it, but then few; one that counts otherwise did other work.
fn agree(section: &Section, measured: &Value) -> bool {
    let mut agreed = true;
    for contender in measured["contenders"].as_array().into_iter().flatten() {
        let other = contender["counted_otherwise"].as_u64().unwrap_or(0);
        let requests = contender["requests"].as_u64().unwrap_or(0);
        if other * 50 > requests {
            eprintln!(
                "{}: {} counted {other} of {requests} requests otherwise",
                section.key, contender["label"]
            );
            agreed = false;
        }
    }
    agreed
}

struct Runner<'a> {
    args: &'a Args,
    bench: Bench,
    data: Data,
    machine: Value,
    versions: Value,
}

impl<'a> Runner<'a> {
    fn new(args: &'a Args, root: &Path) -> Result<Self, String> {
        let own = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
        let own = own.ok_or("no folder of this program")?;
        let folder = args.data.clone().unwrap_or_else(|| own.join("side-by-side-data"));
        let scratch = folder.join("scratch");
        fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let programs = match &args.programs {
            Some(programs) => programs.clone(),
            None => built(root)?,
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            args,
            bench: Bench { launch: own.join("launch"), taskset: measure::find("taskset"), cores, scratch },
            data: Data { folder, programs, own, size: args.size * 1_000_000 },
            machine: machine::machine(),
            versions: machine::versions(root).into(),
        })
    }

    /// The whole file or folder of a section, and how many bytes and lines it stands for.
    fn input(&self, section: &Section) -> Result<(PathBuf, PathBuf), String> {
        let log = match (section.product, &self.args.real_haproxy) {
            (Some(product), _) => self.data.log(product)?,
            (None, Some(path)) => path.clone(),
            (None, None) => return Err(format!("{}: which file?", section.key)),
        };
        if section.key != "alb-gz" {
            return Ok((log.clone(), log));
        }
        let log = self.data.prefix(&log, 256_000_000)?;
        Ok((self.data.gzip(&log)?, log))
    }

    fn section(&self, section: &Section) -> Result<Value, String> {
        eprintln!("{}: {}", section.key, section.title);
        let (input, log) = self.input(section)?;
        let file = |part: Part| match part {
            Part::Whole => Ok(input.clone()),
            Part::First(megabytes) => self.data.prefix(&log, megabytes * 1_000_000),
        };
        let programs = Programs {
            brownout: &self.data.programs,
            own: &self.data.own,
            scratch: &self.bench.scratch,
            cores: self.bench.cores,
        };
        let mut field = programs.field(section, &file)?;
        let samples = self.rounds(&mut field)?;
        // What brownout counts in each part of the file that somebody reads.
        let mut references: BTreeMap<Part, Counts> = BTreeMap::new();
        let mut contenders = Vec::new();
        for (contender, (samples, counts)) in field.contenders.iter().zip(&samples) {
            let reference = match references.entry(contender.part) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let own = programs.triage_with("brownout", section.preset, &file(contender.part)?, 1);
                    let (_, answer) = self.bench.run(&own.run, 1)?;
                    new.insert(own.answer.read(&answer)?)
                }
            };
            let bytes = match contender.part {
                Part::Whole => length(&log)?,
                part @ Part::First(_) => length(&file(part)?)?,
            };
            contenders.push(figures(contender, samples, counts, reference, bytes));
        }
        field.missing.dedup();
        let instructions = if section.key == "alb-gz" {
            None
        } else {
            callgrind::instructions(&self.data, &self.bench, &programs, section, &log)?
        };
        Ok(json!({
            "title": section.title,
            "date": machine::date(),
            "machine": self.machine,
            "versions": self.versions,
            "size_mb": if section.product.is_some() { self.args.size } else { length(&log)? / 1_000_000 },
            "bytes": length(&log)?,
            "lines": data::lines(&log)?,
            "rounds": self.args.rounds,
            "contenders": contenders,
            "instructions_per_line": instructions,
            "missing": field.missing,
        }))
    }

    /// A round that warms up and shows who runs, then those that count, each begun by another contender.
    fn rounds(&self, field: &mut Field) -> Result<Vec<(Vec<Sample>, Counts)>, String> {
        let mut results = Vec::new();
        let mut running = Vec::new();
        for contender in std::mem::take(&mut field.contenders) {
            match self.bench.run(&contender.run, contender.cores) {
                Ok((_, answer)) => {
                    let counts = contender.answer.read(&answer);
                    results
                        .push((Vec::new(), counts.map_err(|error| format!("{}: {error}", contender.label))?));
                    running.push(contender);
                }
                Err(error) if contender.key.starts_with("brownout") => return Err(error),
                Err(error) => {
                    eprintln!("  {error}");
                    field.missing.push(format!("{} (does not run)", contender.label));
                }
            }
        }
        for round in 0..self.args.rounds {
            for turn in 0..running.len() {
                let at = (turn + round) % running.len();
                let (sample, _) = self.bench.run(&running[at].run, running[at].cores)?;
                results[at].0.push(sample);
            }
        }
        field.contenders = running;
        Ok(results)
    }
}

/// One contender's entry in the record.
fn figures(
    contender: &Contender,
    samples: &[Sample],
    counts: &Counts,
    reference: &Counts,
    bytes: u64,
) -> Value {
    let seconds = |of: fn(&Sample) -> f64| samples.iter().map(of).collect::<Vec<_>>();
    json!({
        "key": contender.key,
        "label": contender.label,
        "bytes": bytes,
        "threads": contender.cores,
        "cpu_s": seconds(|sample| sample.cpu.as_secs_f64()),
        "wall_s": seconds(|sample| sample.wall.as_secs_f64()),
        "peak_bytes": samples.iter().map(|sample| sample.peak).max(),
        "requests": reference.total(),
        "counted_otherwise": counts.difference(reference),
    })
}

fn length(path: &Path) -> Result<u64, String> {
    fs::metadata(path).map(|data| data.len()).map_err(|error| format!("{}: {error}", path.display()))
}

/// Builds brownout's examples as its users do.
fn built(root: &Path) -> Result<PathBuf, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(["build", "--release", "--example", "triage", "--example", "generate"]);
    data::finish(command.args(["--example", "parse"]))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    Ok(target.join("release/examples"))
}
