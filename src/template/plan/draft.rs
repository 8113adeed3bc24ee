//! From a format and the wanted columns to a [`Plan`].

use super::super::exec::{CLF_WIDTH, Program, Rule, Step};
use super::super::pattern::{Pattern, Piece, Shape};
use super::super::repeated::COLUMNS;
use super::read::{BEFORE_RETRIES, JOINTS};
use super::{Anchor, Bytes, Count, Direct, Fixed, Group, LiteralCheck, Part, Plan, Run, State};
use super::{StatusDigits, StatusForm, StretchPlan, Word};
use crate::index::WINDOW;
use crate::schema::{Field, Kind};
use crate::time::TimeLayout;

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
    pub(in crate::template) fn new(pattern: &Pattern, program: &Program, wanted: &[bool]) -> Option<Self> {
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
        let varies = needle != b'"' || pattern.required < pattern.columns.len() || pattern.open_tail;
        let mut plan = Self {
            needle,
            count: if varies { Count::AtLeast(0) } else { Count::Exactly(total) },
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
        if let Count::AtLeast(least) = &mut plan.count {
            *least = needed;
        }
        let counted = if plan.escaped { total } else { total.min(needed) };
        let proves = needle == b'"' || plan.proves_more_than_blanks(program);
        (counted < WINDOW && proves).then(|| plan.with_stretch(pattern).with_needed())
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

    /// Whether more than blanks has to stand where it should: words between them can be those of a frame and of half a line.
    fn proves_more_than_blanks(&self, program: &Program) -> bool {
        let says_more = |bytes: &Bytes| bytes.value.to_le_bytes().iter().any(|&b| b > b' ');
        let literal = |step: &Step| matches!(step, Step::Literal(text) if text.iter().any(|&b| b > b' '));
        let run = |run: &Run| {
            // From the start of a line nothing is left out.
            let steps = program.steps.get(run.steps.clone()).unwrap_or_default();
            run.from.mark == 0 || says_more(&run.after) || steps.iter().any(literal)
        };
        self.always.checks.iter().any(|check| says_more(&check.bytes))
            || self.words.iter().any(|word| word.start.mark == 0 || says_more(&word.after))
            || self.runs.iter().any(run)
            || !(self.always.groups.is_empty() && self.states.is_empty())
            || self.status.is_some()
            || self.fixed.is_some()
    }

    /// Has all needles looked up that something is known by.
    fn with_needed(mut self) -> Self {
        let anchors = (self.always.anchors())
            .chain(self.stretch.iter().flat_map(|s| s.part.anchors().chain([s.start, s.end])))
            .chain(self.status.iter().map(|s| s.start))
            .chain(self.fixed.iter().map(|f| f.start))
            .chain(self.words.iter().map(|w| w.start))
            .chain(self.states.iter().flat_map(|s| [s.start, s.end, s.counters]))
            .chain(self.runs.iter().map(|r| r.from));
        let most = anchors.map(|anchor| usize::from(anchor.mark)).max();
        if let Count::AtLeast(needed) = &mut self.count {
            *needed = most.unwrap_or(0).max(*needed);
        }
        self
    }

    /// Plans one column.
    fn column(&mut self, layout: &Layout<'_>, at: usize, column: usize) -> Option<()> {
        let (start, end) = (layout.left(at), layout.right(at));
        let meta = &layout.pattern.columns[column];
        let slot = column as u8;
        if layout.program.must_be_present() == Some(column) {
            return self.walk(layout, at, at);
        }
        if let (Some(start), false) = (start, layout.is_proven(at)) {
            // Words of a frame can stand where the time should.
            let Some(bytes) = layout.begins(at) else { return self.walk(layout, at, at) };
            self.always.checks.push(LiteralCheck { at: start, bytes });
        }
        match (start, end) {
            (Some(start), Some(end)) => {
                self.check_left(layout, at);
                self.check_right(layout, at);
                self.always.direct.push(Direct { column: slot, start, end });
                return Some(());
            }
            (Some(start), None) if layout.is_status(at) && self.status.is_none() => {
                self.check_left(layout, at);
                let form = StatusForm::before(layout.next_byte(at)?);
                self.status = Some(StatusDigits { column: slot, start, form });
                return Some(());
            }
            (None, Some(end)) if meta.kind == Kind::Time(TimeLayout::Clf) && self.fixed.is_none() => {
                self.check_right(layout, at);
                let start = Anchor { offset: end.offset - CLF_WIDTH as i32, ..end };
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
        let is_time = at > first && layout.time(at).is_some();
        let time = if is_time { Some((pick.0, layout.begins(at)?)) } else { None };
        if let Some(group) = self.always.groups.iter_mut().find(|g| g.start == start) {
            group.picks.push(pick);
            group.needed = group.needed.max(needed);
            group.time = group.time.or(time);
        } else {
            self.check_left(layout, first);
            self.check_right(layout, last);
            let exact = start.mark == 0 && layout.rule(last) == Some(Rule::Byte(byte));
            let is_told_by_status = first == 0 && layout.time(first).is_some();
            let status = (first..=last).step_by(2).find(|&j| is_told_by_status && layout.is_status(j));
            let status = status
                .and_then(|j| Some((((j - first) / 2) as u8, StatusForm::before(layout.next_byte(j)?))));
            let needed = needed.max(status.map_or(0, |(nth, _)| usize::from(joints.min(nth + 1))));
            let picks = vec![pick];
            self.always.groups.push(Group { start, end, byte, picks, joints, needed, exact, time, status });
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
            Anchor { offset: anchor.offset - width as i32, ..anchor },
            &text[text.len() - width..],
        );
    }

    /// Compares the start of the literal after step `at`, up to its first needle. Where lines may have any number of needles,
    /// all of it: another one may have been found.
    fn check_right(&mut self, layout: &Layout<'_>, at: usize) {
        let (Some(text), Some(anchor)) = (layout.literal(at + 1), layout.right(at)) else { return };
        let exact = matches!(self.count, Count::Exactly(_));
        let width = if exact { -anchor.offset as usize } else { text.len() };
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

    /// Whether a column is no time, or one that a literal proves to be there.
    fn is_proven(&self, at: usize) -> bool {
        let proves = |text: &[u8]| text.iter().any(|b| !b.is_ascii_whitespace() && *b != self.needle);
        self.time(at).is_none() || at.checked_sub(1).and_then(|j| self.literal(j)).is_some_and(proves)
    }

    /// What the time at step `at` begins with, if it is longer than that.
    fn begins(&self, at: usize) -> Option<Bytes> {
        // None of these can stand among the bytes that are compared.
        let ends = self.next_byte(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'|' | b','));
        Bytes::of_time(self.time(at)?).filter(|_| ends)
    }

    fn is_status(&self, at: usize) -> bool {
        let Some(Piece::Column(column)) = self.pattern.pieces.get(at) else { return false };
        let meta = &self.pattern.columns[*column];
        meta.field == Field::Status && meta.kind == Kind::Status
    }

    fn time(&self, at: usize) -> Option<&TimeLayout> {
        let Some(Piece::Column(column)) = self.pattern.pieces.get(at) else { return None };
        let meta = &self.pattern.columns[*column];
        match &meta.kind {
            Kind::Time(layout) if meta.field == Field::Time => Some(layout),
            _ => None,
        }
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
            Some(last) => Some(Anchor { mark: mark(self.before[at])?, offset: (text.len() - last) as i32 }),
            None if before == 0 => Some(Anchor { mark: 0, offset: text.len() as i32 + 1 }),
            None => None,
        }
    }

    /// Where the column at step `at` ends, if the literal after it has a needle.
    fn right(&self, at: usize) -> Option<Anchor> {
        let first = self.literal(at + 1)?.iter().position(|&b| b == self.needle)?;
        Some(Anchor { mark: mark(self.before[at + 1] + 1)?, offset: -(first as i32) })
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
