//! The lock of `Lock` and `RLock`, as a loom mutex that is locked while the lock is held.
//!
//! So who waits is not even tried before the lock is free, and threads that do nothing but acquire and release cost as
//! much as with a mutex of loom's own.
#![allow(unsafe_code)]

use super::object::Timeline;
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::loom::execution::{Caller, Identity, WhileWaiting, current};
use crate::loom::sleeper::{Patience, Sleeper};
use core::sync::atomic::Ordering::{Relaxed, Release};
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

/// In one execution.
struct State {
    /// Whoever has it locked has the lock or is the next to get it. Only those go through it who wait for as long as it
    /// takes: loom lets a `try_lock` wait, too, if another thread gets there first.
    gate: Mutex<()>,
    /// The gate's, if the holder has come through it. It goes back to `gate` before that is gone.
    guard: RefCell<Option<MutexGuard<'static, ()>>>,
    /// The number of the thread that took the lock, or 0.
    holder: Cell<usize>,
    /// The holder's lock will not be released through the gate, or the last one's was not.
    past_the_gate: Cell<bool>,
    /// Who has come through the gate and found the lock taken past it, with its number.
    next: RefCell<Option<(Rc<Sleeper<()>>, usize)>>,
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
    fn is_held(&self) -> bool {
        self.holder.get() != 0
    }

    /// The next event of the timeline takes the lock for thread `holder`.
    fn taken(&self, holder: usize, past_the_gate: bool) {
        self.timeline.happened(self.timeline.now() + 1);
        self.holder.set(holder);
        self.past_the_gate.set(past_the_gate);
    }

    /// Takes the lock unless it is held.
    fn try_take(&self) -> bool {
        loop {
            if self.is_held() {
                return false;
            }
            let before = self.timeline.now();
            if self.timeline.prepare(before + 1, Relaxed) {
                self.taken(crate::shim::thread::me(), true);
                self.timeline.acquire(before);
                return true;
            }
        }
    }

    /// Takes the lock as the thread that has the gate locked.
    fn take_through_the_gate(&self, guard: MutexGuard<'_, ()>, sleep: impl FnOnce(&Sleeper<()>)) {
        let me = crate::shim::thread::me();
        // SAFETY: the guard is kept in `self`, beside the mutex, or dropped here. `self` is behind an `Rc`, so that the
        // mutex does not move, and drops no guard at its end.
        let guard = unsafe { std::mem::transmute::<MutexGuard<'_, ()>, MutexGuard<'static, ()>>(guard) };
        // Not dropped where the model fails meanwhile: it would panic, and end the process.
        let guard = ManuallyDrop::new(guard);
        loop {
            if self.past_the_gate.get() {
                // Nothing has put us in order with the event before.
                let before = self.timeline.now();
                self.timeline.meet(before);
                if self.timeline.now() != before {
                    continue;
                }
            }
            if self.is_held() {
                let sleeper = Sleeper::new();
                self.next.replace(Some((sleeper.clone(), me)));
                sleep(&sleeper);
                break; // It was handed over.
            }
            let before = self.timeline.now();
            let not_by_the_gate = self.past_the_gate.get();
            if self.timeline.prepare(before + 1, Relaxed) {
                self.taken(me, false);
                if not_by_the_gate {
                    self.timeline.acquire(before);
                }
                break;
            }
        }
        let guard = ManuallyDrop::into_inner(guard);
        // Unless a stranger has released it in the meantime.
        if self.holder.get() == me {
            self.past_the_gate.set(false);
            self.guard.replace(Some(guard));
        }
    }
}

const FOR: &str = "for the lock";

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
            gate: Mutex::new(()),
            guard: RefCell::new(None),
            holder: Cell::new(0),
            past_the_gate: Cell::new(false),
            next: RefCell::new(None),
            timeline: Timeline::new(),
            admitted: RefCell::default(),
        })
    }

    #[track_caller]
    pub(crate) fn acquire(&self) {
        self.acquire_at(Location::caller());
    }

    fn acquire_at(&self, place: Caller) {
        let state = self.state();
        let waiting = WhileWaiting::new(FOR, &self.identity, place, false);
        let guard = state.gate.lock().expect("a loom mutex is never poisoned");
        drop(waiting);
        state.take_through_the_gate(guard, |sleeper| sleeper.sleep(FOR, &self.identity, place));
        current().took(&self.identity, place);
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        let state = self.state();
        // The real machine looks first, and gives up on what it sees.
        let taken = !is_taken(state.timeline.look()) && state.try_take();
        if taken {
            current().took(&self.identity, Location::caller());
        }
        taken
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
        let try_take = || {
            while !state.timeline.at_any_moment() {}
            state.try_take()
        };
        let mut taken = try_take();
        if !taken {
            let _waiting = WhileWaiting::new(FOR, &self.identity, place, true);
            let mut patience = Patience::new(std::ptr::from_ref(place).addr());
            loop {
                let last = patience.is_at_its_end();
                taken = try_take();
                if taken || last {
                    break;
                }
            }
        }
        if taken {
            current().took(&self.identity, place);
        }
        taken
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
            if state.holder.get() != crate::shim::thread::me() {
                // A stranger, for whom it matters what happens before: somebody may take it, or release it.
                state.timeline.meet(event - 1);
                state.timeline.meet(event);
                if state.timeline.now() + 1 != event {
                    continue;
                }
                if !state.is_held() {
                    return Err(NotHeldError {});
                }
            }
            if state.timeline.prepare(event, Release) {
                state.timeline.happened(event);
                break;
            }
        }
        state.holder.set(0);
        current().gave_back(&self.identity);
        drop(state.guard.take());
        if let Some((sleeper, holder)) = state.next.take() {
            state.taken(holder, true);
            sleeper.give(());
        }
        for sleeper in state.admitted.take() {
            sleeper.give(true);
        }
        Ok(())
    }

    /// Whether an attempt to acquire would fail now.
    pub(crate) fn locked(&self) -> bool {
        is_taken(self.state().timeline.look())
    }

    /// Whether the calling thread has taken it.
    pub(super) fn is_mine(&self) -> bool {
        self.state().holder.get() == crate::shim::thread::me()
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
