//! The order of lines, files and threads shows nowhere.

use std::path::PathBuf;

use brownout::Scan;

use super::{file, line, lines, plain_choice, report, scan_with};

fn json(paths: &[PathBuf], threads: usize) -> String {
    report(scan_with(&Scan::new().format(plain_choice()).threads(threads), paths).unwrap()).to_json()
}

#[test]
fn threads_and_the_order_of_files_do_not_show() {
    // Files long enough for several pieces each would be slow here; many files share out as well.
    let mut paths: Vec<PathBuf> = (0..12_usize)
        .map(|i| {
            let log: String = (0..700).rev().map(|k| line((k * 7 + i * 31) % 3_600)).collect();
            file(&format!("order-{i}.log"), log.as_bytes())
        })
        .collect();
    // the same file twice counts twice
    paths.push(paths[0].clone());
    let one = json(&paths, 1);
    assert!(one.contains(&format!("\"access\": {}", 13 * 700)), "{one}");
    for threads in [2, 3, 8] {
        assert_eq!(json(&paths, threads), one, "{threads} threads");
    }
    paths.reverse();
    for threads in [1, 2, 8] {
        assert_eq!(json(&paths, threads), one, "{threads} threads, files from behind");
    }
}

#[test]
fn pieces_of_one_file_do_not_show() {
    let mut log = lines(0..3_600);
    while log.len() < 17 << 20 {
        log.extend_from_within(..);
    }
    let paths = [file("pieces.log", &log)];
    let one = json(&paths, 1);
    for threads in [2, 8] {
        assert_eq!(json(&paths, threads), one, "{threads} threads");
    }
}

#[test]
fn interleaved_services_are_told_apart() {
    let log: String = (0..999).map(|i| line(i).replace("shop", ["shop", "pay", "mail"][i % 3])).collect();
    let mut sorted: Vec<&str> = log.lines().collect();
    sorted.sort_unstable_by_key(|l| l.rsplit(' ').next());
    let sorted = sorted.join("\n");
    let (mixed, sorted) = (super::count(log.as_bytes()), super::count(sorted.as_bytes()));
    assert_eq!(mixed.upstreams.len(), 3);
    assert_eq!(mixed.upstreams, sorted.upstreams);
}
