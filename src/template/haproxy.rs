//! The haproxy format language.
use super::Pattern;
use crate::error::FormatError;

pub(super) fn parse(text: &str) -> Result<Pattern, FormatError> {
    Err(FormatError::new(0..text.len(), "not written yet"))
}
