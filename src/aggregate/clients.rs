//! What 64 hash slots tell about clients: about how many, and whether a few of them got all the errors.

/// Clients in no more slots than this are few.
const FEW_SLOTS: u32 = 3;
/// Of fewer requests than this the clients that came with errors may be all there were.
const ENOUGH: u64 = 200;
/// Evidence, in nats, that errors are bound to the clients that got them.
const ALONE: f64 = 12.0;

/// A few clients that got all the errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FewClients {
    /// Slots in use; 1 is one client, or very few.
    pub(crate) slots: u32,
    /// Their share of the requests, 0–1, over the whole log.
    pub(crate) share: f64,
    /// Others asked too, and would have got errors had these been for all.
    pub(crate) alone: bool,
}

/// Whether all `errors` of `requests` went to a few clients, whose slots are set in `slots`; `clients` are the requests
/// per slot of each upstream concerned.
///
/// Would errors fall on everybody, each would go to these clients with the chance of their share of the requests in
/// the whole log. They may have been the only ones just then, hence there have to be enough that did not fail.
pub(crate) fn few_clients<'a>(
    clients: impl Iterator<Item = &'a [u64; 64]>,
    slots: u64,
    (requests, errors): (u64, u64),
) -> Option<FewClients> {
    let (mut theirs, mut all) = (0.0, 0.0);
    for (slot, n) in clients.flat_map(|c| c.iter().enumerate()) {
        all += *n as f64;
        theirs += if slots >> slot & 1 == 1 { *n as f64 } else { 0.0 };
    }
    let few = (1..=FEW_SLOTS).contains(&slots.count_ones()) && theirs > 0.0;
    few.then(|| {
        let share = theirs / all;
        let others = requests >= ENOUGH && errors.saturating_mul(2) <= requests;
        let alone = others && errors as f64 * -share.ln() >= ALONE;
        FewClients { slots: slots.count_ones(), share, alone }
    })
}

/// About how many clients set these bits, by linear counting: 64 slots hold about `-64 ln(free share)` clients, and
/// never fewer than the bits. `None`: no line told its client, or there are too many to count.
pub(crate) fn distinct(clients: u64) -> Option<u64> {
    match clients.count_ones() {
        0 | 64 => None,
        used => Some((-64.0 * (-f64::from(used) / 64.0).ln_1p() - 1e-9).ceil() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_in_a_bitmap() {
        // -64 ln(1 - used / 64), rounded up
        for (used, expected) in [(1, 2), (2, 3), (10, 11), (32, 45), (63, 267)] {
            assert_eq!(distinct((1 << used) - 1), Some(expected), "{used} bits");
        }
        assert_eq!((distinct(0), distinct(u64::MAX)), (None, None));
    }

    #[test]
    fn few_clients_are_alone_when_chance_would_have_spread_the_errors() {
        let clients = |own: u64, others: u64| {
            let mut slots = [0; 64];
            (slots[3], slots[9]) = (own, others);
            slots
        };
        let alone = |own, others, errors| {
            few_clients([clients(own, others)].iter(), 1 << 3, (10_000, errors)).map(|f| (f.slots, f.alone))
        };
        assert_eq!(alone(10, 90, 10), Some((1, true)));
        assert_eq!(alone(90, 10, 10), Some((1, false)));
        assert_eq!(alone(90, 10, 200), Some((1, true)));
        assert_eq!(alone(100, 0, 5000), Some((1, false)), "one address for all says nothing");
        assert_eq!(alone(10, 90, 9000), Some((1, false)), "who else was there?");
        assert_eq!(alone(0, 100, 10), None);
        assert_eq!(few_clients([[1; 64]].iter(), 0b1111, (100, 10)), None);
        assert_eq!(few_clients([[1; 64]].iter(), 0, (100, 10)), None);
    }
}
