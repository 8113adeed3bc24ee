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

/// There is a surge of 4xx, of which paths and clients tell more. It takes the input once more, so what is only somewhat
/// above the usual asks for it where routes are looked at anyway.
pub(crate) fn asks_for_paths(report: &Report, by_route: bool) -> bool {
    report.notices.iter().any(|notice| match notice.kind {
        NoticeKind::Surge => true,
        NoticeKind::ClientErrors => by_route,
        _ => false,
    })
}
