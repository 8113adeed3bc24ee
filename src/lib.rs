//! Reads access logs of nginx, Envoy and load balancers and says who broke it, since when, and whether it is over.

mod aggregate;
mod detect;
mod error;
mod escape;
mod format;
pub mod input;
mod json;
mod origin;
mod record;
mod schema;
mod status;
mod template;
mod time;

pub use aggregate::{
    Cell, Durations, FormatCounts, HostSeries, LineCounts, NO_HOST, NO_UPSTREAM, OTHER, Reject, Summary,
    UpstreamCounts,
};
pub use detect::{
    Episode, EpisodeOrigin, Findings, Gap, Pattern, Policy, Scope, Severity, UpstreamHealth, Window, detect,
};
pub use error::{Error, FormatError, LineError, LineErrorKind};
pub use escape::{Escape, Sanitized};
pub use format::{Format, Line, Other, Scanner};
pub use json::JsonFormat;
pub use origin::{Attribution, Cause, Origin, attribute};
pub use record::{Record, Span, Spans, Value};
pub use schema::{Column, Field, FieldSet, Kind, Product, Schema, TimeMeaning, Unit};
pub use status::{Class, Status};
pub use template::Template;
pub use time::{TimeCache, TimeLayout, Timestamp};
