//! The guard of an `RLock` gives `&`, so nothing can be taken out.
// says: gives only `&` to its value
// says: use a `Lock<T>`

use sixfold::{Condition, RLock};

fn main() {
    let jobs = RLock::with_value(vec![1]);
    let added = Condition::with_lock(&jobs);
    added.wait_some_with(&mut jobs.hold(), |_| Some(1));
}
