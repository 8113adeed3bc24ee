//! One preset tried on the lines of a sample.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Candidate, Sample};
use crate::error::{LineError, LineErrorKind};
use crate::format::{Format, Line, Other};
use crate::formats::{Known, Options, Preset};
use crate::input::Framing;
use crate::record::{Record, Spans};
use crate::schema::{Field, Product};

/// A preset that reads lines of a sample.
pub(super) struct Trial {
    preset: &'static Preset,
    known: Known,
    format: Arc<dyn Format>,
    spans: Spans,
    /// What each line was for it; `None` where it was not read.
    outcomes: Vec<Option<Outcome>>,
}

/// See [`read`].
pub(super) type Outcome = Result<bool, Option<LineError>>;

impl Trial {
    /// `None` where the preset cannot read such lines.
    /// Of lines that are `bare`, none has a frame of its own.
    pub(super) fn new(preset: &'static Preset, lines: &[&[u8]], bare: bool, strict: bool) -> Option<Self> {
        let known = match preset.known_from(lines).ok()? {
            // Of the many keys a producer may use, those count that it does use.
            Known::Json(map) => Known::Json(map.fitted(lines.iter().copied()).unwrap_or(map)),
            text @ Known::Text(_) => text,
        };
        // Without a status there is little that could not be something else.
        if !strict && !known.format().schema().has(Field::Status) {
            return None;
        }
        let tried = match known.clone() {
            Known::Text(template) => Known::Text(template.bare(bare)),
            json @ Known::Json(_) => json,
        };
        let format = tried.ready(Options { strict, ..Options::default() }, Framing::None, None);
        Some(Self { preset, known, format, spans: Spans::new(), outcomes: vec![None; lines.len()] })
    }

    /// Reads a line, if it was not yet.
    pub(super) fn read(&mut self, sample: &Sample, line: usize) {
        if let (Some(outcome @ None), Some(payload)) =
            (self.outcomes.get_mut(line), sample.payloads.get(line))
        {
            *outcome = Some(read(&*self.format, payload, &mut self.spans));
        }
    }

    pub(super) fn knows_some(&self) -> bool {
        self.outcomes.iter().any(|outcome| matches!(outcome, Some(Ok(_))))
    }

    /// Whether a line is an access record.
    pub(super) fn fits(&self, line: usize) -> bool {
        self.outcomes.get(line) == Some(&Some(Ok(true)))
    }

    pub(super) fn matched(&self) -> usize {
        (0..self.outcomes.len()).filter(|&line| self.fits(line)).count()
    }

    pub(super) fn candidate(self, sample: &Sample) -> Candidate {
        let fits: Vec<bool> = (0..self.outcomes.len()).map(|line| self.fits(line)).collect();
        // What another program wrote to the same stream does not speak against the format.
        let own: BTreeSet<&[u8]> = sample
            .tags
            .iter()
            .zip(&fits)
            .filter_map(|(tag, fits)| tag.as_deref().filter(|_| *fits))
            .collect();
        let foreign =
            |tag: &Option<Vec<u8>>| tag.as_deref().is_some_and(|tag| !own.is_empty() && !own.contains(&tag));
        let (mut others, mut refused, mut first_refused) = (0, 0, None);
        for (line, (outcome, tag)) in self.outcomes.iter().zip(&sample.tags).enumerate() {
            match outcome {
                Some(Ok(true) | Err(None)) => {}
                Some(Ok(false)) => others += 1,
                Some(Err(Some(_))) | None if foreign(tag) => {}
                Some(Err(Some(error))) => {
                    refused += 1;
                    first_refused = first_refused.or(Some((line, *error)));
                }
                // As those of the first look were.
                None => refused += 1,
            }
        }
        let matched = fits.iter().filter(|fits| **fits).count();
        let is_object = matches!(self.known, Known::Json(_));
        let knows = |outcome: &Option<Outcome>| is_object && matches!(outcome, Some(Ok(_)));
        let knows = self.outcomes.iter().zip(&fits).map(|(outcome, fits)| *fits || knows(outcome)).collect();
        Candidate {
            name: self.preset.name,
            format: self.known,
            matched,
            lines: matched + refused,
            others,
            first_refused,
            group: self.preset.group,
            fits,
            knows,
        }
    }
}

/// `true` for an access record, `false` for another line of the product; an error with a reason where the line does not
/// fit, without one where it does not count.
pub(super) fn read(format: &dyn Format, line: &[u8], spans: &mut Spans) -> Outcome {
    match format.parse(line, spans) {
        Ok(Line::Access(record)) if format.schema().has(Field::Time) && record.time().is_none() => {
            Err(Some(LineError::new(LineErrorKind::Time, 0, usize::MAX)))
        }
        Ok(Line::Access(record)) if holds_two_addresses(&record) => {
            Err(Some(LineError::new(LineErrorKind::Value, 0, usize::MAX)))
        }
        Ok(Line::Access(_)) => Ok(true),
        Ok(Line::Blank | Line::Other(Other::Header | Other::Foreign)) => Err(None),
        Ok(Line::Other(_)) => Ok(false),
        Err(error) => Err(Some(error)),
    }
}

/// Whether the client's columns of a common log line hold something else as well: a host before the address, or a list
/// of addresses. Other formats read such lines right.
fn holds_two_addresses(record: &Record<'_>) -> bool {
    if !matches!(record.schema().product(), Product::Apache | Product::Nginx | Product::Traefik) {
        return false;
    }
    let raw = |name: &str| record.by_name(name).map(crate::record::Value::raw);
    let is_address = |text: &[u8]| {
        text.len() > 6
            && (text.contains(&b':') || memchr::memchr_iter(b'.', text).count() == 3)
            && text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b','))
    };
    // The host in the place of `%l` (OVH): an address before it, and a name of a host, or the columns are others.
    if record.schema().position("%v") == Some(1) {
        let is_name = |v: &[u8]| v.contains(&b'.') && !is_address(v) && v.iter().all(u8::is_ascii_graphic);
        if !raw("%v").is_some_and(is_name) || !raw("%h").is_some_and(is_address) {
            return true;
        }
    }
    let user = raw("%u").or_else(|| raw("remote_user")).unwrap_or_default();
    let client = record.raw(Field::Client).or_else(|| record.raw(Field::ForwardedFor)).unwrap_or_default();
    raw("%l").is_some_and(is_address)
        || user.starts_with(b"- ")
        || client.ends_with(b",")
        || client.split(|&b| b == b',').any(|address| address.trim_ascii().contains(&b' '))
}
