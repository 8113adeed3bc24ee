//! The structural index of a block: where one byte that matters stands, and where lines end.
//!
//! One pass over 64 bytes at a time compares them with `\n` and with the needle (a quote for most formats, a space
//! for HAProxy). Of the line ends it writes the positions, of the needles one bit for each byte and how many came
//! before; which needle of a line stands where is asked for later, and only of those that matter: mostly the first few
//! and the last few. A line is then understood by looking up its k-th mark instead of searching for it. The idea is
//! simdjson's first stage; the SIMD is `fearless_simd`'s, safe and chosen at run time. If you touch [`kernel`], keep it
//! `inline(always)`: outside of the dispatch it would be compiled for the baseline and run ten times slower without a
//! warning.

// See the module's documentation.
#![allow(clippy::inline_always)]

use fearless_simd::{Level, Simd, mask8x64, prelude::*, u8x64};

/// Bytes looked at together.
const STEP: usize = 64;
/// Words of zeros behind the last one that is used.
const BEHIND: usize = 2;
/// Marks written per word without asking how many there are.
const EAGER: usize = 4;
/// And where there are more.
const MANY: usize = 8;
/// So few marks are written one by one.
const FEW: usize = 4;
/// Marks written per word where one instruction finds all.
const AT_ONCE: usize = 16;
/// Marks of one line that can be looked up without asking whether they are there.
pub(crate) const WINDOW: usize = 64;
/// The buffers grow by so much at a time: blocks of one input differ in length by a line.
const GROWTH: usize = 1 << 16;

/// Marks of a line, counted from its start: the byte before it (so `marks[0] + 1` is 0, by wrapping), then its needles by
/// number.
/// Behind a [`WINDOW`] there is room for all marks of a word, and for any mark that a byte can number.
pub(crate) type Marks = [u32; MARKS];
pub(crate) const MARKS: usize = 256;

/// Needles and line ends of a block.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    level: Level,
    /// Of each 64 bytes: where needles stand, and how many stand before them. `BEHIND` are without any.
    words: Vec<Word>,
    /// Positions of line ends; `lines` are valid.
    ends: Vec<u32>,
    lines: usize,
}

/// Needles of 64 bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    /// One bit for each byte.
    bits: u64,
    /// How many come before.
    rank: usize,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { level: Level::new(), words: Vec::new(), ends: Vec::new(), lines: 0 }
    }

    /// The SIMD level in use.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// Indexes `block`, which must be shorter than 4 GiB; without a needle only its line ends.
    #[inline(always)]
    pub(crate) fn build<S: Simd>(&mut self, simd: S, block: &[u8], needle: Option<u8>) {
        self.make_room(block.len());
        let Self { words, ends, lines, .. } = self;
        *lines = match needle {
            Some(needle) => kernel(simd, block, needle, words, ends),
            None => line_ends(simd, block, ends),
        };
        if block.last().is_some_and(|&last| last != b'\n') {
            // A last line without a line break ends with the block.
            ends[*lines] = block.len() as u32;
            *lines += 1;
        }
    }

    /// Room for a line end in every byte and at the end of the block.
    fn make_room(&mut self, len: usize) {
        if self.ends.len() <= len {
            let room = (len + 1).next_multiple_of(GROWTH);
            let words = room / STEP + BEHIND;
            // Zeros that the system hands out and nothing touches.
            (self.words, self.ends) = (vec![Word::default(); words], vec![0; room]);
        }
    }

    /// Where lines end.
    #[inline]
    pub(crate) fn ends(&self) -> &[u32] {
        self.ends.get(..self.lines).unwrap_or_default()
    }

    /// How many needles stand before `at`, a place in the block or its end.
    #[inline(always)]
    pub(crate) fn rank(&self, at: usize) -> usize {
        let (word, bit) = (at / STEP, at % STEP);
        self.words.get(word).map_or(0, |w| w.rank + (w.bits & !(u64::MAX << bit)).count_ones() as usize)
    }

    /// Where needles stand in the 64 bytes from `at` on.
    #[inline(always)]
    fn bits(&self, at: usize) -> u64 {
        let (word, bit) = (at / STEP, at % STEP);
        match self.words.get(word..word + 2) {
            Some([low, high]) => low.bits >> bit | high.bits << 1 << (63 - bit),
            _ => 0,
        }
    }

    /// Marks the first `count` needles from `start` on, all of which must lie before `end`, and perhaps more; the
    /// first `words` times 64 bytes are looked at in any case.
    #[inline(always)]
    pub(crate) fn mark_first<S: Simd>(
        &self,
        simd: S,
        marks: &mut Marks,
        (start, end): (usize, usize),
        count: usize,
        words: usize,
    ) {
        marks[0] = u32::MAX;
        if count <= FEW && !compresses(simd) {
            // One after the other: for so few that takes less than to write several at once.
            let mut bits = u128::from(self.bits(start + STEP)) << STEP | u128::from(self.bits(start));
            if bits.count_ones() as usize >= count {
                for mark in marks.iter_mut().skip(1).take(count) {
                    *mark = bits.trailing_zeros();
                    bits &= bits.wrapping_sub(1);
                }
                return;
            }
        }
        let (mut seen, mut at) = (0, 0);
        for _ in 0..words {
            seen += write_marks(simd, self.bits(start + at), marks, (seen, count), at);
            at += STEP;
        }
        while seen < count && start + at < end {
            seen += write_marks(simd, self.bits(start + at), marks, (seen, count), at);
            at += STEP;
        }
    }

    /// Marks the last `count` needles of a line with `needles`; `false` where they do not lie in its last 64 bytes.
    #[inline(always)]
    pub(crate) fn mark_last<S: Simd>(
        &self,
        simd: S,
        marks: &mut Marks,
        (start, end): (usize, usize),
        needles: usize,
        count: usize,
    ) -> bool {
        if end < start + STEP || needles >= MARKS - STEP {
            return false;
        }
        let bits = self.bits(end - STEP);
        let near = bits.count_ones() as usize;
        if near < count {
            return false;
        }
        // All of them lie in the line.
        write_marks(simd, bits, marks, (needles.wrapping_sub(near), needles), end - STEP - start);
        true
    }
}

/// Writes where the `bits` of the 64 bytes from `at` on stand, behind the `seen` marks there are; how many. Those beyond
/// `count` may be left out.
#[inline(always)]
pub(crate) fn write_marks<S: Simd>(
    simd: S,
    bits: u64,
    marks: &mut Marks,
    (seen, count): (usize, usize),
    at: usize,
) -> usize {
    let more = bits.count_ones() as usize;
    if seen >= count {
        return more;
    }
    let slots = marks.get_mut(seen + 1..seen + 1 + STEP).and_then(|slots| slots.first_chunk_mut::<STEP>());
    if let Some(slots) = slots {
        write_places(simd, bits, at as u32, slots, more.min(count - seen));
    }
    more
}

/// Writes where the first `count` of the `bits` of the 64 bytes from `at` on stand; what is in the other slots afterwards
/// means nothing.
#[inline(always)]
pub(crate) fn write_places<S: Simd>(simd: S, bits: u64, at: u32, slots: &mut [u32; STEP], count: usize) {
    if compresses(simd) {
        let places = u8x64::from_slice(simd, &PLACES).compress(mask8x64::from_bitmask(simd, bits));
        for (slot, &place) in slots[..AT_ONCE].iter_mut().zip(places.as_array()) {
            *slot = at.wrapping_add(u32::from(place));
        }
        if count > AT_ONCE {
            one_by_one(bits, at, slots.get_mut(..count).unwrap_or_default());
        }
        return;
    }
    let more = one_by_one(bits, at, &mut slots[..EAGER]);
    if count > EAGER {
        let more = one_by_one(more, at, &mut slots[EAGER..MANY]);
        one_by_one(more, at, slots.get_mut(MANY..count).unwrap_or_default());
    }
}

/// Whether one instruction finds the places of many bits. Only processors of this architecture have it, and the name of
/// its level exists on no other.
#[inline(always)]
fn compresses<S: Simd>(simd: S) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let compresses = matches!(simd.level(), Level::Avx512(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let compresses = {
        let _ = simd;
        false
    };
    compresses
}

/// Writes as many places as there are slots; the bits that are left.
#[inline(always)]
fn one_by_one(mut bits: u64, at: u32, slots: &mut [u32]) -> u64 {
    for slot in slots {
        *slot = at.wrapping_add(bits.trailing_zeros());
        bits &= bits.wrapping_sub(1);
    }
    bits
}

/// Where each byte of a vector stands in it.
const PLACES: [u8; STEP] = {
    let mut places = [0; STEP];
    let mut i = 0;
    while i < STEP {
        places[i] = i as u8;
        i += 1;
    }
    places
};

/// Like [`Index::mark_first`] in the line that begins with `bytes` and is `len` bytes long, where needles are not indexed;
/// `false` where it has fewer than `count`.
#[inline(always)]
pub(crate) fn mark_ahead<S: Simd>(
    simd: S,
    (bytes, needle): (&[u8], u8),
    marks: &mut Marks,
    len: usize,
    count: usize,
    words: usize,
) -> bool {
    marks[0] = u32::MAX;
    let (mut seen, mut at) = (0, 0);
    for _ in 0..words {
        seen += write_marks(simd, mask(simd, bytes, at, needle), marks, (seen, count), at);
        at += STEP;
    }
    while seen < count && at < len {
        seen += write_marks(simd, mask(simd, bytes, at, needle), marks, (seen, count), at);
        at += STEP;
    }
    // Those behind the line were marked as well.
    seen >= count && (marks.get(count).is_some_and(|&last| (last as usize) < len) || count == 0)
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

/// Writes the index; how many line ends there are.
#[inline(always)]
fn kernel<S: Simd>(simd: S, block: &[u8], needle: u8, words: &mut [Word], ends: &mut [u32]) -> usize {
    let wanted = Wanted { newline: u8x64::splat(simd, b'\n'), needle: u8x64::splat(simd, needle) };
    let mut found = Found { needles: 0, ends: LineEnds { base: 0, lines: 0 } };
    let (whole, rest) = block.as_chunks::<STEP>();
    let Some((inside, behind)) = words.split_at_mut_checked(whole.len()) else { return 0 };
    let mut inside = inside.iter_mut();
    for chunk in whole {
        let Some(word) = inside.next() else { break };
        found.step(simd, &wanted, chunk, word, ends);
    }
    // Zeros are neither `\n` nor a needle.
    let mut last = [0u8; STEP];
    last[..rest.len()].copy_from_slice(rest);
    for word in behind.iter_mut().take(BEHIND) {
        found.step(simd, &wanted, &last, word, ends);
        last = [0; STEP];
    }
    found.ends.lines
}

/// Writes only where lines end; how many.
#[inline(always)]
fn line_ends<S: Simd>(simd: S, block: &[u8], ends: &mut [u32]) -> usize {
    let newline = u8x64::splat(simd, b'\n');
    let mut found = LineEnds { base: 0, lines: 0 };
    let (whole, rest) = block.as_chunks::<STEP>();
    for chunk in whole {
        found.step(u8x64::from_slice(simd, chunk).simd_eq(newline).to_bitmask(), ends);
    }
    let mut last = [0u8; STEP];
    last[..rest.len()].copy_from_slice(rest);
    found.step(u8x64::from_slice(simd, &last).simd_eq(newline).to_bitmask(), ends);
    found.lines
}

/// What is looked for.
struct Wanted<S: Simd> {
    newline: u8x64<S>,
    needle: u8x64<S>,
}

/// What was found so far.
struct Found {
    needles: usize,
    ends: LineEnds,
}

impl Found {
    #[inline(always)]
    fn step<S: Simd>(
        &mut self,
        simd: S,
        wanted: &Wanted<S>,
        chunk: &[u8; STEP],
        word: &mut Word,
        ends: &mut [u32],
    ) {
        let bytes = u8x64::from_slice(simd, chunk);
        let hits = bytes.simd_eq(wanted.needle).to_bitmask();
        let breaks = bytes.simd_eq(wanted.newline).to_bitmask();
        *word = Word { bits: hits, rank: self.needles };
        self.needles += hits.count_ones() as usize;
        self.ends.step(breaks, ends);
    }
}

/// Line ends found so far.
struct LineEnds {
    /// Bytes looked at.
    base: u32,
    lines: usize,
}

impl LineEnds {
    /// Takes the line breaks of the next 64 bytes.
    #[inline(always)]
    fn step(&mut self, breaks: u64, ends: &mut [u32]) {
        // Mostly there is no line end in 64 bytes, or one: written without asking.
        let Some(slot) = ends.get_mut(self.lines) else { return };
        *slot = self.base + breaks.trailing_zeros();
        self.lines += usize::from(breaks != 0);
        let mut more = breaks & breaks.wrapping_sub(1);
        while more != 0 {
            let Some(slot) = ends.get_mut(self.lines) else { return };
            *slot = self.base + more.trailing_zeros();
            self.lines += 1;
            more &= more - 1;
        }
        self.base += STEP as u32;
    }
}

/// Every level that this machine has.
#[cfg(test)]
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    let mut all = vec![Level::baseline(), best];
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        all.extend(best.as_sse4_2().map(Level::Sse4_2));
        all.extend(best.as_avx2().map(Level::Avx2));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::dispatch;

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

    /// Asserts that the index of `block` says what the twin says, whichever marks are asked for.
    fn assert_like_the_twin(level: Level, index: &mut Index, block: &[u8], needle: u8) {
        dispatch!(level, simd => index.build(simd, block, Some(needle)));
        let expected = naive(block, needle);
        assert_eq!(index.ends().len(), expected.len());
        for (&at, (start, end, all)) in index.ends().iter().zip(&expected) {
            let (start, end, needles) = (*start, *end, all.len());
            // Marks are counted from the start of the line.
            let all: Vec<u32> = all.iter().map(|needle| needle - start as u32).collect();
            assert_eq!(at as usize, end);
            assert_eq!(index.rank(end) - index.rank(start), needles);
            for (count, words) in (0..=needles.min(WINDOW - 1)).flat_map(|n| [(n, 0), (n, 2)]) {
                let mut marks = [7; MARKS];
                dispatch!(level, simd => index.mark_first(simd, &mut marks, (start, end), count, words));
                assert_eq!(marks[0].wrapping_add(1), 0);
                assert_eq!(marks[1..=count], all[..count], "{start} {end} {count}");
                let mut marks = [7; MARKS];
                let mut ahead = |count| {
                    dispatch!(level, simd => {
                        mark_ahead(simd, (&block[start..], needle), &mut marks, end - start, count, words)
                    })
                };
                assert!(!ahead(needles + 1), "{start} {end} {words}");
                assert!(ahead(count), "{start} {end} {count} {words}");
                assert_eq!(marks[0].wrapping_add(1), 0);
                assert_eq!(marks[1..=count], all[..count], "{start} {end} {count}");
                let mut marks = [7; MARKS];
                let near = end - start >= 64
                    && needles < MARKS - STEP
                    && (count == 0 || all[needles - count] as usize >= end - start - 64);
                let last =
                    dispatch!(level, simd => index.mark_last(simd, &mut marks, (start, end), needles, count));
                assert_eq!(last, near);
                if near {
                    assert_eq!(marks[needles - count + 1..=needles], all[needles - count..]);
                }
            }
        }
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
            // One index for all: what longer blocks left behind must not show.
            let mut index = Index::new();
            for (needles, lines) in [(2, 4), (5, 50), (17, 150), (90, 90)] {
                let block: Vec<u8> = (0..300)
                    .map(|_| match (next() % needles, next() % lines) {
                        (_, 0) => b'\n',
                        (0, _) => b'"',
                        _ => b'a',
                    })
                    .collect();
                for len in (0..=block.len()).rev() {
                    assert_like_the_twin(level, &mut index, &block[..len], b'"');
                }
            }
            let block = b"a\n\nbc".repeat(60);
            for len in 0..block.len() {
                dispatch!(level, simd => index.build(simd, &block[..len], None));
                let expected: Vec<u32> = naive(&block[..len], 0).iter().map(|line| line.1 as u32).collect();
                assert_eq!(index.ends(), expected, "{len}");
            }
            for all in [b'"', b'\n', 0] {
                assert_like_the_twin(level, &mut index, &vec![all; 10_000], b'"');
            }
        }
    }
}
