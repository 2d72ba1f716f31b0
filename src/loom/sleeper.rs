//! Sleeping and waking in a model: a thread that blocks until another lets it go on, and how long a timed wait lasts.

use super::execution::{self, Caller, Identity, WhileWaiting};
use loom::thread::Thread;
use std::cell::Cell;
use std::rc::Rc;

/// One wait of one thread, which another thread ends by handing it a `T`.
pub(crate) struct Sleeper<T> {
    thread: Thread,
    asleep: Cell<bool>,
    given: Cell<Option<T>>,
}

impl<T: Copy> Sleeper<T> {
    /// A wait of the calling thread, which goes on being awake for now.
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { thread: loom::thread::current(), asleep: Cell::new(false), given: Cell::new(None) })
    }

    /// What the thread was given, if it was.
    pub(crate) fn given(&self) -> Option<T> {
        self.given.get()
    }

    /// Ends the wait. What the caller has done happens before the thread goes on, if it sleeps; if it does not, it has
    /// to see to that itself.
    pub(crate) fn give(&self, what: T) {
        self.given.set(Some(what));
        if self.asleep.get() {
            self.thread.unpark();
        }
    }

    /// Sleeps until given something. By the thread itself.
    ///
    /// A token that somebody has left for the thread's own use of `loom::thread::park` is not taken from it.
    pub(crate) fn sleep(&self, what: &'static str, object: &Identity, place: Caller) -> T {
        let _waiting = WhileWaiting::new(what, object, place, false);
        let mut token = false;
        loop {
            if let Some(given) = self.given.get() {
                if token {
                    self.thread.unpark();
                }
                return given;
            }
            self.asleep.set(true);
            loom::thread::park();
            self.asleep.set(false);
            token |= self.given.get().is_none();
        }
    }
}

/// How long a timed wait lasts: until the scheduler lets its thread go on, so that loom tries every moment.
///
/// That holds for the first waits of a thread at one place in the source. A loop that polls would have no end, so the
/// waits after that let the others go first, and give up only when those have nothing left to do.
pub(crate) struct Patience {
    at_any_moment: bool,
    idle: u32,
}

impl Patience {
    /// `site` tells the waits of one thread apart.
    pub(crate) fn new(site: usize) -> Self {
        Self { at_any_moment: execution::current().may_give_up(site, give_ups()), idle: 0 }
    }

    /// Waits a little. True: the next look is the last, and if there is nothing then, the time was up.
    pub(crate) fn is_at_its_end(&mut self) -> bool {
        /// So often the others may let us go first without having called this crate.
        const IDLE: u32 = 2;

        if self.at_any_moment {
            return true;
        }
        let before = execution::current().steps();
        loom::thread::yield_now();
        // Our own look at the counter is one.
        let others = execution::current().steps() - before > 1;
        self.idle = if others { 0 } else { self.idle + 1 };
        self.idle > IDLE
    }
}

/// How often the waits of a thread at one place give up at any moment: `SIXFOLD_GIVE_UPS`, or 2.
fn give_ups() -> u32 {
    use std::sync::OnceLock;
    static GIVE_UPS: OnceLock<u32> = OnceLock::new();
    *GIVE_UPS.get_or_init(|| match std::env::var("SIXFOLD_GIVE_UPS") {
        Ok(number) => number.parse().expect("SIXFOLD_GIVE_UPS is a number: how often a timed wait gives up freely"),
        Err(_) => 2,
    })
}
