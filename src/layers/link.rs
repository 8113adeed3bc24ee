//! Which line behind belongs to which line in front: by id, else by target, time, status and duration.

use std::collections::HashMap;

use super::request::Request;
use super::table::Table;
use super::told::Told;

/// Stamps and timers of two servers agree no better than this, in microseconds.
const TOLERANCE: i64 = 250_000;
/// What the coarsest stamps leave open.
const COARSEST: i64 = 1_000_000;
/// Candidates that begin this much later than the nearest are not as likely.
const MARGIN: i64 = 100_000;
/// An id that comes again after so long is another request's.
const REUSED: i64 = 60_000_000;
/// An id that a layer has more often tells no request from another.
const MOST_PER_ID: usize = 64;
/// Candidates looked at for one request.
const MOST_CANDIDATES: usize = 256;

/// How a link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    Id,
    Time,
}

/// What is linked so far, over all layers.
#[derive(Debug)]
pub(super) struct Links {
    /// The line in front of each.
    pub(super) front: Vec<Option<(usize, By)>>,
    /// The lines behind each.
    pub(super) behind: Vec<Vec<usize>>,
    /// Several lines behind would do, and they say different things.
    pub(super) ambiguous: Vec<bool>,
    /// It is one of those.
    pub(super) claimed: Vec<bool>,
}

/// Two layers whose order is known, and their clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hop {
    pub(super) front: usize,
    pub(super) behind: usize,
    /// By how much the clock behind is ahead, in microseconds.
    pub(super) ahead: i64,
    /// Ids tell: a line that has one is joined by nothing else.
    pub(super) by_id: bool,
}

impl Links {
    pub(super) fn new(requests: usize) -> Self {
        Self {
            front: vec![None; requests],
            behind: vec![Vec::new(); requests],
            ambiguous: vec![false; requests],
            claimed: vec![false; requests],
        }
    }

    fn add(&mut self, front: usize, behind: usize, by: By) {
        self.front[behind] = Some((front, by));
        self.behind[front].push(behind);
    }

    /// Joins by ids what is not joined yet.
    pub(super) fn by_id(&mut self, table: &Table, hop: Hop) {
        let mut fronts: HashMap<u64, Vec<usize>> = HashMap::new();
        for place in table.places(hop.front) {
            for id in table.requests[place].ids.iter() {
                fronts.entry(id).or_default().push(place);
            }
        }
        for place in table.places(hop.behind) {
            if self.front[place].is_some() {
                continue;
            }
            let request = &table.requests[place];
            let known = request.ids.iter().filter_map(|id| fronts.get(&id));
            let candidates = known.filter(|list| list.len() <= MOST_PER_ID).flatten();
            let best = candidates
                .map(|&front| {
                    let other = &table.requests[front];
                    let start = request.middle().saturating_sub(hop.ahead);
                    let outside = outside(other, start);
                    (outside, !other.same_target(request), start.abs_diff(other.middle()), front)
                })
                .min();
            if let Some((outside, _, _, front)) = best
                && outside <= REUSED
            {
                self.add(front, place, By::Id);
            }
        }
    }

    /// Joins by target, time, status and duration what is not joined yet.
    pub(super) fn by_time(&mut self, table: &Table, hop: Hop) {
        let mut backs: HashMap<u64, Vec<usize>> = HashMap::new();
        for place in table.places(hop.behind) {
            if table.requests[place].target != 0 && self.front[place].is_none() {
                backs.entry(table.requests[place].target).or_default().push(place);
            }
        }
        for front in table.places(hop.front) {
            let request = &table.requests[front];
            let asked = request.told.went_on() && !matches!(request.told, Told::Success | Told::Unreached);
            if !asked || !self.behind[front].is_empty() || self.ambiguous[front] {
                continue;
            }
            if let Some(list) = backs.get(&request.target) {
                self.nearest(table, hop, front, list);
            }
        }
    }

    /// Links a request to the nearest that fits, unless others fit as well and say something else.
    fn nearest(&mut self, table: &Table, hop: Hop, front: usize, list: &[usize]) {
        let request = &table.requests[front];
        let tolerance = TOLERANCE + request.slack + COARSEST;
        let (from, to) = (request.start - tolerance - COARSEST, request.end().saturating_add(tolerance));
        let first = list.partition_point(|&b| table.requests[b].start - hop.ahead < from);
        let near =
            list.iter().copied().skip(first).take_while(|&b| table.requests[b].start - hop.ahead <= to);
        let fits = |b: &usize| {
            let other = &table.requests[*b];
            let ids = hop.by_id && !request.ids.is_empty() && !other.ids.is_empty();
            !ids && other.same_target(request) && fits(request, other, hop.ahead)
        };
        let all: Vec<(i64, usize)> = near
            .take(MOST_CANDIDATES)
            .filter(fits)
            .map(|b| (distance(request, &table.requests[b], hop.ahead), b))
            .collect();
        let Some(&(nearest, _)) = all.iter().min() else { return };
        let likely: Vec<_> = all.into_iter().filter(|(distance, _)| *distance <= nearest + MARGIN).collect();
        let says = |b: usize| (table.requests[b].status, table.requests[b].told);
        let free = likely.iter().filter(|(_, b)| self.front[*b].is_none()).min();
        let Some(&(_, best)) = free else { return };
        if likely.iter().any(|(_, b)| says(*b) != says(best)) {
            self.ambiguous[front] = true;
            for (_, b) in likely {
                self.claimed[b] = true;
            }
        } else {
            self.add(front, best, By::Time);
        }
    }
}

/// How far a start lies outside of a request, in microseconds.
fn outside(request: &Request, start: i64) -> i64 {
    let tolerance = TOLERANCE + request.slack;
    let before = request.start.saturating_sub(tolerance).saturating_sub(start);
    let after = start.saturating_sub(request.end().saturating_add(tolerance));
    before.max(after).max(0)
}

/// How far apart two beginnings are, beyond what their stamps leave open.
fn distance(front: &Request, behind: &Request, ahead: i64) -> i64 {
    let apart = (behind.middle() - ahead).abs_diff(front.middle()) as i64;
    (apart - i64::midpoint(front.slack, behind.slack) - TOLERANCE).max(0)
}

/// Whether the line behind can be what the line in front speaks of.
fn fits(front: &Request, behind: &Request, ahead: i64) -> bool {
    let tolerance = TOLERANCE + front.slack + behind.slack;
    let began = behind.start - ahead;
    if began + behind.slack < front.start - tolerance || began > front.end().saturating_add(tolerance) {
        return false;
    }
    let end = behind.end() - ahead;
    let outlasts = behind.told == Told::ClientLeft || end >= front.end().saturating_sub(tolerance);
    let within = end - behind.slack <= front.end().saturating_add(tolerance);
    match front.told {
        _ if front.timed_out() => {
            outlasts && longer(front, behind) || behind.status == front.status && within
        }
        Told::ClientLeft => outlasts,
        Told::Relayed | Told::Either | Told::Untold => behind.status == front.status && within,
        Told::Saved => (behind.is_5xx() || behind.told == Told::ClientLeft) && within,
        Told::Unanswered => within,
        Told::Success | Told::Own | Told::Unreached => false,
    }
}

/// It lasted about as long as the front waited, if the lines tell how long.
fn longer(front: &Request, behind: &Request) -> bool {
    match (front.duration, behind.duration) {
        (Some(waited), Some(lasted)) => lasted >= waited - waited / 4 - 50_000,
        _ => true,
    }
}
