//! The feature `lock_api`: what the generic types of lock_api promise, with our lock inside of them.
#![cfg(not(loom))]
#![allow(unsafe_code)]

mod common;

use common::{LONG, SHORT, spawn, timed, watchdog};
use lock_api::{ArcMutexGuard, GetThreadId, RawMutex, RawMutexTimed};
use sixfold::Lock;
use sixfold::lock_api::{
    Condvar, MappedMutexGuard, MappedReentrantMutexGuard, Mutex, MutexGuard, RawThreadId, ReentrantMutex,
    ReentrantMutexGuard,
};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// What another thread returns.
fn elsewhere<T: Send>(call: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| spawn(scope, call).join())
}

/// Each test of code that is generic over the raw mutex is one of ours and of parking_lot's: they must not differ.
macro_rules! for_both {
    ($($name:ident)+) => {
        mod generic {
            $(#[test]
            fn $name() {
                super::$name::<sixfold::lock_api::RawMutex>();
                super::$name::<parking_lot::RawMutex>();
            })+
        }
    };
}
for_both! {
    threads_exclude_each_other
    a_waiter_sleeps_until_the_guard_is_dropped
    a_timed_try_gives_up_when_its_time_is_up_and_not_before
    a_timed_try_is_served_in_time
    a_mapped_guard_holds_until_it_is_dropped
    a_panic_in_a_section_releases
    unlocked_lets_others_in_meanwhile
    a_lock_that_is_held_can_be_moved_and_dropped
    a_reentrant_mutex_lets_its_owner_in_and_nobody_else
    a_reentrant_mutex_gives_up_in_time
    an_extension_trait_takes_it
}

fn threads_exclude_each_other<R: RawMutex + Sync>() {
    let _watchdog = watchdog();
    let (count, inside) = (lock_api::Mutex::<R, _>::new(0_u32), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let mut count = count.lock();
                    assert_eq!(inside.fetch_add(1, Relaxed), 0);
                    *count += 1;
                    thread::yield_now();
                    assert_eq!(inside.fetch_sub(1, Relaxed), 1);
                }
            });
        }
    });
    assert_eq!(count.into_inner(), 4000);
}

fn a_waiter_sleeps_until_the_guard_is_dropped<R: RawMutex + Sync>() {
    let _watchdog = watchdog();
    let mutex = lock_api::Mutex::<R, _>::new(1);
    thread::scope(|scope| {
        let mut held = mutex.lock();
        assert!(mutex.is_locked());
        assert!(mutex.try_lock().is_none());
        let waiter = spawn(scope, || *mutex.lock());
        waiter.until_asleep();
        *held = 2;
        drop(held);
        assert_eq!(waiter.join(), 2);
    });
    assert!(!mutex.is_locked());
    assert_eq!(mutex.try_lock().as_deref(), Some(&2));
}

fn a_timed_try_gives_up_when_its_time_is_up_and_not_before<R: Timed>() {
    let _watchdog = watchdog();
    let mutex = lock_api::Mutex::<R, ()>::new(());
    let held = mutex.lock();
    for end in [Instant::now(), Instant::now() + SHORT] {
        assert!(mutex.try_lock_until(end).is_none());
        assert!(Instant::now() >= end);
    }
    for time in [Duration::ZERO, SHORT] {
        let (tried, took) = timed(|| mutex.try_lock_for(time).is_some());
        assert!(!tried && took >= time, "{took:?}");
    }
    drop(held);
    assert!(mutex.try_lock_for(Duration::ZERO).is_some(), "zero is one try");
    assert!(mutex.try_lock_until(Instant::now()).is_some(), "so is the past");
    assert!(!mutex.is_locked(), "who gave up has left nothing behind");
}

fn a_timed_try_is_served_in_time<R: Timed>() {
    let _watchdog = watchdog();
    let mutex = lock_api::Mutex::<R, _>::new(0);
    for time in [LONG, Duration::MAX] {
        thread::scope(|scope| {
            let held = mutex.lock();
            let timed = spawn(scope, || mutex.try_lock_for(time).map(|mut count| *count += 1));
            timed.until_asleep();
            drop(held);
            assert!(timed.join().is_some());
        });
    }
    assert_eq!(mutex.into_inner(), 2);
}

/// What generic code writes that wants std's times.
trait Timed: RawMutexTimed<Duration = Duration, Instant = Instant> + Sync {}
impl<R: RawMutexTimed<Duration = Duration, Instant = Instant> + Sync> Timed for R {}

fn a_mapped_guard_holds_until_it_is_dropped<R: RawMutex>() {
    let _watchdog = watchdog();
    let mutex = lock_api::Mutex::<R, _>::new((1, [2, 3]));
    let part = lock_api::MutexGuard::map(mutex.lock(), |value| &mut value.1);
    let mut part = lock_api::MappedMutexGuard::map(part, |list| &mut list[1]);
    *part += 1;
    assert!(mutex.is_locked());
    drop(part);
    assert!(!mutex.is_locked());
    assert_eq!(mutex.into_inner(), (1, [2, 4]));
}

fn a_panic_in_a_section_releases<R: RawMutex>() {
    let _watchdog = watchdog();
    let mutex = lock_api::Mutex::<R, _>::new(1);
    let section = || {
        let _held = mutex.lock();
        panic!("as planned");
    };
    assert!(catch_unwind(AssertUnwindSafe(section)).is_err());
    assert!(mutex.try_lock().is_some());
}

fn unlocked_lets_others_in_meanwhile<R: RawMutex + Sync>() {
    let _watchdog = watchdog();
    let mutex = lock_api::Mutex::<R, _>::new(1);
    let mut held = mutex.lock();
    lock_api::MutexGuard::unlocked(&mut held, || elsewhere(|| *mutex.lock() = 2));
    assert!(mutex.is_locked());
    assert_eq!(*held, 2);
}

fn a_lock_that_is_held_can_be_moved_and_dropped<R: RawMutex>() {
    let _watchdog = watchdog();
    let mutex = lock_api::Mutex::<R, _>::new(String::from("value"));
    lock_api::MutexGuard::leak(mutex.lock()).push('s');
    let (raw, value) = mutex.into_inner_with_raw();
    assert!(raw.is_locked());
    let mutex = lock_api::Mutex::from_raw(raw, value);
    assert!(mutex.try_lock().is_none());
    assert_eq!(mutex.into_inner(), "values");
}

fn a_reentrant_mutex_lets_its_owner_in_and_nobody_else<R: RawMutex + Sync>() {
    let _watchdog = watchdog();
    // And with the other's numbers of threads.
    in_turn(&lock_api::ReentrantMutex::<R, RawThreadId, _>::new(Cell::new(0)));
    in_turn(&lock_api::ReentrantMutex::<R, parking_lot::RawThreadId, _>::new(Cell::new(0)));

    fn in_turn<R: RawMutex + Sync, G: GetThreadId + Sync>(mutex: &lock_api::ReentrantMutex<R, G, Cell<u32>>) {
        let outer = mutex.lock();
        let inner = mutex.try_lock().expect("it is ours");
        inner.set(1);
        thread::scope(|scope| {
            assert!(elsewhere(|| mutex.try_lock().is_none() && !mutex.is_owned_by_current_thread()));
            let waiter = spawn(scope, || mutex.lock().replace(2));
            waiter.until_asleep();
            drop(inner);
            assert!(mutex.is_owned_by_current_thread(), "one level is left");
            assert_eq!(outer.get(), 1);
            drop(outer);
            assert_eq!(waiter.join(), 1);
        });
        assert!(!mutex.is_locked());
    }
}

fn a_reentrant_mutex_gives_up_in_time<R: Timed>() {
    let _watchdog = watchdog();
    let mutex = lock_api::ReentrantMutex::<R, RawThreadId, _>::new(());
    let _held = mutex.lock();
    assert!(mutex.try_lock_for(Duration::ZERO).is_some(), "it is ours");
    let (tried, took) = elsewhere(|| timed(|| mutex.try_lock_for(SHORT).is_some()));
    assert!(!tried && took >= SHORT);
}

/// As PyO3 and others extend the types of lock_api.
trait LockExt {
    type Guard<'a>
    where
        Self: 'a;
    fn lock_detached(&self) -> Self::Guard<'_>;
}

impl<R: RawMutex, T> LockExt for lock_api::Mutex<R, T> {
    type Guard<'a>
        = lock_api::MutexGuard<'a, R, T>
    where
        Self: 'a;

    fn lock_detached(&self) -> Self::Guard<'_> {
        self.try_lock().unwrap_or_else(|| self.lock())
    }
}

impl<R: RawMutex, T> LockExt for Arc<lock_api::Mutex<R, T>> {
    type Guard<'a>
        = ArcMutexGuard<R, T>
    where
        Self: 'a;

    fn lock_detached(&self) -> Self::Guard<'_> {
        self.lock_arc()
    }
}

fn an_extension_trait_takes_it<R: RawMutex>() {
    let _watchdog = watchdog();
    let mutex = Arc::new(lock_api::Mutex::<R, _>::new(1));
    *(*mutex).lock_detached() += 1;
    assert_eq!(*LockExt::lock_detached(&mutex), 2);
}

#[test]
fn a_static_mutex_and_condition_need_no_initialisation() {
    let _watchdog = watchdog();
    static COUNT: lock_api::Mutex<sixfold::lock_api::RawMutex, u32> = lock_api::Mutex::new(0);
    static CHANGED: Condvar = Condvar::new();
    *COUNT.lock() += 1;
    assert_eq!(*COUNT.lock(), 1);
    assert!(!CHANGED.notify_one());
    assert_eq!(size_of::<Mutex<u8>>(), size_of::<Lock<u8>>(), "as small as our own");
}

#[test]
fn a_guard_may_be_dropped_in_another_thread() {
    let _watchdog = watchdog();
    let mutex = Arc::new(Mutex::new(1));
    let held: ArcMutexGuard<sixfold::lock_api::RawMutex, i32> = mutex.lock_arc();
    elsewhere(move || drop(held));
    let mut held = mutex.lock();
    *held = 2;
    elsewhere(move || drop(held));
    assert_eq!(mutex.try_lock().as_deref(), Some(&2));
    let part: MappedMutexGuard<'_, i32> = MutexGuard::map(mutex.lock(), |value| value);
    elsewhere(move || drop(part));
    assert!(!mutex.is_locked());
}

#[test]
fn a_raw_mutex_says_whether_it_is_held_and_only_its_unlock_unlocks_it() {
    let _watchdog = watchdog();
    let mutex = sixfold::lock_api::RawMutex::INIT;
    let state = mutex.lock();
    assert!(mutex.is_locked() && mutex.try_lock().is_none());
    assert_eq!(format!("{mutex:?}"), "RawMutex { locked: true }");
    // SAFETY: it is held, by us.
    unsafe { mutex.unlock(state) };
    assert!(!mutex.is_locked());
}

#[test]
fn nobody_inherits_a_reentrant_mutex_from_a_thread_that_has_ended() {
    let _watchdog = watchdog();
    let mutex = ReentrantMutex::new(());
    elsewhere(|| std::mem::forget(mutex.lock()));
    for _ in 0..100 {
        elsewhere(|| assert!(!mutex.is_owned_by_current_thread() && mutex.try_lock().is_none()));
    }
    assert!(mutex.is_locked());
}

#[test]
fn the_numbers_of_threads_are_those_of_the_rlock_and_differ() {
    let mine = RawThreadId.nonzero_thread_id();
    assert_eq!(mine, RawThreadId::INIT.nonzero_thread_id());
    let others = [(); 2].map(|()| elsewhere(|| RawThreadId.nonzero_thread_id()));
    assert!(others[0] != mine && others[1] != mine && others[0] != others[1]);
    let lock = sixfold::RLock::new();
    let _held = lock.hold();
    assert!(format!("{lock:?}").contains(&format!("owner: Some({mine})")), "{lock:?}");
}

#[test]
fn a_reentrant_guard_is_mapped_to_a_field() {
    let _watchdog = watchdog();
    let mutex = ReentrantMutex::new((1, Cell::new(2)));
    let part: MappedReentrantMutexGuard<'_, Cell<i32>> = ReentrantMutexGuard::map(mutex.lock(), |value| &value.1);
    part.set(3);
    assert_eq!(mutex.lock().1.get(), 3);
    drop(part);
    assert!(!mutex.is_locked());
}

#[test]
fn a_wait_lets_go_of_the_mutex_and_returns_with_it_after_a_notify() {
    let _watchdog = watchdog();
    let (mutex, condition) = (Mutex::new(0), Condvar::new());
    thread::scope(|scope| {
        let waiter = spawn(scope, || {
            let mut held = mutex.lock();
            condition.wait(&mut held);
            assert!(mutex.is_locked());
            *held
        });
        waiter.until_asleep();
        let mut held = mutex.lock();
        *held = 1;
        assert!(condition.notify_one());
        drop(held);
        assert_eq!(waiter.join(), 1);
    });
    assert!(!mutex.is_locked());
}

#[test]
fn a_notify_tells_how_many_it_has_woken() {
    let _watchdog = watchdog();
    let (mutex, condition) = (Mutex::new(()), Condvar::new());
    assert!(!condition.notify_one());
    assert_eq!(condition.notify_all(), 0);
    thread::scope(|scope| {
        let waiters = [(); 4].map(|()| spawn(scope, || condition.wait(&mut mutex.lock())));
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        assert!(condition.notify_one(), "without a hold of the mutex");
        assert_eq!(condition.notify_all(), 3);
        assert!(!condition.notify_one());
        waiters.into_iter().for_each(|waiter| waiter.join());
    });
}

#[test]
fn a_timed_wait_says_whether_it_was_notified() {
    let _watchdog = watchdog();
    let (mutex, condition) = (Mutex::new(0), Condvar::new());
    let mut held = mutex.lock();
    let (result, took) = timed(|| condition.wait_for(&mut held, SHORT));
    assert!(result.timed_out() && took >= SHORT);
    let end = Instant::now() + SHORT;
    assert!(condition.wait_until(&mut held, end).timed_out() && Instant::now() >= end);
    assert!(condition.wait_for(&mut held, Duration::ZERO).timed_out());
    let (result, took) = timed(|| condition.wait_while_for(&mut held, |value| *value == 0, SHORT));
    assert!(result.timed_out() && took >= SHORT);
    assert!(mutex.is_locked());
    drop(held);

    for time in [LONG, Duration::MAX] {
        thread::scope(|scope| {
            let waiter = spawn(scope, || condition.wait_for(&mut mutex.lock(), time));
            waiter.until_asleep();
            assert!(condition.notify_one());
            assert!(!waiter.join().timed_out());
            let waiter = spawn(scope, || condition.wait_while_for(&mut mutex.lock(), |value| *value == 0, time));
            waiter.until_asleep();
            *mutex.lock() = 1;
            assert_eq!(condition.notify_all(), 1);
            assert!(!waiter.join().timed_out());
            *mutex.lock() = 0;
        });
    }
}

/// parking_lot's condition panics here.
#[test]
fn threads_with_different_mutexes_wait_on_one_condition() {
    let _watchdog = watchdog();
    let (one, other, condition) = (Mutex::new(1), Mutex::new(2), Condvar::new());
    thread::scope(|scope| {
        let waiters = [&one, &other].map(|mutex| {
            let condition = &condition;
            spawn(scope, move || {
                let mut held = mutex.lock();
                condition.wait(&mut held);
                *held
            })
        });
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        assert_eq!(condition.notify_all(), 2);
        assert_eq!(waiters.map(|waiter| waiter.join()), [1, 2]);
    });
}

/// What comes between the unlock and the sleep is the business of the models in `tests/loom`.
#[test]
fn two_threads_take_turns_by_notifying_without_the_mutex() {
    const ROUNDS: u32 = 2000;
    let _watchdog = watchdog();
    let (turn, changed) = (Mutex::new(0), Condvar::new());
    let play = |mine: u32| {
        for _ in 0..ROUNDS {
            let mut turn = turn.lock();
            changed.wait_while(&mut turn, |turn| *turn % 2 != mine);
            *turn += 1;
            drop(turn);
            changed.notify_one();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| play(0));
        scope.spawn(|| play(1));
    });
    assert_eq!(turn.into_inner(), 2 * ROUNDS);
}

/// A notify goes to a waiter whose time is up at that moment, which then says so, or to another one.
#[test]
fn a_notify_is_not_spent_on_a_wait_that_reports_a_time_out() {
    let _watchdog = watchdog();
    let (mutex, condition, woken) = (Mutex::new(()), Condvar::new(), AtomicUsize::new(0));
    let mut selected = 0;
    thread::scope(|scope| {
        let waiters = [(); 2].map(|()| {
            spawn(scope, || {
                for _ in 0..200 {
                    let result = condition.wait_for(&mut mutex.lock(), Duration::from_micros(100));
                    woken.fetch_add(usize::from(!result.timed_out()), Relaxed);
                }
            })
        });
        while !waiters.iter().all(|waiter| waiter.is_finished()) {
            selected += usize::from(condition.notify_one());
        }
    });
    assert_eq!(selected, woken.into_inner());
}
