//! A condition goes over the locks of this crate.
// says: a `Condition` cannot be used over `std::sync::Mutex<i32>`
// says: a `Condition` cannot be used over `Semaphore`
// says: a `Condition` cannot be used over `L`
// says: a `Condition` goes over a `Lock<T>`, an `RLock<T>` whose `T` is `Sync`, or a `&` or `Arc` of one
// says: consider restricting type parameter `L` with trait `Lockable`

use sixfold::{Condition, Lockable, Semaphore};
use std::sync::Mutex;

fn notify_over_a_mutex_of_std(condition: &Condition<Mutex<i32>>) {
    let _ = condition.notify_all();
}

fn notify_over_any<L: Lockable>(_: &Condition<L>) {}

fn notify_over_a_semaphore(condition: &Condition<Semaphore>) {
    notify_over_any(condition);
}

fn notify_over_what_is_not_said<L>(condition: &Condition<L>) {
    let _ = condition.notify_all();
}

fn main() {}
