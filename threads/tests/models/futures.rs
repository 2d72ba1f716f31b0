//! A result is never lost, a cancellation and a start exclude each other, callbacks come before waiters, and a shutdown may
//! come in every moment.

use super::plain::Plain;
use loom::thread;
use sixfold::{model, model_with};
use sixfold_threads::futures::{
    Failure, Future, ReturnWhen, SubmitError, ThreadPoolExecutor, as_completed, wait, wait_timeout,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

const A_WHILE: Duration = Duration::from_secs(1);

fn submit<T: Send + 'static>(pool: &ThreadPoolExecutor, task: impl FnOnce() -> T + Send + 'static) -> Future<T> {
    pool.submit(task).expect("it is not shut down")
}

/// Where all executions would take minutes: those with two preemptions.
fn bounded(body: fn()) {
    let mut two = loom::model::Builder::new();
    two.preemption_bound = Some(2);
    model_with(&two, body);
}

#[test]
fn a_result_is_seen_with_what_the_task_did() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let data = Arc::new(Plain::new());
        let future = submit(&pool, {
            let data = data.clone();
            move || {
                data.set(1);
                2
            }
        });
        assert_eq!(future.result().unwrap(), 2);
        assert_eq!(data.get(), 1);
    });
}

#[test]
fn two_tasks_of_two_workers_both_end() {
    bounded(|| {
        let pool = ThreadPoolExecutor::new(2);
        let futures = [1, 2].map(|n| submit(&pool, move || n));
        assert_eq!(futures.map(|future| future.result().unwrap()), [1, 2]);
    });
}

#[test]
fn a_worker_whose_task_panics_goes_on() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let panics = submit(&pool, || panic!("on purpose"));
        let later = submit(&pool, || 1);
        assert!(matches!(panics.result(), Err::<(), _>(Failure::Panicked(_))));
        assert_eq!(later.result().unwrap(), 1);
    });
}

#[test]
fn a_task_is_cancelled_or_runs() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let future = submit(&pool, || 1);
        let is_cancelled = future.cancel();
        match future.result() {
            Ok(value) => assert_eq!((value, is_cancelled), (1, false)),
            Err(failure) => assert!(is_cancelled && matches!(failure, Failure::Cancelled)),
        }
    });
}

#[test]
fn a_callback_beside_the_end_is_called_once_and_before_the_result_is_out() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let future = submit(&pool, || 1);
        let heard = Arc::new(Plain::new());
        future.add_done_callback({
            let heard = heard.clone();
            move |result| heard.set(heard.get() + result.as_ref().unwrap())
        });
        assert_eq!(future.result().unwrap(), 1);
        assert_eq!(heard.get(), 1);
    });
}

#[test]
fn two_callbacks_from_two_threads_beside_the_end_are_both_called() {
    bounded(|| {
        let pool = ThreadPoolExecutor::new(1);
        let future = Arc::new(submit(&pool, || 1));
        let heard = Arc::new(AtomicUsize::new(0));
        let add = |future: &Future<usize>| {
            let heard = heard.clone();
            future.add_done_callback(move |result| _ = heard.fetch_add(*result.as_ref().unwrap(), Relaxed));
        };
        let other = thread::spawn({
            let (future, heard) = (future.clone(), heard.clone());
            move || future.add_done_callback(move |result| _ = heard.fetch_add(*result.as_ref().unwrap(), Relaxed))
        });
        add(&future);
        other.join().unwrap();
        assert_eq!(Arc::into_inner(future).unwrap().result().unwrap(), 1);
        drop(pool);
        assert_eq!(heard.load(Relaxed), 2);
    });
}

#[test]
fn a_timed_result_is_there_or_the_future_comes_back() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let outcome = submit(&pool, || 1).result_timeout(A_WHILE).unwrap_or_else(Future::result);
        assert_eq!(outcome.unwrap(), 1);
    });
}

#[test]
fn a_shutdown_in_every_moment_runs_or_cancels_what_was_submitted() {
    for cancel in [false, true] {
        model(move || {
            let pool = Arc::new(ThreadPoolExecutor::new(1));
            let other = thread::spawn({
                let pool = pool.clone();
                move || pool.submit(|| 1)
            });
            pool.shutdown(false, cancel);
            match other.join().unwrap() {
                Err(SubmitError::ShutDown(closure)) => assert_eq!(closure(), 1, "it comes back"),
                Err(error) => panic!("{error}"),
                Ok(future) => match future.result() {
                    Ok(value) => assert_eq!(value, 1),
                    Err(failure) => assert!(cancel && matches!(failure, Failure::Cancelled)),
                },
            }
            drop(pool);
        });
    }
}

#[test]
fn two_that_shut_down_both_return() {
    bounded(|| {
        let pool = Arc::new(ThreadPoolExecutor::new(1));
        let future = submit(&pool, || 1);
        let other = thread::spawn({
            let pool = pool.clone();
            move || pool.shutdown(true, false)
        });
        pool.shutdown(true, false);
        assert!(future.done());
        other.join().unwrap();
    });
}

#[test]
fn wait_misses_no_end() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let waited = wait([submit(&pool, || 1)], ReturnWhen::AllCompleted);
        assert_eq!((waited.done.len(), waited.not_done.len()), (1, 0));
    });
}

#[test]
fn as_completed_misses_no_end_and_tells_none_twice() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let futures = [1, 2].map(|n| submit(&pool, move || n));
        assert_eq!(as_completed(futures).map(|future| future.result().unwrap()).sum::<i32>(), 3);
    });
}

#[test]
fn a_wait_that_gives_up_leaves_nothing_behind() {
    model(|| {
        let pool = ThreadPoolExecutor::new(1);
        let waited = wait_timeout([submit(&pool, || 1)], ReturnWhen::FirstCompleted, A_WHILE);
        let futures = waited.done.into_iter().chain(waited.not_done);
        assert_eq!(wait(futures, ReturnWhen::FirstCompleted).done.len(), 1);
    });
}

#[test]
fn a_task_that_waits_for_its_own_pool_of_one_is_told() {
    model(|| {
        let pool = Arc::new(ThreadPoolExecutor::new(1));
        let future = submit(&pool, {
            let pool = pool.clone();
            move || submit(&pool, || 1).result().is_ok()
        });
        assert!(matches!(future.result(), Err(Failure::Panicked(_))));
    });
}

#[test]
fn an_initializer_that_panics_fails_what_was_submitted() {
    model(|| {
        let pool = ThreadPoolExecutor::builder().max_workers(1).initializer(|| panic!("on purpose")).build();
        match pool.submit(|| 1) {
            Ok(future) => assert!(matches!(future.result(), Err(Failure::Broken))),
            Err(error) => assert!(matches!(error, SubmitError::Broken(_))),
        }
    });
}
