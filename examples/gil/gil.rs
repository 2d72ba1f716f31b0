//! The lock of the interpreter, made as CPython makes it.

use sixfold::{Condition, Lock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

pub struct Gil {
    /// Where one waits who wants it.
    free: Condition<Arc<Lock<State>>>,
    /// Where one waits who has given it up because another wanted it, until another has it. Without this it would take
    /// it back before the other is awake.
    switched: Condition<Arc<Lock<State>>>,
    /// Whoever has it is to give it up. It looks at this often, so it is no matter of locks.
    wanted: AtomicBool,
    /// Who has it is left alone for so long. Python: `sys.setswitchinterval`.
    interval: Duration,
}

struct State {
    held: bool,
    /// How often it was taken.
    taken: u64,
}

const SHARED: &str = "this thread holds the lock that both conditions share";

impl Gil {
    pub fn new(interval: Duration) -> Self {
        let lock = Arc::new(Lock::with_value(State { held: false, taken: 0 }));
        let (free, switched) = (Condition::with_lock(lock.clone()), Condition::with_lock(lock));
        Self { free, switched, wanted: AtomicBool::new(false), interval }
    }

    /// Waits for it. Who waits for an interval in which it stays with the same thread asks that thread for it.
    pub fn take(&self) {
        let mut state = self.free.hold();
        while state.held {
            let taken = state.taken;
            let freed = state.wait_for_timeout(|state| !state.held, self.interval);
            if !freed && state.taken == taken {
                self.wanted.store(true, Relaxed);
            }
        }
        state.held = true;
        state.taken += 1;
        self.wanted.store(false, Relaxed);
        self.switched.notify_all().expect(SHARED);
    }

    /// Gives it up, for a while or for good.
    pub fn give_up(&self) {
        let mut state = self.free.hold();
        state.held = false;
        state.notify(1);
    }

    /// Whether another asks for it. Asked by whoever has it, at every end of a loop: so this is one load.
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Relaxed)
    }

    /// Gives it to another who asks for it, and waits for it again. The other is waiting still, since asking ends with
    /// taking.
    pub fn hand_over(&self) {
        let mut state = self.switched.hold();
        let taken = state.taken;
        state.held = false;
        self.free.notify(1).expect(SHARED);
        state.wait_for(|state| state.taken != taken);
        drop(state);
        self.take();
    }

    /// How often it was taken.
    pub fn taken(&self) -> u64 {
        self.free.hold().taken
    }
}
