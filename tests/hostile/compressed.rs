//! Compressed files that break off, go on, or blow up.
#![cfg(feature = "gzip")]

use std::io::Write;

use brownout::input::Limits;
use brownout::{Scan, Scanned};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{balanced, file, lines, plain_choice, scan_with};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn scanned(name: &str, bytes: &[u8], limits: Limits) -> (u64, Option<String>, u64) {
    let scan = Scan::new().format(plain_choice()).limits(limits);
    let Scanned { counts, inputs } = scan_with(&scan, &[file(name, bytes)]).unwrap();
    let summary = counts.finish();
    balanced(&summary);
    assert_eq!(summary.lines.total, inputs[0].lines);
    (summary.lines.access, inputs[0].ended.clone(), inputs[0].bytes)
}

#[test]
fn several_members_are_read_on() {
    let whole: Vec<u8> = (0..40).flat_map(|i| gzip(&lines(i * 5..i * 5 + 5))).collect();
    assert_eq!(scanned("members.gz", &whole, Limits::default()), (200, None, lines(0..200).len() as u64));
}

#[test]
fn a_member_may_end_within_a_line() {
    let log = lines(0..9);
    let (a, b) = log.split_at(log.len() / 2);
    let whole = [gzip(a), gzip(b""), gzip(b)].concat();
    assert_eq!(scanned("torn.gz", &whole, Limits::default()).0, 9);
}

#[test]
fn what_came_before_a_break_counts() {
    let log = lines(0..20_000);
    let packed = gzip(&log);
    for cut in [packed.len() / 2, packed.len() - 9, packed.len() - 4] {
        let (access, ended, bytes) = scanned("cut.gz", &packed[..cut], Limits::default());
        let ended = ended.expect("it says so");
        assert!(ended.starts_with("broken off"), "{ended}");
        assert!(access > 5_000 && bytes <= log.len() as u64, "{access} lines, {bytes} bytes");
    }
}

#[test]
fn garbage_behind_takes_nothing_away() {
    let packed = [gzip(&lines(0..50)), b"garbage, not gzip".to_vec()].concat();
    let (access, ended, _) = scanned("garbage.gz", &packed, Limits::default());
    assert_eq!(access, 50);
    assert!(ended.expect("it says so").starts_with("broken off"));
}

/// 16 MB of one byte in 16 KB: no line break, no memory, and an end at the limit.
#[test]
fn a_bomb_ends_at_the_limit() {
    let bomb = [gzip(&lines(0..10)), gzip(&vec![b'x'; 16 << 20])].concat();
    assert!(bomb.len() < 32 << 10);
    let limits = Limits { max_bytes: Some(4 << 20), ..Limits::default() };
    let (access, ended, bytes) = scanned("bomb.gz", &bomb, limits);
    assert_eq!((access, ended.as_deref()), (10, Some("cut at the limit on decompressed bytes")));
    assert!(bytes <= 4 << 20);
    // without a limit it is one line that is too long
    assert_eq!(scanned("bomb.gz", &bomb, Limits::default()).0, 10);
}
