//! `Event`: looking, raising and lowering alone, and a signal to and fro. Std has nothing like it.

mod common;

use common::in_turns;
use criterion::{Criterion, criterion_group, criterion_main};
use sixfold::Event;
use std::hint::black_box;

fn alone(c: &mut Criterion) {
    let mut group = c.benchmark_group("event, alone");
    let event = Event::new();
    group.bench_function("is_set", |b| b.iter(|| black_box(&event).is_set()));
    group.bench_function("set and clear", |b| {
        b.iter(|| {
            black_box(&event).set();
            black_box(&event).clear();
        });
    });
    group.finish();
}

fn ping_pong(c: &mut Criterion) {
    let events = [Event::new(), Event::new()];
    let pass = |from: usize| {
        events[from].wait();
        events[from].clear();
        events[1 - from].set();
    };
    c.benchmark_group("event").bench_function("ping-pong", |b| {
        b.iter_custom(|n| {
            events[0].set();
            let time = in_turns(n, || pass(0), || pass(1));
            events[0].clear();
            time
        });
    });
}

criterion_group!(benches, alone, ping_pong);
criterion_main!(benches);
