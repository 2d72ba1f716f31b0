//! Sleeping and waking in a model: a thread that blocks until another lets it go on, and how long a timed wait lasts.

use super::execution::{self, Caller, Execution, Identity};
use super::report::waiting;
use super::thread::{Who, local};
use std::cell::Cell;
use std::rc::Rc;

/// One wait of one thread, which another thread ends by handing it a `T`.
pub(crate) struct Sleeper<T> {
    /// `None` where the model has failed.
    thread: Option<Rc<Who>>,
    asleep: Cell<bool>,
    given: Cell<Option<T>>,
}

impl<T: Copy> Sleeper<T> {
    /// A wait of the calling thread, which goes on being awake for now.
    pub(crate) fn new() -> Rc<Self> {
        let thread = local().map(|local| local.who().clone());
        Rc::new(Self { thread, asleep: Cell::new(false), given: Cell::new(None) })
    }

    /// What the thread was given, if it was.
    pub(crate) fn given(&self) -> Option<T> {
        self.given.get()
    }

    /// Ends the wait. What the caller has done happens before the thread goes on, if it sleeps; if it does not, it has
    /// to see to that itself.
    pub(crate) fn give(&self, what: T) {
        self.given.set(Some(what));
        if self.asleep.get()
            && let Some(thread) = self.thread.as_ref().and_then(|thread| thread.handle.as_ref())
        {
            Execution::try_loom(|| thread.unpark(), || ());
        }
    }

    /// Sleeps until given something. By the thread itself. `None`: the model has failed meanwhile.
    ///
    /// A token that somebody has left for the thread's own use of `loom::thread::park` is not taken from it.
    pub(crate) fn sleep(&self, what: &'static str, object: &Identity, place: Caller) -> Option<T> {
        waiting(what, object, place, false, || Execution::try_loom(|| Some(self.park()), || None))
    }

    fn park(&self) -> T {
        let mut token = false;
        loop {
            if let Some(given) = self.given.get() {
                if token {
                    loom::thread::current().unpark();
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

/// Whether the calling thread can sleep: not while it drops its thread-locals. Then it has to look again and again.
pub(crate) fn can_sleep() -> bool {
    local().is_none_or(|local| local.who().handle.is_some())
}

/// How long a timed wait lasts: until the scheduler lets its thread go on, so that loom tries every moment.
///
/// That holds for the first waits of a thread at one place in the source. A loop that polls would have no end, so the
/// waits after that let the others go first, and give up only when those have nothing left to do.
pub(crate) struct Patience {
    at_any_moment: bool,
    /// It is a wait without a deadline, of a thread that cannot sleep.
    for_ever: bool,
    idle: u32,
}

impl Patience {
    /// `site` tells the waits of one thread apart.
    pub(crate) fn new(site: usize) -> Self {
        Self { at_any_moment: execution::current().may_give_up(site, give_ups()), for_ever: false, idle: 0 }
    }

    /// Does not end.
    pub(crate) fn for_ever() -> Self {
        Self { at_any_moment: false, for_ever: true, idle: 0 }
    }

    /// Waits a little. True: the next look is the last, and if there is nothing then, the time was up.
    ///
    /// # Panics
    /// Where the wait has no deadline and nobody else does anything.
    pub(crate) fn is_at_its_end(&mut self) -> bool {
        /// So often the others may let us go first without having called this crate.
        const IDLE: u32 = 2;
        /// The same, for a wait without a deadline.
        const IDLE_FOR_EVER: u32 = 100;

        if self.at_any_moment {
            return true;
        }
        let before = execution::current().steps();
        Execution::try_loom(loom::thread::yield_now, || ());
        if super::thread::model_has_failed() {
            return true;
        }
        // Our own look at the counter is one.
        let others = execution::current().steps() - before > 1;
        self.idle = if others { 0 } else { self.idle + 1 };
        assert!(
            !self.for_ever || self.idle < IDLE_FOR_EVER,
            "deadlock; a thread waits for ever while it drops its thread-locals"
        );
        !self.for_ever && self.idle > IDLE
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
