//! Bytes to lines: how fast they are found, and what blocks out of a reader cost.

#[path = "../examples/common/generator/mod.rs"]
#[allow(dead_code, reason = "the generator serves several programs")]
mod generator;

use std::hint::black_box;

use brownout::input::{Blocks, lines};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use generator::Product;

fn bench(c: &mut Criterion) {
    let log = generator::log(Product::Nginx, 8 << 20);
    let mut group = c.benchmark_group("lines");
    group.throughput(Throughput::Bytes(log.len() as u64));
    // The plain way, to compare with.
    group.bench_function("naive", |b| {
        b.iter(|| black_box(&log).split(|&byte| byte == b'\n').map(<[u8]>::len).sum::<usize>());
    });
    group.bench_function("slice", |b| {
        b.iter(|| {
            let lengths = lines(black_box(&log)).map(|(_, line)| line.len());
            lengths.sum::<usize>()
        });
    });
    group.bench_function("reader", |b| {
        b.iter(|| {
            let mut blocks = Blocks::new(black_box(&log[..]));
            let mut sum = 0;
            while let Some(block) = blocks.next() {
                sum += lines(block.bytes).map(|(_, line)| line.len()).sum::<usize>();
            }
            sum
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
