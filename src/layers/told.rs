//! What a line says of its own answer, as far as a hop is concerned.

use crate::origin::{Attribution, Cause, Origin};
use crate::status::Status;

/// What one layer says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// Nothing failed.
    Success,
    /// Nothing failed in the end; an earlier attempt did.
    Saved,
    /// The layer made the answer without asking anybody, or whoever was asked has no part in it.
    Own,
    /// What was behind answered so.
    Relayed,
    /// No connection to what is behind came about.
    Unreached,
    /// What is behind was asked, and gave no answer that could be used.
    Unanswered,
    /// What is behind answered so, or gave no answer: the line cannot tell which.
    Either,
    /// The client left.
    ClientLeft,
    /// The line does not tell.
    Untold,
}

impl Told {
    pub(super) fn of(status: Status, attribution: &Attribution, masked: bool) -> Self {
        let Attribution { origin, cause, answered_by, .. } = *attribution;
        if masked && status.code() < 500 {
            return Self::Saved;
        }
        match (origin, cause) {
            (Origin::None, _) | (_, None) => Self::Success,
            (Origin::Client, Some(Cause::ClientDisconnect)) => Self::ClientLeft,
            (Origin::Proxy, Some(Cause::NoHealthyUpstream | Cause::Dns)) => Self::Unreached,
            (Origin::Client | Origin::Proxy, _) => Self::Own,
            (Origin::Upstream, _) if answered_by == Origin::Unknown => Self::Either,
            (Origin::Upstream, Some(Cause::AppError)) => Self::Relayed,
            (
                Origin::Upstream,
                Some(Cause::ConnectRefused | Cause::ConnectTimeout | Cause::ConnectOther | Cause::Tls),
            ) => Self::Unreached,
            (Origin::Upstream, _) => Self::Unanswered,
            (Origin::Unknown, _) => Self::Untold,
        }
    }

    /// Somebody behind may have a line of it.
    pub(super) const fn went_on(self) -> bool {
        !matches!(self, Self::Own)
    }

    /// Worth a look at what the other layers say.
    pub(super) const fn failed(self) -> bool {
        !matches!(self, Self::Success)
    }

    /// The layer says that it made the answer itself, for whatever reason.
    pub(super) const fn wrote_it(self) -> bool {
        matches!(self, Self::Own | Self::Unreached | Self::Unanswered)
    }
}

/// Waiting ended, nothing else.
pub(super) const fn is_timeout(status: u16, cause: Option<Cause>) -> bool {
    match cause {
        Some(Cause::ResponseTimeout | Cause::IdleTimeout | Cause::MaxDuration) => true,
        Some(Cause::Unknown) | None => status == 504,
        _ => false,
    }
}
