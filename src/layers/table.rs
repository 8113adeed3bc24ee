//! [`Table`]: the requests of both looks, sorted, and the layer of each.

use super::bounded::Bounded;
use super::request::Request;
use super::sources::{Input, Inputs};
use super::wanted::Wanted;

/// See the module. What follows goes by places in `requests`, so its outcome does not depend on the order in which
/// lines were read.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) inputs: Vec<Input>,
    /// The layer of each input.
    layers: Vec<usize>,
    /// Sorted by layer and start.
    pub(super) requests: Vec<Request>,
    /// Where each layer begins in `requests`, and where the last one ends.
    bounds: Vec<usize>,
}

impl Table {
    pub(super) fn new(wanted: &Wanted, inputs: &Inputs, found: &Bounded) -> Self {
        let mut sorted: Vec<Input> = wanted.inputs.list.clone();
        sorted.sort_unstable();
        let layer = |input: &Input| wanted.layers.binary_search(&input.key(wanted.settings.by_file)).ok();
        let layers: Vec<usize> = sorted.iter().map(|i| layer(i).unwrap_or(usize::MAX)).collect();
        let number = |list: &[Input], source: u32| {
            let theirs = list.get(source as usize)?;
            let same =
                |i: &Input| (&i.path, i.product, &i.format) == (&theirs.path, theirs.product, &theirs.format);
            sorted.iter().position(same).map(|n| n as u32)
        };
        let map = |list: &[Input]| (0..list.len()).map(|i| number(list, i as u32)).collect::<Vec<_>>();
        let (first, second) = (map(&wanted.inputs.list), map(&inputs.list));
        let mut requests = Vec::new();
        for (bounded, map) in [(&wanted.failures, first), (found, second)] {
            requests.extend(bounded.entries.iter().filter_map(|entry| {
                let source = map.get(entry.request.source as usize).copied().flatten()?;
                Some(Request { source, ..entry.request.clone() })
            }));
        }
        let layer_of = |r: &Request| layers.get(r.source as usize).copied().unwrap_or(usize::MAX);
        requests.sort_unstable_by_key(|r| (layer_of(r), r.start, r.source, r.offset));
        requests.dedup_by_key(|r| (r.source, r.offset));
        let bounds =
            (0..=wanted.layers.len()).map(|l| requests.partition_point(|r| layer_of(r) < l)).collect();
        Self { inputs: sorted, layers, requests, bounds }
    }

    pub(super) fn layer_of(&self, place: usize) -> usize {
        let source = self.requests.get(place).map_or(usize::MAX, |r| r.source as usize);
        self.layers.get(source).copied().unwrap_or(usize::MAX)
    }

    /// The places of a layer's requests.
    pub(super) fn places(&self, layer: usize) -> std::ops::Range<usize> {
        let bound = |l: usize| self.bounds.get(l).copied().unwrap_or(self.requests.len());
        bound(layer)..bound(layer + 1)
    }

    /// The inputs of a layer.
    pub(super) fn inputs_of(&self, layer: usize) -> impl Iterator<Item = &Input> {
        self.inputs.iter().zip(&self.layers).filter(move |(_, l)| **l == layer).map(|(input, _)| input)
    }
}
