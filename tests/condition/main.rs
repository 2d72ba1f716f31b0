//! Condition: Python's `ConditionTests`, lists A and B of the contract, and faults, over every kind of lock, by hand and
//! scoped.
#![cfg(not(loom))]
#![allow(clippy::type_complexity)] // A table of calls says what they are called with.

#[path = "../common/mod.rs"]
mod common;
mod misuse;
mod notify;
mod rounds;
mod time;
mod value;
mod wait;
mod wait_for;
mod with_guard;

use common::{LONG, SHORT, Watched, message, spawn, timed, until, watchdog};
use misuse::*;
use notify::*;
use rounds::*;
use sixfold::{Condition, ConditionGuard, Lock, NotHeldError, RLock, RawLockable};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, Once};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};
use time::*;
use wait::*;
use wait_for::*;

/// A wait that is to run out.
const TICK: Duration = Duration::from_millis(10);

/// A lock that guards no value.
trait Kind: RawLockable + Send + Sync + fmt::Debug {
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
fn waits<L: fmt::Debug>(condition: &Condition<L>, waiters: usize) -> bool {
    format!("{condition:?}").starts_with(&format!("Condition {{ waiters: {waiters},"))
}

#[track_caller]
fn until_waiting<L: fmt::Debug>(condition: &Condition<L>, waiters: usize) {
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
