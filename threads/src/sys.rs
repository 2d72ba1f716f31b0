//! The threads of std, or those of loom. The only place that chooses.

use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(not(loom))]
pub(crate) use std::thread::{Builder, JoinHandle};

#[cfg(loom)]
pub(crate) use loom::thread::{Builder, JoinHandle};

/// What `action` returns, or what it panics with. A panic by which loom reports that the model has failed is none of these: it goes on.
pub(crate) fn catch<R>(action: impl FnOnce() -> R) -> std::thread::Result<R> {
    let result = catch_unwind(AssertUnwindSafe(action));
    // Then loom answers no question any more.
    #[cfg(loom)]
    if let Err(panic) = result {
        let lives = catch_unwind(|| drop(loom::thread::current())).is_ok();
        return if lives { Err(panic) } else { std::panic::resume_unwind(panic) };
    }
    result
}

/// The name that the system or the model knows the calling thread by.
pub(crate) fn current_name() -> Option<String> {
    #[cfg(not(loom))]
    return std::thread::current().name().map(str::to_owned);
    #[cfg(loom)]
    return loom::thread::current().name().map(str::to_owned);
}

/// Whether the calling thread, which this crate has not started, is the one that runs `main`, or the model.
pub(crate) fn is_main() -> bool {
    #[cfg(not(loom))]
    return current_name().as_deref() == Some("main");
    // Loom shows no number but this way.
    #[cfg(loom)]
    return format!("{:?}", loom::thread::current().id()).contains("(0)");
}

/// The system's number for the calling thread, where that can be had without `unsafe`.
pub(crate) fn native_id() -> Option<u64> {
    #[cfg(all(target_os = "linux", not(loom), not(miri)))]
    return std::fs::read_link("/proc/thread-self").ok()?.file_name()?.to_str()?.parse().ok();
    #[cfg(not(all(target_os = "linux", not(loom), not(miri))))]
    None
}
