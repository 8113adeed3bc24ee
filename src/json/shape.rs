//! [`Shape`]: the keys and the nesting of one line, learned from the walker, proven for others byte by byte.
//!
//! Every key of a line the walker accepts has an entry in the [`index`](super::index). A line has a shape if it has as
//! many entries as the shape has keys, and before every entry stands the shape's *text* for that key: the run of
//! brackets, commas and white space ahead of it, then the key itself in quotes. Then each entry is the end of a key
//! (the walker refuses strings that swallow a `":`), there are no other keys, and:
//!
//! * A run is taken whole: the byte before it belongs to no run. An object that is the value of a key opens and closes
//!   only in such runs, as long as no object stands in a list; lines with one have no shape. So every key is at the
//!   same path as in the line the shape was learned from.
//! * After a value comes nothing but the run of the next key, or the run at the end of the line. So a value ends where
//!   that run begins, whatever is in it: escaped quotes, quotes nobody escaped, brackets.
//!
//! What breaks if you touch it: that the walker refuses strings which swallow a `":`, and that every quote before a
//! colon or white space makes an entry.

// Inlined into the function that is compiled once per instruction set.
#![allow(clippy::inline_always)]

use super::fetch::Fetches;
use super::walk::{self, Kind, is_space};
use super::{JsonFormat, word};
use crate::record::Span;

/// Lines with more keys have no shape.
const MAX_KEYS: usize = 256;

#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// How many keys a line has.
    keys: usize,
    /// The text of the first key: the line begins with it.
    head: Box<[u8]>,
    /// The same, for comparison.
    first: word::Head,
    /// The texts of all other keys.
    words: Vec<word::Word>,
    /// The run at the end of the line, with the quote before it: a line that breaks off lacks it.
    tail: Box<[u8]>,
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
    /// The shape of `line`, whose entries the index gave (from `start` on), if it has one. `wanted` has one flag per
    /// column.
    pub(super) fn learn(
        format: &JsonFormat,
        wanted: &[bool],
        line: &[u8],
        start: usize,
        entries: &[u32],
    ) -> Option<Self> {
        if entries.is_empty() || entries.len() > MAX_KEYS {
            return None;
        }
        let mut texts: Vec<&[u8]> = Vec::with_capacity(entries.len());
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
            sound &= entries.get(texts.len()).is_some_and(|&entry| entry as usize - start == colon);
            // A key that ends in a backslash looks like a part of a string.
            sound &= line[colon - 2] != b'\\';
            texts.push(&line[run_start(line, open)..=colon]);
        })
        .ok()?;
        let head = *texts.first()?;
        if !sound || texts.len() != entries.len() || !line.starts_with(head) {
            return None;
        }
        let tail = tail(line);
        let run = tail.len() - usize::from(tail.first() == Some(&b'"'));
        Some(Self {
            keys: texts.len(),
            head: head.into(),
            first: word::Head::new(head),
            words: (1..).zip(&texts[1..]).flat_map(|(key, text)| word::words(key, text)).collect(),
            tail: tail.into(),
            wanted: Fetches::new(format, &last, |column| wanted[column], &texts, run),
            all: (!in_list).then(|| Fetches::new(format, &last, |_| true, &texts, run)),
        })
    }

    /// Whether a line the walker accepts has this shape. What it says of other lines is of no matter. The line begins at
    /// `start` of `block`, which the entries count from.
    #[inline(always)]
    pub(super) fn fits(&self, block: &[u8], line: &[u8], start: usize, entries: &[u32]) -> bool {
        self.keys == entries.len()
            && entries.first().is_some_and(|&entry| entry as usize + 1 - start == self.head.len())
            && self.begins(block, line, start)
            && self.ends(line)
            && self.has_words(block, entries)
    }

    #[inline(always)]
    fn begins(&self, block: &[u8], line: &[u8], start: usize) -> bool {
        self.first.stands_at(block, start).unwrap_or_else(|| line.starts_with(&self.head))
    }

    /// Whether the line ends as it should, and the byte before that belongs to no run.
    #[inline(always)]
    fn ends(&self, line: &[u8]) -> bool {
        if let Some((rest, b"\"}")) = line.split_last_chunk::<2>()
            && *self.tail == *b"\"}"
        {
            return rest.last().is_some_and(|&b| !RUN[usize::from(b)]);
        }
        line.strip_suffix(&*self.tail).and_then(<[u8]>::last).is_some_and(|&b| !in_run(b))
    }

    /// Whether the text of every key but the first stands where it should, and the byte before the text belongs to no
    /// run. One branch for all of them.
    #[inline(always)]
    fn has_words(&self, block: &[u8], entries: &[u32]) -> bool {
        let mut wrong = word::Bits::default();
        let mut split = false;
        for word in &self.words {
            let Some(&entry) = entries.get(usize::from(word.key)) else { return false };
            let end = (entry as usize + 1).wrapping_sub(usize::from(word.back));
            if let Some(bytes) = word::window(block, end) {
                split |= RUN[usize::from(word.before(bytes))];
                word.differ(bytes, &mut wrong);
            } else {
                match word.stands_before(block, end) {
                    Some(before) => split |= RUN[usize::from(before)],
                    None => return false,
                }
            }
        }
        !split && wrong == word::Bits::default()
    }

    /// The wanted values of a line of this shape; `false` where the walker has to look.
    #[inline(always)]
    pub(super) fn take(
        &self,
        format: &JsonFormat,
        line: &[u8],
        start: usize,
        entries: &[u32],
        spans: &mut [Span],
    ) -> bool {
        self.wanted.take(format, line, start, entries, spans)
    }

    /// The values of all columns; `false` where the walker has to look.
    pub(super) fn take_all(
        &self,
        format: &JsonFormat,
        line: &[u8],
        start: usize,
        entries: &[u32],
        spans: &mut [Span],
    ) -> bool {
        self.all.as_ref().is_some_and(|all| all.take(format, line, start, entries, spans))
    }
}

/// Where the run that ends before `end` begins.
fn run_start(line: &[u8], end: usize) -> usize {
    line[..end].iter().rposition(|&b| !in_run(b)).map_or(0, |i| i + 1)
}

/// The run at the end of a line, with the quote before it.
fn tail(line: &[u8]) -> &[u8] {
    let run = run_start(line, line.len());
    &line[run - usize::from(line[..run].ends_with(b"\""))..]
}
