//! The contract of the parking layer, for both halves: on real threads many times over, and under loom in every
//! interleaving. What a machine takes for granted is tested here and nowhere else.

use super::{Key, Parked, Pick, Requeue, Unparked};
use crate::deadline::Deadline;
use crate::shim::atomic::AtomicUsize;
use crate::shim::atomic::Ordering::Relaxed;
use core::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[cfg(loom)]
use loom::thread;
#[cfg(not(loom))]
use std::thread;

/// Runs `body` in all interleavings (loom), or as often as chance needs to show most of them.
fn explore(body: impl Fn() + Send + Sync + 'static) {
    #[cfg(loom)]
    {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        crate::model::model_with(&model, body);
    }
    #[cfg(not(loom))]
    for _ in 0..200 {
        body();
    }
}

/// Two addresses to sleep on, and something that their queue locks guard.
#[derive(Debug)]
struct Place {
    here: AtomicUsize,
    there: AtomicUsize,
    /// Changed under the lock of `here` by a load and a store.
    guarded: AtomicUsize,
}

impl Place {
    fn new() -> Arc<Self> {
        Arc::new(Self { here: AtomicUsize::new(0), there: AtomicUsize::new(0), guarded: AtomicUsize::new(0) })
    }

    fn here(&self) -> Key {
        Key::of(&self.here)
    }

    fn there(&self) -> Key {
        Key::of(&self.there)
    }

    /// Counts `guarded` up; returns what it was.
    fn count(&self) -> usize {
        let before = self.guarded.load(Relaxed);
        self.guarded.store(before + 1, Relaxed);
        before
    }

    fn park(&self, token: usize, deadline: Deadline) -> Parked {
        park(self.here(), token, deadline, || true, || (), |_, _| ())
    }

    fn unpark_one(&self, token: usize) -> Unparked {
        unpark_one(self.here(), |_| token)
    }

    fn requeue(&self, op: Requeue, token: usize) -> Unparked {
        // SAFETY: the keys lie inside `self`; the closures do nothing but answer.
        unsafe { super::unpark_requeue(self.here(), self.there(), || op, |_| token) }
    }
}

fn park(
    key: Key,
    token: usize,
    deadline: Deadline,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(Key, bool),
) -> Parked {
    // SAFETY: the keys here lie inside a `Place` that lives for the call, and the closures keep to the rules.
    unsafe { super::park(key, token, deadline, validate, before_sleep, timed_out) }
}

fn unpark_one(key: Key, callback: impl FnOnce(Unparked) -> usize) -> Unparked {
    let mut first = true;
    unpark_filter(key, |_| if core::mem::take(&mut first) { Pick::Wake } else { Pick::Stop }, callback)
}

fn unpark_filter(key: Key, pick: impl FnMut(usize) -> Pick, callback: impl FnOnce(Unparked) -> usize) -> Unparked {
    // SAFETY: as above.
    unsafe { super::unpark_filter(key, pick, callback) }
}

/// The tokens with which threads sleep on `key`, oldest first.
fn asleep(key: Key) -> Vec<usize> {
    let mut tokens = Vec::new();
    let look = |token| {
        tokens.push(token);
        Pick::Skip
    };
    unpark_filter(key, look, |_| 0);
    tokens
}

fn until_asleep(key: Key, tokens: &[usize]) {
    while asleep(key) != tokens {
        thread::yield_now();
    }
}

/// Two threads asleep on `here` with the tokens 1 and 2, in this order; each checks how it was woken.
fn two_sleepers(place: &Arc<Place>, check: fn(usize, Parked)) -> [thread::JoinHandle<()>; 2] {
    [1, 2].map(|token| {
        let sleeper = {
            let place = place.clone();
            thread::spawn(move || check(token, place.park(token, Deadline::Never)))
        };
        until_asleep(place.here(), &[1, 2][..token]);
        sleeper
    })
}

fn a_while() -> Deadline {
    Deadline::after(Duration::from_micros(20))
}

#[test]
fn without_a_reason_to_sleep_nothing_else_runs() {
    explore(|| {
        let place = Place::new();
        let never = |_, _| unreachable!("it has not slept");
        let parked =
            park(place.here(), 0, Deadline::Never, || false, || unreachable!("it is not going to sleep"), never);
        assert_eq!(parked, Parked::Invalid);
    });
}

#[test]
fn a_thread_is_in_the_queue_before_before_sleep_runs() {
    explore(|| {
        let place = Place::new();
        let wake_myself = || assert_eq!(place.unpark_one(7), Unparked { woken: 1, requeued: 0, more: false });
        let never = |_, _| unreachable!("it is woken before");
        assert_eq!(park(place.here(), 0, Deadline::Never, || true, wake_myself, never), Parked::Woken(7));
    });
}

#[test]
fn unparking_an_empty_queue_runs_the_callback_and_finds_nobody() {
    explore(|| {
        let place = Place::new();
        let calls = Cell::new(0);
        let callback = |found| {
            assert_eq!(found, Unparked::default());
            calls.set(calls.get() + 1);
            0
        };
        assert_eq!(unpark_one(place.here(), callback), Unparked::default());
        assert_eq!(unpark_filter(place.here(), |_| unreachable!("nobody to pick"), callback), Unparked::default());
        assert_eq!(calls.get(), 2);
    });
}

#[test]
fn a_deadline_that_has_passed_lets_go_and_gives_up_without_help() {
    explore(|| {
        let place = Place::new();
        let steps = Mutex::new(Vec::new());
        let parked = park(
            place.here(),
            0,
            Deadline::Passed,
            || true,
            || steps.lock().unwrap().push("before_sleep"),
            |key, was_last| {
                assert_eq!((key, was_last), (place.here(), true));
                steps.lock().unwrap().push("timed_out");
            },
        );
        assert_eq!(parked, Parked::TimedOut);
        assert_eq!(*steps.lock().unwrap(), ["before_sleep", "timed_out"]);
    });
}

#[test]
fn what_the_waker_did_happens_before_the_return_of_park() {
    explore(|| {
        let place = Place::new();
        let data = Arc::new(AtomicUsize::new(0));
        let sleeper = {
            let (place, data) = (place.clone(), data.clone());
            thread::spawn(move || match place.park(0, Deadline::Never) {
                Parked::Woken(_) => assert_eq!(data.load(Relaxed), 1),
                other => unreachable!("{other:?}"),
            })
        };
        data.store(1, Relaxed);
        while place.unpark_one(0).woken == 0 {
            thread::yield_now();
        }
        sleeper.join().unwrap();
    });
}

#[test]
fn closures_of_one_key_exclude_each_other_and_see_each_other() {
    explore(|| {
        let place = Place::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let place = place.clone();
                thread::spawn(move || {
                    let validate = || {
                        place.count();
                        false
                    };
                    park(place.here(), 0, Deadline::Never, validate, || (), |_, _| ());
                    unpark_one(place.here(), |_| place.count());
                })
            })
            .collect();
        unpark_filter(place.here(), |_| Pick::Skip, |_| place.count());
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(place.guarded.load(Relaxed), 5);
    });
}

#[test]
fn the_oldest_sleeper_is_woken_first() {
    explore(|| {
        let place = Place::new();
        let sleepers: Vec<_> = (0..2)
            .map(|_| {
                let place = place.clone();
                thread::spawn(move || {
                    let number = Cell::new(0);
                    let validate = || {
                        number.set(place.count());
                        true
                    };
                    let parked = park(place.here(), 0, Deadline::Never, validate, || (), |_, _| ());
                    assert_eq!(parked, Parked::Woken(number.get()));
                })
            })
            .collect();
        until_asleep(place.here(), &[0, 0]);
        assert_eq!(place.unpark_one(0), Unparked { woken: 1, requeued: 0, more: true });
        assert_eq!(place.unpark_one(1), Unparked { woken: 1, requeued: 0, more: false });
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
}

#[test]
fn a_filter_wakes_by_token_and_can_stop() {
    explore(|| {
        let place = Place::new();
        let sleepers: Vec<_> = [1, 2]
            .map(|token| {
                let place = place.clone();
                thread::spawn(move || assert_eq!(place.park(token, Deadline::Never), Parked::Woken(token * 10)))
            })
            .into();
        while asleep(place.here()).len() < 2 {
            thread::yield_now();
        }
        let stop = unpark_filter(place.here(), |_| Pick::Stop, |_| 0);
        assert_eq!(stop, Unparked { woken: 0, requeued: 0, more: true });
        for (token, more) in [(2, true), (1, false)] {
            let pick = |parked_with| if parked_with == token { Pick::Wake } else { Pick::Skip };
            let found = unpark_filter(place.here(), pick, |_| token * 10);
            assert_eq!(found, Unparked { woken: 1, requeued: 0, more });
        }
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
}

#[test]
fn a_group_is_woken_whole_and_alone() {
    // More than one round, where so many threads can be had.
    const GROUP: usize = if cfg!(loom) { 1 } else { 20 };
    explore(|| {
        let place = Place::new();
        let sleepers: Vec<_> = (0..=GROUP)
            .map(|n| {
                let place = place.clone();
                thread::spawn(move || {
                    assert!(matches!(place.park(usize::from(n == 0), Deadline::Never), Parked::Woken(_)));
                })
            })
            .collect();
        while asleep(place.here()).len() <= GROUP {
            thread::yield_now();
        }
        // SAFETY: the key lies inside `place`.
        unsafe { super::unpark_group(place.here(), 0) };
        assert_eq!(asleep(place.here()), [1]);
        place.unpark_one(0);
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
}

#[test]
fn a_sleep_ends_once_by_a_wake_or_by_its_time_out() {
    #[cfg(loom)]
    static SEEN: [std::sync::atomic::AtomicBool; 2] = [const { std::sync::atomic::AtomicBool::new(false) }; 2];
    explore(|| {
        let place = Place::new();
        let sleeper = {
            let place = place.clone();
            thread::spawn(move || {
                let timed_out = Cell::new(false);
                let parked = park(place.here(), 0, a_while(), || true, || (), |_, _| timed_out.set(true));
                assert_eq!(parked == Parked::TimedOut, timed_out.get());
                parked != Parked::TimedOut
            })
        };
        let found = place.unpark_one(0).woken;
        let woken = sleeper.join().unwrap();
        assert_eq!(woken, found == 1);
        assert_eq!(asleep(place.here()), []);
        #[cfg(loom)]
        SEEN[found].store(true, Relaxed);
    });
    #[cfg(loom)]
    assert!(SEEN.iter().all(|seen| seen.load(Relaxed)), "both outcomes are explored");
}

#[test]
fn a_time_out_knows_whether_others_sleep() {
    explore(|| {
        let place = Place::new();
        let sleeper = {
            let place = place.clone();
            thread::spawn(move || place.park(1, Deadline::Never))
        };
        until_asleep(place.here(), &[1]);
        let timed_out = |key, was_last| assert_eq!((key, was_last), (place.here(), false));
        assert_eq!(park(place.here(), 2, a_while(), || true, || (), timed_out), Parked::TimedOut);
        assert_eq!(asleep(place.here()), [1]);
        place.unpark_one(0);
        sleeper.join().unwrap();
    });
}

#[test]
fn a_requeue_moves_or_wakes_in_order_and_says_what_it_did() {
    explore(|| {
        let place = Place::new();
        let sleepers = two_sleepers(&place, |_, parked| assert!(matches!(parked, Parked::Woken(_))));
        assert_eq!(place.requeue(Requeue::Abort, 0), Unparked::default());
        assert_eq!(asleep(place.here()), [1, 2]);

        assert_eq!(place.requeue(Requeue::MoveOne, 0), Unparked { woken: 0, requeued: 1, more: true });
        assert_eq!((asleep(place.here()), asleep(place.there())), (vec![2], vec![1]));
        assert_eq!(place.requeue(Requeue::MoveAll, 0), Unparked { woken: 0, requeued: 1, more: false });
        assert_eq!((asleep(place.here()), asleep(place.there())), (vec![], vec![1, 2]));

        unpark_filter(place.there(), |_| Pick::Wake, |_| 0);
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
}

#[test]
fn a_requeue_may_wake_the_first_and_move_the_rest() {
    for op in [Requeue::WakeOne, Requeue::WakeOneMoveRest] {
        explore(move || {
            let place = Place::new();
            let sleepers = two_sleepers(&place, |token, parked| assert_eq!(parked, Parked::Woken(token * 10)));
            let rest = op == Requeue::WakeOneMoveRest;
            assert_eq!(place.requeue(op, 10), Unparked { woken: 1, requeued: usize::from(rest), more: !rest });
            let key = if rest { place.there() } else { place.here() };
            assert_eq!(asleep(key), [2]);
            unpark_one(key, |_| 20);
            sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
        });
    }
}

#[test]
fn a_time_out_after_a_requeue_leaves_the_queue_it_was_moved_to() {
    #[cfg(loom)]
    static SEEN: [std::sync::atomic::AtomicBool; 2] = [const { std::sync::atomic::AtomicBool::new(false) }; 2];
    explore(|| {
        let place = Place::new();
        let sleeper = {
            let place = place.clone();
            thread::spawn(move || {
                let at = Cell::new(None);
                let parked = park(place.here(), 0, a_while(), || true, || (), |key, _| at.set(Some(key)));
                assert_eq!(parked, Parked::TimedOut);
                at.get().unwrap() == place.there()
            })
        };
        let moved = place.requeue(Requeue::MoveOne, 0).requeued;
        let was_there = sleeper.join().unwrap();
        assert_eq!(was_there, moved == 1);
        assert_eq!((asleep(place.here()), asleep(place.there())), (vec![], vec![]));
        #[cfg(loom)]
        SEEN[moved].store(true, Relaxed);
    });
    #[cfg(loom)]
    assert!(SEEN.iter().all(|seen| seen.load(Relaxed)), "both outcomes are explored");
}
