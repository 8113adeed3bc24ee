//! Traefik's common log format.
//!
//! Source: `pkg/middlewares/accesslog/logger_formatters.go`. `ClientHost` is all of `X-Forwarded-For` where that is
//! trusted, and nothing in quotes was escaped before v3.6.18 (quotes since then, backslashes never): columns end
//! where the whole next literal stands, and quoted ones are bounded from both ends of the line.

use super::{Pattern, Shape};
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, TimeMeaning, Unit};
use crate::time::TimeLayout;

/// Which absent values behind the user agent stand without quotes.
#[derive(Clone, Copy, Default)]
struct Bare {
    /// v1.4, and v2.1 with the server.
    router: bool,
    /// v2.1.
    server: bool,
}

/// The usual lines.
pub(super) fn clf() -> Pattern {
    finish(pattern(false), Bare::default())
}

/// v3.5.2's `genericCLF`: nothing behind the user agent.
pub(super) fn generic() -> Pattern {
    let mut pattern = pattern(false);
    pattern.literal(b"\"");
    pattern
}

/// Up to the size: the common log format, as its documentation shows it.
pub(super) fn common() -> Pattern {
    let mut pattern = Pattern::new(Product::Traefik, TimeMeaning::Start);
    up_to_size(&mut pattern);
    pattern
}

/// v1 without a referer.
pub(super) fn v1() -> Pattern {
    finish(pattern(true), Bare::default())
}

/// v1 without a referer, a router and a server.
pub(super) fn v1_unrouted() -> Pattern {
    finish(pattern(true), Bare { router: true, server: true })
}

/// v2.1 without a server, perhaps without a router.
pub(super) fn unrouted(router: bool) -> Pattern {
    finish(pattern(false), Bare { router: !router, server: true })
}

/// A column behind a literal.
fn column(pattern: &mut Pattern, before: &str, name: &str, field: Field, kind: Kind, shape: Shape) {
    pattern.literal(before.as_bytes());
    pattern.column(Column::new(name, field, kind).escaped(Escape::None), shape);
}

/// Up to the user agent, before its closing quote.
fn pattern(bare_referer: bool) -> Pattern {
    let mut pattern = Pattern::new(Product::Traefik, TimeMeaning::Start);
    let p = &mut pattern;
    up_to_size(p);
    let text = Shape::Text;
    let mut agent = " - \"";
    if !bare_referer {
        column(p, " \"", "request_Referer", Field::Referer, Kind::Text, text);
        agent = "\" \"";
    }
    column(p, agent, "request_User-Agent", Field::UserAgent, Kind::Text, text);
    pattern
}

fn up_to_size(p: &mut Pattern) {
    let (token, text) = (Shape::Token, Shape::Text);
    column(p, "", "ClientHost", Field::Client, Kind::Address, text);
    column(p, " - ", "ClientUsername", Field::Other, Kind::Text, text);
    column(p, " [", "StartUTC", Field::Time, Kind::Time(TimeLayout::Clf), text);
    column(p, "] \"", "request", Field::Request, Kind::Request, text);
    column(p, "\" ", "DownstreamStatus", Field::Status, Kind::Status, token);
    column(p, " ", "DownstreamContentSize", Field::BytesSent, Kind::Integer, token);
}

/// From the user agent's closing quote on.
fn finish(mut pattern: Pattern, bare: Bare) -> Pattern {
    let p = &mut pattern;
    let shape = |bare| if bare { Shape::Token } else { Shape::Text };
    column(p, "\" ", "RequestCount", Field::Other, Kind::Integer, Shape::Token);
    let before = if bare.router { " " } else { " \"" };
    column(p, before, "RouterName", Field::Upstream, Kind::Text, shape(bare.router));
    let before = match (bare.router, bare.server) {
        (false, false) => "\" \"",
        (false, true) => "\" ",
        (true, true) => " ",
        (true, false) => " \"",
    };
    column(p, before, "ServiceURL", Field::UpstreamAddr, Kind::Address, shape(bare.server));
    let before = if bare.server { " " } else { "\" " };
    column(p, before, "Duration", Field::Duration, Kind::Duration(Unit::Millis), Shape::Token);
    pattern.literal(b"ms");
    pattern
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, Line};
    use crate::record::Spans;
    use crate::template::Template;

    /// Lines of several versions; a user agent that tries to be two columns; a list of clients.
    #[test]
    fn read_from_both_ends() {
        let tail = r#""-" "x" 1 "r@file" "http://10.0.0.2:80" 3ms"#;
        let cases = [
            (Template::traefik(), format!(r#"203.0.113.7, 10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/2.0" 502 11 {tail}"#),
                "203.0.113.7 502 r@file http://10.0.0.2:80 3000 x"),
            (Template::traefik(), r#"10.1.1.1 - a b [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" - - "-" "evil" 200 9 "x" 7 "a -> b@docker" "-" 31002ms"#.into(),
                r#"10.1.1.1 0 a -> b@docker - 31002000 evil" 200 9 "x"#),
            (Template::traefik(), r#"10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" 200 5 "-" "ends in \" 7 "r@file" "http://[::1]:80" 0ms"#.into(),
                r"10.1.1.1 200 r@file http://[::1]:80 0 ends in \"),
            (Template::traefik_v1(), r#"10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" 200 5 - "x" 7 "r" "http://10.0.0.2" 1ms"#.into(),
                "10.1.1.1 200 r http://10.0.0.2 1000 x"),
            (Template::traefik_unrouted(), r#"10.1.1.1 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" 404 19 "-" "x" 7 "r" - 1ms"#.into(),
                "10.1.1.1 404 r - 1000 x"),
        ];
        let mut spans = Spans::new();
        for (format, line, want) in cases {
            let Ok(Line::Access(r)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
            let text = |v: Option<crate::Value<'_>>| {
                v.map_or("-".into(), |v| String::from_utf8_lossy(v.raw()).into_owned())
            };
            let got = format!(
                "{} {} {} {} {} {}",
                text(r.client()),
                r.status().map_or(0, crate::Status::code),
                text(r.upstream()),
                text(r.value(crate::Field::UpstreamAddr)),
                r.duration_micros().unwrap_or(u64::MAX),
                text(r.user_agent()),
            );
            assert_eq!(got, want, "{line}");
        }
    }
}
