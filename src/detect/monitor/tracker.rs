//! Episodes over time: each moment's are matched with the ones before, and the differences are the events.

use super::{Event, EventKind};
use crate::detect::{Episode, Policy, Scope};
use crate::time::Timestamp;

/// The episodes that may still change.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Tracker {
    next_id: u64,
    /// By number.
    known: Vec<Known>,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Known {
    id: u64,
    episode: Episode,
    /// Nothing is told about it any more.
    settled: bool,
    /// How often it was told to be recovering in vain.
    false_hopes: u32,
}

impl Tracker {
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(super) fn episodes(&self) -> impl Iterator<Item = (u64, &Episode)> {
        self.known.iter().map(|k| (k.id, &k.episode))
    }

    /// Takes in since when each running episode's failing has stopped, as of `now`.
    pub(super) fn lulls(
        &mut self,
        quiet_since: impl Fn(&Episode) -> Option<Timestamp>,
        now: Timestamp,
        policy: &Policy,
        events: &mut Vec<Event>,
    ) {
        for known in self.known.iter_mut().filter(|k| !k.settled && k.episode.end.is_none()) {
            known.lull(quiet_since(&known.episode), now, policy, events);
        }
    }

    /// Takes in all episodes there are `now`.
    pub(super) fn update(
        &mut self,
        current: Vec<Episode>,
        now: Timestamp,
        policy: &Policy,
        events: &mut Vec<Event>,
    ) {
        let mut current: Vec<Option<Episode>> = current.into_iter().map(Some).collect();
        let matches: Vec<Option<Episode>> = self
            .known
            .iter()
            .map(|known| best(&known.episode, &current, now).and_then(|i| current[i].take()))
            .collect();
        let before = std::mem::take(&mut self.known);
        let mut lost = Vec::new();
        for (mut known, found) in before.into_iter().zip(matches) {
            match found {
                Some(found) => {
                    known.take_in(found, now, policy, events);
                    self.known.push(known);
                }
                None if known.settled => {}
                None => lost.push(known),
            }
        }
        for known in lost {
            let part_of = |k: &&Known| common(&k.episode, &known.episode, now).is_some();
            let into = self.known.iter().find(part_of).map(|k| k.id);
            known.tell(EventKind::Withdrawn { into }, now, events);
        }
        for episode in current.into_iter().flatten() {
            let mut known = Known { id: self.next_id, episode, settled: false, false_hopes: 0 };
            self.next_id += 1;
            known.episode.detected_at = now;
            known.episode.sustained_at = is_sustained(&known.episode, policy).then_some(now);
            known.tell(EventKind::Opened, now, events);
            if known.episode.sustained_at.is_some() {
                known.tell(EventKind::BecameSustained, now, events);
            }
            if known.episode.end.is_some() {
                known.tell(EventKind::Closed, now, events);
            }
            self.known.push(known);
        }
    }
}

impl Known {
    /// The failing has stopped since `quiet`, or goes on.
    fn lull(&mut self, quiet: Option<Timestamp>, now: Timestamp, policy: &Policy, events: &mut Vec<Event>) {
        match (self.episode.recovering_since, quiet) {
            (None, Some(since)) => {
                let wait = policy.min_lull * 2f64.powi(self.false_hopes.min(64) as i32);
                if now.micros_since(since) as f64 >= wait * 1e6 && wait < policy.min_recovery {
                    self.episode.recovering_since = Some(since);
                    self.tell(EventKind::Recovering, now, events);
                }
            }
            (Some(_), None) => {
                self.episode.recovering_since = None;
                self.false_hopes += 1;
                self.tell(EventKind::Relapsed, now, events);
            }
            _ => {}
        }
    }

    /// The same episode as it looks now.
    fn take_in(&mut self, mut new: Episode, now: Timestamp, policy: &Policy, events: &mut Vec<Event>) {
        if self.settled {
            return;
        }
        let old = &self.episode;
        new.detected_at = old.detected_at;
        let sustained = old.sustained_at.is_none() && is_sustained(&new, policy);
        new.sustained_at = if sustained { Some(now) } else { old.sustained_at };
        new.recovering_since = old.recovering_since.filter(|_| new.end.is_none());
        // what is no longer at hand stays as it was
        new.peak_rate = new.peak_rate.max(old.peak_rate);
        new.severity = new.severity.max(old.severity);
        new.amplification = new.amplification.or(old.amplification);
        new.timeout_ms = new.timeout_ms.or(old.timeout_ms);
        new.cause = new.cause.or(old.cause);
        let scope = !same_scope(&new, old);
        let relapsed = new.relapses > old.relapses || (old.end.is_some() && new.end.is_none());
        let closed = new.end.is_some() && (old.end.is_none() || relapsed);
        let kinds = [
            (scope, EventKind::ScopeChanged),
            (relapsed, EventKind::Relapsed),
            (sustained, EventKind::BecameSustained),
            (closed, EventKind::Closed),
        ];
        self.episode = new;
        for (_, kind) in kinds.into_iter().filter(|k| k.0) {
            self.tell(kind, now, events);
        }
        let gap = (policy.merge_gap * 1e6) as i64;
        if self.episode.end.is_some_and(|end| now.as_micros().saturating_sub(end.as_micros()) > gap) {
            self.settled = true;
            self.tell(EventKind::Settled, now, events);
        }
    }

    fn tell(&self, kind: EventKind, at: Timestamp, events: &mut Vec<Event>) {
        events.push(Event::Episode { kind, at, id: self.id, episode: Box::new(self.episode.clone()) });
    }
}

/// By the failing time alone: healthy time between relapses is none.
fn is_sustained(episode: &Episode, policy: &Policy) -> bool {
    let failing: i64 = episode.phases.iter().map(|p| p.1.micros_since(p.0)).sum();
    !episode.rolling && failing as f64 >= policy.sustain * 1e6
}

fn same_scope(a: &Episode, b: &Episode) -> bool {
    let zone = a.scope == Scope::Zone && a.zone != b.zone;
    a.scope == b.scope && a.upstreams == b.upstreams && a.hosts == b.hosts && a.routes == b.routes && !zone
}

/// The current one that has most in common: first what fails, then when.
fn best(known: &Episode, current: &[Option<Episode>], now: Timestamp) -> Option<usize> {
    let rank = |(i, e): (usize, &Option<Episode>)| {
        let e = e.as_ref()?;
        let overlap = common(known, e, now)?;
        Some((same_scope(known, e), overlap, std::cmp::Reverse(i)))
    };
    current.iter().enumerate().filter_map(rank).max().map(|r| r.2.0)
}

/// For how long both were, where they share an upstream: `None` where they have nothing in common.
fn common(a: &Episode, b: &Episode, now: Timestamp) -> Option<i64> {
    let end = |e: &Episode| e.end.unwrap_or(now).max(e.start);
    let overlap = end(a).min(end(b)).micros_since(a.start.max(b.start));
    let upstream = a.upstreams.iter().any(|u| b.upstreams.contains(u));
    (upstream && overlap >= 0).then_some(overlap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::detect;
    use crate::detect::tests::log::{app, at};

    /// An episode of `app` from bucket 300 on.
    fn episode(end: Option<i64>) -> Episode {
        let found = detect(&app(720, &[(300..360, 0.5)]), &Policy::default(), &[]).episodes;
        let phases = vec![(at(300), at(end.unwrap_or(310)))];
        Episode { end: end.map(at), phases, ..found.into_iter().next().unwrap() }
    }

    fn update(tracker: &mut Tracker, current: &[Episode], now: i64) -> Vec<EventKind> {
        let mut events = Vec::new();
        tracker.update(current.to_vec(), at(now), &Policy::default(), &mut events);
        let kind = |e: Event| if let Event::Episode { kind, .. } = e { Some(kind) } else { None };
        events.into_iter().filter_map(kind).collect()
    }

    #[test]
    fn from_the_first_word_to_the_last() {
        use EventKind::{BecameSustained, Closed, Opened, Relapsed, ScopeChanged, Settled, Withdrawn};
        let mut tracker = Tracker::default();
        assert!(tracker.is_empty());
        assert_eq!(update(&mut tracker, &[episode(None)], 311), [Opened]);
        assert!(!tracker.is_empty());
        assert_eq!(update(&mut tracker, &[episode(Some(329))], 332), [Closed]);
        let back = Episode { relapses: 1, phases: vec![(at(300), at(330))], ..episode(None) };
        assert_eq!(update(&mut tracker, &[back], 340), [Relapsed, BecameSustained], "300 s in all");
        let over = Episode { hosts: vec!["h".into()], relapses: 1, ..episode(Some(350)) };
        assert_eq!(update(&mut tracker, std::slice::from_ref(&over), 355), [ScopeChanged, Closed]);
        assert_eq!(update(&mut tracker, std::slice::from_ref(&over), 380), [], "300 s after its end");
        assert_eq!(update(&mut tracker, std::slice::from_ref(&over), 381), [Settled]);
        assert_eq!(update(&mut tracker, &[episode(None)], 390), [], "nothing more is told");
        assert_eq!(update(&mut tracker, &[], 391), []);
        assert!(tracker.is_empty());
        // one that is gone is told to be, and what it went into
        let mut tracker = Tracker::default();
        let other = Episode { start: at(400), phases: vec![], ..episode(None) };
        assert_eq!(update(&mut tracker, &[episode(Some(360)), other.clone()], 411).len(), 4);
        assert_eq!(update(&mut tracker, &[other], 412), [Withdrawn { into: None }]);
        let mut tracker = Tracker::default();
        let late = Episode { start: at(350), phases: vec![], ..episode(None) };
        assert_eq!(update(&mut tracker, &[episode(Some(360)), late.clone()], 411).len(), 4);
        assert_eq!(
            update(&mut tracker, &[late], 412),
            [Relapsed, Withdrawn { into: Some(0) }],
            "the first has it"
        );
    }

    #[test]
    fn a_relapse_that_is_over_is_told_too() {
        let mut tracker = Tracker::default();
        update(&mut tracker, &[episode(Some(310))], 315);
        let again = Episode { relapses: 1, ..episode(Some(320)) };
        assert_eq!(update(&mut tracker, &[again], 325), [EventKind::Relapsed, EventKind::Closed]);
    }

    /// Hope takes as long as it may, and less than what closes an episode; what is over has none.
    #[test]
    fn hope() {
        let told = |end: Option<i64>, min_lull: f64, now: i64| {
            let mut tracker = Tracker::default();
            update(&mut tracker, &[episode(end)], 311);
            let (policy, mut events) = (Policy { min_lull, ..Policy::default() }, Vec::new());
            tracker.lulls(|_| Some(at(310)), at(now), &policy, &mut events);
            events.len()
        };
        assert_eq!([told(None, 10.0, 310), told(None, 10.0, 311)], [0, 1]);
        assert_eq!([told(None, 29.0, 313), told(None, 30.0, 313)], [1, 0], "30 s close it");
        assert_eq!(told(Some(310), 10.0, 313), 0);
    }

    #[test]
    fn what_both_have_in_common() {
        let now = at(500);
        let one = episode(Some(360));
        let other = |start: i64, end| Episode { start: at(start), ..episode(end) };
        let seconds = |e: &Episode| common(&one, e, now).map(|micros| micros / 1_000_000);
        assert_eq!(seconds(&other(340, None)), Some(200));
        assert_eq!(seconds(&other(360, None)), Some(0));
        assert_eq!(seconds(&other(361, None)), None);
        let elsewhere = Episode { upstreams: vec!["shop".into()], ..other(340, None) };
        assert_eq!(seconds(&elsewhere), None);
        // the one of the same scope, then the longer, then the first
        let host = Episode { scope: Scope::Host, ..other(300, Some(360)) };
        let (short, long) = (other(350, Some(360)), other(310, Some(360)));
        let best = |current: &[&Episode]| {
            let current: Vec<Option<Episode>> = current.iter().map(|e| Some((*e).clone())).collect();
            best(&one, &current, now)
        };
        assert_eq!(best(&[&host, &short]), Some(1));
        assert_eq!(best(&[&short, &long]), Some(1));
        assert_eq!(best(&[&long, &short]), Some(0));
        assert_eq!(best(&[&long, &long]), Some(0));
        assert_eq!(best(&[&elsewhere]), None);
    }

    /// A zone matters where it is what fails.
    #[test]
    fn scopes() {
        let zoned = |scope, zone: &str| Episode { scope, zone: Some(zone.into()), ..episode(None) };
        let same = |scope| same_scope(&zoned(scope, "a"), &zoned(scope, "b"));
        assert_eq!([Scope::Zone, Scope::Upstream].map(same), [false, true]);
        assert!(same_scope(&zoned(Scope::Zone, "a"), &zoned(Scope::Zone, "a")));
        let routes = Episode { routes: vec!["/pay".into()], ..episode(None) };
        assert!(!same_scope(&routes, &episode(None)));
    }
}
