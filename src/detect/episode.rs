//! What the detector hands on: [`Findings`] and the episodes in them.

use crate::origin::Cause;
use crate::status::Status;
use crate::time::Timestamp;

/// What the detector found.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Findings {
    /// Episodes, sorted by start and upstream.
    pub episodes: Vec<Episode>,
    /// Stretches of silence that the traffic before makes implausible.
    pub gaps: Vec<Gap>,
    /// One entry per upstream of the summary, in its order.
    pub upstreams: Vec<UpstreamHealth>,
    /// Client-side statuses far above their usual rate, sorted by upstream, status and start; never incidents.
    pub surges: Vec<Surge>,
}

/// A stretch in which one client-side status was far more frequent than usual.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Surge {
    /// The upstream.
    pub upstream: String,
    /// 401, 403, 404, 408, 429, 460, 499 or 0.
    pub status: Status,
    /// First bucket's start.
    pub start: Timestamp,
    /// End of the last bucket; `None`: not over when the data ends.
    pub end: Option<Timestamp>,
    /// Responses of the upstream meanwhile.
    pub requests: u64,
    /// Those with the status.
    pub responses: u64,
    /// Ratio of the status, 0–1, at all other times.
    pub baseline: f64,
    /// About how many clients got it; `None` where no line tells, and where they are too many to count.
    pub clients: Option<u64>,
    /// Too many clients to count: some hundreds at least.
    pub many_clients: bool,
}

/// What is normal for an upstream, and what could be seen in it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UpstreamHealth {
    /// Name, as in the summary.
    pub upstream: String,
    /// Background ratio of 5xx, robust against the episodes in the data, clamped to the policy's floor and cap.
    pub baseline: f64,
    /// The background itself is above the cap: failing all the time rather than in episodes.
    pub chronic: bool,
    /// Ratios of 5xx below this could not have been seen within an hour at this traffic; `None` when even 100 % could not.
    pub min_visible_rate: Option<f64>,
}

/// How an episode went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Brief, or a rolling deploy.
    Transient,
    /// Failing for at least the policy's `sustain`.
    Sustained,
    /// On and off, at least three times.
    Flapping,
    /// No recovery before the data ends.
    Ongoing,
}

impl Pattern {
    /// `transient`, `sustained`, `flapping`, `ongoing`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Sustained => "sustained",
            Self::Flapping => "flapping",
            Self::Ongoing => "ongoing",
        }
    }
}

/// How much fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One host of an upstream.
    Host,
    /// An upstream.
    Upstream,
    /// Several upstreams in one zone.
    Zone,
    /// Several upstreams.
    Global,
}

impl Scope {
    /// `host`, `upstream`, `zone`, `global`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Upstream => "upstream",
            Self::Zone => "zone",
            Self::Global => "global",
        }
    }
}

/// How bad, apart from how long: budget burned and scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a ticket: 0.5 % of a 30-day budget at 99.9 %.
    Ticket,
    /// Worth waking somebody: 2 % of it, 30 errors at least, and not just for one client among others.
    Page,
}

impl Severity {
    /// `info`, `ticket`, `page`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

/// A stretch of raised 5xx.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Episode {
    /// First failing bucket's start.
    pub start: Timestamp,
    /// End of the last failing bucket; `None`: no recovery before the data ends.
    pub end: Option<Timestamp>,
    /// The failing has stopped since, though too short a time ago to call it over: told by a
    /// [`Monitor`](super::Monitor) alone, of what goes on.
    #[cfg_attr(feature = "serde", serde(default))]
    pub recovering_since: Option<Timestamp>,
    /// How it went.
    pub pattern: Pattern,
    /// What it would be were it over: equal to `pattern` unless that is `Ongoing`.
    pub would_be: Pattern,
    /// How much fails.
    pub scope: Scope,
    /// The upstreams concerned, sorted; one unless the scope is zone or global.
    pub upstreams: Vec<String>,
    /// The zone that holds the errors, if one does.
    pub zone: Option<String>,
    /// The hosts, where the scope is host.
    pub hosts: Vec<String>,
    /// The routes it is confined to, where routes were counted; all counts are theirs where the upstream as a whole shows
    /// nothing. Empty: not confined, or not known.
    #[cfg_attr(feature = "serde", serde(default))]
    pub routes: Vec<String>,
    /// The 5xx seen most; 599 stands for "other 5xx".
    pub dominant_status: Option<Status>,
    /// Who made the 5xx.
    pub origin: EpisodeOrigin,
    /// The most frequent cause of its 5xx, where lines tell one.
    pub cause: Option<Cause>,
    /// Responses during the episode, in its scope.
    pub requests: u64,
    /// 5xx among them.
    pub errors: u64,
    /// Of the errors: made by the proxy, and by the upstream; the rest is unknown.
    pub by_proxy: u64,
    /// See `by_proxy`.
    pub by_upstream: u64,
    /// Highest share of 5xx in any minute with at least 10 requests, or of all of it if none has as many.
    pub peak_rate: f64,
    /// Failed attempts that retries hid from clients meanwhile.
    pub masked: u64,
    /// Inside a planned window.
    pub planned: bool,
    /// Hosts failing briefly one after the other.
    pub rolling: bool,
    /// Returned to failing within the merge gap this many times.
    pub relapses: u32,
    /// Request rate against the half hour before, where it is at least 1.5.
    pub amplification: Option<f64>,
    /// 504s pile up at this duration.
    pub timeout_ms: Option<u64>,
    /// How bad.
    pub severity: Severity,
    /// Errors as a share of a 30-day budget at 99.9 %.
    pub budget_burned: f64,
    /// When a live detector would have raised it.
    pub detected_at: Timestamp,
    /// When it became sustained.
    pub sustained_at: Option<Timestamp>,
    /// Weight of the evidence, in nats.
    pub evidence: f64,
    /// Background ratio it was judged against.
    pub baseline: f64,
    /// The failing phases, sorted and disjoint.
    pub phases: Vec<(Timestamp, Timestamp)>,
}

/// Who made the 5xx of an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EpisodeOrigin {
    /// At least 80 % by the proxy.
    Proxy,
    /// At most 20 % by the proxy.
    Upstream,
    /// In between.
    Mixed,
}

impl EpisodeOrigin {
    /// `proxy`, `upstream`, `mixed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Upstream => "upstream",
            Self::Mixed => "mixed",
        }
    }
}

/// Silence where traffic was to be expected.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Gap {
    /// First silent bucket's start.
    pub start: Timestamp,
    /// Start of the bucket with the next line.
    pub end: Timestamp,
    /// `*`: all upstreams together.
    pub upstream: String,
    /// Requests that were to be expected.
    pub expected: f64,
}
