//! What the examples read from the command line and from configuration files.

#[path = "../examples/common/args.rs"]
mod args;
#[path = "../examples/common/config.rs"]
mod config;

use args::When;
use brownout::Timestamp;
use serde_json::json;

#[test]
fn widths() {
    for (text, micros) in [
        ("1s", Some(1_000_000)),
        ("10s", Some(10_000_000)),
        ("1d", Some(86_400_000_000)),
        ("999ms", None),
        ("0s", None),
        ("2d", None),
        ("-10s", None),
        ("wide", None),
    ] {
        assert_eq!(args::width(text).ok(), micros, "{text}");
    }
}

#[test]
fn amounts_of_memory() {
    for (text, bytes) in [
        ("64M", Some(64 << 20)),
        ("2g", Some(2 << 30)),
        ("1048576", Some(1 << 20)),
        ("2048k", Some(2 << 20)),
        ("1023K", None),
        ("M", None),
        ("", None),
        ("-1M", None),
        ("1.5M", None),
        ("64MB", None),
        ("99999999999999999999G", None),
        ("18446744073709551615K", None),
    ] {
        assert_eq!(args::memory(text).ok(), bytes, "{text}");
    }
}

#[test]
fn offsets() {
    assert_eq!(args::offset("-0530"), Ok(-19_800));
    assert!(args::offset("Europe/Berlin").unwrap_err().contains("+02:00"));
}

#[test]
fn instants() {
    let at = Timestamp::parse_rfc3339(b"2026-11-22T02:00:00Z").expect("a time");
    assert_eq!(args::when("2026-11-22T02:00:00Z"), Ok(When::At(at)));
    assert_eq!(args::when("-2h"), Ok(When::BeforeLast { micros: 7_200_000_000 }));
    assert!(args::when("yesterday").unwrap_err().contains("RFC 3339"));
    assert!(args::when("-").is_err());
}

#[test]
fn topologies() {
    let topology = config::parse_topology(&json!({
        "instance": "other keys are ignored",
        "upstreams": [
            {"name": "pay", "authority": "pay.example.org", "hosts": [{"addr": "10.1.0.7:80", "zone": "a"}]},
            {"name": "cart"},
        ],
        "zones": {"b": ["10.2.0.0/16"]},
    }))
    .expect("valid");
    assert_eq!(topology.upstream_of("pay.example.org"), Some("pay"));
    assert_eq!(topology.zone_of("10.1.0.7:80"), Some("a"));
    assert_eq!(topology.zone_of("10.2.0.1:80"), Some("b"));
    for (json, part) in [
        (json!([]), "expected an object"),
        (json!({"upstreams": {}}), "\"upstreams\" is no list"),
        (json!({"upstreams": [{}]}), "no \"name\""),
        (json!({"upstreams": [{"name": "a", "hosts": [{}]}]}), "no \"addr\""),
        (json!({"zones": {"a": "10.0.0.0/8"}}), "expected a list"),
        (json!({"zones": {"a": [7]}}), "networks are texts"),
        (json!({"zones": {"a": ["10.0.0.0"]}}), "is no network"),
    ] {
        let error = config::parse_topology(&json).expect_err(part);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn planned_windows() {
    let (start, end) = ("2026-11-22T02:00:00Z", "2026-11-22T03:00:00Z");
    let windows = config::parse_planned(&json!([
        {"start": start, "end": end, "upstream": "pay"},
        {"start": start, "end": end},
    ]))
    .expect("valid");
    assert_eq!((&*windows[0].upstream, &*windows[1].upstream), ("pay", "*"));
    for (json, part) in [
        (json!({}), "expected a list"),
        (json!([{"start": start}]), "window 1: \"end\""),
        (json!([{"start": start, "end": "tomorrow"}]), "window 1: \"end\""),
        (json!([{"start": end, "end": start}]), "ends before"),
    ] {
        let error = config::parse_planned(&json).expect_err(part);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let missing = folder.join("there-is-no-such.json");
    let error = config::planned(&missing).expect_err("missing");
    assert!(error.starts_with("cannot read ") && error.contains("no-such.json"), "{error}");
    let broken = folder.join("command-line-broken.json");
    std::fs::write(&broken, "{\"upstreams\": [").expect("a folder for tests");
    let error = config::topology(&broken).expect_err("broken");
    assert!(error.contains("broken.json is no JSON: EOF"), "{error}");
}

#[test]
fn what_rates_are_shares_of_and_which_instant_counts() {
    use brownout::{Denominator, Moment};
    for (text, expected) in
        [("all", Some(Denominator::All)), ("no_4xx", Some(Denominator::WithoutClientErrors)), ("", None)]
    {
        assert_eq!(args::denominator(text).ok(), expected, "{text:?}");
    }
    for (text, expected) in [
        ("logged", Some(Moment::Logged)),
        ("arrival", Some(Moment::Arrival)),
        ("completion", Some(Moment::Completion)),
        ("end", None),
    ] {
        assert_eq!(args::moment(text).ok(), expected, "{text:?}");
    }
}
