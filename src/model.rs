//! Models: how to run one.

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
    run(&::loom::model::Builder::new(), f, |_, f| ::loom::model(f));

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
    assert!(
        builder.max_threads <= ::loom::MAX_THREADS,
        "a model can have at most {} threads, its own included: the limit is loom's",
        ::loom::MAX_THREADS
    );
    run(builder, f, |builder, f| builder.check(f));
}

/// Runs `f` as a model, by way of `check`, and explains a failure.
#[cfg(loom)]
fn run(
    builder: &::loom::model::Builder,
    f: impl Fn() + Sync + Send + 'static,
    check: impl Fn(&::loom::model::Builder, Box<dyn Fn() + Sync + Send>),
) {
    use crate::loom::execution::{self, Execution, StartOver};
    use crate::loom::report::{self, Progress};
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::Arc;

    let f = Arc::new(f);
    execution::begin_model();
    loop {
        let progress = Arc::new(Progress::new());
        let body = {
            let (f, progress) = (f.clone(), progress.clone());
            Box::new(move || {
                progress.count();
                Execution::begin();
                f();
            })
        };
        let result = catch_unwind(AssertUnwindSafe(|| check(builder, body)));
        if result.as_ref().is_err_and(|failure| !failure.is::<StartOver>()) {
            report::show_report();
        }
        let starts_over = result.as_ref().is_err_and(|failure| failure.is::<StartOver>());
        if starts_over {
            execution::start_over();
        }
        execution::end_model();
        if starts_over {
            continue;
        }
        let Err(failure) = result else { return progress.ended(builder) };
        let message = failure.downcast_ref::<&str>().copied().or(failure.downcast_ref::<String>().map(String::as_str));
        if let Some(explanation) = message.and_then(|message| report::explain(message, builder)) {
            panic!("{explanation}");
        }
        resume_unwind(failure);
    }
}
