//! What HAProxy's aliases and sample expressions mean and hold.
//!
//! Sources: the table in section 8.2.6 of `configuration.txt`; `src/log.c` for what `+Q` quotes and what is
//! written as `#HH`.

use crate::escape::Escape;
use crate::schema::{Field, Kind, Unit};
use crate::template::sketch::{Meaning, Reach};
use crate::time::TimeLayout;

#[derive(Debug)]
pub(super) struct Alias {
    pub(super) meaning: Meaning,
    pub(super) escape: Escape,
    /// `+Q` puts quotes around it.
    pub(super) quotable: bool,
}

impl From<Meaning> for Alias {
    /// Numbers, dates and states: never quoted.
    fn from(meaning: Meaning) -> Self {
        Self { meaning, escape: Escape::None, quotable: false }
    }
}

pub(super) fn alias(name: &str) -> Alias {
    use Field::{
        BytesReceived, BytesSent, Client, Duration, Frontend, Method, Other, Protocol, QueueTime, Reason,
        Request, RequestId, RequestTime, Retries, Status, Target, Upstream, UpstreamAddr,
        UpstreamConnectTime, UpstreamHeaderTime,
    };
    match name {
        "t" | "tr" => stamp(TimeLayout::ClfMillis, Reach::Token),
        "T" | "Tl" | "trg" | "trl" => stamp(TimeLayout::Clf, Reach::Text),
        "Ts" => stamp(TimeLayout::EpochSeconds, Reach::Token),

        "ST" => Meaning::new(Status, Kind::Status, Reach::Token).into(),
        "tsc" => Meaning::new(Reason, Kind::Text, Reach::Token).into(),
        "ts" => Meaning::new(Reason, Kind::Text, Reach::Token).rank(1).into(),

        "TR" => millis(RequestTime),
        "Tq" => millis_rank(RequestTime, 1),
        "Tw" => millis(QueueTime),
        "Tc" => millis(UpstreamConnectTime),
        "Tr" => millis(UpstreamHeaderTime),
        "Ta" => millis(Duration),
        "Tt" => millis_rank(Duration, 1),
        "Tu" => millis_rank(Duration, 2),
        "Td" | "Th" | "Ti" => millis(Other),

        "ci" => address(Client),
        "si" => Alias {
            meaning: Meaning::new(UpstreamAddr, Kind::Address, Reach::Token).rank(1),
            ..address(Other)
        },
        "fi" | "bi" => address(Other),
        "rc" => integer(Retries),
        "B" => integer(BytesSent),
        "U" => integer(BytesReceived),
        "cp" | "fp" | "bp" | "sp" | "ac" | "fc" | "bc" | "sc" | "sq" | "bq" | "lc" | "rt" | "pid" | "ms" => {
            integer(Other)
        }

        "ft" => text(Frontend, Reach::Token),
        "f" => Alias {
            meaning: Meaning::new(Frontend, Kind::Text, Reach::Token).rank(1),
            ..text(Other, Reach::Token)
        },
        "b" => text(Upstream, Reach::Token),
        "s" => text(UpstreamAddr, Reach::Token),
        "H" | "sslv" | "sslc" | "OG" => text(Other, Reach::Token),
        "ID" => text(RequestId, Reach::Text),
        "CC" | "CS" => text(Other, Reach::Cookie),

        "r" => hashed(Meaning::new(Request, Kind::Request, Reach::Text)),
        "HM" => hashed(Meaning::new(Method, Kind::Text, Reach::Word)),
        "HU" => hashed(Meaning::new(Target, Kind::Text, Reach::Text)),
        "HP" => hashed(Meaning::new(Target, Kind::Text, Reach::Text).rank(1)),
        "HPO" => hashed(Meaning::new(Target, Kind::Text, Reach::Text).rank(2)),
        "HQ" => hashed(Meaning::new(Other, Kind::Text, Reach::Text)),
        "HV" => hashed(Meaning::new(Protocol, Kind::Text, Reach::Word)),
        "hr" | "hs" => Alias { quotable: false, ..hashed(Meaning::new(Other, Kind::Text, Reach::Captures)) },
        "hrl" | "hsl" => Alias { quotable: false, ..hashed(Meaning::new(Other, Kind::Text, Reach::Text)) },
        _ => text(Other, Reach::Text),
    }
}

/// A sample expression: `fetch(argument),converter,…`.
pub(super) fn expression(text: &str) -> Alias {
    let (fetch, converters) = split_converters(text);
    let keeps = |converter: &str| matches!(converter.split('(').next(), Some("json" | "lower" | "upper"));
    let meaning = if converters.clone().all(keeps) { fetched(fetch) } else { other() };
    let json = converters.clone().any(|converter| converter.starts_with("json("));
    let escape = if json { Escape::Json } else { Escape::None };
    Alias { meaning, escape, quotable: true }
}

/// The fetch with its argument, and the converters after it.
fn split_converters(text: &str) -> (&str, impl Iterator<Item = &str> + Clone) {
    let comma = match (text.find('('), text.find(',')) {
        (Some(open), Some(comma)) if open < comma => {
            let close = text.find(')').unwrap_or(text.len());
            text.get(close..).and_then(|rest| rest.find(',')).map(|i| close + i)
        }
        (_, comma) => comma,
    };
    let (fetch, rest) = text.split_at(comma.unwrap_or(text.len()));
    (fetch.trim(), rest.split(',').skip(1).map(str::trim))
}

fn fetched(fetch: &str) -> Meaning {
    let (name, argument) = fetch.split_once('(').unwrap_or((fetch, ""));
    let text = |field, rank| Meaning::new(field, Kind::Text, Reach::Text).rank(rank);
    match name {
        "req.hdr" | "req.fhdr" | "hdr" | "fhdr" => {
            let header = argument.trim_end_matches(')').split(',').next().unwrap_or_default().trim();
            request_header(header)
        }
        "src" => Meaning::new(Field::Client, Kind::Address, Reach::Token).rank(1),
        "status" | "txn.status" => Meaning::new(Field::Status, Kind::Status, Reach::Token).rank(1),
        "method" | "capture.req.method" => text(Field::Method, 1),
        "capture.req.uri" | "pathq" | "url" => text(Field::Target, 1),
        "path" => text(Field::Target, 3),
        "capture.req.ver" => text(Field::Protocol, 1),
        "unique-id" => text(Field::RequestId, 1),
        "ssl_fc_sni" | "req.ssl_sni" => text(Field::Host, 2),
        "be_name" => text(Field::Upstream, 1),
        "srv_name" => text(Field::UpstreamAddr, 2),
        "fe_name" => text(Field::Frontend, 2),
        _ => other(),
    }
}

fn request_header(name: &str) -> Meaning {
    let field = match name.to_ascii_lowercase().as_str() {
        "host" => Field::Host,
        "user-agent" => Field::UserAgent,
        "referer" => Field::Referer,
        "x-forwarded-for" => Field::ForwardedFor,
        "x-request-id" => Field::RequestId,
        _ => Field::Other,
    };
    Meaning::new(field, Kind::Text, Reach::Text).rank(1)
}

fn other() -> Meaning {
    Meaning::new(Field::Other, Kind::Text, Reach::Text)
}
fn stamp(layout: TimeLayout, reach: Reach) -> Alias {
    Meaning::new(Field::Time, Kind::Time(layout), reach).into()
}
fn millis(field: Field) -> Alias {
    millis_rank(field, 0)
}
fn millis_rank(field: Field, rank: u8) -> Alias {
    Meaning::new(field, Kind::Duration(Unit::Millis), Reach::Token).rank(rank).into()
}
fn integer(field: Field) -> Alias {
    Meaning::new(field, Kind::Integer, Reach::Token).into()
}
fn address(field: Field) -> Alias {
    Alias { meaning: Meaning::new(field, Kind::Address, Reach::Token), escape: Escape::None, quotable: true }
}
fn text(field: Field, reach: Reach) -> Alias {
    Alias { meaning: Meaning::new(field, Kind::Text, reach), escape: Escape::None, quotable: true }
}
/// Taken from the request, written with `#HH`.
fn hashed(meaning: Meaning) -> Alias {
    Alias { meaning, escape: Escape::Hash, quotable: true }
}
