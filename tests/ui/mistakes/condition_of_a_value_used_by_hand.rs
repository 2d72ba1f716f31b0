//! By hand only without a value: else `release` would free it under a guard.
// says: a `Condition` over `Lock<i32>` cannot be used by hand
// says: a `Condition` over `RLock<&str>` cannot be used by hand
// says: only over a `Lock` or `RLock` that guards no value
// says: use the scoped calls: `let mut held = condition.hold();`, then `held.wait()` or `held.notify(1)`

use sixfold::{Condition, Lock, RLock};

fn wait_by_hand(count: &Condition<Lock<i32>>) {
    count.acquire();
    let _ = count.wait();
}

fn release_by_hand(name: &Condition<RLock<&str>>) {
    let _ = name.release();
}

fn main() {}
