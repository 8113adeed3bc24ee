//! [`Fetches`]: values of a line of a known shape, read from where its keys end.

// Inlined into the function that is compiled once per instruction set.
#![allow(clippy::inline_always)]

use super::walk::is_space;
use super::{JsonFormat, resolve};
use crate::record::Span;

/// Some columns, and where their values stand.
#[derive(Debug, Clone)]
pub(super) struct Fetches {
    list: Box<[Fetch]>,
    /// Slots that only stand-ins fill.
    clear: Box<[u8]>,
    /// As in the format, those of them that matter here.
    aliases: Box<[(u8, u8)]>,
}

#[derive(Debug, Clone, Copy)]
struct Fetch {
    key: u16,
    column: u8,
    /// The product has values that stand for none.
    blanks: bool,
    /// Length of the text of the next key, or of the run at the end of the line.
    next: usize,
}

impl Fetches {
    /// Of the columns that `wanted` picks. `keys` has the key of every column, `texts` the texts of all keys, `run` is
    /// the length of the run at the end of a line.
    pub(super) fn new(
        format: &JsonFormat,
        keys: &[Option<u16>],
        wanted: impl Fn(usize) -> bool,
        texts: &[&[u8]],
        run: usize,
    ) -> Self {
        let fetched = |column: u8| keys[usize::from(column)].is_some() && wanted(usize::from(column));
        let aliases: Box<[(u8, u8)]> =
            format.aliases.iter().copied().filter(|&(_, alias)| fetched(alias)).collect();
        let fetch = |(column, key): (u8, &Option<u16>)| {
            let key = key.filter(|_| fetched(column))?;
            let next = texts.get(usize::from(key) + 1);
            Some(Fetch {
                key,
                column,
                blanks: format.rules.has_blanks(column),
                next: next.map_or(run, |text| text.len()),
            })
        };
        Self {
            list: (0u8..).zip(keys).filter_map(fetch).collect(),
            clear: aliases.iter().map(|&(slot, _)| slot).filter(|&slot| !fetched(slot)).collect(),
            aliases,
        }
    }

    /// The values of a line of this shape, `start..end` of what the marks of its keys count from; `false` where the
    /// walker has to look.
    #[inline(always)]
    pub(super) fn take(
        &self,
        format: &JsonFormat,
        block: &[u8],
        (start, end): (usize, usize),
        marks: &[u32],
        spans: &mut [Span],
    ) -> bool {
        for fetch in &self.list {
            let key = usize::from(fetch.key);
            let Some(&colon) = marks.get(key) else { return false };
            let after = marks.get(key + 1).map_or(end, |&next| next as usize + 1);
            let limit = after.wrapping_sub(fetch.next);
            let Some(span) = value(block, start, colon as usize + 1, limit) else { return false };
            let Some(slot) = spans.get_mut(usize::from(fetch.column)) else { return false };
            *slot = if fetch.blanks {
                format.present(block.get(start..end).unwrap_or_default(), fetch.column, span)
            } else {
                span
            };
        }
        for &slot in &self.clear {
            if let Some(span) = spans.get_mut(usize::from(slot)) {
                *span = Span::ABSENT;
            }
        }
        if !self.aliases.is_empty() {
            resolve(&self.aliases, spans);
        }
        true
    }
}

/// Whether a value stands from `at` on, behind a colon, up to the run that begins at `limit`.
#[inline(always)]
pub(super) fn is_value(block: &[u8], at: usize, limit: usize) -> bool {
    value(block, 0, at, limit).is_some()
}

/// The value from `at` on, behind a colon, up to the run that begins at `limit`, before which stands no byte of a run;
/// as a part of the line that begins at `start`. `None` when that is no value.
#[inline(always)]
fn value(block: &[u8], start: usize, at: usize, limit: usize) -> Option<Span> {
    let (&first, &last) = (block.get(at)?, block.get(limit.wrapping_sub(1))?);
    if first == b'"' && last == b'"' && at + 1 < limit {
        return Some(Span::new(at + 1 - start, limit - 1 - start));
    }
    if first.is_ascii_digit() && at < limit {
        return Some(Span::new(at - start, limit - start));
    }
    unusual(block, start, at, limit)
}

/// The same for all values but strings and numbers right behind the colon.
#[inline(never)]
fn unusual(block: &[u8], start: usize, mut at: usize, limit: usize) -> Option<Span> {
    let mut first = *block.get(at)?;
    while is_space(first) {
        at += 1;
        first = *block.get(at)?;
    }
    match first {
        b'"' => {
            let end = limit.wrapping_sub(1);
            (at < end && block.get(end) == Some(&b'"')).then(|| Span::new(at + 1 - start, end - start))
        }
        b'{' | b'[' => Some(Span::NULL),
        _ => {
            let text = block.get(at..limit)?;
            let null = matches!(text, b"" | b"null");
            Some(if null { Span::NULL } else { Span::new(at - start, limit - start) })
        }
    }
}
