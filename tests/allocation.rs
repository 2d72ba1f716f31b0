//! To wait allocates nothing, but for what `parking_lot_core` keeps for each thread that has ever waited.
#![cfg(not(loom))]
#![allow(unsafe_code)]

use sixfold::{Barrier, Condition, Event, Lock, RLock, Semaphore};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;
use std::time::Duration;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// Counts by thread.
struct Counts;

// SAFETY: it is the system's allocator.
unsafe impl GlobalAlloc for Counts {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: our caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: our caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counts = Counts;

/// How often `wait`, which sleeps, allocates in a thread that has slept before, at another object.
fn allocations(wait: impl FnOnce() + Send) -> usize {
    thread::scope(|scope| {
        let counted = scope.spawn(|| {
            let key = &raw const GLOBAL as usize;
            let until = Some(std::time::Instant::now() + Duration::from_millis(2));
            let token = parking_lot_core::ParkToken(0);
            // SAFETY: nobody else uses the key, and the closures do nothing.
            unsafe { parking_lot_core::park(key, || true, || (), |_, _| (), token, until) };
            let before = ALLOCATIONS.get();
            wait();
            ALLOCATIONS.get() - before
        });
        counted.join().unwrap()
    })
}

#[test]
fn a_wait_allocates_nothing_with_any_type() {
    let short = Duration::from_millis(2);
    let (lock, rlock, empty, event, barrier) =
        (Lock::new(), RLock::new(), Semaphore::new(0), Event::new(), Barrier::new(2));
    let condition = Condition::<Lock>::with_lock(Lock::new());
    lock.acquire();
    let _held = rlock.hold();
    assert_eq!(allocations(|| assert!(!lock.acquire_timeout(short))), 0, "lock");
    assert_eq!(allocations(|| assert!(!rlock.acquire_timeout(short))), 0, "rlock");
    assert_eq!(allocations(|| assert!(!empty.acquire_timeout(short))), 0, "semaphore");
    assert_eq!(allocations(|| assert!(!event.wait_timeout(short))), 0, "event");
    assert_eq!(allocations(|| assert!(!condition.hold().wait_timeout(short))), 0, "condition");
    assert_eq!(allocations(|| assert!(barrier.wait_timeout(short).is_err())), 0, "barrier");
}
