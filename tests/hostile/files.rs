//! Files that change or are no files.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;
use std::sync::Once;

use brownout::Scan;
use brownout::input::{Limits, PieceReader, Pieces};

use super::{balanced, file, line, lines, plain_choice, scan_with};

#[test]
fn a_file_cut_short_while_it_is_read_ends_there() {
    let path = file("shrinks.log", &lines(0..20_000));
    let cut = Once::new();
    let shrink = |_| {
        cut.call_once(|| {
            OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(300 << 10)).unwrap();
        });
    };
    let scan = Scan::new().format(plain_choice()).threads(1).progress(&shrink);
    let scanned = scan_with(&scan, std::slice::from_ref(&path)).unwrap();
    assert_eq!(scanned.inputs[0].ended, None);
    assert!((250 << 10..=300 << 10).contains(&scanned.inputs[0].bytes), "{}", scanned.inputs[0].bytes);
    balanced(&scanned.counts.finish());
}

/// The length was known before the file was cut.
#[test]
fn pieces_beyond_the_end_are_empty() {
    let log = lines(0..10);
    let mut total = 0;
    for piece in Pieces::of(10 * log.len() as u64, 300) {
        let mut reader = PieceReader::new(&log[..], piece, Limits::default());
        while let Some(block) = reader.next() {
            total += block.bytes.len();
        }
    }
    assert_eq!(total, log.len());
}

/// Renamed, and a new one made in its place: the lines are those of the file that was opened, each once.
#[test]
fn a_file_rotated_while_it_is_read_is_read_to_its_own_end() {
    let path = file("rotates.log", &lines(0..20_000));
    let turned = Once::new();
    let rotate = |_| {
        turned.call_once(|| {
            std::fs::rename(&path, path.with_extension("log.1")).unwrap();
            std::fs::write(&path, line(1)).unwrap();
        });
    };
    let scan = Scan::new().format(plain_choice()).threads(1).progress(&rotate);
    let scanned = scan_with(&scan, std::slice::from_ref(&path)).unwrap();
    assert!(turned.is_completed());
    assert_eq!((scanned.inputs[0].lines, scanned.inputs[0].ended.as_deref()), (20_000, None));
    assert_eq!(scanned.counts.finish().lines.access, 20_000);
}

#[test]
fn a_file_that_grows_is_read_as_far_as_it_was() {
    let path = file("grows.log", &lines(0..3_000));
    let grown = Once::new();
    let grow = |_| {
        grown.call_once(|| {
            let mut file = OpenOptions::new().append(true).open(&path).unwrap();
            file.write_all(line(1).as_bytes()).unwrap();
        });
    };
    let scan = Scan::new().format(plain_choice()).threads(1).progress(&grow);
    let scanned = scan_with(&scan, std::slice::from_ref(&path)).unwrap();
    assert_eq!((scanned.inputs[0].lines, scanned.inputs[0].ended.as_deref()), (3_000, None));
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_once_and_whole() {
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile-pipe");
    let _ = std::fs::remove_file(&path); // of a run that did not end
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || {
            let mut pipe = OpenOptions::new().write(true).open(path).unwrap();
            for i in 0..50 {
                pipe.write_all(&lines(i * 100..i * 100 + 100)).unwrap();
            }
        }
    });
    let scanned = scan_with(&Scan::new().format(plain_choice()), std::slice::from_ref(&path)).unwrap();
    writer.join().unwrap();
    assert_eq!(scanned.counts.finish().lines.access, 5_000);
}

#[test]
fn a_folder_named_as_a_file_is_an_error_and_no_panic() {
    let error = scan_with(&Scan::new(), &[env!("CARGO_TARGET_TMPDIR").into()]).unwrap_err();
    assert!(error.to_string().contains("folder"), "{error}");
}
