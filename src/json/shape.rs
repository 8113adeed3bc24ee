//! [`Shape`]: the keys and the nesting of one line, learned from the walker, proven for others byte by byte.
//!
//! Every key of a line the walker accepts has a mark in the [`index`](super::index). A line has a shape if it has as many
//! marks as the shape has keys, and at every mark ends the shape's *text* for that key: the run of brackets, commas and
//! white space ahead of it, then the key itself in quotes and its colon. Then each mark is the end of a key (the walker
//! refuses strings that swallow a `":`), there are no other keys, and:
//!
//! * A run is taken whole: the byte before it belongs to no run. An object that is the value of a key opens and closes
//!   only in such runs, as long as no object stands in a list; lines with one have no shape. So every key is at the
//!   same path as in the line the shape was learned from.
//! * After a value comes nothing but the run of the next key, or the run at the end of the line. So a value ends where
//!   that run begins, whatever is in it: escaped quotes, quotes nobody escaped, brackets.
//!
//! What breaks if you touch it: that the walker refuses strings which swallow a `":`, and that every quote before a
//! colon or white space makes a mark.

// Inlined into the function that is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, prelude::*, u8x64};

use super::fetch::Fetches;
use super::walk::{self, Kind, is_space};
use super::word::{Word, short_window, window, words};
use super::{JsonFormat, fetch};
use crate::record::Span;

/// Lines with more keys have no shape.
const MAX_KEYS: usize = 256;

/// The keys of a line, and where it ends.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Length of the text of the first key: the line begins with it.
    head: usize,
    /// The end of the text of every key.
    keys: Vec<Word>,
    /// What is left of long texts: of the key, a part.
    parts: Vec<(usize, Word)>,
    /// The run at the end of the line.
    tail: Word,
    run: usize,
    /// The values that are wanted.
    wanted: Fetches,
    /// Those of all columns, for the lines of which everything matters; unless one of them is in a list.
    all: Option<Fetches>,
}

/// Bytes of a run.
const fn in_run(b: u8) -> bool {
    matches!(b, b'{' | b'}' | b'[' | b']' | b',') || is_space(b)
}

/// [`in_run`] as a table.
const RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = in_run(b as u8);
        b += 1;
    }
    table
};

impl Shape {
    /// The shape of `line`, if it has one. It begins at `start` of what its marks count from; `wanted` has one flag per
    /// column.
    pub(super) fn learn(
        format: &JsonFormat,
        wanted: &[bool],
        line: &[u8],
        start: usize,
        marks: &[u32],
    ) -> Option<Self> {
        if marks.is_empty() || marks.len() > MAX_KEYS {
            return None;
        }
        let mut texts: Vec<&[u8]> = Vec::with_capacity(marks.len());
        // Of every column: the last key that holds it.
        let mut last = vec![None; wanted.len()];
        let (mut sound, mut in_list) = (true, false);
        walk::walk(line, &format.paths, |member| {
            let column = format.paths.column(member.node);
            let Some((open, colon)) = member.key else {
                in_list |= column.is_some();
                sound &= column.is_none_or(|c| !wanted[usize::from(c)]) && member.kind != Kind::Object;
                return;
            };
            if let Some(column) = column {
                last[usize::from(column)] = Some(texts.len() as u16);
            }
            sound &= marks.get(texts.len()).is_some_and(|&mark| mark as usize - start == colon);
            // A key that ends in a backslash looks like a part of a string.
            sound &= line[colon - 2] != b'\\';
            texts.push(&line[run_start(line, open)..=colon]);
        })
        .ok()?;
        let head = *texts.first()?;
        if !sound || texts.len() != marks.len() || !line.starts_with(head) {
            return None;
        }
        let run = line.len() - run_start(line, line.len());
        let tail = &line[line.len() - run..];
        // A run that long is nothing that a producer writes.
        let (tail, None) = (words(tail).next()?, words(tail).nth(1)) else { return None };
        Some(Self {
            head: head.len(),
            keys: texts.iter().filter_map(|text| words(text).next()).collect(),
            parts: (0..)
                .zip(&texts)
                .flat_map(|(key, text)| words(text).skip(1).map(move |w| (key, w)))
                .collect(),
            tail,
            run,
            wanted: Fetches::new(format, &last, |column| wanted[column], &texts, run),
            all: (!in_list).then(|| Fetches::new(format, &last, |_| true, &texts, run)),
        })
    }

    /// How many keys a line has.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether a line the walker accepts has this shape. What it says of other lines is of no matter. The line is
    /// `start..end` of `block`, which the marks of its keys count from.
    #[inline(always)]
    pub(super) fn fits<S: Simd>(
        &self,
        simd: S,
        block: &[u8],
        (start, end): (usize, usize),
        marks: &[u32],
    ) -> bool {
        let (Some((first, keys)), [mark, rest @ ..]) = (self.keys.split_first(), marks) else { return false };
        if rest.len() != keys.len() || (*mark as usize + 1).wrapping_sub(start) != self.head {
            return false;
        }
        // Before the first key is nothing: the line begins with its text. No closure: it would be compiled for the
        // baseline.
        let mut wrong = u8x64::splat(simd, 0);
        compare(simd, first, block, *mark as usize + 1, &mut wrong);
        let mut split = compare(simd, &self.tail, block, end, &mut wrong);
        for (word, &mark) in keys.iter().zip(rest) {
            split |= compare(simd, word, block, mark as usize + 1, &mut wrong);
        }
        for (key, word) in &self.parts {
            let Some(&mark) = marks.get(*key) else { return false };
            let end = (mark as usize + 1).wrapping_sub(word.back);
            split |= compare(simd, word, block, end, &mut wrong) && *key > 0;
        }
        !split && wrong.simd_eq(0).to_bitmask() == u64::MAX && self.ends_well(block, end, marks)
    }

    /// Whether the last value is one: where a line breaks off, it is none.
    #[inline(always)]
    fn ends_well(&self, block: &[u8], end: usize, marks: &[u32]) -> bool {
        marks
            .last()
            .is_some_and(|&mark| fetch::is_value(block, mark as usize + 1, end.wrapping_sub(self.run)))
    }

    /// The wanted values of a line of this shape; `false` where the walker has to look.
    #[inline(always)]
    pub(super) fn take(
        &self,
        format: &JsonFormat,
        block: &[u8],
        place: (usize, usize),
        marks: &[u32],
        spans: &mut [Span],
    ) -> bool {
        self.wanted.take(format, block, place, marks, spans)
    }

    /// The values of all columns; `false` where the walker has to look.
    pub(super) fn take_all(
        &self,
        format: &JsonFormat,
        block: &[u8],
        place: (usize, usize),
        marks: &[u32],
        spans: &mut [Span],
    ) -> bool {
        self.all.as_ref().is_some_and(|all| all.take(format, block, place, marks, spans))
    }
}

/// Adds to `wrong` what of the bytes before `end` is not the word; whether before it is a byte of a run.
#[inline(always)]
fn compare<S: Simd>(simd: S, word: &Word, block: &[u8], end: usize, wrong: &mut u8x64<S>) -> bool {
    let short;
    let window = if let Some(window) = window(block, end) {
        window
    } else {
        short = short_window(block, end);
        &short
    };
    *wrong = word.differ(simd, window, *wrong);
    RUN[usize::from(word.before(window))]
}

/// Where the run that ends before `end` begins.
fn run_start(line: &[u8], end: usize) -> usize {
    line[..end].iter().rposition(|&b| !in_run(b)).map_or(0, |i| i + 1)
}
