//! `Semaphore` beside one made of `std::sync::Mutex` and `Condvar`, since std has none.

mod common;

use common::{in_turns, together};
use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::Semaphore;
use std::hint::black_box;
use std::sync::{Condvar, Mutex};

/// What one writes without a semaphore at hand.
struct ByHand(Mutex<usize>, Condvar);

impl ByHand {
    const fn new(value: usize) -> Self {
        Self(Mutex::new(value), Condvar::new())
    }

    fn acquire(&self) {
        let value = self.0.lock().unwrap();
        *self.1.wait_while(value, |value| *value == 0).unwrap() -= 1;
    }

    fn release(&self) {
        *self.0.lock().unwrap() += 1;
        self.1.notify_one();
    }
}

fn uncontended(c: &mut Criterion) {
    let mut group = c.benchmark_group("semaphore, uncontended");
    let (ours, std) = (Semaphore::new(1), ByHand::new(1));
    group.bench_function("sixfold", |b| {
        b.iter(|| {
            black_box(&ours).acquire();
            black_box(&ours).release();
        });
    });
    group.bench_function("std mutex and condvar", |b| {
        b.iter(|| {
            black_box(&std).acquire();
            black_box(&std).release();
        });
    });
    group.finish();
}

fn contended(c: &mut Criterion) {
    for (permits, threads) in [(1, 4), (2, 8)] {
        let mut group = c.benchmark_group(format!("semaphore, {permits} permits for {threads} threads"));
        let (ours, std) = (Semaphore::new(permits), ByHand::new(permits));
        group.bench_function("sixfold", |b| {
            b.iter_custom(|n| {
                together(threads, n, || {
                    ours.acquire();
                    ours.release();
                })
            });
        });
        group.bench_function("std mutex and condvar", |b| {
            b.iter_custom(|n| {
                together(threads, n, || {
                    std.acquire();
                    std.release();
                })
            });
        });
        group.finish();
    }
}

fn ping_pong(c: &mut Criterion) {
    let mut group = c.benchmark_group("semaphore, ping-pong");
    let ours = [Semaphore::new(0), Semaphore::new(0)];
    let std = [ByHand::new(0), ByHand::new(0)];
    group.bench_function("sixfold", |b| {
        b.iter_custom(|n| {
            let ping = || {
                ours[0].release();
                ours[1].acquire();
            };
            let pong = || {
                ours[0].acquire();
                ours[1].release();
            };
            in_turns(n, ping, pong)
        });
    });
    group.bench_function("std mutex and condvar", |b| {
        b.iter_custom(|n| {
            let ping = || {
                std[0].release();
                std[1].acquire();
            };
            let pong = || {
                std[0].acquire();
                std[1].release();
            };
            in_turns(n, ping, pong)
        });
    });
    group.finish();
}

criterion_group!(benches, uncontended, contended, ping_pong);
criterion_main!(benches);
