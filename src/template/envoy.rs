//! Envoy's command operators: `%NAME%`, `%NAME(ARGUMENT)%`, `%NAME(ARGUMENT):LENGTH%`, `%%`.
//!
//! Source of the rules: Envoy's `substitution_formatter.rst` and `substitution_format_parser`; the operators
//! themselves are in [`operators`]. Text formats escape nothing.

mod operators;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::combinator::{map, value};

use super::Pattern;
use super::language::{Parsed, fault, first_char, items};
use super::object::{self, KeyedColumn};
use super::sketch::{Draft, Sketch};
use super::source::{Source, trimmed};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Field, Product, TimeMeaning};

pub(super) fn parse(text: &str) -> Result<Pattern, FormatError> {
    sketch(text, Escape::None)?.finish(text)
}

/// The keys of a `json_format` written as a JSON object, `None` for any other text. Envoy escapes the values.
pub(super) fn json_fields(text: &str) -> Option<Vec<KeyedColumn>> {
    object::fields(sketch(text, Escape::Json).ok()?)
}

/// `%NAME(ARGUMENT):LENGTH%`.
#[derive(Debug, Clone, Copy)]
struct Operator<'a> {
    name: &'a str,
    argument: Option<&'a str>,
}

#[derive(Clone)]
enum Item<'a> {
    Literal(&'a str),
    Operator(Operator<'a>),
}

fn sketch(text: &str, escape: Escape) -> Result<Sketch, FormatError> {
    let source = Source::unescaped(text, without_line_end(text), |_| None);
    let mut sketch = Sketch::new(Product::Envoy, TimeMeaning::Start);
    for (range, item) in items(&source, item)? {
        let place = source.place(range);
        match item {
            Item::Literal(literal) => sketch.literal(literal, place),
            Item::Operator(operator) => {
                let name = match operator.argument {
                    Some(argument) => format!("{}({argument})", operator.name),
                    None => operator.name.into(),
                };
                let meaning = operators::meaning(operator.name, operator.argument);
                sketch.column(Draft { name, meaning, escape, place });
            }
        }
    }
    stamped_at_the_end(&mut sketch);
    Ok(sketch)
}

/// The text without the line break it ends with, real or written as `\n`.
fn without_line_end(text: &str) -> std::ops::Range<usize> {
    let range = trimmed(text, 0..text.len());
    let bare = text.get(range.clone()).unwrap_or_default();
    let stripped = bare.strip_suffix("\\n").unwrap_or(bare);
    range.start..range.start + stripped.len()
}

/// A format whose only stamp is `%EMIT_TIME%` tells the end of the request.
fn stamped_at_the_end(sketch: &mut Sketch) {
    if sketch.has(Field::Time) {
        return;
    }
    for draft in sketch.drafts_mut().filter(|draft| draft.name.starts_with("EMIT_TIME")) {
        draft.meaning.field = Field::Time;
    }
    if sketch.has(Field::Time) {
        sketch.time_meaning = TimeMeaning::End;
    }
}

fn item(text: &str) -> Parsed<'_, Item<'_>> {
    alt((map(literal, Item::Literal), value(Item::Literal("%"), tag("%%")), map(operator, Item::Operator)))
        .parse(text)
}

fn literal(text: &str) -> Parsed<'_, &str> {
    take_while1(|c| c != '%')(text)
}

fn operator(text: &str) -> Parsed<'_, Operator<'_>> {
    let (rest, _) = tag("%")(text)?;
    let (rest, name) = name(text, rest)?;
    let (rest, argument) = argument(rest)?;
    let rest = length(rest)?;
    if let Some(rest) = rest.strip_prefix('%') {
        return Ok((rest, Operator { name, argument }));
    }
    let read = text.len() - rest.len();
    Err(fault(text, read + first_char(rest), "the operator is not closed: `%` must follow"))
}

fn name<'a>(text: &'a str, rest: &'a str) -> Parsed<'a, &'a str> {
    let (after, name) = take_while(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')(rest)?;
    if name.is_empty() {
        let message = "the name of an operator in capitals must follow `%`; a percent sign itself is `%%`";
        return Err(fault(text, 1 + first_char(rest), message));
    }
    Ok((after, name))
}

/// `(…)`, if there: anything but `)`, percent signs included.
fn argument(text: &str) -> Parsed<'_, Option<&str>> {
    let Some(inside) = text.strip_prefix('(') else { return Ok((text, None)) };
    let (after, argument) = take_till(|c| c == ')')(inside)?;
    match after.strip_prefix(')') {
        Some(after) => Ok((after, Some(argument))),
        None => Err(fault(text, text.len(), "`(` is not closed")),
    }
}

/// `:LENGTH`, if there; only how much is printed depends on it.
fn length(text: &str) -> Result<&str, nom::Err<super::language::Fault<'_>>> {
    let Some(rest) = text.strip_prefix(':') else { return Ok(text) };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if after.len() == rest.len() {
        return Err(fault(text, 1 + first_char(rest), "a length in digits must follow `:`"));
    }
    Ok(after)
}

#[cfg(test)]
mod tests;
