//! `Lock` beside std's and parking_lot's mutex.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Instant;

/// The time of `n` sections among `threads`.
macro_rules! contended {
    ($threads:expr, $n:expr, $lock:expr, |$held:ident| $take:expr) => {{
        let lock = $lock;
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..$threads {
                scope.spawn(|| {
                    for _ in 0..$n / $threads {
                        let $held = &lock;
                        *$take += 1;
                    }
                });
            }
        });
        start.elapsed()
    }};
}

fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lock, alone");
    let ours = sixfold::Lock::with_value(0u64);
    group.bench_function("sixfold", |bencher| bencher.iter(|| *black_box(&ours).hold() += 1));
    let std = std::sync::Mutex::new(0u64);
    group.bench_function("std", |bencher| bencher.iter(|| *black_box(&std).lock().unwrap() += 1));
    let parking_lot = parking_lot::Mutex::new(0u64);
    group.bench_function("parking_lot", |bencher| bencher.iter(|| *black_box(&parking_lot).lock() += 1));
    group.finish();
}

fn among_threads(criterion: &mut Criterion) {
    for threads in [2, 8] {
        let mut group = criterion.benchmark_group(format!("lock, {threads} threads"));
        group.bench_function("sixfold", |bencher| {
            bencher.iter_custom(|n| contended!(threads, n, sixfold::Lock::with_value(0u64), |lock| lock.hold()));
        });
        group.bench_function("std", |bencher| {
            bencher.iter_custom(|n| contended!(threads, n, std::sync::Mutex::new(0u64), |lock| lock.lock().unwrap()));
        });
        group.bench_function("parking_lot", |bencher| {
            bencher.iter_custom(|n| contended!(threads, n, parking_lot::Mutex::new(0u64), |lock| lock.lock()));
        });
        group.finish();
    }
}

criterion_group!(benches, alone, among_threads);
criterion_main!(benches);
