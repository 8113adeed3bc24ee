//! The engine's slow twin, for tests: reads a line by a [`Pattern`] one byte position at a time, as the words of
//! [`Shape`] say it, without tables, plans or SIMD.
//!
//! Values in quotes that the producer does not escape (Envoy's text) are left to tests of their own: where such a
//! line holds more quotes than its format, only both ends of the line together tell what belongs to what.

use super::pattern::{Pattern, Piece, Shape};
use crate::escape::Escape;
use crate::schema::{Field, Kind};
use crate::status::Status;
use crate::time::TimeLayout;

/// Where each column lies; `None` for those a short line has not.
pub(super) type Columns = Vec<Option<(usize, usize)>>;

/// What the twin says of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Fits(Columns),
    Refused,
    /// Quotes that are not escaped, or no number before HAProxy's cookies: not its business.
    Ambiguous,
}

/// Reads a whole line, strictly: nothing may follow the format, unless the product appends columns.
pub(super) fn read(pattern: &Pattern, line: &[u8]) -> Reading {
    let count = |text: &[u8]| memchr::memchr_iter(b'"', text).count();
    let in_format: usize = literals(pattern).map(count).sum();
    let unescaped = pattern.columns.iter().zip(&pattern.shapes);
    let unescaped = unescaped.clone().any(|(c, shape)| *shape == Shape::Text && c.escape == Escape::None);
    if unescaped && count(line) > in_format {
        return Reading::Ambiguous;
    }
    if pattern.shapes.contains(&Shape::Cookie) && !sent_a_number(line) {
        return Reading::Ambiguous;
    }
    walk(pattern, line).map_or(Reading::Refused, Reading::Fits)
}

/// Whether HAProxy's status and `%B`, in front of the cookies, are numbers: by them the first cookie is known.
fn sent_a_number(line: &[u8]) -> bool {
    let is_number = |word: &[u8]| !word.is_empty() && word.iter().all(|b| b.is_ascii_digit() || *b == b'+');
    let mut words =
        line.split(|&b| b == b' ').skip_while(|word| word.iter().filter(|b| **b == b'/').count() != 4);
    words.nth(1).is_some_and(is_number) && words.next().is_some_and(is_number)
}

fn literals(pattern: &Pattern) -> impl Iterator<Item = &[u8]> {
    pattern.pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(text) => Some(&**text),
        Piece::Column(_) => None,
    })
}

fn walk(pattern: &Pattern, line: &[u8]) -> Option<Columns> {
    let mut columns = vec![None; pattern.columns.len()];
    let mut at = 0;
    let mut i = 0;
    // How many columns have been read.
    let mut read = 0;
    while let Some(piece) = pattern.pieces.get(i) {
        let rest = &line[at..];
        match piece {
            Piece::Literal(text) if is_left_out(pattern, i, rest) => {
                let _ = text;
                read += 1;
                i += 1; // and the captures after it
            }
            Piece::Literal(text) if rest.starts_with(text) => at += text.len(),
            Piece::Literal(text) => {
                let over = rest.iter().all(u8::is_ascii_whitespace);
                let may_stop = read >= pattern.required && read < columns.len();
                let closes = read == columns.len() && over;
                // AWS appends columns: what looks otherwise behind the required ones is left alone.
                let ignored = pattern.open_tail && read >= pattern.required;
                let stops = closes || ignored || (may_stop && (over || text.starts_with(rest)));
                return stops.then_some(columns);
            }
            Piece::Column(column) => {
                if rest.is_empty() && *column >= pattern.required {
                    return Some(columns);
                }
                let end = at + length(pattern, i, *column, line, at)?;
                if !is_possible(pattern, *column, &line[..at], &line[at..end]) {
                    return None;
                }
                columns[*column] = Some((at, end));
                read = column + 1;
                at = end;
            }
        }
        i += 1;
    }
    let rest = &line[at..];
    let fits = rest.iter().all(u8::is_ascii_whitespace) || (pattern.open_tail && rest.first() == Some(&b' '));
    fits.then_some(columns)
}

/// HAProxy leaves the space out with the block.
fn is_left_out(pattern: &Pattern, literal: usize, rest: &[u8]) -> bool {
    let Some(Piece::Column(next)) = pattern.pieces.get(literal + 1) else { return false };
    let Some(Piece::Literal(text)) = pattern.pieces.get(literal) else { return false };
    pattern.shapes[*next] == Shape::Captures
        && !(rest.starts_with(text) && rest.get(text.len()) == Some(&b'{'))
}

/// How long the value at `at` is.
fn length(pattern: &Pattern, piece: usize, column: usize, line: &[u8], at: usize) -> Option<usize> {
    let rest = &line[at..];
    let literal = |i: Option<usize>| match i.and_then(|i| pattern.pieces.get(i)) {
        Some(Piece::Literal(text)) => &**text,
        _ => &b""[..],
    };
    let (before, next) = (literal(piece.checked_sub(1)), literal(Some(piece + 1)));
    let places = || (0..=rest.len()).filter(|&p| rest[p..].starts_with(next));
    let word = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
    let quoted = before.ends_with(b"\"") && next.starts_with(b"\"");
    let last = next.is_empty();
    match pattern.shapes[column] {
        Shape::Rest => Some(rest.len()),
        Shape::Width(width) => (rest.len() >= usize::from(width)).then_some(usize::from(width)),
        Shape::Captures => Some(if rest.starts_with(b"{") {
            rest.iter().position(|&b| b == b'}').map_or(rest.len(), |p| p + 1)
        } else {
            0
        }),
        Shape::Cookie => cookie(pattern, column, rest).or((word < rest.len()).then_some(word)),
        Shape::List if last || next.starts_with(b" ") => Some(list(rest)),
        _ if last && pattern.shapes[column] == Shape::Text => Some(rest.len()),
        _ if last => Some(word),
        _ if quoted => {
            let escaped = |q: usize| rest[..q].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1;
            let skips = pattern.columns[column].escape.backslash_quotes();
            let close = (0..rest.len()).find(|&q| rest[q] == b'"' && !(skips && escaped(q)));
            // HAProxy cuts its lines without closing the quote.
            close.or((next == b"\"").then_some(rest.len()))
        }
        Shape::Text if followed_by_clf(pattern, piece) => {
            let then = literal(Some(piece + 3)).first();
            let stamp = places().find(|&p| rest.get(p + next.len() + CLF).is_some_and(|b| Some(b) == then));
            stamp.or_else(|| places().next())
        }
        Shape::Token if !matches!(next.first(), Some(b' ' | b'"' | b'\t')) => {
            // The value is in one word; of `address:port` the last colon of the word counts.
            let own = next.split(|&b| b == b' ').next().unwrap_or(next);
            let mut places = (0..=word).filter(|&p| rest[p..word].starts_with(own));
            let is_address = next.starts_with(b":") && !literal(Some(piece + 3)).starts_with(b":");
            if is_address { places.next_back() } else { places.next() }
        }
        Shape::Token => {
            // An older, shorter line can end with this column; the last one of all only where nothing is missing behind.
            let ends_here = next.starts_with(b" ") || next.starts_with(b"\t");
            let cut = column + 1 == pattern.columns.len() && !next.iter().all(u8::is_ascii_whitespace);
            let ends_here = ends_here && !cut && column + 1 >= pattern.required;
            rest.iter().position(|b| Some(b) == next.first()).or(ends_here.then_some(rest.len()))
        }
        // A stamp of nginx and Apache has its width, whatever it holds.
        _ if pattern.columns[column].kind == Kind::Time(TimeLayout::Clf) => {
            places().find(|&p| p == CLF).or_else(|| places().next())
        }
        _ => places().next(),
    }
}

/// Width of a stamp of nginx and Apache.
const CLF: usize = 26;

fn followed_by_clf(pattern: &Pattern, piece: usize) -> bool {
    let next = pattern.pieces.get(piece + 2);
    matches!(next, Some(Piece::Column(c)) if pattern.columns[*c].kind == Kind::Time(TimeLayout::Clf))
        && matches!(pattern.pieces.get(piece + 3), Some(Piece::Literal(_)))
}

/// A space ends the list, except within `, ` and ` : `.
fn list(text: &[u8]) -> usize {
    let mut p = 0;
    while p < text.len() {
        if text[p] != b' ' || (p > 0 && text[p - 1] == b',') {
            p += 1;
        } else if text[p..].starts_with(b" : ") {
            p += 3;
        } else if &text[p..] == b" :" {
            return text.len();
        } else {
            return p;
        }
    }
    p
}

/// A cookie ends where the state follows, the first of two where one word and the state do.
fn cookie(pattern: &Pattern, column: usize, text: &[u8]) -> Option<usize> {
    let second = column > 0 && pattern.shapes[column - 1] == Shape::Cookie;
    (0..text.len()).filter(|&p| text[p] == b' ').find(|&p| {
        let after = &text[p + 1..];
        let next = after.iter().position(|&b| b == b' ').map_or(&b""[..], |q| &after[q + 1..]);
        is_state(if second { after } else { next })
    })
}

/// `SC-- 1/1/1/1/0`.
fn is_state(text: &[u8]) -> bool {
    let mut words = text.split(|&b| b == b' ');
    let (state, counters) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    matches!(state.len(), 2 | 4)
        && state.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && memchr::memchr_iter(b'/', counters).count() >= 3
        && counters.iter().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'+'))
}

/// The columns a line stands or falls with.
fn is_possible(pattern: &Pattern, column: usize, before: &[u8], value: &[u8]) -> bool {
    let meta = &pattern.columns[column];
    match (&meta.kind, meta.field) {
        // What Go prints for no number, too: Traefik v1.
        (Kind::Status, Field::Status) => {
            value == b"-" || Status::parse(value).is_some() || value == b"%!d(<nil>)"
        }
        (Kind::Time(layout), Field::Time) => {
            let digits = (5..=64).contains(&value.len()) && value.iter().any(u8::is_ascii_digit);
            let looks = match layout {
                TimeLayout::Iso => value.get(4) == Some(&b'-'),
                TimeLayout::Clf => value.len() == CLF,
                _ => true,
            };
            value == b"-" || (digits && looks)
        }
        // Behind a host's name: or every line of a format that begins with the client would fit.
        (_, Field::Client | Field::ForwardedFor)
            if column == 1 && pattern.columns[0].field == Field::Host =>
        {
            value != b"-" && !before.trim_ascii_end().ends_with(b",")
        }
        (_, Field::Reason) if pattern.shapes.contains(&Shape::Cookie) => {
            matches!(value.len(), 2 | 4) && !value.contains(&b'/')
        }
        _ => true,
    }
}

pub(super) mod tests;
