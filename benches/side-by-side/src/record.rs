//! The record: raw figures as JSON, one entry per section, so that a run of one section keeps the others.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

pub(crate) const SCHEMA: &str = "brownout.side-by-side.v1";
const NAME: &str = "side-by-side.json";

/// The record in a folder, or an empty one.
pub(crate) fn load(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join(NAME)).unwrap_or_default();
    let kept = serde_json::from_str::<Value>(&text).ok().filter(|record| record["schema"] == SCHEMA);
    kept.unwrap_or_else(|| json!({ "schema": SCHEMA, "sections": {} }))
}

pub(crate) fn save(folder: &Path, record: &Value) -> Result<(), String> {
    let write = || {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(NAME), format!("{record:#}\n"))
    };
    write().map_err(|error| format!("{}: {error}", folder.display()))
}
