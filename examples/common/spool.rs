//! Standard input, kept in a file for as long as it has to be read twice.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A temporary file with all of standard input; removed when dropped.
#[derive(Debug)]
pub(crate) struct Spool {
    path: PathBuf,
}

impl Spool {
    /// Copies standard input to a new file in the system's folder for temporary files, readable by its owner alone.
    pub(crate) fn stdin() -> io::Result<Self> {
        let folder = std::env::temp_dir();
        let (mut file, spool) = (0..1000)
            .find_map(|i| {
                let path = folder.join(format!("triage-{}-{i}.log", std::process::id()));
                match private().open(&path) {
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => None,
                    opened => Some(opened.map(|file| (file, Self { path }))),
                }
            })
            .unwrap_or_else(|| Err(ErrorKind::AlreadyExists.into()))?;
        io::copy(&mut io::stdin().lock(), &mut file)?;
        Ok(spool)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Never opens what is there already, be it a link somebody else has put there.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
