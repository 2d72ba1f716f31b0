//! A try may have failed, and the time of a wait may have been up.
// says: false means that the lock was not acquired; for a scope, use `let _held = lock.try_hold()`
// says: false means that no permit was taken; for a scope, use `let _held = semaphore.hold_timeout(…)`
// says: false means that the time was up before a notify
// says: false means that the time was up and it is not ready
#![deny(unused_must_use)]

use sixfold::{Condition, Lock, Semaphore};
use std::time::Duration;

fn main() {
    Lock::new().try_acquire();
    Semaphore::new(1).acquire_timeout(Duration::from_secs(1));
    Condition::new().hold().wait_timeout(Duration::from_secs(1));
    Condition::new().hold().wait_for_timeout(|()| true, Duration::from_secs(1));
}
