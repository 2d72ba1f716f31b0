//! A hold of an `RLock` is its thread's.
// says: AHoldStaysInItsThread + 'static)` cannot be sent between threads safely
// says: required because it appears within the type `RLockGuard<'_, i32>`

use sixfold::RLock;

fn main() {
    let lock = RLock::with_value(1);
    let held = lock.hold();
    std::thread::scope(|scope| {
        scope.spawn(move || drop(held));
    });
}
