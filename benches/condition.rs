//! `Condition` beside `std::sync::Condvar`.

mod common;

use common::in_turns;
use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::{Condition, Lock};
use std::hint::black_box;
use std::sync::{Condvar, Mutex};

fn notify_nobody(c: &mut Criterion) {
    let mut group = c.benchmark_group("condition, notify with nobody waiting");
    let ours = Condition::with_lock(Lock::new());
    let std = Condvar::new();
    let held = ours.hold();
    group.bench_function("sixfold", |b| b.iter(|| black_box(&held).notify(1)));
    group.bench_function("std", |b| b.iter(|| black_box(&std).notify_one()));
    group.finish();
}

/// Two threads pass a turn to and fro.
fn ping_pong(c: &mut Criterion) {
    let mut group = c.benchmark_group("condition, ping-pong");
    group.bench_function("sixfold", |b| {
        let turn = Condition::with_lock(Lock::with_value(0));
        let take = |mine: usize| {
            let mut held = turn.hold();
            held.wait_for(|turn| *turn == mine);
            *held = 1 - mine;
            held.notify(1);
        };
        b.iter_custom(|n| in_turns(n, || take(0), || take(1)));
    });
    group.bench_function("std", |b| {
        let (turn, changed) = (Mutex::new(0), Condvar::new());
        let take = |mine: usize| {
            let held = turn.lock().unwrap();
            *changed.wait_while(held, |turn| *turn != mine).unwrap() = 1 - mine;
            changed.notify_one();
        };
        b.iter_custom(|n| in_turns(n, || take(0), || take(1)));
    });
    group.finish();
}

criterion_group!(benches, notify_nobody, ping_pong);
criterion_main!(benches);
