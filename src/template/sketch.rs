//! From the items of a format language to a [`Pattern`]: what every language needs to settle in the same way.
//!
//! - Where several variables have one meaning, the best one keeps it ([`Meaning::rank`]); the others are read
//!   by name.
//! - `address:port` is one value: an IPv6 address without brackets holds colons of its own.
//! - Variables with nothing between them are one value, since nothing tells where the first one ends.
//! - How far a value reaches depends on whether it stands in quotes.

use std::ops::Range;

use super::{Pattern, Shape};
use crate::error::FormatError;
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, TimeMeaning};

/// What a variable may hold, as far as it decides where its value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Written by the product: never a blank or a quote.
    Token,
    /// Never a blank, perhaps a quote.
    Word,
    /// nginx's list of attempts.
    List,
    /// HAProxy's captured cookie.
    Cookie,
    /// HAProxy's captured headers.
    Captures,
    /// Anything.
    Text,
}

impl Reach {
    fn shape(self, quoted: bool) -> Shape {
        match (self, quoted) {
            (Self::Captures, _) => Shape::Captures,
            (Self::Token, _) | (Self::Word, false) => Shape::Token,
            (Self::List, false) => Shape::List,
            (Self::Cookie, false) => Shape::Cookie,
            (Self::Text, false) | (Self::Word | Self::List | Self::Cookie | Self::Text, true) => Shape::Text,
        }
    }
}

/// A row of a language's table of variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) field: Field,
    pub(super) kind: Kind,
    pub(super) reach: Reach,
    /// 0 is the best variable for the field.
    pub(super) rank: u8,
}

impl Meaning {
    pub(super) const fn new(field: Field, kind: Kind, reach: Reach) -> Self {
        Self { field, kind, reach, rank: 0 }
    }
    /// The same, giving way to a variable of a lower rank.
    #[must_use]
    pub(super) const fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }
}

#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) meaning: Meaning,
    pub(super) escape: Escape,
    /// In the user's text.
    pub(super) place: Range<usize>,
}

impl Draft {
    pub(super) fn column(&self) -> Column {
        Column::new(self.name.as_str(), self.meaning.field, self.meaning.kind.clone()).escaped(self.escape)
    }
    fn is_port(&self) -> bool {
        matches!(self.meaning.kind, Kind::Integer) && self.meaning.field == Field::Other
    }
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Literal(String, Range<usize>),
    Column(Draft),
}

#[derive(Debug, Clone)]
pub(super) struct Sketch {
    pub(super) product: Product,
    pub(super) time_meaning: TimeMeaning,
    pub(super) parts: Vec<Part>,
}

impl Sketch {
    pub(super) fn new(product: Product, time_meaning: TimeMeaning) -> Self {
        Self { product, time_meaning, parts: Vec::new() }
    }

    /// Appends literal text that stands at `place`; joins it to a literal before it.
    pub(super) fn literal(&mut self, text: &str, place: Range<usize>) {
        if text.is_empty() {
            return;
        }
        if let Some(Part::Literal(last, whole)) = self.parts.last_mut() {
            last.push_str(text);
            whole.end = place.end.max(whole.start);
        } else {
            self.parts.push(Part::Literal(text.into(), place));
        }
    }

    pub(super) fn column(&mut self, draft: Draft) {
        self.parts.push(Part::Column(draft));
    }

    /// Whether one of the columns means `field`.
    pub(super) fn has(&self, field: Field) -> bool {
        self.drafts().any(|draft| draft.meaning.field == field)
    }

    pub(super) fn drafts(&self) -> impl Iterator<Item = &Draft> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(draft) => Some(draft),
            Part::Literal(..) => None,
        })
    }

    pub(super) fn drafts_mut(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Column(draft) => Some(draft),
            Part::Literal(..) => None,
        })
    }

    /// The pattern.
    ///
    /// # Errors
    /// A line break in the format, a status or time with nothing between it and its neighbour, no variables,
    /// or too many.
    pub(super) fn finish(self, text: &str) -> Result<Pattern, FormatError> {
        let settled = self.settled()?;
        settled.refuse_line_breaks()?;
        let mut pattern = Pattern::new(settled.product, settled.time_meaning);
        let mut quotes_left: usize = settled.parts.iter().map(quotes).sum();
        let mut inside = false;
        let last = settled.parts.len().saturating_sub(1);
        for (i, part) in settled.parts.iter().enumerate() {
            match part {
                Part::Literal(literal, _) => {
                    pattern.literal(literal.as_bytes());
                    quotes_left -= quotes(part);
                    inside ^= quotes(part) % 2 == 1;
                }
                Part::Column(draft) => {
                    let shape = draft.meaning.reach.shape(inside && quotes_left > 0);
                    let shape = if i == last && shape == Shape::Text { Shape::Rest } else { shape };
                    pattern.column(draft.column(), shape);
                }
            }
        }
        pattern.check(text)
    }

    /// Pairs and neighbours joined, ranks applied.
    pub(super) fn settled(mut self) -> Result<Self, FormatError> {
        self.join_ports();
        self.join_neighbours()?;
        self.apply_ranks();
        Ok(self)
    }

    fn join_ports(&mut self) {
        let mut joined: Vec<Part> = Vec::with_capacity(self.parts.len());
        for part in self.parts.drain(..) {
            match (joined.as_mut_slice(), part) {
                ([.., Part::Column(address), Part::Literal(colon, _)], Part::Column(port))
                    if colon == ":" && address.meaning.kind == Kind::Address && port.is_port() =>
                {
                    address.name.push(':');
                    address.name.push_str(&port.name);
                    address.place.end = port.place.end;
                    joined.pop();
                }
                (_, part) => joined.push(part),
            }
        }
        self.parts = joined;
    }

    fn join_neighbours(&mut self) -> Result<(), FormatError> {
        let mut joined: Vec<Part> = Vec::with_capacity(self.parts.len());
        for part in self.parts.drain(..) {
            match (joined.last_mut(), part) {
                (Some(Part::Column(left)), Part::Column(right)) => join(left, &right)?,
                (_, part) => joined.push(part),
            }
        }
        self.parts = joined;
        Ok(())
    }

    fn apply_ranks(&mut self) {
        let mut best = [u8::MAX; Field::COUNT];
        for Draft { meaning, .. } in self.drafts() {
            let best = &mut best[meaning.field as usize];
            *best = meaning.rank.min(*best);
        }
        for Draft { meaning, .. } in self.drafts_mut() {
            if meaning.field != Field::Time && meaning.rank > best[meaning.field as usize] {
                meaning.field = Field::Other;
            }
        }
    }

    fn refuse_line_breaks(&self) -> Result<(), FormatError> {
        for part in &self.parts {
            if let Part::Literal(literal, place) = part
                && literal.contains('\n')
            {
                let message = "a line break in the format: its records do not stand on one line each";
                return Err(FormatError::new(place.clone(), message));
            }
        }
        Ok(())
    }
}

fn quotes(part: &Part) -> usize {
    match part {
        Part::Literal(literal, _) => literal.bytes().filter(|&b| b == b'"').count(),
        Part::Column(_) => 0,
    }
}

/// Makes `left` one value of both.
fn join(left: &mut Draft, right: &Draft) -> Result<(), FormatError> {
    for draft in [&*left, right] {
        if matches!(draft.meaning.field, Field::Time | Field::Status) {
            let message = format!(
                "nothing separates {} from {}: the two values cannot be told apart",
                left.name, right.name
            );
            return Err(FormatError::new(left.place.start..right.place.end.max(left.place.start), message));
        }
    }
    left.name.push('+');
    left.name.push_str(&right.name);
    left.place.end = right.place.end;
    let fields = [left.meaning.field, right.meaning.field];
    let parts_of_a_target = fields.iter().all(|f| matches!(f, Field::Target | Field::Host | Field::Other));
    let target = parts_of_a_target && fields.contains(&Field::Target);
    left.meaning.field = if target { Field::Target } else { Field::Other };
    left.meaning.kind = Kind::Text;
    left.meaning.reach = left.meaning.reach.max(right.meaning.reach);
    if left.meaning.reach == Reach::List {
        left.meaning.reach = Reach::Text;
    }
    if left.escape == Escape::None {
        left.escape = right.escape;
    }
    Ok(())
}
