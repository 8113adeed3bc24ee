//! Imports run one way, and each outside crate has one place.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the bottom up. One may use what stands in lines above its own, and itself.
const RANKS: &[&[&str]] = &[
    &["error", "escape", "status", "time"],
    &["schema"],
    &["record", "attempts"],
    &["index", "input", "inputs", "topology"],
    &["format"],
    &["template", "json"],
    &["formats"],
    &["origin"],
    &["aggregate", "catalogue"],
    &["routes"],
    &["detect", "layers", "probes", "scan", "server_events"],
    &["diagnose", "serial", "excerpt", "views"],
    &["report"],
];

/// Modules that may know each other: a record has attempts, and attempts are read out of a record; `serial` writes the
/// names of all layers, and a summary says by which function of it one field is written.
const PAIRS: &[(&str, &str)] = &[("record", "attempts"), ("attempts", "record"), ("aggregate", "serial")];

/// Where outside crates may be named. Those left out may be named anywhere.
const CRATES: &[(&str, &[&str])] = &[
    ("chrono", &["time"]),
    ("fearless_simd", &["index", "json", "template"]),
    ("flate2", &["input"]),
    ("hashbrown", &["aggregate"]),
    ("nom", &["template"]),
    ("rayon", &["scan"]),
    ("ruzstd", &["input"]),
];

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|row| row.contains(&module))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The module at the top that a file belongs to, as in `src/input/blocks.rs`; none for `lib.rs`.
fn module(file: &Path) -> Option<String> {
    let first = file.strip_prefix("src").ok()?.components().next()?;
    let name = Path::new(first.as_os_str()).file_stem()?.to_str()?.to_owned();
    (name != "lib").then_some(name)
}

/// The lines of a file that are neither comments nor tests at its end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = |i: usize| lines[i] == "#[cfg(test)]" && lines.get(i + 1).is_some_and(|l| l.ends_with('{'));
    let end = (0..lines.len()).find(|&i| tests(i)).unwrap_or(lines.len());
    lines.into_iter().take(end).enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The names that follow `prefix` in a line, `prefix{a, b}` included.
fn names_after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).flat_map(move |(at, _)| {
        let joined = at > 0 && line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let rest = if joined { "" } else { &line[at + prefix.len()..] };
        let (list, inner) = match rest.strip_prefix('{') {
            Some(inner) => (true, inner.split('}').next().unwrap_or(inner)),
            None => (false, rest),
        };
        inner
            .split(", ")
            .take(if list { usize::MAX } else { 1 })
            .map(|name| name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default())
    })
}

/// `Field` is `schema::Field`, and so on, by the re-exports of `lib.rs`.
fn exports() -> HashMap<String, String> {
    let text = fs::read_to_string("src/lib.rs").unwrap().replace('\n', " ");
    let mut homes = HashMap::new();
    for statement in text.split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else { continue };
        let Some((module, names)) = path.split_once("::") else { continue };
        for name in names.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|n| !n.is_empty()) {
            homes.insert(name.to_owned(), module.trim().to_owned());
        }
    }
    homes
}

#[test]
fn every_module_has_a_rank() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let unranked: Vec<String> =
        files.iter().filter_map(|f| module(f)).filter(|m| rank(m).is_none()).collect();
    assert!(unranked.is_empty(), "give {unranked:?} a place in RANKS");
}

#[test]
fn imports_run_one_way() {
    let homes = exports();
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    assert!(files.len() > 50);
    let mut violations = Vec::new();
    for file in files.iter().filter(|f| !f.ends_with("tests.rs")) {
        let Some(from) = module(file) else { continue };
        let text = fs::read_to_string(file).unwrap();
        for (number, line) in code(&text) {
            for name in names_after(line, "crate::") {
                let to = homes.get(name).map_or(name, String::as_str);
                let allowed = match (rank(&from), rank(to)) {
                    (Some(from), Some(to)) => to < from,
                    (_, None) => false,
                    (None, _) => true,
                };
                if to != from && !allowed && !PAIRS.contains(&(from.as_str(), to)) {
                    violations.push(format!("{}:{}: {from} uses {to}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(violations.is_empty(), "imports against the direction:\n{}", violations.join("\n"));
}

#[test]
fn outside_crates_have_one_place() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut violations = Vec::new();
    for file in files.iter().filter(|f| !f.ends_with("tests.rs")) {
        let Some(from) = module(file) else { continue };
        let text = fs::read_to_string(file).unwrap();
        for (number, line) in code(&text) {
            for (name, places) in CRATES {
                let used = names_after(line, &format!("{name}::")).next().is_some_and(|n| !n.is_empty())
                    || line.contains(&format!("use {name}::{{"));
                if used && !places.contains(&from.as_str()) {
                    violations.push(format!("{}:{}: {from} uses {name}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(violations.is_empty(), "crates out of place:\n{}", violations.join("\n"));
}

#[test]
fn the_reader_of_paths_reads_them() {
    let all = |line| names_after(line, "crate::").collect::<Vec<_>>();
    assert_eq!(all("use crate::record::{Record, Span};"), ["record"]);
    assert_eq!(all("use crate::{Field, schema};"), ["Field", "schema"]);
    assert_eq!(all("fn f(a: crate::input::X) -> crate::Error {"), ["input", "Error"]);
    assert_eq!(all("use $crate::time;"), ["time"]);
    assert!(all("mycrate::time").iter().all(|n| n.is_empty()));
}
