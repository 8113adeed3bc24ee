//! Clocks that jump, repeat, or are centuries off.

use brownout::{LineErrorKind, Report, Scan, Style, Timestamp};

use super::{count, file, findings, lines, parsed, plain_choice, report, scan_with};

fn at(time: &str) -> String {
    format!("192.0.2.1 [{time}] \"GET / HTTP/1.1\" 200 10.0.0.1:80 shop\n")
}

/// Microseconds of the only line's bucket, and its width.
fn bucket(time: &str) -> i64 {
    let summary = count(at(time).as_bytes());
    assert_eq!((summary.lines.access, summary.lines.untimed), (1, 0), "{time}");
    summary.range.unwrap().0.as_micros()
}

fn micros(time: &str) -> i64 {
    Timestamp::parse_rfc3339(time.as_bytes()).unwrap().as_micros()
}

#[test]
fn outliers_take_a_bucket_each_and_no_gap_is_filled() {
    let calm = lines(0..3_000);
    let mut log = at("1970-01-01T00:00:00Z").into_bytes();
    log.extend_from_slice(&calm);
    log.extend_from_slice(at("9999-12-31T23:59:59Z").as_bytes());
    let (with, without) = (count(&log), count(&calm));
    let cells = |s: &brownout::Summary| {
        s.upstreams.iter().flat_map(|u| &u.hosts).map(|h| h.cells.len()).sum::<usize>()
    };
    assert_eq!(cells(&with), cells(&without) + 2);
    assert_eq!(with.level, 0, "nothing was made coarser for them");
    let (findings, diagnoses) = findings(&with);
    let report = Report::new(Vec::new(), &with, &findings, diagnoses);
    assert!(report.to_json().len() < 64 << 10);
    assert!(report.to_text(Style::plain()).len() < 64 << 10);
}

#[test]
fn leap_seconds_are_the_last_moment_of_their_minute() {
    let leap = bucket("2016-12-31T23:59:60+00:00");
    assert!((micros("2016-12-31T23:59:59Z")..=micros("2017-01-01T00:00:00Z")).contains(&leap));
    assert!(bucket("2016-12-31T23:59:60+00:00") < micros("2017-01-01T00:00:01Z"));
}

#[test]
fn an_hour_that_comes_twice_is_told_apart_by_its_offset() {
    let (summer, winter) = (bucket("2026-10-25T02:30:00+02:00"), bucket("2026-10-25T02:30:00+01:00"));
    assert_eq!(winter - summer, 3_600_000_000);
}

/// HAProxy's stamps have no zone: UTC, or what the operator says. An hour that comes twice is then one.
#[test]
fn stamps_without_a_zone_are_read_in_the_one_that_is_given() {
    let line = |time: &str| {
        format!("192.0.2.1:5 [{time}] fe be/s1 0/0/0/0/0 200 59 - - ---- 1/1/0/0/0 0/0 \"GET / HTTP/1.1\"\n")
    };
    let read = |line: &str, seconds: i32| {
        let choice = brownout::Choice::parse("haproxy", None).unwrap();
        let options = brownout::Options { utc_offset: seconds, ..brownout::Options::default() };
        let format = choice.resolve(&options, line.as_bytes()).unwrap();
        let mut spans = brownout::Spans::new();
        let line = line.trim_end().as_bytes();
        let Ok(brownout::Line::Access(record)) = brownout::Format::parse(&*format, line, &mut spans) else {
            panic!("a line of HAProxy")
        };
        record.time().unwrap().as_micros()
    };
    let autumn = line("25/Oct/2026:02:30:00.250");
    assert_eq!(read(&autumn, 0), micros("2026-10-25T02:30:00.250Z"));
    assert_eq!(read(&autumn, 7_200), micros("2026-10-25T02:30:00.250+02:00"));
    assert_eq!(read(&autumn, -5_400), micros("2026-10-25T02:30:00.250-01:30"));
}

#[test]
fn a_year_ends_without_notice() {
    assert_eq!(bucket("2027-01-01T00:00:00+00:00") - bucket("2026-12-31T23:59:59+00:00"), 1_000_000);
    assert_eq!(bucket("2027-01-01T00:30:00+14:00"), micros("2026-12-31T10:30:00Z"));
}

#[test]
fn what_is_no_time_is_counted_as_untimed_or_refused() {
    for time in ["-", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T25:00:00Z", "now", "1e9"] {
        let summary = count(at(time).as_bytes());
        assert_eq!(summary.lines.total, 1);
        assert_eq!(summary.lines.untimed + summary.lines.malformed, 1, "{time}");
        assert_eq!(summary.range, None, "{time}");
    }
}

/// nginx and Apache write 26 bytes between the brackets; where there are others, a line was torn or forged.
#[test]
fn a_stamp_of_another_width_is_refused_where_it_begins() {
    let line = |time: &str| format!("192.0.2.1 - - [{time}] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl/8.0\"");
    let whole = "22/Nov/2026:07:08:40 +0000";
    let time = parsed("nginx-combined", line(whole).as_bytes(), |record| record.time().unwrap().as_micros());
    assert_eq!(time, Ok(micros("2026-11-22T07:08:40Z")));
    for other in [
        "22/Nov[22/Nov/2026:07:08:40 +0000",
        "22/Nov/2026:07:08:40",
        "22/Nov/2026:07:08:40 +0000] - - [22/Nov",
    ] {
        let error = parsed("nginx-combined", line(other).as_bytes(), |_| ()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (LineErrorKind::Time, 15), "{other}");
    }
}

/// An hour back and an hour on: the same counts, in the buckets that were logged.
#[test]
fn a_jumping_clock_loses_nothing() {
    let log: String = (0..600)
        .map(|i| at(&format!("2026-11-22T{:02}:{:02}:{:02}+00:00", 7 + i % 3, i / 60 % 60, i % 60)))
        .collect();
    let path = file("jumps.log", log.as_bytes());
    let scan = Scan::new().format(plain_choice());
    let report = report(scan_with(&scan, &[path]).unwrap());
    assert_eq!(report.requests(), 600);
}
