//! What holds for every log.

use super::*;
use proptest::prelude::*;

fn failing() -> impl Strategy<Value = Vec<(Range<i64>, f64)>> {
    let one = (0i64..700, 1i64..80, 0.02f64..1.0).prop_map(|(a, n, share)| (a..a + n, share));
    proptest::collection::vec(one, 0..6)
}

pub(super) fn random_log() -> impl Strategy<Value = Summary> {
    let host = (failing(), 1u32..60, 1i64..4, 0usize..3);
    let upstream = proptest::collection::vec(host, 1..4);
    proptest::collection::vec(upstream, 1..4).prop_map(|upstreams| {
        let names = ["blog", "cart", "shop"];
        let upstreams: Vec<_> = upstreams
            .into_iter()
            .zip(names)
            .map(|(servers, name)| {
                let servers =
                    servers.into_iter().enumerate().map(|(i, (failing, requests, every, zone))| Server {
                        zone: ["", "a", "b"][zone],
                        requests,
                        every,
                        ..server(format!("h{i}"), &failing)
                    });
                (name, servers.collect())
            })
            .collect();
        log(720, &upstreams)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sane(log in random_log(), window_end in 0i64..720) {
        let windows = [window(0, window_end, "*"), window(100, window_end / 2, "blog")];
        let found = detect(&log, &Policy::default(), &windows);
        let cells = || log.upstreams.iter().flat_map(|u| &u.hosts).flat_map(|h| &h.cells);
        let requests: u64 = cells().map(|c| u64::from(c.1.requests)).sum();
        let errors: u64 = cells().map(|c| u64::from(c.1.errors)).sum();
        prop_assert!(found.episodes.is_sorted_by_key(|e| e.start));
        for e in &found.episodes {
            let end = e.end.unwrap_or(at(720));
            prop_assert!(at(0) <= e.start && e.start < end && end <= at(720));
            prop_assert!(e.errors <= e.requests && e.requests <= requests && e.errors <= errors);
            prop_assert!((0.0..=1.0).contains(&e.peak_rate) && e.baseline > 0.0 && e.evidence > 0.0);
            prop_assert!(e.upstreams.is_sorted() && !e.upstreams.is_empty() && e.hosts.is_sorted());
            prop_assert_eq!(e.hosts.is_empty(), e.scope != Scope::Host);
            prop_assert_eq!(e.upstreams.len() > 1, matches!(e.scope, Scope::Zone | Scope::Global));
            prop_assert_eq!(e.end.is_none(), e.pattern == Pattern::Ongoing);
            prop_assert!(e.phases.iter().all(|p| p.0 < p.1) && e.phases.windows(2).all(|w| w[0].1 < w[1].0));
            let last = e.phases[e.phases.len() - 1].1;
            prop_assert_eq!((e.phases[0].0, last), (e.start, e.end.unwrap_or(last)));
        }
        prop_assert_eq!(detect(&log, &Policy::default(), &windows), found);
    }

    /// Error-free time before, after or elsewhere does not move an episode.
    #[test]
    fn quiet_time_moves_nothing(first in 100i64..400, length in 3i64..200, share in 0.2f64..1.0) {
        let failing = [(first..first + length, share)];
        let edges = |log: &Summary| -> Vec<_> {
            find(log).episodes.iter().map(|e| (e.start, e.end, e.pattern, e.errors)).collect()
        };
        let plain = edges(&app(720, &failing));
        prop_assert_eq!(plain.len(), 1);
        prop_assert_eq!(&edges(&app(3000, &failing)), &plain);
        let beside = log(720, &[("app", vec![server("h", &failing)]), ("other", vec![server("h", &[])])]);
        prop_assert_eq!(&edges(&beside), &plain);
    }
}
