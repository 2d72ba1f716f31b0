//! Python's own tests of `concurrent.futures`, the half about threads, one by one under names of behaviour, and ours.
//! `docs/python-tests.md` says which is which.
#![cfg(not(loom))]

use sixfold::{Barrier, Event, Lock, Semaphore};
use sixfold_threads::futures::{
    Failure, Future, ReturnWhen, SubmitError, ThreadPoolExecutor, as_completed, as_completed_deadline,
    as_completed_timeout, wait, wait_deadline, wait_timeout,
};
use sixfold_threads::queue::SimpleQueue;
use sixfold_threads::thread;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(10);
/// Nobody waits so long, unless a test fails.
const LONG: Duration = Duration::from_secs(30);

fn submit<T: Send + 'static>(pool: &ThreadPoolExecutor, task: impl FnOnce() -> T + Send + 'static) -> Future<T> {
    pool.submit(task).expect("it is not shut down")
}

/// A task that runs until it is told to end, and has begun.
fn a_task_that_waits(pool: &ThreadPoolExecutor) -> (Arc<Event>, Future<i32>) {
    let (begun, go) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let future = submit(pool, {
        let (begun, go) = (begun.clone(), go.clone());
        move || {
            begun.set();
            go.wait();
            1
        }
    });
    begun.wait();
    (go, future)
}

// ---- Submit, map, results.

#[test]
fn a_submitted_task_runs_once_and_its_result_is_the_futures() {
    let pool = ThreadPoolExecutor::new(3);
    let futures: Vec<_> = (0..20).map(|n| submit(&pool, move || n * n)).collect();
    let results: Vec<i32> = futures.into_iter().map(|future| future.result().unwrap()).collect();
    assert_eq!(results, (0..20).map(|n| n * n).collect::<Vec<_>>());
}

#[test]
fn a_map_gives_results_in_order_and_a_panic_where_it_happened() {
    let pool = ThreadPoolExecutor::new(5);
    let results = pool.map(|n: u32| 10_u32.checked_div(n).expect("not by zero"), [5, 2, 0, 1]).unwrap();
    assert_eq!(results.size_hint(), (1, Some(4)));
    let results: Vec<_> = results.map(|result| result.ok()).collect();
    assert_eq!(results, [Some(2), Some(5), None, Some(10)]);
}

#[test]
fn a_map_whose_time_is_up_says_so_once_and_cancels_the_rest() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, ran) = (Arc::new(Event::new()), Arc::new(AtomicUsize::new(0)));
    let mut results = pool
        .map_timeout(
            {
                let (go, ran) = (go.clone(), ran.clone());
                move |waits| {
                    ran.fetch_add(1, Relaxed);
                    if waits {
                        go.wait();
                    }
                }
            },
            [false, true, false, false],
            Duration::from_millis(200),
        )
        .unwrap();
    let all: Vec<_> = results.by_ref().collect();
    assert!(matches!(all.last(), Some(Err(Failure::TimedOut))) && results.next().is_none());
    go.set();
    drop(pool);
    assert!(ran.load(Relaxed) <= 2, "the others were cancelled");
}

#[test]
fn a_map_that_is_dropped_cancels_what_has_not_begun() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, first) = a_task_that_waits(&pool);
    let ran = Arc::new(AtomicUsize::new(0));
    let counter = ran.clone();
    drop(pool.map(move |()| counter.fetch_add(1, Relaxed), [(); 4]).unwrap());
    go.set();
    assert_eq!(first.result().unwrap(), 1);
    drop(pool);
    assert_eq!(ran.load(Relaxed), 0);
}

#[test]
fn a_pool_keeps_nothing_of_a_task_that_is_over() {
    let pool = ThreadPoolExecutor::new(1);
    let data = Arc::new(());
    let future = submit(&pool, {
        let data = data.clone();
        move || drop(data)
    });
    future.result().unwrap();
    assert_eq!(Arc::strong_count(&data), 1);
}

#[test]
fn no_worker_is_no_pool() {
    let panic = catch_unwind(|| ThreadPoolExecutor::new(0)).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"a pool needs at least one worker"));
    assert!((5..=32).contains(&ThreadPoolExecutor::default().max_workers()));
}

#[test]
fn threads_are_started_as_tasks_need_them_and_used_again() {
    let pool = ThreadPoolExecutor::builder().max_workers(4).thread_name_prefix("few").build();
    let name = || thread::current().name().to_owned();
    for _ in 0..10 {
        assert_eq!(submit(&pool, name).result().unwrap(), "few_0", "it is free again");
        while !format!("{pool:?}").contains("workers: 1, idle: 1, tasks: 0") {
            std::thread::yield_now();
        }
    }
    let meet = Arc::new(Barrier::new(4));
    let names: BTreeSet<_> = (0..4)
        .map(|_| {
            let meet = meet.clone();
            submit(&pool, move || {
                meet.wait().unwrap();
                thread::current().name().to_owned()
            })
        })
        .collect::<Vec<_>>()
        .into_iter()
        .map(|future| future.result().unwrap())
        .collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["few_0", "few_1", "few_2", "few_3"]);
}

#[test]
fn tasks_begin_in_the_order_in_which_they_were_submitted() {
    let pool = ThreadPoolExecutor::new(1);
    let log = Arc::new(Lock::with_value(vec![]));
    for n in 0..100 {
        let log = log.clone();
        submit(&pool, move || log.hold().push(n));
    }
    drop(pool);
    assert_eq!(*log.hold(), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_panic_is_the_futures_and_never_the_pools() {
    let pool = ThreadPoolExecutor::new(1);
    for _ in 0..3 {
        let future = submit(&pool, || -> i32 { panic!("no luck") });
        assert_eq!(future.exception().as_deref(), Some("no luck"));
        let failure = future.result().unwrap_err();
        assert_eq!(failure.to_string(), "the task panicked: no luck");
        assert_eq!(format!("{failure:?}"), "Panicked(\"no luck\")");
        let Failure::Panicked(payload) = failure else { unreachable!() };
        assert_eq!(payload.downcast_ref(), Some(&"no luck"));
        assert_eq!(submit(&pool, || 1).result().unwrap(), 1);
    }
    assert_eq!(submit(&pool, || 1).exception(), None);
    let odd = submit(&pool, || std::panic::panic_any(1));
    assert_eq!(odd.exception().as_deref(), Some("a panic without a message"));
}

// ---- A future.

#[test]
fn a_result_whose_time_is_up_gives_the_future_back() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, future) = a_task_that_waits(&pool);
    let future = future.result_timeout(SOON).unwrap_err();
    let future = future.result_timeout(Duration::ZERO).unwrap_err();
    let future = future.result_deadline(Instant::now() + SOON).unwrap_err();
    go.set();
    assert_eq!(future.result_timeout(LONG).unwrap().unwrap(), 1);
    let future = submit(&pool, || 2);
    assert_eq!(future.result_deadline(Instant::now() + LONG).unwrap().unwrap(), 2);
}

#[test]
fn a_panic_whose_time_is_up_can_be_asked_for_again() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, future) = a_task_that_waits(&pool);
    let error = future.exception_timeout(SOON).unwrap_err();
    assert!(error.to_string().starts_with("the time was up before the task was done"));
    assert!(future.exception_timeout(Duration::ZERO).is_err());
    assert!(future.exception_deadline(Instant::now() + SOON).is_err());
    go.set();
    assert_eq!(future.exception_timeout(LONG), Ok(None));
    assert_eq!(future.result().unwrap(), 1, "the result is still there");
    let future = submit(&pool, || -> i32 { panic!("no luck") });
    assert_eq!(future.exception_deadline(Instant::now() + LONG).unwrap().as_deref(), Some("no luck"));
    assert_eq!(future.exception_timeout(Duration::ZERO).unwrap().as_deref(), Some("no luck"), "it is not used up");
}

#[test]
fn a_future_tells_what_state_it_is_in() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, first) = a_task_that_waits(&pool);
    let second = submit(&pool, || 2);
    assert!(first.running() && !first.done() && !first.cancelled());
    assert!(!second.running() && !second.done() && !second.cancelled());
    assert_eq!(format!("{first:?} {second:?}"), "Future { state: Running, .. } Future { state: Pending, .. }");
    assert!(!first.cancel(), "it runs");
    assert!(second.cancel() && second.cancel(), "twice is no error");
    assert!(second.done() && second.cancelled() && !second.running());
    go.set();
    assert_eq!(first.exception(), None);
    assert!(first.done() && !first.running() && !first.cancel());
    assert!(matches!(second.result(), Err(Failure::Cancelled)));
    assert_eq!(first.result().unwrap(), 1);
}

#[test]
fn a_cancelled_task_never_runs() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, first) = a_task_that_waits(&pool);
    let cancelled: Vec<_> = (0..4).map(|_| submit(&pool, || unreachable!("it is cancelled"))).collect();
    assert!(cancelled.iter().all(Future::cancel));
    go.set();
    first.result().unwrap();
    assert!(cancelled.into_iter().all(|future: Future<()>| matches!(future.result(), Err(Failure::Cancelled))));
}

#[test]
fn callbacks_hear_of_a_result_a_panic_and_a_cancellation_in_order() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, first) = a_task_that_waits(&pool);
    let heard = Arc::new(SimpleQueue::new());
    let hear = |future: &Future<i32>, tag: &'static str| {
        let heard = heard.clone();
        future.add_done_callback(move |result| {
            heard.put((tag, result.as_ref().map(|value| *value).map_err(|failure| format!("{failure:?}"))));
        });
    };
    hear(&first, "one");
    hear(&first, "two");
    let panics = submit(&pool, || panic!("no luck"));
    hear(&panics, "panics");
    let cancelled = submit(&pool, || 3);
    hear(&cancelled, "cancelled");
    assert!(cancelled.cancel());
    assert_eq!(heard.try_get(), Some(("cancelled", Err("Cancelled".into()))), "by this thread");
    go.set();
    assert_eq!([heard.get(), heard.get()], [("one", Ok(1)), ("two", Ok(1))]);
    assert_eq!(heard.get(), ("panics", Err("Panicked(\"no luck\")".into())));
}

#[test]
fn a_callback_that_comes_late_is_called_at_once_and_the_result_stays() {
    let pool = ThreadPoolExecutor::new(1);
    let future = submit(&pool, || vec![1, 2]);
    assert_eq!(future.exception(), None);
    let (here, heard) = (thread::current(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..2 {
        let (here, heard) = (here.clone(), heard.clone());
        future.add_done_callback(move |result| {
            assert_eq!(thread::current(), here);
            heard.fetch_add(result.as_ref().unwrap().len(), Relaxed);
        });
    }
    assert_eq!((heard.load(Relaxed), future.result().unwrap()), (4, vec![1, 2]));
}

#[test]
fn a_callback_may_panic_or_use_its_future_and_ends_nothing() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, future) = a_task_that_waits(&pool);
    let (future, heard) = (Arc::new(future), Arc::new(SimpleQueue::new()));
    future.add_done_callback(|_| panic!("on purpose"));
    future.add_done_callback({
        // The future holds its callbacks: so no handle to itself that stays.
        let (again, heard) = (Arc::downgrade(&future), heard.clone());
        move |_| {
            let future = again.upgrade().expect("it is waited for");
            heard.put("first");
            assert!(!future.cancel() && !future.running());
            future.add_done_callback(move |_| heard.put("added in a callback"));
        }
    });
    go.set();
    assert_eq!([heard.get(), heard.get()], ["first", "added in a callback"]);
    assert_eq!(future.exception(), None, "of the task");
    future.add_done_callback({
        let (again, heard) = (future.clone(), heard.clone());
        move |_| again.add_done_callback(move |_| heard.put("late, and added in a callback"))
    });
    assert_eq!(heard.get(), "late, and added in a callback");
    assert_eq!(submit(&pool, || 2).result().unwrap(), 2);
}

// ---- wait.

/// Two that are over, one of them by a panic, and one that waits.
fn three(pool: &ThreadPoolExecutor, first_panics: bool) -> (Arc<Event>, [Future<i32>; 3]) {
    let (go, waits) = a_task_that_waits(pool);
    let first = submit(pool, move || if first_panics { panic!("on purpose") } else { 2 });
    let second = submit(pool, || 3);
    (go, [waits, first, second])
}

#[test]
fn wait_returns_with_the_first_that_is_over() {
    let pool = ThreadPoolExecutor::new(2);
    let (go, futures) = three(&pool, false);
    let waited = wait(futures, ReturnWhen::FirstCompleted);
    assert!(!waited.done.is_empty() && waited.done.len() + waited.not_done.len() == 3);
    let again = wait(waited.done.into_iter().chain(waited.not_done), ReturnWhen::FirstCompleted);
    assert!(!again.done.is_empty(), "some are over already");
    go.set();
}

#[test]
fn wait_returns_with_the_first_panic_or_when_all_are_over() {
    let pool = ThreadPoolExecutor::new(2);
    let (go, futures) = three(&pool, true);
    let waited = wait(futures, ReturnWhen::FirstException);
    assert!(waited.done.iter().any(|future| future.exception().is_some()));
    assert!(!waited.not_done.is_empty());
    go.set();
    let waited = wait(waited.not_done, ReturnWhen::FirstException);
    assert!(waited.not_done.is_empty(), "none of these panics");
    // A cancelled one is no panic.
    let (go, first) = a_task_that_waits(&pool);
    let (go_too, second) = a_task_that_waits(&pool);
    let cancelled = submit(&pool, || 1);
    cancelled.cancel();
    let waited = wait_timeout([first, second, cancelled], ReturnWhen::FirstException, SOON);
    assert_eq!((waited.done.len(), waited.not_done.len()), (1, 2));
    go.set();
    go_too.set();
}

#[test]
fn wait_returns_when_all_are_over_or_when_the_time_is_up() {
    let pool = ThreadPoolExecutor::new(2);
    let (go, [waits, first, second]) = three(&pool, true);
    let waited = wait_timeout([waits, first, second], ReturnWhen::AllCompleted, SOON);
    assert!(!waited.not_done.is_empty());
    let all = waited.done.into_iter().chain(waited.not_done);
    let waited = wait_deadline(all, ReturnWhen::AllCompleted, Instant::now());
    go.set();
    let waited = wait(waited.done.into_iter().chain(waited.not_done), ReturnWhen::AllCompleted);
    assert_eq!((waited.done.len(), waited.not_done.len()), (3, 0));
    let none: [Future<()>; 0] = [];
    assert!(wait(none, ReturnWhen::FirstCompleted).done.is_empty());
}

#[test]
fn futures_that_end_all_at_once_wake_who_waits_for_all() {
    let pool = ThreadPoolExecutor::new(8);
    for _ in 0..50 {
        let meet = Arc::new(Barrier::new(8));
        let futures: Vec<_> = (0..8)
            .map(|_| {
                let meet = meet.clone();
                submit(&pool, move || meet.wait().is_ok())
            })
            .collect();
        assert_eq!(wait(futures, ReturnWhen::AllCompleted).done.len(), 8);
    }
}

// ---- as_completed.

#[test]
fn as_completed_gives_each_future_once_as_it_ends() {
    let pool = ThreadPoolExecutor::new(2);
    let (go, futures) = three(&pool, false);
    let mut results = as_completed(futures);
    assert_eq!(results.len(), 3);
    let quick = [results.next(), results.next()].map(|future| future.unwrap().result().unwrap());
    assert_eq!(quick.into_iter().sum::<i32>(), 5);
    go.set();
    assert_eq!(results.next().unwrap().result().unwrap(), 1);
    assert!(results.next().is_none());
}

#[test]
fn as_completed_gives_the_rest_back_when_its_time_is_up() {
    let pool = ThreadPoolExecutor::new(1);
    let first = submit(&pool, || 0);
    assert_eq!(first.exception(), None);
    let (go, waits) = a_task_that_waits(&pool);
    let later = submit(&pool, || 2);
    let mut results = as_completed_timeout([first, waits, later], Duration::from_millis(100));
    assert_eq!(results.next().unwrap().unwrap().result().unwrap(), 0);
    let late = results.next().unwrap().unwrap_err();
    assert_eq!(late.to_string(), "the time was up, and 2 futures were not done");
    assert!(results.next().is_none());
    go.set();
    let rest: Vec<_> = as_completed_deadline(late.not_done, Instant::now() + LONG).collect();
    assert_eq!(rest.into_iter().map(|future| future.unwrap().result().unwrap()).sum::<i32>(), 3);
}

// ---- Shutdown.

#[test]
fn after_a_shutdown_nothing_can_be_submitted_and_the_closure_comes_back() {
    let pool = ThreadPoolExecutor::new(1);
    pool.shutdown(true, false);
    pool.shutdown(true, true);
    let error = pool.submit(|| 7).unwrap_err();
    assert_eq!(error.to_string(), "the pool was shut down, and takes no more tasks");
    assert_eq!(format!("{error:?}"), "ShutDown(..)");
    assert_eq!(error.into_closure()(), 7);
    assert!(matches!(pool.map(|()| (), [()]), Err(SubmitError::ShutDown(()))));
}

#[test]
fn a_shutdown_that_waits_runs_what_was_submitted() {
    for by_drop in [false, true] {
        let pool = ThreadPoolExecutor::new(2);
        let ran = Arc::new(AtomicUsize::new(0));
        for _ in 0..50 {
            let ran = ran.clone();
            submit(&pool, move || ran.fetch_add(1, Relaxed));
        }
        if by_drop {
            drop(pool)
        } else {
            pool.shutdown(true, false)
        }
        assert_eq!(ran.load(Relaxed), 50);
    }
}

#[test]
fn a_shutdown_that_does_not_wait_returns_while_tasks_run() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, future) = a_task_that_waits(&pool);
    let later = submit(&pool, || 2);
    pool.shutdown(false, false);
    assert!(!future.done());
    go.set();
    assert_eq!((future.result().unwrap(), later.result().unwrap()), (1, 2));
}

#[test]
fn a_shutdown_can_cancel_what_has_not_begun() {
    let pool = ThreadPoolExecutor::new(1);
    let (go, future) = a_task_that_waits(&pool);
    let later: Vec<_> = (0..10).map(|_| submit(&pool, || unreachable!("it is cancelled"))).collect();
    pool.shutdown(false, true);
    assert!(later.iter().all(Future::cancelled));
    go.set();
    pool.shutdown(true, true);
    assert_eq!(future.result().unwrap(), 1);
    assert!(later.into_iter().all(|future: Future<()>| matches!(future.result(), Err(Failure::Cancelled))));
}

#[test]
fn a_task_that_drops_or_shuts_down_its_own_pool_does_not_wait_for_itself() {
    let pool = Arc::new(ThreadPoolExecutor::new(2));
    let (go, gone) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let future = submit(&pool, {
        let (pool, go, gone) = (pool.clone(), go.clone(), gone.clone());
        move || {
            go.wait();
            pool.shutdown(true, false);
            drop(pool);
            gone.set();
        }
    });
    drop(pool);
    go.set();
    assert!(gone.wait_timeout(LONG));
    future.result().unwrap();
}

#[test]
fn two_tasks_that_shut_down_their_own_pool_do_not_wait_for_each_other() {
    let (pool, meet) = (Arc::new(ThreadPoolExecutor::new(2)), Arc::new(Barrier::new(2)));
    let tasks = [(); 2].map(|()| {
        let (inner, meet) = (pool.clone(), meet.clone());
        submit(&pool, move || {
            meet.wait().unwrap();
            inner.shutdown(true, false);
        })
    });
    assert!(tasks.into_iter().all(|task| task.result_timeout(LONG).unwrap().is_ok()));
}

#[test]
fn the_workers_have_ended_when_a_pool_is_dropped() {
    let pool = ThreadPoolExecutor::builder().max_workers(3).thread_name_prefix("gone").build();
    let meet = Arc::new(Barrier::new(3));
    for _ in 0..3 {
        let meet = meet.clone();
        submit(&pool, move || meet.wait().is_ok());
    }
    drop(pool);
    assert!(thread::enumerate().iter().all(|thread| !thread.name().starts_with("gone")));
}

// ---- The initializer.

#[test]
fn each_worker_calls_the_initializer_once_before_its_first_task() {
    let calls = Arc::new(Lock::with_value(vec![]));
    let initializer = {
        let calls = calls.clone();
        move || calls.hold().push(thread::current().name().to_owned())
    };
    let pool = ThreadPoolExecutor::builder().max_workers(2).thread_name_prefix("made").initializer(initializer).build();
    let meet = Arc::new(Barrier::new(2));
    for _ in 0..4 {
        let (meet, calls) = (meet.clone(), calls.clone());
        submit(&pool, move || {
            assert!(calls.hold().contains(&thread::current().name().to_owned()));
            meet.wait().unwrap();
        });
    }
    drop(pool);
    let mut calls = calls.hold().clone();
    calls.sort();
    assert_eq!(calls, ["made_0", "made_1"]);
}

#[test]
fn an_initializer_that_panics_breaks_the_pool_and_every_future_hears_of_it() {
    let may_panic = Arc::new(Semaphore::new(0));
    let pool = ThreadPoolExecutor::builder().max_workers(1);
    let pool = pool
        .initializer({
            let may_panic = may_panic.clone();
            move || {
                may_panic.acquire();
                panic!("on purpose");
            }
        })
        .build();
    let futures: Vec<_> = (0..3).map(|_| submit(&pool, || unreachable!("no worker is ready"))).collect();
    may_panic.release();
    for future in futures {
        let failure: Result<(), _> = future.result();
        assert_eq!(failure.unwrap_err().to_string(), "the pool is broken: its initializer panicked, see its message");
    }
    let error = pool.submit(|| 1).unwrap_err();
    assert!(matches!(error, SubmitError::Broken(_)));
}

// ---- Tasks that wait for tasks.

#[test]
fn a_task_that_waits_for_its_own_pool_is_told_if_nobody_is_left_to_run_the_other() {
    for workers in [1, 2, 3] {
        let pool = Arc::new(ThreadPoolExecutor::new(workers));
        fn nested(pool: &Arc<ThreadPoolExecutor>, depth: usize) -> Result<usize, String> {
            if depth == 0 {
                return Ok(0);
            }
            let inner = submit(pool, {
                let pool = pool.clone();
                move || nested(&pool, depth - 1)
            });
            Ok(1 + inner.result().map_err(|failure| failure.to_string())??)
        }
        // As deep as there are other workers.
        let run = |depth| {
            submit(&pool, {
                let pool = pool.clone();
                move || nested(&pool, depth)
            })
            .result()
        };
        assert_eq!(run(workers - 1).unwrap(), Ok(workers - 1));
        let told = match run(workers) {
            Ok(result) => result.unwrap_err(),
            Err(failure) => failure.to_string(),
        };
        assert!(told.contains("all workers of this pool would wait"), "{told}");
        assert_eq!(run(0).unwrap(), Ok(0), "the pool goes on");
    }
}

#[test]
fn a_task_may_wait_for_its_own_pool_with_a_timeout_or_for_what_is_over() {
    let pool = Arc::new(ThreadPoolExecutor::new(1));
    let first = submit(&pool, || 1);
    assert_eq!(first.exception(), None);
    let future = submit(&pool, {
        let pool = pool.clone();
        move || {
            let later = submit(&pool, || 2).result_timeout(Duration::from_millis(1)).unwrap_err();
            assert_eq!(first.result().unwrap(), 1);
            later
        }
    });
    assert_eq!(future.result().unwrap().result().unwrap(), 2);
}

#[test]
fn who_waits_for_another_pool_or_from_outside_is_never_told_so() {
    let (one, other) = (Arc::new(ThreadPoolExecutor::new(1)), Arc::new(ThreadPoolExecutor::new(1)));
    let future = submit(&one, {
        let other = other.clone();
        move || submit(&other, || 1).result().unwrap()
    });
    assert_eq!(future.result().unwrap(), 1);
}

#[test]
fn many_tasks_wait_for_each_other_as_far_as_there_are_workers() {
    let pool = Arc::new(ThreadPoolExecutor::new(4));
    for _ in 0..200 {
        let futures: Vec<_> = (0..3)
            .map(|n| {
                let inner = pool.clone();
                submit(&pool, move || submit(&inner, move || n).result().unwrap())
            })
            .collect();
        assert_eq!(futures.into_iter().map(|future| future.result().unwrap()).sum::<i32>(), 3);
    }
}

#[test]
fn a_pool_that_is_dropped_by_a_panic_waits_too() {
    let ran = Arc::new(AtomicUsize::new(0));
    let counter = ran.clone();
    let panics = move || {
        let pool = ThreadPoolExecutor::new(1);
        submit(&pool, move || counter.fetch_add(1, Relaxed));
        panic!("on purpose");
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(ran.load(Relaxed), 1);
}
