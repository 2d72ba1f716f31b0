//! Models: how to run one.

#[cfg(loom)]
use crate::loom::execution;

/// Runs `f` as a model: under `--cfg loom` in every execution that loom can think of, otherwise a few times on real
/// threads.
///
/// So one test serves both builds, and a model that a normal `cargo test` compiles and runs does not rot. Under loom this
/// is [`loom::model`](https://docs.rs/loom/0.7/loom/fn.model.html) and obeys the same environment variables
/// (`LOOM_MAX_PREEMPTIONS` and the others). Threads come from `loom::thread` there, and from `std::thread` otherwise.
///
/// # Panics
/// Where `f` panics; under loom also where the threads of an execution are left waiting for each other.
///
/// # Examples
/// ```
/// #[cfg(loom)]
/// use loom::thread;
/// #[cfg(not(loom))]
/// use std::thread;
///
/// use sixfold::Semaphore;
/// use std::sync::Arc;
///
/// sixfold::model(|| {
///     let permits = Arc::new(Semaphore::new(0));
///     let other = thread::spawn({
///         let permits = permits.clone();
///         move || permits.release()
///     });
///     permits.acquire();
///     other.join().unwrap();
///     assert_eq!(permits.value(), 0);
/// });
/// ```
pub fn model<F>(f: F)
where
    F: Fn() + Sync + Send + 'static,
{
    #[cfg(loom)]
    {
        let _running = execution::WhileRunning;
        ::loom::model(begin(f));
    }

    #[cfg(not(loom))]
    {
        /// A few, to meet a few of the schedules that there are.
        const RUNS: usize = 16;
        for _ in 0..RUNS {
            f();
        }
    }
}

/// As [`model`], with loom's settings in the source: a bound on preemptions, on branches, on time.
///
/// Only under `--cfg loom`.
///
/// # Panics
/// As `model`.
#[cfg(loom)]
pub fn model_with<F>(builder: &::loom::model::Builder, f: F)
where
    F: Fn() + Sync + Send + 'static,
{
    let _running = execution::WhileRunning;
    builder.check(begin(f));
}

/// Begins each execution before its threads do, so that all of them happen after what the objects are made of.
#[cfg(loom)]
fn begin(f: impl Fn() + Sync + Send + 'static) -> impl Fn() + Sync + Send + 'static {
    execution::forget();
    move || {
        execution::current();
        f();
    }
}
