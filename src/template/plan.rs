//! The fast path: which columns can be read straight from the marks of the structural index.
//!
//! The literals of a format hold a known number of needles (quotes, or spaces), so a column between two of them is
//! known by position alone once the line has as many needles as the format. Between two needles the words of a group
//! (`a/b/c`, `a b c`) are told apart by one more comparison of 64 bytes. The literals beside every wanted column are
//! compared as well; what cannot be proven by that falls to the walk of [`exec`](super::exec). Columns that are not
//! wanted are not looked at.

// Inlined into the line loop, which is compiled once per instruction set.
#![allow(clippy::inline_always)]

mod draft;
mod read;
#[cfg(test)]
mod tests;

use fearless_simd::Simd;

use super::exec::{Program, Step};
use super::repeated::Repeated;
use super::search::find;
use crate::index::{MARKS, Marks, mark_ahead, mask};
use crate::record::Span;
use crate::time::TimeLayout;
use read::{BEFORE_RETRIES, COUNTERS, counters, state_fits};

/// A place in a line, counted from its start: so many bytes from one of its marks. Mark 0 is the end of the line before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    mark: u8,
    offset: i32,
}

impl Anchor {
    /// In the line that begins at `start` of what its marks count from.
    #[inline(always)]
    fn of(self, marks: &Marks, start: u32) -> u32 {
        marks[usize::from(self.mark)].wrapping_sub(start).wrapping_add_signed(self.offset)
    }
}

/// Where a plan notes places of the line it reads. To lie on the stack, where they are near.
#[derive(Debug)]
pub(super) struct Notes {
    marks: Marks,
    /// Of the group read last: its joints.
    joints: Marks,
}

impl Notes {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self { marks: [0; MARKS], joints: [0; MARKS] }
    }
}

/// A compiled projection.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) needle: u8,
    count: Count,
    /// Values can hold quotes behind a backslash. Then the number of quotes proves nothing: a line that was cut off
    /// can have as many as a whole one, and one whose width is not fixed can have any.
    escaped: bool,
    always: Part,
    status: Option<StatusDigits>,
    fixed: Option<Fixed>,
    words: Vec<Word>,
    /// What need not be read where its bytes are those of a line before.
    stretch: Option<StretchPlan>,
    states: Vec<State>,
    runs: Vec<Run>,
}

/// Columns read from places alone, and the literals beside them.
#[derive(Debug, Clone, Default)]
struct Part {
    checks: Vec<LiteralCheck>,
    direct: Vec<Direct>,
    groups: Vec<Group>,
}

/// Neighbouring columns that repeat from line to line: names of upstreams and hosts.
#[derive(Debug, Clone)]
struct StretchPlan {
    start: Anchor,
    end: Anchor,
    /// The first of them, and all: they follow each other.
    first: usize,
    columns: Vec<u8>,
    part: Part,
}

/// How many needles a line must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Exactly(usize),
    AtLeast(usize),
}

/// Up to eight bytes of a literal beside a wanted column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LiteralCheck {
    at: Anchor,
    bytes: Bytes,
}

/// Both sides are known.
#[derive(Debug, Clone, Copy)]
struct Direct {
    column: u8,
    start: Anchor,
    end: Anchor,
}

/// Three digits whose start is known.
#[derive(Debug, Clone, Copy)]
struct StatusDigits {
    column: u8,
    start: Anchor,
    form: StatusForm,
}

/// Three digits and the byte that must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StatusForm {
    zeros: u32,
}

impl StatusForm {
    fn before(byte: u8) -> Self {
        Self { zeros: u32::from_le_bytes([b'0', b'0', b'0', byte]) }
    }

    /// 0 where they stand there; `None` at the very end of a block.
    #[inline(always)]
    fn compare(self, block: &[u8], at: u32) -> Option<u64> {
        let bytes = block.get(at as usize..(at as usize).wrapping_add(4))?.first_chunk::<4>()?;
        // Three bytes 0x30 to 0x39 and one more: neither they nor six more leave the row.
        let digits = u32::from_le_bytes(*bytes) ^ self.zeros;
        Some(u64::from((digits | digits.wrapping_add(0x06_0606)) & 0xfff0_f0f0))
    }
}

/// The end and the width are known.
#[derive(Debug, Clone, Copy)]
struct Fixed {
    column: u8,
    start: Anchor,
    width: u16,
    /// The byte that must stand before it.
    byte: u8,
}

/// The start is known, the byte that ends it, and the literal that begins with that byte.
#[derive(Debug, Clone, Copy)]
struct Word {
    column: u8,
    start: Anchor,
    byte: u8,
    after: Bytes,
}

/// Up to eight bytes, compared at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes {
    value: u64,
    mask: u64,
}

impl Bytes {
    /// The first eight of a text.
    fn of(text: &[u8]) -> Self {
        let mut bytes = [0u8; 8];
        let width = text.len().min(8);
        bytes[..width].copy_from_slice(&text[..width]);
        let mask = if width == 8 { u64::MAX } else { (1 << (8 * width)) - 1 };
        Self { value: u64::from_le_bytes(bytes), mask }
    }

    /// What a time of a layout begins with, in this century at least; `None` where single bytes do not tell.
    fn of_time(layout: &TimeLayout) -> Option<Self> {
        let (value, mask) = match layout {
            TimeLayout::Iso => (*b"2000-", [0xFF, 0xFF, 0xF0, 0xF0, 0xFF]),
            // The first is a digit for certain.
            TimeLayout::EpochSeconds
            | TimeLayout::EpochMillis
            | TimeLayout::EpochMicros
            | TimeLayout::EpochNanos => (*b"00000", [0xFC, 0xF0, 0xF0, 0xF0, 0xF0]),
            _ => return None,
        };
        let wide = |bytes: [u8; 5]| (0..).zip(bytes).map(|(i, b)| u64::from(b) << (8 * i)).sum();
        Some(Self { value: wide(value) & wide(mask), mask: wide(mask) })
    }

    /// 0 where they stand there; `None` at the very end of a block.
    #[inline(always)]
    fn compare(self, block: &[u8], at: u32) -> Option<u64> {
        let bytes = block.get(at as usize..(at as usize).wrapping_add(8))?.first_chunk::<8>()?;
        Some((u64::from_le_bytes(*bytes) ^ self.value) & self.mask)
    }
}

/// Columns joined by one byte, between two known places.
#[derive(Debug, Clone)]
struct Group {
    start: Anchor,
    end: Anchor,
    byte: u8,
    /// Of each wanted column: how many of the bytes stand before it, and which column it is; ascending.
    picks: Vec<(u8, u8)>,
    /// How many of the bytes the whole group has.
    joints: u8,
    /// How many of them must be found for the picks.
    needed: usize,
    /// It begins the line, and no word can hold the byte: where there are more of them, a frame stands before the line.
    exact: bool,
    /// What the time begins with, and how many joints stand before it, for the same: as many words as the line has can
    /// be those of a frame and of half a line.
    time: Option<(u8, Bytes)>,
    /// Where the time begins the line, a frame that begins with one is told by what stands in place of the status.
    status: Option<(u8, StatusForm)>,
}

/// HAProxy's termination state, which proves that the cookies before it were single words.
#[derive(Debug, Clone, Copy)]
struct State {
    start: Anchor,
    end: Anchor,
    /// Where the counters after it end.
    counters: Anchor,
    /// The column of the last of them, which are five, where only that is wanted.
    retries: Option<u8>,
}

/// A stretch of steps to be walked from a known place.
#[derive(Debug, Clone)]
struct Run {
    from: Anchor,
    steps: std::ops::Range<usize>,
    /// What must follow.
    after: Bytes,
}

/// As many columns as a byte can number: none has to be asked whether it is there.
pub(super) const COLUMNS: usize = 256;

/// Times 64 bytes of a line looked at in any case: where that is enough for most lines, the loop over them has no surprises.
const LOOKED_AT: usize = 2;

impl Plan {
    /// The columns that the stretch which repeats is made of.
    pub(super) fn repeated_columns(&self) -> &[u8] {
        self.stretch.as_ref().map_or(&[], |stretch| &stretch.columns)
    }

    /// Whether one of the needles that count has a backslash before it.
    #[inline]
    fn has_escaped(&self, bytes: &[u8], marks: &Marks, start: u32) -> bool {
        let (Count::Exactly(n) | Count::AtLeast(n)) = self.count;
        let before = |&at: &u32| bytes.get((at.wrapping_sub(start) as usize).wrapping_sub(1)) == Some(&b'\\');
        marks.iter().skip(1).take(n).any(before)
    }

    /// The byte to index, and how many of it a line has. `None` where lines may have any number of them: then they are
    /// looked for where they matter.
    #[inline(always)]
    pub(super) fn indexed(&self) -> Option<(u8, usize)> {
        match self.count {
            Count::Exactly(needles) => Some((self.needle, needles)),
            Count::AtLeast(_) => None,
        }
    }

    /// Reads the line `start..end` of `block`, without `\r`, whose marks in the block are these if it has as many needles as
    /// [`indexed`](Self::indexed) says; gives the number of its stretch that repeats, 0 where it is not known. `None`: the
    /// line does not fit; walk it.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "inlined: none of them is passed")]
    pub(super) fn read<S: Simd>(
        &self,
        simd: S,
        program: &Program,
        block: &[u8],
        (start, end): (usize, usize),
        own: Option<&Marks>,
        notes: &mut Notes,
        repeated: &mut Repeated,
        spans: &mut [Span; COLUMNS],
    ) -> Option<u64> {
        let Notes { marks: ahead, joints } = notes;
        // The line, and what comes after it: it may be read, and proves nothing.
        let bytes = block.get(start..)?;
        let base = start as u32;
        let end = end - start;
        let (marks, before) = match self.count {
            Count::Exactly(_) => (own?, base),
            Count::AtLeast(needles)
                if mark_ahead(simd, (bytes, self.needle), ahead, end, needles, LOOKED_AT) =>
            {
                (&*ahead, 0)
            }
            Count::AtLeast(_) => return None,
        };
        if self.escaped && self.has_escaped(bytes, marks, before) {
            return None;
        }
        let place = |a: Anchor| a.of(marks, before);
        let mut put = |column: u8, from: u32, to: u32| {
            spans[usize::from(column)] = Span::between(from, to);
        };
        let mut wrong = self.always.compare(bytes, place)?;
        if let Some(status) = &self.status {
            let at = place(status.start);
            wrong |= status.form.compare(bytes, at)?;
            put(status.column, at, at.wrapping_add(3));
        }
        if let Some(fixed) = &self.fixed {
            let at = place(fixed.start);
            // Nothing stands before the line.
            let proof = *bytes.get((at as usize).wrapping_sub(1))?;
            wrong |= u64::from(proof ^ fixed.byte);
            put(fixed.column, at, at.wrapping_add(u32::from(fixed.width)));
        }
        for state in &self.states {
            let (from, to) = (place(state.start), place(state.end));
            let end = place(state.counters);
            let least = if state.retries.is_some() { BEFORE_RETRIES } else { COUNTERS - 1 };
            let last = counters(simd, bytes, to.wrapping_add(1), end, least)?;
            wrong |= u64::from(!state_fits(bytes, from, to));
            if let Some(column) = state.retries {
                put(column, last, end);
            }
        }
        for w in &self.words {
            let from = place(w.start);
            let found = mask(simd, bytes, from as usize, w.byte);
            let mut width = found.trailing_zeros();
            if found == 0 {
                width = find(bytes.get(from as usize..end)?, w.byte)? as u32;
            }
            let to = from.wrapping_add(width);
            wrong |= u64::from(to as usize >= end) | w.after.compare(bytes, to)?;
            put(w.column, from, to);
        }
        if wrong != 0 {
            return None;
        }
        self.always.read(simd, bytes, place, &mut put, joints)?;
        let mut number = 0;
        if let Some(stretch) = &self.stretch {
            let (from, to) = (place(stretch.start), place(stretch.end));
            // A stretch is compared with the bytes before it, which may be those of the line before.
            if let Some(known) = repeated.find(simd, block, base.wrapping_add(from), base.wrapping_add(to)) {
                let columns = spans.get_mut(stretch.first..stretch.first + stretch.columns.len())?;
                for (to, span) in columns.iter_mut().zip(known.columns) {
                    *to = span.later(from);
                }
                number = known.number;
            } else {
                if stretch.part.compare(bytes, place)? != 0 {
                    return None;
                }
                stretch.part.read(simd, bytes, place, &mut put, joints)?;
                let columns = spans.get(stretch.first..stretch.first + stretch.columns.len())?;
                repeated.learn(block, base.wrapping_add(from), base.wrapping_add(to), base, columns);
            }
        }
        if self.runs.is_empty() {
            return Some(number);
        }
        let line = bytes.get(..end).unwrap_or_default();
        for run in &self.runs {
            // A line may end before the last of them.
            for step in program.steps.get(run.steps.clone()).unwrap_or_default() {
                if let Step::Column(reach) = step
                    && let Some(span) = spans.get_mut(reach.column)
                {
                    *span = Span::ABSENT;
                }
            }
            let from = place(run.from) as usize;
            let end = program.run(run.steps.clone(), line, from, spans).ok()?;
            if run.after.compare(bytes, end as u32)? != 0 {
                return None;
            }
        }
        Some(number)
    }
}
