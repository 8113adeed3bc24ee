//! The configuration file around an nginx format: words, quotes, comments, `log_format NAME [escape=…] …;`.

use std::ops::Range;

use crate::error::FormatError;
use crate::escape::Escape;
use crate::template::source::{Source, inside_quotes, trimmed};

/// What a format is defined as.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) source: Source,
    pub(super) escape: Escape,
}

/// Reads a whole directive, other directives around it ignored; or the strings without the directive; or the
/// text between the quotes alone.
pub(super) fn read(text: &str) -> Result<Definition, FormatError> {
    let range = trimmed(text, 0..text.len());
    let bare = text.get(range.clone()).unwrap_or_default();
    if bare.lines().any(|line| starts_with_word(line.trim_start(), "log_format")) {
        return directive(text);
    }
    if bare.starts_with('\'') || bare.starts_with("escape=") {
        let words: Vec<Word> = words_of_first_statement(text)?;
        return definition(text, &words);
    }
    let range = inside_quotes(text, range.clone(), '"').unwrap_or(range);
    Ok(Definition { source: Source::unescaped(text, range, escaped), escape: Escape::Hex })
}

fn starts_with_word(line: &str, word: &str) -> bool {
    line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(is_blank))
}

fn directive(text: &str) -> Result<Definition, FormatError> {
    let mut found: Option<Vec<Word>> = None;
    let mut statement: Vec<Word> = Vec::new();
    for token in tokens(text)?.into_iter().chain([Token::Break]) {
        match token {
            Token::Word(word) => statement.push(word),
            Token::Break => {
                let words = std::mem::take(&mut statement);
                let Some(head) = words.first().filter(|word| word.source.text() == "log_format") else {
                    continue;
                };
                if found.is_some() {
                    return Err(FormatError::new(head.range.clone(), "a second log_format: one at a time"));
                }
                found = Some(words);
            }
        }
    }
    match found.as_deref() {
        Some([_, _, rest @ ..]) if !rest.is_empty() => definition(text, rest),
        Some(words) => {
            let end = words.last().map_or(text.len(), |word| word.range.end);
            let start = words.first().map_or(0, |word| word.range.start);
            Err(FormatError::new(start..end, "log_format needs a name and a text"))
        }
        None => Err(FormatError::new(0..text.len(), "no log_format directive")),
    }
}

fn words_of_first_statement(text: &str) -> Result<Vec<Word>, FormatError> {
    let words = tokens(text)?.into_iter().map_while(|token| match token {
        Token::Word(word) => Some(word),
        Token::Break => None,
    });
    Ok(words.collect())
}

/// `[escape=…] STRING …`: the strings are joined without a separator.
fn definition(text: &str, words: &[Word]) -> Result<Definition, FormatError> {
    let mut escape = Escape::Hex;
    let mut strings = words;
    if let [first, rest @ ..] = words
        && let Some(mode) = first.source.text().strip_prefix("escape=")
    {
        escape = match mode {
            "default" => Escape::Hex,
            "json" => Escape::Json,
            "none" => Escape::None,
            _ => return Err(FormatError::new(first.range.clone(), "escape= takes default, json or none")),
        };
        strings = rest;
    }
    if strings.is_empty() {
        return Err(FormatError::new(0..text.len(), "log_format needs a name and a text"));
    }
    let mut source = Source::default();
    for string in strings {
        source.append(&string.source);
    }
    Ok(Definition { source, escape })
}

struct Word {
    source: Source,
    range: Range<usize>,
}

enum Token {
    Word(Word),
    /// `;`, `{` or `}`: the end of a statement.
    Break,
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// What a backslash and `c` stand for inside any word.
fn escaped(c: char) -> Option<char> {
    match c {
        '"' | '\'' | '\\' => Some(c),
        't' => Some('\t'),
        'r' => Some('\r'),
        'n' => Some('\n'),
        _ => None,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, FormatError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        match c {
            _ if is_blank(c) => at += 1,
            ';' | '{' | '}' => {
                tokens.push(Token::Break);
                at += 1;
            }
            '#' => at += rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => {
                let end = closing_quote(rest, c).map(|end| at + end);
                let end = end.ok_or_else(|| FormatError::new(at..text.len(), "the string is not closed"))?;
                refuse_glued(text, end + 1)?;
                let source = Source::unescaped(text, at + 1..end, escaped);
                tokens.push(Token::Word(Word { source, range: at..end + 1 }));
                at = end + 1;
            }
            _ => {
                let end = at + bare_end(rest);
                let source = Source::unescaped(text, at..end, escaped);
                tokens.push(Token::Word(Word { source, range: at..end }));
                at = end;
            }
        }
    }
    Ok(tokens)
}

/// The place of the quote that closes the string `rest` starts with.
fn closing_quote(rest: &str, quote: char) -> Option<usize> {
    let mut hidden = false;
    rest.char_indices().skip(1).find_map(|(i, c)| {
        let closes = c == quote && !hidden;
        hidden = c == '\\' && !hidden;
        closes.then_some(i)
    })
}

/// After a closing quote nginx wants a blank, `;`, `{` or `)`.
fn refuse_glued(text: &str, at: usize) -> Result<(), FormatError> {
    match text.get(at..).and_then(|rest| rest.chars().next()) {
        Some(c) if !is_blank(c) && !matches!(c, ';' | '{' | ')') => {
            Err(FormatError::new(at..at + c.len_utf8(), "a blank or `;` must follow a closing quote"))
        }
        _ => Ok(()),
    }
}

/// Length of the bare word `rest` starts with; at least one character.
fn bare_end(rest: &str) -> usize {
    let mut hidden = false;
    let mut previous = rest.chars().next().unwrap_or_default();
    let end = rest.char_indices().skip(1).find(|&(_, c)| {
        hidden = previous == '\\' && !hidden;
        let ends = !hidden && (is_blank(c) || c == ';' || (c == '{' && previous != '$'));
        previous = c;
        ends
    });
    end.map_or(rest.len(), |(i, _)| i)
}
