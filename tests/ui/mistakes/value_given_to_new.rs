//! `new` makes a lock that guards no value.
// says: to guard a value: `with_value`

use sixfold::{Lock, RLock};

fn main() {
    let _count = Lock::new(5);
    let _name = RLock::new("Guido");
}
