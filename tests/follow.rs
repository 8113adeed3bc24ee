//! The example `follow`: files that grow, are rotated and cut short, and what is told of them.

#[path = "../examples/follow.rs"]
#[allow(dead_code)]
mod follow;

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::Parser;
use follow::{Args, Follow};
use serde_json::Value;

/// What is printed.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Out {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn events(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A folder of its own, removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("brownout-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Minutes `from..to` of a day, four responses a second, every other one of which fails from minute 40 to 50.
fn lines(from: u32, to: u32) -> String {
    let mut text = String::new();
    for i in from * 240..to * 240 {
        let second = i / 4;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let status = if hour == 0 && (40..50).contains(&minute) && i % 2 == 0 { 502 } else { 200 };
        let client = format!("10.0.{}.{}", i % 7, i % 251);
        writeln!(
            text,
            r#"{client} - - [22/Nov/2025:{hour:02}:{minute:02}:{second:02} +0000] "GET / HTTP/1.1" {status} 5 "-" "curl""#
        )
        .unwrap();
    }
    text
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn start(options: &[&str], files: &[&Path]) -> (Follow, Out) {
    let out = Out::default();
    let files = files.iter().map(|f| f.to_str().unwrap());
    let args = Args::parse_from(["follow"].into_iter().chain(options.iter().copied()).chain(files));
    (Follow::new(args, Box::new(out.clone())).unwrap(), out)
}

fn read_all(follow: &mut Follow) {
    while follow.turn().unwrap() {}
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|e| e["event"].as_str().unwrap()).collect()
}

#[test]
fn through_appending_rotation_and_truncation() {
    let folder = Folder::new("rotation");
    let log = folder.0.join("access.log");
    let metrics = folder.0.join("brownout.prom");
    fs::write(&log, lines(0, 30)).unwrap();
    let (mut follow, out) =
        start(&["--json", "--from-start", "--openmetrics", metrics.to_str().unwrap()], &[&log]);
    read_all(&mut follow);
    assert_eq!(out.events(), [] as [Value; 0]);

    // in the middle of a line
    let more = lines(30, 42);
    append(&log, &more[..1000]);
    read_all(&mut follow);
    append(&log, &more[1000..]);
    read_all(&mut follow);
    assert_eq!(kinds(&out.events()), ["opened"]);
    follow.refresh().unwrap();
    let text = fs::read_to_string(&metrics).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("brownout_open_episodes{state=\"failing\""), "{text}");

    // renamed; the writer goes on in the old file for a while, and the name is missing meanwhile
    let old = folder.0.join("access.log.1");
    fs::rename(&log, &old).unwrap();
    append(&old, &lines(42, 44));
    read_all(&mut follow);
    append(&old, &lines(44, 45));
    append(&log, &lines(45, 48));
    read_all(&mut follow);
    assert_eq!(kinds(&out.events()), ["opened", "became_sustained"]);

    // copied and cut short
    OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    append(&log, &lines(48, 49));
    read_all(&mut follow);
    append(&log, &lines(49, 70));
    read_all(&mut follow);
    follow.finish().unwrap();
    follow.refresh().unwrap();

    let events = out.events();
    assert_eq!(kinds(&events), ["opened", "became_sustained", "recovering", "closed", "settled"]);
    let last = &events[4];
    assert_eq!(last["start"], "2025-11-22T00:40:00Z");
    assert_eq!(last["end"], "2025-11-22T00:50:00Z");
    assert_eq!((&last["pattern"], &last["dominant_status"]), (&"sustained".into(), &502.into()));
    assert_eq!(
        (last["requests"].as_u64(), last["errors"].as_u64()),
        (Some(2400), Some(1200)),
        "no line lost"
    );
    let text = fs::read_to_string(&metrics).unwrap();
    assert!(text.contains(&format!("brownout_lines_total {}\n", 70 * 240)), "{text}");
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().collect();
    assert_eq!(left.len(), 3, "no temporary file is left: {left:?}");
}

#[test]
fn several_files_are_read_in_step() {
    let folder = Folder::new("step");
    let (a, b) = (folder.0.join("a.log"), folder.0.join("b.log"));
    let all = lines(0, 70);
    for (path, rest) in [(&a, 0), (&b, 1)] {
        let half: Vec<&str> = all.lines().enumerate().filter(|l| l.0 / 2 % 2 == rest).map(|l| l.1).collect();
        fs::write(path, half.join("\n")).unwrap(); // and no line break at the end
    }
    let (follow, out) = start(&["--json", "--exit-at-eof"], &[&a, &b]);
    follow.run().unwrap();
    let events = out.events();
    assert_eq!(kinds(&events), ["opened", "became_sustained", "recovering", "closed", "settled"]);
    assert_eq!(events[4]["requests"], 2400, "no line was late");
}

#[test]
fn events_as_lines_and_commands() {
    let folder = Folder::new("command");
    let (log, told) = (folder.0.join("access.log"), folder.0.join("told"));
    fs::write(&log, lines(0, 70)).unwrap();
    let command = format!("cat >> {} && echo >> {0}", told.display());
    let (follow, out) = start(&["--exit-at-eof", "--on-event", &command], &[&log]);
    follow.run().unwrap();
    let text = out.text();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(
        text.contains(
            "#0 closed           sustained upstream (all): 1200 of 2400 failed (mostly 502), since 2025"
        ),
        "{text}"
    );
    if cfg!(unix) {
        let events: Vec<Value> =
            fs::read_to_string(&told).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(kinds(&events), ["opened", "became_sustained", "recovering", "closed", "settled"]);
    }
}

#[test]
fn a_file_that_is_no_log() {
    let folder = Folder::new("foreign");
    let file = folder.0.join("poem.txt");
    fs::write(&file, "roses are red\n".repeat(10)).unwrap();
    let (follow, _) = start(&["--exit-at-eof"], &[&file]);
    assert!(follow.run().unwrap_err().contains("poem.txt"));
}

#[test]
fn routes_are_watched_where_asked_for() {
    let folder = Folder::new("routes");
    let log = folder.0.join("access.log");
    // one in ten is a payment, and only those fail
    let mut text = String::new();
    for (i, line) in lines(0, 70).lines().enumerate() {
        let line =
            if i % 10 == 0 { line.replace("GET / ", "GET /pay/17 ") } else { line.replace("502 5", "200 5") };
        writeln!(text, "{line}").unwrap();
    }
    fs::write(&log, text).unwrap();
    let (follow, out) = start(&["--json", "--exit-at-eof", "--routes"], &[&log]);
    follow.run().unwrap();
    let events = out.events();
    assert_eq!(events[0]["routes"], serde_json::json!(["/pay/{n}"]), "{events:?}");
}

#[test]
fn stamps_without_a_year_are_of_when_the_file_was_written() {
    let folder = Folder::new("year");
    let log = folder.0.join("access.log");
    let text = lines(0, 70).replace("22/Nov/2025:", "22/Nov ");
    fs::write(&log, text).unwrap();
    let file = OpenOptions::new().write(true).open(&log).unwrap();
    // 2024-03-01T08:05:00Z: a November before that is of 2023
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_709_280_300)).unwrap();
    let format = r#"apache:%h %l %u [%{%d/%b %H:%M:%S %z}t] "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;
    let (follow, out) = start(&["--json", "--exit-at-eof", "--format", format], &[&log]);
    follow.run().unwrap();
    assert_eq!(out.events()[0]["start"], "2023-11-22T00:40:00Z");
}

#[test]
fn the_sample_is_told_as_the_readme_says() {
    let (follow, out) = start(&["--exit-at-eof"], &[Path::new("tests/data/sample/access.log")]);
    follow.run().unwrap();
    let told: Vec<String> = out.text().lines().take(4).map(str::to_owned).collect();
    assert_eq!(told.len(), 4);
    let readme = fs::read_to_string("README.md").unwrap();
    assert!(readme.contains(&told.join("\n")), "{}", told.join("\n"));
}
