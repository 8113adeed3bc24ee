//! What a client wrote reaches a terminal, a browser or a JSON parser only in writing.

use std::path::PathBuf;

use brownout::{Scan, Style};

use super::{file, plain_choice, report, scan_with};

const HOSTILE: [&str; 19] = [
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
    "\u{200b}\u{200c}\u{200d}",
    "\u{2060}\u{2061}\u{2062}\u{2063}\u{2064}",
    "\u{e0001}\u{e0041}\u{e007f}\u{e0100}",
    "\u{ad}\u{34f}\u{3164}",
    "\u{61c}\u{180e}\u{206f}\u{fffb}",
];

/// What anybody may be called.
const READABLE: &str = "caf\u{e9}-\u{6f22}\u{5b57}-\u{d55c}-\u{1f600}-\u{2764}\u{fe0f}-a\u{301}";

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

/// Written down once more, by the list and not by the code that is tested.
pub(super) fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(u32::from(c), 0xad | 0x34f | 0x61c | 0x180e | 0x3164 | 0xfeff)
        || matches!(u32::from(c), 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfff9..=0xfffb)
        || matches!(u32::from(c), 0xe0000..=0xe0fff)
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
    let all: Vec<u8> = (0..=255_u8).filter(|b| !matches!(b, b'\n' | b' ')).collect();
    // short enough that names are not cut
    for (i, name) in all.chunks(64).enumerate() {
        check(&format!("bytes-{i}"), name);
    }
}

#[test]
fn sequences_and_marks() {
    for (i, some) in HOSTILE.chunks(5).enumerate() {
        check(&format!("sequences-{i}"), format!("a{}z", some.join("a")).as_bytes());
    }
}

#[test]
fn readable_names_stay_readable() {
    let (text, json) = written("readable", READABLE.as_bytes());
    assert!(text.contains(READABLE), "{text}");
    assert!(json.contains(READABLE), "{json}");
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
