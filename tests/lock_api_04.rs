//! The feature `lock_api_04`: what the generic types of lock_api 0.4 promise, with our lock inside of them.
#![cfg(not(loom))]
#![allow(unsafe_code)]

mod common;

use common::{LONG, SHORT, spawn, timed, watchdog};
use lock_api_04::{ArcMutexGuard, GetThreadId, MappedMutexGuard, MutexGuard, RawMutex};
use sixfold::lock_api_04::RawMutex as RawMutex04;
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
    static COUNT: lock_api_04::Mutex<RawMutex04, u32> = lock_api_04::Mutex::new(0);
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
    let mut part: MappedMutexGuard<'_, RawMutex04, i32> = MutexGuard::map(mutex.lock(), |pair| &mut pair.1);
    *part += 1;
    elsewhere(move || drop(part));
    let held: ArcMutexGuard<RawMutex04, (i32, i32)> = mutex.lock_arc();
    assert_eq!(*held, (1, 3));
    elsewhere(move || drop(held));
    assert!(!mutex.is_locked());
}

#[test]
fn a_raw_mutex_says_whether_it_is_held_and_only_its_unlock_unlocks_it() {
    let _watchdog = watchdog();
    let mutex = RawMutex04::INIT;
    mutex.lock();
    assert!(mutex.is_locked() && !mutex.try_lock());
    assert_eq!(format!("{mutex:?}"), "RawMutex { locked: true }");
    // SAFETY: it is held, by us.
    unsafe { mutex.unlock() };
    assert!(!mutex.is_locked());
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
