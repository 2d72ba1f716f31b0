//! The lock of `Lock` and `RLock`, as a loom mutex that is held exactly while the lock is.
#![allow(unsafe_code)]

use super::object::Timeline;
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::model::execution::{Identity, Place, WhileWaiting, current};
use crate::model::sleeper::{Patience, Sleeper};
use loom::sync::{Mutex, MutexGuard};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::rc::Rc;

/// A lock without a value.
pub struct RawLock {
    identity: Identity,
}

/// In one execution.
struct State {
    /// Before the mutex, so that it is gone first.
    guard: RefCell<Option<MutexGuard<'static, ()>>>,
    gate: Mutex<()>,
    /// The number of the thread that took it, or 0.
    holder: Cell<usize>,
    timeline: Timeline,
    /// Who was selected by a notify and competes for the lock as soon as it is released.
    admitted: RefCell<Vec<Rc<Sleeper<bool>>>>,
}

impl Drop for State {
    fn drop(&mut self) {
        // The execution, and loom's mutex with it, may be gone already.
        std::mem::forget(self.guard.take());
    }
}

impl State {
    /// The mutex was just locked by the calling thread.
    fn taken(&self, identity: &Identity, guard: MutexGuard<'_, ()>, place: Place) {
        // SAFETY: the guard is kept in `self`, beside the mutex, which is neither moved nor dropped before it: `self` is
        // behind an `Rc`, and drops no guard at its end.
        let guard = unsafe { std::mem::transmute::<MutexGuard<'_, ()>, MutexGuard<'static, ()>>(guard) };
        self.guard.replace(Some(guard));
        // Nobody else can come between: they find the mutex locked, and for the rest the lock is free until now.
        let event = self.timeline.now() + 1;
        self.timeline.announce(event);
        self.timeline.happened(event);
        self.holder.set(crate::thread::me());
        current().took(identity, place);
    }

    fn try_take(&self, identity: &Identity, place: Place) -> bool {
        match self.gate.try_lock() {
            Ok(guard) => {
                self.taken(identity, guard, place);
                true
            }
            Err(_) => false,
        }
    }

    fn is_held(&self) -> bool {
        self.holder.get() != 0
    }
}

/// Odd events take the lock.
const fn is_taken(event: u64) -> bool {
    event % 2 == 1
}

impl RawLock {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { identity: Identity::new() }
    }

    fn state(&self) -> Rc<State> {
        self.identity.state(|_| State {
            guard: RefCell::new(None),
            gate: Mutex::new(()),
            holder: Cell::new(0),
            timeline: Timeline::new(),
            admitted: RefCell::default(),
        })
    }

    #[track_caller]
    pub(crate) fn acquire(&self) {
        self.acquire_at(Location::caller());
    }

    fn acquire_at(&self, place: Place) {
        let state = self.state();
        let waiting = WhileWaiting::new("for the lock", &self.identity, place, false);
        let guard = state.gate.lock().expect("a loom mutex is never poisoned");
        drop(waiting);
        state.taken(&self.identity, guard, place);
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        let state = self.state();
        // The real machine looks first, and gives up on what it sees.
        !is_taken(state.timeline.look()) && state.try_take(&self.identity, Location::caller())
    }

    /// Waits until `deadline`. False: the time was up.
    #[track_caller]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        match deadline() {
            Deadline::Passed => self.try_acquire(),
            Deadline::Never => {
                self.acquire();
                true
            }
            Deadline::At(()) => self.acquire_timed(Location::caller()),
        }
    }

    fn acquire_timed(&self, place: Place) -> bool {
        let state = self.state();
        let try_take = || {
            // It matters whether that is before or after a release.
            while !state.timeline.at_any_moment() {}
            state.try_take(&self.identity, place)
        };
        if try_take() {
            return true;
        }
        let _waiting = WhileWaiting::new("for the lock", &self.identity, place, true);
        let mut patience = Patience::new(std::ptr::from_ref(place).addr());
        loop {
            let last = patience.is_at_its_end();
            if try_take() {
                return true;
            }
            if last {
                return false;
            }
        }
    }

    /// Acquires as a thread that [`admit`](Self::admit) has let compete.
    #[track_caller]
    pub(crate) fn acquire_awake(&self) {
        self.acquire();
    }

    pub(crate) fn release(&self) -> Result<(), NotHeldError> {
        let state = self.state();
        loop {
            let event = state.timeline.now() + 1;
            if state.holder.get() != crate::thread::me() {
                // A stranger, for whom it matters what happens before: somebody may take it, or release it.
                if !state.timeline.at_any_moment() {
                    continue;
                }
                if !state.is_held() {
                    return Err(NotHeldError {});
                }
            }
            state.timeline.announce(event);
            if state.timeline.now() + 1 != event {
                continue;
            }
            state.timeline.happened(event);
            state.holder.set(0);
            current().gave_back(&self.identity);
            drop(state.guard.take());
            for sleeper in state.admitted.take() {
                sleeper.give(true);
            }
            return Ok(());
        }
    }

    /// Whether an attempt to acquire would fail now.
    pub(crate) fn locked(&self) -> bool {
        is_taken(self.state().timeline.look())
    }

    /// Whether the calling thread has taken it.
    pub(super) fn is_mine(&self) -> bool {
        self.state().holder.get() == crate::thread::me()
    }

    /// Lets a thread compete for the lock: at once if it is free, and when it is released if not. Without a scheduling
    /// point.
    pub(super) fn admit(&self, sleeper: Rc<Sleeper<bool>>) {
        let state = self.state();
        if state.is_held() {
            state.admitted.borrow_mut().push(sleeper);
        } else {
            sleeper.give(true);
        }
    }

    /// A scheduling point for those who look at the lock or release it as strangers, and for nobody else.
    pub(super) fn pause(&self) {
        self.state().timeline.pause();
    }

    /// Panics if a model uses it in more than one execution, and so would inherit the value that it guards.
    #[track_caller]
    pub(crate) fn guards_a_value(&self) {
        self.identity.must_be_of_this_execution();
    }
}

impl fmt::Debug for RawLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawLock").field("locked", &self.locked()).finish()
    }
}
