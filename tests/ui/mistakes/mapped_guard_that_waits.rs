//! Another thread could drop what a mapped guard points to while the lock is released.
// says: is no guard of the lock of a `Condition
// says: a mapped guard cannot wait

use sixfold::{Condition, Lock, LockGuard};

fn main() {
    let pair = Lock::with_value((1, 2));
    let changed = Condition::with_lock(&pair);
    let mut part = LockGuard::map(pair.hold(), |pair| &mut pair.0);
    changed.wait_with(&mut part);
}
