//! Those who wait to be notified: the queue of `Condition`, which changes under its lock, or nearly so.
//!
//! Who waits and who notifies hold the lock, and so what they do is in order without a step of its own. Two do not: a
//! waiter whose time is up, and a stranger who notifies over a `Lock` that somebody else holds. They step on the word of
//! the condition, and a notify does so too where there may have been one of them.

use super::lock::RawLock;
use super::object::Versions;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Identity, WhileWaiting};
use crate::loom::sleeper::{Patience, Sleeper};
use core::sync::atomic::Ordering::Relaxed;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// The queue of a condition.
pub(crate) struct WaitQueue {
    identity: Identity,
}

/// In one execution.
struct State {
    queue: RefCell<VecDeque<Rc<Sleeper<bool>>>>,
    /// Where those meet who do not hold the lock.
    word: Versions<()>,
    /// Somebody has waited with a deadline.
    timed: Cell<bool>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waited {
    /// Selected by a notify. If not, the time was up.
    pub(crate) notified: bool,
    /// Competes for the lock as a thread that was woken for it.
    pub(crate) awake: bool,
}

impl WaitQueue {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { identity: Identity::new() }
    }

    fn state(&self) -> Rc<State> {
        self.identity.state(|execution| State {
            queue: RefCell::default(),
            word: Versions::new(execution, ()),
            timed: Cell::new(false),
        })
    }

    /// How many wait now.
    pub(crate) fn count(&self) -> u32 {
        self.state().queue.borrow().len() as u32
    }

    /// Joins the queue, runs `release_all`, which releases `lock` entirely, and sleeps until selected and let compete for the
    /// lock, or until `deadline`. The lock is not held on return.
    pub(crate) fn wait(&self, lock: &RawLock, deadline: Deadline, place: Caller, release_all: impl FnOnce()) -> Waited {
        let state = self.state();
        lock.pause(); // A stranger may notify just before this thread waits.
        let sleeper = Sleeper::new();
        if deadline != Deadline::Never {
            state.timed.set(true);
        }
        state.queue.borrow_mut().push_back(sleeper.clone());
        release_all();
        if deadline == Deadline::Never {
            sleeper.sleep("to be notified by the condition", &self.identity, place);
            return Waited { notified: true, awake: true };
        }
        let mut patience = (deadline != Deadline::Passed).then(|| Patience::new(std::ptr::from_ref(place).addr()));
        let _waiting = WhileWaiting::new("to be notified by the condition", &self.identity, place, true);
        loop {
            let last = patience.as_mut().is_none_or(Patience::is_at_its_end);
            state.word.step(Relaxed);
            let mut queue = state.queue.borrow_mut();
            let Some(mine) = queue.iter().position(|other| Rc::ptr_eq(other, &sleeper)) else {
                return Waited { notified: true, awake: false };
            };
            if last {
                queue.remove(mine);
                return Waited { notified: false, awake: false };
            }
        }
    }

    /// Selects up to `n` waiters, oldest first. Returns how many there were to select.
    pub(crate) fn notify(&self, lock: &RawLock, n: usize) -> usize {
        let state = self.state();
        if state.timed.get() || !lock.is_mine() {
            state.word.step(Relaxed);
        }
        let n = n.min(state.queue.borrow().len());
        let selected: Vec<_> = state.queue.borrow_mut().drain(..n).collect();
        for sleeper in selected {
            lock.admit(sleeper);
        }
        n
    }
}
