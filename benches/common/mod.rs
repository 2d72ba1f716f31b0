//! What the benches share: a clock that starts when all threads stand ready.
#![allow(dead_code)] // Each bench uses its own part.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// How long `threads` threads take for `rounds` calls of `body` each, from the moment at which all stand ready to the one
/// at which the last is done.
pub fn together(threads: usize, rounds: u64, body: impl Fn() + Sync) -> Duration {
    let (ready, done) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                ready.wait();
                (0..rounds).for_each(|_| body());
                done.wait();
            });
        }
        ready.wait();
        let start = Instant::now();
        done.wait();
        start.elapsed()
    })
}

/// How long `ping` and `pong` take for `rounds` calls each, in two threads that wait for each other in between.
pub fn in_turns(rounds: u64, ping: impl Fn() + Sync, pong: impl Fn() + Sync) -> Duration {
    thread::scope(|scope| {
        let other = scope.spawn(|| (0..rounds).for_each(|_| pong()));
        let start = Instant::now();
        (0..rounds).for_each(|_| ping());
        other.join().expect("pong does not panic");
        start.elapsed()
    })
}
