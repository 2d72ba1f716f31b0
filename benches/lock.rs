//! `Lock` beside `std::sync::Mutex`: alone, and with threads in each other's way.

mod common;

use common::together;
use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::Lock;
use std::hint::black_box;
use std::sync::Mutex;

fn uncontended(c: &mut Criterion) {
    let mut group = c.benchmark_group("lock, uncontended");
    let (raw, lock, std) = (Lock::new(), Lock::with_value(0u64), Mutex::new(0u64));
    group.bench_function("sixfold, by hand", |b| {
        b.iter(|| {
            black_box(&raw).acquire();
            black_box(&raw).release()
        });
    });
    group.bench_function("sixfold, scoped", |b| b.iter(|| *black_box(&lock).hold() += 1));
    group.bench_function("std", |b| b.iter(|| *black_box(&std).lock().unwrap() += 1));
    group.finish();
}

fn failing_try(c: &mut Criterion) {
    let mut group = c.benchmark_group("lock, failing try");
    let (lock, std) = (Lock::new(), Mutex::new(()));
    let _held = (lock.hold(), std.lock());
    group.bench_function("sixfold", |b| b.iter(|| black_box(&lock).try_acquire()));
    group.bench_function("std", |b| b.iter(|| black_box(&std).try_lock().is_ok()));
    group.finish();
}

fn contended(c: &mut Criterion) {
    for threads in [2, 8] {
        let mut group = c.benchmark_group(format!("lock, {threads} threads"));
        let (lock, std) = (Lock::with_value(0u64), Mutex::new(0u64));
        group.bench_function("sixfold", |b| b.iter_custom(|n| together(threads, n, || *lock.hold() += 1)));
        group.bench_function("std", |b| b.iter_custom(|n| together(threads, n, || *std.lock().unwrap() += 1)));
        group.finish();
    }
}

criterion_group!(benches, uncontended, failing_try, contended);
criterion_main!(benches);
