//! The structural index of a block: where one byte that matters stands, and where lines end.
//!
//! One pass over 64 bytes at a time compares them with `\n` and with the needle (a quote for most formats, a space
//! for HAProxy) and writes the positions out without a branch per byte. A line is then understood by looking up the
//! k-th position instead of searching for it. The idea is simdjson's first stage; the SIMD is `fearless_simd`'s, safe
//! and chosen at run time. If you touch [`kernel`], keep it `inline(always)`: outside of the dispatch it would be
//! compiled for the baseline and run ten times slower without a warning.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x64};

/// Bytes looked at together.
const STEP: usize = 64;
/// Positions written per step without asking how many there are.
const EAGER: usize = 8;

/// Positions of one needle in a block, and its lines.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    level: Level,
    positions: Vec<u32>,
    lines: Vec<LineEnd>,
}

/// The end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LineEnd {
    /// Position of the `\n`, or the length of the block for a last line without one.
    pub(crate) at: u32,
    /// How many needles stand before it in the block.
    pub(crate) needles: u32,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { level: Level::new(), positions: Vec::new(), lines: Vec::new() }
    }

    #[cfg(test)]
    fn with_level(level: Level) -> Self {
        Self { level, ..Self::new() }
    }

    /// Indexes `block`, which must be shorter than 4 GiB.
    pub(crate) fn build(&mut self, block: &[u8], needle: u8) {
        let Self { level, positions, lines } = self;
        let (found, ends) = dispatch!(*level, simd => kernel(simd, block, needle, positions, lines));
        positions.truncate(found);
        lines.truncate(ends);
        if lines.last().map_or(0, |l| l.at as usize + 1) < block.len() {
            lines.push(LineEnd { at: block.len() as u32, needles: found as u32 });
        }
    }

    /// Positions of the needle, ascending.
    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// Line ends, ascending; the last line is there even without a line break.
    pub(crate) fn lines(&self) -> &[LineEnd] {
        &self.lines
    }
}

#[inline(always)]
fn kernel<S: Simd>(
    simd: S,
    block: &[u8],
    needle: u8,
    positions: &mut Vec<u32>,
    lines: &mut Vec<LineEnd>,
) -> (usize, usize) {
    let newlines = u8x64::splat(simd, b'\n');
    let needles = u8x64::splat(simd, needle);
    let (mut found, mut ends) = (0usize, 0usize);
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
        let hits = bytes.simd_eq(needles).to_bitmask();
        let breaks = bytes.simd_eq(newlines).to_bitmask();
        if positions.len() < found + STEP {
            positions.resize((found + STEP).max(positions.len() * 2).max(4096), 0);
        }
        if lines.len() < ends + STEP {
            lines.resize((ends + STEP).max(lines.len() * 2).max(1024), LineEnd::default());
        }
        let count = hits.count_ones() as usize;
        let slots = &mut positions[found..found + STEP];
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
        // Mostly there is no break in 64 bytes, or one: written without asking.
        let before =
            |breaks: u64| found as u32 + (hits & (breaks ^ breaks.wrapping_sub(1)) >> 1).count_ones();
        let slots = &mut lines[ends..ends + STEP];
        slots[0] = LineEnd { at: base + breaks.trailing_zeros(), needles: before(breaks) };
        ends += usize::from(breaks != 0);
        let mut breaks = breaks & breaks.wrapping_sub(1);
        let mut more = 0;
        while breaks != 0 {
            more += 1;
            slots[more] = LineEnd { at: base + breaks.trailing_zeros(), needles: before(breaks) };
            breaks &= breaks - 1;
        }
        ends += more;
        found += count;
    }
    (found, ends)
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

    /// The obvious twin.
    fn naive(block: &[u8], needle: u8) -> (Vec<u32>, Vec<LineEnd>) {
        let (mut positions, mut lines) = (Vec::new(), Vec::new());
        for (i, &b) in block.iter().enumerate() {
            if b == b'\n' {
                lines.push(LineEnd { at: i as u32, needles: positions.len() as u32 });
            }
            if b == needle {
                positions.push(i as u32);
            }
        }
        if block.last().is_some_and(|&b| b != b'\n') {
            lines.push(LineEnd { at: block.len() as u32, needles: positions.len() as u32 });
        }
        (positions, lines)
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
                    let (positions, lines) = naive(&block[..len], b'"');
                    assert_eq!(index.positions(), positions, "{level:?} {density} {len}");
                    assert_eq!(index.lines(), lines, "{level:?} {density} {len}");
                }
            }
            for all in [b'"', b'\n', 0] {
                let block = vec![all; 1000];
                index.build(&block, b'"');
                let (positions, lines) = naive(&block, b'"');
                assert_eq!((index.positions(), index.lines()), (&positions[..], &lines[..]));
            }
        }
    }
}
