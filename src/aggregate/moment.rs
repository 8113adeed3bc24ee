//! [`Moment`]: which instant of a request decides its bucket.

use crate::record::Record;
use crate::schema::{Field, FieldSet, Schema, TimeMeaning};

/// Which instant of a request decides its bucket.
///
/// nginx, ALB and CloudFront stamp the end of a request, Envoy, HAProxy and Apache its start. With a timeout of 60 s
/// the 504s of one moment therefore stand a minute apart in the two. Logs of both kinds agree under one clock other than
/// the logged one; a line without a duration keeps its stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    /// The stamp as it is: nothing is inferred, and lines come nearly in order.
    #[default]
    Logged,
    /// When the request came: what clients met at a moment.
    Arrival,
    /// When the answer was complete: what was known at a moment.
    Completion,
}

impl Moment {
    /// Whether stamps of this schema are not the instant asked for.
    pub(crate) fn shifts(self, schema: &Schema) -> bool {
        match self {
            Self::Logged => false,
            Self::Arrival => schema.time_meaning() == TimeMeaning::End,
            Self::Completion => schema.time_meaning() == TimeMeaning::Start,
        }
    }

    /// The fields it takes beyond those of counting.
    pub(crate) fn wanted(self, schema: &Schema) -> FieldSet {
        if !self.shifts(schema) {
            return FieldSet::of(&[]);
        }
        FieldSet::of(&[
            Field::Time,
            Field::StartTime,
            Field::Duration,
            Field::DispatchTime,
            Field::ReturnTime,
            Field::UpstreamHeaderTime,
            Field::UpstreamResponseTime,
        ])
    }

    /// The instant of a record that is stamped `logged`, in microseconds.
    pub(crate) fn micros(self, record: &Record<'_>, logged: i64) -> i64 {
        if !self.shifts(record.schema()) {
            return logged;
        }
        let duration = record.duration_micros().and_then(|d| i64::try_from(d).ok()).unwrap_or(0);
        match self {
            Self::Arrival => logged.saturating_sub(duration),
            Self::Logged | Self::Completion => logged.saturating_add(duration),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, Line};
    use crate::record::Spans;
    use crate::template::Template;

    #[test]
    fn both_kinds_of_stamps_agree_under_one_clock() {
        let nginx = Template::nginx("$time_iso8601 $status $request_time").expect("a format");
        let envoy = Template::envoy("%START_TIME% %RESPONSE_CODE% %DURATION%").expect("a format");
        // one request: 60 s from 02:00:00 to 02:01:00
        let ended: (&dyn Format, &[u8]) = (&nginx, b"2026-11-22T02:01:00+00:00 504 60.000");
        let started: (&dyn Format, &[u8]) = (&envoy, b"2026-11-22T02:00:00.000Z 504 60000");
        let untold: (&dyn Format, &[u8]) = (&nginx, b"2026-11-22T02:01:00+00:00 504 -");
        for (clock, (format, line), expected) in [
            (Moment::Logged, ended, "02:01:00"),
            (Moment::Logged, started, "02:00:00"),
            (Moment::Arrival, ended, "02:00:00"),
            (Moment::Arrival, started, "02:00:00"),
            (Moment::Completion, ended, "02:01:00"),
            (Moment::Completion, started, "02:01:00"),
            (Moment::Arrival, untold, "02:01:00"),
        ] {
            let mut spans = Spans::new();
            let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { panic!("a record") };
            let logged = record.time().expect("a time").as_micros();
            let time = crate::time::Timestamp::from_micros(clock.micros(&record, logged)).to_string();
            assert!(time.contains(expected), "{clock:?}: {time}, not {expected}");
        }
    }
}
