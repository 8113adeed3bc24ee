//! [`Request`]: one line of one layer, as much of it as finding its counterpart takes.

use super::ids::{IdColumns, Ids};
use super::told::{Told, is_timeout};
use crate::aggregate::{host_name, stable_hash, upstream_name};
use crate::origin::{self, Cause};
use crate::record::{Record, Value, authority};
use crate::schema::{Field, FieldSet, TimeMeaning};
use crate::topology::Topology;

/// Characters kept of an id or target, for people.
const SHOWN: usize = 100;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// Number of the source, and how many bytes into it.
    pub(super) source: u32,
    pub(super) offset: u64,
    pub(super) ids: Ids,
    /// Hash of method and path, and of the query; 0 where there is none.
    pub(super) target: u64,
    pub(super) query: u64,
    /// The stamp, in microseconds.
    pub(super) logged: i64,
    /// The earliest instant it can have begun.
    pub(super) start: i64,
    /// How much later it can have begun: stamps of whole seconds are cut.
    pub(super) slack: i64,
    pub(super) duration: Option<i64>,
    pub(super) status: u16,
    pub(super) told: Told,
    pub(super) cause: Option<Cause>,
    /// Hashes of the names of upstream and host that the record counts for.
    pub(super) upstream: u64,
    pub(super) host: u64,
    /// Hashes of the client's address and of the first in `X-Forwarded-For`; 0 where there is none.
    pub(super) client: u64,
    pub(super) forwarded: u64,
    /// The id and the target for people.
    pub(super) id: Box<str>,
    pub(super) shown: Box<str>,
}

/// Columns that say when and what: all that is needed to find a counterpart.
pub(super) const PLACE: FieldSet = FieldSet::of(&[
    Field::Time,
    Field::StartTime,
    Field::Status,
    Field::Duration,
    Field::DispatchTime,
    Field::ReturnTime,
    Field::UpstreamHeaderTime,
    Field::UpstreamResponseTime,
    Field::Request,
    Field::Method,
    Field::Target,
]);

/// When a request was under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) logged: i64,
    pub(super) start: i64,
    pub(super) slack: i64,
    pub(super) duration: Option<i64>,
}

impl Moment {
    /// `None` where the record has no time.
    pub(super) fn of(record: &Record<'_>) -> Option<Self> {
        let stamp = record.value(Field::Time)?;
        let logged = record.time()?.as_micros();
        let duration = record.duration_micros().and_then(|d| i64::try_from(d).ok());
        let slack = resolution(stamp.raw());
        let at_end = record.schema().time_meaning() == TimeMeaning::End;
        let start = if at_end { logged.saturating_sub(duration.unwrap_or(0)) } else { logged };
        Some(Self { logged, start, slack, duration })
    }
}

/// What the digits of a stamp leave open, in microseconds.
fn resolution(stamp: &[u8]) -> i64 {
    let is_number = stamp.iter().all(|&b| b.is_ascii_digit() || b == b'.');
    let whole = stamp.iter().take_while(|&&b| b != b'.' && b != b',').count();
    let digits = stamp.get(whole + 1..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    // Milliseconds since the epoch have 13 digits, microseconds 16.
    let digits = digits + if is_number { whole.saturating_sub(10) } else { 0 };
    [999_999, 99_999, 9_999, 999, 99, 9].get(digits).copied().unwrap_or(0)
}

/// Hashes of method and path, and of the query.
pub(super) fn target(record: &Record<'_>) -> (u64, u64) {
    let line = record.request_line();
    let Some(target) = line.target else { return (0, 0) };
    let target = target.decoded();
    let path = without_authority(&target);
    let end = path.iter().position(|&b| b == b'?').unwrap_or(path.len());
    let (path, query) = path.split_at(end);
    let method = line.method.map_or(0, |m| stable_hash(m.raw(), 0));
    (stable_hash(path, method).max(1), if query.len() > 1 { stable_hash(query, 0).max(1) } else { 0 })
}

/// ALB logs the absolute form whatever was sent.
fn without_authority(target: &[u8]) -> &[u8] {
    let Some(rest) = authority(target).and_then(|at| target.get(at..)) else { return target };
    rest.iter().position(|&b| b == b'/').and_then(|slash| rest.get(slash..)).unwrap_or(b"/")
}

impl Request {
    /// All of a whole record; `None` where it has no time or no status.
    pub(super) fn read(
        record: &Record<'_>,
        columns: &IdColumns,
        place: (u32, u64),
        topology: &Topology,
    ) -> Option<Self> {
        let moment = Moment::of(record)?;
        // HAProxy logs clients that left without a status.
        let status = record.status().unwrap_or(crate::Status::NONE);
        let attribution = origin::attribute(record);
        let (target, query) = target(record);
        let first = |value: Value<'_>| {
            let raw = value.decoded();
            let first = raw.split(|&b| b == b',').next().map(<[u8]>::trim_ascii).unwrap_or_default();
            if first.is_empty() || first == b"-" { 0 } else { stable_hash(first, 0).max(1) }
        };
        let host = record.upstream_addr().map_or_else(|| crate::NO_HOST.to_owned(), |a| host_name(a.raw()));
        let shown = record.request_line().target.map(|t| cut(&t.decoded())).unwrap_or_default();
        Some(Self {
            source: place.0,
            offset: place.1,
            ids: columns.read(record),
            target,
            query,
            logged: moment.logged,
            start: moment.start,
            slack: moment.slack,
            duration: moment.duration,
            status: status.code(),
            told: Told::of(status, &attribution, origin::masked(record)),
            cause: attribution.cause,
            upstream: stable_hash(upstream_name(record, topology).as_bytes(), 0),
            host: stable_hash(host.as_bytes(), 0),
            client: record.client().map_or(0, first),
            forwarded: record.value(Field::ForwardedFor).map_or(0, first),
            id: columns.shown(record).unwrap_or_default().into(),
            shown: shown.into(),
        })
    }

    /// What decides whether it is kept where not all can be: the same for all layers where ids are.
    pub(super) fn key(&self) -> u64 {
        let place = stable_hash(&self.logged.to_le_bytes(), self.target);
        self.ids.iter().next().unwrap_or(place)
    }

    /// The latest instant at which it can have ended.
    pub(super) fn end(&self) -> i64 {
        self.start.saturating_add(self.slack).saturating_add(self.duration.unwrap_or(0))
    }

    /// The instant it began at, the middle of what its stamp leaves open.
    pub(super) fn middle(&self) -> i64 {
        self.start.saturating_add(self.slack / 2)
    }

    /// It ended because somebody would not wait any longer.
    pub(super) fn timed_out(&self) -> bool {
        matches!(self.told, Told::Unanswered | Told::Either | Told::Untold)
            && is_timeout(self.status, self.cause)
    }

    /// A 5xx.
    pub(super) const fn is_5xx(&self) -> bool {
        self.status >= 500
    }

    /// What was asked for is the same, as far as both lines say it.
    pub(super) const fn same_target(&self, other: &Self) -> bool {
        self.target == other.target
            && self.target != 0
            && (self.query == other.query || self.query == 0 || other.query == 0)
    }
}

/// The beginning of a value, for people.
pub(super) fn cut(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_leave_open_what_they_do_not_say() {
        for (stamp, micros) in [
            ("22/Nov/2026:07:08:40 +0000", 999_999),
            ("2026-11-22T07:08:40+00:00", 999_999),
            ("22/Nov/2026:07:18:29.754", 999),
            ("2026-11-22T07:08:40.123456Z", 0),
            ("2026-11-22 07:08:40,123", 999),
            ("1795331320", 999_999),
            ("1795331320.430", 999),
            ("1795331320430", 999),
            ("1795331320430123", 0),
        ] {
            assert_eq!(resolution(stamp.as_bytes()), micros, "{stamp}");
        }
    }

    #[test]
    fn the_absolute_form_is_the_path() {
        for (target, path) in [
            ("http://shop.test:80/a?b=http://x/", "/a?b=http://x/"),
            ("https://shop.test", "/"),
            ("/redirect?to=http://x", "/redirect?to=http://x"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(without_authority(target.as_bytes()), path.as_bytes(), "{target}");
        }
    }
}
