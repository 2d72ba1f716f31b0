//! The threads that wait to be notified: the queue of `Condition`, which changes under its lock, or nearly so.
//!
//! Threads that wait and threads that notify hold the lock, and so what they do is in order. Two do not: a waiter whose time
//! is up, and a stranger who waits or notifies over a `Lock` that another thread holds. They meet on the queue's history.

use super::history::History;
use super::lock::RawLock;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Identity};
use crate::loom::report::waiting;
use crate::loom::sleeper::{Patience, Sleeper, can_sleep};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

const FOR: &str = "to be notified by the condition";

/// The queue of a condition.
pub(crate) struct WaitQueue {
    identity: Identity,
}

/// In one execution.
struct State {
    queue: RefCell<VecDeque<Rc<Sleeper<bool>>>>,
    /// Whether there are any in the queue.
    any: History<bool>,
    /// A thread has waited over a lock that another thread held.
    stranger_has_waited: Cell<bool>,
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
            any: History::in_order(execution, false),
            stranger_has_waited: Cell::new(false),
        })
    }

    /// How many wait now.
    pub(crate) fn count(&self) -> u32 {
        self.state().queue.borrow().len() as u32
    }

    /// Joins the queue, runs `release_all`, which releases `lock` entirely, and sleeps until selected and let compete for
    /// the lock, or until `deadline`. The lock is not held on return.
    pub(crate) fn wait(&self, lock: &RawLock, deadline: Deadline, place: Caller, release_all: impl FnOnce()) -> Waited {
        let state = self.state();
        if lock.is_mine() {
            state.any.arrive();
        } else {
            state.any.meet();
            state.stranger_has_waited.set(true);
        }
        let waiter = Sleeper::new();
        state.queue.borrow_mut().push_back(waiter.clone());
        state.changed();
        release_all();
        let mut patience = match deadline {
            Deadline::Never if can_sleep() => {
                let notified = waiter.sleep(FOR, &self.identity, place).is_some();
                return Waited { notified, awake: notified };
            }
            Deadline::Never => Some(Patience::for_ever()),
            Deadline::At(()) => Some(Patience::new(std::ptr::from_ref(place).addr())),
            Deadline::Passed => None,
        };
        waiting(FOR, &self.identity, place, deadline != Deadline::Never, || {
            loop {
                let last = patience.as_mut().is_none_or(Patience::is_at_its_end);
                state.any.meet();
                let mut queue = state.queue.borrow_mut();
                let Some(mine) = queue.iter().position(|other| Rc::ptr_eq(other, &waiter)) else {
                    return Waited { notified: true, awake: false };
                };
                if last {
                    queue.remove(mine);
                    drop(queue);
                    state.changed();
                    return Waited { notified: false, awake: false };
                }
            }
        })
    }

    /// Selects up to `n` waiters, oldest first. Returns how many there were to select.
    pub(crate) fn notify(&self, lock: &RawLock, n: usize) -> usize {
        let state = self.state();
        if !lock.is_mine() || state.stranger_has_waited.get() {
            // The real machine looks first whether anybody waits, and gives up on what it sees.
            if !state.any.look(|any| any) {
                return 0;
            }
            state.any.meet();
        } else {
            state.any.arrive();
        }
        let n = n.min(state.queue.borrow().len());
        let selected: Vec<_> = state.queue.borrow_mut().drain(..n).collect();
        for waiter in selected {
            lock.let_compete(waiter);
        }
        state.changed();
        n
    }
}

impl State {
    /// The queue has changed, after the thread has arrived or met.
    fn changed(&self) {
        let any = !self.queue.borrow().is_empty();
        if self.any.now() != any {
            self.any.change(any);
        }
    }
}
