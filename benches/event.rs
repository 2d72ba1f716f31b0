//! `Event` beside a flag under a mutex with a condition, of std.

use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::Event;
use std::hint::black_box;
use std::sync::{Condvar, Mutex};
use std::time::Instant;

#[derive(Default)]
struct OfStd(Mutex<bool>, Condvar);

impl OfStd {
    fn wait(&self) {
        drop(self.1.wait_while(self.0.lock().unwrap(), |set| !*set).unwrap());
    }

    fn set(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn clear(&self) {
        *self.0.lock().unwrap() = false;
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
                    there.wait();
                    there.clear();
                    back.set();
                }
            });
            for _ in 0..$n {
                there.set();
                back.wait();
                back.clear();
            }
        });
        start.elapsed()
    }};
}

fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("event, set and clear");
    let ours = Event::new();
    group.bench_function("sixfold", |bencher| {
        bencher.iter(|| {
            black_box(&ours).set();
            black_box(&ours).clear();
        });
    });
    let std = OfStd::default();
    group.bench_function("std by hand", |bencher| {
        bencher.iter(|| {
            black_box(&std).set();
            black_box(&std).clear();
        });
    });
    group.finish();
}

fn between_threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("event, ping-pong");
    group.bench_function("sixfold", |bencher| bencher.iter_custom(|n| ping_pong!(n, Event::new(), Event::new())));
    group.bench_function("std by hand", |bencher| {
        bencher.iter_custom(|n| ping_pong!(n, OfStd::default(), OfStd::default()));
    });
    group.finish();
}

criterion_group!(benches, alone, between_threads);
criterion_main!(benches);
