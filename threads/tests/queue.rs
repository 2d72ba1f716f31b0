//! Python's own tests of `queue`, one by one under names of behaviour, and ours. `docs/python-tests.md` says which is which.
#![cfg(not(loom))]

use sixfold::{Barrier, Lock};
use sixfold_threads::queue::{
    GetError, LifoQueue, Order, PriorityQueue, PutError, Queue, QueueOf, ShutDown, SimpleQueue, TooManyDone,
};
use sixfold_threads::thread::Thread;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const SIZE: usize = 5;
const SOON: Duration = Duration::from_millis(10);
/// Nobody waits so long, unless a test fails.
const LONG: Duration = Duration::from_secs(30);

/// `trigger` probably finds that `blocks` waits. Whichever is first, both return.
fn blocking<R>(blocks: impl FnOnce() -> R, trigger: impl FnOnce() + Send) -> R {
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(SOON);
            trigger();
        });
        blocks()
    })
}

// ---- What Python's tests demand of Queue, LifoQueue and PriorityQueue.

/// On an empty queue for five items.
fn puts_gets_fills_and_empties<O>(queue: &QueueOf<O>, order: [i32; 3])
where
    O: Order<Item = i32>,
    QueueOf<O>: Sync,
{
    assert!(queue.empty() && !queue.full());
    for item in [111, 333, 222] {
        queue.put(item).unwrap();
    }
    assert_eq!([(); 3].map(|()| queue.get().unwrap()), order);
    for item in 0..SIZE as i32 - 1 {
        queue.put(item).unwrap();
        assert!(!queue.empty() && !queue.full());
    }
    queue.put(10).unwrap();
    assert!(queue.full() && queue.qsize() == SIZE);
    assert_eq!(queue.try_put(30), Err(PutError::Full(30)));
    assert_eq!(queue.put_timeout(30, SOON), Err(PutError::Full(30)));
    assert_eq!(queue.put_deadline(30, Instant::now() + SOON), Err(PutError::Full(30)));
    let get = || _ = queue.get().unwrap();
    assert_eq!(blocking(|| queue.put(30), get), Ok(()));
    assert_eq!(blocking(|| queue.put_timeout(30, LONG), get), Ok(()));
    assert_eq!(blocking(|| queue.put_deadline(30, Instant::now() + LONG), get), Ok(()));
    (0..SIZE).for_each(|_| get());
    assert!(queue.empty());
    assert_eq!(queue.try_get(), Err(GetError::Empty));
    assert_eq!(queue.get_timeout(SOON), Err(GetError::Empty));
    assert_eq!(queue.get_deadline(Instant::now() + SOON), Err(GetError::Empty));
    let put = || queue.put(7).unwrap();
    assert_eq!(blocking(|| queue.get(), put), Ok(7));
    assert_eq!(blocking(|| queue.get_timeout(LONG), put), Ok(7));
    assert_eq!(blocking(|| queue.get_deadline(Instant::now() + LONG), put), Ok(7));
}

#[test]
fn each_kind_keeps_its_order_and_its_bound_and_can_be_used_again() {
    let (fifo, lifo, smallest) = (Queue::bounded(SIZE), LifoQueue::bounded(SIZE), PriorityQueue::bounded(SIZE));
    for _ in 0..2 {
        puts_gets_fills_and_empties(&fifo, [111, 333, 222]);
        puts_gets_fills_and_empties(&lifo, [222, 333, 111]);
        puts_gets_fills_and_empties(&smallest, [111, 222, 333]);
    }
}

#[test]
fn a_task_that_was_not_put_cannot_be_done() {
    let queue = Queue::<i32>::new();
    let error: TooManyDone = queue.task_done().unwrap_err();
    assert_eq!(
        error.to_string(),
        "task_done was called more often than items were put: call it once for each item that you got"
    );
}

#[test]
fn join_waits_for_all_tasks_and_can_be_called_again() {
    let queue = Queue::new();
    for _ in 0..2 {
        let sum = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Ok(Some(item)) = queue.get() {
                        sum.fetch_add(item, Relaxed);
                        queue.task_done().unwrap();
                    }
                    queue.task_done().unwrap();
                });
            }
            (0..100).for_each(|item| queue.put(Some(item)).unwrap());
            queue.join();
            assert_eq!(sum.load(Relaxed), 4950);
            (0..2).for_each(|_| queue.put(None).unwrap());
            queue.join();
        });
        assert!(queue.task_done().is_err());
    }
}

#[test]
fn a_try_fills_and_empties_and_never_waits() {
    let queue = Queue::bounded(SIZE);
    (0..SIZE).for_each(|item| queue.try_put(item).unwrap());
    assert_eq!(queue.try_put(9), Err(PutError::Full(9)));
    (0..SIZE).for_each(|item| assert_eq!(queue.try_get(), Ok(item)));
    assert_eq!(queue.try_get(), Err(GetError::Empty));
}

/// An item whose comparison panics if it is told to.
#[derive(Debug)]
struct Item(i32, Arc<AtomicBool>);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Item {}
impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        assert!(!self.1.swap(false, Relaxed), "on purpose");
        self.0.cmp(&other.0)
    }
}

#[test]
fn a_comparison_that_panics_leaves_a_queue_that_works() {
    let fails = Arc::new(AtomicBool::new(false));
    let item = |number| Item(number, fails.clone());
    let fail = |call: &dyn Fn()| {
        fails.store(true, Relaxed);
        catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        assert!(!fails.load(Relaxed), "it was compared");
    };
    let queue = PriorityQueue::bounded(3);
    queue.put(item(1)).unwrap();
    fail(&|| _ = queue.try_put(item(2)));
    assert_eq!((queue.qsize(), queue.unfinished_tasks()), (2, 2), "it was put");
    queue.put(item(3)).unwrap();
    fail(&|| _ = queue.get());
    assert_eq!((queue.qsize(), queue.unfinished_tasks()), (2, 2), "that one is lost, and not waited for");
    queue.put(item(4)).unwrap();
    assert_eq!(queue.try_put(item(5)).unwrap_err().into_item().0, 5, "full");
    while queue.try_get().is_ok() {
        queue.task_done().unwrap();
    }
    queue.join();
}

#[test]
fn who_waits_for_a_place_gets_that_of_an_item_that_a_panic_has_lost() {
    let fails = Arc::new(AtomicBool::new(false));
    let item = |number| Item(number, fails.clone());
    let queue = Arc::new(PriorityQueue::bounded(3));
    (0..3).for_each(|number| queue.put(item(number)).unwrap());
    let put = Thread::spawn({
        let (queue, item) = (queue.clone(), item(3));
        move || queue.put(item).is_ok()
    });
    thread::sleep(SOON); // probably it waits
    fails.store(true, Relaxed);
    assert!(catch_unwind(AssertUnwindSafe(|| queue.get())).is_err());
    assert!(put.join_timeout(LONG).expect("it is told").unwrap());
    assert_eq!((queue.qsize(), queue.unfinished_tasks()), (3, 3));
}

// ---- What Python's tests demand of SimpleQueue.

#[test]
fn a_simple_queue_puts_and_gets_in_order() {
    let queue = SimpleQueue::new();
    assert!(queue.empty());
    (1..=4).for_each(|item| queue.put(item));
    assert_eq!(queue.qsize(), 4);
    assert_eq!(queue.get(), 1);
    assert_eq!(queue.try_get(), Some(2));
    assert_eq!(queue.get_timeout(SOON), Some(3));
    assert_eq!(queue.get_deadline(Instant::now()), Some(4));
    assert_eq!(queue.try_get(), None);
    assert_eq!(queue.get_timeout(Duration::from_millis(1)), None);
    assert!(queue.empty());
}

/// Some feed and others consume, until each consumer has got a `None`.
fn fed_and_consumed(
    threads: usize,
    items: usize,
    get: impl Fn(&SimpleQueue<Option<usize>>) -> Option<usize> + Sync,
) -> Vec<usize> {
    let queue = SimpleQueue::new();
    let (next, all) = (AtomicUsize::new(0), Lock::with_value(vec![]));
    let start = Barrier::new(2 * threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                start.wait().unwrap();
                loop {
                    let item = next.fetch_add(1, Relaxed);
                    if item >= items {
                        break;
                    }
                    queue.put(Some(item));
                }
                queue.put(None);
            });
            scope.spawn(|| {
                start.wait().unwrap();
                let got: Vec<_> = std::iter::from_fn(|| get(&queue)).collect();
                all.hold().extend(got);
            });
        }
    });
    assert!(queue.empty());
    std::mem::take(&mut *all.hold())
}

#[test]
fn one_producer_and_one_consumer_keep_the_order() {
    assert_eq!(fed_and_consumed(1, 100, SimpleQueue::get), (0..100).collect::<Vec<_>>());
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_among_many_threads() {
    let in_order = |mut all: Vec<usize>| {
        all.sort_unstable();
        all
    };
    let poll = |get: fn(&SimpleQueue<Option<usize>>) -> Option<Option<usize>>| {
        move |queue: &SimpleQueue<_>| {
            loop {
                match get(queue) {
                    Some(item) => return item,
                    None => thread::yield_now(),
                }
            }
        }
    };
    let all: Vec<_> = (0..10_000).collect();
    assert_eq!(in_order(fed_and_consumed(50, 10_000, SimpleQueue::get)), all);
    assert_eq!(in_order(fed_and_consumed(50, 10_000, poll(SimpleQueue::try_get))), all);
    let timed = poll(|queue| queue.get_timeout(Duration::from_micros(10)));
    assert_eq!(in_order(fed_and_consumed(50, 1000, timed)), all[..1000]);
}

#[test]
fn a_queue_keeps_nothing_of_an_item_that_has_left_it() {
    let (queue, simple) = (Queue::new(), SimpleQueue::new());
    for _ in 0..20 {
        let item = Arc::new(());
        queue.put(item.clone()).unwrap();
        simple.put(item.clone());
        drop((queue.get().unwrap(), simple.get()));
        assert_eq!(Arc::strong_count(&item), 1);
    }
}

// ---- Shutdown, as of Python 3.13.

#[test]
fn after_a_shutdown_nobody_puts_and_what_is_left_can_be_got() {
    let queue = Queue::bounded(SIZE);
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    assert_eq!(queue.shutdown(false), []);
    assert!(queue.is_shutdown());
    assert_eq!(queue.put(3), Err(ShutDown(3)));
    assert_eq!(queue.try_put(3), Err(PutError::ShutDown(3)));
    assert_eq!(queue.put_timeout(3, LONG), Err(PutError::ShutDown(3)));
    assert_eq!(queue.get(), Ok(1));
    assert_eq!(queue.try_get(), Ok(2));
    assert_eq!(queue.get(), Err(ShutDown(())));
    assert_eq!(queue.try_get(), Err(GetError::ShutDown));
    assert_eq!(queue.get_timeout(LONG), Err(GetError::ShutDown));
    assert_eq!(queue.shutdown(false), [], "twice is no error");
}

#[test]
fn an_immediate_shutdown_gives_back_what_is_left_in_its_order() {
    let (fifo, lifo, smallest) = (Queue::new(), LifoQueue::new(), PriorityQueue::new());
    for item in [2, 3, 1] {
        fifo.put(item).unwrap();
        lifo.put(item).unwrap();
        smallest.put(item).unwrap();
    }
    assert_eq!(fifo.shutdown(true), [2, 3, 1]);
    assert_eq!(lifo.shutdown(true), [1, 3, 2]);
    assert_eq!(smallest.shutdown(true), [1, 2, 3]);
    assert_eq!(fifo.get(), Err(ShutDown(())));
    fifo.join();
}

#[test]
fn a_shutdown_may_become_an_immediate_one() {
    let queue = Queue::new();
    queue.put(1).unwrap();
    assert_eq!(queue.shutdown(false), []);
    assert_eq!(queue.shutdown(true), [1]);
    assert_eq!(queue.shutdown(false), []);
    assert!(queue.is_shutdown());
}

#[test]
fn a_shutdown_tells_everybody_who_waits() {
    for immediate in [false, true] {
        let (empty, full) = (Queue::<i32>::new(), Queue::bounded(1));
        full.put(0).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(empty.get(), Err(ShutDown(()))));
                scope.spawn(|| assert_eq!(empty.get_timeout(LONG), Err(GetError::ShutDown)));
                scope.spawn(|| assert_eq!(full.put(1), Err(ShutDown(1))));
                scope.spawn(|| assert_eq!(full.put_timeout(1, LONG), Err(PutError::ShutDown(1))));
            }
            thread::sleep(SOON);
            assert_eq!(empty.shutdown(immediate), []);
            assert_eq!(full.shutdown(immediate).len(), usize::from(immediate));
        });
    }
}

#[test]
fn after_an_immediate_shutdown_join_waits_only_for_what_was_got() {
    let queue = Queue::new();
    (0..3).for_each(|item| queue.put(item).unwrap());
    assert_eq!(queue.get(), Ok(0));
    thread::scope(|scope| {
        scope.spawn(|| queue.join());
        assert_eq!(queue.shutdown(true), [1, 2]);
        assert_eq!(queue.unfinished_tasks(), 1);
        assert!(!queue.join_timeout(Duration::from_millis(1)));
        queue.task_done().unwrap();
    });
    assert!(queue.join_deadline(Instant::now()));
    assert!(queue.task_done().is_err());
}

#[test]
fn after_a_shutdown_join_still_waits_for_what_is_left() {
    let queue = Queue::new();
    queue.put(1).unwrap();
    queue.shutdown(false);
    assert!(!queue.join_timeout(Duration::from_millis(1)));
    assert_eq!(queue.get(), Ok(1));
    queue.task_done().unwrap();
    queue.join();
}

#[test]
fn many_threads_in_all_calls_end_at_a_shutdown_and_nothing_is_lost() {
    for immediate in [false, true] {
        let queue = Queue::bounded(2);
        let (put, got) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let left = thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while queue.put(()).is_ok() {
                        put.fetch_add(1, Relaxed);
                    }
                });
                scope.spawn(|| {
                    for () in &queue {
                        got.fetch_add(1, Relaxed);
                        queue.task_done().unwrap();
                    }
                });
            }
            while got.load(Relaxed) < 1000 {
                thread::yield_now();
            }
            queue.shutdown(immediate).len()
        });
        assert_eq!(put.into_inner(), got.into_inner() + left);
        queue.join();
    }
}

// ---- Ours.

#[test]
fn an_iterator_gets_what_is_left_and_then_ends_for_good() {
    let queue = Queue::new();
    (0..3).for_each(|item| queue.put(item).unwrap());
    queue.shutdown(false);
    let mut items = queue.iter();
    assert_eq!(items.by_ref().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(items.next(), None);
}

#[test]
fn zero_is_no_bound() {
    let queue = Queue::bounded(0);
    (0..1000).for_each(|item| queue.try_put(item).unwrap());
    assert!(!queue.full());
    assert_eq!(queue.maxsize(), 0);
}

#[test]
fn errors_need_no_debug_of_the_item_and_convert() {
    struct Opaque;
    fn put(queue: &Queue<Opaque>) -> Result<(), PutError<Opaque>> {
        queue.put(Opaque)?;
        queue.try_put(Opaque)
    }
    let queue = Queue::bounded(1);
    let error = put(&queue).unwrap_err();
    assert_eq!((format!("{error:?}"), error.to_string()), ("Full(..)".into(), "the queue is full".into()));
    queue.shutdown(false);
    let error = put(&queue).unwrap_err();
    assert_eq!((format!("{error:?}"), error.to_string()), ("ShutDown(..)".into(), "the queue was shut down".into()));
    assert_eq!(GetError::from(ShutDown(())).to_string(), "the queue was shut down and is empty");
}

#[test]
fn a_queue_shows_what_is_known_without_waiting() {
    let queue = Queue::bounded(3);
    queue.put(1).unwrap();
    assert_eq!(format!("{queue:?}"), "Queue { qsize: 1, unfinished_tasks: 1, is_shutdown: false, maxsize: 3, .. }");
    let simple = SimpleQueue::new();
    simple.put(1);
    assert_eq!(format!("{simple:?}"), "SimpleQueue { qsize: 1, .. }");
}
