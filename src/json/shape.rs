//! [`Shape`]: the keys and the nesting of one line, learned from the walker, proven for others byte by byte.
//!
//! A line the walker accepts has a key's end at every entry of the [`index`](super::index), and nowhere else. So a
//! line has a shape if it has as many entries as the shape has keys, and before every entry stands the shape's *text*
//! for that key: the run of brackets, commas and white space ahead of it, then the key itself in quotes.
//!
//! That fixes the nesting too. A run is taken whole (the byte before it belongs to no run), and an object that is the
//! value of a key opens and closes only in such runs, as long as no object stands in a list; lines with one have no
//! shape. Then every key is at the same path as in the line the shape was learned from, and no other wanted key can
//! be anywhere.
//!
//! What breaks if you touch it: that the walker refuses strings which swallow a `":`, that paths never end in a
//! backslash, and that white space between a key and its colon makes an entry of its own.

use super::walk::{self, Kind, is_space, trim_end};
use super::{JsonFormat, resolve};
use crate::record::Span;

/// Lines with more keys have no shape.
const MAX_KEYS: usize = 256;

#[derive(Debug, Clone)]
pub(super) struct Shape {
    keys: Vec<KeyText>,
    /// The last run, to the end of the line, with the quote before it: a line that breaks off lacks it.
    tail: Box<[u8]>,
    /// The values to take: position of the key, column.
    fetch: Vec<(u16, u8)>,
    /// Slots that only stand-ins fill.
    clear: Vec<u8>,
    /// As in the format, those of them that matter here.
    aliases: Vec<(u8, u8)>,
}

/// The run before a key, and the key with its quotes and its colon: at most 32 bytes are compared as two words, the
/// last 16 of them and 16 that cover the rest.
#[derive(Debug, Clone)]
struct KeyText {
    text: Box<[u8]>,
    /// The last 16 bytes, and which of their bits count.
    last: u128,
    mask: u128,
    /// The first 16 bytes, of a text that is longer than that; else the same as `last`.
    first: u128,
    first_mask: u128,
    /// How far before the end of the text the first word begins.
    reach: usize,
    /// The text is too long for two words, or so near to the start of a line that a word would begin before it.
    odd: bool,
}

const WORD: usize = 16;

impl KeyText {
    /// `before`: bytes that certainly stand before the text in every line of the shape.
    fn new(text: &[u8], before: usize) -> Self {
        let short = text.len().min(WORD);
        let mut last = [0; WORD];
        last[WORD - short..].copy_from_slice(&text[text.len() - short..]);
        let mut mask = [0; WORD];
        mask[WORD - short..].fill(0xFF);
        let (last, mask) = (u128::from_le_bytes(last), u128::from_le_bytes(mask));
        let head = text.first_chunk::<WORD>().map(|head| u128::from_le_bytes(*head));
        Self {
            text: text.into(),
            last,
            mask,
            first: head.unwrap_or(last),
            first_mask: head.map_or(mask, |_| u128::MAX),
            reach: text.len().max(WORD),
            odd: text.len() > 2 * WORD || before + text.len() < WORD,
        }
    }

    /// Whether the text stands in `line` so that it ends at `end`, and no run goes on before it.
    #[inline]
    fn ends_at(&self, line: &[u8], end: usize) -> bool {
        let Some(before) = end.checked_sub(self.text.len() + 1) else { return false };
        if self.odd {
            return line.get(before + 1..end) == Some(&self.text) && !in_run(line[before]);
        }
        let word = |at: usize| {
            let bytes = line.get(at..)?.first_chunk::<WORD>()?;
            Some(u128::from_le_bytes(*bytes))
        };
        let (Some(last), Some(first), Some(&before)) =
            (word(end.wrapping_sub(WORD)), word(end.wrapping_sub(self.reach)), line.get(before))
        else {
            return false;
        };
        (last ^ self.last) & self.mask | (first ^ self.first) & self.first_mask == 0
            && !RUN[usize::from(before)]
    }
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

/// Bytes of a run.
const fn in_run(b: u8) -> bool {
    matches!(b, b'{' | b'}' | b'[' | b']' | b',') || is_space(b)
}

impl Shape {
    /// The shape of `line`, whose colons the index gave as `entries` (from `start`), if it has one. `wanted` has one
    /// flag per column.
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
        let mut keys = Vec::with_capacity(entries.len());
        let mut last = vec![None; wanted.len()];
        let mut sound = true;
        let mut sure = 0;
        walk::walk(line, &format.paths, |member| {
            let column = format.paths.column(member.node).filter(|&c| wanted[usize::from(c)]);
            let Some((open, colon)) = member.key else {
                sound &= column.is_none() && member.kind != Kind::Object;
                return;
            };
            if let Some(column) = column {
                last[usize::from(column)] = Some(keys.len() as u16);
            }
            let entry = entries.get(keys.len()).map(|&entry| entry as usize - start);
            sound &= entry == Some(colon);
            let text = &line[run_start(line, open)..=colon];
            keys.push(KeyText::new(text, sure));
            sure += text.len();
        })
        .ok()?;
        if !sound || keys.len() != entries.len() {
            return None;
        }
        let fetch: Vec<_> =
            (0u8..).zip(&last).filter_map(|(column, key)| key.map(|key| (key, column))).collect();
        let fetched = |column: u8| last[usize::from(column)].is_some();
        let aliases: Vec<_> = format.aliases.iter().copied().filter(|&(_, alias)| fetched(alias)).collect();
        let clear = aliases.iter().map(|&(slot, _)| slot).filter(|&slot| !fetched(slot)).collect();
        Some(Self { keys, tail: tail(line).into(), fetch, clear, aliases })
    }

    /// How many keys a line of this shape has.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether a line the walker accepts has this shape.
    #[inline]
    pub(super) fn fits(&self, line: &[u8], start: usize, entries: &[u32]) -> bool {
        self.keys.len() == entries.len()
            && line.strip_suffix(&*self.tail).and_then(<[u8]>::last).is_some_and(|&b| !in_run(b))
            && self.begins(line, start, entries)
            && self
                .keys
                .iter()
                .zip(entries)
                .skip(1)
                .all(|(key, &entry)| key.ends_at(line, entry as usize - start + 1))
    }

    /// Whether the first key is where the line begins.
    #[inline]
    fn begins(&self, line: &[u8], start: usize, entries: &[u32]) -> bool {
        self.keys.first().zip(entries.first()).is_some_and(|(key, &entry)| {
            line.strip_prefix(&*key.text).is_some() && entry as usize - start + 1 == key.text.len()
        })
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
        for &(key, column) in &self.fetch {
            let key = usize::from(key);
            let Some(colon) = entries.get(key).map(|&entry| entry as usize - start) else { return false };
            let limit = entries.get(key + 1).zip(self.keys.get(key + 1));
            let value = match limit {
                Some((&entry, next)) => {
                    value_before(line, colon + 1, entry as usize - start + 1 - next.text.len())
                }
                None => last_value(line, colon + 1),
            };
            let (Some((from, to)), Some(span)) = (value, spans.get_mut(usize::from(column))) else {
                return false;
            };
            *span = if from > to { Span::ABSENT } else { format.span(line, column, from, to) };
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

/// Where the run before a key's opening quote begins.
fn run_start(line: &[u8], open: usize) -> usize {
    line[..open].iter().rposition(|&b| !in_run(b)).map_or(0, |i| i + 1)
}

/// The run at the end of a line, with the quote before it.
fn tail(line: &[u8]) -> &[u8] {
    let run = run_start(line, line.len());
    &line[run - usize::from(line[..run].ends_with(b"\""))..]
}

/// No value: a span that ends before it begins.
const ABSENT: (usize, usize) = (1, 0);

/// The value that begins at `at` and ends where the run of the next key begins. `None` when it is not that simple.
#[inline]
fn value_before(line: &[u8], at: usize, limit: usize) -> Option<(usize, usize)> {
    let at = skip_space(line, at);
    match *line.get(at)? {
        b'"' => {
            let text = line.get(at + 1..limit)?;
            let end = memchr::memchr(b'"', text)?;
            (end + 1 == text.len() && !text[..end].ends_with(b"\\")).then_some((at + 1, at + 1 + end))
        }
        b'{' | b'[' => Some(ABSENT),
        _ => {
            let text = trim_end(line.get(at..limit)?);
            Some(if walk::bare_kind(text) == Kind::Null { ABSENT } else { (at, at + text.len()) })
        }
    }
}

/// The value of the last key.
#[inline]
fn last_value(line: &[u8], at: usize) -> Option<(usize, usize)> {
    let at = skip_space(line, at);
    match *line.get(at)? {
        b'"' => {
            let text = line.get(at + 1..)?;
            let end = memchr::memchr(b'"', text)?;
            (text.get(end + 1) == Some(&b'}') && !text[..end].ends_with(b"\\"))
                .then_some((at + 1, at + 1 + end))
        }
        b'{' | b'[' => Some(ABSENT),
        _ => {
            let (end, _) = walk::bare(line, at, false).ok()?;
            Some(if walk::bare_kind(&line[at..end]) == Kind::Null { ABSENT } else { (at, end) })
        }
    }
}

#[inline]
fn skip_space(line: &[u8], at: usize) -> usize {
    match line.get(at) {
        Some(&b) if is_space(b) => at + line[at..].iter().take_while(|&&b| is_space(b)).count(),
        _ => at,
    }
}
