//! The lines of incidents: every one in `tests/data/hard-lines.json` is read as it has to be.
//!
//! `benches/side-by-side` gives the same lines to other readers.

use brownout::input::lines;
use brownout::{Choice, Line, Options, Record, Spans, Value};
use serde_json::Value as Json;

const LINES: &str = include_str!("data/hard-lines.json");

/// A character up to U+00FF is a byte, so that lines can hold any.
fn bytes(line: &str) -> Vec<u8> {
    line.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect()
}

fn text(value: Option<Value<'_>>) -> Option<String> {
    value.map(|value| String::from_utf8_lossy(&value.decoded()).into_owned())
}

/// A field as the file writes it; statuses of the attempts in order.
fn field(record: &Record<'_>, name: &str) -> Option<String> {
    let request = record.request_line();
    match name {
        "status" => record.status().map(|status| status.code().to_string()),
        "method" => text(request.method),
        "target" => text(request.target),
        "protocol" => text(request.protocol),
        "client" => text(record.client()),
        "user_agent" => text(record.user_agent()),
        "upstream_addr" => text(record.upstream_addr()),
        "reason" => text(record.reason()),
        "attempts" => {
            let statuses = record.attempts().filter_map(|attempt| attempt.status);
            Some(statuses.map(|status| status.code().to_string()).collect::<Vec<_>>().join(", "))
        }
        _ => panic!("no field {name}"),
    }
}

fn check(name: &str, format: &str, case: &Json) {
    let line = bytes(case["line"].as_str().unwrap());
    let format = Choice::parse(format, None).unwrap().resolve(&Options::default(), &line).unwrap();
    let mut spans = Spans::new();
    assert_eq!(lines(&line).count(), 1, "{name}");
    let read = format.parse(&line, &mut spans);
    let expected = case["expected"].as_object().unwrap();
    match (expected.get("kind").and_then(Json::as_str), read) {
        (None, Ok(Line::Access(record))) => {
            for (field_name, value) in expected {
                assert_eq!(field(&record, field_name).as_deref(), value.as_str(), "{name}: {field_name}");
            }
        }
        (Some("malformed"), Err(_)) | (Some("other"), Ok(Line::Other(_))) => {}
        (_, read) => panic!("{name}: {read:?}"),
    }
}

#[test]
fn the_lines_of_incidents_are_read() {
    let lines: Json = serde_json::from_str(LINES).unwrap();
    for (format, plain) in lines["formats"].as_object().unwrap() {
        check(format, format, plain);
    }
    for case in lines["cases"].as_array().unwrap() {
        let format = case["format"].as_str().unwrap();
        check(&format!("{format}, {}", case["name"]), format, case);
    }
}
