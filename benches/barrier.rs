//! `Barrier` beside std's.

use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Instant;

/// The time of `n` rounds of `parties`.
fn rounds(n: u64, parties: usize, wait: impl Fn() + Sync) -> std::time::Duration {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..parties {
            scope.spawn(|| (0..n).for_each(|_| wait()));
        }
    });
    start.elapsed()
}

fn among_parties(criterion: &mut Criterion) {
    for parties in [2, 8] {
        let mut group = criterion.benchmark_group(format!("barrier, {parties} parties"));
        group.bench_function("sixfold", |bencher| {
            bencher.iter_custom(|n| {
                let barrier = sixfold::Barrier::new(parties);
                rounds(n, parties, || _ = barrier.wait())
            });
        });
        group.bench_function("std", |bencher| {
            bencher.iter_custom(|n| {
                let barrier = std::sync::Barrier::new(parties);
                rounds(n, parties, || _ = barrier.wait())
            });
        });
        group.finish();
    }
}

criterion_group!(benches, among_parties);
criterion_main!(benches);
