//! The structural index of a block: where one byte that matters stands, and where lines end.
//!
//! One pass over 64 bytes at a time compares them with `\n` and with the needle (a quote for most formats, a space
//! for HAProxy) and writes the positions of both out without a branch per byte. A line is then understood by looking
//! up its k-th mark instead of searching for it. The idea is simdjson's first stage; the SIMD is `fearless_simd`'s, safe
//! and chosen at run time. If you touch [`kernel`], keep it `inline(always)`: outside of the dispatch it would be
//! compiled for the baseline and run ten times slower without a warning.

// See the module's documentation.
#![allow(clippy::inline_always)]

use fearless_simd::{Level, Simd, prelude::*, u8x64};

/// Bytes looked at together.
const STEP: usize = 64;
/// Marks written per step without asking how many there are.
const EAGER: usize = 8;
/// Marks of one line that can be looked up without asking whether they are there.
pub(crate) const WINDOW: usize = 64;
/// The buffers grow by so much at a time: blocks of one input differ in length by a line.
const GROWTH: usize = 1 << 16;

/// The marks of a block: every needle and every line end, in order.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    level: Level,
    /// Positions. The first one stands before the block, as if a line had ended there; `used` are valid, and a
    /// [`WINDOW`] can be taken anywhere among them.
    marks: Vec<u32>,
    used: usize,
    /// Which of the marks are line ends; `lines` are valid.
    ends: Vec<u32>,
    lines: usize,
}

/// A line of a block, by its marks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marked<'i> {
    /// Position of its first byte.
    pub(crate) start: usize,
    /// Position of its `\n`, or the end of the block.
    pub(crate) end: usize,
    /// How many needles it has.
    pub(crate) needles: usize,
    /// The end of the line before (so `window[0] + 1` is its start, by wrapping), its needles, its own end; then
    /// marks of lines after it.
    pub(crate) window: &'i [u32; WINDOW],
}

/// Before the block: one less than position 0.
const BEFORE: u32 = u32::MAX;

impl Index {
    pub(crate) fn new() -> Self {
        Self { level: Level::new(), marks: Vec::new(), used: 0, ends: Vec::new(), lines: 0 }
    }

    /// The SIMD level in use.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// Indexes `block`, which must be shorter than 4 GiB. Of a line that has `enough` needles more may be left out.
    #[inline(always)]
    pub(crate) fn build<S: Simd>(&mut self, simd: S, block: &[u8], needle: u8, enough: usize) {
        self.make_room(block.len());
        let Self { marks, used, ends, lines, .. } = self;
        (*used, *lines) = if enough < WINDOW {
            kernel::<S, true>(simd, block, needle, enough, marks, ends)
        } else {
            kernel::<S, false>(simd, block, needle, enough, marks, ends)
        };
        let last = lines.checked_sub(1).and_then(|i| marks.get(*ends.get(i)? as usize));
        if last.map_or(0, |&at| at as usize + 1) < block.len() {
            // A last line without a line break ends with the block.
            marks[*used] = block.len() as u32;
            ends[*lines] = *used as u32;
            *used += 1;
            *lines += 1;
        }
    }

    /// Room for a mark in every byte, for a line end at the end of the block, and for a window there.
    fn make_room(&mut self, len: usize) {
        let room = len + 2 * STEP + WINDOW;
        if self.marks.len() < room {
            let room = room.next_multiple_of(GROWTH);
            // Zeros that the system hands out and nothing touches.
            (self.marks, self.ends) = (vec![0; room], vec![0; room]);
        }
    }

    /// Which marks are line ends.
    #[inline]
    pub(crate) fn ends(&self) -> &[u32] {
        self.ends.get(..self.lines).unwrap_or_default()
    }

    /// The line between two ends; the one before the first is 0.
    #[inline(always)]
    pub(crate) fn line(&self, before: usize, end: usize) -> Option<Marked<'_>> {
        let window = self.marks.get(before..before + WINDOW)?.first_chunk::<WINDOW>()?;
        Some(Marked {
            start: window[0].wrapping_add(1) as usize,
            end: *self.marks.get(end)? as usize,
            needles: end.wrapping_sub(before).wrapping_sub(1),
            window,
        })
    }

    /// The needles between two ends, however many.
    pub(crate) fn needles(&self, before: usize, end: usize) -> &[u32] {
        self.marks.get(before + 1..end).unwrap_or_default()
    }
}

/// Where `byte` stands in the 64 bytes from `at` on, one bit each; what lies behind the block is zeros.
#[inline(always)]
pub(crate) fn mask<S: Simd>(simd: S, block: &[u8], at: usize, byte: u8) -> u64 {
    let padded;
    let inside = block.get(at..at.wrapping_add(STEP)).and_then(|bytes| bytes.first_chunk::<STEP>());
    let bytes = if let Some(bytes) = inside {
        bytes
    } else {
        padded = pad(block, at);
        &padded
    };
    u8x64::from_slice(simd, bytes).simd_eq(u8x64::splat(simd, byte)).to_bitmask()
}

#[cold]
fn pad(block: &[u8], at: usize) -> [u8; STEP] {
    let mut padded = [0u8; STEP];
    let rest = block.get(at..).unwrap_or_default();
    padded.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    padded
}

/// `HEAD`: what follows in a line with `enough` needles is looked through for its end only.
#[inline(always)]
fn kernel<S: Simd, const HEAD: bool>(
    simd: S,
    block: &[u8],
    needle: u8,
    enough: usize,
    marks: &mut [u32],
    ends: &mut [u32],
) -> (usize, usize) {
    let Some((first, marks)) = marks.split_first_mut() else { return (0, 0) };
    *first = BEFORE;
    let room = marks.len();
    let mut cursor = Cursor { marks, found: 1, ends, lines: 0, until: 1 + enough.min(WINDOW), enough };
    let needles = Needles { newlines: u8x64::splat(simd, b'\n'), needles: u8x64::splat(simd, needle) };
    let (whole, rest) = block.as_chunks::<STEP>();
    let mut base = 0u32;
    for chunk in whole {
        cursor.step::<S, HEAD>(simd, &needles, chunk, base);
        base += STEP as u32;
    }
    if !rest.is_empty() {
        // Zeros are neither `\n` nor a needle.
        let mut last = [0u8; STEP];
        last[..rest.len()].copy_from_slice(rest);
        cursor.step::<S, HEAD>(simd, &needles, &last, base);
    }
    debug_assert_eq!(room - cursor.marks.len() + 1, cursor.found);
    (cursor.found, cursor.lines)
}

/// What is looked for.
struct Needles<S: Simd> {
    newlines: u8x64<S>,
    needles: u8x64<S>,
}

/// How far the index is written.
struct Cursor<'i> {
    /// What is free of the marks, and how many are not.
    marks: &'i mut [u32],
    found: usize,
    ends: &'i mut [u32],
    lines: usize,
    /// How many marks there are when the line that is looked at has enough.
    until: usize,
    enough: usize,
}

impl Cursor<'_> {
    #[inline(always)]
    fn step<S: Simd, const HEAD: bool>(
        &mut self,
        simd: S,
        needles: &Needles<S>,
        chunk: &[u8; STEP],
        base: u32,
    ) {
        let bytes = u8x64::from_slice(simd, chunk);
        let breaks = bytes.simd_eq(needles.newlines).to_bitmask();
        if HEAD && breaks == 0 && self.found >= self.until {
            return;
        }
        let hits = bytes.simd_eq(needles.needles).to_bitmask() | breaks;
        let count = hits.count_ones() as usize;
        let marks = std::mem::take(&mut self.marks);
        let Some(slots) = marks.first_chunk_mut::<STEP>() else { return };
        let mut bits = hits;
        let mut write = |slots: &mut [u32]| {
            for slot in slots {
                *slot = base + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
        };
        write(&mut slots[..EAGER]);
        if count > EAGER {
            write(&mut slots[EAGER..2 * EAGER]);
            write(slots.get_mut(2 * EAGER..count).unwrap_or_default());
        }
        self.marks = &mut marks[count..];
        // Mostly there is no line end in 64 bytes, or one: written without asking.
        let found = self.found as u32;
        let before = |breaks: u64| found + (hits & (breaks ^ breaks.wrapping_sub(1)) >> 1).count_ones();
        let Some(slot) = self.ends.get_mut(self.lines) else { return };
        *slot = before(breaks);
        self.lines += usize::from(breaks != 0);
        let mut more = breaks & breaks.wrapping_sub(1);
        while more != 0 {
            let Some(slot) = self.ends.get_mut(self.lines) else { return };
            *slot = before(more);
            self.lines += 1;
            more &= more - 1;
        }
        self.found += count;
        if HEAD && breaks != 0 {
            // Of this line: the needles behind the last line end.
            let inside = (hits.unbounded_shr(64 - breaks.leading_zeros())).count_ones() as usize;
            self.until = self.found - inside + self.enough;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::dispatch;

    fn levels() -> Vec<Level> {
        let best = Level::new();
        let mut all = vec![Level::baseline(), best];
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        {
            all.extend(best.as_sse4_2().map(Level::Sse4_2));
            all.extend(best.as_avx2().map(Level::Avx2));
        }
        all
    }

    /// The obvious twin: start, end and needles of every line.
    fn naive(block: &[u8], needle: u8) -> Vec<(usize, usize, Vec<u32>)> {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in block.split_inclusive(|&b| b == b'\n') {
            let end = start + line.len() - usize::from(line.ends_with(b"\n"));
            let needles = (start..end).filter(|&i| block[i] == needle).map(|i| i as u32).collect();
            lines.push((start, end, needles));
            start += line.len();
        }
        lines
    }

    fn indexed(level: Level, block: &[u8], needle: u8, enough: usize) -> Vec<(usize, usize, Vec<u32>)> {
        let mut index = Index::new();
        dispatch!(level, simd => index.build(simd, block, needle, enough));
        let mut before = 0;
        let line = |&end: &u32| {
            let from = std::mem::replace(&mut before, end as usize);
            let l = index.line(from, end as usize).unwrap();
            let all = index.needles(from, end as usize);
            assert_eq!(l.needles, all.len());
            assert_eq!(l.window[0].wrapping_add(1) as usize, l.start);
            for (k, at) in all.iter().enumerate().take(WINDOW - 1) {
                assert_eq!(l.window[k + 1], *at);
            }
            (l.start, l.end, all.to_vec())
        };
        index.ends().iter().map(line).collect()
    }

    #[test]
    fn bytes_are_found_up_to_the_end_of_a_block() {
        let block = [b"ab\"d".repeat(16), b"\"x\"".to_vec()].concat();
        for level in levels() {
            for at in 0..=block.len() {
                let expected =
                    (0..64).filter(|i| block.get(at + i) == Some(&b'"')).fold(0, |m, i| m | 1u64 << i);
                assert_eq!(dispatch!(level, simd => mask(simd, &block, at, b'"')), expected, "{at}");
            }
        }
    }

    #[test]
    fn every_level_equals_the_twin_at_every_length_and_density() {
        let mut seed = 7u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        for level in levels() {
            for density in [2, 5, 17, 90] {
                let block: Vec<u8> = (0..300)
                    .map(|_| match next() % density {
                        0 => b'"',
                        1 => b'\n',
                        _ => b'a',
                    })
                    .collect();
                for len in 0..=block.len() {
                    let (block, expected) = (&block[..len], naive(&block[..len], b'"'));
                    assert_eq!(
                        indexed(level, block, b'"', usize::MAX),
                        expected,
                        "{level:?} {density} {len}"
                    );
                    for enough in [0, 1, 3, 20] {
                        let seen = indexed(level, block, b'"', enough);
                        assert_eq!(seen.len(), expected.len());
                        for ((start, end, some), (a, b, all)) in seen.iter().zip(&expected) {
                            assert_eq!((start, end), (a, b));
                            assert!(all.starts_with(some) && some.len() >= all.len().min(enough));
                        }
                    }
                }
            }
            for all in [b'"', b'\n', 0] {
                let block = vec![all; 10_000];
                assert_eq!(indexed(level, &block, b'"', usize::MAX), naive(&block, b'"'));
            }
        }
    }
}
