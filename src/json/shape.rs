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

use super::walk::{self, Kind, is_space, trim_end};
use super::{JsonFormat, resolve};
use crate::record::Span;

/// Lines with more keys have no shape.
const MAX_KEYS: usize = 256;
/// Texts are compared in words of this many bytes.
const WORD: usize = 16;

#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The text of the first key: the line begins with it.
    head: Box<[u8]>,
    /// The length of every key's text.
    lengths: Vec<usize>,
    /// The words of all texts but the first.
    words: Vec<Word>,
    /// The run at the end of the line, with the quote before it: a line that breaks off lacks it.
    tail: Box<[u8]>,
    /// The values to take.
    fetch: Vec<Fetch>,
    /// Slots that only stand-ins fill.
    clear: Vec<u8>,
    /// As in the format, those of them that matter here.
    aliases: Vec<(u8, u8)>,
}

/// A piece of a key's text.
#[derive(Debug, Clone, Copy)]
struct Word {
    bits: [u64; 2],
    /// The bits that count: a text shorter than a word fills only the end of one.
    mask: [u64; 2],
    key: u32,
    /// How far before the end of the text it begins.
    reach: u32,
}

#[derive(Debug, Clone, Copy)]
struct Fetch {
    key: u16,
    column: u8,
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
        let mut last = vec![None; wanted.len()];
        let mut sound = true;
        walk::walk(line, &format.paths, |member| {
            let column = format.paths.column(member.node).filter(|&c| wanted[usize::from(c)]);
            let Some((open, colon)) = member.key else {
                sound &= column.is_none() && member.kind != Kind::Object;
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
        // A word must not begin before the line in any line of the shape.
        let mut before = head.len();
        for text in &texts[1..] {
            if before + text.len() < WORD {
                return None;
            }
            before += text.len();
        }
        let fetched = |column: u8| last[usize::from(column)].is_some();
        let aliases: Vec<_> = format.aliases.iter().copied().filter(|&(_, alias)| fetched(alias)).collect();
        let fetch = |(column, key): (u8, &Option<u16>)| key.map(|key| Fetch { key, column });
        Some(Self {
            head: head.into(),
            lengths: texts.iter().map(|text| text.len()).collect(),
            words: texts.iter().enumerate().skip(1).flat_map(|(key, text)| words(key, text)).collect(),
            tail: tail(line).into(),
            fetch: (0u8..).zip(&last).filter_map(fetch).collect(),
            clear: aliases.iter().map(|&(slot, _)| slot).filter(|&slot| !fetched(slot)).collect(),
            aliases,
        })
    }

    /// How many keys a line of this shape has.
    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether a line the walker accepts has this shape. What it says of other lines is of no matter.
    #[inline]
    pub(super) fn fits(&self, line: &[u8], start: usize, entries: &[u32]) -> bool {
        self.len() == entries.len()
            && entries.first().is_some_and(|&entry| entry as usize - start + 1 == self.head.len())
            && line.starts_with(&self.head)
            && line.strip_suffix(&*self.tail).and_then(<[u8]>::last).is_some_and(|&b| !in_run(b))
            && self.has_words(line, start, entries)
            && self.has_whole_runs(line, start, entries)
    }

    /// Whether every text but the first stands where it should. One branch for all of them.
    #[inline]
    fn has_words(&self, line: &[u8], start: usize, entries: &[u32]) -> bool {
        let mut wrong = [0u64; 2];
        for word in &self.words {
            let end = entries.get(word.key as usize).map_or(0, |&entry| entry as usize + 1 - start);
            let bytes =
                line.get(end.wrapping_sub(word.reach as usize)..).and_then(|rest| rest.first_chunk::<WORD>());
            let Some(bits) = bytes.map(bits) else { return false };
            wrong[0] |= (bits[0] ^ word.bits[0]) & word.mask[0];
            wrong[1] |= (bits[1] ^ word.bits[1]) & word.mask[1];
        }
        wrong == [0; 2]
    }

    /// Whether the byte before every text but the first belongs to no run.
    #[inline]
    fn has_whole_runs(&self, line: &[u8], start: usize, entries: &[u32]) -> bool {
        let mut split = false;
        for (length, &entry) in self.lengths.iter().zip(entries).skip(1) {
            let Some(&before) = line.get((entry as usize - start).wrapping_sub(*length)) else {
                return false;
            };
            split |= RUN[usize::from(before)];
        }
        !split
    }

    /// The wanted values of a line of this shape; `false` where the walker has to look.
    #[inline]
    pub(super) fn take(
        &self,
        format: &JsonFormat,
        line: &[u8],
        start: usize,
        entries: &[u32],
        spans: &mut [Span],
    ) -> bool {
        for fetch in &self.fetch {
            let key = usize::from(fetch.key);
            let Some(colon) = entries.get(key).map(|&entry| entry as usize - start) else { return false };
            let limit = match entries.get(key + 1).zip(self.lengths.get(key + 1)) {
                Some((&entry, length)) => (entry as usize - start + 1).wrapping_sub(*length),
                None => line.len() - (self.tail.len() - usize::from(self.tail.first() == Some(&b'"'))),
            };
            let Some(value) = value(line, colon + 1, limit) else { return false };
            let Some(span) = spans.get_mut(usize::from(fetch.column)) else { return false };
            *span = value.map_or(Span::ABSENT, |(from, to)| format.span(line, fetch.column, from, to));
        }
        for &slot in &self.clear {
            if let Some(span) = spans.get_mut(usize::from(slot)) {
                *span = Span::ABSENT;
            }
        }
        resolve(&self.aliases, spans);
        true
    }
}

/// `text`, the text of key `key`, cut into words from its begin, the last ending where the text ends.
fn words(key: usize, text: &[u8]) -> impl Iterator<Item = Word> {
    let count = text.len().div_ceil(WORD);
    let mut padded = vec![0; WORD.saturating_sub(text.len())];
    let blank = padded.len();
    padded.extend_from_slice(text);
    (0..count).filter_map(move |i| {
        let reach = (padded.len() - i * WORD).max(WORD);
        let bytes = padded.get(padded.len() - reach..)?.first_chunk::<WORD>()?;
        let mut mask = [0xFF; WORD];
        mask[..blank].fill(0);
        Some(Word { bits: bits(bytes), mask: bits(&mask), key: key as u32, reach: reach as u32 })
    })
}

#[inline]
fn bits(bytes: &[u8; WORD]) -> [u64; 2] {
    let word = u128::from_ne_bytes(*bytes);
    [word as u64, (word >> 64) as u64]
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

/// The value between the colon before `at` and the run from `limit` on: from and to, or nothing. `None` when that is no
/// value.
#[inline]
#[allow(clippy::option_option)]
fn value(line: &[u8], at: usize, limit: usize) -> Option<Option<(usize, usize)>> {
    let mut at = at;
    while is_space(*line.get(at)?) {
        at += 1;
    }
    match line[at] {
        b'"' => (at + 1 < limit && line.get(limit - 1) == Some(&b'"')).then_some(Some((at + 1, limit - 1))),
        b'{' | b'[' => Some(None),
        _ => {
            let text = trim_end(line.get(at..limit)?);
            Some((walk::bare_kind(text) != Kind::Null).then_some((at, at + text.len())))
        }
    }
}
