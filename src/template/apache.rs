//! Apache httpd's `LogFormat` language: `%[conditions][<|>][{argument}]letter`, `%^ti`, `%^to`, `%%`.
//!
//! Source of the rules: `mod_log_config.c` (`parse_log_item`, `parse_log_misc_string`); the items themselves are
//! in [`directives`], time stamps made of several items in [`stamps`].

mod config;
mod directives;
mod stamps;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{map, value};

use super::Pattern;
use super::language::{Parsed, fault, first_char, items};
use super::object::{self, KeyedColumn};
use super::sketch::{Draft, Sketch};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Field, Kind, Product, TimeMeaning};
use crate::time::TimeLayout;

pub(super) fn parse(text: &str) -> Result<Pattern, FormatError> {
    sketch(text)?.finish(text)
}

/// The keys of a format that writes JSON objects, `None` for any other.
pub(super) fn json_fields(text: &str) -> Option<Vec<KeyedColumn>> {
    object::fields(sketch(text).ok()?)
}

/// `%!200,304>{argument}letter`.
#[derive(Debug, Clone, Copy, Default)]
struct Directive<'a> {
    /// All of it, for the name.
    text: &'a str,
    /// Printed for some statuses only.
    conditional: bool,
    /// `>`: of the last request of a chain of internal redirects.
    last: bool,
    argument: Option<&'a str>,
    /// The letter, or `^ti`.
    letter: &'a str,
}

#[derive(Clone)]
enum Item<'a> {
    Literal(&'a str),
    Control(&'static str),
    Directive(Directive<'a>),
}

fn sketch(text: &str) -> Result<Sketch, FormatError> {
    let source = config::read(text)?;
    let mut sketch = Sketch::new(Product::Apache, TimeMeaning::Start);
    for (range, item) in items(&source, item)? {
        let place = source.place(range);
        match item {
            Item::Literal(literal) | Item::Control(literal) => sketch.literal(literal, place),
            Item::Directive(directive) => {
                let clf = directive.letter == "t" && directive.argument.is_none_or(str::is_empty);
                let meaning = directives::meaning(&directive);
                let draft = Draft { name: directive.text.into(), meaning, escape: Escape::Backslash, place };
                let place = draft.place.clone();
                sketch.literal(if clf { "[" } else { "" }, place.clone());
                sketch.column(draft);
                sketch.literal(if clf { "]" } else { "" }, place);
            }
        }
    }
    if stamped_at_the_end(&sketch) {
        sketch.time_meaning = TimeMeaning::End;
    }
    stamps::join(&mut sketch);
    Ok(sketch)
}

/// Whether all stamps are `%{end:…}t`.
fn stamped_at_the_end(sketch: &Sketch) -> bool {
    let mut stamps = sketch.drafts().filter(|draft| draft.meaning.field == Field::Time);
    sketch.has(Field::Time) && stamps.all(|draft| draft.name.contains("{end:"))
}

fn item(text: &str) -> Parsed<'_, Item<'_>> {
    alt((
        map(take_while1(|c| c != '%' && c != '\\'), Item::Literal),
        value(Item::Literal("%"), tag("%%")),
        map(directive, Item::Directive),
        value(Item::Control("\n"), tag("\\n")),
        value(Item::Control("\r"), tag("\\r")),
        value(Item::Control("\t"), tag("\\t")),
        value(Item::Control("\\"), tag("\\\\")),
        value(Item::Control("\\"), tag("\\")),
    ))
    .parse(text)
}

fn directive(text: &str) -> Parsed<'_, Directive<'_>> {
    let (mut rest, _) = tag("%")(text)?;
    let mut directive = Directive::default();
    loop {
        let Some(c) = rest.chars().next() else {
            return Err(fault(text, text.len(), "the text ends inside of a directive"));
        };
        let mut length = c.len_utf8();
        match c {
            '!' | ',' | '0'..='9' => directive.conditional = true,
            '<' => directive.last = false,
            '>' => directive.last = true,
            '{' => {
                let Some((argument, _)) = rest.get(1..).unwrap_or_default().split_once('}') else {
                    return Err(fault(rest, rest.len(), "`{` is not closed"));
                };
                directive.argument = Some(argument);
                length = argument.len() + 2;
            }
            'a'..='z' | 'A'..='Z' | '^' => {
                length = if c == '^' { 3 } else { 1 };
                let Some((letter, after)) = rest.split_at_checked(length) else {
                    return Err(fault(text, text.len(), "the text ends inside of a directive"));
                };
                directive.letter = letter;
                directive.text = text.get(..text.len() - after.len()).unwrap_or(text);
                return Ok((after, directive));
            }
            _ => {
                let read = text.len() - rest.len();
                let message = "a letter must follow `%`; a percent sign itself is `%%`";
                return Err(fault(text, read + first_char(rest), message));
            }
        }
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// Whether a stamp of this kind can hold a blank.
fn holds_blank(kind: &Kind) -> bool {
    match kind {
        Kind::Time(TimeLayout::Clf) => true,
        Kind::Time(TimeLayout::Strftime(text)) => text.contains([' ', '"', 'c', '+', 'r']),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
