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
    /// For every `\n`: its position, and how many entries are before or at it. Only the first `lines_len` count.
    lines: Vec<[u32; 2]>,
    lines_len: usize,
}

const BLOCK: usize = 64;
/// Entries written per block without asking how many there are.
const SLOTS: usize = 4;

impl Index {
    /// Indexes `block`, which is shorter than 4 GiB. A last line without `\n` gets one at `block.len()`.
    pub(super) fn fill(&mut self, level: Level, block: &[u8]) {
        // At most one entry per two bytes and one line end per byte, and room for the slots written in advance.
        let most = block.len() + 2 * BLOCK;
        if self.lines.len() < most {
            // Zeros that the system hands out and nothing touches.
            (self.entries, self.lines) = (vec![0; most / 2 + BLOCK], vec![[0; 2]; most]);
        }
        dispatch!(level, simd => fill(simd, block, self));
        if block.last().is_some_and(|&b| b != b'\n')
            && let Some(slot) = self.lines.get_mut(self.lines_len)
        {
            *slot = [block.len() as u32, self.entries_len as u32];
            self.lines_len += 1;
        }
    }

    /// The lines with their entries: start, end (of the line, without `\n`), entries.
    #[inline]
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, usize, &[u32])> {
        let mut start = 0;
        let mut first = 0;
        self.lines.get(..self.lines_len).unwrap_or_default().iter().map(move |&[end, last]| {
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
    let mut state = State {
        quotes: u8x64::splat(simd, b'"'),
        colons: u8x64::splat(simd, b':'),
        blanks: u8x64::splat(simd, b' '),
        breaks: u8x64::splat(simd, b'\n'),
        at: 0,
        quote: 0,
        entries: &mut index.entries,
        found: 0,
        lines: &mut index.lines,
        ended: 0,
    };
    for chunk in chunks {
        state.chunk(simd, chunk);
    }
    if !rest.is_empty() {
        let mut last = [b'x'; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        state.chunk(simd, &last);
    }
    (index.entries_len, index.lines_len) = (state.found, state.ended);
}

struct State<'i, S: Simd> {
    quotes: u8x64<S>,
    colons: u8x64<S>,
    blanks: u8x64<S>,
    breaks: u8x64<S>,
    /// Where the next chunk begins.
    at: u32,
    /// Bit 0: the last byte of the chunk before was a quote.
    quote: u64,
    /// What is free of the entries, and how many are not.
    entries: &'i mut [u32],
    found: usize,
    lines: &'i mut [[u32; 2]],
    ended: usize,
}

impl<S: Simd> State<'_, S> {
    #[inline(always)]
    fn chunk(&mut self, simd: S, chunk: &[u8; BLOCK]) {
        let bytes = u8x64::from_slice(simd, chunk);
        let quote = bytes.simd_eq(self.quotes).to_bitmask();
        let close = (bytes.simd_eq(self.colons) | bytes.simd_le(self.blanks)).to_bitmask();
        let newline = bytes.simd_eq(self.breaks).to_bitmask();
        let entry = close & (quote << 1 | self.quote);
        self.quote = quote >> 63;

        let count = entry.count_ones() as usize;
        let entries = std::mem::take(&mut self.entries);
        let Some(slots) = entries.first_chunk_mut::<BLOCK>() else { return };
        let mut left = entry;
        for slot in &mut slots[..SLOTS] {
            *slot = self.at.wrapping_add(left.trailing_zeros());
            left &= left.wrapping_sub(1);
        }
        if count > SLOTS {
            for slot in slots.get_mut(SLOTS..count).unwrap_or_default() {
                *slot = self.at.wrapping_add(left.trailing_zeros());
                left &= left.wrapping_sub(1);
            }
        }
        self.entries = &mut entries[count..];

        // Mostly there is no line end in a chunk, or one: written without asking.
        let found = self.found as u32;
        let before = |breaks: u64| found + (entry & (breaks ^ breaks.wrapping_sub(1))).count_ones();
        let Some(slot) = self.lines.get_mut(self.ended) else { return };
        *slot = [self.at.wrapping_add(newline.trailing_zeros()), before(newline)];
        self.ended += usize::from(newline != 0);
        let mut more = newline & newline.wrapping_sub(1);
        while more != 0 {
            let Some(slot) = self.lines.get_mut(self.ended) else { return };
            *slot = [self.at.wrapping_add(more.trailing_zeros()), before(more)];
            self.ended += 1;
            more &= more - 1;
        }
        self.found += count;
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
