//! [`Wanted`]: what the second look has to find: ids, and targets at certain times.

use std::collections::HashMap;
use std::sync::Arc;

use super::bounded::Bounded;
use super::failures::LayerSettings;
use super::request::{Moment, Request};
use super::sources::{Inputs, Key};
use super::told::Told;

/// Layers that are told apart, at most: sets of them are bits.
pub(super) const MOST_LAYERS: usize = 32;
/// Clocks that differ by more cannot be joined by time.
pub(super) const CLOCKS: i64 = 5_000_000;
/// Statuses a stretch of time is searched for, before it is searched for any.
const MOST_STATUSES: usize = 6;

/// See the module.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) settings: Arc<LayerSettings>,
    pub(super) inputs: Inputs,
    /// Sorted; a layer is its number here.
    pub(super) layers: Vec<Key>,
    pub(super) failures: Bounded,
    /// The layers that have a failure with this id.
    ids: HashMap<u64, u32>,
    /// Per target, sorted and disjoint.
    times: HashMap<u64, Vec<Stretch>>,
}

/// A stretch of time in which counterparts may lie.
#[derive(Debug, Clone)]
struct Stretch {
    from: i64,
    to: i64,
    /// Layers that ask.
    layers: u32,
    statuses: Vec<u16>,
    /// Any status will do.
    any: bool,
    /// Requests that last as long will do, whatever their status.
    lasting: i64,
}

impl Stretch {
    /// Where the counterpart of `request` may lie.
    fn around(request: &Request, layer: usize) -> Self {
        let any =
            matches!(request.told, Told::Unanswered | Told::Either | Told::Untold) && !request.timed_out();
        let waited = request.timed_out() || request.told == Told::ClientLeft;
        Self {
            from: request.start.saturating_sub(CLOCKS),
            to: request.end().saturating_add(CLOCKS),
            layers: 1 << layer,
            statuses: vec![request.status],
            any,
            lasting: if waited { request.duration.unwrap_or(0).saturating_sub(1_000_000) } else { i64::MAX },
        }
    }

    fn take_in(&mut self, other: Self) {
        self.to = self.to.max(other.to);
        self.layers |= other.layers;
        self.any |= other.any;
        self.lasting = self.lasting.min(other.lasting);
        for status in other.statuses {
            if !self.statuses.contains(&status) {
                self.statuses.push(status);
            }
        }
        self.any |= self.statuses.len() > MOST_STATUSES;
        self.statuses.truncate(MOST_STATUSES);
    }
}

impl Wanted {
    /// `None` where there is one layer, or none.
    pub(super) fn new(settings: &Arc<LayerSettings>, inputs: Inputs, failures: Bounded) -> Option<Self> {
        let mut layers: Vec<Key> = inputs.list.iter().map(|i| i.key(settings.by_file)).collect();
        layers.sort_unstable();
        layers.dedup();
        layers.truncate(MOST_LAYERS);
        if layers.len() < 2 {
            return None;
        }
        let mut this = Self {
            settings: Arc::clone(settings),
            inputs,
            layers,
            failures,
            ids: HashMap::new(),
            times: HashMap::new(),
        };
        this.fill();
        Some(this)
    }

    fn fill(&mut self) {
        let mut times: HashMap<u64, Vec<Stretch>> = HashMap::new();
        for entry in &self.failures.entries {
            let request = &entry.request;
            let Some(layer) = self.layer_of(&self.inputs, request.source) else { continue };
            for id in request.ids.iter() {
                *self.ids.entry(id).or_default() |= 1 << layer;
            }
            if request.target != 0 {
                times.entry(request.target).or_default().push(Stretch::around(request, layer));
            }
        }
        for stretches in times.values_mut() {
            stretches.sort_by_key(|s| (s.from, s.to, s.layers, s.statuses.clone()));
            let mut merged: Vec<Stretch> = Vec::new();
            for stretch in stretches.drain(..) {
                match merged.last_mut() {
                    Some(last) if stretch.from <= last.to => last.take_in(stretch),
                    _ => merged.push(stretch),
                }
            }
            *stretches = merged;
        }
        self.times = times;
    }

    /// The layer of an input.
    pub(super) fn layer_of(&self, inputs: &Inputs, source: u32) -> Option<usize> {
        let key = inputs.list.get(source as usize)?.key(self.settings.by_file);
        self.layers.binary_search(&key).ok()
    }

    /// Whether another layer looks for this id.
    pub(super) fn has_id(&self, id: u64, layer: usize) -> bool {
        self.ids.get(&id).is_some_and(|layers| layers & !(1 << layer) != 0)
    }

    /// Whether another layer looks for such a request at this time.
    pub(super) fn has_time(
        &self,
        target: u64,
        layer: usize,
        moment: Moment,
        status: u16,
        failed: bool,
    ) -> bool {
        let Some(stretches) = self.times.get(&target) else { return false };
        let end = moment.start.saturating_add(moment.slack).saturating_add(moment.duration.unwrap_or(0));
        let first = stretches.partition_point(|s| s.to < moment.start);
        let overlapping = stretches.iter().skip(first).take_while(|s| s.from <= end);
        // Few stretches overlap with one request; of a request that lasts for hours some are enough.
        overlapping.take(8).any(|s| {
            let lasts = moment.duration.is_some_and(|d| d >= s.lasting);
            s.layers & !(1 << layer) != 0 && (failed || s.any || lasts || s.statuses.contains(&status))
        })
    }
}
