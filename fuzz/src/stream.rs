//! Blocks and pieces have the lines of the slice.

use std::io::{self, Read};

use brownout::input::{self, Blocks, End, Limits, PieceReader, Pieces};

use super::choices::Dice;
use super::first_line;

/// Sizes of reads on the first line (0: interrupted, `!`: an error), then a file: blocks and pieces have the lines of
/// the slice, whatever a read brings.
pub fn stream(data: &[u8]) {
    let (script, bytes) = first_line(data);
    let mut dice = Dice::of(script);
    let limits = Limits { block: 16 + dice.below(40), max_line: 1 + dice.below(80), ..Limits::default() };
    let mut blocks = Blocks::with_limits(Scripted { bytes, at: 0, script, step: 0, failed: None }, limits);
    let mut found = Vec::new();
    while let Some(block) = blocks.next() {
        found.extend(input::lines(block.bytes).map(|(at, line)| (block.offset + at as u64, line.to_vec())));
    }
    let stopped = match blocks.end() {
        End::Complete => bytes.len(),
        End::Truncated(error) => error.to_string().parse().expect("the script's own error"),
        end => panic!("{end}"),
    };
    assert_eq!(found, lines_within(&bytes[..stopped], limits.max_line));

    let mut found = Vec::new();
    for piece in Pieces::of(bytes.len() as u64, 1 + dice.below(60) as u64) {
        let mut reader = PieceReader::new(bytes, piece, limits);
        while let Some(block) = reader.next() {
            found.extend(
                input::lines(block.bytes).map(|(at, line)| (block.offset + at as u64, line.to_vec())),
            );
        }
    }
    assert_eq!(found, lines_within(bytes, limits.max_line));
}

/// A reader that brings what the script says.
struct Scripted<'a> {
    bytes: &'a [u8],
    at: usize,
    script: &'a [u8],
    step: usize,
    failed: Option<usize>,
}

impl Read for Scripted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let word = self.script.get(self.step % self.script.len().max(1)).copied().unwrap_or(b'9');
        self.step += 1;
        let left = self.bytes.len() - self.at;
        if self.failed.is_some() || word == b'!' && left > 0 {
            let at = *self.failed.get_or_insert(self.at);
            return Err(io::Error::other(at.to_string()));
        }
        if word == b'0' && self.step < 4 * self.bytes.len() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = usize::from(word % 32 + 1).min(buffer.len()).min(left);
        buffer[..n].copy_from_slice(&self.bytes[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// The lines no longer than `most`, the slow and obvious way.
fn lines_within(bytes: &[u8], most: usize) -> Vec<(u64, Vec<u8>)> {
    let bom = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut lines = Vec::new();
    let mut at = bom;
    for line in bytes[bom..].split_inclusive(|&b| b == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        if bare.len() <= most {
            lines.push((at as u64, bare.strip_suffix(b"\r").unwrap_or(bare).to_vec()));
        }
        at += line.len();
    }
    lines
}
