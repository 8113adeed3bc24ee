//! The structural index of a block: where one byte that matters stands, and where lines end.
//!
//! One pass over 64 bytes at a time compares them with `\n` and with the needle (a quote for most formats, a space
//! for HAProxy) and writes the positions of both out without a branch per byte. A line is then understood by looking
//! up its k-th mark instead of searching for it. The idea is simdjson's first stage; the SIMD is `fearless_simd`'s, safe
//! and chosen at run time. If you touch [`kernel`], keep it `inline(always)`: outside of the dispatch it would be
//! compiled for the baseline and run ten times slower without a warning.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x64};

/// Bytes looked at together.
const STEP: usize = 64;
/// Marks written per step without asking how many there are.
const EAGER: usize = 8;
/// Marks of one line that can be looked up without asking whether they are there.
pub(crate) const WINDOW: usize = 64;

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
    /// Its needles, however many.
    pub(crate) all: &'i [u32],
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

    #[cfg(test)]
    fn with_level(level: Level) -> Self {
        Self { level, ..Self::new() }
    }

    /// Indexes `block`, which must be shorter than 4 GiB.
    pub(crate) fn build(&mut self, block: &[u8], needle: u8) {
        let Self { level, marks, used, ends, lines } = self;
        (*used, *lines) = dispatch!(*level, simd => kernel(simd, block, needle, marks, ends));
        let last = lines.checked_sub(1).and_then(|i| marks.get(*ends.get(i)? as usize));
        if last.map_or(0, |&at| at as usize + 1) < block.len() {
            // A last line without a line break ends with the block.
            marks[*used] = block.len() as u32;
            ends[*lines] = *used as u32;
            *used += 1;
            *lines += 1;
        }
    }

    /// The lines, in order; the last one is there even without a line break.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Marked<'_>> {
        let mut from = 0usize;
        self.ends.iter().take(self.lines).filter_map(move |&end| {
            let (before, end) = (from, end as usize);
            from = end;
            let window = self.marks.get(before..)?.first_chunk::<WINDOW>()?;
            Some(Marked {
                start: window[0].wrapping_add(1) as usize,
                end: *self.marks.get(end)? as usize,
                needles: end - before - 1,
                window,
                all: self.marks.get(before + 1..end)?,
            })
        })
    }
}

/// Where `byte` stands in 64 bytes, one bit each.
#[inline]
pub(crate) fn mask(level: Level, bytes: &[u8; STEP], byte: u8) -> u64 {
    dispatch!(level, simd => mask_kernel(simd, bytes, byte))
}

#[inline(always)]
fn mask_kernel<S: Simd>(simd: S, bytes: &[u8; STEP], byte: u8) -> u64 {
    u8x64::from_slice(simd, bytes).simd_eq(u8x64::splat(simd, byte)).to_bitmask()
}

#[inline(always)]
fn kernel<S: Simd>(
    simd: S,
    block: &[u8],
    needle: u8,
    marks: &mut Vec<u32>,
    ends: &mut Vec<u32>,
) -> (usize, usize) {
    let newlines = u8x64::splat(simd, b'\n');
    let needles = u8x64::splat(simd, needle);
    let (mut found, mut lines) = (1usize, 0usize);
    // Room for a mark in every byte, for a line end at the end of the block, and for a window there: zeros that the
    // system hands out and nothing touches.
    let room = block.len() + 2 * STEP + WINDOW;
    if marks.len() < room {
        *marks = vec![0; room];
    }
    if ends.len() < room {
        *ends = vec![0; room];
    }
    marks[0] = BEFORE;
    let mut last = [0u8; STEP];
    let (whole, rest) = block.as_chunks::<STEP>();
    let tail = if rest.is_empty() {
        &[][..]
    } else {
        // Zeros are neither `\n` nor a needle.
        last[..rest.len()].copy_from_slice(rest);
        std::slice::from_ref(&last)
    };
    for (i, chunk) in whole.iter().chain(tail).enumerate() {
        let base = (i * STEP) as u32;
        let bytes = u8x64::from_slice(simd, chunk);
        let breaks = bytes.simd_eq(newlines).to_bitmask();
        let hits = bytes.simd_eq(needles).to_bitmask() | breaks;
        let count = hits.count_ones() as usize;
        let Some(slots) = marks.get_mut(found..).and_then(|m| m.first_chunk_mut::<STEP>()) else { break };
        let mut bits = hits;
        for slot in &mut slots[..EAGER] {
            *slot = base + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
        if count > EAGER {
            for slot in &mut slots[EAGER..count] {
                *slot = base + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
        }
        // Mostly there is no line end in 64 bytes, or one: written without asking.
        let before =
            |breaks: u64| found as u32 + (hits & (breaks ^ breaks.wrapping_sub(1)) >> 1).count_ones();
        let Some(slots) = ends.get_mut(lines..).and_then(|e| e.first_chunk_mut::<STEP>()) else { break };
        slots[0] = before(breaks);
        lines += usize::from(breaks != 0);
        let mut breaks = breaks & breaks.wrapping_sub(1);
        let mut more = 0;
        while breaks != 0 {
            more += 1;
            slots[more & (STEP - 1)] = before(breaks);
            breaks &= breaks - 1;
        }
        lines += more;
        found += count;
    }
    (found, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn seen(index: &Index) -> Vec<(usize, usize, Vec<u32>)> {
        let line = |l: Marked<'_>| {
            assert_eq!(l.needles, l.all.len());
            assert_eq!(l.window[0].wrapping_add(1) as usize, l.start);
            for (k, at) in l.all.iter().enumerate().take(WINDOW - 1) {
                assert_eq!(l.window[k + 1], *at);
            }
            (l.start, l.end, l.all.to_vec())
        };
        index.lines().map(line).collect()
    }

    #[test]
    fn every_level_equals_the_twin_at_every_length_and_density() {
        let mut seed = 7u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        for level in levels() {
            let mut index = Index::with_level(level);
            for density in [2, 5, 17, 90] {
                let block: Vec<u8> = (0..300)
                    .map(|_| match next() % density {
                        0 => b'"',
                        1 => b'\n',
                        _ => b'a',
                    })
                    .collect();
                for len in 0..=block.len() {
                    index.build(&block[..len], b'"');
                    assert_eq!(seen(&index), naive(&block[..len], b'"'), "{level:?} {density} {len}");
                }
            }
            for all in [b'"', b'\n', 0] {
                let block = vec![all; 10_000];
                index.build(&block, b'"');
                assert_eq!(seen(&index), naive(&block, b'"'));
            }
        }
    }
}
