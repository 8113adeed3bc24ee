//! The configuration line around an Apache format: `LogFormat "…" nickname`, `CustomLog path "…"`.

use std::ops::Range;

use crate::error::FormatError;
use crate::template::source::{Source, inside_quotes, trimmed};

/// Reads a configuration line, lines around it ignored; or the text alone, with or without its quotes and
/// nickname.
pub(super) fn read(text: &str) -> Result<Source, FormatError> {
    for (keyword, skip) in [("logformat", 0), ("customlog", 1), ("transferlog", 1), ("globallog", 1)] {
        let Some(range) = arguments(text, keyword) else { continue };
        let format = words(text, range.clone())?.into_iter().nth(skip);
        let missing = || FormatError::new(range, "the directive has no format");
        return Ok(unquoted(text, format.ok_or_else(missing)?));
    }
    let range = trimmed(text, 0..text.len());
    Ok(unquoted(text, without_nickname(text, range)))
}

/// What stands after `keyword` (in any case) on the first line that starts with it.
fn arguments(text: &str, keyword: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let start = at + line.len() - bare.len();
        at += line.len();
        let head = bare.split_at_checked(keyword.len());
        if head
            .is_some_and(|(head, rest)| head.eq_ignore_ascii_case(keyword) && rest.starts_with([' ', '\t']))
        {
            return Some(trimmed(text, start + keyword.len()..at));
        }
    }
    None
}

/// Blank-separated words, quotes kept.
fn words(text: &str, range: Range<usize>) -> Result<Vec<Range<usize>>, FormatError> {
    let mut words = Vec::new();
    let mut range = trimmed(text, range);
    while let Some(part) = text.get(range.clone()).filter(|part| !part.is_empty()) {
        let length = if part.starts_with('"') {
            let closed = quoted_length(part);
            closed.ok_or_else(|| FormatError::new(range.clone(), "the string is not closed"))?
        } else {
            part.find([' ', '\t']).unwrap_or(part.len())
        };
        words.push(range.start..range.start + length);
        range = trimmed(text, range.start + length..range.end);
    }
    Ok(words)
}

/// Length of the string `part` starts with, both quotes included.
fn quoted_length(part: &str) -> Option<usize> {
    let mut hidden = false;
    part.char_indices().skip(1).find_map(|(i, c)| {
        let closes = c == '"' && !hidden;
        hidden = c == '\\' && !hidden;
        closes.then_some(i + 1)
    })
}

/// `"…" combined` without `combined`.
fn without_nickname(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let Some(length) = part.strip_prefix('"').and_then(|_| quoted_length(part)) else { return range };
    let nickname = part.get(length..).unwrap_or_default().trim();
    let plain =
        !nickname.is_empty() && nickname.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let escapes = part.get(..length).is_some_and(|string| string.contains("\\\""));
    if plain && (escapes || part.matches('"').count() == 2) {
        range.start..range.start + length
    } else {
        range
    }
}

fn unquoted(text: &str, range: Range<usize>) -> Source {
    let inside = inside_quotes(text, range.clone(), '"');
    // `\\` stays: the language has an escape of its own for it.
    Source::unescaped(text, inside.unwrap_or(range), |c| (c == '"').then_some(c))
}
