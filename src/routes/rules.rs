//! [`Rules`]: which route a target belongs to.

use super::fold::{path, segments, template};
use thiserror::Error;

/// Which route a request's target belongs to: the operator's own patterns first, then what folding gives.
///
/// Folded are numbers (`{n}`), UUIDs (`{uuid}`), hexadecimal of 8 digits on (`{hex}`), encoded text and addresses
/// (`{text}`), long tokens (`{token}`), and the names of static files (`*.js`). The query does not count. Words are kept:
/// a log cannot tell a title from a name of the application, so where titles stand in paths a pattern is needed.
///
/// A pattern is a path whose segments are literal, `*` or `{name}` for any one, or `**` at the end for any number. It
/// is its own name in reports.
///
/// ```
/// use brownout::Rules;
/// let rules = Rules::new(["/articles/{title}", "/assets/**"])?;
/// assert_eq!(rules.route(b"/articles/how-it-works?utm=1").as_deref(), Some("/articles/{title}"));
/// assert_eq!(rules.route(b"/assets/a/b.js").as_deref(), Some("/assets/**"));
/// assert_eq!(rules.route(b"/api/v1/orders/8812/items").as_deref(), Some("/api/v1/orders/{n}/items"));
/// assert_eq!(rules.route(b"*"), None);
/// # Ok::<(), brownout::RulesError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    patterns: Vec<Pattern>,
}

/// A pattern that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesError {
    /// It has to begin with a slash.
    #[error("route pattern {0:?} does not begin with a slash")]
    NoSlash(String),
    /// `**` matches everything that follows, so nothing can follow.
    #[error("route pattern {0:?} goes on after **")]
    AfterRest(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    name: Box<str>,
    /// `None`: any one segment.
    segments: Vec<Option<Box<[u8]>>>,
    /// Any segments may follow.
    rest: bool,
}

impl Rules {
    /// Rules with patterns of one's own; the first that fits decides.
    ///
    /// # Errors
    /// When a pattern does not begin with a slash or goes on after `**`.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self, RulesError> {
        let patterns = patterns.into_iter().map(Pattern::new).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// The route of a target as logged; `None` where it has no path, as in `OPTIONS *` and `CONNECT host:443`.
    pub fn route(&self, target: &[u8]) -> Option<String> {
        let path = path(target)?;
        Some(match self.patterns.iter().find(|p| p.fits(path)) {
            Some(pattern) => pattern.name.to_string(),
            None => template(path),
        })
    }

    /// The names that no folding makes shorter.
    pub(super) fn is_pattern(&self, route: &str) -> bool {
        self.patterns.iter().any(|p| *p.name == *route)
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, RulesError> {
        if !text.starts_with('/') {
            return Err(RulesError::NoSlash(text.into()));
        }
        let mut all: Vec<&[u8]> = segments(text.as_bytes()).collect();
        let rest = all.last() == Some(&b"**".as_slice());
        if rest {
            all.pop();
        }
        if all.contains(&b"**".as_slice()) {
            return Err(RulesError::AfterRest(text.into()));
        }
        let any = |s: &[u8]| s == b"*" || (s.starts_with(b"{") && s.ends_with(b"}"));
        let segments = all.into_iter().map(|s| (!any(s)).then(|| s.into())).collect();
        Ok(Self { name: text.into(), segments, rest })
    }

    fn fits(&self, path: &[u8]) -> bool {
        let mut found = segments(path);
        let all = self.segments.iter().all(|wanted| match (wanted, found.next()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(wanted), Some(segment)) => **wanted == *segment,
        });
        all && (self.rest || found.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_go_first_and_in_order() {
        let rules = Rules::new(["/a/*/c", "/a/**", "/", "/x/{y}"]).expect("patterns");
        for (target, expected) in [
            ("/a/b/c", "/a/*/c"),
            ("/a/b/d", "/a/**"),
            ("/a", "/a/**"),
            ("/", "/"),
            ("/?q", "/"),
            ("/x/1?z", "/x/{y}"),
            ("/x/1/2", "/x/{n}/{n}"),
            ("/b/123", "/b/{n}"),
        ] {
            assert_eq!(rules.route(target.as_bytes()).as_deref(), Some(expected), "{target}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        let why = |text| Rules::new([text]).map_err(|e| e.to_string());
        assert_eq!(why("api/*"), Err("route pattern \"api/*\" does not begin with a slash".into()));
        assert_eq!(why("/**/x"), Err("route pattern \"/**/x\" goes on after **".into()));
    }
}
