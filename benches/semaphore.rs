//! `Semaphore` and `BoundedSemaphore` beside a count under a mutex with a condition, of std and of parking_lot.

use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::{BoundedSemaphore, Semaphore};
use std::hint::black_box;
use std::time::Instant;

#[derive(Default)]
struct OfStd(std::sync::Mutex<u64>, std::sync::Condvar);

impl OfStd {
    fn acquire(&self) {
        *self.1.wait_while(self.0.lock().unwrap(), |free| *free == 0).unwrap() -= 1;
    }

    fn release(&self) {
        *self.0.lock().unwrap() += 1;
        self.1.notify_one();
    }
}

#[derive(Default)]
struct OfParkingLot(parking_lot::Mutex<u64>, parking_lot::Condvar);

impl OfParkingLot {
    fn acquire(&self) {
        let mut free = self.0.lock();
        self.1.wait_while(&mut free, |free| *free == 0);
        *free -= 1;
    }

    fn release(&self) {
        *self.0.lock() += 1;
        self.1.notify_one();
    }
}

/// `n` times to and fro between two threads.
macro_rules! ping_pong {
    ($n:expr, $there:expr, $back:expr) => {{
        let (there, back) = ($there, $back);
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..$n {
                    there.acquire();
                    back.release();
                }
            });
            for _ in 0..$n {
                there.release();
                back.acquire();
            }
        });
        start.elapsed()
    }};
}

macro_rules! pair {
    ($group:ident, $name:literal, $semaphore:expr, $release:expr) => {
        let semaphore = $semaphore;
        semaphore.release();
        $group.bench_function($name, |bencher| {
            bencher.iter(|| {
                black_box(&semaphore).acquire();
                $release(black_box(&semaphore))
            })
        });
    };
}

fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("semaphore, alone");
    pair!(group, "sixfold", Semaphore::new(0), Semaphore::release);
    let bounded = BoundedSemaphore::new(1);
    group.bench_function("sixfold, bounded", |bencher| {
        bencher.iter(|| {
            black_box(&bounded).acquire();
            black_box(&bounded).release()
        });
    });
    pair!(group, "std by hand", OfStd::default(), OfStd::release);
    pair!(group, "parking_lot by hand", OfParkingLot::default(), OfParkingLot::release);
    group.finish();
}

fn between_threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("semaphore, ping-pong");
    group.bench_function("sixfold", |bencher| {
        bencher.iter_custom(|n| ping_pong!(n, Semaphore::new(0), Semaphore::new(0)));
    });
    group.bench_function("std by hand", |bencher| {
        bencher.iter_custom(|n| ping_pong!(n, OfStd::default(), OfStd::default()));
    });
    group.bench_function("parking_lot by hand", |bencher| {
        bencher.iter_custom(|n| ping_pong!(n, OfParkingLot::default(), OfParkingLot::default()));
    });
    group.finish();
}

criterion_group!(benches, alone, between_threads);
criterion_main!(benches);
