//! The lines of incidents, given to brownout and to other readers: who reads them right?
//!
//! ```sh
//! cargo run --release --bin hard_lines                      # prints the table
//! cargo run --release --bin hard_lines -- --readme          # and puts it into README.md
//! cargo run --release --bin hard_lines -- --check FOLDER    # brownout alone has to read every line right
//! ```
//!
//! Every reader is told the format, and is judged by the fields it reads of a plain line of that format; where it
//! cannot read the plain line, the format is not its own.

mod cases;
mod matrix;
mod readers;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cases::Cases;
use readers::brownout::Brownout;
use side_by_side::markers;
use verdict::Verdict;

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

/// Whether brownout reads every line right.
fn run() -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut readme, mut check) = (false, false);
    let mut programs: Option<PathBuf> = None;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--readme" => readme = true,
            "--check" => check = true,
            folder if !folder.starts_with('-') => programs = Some(folder.into()),
            _ => return Err("usage: hard_lines [--readme] [--check] [FOLDER OF THE BUILT EXAMPLES]".into()),
        }
    }
    let cases = Cases::read(&root.join("tests/data/hard-lines.json"))?;
    let scratch = std::env::temp_dir().join(format!("hard-lines-{}", std::process::id()));
    fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let brownout = Brownout::new(&root, programs, &scratch)?;
    let mut all = readers::Readers { present: vec![Box::new(brownout)], missing: Vec::new() };
    if !check {
        all.add_others(&scratch);
    }
    let matrix = matrix::Matrix::of(&cases, &all);
    let _ = fs::remove_dir_all(&scratch);
    let table = matrix.markdown(&cases, &all);
    println!("{table}");
    if readme {
        let path = root.join("README.md");
        let text = fs::read_to_string(&path).map_err(|error| format!("README.md: {error}"))?;
        fs::write(&path, markers::replace(&text, "hard-lines", &table)?)
            .map_err(|error| error.to_string())?;
    }
    Ok(matrix.column(0).all(|verdict| *verdict == Verdict::Right))
}
