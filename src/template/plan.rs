//! The fast path: which columns can be read straight from the marks of the structural index.
//!
//! The literals of a format hold a known number of needles (quotes, or spaces), so a column between two of them is
//! known by position alone once the line has as many needles as the format. Between two needles the words of a group
//! (`a/b/c`, `a b c`) are told apart by one more comparison of 64 bytes. The literals beside every wanted column are
//! compared as well; what cannot be proven by that falls to the walk of [`exec`](super::exec). Columns that are not
//! wanted are not looked at.

// Inlined into the line loop, which is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, prelude::*, u8x64};

use super::exec::{CLF_WIDTH, Program, Rule, Step, find};
use super::pattern::{Pattern, Piece, Shape};
use super::repeated::{COLUMNS, Repeated};
use crate::index::{Index, MARKS, Marks, WINDOW, mark_ahead, mask, write_marks};
use crate::record::Span;
use crate::schema::{Field, Kind};
use crate::time::TimeLayout;

/// A place in a line: so many bytes from one of its marks. Mark 0 is the end of the line before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    mark: u8,
    offset: i16,
}

impl Anchor {
    #[inline(always)]
    fn of(self, marks: &Marks) -> u32 {
        marks[usize::from(self.mark)].wrapping_add_signed(i32::from(self.offset))
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

/// A line, by its place in an indexed block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its first byte, behind its framing.
    pub(super) start: usize,
    /// Its line break.
    pub(super) end: usize,
    /// How many needles it has.
    pub(super) needles: usize,
}

/// A compiled projection.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) needle: u8,
    count: Count,
    /// The same, where it is known.
    total: usize,
    /// How many of the first needles are looked up, and of the last.
    first: usize,
    last: usize,
    /// Words of the index looked at in any case: where that is enough for most lines, the loop over them has no
    /// surprises.
    looked_at: usize,
    /// Of the last ones only the first and the last matter, where the stretch is known.
    ends_only: bool,
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
    /// `000` and the byte that must follow.
    zeros: u32,
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

/// Slashes before the retries.
const BEFORE_RETRIES: usize = 4;

/// A stretch of steps to be walked from a known place.
#[derive(Debug, Clone)]
struct Run {
    from: Anchor,
    steps: std::ops::Range<usize>,
    /// What must follow.
    after: Bytes,
}

/// What a plan is made from.
struct Layout<'p> {
    pattern: &'p Pattern,
    program: &'p Program,
    needle: u8,
    /// Needles before each step.
    before: Vec<usize>,
}

impl Plan {
    /// Plans the wanted columns; `None` where a line has more needles than a window shows.
    pub(super) fn new(pattern: &Pattern, program: &Program, wanted: &[bool]) -> Option<Self> {
        let quotes: usize = pattern.pieces.iter().map(|p| count(p, b'"')).sum();
        // Quotes that are not escaped are counted: a line with more of them is for the walk, and said to be ambiguous.
        let needle = if quotes >= 4 || program.is_two_sided() { b'"' } else { b' ' };
        let mut before = Vec::with_capacity(pattern.pieces.len());
        let mut total = 0;
        for piece in &pattern.pieces {
            before.push(total);
            total += count(piece, needle);
        }
        let layout = Layout { pattern, program, needle, before };
        let mut plan = Self {
            needle,
            count: Count::Exactly(total),
            total: usize::MAX,
            first: 0,
            last: 0,
            looked_at: 2,
            ends_only: false,
            escaped: needle == b'"' && pattern.columns.iter().any(|c| c.escape.backslash_quotes()),
            always: Part::default(),
            status: None,
            fixed: None,
            words: Vec::new(),
            stretch: None,
            states: Vec::new(),
            runs: Vec::new(),
        };
        // The first step after which needles prove nothing any more.
        let limit = pattern
            .pieces
            .iter()
            .enumerate()
            .position(
                |(at, p)| matches!(p, Piece::Column(c) if needle == b' ' && layout.holds_spaces(at, *c)),
            )
            .unwrap_or(pattern.pieces.len());
        let mut needed = 0;
        for (i, piece) in pattern.pieces.iter().enumerate() {
            let Piece::Column(column) = piece else { continue };
            if !wanted[*column] {
                continue;
            }
            if i < limit {
                plan.column(&layout, i, *column)?;
                needed = needed.max(layout.before[i] + 1);
            } else {
                // Quotes that are not escaped are for the walk from both ends.
                let from = (0..limit).rev().find(|&j| layout.is_column(j) && !program.is_two_sided())?;
                plan.walk(&layout, from, i)?;
                needed = needed.max(layout.before[from] + 1);
            }
        }
        plan.prove_first_words(&layout, limit)?;
        if needle == b' ' {
            needed = plan.prove_cookies(&layout, limit).unwrap_or(0).max(needed);
        }
        if needle != b'"' || pattern.required < pattern.columns.len() || pattern.open_tail {
            plan.count = Count::AtLeast(needed);
        }
        let counted = if plan.escaped { total } else { total.min(needed) };
        (counted < WINDOW).then(|| plan.with_stretch(pattern).with_ends())
    }

    /// Chooses the stretch that repeats, and takes it out of what is read always.
    fn with_stretch(mut self, pattern: &Pattern) -> Self {
        let names = |column: u8| {
            let field = pattern.columns[usize::from(column)].field;
            matches!(
                field,
                Field::Upstream
                    | Field::UpstreamAlternative
                    | Field::UpstreamAddr
                    | Field::UpstreamStatus
                    | Field::Host
                    | Field::Zone
            )
        };
        let groups = self.always.groups.iter().filter_map(|group| {
            let columns: Vec<u8> = group.picks.iter().map(|p| p.1).collect();
            let whole = columns.len() == usize::from(group.joints) + 1
                && columns.iter().all(|c| names(*c))
                && columns.is_sorted_by(|a, b| a + 1 == *b);
            whole.then_some((group.start, group.end, columns))
        });
        // Runs of neighbours, of which a column is known by its place among them.
        let direct = &self.always.direct;
        let runs = direct.chunk_by(|a, b| a.column + 1 == b.column && names(a.column) && names(b.column));
        let runs = runs.filter_map(|run| {
            let run = &run[..run.len().min(COLUMNS)];
            let columns: Vec<u8> = run.iter().map(|d| d.column).collect();
            names(columns[0]).then_some((run[0].start, run[run.len() - 1].end, columns))
        });
        let best = groups.chain(runs).filter(|r| r.2.len() <= COLUMNS).max_by_key(|r| r.2.len());
        let Some((start, end, columns)) = best else { return self };
        let inside = |a: Anchor| (a.mark, a.offset) >= (start.mark, start.offset) && a.mark < end.mark;
        let always = std::mem::take(&mut self.always);
        let (mut part, mut rest) = (Part::default(), Part::default());
        for direct in always.direct {
            let to = if columns.contains(&direct.column) { &mut part } else { &mut rest };
            to.direct.push(direct);
        }
        for group in always.groups {
            let to = if group.picks.iter().all(|p| columns.contains(&p.1)) { &mut part } else { &mut rest };
            to.groups.push(group);
        }
        for check in always.checks {
            // The stretch ends with its last column: a literal behind it is compared always.
            let to = if inside(check.at) { &mut part } else { &mut rest };
            to.checks.push(check);
        }
        self.always = rest;
        self.stretch = Some(StretchPlan { start, end, first: usize::from(columns[0]), columns, part });
        self
    }

    /// The columns that the stretch which repeats is made of.
    pub(super) fn repeated_columns(&self) -> &[u8] {
        self.stretch.as_ref().map_or(&[], |stretch| &stretch.columns)
    }

    /// Chooses which needles are looked up: where the number of them is known, those at the end from the end.
    fn with_ends(mut self) -> Self {
        let mut marks = self.marks();
        marks.sort_unstable();
        self.first = marks.last().copied().map_or(0, usize::from);
        if let Count::Exactly(total) = self.count {
            self.total = total;
            marks.insert(0, 0);
            let gap = marks.windows(2).max_by_key(|pair| pair[1] - pair[0]);
            if let Some(&[before, after]) = gap.and_then(|gap| gap.first_chunk::<2>())
                && after > before + 1
            {
                (self.first, self.last) = (usize::from(before), total + 1 - usize::from(after));
                // Behind the request comes more that varies in length.
                self.looked_at = if self.first > 2 { 3 } else { 2 };
                let ends = [after, total as u8];
                let outside = self.marks_outside();
                self.ends_only = outside.iter().all(|mark| *mark < after || ends.contains(mark));
            }
        }
        self
    }

    /// The needles that something is known by.
    fn marks(&self) -> Vec<u8> {
        let inside = self.stretch.iter().flat_map(|stretch| stretch.part.anchors());
        let mut marks = self.marks_outside();
        marks.extend(inside.map(|anchor| anchor.mark));
        marks
    }

    /// The same, but for what is read only where the stretch is not known.
    fn marks_outside(&self) -> Vec<u8> {
        let anchors = (self.always.anchors())
            .chain(self.stretch.iter().flat_map(|s| [s.start, s.end]))
            .chain(self.status.iter().map(|s| s.start))
            .chain(self.fixed.iter().map(|f| f.start))
            .chain(self.words.iter().map(|w| w.start))
            .chain(self.states.iter().flat_map(|s| [s.start, s.end, s.counters]))
            .chain(self.runs.iter().map(|r| r.from));
        let (Count::Exactly(n) | Count::AtLeast(n)) = self.count;
        // Of escaped quotes each is looked at, wherever it stands.
        let all = (1..=n as u8).filter(|_| self.escaped);
        anchors.map(|anchor| anchor.mark).chain(all).collect()
    }

    /// Plans one column.
    fn column(&mut self, layout: &Layout<'_>, at: usize, column: usize) -> Option<()> {
        let (start, end) = (layout.left(at), layout.right(at));
        let meta = &layout.pattern.columns[column];
        let slot = column as u8;
        match (start, end) {
            (Some(start), Some(end)) => {
                self.check_left(layout, at);
                self.check_right(layout, at);
                self.always.direct.push(Direct { column: slot, start, end });
                return Some(());
            }
            (Some(start), None)
                if meta.field == Field::Status && meta.kind == Kind::Status && self.status.is_none() =>
            {
                self.check_left(layout, at);
                let byte = layout.next_byte(at)?;
                let zeros = u32::from_le_bytes([b'0', b'0', b'0', byte]);
                self.status = Some(StatusDigits { column: slot, start, zeros });
                return Some(());
            }
            (None, Some(end)) if meta.kind == Kind::Time(TimeLayout::Clf) && self.fixed.is_none() => {
                self.check_right(layout, at);
                let start = Anchor { offset: end.offset - CLF_WIDTH as i16, ..end };
                let byte = *layout.literal(at.checked_sub(1)?)?.last()?;
                let width = CLF_WIDTH as u16;
                self.fixed = Some(Fixed { column: slot, start, width, byte });
                return Some(());
            }
            _ => {}
        }
        if self.group(layout, at, slot).is_some() {
            return Some(());
        }
        if let (Some(start), Some(Rule::Byte(byte))) = (start, layout.rule(at)) {
            self.check_left(layout, at);
            let after = Bytes::of(layout.literal(at + 1)?);
            self.words.push(Word { column: slot, start, byte, after });
            return Some(());
        }
        self.walk(layout, at, at)
    }

    /// Plans a column as a word of a group, if it stands in one.
    fn group(&mut self, layout: &Layout<'_>, at: usize, slot: u8) -> Option<()> {
        let first = (0..=at).rev().step_by(2).find(|&j| layout.left(j).is_some())?;
        let last = (at..layout.pattern.pieces.len()).step_by(2).find(|&j| layout.right(j).is_some())?;
        let mut byte = None;
        for step in (first + 1..last).step_by(2) {
            // One byte between all of them, and it ends each of them.
            let &[joint] = layout.literal(step)? else { return None };
            let rule = layout.rule(step - 1)?;
            let ends = rule == Rule::Byte(joint) || rule == Rule::Word { last: false };
            if !ends || *byte.get_or_insert(joint) != joint {
                return None;
            }
        }
        let (start, end, byte) = (layout.left(first)?, layout.right(last)?, byte?);
        let joints = u8::try_from((last - first) / 2).ok().filter(|&j| usize::from(j) < JOINTS)?;
        let pick = (u8::try_from((at - first) / 2).ok()?, slot);
        let needed = usize::from(joints.min(pick.0 + 1));
        if let Some(group) = self.always.groups.iter_mut().find(|g| g.start == start) {
            group.picks.push(pick);
            group.needed = group.needed.max(needed);
        } else {
            self.check_left(layout, first);
            self.check_right(layout, last);
            let exact = start.mark == 0 && layout.rule(last) == Some(Rule::Byte(byte));
            self.always.groups.push(Group { start, end, byte, picks: vec![pick], joints, needed, exact });
        }
        Some(())
    }

    /// Words at the start of a line that end with one byte may be those of a frame: what follows is walked over as well,
    /// up to a literal that says more.
    fn prove_first_words(&mut self, layout: &Layout<'_>, limit: usize) -> Option<()> {
        const ONE: u64 = 0xFF;
        let walks = || self.runs.iter().filter(|run| run.from.mark == 0);
        let proven = walks().any(|run| run.after.mask > ONE);
        let words = self.words.iter().filter(|word| word.start.mark == 0);
        let loose = words.map(|w| w.after).chain(walks().map(|run| run.after)).any(|after| after.mask == ONE);
        if proven || !loose {
            return Some(());
        }
        let says_more = |&at: &usize| layout.literal(at + 1).is_none_or(|text| text.len() > 1);
        let last = (0..layout.pattern.pieces.len()).filter(|&at| layout.is_column(at)).find(says_more)?;
        // From where needles still prove something.
        self.walk(layout, last.min(limit.saturating_sub(1)), last)
    }

    /// HAProxy: the needles behind the cookies count only if both cookies are single words.
    fn prove_cookies(&mut self, layout: &Layout<'_>, limit: usize) -> Option<usize> {
        let shapes = &layout.pattern.shapes;
        let state = (0..limit).find(|&i| match layout.pattern.pieces[i] {
            Piece::Column(c) => c > 0 && shapes[c - 1] == Shape::Cookie && shapes[c] != Shape::Cookie,
            Piece::Literal(_) => false,
        })?;
        let (start, end) = (layout.left(state)?, layout.right(state)?);
        let counters = Anchor { mark: end.mark + 1, offset: 0 };
        let is_of_retries = |group: &Group| {
            let last = |pick: &(u8, u8)| usize::from(pick.0) == BEFORE_RETRIES;
            (group.end, group.byte, usize::from(group.joints)) == (counters, b'/', BEFORE_RETRIES)
                && group.start == Anchor { offset: end.offset + 1, ..end }
                && group.picks.iter().all(last)
        };
        // The slashes are looked up anyway.
        let retries = self.always.groups.extract_if(.., |group| is_of_retries(group)).next();
        let retries = retries.and_then(|group| group.picks.first().map(|pick| pick.1));
        self.states.push(State { start, end, counters, retries });
        Some(layout.before[state] + 2)
    }

    /// Plans a walk over the steps up to `to`, from the nearest known place; joins it to a walk from there.
    fn walk(&mut self, layout: &Layout<'_>, from: usize, to: usize) -> Option<()> {
        let from = (0..=from).rev().find(|&j| layout.is_column(j) && layout.left(j).is_some())?;
        // HAProxy leaves out the space before captures with them.
        let left_out = layout.rule(to + 2) == Some(Rule::Captures);
        let after = Bytes::of(layout.literal(to + 1).filter(|_| !left_out).unwrap_or_default());
        if let Some(run) = self.runs.iter_mut().find(|r| r.steps.start == from) {
            if run.steps.end <= to {
                (run.steps.end, run.after) = (to + 1, after);
            }
        } else {
            self.check_left(layout, from);
            self.runs.push(Run { from: layout.left(from)?, steps: from..to + 1, after });
        }
        Some(())
    }

    /// Compares the end of the literal before step `at`.
    fn check_left(&mut self, layout: &Layout<'_>, at: usize) {
        let Some(text) = at.checked_sub(1).and_then(|j| layout.literal(j)) else { return };
        let Some(anchor) = layout.left(at) else { return };
        let width = text.len().min(8);
        self.check(
            layout,
            Anchor { offset: anchor.offset - width as i16, ..anchor },
            &text[text.len() - width..],
        );
    }

    /// Compares the start of the literal after step `at`, up to its first needle; blanks prove little, so of such a literal
    /// all is compared.
    fn check_right(&mut self, layout: &Layout<'_>, at: usize) {
        let (Some(text), Some(anchor)) = (layout.literal(at + 1), layout.right(at)) else { return };
        let width = if layout.needle == b' ' { text.len() } else { -anchor.offset as usize };
        self.check(layout, anchor, &text[..width.min(8)]);
    }

    fn check(&mut self, layout: &Layout<'_>, at: Anchor, text: &[u8]) {
        // A needle alone is proven by its mark.
        if text.is_empty() || text == [layout.needle] {
            return;
        }
        let check = LiteralCheck { at, bytes: Bytes::of(text) };
        if !self.always.checks.contains(&check) {
            self.always.checks.push(check);
        }
    }

    /// Whether one of the needles that count has a backslash before it.
    #[inline]
    fn has_escaped(&self, block: &[u8], marks: &Marks) -> bool {
        let (Count::Exactly(n) | Count::AtLeast(n)) = self.count;
        let before = |&at: &u32| block.get((at as usize).wrapping_sub(1)) == Some(&b'\\');
        marks.iter().skip(1).take(n).any(before)
    }

    /// The byte to index. `None` where lines may have any number of them: then they are looked for where they matter.
    #[inline(always)]
    pub(super) fn indexed(&self) -> Option<u8> {
        matches!(self.count, Count::Exactly(_)).then_some(self.needle)
    }

    /// Looks up the needles that matter; `false` where the line has another number of them.
    #[inline(always)]
    fn mark<S: Simd>(&self, simd: S, block: &[u8], index: &Index, line: Place, marks: &mut Marks) -> bool {
        let Place { start, end, needles } = line;
        if let Count::AtLeast(least) = self.count {
            let count = self.first.max(least);
            return mark_ahead(simd, (block, self.needle), marks, (start, end), count, self.looked_at);
        }
        if needles != self.total {
            return false;
        }
        index.mark_first(marks, start, end, self.first, self.looked_at);
        if self.last > 0 && !index.mark_last(marks, start, end, needles, (self.last, self.ends_only)) {
            index.mark_first(marks, start, end, needles, 0);
        }
        true
    }

    /// Looks up what [`mark`](Self::mark) left out.
    #[inline(never)]
    fn mark_all(&self, index: &Index, line: Place, marks: &mut Marks) {
        let Place { start, end, needles } = line;
        if self.ends_only && !index.mark_last(marks, start, end, needles, (self.last, false)) {
            index.mark_first(marks, start, end, needles, 0);
        }
    }

    /// Reads a line of `block`, of which `end` is the end without `\r`; gives the number of its stretch that repeats, 0
    /// where it is not known. `None`: the line does not fit; walk it.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "inlined: none of them is passed")]
    pub(super) fn read<S: Simd>(
        &self,
        simd: S,
        program: &Program,
        block: &[u8],
        index: &Index,
        line: Place,
        notes: &mut Notes,
        repeated: &mut Repeated,
        spans: &mut [Span],
    ) -> Option<u64> {
        let Notes { marks, joints } = notes;
        if !self.mark(simd, block, index, line, marks) || (self.escaped && self.has_escaped(block, marks)) {
            return None;
        }
        let end = line.end;
        let base = marks[0].wrapping_add(1);
        let place = |a: Anchor| a.of(marks);
        let mut put = |column: u8, from: u32, to: u32| {
            if let Some(span) = spans.get_mut(usize::from(column)) {
                *span = Span::between(from.wrapping_sub(base), to.wrapping_sub(base));
            }
        };
        let mut wrong = self.always.compare(block, place)?;
        if let Some(status) = &self.status {
            let at = place(status.start);
            let bytes = block.get(at as usize..(at as usize).wrapping_add(4))?.first_chunk::<4>()?;
            // Three bytes 0x30 to 0x39 and one more: neither they nor six more leave the row.
            let digits = u32::from_le_bytes(*bytes) ^ status.zeros;
            wrong |= u64::from((digits | digits.wrapping_add(0x06_0606)) & 0xfff0_f0f0);
            put(status.column, at, at.wrapping_add(3));
        }
        if let Some(fixed) = &self.fixed {
            let at = place(fixed.start);
            let proof = *block.get(at.wrapping_sub(1) as usize)?;
            wrong |= u64::from(proof ^ fixed.byte) | u64::from(at < base);
            put(fixed.column, at, at.wrapping_add(u32::from(fixed.width)));
        }
        for state in &self.states {
            let (from, to) = (place(state.start), place(state.end));
            let end = place(state.counters);
            let least = if state.retries.is_some() { BEFORE_RETRIES } else { COUNTERS - 1 };
            let last = counters(simd, block, to.wrapping_add(1), end, least)?;
            wrong |= u64::from(!state_fits(block, from, to));
            if let Some(column) = state.retries {
                put(column, last, end);
            }
        }
        for w in &self.words {
            let from = place(w.start);
            let found = mask(simd, block, from as usize, w.byte);
            let mut width = found.trailing_zeros();
            if found == 0 {
                width = find(block.get(from as usize..end)?, w.byte)? as u32;
            }
            let to = from.wrapping_add(width);
            wrong |= u64::from(to as usize >= end) | w.after.compare(block, to)?;
            put(w.column, from, to);
        }
        if wrong != 0 {
            return None;
        }
        self.always.read(simd, block, place, &mut put, joints)?;
        let mut number = 0;
        if let Some(stretch) = &self.stretch {
            let (from, to) = (place(stretch.start), place(stretch.end));
            if let Some(known) = repeated.find(simd, block, from, to) {
                let columns = spans.get_mut(stretch.first..stretch.first + stretch.columns.len())?;
                for (to, span) in columns.iter_mut().zip(known.columns) {
                    *to = span.later(from.wrapping_sub(base));
                }
                number = known.number;
            } else {
                self.mark_all(index, line, marks);
                let place = |a: Anchor| a.of(marks);
                if stretch.part.compare(block, place)? != 0 {
                    return None;
                }
                stretch.part.read(simd, block, place, &mut put, joints)?;
                let columns = spans.get(stretch.first..stretch.first + stretch.columns.len())?;
                repeated.learn(block, from, to, base, columns);
            }
        }
        if self.runs.is_empty() {
            return Some(number);
        }
        let line = block.get(base as usize..end).unwrap_or_default();
        for run in &self.runs {
            // A line may end before the last of them.
            for step in program.steps.get(run.steps.clone()).unwrap_or_default() {
                if let Step::Column(reach) = step
                    && let Some(span) = spans.get_mut(reach.column)
                {
                    *span = Span::ABSENT;
                }
            }
            let from = run.from.of(marks).wrapping_sub(base) as usize;
            let end = program.run(run.steps.clone(), line, from, spans).ok()?;
            if run.after.compare(block, base.wrapping_add(end as u32))? != 0 {
                return None;
            }
        }
        Some(number)
    }
}

impl Part {
    /// The places it reads from.
    fn anchors(&self) -> impl Iterator<Item = Anchor> {
        let checks = self.checks.iter().map(|c| c.at);
        let direct = self.direct.iter().flat_map(|d| [d.start, d.end]);
        checks.chain(direct).chain(self.groups.iter().flat_map(|g| [g.start, g.end]))
    }

    /// Compares the literals: 0 where all are there. `None` at the very end of a block.
    #[inline(always)]
    fn compare(&self, block: &[u8], place: impl Fn(Anchor) -> u32) -> Option<u64> {
        let mut wrong = 0;
        for check in &self.checks {
            wrong |= check.bytes.compare(block, place(check.at))?;
        }
        Some(wrong)
    }

    /// Reads the columns.
    #[inline(always)]
    fn read<S: Simd>(
        &self,
        simd: S,
        block: &[u8],
        place: impl Fn(Anchor) -> u32,
        put: &mut impl FnMut(u8, u32, u32),
        joints: &mut Marks,
    ) -> Option<()> {
        for direct in &self.direct {
            put(direct.column, place(direct.start), place(direct.end));
        }
        for group in &self.groups {
            if !group.read(simd, block, place(group.start), place(group.end), put, joints) {
                return None;
            }
        }
        Some(())
    }
}

/// Joints of a group, at most.
const JOINTS: usize = 60;

impl Group {
    /// Finds the joints between `from` and `to` and takes the wanted words; `false` where there are too few.
    #[inline(always)]
    fn read<S: Simd>(
        &self,
        simd: S,
        block: &[u8],
        from: u32,
        to: u32,
        put: &mut impl FnMut(u8, u32, u32),
        joints: &mut Marks,
    ) -> bool {
        // Joint 0 stands before the group.
        joints[0] = from.wrapping_sub(1);
        let (mut seen, mut at) = (0usize, from);
        while (seen < self.needed || self.exact) && at < to {
            let left = to - at;
            let mut bits = mask(simd, block, at as usize, self.byte);
            if left < 64 {
                bits &= (1 << left) - 1;
            }
            // No more than are needed: the rest is only counted.
            seen += write_marks(bits, joints, (seen, self.needed), at as usize);
            at += 64;
        }
        if seen < self.needed || (self.exact && seen != usize::from(self.joints)) {
            return false;
        }
        // The last word ends where the group does, whatever it holds.
        if let Some(last) = joints.get_mut(usize::from(self.joints) + 1) {
            *last = to;
        }
        for &(nth, column) in &self.picks {
            let nth = usize::from(nth);
            if let Some(&[before, end]) = joints.get(nth..nth + 2) {
                put(column, before.wrapping_add(1), end);
            }
        }
        true
    }
}

/// Whether a termination state stands there: two or four letters, digits and dashes.
#[inline(always)]
fn state_fits(block: &[u8], from: u32, to: u32) -> bool {
    let word = block.get(from as usize..to as usize).unwrap_or_default();
    word == b"----" || super::exec::is_state_word(word)
}

/// Counters of HAProxy, at least: `n/n/n/n`.
const COUNTERS: usize = 4;

/// What stands behind the `slashes` first slashes of a word of counters; `None` where it is none or has fewer.
#[inline(always)]
fn counters<S: Simd>(simd: S, block: &[u8], from: u32, end: u32, slashes: usize) -> Option<u32> {
    let width = end.wrapping_sub(from);
    let at = from as usize;
    let inside = block.get(at..at.wrapping_add(64)).and_then(|bytes| bytes.first_chunk::<64>());
    let Some(bytes) = inside.filter(|_| width < 64) else {
        let word = block.get(at..end as usize).filter(|word| super::exec::counters(word))?;
        let last = memchr::memchr_iter(b'/', word).nth(slashes - 1)?;
        return Some(from + last as u32 + 1);
    };
    let bytes = u8x64::from_slice(simd, bytes);
    let splat = |byte| u8x64::splat(simd, byte);
    // The slash and the digits are neighbours.
    let known = bytes.simd_ge(splat(b'/')).to_bitmask() & bytes.simd_le(splat(b'9')).to_bitmask()
        | bytes.simd_eq(splat(b'+')).to_bitmask();
    let inside = (1u64 << width) - 1;
    let mut found = bytes.simd_eq(splat(b'/')).to_bitmask() & inside;
    for _ in 1..slashes {
        found &= found.wrapping_sub(1);
    }
    (known & inside == inside && found != 0).then(|| from + found.trailing_zeros() + 1)
}

impl Layout<'_> {
    fn is_column(&self, at: usize) -> bool {
        matches!(self.pattern.pieces.get(at), Some(Piece::Column(_)))
    }

    fn literal(&self, at: usize) -> Option<&[u8]> {
        match self.pattern.pieces.get(at) {
            Some(Piece::Literal(text)) => Some(text),
            _ => None,
        }
    }

    fn rule(&self, at: usize) -> Option<Rule> {
        match self.program.steps.get(at) {
            Some(Step::Column(reach)) => Some(reach.rule),
            _ => None,
        }
    }

    fn next_byte(&self, at: usize) -> Option<u8> {
        self.literal(at + 1)?.first().copied()
    }

    /// Whether a column can hold spaces, so that spaces after it cannot be counted. Cookies are proven apart.
    fn holds_spaces(&self, at: usize, column: usize) -> bool {
        let kind = &self.pattern.columns[column].kind;
        self.rule(at) == Some(Rule::Byte(b'"'))
            || matches!(
                self.pattern.shapes[column],
                Shape::Text | Shape::List | Shape::Captures | Shape::Rest
            )
            || matches!(kind, Kind::Time(TimeLayout::Clf | TimeLayout::Iso | TimeLayout::Strftime(_)))
    }

    /// Where the column at step `at` starts, if a needle or the start of the line tells.
    fn left(&self, at: usize) -> Option<Anchor> {
        let Some(before) = at.checked_sub(1) else { return Some(Anchor { mark: 0, offset: 1 }) };
        let text = self.literal(before)?;
        match text.iter().rposition(|&b| b == self.needle) {
            Some(last) => Some(Anchor { mark: mark(self.before[at])?, offset: (text.len() - last) as i16 }),
            None if before == 0 => Some(Anchor { mark: 0, offset: text.len() as i16 + 1 }),
            None => None,
        }
    }

    /// Where the column at step `at` ends, if the literal after it has a needle.
    fn right(&self, at: usize) -> Option<Anchor> {
        let first = self.literal(at + 1)?.iter().position(|&b| b == self.needle)?;
        Some(Anchor { mark: mark(self.before[at + 1] + 1)?, offset: -(first as i16) })
    }
}

/// The k-th mark of a line, if a window shows it.
fn mark(k: usize) -> Option<u8> {
    u8::try_from(k).ok().filter(|&k| (k as usize) < WINDOW)
}

fn count(piece: &Piece, needle: u8) -> usize {
    match piece {
        Piece::Literal(text) => text.iter().filter(|&&b| b == needle).count(),
        Piece::Column(_) => 0,
    }
}
