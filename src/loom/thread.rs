//! Who is calling, and how to unwind, in a model.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A number for the calling thread, as outside of a model. The threads of a model share one thread of the system, so the number is in a local of loom's.
pub(crate) fn me() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    loom::thread_local! {
        static ME: usize = LAST.fetch_add(1, Relaxed) + 1;
    }
    // A thread whose locals are gone already gets a number that owns nothing.
    ME.try_with(|me| *me).unwrap_or_else(|_| LAST.fetch_add(1, Relaxed) + 1)
}

/// Runs what a destructor has to do. Where a model has failed, loom's objects panic when touched, and a panic that leaves a destructor
/// while a thread unwinds aborts the process before the failure is shown. So none may leave it.
pub(crate) fn in_drop(action: impl FnOnce()) {
    if std::thread::panicking() {
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(action));
    } else {
        action();
    }
}
