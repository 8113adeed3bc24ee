//! Bytes that are no text, lines that have no end, ends that are no lines.

use std::io::{self, Read};

use brownout::LineErrorKind;
use brownout::input::{Blocks, End, Limits};

use super::{count, file, line, lines, plain, plain_choice, read, scan, scan_with};

/// `x` without end, then a line break and a good line.
struct Endless {
    left: u64,
    tail: io::Cursor<Vec<u8>>,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if n == 0 {
            return self.tail.read(into);
        }
        into[..n].fill(b'x');
        self.left -= n as u64;
        Ok(n)
    }
}

fn endless(len: u64, tail: &[u8]) -> Endless {
    Endless { left: len, tail: io::Cursor::new(tail.to_vec()) }
}

#[test]
fn a_line_of_ten_megabytes_is_counted_and_not_kept() {
    let tail = [b"\n", &lines(0..5)[..]].concat();
    let (summary, _) = read(endless(10 << 20, &tail), Limits::default(), &plain());
    assert_eq!((summary.lines.total, summary.lines.access, summary.lines.malformed), (6, 5, 1));
    assert_eq!(summary.rejects[0].kind, LineErrorKind::TooLong);
    assert_eq!(summary.rejects[0].first, [("reader".to_owned(), 0)]);
}

/// How much is asked of the reader at once tells how large the buffer is.
struct Largest<R>(R, usize);

impl<R: Read> Read for &mut Largest<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.max(into.len());
        self.0.read(into)
    }
}

#[test]
fn without_any_line_break_nothing_is_gathered() {
    let mut reader = Largest(endless(2 << 30, b""), 0);
    let mut blocks = Blocks::new(&mut reader);
    let block = blocks.next().unwrap();
    assert_eq!(block.skipped.unwrap().len, 2 << 30);
    assert!(block.bytes.is_empty());
    assert!(blocks.next().is_none());
    assert!(matches!(blocks.end(), End::Complete));
    assert!(reader.1 <= Limits::default().block, "{}", reader.1);
}

#[test]
fn every_byte_may_stand_in_a_path() {
    for byte in (0..=255_u8).filter(|b| *b != b'\n') {
        let mut log = lines(0..1);
        let at = log.iter().position(|b| *b == b'/').unwrap() + 1;
        log.insert(at, byte);
        let summary = count(&log);
        // nginx writes a quote as \x22: where one stands bare, the line is another format's, and refused
        assert_eq!(summary.lines.malformed, u64::from(byte == b'"'), "byte {byte:#04x}");
        assert_eq!(summary.lines.total, 1);
    }
}

#[test]
fn bytes_are_bytes() {
    let good = line(1);
    let good = good.trim_end();
    let table: [(&str, Vec<u8>, (u64, u64, u64)); 15] = [
        ("empty", vec![], (0, 0, 0)),
        ("one line break", b"\n".to_vec(), (1, 0, 1)),
        ("white space", b" \t \n\r\n".to_vec(), (2, 0, 2)),
        ("no last line break", good.into(), (1, 1, 0)),
        ("CRLF", format!("{good}\r\n{good}\r\n").into(), (2, 2, 0)),
        ("lone CR is part of its line", format!("{good}\r{good}\n").into(), (1, 1, 0)),
        ("CR before the end", format!("{good}\r").into(), (1, 1, 0)),
        ("NUL alone", b"\0\0\0\n".to_vec(), (1, 0, 0)),
        ("NUL after a crash", [&[0; 4096], good.as_bytes()].concat(), (1, 1, 0)),
        ("a byte order mark", format!("\u{feff}{good}\n").into(), (1, 1, 0)),
        ("a byte order mark alone", "\u{feff}".into(), (0, 0, 0)),
        ("half a byte order mark", b"\xef\xbb".to_vec(), (1, 0, 0)),
        ("Latin-1", good.as_bytes().iter().map(|&b| if b == b'/' { 0xe9 } else { b }).collect(), (1, 1, 0)),
        ("invalid UTF-8", [good.as_bytes(), b"\xff\xc0\x80"].concat(), (1, 1, 0)),
        ("half a line", good[..good.len() / 2].into(), (1, 0, 0)),
    ];
    for (what, bytes, (total, access, blank)) in table {
        let l = count(&bytes).lines;
        if what == "NUL after a crash" {
            // what stands before the address is part of it, or refused: never lost
            assert_eq!(l.total, 1);
            continue;
        }
        assert_eq!((l.total, l.access, l.blank), (total, access, blank), "{what}");
    }
}

#[test]
fn a_byte_order_mark_does_not_hide_the_format() {
    let line = br#"192.0.2.1 - - [22/Nov/2026:07:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a""#;
    let path = file("bom.log", &[b"\xef\xbb\xbf", &line[..]].concat());
    let scanned = scan(&[path]).unwrap();
    assert_eq!(scanned.inputs[0].lines, 1);
    assert_eq!(scanned.counts.finish().lines.access, 1);
}

#[test]
fn an_empty_file_is_no_error_beside_others() {
    let paths = [file("empty.log", b""), file("beside-empty.log", &lines(0..3))];
    let scanned = scan_with(&brownout::Scan::new().format(plain_choice()), &paths).unwrap();
    assert_eq!(scanned.counts.finish().lines.access, 3);
    assert_eq!((scanned.inputs[0].lines, scanned.inputs[0].ended.as_deref()), (0, None));
}

/// A live file ends within a line: it counts, and is marked.
#[test]
fn a_last_line_without_a_line_break_is_marked() {
    let log = lines(0..5);
    for (name, bytes, marked) in [
        ("whole-end.log", &log[..], false),
        ("half-end.log", &log[..log.len() - 1], true),
        ("no-end.log", b"", false),
    ] {
        let paths = [file(name, bytes), file("beside-end.log", &log)];
        let scanned = scan_with(&brownout::Scan::new().format(plain_choice()), &paths).unwrap();
        let ends: Vec<_> = scanned.inputs.iter().map(|input| input.unterminated).collect();
        assert_eq!(ends, [marked, false], "{name}");
        assert_eq!(scanned.inputs[0].lines, if bytes.is_empty() { 0 } else { 5 });
        let json = super::report(scanned).to_json();
        assert_eq!(json.matches("\"unterminated\": true").count(), usize::from(marked), "{json}");
    }
}

/// Lines of another kind are refused one by one and leave no trace in the next line.
#[test]
fn mixed_lines_do_not_stick() {
    let foreign: [&[u8]; 7] = [
        b"#Fields: date time c-ip",
        b"#Version: 1.0",
        b"2026/11/22 07:00:01 [error] 7#7: *1 connect() failed (111: Connection refused)",
        br#"{"time":"2026-11-22T07:00:00Z","status":200}"#,
        br#"192.0.2.1 - - [22/Nov/2026:07:00:00 +0000] "GET / HTTP/1.1" 200 5"#,
        b"panic: runtime error",
        b"-",
    ];
    let good = count(&lines(0..200));
    let mut log = Vec::new();
    for i in 0..200 {
        log.extend_from_slice(line(i).as_bytes());
        log.extend_from_slice(foreign[i % foreign.len()]);
        log.push(b'\n');
    }
    let mixed = count(&log);
    assert_eq!((mixed.lines.total, mixed.lines.access), (400, 200));
    assert_eq!(mixed.upstreams, good.upstreams);
    assert_eq!(mixed.lines.malformed + mixed.lines.other, 200);
}

/// A file of other lines entirely is not read as something it is not.
#[test]
fn a_wrong_format_is_said() {
    let path = file("prose.log", "no log at all, only prose\n".repeat(300).as_bytes());
    let error = scan(&[path]).unwrap_err().to_string();
    assert!(error.starts_with("no known format fits"), "{error}");
}

/// Most lines are another format's: what was read counts, and the report says what became of the rest.
#[test]
fn lines_that_are_mostly_refused_are_told_of() {
    let foreign = b"203.0.113.7 - - [22/Nov/2026:07:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"a\"\n";
    let path = file("mostly-refused.log", &[lines(0..400), foreign.repeat(600)].concat());
    let scanned = scan_with(&brownout::Scan::new().format(plain_choice()), &[path]).unwrap();
    let report = super::report(scanned);
    assert_eq!((report.lines.access, report.lines.malformed), (400, 600));
    let notice = report.notices.iter().find(|notice| notice.kind == brownout::NoticeKind::Malformed).unwrap();
    assert_eq!((notice.count, notice.share), (600, 0.6));
    assert!(report.to_text(brownout::Style::plain()).contains(&notice.message));
}

/// A reader that fails half way.
#[test]
fn what_came_before_an_error_counts() {
    struct Fails(io::Cursor<Vec<u8>>);
    impl Read for Fails {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let room = into.len().min(1000);
            match self.0.read(&mut into[..room])? {
                0 => Err(io::Error::other("the disk is gone")),
                n => Ok(n),
            }
        }
    }
    let log = lines(0..500);
    for cut in [log.len(), log.len() - 1, log.len() / 2, 1, 0] {
        let whole = log[..cut].iter().filter(|b| **b == b'\n').count() as u64;
        let (summary, end) = read(Fails(io::Cursor::new(log[..cut].to_vec())), Limits::default(), &plain());
        assert!(matches!(end, End::Truncated(_)), "{end}");
        let half = u64::from(cut > 0 && log[cut - 1] != b'\n');
        assert_eq!(summary.lines.total, whole + half, "cut at {cut}");
        assert!(summary.lines.access >= whole);
    }
}
