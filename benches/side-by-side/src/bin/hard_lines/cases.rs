//! The lines and what has to be read of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// What has to be read: a record's fields (`None`: absent), or that there is no record.
#[derive(Debug)]
pub(crate) enum Expected {
    Fields(BTreeMap<String, Option<String>>),
    NoRecord,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// A key of [`Cases::plain`].
    pub(crate) format: String,
    pub(crate) line: Vec<u8>,
    pub(crate) expected: Expected,
    /// The field the line is hard for; a reader without it is not judged.
    pub(crate) about: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Cases {
    /// An ordinary line of each format.
    pub(crate) plain: BTreeMap<String, Vec<u8>>,
    pub(crate) hard: Vec<Case>,
}

impl Cases {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let file: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let formats = file["formats"].as_object().ok_or("no formats")?;
        let plain = formats.iter().map(|(name, plain)| Ok((name.clone(), line(plain)?)));
        let hard = file["cases"].as_array().ok_or("no cases")?.iter().map(case);
        Ok(Self { plain: plain.collect::<Result<_, String>>()?, hard: hard.collect::<Result<_, String>>()? })
    }
}

fn case(case: &Value) -> Result<Case, String> {
    let expected = case["expected"].as_object().ok_or("no expectation")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(Case {
        name: text(&case["name"]).ok_or("no name")?,
        format: text(&case["format"]).ok_or("no format")?,
        line: line(case)?,
        about: text(&case["about"]),
        expected: if expected.contains_key("kind") {
            Expected::NoRecord
        } else {
            Expected::Fields(expected.iter().map(|(name, value)| (name.clone(), text(value))).collect())
        },
    })
}

/// A character up to U+00FF is a byte, so that lines can hold any.
fn line(case: &Value) -> Result<Vec<u8>, String> {
    let text = case["line"].as_str().ok_or("no line")?;
    text.chars().map(|c| u8::try_from(u32::from(c)).map_err(|_| format!("no byte: {c}"))).collect()
}
