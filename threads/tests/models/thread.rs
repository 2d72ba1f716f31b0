//! What a thread did is seen by whoever joins it; lists are right in every moment; a timer fires or is cancelled.

use super::plain::Plain;
use sixfold::{Lock, model};
use sixfold_threads::thread::{self, Thread, Timer};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

const A_WHILE: Duration = Duration::from_secs(1);

#[test]
fn join_returns_the_value_and_sees_what_was_done() {
    model(|| {
        let data = Arc::new(Plain::new());
        let thread = Thread::spawn({
            let data = data.clone();
            move || {
                data.set(1);
                2
            }
        });
        assert_eq!(thread.join().unwrap(), 2);
        assert_eq!(data.get(), 1);
    });
}

#[test]
fn a_handle_that_waits_sees_what_was_done() {
    model(|| {
        let data = Arc::new(Plain::new());
        let thread = Thread::spawn({
            let data = data.clone();
            move || data.set(1)
        });
        thread.handle().wait();
        assert_eq!(data.get(), 1);
        thread.join().unwrap();
    });
}

#[test]
fn a_join_whose_time_is_up_gives_the_thread_back() {
    model(|| {
        let joined = Thread::spawn(|| 1).join_timeout(A_WHILE);
        let value = joined.unwrap_or_else(Thread::join);
        assert_eq!(value.unwrap(), 1);
    });
}

#[test]
fn a_panic_is_for_who_joins_in_every_interleaving() {
    model(|| {
        let thread = Thread::spawn(|| panic!("on purpose"));
        let panic: Box<dyn std::any::Any + Send> = thread.join().unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
    });
}

/// The panic is loom's own then, and must not be taken for one of the thread.
#[test]
fn a_deadlock_in_a_thread_is_reported() {
    let failed = catch_unwind(AssertUnwindSafe(|| {
        model(|| {
            let lock = Arc::new(Lock::new());
            lock.acquire();
            let thread = Thread::spawn(move || lock.acquire());
            _ = thread.join();
        });
    }));
    let panic = failed.unwrap_err();
    let message = panic.downcast_ref::<String>().expect("loom's");
    assert!(message.starts_with("deadlock"), "{message}");
}

#[test]
fn a_thread_is_in_the_lists_until_it_has_ended() {
    model(|| {
        let thread = Thread::spawn(|| assert!(thread::enumerate().contains(&thread::current())));
        let handle = thread.handle().clone();
        if !handle.is_alive() {
            assert!(!thread::enumerate().contains(&handle));
        }
        thread.join().unwrap();
        assert_eq!(thread::enumerate(), [thread::main_thread()]);
        assert_eq!(thread::current(), thread::main_thread());
    });
}

#[test]
fn join_all_waits_for_those_that_are_started_meanwhile() {
    model(|| {
        let data = Arc::new(Plain::new());
        drop(Thread::spawn({
            let data = data.clone();
            move || drop(Thread::spawn(move || data.set(1)))
        }));
        thread::join_all();
        assert_eq!(data.get(), 1);
    });
}

#[test]
fn a_timer_fires_or_is_cancelled_and_both_sides_know_which() {
    model(|| {
        let timer = Timer::start(A_WHILE, || 1);
        let is_cancelled = timer.cancel();
        assert_eq!(timer.join().unwrap(), (!is_cancelled).then_some(1));
    });
}
