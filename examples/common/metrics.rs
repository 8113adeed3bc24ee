//! Metrics in the text format of `OpenMetrics`, for the textfile folder of `node_exporter`.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use brownout::{Monitor, Sanitized};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    upstream: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Open {
    state: &'static str,
    pattern: &'static str,
    scope: &'static str,
    severity: &'static str,
}

type Gauges<L> = Family<L, Gauge<f64, AtomicU64>>;

/// The state of a monitor.
pub(crate) fn encode(monitor: &Monitor) -> String {
    let mut registry = Registry::with_prefix("brownout");
    let (requests, errors) = (Gauges::<Of>::default(), Gauges::<Of>::default());
    let (baseline, open) = (Gauges::<Of>::default(), Gauges::<Open>::default());
    for now in monitor.upstreams() {
        // Labels are shown by whatever reads them. Two names that look the same then count as one.
        let of = Of { upstream: Sanitized(now.health.upstream.as_bytes()).to_string() };
        requests.get_or_create(&of).inc_by(now.requests as f64);
        errors.get_or_create(&of).inc_by(now.errors as f64);
        baseline.get_or_create(&of).set(now.health.baseline);
    }
    for (_, e) in monitor.episodes().filter(|e| e.1.end.is_none()) {
        let of = Open {
            state: if e.recovering_since.is_some() { "recovering" } else { "failing" },
            pattern: e.would_be.name(),
            scope: e.scope.name(),
            severity: e.severity.name(),
        };
        open.get_or_create(&of).inc();
    }
    registry.register("seen_responses", "Responses since the start", requests);
    registry.register("seen_errors", "5xx responses since the start", errors);
    registry.register("baseline_ratio", "What is normal: the ratio of 5xx", baseline);
    registry.register("open_episodes", "Episodes without evidence of recovery", open);
    let lines = monitor.lines();
    for (name, help, value) in [
        ("lines", "Lines read", lines.total),
        ("malformed_lines", "Lines not understood", lines.malformed),
        ("late_lines", "Lines too late for their bucket", monitor.late()),
    ] {
        registry.register(name, help, ConstCounter::new(value));
    }
    let newest = Gauge::<f64, AtomicU64>::default();
    newest.set(monitor.newest().as_micros() as f64 / 1e6);
    registry.register("newest_line_timestamp_seconds", "Time of the newest line", newest);
    let mut out = String::new();
    // writing into a string does not fail
    let _ = text::encode(&mut out, &registry);
    out
}

/// Replaces the file in one step, so that nobody reads half of it.
pub(crate) fn write(path: &Path, monitor: &Monitor) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    std::fs::write(&temporary, encode(monitor))?;
    std::fs::rename(&temporary, path)
}
