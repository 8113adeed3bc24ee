//! One record for people: what each column holds, and what the line says as a whole.

use std::fmt::Write as _;

use brownout::catalogue::{self, Entry};
use brownout::{
    Field, Kind, Origin, Product, Record, Sanitized, Status, TimeMeaning, Value, attribute, masked,
};

use crate::wrap::{WIDTH, wrap};

/// Columns left for a value, whatever the names need.
const LEAST: usize = 24;

/// A row for each column: the product's name, the meaning, the value as logged, and what it was read as.
pub(crate) fn columns(text: &mut String, record: &Record<'_>) {
    let columns = record.schema().columns();
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let names = width(&mut columns.iter().map(|c| c.name.chars().count())).min(40);
    let fields = width(&mut columns.iter().map(|c| meaning_of(c.field).len()));
    let head = 2 + names + 2 + fields + 2;
    let room = WIDTH.saturating_sub(head).max(LEAST);
    for (position, column) in columns.iter().enumerate() {
        let name = short(Sanitized(column.name.as_bytes()).to_string(), names);
        let _ = write!(text, "  {name:names$}  {:fields$}  ", meaning_of(column.field));
        let Some(value) = record.column(position) else {
            *text += "(not in this line)\n";
            continue;
        };
        let raw = match value.raw() {
            b"" => "(empty)".to_owned(),
            b"-" => "- (absent)".to_owned(),
            raw => short(shown(raw), room),
        };
        *text += &raw;
        let read = read_as(record, value).filter(|read| *read != raw);
        if let Some(read) = read.map(|read| short(read, room - 2)) {
            if raw.chars().count() + 4 + read.chars().count() <= room {
                let _ = write!(text, "  = {read}");
            } else {
                let _ = write!(text, "\n{:head$}= {read}", "");
            }
        }
        text.push('\n');
    }
}

/// What the record says as a whole.
pub(crate) fn meaning(text: &mut String, record: &Record<'_>) {
    let mut say = |name: &str, words: &str| wrap(text, &format!("  {name:11} "), words);
    if let Some(time) = record.time() {
        let end = record.schema().time_meaning() == TimeMeaning::End;
        say("time", &format!("{time}, the {} of the request", if end { "end" } else { "start" }));
    }
    let request = record.request_line();
    let part = |value: Option<Value<'_>>| value.map_or("-".into(), |value| short(shown(value.raw()), 60));
    let pairs = [
        ("host", record.host()),
        ("client", record.client()),
        ("upstream", record.upstream()),
        ("peer", record.upstream_addr()),
    ];
    say("request", &format!("{} {}", part(request.method), part(request.target)));
    let known = pairs.into_iter().filter(|(_, value)| value.is_some());
    say("who", &known.map(|(name, value)| format!("{name} {}", part(value))).collect::<Vec<_>>().join(", "));
    if let Some(micros) = record.duration_micros() {
        say("took", &duration(micros));
    }
    let attribution = attribute(record);
    match attribution.origin {
        Origin::None => say("verdict", "no failure"),
        origin => {
            let cause = attribution.cause.map_or("unknown", |cause| cause.name());
            let evidence = match attribution.evidence {
                "" => "nothing in the line tells".to_owned(),
                column => format!("evidence: {column}"),
            };
            let verdict = format!(
                "origin {}, cause {cause}, answered by {}; {evidence}",
                origin.name(),
                attribution.answered_by.name()
            );
            say("verdict", &verdict);
            if let Some(cause) = attribution.cause {
                say("", catalogue::cause(cause).meaning);
            }
        }
    }
    say("masked", if masked(record) { "yes: a failed attempt stands behind this answer" } else { "no" });
    attempts(text, record);
}

/// A row for each peer that was asked.
fn attempts(text: &mut String, record: &Record<'_>) {
    let attempts: Vec<_> = record.attempts().collect();
    if attempts.is_empty() {
        *text += "  attempts    none: no peer is named\n";
        return;
    }
    let _ = writeln!(
        text,
        "  attempts    {:40}  {:>6}  {:>10}  {:>10}  {:>10}",
        "peer", "status", "connect", "header", "whole"
    );
    for attempt in attempts {
        let time = |micros: Option<u64>| micros.map_or("-".into(), duration);
        let _ = writeln!(
            text,
            "              {:40}  {:>6}  {:>10}  {:>10}  {:>10}",
            attempt.addr.map_or("-".into(), |addr| short(shown(addr), 40)),
            attempt.status.map_or("-".into(), |status| status.to_string()),
            time(attempt.connect_micros),
            time(attempt.header_micros),
            time(attempt.duration_micros)
        );
    }
}

/// Columns without a meaning of their own have no word for it.
fn meaning_of(field: Field) -> &'static str {
    if field == Field::Other { "" } else { field.name() }
}

/// The value in its type, where that says more than its bytes.
fn read_as(record: &Record<'_>, value: Value<'_>) -> Option<String> {
    let raw = value.raw();
    if matches!(raw, b"" | b"-") {
        return None;
    }
    let column = value.column();
    let is_list = raw.contains(&b',') || raw.windows(3).any(|w| w == b" : ");
    match &column.kind {
        Kind::Time(layout) => Some(match layout.parse(raw, record.schema().utc_offset()) {
            Some(time) => time.to_string(),
            None => "not readable as a time".into(),
        }),
        Kind::Duration(_) | Kind::Status if is_list => Some("one for each attempt".into()),
        Kind::Duration(_) => Some(match value.micros() {
            Some(micros) => duration(micros),
            None if raw.starts_with(b"-") => "not measured".into(),
            None => "not readable as a duration".into(),
        }),
        Kind::Status => Some(match Status::parse(raw) {
            Some(status) => {
                let title = catalogue::status(status).map_or("", |entry| entry.title);
                format!("{} {title}", status.class().name()).trim_end().to_owned()
            }
            None => "not readable as a status".into(),
        }),
        Kind::Integer if value.integer().is_none() => Some("not readable as a number".into()),
        _ if column.field == Field::Reason => reason(record.schema().product(), raw),
        _ => {
            let decoded = value.decoded();
            (*decoded != *raw).then(|| shown(&decoded))
        }
    }
}

/// Long names of the product's own words for a reason.
fn reason(product: Product, raw: &[u8]) -> Option<String> {
    let raw = std::str::from_utf8(raw).ok()?;
    let entries: Vec<&Entry> = match product {
        Product::Envoy => raw.split(',').filter_map(catalogue::envoy_flag).collect(),
        Product::Haproxy => catalogue::haproxy_state(raw).into_iter().collect(),
        Product::Alb => catalogue::alb_error_reason(raw).into_iter().collect(),
        _ => Vec::new(),
    };
    let titles: Vec<&str> = entries.iter().map(|entry| entry.title).collect();
    (!titles.is_empty()).then(|| titles.join(", "))
}

/// `850 µs`, `12.5 ms`, `3.004 s`.
fn duration(micros: u64) -> String {
    let scaled = |unit: u64, name| {
        let text = format!("{}.{:03}", micros / unit, micros % unit / (unit / 1000));
        format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match micros {
        0 => "0 ms".into(),
        1..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => scaled(1_000, "ms"),
        _ => scaled(1_000_000, "s"),
    }
}

/// Bytes of the log, safe to show; no more of them than a screen holds.
fn shown(raw: &[u8]) -> String {
    Sanitized(raw.get(..4 * WIDTH).unwrap_or(raw)).to_string()
}

/// At most `room` characters.
fn short(text: String, room: usize) -> String {
    if text.chars().count() <= room {
        return text;
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}
