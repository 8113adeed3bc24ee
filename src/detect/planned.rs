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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::log::{ORIGIN, app, at};

    /// An episode of `app` in 100..160 and a window; first, end, open and planned of what comes of it.
    fn parts(open: bool, scope: Scope, upstream: &str, start: i64, end: i64) -> Vec<(i64, i64, bool, bool)> {
        let summary = app(720, &[]);
        let policy = Policy::default();
        let table = Table::new(&summary, &policy).unwrap();
        let draft = Draft { open, scope, rolling: true, ..Draft::over(0, &[(ORIGIN + 100, ORIGIN + 160)]) };
        let window = Window { start: at(start), end: at(end), upstream: upstream.into() };
        let split = split(draft, &table, &[window], &policy);
        if let [planned, rest] = &split[..] {
            assert_eq!((planned.rolling, rest.rolling), (true, false));
            assert_eq!(rest.detected, rest.first + 6, "a minute later");
            assert_eq!((planned.phases.len(), rest.phases.len()), (1, 1));
        }
        split.iter().map(|d| (d.first - ORIGIN, d.end - ORIGIN, d.open, d.planned)).collect()
    }

    /// Two minutes, which are 12 buckets, do not matter at either side.
    #[test]
    fn windows_have_slack() {
        let over = |start, end| parts(false, Scope::Upstream, "app", start, end);
        assert_eq!(over(112, 148), [(100, 160, false, true)]);
        assert_eq!(over(113, 148), [(100, 160, false, false)], "it began before");
        assert_eq!(over(90, 147), [(100, 147, false, true), (147, 160, false, false)]);
        assert_eq!(over(90, 101), [(100, 101, false, true), (101, 160, false, false)]);
        assert_eq!(over(90, 100), [(100, 160, false, false)], "the window was over");
    }

    #[test]
    fn what_runs_past_its_window_is_not_planned() {
        let open = |end| parts(true, Scope::Upstream, "*", 90, end);
        assert_eq!(open(160), [(100, 160, true, true)]);
        assert_eq!(open(159), [(100, 160, true, false)]);
        assert_eq!(open(148), [(100, 160, true, false)]);
        assert_eq!(open(147), [(100, 147, false, true), (147, 160, true, false)]);
    }

    #[test]
    fn windows_are_an_upstreams_or_of_all() {
        let planned = |scope, upstream| parts(false, scope, upstream, 100, 160)[0].3;
        assert!(planned(Scope::Host, "app") && planned(Scope::Upstream, "*") && planned(Scope::Global, "*"));
        assert!(!planned(Scope::Upstream, "shop") && !planned(Scope::Global, "app"));
    }
}
