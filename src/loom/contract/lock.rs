//! The lock of `Lock` and `RLock`, as a loom mutex that is locked while the lock is held.
//!
//! So a waiter is not even tried before the lock is free, and threads that do nothing but acquire and release cost as
//! much as with a mutex of loom's own. Loom lets a `try_lock` of its mutex wait, too, if another thread gets there first.
//! So tries and timed waits go past the mutex; they, looks, and releases by strangers meet on the lock's history, and
//! what the holders do is in conflict with them alone.
#![allow(unsafe_code)]

use super::history::History;
use super::meetings::Meetings;
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::loom::execution::{Caller, Execution, Identity};
use crate::loom::report::{gave_back, took, waiting};
use crate::loom::sleeper::{Patience, Sleeper, can_sleep};
use crate::loom::unlock::unlock;
use crate::shim::thread::{me, model_has_failed};
use loom::sync::{Mutex, MutexGuard};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::rc::Rc;

/// A lock without a value.
pub struct RawLock {
    identity: Identity,
}

#[derive(Clone, Copy)]
struct Hold {
    /// The number of the thread that has the lock, or 0.
    holder: usize,
    /// It was taken through the gate, or, where it is free, was so before. Then the gate orders the next to come through it.
    through_the_gate: bool,
    /// A thread that did not take it has released it.
    by_a_stranger: bool,
}

/// In one execution.
pub(super) struct State {
    /// A thread that waits for as long as it takes has it locked while it holds the lock or is the next to get it.
    ///
    /// `None`: the model has failed.
    gate: Option<Mutex<()>>,
    /// The gate's, if the holder has come through it. It goes back to `gate` before that is gone.
    guard: RefCell<Option<MutexGuard<'static, ()>>>,
    /// Taken and released in turn.
    holds: History<Hold>,
    /// Of holders that look whether it is locked. Only a release by a stranger makes a difference to them.
    known_to_be_held: Meetings,
    /// A thread that has come through the gate and has found the lock taken past it.
    next: RefCell<Option<Rc<Sleeper<()>>>>,
    /// Selected by a notify, to compete for the lock as soon as it is released.
    competitors: RefCell<Vec<Rc<Sleeper<bool>>>>,
    /// The levels of an `RLock` beyond the first. Its owner's.
    pub(super) levels: Cell<u32>,
}

impl Drop for State {
    fn drop(&mut self) {
        // The execution, and loom's mutex with it, may be gone already.
        std::mem::forget(self.guard.take());
    }
}

const FREE: Hold = Hold { holder: 0, through_the_gate: true, by_a_stranger: false };

fn is_held(hold: Hold) -> bool {
    hold.holder != 0
}

impl State {
    fn is_held(&self) -> bool {
        is_held(self.holds.now())
    }

    /// The number of the thread that has the lock.
    pub(super) fn holder(&self) -> Option<usize> {
        Some(self.holds.now().holder).filter(|&holder| holder != 0)
    }

    /// Takes the lock, which is free, for the calling thread, and happens after what the last release published, unless
    /// `ordered`.
    fn take(&self, gate: Option<MutexGuard<'static, ()>>, ordered: bool) {
        let release = self.holds.version();
        let through_the_gate = gate.is_some();
        self.guard.replace(gate);
        self.holds.change(Hold { holder: me(), through_the_gate, by_a_stranger: false });
        if !ordered {
            self.holds.acquire(release);
        }
        // Every second change is a release. The releases before are known to those who took the lock after them, but not
        // to a stranger who released it.
        let by_its_holder = (0..=release).rev().step_by(2).find(|&release| !self.holds.at(release).by_a_stranger);
        (by_its_holder.unwrap_or(0)..release).step_by(2).for_each(|release| self.holds.acquire(release));
    }

    /// No other thread goes on then: whoever holds the lock will never use it again.
    fn take_after_a_failure(&self) {
        self.holds.change(Hold { holder: me(), through_the_gate: false, by_a_stranger: false });
    }

    /// Takes the lock unless it is held; on news that are not old.
    fn try_take(&self) -> bool {
        self.holds.meet();
        let free = !self.is_held();
        if free {
            self.take(None, false);
        }
        free
    }

    /// Takes the lock as the thread that has the gate locked. `sleep`: until it has been released.
    fn take_through_the_gate(&self, guard: MutexGuard<'_, ()>, mut sleep: impl FnMut()) {
        // SAFETY: the guard is kept in `self`, beside the mutex, or dropped here. `self` is behind an `Rc`, so that the
        // mutex does not move, and drops no guard at its end.
        let guard = unsafe { std::mem::transmute::<MutexGuard<'_, ()>, MutexGuard<'static, ()>>(guard) };
        // Not dropped where the model fails meanwhile: it would panic, and end the process.
        let guard = ManuallyDrop::new(guard);
        loop {
            self.holds.arrive();
            if !self.is_held() {
                break;
            }
            sleep();
            if model_has_failed() {
                return self.take_after_a_failure();
            }
        }
        let ordered = self.holds.now().through_the_gate;
        self.take(Some(ManuallyDrop::into_inner(guard)), ordered);
    }
}

const FOR: &str = "for the lock";

impl RawLock {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { identity: Identity::new() }
    }

    pub(super) fn state(&self) -> Rc<State> {
        self.identity.state(|execution| State {
            gate: Execution::try_loom(|| Some(Mutex::new(())), || None),
            guard: RefCell::new(None),
            holds: History::in_order(execution, FREE),
            known_to_be_held: Meetings::default(),
            next: RefCell::new(None),
            competitors: RefCell::default(),
            levels: Cell::new(0),
        })
    }

    #[track_caller]
    pub(crate) fn acquire(&self) {
        self.acquire_at(Location::caller());
    }

    fn acquire_at(&self, place: Caller) {
        let state = self.state();
        let lock_gate = || Some(state.gate.as_ref()?.lock().expect("a loom mutex is never poisoned"));
        let guard = waiting(FOR, &self.identity, place, false, || Execution::try_loom(lock_gate, || None));
        if let Some(guard) = guard {
            state.take_through_the_gate(guard, || self.sleep(&state, place));
        } else {
            state.take_after_a_failure();
        }
        took(&self.identity, place);
    }

    /// Sleeps until the lock has been released.
    fn sleep(&self, state: &State, place: Caller) {
        if can_sleep() {
            let sleeper = Sleeper::new();
            state.next.replace(Some(sleeper.clone()));
            sleeper.sleep(FOR, &self.identity, place);
        } else {
            waiting(FOR, &self.identity, place, false, || Patience::for_ever().is_at_its_end());
        }
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        let state = self.state();
        loop {
            let before = state.holds.version();
            state.holds.meet();
            let release = state.holds.version();
            if state.is_held() {
                state.holds.sees_the_last(is_held);
                return false;
            }
            // The real machine looks first, and gives up on what it sees: that may be old news.
            let seen = state.holds.see(before, is_held);
            if is_held(state.holds.at(seen)) {
                return false;
            }
            if state.holds.version() != release {
                continue;
            }
            state.take(None, false);
            took(&self.identity, Location::caller());
            return true;
        }
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

    fn acquire_timed(&self, place: Caller) -> bool {
        let state = self.state();
        let mut patience = Patience::new(std::ptr::from_ref(place).addr());
        // If it is the only look, it can be at any moment, and so it is as good as several.
        let taken = waiting(FOR, &self.identity, place, true, || {
            loop {
                let last = patience.is_at_its_end();
                let taken = state.try_take();
                if taken || last {
                    return taken;
                }
            }
        });
        if taken {
            took(&self.identity, place);
        }
        taken
    }

    /// Acquires again, on behalf of the caller at `place`. Whether the thread was woken for the lock makes no difference.
    pub(crate) fn reacquire(&self, _awake: bool, place: Caller) {
        self.acquire_at(place);
    }

    pub(crate) fn release(&self) -> Result<(), NotHeldError> {
        let state = self.state();
        loop {
            let version = state.holds.version();
            let stranger = state.holds.now().holder != me();
            if stranger {
                // It matters what happens before: another thread may take the lock, or release it.
                let looks = state.known_to_be_held.count();
                state.known_to_be_held.visit();
                state.holds.meet();
                if !state.is_held() {
                    return Err(NotHeldError {});
                }
                if state.holds.version() != version || state.known_to_be_held.count() != looks {
                    continue;
                }
            }
            state.holds.arrive_to_publish();
            if state.holds.version() == version {
                let through_the_gate = state.holds.now().through_the_gate;
                state.holds.change(Hold { holder: 0, through_the_gate, by_a_stranger: stranger });
                break;
            }
        }
        gave_back(&self.identity, 1);
        if let Some(guard) = state.guard.take() {
            unlock(guard);
        }
        if let Some(sleeper) = state.next.take() {
            sleeper.give(());
        }
        for sleeper in state.competitors.take() {
            sleeper.give(true);
        }
        Ok(())
    }

    /// Whether an attempt to acquire would fail now.
    pub(crate) fn locked(&self) -> bool {
        let state = self.state();
        let is_mine = || state.holder() == Some(me());
        if is_mine() {
            state.known_to_be_held.look();
        }
        is_mine() || state.holds.look(is_held)
    }

    /// Whether the calling thread has taken it.
    pub(super) fn is_mine(&self) -> bool {
        self.state().holds.now().holder == me()
    }

    /// Lets a thread compete for the lock: at once if it is free, and when it is released if not. Without a scheduling
    /// point.
    pub(super) fn let_compete(&self, sleeper: Rc<Sleeper<bool>>) {
        let state = self.state();
        if state.is_held() {
            state.competitors.borrow_mut().push(sleeper);
        } else {
            sleeper.give(true);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_whether_it_is_locked() {
        crate::model(|| {
            let lock = RawLock::new();
            assert_eq!(format!("{lock:?}"), "RawLock { locked: false }");
            lock.acquire();
            assert_eq!(format!("{lock:?}"), "RawLock { locked: true }");
            lock.release().unwrap();
        });
    }
}
