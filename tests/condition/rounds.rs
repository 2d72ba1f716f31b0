//! Many rounds.

use super::*;

pub(super) fn what_was_done_before_a_notify_is_seen_after_the_wait<L: Fresh, W: Way>() {
    const ROUNDS: usize = 100;
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let [before, under, seen] = [(); 3].map(|()| AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            for round in 1..=ROUNDS {
                let mut held = W::hold(&condition);
                held.wait();
                assert_eq!((before.load(Relaxed), under.load(Relaxed)), (round, round));
                seen.store(round, Relaxed);
            }
        });
        for round in 1..=ROUNDS {
            until_waiting(&condition, 1);
            before.store(round, Relaxed);
            let held = W::hold(&condition);
            under.store(round, Relaxed);
            assert_eq!(held.notify(1), 1);
            drop(held);
            until(|| seen.load(Relaxed) == round);
        }
        waiter.join();
    });
}

pub(super) fn a_bounded_queue_loses_and_doubles_nothing<L: Fresh, W: Way>() {
    const THREADS: usize = 3;
    const ITEMS: usize = 60;
    const PLACES: usize = 2;
    let _watchdog = watchdog();
    let lock = L::fresh();
    let [not_empty, not_full] = [(); 2].map(|()| Condition::with_lock(&lock));
    // Every look into it is a `try_lock`, which fails if two have the lock at once.
    let queue = Mutex::new(VecDeque::new());
    let look = || queue.try_lock().expect("nobody else has the lock");
    let produce = |producer| {
        for item in 0..ITEMS {
            let mut held = W::hold(&not_full);
            held.wait_for(|| look().len() < PLACES);
            let mut places = look();
            places.push_back(producer * ITEMS + item);
            assert!(places.len() <= PLACES);
            drop(places);
            drop(held);
            W::hold(&not_empty).notify(1);
        }
    };
    let consume = || {
        let take = |_| {
            let mut held = W::hold(&not_empty);
            held.wait_for(|| !look().is_empty());
            let item = look().pop_front().expect("waited for");
            not_full.notify(1).unwrap();
            item
        };
        (0..ITEMS).map(take).collect::<Vec<_>>()
    };
    let mut items = thread::scope(|scope| {
        let produce = &produce;
        let producers = Vec::from_iter((0..THREADS).map(|number| spawn(scope, move || produce(number))));
        let consumers = Vec::from_iter((0..THREADS).map(|_| spawn(scope, consume)));
        producers.into_iter().for_each(|producer| producer.join());
        consumers.into_iter().flat_map(|consumer| consumer.join()).collect::<Vec<_>>()
    });
    items.sort_unstable();
    assert_eq!(items, Vec::from_iter(0..THREADS * ITEMS));
    assert!(waits_for_nothing(&not_empty) && waits_for_nothing(&not_full));
}

/// A lock has no owner: it may be released while a notify moves waiters to it, and then nobody will release it again.
#[test]
fn waiters_selected_while_a_stranger_releases_the_lock_are_woken() {
    const ROUNDS: usize = 300;
    const WAITERS: usize = 6;
    let _watchdog = watchdog();
    let condition = Condition::with_lock(Lock::new());
    let [begun, ready, started, released, left] = [(); 5].map(|()| AtomicUsize::new(0));
    // To wait by giving up the core takes longer than all that is to happen at the same time.
    let spin = |turns| (0..turns).for_each(|_| std::hint::spin_loop());
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            spawn(scope, || {
                for round in 1..=ROUNDS {
                    until(|| begun.load(Relaxed) == round);
                    condition.acquire();
                    condition.wait().unwrap();
                    left.fetch_add(1, Relaxed);
                    condition.release().unwrap();
                }
            });
        }
        spawn(scope, || {
            for round in 1..=ROUNDS {
                ready.store(round, Relaxed);
                (0..10_000).take_while(|_| started.load(Relaxed) < round).for_each(|_| spin(1));
                until(|| started.load(Relaxed) == round);
                spin(round % 60);
                condition.release().unwrap();
                released.store(round, Relaxed);
            }
        });
        for round in 1..=ROUNDS {
            begun.store(round, Relaxed);
            until_waiting(&condition, WAITERS);
            condition.acquire();
            until(|| ready.load(Relaxed) == round);
            started.store(round, Relaxed);
            spin(round % 50);
            // Selecting all is one step. Selecting some is a step for each, and the release may fall between two.
            let n = if round % 4 == 0 { WAITERS } else { WAITERS - 1 };
            let selected = condition.notify(n);
            assert!(selected == Ok(n) || selected.is_err());
            until(|| released.load(Relaxed) == round);
            // Whoever was selected comes out, without another notify or release.
            until(|| left.load(Relaxed) == (round - 1) * WAITERS + selected.unwrap_or(0));
            assert_eq!(condition.hold().notify_all(), WAITERS - selected.unwrap_or(0));
            until(|| left.load(Relaxed) == round * WAITERS);
        }
    });
    assert!(waits_for_nothing(&condition));
}
