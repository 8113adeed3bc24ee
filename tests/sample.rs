//! The sample logs: they are what the generator makes, and what was planted in them is found.

#[path = "../examples/common/generator/mod.rs"]
#[allow(dead_code, reason = "the generator serves several programs")]
mod generator;

use std::fs;

use brownout::input::walk;
use brownout::{
    Aggregator, Findings, Pattern, Policy, Scan, Scope, Settings as Counting, Summary, Timestamp, detect,
};
use generator::site::SERVICES;
use generator::{Generator, Incident, Product, Settings};

const SAMPLE: &str = "tests/data/sample/access.log";

/// UPSTREAM, HOST, CODE, seconds after the start, seconds, share: as `tests/data/README.md` has them.
fn incident(name: &str, host: Option<usize>, code: u16, offset: i64, length: i64, share: f64) -> Incident {
    let service = SERVICES.iter().find(|s| s.name == name).unwrap();
    let host = host.map(|h| &service.hosts[h]);
    let (offset, length) = (offset * 1_000_000, length * 1_000_000);
    Incident { service, host, code, offset, length, share, requests: 0, errors: 0 }
}

fn generated(product: Product, seed: u64, rate: f64, incidents: Vec<Incident>, lines: usize) -> Vec<u8> {
    let start = Timestamp::parse_rfc3339(b"2026-11-22T02:00:00Z").unwrap().as_micros();
    let mut generator = Generator::new(Settings { product, seed, start, rate, incidents });
    let mut bytes = Vec::new();
    for _ in 0..lines {
        generator.line(&mut bytes);
    }
    bytes
}

fn found(path: &str) -> (Summary, Findings) {
    let sources = walk([path]).unwrap().sources;
    let summary = Scan::new().run(&sources, Aggregator::new(Counting::default())).unwrap().counts.finish();
    let findings = detect(&summary, &Policy::default(), &[]);
    (summary, findings)
}

#[test]
fn the_generator_makes_the_sample() {
    let planted = vec![
        incident("checkout", None, 502, 18 * 60, 450, 0.4),
        incident("web", Some(1), 504, 36 * 60, 30, 1.0),
    ];
    let made = generated(Product::Nginx, 11, 1.25, planted, 3400);
    let kept = fs::read(SAMPLE).unwrap();
    assert!(made == kept, "make {SAMPLE} again, as tests/data/README.md says");
}

#[test]
fn the_planted_incidents_are_found_and_nothing_else() {
    let (summary, findings) = found(SAMPLE);
    assert_eq!((summary.lines.total, summary.lines.access), (3400, 3400));
    let [sustained, transient] = findings.episodes.as_slice() else { panic!("{:#?}", findings.episodes) };
    assert_eq!((sustained.pattern, sustained.scope), (Pattern::Sustained, Scope::Upstream));
    assert_eq!(sustained.upstreams, ["checkout"]);
    assert_eq!(sustained.dominant_status.unwrap().code(), 502);
    assert!(sustained.masked > 0);
    assert_eq!((transient.pattern, transient.scope), (Pattern::Transient, Scope::Host));
    assert_eq!(transient.hosts, ["10.0.2.11:8080"]);
    assert_eq!(transient.dominant_status.unwrap().code(), 504);
    for (episode, start, end) in [
        (sustained, "2026-11-22T02:18:00Z", "2026-11-22T02:25:30Z"),
        (transient, "2026-11-22T02:36:00Z", "2026-11-22T02:36:30Z"),
    ] {
        let near = |at: Timestamp, truth: &str| {
            at.micros_since(Timestamp::parse_rfc3339(truth.as_bytes()).unwrap()).abs() <= 20_000_000
        };
        assert!(near(episode.start, start), "{}", episode.start);
        assert!(near(episode.end.unwrap(), end), "{:?}", episode.end);
    }
}

#[test]
#[cfg(feature = "gzip")]
fn the_planted_incident_is_found_in_the_compressed_log() {
    let (summary, findings) = found("tests/data/sample/alb.log.gz");
    assert_eq!(summary.lines.access, 2000);
    let [episode] = findings.episodes.as_slice() else { panic!("{:#?}", findings.episodes) };
    assert_eq!(episode.upstreams, ["search"]);
    assert_eq!(episode.dominant_status.unwrap().code(), 504);
    assert_eq!(episode.by_upstream, 0);
}

/// Every line of every product is read, by the preset that it is made for.
#[test]
fn generated_logs_are_recognised_and_read() {
    for (name, preset) in [
        ("nginx", "nginx-upstream"),
        ("envoy", "envoy"),
        ("istio-json", "istio-json"),
        ("alb", "alb"),
        ("haproxy", "haproxy"),
    ] {
        let product = Product::ALL.iter().find(|p| p.0 == name).unwrap().1;
        let bytes = generated(product, 7, 10.0, vec![incident("web", None, 503, 10, 60, 0.5)], 2000);
        let format = brownout::Choice::Auto.resolve(&brownout::Options::default(), &bytes).unwrap();
        assert_eq!(format.name(), preset);
        let mut spans = brownout::Spans::new();
        for (_, line) in brownout::input::lines(&bytes) {
            let Ok(brownout::Line::Access(record)) = format.parse(line, &mut spans) else {
                panic!("{name}: {}", line.escape_ascii());
            };
            assert!(record.time().is_some() && record.status().is_some(), "{}", line.escape_ascii());
        }
    }
}
