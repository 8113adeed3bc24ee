//! Pairs of lines that are surely one request in two layers: what clocks and order are read from, before anything is
//! known about which layer stands in front. Where no request is alone with its target, the nearest in the crowd that
//! tells the same story stands for it: whose line exactly it is does not matter for that.

use std::collections::HashMap;

use super::request::Request;
use super::table::Table;
use super::told::Told;
use super::wanted::CLOCKS;

/// Neighbours looked at on either side in a crowd.
const CROWD: usize = 16;
/// Pairs taken from crowds: enough to vote.
const MOST_CROWDED: usize = 1000;

/// Lines of two layers that share an id, or are alone with their target at their time.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// Places of both.
    pub(super) by_id: Vec<(usize, usize)>,
    pub(super) by_time: Vec<(usize, usize)>,
}

impl Pairs {
    /// Of layers `a` and `b`.
    pub(super) fn of(table: &Table, a: usize, b: usize) -> Self {
        let by_id = by_id(table, a, b);
        // Where ids tell, nothing else is asked.
        let by_time = if by_id.is_empty() { by_time(table, a, b) } else { Vec::new() };
        Self { by_id, by_time }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.by_id.iter().chain(&self.by_time).copied()
    }

    /// By how much the clock of `b` is ahead of that of `a`, in microseconds: the median, which a few requests that
    /// were retried or waited in a queue do not move. `None` where there is no pair.
    pub(super) fn clock(&self, table: &Table) -> Option<i64> {
        let ahead = |(a, b): (usize, usize)| {
            let (a, b) = (table.requests.get(a)?, table.requests.get(b)?);
            Some(b.middle().saturating_sub(a.middle()))
        };
        let mut all: Vec<i64> = self.iter().filter_map(ahead).collect();
        all.sort_unstable();
        let median = all.get(all.len() / 2).copied()?;
        // What the stamps leave open is no difference.
        Some(if median.abs() <= self.error(table) { 0 } else { median })
    }

    /// How much the stamps leave open of [`clock`](Self::clock), in microseconds.
    pub(super) fn error(&self, table: &Table) -> i64 {
        let slack = |(a, b): (usize, usize)| table.requests[a].slack.max(table.requests[b].slack);
        self.iter().map(slack).max().unwrap_or(0).max(1_000)
    }
}

/// Ids that each layer has once.
fn by_id(table: &Table, a: usize, b: usize) -> Vec<(usize, usize)> {
    let once = |layer: usize| {
        let mut places: HashMap<u64, Option<usize>> = HashMap::new();
        for place in table.places(layer) {
            for id in table.requests[place].ids.iter() {
                places.entry(id).and_modify(|p| *p = None).or_insert(Some(place));
            }
        }
        places
    };
    let theirs = once(b);
    let mine = once(a);
    let mut pairs = Vec::new();
    for place in table.places(a) {
        let alone = |id: &u64| mine.get(id).copied().flatten().is_some();
        let found =
            table.requests[place].ids.iter().filter(alone).find_map(|id| theirs.get(&id).copied().flatten());
        pairs.extend(found.map(|other| (place, other)));
    }
    pairs
}

/// Targets that each layer has once for a while.
fn by_time(table: &Table, a: usize, b: usize) -> Vec<(usize, usize)> {
    let by_target = |layer: usize| {
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        for place in table.places(layer) {
            places.entry(table.requests[place].target).or_default().push(place);
        }
        places
    };
    let (mine, theirs) = (by_target(a), by_target(b));
    let mut pairs = Vec::new();
    for place in table.places(a) {
        let request = &table.requests[place];
        let (Some(same), Some(others)) = (mine.get(&request.target), theirs.get(&request.target)) else {
            continue;
        };
        if request.target == 0 || !request.told.went_on() {
            continue;
        }
        if alone_at(table, same, request.start) == Some(place)
            && let Some(other) = alone_at(table, others, request.start)
            && table.requests[other].same_target(request)
        {
            pairs.push((place, other));
        }
    }
    if pairs.is_empty() {
        crowded(table, a, &theirs, &mut pairs);
    }
    pairs
}

/// The nearest of those that fit, for some requests of layer `a`.
fn crowded(table: &Table, a: usize, theirs: &HashMap<u64, Vec<usize>>, pairs: &mut Vec<(usize, usize)>) {
    for place in table.places(a) {
        let request = &table.requests[place];
        let asked = request.target != 0 && request.told.went_on() && request.told.failed();
        let Some(others) = theirs.get(&request.target).filter(|_| asked) else { continue };
        let first = others.partition_point(|&p| table.requests[p].middle() < request.middle());
        let around = first.saturating_sub(CROWD)..others.len().min(first + CROWD);
        let near = others[around].iter().copied().filter(|&p| {
            let other = &table.requests[p];
            let apart = other.middle().abs_diff(request.middle());
            apart <= CLOCKS as u64 && other.same_target(request) && tells_the_same(request, other)
        });
        pairs.extend(
            near.min_by_key(|&p| (table.requests[p].middle().abs_diff(request.middle()), p))
                .map(|p| (place, p)),
        );
        if pairs.len() >= MOST_CROWDED {
            return;
        }
    }
}

/// One status in both, or one waited until it or the other had enough.
fn tells_the_same(one: &Request, other: &Request) -> bool {
    let left = |a: &Request, b: &Request| a.timed_out() && b.told == Told::ClientLeft;
    one.status == other.status || left(one, other) || left(other, one)
}

/// The one request that began around `start`, if there is one and no other. `places` are sorted by start.
fn alone_at(table: &Table, places: &[usize], start: i64) -> Option<usize> {
    let first = places.partition_point(|&p| table.requests[p].start < start.saturating_sub(CLOCKS));
    let mut near =
        places.iter().skip(first).take_while(|&&p| table.requests[p].start <= start.saturating_add(CLOCKS));
    let only = near.next().copied()?;
    near.next().is_none().then_some(only)
}
