//! The threads of a model: which one calls, and to which execution it belongs.
//!
//! All threads of a model are fibers of one thread of the system. So a thread-local of the system is common to them,
//! unknown to loom, and adds no happens-before edge between them; and what happens between two scheduling points of
//! loom's is one step.

use super::execution::Execution;
use loom::thread::Thread;
use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What this crate keeps of a thread.
pub(crate) struct Local {
    who: Rc<Who>,
    execution: Rc<Execution>,
}

/// A thread, for reports and for those who wake it.
pub(super) struct Who {
    /// See [`me`].
    pub(super) number: usize,
    /// A thread that drops its thread-locals has none any more.
    pub(super) handle: Option<Thread>,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.handle {
            Some(thread) => match thread.name() {
                Some(name) => write!(f, "thread \"{name}\""),
                None => write!(f, "{:?}", thread.id()),
            },
            None => f.write_str("a thread that drops its thread-locals"),
        }
    }
}

/// What an execution keeps of a thread, to know it again while it drops its thread-locals, when loom's own are gone.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    number: usize,
    /// An address on the stack of its fiber.
    stack: usize,
}

loom::thread_local! {
    static LOCAL: Rc<Local> = Rc::new(Local::new(None));
    /// Stands in for `LOCAL` while a thread drops its thread-locals. Nothing has dropped this one, since it was not there.
    static LATE: Rc<Local> = Rc::new(Local::again());
}

impl Local {
    fn new(number: Option<usize>) -> Self {
        let execution = Execution::of_this_thread();
        let number = number.unwrap_or_else(next_number);
        execution.known.borrow_mut().push(Known { number, stack: stack() });
        let who = Rc::new(Who { number, handle: quietly(loom::thread::current) });
        Self { who, execution }
    }

    /// The thread was here before it began to drop its thread-locals. Each fiber has a stack of its own, and the drops
    /// run at its bottom: so it is the thread that was seen nearest to here.
    fn again() -> Self {
        let here = stack();
        let known = Execution::of_this_thread().known.borrow().clone();
        let nearest = known.iter().min_by_key(|known| known.stack.abs_diff(here));
        Self::new(nearest.map(|known| known.number))
    }

    pub(super) fn execution(&self) -> &Rc<Execution> {
        &self.execution
    }

    pub(super) fn who(&self) -> &Rc<Who> {
        &self.who
    }
}

fn next_number() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    LAST.fetch_add(1, Relaxed) + 1
}

fn stack() -> usize {
    let variable = 0u8;
    std::ptr::from_ref(&variable).addr()
}

/// The calling thread, unless it unwinds and the model has failed: loom cannot be asked any more then.
///
/// # Panics
/// Outside of a model.
pub(super) fn local() -> Option<Rc<Local>> {
    let unwinding = std::thread::panicking();
    if unwinding && Execution::has_failed() {
        return None;
    }
    let find = || LOCAL.try_with(Rc::clone).unwrap_or_else(|_| LATE.with(Rc::clone));
    let local = quietly(find);
    if local.is_none() {
        if !unwinding && !Execution::has_failed() {
            panic!(
                "sixfold was built with `--cfg loom` and is used outside of a model, or inside of one on a thread that \
                 loom does not know: call it inside of `sixfold::model(|| …)` or `loom::model(|| …)`, on threads of \
                 `loom::thread`, or build without the flag"
            );
        }
        Execution::fail();
    }
    local
}

/// A number for the calling thread, as outside of a model: never 0 and never used again.
pub(crate) fn me() -> usize {
    // After a failure only one thread goes on.
    local().map_or(usize::MAX, |local| local.who.number)
}

/// Runs what a destructor has to do. A panic that leaves a destructor while a thread unwinds aborts the process before the
/// failure is shown. So none may leave it.
pub(crate) fn in_drop(action: impl FnOnce()) {
    if std::thread::panicking() {
        let _ = catch_unwind(AssertUnwindSafe(action));
    } else {
        action();
    }
}

/// Whether the model has failed, and the calling thread unwinds: it cannot wait for anything any more, and no other
/// thread goes on.
pub(crate) fn model_has_failed() -> bool {
    std::thread::panicking() && local().is_none()
}

/// A number for loom's execution, if the calling thread can be asked. Loom shows none; but its ids of threads contain one,
/// and so does what they hash.
pub(super) fn execution_of_loom() -> Option<u64> {
    /// Keeps the first number that is hashed.
    #[derive(Default)]
    struct First(Option<u64>);
    impl Hasher for First {
        fn write(&mut self, _: &[u8]) {}
        fn write_usize(&mut self, number: usize) {
            self.0.get_or_insert(number as u64);
        }
        fn finish(&self) -> u64 {
            self.0.unwrap_or(0)
        }
    }

    let mut first = First::default();
    quietly(loom::thread::current)?.id().hash(&mut first);
    first.0
}

/// Runs `action`, which passes no scheduling point. `None` if it panics, and nobody hears of that.
pub(super) fn quietly<R>(action: impl FnOnce() -> R) -> Option<R> {
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    if !std::thread::panicking() {
        HOOK.call_once(|| {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if !QUIET.get() {
                    hook(panic);
                }
            }));
        });
    }
    let before = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(action));
    QUIET.set(before);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::execution_of_loom;
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    #[test]
    fn threads_of_one_execution_of_looms_have_its_number_and_no_others() {
        static NUMBERS: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());
        for _ in 0..3 {
            loom::model(|| {
                let number = execution_of_loom().expect("a thread can be asked");
                let other = loom::thread::spawn(execution_of_loom);
                assert_eq!(other.join().unwrap(), Some(number));
                assert!(NUMBERS.lock().unwrap().insert(number), "another execution has it");
            });
        }
    }
}
