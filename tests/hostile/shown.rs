//! What a client wrote reaches a terminal, a browser or a JSON parser only in writing.

use std::path::PathBuf;

use brownout::{Scan, Style};

use super::{file, plain_choice, report, scan_with};

const HOSTILE: [&str; 14] = [
    "\u{1b}[2J",
    "\u{1b}]8;;http://evil\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{9b}2J",
    "\u{7f}",
    "\u{202e}gpj",
    "\u{2066}",
    "\u{2028}",
    "\u{feff}",
    "<script>alert(1)</script>",
    "]]>",
    "\u{85}",
    "\\x1b[2J",
    "\"},{\"",
];

/// Enough failures to name the upstream and the host in every part of a report.
fn outage(name: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    for i in 0..1_800_usize {
        let status = if (600..1_200).contains(&i) { 502 } else { 200 };
        let head = format!(
            "192.0.2.1 [2026-11-22T07:{:02}:{:02}+00:00] \"GET / HTTP/1.1\" {status} ",
            i / 60,
            i % 60
        );
        for part in [head.as_bytes(), name, b" ", name, b"\n"] {
            log.extend_from_slice(part);
        }
    }
    log
}

/// Both writings of the report on a log with this upstream and host.
fn written(id: &str, name: &[u8]) -> (String, String) {
    let path: PathBuf = file(&format!("shown-{id}.log"), &outage(name));
    let report = report(scan_with(&Scan::new().format(plain_choice()), &[path]).unwrap());
    assert_eq!(report.requests(), 1_800, "{}", name.escape_ascii());
    assert_eq!(report.exit_code(), 1);
    (report.to_text(Style::plain()), report.to_json())
}

fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn check(id: &str, name: &[u8]) {
    let (text, json) = written(id, name);
    assert!(!text.chars().any(acts), "text: {}", name.escape_ascii());
    assert!(!json.chars().any(acts), "JSON: {}", name.escape_ascii());
    assert!(!json.contains('<'), "JSON: {}", name.escape_ascii());
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let shown = String::from_utf8_lossy(name);
    let names: Vec<&str> =
        parsed["upstreams"].as_array().unwrap().iter().map(|u| u["upstream"].as_str().unwrap()).collect();
    assert_eq!(names, [&*shown], "{}", name.escape_ascii());
}

#[test]
fn every_byte() {
    // all of them at once, and those that end a field one by one
    let name: Vec<u8> = (0..=255_u8).filter(|b| !matches!(b, b'\n' | b' ')).collect();
    check("bytes", &name);
    let other: Vec<u8> = name.iter().rev().copied().filter(|b| *b != b'\r').collect();
    check("bytes-reversed", &other);
}

#[test]
fn sequences_and_marks() {
    let all: Vec<u8> = HOSTILE.concat().into_bytes();
    check("sequences", &all);
    for (i, text) in HOSTILE.iter().enumerate() {
        check(&format!("sequence-{i}"), format!("a{text}z").as_bytes());
    }
}

/// The path of the file is chosen by whoever may write to the folder.
#[cfg(unix)]
#[test]
fn names_of_files() {
    let path = file("\u{1b}[2J\u{202e}<b>.log", &outage(b"shop"));
    let report = report(scan_with(&Scan::new().format(plain_choice()), std::slice::from_ref(&path)).unwrap());
    for written in [report.to_text(Style::plain()), report.to_json()] {
        assert!(!written.chars().any(acts), "{written}");
    }
    std::fs::remove_file(&path).unwrap();
    let error = scan_with(&Scan::new(), &[path]).unwrap_err();
    let shown = brownout::Sanitized(error.to_string().as_bytes()).to_string();
    assert!(!shown.chars().any(acts), "{shown}");
}
