//! Surges of client-side statuses as they come: per upstream and status the machine of the batch detector, against
//! what is usual for that status.

use super::event::{Event, EventKind};
use super::learner::Learner;
use super::series::{Context, Track};
use crate::aggregate::{CodeCell, distinct};
use crate::detect::Policy;
use crate::detect::clumps::Clients;
use crate::detect::draft::{Draft, Source, cluster};
use crate::detect::episode::Surge;
use crate::detect::surges::{is_usual, policy_of};
use crate::detect::table::{Axis, Point, Series, Sums};
use crate::status::Status;
use std::collections::VecDeque;

/// The client-side statuses of one upstream.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Surges {
    /// What a status that was never seen has taught: nothing but that it is rare.
    unseen: Learner,
    /// One entry per status seen; there are eight.
    seen: Vec<OfStatus>,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct OfStatus {
    status: Status,
    track: Track,
    learner: Learner,
    /// Slots of the clients per bucket, for as many buckets as the ring has.
    clients: VecDeque<(i64, u64)>,
    /// Those of earlier buckets of what is going on.
    earlier: u64,
    /// A surge was told of that is not over.
    told: bool,
}

impl Surges {
    /// Reads a bucket of the upstream: all responses, and those with a client-side status.
    pub(super) fn push(
        &mut self,
        bucket: i64,
        requests: u64,
        codes: &[(Status, CodeCell)],
        context: &Context<'_>,
    ) {
        let policy = policy_of(context.policy);
        for (status, _) in codes {
            if !self.seen.iter().any(|s| s.status == *status) {
                self.seen.push(OfStatus::new(*status, self.unseen.clone(), &policy));
            }
        }
        let time = bucket as f64 * context.axis.width();
        self.unseen.push(time, Sums { requests, errors: 0, capped: 0 }, false, &policy);
        for own in &mut self.seen {
            let cell = codes.iter().find(|c| c.0 == own.status).map_or_else(CodeCell::default, |c| c.1);
            own.push(bucket, requests, &cell, &Context { policy: &policy, ..*context });
        }
    }

    /// Tells what is new at `now`. `all`: requests of the upstream so far.
    pub(super) fn tell(
        &mut self,
        upstream: &str,
        all: f64,
        now: i64,
        context: &Context<'_>,
        events: &mut Vec<Event>,
    ) {
        let policy = policy_of(context.policy);
        for own in &mut self.seen {
            own.tell(upstream, all, now, &Context { policy: &policy, ..*context }, events);
        }
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.seen.iter().map(|s| s.clients.len() + s.track.entries()).sum()
    }
}

impl OfStatus {
    fn new(status: Status, learner: Learner, policy: &Policy) -> Self {
        let track = Track::new(policy.h_pool);
        Self { status, track, learner, clients: VecDeque::new(), earlier: 0, told: false }
    }

    fn push(&mut self, bucket: i64, requests: u64, cell: &CodeCell, context: &Context<'_>) {
        let Context { axis, policy, .. } = *context;
        let responses = u64::from(cell.responses).min(requests);
        let sums = Sums { requests, errors: responses, capped: responses };
        let going_on = self.track.unfinished(bucket, axis, policy);
        let normal = self.learner.baseline(policy);
        self.learner.push(bucket as f64 * axis.width(), sums, self.track.is_open(), policy);
        let context = Context { keep_from: going_on.unwrap_or(i64::MAX), ..*context };
        self.track.push(Point { bucket, sums }, &normal, &[], &context);
        if cell.clients != 0 {
            self.clients.push_back((bucket, cell.clients));
        }
        if self.clients.len() > policy.ring
            && let Some((bucket, clients)) = self.clients.pop_front()
            && going_on.is_some_and(|first| first <= bucket)
        {
            self.earlier |= clients;
        }
    }

    fn tell(&mut self, upstream: &str, all: f64, now: i64, context: &Context<'_>, events: &mut Vec<Event>) {
        let Context { axis, policy, .. } = *context;
        let segments: Vec<_> = self.track.segments().collect();
        if segments.is_empty() {
            return;
        }
        let series = self.track.series();
        let source = Source { series: &series, clients: Clients::unknown(), h: policy.h_pool };
        for mut draft in cluster(0, &segments, axis, policy) {
            let over = !draft.open && axis.seconds(draft.end, now) > policy.merge_gap;
            let requests = series.sum(draft.first, draft.end).requests;
            let is_one = draft.pass(&source, &self.learner.weigh(policy), axis, policy)
                && !is_usual(axis.seconds(draft.first, draft.end), requests, all);
            let kind = match (self.told, over) {
                (false, _) if is_one => Some(EventKind::Opened),
                (true, true) => Some(EventKind::Closed),
                _ => None,
            };
            if let Some(kind) = kind {
                let surge = Box::new(self.surge(upstream, &draft, &series, axis));
                events.push(Event::Surge { kind, at: axis.time(now), surge });
                self.told = true;
            }
            if over {
                (self.told, self.earlier) = (false, 0);
                self.track.forget_before(draft.end);
            }
        }
    }

    fn surge(&self, upstream: &str, draft: &Draft<'_>, series: &Series, axis: &Axis) -> Surge {
        let sums = series.sum(draft.first, draft.end);
        let inside = self.clients.iter().filter(|c| (draft.first..draft.end).contains(&c.0));
        let slots = inside.fold(self.earlier, |slots, c| slots | c.1);
        Surge {
            upstream: upstream.to_owned(),
            status: self.status,
            start: axis.time(draft.first),
            end: (!draft.open).then(|| axis.time(draft.end)),
            requests: sums.requests,
            responses: sums.errors,
            baseline: self.learner.usual(),
            clients: distinct(slots),
            many_clients: slots == u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many buckets with clients are kept as the ring has.
    #[test]
    fn clients_are_kept_for_the_ring() {
        let (axis, policy) = (Axis::unit(), Policy::default());
        let context = Context { axis: &axis, policy: &policy, keep_from: i64::MAX };
        let code = (Status::new(404).expect("below 1000"), CodeCell { responses: 6, clients: 1 });
        let mut surges = Surges::default();
        let kept: Vec<usize> = (0..400)
            .map(|bucket| {
                surges.push(bucket, 40, &[code], &context);
                surges.seen[0].clients.len()
            })
            .collect();
        assert_eq!((kept[178], kept[179], kept[180], kept[399]), (179, 180, 180, 180));
    }
}
