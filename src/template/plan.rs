//! The fast path: which columns can be read straight from the positions of the structural index.
//!
//! The literals of a format hold a known number of needles (quotes, or spaces), so a column between two of them is
//! known by position alone once the line has as many needles as the format. The literals beside every wanted column
//! are compared as well; what cannot be proven by that falls to the walk of [`exec`](super::exec). Columns that are
//! not wanted are not looked at.

use super::exec::{CLF_WIDTH, Program};
use super::pattern::{Pattern, Piece, Shape};
use crate::record::Span;
use crate::schema::{Field, Kind};
use crate::time::TimeLayout;

/// A place in a line: the start of the line, or so many bytes from its k-th needle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    needle: u16,
    offset: i16,
}

/// `needle` of an anchor at the start of the line.
const START: u16 = u16::MAX;

/// A compiled projection.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) needle: u8,
    count: Count,
    /// Values can hold quotes behind a backslash. Then the number of quotes proves nothing: a line that was cut off
    /// can have as many as a whole one, and one whose width is not fixed can have any.
    escaped: bool,
    checks: Vec<LiteralCheck>,
    direct: Vec<Direct>,
    fixed: Vec<Fixed>,
    runs: Vec<Run>,
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
    value: u64,
    mask: u64,
}

#[derive(Debug, Clone, Copy)]
struct Direct {
    column: u16,
    start: Anchor,
    end: Anchor,
}

/// A column of known width with only one side known by position.
#[derive(Debug, Clone, Copy)]
struct Fixed {
    column: u16,
    start: Anchor,
    width: u16,
    /// Where a byte must stand that proves the width, counted from the start, and which.
    proof: i16,
    byte: u8,
    digits: bool,
}

/// A stretch of steps to be walked from a known place.
#[derive(Debug, Clone)]
struct Run {
    from: Anchor,
    steps: std::ops::Range<usize>,
}

impl Plan {
    /// Plans the wanted columns; `None` when the format has too few needles for it to pay.
    pub(super) fn new(pattern: &Pattern, wanted: &[bool]) -> Option<Self> {
        let quotes = pattern.pieces.iter().map(|p| count(p, b'"')).sum::<usize>();
        let needle = if quotes >= 4 { b'"' } else { b' ' };
        let mut plan = Self {
            needle,
            count: Count::Exactly(0),
            escaped: needle == b'"' && pattern.columns.iter().any(|c| c.escape.backslash_quotes()),
            checks: Vec::new(),
            direct: Vec::new(),
            fixed: Vec::new(),
            runs: Vec::new(),
        };
        // Needles before each step, and the first step after which positions prove nothing any more.
        let mut before = Vec::with_capacity(pattern.pieces.len() + 1);
        let mut total = 0;
        for piece in &pattern.pieces {
            before.push(total);
            total += count(piece, needle);
        }
        let limit = pattern
            .pieces
            .iter()
            .position(|p| matches!(p, Piece::Column(c) if needle == b' ' && holds_spaces(pattern, *c)))
            .unwrap_or(pattern.pieces.len());
        let mut needed = 0;
        for (i, piece) in pattern.pieces.iter().enumerate() {
            let Piece::Column(column) = piece else { continue };
            if !wanted[*column] {
                continue;
            }
            if i >= limit {
                // Beyond the last proven place: walk from there.
                let from = (0..limit).rev().find(|&j| matches!(pattern.pieces[j], Piece::Column(_)))?;
                needed = needed.max(before[from]);
                plan.walk(pattern, &before, from, i)?;
                continue;
            }
            plan.column(pattern, &before, i, *column)?;
            needed = needed.max(before[i] + 1);
        }
        plan.count = match needle {
            b'"' if pattern.required == pattern.columns.len() && !pattern.open_tail => Count::Exactly(total),
            _ => Count::AtLeast(needed),
        };
        plan.checks.dedup();
        Some(plan)
    }

    /// Plans one column.
    fn column(&mut self, pattern: &Pattern, before: &[usize], at: usize, column: usize) -> Option<()> {
        let start = left(pattern, self.needle, before, at);
        let end = right(pattern, self.needle, before, at);
        let meta = &pattern.columns[column];
        let slot = column as u16;
        match (start, end) {
            (Some(start), Some(end)) => {
                self.check_left(pattern, before, at);
                self.check_right(pattern, before, at);
                self.direct.push(Direct { column: slot, start, end });
            }
            (Some(start), None) if meta.field == Field::Status && meta.kind == Kind::Status => {
                let next = next_byte(pattern, at)?;
                self.check_left(pattern, before, at);
                self.fixed.push(Fixed { column: slot, start, width: 3, proof: 3, byte: next, digits: true });
            }
            (None, Some(end)) if meta.kind == Kind::Time(TimeLayout::Clf) => {
                self.check_right(pattern, before, at);
                let start = Anchor { offset: end.offset - CLF_WIDTH as i16, ..end };
                let Some(Piece::Literal(text)) = at.checked_sub(1).and_then(|j| pattern.pieces.get(j)) else {
                    return None;
                };
                let byte = *text.last()?;
                self.fixed.push(Fixed {
                    column: slot,
                    start,
                    width: CLF_WIDTH as u16,
                    proof: -1,
                    byte,
                    digits: false,
                });
            }
            _ => {
                let from = (0..=at).rev().find(|&j| {
                    matches!(pattern.pieces[j], Piece::Column(_))
                        && left(pattern, self.needle, before, j).is_some()
                })?;
                self.walk(pattern, before, from, at)?;
            }
        }
        Some(())
    }

    /// Plans a walk over the steps `from..=to`; joins it to a walk that starts at the same place.
    fn walk(&mut self, pattern: &Pattern, before: &[usize], from: usize, to: usize) -> Option<()> {
        let from = (0..=from).rev().find(|&j| {
            matches!(pattern.pieces[j], Piece::Column(_)) && left(pattern, self.needle, before, j).is_some()
        })?;
        if let Some(run) = self.runs.iter_mut().find(|r| r.steps.start == from) {
            run.steps.end = run.steps.end.max(to + 1);
        } else {
            self.check_left(pattern, before, from);
            self.runs.push(Run { from: left(pattern, self.needle, before, from)?, steps: from..to + 1 });
        }
        Some(())
    }

    /// Compares the end of the literal before step `at`.
    fn check_left(&mut self, pattern: &Pattern, before: &[usize], at: usize) {
        let Some(Piece::Literal(text)) = at.checked_sub(1).and_then(|j| pattern.pieces.get(j)) else {
            return;
        };
        let Some(anchor) = left(pattern, self.needle, before, at) else { return };
        let width = text.len().min(8);
        self.check(Anchor { offset: anchor.offset - width as i16, ..anchor }, &text[text.len() - width..]);
    }

    /// Compares the start of the literal after step `at`, up to its first needle.
    fn check_right(&mut self, pattern: &Pattern, before: &[usize], at: usize) {
        let Some(Piece::Literal(text)) = pattern.pieces.get(at + 1) else { return };
        let Some(anchor) = right(pattern, self.needle, before, at) else { return };
        let width = (-anchor.offset as usize).min(8);
        self.check(anchor, &text[..width]);
    }

    fn check(&mut self, at: Anchor, text: &[u8]) {
        // A needle alone is proven by its position.
        if text.is_empty() || text == [self.needle] {
            return;
        }
        let mut bytes = [0u8; 8];
        bytes[..text.len()].copy_from_slice(text);
        let mask = if text.len() == 8 { u64::MAX } else { (1 << (8 * text.len())) - 1 };
        let check = LiteralCheck { at, value: u64::from_le_bytes(bytes), mask };
        if !self.checks.contains(&check) {
            self.checks.push(check);
        }
    }

    /// Whether one of the needles that count has a backslash before it.
    #[inline]
    fn has_escaped(&self, block: &[u8], needles: &[u32]) -> bool {
        let (Count::Exactly(n) | Count::AtLeast(n)) = self.count;
        needles.iter().take(n).any(|&at| at > 0 && block.get(at as usize - 1) == Some(&b'\\'))
    }

    /// Reads the line `block[start..end]` with these needles in it. `false`: it does not fit; walk it.
    #[inline]
    pub(super) fn read(
        &self,
        program: &Program,
        block: &[u8],
        start: usize,
        end: usize,
        needles: &[u32],
        spans: &mut [Span],
    ) -> bool {
        let fits = match self.count {
            Count::Exactly(n) => needles.len() == n,
            Count::AtLeast(n) => needles.len() >= n,
        };
        if !fits || (self.escaped && self.has_escaped(block, needles)) {
            return false;
        }
        let place = |anchor: Anchor| {
            let base = match anchor.needle {
                START => start,
                k => needles.get(k as usize).map_or(usize::MAX, |&at| at as usize),
            };
            base.wrapping_add_signed(anchor.offset as isize)
        };
        let mut wrong = 0u64;
        for check in &self.checks {
            let at = place(check.at);
            let Some(bytes) = block.get(at..).and_then(|rest| rest.first_chunk::<8>()) else { return false };
            wrong |= (u64::from_le_bytes(*bytes) ^ check.value) & check.mask;
        }
        for fixed in &self.fixed {
            let at = place(fixed.start);
            let width = fixed.width as usize;
            wrong |= u64::from(at < start);
            let proof = block.get(at.wrapping_add_signed(fixed.proof as isize)).copied();
            wrong |= u64::from(proof != Some(fixed.byte));
            if fixed.digits {
                let Some(&[a, b, c]) = block.get(at..).and_then(|rest| rest.first_chunk::<3>()) else {
                    return false;
                };
                wrong |= u64::from(
                    a.wrapping_sub(b'0') > 9 || b.wrapping_sub(b'0') > 9 || c.wrapping_sub(b'0') > 9,
                );
            }
            spans[fixed.column as usize] =
                Span::new(at.wrapping_sub(start), at.wrapping_add(width).wrapping_sub(start));
        }
        if wrong != 0 {
            return false;
        }
        for direct in &self.direct {
            let (from, to) = (place(direct.start), place(direct.end));
            spans[direct.column as usize] = Span::new(from.wrapping_sub(start), to.wrapping_sub(start));
        }
        let line = &block[start..end];
        self.runs.iter().all(|run| {
            program.run(run.steps.clone(), line, place(run.from).wrapping_sub(start), spans).is_ok()
        })
    }
}

fn count(piece: &Piece, needle: u8) -> usize {
    match piece {
        Piece::Literal(text) => text.iter().filter(|&&b| b == needle).count(),
        Piece::Column(_) => 0,
    }
}

/// Whether a column can hold spaces, so that spaces after it cannot be counted.
fn holds_spaces(pattern: &Pattern, column: usize) -> bool {
    matches!(
        pattern.shapes[column],
        Shape::Text | Shape::List | Shape::Captures | Shape::Rest | Shape::Cookie
    ) || matches!(
        pattern.columns[column].kind,
        Kind::Time(TimeLayout::Clf | TimeLayout::Iso | TimeLayout::Strftime(_))
    )
}

/// Where the column at step `at` starts, if a needle or the start of the line tells.
fn left(pattern: &Pattern, needle: u8, before: &[usize], at: usize) -> Option<Anchor> {
    let Some(literal) = at.checked_sub(1) else { return Some(Anchor { needle: START, offset: 0 }) };
    let Piece::Literal(text) = &pattern.pieces[literal] else { return None };
    match text.iter().rposition(|&b| b == needle) {
        Some(last) => {
            let k = before[at].checked_sub(1)?;
            Some(Anchor { needle: u16::try_from(k).ok()?, offset: (text.len() - last) as i16 })
        }
        None if literal == 0 => Some(Anchor { needle: START, offset: text.len() as i16 }),
        None => None,
    }
}

/// Where the column at step `at` ends, if the literal after it has a needle.
fn right(pattern: &Pattern, needle: u8, before: &[usize], at: usize) -> Option<Anchor> {
    let Some(Piece::Literal(text)) = pattern.pieces.get(at + 1) else { return None };
    let first = text.iter().position(|&b| b == needle)?;
    Some(Anchor { needle: u16::try_from(before[at + 1]).ok()?, offset: -(first as i16) })
}

fn next_byte(pattern: &Pattern, at: usize) -> Option<u8> {
    match pattern.pieces.get(at + 1) {
        Some(Piece::Literal(text)) => text.first().copied(),
        _ => None,
    }
}
