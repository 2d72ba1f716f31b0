//! One object of each type, free and taken, for the tests that go through all types and calls.

use sixfold::{Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// One of each. Those that are called `taken_…` or `no_…` are free until [`take`](Self::take).
pub(crate) struct Objects {
    pub(crate) lock: Lock,
    pub(crate) taken_lock: Lock,
    pub(crate) nested: RLock,
    pub(crate) taken_nested: RLock,
    pub(crate) permits: Semaphore,
    pub(crate) no_permits: Semaphore,
    pub(crate) bounded: BoundedSemaphore,
    pub(crate) no_bounded: BoundedSemaphore,
    pub(crate) condition: Condition<Lock>,
    pub(crate) taken_condition: Condition<Lock>,
    pub(crate) monitor: Condition,
    pub(crate) taken_monitor: Condition,
    pub(crate) event: Event,
    pub(crate) barrier: Barrier,
    pub(crate) alone: Barrier,
    /// A plain flag for predicates. It orders nothing.
    told: AtomicBool,
}

impl Objects {
    pub(crate) const fn new() -> Self {
        Self {
            lock: Lock::new(),
            taken_lock: Lock::new(),
            nested: RLock::new(),
            taken_nested: RLock::new(),
            permits: Semaphore::new(1),
            no_permits: Semaphore::new(0),
            bounded: BoundedSemaphore::new(1),
            no_bounded: BoundedSemaphore::new(1),
            condition: Condition::with_lock(Lock::new()),
            taken_condition: Condition::with_lock(Lock::new()),
            monitor: Condition::new(),
            taken_monitor: Condition::new(),
            event: Event::new(),
            barrier: Barrier::new(2),
            alone: Barrier::new(1),
            told: AtomicBool::new(false),
        }
    }

    /// Takes those that are to be taken, in the name of the calling thread.
    pub(crate) fn take(&self) {
        self.taken_lock.acquire();
        self.taken_nested.acquire();
        self.no_bounded.acquire();
        self.taken_condition.acquire();
        self.taken_monitor.acquire();
    }

    pub(crate) fn tell(&self) {
        self.told.store(true, Relaxed);
    }

    pub(crate) fn told(&self) -> bool {
        self.told.load(Relaxed)
    }
}
