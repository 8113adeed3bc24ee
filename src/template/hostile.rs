//! For tests: format texts with a character cut off, left out or put in, at every place.

use super::pattern::{Pattern, Piece};
use crate::error::FormatError;

const PUT_IN: &[&str] =
    &["\"", "'", "\\", "$", "%", "{", "}", "(", ")", "[", ":", ";", "#", ",", "\n", "\0", "é", "9"];

/// Calls `parse` with every mutation of `texts`: it must not panic, and what it says must hold together.
pub(super) fn survive(texts: &[&str], parse: fn(&str) -> Result<Pattern, FormatError>) {
    for text in texts {
        for (i, c) in text.char_indices() {
            let (before, from) = text.split_at(i);
            let after = &from[c.len_utf8()..];
            check(before, parse);
            check(&format!("{before}{after}"), parse);
            for put in PUT_IN {
                check(&format!("{before}{put}{from}"), parse);
            }
        }
        check(text, parse);
    }
}

fn check(text: &str, parse: fn(&str) -> Result<Pattern, FormatError>) {
    match parse(text) {
        Err(error) => {
            let range = error.range();
            assert!(text.get(range.clone()).is_some(), "{range:?} is no part of {text:?}: {error}");
        }
        Ok(pattern) => {
            assert_eq!(pattern.columns.len(), pattern.shapes.len());
            assert!(pattern.required <= pattern.columns.len());
            for pair in pattern.pieces.windows(2) {
                let alternate = matches!(
                    pair,
                    [Piece::Literal(_), Piece::Column(_)] | [Piece::Column(_), Piece::Literal(_)]
                );
                assert!(alternate, "{text:?}: {}", pattern.print());
            }
        }
    }
}
