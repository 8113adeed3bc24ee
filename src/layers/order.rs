//! Which of two layers stands in front: by what their lines say of the same requests, never by a guess.

use super::pairs::Pairs;
use super::request::Request;
use super::table::Table;
use super::told::Told;
use crate::schema::Product;

/// What speaks for a layer standing in front of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OrderEvidence {
    /// It passed on a status that the other says it made itself.
    pub relayed: u64,
    /// It gave up waiting, and the other saw its client leave.
    pub gave_up: u64,
    /// The other's `X-Forwarded-For` names this one's client.
    pub forwarded: u64,
    /// Its request lasted longer, and began no later.
    pub longer: u64,
}

impl OrderEvidence {
    /// What can be explained in no other way.
    const fn strong(&self) -> u64 {
        self.relayed + self.gave_up + self.forwarded
    }

    fn look(&mut self, front: &Request, behind: &Request) {
        let relays = front.told == Told::Relayed && behind.told.wrote_it() && front.status == behind.status;
        self.relayed += u64::from(relays && front.status >= 400);
        let gave_up = front.told != Told::ClientLeft && front.timed_out() && behind.told == Told::ClientLeft;
        self.gave_up += u64::from(gave_up);
        let names =
            behind.forwarded != 0 && behind.forwarded == front.client && behind.client != front.client;
        self.forwarded += u64::from(names && front.forwarded == 0);
        if let (Some(outer), Some(inner)) = (front.duration, behind.duration) {
            self.longer += u64::from(outer > inner.saturating_add(1_500) && front.status == behind.status);
        }
    }
}

/// On what the order of two layers rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderBasis {
    /// On what lines of the same requests say.
    Lines(OrderEvidence),
    /// On what the products are: a CDN stands in front of a load balancer, and that in front of a proxy.
    Products,
    /// On nothing: it cannot be told.
    Nothing,
}

/// The order of a pair of layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    /// The first of the pair stands in front; `None` where it cannot be told.
    pub(super) first_in_front: Option<bool>,
    pub(super) basis: OrderBasis,
}

/// Least requests by whose length alone an order is told.
const MIN_LONGER: u64 = 5;

impl Order {
    /// Of layers `a` and `b`, by requests they have in common.
    pub(super) fn of(table: &Table, a: usize, b: usize, pairs: &Pairs) -> Self {
        let (mut forth, mut back) = (OrderEvidence::default(), OrderEvidence::default());
        for (x, y) in pairs.iter() {
            let (x, y) = (&table.requests[x], &table.requests[y]);
            forth.look(x, y);
            back.look(y, x);
        }
        if let Some(first) = Self::clear(forth.strong(), back.strong(), 1)
            .or_else(|| Self::clear(forth.longer, back.longer, MIN_LONGER))
        {
            let basis = OrderBasis::Lines(if first { forth } else { back });
            return Self { first_in_front: Some(first), basis };
        }
        let rank = |layer| table.inputs_of(layer).next().map_or(2, |input| rank(input.product));
        let (mine, theirs) = (rank(a), rank(b));
        if mine == theirs {
            return Self { first_in_front: None, basis: OrderBasis::Nothing };
        }
        Self { first_in_front: Some(mine < theirs), basis: OrderBasis::Products }
    }

    /// At least `least` for one, and four times as much as for the other.
    fn clear(forth: u64, back: u64, least: u64) -> Option<bool> {
        if forth >= least && forth >= back * 4 {
            return Some(true);
        }
        (back >= least && back >= forth * 4).then_some(false)
    }
}

/// How near to the client a product stands by its nature.
const fn rank(product: Product) -> u8 {
    match product {
        Product::CloudFront | Product::Cloudflare | Product::AzureFrontDoor => 0,
        Product::Alb | Product::Elb | Product::Nlb | Product::Gcp | Product::AzureAppGateway => 1,
        _ => 2,
    }
}

/// Layers from the front to the back. `in_front(a, b)` says that `a` stands in front of `b`; where that goes round in
/// a circle, the rest stands in the order of their numbers.
pub(super) fn sorted(layers: usize, in_front: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut left: Vec<usize> = (0..layers).collect();
    let mut order = Vec::with_capacity(layers);
    while !left.is_empty() {
        let free = |&l: &usize| left.iter().all(|&other| other == l || !in_front(other, l));
        let at = left.iter().position(free).unwrap_or(0);
        order.push(left.remove(at));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_clear_or_not_told() {
        for (forth, back, least, expected) in [
            (0, 0, 1, None),
            (1, 0, 1, Some(true)),
            (0, 1, 1, Some(false)),
            (4, 1, 1, Some(true)),
            (3, 1, 1, None),
            (4, 0, 5, None),
            (5, 0, 5, Some(true)),
        ] {
            assert_eq!(Order::clear(forth, back, least), expected, "{forth} {back}");
        }
    }

    #[test]
    fn layers_from_front_to_back() {
        let relations = [(2, 0), (0, 1)];
        assert_eq!(sorted(4, |a, b| relations.contains(&(a, b))), [2, 0, 1, 3]);
        assert_eq!(sorted(2, |_, _| true), [0, 1]);
    }
}
