//! HAProxy's `log-format` language: `%alias`, `%{flags}alias`, `%[expression]`, `%(name:type)alias`, `%%`.
//!
//! Source of the rules: HAProxy's `configuration.txt`, section 8.2.6, and `src/log.c`: runs of blanks collapse,
//! `%{+Q}` puts quotes around text but not around numbers and dates, `%{…}o` sets the flags of all that
//! follows. The aliases themselves are in [`aliases`].

mod aliases;
mod config;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{map, value};

use super::Pattern;
use super::language::{Fault, Parsed, fault, first_char, items};
use super::object::{self, KeyedColumn};
use super::sketch::{Draft, Part, Sketch};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Product, TimeMeaning};

pub(super) fn parse(text: &str) -> Result<Pattern, FormatError> {
    let reading = read(text)?;
    if reading.json {
        return Err(FormatError::new(0..text.len(), "the format writes JSON objects, which are read by key"));
    }
    let mut sketch = reading.sketch;
    let lists = join_trailing_lists(&mut sketch);
    let mut pattern = sketch.finish(text)?;
    if lists {
        pattern.required = pattern.columns.len() - 1;
    }
    Ok(pattern)
}

/// The keys of a format that writes JSON objects, by `%{+json}o` or by hand; `None` for any other.
pub(super) fn json_fields(text: &str) -> Option<Vec<KeyedColumn>> {
    let reading = read(text).ok()?;
    if !reading.json {
        return object::fields(reading.sketch);
    }
    let keyed = reading.named.into_iter().map(|(name, mut draft)| {
        draft.escape = Escape::Json;
        (name.into(), draft.column())
    });
    Some(keyed.collect())
}

/// A format, read.
struct Reading {
    sketch: Sketch,
    /// Items with a name of the user's own: the only ones `%{+json}o` prints.
    named: Vec<(String, Draft)>,
    json: bool,
}

fn read(text: &str) -> Result<Reading, FormatError> {
    let source = config::read(text)?;
    let mut sketch = Sketch::new(Product::Haproxy, TimeMeaning::Start);
    let mut named = Vec::new();
    let mut all = Flags::default();
    let mut after_blank = true;
    for (range, item) in items(&source, item)? {
        let place = source.place(range);
        match item {
            Item::Literal(literal) => {
                sketch.literal(&collapsed(literal, &mut after_blank), place);
            }
            Item::Directive(Directive { flags, what: What::Alias("o"), .. }) => all = flags.over(all),
            Item::Directive(directive) => {
                let flags = directive.flags.over(all);
                let (draft, quoted) = draft(directive.what, flags, place.clone());
                let quote = if quoted { "\"" } else { "" };
                if let Some(name) = directive.name {
                    named.push((name.into(), draft.clone()));
                }
                sketch.literal(quote, place.clone());
                sketch.column(draft);
                sketch.literal(quote, place);
                after_blank = false;
            }
        }
    }
    Ok(Reading { sketch, named, json: all.json })
}

/// The column, and whether HAProxy writes quotes around it.
fn draft(what: What<'_>, flags: Flags, place: std::ops::Range<usize>) -> (Draft, bool) {
    let (name, aliases::Alias { meaning, escape, quotable }) = match what {
        What::Alias(alias) => (format!("%{alias}"), aliases::alias(alias)),
        What::Expression(text) => (format!("%[{text}]"), aliases::expression(text)),
    };
    let escape = if flags.escape && escape == Escape::None { Escape::Backslash } else { escape };
    (Draft { name, meaning, escape, place }, flags.quote && quotable)
}

/// Runs of blanks become one, also across items.
fn collapsed(literal: &str, after_blank: &mut bool) -> String {
    let keep = literal.chars().filter(|&c| {
        let drop = c == ' ' && *after_blank;
        *after_blank = c == ' ';
        !drop
    });
    keep.collect()
}

/// `%hrl %hsl` at the end (the CLF format): as many quoted values as are captured, or none. One column, the
/// rest of the line.
fn join_trailing_lists(sketch: &mut Sketch) -> bool {
    let is_list =
        |part: &Part| matches!(part, Part::Column(draft) if matches!(&*draft.name, "%hrl" | "%hsl"));
    if let [.., left, Part::Literal(blank, _), right] = sketch.parts.as_slice()
        && blank == " "
        && is_list(left)
        && is_list(right)
    {
        sketch.parts.truncate(sketch.parts.len() - 2);
        if let Some(Part::Column(left)) = sketch.parts.last_mut() {
            left.name.push_str(" %hsl");
        }
        return true;
    }
    sketch.parts.last().is_some_and(is_list)
}

/// What stands in `%{…}`.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    quote: bool,
    escape: bool,
    json: bool,
    /// Flags taken away: quote and escape.
    not: (bool, bool),
}

impl Flags {
    /// These flags where `all` are the ones in force.
    fn over(self, all: Self) -> Self {
        Self {
            quote: (all.quote && !self.not.0) || self.quote,
            escape: (all.escape && !self.not.1) || self.escape,
            json: all.json || self.json,
            not: (false, false),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum What<'a> {
    Alias(&'a str),
    Expression(&'a str),
}

#[derive(Debug, Clone, Copy)]
struct Directive<'a> {
    flags: Flags,
    name: Option<&'a str>,
    what: What<'a>,
}

#[derive(Clone)]
enum Item<'a> {
    Literal(&'a str),
    Directive(Directive<'a>),
}

fn item(text: &str) -> Parsed<'_, Item<'_>> {
    alt((map(literal, Item::Literal), value(Item::Literal("%"), tag("%%")), map(directive, Item::Directive)))
        .parse(text)
}

fn literal(text: &str) -> Parsed<'_, &str> {
    take_while1(|c| c != '%')(text)
}

/// `%`, then flags and name in any order, then what to print.
fn directive(text: &str) -> Parsed<'_, Directive<'_>> {
    let (mut rest, _) = tag("%")(text)?;
    let mut flags = None;
    let mut name = None;
    loop {
        match rest.chars().next() {
            Some('{') if flags.is_none() => {
                let (after, inside) = enclosed(rest, '}')?;
                flags = Some(read_flags(inside, rest)?);
                rest = after;
            }
            Some('(') if name.is_none() => {
                let (after, inside) = enclosed(rest, ')')?;
                name = Some(inside.split(':').next().unwrap_or(inside));
                rest = after;
            }
            Some('[') => {
                let (rest, inside) = expression(rest)?;
                let what = What::Expression(inside);
                return Ok((rest, Directive { flags: flags.unwrap_or_default(), name, what }));
            }
            _ => break,
        }
    }
    let (after, alias) = take_while(|c: char| c.is_ascii_alphanumeric())(rest)?;
    if alias.is_empty() {
        let read = text.len() - rest.len();
        let message = "an alias or `[` must follow `%`; a percent sign itself is `%%`";
        return Err(fault(text, read + first_char(rest), message));
    }
    Ok((after, Directive { flags: flags.unwrap_or_default(), name, what: What::Alias(alias) }))
}

/// What stands between the bracket `rest` starts with and the next `close`.
fn enclosed(rest: &str, close: char) -> Parsed<'_, &str> {
    let inside = rest.get(1..).unwrap_or_default();
    match inside.split_once(close) {
        Some((inside, after)) => Ok((after, inside)),
        None => Err(fault(rest, rest.len(), format!("`{}` is not closed", &rest[..first_char(rest)]))),
    }
}

/// `[…]`: to the first `]` that is neither quoted nor escaped.
fn expression(rest: &str) -> Parsed<'_, &str> {
    let mut quote = None;
    let mut hidden = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if hidden => hidden = false,
            '\\' => hidden = true,
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            ']' if quote.is_none() => {
                let (inside, after) = rest.split_at(i);
                return Ok((after.get(1..).unwrap_or_default(), inside.get(1..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    Err(fault(rest, rest.len(), "`[` is not closed"))
}

/// `+Q,-E`; `rest` starts with the bracket before.
fn read_flags<'a>(inside: &'a str, rest: &'a str) -> Result<Flags, nom::Err<Fault<'a>>> {
    let mut flags = Flags::default();
    for flag in inside.split_inclusive(',').flat_map(signed) {
        match flag.trim_matches([',', ' ']) {
            "" | "+X" | "-X" | "+M" | "-M" => {}
            "+Q" => flags.quote = true,
            "-Q" => flags.not.0 = true,
            "+E" => flags.escape = true,
            "-E" => flags.not.1 = true,
            "+json" => flags.json = true,
            "+cbor" | "+bin" => {
                return Err(fault(rest, inside.len() + 2, "binary encodings are not lines of text"));
            }
            _ => {
                let message = "unknown flag: expected +Q, +E, +X, +M or +json, or `-` to take one away";
                return Err(fault(rest, inside.len() + 2, message));
            }
        }
    }
    Ok(flags)
}

/// `+Q+E` is `+Q`, `+E`.
fn signed(flags: &str) -> impl Iterator<Item = &str> {
    let mut rest = flags;
    std::iter::from_fn(move || {
        let next =
            rest.char_indices().skip(1).find(|&(_, c)| matches!(c, '+' | '-')).map_or(rest.len(), |(i, _)| i);
        let (flag, after) = rest.split_at(next);
        rest = after;
        (!flag.is_empty()).then_some(flag)
    })
}

#[cfg(test)]
mod tests;
