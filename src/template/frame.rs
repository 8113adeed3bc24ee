//! The frame of the line before: what a collector writes before each line mostly repeats to the byte, but for the time.

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
    /// Which of them may be any digit.
    digits: u64,
    len: usize,
    /// What a payload behind it must not begin with, as a number, and which of its bits count.
    not: (u128, u128),
}

impl LastFrame {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; LONGEST], own: 0, digits: 0, len: 0, not: (0, 0) }
    }

    /// Where the record of the line from `from` on starts, if the line has the same frame.
    #[inline(always)]
    pub(super) fn end<S: Simd>(&self, simd: S, block: &[u8], from: usize) -> Option<usize> {
        let bytes = block.get(from..from.wrapping_add(LONGEST))?.first_chunk::<LONGEST>()?;
        let bytes = u8x64::from_slice(simd, bytes);
        let mut other = !bytes.simd_eq(u8x64::from_slice(simd, &self.bytes)).to_bitmask() & self.own;
        let start = from + self.len;
        let payload = u128::from_le_bytes(*block.get(start..)?.first_chunk()?);
        if other != 0 {
            let splat = |byte| u8x64::splat(simd, byte);
            let digits = bytes.simd_ge(splat(b'0')).to_bitmask() & bytes.simd_le(splat(b'9')).to_bitmask();
            other &= !(digits & self.digits);
        }
        let unsettled = (payload ^ self.not.0) & self.not.1 == 0;
        (other == 0 && self.own != 0 && payload as u8 > b' ' && !unsettled).then_some(start)
    }

    /// Learns the frame of a line, whose record starts at `start`.
    #[inline(never)]
    pub(super) fn learn(&mut self, framing: Framing, line: &[u8], start: usize) {
        let frame = line.get(..start).filter(|frame| !frame.is_empty() && frame.len() < LONGEST);
        let Some(frame) = frame else { return };
        let Some(not) = framing.unsettled(frame) else { return };
        self.bytes = [0; LONGEST];
        self.bytes[..start].copy_from_slice(frame);
        (self.own, self.len) = ((1 << start) - 1, start);
        let mut bytes = [[0; 16]; 2];
        for (at, &byte) in not.iter().take(16).enumerate() {
            (bytes[0][at], bytes[1][at]) = (byte, 0xff);
        }
        self.not = (u128::from_le_bytes(bytes[0]), u128::from_le_bytes(bytes[1]));
        self.digits = time_of_day(framing, frame);
    }
}

/// The digits of the time in a frame, one bit each: no rule of its framing asks which they are. (The date is left out:
/// the first digit of a day is none of those.)
fn time_of_day(framing: Framing, frame: &[u8]) -> u64 {
    let is_digit = |at: usize| frame.get(at).is_some_and(u8::is_ascii_digit);
    let from = match framing {
        Framing::JournalUnix => 0,
        Framing::Rfc3164
        | Framing::IsoSyslog
        | Framing::Rfc5424
        | Framing::JournalFull
        | Framing::Cri
        | Framing::Iso => {
            let is_time = |at: &usize| {
                let digits = [0, 1, 3, 4, 6, 7].into_iter().all(|i| is_digit(at + i));
                digits && [2, 5].into_iter().all(|i| frame.get(at + i) == Some(&b':'))
            };
            match (0..frame.len()).find(is_time) {
                Some(from) => from,
                None => return 0,
            }
        }
        _ => return 0,
    };
    let is_inside = |&at: &usize| is_digit(at) || matches!(frame.get(at), Some(b':' | b'.' | b','));
    (from..frame.len()).take_while(is_inside).filter(|&at| is_digit(at)).fold(0, |bits, at| bits | 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};

    /// The frame itself, and with one byte of it another.
    fn neighbours(frame: &str) -> impl Iterator<Item = String> {
        let others = (0..frame.len()).flat_map(move |at| {
            ["0", "9", "5", ":", "x"].map(|byte| format!("{}{byte}{}", &frame[..at], &frame[at + 1..]))
        });
        std::iter::once(frame.to_owned()).chain(others)
    }

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
        let (mut hits, mut later) = (0, 0);
        for (framing, frame) in frames {
            for (learnt, read) in payloads.iter().flat_map(|a| payloads.iter().map(move |b| (a, b))) {
                let mut last = LastFrame::new();
                let line = format!("{frame}{learnt}");
                let start = framing.payload_start(line.as_bytes()).unwrap_or(0);
                last.learn(framing, line.as_bytes(), start);
                for changed in neighbours(frame) {
                    let line = format!("{changed}{read}");
                    let block = format!("before\n{line}\n{}", "y".repeat(64));
                    let end = dispatch!(Level::new(), simd => last.end(simd, block.as_bytes(), 7));
                    if let Some(start) = end {
                        assert_eq!(Some(start - 7), framing.payload_start(line.as_bytes()), "{line:?}");
                        assert!(line.as_bytes()[start - 7] > b' ');
                        hits += usize::from(changed == frame);
                        later += usize::from(changed != frame);
                    }
                }
            }
        }
        assert!(hits > 1000 && later > 20_000, "{hits} {later}");
    }

    /// Only where the host stands there again, as a word, is the frame not known to end before it.
    #[test]
    fn a_client_that_begins_like_the_host_is_none() {
        for (host, payload, expected) in [
            ("10.0.0.1", "10.0.0.11 - - x", true),
            ("10.0.0.1", "10.0.0.1:5 [22/Nov/2026:07:18:29.123] x", true),
            ("10.0.0.1", "10.0.0.1 nginx: 192.0.2.1 - - x", false),
            ("lb.zone-a.example.org", "lb.zone-a.example.net haproxy[1]: x", false),
            ("lb.zone-a.example.org", "192.0.2.1 - - x", true),
        ] {
            let frame = format!("<134>Nov 22 07:18:29 {host} nginx: ");
            let mut last = LastFrame::new();
            last.learn(Framing::Rfc3164, frame.as_bytes(), frame.len());
            let line = format!("{frame}{payload}\n{}", "y".repeat(64));
            let end = dispatch!(Level::new(), simd => last.end(simd, line.as_bytes(), 0));
            assert_eq!(end, expected.then_some(frame.len()), "{payload}");
        }
    }
}
