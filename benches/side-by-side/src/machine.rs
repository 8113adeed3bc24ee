//! What it was measured on, and with which versions.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::measure::{find, printed};

const LOCK: &str = include_str!("../Cargo.lock");

/// Processor, cores, memory, kernel, compiler.
pub(crate) fn machine() -> Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes =
        value(&memory, "MemTotal").and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
    let simd = value(&cpu, "flags").unwrap_or_default();
    let simd =
        ["avx512bw", "avx2", "sse4_2"].into_iter().find(|flag| simd.split(' ').any(|has| has == *flag));
    json!({
        "processor": value(&cpu, "model name").unwrap_or("unknown"),
        "simd": simd,
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
        "memory_mb": kilobytes.map(|kb| kb / 1024),
        "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "rustc": first_line("rustc", &["--version"]).map(|line| line.split(" (").next().unwrap_or("?").to_owned()),
    })
}

/// Today, in UTC.
pub(crate) fn date() -> String {
    first_line("date", &["-u", "+%F"]).unwrap_or_default()
}

/// Versions of this crate, the tools and the crates measured beside it.
pub(crate) fn versions(root: &Path) -> Map<String, Value> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = ")).unwrap_or("?");
    let mut versions = Map::new();
    versions.insert("brownout".into(), version.trim_matches('"').into());
    let tools = [
        ("wc", "wc", "--version"),
        ("halog", "haproxy", "-v"),
        ("GoAccess", "goaccess", "--version"),
        ("mawk", "mawk", "-Wversion"),
        ("lnav", "lnav", "-V"),
        ("valgrind", "valgrind", "--version"),
        ("taskset", "taskset", "--version"),
    ];
    for (name, program, argument) in tools {
        if let Some(line) = first_line(program, &[argument]) {
            versions.insert(name.into(), line.into());
        }
    }
    for name in ["accesslog", "access_log_parser", "regex", "sonic-rs", "serde_json", "flate2", "zlib-rs"] {
        if let Some(version) = locked(name) {
            versions.insert(name.into(), version.into());
        }
    }
    versions
}

/// A crate's version in this package's lock file.
pub(crate) fn locked(name: &str) -> Option<&'static str> {
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n")))?;
    entry.lines().find_map(|line| line.strip_prefix("version = ")).map(|version| version.trim_matches('"'))
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let text = printed(&find(program)?, arguments)?;
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}
