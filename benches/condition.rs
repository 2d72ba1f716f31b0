//! `Condition` beside the condition variables of std and of parking_lot: a queue with one place.

use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::{Condition, Lock};
use std::time::Instant;

/// `n` items from one thread to another. `$wait` waits until the condition holds, `$done` notifies.
macro_rules! handed_on {
    ($n:expr, $monitor:expr, $wait:expr, $done:expr) => {{
        let (monitor, wait, done) = ($monitor, $wait, $done);
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| (0..$n).for_each(|_| done(&monitor, wait(&monitor, false))));
            (0..$n).for_each(|_| done(&monitor, wait(&monitor, true)));
        });
        start.elapsed()
    }};
}

fn queue_of_one(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("condition, one place, 1×1");
    group.bench_function("sixfold", |bencher| {
        bencher.iter_custom(|n| {
            let start = Instant::now();
            let full = Condition::with_lock(Lock::with_value(false));
            std::thread::scope(|scope| {
                for wanted in [false, true] {
                    let full = &full;
                    scope.spawn(move || {
                        for _ in 0..n {
                            let mut held = full.hold();
                            held.wait_for(|full| *full == wanted);
                            *held = !wanted;
                            held.notify(1);
                        }
                    });
                }
            });
            start.elapsed()
        });
    });
    group.bench_function("std", |bencher| {
        bencher.iter_custom(|n| {
            handed_on!(
                n,
                (std::sync::Mutex::new(false), std::sync::Condvar::new()),
                |monitor: &(std::sync::Mutex<bool>, std::sync::Condvar), wanted: bool| {
                    *monitor.1.wait_while(monitor.0.lock().unwrap(), |full| *full != wanted).unwrap() = !wanted;
                },
                |monitor: &(_, std::sync::Condvar), ()| monitor.1.notify_one()
            )
        });
    });
    group.bench_function("parking_lot", |bencher| {
        bencher.iter_custom(|n| {
            handed_on!(
                n,
                (parking_lot::Mutex::new(false), parking_lot::Condvar::new()),
                |monitor: &(parking_lot::Mutex<bool>, parking_lot::Condvar), wanted: bool| {
                    let mut full = monitor.0.lock();
                    monitor.1.wait_while(&mut full, |full| *full != wanted);
                    *full = !wanted;
                },
                |monitor: &(_, parking_lot::Condvar), ()| _ = monitor.1.notify_one()
            )
        });
    });
    group.finish();
}

criterion_group!(benches, queue_of_one);
criterion_main!(benches);
