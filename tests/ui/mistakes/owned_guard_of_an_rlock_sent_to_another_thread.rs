//! A hold of an `RLock` is its thread's, also if it owns the lock.
// says: AHoldStaysInItsThread

use sixfold::RLock;
use std::sync::Arc;

fn main() {
    let held = Arc::new(RLock::new()).hold_arc();
    std::thread::spawn(move || drop(held));
}
