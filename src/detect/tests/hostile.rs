//! Tables that no parser would make, and policies nobody should want: no panic, no long wait, no memory.

use super::log::{app, server};
use super::*;

#[test]
fn empty() {
    let mut empty = app(0, &[]);
    assert_eq!(find(&Summary::default()), Findings::default());
    assert_eq!(find(&empty).upstreams.len(), 1);
    empty.upstreams[0].hosts.clear();
    assert_eq!(find(&empty).upstreams[0].min_visible_rate, None);
}

#[test]
fn far_apart() {
    for (first, last) in
        [(0, 25_340_229_000), (i64::MIN, i64::MAX), (i64::MIN, i64::MIN), (i64::MAX - 1, i64::MAX)]
    {
        let mut log = app(720, &[(300..360, 0.5), (700..720, 0.5)]);
        let cells = &mut log.upstreams[0].hosts[0].cells;
        let stray = cells[0].1;
        cells.retain(|c| first < c.0 && c.0 < last);
        cells.insert(0, (first, stray));
        cells.push((last, stray));
        for width in [1, 10_000_000, i64::MAX] {
            log.width_micros = width;
            let found = find(&log);
            assert!(found.episodes.len() < 5);
        }
    }
}

/// A stray stamp decades away does not move an episode.
#[test]
fn stray_stamps() {
    let mut log = app(720, &[(300..360, 0.5)]);
    let plain = only(&log);
    let cells = &mut log.upstreams[0].hosts[0].cells;
    let stray = Cell { requests: 1, ..Cell::default() };
    cells.insert(0, (0, stray));
    cells.push((25_340_229_000, stray));
    let e = only(&log);
    assert_eq!(
        (e.start, e.end, e.pattern, e.severity),
        (plain.start, plain.end, plain.pattern, plain.severity)
    );
    assert!((e.budget_burned - plain.budget_burned).abs() < 1e-3);
}

#[test]
fn nonsense() {
    for width in [0, -1, i64::MIN] {
        let mut log = app(720, &[(300..360, 0.5)]);
        log.width_micros = width;
        assert_eq!(find(&log).episodes, []);
    }
    let mut log = app(720, &[(300..360, 0.5)]);
    for (i, (b, cell)) in log.upstreams[0].hosts[0].cells.iter_mut().enumerate() {
        *b = -*b; // not sorted
        cell.requests = (i as u32).wrapping_mul(0x9e37_79b9);
        (cell.errors, cell.s504, cell.by_proxy) = (u32::MAX, u32::MAX, u32::MAX);
    }
    log.upstreams[0].clients = [u64::MAX; 64];
    log.upstreams[0].durations = vec![(i64::MIN, Status::NONE, Durations::default())];
    let windows = [Window {
        start: crate::Timestamp::from_micros(i64::MIN),
        end: crate::Timestamp::from_micros(i64::MAX),
        upstream: "*".into(),
    }];
    detect(&log, &Policy::default(), &windows);
}

#[test]
fn absurd_policies() {
    let log = log(
        720,
        &[
            ("a", vec![server("h", &[(300..360, 0.5)]), server("i", &[(300..360, 0.5)])]),
            ("b", vec![server("h", &[(300..390, 0.5)])]),
        ],
    );
    for x in [0.0, -1.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        for policy in [
            Policy { h: x, h_host: x, h_pool: x, h_close: x, min_recovery: x, ..Policy::default() },
            Policy { p_floor: x, ..Policy::default() },
            Policy { p_cap: x, phi_max: x, initial_quantile: x, ..Policy::default() },
            Policy { alternatives: [(x, x); 3], close_fraction: x, ..Policy::default() },
            Policy {
                bucket: x,
                block_seconds: x,
                block_requests: 0,
                idle_reset: x,
                ring: 0,
                ..Policy::default()
            },
            Policy {
                min_gap: x,
                merge_gap: x,
                sustain: x,
                flap_phases: 0,
                flap_healthy: x,
                ..Policy::default()
            },
            Policy {
                min_errors: 0,
                min_rate: x,
                min_ratio: x,
                rolling_hosts: 0,
                rolling_max: x,
                ..Policy::default()
            },
            Policy { group_start: x, group_overlap: x, group_share: x, host_share: x, ..Policy::default() },
            Policy {
                planned_slack: x,
                gap_length: x,
                gap_expected: x,
                budget: x,
                page: x,
                ..Policy::default()
            },
        ] {
            detect(&log, &policy, &[window(290, 330, "*")]);
        }
    }
}
