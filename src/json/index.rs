//! The key-end index: where the keys of a block of lines end, in one pass at memory speed.
//!
//! An entry is the position of a byte that is `:` or white space (or any byte up to 0x20) and stands right after a
//! `"` that has no backslash before it. In a line the walker accepts, such a `:` always ends a key, and every key
//! does it so, except one with white space before its colon (then that white space is an entry and gives it away)
//! and one whose name ends in a backslash (which no path may).

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
    let mut carry = Carry::default();
    let mut at = 0;
    for chunk in chunks {
        chunk_masks(simd, chunk, at, &mut carry, index);
        at += BLOCK as u32;
    }
    if !rest.is_empty() {
        let mut last = [b'x'; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        chunk_masks(simd, &last, at, &mut carry, index);
    }
}

/// Bit 0: what the last byte of the chunk before was.
#[derive(Default)]
struct Carry {
    backslash: u64,
    quote: u64,
}

#[inline(always)]
fn chunk_masks<S: Simd>(simd: S, chunk: &[u8; BLOCK], at: u32, carry: &mut Carry, index: &mut Index) {
    let bytes = u8x64::from_slice(simd, chunk);
    let mask = |byte: u8| bytes.simd_eq(u8x64::splat(simd, byte)).to_bitmask();
    let backslash = mask(b'\\');
    let newline = mask(b'\n');
    let end = mask(b':') | bytes.simd_le(u8x64::splat(simd, b' ')).to_bitmask();
    let quote = mask(b'"') & !(backslash << 1 | carry.backslash);
    let entry = end & (quote << 1 | carry.quote);
    carry.backslash = backslash >> 63;
    carry.quote = quote >> 63;

    let before = index.entries_len;
    let count = entry.count_ones() as usize;
    if let Some(slots) = index.entries.get_mut(before..before + BLOCK) {
        let mut left = entry;
        for slot in &mut slots[..SLOTS] {
            *slot = at.wrapping_add(left.trailing_zeros());
            left &= left.wrapping_sub(1);
        }
        if count > SLOTS {
            for slot in &mut slots[SLOTS..count] {
                *slot = at + left.trailing_zeros();
                left &= left.wrapping_sub(1);
            }
        }
    }
    index.entries_len = before + count;

    let mut left = newline;
    while left != 0 {
        let bit = left.trailing_zeros();
        let upto = entry & (u64::MAX >> (63 - bit));
        index.lines.push((at + bit, before as u32 + upto.count_ones()));
        left &= left - 1;
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
            let quote = i >= 1 && block[i - 1] == b'"' && (i < 2 || block[i - 2] != b'\\');
            if quote && (b == b':' || b <= b' ') {
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
