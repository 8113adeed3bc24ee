//! The key-end index: where the keys of a block of lines and the lines themselves end, in one pass at memory speed.
//!
//! A mark is the position of a line break, or of a byte that is `:` or white space (or any byte up to 0x20) and stands
//! right after a `"`. Every key of a line makes one: its colon, or the white space before its colon. A string makes one
//! where it holds `\":`, which is rare enough. Then its line break makes one. So the break of a line of as many keys as
//! the line before stands so many marks later, and nobody has to search for it.

// A kernel is compiled once per instruction set, which works only where it is inlined into the dispatching function.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, prelude::*, u8x64};

use crate::index::{SPARSE, write_places};

/// Marks of one block.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Marks, rising. Longer than it says: only the first `len` count.
    marks: Vec<u32>,
    len: usize,
}

const BLOCK: usize = 64;
/// The buffer grows by so much at a time: blocks of one input differ in length by a line.
const GROWTH: usize = 1 << 16;

impl Index {
    /// Indexes `block`, which is shorter than 4 GiB, from `from` on, where a line begins. A last line without `\n` ends at
    /// `block.len()`.
    #[inline(always)]
    pub(super) fn fill<S: Simd>(&mut self, simd: S, block: &[u8], from: usize) {
        // Room for a mark of every byte, and for those written in advance.
        let most = block.len() + BLOCK + 1;
        if self.marks.len() < most {
            // Zeros that the system hands out and nothing touches.
            self.marks = vec![0; most.next_multiple_of(GROWTH)];
        }
        self.len = fill(simd, block, from, &mut self.marks);
        if block.get(from..).and_then(<[u8]>::last).is_some_and(|&b| b != b'\n')
            && let Some(slot) = self.marks.get_mut(self.len)
        {
            *slot = block.len() as u32;
            self.len += 1;
        }
    }

    /// The marks.
    #[inline]
    pub(super) fn marks(&self) -> &[u32] {
        self.marks.get(..self.len).unwrap_or_default()
    }
}

/// Writes the marks of `block` from `from` on; how many there are.
#[inline(always)]
fn fill<S: Simd>(simd: S, block: &[u8], from: usize, marks: &mut [u32]) -> usize {
    let whole = marks.len();
    let mut free = marks;
    // The first byte of all has none before it: it can only be a line break.
    if from == 0 && block.first() == Some(&b'\n') {
        free = write(simd, 1, 0, free);
    }
    let wanted = Wanted {
        quote: u8x64::splat(simd, b'"'),
        colon: u8x64::splat(simd, b':'),
        blank: u8x64::splat(simd, b' '),
        line_break: u8x64::splat(simd, b'\n'),
    };
    let mut at = from.max(1);
    let (chunks, rest) = block.get(at..).unwrap_or_default().as_chunks::<BLOCK>();
    let before = block.get(at - 1..).unwrap_or_default();
    for (chunk, before) in chunks.iter().zip(before.as_chunks::<BLOCK>().0) {
        free = write(simd, wanted.among(simd, before, chunk), at as u32, free);
        at += BLOCK;
    }
    if !rest.is_empty() {
        let (mut last, mut before) = ([b'x'; BLOCK], [b'x'; BLOCK]);
        last[..rest.len()].copy_from_slice(rest);
        for (to, from) in before.iter_mut().zip(block.get(at - 1..).unwrap_or_default()) {
            *to = *from;
        }
        free = write(simd, wanted.among(simd, &before, &last), at as u32, free);
    }
    whole - free.len()
}

/// What makes a mark.
struct Wanted<S: Simd> {
    quote: u8x64<S>,
    colon: u8x64<S>,
    blank: u8x64<S>,
    line_break: u8x64<S>,
}

impl<S: Simd> Wanted<S> {
    /// The marks among 64 bytes, one bit for each; `before` are the same bytes one place earlier. Loaded twice they cost
    /// less than a shift of bits that goes on from block to block.
    #[inline(always)]
    fn among(&self, simd: S, before: &[u8; BLOCK], bytes: &[u8; BLOCK]) -> u64 {
        let after_quote = u8x64::from_slice(simd, before).simd_eq(self.quote);
        let bytes = u8x64::from_slice(simd, bytes);
        let close = bytes.simd_eq(self.colon) | bytes.simd_le(self.blank);
        (close & after_quote | bytes.simd_eq(self.line_break)).to_bitmask()
    }
}

/// Writes the marks of 64 bytes that begin at `at`; what is left of `free`.
#[inline(always)]
fn write<S: Simd>(simd: S, marks: u64, at: u32, free: &mut [u32]) -> &mut [u32] {
    let count = marks.count_ones() as usize;
    let Some(slots) = free.first_chunk_mut::<BLOCK>() else { return free };
    write_places::<SPARSE, S>(simd, marks, at, slots, count);
    free.get_mut(count..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::levels;
    use fearless_simd::dispatch;

    /// Byte by byte.
    fn naive(block: &[u8], from: usize) -> Vec<u32> {
        let marks = |&i: &usize| {
            let after_quote = i > 0 && block[i - 1] == b'"';
            block[i] == b'\n' || after_quote && (block[i] == b':' || block[i] <= b' ')
        };
        let mut out: Vec<u32> = (from..block.len()).filter(marks).map(|i| i as u32).collect();
        if block.len() > from && !block.ends_with(b"\n") {
            out.push(block.len() as u32);
        }
        out
    }

    #[test]
    fn every_level_equals_a_walk_byte_by_byte() {
        for level in levels() {
            let mut seed = 7u64;
            // One index for all: what longer blocks left behind must not show.
            let mut index = Index::default();
            for round in 0..4000 {
                let dense = round % 3 == 0;
                let block: Vec<u8> = (0..round % 300)
                    .map(|_| {
                        seed = seed
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                        let pick = (seed >> 33) as usize % if dense { 12 } else { 60 };
                        b"\"\"\":: \\x\n\0\t\xff".get(pick).copied().unwrap_or(b'a')
                    })
                    .collect();
                let from = (seed >> 40) as usize % (block.len() + 1);
                dispatch!(level, simd => index.fill(simd, &block, from));
                assert_eq!(index.marks(), naive(&block, from), "{level:?} {from} {block:?}");
            }
            for all in [&b"\n"[..], b"\":", b"\"\n", b"x"] {
                let block = all.repeat(5_000);
                dispatch!(level, simd => index.fill(simd, &block, 0));
                assert_eq!(index.marks(), naive(&block, 0), "{level:?} {all:?}");
            }
        }
    }
}
