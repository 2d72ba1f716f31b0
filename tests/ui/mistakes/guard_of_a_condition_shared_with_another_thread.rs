//! A hold of an `RLock` is its thread's, also through a condition, which has an `RLock` if you give it no other lock.
// says: AHoldStaysInItsThread + 'static)` cannot be shared between threads safely
// says: required because it appears within the type

use sixfold::Condition;

fn main() {
    let changed = Condition::new();
    let held = changed.hold();
    std::thread::scope(|scope| {
        scope.spawn(|| held.notify(1));
    });
}
