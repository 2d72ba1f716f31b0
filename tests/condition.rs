//! Condition: Python's `ConditionTests`, lists A and B of the contract, and faults, over every kind of lock, by hand and
//! scoped.
#![cfg(not(loom))]
#![allow(clippy::type_complexity)] // A table of calls says what they are called with.

mod common;

use common::{LONG, SHORT, Watched, message, spawn, timed, until, watchdog};
use sixfold::{Condition, ConditionGuard, Lock, NotHeldError, RLock, RawLockable};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, Once};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

/// A wait that is to run out.
const TICK: Duration = Duration::from_millis(10);

/// A lock that guards no value.
trait Kind: RawLockable + Send + Sync {
    /// Held in the sense of `Condition`.
    fn is_taken(&self) -> bool;
}

impl Kind for Lock {
    fn is_taken(&self) -> bool {
        self.locked()
    }
}

impl Kind for RLock {
    fn is_taken(&self) -> bool {
        self.is_owned()
    }
}

impl<L: Kind> Kind for &L {
    fn is_taken(&self) -> bool {
        (**self).is_taken()
    }
}

impl<L: Kind> Kind for Arc<L> {
    fn is_taken(&self) -> bool {
        (**self).is_taken()
    }
}

/// A lock that can be made from nothing.
trait Fresh: Kind {
    fn fresh() -> Self;
}

impl Fresh for Lock {
    fn fresh() -> Self {
        Self::new()
    }
}

impl Fresh for RLock {
    fn fresh() -> Self {
        Self::new()
    }
}

impl Fresh for &'static Lock {
    fn fresh() -> Self {
        Box::leak(Box::default())
    }
}

impl Fresh for Arc<RLock> {
    fn fresh() -> Self {
        Self::default()
    }
}

/// By hand or scoped.
trait Way {
    type Held<'a, L: Kind + 'a>: Held;
    fn hold<L: Kind>(condition: &Condition<L>) -> Self::Held<'_, L>;
    fn try_hold<L: Kind>(condition: &Condition<L>) -> Option<Self::Held<'_, L>>;
    fn hold_timeout<L: Kind>(condition: &Condition<L>, timeout: Duration) -> Option<Self::Held<'_, L>>;
    fn hold_deadline<L: Kind>(condition: &Condition<L>, deadline: Instant) -> Option<Self::Held<'_, L>>;
}

/// What can be done while the lock is held. Dropping it releases the lock.
trait Held {
    fn wait(&mut self);
    fn wait_timeout(&mut self, timeout: Duration) -> bool;
    fn wait_deadline(&mut self, deadline: Instant) -> bool;
    fn wait_for(&mut self, ready: impl FnMut() -> bool);
    fn wait_for_timeout(&mut self, ready: impl FnMut() -> bool, timeout: Duration) -> bool;
    fn wait_for_deadline(&mut self, ready: impl FnMut() -> bool, deadline: Instant) -> bool;
    fn notify(&self, n: usize) -> usize;
    fn notify_all(&self) -> usize;
}

/// `acquire`, the calls of `Condition`, `release`.
struct ByHand;

struct Acquired<'a, L: Kind>(&'a Condition<L>);

impl<L: Kind> Drop for Acquired<'_, L> {
    fn drop(&mut self) {
        let released = self.0.release();
        assert!(released.is_ok() || thread::panicking(), "it was held until here");
    }
}

impl Way for ByHand {
    type Held<'a, L: Kind + 'a> = Acquired<'a, L>;
    fn hold<L: Kind>(condition: &Condition<L>) -> Acquired<'_, L> {
        condition.acquire();
        Acquired(condition)
    }
    fn try_hold<L: Kind>(condition: &Condition<L>) -> Option<Acquired<'_, L>> {
        condition.try_acquire().then(|| Acquired(condition))
    }
    fn hold_timeout<L: Kind>(condition: &Condition<L>, timeout: Duration) -> Option<Acquired<'_, L>> {
        condition.acquire_timeout(timeout).then(|| Acquired(condition))
    }
    fn hold_deadline<L: Kind>(condition: &Condition<L>, deadline: Instant) -> Option<Acquired<'_, L>> {
        condition.acquire_deadline(deadline).then(|| Acquired(condition))
    }
}

impl<L: Kind> Held for Acquired<'_, L> {
    fn wait(&mut self) {
        self.0.wait().unwrap();
    }
    fn wait_timeout(&mut self, timeout: Duration) -> bool {
        self.0.wait_timeout(timeout).unwrap()
    }
    fn wait_deadline(&mut self, deadline: Instant) -> bool {
        self.0.wait_deadline(deadline).unwrap()
    }
    fn wait_for(&mut self, ready: impl FnMut() -> bool) {
        self.0.wait_for(ready).unwrap();
    }
    fn wait_for_timeout(&mut self, ready: impl FnMut() -> bool, timeout: Duration) -> bool {
        self.0.wait_for_timeout(ready, timeout).unwrap()
    }
    fn wait_for_deadline(&mut self, ready: impl FnMut() -> bool, deadline: Instant) -> bool {
        self.0.wait_for_deadline(ready, deadline).unwrap()
    }
    fn notify(&self, n: usize) -> usize {
        self.0.notify(n).unwrap()
    }
    fn notify_all(&self) -> usize {
        self.0.notify_all().unwrap()
    }
}

/// `hold` and the calls of `ConditionGuard`.
struct Scoped;

impl Way for Scoped {
    type Held<'a, L: Kind + 'a> = ConditionGuard<'a, L>;
    fn hold<L: Kind>(condition: &Condition<L>) -> ConditionGuard<'_, L> {
        condition.hold()
    }
    fn try_hold<L: Kind>(condition: &Condition<L>) -> Option<ConditionGuard<'_, L>> {
        condition.try_hold()
    }
    fn hold_timeout<L: Kind>(condition: &Condition<L>, timeout: Duration) -> Option<ConditionGuard<'_, L>> {
        condition.hold_timeout(timeout)
    }
    fn hold_deadline<L: Kind>(condition: &Condition<L>, deadline: Instant) -> Option<ConditionGuard<'_, L>> {
        condition.hold_deadline(deadline)
    }
}

impl<L: Kind> Held for ConditionGuard<'_, L> {
    fn wait(&mut self) {
        self.wait();
    }
    fn wait_timeout(&mut self, timeout: Duration) -> bool {
        self.wait_timeout(timeout)
    }
    fn wait_deadline(&mut self, deadline: Instant) -> bool {
        self.wait_deadline(deadline)
    }
    fn wait_for(&mut self, mut ready: impl FnMut() -> bool) {
        self.wait_for(|_| ready());
    }
    fn wait_for_timeout(&mut self, mut ready: impl FnMut() -> bool, timeout: Duration) -> bool {
        self.wait_for_timeout(|_| ready(), timeout)
    }
    fn wait_for_deadline(&mut self, mut ready: impl FnMut() -> bool, deadline: Instant) -> bool {
        self.wait_for_deadline(|_| ready(), deadline)
    }
    fn notify(&self, n: usize) -> usize {
        self.notify(n)
    }
    fn notify_all(&self) -> usize {
        self.notify_all()
    }
}

fn fresh<L: Fresh>() -> Condition<L> {
    Condition::with_lock(L::fresh())
}

/// Whether so many threads wait and have not been selected. Takes nothing.
fn waits<L>(condition: &Condition<L>, waiters: usize) -> bool {
    format!("{condition:?}") == format!("Condition {{ waiters: {waiters}, .. }}")
}

#[track_caller]
fn until_waiting<L>(condition: &Condition<L>, waiters: usize) {
    until(|| waits(condition, waiters));
}

/// `n` threads that wait, the first the longest; nobody waits yet. They return whether they were notified.
fn line_up<'scope, L: Kind, W: Way>(
    scope: &'scope Scope<'scope, '_>,
    condition: &'scope Condition<L>,
    n: usize,
) -> Vec<Watched<'scope, bool>> {
    let wait = |waiters| {
        let waiter = spawn(scope, || W::hold(condition).wait_timeout(Duration::MAX));
        until_waiting(condition, waiters);
        waiter
    };
    (1..=n).map(wait).collect()
}

/// Asserts that all were notified.
fn all_notified(waiters: Vec<Watched<'_, bool>>) {
    waiters.into_iter().for_each(|waiter| assert!(waiter.join()));
}

/// A deadline that nothing here lives to see.
fn far() -> Instant {
    Instant::now() + 10 * LONG
}

/// The file in which `call` panics, as the panic says, and the message. Panics of other threads stay as they are.
fn panic_of(call: impl FnOnce()) -> (String, String) {
    thread_local! {
        static EXPECTED: Cell<bool> = const { Cell::new(false) };
        static FILE: RefCell<String> = const { RefCell::new(String::new()) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match info.location() {
            Some(place) if EXPECTED.get() => FILE.set(place.file().to_owned()),
            _ => before(info),
        }));
    });
    EXPECTED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    EXPECTED.set(false);
    (FILE.take(), message(outcome.expect_err("it was to panic")))
}

/// Makes tests over all locks of tests that are generic over the lock.
macro_rules! over {
    ($module:ident: $lock:ty, $($test:ident)+) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $test() {
                    super::$test::<$lock>();
                }
            )+
        }
    };
    ($module:ident: $lock:ty, $way:ty, $($test:ident)+) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $test() {
                    super::$test::<$lock, $way>();
                }
            )+
        }
    };
}

macro_rules! tests_of_both_ways {
    ($module:ident, $lock:ty, $way:ty) => {
        over! {
            $module: $lock, $way,
            five_waiters_are_woken_as_many_as_each_notify_says
            five_timed_waits_without_a_notify_are_false_after_their_time
            wait_for_returns_when_the_fourth_of_four_increments_is_made
            wait_for_gives_up_after_its_time_when_the_fourth_increment_is_missing
            no_notify_falls_between_joining_the_queue_and_letting_go_of_the_lock
            a_timed_wait_comes_back_late_and_with_the_lock_if_somebody_else_holds_it
            a_wait_of_no_time_lets_go_of_the_lock_and_takes_it_back
            an_untimed_wait_ends_by_a_notify_and_nothing_else
            a_notify_goes_past_a_waiter_that_has_timed_out_and_has_not_got_the_lock_back
            a_waiter_that_was_selected_in_time_says_so_however_late_it_gets_the_lock
            as_many_waits_say_notified_as_were_selected
            a_predicate_that_is_true_at_once_is_asked_once_and_the_lock_is_kept
            the_first_answer_is_free_and_the_time_counts_from_there
            answers_after_the_first_use_up_the_time
            without_time_the_predicate_is_asked_twice
            the_last_answer_counts_also_after_the_time_ran_out
            constant_notifies_do_not_make_a_timed_wait_for_longer
            notify_zero_selects_nobody
            notify_says_how_many_it_selected
            waiters_are_selected_oldest_first
            a_waiter_that_times_out_in_the_middle_leaves_the_others_in_their_order
            nobody_returns_before_the_notifier_releases
            notify_all_is_not_for_those_who_wait_later
            a_notify_that_nobody_waits_for_is_forgotten
            conditions_on_one_lock_have_queues_of_their_own
            debug_shows_how_many_wait_and_blocks_on_nothing
            timed_holds_of_a_free_lock_succeed_whatever_the_time
            timed_holds_of_a_lock_held_elsewhere_give_up_after_their_time
            holds_without_end_wait_for_the_lock
            waits_without_end_last_until_the_notify
            what_was_done_before_a_notify_is_seen_after_the_wait
            a_bounded_queue_loses_and_doubles_nothing
        }
    };
}
tests_of_both_ways!(by_hand_over_a_lock, Lock, ByHand);
tests_of_both_ways!(by_hand_over_an_rlock, RLock, ByHand);
tests_of_both_ways!(by_hand_over_an_arc_of_an_rlock, Arc<RLock>, ByHand);
tests_of_both_ways!(scoped_over_a_lock, Lock, Scoped);
tests_of_both_ways!(scoped_over_an_rlock, RLock, Scoped);
tests_of_both_ways!(scoped_over_a_borrowed_lock, &'static Lock, Scoped);

macro_rules! tests_of_misuse {
    ($module:ident, $lock:ty) => {
        over! {
            $module: $lock,
            waiting_without_holding_is_an_error_before_and_after_a_balanced_pair
            notifying_without_holding_is_an_error_and_selects_nobody
            wait_for_without_holding_is_an_error_also_if_the_answer_would_be_true
            release_without_holding_is_an_error
            a_notify_does_not_make_another_threads_try_acquire_fail
            a_guard_whose_hold_was_released_by_hand_panics_at_its_caller_and_changes_nothing
            a_predicate_that_releases_by_hand_ends_a_wait_by_hand_with_an_error
            a_predicate_that_releases_by_hand_makes_a_guard_panic_at_its_caller
            by_hand_the_lock_is_still_held_after_a_predicate_panicked
            a_guard_releases_the_lock_when_a_predicate_panics
        }
    };
}
tests_of_misuse!(misuse_over_a_lock, Lock);
tests_of_misuse!(misuse_over_an_rlock, RLock);
tests_of_misuse!(misuse_over_a_borrowed_lock, &'static Lock);
tests_of_misuse!(misuse_over_an_arc_of_an_rlock, Arc<RLock>);

// Waiting and notifying: Python's own cases.

/// Case 36.
fn five_waiters_are_woken_as_many_as_each_notify_says<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    for _ in 0..2 {
        let [once, twice] = [(); 2].map(|()| AtomicUsize::new(0));
        let released = AtomicBool::new(true);
        let passed = || (once.load(Relaxed), twice.load(Relaxed));
        let wait_twice = || {
            let mut held = W::hold(&condition);
            for count in [&once, &twice] {
                assert!(held.wait_timeout(Duration::MAX));
                assert!(released.load(Relaxed), "returned before the notifier released");
                count.fetch_add(1, Relaxed);
            }
        };
        let notify = |notify: fn(&W::Held<'_, L>) -> usize| {
            let held = W::hold(&condition);
            released.store(false, Relaxed);
            let before = passed();
            let selected = notify(&held);
            thread::yield_now();
            assert_eq!(passed(), before);
            released.store(true, Relaxed);
            selected
        };
        thread::scope(|scope| {
            let waiters: Vec<_> = (0..5).map(|_| spawn(scope, wait_twice)).collect();
            until_waiting(&condition, 5);
            assert_eq!(notify(|held| held.notify(3)), 3);
            until(|| passed() == (3, 0) && waits(&condition, 5));
            assert_eq!(notify(|held| held.notify(5)), 5);
            until(|| passed() == (5, 3) && waits(&condition, 2));
            assert_eq!(notify(|held| held.notify_all()), 2);
            waiters.into_iter().for_each(|waiter| waiter.join());
        });
        assert_eq!(passed(), (5, 5));
    }
}

/// Case 37.
fn five_timed_waits_without_a_notify_are_false_after_their_time<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let wait = || {
        let mut held = W::hold(&condition);
        timed(|| held.wait_timeout(TICK))
    };
    thread::scope(|scope| {
        for waiter in [(); 5].map(|()| spawn(scope, wait)) {
            let (notified, elapsed) = waiter.join();
            assert!(!notified);
            assert!((TICK..LONG).contains(&elapsed), "{elapsed:?}");
        }
    });
    assert!(waits(&condition, 0));
}

/// Case 38.
fn wait_for_returns_when_the_fourth_of_four_increments_is_made<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, state) = (fresh::<L>(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            W::hold(&condition).wait_for(|| state.load(Relaxed) == 4);
            state.load(Relaxed)
        });
        for _ in 0..4 {
            until_waiting(&condition, 1);
            let held = W::hold(&condition);
            state.fetch_add(1, Relaxed);
            assert_eq!(held.notify(1), 1);
        }
        assert_eq!(waiter.join(), 4);
    });
}

/// Case 39.
fn wait_for_gives_up_after_its_time_when_the_fourth_increment_is_missing<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, state) = (fresh::<L>(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let mut held = W::hold(&condition);
            timed(|| held.wait_for_timeout(|| state.load(Relaxed) == 4, SHORT))
        });
        for _ in 0..3 {
            until(|| waits(&condition, 1) || waiter.is_finished());
            let held = W::hold(&condition);
            state.fetch_add(1, Relaxed);
            held.notify(1);
        }
        let (ready, elapsed) = waiter.join();
        assert!(!ready);
        assert!((SHORT..LONG).contains(&elapsed), "{elapsed:?}");
    });
}

// List A: wait.

/// A1.
fn no_notify_falls_between_joining_the_queue_and_letting_go_of_the_lock<L: Fresh, W: Way>() {
    const ROUNDS: usize = 100;
    let _watchdog = watchdog();
    let (condition, holds) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            for _ in 0..ROUNDS {
                let mut held = W::hold(&condition);
                holds.store(true, Relaxed);
                held.wait();
            }
        });
        for _ in 0..ROUNDS {
            until(|| holds.load(Relaxed));
            // The waiter has held the lock and not been notified: whoever gets the lock now finds it in the queue.
            let held = W::hold(&condition);
            holds.store(false, Relaxed);
            assert_eq!(held.notify(1), 1);
        }
        waiter.join();
    });
}

/// A2.
fn a_timed_wait_comes_back_late_and_with_the_lock_if_somebody_else_holds_it<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let waits: [fn(&mut W::Held<'_, L>) -> bool; 4] = [
        |held| held.wait_timeout(TICK),
        |held| held.wait_deadline(Instant::now() + TICK),
        |held| held.wait_for_timeout(|| false, TICK),
        |held| held.wait_for_deadline(|| false, Instant::now() + TICK),
    ];
    for wait in waits {
        let (condition, inside) = (fresh::<L>(), AtomicBool::new(false));
        thread::scope(|scope| {
            let mut held = W::hold(&condition);
            let other = spawn(scope, || {
                let _held = W::hold(&condition);
                inside.store(true, Relaxed);
                thread::sleep(2 * TICK);
                inside.store(false, Relaxed);
            });
            other.until_asleep();
            assert!(!wait(&mut held));
            assert!(!inside.load(Relaxed), "two have the lock");
            assert!(condition.as_lock().is_taken());
        });
    }
}

/// A2.
fn a_wait_of_no_time_lets_go_of_the_lock_and_takes_it_back<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let past = Instant::now();
    let waits: [&dyn Fn(&mut W::Held<'_, L>) -> bool; 4] = [
        &|held| held.wait_timeout(Duration::ZERO),
        &|held| held.wait_deadline(past),
        &|held| held.wait_for_timeout(|| false, Duration::ZERO),
        &|held| held.wait_for_deadline(|| false, past),
    ];
    for wait in waits {
        let (condition, was_in) = (fresh::<L>(), AtomicBool::new(false));
        thread::scope(|scope| {
            let mut held = W::hold(&condition);
            let other = spawn(scope, || {
                let _held = W::hold(&condition);
                was_in.store(true, Relaxed);
            });
            other.until_asleep();
            // Not every one of these waits has to let the other one in: it needs a moment to wake.
            while !was_in.load(Relaxed) {
                assert!(!wait(&mut held));
                assert!(condition.as_lock().is_taken());
            }
            other.join();
        });
        assert!(waits_for_nothing(&condition));
    }
}

/// Free, and nobody waits.
fn waits_for_nothing<L: Kind>(condition: &Condition<L>) -> bool {
    !condition.locked() && waits(condition, 0)
}

/// A3.
fn an_untimed_wait_ends_by_a_notify_and_nothing_else<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, notified) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            W::hold(&condition).wait();
            assert!(notified.load(Relaxed), "returned without a notify");
        });
        until_waiting(&condition, 1);
        for _ in 0..100 {
            let mut held = W::hold(&condition);
            assert_eq!(held.notify(0), 0);
            assert!(!held.wait_timeout(Duration::ZERO));
            drop(held);
            assert!(condition.try_hold().is_some());
        }
        waiter.until_asleep();
        assert!(waits(&condition, 1));
        let held = W::hold(&condition);
        notified.store(true, Relaxed);
        assert_eq!(held.notify(1), 1);
        drop(held);
        waiter.join();
    });
}

/// A4. CPython wakes nobody here.
fn a_notify_goes_past_a_waiter_that_has_timed_out_and_has_not_got_the_lock_back<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, second) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let impatient = spawn(scope, || W::hold(&condition).wait_timeout(TICK));
        until(|| waits(&condition, 1) || impatient.is_finished());
        let patient = spawn(scope, || {
            let mut held = W::hold(&condition);
            second.store(true, Relaxed);
            held.wait_timeout(Duration::MAX)
        });
        until(|| second.load(Relaxed));
        let held = W::hold(&condition);
        until_waiting(&condition, 1); // The other one has timed out and wants the lock.
        assert_eq!(held.notify(1), 1);
        drop(held);
        assert!(!impatient.join());
        assert!(patient.join());
    });
}

/// A4.
fn a_waiter_that_was_selected_in_time_says_so_however_late_it_gets_the_lock<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiter = spawn(scope, || W::hold(&condition).wait_timeout(SHORT));
        until(|| waits(&condition, 1) || waiter.is_finished());
        let held = W::hold(&condition);
        let selected = held.notify(1); // 0 only if all this has taken longer than the wait.
        let newcomer = spawn(scope, || drop(W::hold(&condition)));
        newcomer.until_asleep();
        thread::sleep(SHORT);
        drop(held);
        assert_eq!(usize::from(waiter.join()), selected);
        newcomer.join();
    });
    assert!(waits_for_nothing(&condition));
}

/// A4.
fn as_many_waits_say_notified_as_were_selected<L: Fresh, W: Way>() {
    const ROUNDS: u64 = 100;
    let _watchdog = watchdog();
    let (condition, done) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let impatient = [0, 1].map(|offset| {
            let condition = &condition;
            spawn(scope, move || {
                let wait = |round| W::hold(condition).wait_timeout(Duration::from_micros((offset + round) % 60));
                (0..ROUNDS).filter(|&round| wait(round)).count()
            })
        });
        let patient = spawn(scope, || {
            let mut notified = 0;
            let mut held = W::hold(&condition);
            while !done.load(Relaxed) {
                held.wait();
                notified += 1;
            }
            notified
        });
        let mut selected = 0;
        while !impatient.iter().all(|waiter| waiter.is_finished()) {
            selected += W::hold(&condition).notify(1);
            thread::yield_now();
        }
        let held = W::hold(&condition);
        done.store(true, Relaxed);
        selected += held.notify_all();
        drop(held);
        let notified = impatient.map(|waiter| waiter.join()).iter().sum::<usize>() + patient.join();
        assert_eq!(notified, selected);
    });
}

/// A6.
#[test]
fn over_a_lock_it_counts_that_somebody_holds_it() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(Lock::new());
    thread::scope(|scope| {
        let waiter = spawn(scope, || condition.hold().wait_timeout(Duration::MAX));
        until_waiting(&condition, 1);
        condition.acquire();
        let foreign = spawn(scope, || (condition.notify(1), condition.notify_all(), condition.wait()));
        until_waiting(&condition, 1);
        // The foreign wait has released our hold, and who was selected gets the lock.
        assert!(waiter.join());
        assert!(condition.acquire_timeout(LONG));
        assert_eq!(condition.notify(1), Ok(1));
        condition.release().unwrap();
        assert_eq!(foreign.join(), (Ok(1), Ok(0), Ok(())));
    });
    assert!(condition.locked(), "the foreign wait has taken it back");
    condition.release().unwrap();
}

/// A6.
#[test]
fn over_an_rlock_it_counts_that_the_caller_holds_it() {
    let _watchdog = watchdog();
    let condition = Condition::new();
    thread::scope(|scope| {
        let waiter = spawn(scope, || condition.hold().wait_timeout(Duration::MAX));
        until_waiting(&condition, 1);
        condition.acquire();
        let foreign = spawn(scope, || assert_nothing_is_allowed(&condition));
        foreign.join();
        assert!(condition.as_lock().is_owned());
        assert!(waits(&condition, 1));
        assert_eq!(condition.notify(1), Ok(1));
        condition.release().unwrap();
        assert!(waiter.join());
    });
}

/// Every call that needs the lock, by a thread that does not hold it.
#[track_caller]
fn assert_nothing_is_allowed<L: Kind>(condition: &Condition<L>) {
    let never_asked = || -> bool { unreachable!("asked without the lock") };
    assert!(condition.wait().is_err());
    for timeout in [Duration::ZERO, TICK, Duration::MAX] {
        assert!(condition.wait_timeout(timeout).is_err());
        assert!(condition.wait_for_timeout(never_asked, timeout).is_err());
    }
    for deadline in [Instant::now(), far()] {
        assert!(condition.wait_deadline(deadline).is_err());
        assert!(condition.wait_for_deadline(never_asked, deadline).is_err());
    }
    assert!(condition.wait_for(never_asked).is_err());
    for n in [0, 1, usize::MAX] {
        assert!(condition.notify(n).is_err());
    }
    assert!(condition.notify_all().is_err());
}

/// A7.
fn a_notify_does_not_make_another_threads_try_acquire_fail<L: Fresh>() {
    let _watchdog = watchdog();
    let (condition, done) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let stray = spawn(scope, || {
            while !done.load(Relaxed) {
                // Ours does no harm, and over a `Lock` it is right now and then.
                assert!(matches!(condition.notify(1), Ok(0) | Err(NotHeldError { .. })));
            }
        });
        let failed = (0..2000).filter(|_| !condition.try_acquire() || condition.release().is_err()).count();
        done.store(true, Relaxed);
        stray.join();
        assert_eq!(failed, 0);
    });
}

/// A8, case 20.
#[test]
fn a_wait_by_hand_at_depth_three_lets_others_in_and_comes_back_at_depth_three() {
    let _watchdog = watchdog();
    let condition = Condition::new();
    (0..3).for_each(|_| condition.acquire());
    thread::scope(|scope| {
        let other = spawn(scope, || condition.hold().notify(1));
        condition.wait().unwrap();
        assert_eq!(other.join(), 1);
        assert_depth(&condition, 3);
        assert_eq!(condition.wait_timeout(Duration::ZERO), Ok(false));
        assert_depth(&condition, 3);
        assert_eq!(condition.wait_for_timeout(|| false, TICK), Ok(false));
    });
    for depth in (1..=3).rev() {
        assert_depth(&condition, depth);
        condition.release().unwrap();
    }
    assert_depth(&condition, 0);
    assert!(condition.release().is_err());
    assert!(condition.wait().is_err());
}

/// A8, case 20.
#[test]
fn a_wait_of_the_third_nested_guard_lets_others_in_and_comes_back_at_depth_three() {
    let _watchdog = watchdog();
    let condition = Condition::new();
    let outer = condition.as_lock().hold();
    let middle = condition.hold();
    let mut inner = condition.hold();
    thread::scope(|scope| {
        let other = spawn(scope, || condition.hold().notify(1));
        inner.wait();
        assert_eq!(other.join(), 1);
        assert_depth(&condition, 3);
        assert!(!inner.wait_timeout(Duration::ZERO));
    });
    assert_depth(&condition, 3);
    drop(inner);
    assert_depth(&condition, 2);
    drop(middle);
    assert_depth(&condition, 1);
    drop(outer);
    assert_depth(&condition, 0);
}

#[track_caller]
fn assert_depth(condition: &Condition, depth: usize) {
    let shown = format!("{:?}", condition.as_lock());
    assert!(shown.contains(&format!("depth: {depth},")), "{shown}");
    assert_eq!(condition.as_lock().is_owned(), depth > 0);
    let free_elsewhere = thread::scope(|scope| scope.spawn(|| condition.try_hold().is_some()).join().unwrap());
    assert_eq!(free_elsewhere, depth == 0);
}

// List B: wait_for.

/// B1.
fn a_predicate_that_is_true_at_once_is_asked_once_and_the_lock_is_kept<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, was_in) = (fresh::<L>(), AtomicBool::new(false));
    let asked = Cell::new(0);
    let ready = || {
        asked.set(asked.get() + 1);
        true
    };
    thread::scope(|scope| {
        let mut held = W::hold(&condition);
        let other = spawn(scope, || {
            let _held = W::hold(&condition);
            was_in.store(true, Relaxed);
        });
        other.until_asleep();
        held.wait_for(ready);
        for timeout in [Duration::ZERO, TICK, Duration::MAX] {
            assert!(held.wait_for_timeout(ready, timeout));
        }
        for deadline in [Instant::now(), far()] {
            assert!(held.wait_for_deadline(ready, deadline));
        }
        assert_eq!(asked.get(), 6);
        assert!(!was_in.load(Relaxed), "it let go of the lock");
    });
}

/// B2.
fn the_first_answer_is_free_and_the_time_counts_from_there<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let answered = Cell::new(None);
    let mut asked = 0;
    let ready = || {
        asked += 1;
        if asked == 1 {
            thread::sleep(2 * TICK);
            answered.set(Some(Instant::now()));
        }
        false
    };
    assert!(!W::hold(&condition).wait_for_timeout(ready, TICK));
    let elapsed = answered.get().expect("it was asked").elapsed();
    assert!((TICK..LONG).contains(&elapsed), "{elapsed:?}");
    assert_eq!(asked, 2);
}

/// B2.
fn answers_after_the_first_use_up_the_time<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, asked) = (fresh::<L>(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let ready = || {
                if asked.fetch_add(1, Relaxed) > 0 {
                    thread::sleep(SHORT);
                }
                false
            };
            W::hold(&condition).wait_for_timeout(ready, SHORT)
        });
        until(|| waits(&condition, 1) || waiter.is_finished());
        W::hold(&condition).notify(1);
        assert!(!waiter.join());
    });
    assert_eq!(asked.load(Relaxed), 2);
}

/// B3.
fn without_time_the_predicate_is_asked_twice<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let past = Instant::now();
    let mut asked = 0;
    let mut ready = || {
        asked += 1;
        false
    };
    let mut held = W::hold(&condition);
    assert!(!held.wait_for_timeout(&mut ready, Duration::ZERO));
    assert!(!held.wait_for_deadline(&mut ready, past));
    assert_eq!(asked, 4);
}

/// B4.
fn the_last_answer_counts_also_after_the_time_ran_out<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let mut held = W::hold(&condition);
    for timeout in [Duration::ZERO, TICK] {
        let mut asked = 0;
        let mut the_second_time = || {
            asked += 1;
            asked % 2 == 0
        };
        assert!(held.wait_for_timeout(&mut the_second_time, timeout));
        assert!(held.wait_for_deadline(&mut the_second_time, Instant::now() + timeout));
        assert_eq!(asked, 4);
    }
}

/// B5.
fn constant_notifies_do_not_make_a_timed_wait_for_longer<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let mut held = W::hold(&condition);
            timed(|| held.wait_for_timeout(|| false, TICK))
        });
        while !waiter.is_finished() {
            W::hold(&condition).notify(1);
            thread::yield_now();
        }
        let (ready, elapsed) = waiter.join();
        assert!(!ready);
        assert!((TICK..LONG).contains(&elapsed), "{elapsed:?}");
    });
}

// Notify.

fn notify_zero_selects_nobody<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, W>(scope, &condition, 2);
        assert_eq!(W::hold(&condition).notify(0), 0);
        assert!(waits(&condition, 2));
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        assert_eq!(W::hold(&condition).notify_all(), 2);
        all_notified(waiters);
    });
}

fn notify_says_how_many_it_selected<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    for (n, selected) in [(1, [1, 1, 1, 0]), (2, [2, 1, 0, 0]), (3, [3, 0, 0, 0]), (usize::MAX, [3, 0, 0, 0])] {
        thread::scope(|scope| {
            let waiters = line_up::<L, W>(scope, &condition, 3);
            let held = W::hold(&condition);
            let mut left = 3;
            for selected in selected {
                assert_eq!(held.notify(n), selected);
                left -= selected;
                assert!(waits(&condition, left));
            }
            assert_eq!(held.notify_all(), 0);
            drop(held);
            all_notified(waiters);
        });
    }
}

fn waiters_are_selected_oldest_first<L: Fresh, W: Way>() {
    const WAITERS: usize = 5;
    let _watchdog = watchdog();
    // Also two at a time: which of the two returns first is open, but nobody else does.
    for at_once in [1, 2] {
        let (condition, order) = (fresh::<L>(), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for number in 0..WAITERS {
                let (condition, order) = (&condition, &order);
                spawn(scope, move || {
                    W::hold(condition).wait();
                    order.lock().unwrap().push(number);
                });
                until_waiting(condition, number + 1);
            }
            for first in (0..WAITERS).step_by(at_once) {
                let selected = W::hold(&condition).notify(at_once);
                until(|| order.lock().unwrap().len() == first + selected);
                let mut out = order.lock().unwrap().clone();
                out.sort_unstable();
                assert_eq!(out, Vec::from_iter(0..first + selected));
            }
        });
    }
}

fn a_waiter_that_times_out_in_the_middle_leaves_the_others_in_their_order<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let mut patient = line_up::<L, W>(scope, &condition, 1);
        let impatient = spawn(scope, || W::hold(&condition).wait_timeout(TICK));
        until(|| waits(&condition, 2) || impatient.is_finished());
        patient.push(spawn(scope, || W::hold(&condition).wait_timeout(Duration::MAX)));
        assert!(!impatient.join());
        until_waiting(&condition, 2);
        for (waiter, left) in patient.into_iter().zip([1, 0]) {
            assert_eq!(W::hold(&condition).notify(1), 1);
            assert!(waiter.join());
            assert!(waits(&condition, left));
        }
    });
}

fn nobody_returns_before_the_notifier_releases<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let (condition, released) = (fresh::<L>(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiters = [(); 3].map(|()| {
            spawn(scope, || {
                let mut held = W::hold(&condition);
                held.wait();
                assert!(released.load(Relaxed), "returned before the notifier released");
            })
        });
        until_waiting(&condition, 3);
        let held = W::hold(&condition);
        assert_eq!(held.notify_all(), 3);
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        released.store(true, Relaxed);
        drop(held);
        waiters.into_iter().for_each(|waiter| waiter.join());
    });
}

fn notify_all_is_not_for_those_who_wait_later<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, W>(scope, &condition, 3);
        let mut held = W::hold(&condition);
        assert_eq!(held.notify_all(), 3);
        assert!(!held.wait_timeout(TICK), "we wait later");
        drop(held);
        all_notified(waiters);
    });
}

fn a_notify_that_nobody_waits_for_is_forgotten<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let mut held = W::hold(&condition);
    assert_eq!(held.notify(1), 0);
    assert!(!held.wait_timeout(Duration::ZERO));
    assert_eq!(held.notify_all(), 0);
    assert!(!held.wait_timeout(TICK));
}

fn conditions_on_one_lock_have_queues_of_their_own<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let lock = L::fresh();
    let conditions = [(); 3].map(|()| Condition::with_lock(&lock));
    thread::scope(|scope| {
        let waiters = conditions.each_ref().map(|condition| line_up::<_, W>(scope, condition, 2));
        for (number, waiters) in waiters.into_iter().enumerate() {
            let held = W::hold(&conditions[number]);
            assert_eq!(held.notify_all(), 2);
            assert_eq!(held.notify_all(), 0);
            drop(held);
            all_notified(waiters);
            for later in &conditions[number + 1..] {
                assert!(waits(later, 2));
            }
        }
    });
    assert!(conditions.iter().all(waits_for_nothing));
}

fn debug_shows_how_many_wait_and_blocks_on_nothing<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let shown = |waiters| assert_eq!(format!("{condition:?}"), format!("Condition {{ waiters: {waiters}, .. }}"));
    shown(0);
    thread::scope(|scope| {
        let waiters = line_up::<L, W>(scope, &condition, 2);
        shown(2);
        let held = W::hold(&condition);
        held.notify(1);
        shown(1);
        scope.spawn(|| shown(1)).join().unwrap();
        held.notify(1);
        shown(0);
        drop(held);
        all_notified(waiters);
    });
}

// Time.

fn timed_holds_of_a_free_lock_succeed_whatever_the_time<L: Fresh, W: Way>() {
    let condition = fresh::<L>();
    let past = Instant::now();
    assert!(W::try_hold(&condition).is_some());
    for timeout in [Duration::ZERO, TICK, Duration::MAX] {
        assert!(W::hold_timeout(&condition, timeout).is_some());
    }
    for deadline in [past, far()] {
        assert!(W::hold_deadline(&condition, deadline).is_some());
    }
    assert!(!condition.locked());
}

fn timed_holds_of_a_lock_held_elsewhere_give_up_after_their_time<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let past = Instant::now();
    let held = W::hold(&condition);
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(W::try_hold(&condition).is_none());
            assert!(W::hold_timeout(&condition, Duration::ZERO).is_none());
            assert!(W::hold_deadline(&condition, past).is_none());
            let (given_up, elapsed) = timed(|| W::hold_timeout(&condition, TICK).is_none());
            assert!(given_up && (TICK..LONG).contains(&elapsed), "{elapsed:?}");
            let (given_up, elapsed) = timed(|| W::hold_deadline(&condition, Instant::now() + TICK).is_none());
            assert!(given_up && (TICK..LONG).contains(&elapsed), "{elapsed:?}");
        });
    });
    drop(held);
    assert!(W::try_hold(&condition).is_some());
}

fn holds_without_end_wait_for_the_lock<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let held = W::hold(&condition);
        let waiters = [
            spawn(scope, || W::hold_timeout(&condition, Duration::MAX).is_some()),
            spawn(scope, || W::hold_deadline(&condition, far()).is_some()),
        ];
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        drop(held);
        waiters.into_iter().for_each(|waiter| assert!(waiter.join()));
    });
}

fn waits_without_end_last_until_the_notify<L: Fresh, W: Way>() {
    let _watchdog = watchdog();
    let waits: [fn(&mut W::Held<'_, L>, &AtomicBool) -> bool; 4] = [
        |held, _| held.wait_timeout(Duration::MAX),
        |held, _| held.wait_deadline(far()),
        |held, ready| held.wait_for_timeout(|| ready.load(Relaxed), Duration::MAX),
        |held, ready| held.wait_for_deadline(|| ready.load(Relaxed), far()),
    ];
    let condition = fresh::<L>();
    for wait in waits {
        let ready = AtomicBool::new(false);
        thread::scope(|scope| {
            let waiter = spawn(scope, || wait(&mut W::hold(&condition), &ready));
            until_waiting(&condition, 1);
            waiter.until_asleep();
            let held = W::hold(&condition);
            ready.store(true, Relaxed);
            assert_eq!(held.notify(1), 1);
            drop(held);
            assert!(waiter.join());
        });
    }
}

// Many rounds.

fn what_was_done_before_a_notify_is_seen_after_the_wait<L: Fresh, W: Way>() {
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

fn a_bounded_queue_loses_and_doubles_nothing<L: Fresh, W: Way>() {
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

// Misuse.

/// Cases 20 and 34.
fn waiting_without_holding_is_an_error_before_and_after_a_balanced_pair<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    for _ in 0..2 {
        assert_nothing_is_allowed(&condition);
        assert!(waits_for_nothing(&condition));
        condition.acquire();
        assert_eq!(condition.wait_timeout(Duration::ZERO), Ok(false));
        condition.release().unwrap();
    }
    assert_nothing_is_allowed(&condition);
}

/// Case 35.
fn notifying_without_holding_is_an_error_and_selects_nobody<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, ByHand>(scope, &condition, 2);
        // A waiter counts just before it lets go of the lock.
        until(|| !condition.locked());
        for n in [0, 1, usize::MAX] {
            assert!(condition.notify(n).is_err());
        }
        assert!(condition.notify_all().is_err());
        assert!(waits(&condition, 2));
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        assert_eq!(condition.hold().notify_all(), 2);
        all_notified(waiters);
    });
}

/// B1: Python asks without a look at the lock.
fn wait_for_without_holding_is_an_error_also_if_the_answer_would_be_true<L: Fresh>() {
    let condition = fresh::<L>();
    let asked = Cell::new(false);
    let ready = || {
        asked.set(true);
        true
    };
    assert!(condition.wait_for(ready).is_err());
    assert!(condition.wait_for_timeout(ready, Duration::ZERO).is_err());
    assert!(condition.wait_for_deadline(ready, far()).is_err());
    assert!(!asked.get());
    assert!(waits_for_nothing(&condition));
}

fn release_without_holding_is_an_error<L: Fresh>() {
    let condition = fresh::<L>();
    assert!(condition.release().is_err());
    condition.acquire();
    assert_eq!(condition.release(), Ok(()));
    assert!(condition.release().is_err());
    assert!(condition.try_acquire());
}

/// All that a guard can be asked for and that needs the lock. No predicate is to be asked.
fn uses_of_a_guard<L: Kind>() -> [fn(&mut ConditionGuard<'_, L>); 9] {
    [
        |guard| guard.wait(),
        |guard| _ = guard.wait_timeout(Duration::ZERO),
        |guard| _ = guard.wait_deadline(far()),
        |guard| guard.wait_for(|_| unreachable!("asked without the lock")),
        |guard| _ = guard.wait_for_timeout(|_| unreachable!("asked without the lock"), TICK),
        |guard| _ = guard.wait_for_deadline(|_| unreachable!("asked without the lock"), far()),
        |guard| _ = guard.notify(0),
        |guard| _ = guard.notify(1),
        |guard| _ = guard.notify_all(),
    ]
}

/// Asserts that `call` panics for the lost hold, and says that the caller, in this file, is to blame.
#[track_caller]
fn assert_loss_is_reported(call: impl FnOnce()) {
    let (file, message) = panic_of(call);
    assert!(message.contains("lost its hold to a release by hand"), "{message}");
    assert_eq!(file, file!(), "{message}");
}

fn a_guard_whose_hold_was_released_by_hand_panics_at_its_caller_and_changes_nothing<L: Fresh>() {
    let _watchdog = watchdog();
    for call in uses_of_a_guard() {
        let condition = fresh::<L>();
        thread::scope(|scope| {
            let waiters = line_up::<L, Scoped>(scope, &condition, 1);
            let mut guard = condition.hold();
            condition.release().unwrap();
            assert_loss_is_reported(|| call(&mut guard));
            assert!(!condition.locked());
            assert!(waits(&condition, 1));
            drop(guard);
            assert!(!condition.locked());
            assert_eq!(condition.try_hold().map(|held| held.notify(1)), Some(1));
            all_notified(waiters);
        });
        assert!(waits_for_nothing(&condition));
    }
}

#[test]
fn a_guard_that_lost_its_rlock_to_another_thread_panics_and_its_drop_leaves_that_hold_alone() {
    let _watchdog = watchdog();
    for call in uses_of_a_guard() {
        let (condition, done) = (Condition::new(), AtomicBool::new(false));
        thread::scope(|scope| {
            let mut guard = condition.hold();
            condition.release().unwrap();
            let other = spawn(scope, || {
                condition.acquire();
                until(|| done.load(Relaxed));
                condition.release()
            });
            until(|| condition.locked());
            assert_loss_is_reported(|| call(&mut guard));
            drop(guard);
            assert!(condition.locked());
            done.store(true, Relaxed);
            assert_eq!(other.join(), Ok(()));
        });
        assert!(waits_for_nothing(&condition));
    }
}

/// A6, for a guard.
#[test]
fn a_guard_that_lost_its_lock_to_another_thread_acts_on_that_hold() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(Lock::new());
    thread::scope(|scope| {
        let waiters = line_up::<_, Scoped>(scope, &condition, 1);
        let mut guard = condition.hold();
        condition.release().unwrap();
        spawn(scope, || condition.acquire()).join();
        assert_eq!(guard.notify(1), 1);
        assert!(condition.locked());
        assert!(!guard.wait_timeout(TICK), "it lets the waiter have it");
        assert!(condition.locked());
        drop(guard);
        all_notified(waiters);
    });
}

/// Asks all three calls by hand; each is to fail because of what `ready` does.
fn a_predicate_that_releases_by_hand_ends_a_wait_by_hand_with_an_error<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let ready = || {
        condition.release().unwrap();
        false
    };
    let waits_for: [&dyn Fn() -> bool; 3] = [
        &|| condition.wait_for(ready).is_err(),
        &|| condition.wait_for_timeout(ready, Duration::ZERO).is_err(),
        &|| condition.wait_for_deadline(ready, far()).is_err(),
    ];
    for is_err in waits_for {
        condition.acquire();
        assert!(is_err());
        assert!(waits_for_nothing(&condition));
    }
    assert_works(&condition);
}

fn a_predicate_that_releases_by_hand_makes_a_guard_panic_at_its_caller<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    let ready = || {
        condition.release().unwrap();
        false
    };
    let waits_for: [&dyn Fn(&mut ConditionGuard<'_, L>); 3] = [
        &|guard| guard.wait_for(|_| ready()),
        &|guard| _ = guard.wait_for_timeout(|_| ready(), Duration::ZERO),
        &|guard| _ = guard.wait_for_deadline(|_| ready(), far()),
    ];
    for wait_for in waits_for {
        let mut guard = condition.hold();
        assert_loss_is_reported(|| wait_for(&mut guard));
        assert!(waits_for_nothing(&condition));
        drop(guard);
        assert!(waits_for_nothing(&condition));
    }
    assert_works(&condition);
}

/// A waiter is let out by a notify.
fn assert_works<L: Kind>(condition: &Condition<L>) {
    thread::scope(|scope| {
        let waiters = line_up::<L, Scoped>(scope, condition, 1);
        assert_eq!(condition.hold().notify(1), 1);
        all_notified(waiters);
    });
    assert!(waits_for_nothing(condition));
}

/// A predicate that panics when it is asked for the `n`th time.
fn panics_when_asked(n: usize) -> impl FnMut() -> bool {
    let mut asked = 0;
    move || {
        asked += 1;
        assert!(asked < n, "predicate");
        false
    }
}

fn by_hand_the_lock_is_still_held_after_a_predicate_panicked<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, ByHand>(scope, &condition, 2);
        condition.acquire();
        // The second time is after a wait.
        for n in [1, 2] {
            let wait_for = || _ = condition.wait_for_timeout(panics_when_asked(n), Duration::ZERO);
            assert_eq!(panic_of(wait_for).1, "predicate");
            assert!(condition.as_lock().is_taken());
            assert!(waits(&condition, 2));
        }
        assert_eq!(condition.notify(2), Ok(2));
        condition.release().unwrap();
        all_notified(waiters);
    });
    assert!(waits_for_nothing(&condition));
}

fn a_guard_releases_the_lock_when_a_predicate_panics<L: Fresh>() {
    let _watchdog = watchdog();
    let condition = fresh::<L>();
    thread::scope(|scope| {
        let waiters = line_up::<L, Scoped>(scope, &condition, 2);
        for n in [1, 2] {
            let mut ready = panics_when_asked(n);
            let wait_for = || _ = condition.hold().wait_for_timeout(|_| ready(), Duration::ZERO);
            assert_eq!(panic_of(wait_for).1, "predicate");
            assert!(!condition.locked());
            assert!(waits(&condition, 2));
        }
        assert_eq!(condition.hold().notify_all(), 2);
        all_notified(waiters);
    });
    assert!(waits_for_nothing(&condition));
}

#[test]
fn a_predicate_that_panics_leaves_an_rlock_at_its_depth() {
    let condition = Condition::new();
    condition.acquire();
    condition.acquire();
    assert_eq!(panic_of(|| _ = condition.wait_for_timeout(panics_when_asked(2), Duration::ZERO)).1, "predicate");
    assert_depth(&condition, 2);
    assert_eq!(panic_of(|| condition.hold().wait_for(|()| panic!("predicate"))).1, "predicate");
    assert_depth(&condition, 2);
}

// The lock, and what it guards.

/// Case 33.
#[test]
fn the_default_lock_is_reentrant() {
    for condition in [Condition::new(), Condition::default()] {
        condition.acquire();
        assert!(condition.try_acquire());
        let _held = condition.try_hold().expect("it is ours");
        condition.release().unwrap();
        condition.release().unwrap();
        assert!(condition.locked(), "the guard holds it");
    }
}

/// Case 33.
#[test]
fn a_given_lock_and_the_condition_are_the_same_lock_in_both_directions() {
    let lock = Lock::new();
    let condition = Condition::with_lock(&lock);
    lock.acquire();
    assert!(condition.locked());
    assert!(!condition.try_acquire());
    condition.release().unwrap();
    assert!(!lock.locked());
    let held = condition.hold();
    assert!(!lock.try_acquire());
    drop(held);
    assert!(lock.try_acquire());
    assert!(std::ptr::eq(*condition.as_lock(), &lock));
}

/// Case 33.
#[test]
fn a_given_rlock_and_the_condition_are_the_same_lock_in_both_directions() {
    let lock = Arc::new(RLock::new());
    let condition = Condition::with_lock(lock.clone());
    lock.acquire();
    assert!(condition.locked());
    assert_eq!(condition.notify(1), Ok(0));
    condition.acquire();
    lock.release().unwrap();
    assert!(lock.is_owned());
    condition.release().unwrap();
    assert!(!lock.locked());
    assert!(Arc::ptr_eq(condition.as_lock(), &lock));
}

#[test]
fn debug_shows_no_value_and_asks_nothing_of_the_lock() {
    struct Opaque;
    assert_eq!(format!("{:?}", Condition::with_lock(Opaque)), "Condition { waiters: 0, .. }");
    let condition = Condition::with_lock(Lock::with_value("secret"));
    let held = condition.hold();
    assert_eq!(format!("{condition:?}"), "Condition { waiters: 0, .. }");
    assert_eq!(format!("{held:?} {held}"), "\"secret\" secret");
}

#[test]
fn a_guard_over_a_lock_changes_the_value_and_finds_it_changed_after_a_wait() {
    let _watchdog = watchdog();
    let lock = Lock::with_value([0, 0]);
    let lock: &Lock<[usize]> = &lock;
    let [here, there] = [(); 2].map(|()| Condition::with_lock(lock));
    thread::scope(|scope| {
        let other = spawn(scope, || {
            let mut held = there.hold();
            held.wait_for(|values| values[0] == 1);
            held[1] = 2;
            assert_eq!(here.notify(1), Ok(1));
        });
        let mut held = here.hold();
        held[0] = 1;
        there.notify(1).unwrap();
        assert!(held.wait_for_timeout(|values| values[1] == 2, Duration::MAX));
        assert_eq!(&*held, [1, 2]);
        assert!(!held.wait_timeout(Duration::ZERO));
        drop(held);
        other.join();
    });
}

#[test]
fn a_bounded_queue_in_an_arc_of_a_lock_keeps_the_order_of_each_producer() {
    const THREADS: usize = 3;
    const ITEMS: usize = 100;
    let _watchdog = watchdog();
    let lock = Arc::new(Lock::with_value(VecDeque::new()));
    let [not_empty, not_full] = [(); 2].map(|()| Condition::with_lock(lock.clone()));
    let produce = |producer| {
        for item in 0..ITEMS {
            let mut queue = not_full.hold();
            queue.wait_for(|queue| queue.len() < 2);
            queue.push_back((producer, item));
            not_empty.notify(1).unwrap();
        }
    };
    let mut next = [0; THREADS];
    thread::scope(|scope| {
        let produce = &produce;
        (0..THREADS).for_each(|number| drop(spawn(scope, move || produce(number))));
        for _ in 0..THREADS * ITEMS {
            let mut queue = not_empty.hold();
            queue.wait_for(|queue| !queue.is_empty());
            let (producer, item) = queue.pop_front().expect("waited for");
            not_full.notify(1).unwrap();
            assert_eq!(item, next[producer]);
            next[producer] += 1;
        }
    });
    assert_eq!(next, [ITEMS; THREADS]);
    assert!(lock.hold().is_empty());
}

#[test]
fn outer_guards_of_an_rlock_read_the_value_after_and_during_an_inner_wait() {
    let _watchdog = watchdog();
    let condition = Condition::with_lock(RLock::with_value(AtomicUsize::new(0)));
    thread::scope(|scope| {
        let outermost = condition.as_lock().hold();
        let outer = condition.hold();
        let mut inner = condition.hold();
        let other = spawn(scope, || {
            let held = condition.hold();
            held.store(1, Relaxed);
            held.notify(1)
        });
        inner.wait_for(|value| {
            let seen = value.load(Relaxed);
            assert_eq!((outer.load(Relaxed), outermost.load(Relaxed)), (seen, seen));
            seen == 1
        });
        assert_eq!(other.join(), 1);
        assert_eq!([outermost.load(Relaxed), outer.load(Relaxed), inner.load(Relaxed)], [1; 3]);
        drop(inner);
        drop(outer);
        assert!(condition.locked(), "one level is left");
        assert!(condition.as_lock().is_owned());
        drop(outermost);
        assert!(!condition.locked());
    });
}
