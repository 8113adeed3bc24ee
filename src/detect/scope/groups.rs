//! Upstreams that fail at the same time: a zone, or everything.

use super::during;
use crate::detect::Policy;
use crate::detect::draft::{Draft, union};
use crate::detect::episode::Scope;
use crate::detect::table::Table;
use std::collections::BTreeSet;

/// Joins episodes of several upstreams where they start together and overlap, and where enough of the upstreams that
/// could show it are concerned. Others stay as they are.
pub(in crate::detect) fn group<'a>(
    table: &Table<'a>,
    mut drafts: Vec<Draft<'a>>,
    policy: &Policy,
) -> Vec<Draft<'a>> {
    drafts.sort_by(|a, b| (a.first, &a.upstreams).cmp(&(b.first, &b.upstreams)));
    let may_join: Vec<bool> = drafts.iter().map(|d| may_join(table, d)).collect();
    let mut used = vec![false; drafts.len()];
    let mut out = Vec::new();
    for i in 0..drafts.len() {
        if used[i] || !may_join[i] {
            continue;
        }
        let (members, upstreams) = members(table, &drafts, i, |j| may_join[j] && !used[j], policy);
        if members.len() < 2 || !is_quorum(table, &drafts[i], &upstreams, policy) {
            continue;
        }
        for &m in &members {
            used[m] = true;
        }
        let members: Vec<_> = members.iter().map(|&m| &drafts[m]).collect();
        out.push(join(table, &members, upstreams));
    }
    out.extend(drafts.into_iter().zip(used).filter(|d| !d.1).map(|d| d.0));
    out
}

/// An episode of an upstream, or of a host that is all its upstream has in a zone.
fn may_join(table: &Table<'_>, draft: &Draft<'_>) -> bool {
    let upstream = match draft.upstreams.as_slice() {
        [only] => &table.upstreams[*only],
        _ => return false,
    };
    if draft.scope != Scope::Host {
        return upstream.is_named();
    }
    draft.zone.is_some_and(|zone| {
        upstream
            .hosts
            .iter()
            .filter(|h| h.zone == zone && h.is_named())
            .all(|h| draft.hosts.contains(&h.name))
    })
}

/// The drafts that belong to the `i`th, it first, one per upstream; and their upstreams.
fn members(
    table: &Table<'_>,
    drafts: &[Draft<'_>],
    i: usize,
    free: impl Fn(usize) -> bool,
    policy: &Policy,
) -> (Vec<usize>, BTreeSet<usize>) {
    let e = &drafts[i];
    let mut members = vec![i];
    let mut upstreams: BTreeSet<usize> = e.upstreams.iter().copied().collect();
    let close = |f: &Draft<'_>| {
        let apart = table.axis.seconds(f.first, e.first).abs();
        apart <= policy.group_start
    };
    // sorted by start: those close are around i
    let from = drafts[..i].iter().rposition(|f| !close(f)).map_or(0, |j| j + 1);
    for (j, f) in drafts.iter().enumerate().skip(from) {
        if j > i && !close(f) {
            break;
        }
        if j == i || !free(j) || f.upstreams.iter().any(|u| upstreams.contains(u)) {
            continue;
        }
        let host = e.scope == Scope::Host || f.scope == Scope::Host;
        if (!host || e.zone == f.zone) && overlap(e, f, policy) {
            members.push(j);
            upstreams.extend(&f.upstreams);
        }
    }
    (members, upstreams)
}

/// Most of their union is common to both, or nearly all of the shorter.
fn overlap(e: &Draft<'_>, f: &Draft<'_>, policy: &Policy) -> bool {
    let length = |first: i64, end: i64| end.saturating_sub(first).max(0) as f64;
    let common = length(e.first.max(f.first), e.end.min(f.end));
    let union = length(e.first.min(f.first), e.end.max(f.end));
    let shorter = length(e.first, e.end).min(length(f.first, f.end)).max(1.0);
    common >= policy.group_overlap * union || common >= 0.8 * shorter
}

/// Enough of the upstreams with enough traffic to show such a failure.
fn is_quorum(table: &Table<'_>, e: &Draft<'_>, upstreams: &BTreeSet<usize>, policy: &Policy) -> bool {
    let (mut errors, mut requests) = (0, 0);
    for &u in upstreams {
        let sums = during(table, u, e.first, e.end);
        errors += sums.errors;
        requests += sums.requests;
    }
    let rate = errors as f64 / requests.max(1) as f64;
    let most = upstreams.len() as f64 / policy.group_share;
    let able = table.named().filter(|&u| during(table, u, e.first, e.end).requests as f64 * rate >= 8.0);
    // more than enough to fail the quorum need not be counted
    match able.take((most as usize).saturating_add(1)).count() {
        0 => table.named().count() as f64 <= most,
        able => able as f64 <= most,
    }
}

/// One episode of several. Edges and label are those of the largest where the others differ little.
fn join<'a>(table: &Table<'a>, members: &[&Draft<'a>], upstreams: BTreeSet<usize>) -> Draft<'a> {
    let errors =
        |d: &Draft<'_>| d.upstreams.iter().map(|&u| during(table, u, d.first, d.end).errors).sum::<u64>();
    let mut big = members[0];
    for &d in &members[1..] {
        if errors(d) > errors(big) {
            big = d;
        }
    }
    let first = members.iter().fold(big.first, |first, d| first.min(d.first));
    let end = members.iter().fold(big.end, |end, d| end.max(d.end));
    let near = |a: i64, b: i64, seconds: f64| table.axis.seconds(a, b).abs() <= seconds;
    let zone = big.zone.filter(|_| members.iter().all(|d| d.zone == big.zone));
    let mut joined = Draft {
        upstreams: upstreams.into_iter().collect(),
        first: if near(first, big.first, 30.0) { big.first } else { first },
        end: if near(big.end, end, 120.0) { big.end } else { end },
        open: members.iter().any(|d| d.open),
        detected: members.iter().fold(big.detected, |t, d| t.min(d.detected)),
        phases: union(members.iter().flat_map(|d| d.phases.iter().copied()).collect()),
        scope: if zone.is_some() { Scope::Zone } else { Scope::Global },
        zone,
        hosts: Vec::new(),
        ..big.clone()
    };
    joined.fit_phases();
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::log::{ORIGIN, Server, log, server};

    #[test]
    fn half_of_the_union_or_most_of_the_shorter() {
        let overlap = |e: (i64, i64), f: (i64, i64)| {
            overlap(&Draft::over(0, &[e]), &Draft::over(1, &[f]), &Policy::default())
        };
        assert!(overlap((0, 15), (5, 20)), "10 of 20");
        assert!(!overlap((0, 15), (6, 21)), "9 of 21, 9 of 15");
        assert!(overlap((0, 10), (2, 100)), "8 of 10");
        assert!(!overlap((0, 10), (3, 100)), "7 of 10");
        assert!(!overlap((0, 10), (20, 30)));
    }

    /// Upstreams of one host each; the first `failing` fail half of what they are asked, in 0..60. Which drafts are
    /// joined, each as the number of its upstreams.
    fn joined(requests: &[u32], failing: usize) -> Vec<usize> {
        let names = ["a", "b", "c", "d", "e", "f"];
        let bad = [(0..60, 0.5)];
        let one = |(i, &requests): (usize, &u32)| {
            let host = server("h", if i < failing { &bad } else { &[] });
            (names[i], vec![Server { requests, ..host }])
        };
        let upstreams: Vec<_> = requests.iter().enumerate().map(one).collect();
        let summary = log(120, &upstreams);
        let policy = Policy::default();
        let table = Table::new(&summary, &policy).unwrap();
        let draft = |u| Draft::over(u, &[(ORIGIN, ORIGIN + 60)]);
        group(&table, (0..failing).map(draft).collect(), &policy).iter().map(|d| d.upstreams.len()).collect()
    }

    #[test]
    fn quorum_of_those_that_could_show_it() {
        assert_eq!(joined(&[40; 5], 3), [3], "60 %");
        assert_eq!(joined(&[40; 4], 2), [1, 1], "half");
        assert_eq!(joined(&[40, 40, 40, 40, 0], 2), [1, 1], "half of those with traffic");
        // 0.5 · 60 · 0.267 requests are eight errors
        assert_eq!(joined(&[40, 40, 40, 40, 40, 0], 3), [3], "one that has no traffic does not count");
    }

    /// Drafts of upstreams that all fail; what becomes of them.
    fn together<'a>(drafts: Vec<Draft<'a>>, table: &'a Table<'a>) -> Vec<(i64, i64, bool, Scope, usize)> {
        group(table, drafts, &Policy::default())
            .into_iter()
            .map(|d| (d.first - ORIGIN, d.end - ORIGIN, d.open, d.scope, d.upstreams.len()))
            .collect()
    }

    #[test]
    fn edges_are_those_of_the_largest_where_the_others_are_near() {
        let host = |requests, range| vec![Server { requests, ..server("h", &[(range, 1.0)]) }];
        let summary = log(200, &[("a", host(100, 10..80)), ("b", host(10, 0..100))]);
        let table = Table::new(&summary, &Policy::default()).unwrap();
        let over = |u, first, end| Draft::over(u, &[(ORIGIN + first, ORIGIN + end)]);
        let join = |first, end| together(vec![over(0, 10, 80), over(1, first, end)], &table);
        assert_eq!(join(7, 92), [(10, 80, false, Scope::Global, 2)], "30 s before, 120 s after");
        assert_eq!(join(6, 93), [(6, 93, false, Scope::Global, 2)], "40 s, 130 s");
        assert_eq!(join(25, 80), [(10, 80, false, Scope::Global, 2)], "150 s later");
        assert_eq!(join(26, 80).len(), 2, "160 s later");
        // as large as each other: the one that failed first
        let summary = log(200, &[("a", host(10, 10..80)), ("b", host(10, 12..82))]);
        let equal = Table::new(&summary, &Policy::default()).unwrap();
        let joined = together(vec![over(0, 10, 80), over(1, 12, 82)], &equal);
        assert_eq!(joined, [(10, 80, false, Scope::Global, 2)]);
        let mut open = over(1, 10, 80);
        open.open = true;
        assert_eq!(together(vec![over(0, 10, 80), open], &table), [(10, 80, true, Scope::Global, 2)]);
    }

    /// A host that is all its upstream has in a zone joins what fails in the same zone alone.
    #[test]
    fn a_host_joins_its_zone() {
        let host = |zone: &'static str, name: &str| Server { zone, ..server(name, &[(0..60, 1.0)]) };
        let summary = log(
            120,
            &[
                ("a", vec![host("x", "a1"), host("y", "a2")]),
                ("b", vec![host("x", "b1"), host("y", "b2"), host("y", "b3")]),
            ],
        );
        let table = Table::new(&summary, &Policy::default()).unwrap();
        let draft = |u, zone, hosts: &[&'static str]| Draft {
            scope: Scope::Host,
            zone: Some(zone),
            hosts: hosts.to_vec(),
            ..Draft::over(u, &[(ORIGIN, ORIGIN + 60)])
        };
        let join = |a, b| together(vec![a, b], &table).iter().map(|d| (d.3, d.4)).collect::<Vec<_>>();
        assert_eq!(join(draft(0, "x", &["a1"]), draft(1, "x", &["b1"])), [(Scope::Zone, 2)]);
        assert_eq!(join(draft(0, "y", &["a2"]), draft(1, "y", &["b2", "b3"])), [(Scope::Zone, 2)]);
        let apart = [(Scope::Host, 1); 2];
        assert_eq!(join(draft(0, "x", &["a1"]), draft(1, "y", &["b2", "b3"])), apart, "two zones");
        assert_eq!(join(draft(0, "y", &["a2"]), draft(1, "y", &["b2"])), apart, "one of two hosts");
    }

    /// Three upstreams fail half of 40 requests, two do not; a sixth is asked `1 / every` times a bucket, for 60 of them.
    #[test]
    fn one_that_is_hardly_asked_could_not_show_it() {
        let joined = |every: i64| {
            let bad = [(0..60, 0.5)];
            let host = |i: usize| server("h", if i < 3 { &bad } else { &[] });
            let mut upstreams: Vec<_> =
                ["a", "b", "c", "d", "e"].iter().enumerate().map(|(i, n)| (*n, vec![host(i)])).collect();
            upstreams.push(("f", vec![Server { requests: 1, every, ..server("h", &[]) }]));
            let summary = log(120, &upstreams);
            let table = Table::new(&summary, &Policy::default()).unwrap();
            let draft = |u| Draft::over(u, &[(ORIGIN, ORIGIN + 60)]);
            together((0..3).map(draft).collect(), &table).len()
        };
        assert_eq!(joined(4), 1, "half of 15 are fewer than eight errors: three of five");
        assert_eq!(joined(3), 3, "half of 20 are not: three of six");
    }

    /// Where nobody is asked enough all count: six requests each, which all fail.
    #[test]
    fn where_all_are_thin_all_count() {
        let joined = |names: &[&'static str]| {
            let host = || vec![Server { requests: 1, every: 10, ..server("h", &[(0..60, 1.0)]) }];
            let upstreams: Vec<_> = names.iter().map(|n| (*n, host())).collect();
            let summary = log(120, &upstreams);
            let table = Table::new(&summary, &Policy::default()).unwrap();
            let draft = |u| Draft::over(u, &[(ORIGIN, ORIGIN + 60)]);
            together((0..2).map(draft).collect(), &table).len()
        };
        assert_eq!(joined(&["a", "b", "c"]), 1, "two of three");
        assert_eq!(joined(&["a", "b", "c", "d"]), 2, "two of four");
    }

    #[test]
    fn what_is_joined_is_of_all() {
        let host = |zone: &'static str| vec![Server { zone, ..server("h", &[(10..80, 1.0)]) }];
        let summary = log(200, &[("a", host("x")), ("b", host("y"))]);
        let table = Table::new(&summary, &Policy::default()).unwrap();
        let over = |u, phases: &[(i64, i64)]| {
            Draft::over(u, &phases.iter().map(|p| (ORIGIN + p.0, ORIGIN + p.1)).collect::<Vec<_>>())
        };
        let one = Draft { zone: Some("x"), detected: ORIGIN + 30, ..over(0, &[(10, 30), (50, 80)]) };
        let other = Draft { zone: Some("y"), detected: ORIGIN + 20, ..over(1, &[(10, 40), (60, 80)]) };
        let joined = group(&table, vec![one, other], &Policy::default());
        let [joined] = &joined[..] else { panic!("one") };
        assert_eq!((joined.scope, joined.zone, joined.detected - ORIGIN), (Scope::Global, None, 20));
        assert_eq!(joined.phases, [(ORIGIN + 10, ORIGIN + 40), (ORIGIN + 50, ORIGIN + 80)]);
        // a host's zone has to be the other's
        let host =
            |zone| Draft { scope: Scope::Host, zone: Some(zone), hosts: vec!["h"], ..over(0, &[(10, 80)]) };
        let whole = |zone| Draft { zone: Some(zone), ..over(1, &[(10, 80)]) };
        let found = |drafts| group(&table, drafts, &Policy::default());
        assert_eq!(found(vec![host("x"), whole("y")]).len(), 2);
        let later = |draft: Draft<'static>| Draft { first: draft.first + 1, ..draft };
        assert_eq!(found(vec![later(host("x")), whole("y")]).len(), 2);
        let joined = found(vec![host("x"), whole("x")]);
        assert_eq!((joined.len(), joined[0].scope, joined[0].zone), (1, Scope::Zone, Some("x")));
        assert_eq!(joined[0].hosts, [""; 0], "no host's any more");
    }
}
