//! The feature `lock_api_04`: what the generic types of lock_api 0.4 promise, with our lock inside of them.
#![cfg(not(loom))]
#![allow(unsafe_code)]

mod common;

use common::{LONG, SHORT, spawn, timed, watchdog};
use lock_api_04::{ArcMutexGuard, GetThreadId, MappedMutexGuard, MutexGuard, RawMutex};
use sixfold::Lock;
use sixfold::lock_api_04::{Mutex, RawThreadId, ReentrantMutex};
use std::cell::Cell;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// What another thread returns.
fn elsewhere<T: Send>(call: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| spawn(scope, call).join())
}

#[test]
fn threads_exclude_each_other_and_who_waits_sleeps() {
    static COUNT: lock_api_04::Mutex<Lock, u32> = lock_api_04::Mutex::new(0);
    let _watchdog = watchdog();
    thread::scope(|scope| {
        let mut held = COUNT.lock();
        let waiters = [(); 4].map(|()| spawn(scope, || (0..1000).for_each(|_| *COUNT.lock() += 1)));
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        assert!(COUNT.is_locked() && COUNT.try_lock().is_none());
        *held += 1;
    });
    assert!(!COUNT.is_locked());
    assert_eq!(*COUNT.lock(), 4001);
}

#[test]
fn a_timed_try_gives_up_or_is_served() {
    let _watchdog = watchdog();
    let mutex = Mutex::new(());
    let held = mutex.lock();
    for time in [Duration::ZERO, SHORT] {
        let (tried, took) = timed(|| mutex.try_lock_for(time).is_some());
        assert!(!tried && took >= time, "{took:?}");
    }
    let end = Instant::now() + SHORT;
    assert!(mutex.try_lock_until(end).is_none() && Instant::now() >= end);
    thread::scope(|scope| {
        let waiters = [LONG, Duration::MAX].map(|time| {
            let mutex = &mutex;
            spawn(scope, move || mutex.try_lock_for(time).is_some())
        });
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        drop(held);
        assert!(waiters.into_iter().all(|waiter| waiter.join()));
    });
    assert!(mutex.try_lock_for(Duration::ZERO).is_some() && mutex.try_lock_until(Instant::now()).is_some());
}

#[test]
fn guards_are_mapped_and_owned_and_dropped_in_another_thread() {
    let _watchdog = watchdog();
    let mutex = Arc::new(Mutex::new((1, 2)));
    let mut part: MappedMutexGuard<'_, Lock, i32> = MutexGuard::map(mutex.lock(), |pair| &mut pair.1);
    *part += 1;
    elsewhere(move || drop(part));
    let held: ArcMutexGuard<Lock, (i32, i32)> = mutex.lock_arc();
    assert_eq!(*held, (1, 3));
    elsewhere(move || drop(held));
    assert!(!mutex.is_locked());
}

#[test]
fn a_release_by_hand_under_a_guard_without_a_value_leaves_it_nothing_to_release() {
    let _watchdog = watchdog();
    let mutex = Mutex::new(());
    let held = mutex.lock();
    // SAFETY: there is no value to race for.
    unsafe { mutex.raw() }.release().unwrap();
    drop(held);
    assert!(!mutex.is_locked());
}

#[test]
fn a_hold_by_hand_and_one_by_the_trait_are_the_same() {
    let _watchdog = watchdog();
    let lock = Lock::new();
    lock.acquire();
    assert!(RawMutex::is_locked(&lock) && !RawMutex::try_lock(&lock));
    // SAFETY: it is held, by us.
    unsafe { RawMutex::unlock(&lock) };
    assert!(!lock.locked());
    RawMutex::lock(&lock);
    assert!(lock.release().is_ok());
}

#[test]
fn a_reentrant_mutex_lets_its_owner_in_and_nobody_else_ever() {
    let _watchdog = watchdog();
    let mutex = ReentrantMutex::new(Cell::new(0));
    let outer = mutex.lock();
    mutex.try_lock().expect("it is ours").set(1);
    assert_eq!(outer.get(), 1);
    assert!(elsewhere(|| mutex.try_lock_for(SHORT).is_none()));
    drop(outer);
    elsewhere(|| std::mem::forget(mutex.lock()));
    for _ in 0..100 {
        elsewhere(|| assert!(!mutex.is_owned_by_current_thread() && mutex.try_lock().is_none()));
    }
    let mine = RawThreadId.nonzero_thread_id();
    assert_eq!(mine, RawThreadId::INIT.nonzero_thread_id());
}
