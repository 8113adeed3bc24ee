//! Paths that are gone, who refused whom, and routes that were cut.

use super::super::Report;
use super::super::figures::{count, instant, percent, share, thousands};
use super::{Notice, NoticeKind};
use crate::routes::{GonePath, PathCounts, RouteCounts};
use crate::status::Status;

/// Paths named of those that are gone.
const MOST_NAMED: usize = 3;
/// A client with this share of a status is told of.
const TOLD: f64 = 0.3;

impl Report {
    /// Adds what paths and clients tell about 4xx: paths that used to answer, and to each notice of a 4xx who made the
    /// answers and who got most of them.
    #[must_use]
    pub fn with_paths(mut self, paths: &PathCounts) -> Self {
        for notice in &mut self.notices {
            if let (NoticeKind::Surge | NoticeKind::ClientErrors, Some(status)) = (notice.kind, notice.status)
            {
                notice.message += &who(status, paths);
            }
        }
        self.notices.extend(gone(paths));
        self
    }

    /// Adds a notice where routes were cut short to bound their number.
    #[must_use]
    pub fn with_routes(mut self, routes: &RouteCounts) -> Self {
        if let Some(segments) = routes.cut_to {
            let message = format!(
                "there are too many different routes: they were cut to {}, {} remain; patterns for the paths that hold \
                 names or titles keep the others whole",
                count(segments as u64, "segment", "segments"),
                count(routes.series.len() as u64, "route", "routes"),
            );
            let check = ["which paths hold names or titles: a pattern for each, like /articles/{title}"];
            let number = routes.series.len() as u64;
            self.notices.push(Notice::new(NoticeKind::Routes, number, None, message).check(&check));
        }
        self
    }
}

/// Who made the answers, and who got most of them, in the whole log.
fn who(status: Status, paths: &PathCounts) -> String {
    let mut text = String::new();
    if let Some((_, [proxy, upstream, _])) = paths.makers.iter().find(|m| m.0 == status)
        && proxy + upstream > 0
    {
        let (proxy, upstream) = (thousands(*proxy), thousands(*upstream));
        text += &format!("; in the whole log {proxy} by the proxy, {upstream} by the upstream");
    }
    let all: u64 = paths.makers.iter().filter(|m| m.0 == status).flat_map(|m| m.1).sum();
    if let Some((_, client, n)) = paths.clients.iter().find(|c| c.0 == status)
        && let Some(share) = share(*n, all).filter(|share| *share >= TOLD)
    {
        text += &format!("; {client} got {} of all ({})", thousands(*n), percent(share));
    }
    text
}

fn gone(paths: &PathCounts) -> Option<Notice> {
    let first = paths.gone.first()?;
    let not_found: u64 = paths.gone.iter().map(|g| g.not_found).sum();
    let start = paths.gone.iter().map(|g| g.range.0).min();
    let named: Vec<String> = paths.gone.iter().take(MOST_NAMED).map(one).collect();
    let more = match paths.gone.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    let sample = match paths.sample {
        0 | 1 => String::new(),
        n => format!(" (of a sample of one path in {n})"),
    };
    let message = format!(
        "{} used to answer and {} nothing but 404 since{sample}: {}{more}",
        count(paths.gone.len() as u64, "path", "paths"),
        if paths.gone.len() == 1 { "gives" } else { "give" },
        named.join("; "),
    );
    let mut notice = Notice::new(NoticeKind::Gone, not_found, None, message).check(&[
        "what was deployed or reconfigured just before: routes, rewrites, file roots, ingress paths",
        "whether pages from before still name these paths: old names of assets, bookmarks, apps in use",
        "whether they were taken away on purpose: then a redirect or a 410 says so",
    ]);
    notice.status = Status::new(404);
    notice.start = start;
    notice.clients = first.clients;
    Some(notice)
}

/// `/cart (812 × 404 since 02:40:13; answered 5,210 times until 02:40:11)`
fn one(gone: &GonePath) -> String {
    let host = gone.host.as_deref().unwrap_or_default();
    format!(
        "{host}{} ({} × 404 since {} UTC; answered {} until {} UTC)",
        gone.path,
        thousands(gone.not_found),
        instant(gone.range.0),
        count(gone.answered, "time", "times"),
        instant(gone.until),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn gone_paths_are_named_with_numbers_and_times() {
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        let path = |path: &str, n| GonePath {
            host: None,
            path: path.into(),
            answered: 30,
            until: at(100),
            not_found: n,
            range: (at(101), at(500)),
            clients: Some(6),
        };
        let mut paths = PathCounts { gone: vec![path("/cart", 40)], sample: 1, ..PathCounts::default() };
        let notice = gone(&paths).expect("a notice");
        assert_eq!(
            notice.message,
            "1 path used to answer and gives nothing but 404 since: /cart (40 × 404 since 1970-01-01 00:01:41 UTC; \
             answered 30 times until 1970-01-01 00:01:40 UTC)"
        );
        assert_eq!(
            (notice.count, notice.start, notice.status.map(Status::code)),
            (40, Some(at(101)), Some(404))
        );
        paths.gone.extend(["/a", "/b", "/c", "/d"].map(|p| path(p, 3)));
        paths.sample = 8;
        let message = gone(&paths).expect("a notice").message;
        assert!(message.starts_with(
            "5 paths used to answer and give nothing but 404 since (of a sample of one path in 8):"
        ));
        assert!(message.ends_with("; and 2 more"), "{message}");
        assert_eq!(gone(&PathCounts::default()), None);
    }

    #[test]
    fn who_refused_whom() {
        let status = Status::new(429).expect("below 1000");
        let paths = PathCounts {
            makers: vec![(status, [1200, 0, 0])],
            clients: vec![(status, "192.0.2.7".into(), 900)],
            ..PathCounts::default()
        };
        assert_eq!(
            who(status, &paths),
            "; in the whole log 1,200 by the proxy, 0 by the upstream; 192.0.2.7 got 900 of all (75 %)"
        );
        assert_eq!(who(Status::new(401).expect("below 1000"), &paths), "");
    }
}
