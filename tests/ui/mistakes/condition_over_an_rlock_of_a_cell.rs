//! While one thread waits, its outer levels keep their `&Cell`, and another thread gets one too.
// says: a `Condition` cannot be used over `RLock<Cell<i32>>`
// says: a `Condition` goes over a `Lock<T>`, an `RLock<T>` whose `T` is `Sync`, or a `&` or `Arc` of one
// says: use a `Lock<T>`, whose guard gives `&mut T`, an atomic

use sixfold::{Condition, RLock};
use std::cell::Cell;
use std::sync::Arc;

fn wait_on_it(condition: &Condition<RLock<Cell<i32>>>) {
    let _held = condition.hold();
}

fn wait_on_a_shared_one(condition: &Condition<Arc<RLock<Cell<i32>>>>) {
    let _held = condition.hold();
}

fn main() {}
