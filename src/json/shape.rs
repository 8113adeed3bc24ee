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

use super::walk::{self, Kind, is_space, trim_end};
use super::{JsonFormat, resolve};
use crate::record::Span;

/// Lines with more keys have no shape.
const MAX_KEYS: usize = 256;
/// Texts are compared in words of this many bytes: most fit in one.
const WORD: usize = 32;

/// A word as the processor compares it.
type Bits = [u64; WORD / 8];

#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The text of the first key: the line begins with it.
    head: Box<[u8]>,
    /// The texts of all keys.
    texts: Vec<Box<[u8]>>,
    /// The same but the first, for comparison.
    words: Vec<Word>,
    /// What is left of texts longer than a word: key, and the text without its last word.
    rests: Vec<(usize, Box<[u8]>)>,
    /// The run at the end of the line, with the quote before it: a line that breaks off lacks it.
    tail: Box<[u8]>,
    /// The values to take.
    fetch: Vec<Fetch>,
    /// Slots that only stand-ins fill.
    clear: Vec<u8>,
    /// As in the format, those of them that matter here.
    aliases: Vec<(u8, u8)>,
}

/// The end of a key's text.
#[derive(Debug, Clone, Copy)]
struct Word {
    bits: Bits,
    /// The bits that count: a short text fills only the end of a word.
    mask: Bits,
    /// Of the whole text.
    length: usize,
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
        let fetched = |column: u8| last[usize::from(column)].is_some();
        let aliases: Vec<_> = format.aliases.iter().copied().filter(|&(_, alias)| fetched(alias)).collect();
        let fetch = |(column, key): (u8, &Option<u16>)| key.map(|key| Fetch { key, column });
        Some(Self {
            head: head.into(),
            words: texts[1..].iter().map(|text| Word::new(text)).collect(),
            rests: (0..)
                .zip(&texts)
                .skip(1)
                .filter_map(|(key, text)| Some((key, rest(text)?.into())))
                .collect(),
            texts: texts.into_iter().map(Into::into).collect(),
            tail: tail(line).into(),
            fetch: (0u8..).zip(&last).filter_map(fetch).collect(),
            clear: aliases.iter().map(|&(slot, _)| slot).filter(|&slot| !fetched(slot)).collect(),
            aliases,
        })
    }

    /// How many keys a line of this shape has.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether a line the walker accepts has this shape. What it says of other lines is of no matter. The line begins at
    /// `start` of `block`, which the entries count from.
    #[inline(always)]
    pub(super) fn fits(&self, block: &[u8], line: &[u8], start: usize, entries: &[u32]) -> bool {
        self.len() == entries.len()
            && entries.first().is_some_and(|&entry| entry as usize + 1 - start == self.head.len())
            && line.starts_with(&self.head)
            && line.strip_suffix(&*self.tail).and_then(<[u8]>::last).is_some_and(|&b| !in_run(b))
            && self.has_words(block, entries)
            && self.rests.iter().all(|(key, rest)| {
                let end = entries.get(*key).map_or(0, |&entry| entry as usize + 1) - WORD;
                block.get(..end).is_some_and(|before| before.ends_with(rest))
            })
    }

    /// Whether the (last) word of every text but the first stands where it should, and the byte before the text belongs
    /// to no run. One branch for all of them.
    #[inline(always)]
    fn has_words(&self, block: &[u8], entries: &[u32]) -> bool {
        let mut wrong: Bits = [0; WORD / 8];
        let mut split = false;
        for (i, (word, &entry)) in self.words.iter().zip(entries.get(1..).unwrap_or_default()).enumerate() {
            let end = entry as usize + 1;
            let Some(&before) = block.get(end.wrapping_sub(word.length + 1)) else { return false };
            split |= RUN[usize::from(before)];
            let bytes = block.get(end.wrapping_sub(WORD)..).and_then(|rest| rest.first_chunk::<WORD>());
            if let Some(bytes) = bytes {
                let bits = bits(bytes);
                for i in 0..wrong.len() {
                    wrong[i] |= (bits[i] ^ word.bits[i]) & word.mask[i];
                }
            } else if !self.stands_at(i + 1, block, end) {
                return false;
            }
        }
        !split && wrong == [0; WORD / 8]
    }

    /// Near the begin of a block no whole word can be taken.
    #[cold]
    fn stands_at(&self, key: usize, block: &[u8], end: usize) -> bool {
        self.texts.get(key).zip(block.get(..end)).is_some_and(|(text, before)| before.ends_with(text))
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
        for fetch in &self.fetch {
            let key = usize::from(fetch.key);
            let Some(colon) = entries.get(key).map(|&entry| entry as usize - start) else { return false };
            let limit = match entries.get(key + 1).zip(self.texts.get(key + 1)) {
                Some((&entry, text)) => (entry as usize - start + 1).wrapping_sub(text.len()),
                None => line.len() - (self.tail.len() - usize::from(self.tail.first() == Some(&b'"'))),
            };
            let Some(value) = value(line, colon + 1, limit) else { return false };
            let Some(span) = spans.get_mut(usize::from(fetch.column)) else { return false };
            *span = value.map_or(Span::NULL, |(from, to)| format.span(line, fetch.column, from, to));
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

impl Word {
    fn new(text: &[u8]) -> Self {
        let short = text.len().min(WORD);
        let (mut last, mut mask) = ([0; WORD], [0; WORD]);
        last[WORD - short..].copy_from_slice(&text[text.len() - short..]);
        mask[WORD - short..].fill(0xFF);
        Self { bits: bits(&last), mask: bits(&mask), length: text.len() }
    }
}

/// What a word does not cover.
fn rest(text: &[u8]) -> Option<&[u8]> {
    text.split_last_chunk::<WORD>().map(|(rest, _)| rest).filter(|rest| !rest.is_empty())
}

#[inline(always)]
fn bits(bytes: &[u8; WORD]) -> Bits {
    let mut bits = [0; WORD / 8];
    for (bits, bytes) in bits.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *bits = u64::from_ne_bytes(*bytes);
    }
    bits
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
