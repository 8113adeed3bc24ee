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
