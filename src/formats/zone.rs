//! Whether the stamps of a log name their zone.

use crate::format::{Format, Line};
use crate::input;
use crate::record::{Record, Spans};
use crate::schema::{Field, Kind};

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

/// The instant depends on the offset that is assumed.
fn depends(record: &Record<'_>) -> Option<bool> {
    let value = record.value(Field::Time)?;
    let Kind::Time(layout) = &value.column().kind else { return None };
    Some(layout.parse(value.raw(), 0)? != layout.parse(value.raw(), 3_600)?)
}

#[cfg(test)]
mod tests {
    use super::assumed_offset;
    use crate::{Choice, Options};

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
}
