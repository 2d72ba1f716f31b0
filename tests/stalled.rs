//! A thread that was woken may not run for a while: it is in a signal handler, has a low priority, or there is no core. The
//! others are served all the same.
#![cfg(all(not(loom), target_os = "linux"))]
#![allow(unsafe_code)]

mod common;

use common::{spawn, until, watchdog};
use sixfold::{BoundedSemaphore, Condition, Lock, Semaphore};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

static HELD_UP: AtomicBool = AtomicBool::new(false);
static IN_THE_HANDLER: AtomicUsize = AtomicUsize::new(0);

extern "C" fn stay(_: libc::c_int) {
    IN_THE_HANDLER.fetch_add(1, SeqCst);
    while HELD_UP.load(SeqCst) {
        // SAFETY: it may be called in a handler, and only lets time pass.
        unsafe { libc::usleep(200) };
    }
    IN_THE_HANDLER.fetch_sub(1, SeqCst);
}

/// A thread, by what the system calls it.
#[derive(Default)]
struct Victim(AtomicU64);

impl Victim {
    fn is_me(&self) {
        // SAFETY: it has no conditions.
        self.0.store(unsafe { libc::pthread_self() }, SeqCst);
    }
}

/// As long as it lives, one thread is held up. One test at a time: the handler is the process's.
struct Stall {
    _alone: MutexGuard<'static, ()>,
}

impl Stall {
    fn prepare() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: the handler only touches atomics and sleeps.
        unsafe { libc::signal(libc::SIGUSR1, stay as *const () as libc::sighandler_t) };
        Self { _alone: alone }
    }

    /// From now on the thread, which sleeps, does not come back from its sleep.
    fn hold_up(&self, victim: &Victim) {
        HELD_UP.store(true, SeqCst);
        // SAFETY: the thread has not ended: it waits for what it gets only after this.
        unsafe { libc::pthread_kill(victim.0.load(SeqCst), libc::SIGUSR1) };
        until(|| IN_THE_HANDLER.load(SeqCst) == 1);
    }

    fn resume(&self) {
        HELD_UP.store(false, SeqCst);
        until(|| IN_THE_HANDLER.load(SeqCst) == 0);
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        HELD_UP.store(false, SeqCst);
    }
}

/// Far longer than anybody has to wait, and shorter than the watchdog.
const LONG: Duration = Duration::from_secs(20);

/// Whether `action` comes to an end. It does not if the thread that is held up was awake at that moment, and had the lock of a
/// queue: then the attempt shows nothing.
fn ends<'scope>(scope: &'scope Scope<'scope, '_>, action: impl FnOnce() + Send + 'scope) -> bool {
    let action = spawn(scope, action);
    let since = Instant::now();
    while !action.is_finished() && since.elapsed() < Duration::from_secs(1) {
        thread::yield_now();
    }
    action.is_finished()
}

macro_rules! serves_the_second {
    ($permits:expr, $release:expr) => {{
        let _watchdog = watchdog();
        let stall = Stall::prepare();
        let permits = $permits;
        let attempt = || {
            let victim = Victim::default();
            thread::scope(|scope| {
                let first = spawn(scope, || {
                    victim.is_me();
                    permits.acquire();
                });
                first.until_asleep();
                let second = spawn(scope, || permits.acquire_timeout(LONG));
                second.until_asleep();
                stall.hold_up(&victim);
                // The first is woken by one of these, and does not run.
                let is_real = ends(scope, || (0..2).for_each(|_| $release(&permits)));
                if is_real {
                    assert!(second.join(), "a permit was free");
                }
                stall.resume();
                first.join();
                is_real
            })
        };
        until(attempt);
    }};
}

#[test]
fn a_semaphore_serves_a_second_sleeper_while_the_first_does_not_run() {
    serves_the_second!(Semaphore::new(0), Semaphore::release);
}

#[test]
fn a_bounded_semaphore_serves_a_second_sleeper_while_the_first_does_not_run() {
    let permits = BoundedSemaphore::new(2);
    (0..2).for_each(|_| permits.acquire());
    serves_the_second!(permits, |permits: &BoundedSemaphore| permits.release().unwrap());
}

/// Two sleepers at a lock, of which the first does not run when it is woken.
fn a_lock_with_a_stalled_sleeper(meanwhile: impl Fn(&Lock, &dyn Fn() -> bool)) {
    let _watchdog = watchdog();
    let stall = Stall::prepare();
    let lock = Lock::new();
    let attempt = || {
        let victim = Victim::default();
        lock.acquire();
        thread::scope(|scope| {
            let first = spawn(scope, || {
                victim.is_me();
                lock.acquire();
                lock.release().unwrap();
            });
            first.until_asleep();
            let second = spawn(scope, || {
                let served = lock.acquire_timeout(LONG);
                if served {
                    lock.release().unwrap();
                }
                served
            });
            second.until_asleep();
            stall.hold_up(&victim);
            // Nor does it show anything if the first has slept for so long that it was handed the lock.
            let is_real = ends(scope, || lock.release().unwrap()) && lock.try_acquire();
            if is_real {
                lock.release().unwrap();
                meanwhile(&lock, &|| second.is_finished());
                assert!(second.join(), "the lock was free again and again");
            }
            stall.resume();
            first.join();
            is_real
        })
    };
    until(attempt);
}

#[test]
fn a_lock_serves_a_second_sleeper_while_the_first_does_not_run_and_others_use_it() {
    a_lock_with_a_stalled_sleeper(|lock, is_served| {
        while !is_served() {
            lock.acquire();
            lock.release().unwrap();
        }
    });
}

#[test]
fn a_lock_that_nobody_uses_any_more_serves_a_second_sleeper_while_the_first_does_not_run() {
    a_lock_with_a_stalled_sleeper(|_, _| ());
}

#[test]
fn all_waiters_that_were_notified_come_out_while_the_first_does_not_run() {
    let _watchdog = watchdog();
    let stall = Stall::prepare();
    let (condition, victim) = (Condition::<Lock>::with_lock(Lock::new()), Victim::default());
    let out = AtomicUsize::new(0);
    let wait = || {
        let mut held = condition.hold();
        held.wait();
        out.fetch_add(1, SeqCst);
    };
    thread::scope(|scope| {
        let first = spawn(scope, || {
            victim.is_me();
            wait();
        });
        first.until_asleep();
        let others = [(); 9].map(|()| spawn(scope, wait));
        others.iter().for_each(|other| other.until_asleep());
        stall.hold_up(&victim);
        assert_eq!(condition.hold().notify_all(), 10);
        others.into_iter().for_each(|other| other.join());
        assert_eq!(out.load(SeqCst), 9);
        stall.resume();
        first.join();
    });
}
