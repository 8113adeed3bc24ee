//! nginx's `log_format` language: a configuration file's strings, then `$variables` in them.
//!
//! Source of the rules: `ngx_conf_read_token` (quoting) and `ngx_http_log_compile_format` (variables) in
//! nginx; the variables themselves are in [`variables`].

mod config;
mod variables;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::map;

use super::Pattern;
use super::language::{Parsed, fault, first_char, items};
use super::object::{self, KeyedColumn};
use super::sketch::{Draft, Sketch};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Product, TimeMeaning};

pub(super) fn parse(text: &str) -> Result<Pattern, FormatError> {
    sketch(text)?.finish(text)
}

/// The keys of a format that writes JSON objects, `None` for any other.
pub(super) fn json_fields(text: &str) -> Option<Vec<KeyedColumn>> {
    object::fields(sketch(text).ok()?)
}

#[derive(Clone)]
enum Item<'a> {
    Literal(&'a str),
    Variable(&'a str),
}

fn sketch(text: &str) -> Result<Sketch, FormatError> {
    let config::Definition { source, escape } = config::read(text)?;
    let mut sketch = Sketch::new(Product::Nginx, TimeMeaning::End);
    for (range, item) in items(&source, item)? {
        let place = source.place(range);
        match item {
            Item::Literal(literal) => sketch.literal(literal, place),
            Item::Variable(name) => sketch.column(draft(name, escape, place)),
        }
    }
    if sketch.drafts().any(|draft| draft.name == "proxy_upstream_name") {
        sketch.product = Product::IngressNginx;
    }
    Ok(sketch)
}

fn draft(name: &str, escape: Escape, place: std::ops::Range<usize>) -> Draft {
    let escape = if variables::bypasses_escaping(name) { Escape::None } else { escape };
    Draft { name: name.into(), meaning: variables::meaning(name), escape, place }
}

fn item(text: &str) -> Parsed<'_, Item<'_>> {
    alt((map(literal, Item::Literal), map(variable, Item::Variable))).parse(text)
}

fn literal(text: &str) -> Parsed<'_, &str> {
    take_while1(|c| c != '$')(text)
}

fn variable(text: &str) -> Parsed<'_, &str> {
    let (rest, _) = tag("$")(text)?;
    match rest.strip_prefix('{') {
        Some(inside) => braced(text, inside),
        None => bare(text, rest),
    }
}

fn bare<'a>(text: &'a str, rest: &'a str) -> Parsed<'a, &'a str> {
    let (after, name) = word(rest)?;
    if !name.is_empty() {
        return Ok((after, name));
    }
    let message = if rest.is_empty() {
        "`$` at the end: the name of a variable must follow"
    } else {
        "the name of a variable must follow `$`; nginx has no way to write a `$` itself"
    };
    Err(fault(text, 1 + first_char(rest), message))
}

fn braced<'a>(text: &'a str, inside: &'a str) -> Parsed<'a, &'a str> {
    let (after, name) = word(inside)?;
    let length = "${".len() + name.len();
    match after.strip_prefix('}') {
        Some(_) if name.is_empty() => Err(fault(text, length + 1, "`${}` names no variable")),
        Some(after) => Ok((after, name)),
        None => Err(fault(text, length + first_char(after), "`${` is not closed: `}` must follow the name")),
    }
}

fn word(text: &str) -> Parsed<'_, &str> {
    take_while(|c: char| c.is_ascii_alphanumeric() || c == '_')(text)
}

#[cfg(test)]
mod tests;
