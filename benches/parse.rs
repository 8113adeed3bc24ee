//! Lines to records, format by format: every column of a line by itself, and blocks with the columns that counting reads,
//! found by an index of the bytes that matter. The first is the twin the second has to equal.

#[path = "../examples/common/generator/mod.rs"]
#[allow(dead_code, reason = "the generator serves several programs")]
mod generator;

use std::hint::black_box;
use std::sync::Arc;

use brownout::input::lines;
use brownout::{Choice, Field, FieldSet, Format, Line, Options, Spans};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use generator::Product;

const COUNTED: FieldSet = FieldSet::of(&[
    Field::Time,
    Field::Status,
    Field::Client,
    Field::Upstream,
    Field::UpstreamAddr,
    Field::UpstreamStatus,
    Field::Duration,
    Field::Reason,
]);

fn bench(c: &mut Criterion) {
    for (name, product) in Product::ALL {
        let log = generator::log(product, 8 << 20);
        let format: Arc<dyn Format> =
            Choice::Auto.resolve(&Options::default(), &log).expect("the generator's formats are known");
        let mut group = c.benchmark_group(format!("parse/{name}"));
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function("every column", |b| {
            let mut spans = Spans::new();
            b.iter(|| {
                let mut access = 0u32;
                for (_, line) in lines(black_box(&log)) {
                    access += u32::from(matches!(format.parse(line, &mut spans), Ok(Line::Access(_))));
                }
                access
            });
        });
        group.bench_function("counted columns", |b| {
            let mut scanner = format.scanner(COUNTED);
            b.iter(|| {
                let mut access = 0u32;
                scanner.scan(black_box(&log), &mut |_, _, result| {
                    access += u32::from(matches!(result, Ok(Line::Access(_))));
                });
                access
            });
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
