//! Reads access logs of nginx, Envoy and load balancers and says who broke it, since when, and whether it is over.

mod aggregate;
mod attempts;
pub mod catalogue;
mod detect;
mod diagnose;
mod error;
mod escape;
mod excerpt;
mod format;
pub mod formats;
mod index;
pub mod input;
mod inputs;
mod json;
mod origin;
mod probes;
mod record;
mod report;
mod scan;
mod schema;
#[cfg(feature = "serde")]
mod serial;
mod status;
mod template;
mod time;
mod topology;
mod views;

pub use aggregate::{
    ALL, Accumulate, Aggregator, Budget, Cell, CodeCell, Durations, FormatCounts, HostSeries, LineCounts,
    NO_HOST, NO_UPSTREAM, OTHER, Reject, Settings, Summary, UpstreamCounts,
};
pub use attempts::{Attempt, Attempts};
pub use detect::{
    Episode, EpisodeOrigin, Event, EventKind, Findings, Gap, Monitor, MonitorSettings, MonitorState, Pattern,
    Policy, Scope, Severity, Surge, UpstreamHealth, UpstreamNow, Window, detect,
};
pub use diagnose::{Diagnosis, RankedCause, diagnose};
pub use error::{Error, FormatError, LineError, LineErrorKind};
pub use escape::{Escape, Sanitized};
pub use excerpt::Excerpt;
pub use format::{Format, Line, Other, Scanner};
pub use formats::{Choice, Options};
pub use inputs::InputInfo;
pub use json::JsonFormat;
pub use origin::{
    Attribution, Cause, EVIDENCE, Origin, attribute, decisive_attempt, is_plain_success, masked,
};
pub use probes::Probes;
pub use record::{Record, RequestLine, Span, Spans, Value};
pub use report::{
    Change, Comparison, EpisodeReport, HostReport, New, Notice, NoticeKind, Report, Style, Test, Trend,
    TrendPoint, UpstreamChange, UpstreamReport,
};
pub use scan::{Scan, Scanned};
pub use schema::{Column, Field, FieldSet, Kind, Product, Schema, TimeMeaning, Unit};
pub use status::{Class, Status};
pub use template::Template;
pub use time::{TimeCache, TimeLayout, Timestamp, parse_duration, parse_utc_offset};
pub use topology::{Topology, TopologyError, TopologyUpstream};
pub use views::{aws, envoy, haproxy};

/// The code in the README compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
