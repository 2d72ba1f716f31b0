//! A word that all who change it read and write in one step, as with read-modify-writes of one atomic.

use crate::loom::execution::{Execution, Meeting, Slot};
use crate::shim::thread::me;
use core::sync::atomic::Ordering::{self, Relaxed};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A word that every step changes, if only its version.
///
/// The loom atomic holds the version, and the states that belong to the versions are kept beside it. So loom orders all
/// steps, and carries the edges that their orderings say; a step decides what to do after loom has let it go on; and
/// a look may see any state that a plain load of the real word could return.
///
/// **Looks.** Loom remembers the last access to an atomic alone. After a look by one thread, and another look, it would not
/// try the next step before the first of the two. So each thread that looks has a meeting of its own as well, and a step
/// visits those of the looks that loom has forgotten.
pub(super) struct Versions<S> {
    slot: Slot,
    /// The number of the first version.
    base: u64,
    states: RefCell<Vec<S>>,
    /// By thread.
    meetings: RefCell<HashMap<usize, Rc<Meeting>>>,
    /// The threads that have looked since the last step.
    looked: RefCell<Vec<usize>>,
}

impl<S: Copy> Versions<S> {
    /// A used slot may still hold numbers of the object that had it before; ours are larger.
    pub(super) fn new(execution: &Rc<Execution>, state: S) -> Self {
        const MOST: u64 = 1 << 32;
        let slot = execution.slot();
        let base = if slot.is_used() {
            let base = execution.stamps(MOST);
            slot.store(base, Relaxed);
            base
        } else {
            0
        };
        Self { slot, base, states: RefCell::new(vec![state]), meetings: RefCell::default(), looked: RefCell::default() }
    }

    /// The state that is there now. Between a step and the next scheduling point nobody changes it.
    pub(super) fn now(&self) -> S {
        *self.states.borrow().last().expect("there is a first")
    }

    /// Changes the state; after a step, and before the next scheduling point.
    pub(super) fn set(&self, state: S) {
        *self.states.borrow_mut().last_mut().expect("there is a first") = state;
    }

    fn version(&self) -> u64 {
        self.base + self.states.borrow().len() as u64 - 1
    }

    /// One step, with the edges of a read-modify-write of ordering `order`.
    pub(super) fn step(&self, order: Ordering) {
        self.visit_forgotten_looks();
        self.slot.add(1, order);
        self.add_version();
    }

    /// One step whose ordering depends on the state that it finds. Tries again where another thread comes between.
    pub(super) fn step_by(&self, order: impl Fn(S) -> Ordering) {
        loop {
            let version = self.version();
            if self.step_from(version, order(self.now())).is_ok() {
                return;
            }
        }
    }

    /// One step if `version` is still the last; if not, the last, without an edge.
    fn step_from(&self, version: u64, order: Ordering) -> Result<(), u64> {
        self.visit_forgotten_looks();
        let stepped = self.slot.compare_exchange(version, version + 1, order);
        match stepped {
            Ok(()) => self.add_version(),
            Err(_) => self.looked.borrow_mut().clear(),
        }
        stepped
    }

    fn add_version(&self) {
        self.looked.borrow_mut().clear();
        let now = self.now();
        self.states.borrow_mut().push(now);
    }

    /// Looks, and goes on as long as `go_on` says, with one step of ordering `order` that starts at the state looked at.
    /// True: the step was made. False: `go_on` said no, on what may be old news.
    pub(super) fn step_if(&self, go_on: impl Fn(S) -> bool, order: Ordering) -> bool {
        let mut version = self.look_at_version(Relaxed);
        while go_on(self.at(version)) {
            match self.step_from(version, order) {
                Ok(()) => return true,
                Err(now) => version = now,
            }
        }
        false
    }

    /// A state that a load could return: what is there, or was.
    pub(super) fn look(&self, order: Ordering) -> S {
        self.at(self.look_at_version(order))
    }

    fn look_at_version(&self, order: Ordering) -> u64 {
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
        let version = self.slot.load(order);
        self.looked.borrow_mut().push(me);
        version
    }

    /// Of the looks since the last step, loom remembers the last one, and its own thread is not in conflict with that.
    fn visit_forgotten_looks(&self) {
        let me = me();
        let mut looked = self.looked.borrow().clone();
        if looked.last().is_some_and(|&last| last != me) {
            looked.pop();
        }
        looked.retain(|&thread| thread != me);
        looked.sort_unstable();
        looked.dedup();
        for thread in looked {
            let meeting = self.meetings.borrow()[&thread].clone();
            meeting.visit();
        }
    }

    fn at(&self, version: u64) -> S {
        // What is older is of the object that had the slot before.
        let index = version.saturating_sub(self.base) as usize;
        let states = self.states.borrow();
        states[index.min(states.len() - 1)]
    }
}
