//! The components as models: `RUSTFLAGS="--cfg loom" cargo test`. Without the flag the right ones run on real threads.

#[cfg(loom)]
use loom::thread;
#[cfg(not(loom))]
use std::thread;

use sixfold::model;
use sixfold_dependent::bank::Bank;
use sixfold_dependent::once::Once;
use sixfold_dependent::one_shot::OneShot;
use sixfold_dependent::owned_pool::Pool as OwnedPool;
use sixfold_dependent::phases::Phases;
use sixfold_dependent::pool::Pool;
use sixfold_dependent::queue::Queue;
use sixfold_dependent::read_write::ReadWrite;
use sixfold_dependent::shared::Shared;
use sixfold_dependent::worker::Worker;
// Loom's `Arc` panics again when it is dropped in a model that has failed, and that ends the process.
use std::sync::Arc;
use std::time::Duration;

/// A model of two threads that share a `T`: one runs `first`, the main thread runs `second`.
fn two<T, A, B>(make: fn() -> T, first: A, second: B)
where
    T: Send + Sync + 'static,
    A: Fn(&T) + Copy + Send + Sync + 'static,
    B: Fn(&T) + Copy + Send + Sync + 'static,
{
    model(move || {
        let shared = Arc::new(make());
        let other = thread::spawn({
            let shared = shared.clone();
            move || first(&shared)
        });
        second(&shared);
        other.join().unwrap();
    });
}

/// The same with two threads beside the main one.
fn three<T, A, B, C>(make: fn() -> T, first: A, second: B, third: C)
where
    T: Send + Sync + 'static,
    A: Fn(&T) + Copy + Send + Sync + 'static,
    B: Fn(&T) + Copy + Send + Sync + 'static,
    C: Fn(&T) + Copy + Send + Sync + 'static,
{
    model(move || {
        let shared = Arc::new(make());
        let [one, other] = [(); 2].map(|()| shared.clone());
        let one = thread::spawn(move || first(&one));
        let other = thread::spawn(move || second(&other));
        third(&shared);
        one.join().unwrap();
        other.join().unwrap();
    });
}

fn queue() -> Queue<u32> {
    Queue::new(1)
}

fn put_two(queue: &Queue<u32>) {
    queue.put(1);
    queue.put(2);
}

#[test]
fn a_queue_passes_on_every_item_in_order() {
    two(queue, put_two, |queue| assert_eq!((queue.get(), queue.get()), (1, 2)));
}

#[test]
fn a_queue_serves_two_consumers() {
    let get = |queue: &Queue<u32>| assert!((1..=2).contains(&queue.get()));
    three(queue, get, get, put_two);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_queue_that_does_not_notify() {
    two(queue, |queue| queue.put_without_notify(1), |queue| _ = queue.get());
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_queue_that_notifies_the_wrong_ones() {
    two(queue, |queue| queue.put_and_notify_the_wrong_ones(1), |queue| _ = queue.get());
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "the queue is not empty after a notify")]
fn found_a_queue_with_if_for_while() {
    three(queue, |queue| _ = queue.get_with_if(), |queue| _ = queue.get_with_if(), put_two);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_queue_that_looks_and_waits_in_two_sections() {
    two(queue, |queue| _ = queue.get_in_two_sections(), |queue| queue.put(1));
}

fn pool() -> Pool {
    Pool::new([7])
}

fn work(pool: &Pool) {
    pool.with(|resource| if resource == 7 { Err("failed") } else { Ok(()) }).unwrap_err();
}

#[test]
fn a_pool_gives_back_what_a_failure_leaves() {
    three(pool, work, work, work);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_pool_that_leaks_on_an_error() {
    two(pool, |pool| _ = pool.with_but_leaks_on_error(|_| Err("failed")), work);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "who has a permit finds a resource")]
fn found_a_pool_that_gives_back_the_permit_first() {
    two(pool, |pool| pool.with_but_permit_first(|_| Ok::<(), ()>(())).unwrap(), work);
}

fn owned_pool() -> Arc<OwnedPool<u32>> {
    OwnedPool::new([7, 8])
}

#[test]
fn a_batch_and_a_single_checkout_share_the_things_of_a_pool() {
    two(
        owned_pool,
        |pool| assert_eq!(pool.take_many(2).unwrap().iter().map(|thing| **thing).sum::<u32>(), 15),
        |pool| {
            let thing = pool.take().unwrap();
            assert!(*thing == 7 || *thing == 8);
        },
    );
}

#[test]
fn a_pool_that_closes_has_all_its_things_and_gives_out_no_more() {
    two(
        owned_pool,
        |pool| drop(pool.take()),
        |pool| {
            assert_eq!(pool.close().len(), 2);
            assert!(pool.take().is_none() && pool.take_many(2).is_none());
        },
    );
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_checkout_that_asks_for_more_while_it_holds_one() {
    let greedy = |pool: &Arc<OwnedPool<u32>>| {
        let _one = pool.take();
        drop(pool.take());
    };
    two(owned_pool, greedy, greedy);
}

#[test]
fn a_one_shot_cell_publishes_its_value() {
    two(OneShot::default, |cell| cell.fill(7), |cell| assert_eq!(cell.get(), 7));
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn found_a_cell_that_is_filled_after_the_set() {
    two(OneShot::default, |cell| cell.fill_after_the_set(7), |cell| _ = cell.get());
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn found_a_cell_that_is_read_after_a_time_out() {
    two(OneShot::default, |cell| cell.fill(7), |cell| _ = cell.get_without_a_look_at_the_result());
}

struct Guarded(ReadWrite, Shared<u32>);

fn guarded() -> Guarded {
    Guarded(ReadWrite::default(), Shared::new(0))
}

fn read(Guarded(lock, data): &Guarded) {
    lock.read(|| data.get());
}

fn write(Guarded(lock, data): &Guarded) {
    lock.write(|| data.set(data.get() + 1));
}

#[test]
fn readers_and_a_writer_keep_out_of_each_others_way() {
    two(guarded, read, write);
    two(guarded, write, write);
}

#[test]
fn two_readers_do_not_wait_for_each_other() {
    fn meet((lock, meeting): &(ReadWrite, sixfold::Barrier)) {
        lock.read(|| meeting.wait().unwrap());
    }
    two(|| (ReadWrite::default(), sixfold::Barrier::new(2)), meet, meet);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_reader_that_goes_without_a_word() {
    two(guarded, |Guarded(lock, data)| _ = lock.read_without_notify(|| data.get()), write);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn found_a_writer_beside_readers() {
    two(guarded, read, |Guarded(lock, data)| lock.write_beside_readers(|| data.set(1)));
}

#[test]
fn a_worker_does_what_was_submitted_before_it_was_cancelled() {
    two(
        Worker::default,
        |worker| assert_eq!(worker.run(), 1),
        |worker| {
            worker.submit();
            worker.cancel();
        },
    );
}

#[test]
fn a_polling_worker_does_what_was_submitted_before_it_was_stopped() {
    two(
        Worker::default,
        |worker| assert_eq!(worker.run_polling(), 1),
        |worker| {
            worker.submit_to_poller();
            worker.stop_poller();
        },
    );
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_cancel_that_wakes_nobody() {
    two(Worker::default, |worker| _ = worker.run(), Worker::cancel_without_notify);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "a job was forgotten")]
fn found_a_worker_that_forgets_a_job_when_it_stops() {
    two(
        Worker::default,
        |worker| assert_eq!(worker.run_polling_but_forgets(), 1, "a job was forgotten"),
        |worker| {
            worker.submit_to_poller();
            worker.stop_poller();
        },
    );
}

fn bank() -> Bank {
    Bank::new(&[10, 10])
}

#[test]
fn transfers_both_ways_keep_the_money_together() {
    two(
        bank,
        |bank| bank.transfer(0, 1, 3),
        |bank| {
            bank.transfer(1, 0, 5);
            assert_eq!(bank.total(), 20);
        },
    );
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_two_locks_in_any_order() {
    two(bank, |bank| bank.transfer_in_any_order(0, 1, 3), |bank| bank.transfer_in_any_order(1, 0, 5));
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn found_a_second_hold_of_the_same_lock() {
    two(bank, |bank| bank.transfer_to_oneself(0, 1), |_| ());
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "money was lost")]
fn found_a_deposit_in_two_sections() {
    model(|| {
        let bank = Arc::new(bank());
        let other = thread::spawn({
            let bank = bank.clone();
            move || bank.deposit(0, 1)
        });
        bank.deposit_in_two_sections(0, 1);
        other.join().unwrap();
        assert_eq!(bank.total(), 22, "money was lost");
    });
}

#[test]
fn a_value_is_made_once() {
    let get = |once: &Once| assert_eq!(once.get(|| 7), 7);
    two(Once::default, get, get);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "made a second time")]
fn found_a_value_that_is_made_twice() {
    let get = |once: &Once| _ = once.get_with_one_look(|| 7);
    two(Once::default, get, get);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn found_a_value_that_is_announced_too_early() {
    let get = |once: &Once| _ = once.get_with_an_early_set(|| 7);
    two(Once::default, get, get);
}

#[test]
fn phases_see_what_the_phase_before_has_written() {
    two(Phases::default, |phases| assert_eq!(phases.run(0), Ok(3)), |phases| assert_eq!(phases.run(1), Ok(3)));
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn found_a_part_that_is_read_before_the_meeting() {
    two(Phases::default, |phases| _ = phases.run_without_meeting(0), |phases| _ = phases.run_without_meeting(1));
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn found_a_sum_that_nobody_waits_for() {
    two(Phases::default, |phases| _ = phases.run_with_one_meeting(0), |phases| _ = phases.run_with_one_meeting(1));
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn found_a_broken_barrier_that_is_ignored() {
    three(
        Phases::default,
        |phases| _ = phases.run_regardless(0),
        |phases| _ = phases.run_regardless(1),
        |phases| phases.give_up(),
    );
}

/// A failed model has to say so, not to abort: guards are dropped while it unwinds.
#[cfg(loom)]
#[test]
#[should_panic(expected = "the model's own assertion")]
fn a_model_that_fails_inside_a_section_says_so() {
    two(
        bank,
        |bank| bank.deposit(0, 1),
        |bank| {
            bank.transfer(0, 1, 1);
            let total = bank.total();
            assert!(total == 20, "the model's own assertion");
        },
    );
}

// Each component once more, with tries and timeouts.

const A_WHILE: Duration = Duration::from_millis(20);

#[test]
fn a_queue_with_timeouts_loses_no_item_and_makes_none() {
    model(|| {
        let queue = Arc::new(queue());
        let producer = thread::spawn({
            let queue = queue.clone();
            move || (1..=2).filter(|&item| queue.put_timeout(item, A_WHILE).is_ok()).collect::<Vec<_>>()
        });
        let mut got: Vec<_> = queue.get_timeout(A_WHILE).into_iter().chain(queue.try_get()).collect();
        let put = producer.join().unwrap();
        got.extend(queue.try_get());
        assert_eq!(got, put);
    });
}

#[test]
fn a_pool_with_tries_and_timeouts_gives_back_what_it_has_given() {
    model(|| {
        let pool = Arc::new(pool());
        let work = |resource| if resource == 7 { Ok(()) } else { Err("another one") };
        let other = thread::spawn({
            let pool = pool.clone();
            move || {
                assert!(!matches!(pool.try_with(work), Some(Err(_))));
                pool.with(work).unwrap();
            }
        });
        assert!(!matches!(pool.with_timeout(A_WHILE, work), Some(Err(_))));
        assert!(!matches!(pool.try_with(work), Some(Err(_))));
        other.join().unwrap();
        assert_eq!(pool.idle(), 1);
        assert_eq!(pool.try_with(work), Some(Ok(())));
    });
}

#[test]
fn a_one_shot_cell_shows_its_value_or_none() {
    two(
        OneShot::default,
        |cell| cell.fill(7),
        |cell| {
            let first = cell.try_get();
            let second = cell.get_timeout(A_WHILE);
            assert!([None, Some(7)].contains(&first) && [None, Some(7)].contains(&second));
            assert!(first.is_none() || second.is_some(), "it stays filled");
        },
    );
}

#[test]
fn a_value_is_made_once_also_by_those_who_do_not_wait_for_long() {
    let get = |once: &Once| assert!([None, Some(7)].contains(&once.get_timeout(|| 7, A_WHILE)));
    three(Once::default, get, |once| assert!([None, Some(7)].contains(&once.try_get())), get);
}

#[test]
fn a_phase_ends_for_both_in_time_or_for_none() {
    model(|| {
        let phases = Arc::new(Phases::default());
        let other = thread::spawn({
            let phases = phases.clone();
            move || phases.run_timeout(0, A_WHILE)
        });
        let mine = phases.run_timeout(1, A_WHILE);
        assert_eq!(mine.ok(), other.join().unwrap().ok(), "each is told its own reason");
        assert!(mine.is_err() || mine == Ok(3));
    });
}

#[test]
fn transfers_that_give_up_need_no_order_and_lose_no_money() {
    model(|| {
        let bank = Arc::new(Bank::new(&[5, 5]));
        let other = thread::spawn({
            let bank = bank.clone();
            move || bank.transfer_timeout(0, 1, 1, A_WHILE)
        });
        // Each may give up, and both.
        let (timed, tried) = (bank.transfer_timeout(1, 0, 1, A_WHILE), bank.try_transfer(1, 0, 2));
        let theirs = other.join().unwrap();
        assert_eq!(bank.total(), 10);
        let moved = u32::from(timed) + 2 * u32::from(tried);
        assert_eq!(bank.balance(0), 5 + moved - u32::from(theirs));
    });
}

#[test]
fn a_writer_that_gives_up_and_a_reader_that_tries_never_meet() {
    two(
        || Guarded(ReadWrite::default(), Shared::new(0)),
        |Guarded(lock, value)| _ = lock.write_timeout(A_WHILE, || value.set(value.get() + 1)),
        |Guarded(lock, value)| {
            let tried = lock.try_read(|| value.get()).unwrap_or(0);
            assert!(lock.read(|| value.get()) >= tried);
        },
    );
}
