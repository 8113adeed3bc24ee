//! The frame of the line before: what a collector writes before each line mostly repeats to the byte, second and all.

// Inlined into the line loop, which is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, prelude::*, u8x64};

use crate::input::Framing;

/// Bytes of a frame, at most.
const LONGEST: usize = 64;

/// A frame that was taken apart.
#[derive(Debug)]
pub(super) struct LastFrame {
    bytes: [u8; LONGEST],
    /// Which of the bytes are its own, one bit each; none before it is known.
    own: u64,
    len: usize,
    /// What a payload behind it must not begin with.
    not: u8,
}

impl LastFrame {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; LONGEST], own: 0, len: 0, not: 0 }
    }

    /// Where the record of the line from `from` on starts, if the line has the same frame.
    #[inline(always)]
    pub(super) fn end<S: Simd>(&self, simd: S, block: &[u8], from: usize) -> Option<usize> {
        let bytes = block.get(from..from.wrapping_add(LONGEST))?.first_chunk::<LONGEST>()?;
        let equal = u8x64::from_slice(simd, bytes).simd_eq(u8x64::from_slice(simd, &self.bytes));
        let start = from + self.len;
        let first = *block.get(start)?;
        let same = !equal.to_bitmask() & self.own == 0 && self.own != 0;
        (same && first > b' ' && first != self.not).then_some(start)
    }

    /// Learns the frame of a line, whose record starts at `start`.
    #[inline(never)]
    pub(super) fn learn(&mut self, framing: Framing, line: &[u8], start: usize) {
        let frame = line.get(..start).filter(|frame| !frame.is_empty() && frame.len() < LONGEST);
        let Some(frame) = frame else { return };
        let Some(not) = framing.unsettled(frame) else { return };
        self.bytes = [0; LONGEST];
        self.bytes[..start].copy_from_slice(frame);
        (self.own, self.len, self.not) = ((1 << start) - 1, start, not);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};

    /// Whatever frame was learnt before, the record starts where the frame alone says.
    #[test]
    fn records_start_where_their_frames_end() {
        let frames = [
            (Framing::Rfc3164, "<134>Nov 22 07:18:29 lb1 haproxy[30883]: "),
            (Framing::Rfc3164, "Nov 22 07:18:29 haproxy[30883]: "),
            (Framing::Rfc3164, "Nov 22 07:18:29 10.0.0.1 nginx: "),
            (Framing::IsoSyslog, "2026-11-22T07:29:43+00:00 vm nginx[301]: "),
            (Framing::IsoSyslog, "2026-11-22T07:29:43+00:00 vm nginx[301]: vm nginx: "),
            (Framing::Rfc5424, "<134>1 2026-11-22T07:18:29Z vm haproxy 1 - - "),
            (Framing::JournalFull, "Sun 2026-11-22 07:30:21 UTC vm nginx[301]: "),
            (Framing::JournalUnix, "1795332621.349527 vm nginx[301]: "),
            (Framing::Cri, "2026-11-22T07:29:43.694123456Z stdout F "),
            (Framing::Iso, "2026-11-22T07:18:29.755721+00:00 "),
            (Framing::Priority, "<6>"),
            (Framing::Tag, "nginx[301]: "),
            (Framing::Kubectl, "[pod/web-0/nginx] "),
            (Framing::Compose, "web-1  | "),
            (Framing::Stern, "web-0 nginx "),
        ];
        let payloads = [
            "10.0.0.1 - - [22/Nov/2026:07:18:29 +0000] x",
            "10.0.0.1 nginx: 192.0.2.1 - - x",
            "vm nginx: 192.0.2.1 - - [22/Nov/2026:07:18:29 +0000] x",
            "lb1 haproxy[1]: 192.0.2.1:5 [22/Nov/2026:07:18:29.123] x",
            "07:18:29 haproxy[30883]: 10.0.0.1 x",
            " 192.0.2.1 x",
            "\u{feff}192.0.2.1 x",
            "[info] x",
            "| x",
            "<6>10.0.0.1 x",
            "> x",
            "\"quoted\" x",
            "x",
            "",
        ];
        let mut hits = 0;
        for (framing, frame) in frames {
            for (learnt, read) in payloads.iter().flat_map(|a| payloads.iter().map(move |b| (a, b))) {
                let mut last = LastFrame::new();
                let line = format!("{frame}{learnt}");
                let start = framing.payload_start(line.as_bytes()).unwrap_or(0);
                last.learn(framing, line.as_bytes(), start);
                let line = format!("{frame}{read}");
                let block = format!("before\n{line}\n{}", "y".repeat(64));
                if let Some(start) = dispatch!(Level::new(), simd => last.end(simd, block.as_bytes(), 7)) {
                    assert_eq!(Some(start - 7), framing.payload_start(line.as_bytes()), "{line:?}");
                    assert!(line.as_bytes()[start - 7] > b' ');
                    hits += 1;
                }
            }
        }
        assert!(hits > 1000, "{hits}");
    }
}
