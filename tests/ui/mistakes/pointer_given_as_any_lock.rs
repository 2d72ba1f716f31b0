//! A pointer to a lock is no lock.
// says: is no lock of this crate
// says: a pointer to a lock is none: pass the lock itself

use sixfold::{AnyLock, Lock};
use std::sync::Arc;

fn read<L: AnyLock<Value = u8>>(lock: &L) -> u8 {
    *lock.hold()
}

fn main() {
    read(&Arc::new(Lock::with_value(1)));
}
