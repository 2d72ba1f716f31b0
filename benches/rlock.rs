//! `RLock`: the first level, which is a lock's price, and the next, which is not. Std has none that is stable.

use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::RLock;
use std::hint::black_box;

fn uncontended(c: &mut Criterion) {
    let mut group = c.benchmark_group("rlock, uncontended");
    let lock = RLock::new();
    group.bench_function("first level", |b| b.iter(|| drop(black_box(&lock).hold())));
    let _held = lock.hold();
    group.bench_function("second level", |b| b.iter(|| drop(black_box(&lock).hold())));
    group.finish();
}

criterion_group!(benches, uncontended);
criterion_main!(benches);
