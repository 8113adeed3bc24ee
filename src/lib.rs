//! Reads access logs of nginx, Envoy and load balancers and says who broke it, since when, and whether it is over.
//!
//! # Untrusted input
//! Access logs are written by strangers: whoever sends a request chooses bytes of the line. What holds for any bytes,
//! however they were chosen:
//!
//! 1. *No panic, no loop without end.* A line that does not fit is a value, [`LineError`], and is counted. There is no
//!    unsafe code in this crate, and no recursion on what is read. A [`Format`] or [`Accumulate`] of your own that
//!    panics does so out of [`Scan::run`]; the scan can be used again.
//! 2. *Bounded memory.* Reading takes what [`Limits`](input::Limits) says (a line over 1 MiB is counted and passed
//!    over without being kept), counting what [`Budget`] says, both once for each thread. Reading lines that are like
//!    those before takes no memory at all.
//! 3. *Linear time.* No backtracking: time grows with the bytes, whatever they are.
//! 4. *Values are slices.* What a [`Record`] gives lies in its line, undecoded; decoding is asked for, with
//!    [`Value::decoded`], and yields bytes that need not be UTF-8.
//! 5. *Nothing disappears.* Every line is counted as one of access, other, malformed and blank ([`LineCounts`]); what
//!    was folded to keep to the budget is in [`OTHER`]; an input that breaks off, or was not read to its end because the
//!    scan was cancelled, says so in [`InputInfo::ended`].
//! 6. *Order does not show.* The summary is a function of the set of lines and the settings, not of the order of files,
//!    the number of threads or where blocks begin. A line read twice counts twice.
//! 7. *Text is never interpreted.* Nothing is looked up, fetched or run on behalf of a log; format texts come from you.
//! 8. *What is shown is harmless.* [`Report::to_text`] and [`Report::to_json`] have no control characters, no marks that
//!    turn the direction of text and none that show nothing, other than line breaks of their own and, where asked for,
//!    colours. For bytes you show yourself there is [`Sanitized`], for JSON of your own [`SanitizedJson`]; errors hold
//!    paths as they are, and pass through either.
//!
//! What does not hold: that a log is true. A client writes what it likes into fields its product does not escape
//! (Envoy's text formats escape nothing), and a line forged whole cannot be told from a real one. Lines with more
//! quotes than such a format are read as far as they can be and counted ([`LineCounts::ambiguous`]); JSON, or nginx's
//! own escaping, leaves no doubt. Where names of upstreams come from clients (the `Host` header), they can make many of
//! them; the budget bounds that, and folds.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

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
mod layers;
mod origin;
mod probes;
mod record;
mod report;
mod routes;
mod scan;
mod schema;
#[cfg(feature = "serde")]
mod serial;
mod server_events;
mod status;
mod template;
mod time;
mod topology;
mod views;

pub use aggregate::{
    ALL, Accumulate, Aggregator, Budget, Cell, CodeCell, Durations, FormatCounts, HostSeries, LineCounts,
    Moment, NO_HOST, NO_UPSTREAM, OTHER, Reject, Settings, Summary, UpstreamCounts,
};
pub use attempts::{Attempt, Attempts};
pub use detect::{
    Denominator, Episode, EpisodeOrigin, Event, EventKind, Findings, Gap, Monitor, MonitorSettings,
    MonitorState, Pattern, Policy, Scope, Severity, Surge, UpstreamHealth, UpstreamNow, Window, detect,
};
pub use diagnose::{Diagnosis, RankedCause, diagnose};
pub use error::{Error, FormatError, LineError, LineErrorKind};
pub use escape::{Escape, Sanitized, SanitizedJson};
pub use excerpt::Excerpt;
pub use format::{Format, Line, Other, Records, Scanner, Sink};
pub use formats::{Choice, Options};
pub use inputs::InputInfo;
pub use json::JsonFormat;
pub use layers::{
    Birth, Counterparts, Example, ExampleLine, Failures, How, Joins, Layer, LayerLink, LayerSettings, Layers,
    OrderBasis, OrderEvidence, Place, Undercut,
};
pub use origin::{
    Attribution, Cause, EVIDENCE, Origin, attribute, decisive_attempt, is_plain_success, masked,
};
pub use probes::{Probes, Users};
pub use record::{Record, RequestLine, Span, Spans, Value};
pub use report::{
    Change, Comparison, EpisodeReport, HostReport, New, Notice, NoticeKind, Report, Style, Test, Trend,
    TrendPoint, UpstreamChange, UpstreamReport,
};
pub use routes::{
    GonePath, PathCounts, Paths, RouteCounts, RouteSeries, RouteSettings, Routes, Rules, RulesError,
};
pub use scan::{Scan, Scanned};
pub use schema::{Column, Field, FieldSet, Kind, Product, Schema, TimeMeaning, Unit};
pub use server_events::{ServerEvent, ServerEvents, ServerState};
pub use status::{Class, Status};
pub use template::Template;
pub use time::{TimeCache, TimeLayout, Timestamp, parse_duration, parse_utc_offset};
pub use topology::{Topology, TopologyError, TopologyUpstream};
pub use views::{apache, aws, azure, caddy, cloudflare, envoy, gcp, haproxy, nginx, traefik};

/// The code in the README compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
