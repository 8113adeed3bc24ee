//! The logs that are read: made by brownout's `generate`, the same bytes on every machine, and kept for the next run.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines that tell how long a format's lines are.
const PROBE: u64 = 20_000;

#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) folder: PathBuf,
    /// brownout's examples.
    pub(crate) programs: PathBuf,
    /// The programs of this package.
    pub(crate) own: PathBuf,
    /// Bytes of a log.
    pub(crate) size: u64,
}

impl Data {
    /// A log of about the wanted size.
    pub(crate) fn log(&self, product: &str) -> Result<PathBuf, String> {
        let megabytes = self.size / 1_000_000;
        let path = self.folder.join(format!("{product}-{megabytes}M.log"));
        if !path.exists() {
            let probe = self.folder.join("probe");
            self.generate(product, PROBE, &probe)?;
            let length = fs::metadata(&probe).map_err(|error| error.to_string())?.len();
            let part = self.folder.join("part");
            self.generate(product, (self.size * PROBE).div_ceil(length), &part)?;
            fs::rename(&part, &path).map_err(|error| error.to_string())?;
        }
        Ok(path)
    }

    fn generate(&self, product: &str, lines: u64, path: &Path) -> Result<(), String> {
        let mut command = Command::new(self.programs.join("generate"));
        command.args(["--format", product, "--lines", &lines.to_string()]);
        // A day at 50 requests a second is not only calm.
        command.args(["--incident", "checkout:502:+3m:8m:0.4", "--incident", "search:503:+2h:25m:0.1"]);
        finish(command.arg("--output").arg(path))
    }

    /// The whole lines at the beginning of a log, about so many bytes.
    pub(crate) fn prefix(&self, log: &Path, bytes: u64) -> Result<PathBuf, String> {
        let whole = fs::metadata(log).map_err(|error| error.to_string())?.len();
        if whole <= bytes {
            return Ok(log.to_owned());
        }
        let name = log.file_stem().unwrap_or_default().to_string_lossy();
        let path = self.folder.join(format!("{name}-first-{}.log", bytes / 1000));
        if !path.exists() {
            copy_lines(log, &path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(path)
    }

    /// A folder of gzip files with the log's lines.
    pub(crate) fn gzip(&self, log: &Path) -> Result<PathBuf, String> {
        let name = log.file_stem().unwrap_or_default().to_string_lossy();
        let folder = self.folder.join(format!("{name}-gz"));
        if !folder.exists() {
            let part = self.folder.join("part-gz");
            let _ = fs::remove_dir_all(&part);
            finish(Command::new(self.own.join("gzip_parts")).arg(log).arg(&part).arg("32"))?;
            fs::rename(&part, &folder).map_err(|error| error.to_string())?;
        }
        Ok(folder)
    }
}

/// Lines of a file.
pub(crate) fn lines(path: &Path) -> Result<u64, String> {
    let mut lines = 0;
    side_by_side::lines::each_line(path, |_| lines += 1)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(lines)
}

fn copy_lines(from: &Path, to: &Path, bytes: u64) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(from)?);
    let part = to.with_extension("part");
    let mut copy = File::create(&part)?;
    io::copy(&mut lines.by_ref().take(bytes), &mut copy)?;
    let mut rest = Vec::new();
    lines.read_until(b'\n', &mut rest)?;
    copy.write_all(&rest)?;
    fs::rename(part, to)
}

/// Runs a command that has to work.
pub(crate) fn finish(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}
