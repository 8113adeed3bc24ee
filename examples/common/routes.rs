//! Routes and paths beside the counts.

use std::sync::Arc;

use brownout::{NoticeKind, Report, RouteSettings, Rules, Settings};

/// Routes counted as everything else is.
pub(crate) fn settings(rules: Rules, counts: &Settings) -> RouteSettings {
    let mut settings = RouteSettings::default();
    settings.rules = rules;
    settings.width_micros = counts.width_micros;
    settings.since = counts.since;
    settings.until = counts.until;
    settings.moment = counts.moment;
    settings.topology = Arc::clone(&counts.topology);
    settings
}

/// There are 4xx worth a notice, of which paths and clients can tell more.
pub(crate) fn asks_for_paths(report: &Report) -> bool {
    report.notices.iter().any(|n| matches!(n.kind, NoticeKind::Surge | NoticeKind::ClientErrors))
}
