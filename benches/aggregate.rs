//! Blocks to counts, on one thread, and merging what several counted.

#[path = "../examples/common/generator/mod.rs"]
#[allow(dead_code, reason = "the generator serves several programs")]
mod generator;

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use brownout::input::lines;
use brownout::{Accumulate, Aggregator, Choice, Format, Line, Options, Settings, Spans, Summary};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use generator::Product;

fn counted(format: &Arc<dyn Format>, log: &[u8]) -> Summary {
    let mut counts = Aggregator::new(Settings::default());
    counts.begin("bench.log", &**format);
    let mut scanner = format.scanner(counts.wanted(format.schema()));
    scanner.scan(log, &mut |line, at, result| counts.line(line, at as u64, result));
    counts.finish()
}

/// The plain way to much less: every line parsed as a whole, requests per upstream, 10 seconds and class in a map.
fn counted_naively(format: &Arc<dyn Format>, log: &[u8]) -> HashMap<(Vec<u8>, i64), [u64; 6]> {
    let mut counts: HashMap<_, [u64; 6]> = HashMap::new();
    let mut spans = Spans::new();
    for (_, line) in lines(log) {
        let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { continue };
        let (Some(time), Some(status)) = (record.time(), record.status()) else { continue };
        let upstream = record.upstream().map_or(Vec::new(), |upstream| upstream.raw().to_vec());
        let classes = counts.entry((upstream, time.as_micros() / 10_000_000)).or_default();
        classes[usize::from(status.code() / 100).min(5)] += 1;
    }
    counts
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("aggregate");
    for (name, product) in Product::ALL {
        let log = generator::log(product, 8 << 20);
        let format =
            Choice::Auto.resolve(&Options::default(), &log).expect("the generator's formats are known");
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function(name, |b| b.iter(|| counted(&format, black_box(&log))));
        group.bench_function(format!("{name}, naive"), |b| {
            b.iter(|| counted_naively(&format, black_box(&log)));
        });
    }
    let log = generator::log(Product::Nginx, 8 << 20);
    let format = Choice::Auto.resolve(&Options::default(), &log).expect("the generator's formats are known");
    let (first, second) = log.split_at(log.iter().position(|&b| b == b'\n').map_or(0, |at| at + 1));
    let (first, second) = (counted(&format, first), counted(&format, second));
    group.throughput(Throughput::Elements(1));
    group.bench_function("merge", |b| b.iter(|| first.clone().merge(black_box(&second))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
