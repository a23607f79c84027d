//! The way of a log line: bytes of a command to masked, sanitised lines, and into a spool's records.
//!
//! `cargo bench --bench log` prints lines a second (`elem/s`) and bytes a second. The goal is 300,000 lines a second through
//! the whole way with 100 secrets, and 100 MB a second through the mask alone.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quarterdeck::domain::{
    log::Stream,
    text::{Limits, LogPipeline, Masker},
    time::UnixMs,
};

const LINES: usize = 20_000;

fn plain() -> Vec<u8> {
    let line = |n: usize| {
        format!(
            "2026-11-21T11:{:02}:{:02}.{:03}Z INFO deploy::step worker-{} uploaded layer sha256:{n:016x} in {} ms\n",
            n / 60 % 60,
            n % 60,
            n % 1000,
            n % 16,
            n % 977
        )
    };
    (0..LINES).map(line).collect::<String>().into_bytes()
}

fn coloured() -> Vec<u8> {
    let line = |n: usize| format!("\x1b[32m   Compiling\x1b[0m crate-{n} v1.{n}.0 \x1b[2m(/src/çrate-{n})\x1b[0m\r\n");
    (0..LINES).map(line).collect::<String>().into_bytes()
}

fn masker(secrets: usize) -> Masker {
    let values: Vec<String> = (0..secrets).map(|n| format!("tok_{:016x}_{n}", n * 2_654_435_761 + 7)).collect();
    Masker::new(values.iter().map(|value| ("TOKEN", value.as_str()))).unwrap_or_default()
}

fn pass(masker: &Masker, input: &[u8]) -> usize {
    let mut pipeline = LogPipeline::new(masker.clone(), Limits::default());
    let mut lines = 0;
    for chunk in input.chunks(64 * 1024) {
        lines += pipeline.feed(black_box(chunk), Stream::Out, UnixMs(0)).len();
    }
    lines + pipeline.finish(UnixMs(0)).len()
}

fn way(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(LINES as u64));
    for (name, input) in [("plain", plain()), ("coloured", coloured())] {
        for secrets in [0, 100] {
            let masker = masker(secrets);
            group.bench_with_input(BenchmarkId::new(name, secrets), &input, |bencher, input| {
                bencher.iter(|| assert_eq!(pass(&masker, input), LINES));
            });
        }
    }
    group.finish();
}

fn mask(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mask");
    let input = plain();
    group.throughput(Throughput::Bytes(input.len() as u64));
    for secrets in [1, 100, 10_000] {
        let masker = masker(secrets);
        group.bench_with_input(BenchmarkId::from_parameter(secrets), &input, |bencher, input| {
            let mut out = Vec::with_capacity(input.len() * 2);
            bencher.iter(|| {
                out.clear();
                let mut stream = masker.stream();
                input.chunks(64 * 1024).for_each(|chunk| stream.feed(chunk, &mut out));
                stream.finish(&mut out);
                black_box(out.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, way, mask);
criterion_main!(benches);
