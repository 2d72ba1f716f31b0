//! `RLock` beside parking_lot's re-entrant mutex.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn alone(criterion: &mut Criterion) {
    let ours = sixfold::RLock::with_value(0u64);
    let parking_lot = parking_lot::ReentrantMutex::new(0u64);
    let mut group = criterion.benchmark_group("rlock, alone");
    group.bench_function("sixfold", |bencher| bencher.iter(|| black_box(*black_box(&ours).hold())));
    group.bench_function("parking_lot", |bencher| bencher.iter(|| black_box(*black_box(&parking_lot).lock())));
    group.finish();

    let mut group = criterion.benchmark_group("rlock, nested");
    let _outer = (ours.hold(), parking_lot.lock());
    group.bench_function("sixfold", |bencher| bencher.iter(|| black_box(*black_box(&ours).hold())));
    group.bench_function("parking_lot", |bencher| bencher.iter(|| black_box(*black_box(&parking_lot).lock())));
    group.finish();
}

criterion_group!(benches, alone);
criterion_main!(benches);
