//! Errors that come in clumps: how many independent ones they stand for.
//!
//! Within a bucket each client counts once, but a client that comes back with the same bad request all night makes an
//! error in every bucket. Its clients give that away: independent errors fall on clients by their share of the
//! requests, so a number of them is expected to set a number of the 64 client slots. Errors that set far fewer are
//! worth only as many as would have set as few. A client that fails in one bucket after the other is no clump: it is a
//! story of its own, and told as one. Nor are a few that all failed at one host: where a balancer keeps clients with
//! hosts, those are who a failing host has, and clients that fail wherever they come would have failed at several.

use super::table::{Host, Upstream};

/// Whose errors a series counts, by slots of clients.
pub(super) struct Clients<'a> {
    hosts: Vec<&'a Host<'a>>,
    /// Those, and all other hosts of their upstreams.
    all: Vec<&'a Host<'a>>,
    /// Requests per slot in the whole log; `None`: clients cannot be told apart.
    requests: Option<[u64; 64]>,
}

impl<'a> Clients<'a> {
    /// Nobody knows.
    pub(super) fn unknown() -> Self {
        Self { hosts: Vec::new(), all: Vec::new(), requests: None }
    }

    /// Those of some hosts of some upstreams.
    pub(super) fn of(
        upstreams: impl Iterator<Item = &'a Upstream<'a>>,
        is_in: impl Fn(&Host<'_>) -> bool,
    ) -> Self {
        let mut clients = Self { requests: Some([0; 64]), ..Self::unknown() };
        for upstream in upstreams {
            clients.hosts.extend(upstream.hosts.iter().filter(|h| is_in(h)));
            clients.all.extend(&upstream.hosts);
            clients.requests = clients.requests.filter(|_| upstream.told_apart);
            for (sum, n) in clients.requests.iter_mut().flatten().zip(upstream.counts.clients) {
                *sum = sum.saturating_add(n);
            }
        }
        clients
    }

    /// How many independent errors `errors` in these stretches stand for.
    pub(super) fn independent(&self, errors: u64, stretches: &[(i64, i64)]) -> u64 {
        let slots = self.hosts.iter().fold(0, |slots, h| slots | Failed::at(h, stretches).slots);
        let worth = independent(errors, slots, self.requests.as_ref());
        if worth < errors && self.at_one_host(stretches) { errors } else { worth }
    }

    /// Nearly all errors are one host's, and of so many clients that they did not all meet there by chance.
    fn at_one_host(&self, stretches: &[(i64, i64)]) -> bool {
        let hosts: Vec<Failed> =
            self.all.iter().filter(|h| h.is_named()).map(|h| Failed::at(h, stretches)).collect();
        let Some(worst) = hosts.iter().max_by_key(|h| h.errors) else { return false };
        let requests: u64 = hosts.iter().map(|h| h.requests).sum();
        let errors: u64 = self.all.iter().map(|h| Failed::at(h, stretches).errors).sum();
        let share = worst.requests as f64 / requests.max(1) as f64;
        // where the first of them is does not matter; the others have to be there too
        let chance = share.powi(worst.slots.count_ones() as i32 - 1);
        worst.errors as f64 >= AT_ONE_HOST * errors as f64 && chance <= MET_BY_CHANCE
    }
}

/// Share of the errors that one host has when they are its own: the rest is background.
const AT_ONE_HOST: f64 = 0.8;
/// Clients meet at one host by chance less often than this where it is the host: five of them at one of six.
const MET_BY_CHANCE: f64 = 0.001;

/// What a host answered in some stretches.
#[derive(Debug, Default)]
struct Failed {
    requests: u64,
    errors: u64,
    /// Of the clients that got the errors.
    slots: u64,
}

impl Failed {
    fn at(host: &Host<'_>, stretches: &[(i64, i64)]) -> Self {
        let mut failed = Self::default();
        for (_, cell) in stretches.iter().flat_map(|s| host.range(s.0, s.1)) {
            failed.requests += u64::from(cell.requests);
            failed.errors += u64::from(cell.errors);
            failed.slots |= cell.error_clients;
        }
        failed
    }
}

/// Slots more than were set that chance is granted: ten errors of as many clients often set eight.
const CHANCE: f64 = 2.0;

/// How many independent errors set as many slots as `errors` did, at most `errors`. `clients`: requests per slot;
/// where they do not tell clients apart (`None`), or too many to tell came, all count.
fn independent(errors: u64, slots: u64, clients: Option<&[u64; 64]>) -> u64 {
    let seen = f64::from(slots.count_ones());
    let Some(clients) = clients else { return errors };
    let all: f64 = clients.iter().map(|&n| n as f64).sum();
    // each slot stays free with the chance that none of the errors is one of its clients'
    let expected = |errors: u64| -> f64 {
        clients.iter().map(|&n| 1.0 - (1.0 - n as f64 / all).powf(errors as f64)).sum()
    };
    if slots == 0 || all <= 0.0 {
        return errors;
    }
    // expected() rises: the least number that is expected to set as many
    let (mut low, mut high) = (0, errors);
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if expected(middle) < seen + CHANCE { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six hosts with as many requests each. Five clients meet at one of them by chance once in 6⁴ = 1296, four once in
    /// 216; and of 50 errors, 40 are 80 %.
    #[test]
    fn clients_of_one_host() {
        use crate::aggregate::Cell;
        use std::borrow::Cow;
        let at_one = |hosts: usize, clients: u32, elsewhere: u32| {
            let host = |i: usize| {
                let (errors, error_clients) = match i {
                    0 => (40, (1u64 << clients) - 1),
                    1 => (elsewhere, 1),
                    _ => (0, 0),
                };
                Cow::Owned(vec![(7, Cell { requests: 100, errors, error_clients, ..Cell::default() })])
            };
            let names = ["a", "b", "c", "d", "e", "f"];
            let hosts: Vec<_> = (0..hosts).map(|i| Host::new("", names[i], host(i))).collect();
            let clients = Clients { hosts: vec![&hosts[0]], all: hosts.iter().collect(), requests: None };
            clients.at_one_host(&[(7, 8)])
        };
        assert_eq!([4, 5].map(|clients| at_one(6, clients, 0)), [false, true]);
        assert_eq!([5, 6].map(|clients| at_one(5, clients, 0)), [false, true], "5⁴ = 625, 5⁵ = 3125");
        assert_eq!([10, 11].map(|elsewhere| at_one(6, 8, elsewhere)), [true, false]);
    }

    #[test]
    fn errors_of_few_clients_are_few() {
        let even = [10; 64];
        let bits = |n: u32| (1u64 << n) - 1;
        // k errors set 64 (1 - (63/64)^k) slots of even clients on average: 20 set 17.3, 5 set 4.9
        assert_eq!(independent(20, bits(17), Some(&even)), 20);
        assert_eq!(independent(20, bits(3), Some(&even)), 6, "5.1 slots by chance");
        assert_eq!(independent(1000, bits(3), Some(&even)), 6);
        assert_eq!(independent(1000, u64::MAX, Some(&even)), 1000);
        assert_eq!(independent(20, bits(3), None), 20, "one address for all");
        assert_eq!(independent(20, 0, Some(&even)), 20, "no line told its client");
        assert_eq!(independent(20, bits(3), Some(&[0; 64])), 20);
        // two clients make nearly all requests, so nearly all errors are theirs
        let mut uneven = [1; 64];
        (uneven[0], uneven[1]) = (2000, 2000);
        assert_eq!(independent(30, bits(2), Some(&uneven)), 30);
    }
}
