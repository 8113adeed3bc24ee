//! What the stamps of a log leave out: their zone, their year.

use crate::format::{Format, Line};
use crate::input;
use crate::record::{Record, Spans};
use crate::schema::{Field, Kind};
use crate::time::TimeLayout;

/// Lines looked at for one with a stamp.
const LOOKED_AT: usize = 100;

/// Seconds east of UTC that the stamps of these lines are taken to be at, where they have no zone of their own: the
/// first stamp that is read says it.
pub(crate) fn assumed_offset(format: &dyn Format, sample: &[u8]) -> Option<i32> {
    let mut spans = Spans::new();
    input::lines(sample)
        .take(LOOKED_AT)
        .find_map(|(_, line)| match format.parse(line, &mut spans) {
            Ok(Line::Access(record)) => depends(&record).map(|is| is.then(|| record.schema().utc_offset())),
            _ => None,
        })
        .flatten()
}

/// The year that the first of these stamps that is read was taken to be in, where stamps name none.
pub(crate) fn assumed_year(format: &dyn Format, sample: &[u8]) -> Option<i32> {
    let mut spans = Spans::new();
    let year = |record: &Record<'_>| -> Option<Option<i32>> {
        let time = record.time()?.to_string();
        let column = record.value(Field::Time)?.column();
        let is_assumed = matches!(column.kind, Kind::Time(TimeLayout::Yearless(..)));
        Some(time.get(..4).filter(|_| is_assumed).and_then(|year| year.parse().ok()))
    };
    input::lines(sample)
        .take(LOOKED_AT)
        .find_map(|(_, line)| match format.parse(line, &mut spans) {
            Ok(Line::Access(record)) => year(&record),
            _ => None,
        })
        .flatten()
}

/// The instant depends on the offset that is assumed.
fn depends(record: &Record<'_>) -> Option<bool> {
    let value = record.value(Field::Time)?;
    let Kind::Time(layout) = &value.column().kind else { return None };
    Some(layout.parse(value.raw(), 0)? != layout.parse(value.raw(), 3_600)?)
}

#[cfg(test)]
mod tests {
    use super::{assumed_offset, assumed_year};
    use crate::{Choice, Options, Timestamp};

    #[test]
    fn only_stamps_without_a_zone_are_taken_to_be_at_one() {
        let options = Options { utc_offset: 7_200, ..Options::default() };
        for (line, want) in [
            (
                r#"::1:45454 [22/Nov/2026:07:19:10.544] fe b/s1 0/0/0/0/0 200 59 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
                Some(7_200),
            ),
            (r#"127.0.0.1 - - [22/Nov/2026:07:12:52 +0000] "GET / HTTP/1.1" 401 179 "-" "lab/1.0""#, None),
            (
                r#"[2026-11-22T07:23:26.526Z] "GET / HTTP/1.1" 201 - 0 11 4 3 "-" "lab" "4907" "lab.local" "127.0.0.1:28001""#,
                None,
            ),
        ] {
            let sample = format!("no line of any\n{line}\n");
            let format = Choice::Auto.resolve(&options, format!("{line}\n").as_bytes()).unwrap();
            assert_eq!(assumed_offset(&*format, sample.as_bytes()), want, "{line}");
        }
    }

    #[test]
    fn only_stamps_without_a_year_are_taken_to_be_in_one() {
        let newest = Timestamp::parse_rfc3339(b"2027-01-02T00:00:00Z");
        let options = Options { newest, ..Options::default() };
        for (format, line, want) in [
            ("apache:%h [%{%b %d %T}t] %>s", "192.0.2.1 [Dec 31 23:59:58] 200", Some(2026)),
            ("apache:%h [%{%b %d %T}t] %>s", "192.0.2.1 [Jan 01 23:59:58] 200", Some(2027)),
            ("apache:%h [%{%Y %b %d %T}t] %>s", "192.0.2.1 [2025 Jan 01 23:59:58] 200", None),
            ("envoy:[%START_TIME(%m/%d %H:%M:%S)%] %RESPONSE_CODE%", "[12/31 23:59:58] 200", Some(2026)),
            ("nginx:$remote_addr $status", "192.0.2.1 200", None),
        ] {
            let format = Choice::parse(format, None).unwrap().resolve(&options, line.as_bytes()).unwrap();
            assert_eq!(assumed_year(&*format, line.as_bytes()), want, "{line}");
        }
    }
}
