//! The configuration line around a HAProxy format: `log-format "…"`, `'…'`, or blanks escaped by backslashes.

use std::ops::Range;

use crate::error::FormatError;
use crate::template::source::{Source, inside_quotes, trimmed};

const KEYWORDS: &[&str] = &["log-format", "error-log-format", "log-format-sd"];

/// Reads a configuration line, lines around it ignored; or the text alone, with or without its quotes.
pub(super) fn read(text: &str) -> Result<Source, FormatError> {
    if let Some(range) = argument(text) {
        return word(text, range);
    }
    let range = trimmed(text, 0..text.len());
    if let Some(inside) = inside_quotes(text, range.clone(), '\'') {
        return Ok(Source::unescaped(text, inside, |_| None));
    }
    let range = inside_quotes(text, range.clone(), '"').unwrap_or(range);
    Ok(Source::unescaped(text, range, escaped))
}

/// What stands after the keyword, to the end of its line.
fn argument(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let start = at + line.len() - bare.len();
        at += line.len();
        for keyword in KEYWORDS {
            if bare.strip_prefix(keyword).is_some_and(|rest| rest.starts_with([' ', '\t'])) {
                return Some(trimmed(text, start + keyword.len()..at));
            }
        }
    }
    None
}

/// The first word of `range`: quoted and bare pieces up to a blank or a comment. HAProxy takes one word only.
fn word(text: &str, range: Range<usize>) -> Result<Source, FormatError> {
    let mut source = Source::default();
    let mut quote: Option<(char, usize)> = None;
    let part = text.get(range.clone()).unwrap_or_default();
    let mut chars = part.char_indices().map(|(i, c)| (i + range.start, c)).peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        match (c, quote) {
            ('\\', None | Some(('"', _))) => {
                match chars.peek().copied().map(|(i, next)| (i, next, escaped(next))) {
                    Some((i, next, Some(meant))) => {
                        chars.next();
                        source.push(meant, at..i + next.len_utf8());
                    }
                    _ => source.push(c, at..end),
                }
            }
            ('"' | '\'', None) => quote = Some((c, at)),
            (_, Some((open, _))) if c == open => quote = None,
            (' ' | '\t', None) => {
                let rest = trimmed(text, end..range.end);
                if rest.is_empty() || text.get(rest.clone()).is_some_and(|rest| rest.starts_with('#')) {
                    break;
                }
                return Err(FormatError::new(
                    at..end,
                    "a blank outside of quotes: quote the text, or write `\\ `",
                ));
            }
            _ => source.push(c, at..end),
        }
    }
    match quote {
        Some((_, open)) => Err(FormatError::new(open..range.end, "the string is not closed")),
        None => Ok(source),
    }
}

/// What a backslash and `c` stand for.
fn escaped(c: char) -> Option<char> {
    match c {
        ' ' | '"' | '\'' | '\\' | '#' | '$' => Some(c),
        't' => Some('\t'),
        'r' => Some('\r'),
        'n' => Some('\n'),
        _ => None,
    }
}
