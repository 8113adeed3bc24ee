//! The structural index of a block: where one byte that matters stands, and where lines end.
//!
//! One pass over 64 bytes at a time compares them with `\n` and with the needle (a quote for most formats) and writes
//! where they stand. A line is then understood by looking up its k-th mark instead of searching for it. The idea is
//! simdjson's first stage; the SIMD is `fearless_simd`'s, safe and chosen at run time. If you touch [`kernel`], keep it
//! `inline(always)`: outside of the dispatch it would be compiled for the baseline and run ten times slower without a
//! warning.

// See the module's documentation.
#![allow(clippy::inline_always)]

use fearless_simd::{Level, Simd, mask8x64, prelude::*, u8x64};

/// Bytes looked at together.
const STEP: usize = 64;
/// Marks written per word without asking how many there are, where they are few, and where as many as quotes are. Twice as
/// many are written where that is not enough.
pub(crate) const SPARSE: usize = 4;
const DENSE: usize = 8;
/// Marks written per word where one instruction finds all.
const AT_ONCE: usize = 16;
/// Marks of one line that can be looked up without asking whether they are there.
pub(crate) const WINDOW: usize = 64;
/// The buffers grow by so much at a time: blocks of one input differ in length by a line.
const GROWTH: usize = 1 << 16;

/// Marks of a line: the byte before it, then its needles by number. Behind a [`WINDOW`] there is room for all marks of 64
/// bytes, and for any mark that a byte can number.
pub(crate) type Marks = [u32; MARKS];
pub(crate) const MARKS: usize = 256;

/// Needles and line ends of a block.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    level: Level,
    /// Positions of line ends; `lines` are valid.
    ends: Vec<u32>,
    lines: usize,
    /// Positions of needles and line ends, behind that of the byte before the block. Behind them is room for [`MARKS`].
    marks: Vec<u32>,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { level: Level::new(), ends: Vec::new(), lines: 0, marks: Vec::new() }
    }

    /// The SIMD level in use.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// Indexes `block`, which must be shorter than 4 GiB; without a needle only its line ends. With one comes how many of it
    /// a line has, mostly. A last line without a line break ends with the block.
    #[inline(always)]
    pub(crate) fn build<S: Simd>(&mut self, simd: S, block: &[u8], needle: Option<(u8, usize)>) {
        self.make_room(block.len(), needle.is_some());
        let Self { ends, lines, marks, .. } = self;
        let len = block.len() as u32;
        let unfinished = block.last().is_some_and(|&last| last != b'\n');
        *lines = match (needle, marks.split_first_mut()) {
            (Some((needle, usual)), Some((before, marks))) => {
                // The byte before the block.
                *before = u32::MAX;
                let (lines, marked) = kernel(simd, block, needle, marks);
                if let Some(mark) = marks.get_mut(marked).filter(|_| unfinished) {
                    *mark = len;
                }
                let marks = marks.get(..marked).unwrap_or_default();
                if usual_ends(block, marks, usual + 1, lines, ends) {
                    lines
                } else {
                    line_ends(simd, block, ends)
                }
            }
            _ => line_ends(simd, block, ends),
        };
        if let Some(end) = ends.get_mut(*lines).filter(|_| unfinished) {
            *end = len;
            *lines += 1;
        }
    }

    /// Room for a line end in every byte and at the end of the block.
    fn make_room(&mut self, len: usize, marked: bool) {
        let room = (len + 1).next_multiple_of(GROWTH);
        // Zeros that the system hands out and nothing touches.
        if self.ends.len() <= len {
            self.ends = vec![0; room];
        }
        if marked && self.marks.len() <= len + 1 + MARKS {
            self.marks = vec![0; room + 1 + MARKS];
        }
    }

    /// Where lines end, and the marks: the byte before the block, then each needle and each line end.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&[u32], &mut [u32]) {
        (self.ends.get(..self.lines).unwrap_or_default(), &mut self.marks)
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
        write_places::<SPARSE, S>(simd, bits, at as u32, slots, more.min(count - seen));
    }
    more
}

/// Writes where the first `count` of the `bits` of the 64 bytes from `at` on stand; what is in the other slots afterwards
/// means nothing.
#[inline(always)]
pub(crate) fn write_places<const EAGER: usize, S: Simd>(
    simd: S,
    bits: u64,
    at: u32,
    slots: &mut [u32; STEP],
    count: usize,
) {
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
        let more = one_by_one(more, at, &mut slots[EAGER..2 * EAGER]);
        one_by_one(more, at, slots.get_mut(2 * EAGER..count).unwrap_or_default());
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

/// Marks the first `count` needles, and perhaps more, of the line that begins with `bytes` and is `len` bytes long, from its
/// start on; the first `words` times 64 bytes are looked at in any case. `false` where it has fewer.
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

/// Writes where needles and line breaks stand; how many line breaks there are, and how many marks.
#[inline(always)]
fn kernel<S: Simd>(simd: S, block: &[u8], needle: u8, marks: &mut [u32]) -> (usize, usize) {
    let wanted = Wanted { newline: u8x64::splat(simd, b'\n'), needle: u8x64::splat(simd, needle) };
    let (room, mut free) = (marks.len(), marks);
    let (mut lines, mut at) = (0, 0);
    let (whole, rest) = block.as_chunks::<STEP>();
    for chunk in whole {
        free = wanted.step(simd, chunk, at, &mut lines, free);
        at += STEP as u32;
    }
    // Zeros are neither `\n` nor a needle.
    let mut last = [0u8; STEP];
    last[..rest.len()].copy_from_slice(rest);
    free = wanted.step(simd, &last, at, &mut lines, free);
    (lines, room - free.len())
}

/// Whether each of so many lines has so many marks, its line break included. Then it writes where they end, which takes much
/// less than to look for them.
#[inline(always)]
fn usual_ends(block: &[u8], marks: &[u32], of_line: usize, lines: usize, ends: &mut [u32]) -> bool {
    let mut breaks = true;
    for (own, end) in marks.chunks_exact(of_line).zip(ends) {
        *end = own.last().copied().unwrap_or(u32::MAX);
        breaks &= block.get(*end as usize) == Some(&b'\n');
    }
    // As many line breaks as there are, and all of them there: none stands among the needles.
    breaks && lines * of_line == marks.len()
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

impl<S: Simd> Wanted<S> {
    /// Takes the 64 bytes that begin at `at`; what is left of `free`.
    #[inline(always)]
    fn step<'m>(
        &self,
        simd: S,
        chunk: &[u8; STEP],
        at: u32,
        lines: &mut usize,
        free: &'m mut [u32],
    ) -> &'m mut [u32] {
        let bytes = u8x64::from_slice(simd, chunk);
        let breaks = bytes.simd_eq(self.newline).to_bitmask();
        *lines += breaks.count_ones() as usize;
        let marks = bytes.simd_eq(self.needle).to_bitmask() | breaks;
        let count = marks.count_ones() as usize;
        let Some(slots) = free.first_chunk_mut::<STEP>() else { return free };
        write_places::<DENSE, S>(simd, marks, at, slots, count);
        free.get_mut(count..).unwrap_or_default()
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
    let all = vec![Level::baseline(), best];
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let all = all
        .into_iter()
        .chain(best.as_sse4_2().map(Level::Sse4_2))
        .chain(best.as_avx2().map(Level::Avx2))
        .collect();
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

    /// Asserts that the index of `block` says what the twin says, and that marks looked up ahead are the same.
    fn assert_like_the_twin(level: Level, index: &mut Index, block: &[u8], needle: u8) {
        let lines = naive(block, needle);
        let expected =
            lines.iter().flat_map(|(_, end, needles)| needles.iter().copied().chain([*end as u32]));
        let expected: Vec<u32> = [u32::MAX].into_iter().chain(expected).collect();
        // As many needles as the first line has, or another number.
        for usual in [lines.first().map_or(0, |line| line.2.len()), 1] {
            dispatch!(level, simd => index.build(simd, block, Some((needle, usual))));
            let (ends, marks) = index.parts();
            assert!(ends.iter().map(|&end| end as usize).eq(lines.iter().map(|line| line.1)), "{usual}");
            assert_eq!(marks[..expected.len()], expected);
            assert!(marks.len() >= expected.len() + MARKS - 1);
        }
        for (start, end, all) in &lines {
            let (start, end, needles) = (*start, *end, all.len());
            let all: Vec<u32> = all.iter().map(|needle| needle - start as u32).collect();
            for (count, words) in (0..=needles.min(WINDOW - 1)).flat_map(|n| [(n, 0), (n, 2)]) {
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
                assert_eq!(index.parts().0, expected, "{len}");
            }
            for all in [b'"', b'\n', 0] {
                assert_like_the_twin(level, &mut index, &vec![all; 10_000], b'"');
            }
            // Lines of one shape, and others among them that have as many needles together, or as many marks.
            let line = &b"a \"b c\" d\n"[..];
            for others in ["", "\n\n\n", "\"\n\"\"\"\n", "\"\"\"\"\n\n", "\"\"\"\"\"\n"] {
                let block = [line.repeat(30).as_slice(), others.as_bytes(), &line.repeat(30)].concat();
                assert_like_the_twin(level, &mut index, &block, b'"');
            }
        }
    }
}
