//! What nobody had heard of when this was written is read, kept and reported: appended columns, new flags, odd statuses.

use std::fs;
use std::path::{Path, PathBuf};

use brownout::{
    Aggregator, Choice, Format, Line, Options, Record, Report, Scan, Settings, Spans, Style, Value,
    attribute, detect, input::Source,
};

/// Reads lines as a file of unknown format, and hands out the report.
fn report(name: &str, lines: &[String]) -> Report {
    let path: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("unknown-{name}.log"));
    fs::write(&path, lines.join("\n") + "\n").expect("a folder for tests");
    let scan = Scan::new().threads(1);
    let counted =
        scan.run(&[Source::new(&path)], Aggregator::new(Settings::default())).expect("a known format");
    fs::remove_file(&path).expect("the file is ours");
    let summary = counted.counts.finish();
    let findings = detect(&summary, &brownout::Policy::default(), &[]);
    let report = Report::new(counted.inputs, &summary, &findings, Vec::new());
    assert_eq!((report.lines.total, report.lines.access), (lines.len() as u64, lines.len() as u64), "{name}");
    assert!(report.rejects.is_empty(), "{name}: {:?}", report.rejects);
    report
}

/// The first line, by the format that all of them are recognised as.
fn with_first(lines: &[String], check: impl FnOnce(&dyn Format, Record<'_>)) {
    let format =
        Choice::Auto.resolve(&Options::default(), lines.join("\n").as_bytes()).expect("a known format");
    match format.parse(lines[0].as_bytes(), &mut Spans::new()) {
        Ok(Line::Access(record)) => check(&*format, record),
        other => panic!("{other:?}: {}", lines[0]),
    }
}

/// How often a status is in the report.
fn responses(report: &Report, code: u16) -> u64 {
    report.codes.iter().filter(|(status, _)| status.code() == code).map(|(_, count)| count).sum()
}

/// A line for each minute of an hour.
fn hour(line: impl Fn(u32) -> String) -> Vec<String> {
    (0..60).map(line).collect()
}

const ALB: &str = r#" app/lb/50dc 192.0.2.1:2817 10.0.0.1:80 0.000 0.001 0.000 502 502 34 366 "GET http://shop.test:80/ HTTP/1.1" "curl/8" - - arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/shop/73e2 "Root=1-5" "-" "-" 0 2026-11-22T07:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "502" "-" "-" TID_dc57 "-" "-" "-" 10.0.0.9"#;

#[test]
fn alb_lines_with_more_fields() {
    let line = |minute, tail: &str| format!("https 2026-11-22T07:{minute:02}:00.186641Z{ALB}{tail}");
    let lines = hour(|minute| line(minute, r#" "a new one" another-new"#));
    with_first(&lines, |format, record| {
        assert_eq!(format.name(), "alb");
        assert_eq!(record.upstream().map(Value::raw), Some(&b"shop"[..]));
        assert!(record.line().ends_with(b"another-new"), "what follows is kept");
    });
    let longer = report("alb", &lines);
    let known = report("alb-known", &hour(|minute| line(minute, "")));
    assert_eq!(responses(&longer, 502), 60);
    assert_eq!(longer.upstreams, known.upstreams);
}

#[test]
fn an_envoy_flag_never_seen() {
    let lines = hour(|minute| {
        format!(
            r#"[2026-11-22T07:{minute:02}:26.415Z] "GET / HTTP/1.1" 503 QQQ,UF 0 91 8 - "-" "x" "6fd9" "shop.test" "10.0.0.1:80""#
        )
    });
    with_first(&lines, |_, record| {
        assert_eq!(record.reason().map(Value::raw), Some(&b"QQQ,UF"[..]));
        assert_eq!(attribute(&record).origin.name(), "upstream", "by the flag that is known");
    });
    assert_eq!(responses(&report("envoy", &lines), 503), 60);
    let alone: Vec<String> = lines.iter().map(|line| line.replace("QQQ,UF", "QQQ")).collect();
    with_first(&alone, |_, record| {
        assert_eq!(record.reason().map(Value::raw), Some(&b"QQQ"[..]));
        let told = attribute(&record);
        assert_eq!((told.origin.name(), told.cause.map(brownout::Cause::name)), ("unknown", Some("unknown")));
    });
    let report = report("envoy-alone", &alone);
    assert_eq!(responses(&report, 503), 60);
    let causes: Vec<_> = report.upstreams.iter().flat_map(|u| u.causes.iter().map(|c| c.1.name())).collect();
    assert_eq!(causes, ["unknown"]);
}

#[test]
fn a_column_added_to_cloudfront() {
    let mut lines = vec![
        "#Version: 1.0".to_owned(),
        "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-new-thing sc-status time-taken"
            .to_owned(),
    ];
    let records = hour(|minute| {
        format!(
            "2026-11-22\t07:{minute:02}:40\tFRA2\t182\t192.0.2.10\tGET\td1.cloudfront.net\t/\tnovel\t502\t0.107"
        )
    });
    lines.extend(records);
    let format =
        Choice::Auto.resolve(&Options::default(), lines.join("\n").as_bytes()).expect("a known format");
    assert_eq!(format.name(), "cloudfront");
    let mut spans = Spans::new();
    let Ok(Line::Access(record)) = format.parse(lines[2].as_bytes(), &mut spans) else { panic!("a record") };
    assert_eq!(record.by_name("sc-new-thing").map(Value::raw), Some(&b"novel"[..]));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unknown-cloudfront.log");
    fs::write(&path, lines.join("\n")).expect("a folder for tests");
    let counted =
        Scan::new().run(&[Source::new(&path)], Aggregator::new(Settings::default())).expect("a known format");
    let summary = counted.counts.finish();
    assert_eq!((summary.lines.access, summary.lines.other, summary.lines.malformed), (60, 2, 0));
    let report = Report::new(counted.inputs, &summary, &brownout::Findings::default(), Vec::new());
    assert_eq!(responses(&report, 502), 60);
}

#[test]
fn a_status_of_999() {
    let lines = hour(|minute| {
        format!(r#"192.0.2.1 - - [22/Nov/2026:07:{minute:02}:40 +0000] "GET / HTTP/1.1" 999 5 "-" "x""#)
    });
    with_first(&lines, |_, record| assert_eq!(record.status().map(brownout::Status::code), Some(999)));
    let report = report("999", &lines);
    assert_eq!(responses(&report, 999), 60);
    assert_eq!(report.exit_code(), 0, "no 5xx");
    let text = report.to_text(Style::plain());
    assert!(text.contains("999"), "{text}");
}
