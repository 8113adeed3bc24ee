//! The key-end index: where the keys of a block of lines end, in one pass at memory speed.
//!
//! An entry is the position of a byte that is `:` or white space (or any byte up to 0x20) and stands right after a
//! `"`. Every key of a line makes one: its colon, or the white space before its colon. A string makes one where it
//! holds `\":`, which is rare enough.

// A kernel is compiled once per instruction set, which works only where it is inlined into the dispatching function.
#![allow(clippy::inline_always)]

use fearless_simd::{Level, dispatch, prelude::*, u8x64};

/// Positions of one block.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Entries, rising. Longer than it says: only the first `entries_len` count.
    entries: Vec<u32>,
    entries_len: usize,
    /// For every `\n`: its position, and how many entries are before or at it.
    lines: Vec<(u32, u32)>,
}

const BLOCK: usize = 64;
/// Entries written per block without asking how many there are.
const SLOTS: usize = 4;

impl Index {
    /// Indexes `block`, which is shorter than 4 GiB. A last line without `\n` gets one at `block.len()`.
    pub(super) fn fill(&mut self, level: Level, block: &[u8]) {
        // At most one entry per two bytes, and room for the slots written in advance.
        let most = block.len() / 2 + BLOCK + SLOTS;
        if self.entries.len() < most {
            self.entries.resize(most, 0);
        }
        self.entries_len = 0;
        self.lines.clear();
        dispatch!(level, simd => fill(simd, block, self));
        if block.last().is_some_and(|&b| b != b'\n') {
            self.lines.push((block.len() as u32, self.entries_len as u32));
        }
    }

    /// The lines with their entries: start, end (of the line, without `\n`), entries.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, usize, &[u32])> {
        let mut start = 0;
        let mut first = 0;
        self.lines.iter().map(move |&(end, last)| {
            let line = (start, end as usize, self.entries.get(first..last as usize).unwrap_or_default());
            start = end as usize + 1;
            first = last as usize;
            line
        })
    }
}

#[inline(always)]
fn fill<S: Simd>(simd: S, block: &[u8], index: &mut Index) {
    let (chunks, rest) = block.as_chunks::<BLOCK>();
    let mut state = State::default();
    for chunk in chunks {
        state.chunk(simd, chunk, &mut index.entries, &mut index.lines);
    }
    if !rest.is_empty() {
        let mut last = [b'x'; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        state.chunk(simd, &last, &mut index.entries, &mut index.lines);
    }
    index.entries_len = state.entries;
}

#[derive(Default)]
struct State {
    /// Where the next chunk begins.
    at: u32,
    /// Bit 0: the last byte of the chunk before was a quote.
    quote: u64,
    entries: usize,
}

impl State {
    #[inline(always)]
    fn chunk<S: Simd>(
        &mut self,
        simd: S,
        chunk: &[u8; BLOCK],
        entries: &mut [u32],
        lines: &mut Vec<(u32, u32)>,
    ) {
        let bytes = u8x64::from_slice(simd, chunk);
        let quote = bytes.simd_eq(u8x64::splat(simd, b'"')).to_bitmask();
        let colon = bytes.simd_eq(u8x64::splat(simd, b':')).to_bitmask();
        let space = bytes.simd_le(u8x64::splat(simd, b' ')).to_bitmask();
        let newline = bytes.simd_eq(u8x64::splat(simd, b'\n')).to_bitmask();
        let entry = (colon | space) & (quote << 1 | self.quote);
        self.quote = quote >> 63;

        let count = entry.count_ones() as usize;
        if let Some(slots) = entries.get_mut(self.entries..).and_then(|rest| rest.first_chunk_mut::<BLOCK>())
        {
            let mut left = entry;
            for slot in &mut slots[..SLOTS] {
                *slot = self.at.wrapping_add(left.trailing_zeros());
                left &= left.wrapping_sub(1);
            }
            if count > SLOTS {
                for slot in &mut slots[SLOTS..count] {
                    *slot = self.at + left.trailing_zeros();
                    left &= left.wrapping_sub(1);
                }
            }
        }

        let mut left = newline;
        while left != 0 {
            let bit = left.trailing_zeros();
            let upto = entry & (u64::MAX >> (63 - bit));
            lines.push((self.at + bit, self.entries as u32 + upto.count_ones()));
            left &= left - 1;
        }
        self.entries += count;
        self.at = self.at.wrapping_add(BLOCK as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte by byte.
    fn naive(block: &[u8]) -> Vec<(usize, usize, Vec<u32>)> {
        let mut out = Vec::new();
        let (mut start, mut entries) = (0, Vec::new());
        for (i, &b) in block.iter().enumerate() {
            if i >= 1 && block[i - 1] == b'"' && (b == b':' || b <= b' ') {
                entries.push(i as u32);
            }
            if b == b'\n' {
                out.push((start, i, std::mem::take(&mut entries)));
                start = i + 1;
            }
        }
        if start < block.len() {
            out.push((start, block.len(), entries));
        }
        out
    }

    #[test]
    fn equals_a_walk_byte_by_byte() {
        let mut seed = 7u64;
        let mut index = Index::default();
        for round in 0..2000 {
            let length = round % 300;
            let block: Vec<u8> = (0..length)
                .map(|_| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    b"\"\"\":: \\x\n\0\t\xff"[(seed >> 33) as usize % 12]
                })
                .collect();
            index.fill(Level::new(), &block);
            let got: Vec<_> = index.lines().map(|(s, e, k)| (s, e, k.to_vec())).collect();
            assert_eq!(got, naive(&block), "{block:?}");
        }
    }
}
