#!/usr/bin/env bash
# A crate outside of this repository depends on sixfold by path and model-checks its own code through it, with nothing but
# `--cfg loom`: a right version passes, and a wrong one is found out.
set -eu
sixfold=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<TOML
[package]
name = "dependent"
version = "0.0.0"
edition = "2024"

[dependencies]
sixfold = { path = "$sixfold" }

[target.'cfg(loom)'.dependencies]
loom = "0.7"

[lints.rust]
unexpected_cfgs = { level = "warn", check-cfg = ["cfg(loom)"] }

[workspace]
TOML
cat >"$work/src/lib.rs" <<'RUST'
//! A cell that is filled once, and read by who waits for it.
use sixfold::{Condition, Lock};

pub struct OneShot(Condition<Lock<Option<u32>>>);

impl OneShot {
    pub fn new() -> Self {
        Self(Condition::with_lock(Lock::with_value(None)))
    }

    pub fn fill(&self, value: u32) {
        let mut held = self.0.hold();
        *held = Some(value);
        held.notify_all();
    }

    pub fn get(&self) -> u32 {
        let mut held = self.0.hold();
        held.wait_for(Option::is_some);
        held.expect("waited for")
    }

    /// Forgets that the value may come between the look and the wait.
    pub fn get_wrong(&self) -> u32 {
        let empty = self.0.hold().is_none();
        let mut held = self.0.hold();
        if empty {
            held.wait();
        }
        held.expect("waited for")
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::{sync::Arc, thread};
    use sixfold::{Barrier, BoundedSemaphore, Event, RLock, Semaphore};
    use std::time::Duration;

    fn check(get: fn(&OneShot) -> u32) {
        loom::model(move || {
            // Std's `Arc`: in a deadlock, loom's own panics once more when it is dropped, and that aborts the tests.
            let cell = std::sync::Arc::new(OneShot::new());
            let reader = thread::spawn({
                let cell = cell.clone();
                move || assert_eq!(get(&cell), 7)
            });
            cell.fill(7);
            reader.join().unwrap();
        });
    }

    #[test]
    fn the_right_one_passes() {
        check(OneShot::get);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn the_wrong_one_is_found_out() {
        check(OneShot::get_wrong);
    }

    #[test]
    fn a_condition_goes_over_an_arc_of_looms() {
        loom::model(|| {
            let lock = Arc::new(Lock::with_value(0));
            let condition = Condition::with_lock(lock.clone());
            let other = thread::spawn(move || *lock.hold() += 1);
            *condition.hold() += 1;
            other.join().unwrap();
            assert_eq!(*condition.hold(), 2);
        });
    }

    #[test]
    fn all_types_work_in_one_model() {
        loom::model(|| {
            let all = Arc::new((RLock::new(), Semaphore::new(0), BoundedSemaphore::new(1), Event::new(), Barrier::new(2)));
            let other = thread::spawn({
                let all = all.clone();
                move || {
                    let _held = all.0.hold();
                    all.1.release();
                    all.3.set();
                    all.4.wait().unwrap();
                }
            });
            all.3.wait();
            all.1.acquire();
            let _permit = all.2.hold_timeout(Duration::from_secs(1)).unwrap();
            all.4.wait().unwrap();
            other.join().unwrap();
        });
    }

    /// A failed model has to say so, not to abort: guards are dropped while it unwinds.
    #[test]
    #[should_panic(expected = "the model's own assertion")]
    fn a_model_that_fails_inside_a_section_says_so() {
        loom::model(|| {
            let lock = Arc::new(Lock::with_value(0));
            let other = thread::spawn({
                let lock = lock.clone();
                move || *lock.hold() += 1
            });
            {
                let held = lock.hold();
                assert!(*held == 0, "the model's own assertion");
            }
            other.join().unwrap();
        });
    }
}
RUST
cd "$work"
# Loom's tree comes from the lock file next door where it can, so that both build the same.
cp "$sixfold/Cargo.lock" . 2>/dev/null || true
export CARGO_TARGET_DIR="$sixfold/target/dependent"
# Bounded, as one does with a model of five objects: this shows that it works, not that it is cheap.
LOOM_MAX_PREEMPTIONS=2 RUSTFLAGS="--cfg loom" cargo test --quiet
cargo test --quiet
