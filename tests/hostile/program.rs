//! The examples as programs: pipes that close early, more files than may be open at once, and what a log can bring to
//! the terminal.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::shown::acts;
use super::{PLAIN, file, lines};

/// The built example; built here where only this test was asked for.
fn example(name: &str) -> PathBuf {
    let folder = std::env::current_exe().unwrap();
    let path = folder.parent().and_then(|deps| deps.parent()).unwrap().join("examples").join(name);
    if !path.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--all-features", "--example", name]);
        assert!(build.status().unwrap().success());
    }
    path
}

fn triage() -> PathBuf {
    example("triage")
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

/// An outage in Istio's format, which escapes nothing, with one name wherever a name can stand: path, flags, details,
/// agent, request id, authority, peer, cluster, server name and route. `{}` is not among its bytes.
fn istio_outage(name: &[u8]) -> Vec<u8> {
    const LINE: &str = r#"[TIME] "GET /{} HTTP/1.1" STATUS {} {} {} "{}" 0 0 4 3 "{}" "{}" "{}" "{}" "{}" {} {} {} {} {} {}"#;
    let mut log = Vec::new();
    for i in 0..900 {
        let status = if (300..600).contains(&i) { "503" } else { "200" };
        let time = format!("2026-11-22T07:{:02}:{:02}.000Z", i / 30, 2 * (i % 30));
        let line = LINE.replace("TIME", &time).replace("STATUS", status);
        log.extend(line.split("{}").map(str::as_bytes).collect::<Vec<_>>().join(name));
        log.push(b'\n');
    }
    log
}

/// No program brings a byte of a log to standard output or standard error as anything but writing.
#[cfg(unix)]
#[test]
fn nothing_of_a_log_acts_on_a_terminal() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let every_byte: Vec<u8> = (1..=255_u8).filter(|b| !b" \"/\n{}[]".contains(b)).collect();
    let marks: String = ('\u{ad}'..='\u{34f}')
        .chain('\u{61c}'..='\u{61c}')
        .chain('\u{2000}'..='\u{206f}')
        .chain('\u{fff0}'..='\u{fffb}')
        .chain('\u{e0000}'..='\u{e007f}')
        .filter(|c| acts(*c))
        .collect();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    // short enough that tables and sentences do not cut them away
    let names =
        every_byte.chunks(64).map(<[u8]>::to_vec).chain(marks.as_bytes().chunks(64).map(<[u8]>::to_vec));
    for (i, name) in names.enumerate() {
        let name = [b"n", &name[..]].concat();
        let path = folder.join(OsStr::from_bytes(&[format!("hostile-acts-{i}-").as_bytes(), &name].concat()));
        fs::write(&path, istio_outage(&name)).unwrap();
        let metrics = folder.join(format!("hostile-acts-{i}.prom"));
        let events = folder.join(format!("hostile-acts-{i}.events"));
        let _ = fs::remove_file(&events); // of a run before
        let handler = format!("cat >> {}; echo >> {0}", events.display());
        let as_istio = ["--format", "istio"];
        let follow = ["--exit-at-eof", "--openmetrics", metrics.to_str().unwrap(), "--on-event", &handler];
        let of_file: [(&str, Vec<&str>); 6] = [
            ("triage", vec![]),
            ("triage", vec!["--json"]),
            ("explain", vec![]),
            ("parse", vec![]),
            ("follow", follow.to_vec()),
            ("follow", vec!["--exit-at-eof", "--json"]),
        ];
        for (program, options) in of_file {
            let mut command = Command::new(example(program));
            harmless(command.args(as_istio).args(options).arg(&path), 500);
        }
        for written in [&metrics, &events] {
            let text = fs::read_to_string(written).unwrap();
            assert!(text.contains("istio") || text.contains("upstream"), "{text}");
            assert!(!text.contains(acts), "{text:?}");
        }
        // a file that no format reads, one that is not there, and a question that has no answer
        let prose = folder.join(OsStr::from_bytes(&[b"hostile-prose-", &name[..]].concat()));
        fs::write(&prose, [&name[..], b"\n"].concat().repeat(40)).unwrap();
        let missing = folder.join(OsStr::from_bytes(&[b"hostile-missing-", &name[..]].concat()));
        for program in ["triage", "explain", "parse"] {
            harmless(Command::new(example(program)).arg(&prose), 40);
            harmless(Command::new(example(program)).arg(&missing), 40);
            harmless(
                Command::new(example(program)).arg(&path).arg("--format").arg(OsStr::from_bytes(&name)),
                20,
            );
        }
        for question in [&["haproxy", "DQ"][..], &["envoy", ""], &["alb", ""], &["cause", ""], &[""]] {
            let (last, before) = question.split_last().unwrap();
            for tail in [&name[..], &name[..2]] {
                let asked = [last.as_bytes(), tail].concat();
                harmless(Command::new(example("codes")).args(before).arg(OsStr::from_bytes(&asked)), 10);
            }
        }
        for path in [path, prose, metrics, events] {
            fs::remove_file(path).unwrap();
        }
    }
}

/// Runs a program, which must say something, in UTF-8, and nothing that acts.
#[cfg(unix)]
fn harmless(command: &mut Command, least: usize) {
    let output = command.output().unwrap();
    assert!(
        output.stdout.len() + output.stderr.len() >= least,
        "{command:?} said next to nothing: {output:?}"
    );
    for bytes in [output.stdout, output.stderr] {
        let text = String::from_utf8(bytes).expect("programs speak UTF-8");
        let found = text.char_indices().find(|&(_, c)| acts(c));
        assert_eq!(found, None, "{command:?} lets it pass: {text:?}");
    }
}
