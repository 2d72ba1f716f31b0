//! `Barrier(2, action)` is Python: `Barrier::new` takes no action.
// says: with an action: `with_action`

use sixfold::Barrier;

fn main() {
    let _meeting = Barrier::new(2, || println!("all here"));
}
