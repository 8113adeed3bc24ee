//! A path to its template: what changes from request to request gives way to a word in braces.

use crate::record::authority;
use std::borrow::Cow;

/// Segments of a path that are looked at; what follows is `…`.
pub(super) const DEPTH: usize = 8;
/// What stands for segments that were left out.
const REST: &str = "…";
/// Longer segments are tokens.
const LONG: usize = 40;
/// From this length on segments of letters, digits and marks are tokens.
const TOKEN: usize = 20;
/// From this length on hexadecimal digits are a hash or an identifier.
const HEX: usize = 8;
/// Runs of so many digits within a segment are a number.
const RUN: usize = 3;

/// Files of these kinds are one route per folder: their names change with every release.
const STATIC: [&str; 20] = [
    "js", "mjs", "css", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "woff", "woff2",
    "ttf", "otf", "mp4", "webm", "mp3", "pdf",
];

/// The path of a request's target, without scheme, host, query and fragment; `None` where it has none (`*`, `a:443`).
pub(super) fn path(target: &[u8]) -> Option<&[u8]> {
    let path = match authority(target) {
        Some(authority) => {
            let rest = target.get(authority..)?;
            rest.get(rest.iter().position(|b| matches!(b, b'/' | b'?'))?..)?
        }
        None => target,
    };
    let end = memchr::memchr3(b'?', b'#', b';', path).unwrap_or(path.len());
    path.get(..end).filter(|path| path.first() == Some(&b'/'))
}

/// The template of a path.
pub(super) fn template(path: &[u8]) -> String {
    let mut template = String::new();
    push_template(&mut template, path, false);
    template
}

/// Writes the template of a path. `files`: names of static files are kept.
pub(super) fn push_template(template: &mut String, path: &[u8], files: bool) {
    let mut segments = segments(path).peekable();
    let mut depth = 0;
    while let Some(segment) = segments.next() {
        template.push('/');
        if depth == DEPTH {
            template.push_str(REST);
            break;
        }
        match static_kind(segment).filter(|_| !files && segments.peek().is_none()) {
            Some(kind) => {
                template.push_str("*.");
                template.push_str(kind);
            }
            None => push_segment(template, segment),
        }
        depth += 1;
    }
    if depth == 0 {
        template.push('/');
    }
}

/// The segments of a path, without empty ones.
pub(super) fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|s| !s.is_empty())
}

/// The first `depth` segments of a template, and `…` where there are more.
pub(super) fn shown(template: &str, depth: usize) -> Cow<'_, str> {
    let end = template.match_indices('/').map(|m| m.0).nth(depth);
    match end.and_then(|end| template.split_at_checked(end)) {
        Some((kept, rest)) if rest.strip_prefix('/') != Some(REST) => Cow::Owned(format!("{kept}/{REST}")),
        _ => Cow::Borrowed(template),
    }
}

/// The kind of a static file, if the segment is the name of one.
fn static_kind(segment: &[u8]) -> Option<&'static str> {
    let dot = segment.iter().rposition(|&b| b == b'.').filter(|&dot| dot > 0)?;
    let kind = segment.get(dot + 1..)?;
    STATIC.into_iter().find(|k| kind.eq_ignore_ascii_case(k.as_bytes()))
}

fn push_segment(template: &mut String, segment: &[u8]) {
    match word(segment) {
        Some(word) => template.push_str(word),
        None => push_folded(template, segment),
    }
}

/// What a whole segment is, if it is something that changes from request to request.
fn word(segment: &[u8]) -> Option<&'static str> {
    let digits = segment.iter().filter(|b| b.is_ascii_digit()).count();
    let all = |accept: fn(&u8) -> bool| segment.iter().all(accept);
    if digits > 0 && all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_' | b':' | b',')) {
        return Some("{n}");
    }
    if is_uuid(segment) {
        return Some("{uuid}");
    }
    if segment.len() >= HEX && digits > 0 && all(u8::is_ascii_hexdigit) {
        return Some("{hex}");
    }
    if segment.iter().any(|b| matches!(b, b'%' | b'@' | b'+' | b'\\')) {
        return Some("{text}");
    }
    let token = segment.len() >= TOKEN
        && digits >= RUN
        && segment.iter().any(u8::is_ascii_uppercase)
        && all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'.'));
    (token || segment.len() > LONG).then_some("{token}")
}

/// Hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_uuid(segment: &[u8]) -> bool {
    let mark =
        |(i, b): (usize, &u8)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() };
    segment.len() == 36 && segment.iter().enumerate().all(mark)
}

/// The segment with its numbers folded.
fn push_folded(template: &mut String, segment: &[u8]) {
    let text = String::from_utf8_lossy(segment);
    let mut rest = &*text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let run = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (number, after) = from.split_at(run);
        template.push_str(before);
        template.push_str(if run >= RUN { "{n}" } else { number });
        rest = after;
    }
    template.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_folded() {
        for (path, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/api/v1/orders/8812", "/api/v1/orders/{n}"),
            ("/api/v1/orders/8812/items/3", "/api/v1/orders/{n}/items/{n}"),
            ("/u/6f1ed002-ab5b-4d3e-9c1e-5b6f7a8b9c0d/x", "/u/{uuid}/x"),
            ("/blob/9f86d081884c7d65", "/blob/{hex}"),
            ("/feedback", "/feedback"),
            ("/deadbeef", "/deadbeef"),
            ("/order-20817", "/order-{n}"),
            ("/v2/s3/h26", "/v2/s3/h26"),
            ("/2019/03/02", "/{n}/{n}/{n}"),
            ("/2019-03-02", "/{n}"),
            ("/static/js/main.8f3a2b1c.js", "/static/js/*.js"),
            ("/login.php", "/login.php"),
            ("/search/caf%C3%A9", "/search/{text}"),
            ("/t/eyJhbGciOiJIUzI1NiJ9.e30", "/t/{token}"),
            ("/an-article-about-how-to-write-a-short-title-well", "/{token}"),
            ("/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/g/h"),
            ("/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/…"),
        ] {
            assert_eq!(template(path.as_bytes()), expected, "{path}");
        }
        let mut named = "h".to_owned();
        push_template(&mut named, b"/static/main.8f3a2b1c.js", true);
        assert_eq!(named, "h/static/main.8f3a2b1c.js");
        assert_eq!(template(b"/\xff\xfe"), "/\u{fffd}\u{fffd}");
    }

    #[test]
    fn paths_of_targets() {
        for (target, expected) in [
            ("/a?b=/c", Some("/a")),
            ("/a;v=1/b", Some("/a")),
            ("/a#b", Some("/a")),
            ("http://example.org/a?b", Some("/a")),
            ("/?u=http://example.org/a", Some("/")),
            ("http://example.org", None),
            ("example.org:443", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(path(target.as_bytes()), expected.map(str::as_bytes), "{target}");
        }
    }

    #[test]
    fn cutting_twice_is_cutting_once() {
        let paths = ["/", "/a", "/a/b", "/a/b/c/d", "/a/b/c/d/e/f/g/h/…", "/a/…"];
        for path in paths {
            for far in 0..9 {
                for near in 0..=far {
                    let once = text(path, near);
                    assert_eq!(text(&text(path, far), near), once, "{path} at {far} and {near}");
                }
            }
        }
        assert_eq!([text("/a/b/c", 2), text("/a/b", 2), text("/", 0)], ["/a/b/…", "/a/b", "/…"]);
    }

    fn text(template: &str, depth: usize) -> String {
        shown(template, depth).into_owned()
    }
}
