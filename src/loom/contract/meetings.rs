//! Looks that are in conflict with certain changes only.

use crate::loom::execution::Meeting;
use crate::shim::thread::me;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where threads look, each at a place of its own. Changes that matter to a look visit it there, and so are tried before and
/// after it. The look is in no conflict with other changes, and with other looks.
#[derive(Default)]
pub(super) struct Meetings {
    /// By thread.
    meetings: RefCell<BTreeMap<usize, Rc<Meeting>>>,
    count: Cell<usize>,
}

impl Meetings {
    /// How many looks there were.
    pub(super) fn count(&self) -> usize {
        self.count.get()
    }

    /// The calling thread looks. Passes a scheduling point.
    pub(super) fn look(&self) {
        let me = me();
        let meeting = self.meetings.borrow().get(&me).cloned();
        match meeting {
            Some(meeting) => meeting.visit(),
            // To make one is to visit it.
            None => {
                let meeting = Rc::new(Meeting::new());
                self.meetings.borrow_mut().insert(me, meeting);
            }
        }
        self.count.set(self.count.get() + 1);
    }

    /// The calling thread is about to make a change. Passes a scheduling point for each other thread that has looked.
    pub(super) fn visit(&self) {
        let threads: Vec<_> = self.meetings.borrow().keys().copied().collect();
        threads.into_iter().filter(|&thread| thread != me()).for_each(|thread| self.visit_that_of(thread));
    }

    /// The calling thread is about to make a change that matters to `thread`, which has looked. Passes a scheduling point.
    pub(super) fn visit_that_of(&self, thread: usize) {
        let meeting = self.meetings.borrow()[&thread].clone();
        meeting.visit();
    }
}
