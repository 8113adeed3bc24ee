//! Where an answer was born: the lines of one request, followed from hop to hop.

use super::link::Links;
use super::request::Request;
use super::table::Table;
use super::told::Told;

/// Where the status that a client got, or would have got, was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The layer of this number wrote it.
    Layer(usize),
    /// What stands behind the layer of this number, and has no log here, wrote it.
    Behind(usize),
    /// The client ended the request.
    Client,
    /// The lines do not tell.
    Unknown,
}

/// How it was born there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum How {
    /// The layer made it by itself: a rule, a limit, a configured answer, a request it could not use.
    Own,
    /// It got no connection to what is behind it, which has no line of the request.
    Unreached,
    /// What is behind it was asked, and gave no answer that could be used.
    NoAnswer,
    /// It gave up waiting, and what is behind it logged another end: it answered later, or saw its client leave.
    GaveUp,
    /// What stands behind the last layer with a log answered so.
    Answered,
    /// The line says that what is behind answered so, and that has no line of it.
    NoLine,
    /// A retry saved the client from it.
    Masked,
    /// The client left.
    ClientLeft,
    /// Several lines behind would do, and they say different things.
    Ambiguous,
    /// The line does not tell, and no other does.
    Untold,
}

impl How {
    /// The name in reports, stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Unreached => "unreached",
            Self::NoAnswer => "no_answer",
            Self::GaveUp => "gave_up",
            Self::Answered => "answered",
            Self::NoLine => "no_line",
            Self::Masked => "masked",
            Self::ClientLeft => "client_left",
            Self::Ambiguous => "ambiguous",
            Self::Untold => "untold",
        }
    }
}

/// What became of one request.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) place: Place,
    pub(super) how: How,
    /// Places of the lines that tell it, from the front.
    pub(super) lines: Vec<usize>,
    /// Of a layer that gave up: the line behind it.
    pub(super) outlasting: Option<(usize, usize)>,
}

/// Follows requests. The layers behind a line are those with a greater number.
pub(super) struct Teller<'t> {
    pub(super) table: &'t Table,
    pub(super) links: &'t Links,
    /// Per layer, whether another stands behind it.
    pub(super) has_behind: Vec<bool>,
    /// Layers in the order of the report.
    pub(super) numbers: Vec<usize>,
}

impl Teller<'_> {
    /// The story of a request, as far as it can be told from its own layer backwards.
    pub(super) fn tell(&self, start: usize) -> Story {
        let mut lines = vec![start];
        let mut at = start;
        let mut saved = false;
        // Every step goes on to a layer behind, so there are no more of them than layers.
        loop {
            let request = &self.table.requests[at];
            let here = self.number(at);
            let behind = &self.links.behind[at];
            saved |= matches!(request.told, Told::Success | Told::Saved);
            let end = |place, how, lines: Vec<usize>| {
                let how = if saved { How::Masked } else { how };
                Story { place, how, lines, outlasting: None }
            };
            if self.links.ambiguous[at] {
                return end(Place::Unknown, How::Ambiguous, lines);
            }
            let next = match request.told {
                Told::Own => return end(Place::Layer(here), How::Own, lines),
                Told::ClientLeft => {
                    lines.extend(behind.last());
                    return end(Place::Client, How::ClientLeft, lines);
                }
                Told::Success | Told::Saved => self.failed(behind),
                _ if request.timed_out() => {
                    if let Some(later) = behind.iter().copied().find(|&b| self.outlasts(request, b)) {
                        lines.push(later);
                        let how = if saved { How::Masked } else { How::GaveUp };
                        return Story {
                            place: Place::Layer(here),
                            how,
                            lines,
                            outlasting: Some((at, later)),
                        };
                    }
                    self.same(behind, request.status).filter(|_| request.told != Told::Unanswered)
                }
                _ => self.same(behind, request.status).filter(|_| !matches!(request.told, Told::Unreached)),
            };
            match next {
                Some(next) => {
                    lines.push(next);
                    at = next;
                }
                None => {
                    lines.extend(behind.last());
                    let (place, how) = self.last(request, here, behind, saved);
                    return end(place, how, lines);
                }
            }
        }
    }

    /// What a line says where no line behind goes on.
    fn last(&self, request: &Request, here: usize, behind: &[usize], saved: bool) -> (Place, How) {
        let waits = self.has_behind.get(here).copied().unwrap_or(false);
        match request.told {
            Told::Relayed if !waits => (Place::Behind(here), How::Answered),
            Told::Relayed if behind.is_empty() => (Place::Behind(here), How::NoLine),
            Told::Unreached if behind.is_empty() => (Place::Layer(here), How::Unreached),
            Told::Unreached | Told::Unanswered => (Place::Layer(here), How::NoAnswer),
            Told::Either if !behind.is_empty() => (Place::Layer(here), How::NoAnswer),
            Told::Saved if saved => (Place::Behind(here), How::Masked),
            _ => (Place::Unknown, How::Untold),
        }
    }

    fn number(&self, place: usize) -> usize {
        self.numbers.get(self.table.layer_of(place)).copied().unwrap_or(usize::MAX)
    }

    /// The last line behind with this status.
    fn same(&self, behind: &[usize], status: u16) -> Option<usize> {
        behind.iter().copied().rfind(|&b| self.table.requests[b].status == status)
    }

    /// A line behind that failed.
    fn failed(&self, behind: &[usize]) -> Option<usize> {
        behind.iter().copied().find(|&b| {
            let request = &self.table.requests[b];
            request.is_5xx() || matches!(request.told, Told::ClientLeft | Told::Saved)
        })
    }

    /// A layer gave up, and the line behind says something else than that it failed in time.
    fn outlasts(&self, front: &Request, behind: usize) -> bool {
        let behind = &self.table.requests[behind];
        let longer = match (front.duration, behind.duration) {
            (Some(waited), Some(lasted)) => lasted > waited,
            _ => false,
        };
        behind.told == Told::ClientLeft || longer
    }
}
