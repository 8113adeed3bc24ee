//! What is JSON is read as JSON.

use std::sync::OnceLock;

use brownout::{Column, Escape, Field, Format, JsonFormat, Kind, Line, Product, Spans, TimeMeaning, input};
use serde_json::Value;

const KEYS: [&str; 6] = ["a", "b", "c", "status", "time", "key with blanks"];

/// Lines that `serde_json` takes for objects: nothing in them is a defect, and strings and numbers are the same; where a
/// key stands twice, the last one counts.
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
        let Ok(Value::Object(theirs)) = serde_json::from_slice(line) else { continue };
        let shown = line.escape_ascii();
        assert_eq!(format.defects(line), Ok(0), "{shown}");
        let parsed = format.parse(line, &mut spans);
        let Ok(Line::Access(record)) = parsed else { panic!("{shown}: {parsed:?}") };
        for (column, key) in KEYS.iter().enumerate() {
            let ours = record.column(column);
            // A key that is written in escapes is not looked for: no product writes one.
            if ours.is_none() && line.contains(&b'\\') {
                continue;
            }
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
