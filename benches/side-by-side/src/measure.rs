//! One child process: how much CPU time, wall time and memory it took, and what it printed.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A program with all it is given.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// Standard input; nothing where there is none.
    pub(crate) stdin: Option<PathBuf>,
    /// Where the answer is, if not on standard output.
    pub(crate) answer: Option<PathBuf>,
}

impl Run {
    pub(crate) fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { program: program.into(), arguments, stdin: None, answer: None }
    }

    pub(crate) fn stdin(mut self, path: &Path) -> Self {
        self.stdin = Some(path.to_owned());
        self
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// User and system time of the process and its threads.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// Largest resident set, in bytes.
    pub(crate) peak: u64,
}

/// Where children run.
#[derive(Debug)]
pub(crate) struct Bench {
    /// This package's `launch`.
    pub(crate) launch: PathBuf,
    /// `taskset`, where there is one.
    pub(crate) taskset: Option<PathBuf>,
    /// Cores of this machine.
    pub(crate) cores: usize,
    /// A folder for what they print.
    pub(crate) scratch: PathBuf,
}

impl Bench {
    /// Runs a program on so many cores to its end. Exit status 1 is an answer too: `triage` found an episode.
    pub(crate) fn run(&self, run: &Run, cores: usize) -> Result<(Sample, PathBuf), String> {
        self.measure(run, cores).map_err(|error| format!("{}: {error}", run.program.display()))
    }

    fn measure(&self, run: &Run, cores: usize) -> io::Result<(Sample, PathBuf)> {
        let file = |name: &str| self.scratch.join(name);
        let (printed, complaints, report) = (file("printed"), file("complaints"), file("report"));
        let mut command = Command::new(&self.launch);
        command.arg(&report).args(self.pinned(cores)).arg(&run.program).args(&run.arguments);
        command.stdin(match &run.stdin {
            Some(path) => Stdio::from(File::open(path)?),
            None => Stdio::null(),
        });
        command.stdout(File::create(&printed)?).stderr(File::create(&complaints)?);
        // Tools keep no settings and no history of ours, and read none.
        command.env("HOME", &self.scratch).env("LC_ALL", "C").env("NO_COLOR", "1");
        let launched = command.status()?;
        let said = || {
            let said = std::fs::read(&complaints).unwrap_or_default();
            String::from_utf8_lossy(&said[..said.len().min(400)]).into_owned()
        };
        if !launched.success() {
            return Err(io::Error::other(format!("{launched}: {}", said())));
        }
        let (sample, status) =
            read(&std::fs::read_to_string(&report)?).ok_or_else(|| io::Error::other("no report"))?;
        if !matches!(status, 0 | 1) {
            return Err(io::Error::other(format!("exit status {status}: {}", said())));
        }
        Ok((sample, run.answer.clone().unwrap_or(printed)))
    }

    /// What stands before a program to keep it on the last cores: the first serves most interrupts.
    fn pinned(&self, cores: usize) -> Vec<OsString> {
        let Some(taskset) = &self.taskset else { return Vec::new() };
        let last = self.cores.saturating_sub(1);
        let list = format!("{}-{last}", last.saturating_sub(cores - 1));
        vec![taskset.into(), "-c".into(), list.into()]
    }
}

/// What `launch` writes.
fn read(report: &str) -> Option<(Sample, i64)> {
    let numbers: Vec<i64> = report.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let &[cpu, wall, peak, status] = numbers.as_slice() else { return None };
    let time = |micros: i64| u64::try_from(micros).ok().map(Duration::from_micros);
    Some((Sample { cpu: time(cpu)?, wall: time(wall)?, peak: u64::try_from(peak).ok()? }, status))
}

/// The file of a program's name in `PATH`, or where systems keep what only administrators run.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// What a program prints, standard error included; nothing where it does not run.
pub(crate) fn printed(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).into_owned())
}
