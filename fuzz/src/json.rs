//! What is JSON is read as JSON.

use std::fmt;
use std::sync::OnceLock;

use brownout::{Column, Escape, Field, Format, JsonFormat, Kind, Line, Product, Spans, TimeMeaning, input};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

const KEYS: [&str; 6] = ["a", "b", "c", "status", "time", "key with blanks"];

/// Lines that `serde_json` takes for objects: nothing in them is a defect, and strings and numbers are the same; where a
/// key stands twice, the last one counts. Keys are compared as they are written: one in escapes is another key.
pub fn json_object(data: &[u8]) {
    static FORMAT: OnceLock<JsonFormat> = OnceLock::new();
    let format = FORMAT.get_or_init(|| {
        let column =
            |key: &&str| (Box::from(*key), Column::new(*key, Field::Other, Kind::Text).escaped(Escape::Json));
        let columns = KEYS.iter().map(column).collect();
        JsonFormat::new("keys", Product::Custom, TimeMeaning::End, columns).expect("a map of six keys")
    });
    let mut spans = Spans::new();
    for (_, line) in input::lines(data) {
        let Ok(Plain(theirs)) = serde_json::from_slice(line) else { continue };
        let shown = line.escape_ascii();
        assert_eq!(format.defects(line), Ok(0), "{shown}");
        let parsed = format.parse(line, &mut spans);
        let Ok(Line::Access(record)) = parsed else { panic!("{shown}: {parsed:?}") };
        for (column, key) in KEYS.iter().enumerate() {
            let ours = record.column(column);
            match theirs.get(*key) {
                Some(Value::String(text)) => {
                    let ours = ours.map(brownout::Value::decoded);
                    // An empty string and a dash are what products write for nothing.
                    let is_nothing = ours.is_none() && (text.is_empty() || text == "-");
                    assert!(
                        is_nothing || ours.as_deref() == Some(text.as_bytes()),
                        "{key} of {shown}: {ours:?}"
                    );
                }
                Some(Value::Number(number)) => {
                    let raw = ours.expect("a number is a value").raw();
                    let read =
                        std::str::from_utf8(raw).expect("a number is ASCII").parse::<serde_json::Number>();
                    assert_eq!(read.ok().as_ref(), Some(number), "{key} of {shown}");
                }
                Some(Value::Bool(value)) => {
                    assert_eq!(ours.map(brownout::Value::raw), Some(value.to_string().as_bytes()), "{shown}");
                }
                Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => {
                    assert!(ours.is_none(), "{key} of {shown}: {ours:?}");
                }
            }
        }
    }
}

/// The members of an object whose keys are written without escapes.
struct Plain(Map<String, Value>);

/// A key; none where escapes had to be undone, which `serde_json` cannot borrow from the text.
struct Key(Option<String>);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
        object.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Plain, A::Error> {
        let mut plain = Map::new();
        while let Some((Key(key), value)) = members.next_entry::<Key, Value>()? {
            plain.extend(key.map(|key| (key, value)));
        }
        Ok(Plain(plain))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(key: D) -> Result<Self, D::Error> {
        key.deserialize_str(Text)
    }
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key, E> {
        Ok(Key(Some(key.into())))
    }

    fn visit_str<E>(self, _: &str) -> Result<Key, E> {
        Ok(Key(None))
    }
}
