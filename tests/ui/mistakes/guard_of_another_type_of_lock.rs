//! The condition is over another lock.
// says: type mismatch resolving
// says: expected `Lock<Vec<&str>>`, found `Lock<Vec<

use sixfold::{Condition, Lock};

fn main() {
    let (names, numbers) = (Lock::with_value(vec!["Ada"]), Lock::with_value(vec![1]));
    let changed = Condition::with_lock(&numbers);
    changed.notify_with(&names.hold(), 1);
}
