//! The example `triage` as a program: pipes that close early, more files than may be open at once.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{PLAIN, file, lines};

/// The built example; built here where only this test was asked for.
fn triage() -> PathBuf {
    let folder = std::env::current_exe().unwrap();
    let path = folder.parent().and_then(|deps| deps.parent()).unwrap().join("examples/triage");
    if !path.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--example", "triage"]).status().unwrap();
        assert!(built.success());
    }
    path
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let path = file("head.log", &lines(0..3_600));
    for json in ["--json", "--quiet"] {
        let mut child = Command::new(triage())
            .args(["--format", "nginx", "--log-format", PLAIN, json])
            .arg(&path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.code().is_some_and(|code| code < 2), "{:?}", output.status);
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn standard_input_that_breaks_off_in_a_line_counts() {
    let mut child = Command::new(triage())
        .args(["--format", "nginx", "--log-format", PLAIN, "--json", "--quiet", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log = lines(0..300);
    child.stdin.take().unwrap().write_all(&log[..log.len() - 3]).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["lines"]["total"], 300);
}

/// A bucket of a load balancer holds thousands of small files.
#[cfg(unix)]
#[test]
fn more_files_than_may_be_open_at_once() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile-many");
    fs::create_dir_all(&folder).unwrap();
    for i in 0..400 {
        fs::write(folder.join(format!("{i}.log")), lines(i..i + 5)).unwrap();
    }
    let output = Command::new("sh")
        .args(["-c", r#"ulimit -n 200; exec "$0" --quiet --json --format nginx --log-format "$1" "$2""#])
        .arg(triage())
        .args([PLAIN.as_ref(), folder.as_os_str()])
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["lines"]["access"], 2_000);
}
