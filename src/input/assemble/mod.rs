//! Inputs whose records are not lines, made lines: a JSON list over one line or many, `records` wrappers, entries of
//! the journal over many lines, syslog messages without line ends, lines that a container runtime cut, Caddy's console.
//!
//! Recognised by the first bytes, as compression is, and undone while reading: what comes out has one record a line,
//! so that everything behind it need not know. Such inputs are streams. Memory is bounded by the longest line that is
//! delivered; a longer one comes out longer than that, and is counted as too long by who reads lines.

mod bundle;
mod caddy;
mod console;
mod journal;
mod octets;
mod parts;

use std::fmt;
use std::io::{self, Read};

use super::framing::Framing;
use bundle::Bundle;
use caddy::Caddy;
use console::Console;
use journal::Journal;
use octets::Octets;
use parts::Parts;

/// Bytes looked at to recognise one.
pub(super) const HEAD: usize = 4096;
/// Bytes asked for in one read.
const CHUNK: usize = 64 << 10;

/// What has to be done to get lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assembly {
    /// A JSON list, or objects `{"records":[…]}`: each element is a line.
    Bundle,
    /// `journalctl -o export`.
    JournalExport,
    /// `journalctl -o verbose`.
    JournalVerbose,
    /// Syslog messages with their length before them and nothing between them (RFC 6587).
    Octets,
    /// Caddy's console encoder.
    Console,
    /// Caddy's log with lines about errors beside the access lines.
    Caddy,
    /// Container lines in parts, in this framing.
    Parts(Framing),
}

impl Assembly {
    /// Recognised by the first bytes of an input.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        if bundle::begins(head) {
            return Some(Self::Bundle);
        }
        let line = head.split(|&b| b == b'\n').next().unwrap_or_default();
        if journal::begins_export(line) {
            return Some(Self::JournalExport);
        }
        if journal::begins_verbose(line) {
            return Some(Self::JournalVerbose);
        }
        if octets::begins(head) {
            return Some(Self::Octets);
        }
        if console::begins(line) {
            return Some(Self::Console);
        }
        if caddy::begins(head) {
            return Some(Self::Caddy);
        }
        match Framing::detect([line]) {
            framing @ Framing::Cri => Some(Self::Parts(framing)),
            // The first line can be longer than what was looked at.
            _ if line.starts_with(b"{\"log\":\"") => Some(Self::Parts(Framing::DockerJson)),
            _ => None,
        }
    }
}

/// Bytes in, lines out.
trait Assemble: Send {
    /// Takes the next bytes, and appends what is whole to `out`.
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>);
    /// Appends what is left at the end of the input.
    fn finish(&mut self, out: &mut Vec<u8>);
}

/// A reader of lines made of what `inner` reads.
pub(super) struct Assembled<R> {
    inner: R,
    assembler: Box<dyn Assemble>,
    chunk: Vec<u8>,
    out: Vec<u8>,
    /// Bytes of `out` that were given out.
    given: usize,
    ended: bool,
}

impl<R: Read> Assembled<R> {
    /// Lines longer than `max_line` are not kept whole.
    pub(super) fn new(inner: R, assembly: Assembly, max_line: usize) -> Self {
        let assembler: Box<dyn Assemble> = match assembly {
            Assembly::Bundle => Box::new(Bundle::default()),
            Assembly::JournalExport => Box::new(Journal::export(max_line)),
            Assembly::JournalVerbose => Box::new(Journal::verbose(max_line)),
            Assembly::Octets => Box::new(Octets::default()),
            Assembly::Console => Box::new(Console::new(max_line)),
            Assembly::Caddy => Box::new(Caddy::new(max_line)),
            Assembly::Parts(framing) => Box::new(Parts::new(framing, max_line)),
        };
        Self { inner, assembler, chunk: vec![0; CHUNK], out: Vec::new(), given: 0, ended: false }
    }
}

impl<R: Read> Read for Assembled<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.ended {
            self.out.clear();
            self.given = 0;
            match self.inner.read(&mut self.chunk)? {
                0 => {
                    self.ended = true;
                    self.assembler.finish(&mut self.out);
                }
                n => self.assembler.push(self.chunk.get(..n).unwrap_or_default(), &mut self.out),
            }
        }
        let ready = self.out.get(self.given..).unwrap_or_default();
        let n = ready.len().min(into.len());
        into[..n].copy_from_slice(&ready[..n]);
        self.given += n;
        Ok(n)
    }
}

impl<R> fmt::Debug for Assembled<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembled").finish_non_exhaustive()
    }
}

/// Chunks to lines, with a bound on what is kept of a line that is not whole yet.
struct Lines {
    begun: Vec<u8>,
    max_line: usize,
    /// The line was longer than the bound: the rest of it goes out as it comes.
    overflows: bool,
}

impl Lines {
    const fn new(max_line: usize) -> Self {
        Self { begun: Vec::new(), max_line, overflows: false }
    }

    /// Calls `each` for every line that is whole, without its line end. What is longer than the bound goes to `out`.
    fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>, mut each: impl FnMut(&[u8], &mut Vec<u8>)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.overflows {
                out.extend_from_slice(line);
                out.push(b'\n');
                self.overflows = false;
            } else if self.begun.is_empty() {
                each(line, out);
            } else {
                self.begun.extend_from_slice(line);
                each(&self.begun, out);
                self.begun.clear();
            }
        }
        if self.overflows {
            out.extend_from_slice(bytes);
        } else {
            self.begun.extend_from_slice(bytes);
            if self.begun.len() > self.max_line {
                out.append(&mut self.begun);
                self.overflows = true;
            }
        }
    }

    /// The last line, where it has no end.
    fn finish(&mut self, out: &mut Vec<u8>, mut each: impl FnMut(&[u8], &mut Vec<u8>)) {
        if !self.begun.is_empty() {
            each(&self.begun, out);
            self.begun.clear();
        }
    }
}

#[cfg(test)]
mod tests;
