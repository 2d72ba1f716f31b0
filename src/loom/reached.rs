//! Which of the races inside of the machines the models of a test have come by.

use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    /// Of the thread of the system that runs the test, with all the fibers of its models.
    static REACHED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

pub(crate) fn mark(what: &'static str) {
    REACHED.with_borrow_mut(|reached| reached.insert(what));
}

/// The marks that this test has come by.
pub fn reached() -> Vec<&'static str> {
    REACHED.with_borrow(|reached| reached.iter().copied().collect())
}
