//! For tests: format texts with a character cut off, left out or put in, at every place.

use super::pattern::{Pattern, Piece};
use crate::error::FormatError;

const PUT_IN: &[&str] =
    &["\"", "'", "\\", "$", "%", "{", "}", "(", ")", "[", ":", ";", "#", ",", "\n", "\0", "é", "9"];

/// Like [`survive`]; and what `print` writes of a pattern is read as the same pattern. `None` where a pattern has no
/// text of its own.
pub(super) fn survive_printing(
    texts: &[&str],
    parse: fn(&str) -> Result<Pattern, FormatError>,
    print: fn(&Pattern) -> Option<String>,
) {
    let mut printed = 0;
    each(texts, |text| {
        let Ok(pattern) = parse(text) else { return };
        let Some(again) = print(&pattern) else { return };
        printed += 1;
        match parse(&again) {
            Ok(reread) => assert_eq!(reread, pattern, "{text:?} printed as {again:?}"),
            Err(error) => panic!("{text:?} printed as {again:?}: {error}"),
        }
    });
    assert!(printed > 100, "only {printed} texts could be printed");
}

/// Calls `parse` with every mutation of `texts`: it must not panic, and what it says must hold together.
pub(super) fn survive(texts: &[&str], parse: fn(&str) -> Result<Pattern, FormatError>) {
    each(texts, |text| check(text, parse));
}

/// Every mutation of `texts`, and the texts.
fn each(texts: &[&str], mut with: impl FnMut(&str)) {
    for text in texts {
        for (i, c) in text.char_indices() {
            let (before, from) = text.split_at(i);
            let after = &from[c.len_utf8()..];
            with(before);
            with(&format!("{before}{after}"));
            for put in PUT_IN {
                with(&format!("{before}{put}{from}"));
            }
        }
        with(text);
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
