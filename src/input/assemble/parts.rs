//! Lines that a container runtime cut at 16 KiB, joined: records of CRI marked `P` up to the one marked `F`, records
//! of Docker without `\n` at their end up to one with it; standard output and error apart.

use super::super::framing::Framing;
use super::{Assemble, Lines};

pub(super) struct Parts {
    framing: Framing,
    lines: Lines,
    joiner: Joiner,
}

struct Joiner {
    max_line: usize,
    /// Standard output, standard error: what came of a line that goes on.
    begun: [Vec<u8>; 2],
}

impl Parts {
    pub(super) fn new(framing: Framing, max_line: usize) -> Self {
        let joiner = Joiner { max_line, begun: Default::default() };
        Self { framing, lines: Lines::new(max_line), joiner }
    }
}

impl Assemble for Parts {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Self { framing, lines, joiner } = self;
        lines.push(bytes, out, |line, out| joiner.line(*framing, line, out));
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let Self { framing, lines, joiner } = self;
        lines.finish(out, |line, out| joiner.line(*framing, line, out));
        let end: &[u8] = if *framing == Framing::DockerJson { b"\"}" } else { b"" };
        for begun in joiner.begun.iter_mut().filter(|begun| !begun.is_empty()) {
            out.append(begun);
            out.extend_from_slice(end);
            out.push(b'\n');
        }
    }
}

impl Joiner {
    fn line(&mut self, framing: Framing, line: &[u8], out: &mut Vec<u8>) {
        let Some(part) = framing.part(line) else { return write_line(line, out) };
        let begun = &mut self.begun[usize::from(part.stderr)];
        if !part.partial && begun.is_empty() {
            return write_line(line, out);
        }
        if begun.is_empty() {
            begun.extend_from_slice(part.before);
            if framing == Framing::Cri {
                begun.extend_from_slice(b"F ");
            }
        }
        // A line that is too long stays so, whatever more comes.
        let room = (self.max_line + 1).saturating_sub(begun.len());
        begun.extend_from_slice(part.text.get(..room).unwrap_or(part.text));
        if !part.partial {
            begun.extend_from_slice(part.after);
            write_line(begun, out);
            begun.clear();
        }
    }
}

fn write_line(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(line);
    out.push(b'\n');
}
