//! Files that grow, are rotated, and are cut short: polled, as no notification tells of all of these on all systems.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Longest line kept together; what is longer is handed on in pieces, which no format will know.
const LONGEST: usize = 1 << 20;
/// Bytes read at a time, so that files are read in step.
const STEP: usize = 64 << 10;

/// One path, and the file that is behind it now.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    file: Option<File>,
    /// Bytes of the file read so far.
    position: u64,
    /// The beginning of a line whose end has not been written.
    rest: Vec<u8>,
}

/// The first whole lines of a file, to recognise its format by.
pub(crate) fn beginning(path: &Path) -> Option<Vec<u8>> {
    let mut sample = Vec::new();
    File::open(path).ok()?.take(STEP as u64).read_to_end(&mut sample).ok()?;
    sample.truncate(sample.iter().rposition(|&b| b == b'\n')? + 1);
    Some(sample)
}

impl Tail {
    /// The file as it is now; from its end unless `from_start`. It need not exist yet.
    pub(crate) fn open(path: &Path, from_start: bool) -> Self {
        let mut tail = Self { path: path.to_owned(), file: None, position: 0, rest: Vec::new() };
        tail.reopen();
        if let Some(file) = tail.file.as_mut().filter(|_| !from_start) {
            tail.position = file.seek(SeekFrom::End(0)).unwrap_or(0);
        }
        tail
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was written since, in whole lines; empty when nothing was. A file that was renamed is read to its end
    /// before the one that took its name.
    pub(crate) fn read(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let before = self.position;
            let whole = self.read_on()?;
            // nothing whole after a full step: a long line goes on
            if !whole.is_empty() {
                return Ok(whole);
            } else if self.position == before {
                break;
            }
        }
        if self.was_replaced() {
            let rest = std::mem::take(&mut self.rest);
            self.reopen();
            // the last line of a file that is no longer written to is whole
            return if rest.is_empty() { self.read_on() } else { Ok(rest) };
        }
        Ok(Vec::new())
    }

    /// A last line without a line break.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.rest)
    }

    fn reopen(&mut self) {
        // a file that is gone for the moment between rename and creation is none: the next poll finds it
        self.file = File::open(&self.path).ok();
        self.position = 0;
    }

    fn read_on(&mut self) -> io::Result<Vec<u8>> {
        let Some(file) = &mut self.file else { return Ok(Vec::new()) };
        if file.metadata()?.len() < self.position {
            // cut short in place (copytruncate): what is there now is new, and the line begun was lost with the rest
            self.position = file.seek(SeekFrom::Start(0))?;
            self.rest.clear();
        }
        let before = self.rest.len();
        let read = file.take(STEP as u64).read_to_end(&mut self.rest)?;
        self.position += read as u64;
        let new = self.rest.get(before..).unwrap_or_default();
        match new.iter().rposition(|&b| b == b'\n') {
            Some(at) => {
                let next = self.rest.split_off(before + at + 1);
                Ok(std::mem::replace(&mut self.rest, next))
            }
            None if self.rest.len() > LONGEST => Ok(std::mem::take(&mut self.rest)),
            None => Ok(Vec::new()),
        }
    }

    /// Another file has the name now.
    fn was_replaced(&self) -> bool {
        let Ok(named) = std::fs::metadata(&self.path) else { return false };
        match self.file.as_ref().map(File::metadata) {
            Some(Ok(open)) => !same(&open, &named),
            _ => true,
        }
    }
}

#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Elsewhere a new file is one that was made at another time.
#[cfg(not(unix))]
fn same(a: &Metadata, b: &Metadata) -> bool {
    a.created().ok() == b.created().ok()
}
