//! What looks like "from here on, hold the lock" holds it for one statement.
// says: unused `LockGuard` that must be used
// says: unused `RLockGuard` that must be used
// says: unused `ConditionGuard` that must be used
// says: unused `SemaphoreGuard` that must be used
// says: unused `BoundedSemaphoreGuard` that must be used
// says: the lock is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`
// says: the permit is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`
// says: a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`
#![deny(unused_must_use)]

use sixfold::{BoundedSemaphore, Condition, Lock, RLock, Semaphore};

fn main() {
    Lock::new().hold();
    RLock::new().hold();
    Condition::new().hold();
    Semaphore::new(1).hold();
    BoundedSemaphore::new(1).hold();
    Lock::new().try_hold();
}
