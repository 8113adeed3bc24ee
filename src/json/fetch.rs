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
    /// The key is the last one.
    last: bool,
    /// Length of the text of the next key, or of the run at the end of the line.
    next: u16,
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
                last: next.is_none(),
                next: next.map_or(run, |text| text.len()) as u16,
            })
        };
        Self {
            list: (0u8..).zip(keys).filter_map(fetch).collect(),
            clear: aliases.iter().map(|&(slot, _)| slot).filter(|&slot| !fetched(slot)).collect(),
            aliases,
        }
    }

    /// The values, from a line of this shape that begins at `start` of what the entries count from; `false` where the
    /// walker has to look.
    #[inline(always)]
    pub(super) fn take(
        &self,
        format: &JsonFormat,
        line: &[u8],
        start: usize,
        entries: &[u32],
        spans: &mut [Span],
    ) -> bool {
        for fetch in &self.list {
            let key = usize::from(fetch.key);
            let Some(colon) = entries.get(key).map(|&entry| entry as usize - start) else { return false };
            let end = if fetch.last {
                line.len()
            } else {
                let Some(&next) = entries.get(key + 1) else { return false };
                next as usize + 1 - start
            };
            let Some(span) = value(line, colon + 1, end.wrapping_sub(usize::from(fetch.next))) else {
                return false;
            };
            let Some(slot) = spans.get_mut(usize::from(fetch.column)) else { return false };
            *slot = if fetch.blanks { format.present(line, fetch.column, span) } else { span };
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

/// The value from `at` on, behind a colon, up to the run that begins at `limit`, before which stands no byte of a run.
/// `None` when that is no value.
#[inline(always)]
fn value(line: &[u8], mut at: usize, limit: usize) -> Option<Span> {
    let mut first = *line.get(at)?;
    while is_space(first) {
        at += 1;
        first = *line.get(at)?;
    }
    match first {
        b'"' => {
            let end = limit.wrapping_sub(1);
            (at < end && line.get(end) == Some(&b'"')).then_some(Span::new(at + 1, end))
        }
        b'{' | b'[' => Some(Span::NULL),
        _ => {
            let text = line.get(at..limit)?;
            Some(if matches!(text, b"" | b"null") { Span::NULL } else { Span::new(at, limit) })
        }
    }
}
