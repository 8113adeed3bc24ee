//! Who is given the lines.

#[cfg(feature = "peers")]
mod access_log_parser;
#[cfg(feature = "peers")]
mod accesslog;
pub(crate) mod brownout;
mod goaccess;
mod lnav;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::verdict::Reading;

/// Someone who reads log lines.
pub(crate) trait Reader {
    /// Name and version, for the head of the table.
    fn name(&self) -> String;

    /// What it makes of a line in a format; `plain` is an ordinary line of that format, for readers that want some to
    /// recognise it by.
    fn read(&self, format: &str, plain: &[u8], line: &[u8]) -> Reading;
}

/// Those who are here, and the names of the others.
pub(crate) struct Readers {
    pub(crate) present: Vec<Box<dyn Reader>>,
    pub(crate) missing: Vec<&'static str>,
}

impl Readers {
    /// Everyone but brownout.
    pub(crate) fn add_others(&mut self, scratch: &Path) {
        #[cfg(feature = "peers")]
        {
            self.present.push(Box::new(accesslog::Accesslog));
            self.present.push(Box::new(access_log_parser::AccessLogParser));
        }
        #[cfg(not(feature = "peers"))]
        self.missing.extend(["crate accesslog", "crate access_log_parser"]);
        match goaccess::Goaccess::new(scratch) {
            Some(reader) => self.present.push(Box::new(reader)),
            None => self.missing.push("GoAccess"),
        }
        match lnav::Lnav::new(scratch) {
            Some(reader) => self.present.push(Box::new(reader)),
            None => self.missing.push("lnav"),
        }
    }
}

/// A program in `PATH`.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The first number with a point in what a program says of its version.
fn version(program: &Path, option: &str) -> String {
    let output = Command::new(program).arg(option).stdin(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut words = text.split_whitespace().map(|word| word.trim_end_matches('.'));
    words
        .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or("?")
        .to_owned()
}
