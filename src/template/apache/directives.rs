//! What Apache's directives mean and hold.
//!
//! Sources: `mod_log_config.c`, `mod_logio.c`, `mod_ssl.c`, and for the proxy's notes and variables
//! `mod_proxy_http.c` and `mod_proxy_balancer.c`. A letter that is not here (a module's) is text.

use super::{Directive, holds_blank};
use crate::schema::{Field, Kind, Unit};
use crate::template::sketch::{Meaning, Reach};
use crate::template::strftime;
use crate::time::TimeLayout;

pub(super) fn meaning(directive: &Directive<'_>) -> Meaning {
    let meaning = by_letter(directive);
    // A value that is printed for some statuses only gives way to one that is always there.
    if directive.conditional { Meaning { rank: meaning.rank.saturating_add(8), ..meaning } } else { meaning }
}

fn by_letter(directive: &Directive<'_>) -> Meaning {
    let argument = directive.argument.unwrap_or_default();
    match directive.letter {
        "t" => stamp(argument),
        "r" => Meaning::new(Field::Request, Kind::Request, Reach::Text),
        "s" => Meaning::new(Field::Status, Kind::Status, Reach::Token).rank(u8::from(!directive.last)),
        "a" => address(Field::Client).rank(if argument == "c" { 2 } else { 0 }),
        "h" => address(Field::Client).rank(if argument == "c" { 3 } else { 1 }),
        "A" => address(Field::Other),
        "b" | "B" => integer(Field::BytesSent),
        "O" => integer(Field::BytesSent).rank(1),
        "I" => integer(Field::BytesReceived),
        "D" => duration(Unit::Micros),
        "T" => match argument {
            "ms" => duration(Unit::Millis).rank(1),
            "us" => duration(Unit::Micros),
            _ => duration(Unit::Seconds).rank(2),
        },
        "m" => word(Field::Method),
        "U" => text(Field::Target),
        "H" => word(Field::Protocol),
        "v" => word(Field::Host),
        "V" => word(Field::Host).rank(1),
        "S" | "p" | "P" | "k" => integer(Field::Other),
        "l" | "X" | "L" | "R" => word(Field::Other),
        "i" => request_header(argument),
        "e" => variable(argument),
        "n" if argument == "proxy-status" => Meaning::new(Field::ProxyStatus, Kind::Status, Reach::Token),
        "x" if argument.eq_ignore_ascii_case("SSL_CLIENT_VERIFY") => text(Field::TlsVerify),
        _ => text(Field::Other),
    }
}

fn request_header(name: &str) -> Meaning {
    match name.to_ascii_lowercase().as_str() {
        "referer" => text(Field::Referer),
        "user-agent" => text(Field::UserAgent),
        "x-forwarded-for" => text(Field::ForwardedFor),
        "host" => text(Field::Host).rank(2),
        "x-request-id" => text(Field::RequestId),
        "x-amzn-trace-id" => text(Field::RequestId).rank(2),
        _ => text(Field::Other),
    }
}

/// The environment; `mod_proxy_balancer` leaves the last worker it tried there.
fn variable(name: &str) -> Meaning {
    match name {
        "BALANCER_NAME" => word(Field::Upstream),
        "BALANCER_WORKER_NAME" => Meaning::new(Field::UpstreamAddr, Kind::Address, Reach::Word),
        "UNIQUE_ID" => word(Field::RequestId).rank(1),
        "SSL_CLIENT_VERIFY" => text(Field::TlsVerify).rank(1),
        _ => text(Field::Other),
    }
}

/// `%t`, `%{strftime}t`, `%{begin:usec}t`.
fn stamp(argument: &str) -> Meaning {
    let bare = argument.strip_prefix("begin:").or_else(|| argument.strip_prefix("end:")).unwrap_or(argument);
    let layout = match bare {
        "" => TimeLayout::Clf,
        "sec" => TimeLayout::EpochSeconds,
        "msec" => TimeLayout::EpochMillis,
        "usec" => TimeLayout::EpochMicros,
        "msec_frac" | "usec_frac" => return integer(Field::Other),
        text => strftime::layout(text),
    };
    let kind = Kind::Time(layout);
    let reach = if holds_blank(&kind) { Reach::Text } else { Reach::Token };
    Meaning::new(Field::Time, kind, reach)
}

fn word(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Word)
}
fn text(field: Field) -> Meaning {
    Meaning::new(field, Kind::Text, Reach::Text)
}
fn integer(field: Field) -> Meaning {
    Meaning::new(field, Kind::Integer, Reach::Token)
}
fn address(field: Field) -> Meaning {
    Meaning::new(field, Kind::Address, Reach::Token)
}
fn duration(unit: Unit) -> Meaning {
    Meaning::new(Field::Duration, Kind::Duration(unit), Reach::Token)
}
