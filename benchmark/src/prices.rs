//! What a pair of operations on a lock word costs on this machine where nobody competes. With these, figures from two
//! machines can be compared.

use std::hint::black_box;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Instant;

pub struct Price {
    pub pair: &'static str,
    /// Nanoseconds per pair.
    pub nanos: f64,
}

const RUNS: usize = 400;
const PAIRS: u32 = 20_000;

/// The minimum over many short runs: what disturbs a run only adds to it.
fn price(pair: &'static str, body: impl Fn(&AtomicU32)) -> Price {
    let word = AtomicU32::new(0);
    let run = || {
        let start = Instant::now();
        (0..PAIRS).for_each(|_| body(black_box(&word)));
        start.elapsed().as_nanos() as f64 / f64::from(PAIRS)
    };
    Price { pair, nanos: (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min) }
}

pub fn all() -> Vec<Price> {
    let acquire = |word: &AtomicU32| _ = black_box(word.compare_exchange(0, 1, Acquire, Relaxed));
    vec![
        price("compare-exchange / load, then compare-exchange", |word| {
            acquire(word);
            let seen = word.load(Relaxed);
            _ = black_box(word.compare_exchange(seen, seen & !1, Release, Relaxed));
        }),
        price("compare-exchange / compare-exchange, both from a constant", |word| {
            acquire(word);
            _ = black_box(word.compare_exchange(1, 0, Release, Relaxed));
        }),
        price("compare-exchange / fetch_sub", |word| {
            acquire(word);
            _ = black_box(word.fetch_sub(1, Release));
        }),
        price("compare-exchange / swap", |word| {
            acquire(word);
            _ = black_box(word.swap(0, Release));
        }),
        price("load, then compare-exchange / the same", |word| {
            let seen = word.load(Relaxed);
            _ = black_box(word.compare_exchange(seen, seen | 1, Acquire, Relaxed));
            let seen = word.load(Relaxed);
            _ = black_box(word.compare_exchange(seen, seen & !1, Release, Relaxed));
        }),
        price("fetch_or / fetch_and whose old value is needed", |word| {
            _ = black_box(word.fetch_or(1, Acquire));
            _ = black_box(word.fetch_and(!1, Release));
        }),
    ]
}
