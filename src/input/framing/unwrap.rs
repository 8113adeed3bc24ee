//! Lines whose framing is undone, parts of long lines joined.

use super::{Framing, json, syslog, without_line_end};

/// What came out of a framed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwrapped<'a> {
    /// A whole line, without a line end.
    Payload(&'a [u8]),
    /// A part of a line that goes on.
    Part,
    /// The last part of a line longer than the limit, which is lost: its bytes in all.
    TooLong(u64),
    /// The line is not framed so.
    Unframed,
}

/// Undoes a framing line by line, and joins what container runtimes cut at 16 KiB: records of CRI marked `P` up to the
/// one marked `F`, records of Docker without `\n` up to one with it. Standard output and error are joined apart.
///
/// ```
/// use brownout::input::{Framing, Unwrapped, Unwrapper};
///
/// let mut unwrapper = Unwrapper::new(Framing::Cri, 1 << 20);
/// assert_eq!(unwrapper.push(b"2026-11-22T07:29:43.694123456Z stdout P 127.0.0.1 "), Unwrapped::Part);
/// let whole = unwrapper.push(b"2026-11-22T07:29:43.694123457Z stdout F - - ");
/// assert_eq!(whole, Unwrapped::Payload(b"127.0.0.1 - - "));
/// ```
#[derive(Debug, Clone)]
pub struct Unwrapper {
    framing: Framing,
    max_line: usize,
    /// Standard output, standard error.
    joined: [Joined; 2],
}

/// The parts of a line so far.
#[derive(Debug, Clone, Default)]
struct Joined {
    bytes: Vec<u8>,
    /// More than the limit; `bytes` stays as it is, this counts on.
    len: u64,
    open: bool,
}

impl Unwrapper {
    /// Undoes `framing`; joined lines longer than `max_line` bytes are given up.
    pub fn new(framing: Framing, max_line: usize) -> Self {
        Self { framing, max_line, joined: Default::default() }
    }

    /// The next framed line.
    pub fn push<'a>(&'a mut self, line: &'a [u8]) -> Unwrapped<'a> {
        match self.framing {
            Framing::Cri => self.push_cri(line),
            Framing::DockerJson => self.push_docker(line),
            framing => {
                let buffer = &mut self.joined[0].bytes;
                framing.unwrap(line, buffer).map_or(Unwrapped::Unframed, Unwrapped::Payload)
            }
        }
    }

    /// Lines of which the last part is missing at the end of the input: at most one per stream.
    pub fn finish(&mut self) -> impl Iterator<Item = &[u8]> {
        self.joined
            .iter_mut()
            .filter_map(|joined| std::mem::take(&mut joined.open).then_some(&joined.bytes[..]))
    }

    fn push_cri<'a>(&'a mut self, line: &'a [u8]) -> Unwrapped<'a> {
        let Some(cri) = syslog::cri(line) else { return Unwrapped::Unframed };
        let joined = &mut self.joined[usize::from(cri.stderr)];
        if !cri.partial && !joined.open {
            return Unwrapped::Payload(cri.payload);
        }
        joined.begin();
        joined.bytes.extend_from_slice(cri.payload);
        joined.cap(self.max_line);
        if cri.partial { joined.stay_open() } else { joined.close(self.max_line) }
    }

    fn push_docker<'a>(&'a mut self, line: &'a [u8]) -> Unwrapped<'a> {
        let Some(docker) = json::docker(line) else { return Unwrapped::Unframed };
        let joined = &mut self.joined[usize::from(docker.stderr)];
        joined.begin();
        docker.append_to(&mut joined.bytes);
        // The line end is looked at before the limit can cut it off.
        let partial = joined.bytes.last() != Some(&b'\n');
        if !partial {
            let text = without_line_end(&joined.bytes).len();
            joined.bytes.truncate(text);
        }
        joined.cap(self.max_line);
        if partial { joined.stay_open() } else { joined.close(self.max_line) }
    }
}

impl Joined {
    /// A new line, unless one is open.
    fn begin(&mut self) {
        if !self.open {
            self.bytes.clear();
            self.len = 0;
        }
        // What was appended before was counted before.
        self.len -= self.bytes.len() as u64;
    }

    /// Counts what was appended, and keeps no more than the limit.
    fn cap(&mut self, max: usize) {
        self.len += self.bytes.len() as u64;
        self.bytes.truncate(max);
    }

    fn stay_open<'a>(&mut self) -> Unwrapped<'a> {
        self.open = true;
        Unwrapped::Part
    }

    fn close(&mut self, max: usize) -> Unwrapped<'_> {
        self.open = false;
        if self.len > max as u64 { Unwrapped::TooLong(self.len) } else { Unwrapped::Payload(&self.bytes) }
    }
}
