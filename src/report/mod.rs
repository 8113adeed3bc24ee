//! The answer, as data and in two writings: [`Report::to_text`] for people, [`Report::to_json`] for programs.
//!
//! A report is a pure function of counts and findings: no clock, no environment, sorted by name and time. Strings
//! in it are as they were logged; they are made safe on the way out, in one place per writer: `text::page` shows
//! them through [`Sanitized`](crate::Sanitized), `json` escapes whatever a terminal or a browser could act on.

#![allow(
    clippy::format_push_string,
    reason = "a report is written once: the plain spelling is worth an allocation"
)]

mod build;
mod comparison;
mod figures;
mod json;
mod layers;
mod notice;
mod schema;
#[cfg(test)]
mod tests;
mod text;
mod trend;

pub use comparison::{Change, Comparison, New, Test, UpstreamChange};
pub use notice::{Notice, NoticeKind};
pub use text::Style;
pub use trend::{Trend, TrendPoint};

use crate::aggregate::{FormatCounts, LineCounts, Reject};
use crate::catalogue;
use crate::detect::{Episode, EpisodeOrigin, Gap, Pattern};
use crate::diagnose::{Diagnosis, RankedCause};
use crate::inputs::InputInfo;
use crate::layers::Layers;
use crate::origin::{Cause, Origin};
use crate::status::{Class, Status};
use crate::time::Timestamp;

/// The detector's stand-in for every 5xx without a column of its own.
const OTHER_5XX: u16 = 599;

/// Who broke it, since when, and is it over: everything a reader of the report is told.
///
/// ```
/// use brownout::{Findings, Report, Style, Summary};
/// let report = Report::new(Vec::new(), &Summary::default(), &Findings::default(), Vec::new());
/// assert_eq!(report.exit_code(), 0);
/// assert!(report.to_text(Style::plain()).starts_with("NOTHING TO JUDGE"));
/// assert!(report.to_json().starts_with("{\n  \"schema\": \"brownout.report.v1\""));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What was read, sorted by path.
    pub inputs: Vec<InputInfo>,
    /// Lines by what became of them.
    pub lines: LineCounts,
    /// Lines that were not understood, by kind and column.
    pub rejects: Vec<Reject>,
    /// Earliest and latest logged time.
    pub range: Option<(Timestamp, Timestamp)>,
    /// Access records per format.
    pub formats: Vec<FormatCounts>,
    /// Responses per class, all six in order.
    pub classes: Vec<(Class, u64)>,
    /// Responses per status, sorted.
    pub codes: Vec<(Status, u64)>,
    /// 5xx per who made them, sorted.
    pub origins: Vec<(Origin, u64)>,
    /// One entry per upstream, sorted by name.
    pub upstreams: Vec<UpstreamReport>,
    /// Where the points of every upstream's trend stand in time.
    pub trend: Trend,
    /// Episodes, sorted by start and upstream.
    pub episodes: Vec<EpisodeReport>,
    /// Silence where traffic was to be expected.
    pub gaps: Vec<Gap>,
    /// What else a reader should know; never a reason for exit code 1.
    pub notices: Vec<Notice>,
    /// What changed against another period, where one was given.
    pub comparison: Option<Comparison>,
    /// What the logs of several layers say together, where they were joined.
    pub layers: Option<Layers>,
}

/// What one upstream answered.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamReport {
    /// Name, as in the summary.
    pub name: String,
    /// Responses.
    pub requests: u64,
    /// 5xx among them.
    pub errors: u64,
    /// Failed attempts that retries hid from clients.
    pub masked: u64,
    /// Responses per class, all six in order.
    pub classes: Vec<(Class, u64)>,
    /// Responses per status, sorted.
    pub codes: Vec<(Status, u64)>,
    /// 5xx per who made them, sorted.
    pub origins: Vec<(Origin, u64)>,
    /// 5xx and client-closed responses per status and cause, sorted.
    pub causes: Vec<(Status, Cause, u64)>,
    /// Hosts, sorted by zone and host.
    pub hosts: Vec<HostReport>,
    /// Background ratio of 5xx, 0–1; `None` where it was not judged.
    pub baseline: Option<f64>,
    /// Failing all the time rather than in episodes.
    pub chronic: bool,
    /// The smallest ratio of 5xx, 0–1, that could have been seen within an hour at this traffic.
    pub min_visible_rate: Option<f64>,
    /// Requests and 5xx over time; [`Report::trend`] says when each point is.
    pub trend: Vec<TrendPoint>,
}

/// What one host of an upstream answered, as far as its lines carry a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostReport {
    /// Zone or region; empty where the log has none.
    pub zone: String,
    /// Address or server name.
    pub host: String,
    /// Responses.
    pub requests: u64,
    /// 5xx among them.
    pub errors: u64,
    /// 5xx made by the proxy for want of an answer of this host.
    pub by_proxy: u64,
    /// Failed attempts that retries hid from clients.
    pub masked: u64,
}

/// An episode and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct EpisodeReport {
    /// What was found.
    pub episode: Episode,
    /// All upstreams of the data are concerned (scope global only).
    pub everywhere: bool,
    /// The 5xx seen most, "other 5xx" resolved to the real code where the counts have it.
    pub dominant_status: Option<Status>,
    /// What it most likely is.
    pub diagnosis: Diagnosis,
}

impl EpisodeReport {
    /// Who made the 5xx, where the lines tell it for at least half of them.
    fn maker(&self) -> Option<EpisodeOrigin> {
        let e = &self.episode;
        (e.by_proxy.saturating_add(e.by_upstream).saturating_mul(2) >= e.errors).then_some(e.origin)
    }

    /// Unplanned, and sustained, flapping or still going on: somebody has to act.
    pub fn is_alarm(&self) -> bool {
        !self.episode.planned && self.episode.pattern != Pattern::Transient
    }
}

impl Report {
    /// 1 when an unplanned episode is sustained, flapping or ongoing; 0 otherwise.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.episodes.iter().any(EpisodeReport::is_alarm))
    }

    /// Responses of all upstreams.
    pub fn requests(&self) -> u64 {
        self.upstreams.iter().map(|u| u.requests).sum()
    }

    /// 5xx among them.
    pub fn errors(&self) -> u64 {
        self.upstreams.iter().map(|u| u.errors).sum()
    }

    /// Failed attempts that retries hid from clients.
    pub fn masked(&self) -> u64 {
        self.upstreams.iter().map(|u| u.masked).sum()
    }

    /// One JSON object, schema `brownout.report.v1`: keys in a fixed order, times in RFC 3339 with `Z`, ratios 0–1.
    ///
    /// Control characters, C1, bidirectional controls, U+2028, U+2029 and `<` are written as `\uXXXX`, so the text
    /// is safe in a terminal and inside HTML.
    pub fn to_json(&self) -> String {
        schema::write(self)
    }

    /// The report for people: the verdict first, at most 100 columns wide, times in UTC.
    pub fn to_text(&self, style: Style) -> String {
        text::write(self, style)
    }
}

/// A likely cause in one line.
fn cause_line(cause: &RankedCause) -> String {
    let name = catalogue::cause(cause.cause).title;
    if cause.why.is_empty() { name.to_owned() } else { format!("{name}: {}", cause.why) }
}
