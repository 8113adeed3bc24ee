//! What a reader made of a line, and how good that is.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use crate::cases::{Case, Expected};

/// What a reader made of a line.
#[derive(Debug)]
pub(crate) enum Reading {
    /// The fields it claims to read in this format; `None`: it says there is none.
    Fields(BTreeMap<&'static str, Option<String>>),
    /// No record.
    Refused,
    /// It ended otherwise than by answering.
    Crashed,
    /// It has no way to be told this format.
    Unsupported,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    /// These fields.
    Wrong(Vec<&'static str>),
    /// A record was made of a line that is none.
    MadeUp,
    Refused,
    Crashed,
    Unsupported,
    /// Nothing wrong, but the field the line is about is none that it reads.
    Without(String),
}

impl Verdict {
    pub(crate) fn of(reading: &Reading, case: &Case) -> Self {
        match (reading, &case.expected) {
            (Reading::Unsupported, _) => Self::Unsupported,
            (Reading::Crashed, _) => Self::Crashed,
            (Reading::Refused, Expected::NoRecord) => Self::Right,
            (Reading::Refused, Expected::Fields(_)) => Self::Refused,
            (Reading::Fields(_), Expected::NoRecord) => Self::MadeUp,
            (Reading::Fields(read), Expected::Fields(expected)) => {
                let differs = |(name, value): (&&'static str, &Option<String>)| {
                    let wanted = expected.get(*name)?;
                    (plain(name, value.as_ref()) != plain(name, wanted.as_ref())).then_some(*name)
                };
                let wrong: Vec<_> = read.iter().filter_map(differs).collect();
                match &case.about {
                    _ if !wrong.is_empty() => Self::Wrong(wrong),
                    Some(field) if !read.contains_key(field.as_str()) => Self::Without(field.clone()),
                    _ => Self::Right,
                }
            }
        }
    }

    /// Whether it says how good the reader is.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self, Self::Unsupported | Self::Without(_))
    }
}

/// What is compared: escapes may be undone or not, absent may be said by nothing or by `-`, and of a list of attempts
/// only those that had a status count.
fn plain(name: &str, value: Option<&String>) -> String {
    let value = value.map_or("", String::as_str);
    match name {
        "attempts" => {
            // lnav's column of numbers has a 0 for none.
            let none = |item: &&str| matches!(*item, "" | "-" | "0");
            let items = value.split([',', ':']).map(str::trim).filter(|item| !none(item));
            items.collect::<Vec<_>>().join(", ")
        }
        "status" => value.trim_start_matches('0').trim_start_matches("-1").to_owned(),
        _ if value == "-" => String::new(),
        _ => unescaped(value),
    }
}

fn unescaped(value: &str) -> String {
    let mut text = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'\\', [b'x', high, low, more @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or(0) as u8;
                text.push(digit(*high) * 16 + digit(*low));
                rest = more;
            }
            (b'\\', [escaped @ (b'"' | b'\\'), more @ ..]) => {
                text.push(*escaped);
                rest = more;
            }
            _ => text.push(first),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right => f.write_str("right"),
            Self::Wrong(fields) => write!(f, "**wrong: {}**", fields.join(", ")),
            Self::MadeUp => f.write_str("**wrong: a record**"),
            Self::Refused => f.write_str("refused"),
            Self::Crashed => f.write_str("**crashed**"),
            Self::Unsupported => f.write_str("–"),
            Self::Without(field) => write!(f, "no {field}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Reading, Verdict};
    use crate::cases::{Case, Expected};

    fn case(expected: Expected, about: Option<&str>) -> Case {
        let about = about.map(str::to_owned);
        Case { name: String::new(), format: String::new(), line: Vec::new(), expected, about }
    }

    #[test]
    fn verdicts() {
        let expected = |name: &str, value: Option<&str>| {
            Expected::Fields(BTreeMap::from([(name.to_owned(), value.map(str::to_owned))]))
        };
        let read = |name: &'static str, value: Option<&str>| {
            Reading::Fields(BTreeMap::from([(name, value.map(str::to_owned))]))
        };
        for (reading, wanted, verdict) in [
            (read("status", Some("200")), expected("status", Some("200")), Verdict::Right),
            (read("status", Some("-1")), expected("status", Some("0")), Verdict::Right),
            (read("status", Some("502")), expected("status", Some("200")), Verdict::Wrong(vec!["status"])),
            (read("attempts", Some("502 : -, 200")), expected("attempts", Some("502, 200")), Verdict::Right),
            (
                read("attempts", Some("502")),
                expected("attempts", Some("502, 200")),
                Verdict::Wrong(vec!["attempts"]),
            ),
            (
                read("user_agent", Some(r"a \x22b\x22")),
                expected("user_agent", Some("a \"b\"")),
                Verdict::Right,
            ),
            (read("method", None), expected("target", Some("/")), Verdict::Right),
            (read("method", Some("GET")), Expected::NoRecord, Verdict::MadeUp),
            (Reading::Refused, Expected::NoRecord, Verdict::Right),
            (Reading::Refused, expected("status", Some("200")), Verdict::Refused),
        ] {
            assert_eq!(Verdict::of(&reading, &case(wanted, None)), verdict, "{reading:?}");
        }
        let about = case(expected("status", Some("200")), Some("attempts"));
        assert_eq!(
            Verdict::of(&read("status", Some("200")), &about),
            Verdict::Without("attempts".to_owned())
        );
        assert_eq!(Verdict::of(&read("status", Some("1")), &about), Verdict::Wrong(vec!["status"]));
    }
}
