//! Errors that come in clumps: how many independent ones they stand for.
//!
//! Within a bucket each client counts once, but a client that comes back with the same bad request all night makes an
//! error in every bucket. Its clients give that away: independent errors fall on clients by their share of the
//! requests, so a number of them is expected to set a number of the 64 client slots. Errors that set far fewer are
//! worth only as many as would have set as few. A client that fails in one bucket after the other is no clump: it is a
//! story of its own, and told as one.

use super::table::{Host, Upstream};

/// Whose errors a series counts, by slots of clients.
pub(super) struct Clients<'a> {
    hosts: Vec<&'a Host<'a>>,
    /// Requests per slot in the whole log; `None`: clients cannot be told apart.
    requests: Option<[u64; 64]>,
}

impl<'a> Clients<'a> {
    /// Nobody knows.
    pub(super) fn unknown() -> Self {
        Self { hosts: Vec::new(), requests: None }
    }

    /// Those of some hosts of some upstreams.
    pub(super) fn of(
        upstreams: impl Iterator<Item = &'a Upstream<'a>>,
        is_in: impl Fn(&Host<'_>) -> bool,
    ) -> Self {
        let mut clients = Self { hosts: Vec::new(), requests: Some([0; 64]) };
        for upstream in upstreams {
            clients.hosts.extend(upstream.hosts.iter().filter(|h| is_in(h)));
            clients.requests = clients.requests.filter(|_| upstream.told_apart);
            for (sum, n) in clients.requests.iter_mut().flatten().zip(upstream.counts.clients) {
                *sum = sum.saturating_add(n);
            }
        }
        clients
    }

    /// How many independent errors `errors` in these stretches stand for.
    pub(super) fn independent(&self, errors: u64, stretches: &[(i64, i64)]) -> u64 {
        let cells = self.hosts.iter().flat_map(|h| stretches.iter().flat_map(|s| h.range(s.0, s.1)));
        independent(errors, cells.fold(0, |slots, c| slots | c.1.error_clients), self.requests.as_ref())
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
    if slots == 0 || all <= 0.0 || expected(errors) <= seen + CHANCE {
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
