//! Looks whose answer is known, and what could still make a difference to them.

use crate::loom::execution::Meeting;
use crate::shim::thread::me;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where threads look that know what they will see, unless a certain kind of change comes first: such changes visit all
/// of them. So these looks are in conflict with that kind of change, and with no others.
#[derive(Default)]
pub(super) struct Meetings {
    /// By thread.
    meetings: RefCell<BTreeMap<usize, Rc<Meeting>>>,
}

impl Meetings {
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
    }

    /// The calling thread is about to make a change. Passes a scheduling point for each other thread that has looked.
    pub(super) fn visit(&self) {
        let me = me();
        let others: Vec<_> =
            self.meetings.borrow().iter().map(|(&thread, meeting)| (thread, meeting.clone())).collect();
        for (_, meeting) in others.into_iter().filter(|&(thread, _)| thread != me) {
            meeting.visit();
        }
    }
}
