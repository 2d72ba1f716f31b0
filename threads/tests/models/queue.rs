//! No item is lost or comes twice, whoever waits is told, and a shutdown may come in every moment.

use super::plain::Plain;
use loom::thread;
use sixfold::{model, model_with};
use sixfold_threads::queue::{GetError, PutError, Queue, ShutDown, SimpleQueue};
use std::sync::Arc;
use std::time::Duration;

const A_WHILE: Duration = Duration::from_secs(1);

#[test]
fn items_pass_through_one_place_in_order() {
    model(|| {
        let queue = Arc::new(Queue::bounded(1));
        let puts = thread::spawn({
            let queue = queue.clone();
            move || (0..2).for_each(|item| queue.put(item).unwrap())
        });
        assert_eq!([queue.get(), queue.get()], [Ok(0), Ok(1)]);
        puts.join().unwrap();
        assert!(queue.empty());
    });
}

#[test]
fn two_that_put_into_one_place_are_both_served() {
    model(|| {
        let queue = Arc::new(Queue::bounded(1));
        let puts: Vec<_> = (0..2)
            .map(|item| {
                let queue = queue.clone();
                thread::spawn(move || queue.put(item).unwrap())
            })
            .collect();
        assert_eq!(queue.get().unwrap() + queue.get().unwrap(), 1);
        puts.into_iter().for_each(|put| put.join().unwrap());
    });
}

#[test]
fn two_that_get_are_both_served() {
    model(|| {
        let queue = Arc::new(Queue::new());
        let gets: Vec<_> = (0..2)
            .map(|_| {
                let queue = queue.clone();
                thread::spawn(move || queue.get().unwrap())
            })
            .collect();
        (0..2).for_each(|item| queue.put(item).unwrap());
        assert_eq!(gets.into_iter().map(|get| get.join().unwrap()).sum::<i32>(), 1);
    });
}

#[test]
fn a_timed_get_takes_the_item_or_leaves_it() {
    model(|| {
        let queue = Arc::new(Queue::new());
        let get = thread::spawn({
            let queue = queue.clone();
            move || queue.get_timeout(A_WHILE)
        });
        queue.put(1).unwrap();
        match get.join().unwrap() {
            Ok(item) => assert_eq!((item, queue.try_get()), (1, Err(GetError::Empty))),
            Err(error) => assert_eq!((error, queue.try_get()), (GetError::Empty, Ok(1))),
        }
    });
}

#[test]
fn a_timed_put_finds_the_place_or_gives_the_item_back() {
    model(|| {
        let queue = Arc::new(Queue::bounded(1));
        queue.put(0).unwrap();
        let put = thread::spawn({
            let queue = queue.clone();
            move || queue.put_timeout(1, A_WHILE)
        });
        assert_eq!(queue.get(), Ok(0));
        match put.join().unwrap() {
            Ok(()) => assert_eq!(queue.try_get(), Ok(1)),
            Err(error) => assert_eq!((error, queue.try_get()), (PutError::Full(1), Err(GetError::Empty))),
        }
    });
}

/// A waiter whose time is up at the moment in which it is told must not keep the news to itself.
#[test]
fn a_get_that_gives_up_takes_no_item_from_another() {
    model(|| {
        let queue = Arc::new(Queue::new());
        let timed = thread::spawn({
            let queue = queue.clone();
            move || queue.get_timeout(A_WHILE)
        });
        let waits = thread::spawn({
            let queue = queue.clone();
            move || queue.get().unwrap()
        });
        queue.put(1).unwrap();
        if timed.join().unwrap().is_ok() {
            queue.put(2).unwrap();
        }
        waits.join().unwrap();
        assert!(queue.empty());
    });
}

#[test]
fn join_waits_until_all_is_done_and_sees_it() {
    model(|| {
        let queue = Arc::new(Queue::new());
        (0..2).for_each(|item| queue.put(item).unwrap());
        let sum = Arc::new(Plain::new());
        let worker = thread::spawn({
            let (queue, sum) = (queue.clone(), sum.clone());
            move || {
                for _ in 0..2 {
                    let item = queue.get().unwrap();
                    sum.set(sum.get() + item);
                    queue.task_done().unwrap();
                }
            }
        });
        queue.join();
        assert_eq!(sum.get(), 1);
        worker.join().unwrap();
    });
}

#[test]
fn two_that_join_are_both_told() {
    model(|| {
        let queue = Arc::new(Queue::new());
        queue.put(()).unwrap();
        let joins = thread::spawn({
            let queue = queue.clone();
            move || queue.join()
        });
        let worker = thread::spawn({
            let queue = queue.clone();
            move || {
                queue.get().unwrap();
                queue.task_done().unwrap();
            }
        });
        queue.join();
        joins.join().unwrap();
        worker.join().unwrap();
    });
}

#[test]
fn a_shutdown_beside_a_put_and_a_get_loses_nothing_and_ends_both() {
    for immediate in [false, true] {
        model(move || {
            let queue = Arc::new(Queue::bounded(1));
            let puts = thread::spawn({
                let queue = queue.clone();
                move || {
                    let mut put = 0;
                    while put < 2 {
                        match queue.put(put) {
                            Ok(()) => put += 1,
                            Err(ShutDown(item)) => {
                                assert_eq!(item, put, "it comes back");
                                break;
                            }
                        }
                    }
                    put
                }
            });
            let gets = thread::spawn({
                let queue = queue.clone();
                move || queue.iter().count()
            });
            let left = queue.shutdown(immediate).len();
            assert_eq!(puts.join().unwrap(), gets.join().unwrap() + left);
        });
    }
}

#[test]
fn an_immediate_shutdown_beside_a_worker_lets_join_return() {
    let mut two = loom::model::Builder::new();
    two.preemption_bound = Some(2);
    model_with(&two, || {
        let queue = Arc::new(Queue::new());
        (0..2).for_each(|item| queue.put(item).unwrap());
        let worker = thread::spawn({
            let queue = queue.clone();
            move || queue.iter().for_each(|_| queue.task_done().unwrap())
        });
        let joins = thread::spawn({
            let queue = queue.clone();
            move || queue.join()
        });
        queue.shutdown(true);
        queue.join();
        worker.join().unwrap();
        joins.join().unwrap();
    });
}

#[test]
fn a_simple_queue_passes_on_what_was_done_before() {
    model(|| {
        let queue = Arc::new(SimpleQueue::new());
        let data = Arc::new(Plain::new());
        let puts = thread::spawn({
            let (queue, data) = (queue.clone(), data.clone());
            move || {
                data.set(1);
                queue.put(());
            }
        });
        queue.get();
        assert_eq!(data.get(), 1);
        puts.join().unwrap();
    });
}
