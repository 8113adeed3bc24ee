//! Names without end: memory is bounded and the totals are exact.

use brownout::{Accumulate, Aggregator, Budget, Format, OTHER, Settings, Spans, Summary};

use super::{balanced, findings, plain};

const NAMES: u64 = 10_000;

fn flooded(line: impl Fn(u64) -> String, units: usize) -> Summary {
    let format = plain();
    let mut settings = Settings::default();
    settings.budget = Budget { units, ..Budget::default() };
    let mut counts = Aggregator::new(settings);
    counts.begin("flood", &format);
    let mut spans = Spans::new();
    for i in 0..NAMES {
        let line = line(i);
        counts.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut spans));
    }
    counts.finish()
}

fn check(summary: &Summary, most: usize) {
    balanced(summary);
    assert_eq!(summary.lines.access, NAMES);
    let kept: usize = summary.upstreams.iter().map(|u| u.hosts.len()).sum();
    assert!(kept <= most, "{kept} series");
    assert!(summary.folded > NAMES / 2, "{} folded", summary.folded);
    assert!(summary.upstreams.iter().any(|u| u.name == OTHER || u.hosts.iter().any(|h| h.host == OTHER)));
    let (_, diagnoses) = findings(summary);
    assert!(diagnoses.len() <= 100);
}

fn access(i: u64, host: &str, upstream: &str) -> String {
    let (minute, second) = (i / 60 % 60, i % 60);
    format!(
        "192.0.2.1 [2026-11-22T07:{minute:02}:{second:02}+00:00] \"GET / HTTP/1.1\" 502 {host} {upstream}"
    )
}

#[test]
fn ten_thousand_upstreams() {
    let summary = flooded(|i| access(i, "10.0.0.1:80", &format!("scan-{i}.example")), 5_000);
    check(&summary, 200);
}

#[test]
fn ten_thousand_hosts() {
    let summary = flooded(|i| access(i, &format!("10.0.{}.{}:80", i / 250, i % 250), "shop"), 5_000);
    check(&summary, 800);
    assert!(summary.upstreams.iter().any(|u| u.name == "shop"), "the upstream keeps its name");
}

/// Names as long as a line may be.
#[test]
fn long_names_are_cut_and_still_told_apart() {
    let long = |i: u64| format!("{}{i}", "n".repeat(20_000));
    let summary = flooded(|i| access(i, "10.0.0.1:80", &long(i % 2)), 5_000);
    balanced(&summary);
    assert_eq!(summary.upstreams.len(), 2);
    assert!(summary.upstreams.iter().all(|u| u.name.len() < 1_000));
}

/// Which names fold is no matter of the order they come in.
#[test]
fn what_folds_does_not_depend_on_order() {
    let name = |i: u64| access(i, "10.0.0.1:80", &format!("scan-{i}.example"));
    let forwards = flooded(name, 4_000);
    let backwards = flooded(|i| name(NAMES - 1 - i), 4_000);
    assert_eq!(forwards, backwards);
}
