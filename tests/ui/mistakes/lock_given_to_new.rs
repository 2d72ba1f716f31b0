//! `Condition(lock)` is Python: `Condition::new` makes a lock of its own.
// says: over a lock of yours: `with_lock`

use sixfold::{Condition, Lock};

fn main() {
    let _changed = Condition::new(Lock::new());
}
