//! Both writers over one hand-made incident, and over hostile names.

use serde_json::Value;

use super::*;
use crate::aggregate::{Cell, HostSeries, Summary, UpstreamCounts};
use crate::detect::{EpisodeOrigin, Findings, Scope, Severity, UpstreamHealth};
use crate::error::LineErrorKind;
use crate::layers::{Birth, Example, ExampleLine, How, Layer, LayerLink, OrderBasis, Place};
use crate::schema::Product;

const WIDTH: i64 = 10_000_000;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text.as_bytes()).expect("a time")
}

fn status(code: u16) -> Status {
    Status::new(code).expect("below 1000")
}

/// One bucket a minute from 02:00 on; `errors(minute)` of 600 requests are 502s of the proxy.
fn series(host: &str, minutes: i64, errors: impl Fn(i64) -> u32) -> HostSeries {
    let first = at("2026-11-22T02:00:00Z").as_micros() / WIDTH;
    let cell = |minute| {
        let n = errors(minute);
        let masked = n * 4;
        (
            first + minute * 6,
            Cell { requests: 600, errors: n, s502: n, by_proxy: n, masked, ..Cell::default() },
        )
    };
    HostSeries { zone: "zone-a".into(), host: host.into(), cells: (0..minutes).map(cell).collect() }
}

fn upstream(name: &str, codes: &[(u16, u64)], hosts: Vec<HostSeries>) -> UpstreamCounts {
    let errors = codes.iter().filter(|c| (500..600).contains(&c.0)).map(|c| c.1).sum();
    UpstreamCounts {
        name: name.into(),
        codes: codes.iter().map(|&(code, n)| (status(code), n)).collect(),
        origins: if errors > 0 { vec![(Origin::Proxy, errors)] } else { Vec::new() },
        causes: vec![(status(502), Cause::ConnectRefused, errors)],
        clients: [0; 64],
        durations: Vec::new(),
        client_codes: Vec::new(),
        hosts,
    }
}

fn summary() -> Summary {
    let failing = |minute| if (41..68).contains(&minute) { 240 } else { 0 };
    let pay = vec![series("10.0.3.7:8080", 120, failing), series("10.0.3.8:8080", 120, |_| 0)];
    Summary {
        width_micros: WIDTH,
        lines: LineCounts {
            total: 216_100,
            access: 216_000,
            other: 2,
            malformed: 97,
            blank: 1,
            untimed: 0,
            outside: 0,
            ambiguous: 0,
        },
        rejects: vec![Reject {
            kind: LineErrorKind::Literal,
            column: "request".into(),
            count: 97,
            first: vec![("access.log".into(), 12_345), ("access.log".into(), 99_999)],
        }],
        range: Some((at("2026-11-22T02:00:00.004Z"), at("2026-11-22T03:59:59.998Z"))),
        formats: vec![FormatCounts { name: "nginx-main".into(), product: Product::Nginx, lines: 216_000 }],
        upstreams: vec![
            upstream("cart", &[(200, 66_000), (404, 6_000)], vec![series("10.0.4.1:80", 120, |_| 0)]),
            upstream("payments", &[(200, 137_520), (502, 6_480)], pay),
        ],
        ..Summary::default()
    }
}

fn episode(upstreams: &[&str]) -> Episode {
    Episode {
        start: at("2026-11-22T02:41:00Z"),
        end: Some(at("2026-11-22T03:08:00Z")),
        recovering_since: None,
        pattern: Pattern::Sustained,
        would_be: Pattern::Sustained,
        scope: Scope::Host,
        upstreams: upstreams.iter().map(|u| (*u).into()).collect(),
        zone: Some("zone-a".into()),
        hosts: vec!["10.0.3.7:8080".into()],
        routes: vec![],
        dominant_status: Some(status(502)),
        origin: EpisodeOrigin::Proxy,
        cause: Some(Cause::ConnectRefused),
        requests: 16_200,
        errors: 6_480,
        by_proxy: 6_400,
        by_upstream: 0,
        peak_rate: 0.71,
        masked: 25_920,
        planned: false,
        rolling: false,
        relapses: 1,
        amplification: Some(1.834),
        timeout_ms: None,
        severity: Severity::Page,
        budget_burned: 0.031,
        detected_at: at("2026-11-22T02:41:20Z"),
        sustained_at: Some(at("2026-11-22T02:46:00Z")),
        evidence: 9_876.54,
        baseline: 0.001,
        phases: vec![(at("2026-11-22T02:41:00Z"), at("2026-11-22T03:08:00Z"))],
    }
}

fn findings() -> Findings {
    let health = |name: &str, min_visible_rate| UpstreamHealth {
        upstream: name.into(),
        baseline: 0.001,
        chronic: false,
        min_visible_rate,
    };
    let blip = Episode {
        start: at("2026-11-22T03:31:00Z"),
        end: Some(at("2026-11-22T03:31:50Z")),
        recovering_since: None,
        pattern: Pattern::Transient,
        would_be: Pattern::Transient,
        scope: Scope::Upstream,
        zone: None,
        hosts: Vec::new(),
        dominant_status: Some(status(599)),
        errors: 12,
        by_proxy: 0,
        by_upstream: 12,
        origin: EpisodeOrigin::Upstream,
        masked: 0,
        amplification: None,
        relapses: 0,
        severity: Severity::Info,
        budget_burned: 0.000_2,
        sustained_at: None,
        cause: Some(Cause::AppError),
        phases: vec![(at("2026-11-22T03:31:00Z"), at("2026-11-22T03:31:50Z"))],
        ..episode(&["cart"])
    };
    Findings {
        episodes: vec![episode(&["payments"]), blip],
        gaps: vec![Gap {
            start: at("2026-11-22T03:40:00Z"),
            end: at("2026-11-22T03:43:30Z"),
            upstream: "*".into(),
            expected: 1_234.4,
        }],
        upstreams: vec![health("cart", None), health("payments", Some(0.012))],
        surges: Vec::new(),
    }
}

fn diagnosis() -> Diagnosis {
    Diagnosis {
        verdict: "10.0.3.7:8080 refused connections.".into(),
        evidence: vec!["6,400 of 6,480 errors have no upstream_header_time".into()],
        causes: vec![RankedCause {
            cause: Cause::ConnectRefused,
            share: Some(0.8),
            why: "80 % of the 502s were refused at once".into(),
        }],
        check_first: vec![
            "the process on 10.0.3.7 and its restart near 02:41".into(),
            "listen backlog".into(),
        ],
    }
}

fn input(path: &str) -> InputInfo {
    InputInfo {
        path: path.into(),
        format: Some("nginx-main".into()),
        framing: None,
        note: None,
        assumed_offset: None,
        unterminated: false,
        assumed_year: None,
        bytes: 40_000_000,
        lines: 108_050,
        ended: None,
    }
}

fn report() -> Report {
    let damaged = InputInfo { ended: Some("gzip stream ends early".into()), ..input("access.log.1.gz") };
    Report::new(vec![input("access.log"), damaged], &summary(), &findings(), vec![diagnosis()])
}

fn calm() -> Report {
    let mut summary = summary();
    summary.upstreams.truncate(1);
    Report::new(Vec::new(), &summary, &Findings::default(), Vec::new())
}

/// `BROWNOUT_BLESS=1` writes the file anew.
#[test]
fn text_is_as_pinned() {
    let text = report().to_text(Style::plain());
    if std::env::var_os("BROWNOUT_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/pinned.txt");
        std::fs::write(path, &text).expect("the source tree can be written");
        return;
    }
    assert_eq!(text, include_str!("pinned.txt"), "\n{text}");
}

#[test]
fn calm_data_get_a_calm_headline() {
    let text = calm().to_text(Style::plain());
    assert!(text.starts_with("CALM: no episode of 5xx in 72,000 responses, 0 % of them 5xx.\n"), "{text}");
    assert_eq!(calm().exit_code(), 0);
}

#[test]
fn only_unplanned_lasting_episodes_raise_the_exit_code() {
    for (pattern, planned, code) in [
        (Pattern::Transient, false, 0),
        (Pattern::Sustained, false, 1),
        (Pattern::Flapping, false, 1),
        (Pattern::Ongoing, false, 1),
        (Pattern::Sustained, true, 0),
        (Pattern::Ongoing, true, 0),
    ] {
        let episodes = vec![Episode { pattern, planned, ..episode(&["payments"]) }];
        let findings = Findings { episodes, ..Findings::default() };
        let report = Report::new(Vec::new(), &summary(), &findings, Vec::new());
        assert_eq!(report.exit_code(), code, "{pattern:?} {planned}");
    }
}

#[test]
fn the_headline_names_what_is_not_over() {
    let open = Episode { end: None, pattern: Pattern::Ongoing, errors: 5, ..episode(&["cart"]) };
    let findings = Findings { episodes: vec![open, episode(&["payments"])], ..Findings::default() };
    let text = Report::new(Vec::new(), &summary(), &findings, Vec::new()).to_text(Style::plain());
    assert!(text.starts_with("SUSTAINED, over: host 10.0.3.7:8080 of payments failed from"), "{text}");
    let line = "\nNOT OVER: host 10.0.3.7:8080 of cart (since 2026-11-22 02:41:00 UTC).\nAlso: 1 ongoing.\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn worst_comes_first() {
    let variant = |name: &str, change: fn(&mut Episode)| {
        let mut episode = episode(&[name]);
        change(&mut episode);
        episode
    };
    let episodes = vec![
        variant("planned", |e| e.planned = true),
        variant("info", |e| e.severity = Severity::Info),
        variant("ticket", |e| e.severity = Severity::Ticket),
        variant("brief", |e| e.pattern = Pattern::Transient),
        variant("fewer", |e| e.errors = 5_000),
        variant("worst", |e| e.pattern = Pattern::Ongoing),
    ];
    let report =
        Report::new(Vec::new(), &summary(), &Findings { episodes, ..Findings::default() }, Vec::new());
    let text = report.to_text(Style::plain());
    let mut last = 0;
    for name in ["worst", "fewer", "brief", "ticket", "info", "planned"] {
        let place = text.find(&format!("of {name} ·")).expect(name);
        assert!(place > last, "{name}\n{text}");
        last = place;
    }
}

#[test]
fn json_has_every_key_of_the_contract() {
    let json: Value = serde_json::from_str(&report().to_json()).expect("valid JSON");
    let keys = |value: &Value, keys: &str| {
        for key in keys.split_whitespace() {
            assert!(value.get(key).is_some(), "{key} is missing in {value}");
        }
    };
    keys(&json, "schema inputs lines rejects range classes codes origins upstreams episodes gaps notices");
    assert_eq!(json["schema"], "brownout.report.v1");
    keys(&json["inputs"][0], "path format bytes lines");
    assert_eq!(json["inputs"][1]["ended"], "gzip stream ends early");
    keys(&json["lines"], "total access other malformed blank");
    keys(&json["rejects"][0], "kind column count first");
    assert_eq!(json["rejects"][0]["first"][0]["offset"], 12_345);
    assert_eq!(json["range"]["first"], "2026-11-22T02:00:00.004Z");
    assert_eq!(json["range"]["last"], "2026-11-22T03:59:59.998Z");
    assert_eq!(json["classes"]["5xx"], 6_480);
    assert_eq!(json["codes"]["502"], 6_480);
    assert_eq!(json["origins"]["proxy"], 6_480);
    keys(
        &json["upstreams"][1],
        "upstream requests classes codes origins masked hosts baseline chronic min_visible_rate",
    );
    assert_eq!(json["upstreams"][0]["min_visible_rate"], Value::Null);
    assert_eq!(json["upstreams"][1]["min_visible_rate"], 0.012);
    assert_eq!(json["upstreams"][1]["hosts"][0]["errors"], 6_480);
    let episode = &json["episodes"][0];
    keys(
        episode,
        "start end pattern scope upstream zone hosts routes dominant_status origin cause requests errors peak_rate masked \
         planned rolling amplification timeout_ms severity evidence check_first detected_at sustained_at",
    );
    assert_eq!(episode["start"], "2026-11-22T02:41:00.000Z");
    assert_eq!(episode["upstream"], "payments");
    assert_eq!(episode["amplification"], 1.83);
    assert_eq!(episode["timeout_ms"], Value::Null);
    assert_eq!(episode["planned"], false);
    assert_eq!(episode["check_first"][1], "listen backlog");
    assert_eq!(json["episodes"][1]["evidence"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["gaps"][0]["upstream"], "*");
    keys(&json["notices"][0], "kind upstream status count share message check_first");
    let kinds: Vec<_> = json["notices"].as_array().expect("a list").iter().map(|n| &n["kind"]).collect();
    assert_eq!(kinds, ["truncated_input", "masked", "client_errors"]);
    assert_eq!(json["notices"][2]["status"], 404);
}

#[test]
fn upstream_is_a_name_a_list_or_everything() {
    for (scope, upstreams, expected) in [
        (Scope::Upstream, &["payments"][..], r#""payments""#),
        (Scope::Zone, &["cart", "payments"], r#"["cart","payments"]"#),
        (Scope::Global, &["cart", "payments"], r#""*""#),
        (Scope::Global, &["cart", "search"], r#"["cart","search"]"#),
    ] {
        let findings =
            Findings { episodes: vec![Episode { scope, ..episode(upstreams) }], ..Findings::default() };
        let json = Report::new(Vec::new(), &summary(), &findings, Vec::new()).to_json();
        let json: Value = serde_json::from_str(&json).expect("valid JSON");
        assert_eq!(json["episodes"][0]["upstream"].to_string(), expected);
    }
}

#[test]
fn other_5xx_become_the_real_code_where_it_is_known() {
    let mut summary = summary();
    for (codes, expected) in
        [(&[(200, 5), (502, 9)][..], 599), (&[(502, 9), (520, 3), (521, 4), (522, 4)], 521)]
    {
        summary.upstreams[1] = upstream("payments", codes, Vec::new());
        let episode = Episode { dominant_status: Some(status(599)), ..episode(&["payments"]) };
        let findings = Findings { episodes: vec![episode], ..Findings::default() };
        let report = Report::new(Vec::new(), &summary, &findings, Vec::new());
        assert_eq!(report.episodes[0].dominant_status, Some(status(expected)));
    }
}

#[test]
fn the_order_of_inputs_does_not_matter() {
    let inputs = report().inputs;
    let reversed: Vec<_> = inputs.iter().rev().cloned().collect();
    let of = |inputs| Report::new(inputs, &summary(), &findings(), vec![diagnosis()]);
    assert_eq!(of(inputs).to_json(), of(reversed).to_json());
}

/// A report with `name` wherever a log or a file name can put one.
fn hostile(name: &str) -> Report {
    let mut summary = summary();
    summary.upstreams[1].name = name.into();
    summary.upstreams[1].hosts[0].host = name.into();
    summary.upstreams[1].hosts[0].zone = name.into();
    summary.rejects[0].column = name.into();
    summary.rejects[0].first[0].0 = name.into();
    summary.formats[0].name = name.into();
    summary.folded = 3;
    let mut findings = findings();
    findings.episodes[0].upstreams = vec![name.into()];
    findings.episodes[0].hosts = vec![name.into()];
    findings.episodes[0].zone = Some(name.into());
    findings.gaps[0].upstream = name.into();
    findings.upstreams[1].upstream = name.into();
    findings.upstreams[1].chronic = true;
    let cause = RankedCause { cause: Cause::Unknown, share: Some(f64::NAN), why: name.into() };
    let text = vec![name.to_owned()];
    let diagnosis =
        Diagnosis { verdict: name.into(), evidence: text.clone(), causes: vec![cause], check_first: text };
    let input = InputInfo { note: Some(name.into()), ended: Some(name.into()), ..input(name) };
    Report::new(vec![input], &summary, &findings, vec![diagnosis]).with_layers(hostile_layers(name))
}

/// Names, ids, targets and paths of two layers.
fn hostile_layers(name: &str) -> Layers {
    let layer =
        |product| Layer { product, format: name.into(), inputs: vec![name.into()], failures: 2, kept: 1 };
    let line = ExampleLine {
        layer: 1,
        path: name.into(),
        offset: 7,
        status: Status::NONE,
        duration_micros: Some(5),
    };
    let example = Example { id: name.into(), target: name.into(), lines: vec![line] };
    let birth = Birth {
        seen_at: 0,
        status: Status::NONE,
        place: Place::Behind(1),
        how: How::Answered,
        cause: Some(Cause::AppError),
        count: 1,
        examples: vec![example],
    };
    let link = LayerLink {
        front: 0,
        behind: 1,
        basis: OrderBasis::Products,
        by_id: 1,
        by_time: 0,
        clock_micros: 3_000_000,
        clock_error_micros: 1_000,
    };
    let mut layers = Layers::default();
    layers.layers = vec![layer(Product::Nginx), layer(Product::Nginx)];
    layers.links = vec![link];
    layers.births = vec![birth];
    layers
}

fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn no_character_of_a_log_acts_on_a_terminal() {
    let bytes = (0..=255u8).map(|b| format!("a{}b", String::from_utf8_lossy(&[b])));
    let beyond =
        "\u{80}\u{85}\u{9b}\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}";
    let beyond = beyond.chars().map(|c| format!("a{c}b"));
    let sequences =
        ["\x1b[2J", "\x1b]8;;http://x\x07", "</script><script>", "a\nb\r\nc", "\0", "${jndi:x}", "%n{}"];
    for name in bytes.chain(beyond).chain(sequences.map(str::to_owned)) {
        let report = hostile(&name);
        let text = report.to_text(Style::plain());
        assert_eq!(text.chars().find(|c| acts(*c)), None, "text of {name:?}");
        let coloured = report.to_text(Style::colour());
        let stripped = ["\x1b[1;31m", "\x1b[33m", "\x1b[32m", "\x1b[1m", "\x1b[0m"]
            .iter()
            .fold(coloured, |text, sequence| text.replace(sequence, ""));
        assert_eq!(stripped, text, "colours of {name:?}");
        let json = report.to_json();
        assert_eq!(json.chars().find(|c| acts(*c) || *c == '<'), None, "JSON of {name:?}");
        let json: Value = serde_json::from_str(&json).expect("valid JSON");
        assert_eq!(json["upstreams"][1]["upstream"], name.as_str());
        assert_eq!(json["episodes"][0]["causes"][0]["share"], Value::Null);
    }
}

#[test]
fn no_line_is_wider_than_the_page() {
    for name in
        ["x".repeat(300), "word ".repeat(80), "漢字".repeat(90), "\x1b[31m".repeat(40), "é".repeat(150)]
    {
        for report in [hostile(&name), report(), calm()] {
            for line in report.to_text(Style::plain()).lines() {
                assert!(text::width(line) <= 100, "{line}");
            }
        }
    }
}

#[test]
fn long_lists_are_cut_and_say_so() {
    let mut summary = summary();
    summary.upstreams = (0..50).map(|i| upstream(&format!("u{i:02}"), &[(200, 10)], Vec::new())).collect();
    let episodes = (0..25).map(|_| episode(&["u07"])).collect();
    let report = Report::new(Vec::new(), &summary, &Findings { episodes, ..Findings::default() }, Vec::new());
    let text = report.to_text(Style::plain());
    assert!(text.contains("… and 5 more (all"), "{text}");
    assert!(text.contains("… and 20 more (all"), "{text}");
    let json: Value = serde_json::from_str(&report.to_json()).expect("valid JSON");
    assert_eq!(json["upstreams"].as_array().map(Vec::len), Some(50));
    assert_eq!(json["episodes"].as_array().map(Vec::len), Some(25));
}

#[test]
fn one_line_from_1970_does_not_hide_the_rest() {
    let mut summary = summary();
    summary.upstreams[0].hosts[0].cells.insert(0, (5, Cell { requests: 3, ..Cell::default() }));
    let trend = Trend::of(&summary);
    assert_eq!(trend.start, at("2026-11-22T02:00:00Z"));
    assert_eq!((trend.points, trend.outside), (30, 3));
    summary.upstreams[0].hosts[0].cells.insert(0, (i64::MIN, Cell::default()));
    summary.upstreams[1].hosts[0].cells.push((i64::MAX, Cell::default()));
    assert_eq!(Trend::of(&summary).points, 30);
}
