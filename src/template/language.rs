//! What the grammars of the format languages share: a nom error that knows its place, and the loop over items.

use std::ops::Range;

use nom::IResult;
use nom::error::{ErrorKind, ParseError};

use super::source::Source;
use crate::error::FormatError;

/// A mistake at the start of `rest`, `len` bytes long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault<'a> {
    rest: &'a str,
    len: usize,
    message: String,
}

pub(super) type Parsed<'a, T> = IResult<&'a str, T, Fault<'a>>;

impl<'a> ParseError<&'a str> for Fault<'a> {
    fn from_error_kind(input: &'a str, _: ErrorKind) -> Self {
        Self { rest: input, len: first_char(input), message: "unexpected text".into() }
    }
    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// Stops the parse: the first `len` bytes of `rest` are wrong.
pub(super) fn fault(rest: &str, len: usize, message: impl Into<String>) -> nom::Err<Fault<'_>> {
    nom::Err::Failure(Fault { rest, len: len.min(rest.len()), message: message.into() })
}

/// Bytes of the first character; 0 at the end.
pub(super) fn first_char(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

/// A parser's error, placed in `text`.
pub(super) fn placed(text: &str, error: nom::Err<Fault<'_>>) -> (Range<usize>, String) {
    match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => {
            let start = text.len().saturating_sub(fault.rest.len());
            (start..start + fault.len, fault.message)
        }
        nom::Err::Incomplete(_) => (text.len()..text.len(), "unexpected end".into()),
    }
}

/// The whole text as items, each with its range in the source.
pub(super) fn items<'a, T>(
    source: &'a Source,
    item: impl Fn(&'a str) -> Parsed<'a, T>,
) -> Result<Vec<(Range<usize>, T)>, FormatError> {
    let text = source.text();
    let mut items = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let (after, value) = item(rest).map_err(|error| {
            let (range, message) = placed(text, error);
            source.error(range, message)
        })?;
        if after.len() == rest.len() {
            return Err(source.error(start..start + first_char(rest), "unexpected text"));
        }
        items.push((start..text.len() - after.len(), value));
        rest = after;
    }
    Ok(items)
}
