//! One pass over a file: counts, and the lines worth showing.

use std::collections::BTreeMap;

use brownout::input::{Blocks, End, Input};
use brownout::{Class, Field, FieldSet, Format, Line, Other};

/// A line and its place in the file.
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) offset: u64,
    pub(crate) line: Vec<u8>,
}

#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) access: u64,
    /// Of the access records, those whose time cannot be read.
    pub(crate) untimed: u64,
    pub(crate) other: u64,
    pub(crate) malformed: u64,
    pub(crate) blank: u64,
    /// Of the malformed, those that were never looked at.
    pub(crate) too_long: u64,
    pub(crate) others: BTreeMap<Other, u64>,
    pub(crate) first: Option<Numbered>,
    pub(crate) first_is_5xx: bool,
    /// The first 5xx, where the first line is none.
    pub(crate) first_5xx: Option<Numbered>,
    pub(crate) refused: Vec<Numbered>,
    /// Why reading ended before the end.
    pub(crate) ended: Option<String>,
}

impl Survey {
    /// Reads the whole file; keeps the first `limit` refused lines.
    pub(crate) fn of(input: Input, format: &dyn Format, limit: usize) -> Self {
        let mut survey = Self::default();
        let mut blocks = Blocks::new(input.into_reader());
        let mut scanner = format.scanner(FieldSet::of(&[Field::Status, Field::Time]));
        let mut number = 0;
        while let Some(block) = blocks.next() {
            if block.skipped.is_some() {
                number += 1;
                survey.malformed += 1;
                survey.too_long += 1;
            }
            scanner.scan(block.bytes, &mut |line, at, result| {
                number += 1;
                let place = || Numbered { number, offset: block.offset + at as u64, line: line.to_vec() };
                match result {
                    Ok(Line::Access(record)) => {
                        survey.access += 1;
                        survey.untimed += u64::from(record.time().is_none());
                        let failed = record.status().is_some_and(|s| s.class() == Class::ServerError);
                        if survey.first.is_none() {
                            survey.first = Some(place());
                            survey.first_is_5xx = failed;
                        } else if failed && !survey.first_is_5xx && survey.first_5xx.is_none() {
                            survey.first_5xx = Some(place());
                        }
                    }
                    Ok(Line::Other(kind)) => {
                        survey.other += 1;
                        *survey.others.entry(kind).or_default() += 1;
                    }
                    Ok(Line::Blank) => survey.blank += 1,
                    Err(_) => {
                        survey.malformed += 1;
                        if survey.refused.len() < limit {
                            survey.refused.push(place());
                        }
                    }
                }
            });
        }
        survey.ended = match blocks.end() {
            End::Complete | End::Open => None,
            end => Some(end.to_string()),
        };
        survey
    }
}
