//! Traefik's common log format.
//!
//! Source: `pkg/middlewares/accesslog/logger_formatters.go`. `ClientHost` is all of `X-Forwarded-For` where that is
//! trusted, and nothing in quotes was escaped before v3.6.18 (quotes since then, backslashes never): columns end
//! where the whole next literal stands, and quoted ones are bounded from both ends of the line.

use super::{Pattern, Shape};
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind, Product, TimeMeaning, Unit};
use crate::time::TimeLayout;

/// How a version writes what is absent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dash {
    Quoted,
    /// `genericCLF`: nothing behind the user agent.
    Generic,
    /// v1: the referer.
    Referer,
    /// v2.1: router and server.
    Server,
}

/// The usual lines.
pub(super) fn clf() -> Pattern {
    pattern(Dash::Quoted)
}

/// v1 without a referer.
pub(super) fn v1() -> Pattern {
    pattern(Dash::Referer)
}

/// v2.1 without a server.
pub(super) fn unrouted() -> Pattern {
    pattern(Dash::Server)
}

/// v3.5.2's `genericCLF`.
pub(super) fn generic() -> Pattern {
    pattern(Dash::Generic)
}

fn pattern(dash: Dash) -> Pattern {
    let mut pattern = Pattern::new(Product::Traefik, TimeMeaning::Start);
    let mut column = |before: &str, name: &str, field, kind, shape| {
        pattern.literal(before.as_bytes());
        pattern.column(Column::new(name, field, kind).escaped(Escape::None), shape);
    };
    let (token, text) = (Shape::Token, Shape::Text);
    column("", "ClientHost", Field::Client, Kind::Address, text);
    column(" - ", "ClientUsername", Field::Other, Kind::Text, text);
    column(" [", "StartUTC", Field::Time, Kind::Time(TimeLayout::Clf), text);
    column("] \"", "request", Field::Request, Kind::Request, text);
    column("\" ", "DownstreamStatus", Field::Status, Kind::Status, token);
    column(" ", "DownstreamContentSize", Field::BytesSent, Kind::Integer, token);
    if dash == Dash::Referer {
        column(" - \"", "request_User-Agent", Field::UserAgent, Kind::Text, text);
    } else {
        column(" \"", "request_Referer", Field::Referer, Kind::Text, text);
        column("\" \"", "request_User-Agent", Field::UserAgent, Kind::Text, text);
    }
    if dash == Dash::Generic {
        pattern.literal(b"\"");
        return pattern;
    }
    column("\" ", "RequestCount", Field::Other, Kind::Integer, token);
    column(" \"", "RouterName", Field::Upstream, Kind::Text, text);
    if dash == Dash::Server {
        column("\" ", "ServiceURL", Field::UpstreamAddr, Kind::Address, token);
        column(" ", "Duration", Field::Duration, Kind::Duration(Unit::Millis), token);
    } else {
        column("\" \"", "ServiceURL", Field::UpstreamAddr, Kind::Address, text);
        column("\" ", "Duration", Field::Duration, Kind::Duration(Unit::Millis), token);
    }
    pattern.literal(b"ms");
    pattern
}
