//! Blocks to counts, on one thread, and merging what several counted.

#[path = "../examples/common/generator/mod.rs"]
#[allow(dead_code, reason = "the generator serves several programs")]
mod generator;

use std::hint::black_box;
use std::sync::Arc;

use brownout::{Accumulate, Aggregator, Choice, Format, Options, Settings, Summary};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use generator::Product;

fn counted(format: &Arc<dyn Format>, log: &[u8]) -> Summary {
    let mut counts = Aggregator::new(Settings::default());
    counts.begin("bench.log", &**format);
    let mut scanner = format.scanner(counts.wanted(format.schema()));
    scanner.scan(log, &mut |line, at, result| counts.line(line, at as u64, result));
    counts.finish()
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("aggregate");
    for (name, product) in Product::ALL {
        let log = generator::log(product, 8 << 20);
        let format =
            Choice::Auto.resolve(&Options::default(), &log).expect("the generator's formats are known");
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function(name, |b| b.iter(|| counted(&format, black_box(&log))));
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
