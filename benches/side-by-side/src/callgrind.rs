//! Instructions a line, where valgrind is installed: a figure that no neighbour on the machine moves.

use std::fs;
use std::path::Path;

use crate::data::{Data, lines};
use crate::measure::{Bench, Run, find};
use crate::sections::{Programs, Section};

/// Two lengths, so that starting and ending cancel out.
const LENGTHS: [u64; 2] = [2_000_000, 6_000_000];

/// Instructions of `triage --threads 1` for one more line.
pub(crate) fn instructions(
    data: &Data,
    bench: &Bench,
    programs: &Programs<'_>,
    section: &Section,
    log: &Path,
) -> Result<Option<f64>, String> {
    let Some(valgrind) = find("valgrind").filter(|_| length(log) > LENGTHS[1]) else { return Ok(None) };
    let mut points = Vec::new();
    for length in LENGTHS {
        let input = data.prefix(log, length)?;
        let triage = programs.triage_with("brownout", section.preset, &input, 1).run;
        let log = bench.scratch.join("callgrind.log");
        let mut run = Run::new(&valgrind, ["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        run.arguments.push(format!("--log-file={}", log.display()).into());
        run.arguments.push(triage.program.into());
        run.arguments.extend(triage.arguments);
        if let Err(error) = bench.run(&run, 1) {
            eprintln!("  {error}");
            return Ok(None);
        }
        let text = fs::read_to_string(&log).map_err(|error| error.to_string())?;
        let Some(collected) = collected(&text) else { return Ok(None) };
        points.push((collected, lines(&input)?));
    }
    let (more, lines) = (points[1].0.abs_diff(points[0].0), points[1].1.saturating_sub(points[0].1));
    Ok((lines > 0).then(|| more as f64 / lines as f64))
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

/// `==123== Collected : 456`
fn collected(log: &str) -> Option<u64> {
    log.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}
