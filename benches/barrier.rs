//! `Barrier` beside `std::sync::Barrier`: one round.

mod common;

use common::together;
use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::Barrier;

fn rounds(c: &mut Criterion) {
    for parties in [2, 8] {
        let mut group = c.benchmark_group(format!("barrier, {parties} parties"));
        let (ours, std) = (Barrier::new(parties), std::sync::Barrier::new(parties));
        group.bench_function("sixfold", |b| b.iter_custom(|n| together(parties, n, || assert!(ours.wait().is_ok()))));
        group.bench_function("std", |b| b.iter_custom(|n| together(parties, n, || _ = std.wait())));
        group.finish();
    }
}

criterion_group!(benches, rounds);
criterion_main!(benches);
