//! A format text that writes a JSON object: which key holds which variable.
//!
//! Such lines are read by key rather than by position: key order, blanks and keys from elsewhere do not matter
//! then. The template is scanned tolerantly: values may stand unquoted, constants and lists are passed over.

use super::sketch::{Draft, Part, Sketch};
use crate::schema::{Column, Field, Kind};

/// A key path (`a.b` for nested objects) and the column its value is.
pub(crate) type KeyedColumn = (Box<str>, Column);

/// Objects and lists within each other.
const DEEPEST: usize = 64;

enum Unit<'a> {
    Char(char),
    Column(&'a Draft),
}

enum Container {
    /// The key whose value is being read.
    Object(String),
    Array,
}

/// The keys of a sketch that is one JSON object; `None` for anything else.
pub(super) fn fields(sketch: Sketch) -> Option<Vec<KeyedColumn>> {
    let sketch = sketch.settled().ok()?;
    let units = units(&sketch.parts);
    let mut scan = Scan { units: &units, at: 0, open: Vec::new(), found: Vec::new() };
    scan.object()?;
    (!scan.found.is_empty()).then_some(scan.found)
}

fn units(parts: &[Part]) -> Vec<Unit<'_>> {
    let mut units = Vec::new();
    for part in parts {
        match part {
            Part::Literal(text, _) => units.extend(text.chars().map(Unit::Char)),
            Part::Column(draft) => units.push(Unit::Column(draft)),
        }
    }
    units
}

struct Scan<'a> {
    units: &'a [Unit<'a>],
    at: usize,
    open: Vec<Container>,
    found: Vec<KeyedColumn>,
}

impl<'a> Scan<'a> {
    /// The whole text: an object, and nothing but blanks around it.
    fn object(&mut self) -> Option<()> {
        self.blanks();
        self.expect('{')?;
        self.open.push(Container::Object(String::new()));
        while !self.open.is_empty() {
            self.element()?;
        }
        self.blanks();
        (self.at == self.units.len()).then_some(())
    }

    /// One comma, end of a container, or key with its value.
    fn element(&mut self) -> Option<()> {
        self.blanks();
        match (self.char()?, self.open.last()?) {
            (',', _) => self.at += 1,
            ('}', Container::Object(_)) | (']', Container::Array) => {
                self.at += 1;
                self.open.pop();
            }
            ('}', Container::Array) => return None,
            (_, Container::Array) => self.value()?,
            ('"', Container::Object(_)) => {
                let key = self.key()?;
                self.blanks();
                self.expect(':')?;
                self.blanks();
                if let Some(Container::Object(last)) = self.open.last_mut() {
                    *last = key;
                }
                self.value()?;
            }
            _ => return None,
        }
        Some(())
    }

    fn value(&mut self) -> Option<()> {
        match self.char() {
            // Deeper ones are read by no path.
            Some('{' | '[') if self.open.len() > DEEPEST => return None,
            Some('{') => {
                self.at += 1;
                self.open.push(Container::Object(String::new()));
            }
            Some('[') => {
                self.at += 1;
                self.open.push(Container::Array);
            }
            Some('"') => {
                let value = self.string()?;
                self.keep(value);
            }
            _ => {
                let value = self.bare();
                self.keep(value);
            }
        }
        Some(())
    }

    fn keep(&mut self, value: &[Unit<'a>]) {
        // A constant has no column: the path to it is of no use.
        if !value.iter().any(|unit| matches!(unit, Unit::Column(_))) {
            return;
        }
        let mut path = String::new();
        for container in &self.open {
            let Container::Object(key) = container else { return };
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(key);
        }
        if let Some(column) = column(value, &path) {
            self.found.push((path.into(), column));
        }
    }

    fn key(&mut self) -> Option<String> {
        self.string()?
            .iter()
            .map(|unit| match unit {
                Unit::Char(c) => Some(*c),
                Unit::Column(_) => None,
            })
            .collect()
    }

    /// What stands between two quotes.
    fn string(&mut self) -> Option<&'a [Unit<'a>]> {
        self.expect('"')?;
        let start = self.at;
        loop {
            match self.units.get(self.at)? {
                Unit::Char('"') => break,
                Unit::Char('\\') => self.at += 2,
                _ => self.at += 1,
            }
        }
        let inside = self.units.get(start..self.at);
        self.at += 1;
        inside
    }

    /// A number, a constant, or an unquoted variable: up to the comma or bracket.
    fn bare(&mut self) -> &'a [Unit<'a>] {
        let rest = self.units.get(self.at..).unwrap_or_default();
        let end =
            rest.iter().position(|unit| matches!(unit, Unit::Char(',' | '}' | ']'))).unwrap_or(rest.len());
        self.at += end;
        let blanks = |unit: &&Unit<'_>| matches!(unit, Unit::Char(c) if c.is_whitespace());
        let tail = rest[..end].iter().rev().take_while(blanks).count();
        &rest[..end - tail]
    }

    /// The next unit if it is a character; a column counts as a character no syntax uses.
    fn char(&self) -> Option<char> {
        match self.units.get(self.at)? {
            Unit::Char(c) => Some(*c),
            Unit::Column(_) => Some('\0'),
        }
    }

    fn blanks(&mut self) {
        while self.char().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        (self.char()? == wanted).then(|| self.at += 1)
    }
}

/// The column of a value: its variable; a request line made of parts; else text by the name of its key.
fn column(value: &[Unit<'_>], path: &str) -> Option<Column> {
    if let [Unit::Column(draft)] = value {
        return Some(draft.column());
    }
    let first = value.iter().find_map(|unit| match unit {
        Unit::Column(draft) => Some(draft),
        Unit::Char(_) => None,
    })?;
    let request = matches!(
        value,
        [Unit::Column(a), Unit::Char(' '), Unit::Column(b), Unit::Char(' '), Unit::Column(c)]
            if [a, b, c].map(|draft| draft.meaning.field) == [Field::Method, Field::Target, Field::Protocol]
    );
    let (field, kind) = if request { (Field::Request, Kind::Request) } else { (Field::Other, Kind::Text) };
    Some(Column::new(path, field, kind).escaped(first.escape))
}
