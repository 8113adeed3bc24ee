//! What the public tests in `tests/laws.rs` cannot see: units after every record, and the level.

use std::fmt::Write as _;

use super::budget::Level;
use super::{Accumulate, Aggregator, Budget, OTHER, Settings, Summary};
use crate::format::{Format, Line};
use crate::record::{Record, Span, Spans};
use crate::schema::{Column, Field, Kind, Product, Schema, TimeMeaning, Unit};
use crate::time::{TimeLayout, Timestamp};

/// Columns separated by `|`.
#[derive(Debug)]
struct Rows(Schema);

impl Rows {
    fn new() -> Self {
        let columns = vec![
            Column::new("time", Field::Time, Kind::Time(TimeLayout::Iso)),
            Column::new("status", Field::Status, Kind::Status),
            Column::new("group", Field::Upstream, Kind::Text),
            Column::new("peer", Field::UpstreamAddr, Kind::Address),
            Column::new("zone", Field::Zone, Kind::Text),
            Column::new("client", Field::Client, Kind::Address),
            Column::new("duration", Field::Duration, Kind::Duration(Unit::Millis)),
        ];
        Self(Schema::new(Product::Nginx, TimeMeaning::End, columns))
    }
}

impl Format for Rows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn schema(&self) -> &Schema {
        &self.0
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, crate::LineError> {
        let columns = spans.reset(self.0.columns().len());
        let mut start = 0;
        for (span, value) in columns.iter_mut().zip(line.split(|&b| b == b'|')) {
            *span = Span::new(start, start + value.len());
            start += value.len() + 1;
        }
        Ok(Line::Access(Record::new(line, &self.0, columns)))
    }
}

/// Counts `lines` lines with `budget` units; asserts that no record leaves more behind.
fn bounded(units: usize, lines: u64, mut line: impl FnMut(u64, &mut String)) -> (Level, Summary) {
    let rows = Rows::new();
    let budget = Budget { units, seed: 0 };
    let mut counts = Aggregator::new(Settings { budget, ..Settings::default() });
    counts.begin("test", &rows);
    let (mut text, mut spans) = (String::new(), Spans::new());
    for i in 0..lines {
        text.clear();
        line(i, &mut text);
        counts.line(text.as_bytes(), i, rows.parse(text.as_bytes(), &mut spans));
        assert!(counts.units() <= units, "{} after line {i}", counts.units());
    }
    let level = counts.level();
    let summary = counts.finish();
    assert_eq!(summary.lines.untimed, 0);
    assert_eq!(summary.upstreams.iter().map(super::UpstreamCounts::requests).sum::<u64>(), lines);
    (level, summary)
}

#[test]
fn a_million_upstreams_and_hosts_stay_within_the_budget() {
    let (level, summary) = bounded(20_000, 1_000_000, |i, line| {
        write!(
            line,
            "2023-11-14T22:13:20Z|200|up{i}|10.{}.{}.{}:80||-|1",
            i >> 16 & 255,
            i >> 8 & 255,
            i & 255
        )
        .unwrap();
    });
    assert!(level > Level(30), "upstreams fold: {level:?}");
    assert!(summary.upstreams.iter().any(|u| u.name == OTHER));
    // A host and an upstream per line, each counted when it was folded.
    assert!((1_600_000..=2_400_000).contains(&summary.folded), "{}", summary.folded);
}

#[test]
fn hosts_of_one_upstream_fold_before_it_does() {
    let (level, summary) = bounded(5_000, 100_000, |i, line| {
        let time = Timestamp::from_micros((1_700_000_000 + i as i64 % 900) * 1_000_000);
        write!(line, "{time}|502|shop|10.0.{}.{}:80|zone{}|-|{i}", i >> 8, i & 255, i % 3).unwrap();
    });
    assert!(level > Level(6) && level < Level(30), "{level:?}");
    assert_eq!(summary.upstreams.len(), 1);
    let hosts = &summary.upstreams[0].hosts;
    assert!(hosts.len() > 2 && hosts.iter().any(|h| h.host == OTHER && h.zone.is_empty()));
}

#[test]
fn all_of_time_stays_within_the_budget() {
    let span = Timestamp::MAX.as_micros().abs_diff(Timestamp::MIN.as_micros()) / 1_000_000;
    let (level, summary) = bounded(2_000, 50_000, |i, line| {
        let time = Timestamp::MIN.plus_micros((i * 6_364_136_223 % span) as i64 * 1_000_000);
        write!(line, "{time}|504|shop|10.0.0.1:80||-|{i}").unwrap();
    });
    assert!(level > Level(70), "{level:?}");
    assert_eq!(summary.lines.access, 50_000);
    for edge in ["1970-01-01T00:00:00Z|200|a|b||-|1", "9999-12-31T23:59:59Z|502|a|b||-|9"] {
        let (level, summary) = bounded(2_000, 100, |_, line| line.push_str(edge));
        assert_eq!((level, summary.upstreams[0].hosts[0].cells.len()), (Level(0), 1));
    }
}

#[test]
fn long_names_are_cut_and_paid_for() {
    let long = "\u{fffd}x".repeat(50_000);
    let (level, summary) = bounded(5_000, 1_000, |i, line| {
        write!(line, "2023-11-14T22:13:20Z|200|{long}{i}|{long}{i}|{long}{i}|{long}|1").unwrap();
    });
    assert!(level > Level(0));
    let longest = summary.upstreams.iter().map(|u| u.name.len()).max();
    assert!(longest < Some(700), "{longest:?}");
}

#[test]
fn tables_of_codes_causes_and_durations_are_paid_for() {
    let (_, summary) = bounded(9_000, 200_000, |i, line| {
        write!(line, "2023-11-14T22:13:20Z|{}|up{}|b||-|{}", i % 1000, i / 1000 % 37, i * i % 99_991)
            .unwrap();
    });
    assert_eq!(summary.lines.access, 200_000);
}

/// Lines of 60 upstreams in 9 zones over an hour, with failures and clients that left.
fn varied(i: u64, line: &mut String) {
    let at = i.wrapping_mul(6_364_136_223_846_793_005) >> 33;
    let time = Timestamp::from_micros((1_700_000_000 + (at % 3_600) as i64) * 1_000_000);
    let status = [200, 200, 404, 499, 502, 503, 504][(at / 7 % 7) as usize];
    let (upstream, host, zone) = (at / 11 % 60, at / 13 % 5, at / 17 % 9);
    let host = if host == 0 { "-".into() } else { format!("10.0.{upstream}.{host}:80") };
    let _ = write!(line, "{time}|{status}|up{upstream}|{host}|z{zone}|192.0.2.{}|{}", at % 200, at % 9_999);
}

/// What is brought together in place is what comes out when every count is added again by its names.
#[test]
fn any_level_is_the_same_as_adding_up_anew() {
    let rows = Rows::new();
    let counted = || {
        let budget = Budget { units: usize::MAX, seed: 3 };
        let mut counts = Aggregator::new(Settings { budget, ..Settings::default() });
        counts.begin("test", &rows);
        for i in 0..2_000 {
            let mut line = String::new();
            varied(i, &mut line);
            counts.line(line.as_bytes(), i, rows.parse(line.as_bytes(), &mut Spans::new()));
        }
        counts
    };
    let finest = counted().finish();
    for level in [1, 3, 6, 7, 8, 12, 30, 31, 33, 40, 70, 90].map(Level) {
        let mut anew = Aggregator::new(finest.settings().unwrap());
        anew.reach(level);
        anew.absorb(&finest);
        // At once, and by way of the levels in between.
        let mut at_once = counted();
        at_once.reach(level);
        let mut by_steps = counted();
        (1..=level.0).for_each(|step| by_steps.reach(Level(step)));
        assert_eq!((at_once.units(), by_steps.units()), (anew.units(), anew.units()), "{level:?}");
        let anew = anew.finish();
        assert_eq!(at_once.finish(), anew, "{level:?}");
        assert_eq!(by_steps.finish(), anew, "{level:?}");
    }
}

#[test]
fn widths_that_cannot_be_are_the_nearest_that_can() {
    let rows = Rows::new();
    for width_micros in [i64::MIN, -1, 0, 1, i64::MAX] {
        let budget = Budget { units: 100, seed: 0 };
        let mut counts = Aggregator::new(Settings { width_micros, budget, ..Settings::default() });
        counts.begin("test", &rows);
        for time in [Timestamp::MIN, Timestamp::from_micros(0), Timestamp::MAX] {
            let line = format!("{time}|502|a|b||-|1").into_bytes();
            for _ in 0..3 {
                counts.line(&line, 0, rows.parse(&line, &mut Spans::new()));
            }
        }
        let summary = counts.finish();
        assert_eq!(summary.lines.untimed, 0);
        assert_eq!(summary.clone().merge(&summary).unwrap().lines.access, 18);
    }
}
