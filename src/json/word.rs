//! The texts of a shape, as the processor compares them: many bytes at once, the bytes that do not count masked out, and
//! no branch between one text and the next.

// Inlined into the function that is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, prelude::*, u8x64};

/// Bytes compared at once.
pub(super) const WINDOW: usize = 64;
/// Longest part of a text: in its window there is room for the byte before it.
const LONGEST: usize = WINDOW - 1;

/// The end of a text, or the part of a longer one that ends `back` bytes before the end of it. Aligned, so that reading
/// its bytes takes one line of the cache.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Word {
    bytes: [u8; WINDOW],
    /// 0xFF where a byte counts: a short text fills only the end of a window.
    mask: [u8; WINDOW],
    pub(super) back: usize,
    /// In the window: the byte before the text. Where another part is before it, a byte of the text itself that
    /// belongs to no run, the colon at its end or a byte of the key.
    before: u8,
}

/// The words of a text, its end first.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = Word> {
    let parts = text.len().div_ceil(LONGEST);
    text.rchunks(LONGEST).enumerate().map(move |(i, part)| {
        let (mut bytes, mut mask) = ([0; WINDOW], [0; WINDOW]);
        bytes[WINDOW - part.len()..].copy_from_slice(part);
        mask[WINDOW - part.len()..].fill(0xFF);
        let before = if i + 1 == parts { LONGEST - part.len() } else { LONGEST };
        Word { bytes, mask, back: i * LONGEST, before: before as u8 }
    })
}

impl Word {
    /// The byte before the text.
    #[inline(always)]
    pub(super) fn before(&self, window: &[u8; WINDOW]) -> u8 {
        window[usize::from(self.before) % WINDOW]
    }

    /// Adds to `wrong` what of the window is not the word.
    #[inline(always)]
    pub(super) fn differ<S: Simd>(&self, simd: S, window: &[u8; WINDOW], wrong: u8x64<S>) -> u8x64<S> {
        let own = u8x64::from_slice(simd, &self.bytes);
        wrong | (u8x64::from_slice(simd, window) ^ own) & u8x64::from_slice(simd, &self.mask)
    }
}

/// The bytes before `end`.
#[inline(always)]
pub(super) fn window(block: &[u8], end: usize) -> Option<&[u8; WINDOW]> {
    block.get(end.wrapping_sub(WINDOW)..).and_then(|rest| rest.first_chunk())
}

/// The same near the begin of a block, before which are zeros.
#[cold]
#[inline(never)]
pub(super) fn short_window(block: &[u8], end: usize) -> [u8; WINDOW] {
    let mut window = [0; WINDOW];
    let bytes = block.get(..end).unwrap_or_default();
    window.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    window
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};

    /// What differs from the words of a text that ends before `end`, and the bytes before them.
    #[inline(always)]
    fn compared<S: Simd>(simd: S, words: &[Word], block: &[u8], end: usize) -> (bool, Vec<u8>) {
        let mut wrong = u8x64::splat(simd, 0);
        let mut before = Vec::new();
        for word in words {
            let end = end - word.back;
            let short = short_window(block, end);
            assert_eq!(window(block, end).is_some(), end >= WINDOW);
            assert_eq!(*window(block, end).unwrap_or(&short), short);
            wrong = word.differ(simd, &short, wrong);
            before.push(word.before(&short));
        }
        (wrong.simd_eq(0).to_bitmask() == u64::MAX, before)
    }

    #[test]
    fn a_text_of_any_length_is_found_and_nothing_else() {
        for length in 1..=200 {
            let text: Vec<u8> = (0..length).map(|i| b'a' + (i % 23) as u8).collect();
            let words: Vec<Word> = words(&text).collect();
            for filler in [0, 1, 30, 62, 63, 64, 130] {
                let block = [vec![b'#'; filler], vec![b'!'], text.clone()].concat();
                for level in [Level::baseline(), Level::new()] {
                    let compared =
                        |block: &[u8]| dispatch!(level, simd => compared(simd, &words, block, block.len()));
                    let (same, before) = compared(&block);
                    assert!(same, "{length} {filler}");
                    assert_eq!(before.iter().filter(|&&b| b == b'!').count(), 1);
                    assert!(before.iter().all(|b| *b == b'!' || text.contains(b)));
                    for at in (0..block.len()).step_by(7) {
                        let mut other = block.clone();
                        other[at] ^= 0x80;
                        assert_eq!(compared(&other).0, at <= filler, "{length} {filler} {at}");
                    }
                }
            }
        }
    }
}
