//! What must hold for any bytes. The fuzz targets call these checks, and so does `tests/fuzz_replay.rs`, which includes
//! this file and needs neither a fuzzer nor a nightly compiler.
//!
//! Inputs are texts that can be written by hand: the first line says which preset, language or layout is meant (what
//! it does not name is chosen by its bytes), the rest is the data. Where values are needed, the input is what
//! `arbitrary` makes them from.
#![allow(unreachable_pub, reason = "tests include this file as a module")]

mod choices;
mod counting;
mod files;
mod json;
mod lines;
mod report;
mod stream;
mod time;
mod written;

use std::sync::OnceLock;

use brownout::Format;
use brownout::formats::{self, Known};

use choices::Dice;
pub use counting::{aggregate_split, detection};
pub use files::whole_file;
pub use json::json_object;
pub use lines::{format_text, line_json, line_text, mutants_hold};
pub use report::report;
pub use stream::stream;
pub use time::time;
pub use written::{one_request, round_trip};

/// A check by the name of its fuzz target.
pub type Check = (&'static str, fn(&[u8]));

/// All of them.
pub const CHECKS: &[Check] = &[
    ("line_text", line_text),
    ("line_json", line_json),
    ("json_object", json_object),
    ("format_text", format_text),
    ("round_trip", round_trip),
    ("one_request", one_request),
    ("aggregate_split", aggregate_split),
    ("detection", detection),
    ("stream", stream),
    ("time", time),
    ("report", report),
    ("whole_file", whole_file),
];

/// A preset, compiled, by its name.
pub fn presets() -> &'static [(&'static str, Known)] {
    static PRESETS: OnceLock<Vec<(&str, Known)>> = OnceLock::new();
    PRESETS.get_or_init(|| {
        formats::presets()
            .iter()
            .map(|p| (p.name, formats::by_name(p.name).expect("a preset compiles")))
            .collect()
    })
}

/// The preset of this name, or one chosen by its bytes, among those of a kind.
fn known(name: &[u8], kind: impl Fn(&Known) -> bool) -> &'static dyn Format {
    let chosen: Vec<&(&str, Known)> = presets().iter().filter(|p| kind(&p.1)).collect();
    format(&named(name, &chosen, |p| p.0).1)
}

/// A preset as what reads lines.
pub fn format(known: &Known) -> &dyn Format {
    match known {
        Known::Text(template) => template,
        Known::Json(json) => json,
    }
}

/// The item called `name`, or one chosen by its bytes.
fn named<T: Copy>(name: &[u8], items: &[T], of: impl Fn(T) -> &'static str) -> T {
    let found = items.iter().find(|i| of(**i).as_bytes() == name);
    *found.unwrap_or_else(|| &items[Dice::of(name).below(items.len())])
}

fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    (&data[..end], data.get(end + 1..).unwrap_or_default())
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|w| w == needle)
}
