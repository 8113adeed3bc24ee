//! What a monitor tells.

use crate::detect::{Episode, Gap, Surge};
use crate::time::Timestamp;

/// Something that became known at `at`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "event", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Event {
    /// About an episode.
    Episode {
        /// What happened to it.
        kind: EventKind,
        /// Log time up to which was read when it became known; the lateness is not in it.
        at: Timestamp,
        /// The episode's number, unique in this monitor and what it is restored to.
        id: u64,
        /// The episode as known now. `end` is `None` while there is no evidence of recovery.
        episode: Box<Episode>,
    },
    /// A client-side status far above its usual rate: news, never an incident.
    Surge {
        /// [`Opened`](EventKind::Opened), or [`Closed`](EventKind::Closed) once it has been over for the merge gap.
        kind: EventKind,
        /// Log time up to which was read when it became known.
        at: Timestamp,
        /// The surge as known now.
        surge: Box<Surge>,
    },
    /// Silence that the traffic before makes implausible is over. It was neither errors nor recovery.
    Gap {
        /// Log time up to which was read when it became known.
        at: Timestamp,
        /// From when to when, and what was to be expected meanwhile.
        gap: Gap,
    },
}

/// What happened to an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EventKind {
    /// It is one: enough evidence and enough errors.
    Opened,
    /// It has been failing for the policy's `sustain`.
    BecameSustained,
    /// Another host, route, upstream or zone fails with it, or turned out not to.
    ScopeChanged,
    /// The failing has stopped for some seconds ([`Policy::min_lull`](crate::detect::Policy::min_lull)): no time yet to
    /// call it over. What comes next is [`Closed`](Self::Closed) if that holds, and [`Relapsed`](Self::Relapsed) if
    /// not. At most three times per episode is it told in vain.
    Recovering,
    /// It fails again, after it was recovering or, within the policy's merge gap, closed. Episodes count the latter.
    Relapsed,
    /// There is evidence of recovery.
    Closed,
    /// Closed for longer than the merge gap: nothing about it will change any more.
    Settled,
    /// What was raised is none of its own: it belongs to another episode, or the evidence did not keep up with its
    /// length, or its upstream was silent for so long that it was forgotten.
    Withdrawn {
        /// The episode it belongs to.
        into: Option<u64>,
    },
}

impl EventKind {
    /// `opened`, `became_sustained`, `scope_changed`, `recovering`, `relapsed`, `closed`, `settled`, `withdrawn`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::BecameSustained => "became_sustained",
            Self::ScopeChanged => "scope_changed",
            Self::Recovering => "recovering",
            Self::Relapsed => "relapsed",
            Self::Closed => "closed",
            Self::Settled => "settled",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}
