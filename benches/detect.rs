//! Counts to episodes: a day of a shop, with and without an incident.

#[path = "../examples/common/generator/mod.rs"]
#[allow(dead_code, reason = "the generator serves several programs")]
mod generator;

use std::hint::black_box;

use brownout::{Accumulate, Aggregator, Choice, Options, Policy, Settings, Summary, detect};
use criterion::{Criterion, criterion_group, criterion_main};
use generator::site::SERVICES;
use generator::{Generator, Incident, Product};

/// A day at two requests a second, in buckets of 10 s.
fn day(incidents: Vec<Incident>) -> Summary {
    let settings = generator::Settings { product: Product::Nginx, seed: 1, start: 0, rate: 2.0, incidents };
    let mut generator = Generator::new(settings);
    let mut log = Vec::new();
    for _ in 0..2 * 86_400 {
        generator.line(&mut log);
    }
    let format = Choice::Auto.resolve(&Options::default(), &log).expect("the generator's formats are known");
    let mut counts = Aggregator::new(Settings::default());
    counts.begin("bench.log", &*format);
    let mut scanner = format.scanner(counts.wanted(format.schema()));
    scanner.scan(&log, &mut |line, at, result| counts.line(line, at as u64, result));
    counts.finish()
}

fn bench(c: &mut Criterion) {
    let incident = Incident {
        service: &SERVICES[2],
        host: None,
        code: 502,
        offset: 43_200_000_000,
        length: 1_800_000_000,
        share: 0.4,
        requests: 0,
        errors: 0,
    };
    let mut group = c.benchmark_group("detect");
    for (name, summary) in [("calm day", day(Vec::new())), ("incident", day(vec![incident]))] {
        group.bench_function(name, |b| b.iter(|| detect(black_box(&summary), &Policy::default(), &[])));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
