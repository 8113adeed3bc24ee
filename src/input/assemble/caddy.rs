//! Caddy's lines about errors, joined with the access lines of the same requests.
//!
//! The access log has no word about the upstream; why it failed stands in a line of the logger `http.log.error`, which
//! Caddy writes just before the access line, with the same request. Its text is added to the access line as `err_msg`;
//! the line itself stays. Source: `server.go` (`logRequest` is deferred, errors are logged before).

use std::collections::VecDeque;

use memchr::memmem;

use super::{Assemble, Lines};

const ACCESS: &[u8] = b"\"logger\":\"http.log.access";
const ERROR: &[u8] = b"\"logger\":\"http.log.error";
/// Errors that wait for their access line, and bytes of one that are kept.
const WAITING: usize = 256;
const TEXT: usize = 1024;

/// Whether an input begins as a log of all of Caddy's loggers: access lines alone have nothing to be joined with.
pub(super) fn begins(head: &[u8]) -> bool {
    let whole = memchr::memrchr(b'\n', head).map_or(head, |end| &head[..end]);
    let mut lines = whole.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    let is_caddy = |line: &[u8]| {
        line.starts_with(b"{\"level\":\"") && memmem::find(line, b"\"ts\":").is_some_and(|at| at < 40)
    };
    let other = |line: &[u8]| memmem::find(line, ACCESS).is_none();
    whole.starts_with(b"{\"level\":\"")
        && lines.clone().all(is_caddy)
        && lines.clone().any(other)
        && lines.any(|line| !other(line) || memmem::find(line, ERROR).is_some())
}

pub(super) struct Caddy {
    lines: Lines,
    joiner: Joiner,
}

#[derive(Default)]
struct Joiner {
    /// The request, and the text of its error as it stands.
    waiting: VecDeque<(Vec<u8>, Vec<u8>)>,
}

impl Caddy {
    pub(super) fn new(max_line: usize) -> Self {
        Self { lines: Lines::new(max_line), joiner: Joiner::default() }
    }
}

impl Assemble for Caddy {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Self { lines, joiner } = self;
        lines.push(bytes, out, |line, out| joiner.line(line, out));
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let Self { lines, joiner } = self;
        lines.finish(out, |line, out| joiner.line(line, out));
    }
}

impl Joiner {
    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if memmem::find(line, ERROR).is_some() {
            if let (Some(request), Some(text)) = (request(line), text(line)) {
                if self.waiting.len() == WAITING {
                    self.waiting.pop_front();
                }
                self.waiting.push_back((request.to_vec(), text.to_vec()));
            }
        } else if !self.waiting.is_empty()
            && memmem::find(line, ACCESS).is_some()
            && let Some(text) = request(line).and_then(|request| self.take(request))
            && let Some(object) = line.trim_ascii_end().strip_suffix(b"}")
        {
            out.extend_from_slice(object);
            out.extend_from_slice(b",\"err_msg\":\"");
            out.extend_from_slice(&text);
            out.extend_from_slice(b"\"}\n");
            return;
        }
        out.extend_from_slice(line);
        out.push(b'\n');
    }

    fn take(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let at = self.waiting.iter().position(|(waiting, _)| waiting == request)?;
        self.waiting.remove(at).map(|(_, text)| text)
    }
}

/// What tells a request: its connection, method and target. The headers behind come in any order.
fn request(line: &[u8]) -> Option<&[u8]> {
    let start = memmem::find(line, b"\"request\":{")?;
    let rest = line.get(start..)?;
    rest.get(..memmem::find(rest, b"\"headers\":")?)
}

/// The inside of the string `msg`.
fn text(line: &[u8]) -> Option<&[u8]> {
    let start = memmem::find(line, b"\"msg\":\"")? + 7;
    let rest = line.get(start..)?;
    let end = memchr::memchr_iter(b'"', rest)
        .find(|&q| rest[..q].iter().rev().take_while(|&&b| b == b'\\').count().is_multiple_of(2))?;
    rest.get(..end).filter(|text| text.len() <= TEXT)
}
