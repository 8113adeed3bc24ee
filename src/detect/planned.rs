//! Planned windows mark episodes; what runs past their end is split off as unplanned.

use super::draft::{Draft, by_length};
use super::episode::{Pattern, Scope};
use super::table::Table;
use super::{Policy, Window};

/// The draft as it is, marked, or in two parts.
pub(super) fn split<'a>(
    mut draft: Draft<'a>,
    table: &Table<'_>,
    windows: &[Window],
    policy: &Policy,
) -> Vec<Draft<'a>> {
    let axis = &table.axis;
    let slack = (policy.planned_slack * 1e6) as i64;
    let (start, end) = (axis.time(draft.first).as_micros(), axis.time(draft.end).as_micros());
    let begun: Vec<&Window> = windows
        .iter()
        .filter(|w| concerns(w, &draft, table) && start >= w.start.as_micros().saturating_sub(slack))
        .collect();
    let inside = |w: &&Window| {
        let last = w.end.as_micros();
        end <= last.saturating_add(slack) && !(draft.open && end > last)
    };
    if begun.iter().any(inside) {
        draft.planned = true;
        return vec![draft];
    }
    let overrun = begun.iter().map(|w| w.end).filter(|w| {
        let last = w.as_micros();
        start < last && last < end.saturating_sub(slack)
    });
    let Some(last) = overrun.max() else { return vec![draft] };

    let cut = axis.bucket_at(last).max(draft.first.saturating_add(1));
    let mut planned = Draft { end: cut, open: false, planned: true, ..draft.clone() };
    let mut rest =
        Draft { first: cut, detected: cut.saturating_add(axis.buckets(60.0)), rolling: false, ..draft };
    planned.fit_phases();
    rest.fit_phases();
    if planned.pattern == Pattern::Sustained {
        planned.pattern = by_length(&planned.phases, axis, policy);
    }
    rest.pattern = by_length(&rest.phases, axis, policy);
    vec![planned, rest]
}

/// Its upstream's window, or one for all; episodes of several upstreams need the latter.
fn concerns(window: &Window, draft: &Draft<'_>, table: &Table<'_>) -> bool {
    let own = || match (draft.scope, draft.upstreams.as_slice()) {
        (Scope::Host | Scope::Upstream, [u]) => table.upstreams[*u].counts.name == window.upstream,
        _ => false,
    };
    window.upstream == "*" || own()
}
