//! Scans that are watched, and stopped half way.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use brownout::Scan;

use super::{balanced, file, lines, plain_choice, scan_with};

const FILES: usize = 6;
const LINES: u64 = 9_000;

fn paths(test: &str) -> Vec<PathBuf> {
    let log = lines(0..LINES as usize);
    (0..FILES).map(|i| file(&format!("{test}-{i}.log"), &log)).collect()
}

#[test]
fn progress_adds_up_to_what_was_read() {
    let paths = paths("watched");
    for threads in [1, 3] {
        let seen = AtomicU64::new(0);
        let watch = |bytes| {
            seen.fetch_add(bytes, Ordering::Relaxed);
        };
        let scan = Scan::new().format(plain_choice()).threads(threads).progress(&watch);
        let scanned = scan_with(&scan, &paths).unwrap();
        let read: u64 = scanned.inputs.iter().map(|input| input.bytes).sum();
        assert_eq!((seen.into_inner(), read), (read, FILES as u64 * lines(0..LINES as usize).len() as u64));
    }
}

#[test]
fn a_scan_stopped_half_way_says_so_and_keeps_what_it_counted() {
    let paths = paths("stopped");
    for threads in [1, 3] {
        let stop = AtomicBool::new(false);
        let after_the_first = |_| stop.store(true, Ordering::Relaxed);
        let scan =
            Scan::new().format(plain_choice()).threads(threads).progress(&after_the_first).cancel(&stop);
        let scanned = scan_with(&scan, &paths).unwrap();
        let summary = scanned.counts.finish();
        balanced(&summary);
        assert_eq!(summary.lines.total, scanned.inputs.iter().map(|input| input.lines).sum::<u64>());
        assert!((1..FILES as u64 * LINES).contains(&summary.lines.total), "{}", summary.lines.total);
        for input in &scanned.inputs {
            let why = (input.lines < LINES).then_some("cancelled");
            assert!(input.lines == LINES || input.ended.as_deref() == why, "{input:?}");
        }
    }
}

#[test]
fn a_scan_stopped_before_it_begins_reads_nothing() {
    let paths = paths("not-begun");
    let stop = AtomicBool::new(true);
    let scanned = scan_with(&Scan::new().format(plain_choice()).cancel(&stop), &paths).unwrap();
    assert_eq!(scanned.counts.finish().lines.total, 0);
    assert!(scanned.inputs.iter().all(|input| input.ended.as_deref() == Some("cancelled")));
}
