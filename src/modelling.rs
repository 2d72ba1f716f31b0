//! Model-check your own code: how to run the code that uses these types in every interleaving that matters.
//!
//! Build your tests with `RUSTFLAGS="--cfg loom"`, and the types of this crate are models of themselves: inside of
//! [`model`](crate::model()), or of `loom::model`, [loom](https://docs.rs/loom) runs your threads in every order that can
//! make a difference. No feature and no second flag; a normal build has nothing of loom. This is a part of the public
//! interface, under semantic versioning as the rest.
//!
//! # Set up
//!
//! ```toml
//! [dependencies]
//! sixfold = "0.1"
//!
//! [target.'cfg(loom)'.dependencies]
//! loom = "0.7"
//!
//! [lints.rust]
//! unexpected_cfgs = { level = "warn", check-cfg = ["cfg(loom)"] }
//!
//! [profile.loom] # cargo test --profile loom: optimised, with debug assertions
//! inherits = "release"
//! debug-assertions = true
//! ```
//!
//! A test that serves both builds:
//!
//! ```
//! #[cfg(loom)]
//! use loom::thread;
//! #[cfg(not(loom))]
//! use std::thread;
//!
//! use sixfold::{Condition, Lock};
//! use std::sync::Arc;
//!
//! # fn a_job_that_is_handed_over_is_found() {
//! sixfold::model(|| {
//!     let inbox = Arc::new(Condition::with_lock(Lock::with_value(None)));
//!     let worker = thread::spawn({
//!         let inbox = inbox.clone();
//!         move || {
//!             let mut job = inbox.hold();
//!             job.wait_for(Option::is_some); // `wait` alone, and loom reports a deadlock
//!             job.take()
//!         }
//!     });
//!     let mut job = inbox.hold();
//!     *job = Some("a job");
//!     job.notify(1);
//!     drop(job);
//!     assert_eq!(worker.join().unwrap(), Some("a job"));
//! });
//! # }
//! # a_job_that_is_handed_over_is_found();
//! ```
//!
//! Then `RUSTFLAGS="--cfg loom" cargo test --profile loom`. Under that flag nothing of this crate works outside of a model: keep
//! tests that are no models to `#[cfg(not(loom))]`, or name the models with `--test` and in a file of their own. A complete crate with right and wrong components, all of which
//! are found, is `tests/dependent` in the repository.
//!
//! # What is modelled
//!
//! - **Every outcome that the real types have**: which thread is faster, barging, a time-out at any moment, a failing try or
//!   a look (`locked`, `value`, `is_set`, `n_waiting`, `broken`) that is old news. This is checked: the models of this crate
//!   run on its real state machines too, and so do random programs; what the machines come to is found in the model.
//! - **The happens-before edges that the types promise, and no others.** Which call happens before which is a table with a
//!   model for each cell: `docs/edges.md` in the repository. In short: a release happens before the acquires that get by it,
//!   a set before a thread that sees it and before a clear that follows, the parties of a round before what follows the
//!   round, and whatever breaks a barrier before a thread that is told so. A failing call, a look at a lock, a wait that gave
//!   up and two holders of two permits order nothing, and loom finds the race.
//! - **Timeouts and deadlines.** A timed call that finds what it wants succeeds. If it has to wait, it is served or gives up,
//!   and the race of the two is explored. Zero is one try; `Duration::MAX` never gives up. A model does not depend on how
//!   fast it runs: a deadline that was in the future when the execution began is a timeout, one that was in the past is one
//!   try, and a deadline that was made outside of the model is the same in all executions. A deadlock is reported only
//!   where nobody waits for a limited time.
//! - **Loops that poll** (`while !event.wait_timeout(t) {}`) end: at one place in the source, a thread's waits give up at
//!   any moment twice in an execution, and after that only when the others have nothing left to do. Set
//!   `SIXFOLD_GIVE_UPS` to another number if your code gives up more often and still goes on.
//! - **Statics.** The constructors stay `const`, and a static of each type is as new in each execution, also after one that
//!   ended while it was held. A static lock that *guards a value* is not, because the value is not ours to reset: its second
//!   use panics and says so. Create it inside of the model, or in a `loom::lazy_static!`.
//! - **Threads that nobody joins, and thread-locals.** An object may be used after the closure of the model has returned, and
//!   in the drop of a `loom::thread_local!`.
//!
//! # What is not
//!
//! Fairness: that nobody is passed for ever is not a question of single executions. Spurious wake-ups of `Condition`:
//! there are none outside either. More than five threads, the model's own included, `SeqCst` as strong as it is, and very
//! long executions: these are limits of loom. So is one more: loom remembers the last access to an atomic alone, and may
//! not try a store before a load of another thread if the storing thread has loaded in between. For the types of this
//! crate that is taken care of; for atomics of your own it is not.
//!
//! Start models with [`model`](crate::model()) or `model_with`. Now and then a model starts over: when an execution needs
//! many more objects than those before, or when too many permits are released to a `BoundedSemaphore`. Then the closure has
//! run once more than loom counts. With `loom::model` it cannot start over, and the first panics with advice.
//!
//! # When a model fails
//!
//! A deadlock is followed by who waited where, for what, and who has it:
//!
//! ```text
//! sixfold: when the model failed,
//!   ThreadId(0) waited at src/bank.rs:38:46, for the lock created at src/bank.rs:17:46; ThreadId(1) has it since src/bank.rs:37:50
//!   ThreadId(1) waited at src/bank.rs:38:46, for the lock created at src/bank.rs:17:46; ThreadId(0) has it since src/bank.rs:37:50
//! ```
//!
//! `ThreadId(0)` is the model's own closure; a thread that has ended while it held something is still named. With a failed
//! assertion there is the same report if somebody waits, and the place of the assertion; for the way there, set
//! `LOOM_CHECKPOINT_FILE` and `LOOM_LOG` as [loom](https://docs.rs/loom) describes.
//!
//! The thread that fails unwinds, and its destructors may use the types of this crate: a `Drop` that takes a lock, sets an
//! event or notifies neither ends the process nor loses the report. No other thread goes on by then. So such calls do what
//! they can alone: a lock is taken from a holder that will never use it again, and a wait returns at once. Loom's own
//! types panic there: share objects through std's `Arc` where a model may fail, because the drop of loom's ends the process.
//!
//! A thread that waits for itself reads "it has that ITSELF". A model that runs for more than ten seconds says on stderr how
//! many executions there were, and one that was stopped by a bound says what to bound instead.
//!
//! Under `--cfg loom` other crates may change too, tokio for one. It is a flag of the whole build: use it for the tests of
//! one crate at a time.
//!
//! # What it costs
//!
#![doc = include_str!("../docs/prices.md")]
//!
//! Printed by `ci/prices.sh`; the gate compares our rows. The executions grow fast with each call of each thread: two threads and two calls each are a
//! good size. For more, bound the preemptions with `LOOM_MAX_PREEMPTIONS=2` or 3: loom's documentation says that this finds
//! most bugs, and it takes seconds where all executions may take hours. A semaphore costs more than a lock because to take and to give back a permit can be in
//! conflict: two holders of two permits may race, and a model that hides that would be cheaper.
//!
//! # The real machines
//!
//! With a second flag, `RUSTFLAGS="--cfg loom --cfg sixfold_checked"`, the types are their real state machines on loom's
//! atomics: what this crate's own models run on. That is many times dearer, and there is no reason to do so in another
//! crate but doubt.
