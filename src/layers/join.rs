//! Both looks to [`Layers`].

use std::collections::BTreeMap;

use super::bounded::Bounded;
use super::link::{By, Hop, Links};
use super::order::{self, Order, OrderBasis};
use super::pairs::Pairs;
use super::request::Request;
use super::sources::Inputs;
use super::story::{How, Place, Story, Teller};
use super::table::Table;
use super::told::Told;
use super::wanted::Wanted;
use super::{Birth, Example, ExampleLine, Joins, Layer, LayerLink, Layers, Undercut, View};
use crate::status::Status;

/// Examples kept of each kind.
const EXAMPLES: usize = 3;

/// Two layers that have requests in common.
struct Relation {
    pair: (usize, usize),
    order: Order,
    clock: i64,
    error: i64,
    by_id: bool,
}

pub(super) fn layers(wanted: &Wanted, inputs: &Inputs, found: &Bounded) -> Layers {
    let table = Table::new(wanted, inputs, found);
    let count = wanted.layers.len();
    let relations = relations(&table, count);
    let sorted = order::sorted(count, |a, b| relations.iter().any(|r| r.runs(a, b)));
    // The place in the report of each layer.
    let mut numbers = vec![0; count];
    sorted.iter().enumerate().for_each(|(number, &layer)| numbers[layer] = number);
    let links = link(&table, &relations, &sorted);
    let mut has_behind = vec![false; count];
    for (front, _) in relations.iter().filter_map(Relation::ordered) {
        has_behind[numbers[front]] = true;
    }
    let teller = Teller { table: &table, links: &links, has_behind, numbers };
    let mut sum = Sum::new(&teller, wanted, found);
    for place in 0..table.requests.len() {
        sum.add(place);
    }
    Layers {
        layers: sorted.iter().map(|&layer| describe(&table, layer)).collect(),
        links: relations.iter().map(|r| r.describe(&teller)).collect(),
        joins: sum.joins,
        births: births(sum.births),
        undercuts: undercuts(sum.undercuts),
        views: sum.views,
    }
}

fn describe(table: &Table, layer: usize) -> Layer {
    let inputs: Vec<_> = table.inputs_of(layer).collect();
    let kept = table.places(layer).filter(|&p| table.requests[p].is_5xx()).count() as u64;
    Layer {
        product: inputs.first().map_or(crate::Product::Custom, |i| i.product),
        format: inputs.first().map(|i| i.format.clone()).unwrap_or_default(),
        inputs: inputs.iter().map(|i| i.path.clone()).collect(),
        failures: inputs.iter().map(|i| i.failures).sum(),
        kept,
    }
}

/// Every pair of layers with requests in common.
fn relations(table: &Table, layers: usize) -> Vec<Relation> {
    let mut relations = Vec::new();
    for a in 0..layers {
        for b in a + 1..layers {
            let pairs = Pairs::of(table, a, b);
            let Some(clock) = pairs.clock(table) else { continue };
            relations.push(Relation {
                pair: (a, b),
                order: Order::of(table, a, b, &pairs),
                clock,
                error: pairs.error(table),
                by_id: !pairs.by_id.is_empty(),
            });
        }
    }
    relations
}

impl Relation {
    /// Front and back.
    fn ordered(&self) -> Option<(usize, usize)> {
        let (a, b) = self.pair;
        self.order.first_in_front.map(|first| if first { (a, b) } else { (b, a) })
    }

    fn runs(&self, front: usize, behind: usize) -> bool {
        self.ordered() == Some((front, behind))
    }

    fn describe(&self, teller: &Teller<'_>) -> LayerLink {
        let (front, behind) = self.ordered().unwrap_or(self.pair);
        let joined = |by: By| {
            let linked = teller.table.places(behind).filter_map(|p| teller.links.front[p]);
            linked.filter(|(f, b)| *b == by && teller.table.layer_of(*f) == front).count() as u64
        };
        let ahead = if (front, behind) == self.pair { self.clock } else { -self.clock };
        LayerLink {
            front: teller.numbers[front],
            behind: teller.numbers[behind],
            basis: self.order.basis,
            by_id: joined(By::Id),
            by_time: joined(By::Time),
            clock_micros: ahead,
            clock_error_micros: self.error,
        }
    }
}

/// Joins all layers, each with the nearest in front of it first.
fn link(table: &Table, relations: &[Relation], sorted: &[usize]) -> Links {
    let mut links = Links::new(table.requests.len());
    let hop = |front: usize, behind: usize| {
        let relation = relations.iter().find(|r| r.runs(front, behind))?;
        let ahead = if relation.pair.0 == front { relation.clock } else { -relation.clock };
        Some(Hop { front, behind, ahead, by_id: relation.by_id })
    };
    let mut hops = Vec::new();
    for (at, &behind) in sorted.iter().enumerate() {
        hops.extend(sorted.iter().take(at).rev().filter_map(|&front| hop(front, behind)));
    }
    for &hop in &hops {
        links.by_id(table, hop);
    }
    for &hop in &hops {
        links.by_time(table, hop);
    }
    links
}

type Kind = (usize, u16, Place, How, Option<crate::Cause>);

/// What gave up, on whom, and how that ended: front, behind, status behind, whether it saw its client leave.
type Gave = (usize, usize, u16, bool);

/// Counts stories.
struct Sum<'t> {
    teller: &'t Teller<'t>,
    wanted: &'t Wanted,
    found: &'t Bounded,
    joins: Joins,
    births: BTreeMap<Kind, (u64, Vec<Example>)>,
    undercuts: BTreeMap<Gave, Vec<(i64, i64)>>,
    views: Vec<View>,
}

impl<'t> Sum<'t> {
    fn new(teller: &'t Teller<'t>, wanted: &'t Wanted, found: &'t Bounded) -> Self {
        let (births, undercuts) = (BTreeMap::new(), BTreeMap::new());
        Self { teller, wanted, found, joins: Joins::default(), births, undercuts, views: Vec::new() }
    }

    fn add(&mut self, place: usize) {
        let (table, links) = (self.teller.table, self.teller.links);
        let request = &table.requests[place];
        let hides = |&b: &usize| table.requests[b].is_5xx() || table.requests[b].told == Told::Saved;
        let hidden = links.behind[place].iter().any(hides);
        if request.told == Told::Success && !(hidden && request.status < 500) {
            return;
        }
        if self.is_outside(request) {
            return;
        }
        let story = self.teller.tell(place);
        let is_root = links.front[place].is_none() && !links.claimed[place];
        self.views.push(self.view(place, &story));
        if !is_root {
            return;
        }
        if request.is_5xx() {
            self.count_join(place, &story);
        }
        if let Some((front, behind)) = story.outlasting {
            self.gave_up(front, behind);
        }
        let last = if story.how == How::GaveUp { story.lines.first() } else { self.decisive(&story) };
        let cause = last.and_then(|&p| table.requests[p].cause);
        let kind = (self.number(place), request.status, story.place, story.how, cause);
        let example = self.example(&story);
        let (count, examples) = self.births.entry(kind).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(example);
        }
    }

    /// Found as a counterpart, and not of the time asked for.
    fn is_outside(&self, request: &Request) -> bool {
        let time = crate::Timestamp::from_micros(request.logged);
        let settings = &self.wanted.settings;
        settings.since.is_some_and(|s| time < s) || settings.until.is_some_and(|u| time >= u)
    }

    /// The line that the place of birth is read from: the last that says it failed by itself.
    fn decisive<'s>(&self, story: &'s Story) -> Option<&'s usize> {
        let table = self.teller.table;
        story.lines.iter().rev().find(|&&p| {
            table.requests[p].told.failed() && (story.place != Place::Layer(usize::MAX)) && {
                match story.place {
                    Place::Layer(layer) | Place::Behind(layer) => self.number(p) == layer,
                    Place::Client | Place::Unknown => true,
                }
            }
        })
    }

    fn count_join(&mut self, place: usize, story: &Story) {
        let links = self.teller.links;
        let request = &self.teller.table.requests[place];
        let by = links.behind[place].first().and_then(|&b| links.front[b]).map(|(_, by)| by);
        let has_behind = self.teller.has_behind.get(self.number(place)) == Some(&true);
        let looked_for = self.was_looked_for(request);
        let joins = &mut self.joins;
        joins.failures += 1;
        *match by {
            Some(By::Id) => &mut joins.by_id,
            Some(By::Time) => &mut joins.by_time,
            None if story.how == How::Ambiguous => &mut joins.ambiguous,
            None if !request.told.went_on() || !has_behind => &mut joins.not_asked,
            None if !looked_for => &mut joins.not_looked_for,
            None => &mut joins.alone,
        } += 1;
    }

    /// Not so where memory did not suffice for all counterparts.
    fn was_looked_for(&self, request: &Request) -> bool {
        request.ids.iter().any(|id| self.found.keeps(id, false)) || self.found.keeps(request.target, false)
    }

    fn gave_up(&mut self, front: usize, behind: usize) {
        let (first, second) = (&self.teller.table.requests[front], &self.teller.table.requests[behind]);
        let key = (self.number(front), self.number(behind), second.status, second.told == Told::ClientLeft);
        let waited = (first.duration.unwrap_or(0), second.duration.unwrap_or(0));
        self.undercuts.entry(key).or_default().push(waited);
    }

    fn number(&self, place: usize) -> usize {
        self.teller.numbers.get(self.teller.table.layer_of(place)).copied().unwrap_or(usize::MAX)
    }

    fn example(&self, story: &Story) -> Example {
        let table = self.teller.table;
        let first = story.lines.first().map(|&p| &table.requests[p]);
        let line = |&p: &usize| {
            let request = &table.requests[p];
            ExampleLine {
                layer: self.number(p),
                path: table.inputs.get(request.source as usize).map(|i| i.path.clone()).unwrap_or_default(),
                offset: request.offset,
                status: Status::new(request.status).unwrap_or(Status::NONE),
                duration_micros: request.duration.and_then(|d| u64::try_from(d).ok()),
            }
        };
        Example {
            id: first.map(|r| r.id.to_string()).unwrap_or_default(),
            target: first.map(|r| r.shown.to_string()).unwrap_or_default(),
            lines: story.lines.iter().map(line).collect(),
        }
    }

    /// What an episode is told by.
    fn view(&self, place: usize, story: &Story) -> View {
        let (table, links) = (self.teller.table, self.teller.links);
        let request = &table.requests[place];
        let behind = story.outlasting.map(|(_, behind)| {
            let other = &table.requests[behind];
            (self.number(behind), other.status, other.told == Told::ClientLeft, other.duration)
        });
        View {
            layer: self.number(place),
            upstream: request.upstream,
            host: request.host,
            logged: request.logged,
            status: request.status,
            duration: request.duration,
            place: story.place,
            how: story.how,
            behind,
            in_front: links.front[place].map(|(front, _)| (self.number(front), table.requests[front].status)),
        }
    }
}

fn births(sums: BTreeMap<Kind, (u64, Vec<Example>)>) -> Vec<Birth> {
    let mut births: Vec<Birth> = sums
        .into_iter()
        .map(|((seen_at, status, place, how, cause), (count, examples))| Birth {
            seen_at,
            status: Status::new(status).unwrap_or(Status::NONE),
            place,
            how,
            cause,
            count,
            examples,
        })
        .collect();
    // 5xx first, then the most; the sort is stable, so equals stay sorted by kind.
    births.sort_by_key(|b| (b.status.code() < 500, std::cmp::Reverse(b.count)));
    births
}

fn undercuts(sums: BTreeMap<Gave, Vec<(i64, i64)>>) -> Vec<Undercut> {
    let median = |mut values: Vec<i64>| {
        values.sort_unstable();
        let of = |i: usize| values.get(i).and_then(|&v| u64::try_from(v).ok()).unwrap_or(0);
        (of(0), of(values.len() / 2), of(values.len().saturating_sub(1)))
    };
    let mut undercuts: Vec<Undercut> = sums
        .into_iter()
        .map(|((front, behind, status, left), waits)| Undercut {
            front,
            behind,
            status: Status::new(status).unwrap_or(Status::NONE),
            still_waiting: left,
            count: waits.len() as u64,
            gave_up_micros: median(waits.iter().map(|w| w.0).collect()).1,
            lasted_micros: median(waits.iter().map(|w| w.1).collect()),
        })
        .collect();
    undercuts.sort_by_key(|u| std::cmp::Reverse(u.count));
    undercuts
}

/// Nothing else is worth a word of a pair whose order cannot be told.
pub(super) const fn is_ordered(basis: OrderBasis) -> bool {
    !matches!(basis, OrderBasis::Nothing)
}
