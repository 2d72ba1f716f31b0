//! The feature `lock_api`: the generic types of lock_api around a `Lock`.

use crate::common::{A_WHILE, Outcomes, Plain, bump, explore, explore_bounded, spawn};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use sixfold::lock_api::{Condvar, Mutex, MutexGuard, ReentrantMutex};
use std::time::{Duration, Instant};

#[test]
fn two_threads_exclude_each_other_in_a_generic_mutex() {
    explore(|| {
        let count = Arc::new(Mutex::new(Plain::new(0)));
        let section = |count: &Mutex<Plain<usize>>| bump(&count.lock());
        let other = spawn(&count, section);
        section(&count);
        other.join().unwrap();
        assert_eq!(count.lock().get(), 2);
    });
}

#[test]
fn nested_sections_of_a_generic_reentrant_mutex_exclude_those_of_others() {
    /// With an atomic of loom's, so that others are tried inside of the section: it does not know of those of lock_api.
    type Shared = (ReentrantMutex<Plain<usize>>, AtomicUsize);
    fn section((count, inside): &Shared) {
        let held = count.lock();
        assert_eq!(inside.fetch_add(1, Relaxed), 0);
        bump(&held);
        bump(&count.lock());
        assert!(count.is_owned_by_current_thread());
        inside.fetch_sub(1, Relaxed);
    }
    explore_bounded(3, || {
        let shared: Arc<Shared> = Arc::new((ReentrantMutex::new(Plain::new(0)), AtomicUsize::new(0)));
        let other = spawn(&shared, section);
        section(&shared);
        other.join().unwrap();
        assert_eq!(shared.0.lock().get(), 4);
    });
}

#[test]
fn a_generic_timed_try_is_served_or_gives_up() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(3, || {
        let count = Arc::new(Mutex::new(Plain::new(0)));
        let other = spawn(&count, |count| {
            let served = count.try_lock_for(A_WHILE).map(|count| bump(&count)).is_some();
            SEEN.add(served);
            served
        });
        bump(&count.lock());
        let served = other.join().unwrap();
        assert_eq!(count.lock().get(), 1 + usize::from(served));
        assert!(count.try_lock_for(Duration::ZERO).is_some() && count.try_lock_until(Instant::now()).is_some());
    });
    SEEN.are([false, true]);
}

#[test]
fn a_static_generic_mutex_is_free_in_every_execution() {
    static MUTEX: Mutex<()> = Mutex::new(());
    static CHANGED: Condvar = Condvar::new();
    explore(|| {
        let other = loom::thread::spawn(|| MutexGuard::leak(MUTEX.try_lock().expect("nobody else takes it")));
        other.join().unwrap();
        assert!(MUTEX.is_locked() && !CHANGED.notify_one());
    });
}

type Mailbox = (Mutex<Plain<usize>>, Condvar);

fn mailbox() -> Arc<Mailbox> {
    Arc::new((Mutex::new(Plain::new(0)), Condvar::new()))
}

/// The letter comes under the mutex, and the notify after it.
fn send((letter, come): &Mailbox) {
    letter.lock().set(1);
    come.notify_one();
}

#[test]
fn a_notify_without_the_mutex_is_not_lost_between_its_unlock_and_the_wait() {
    explore_bounded(3, || {
        let mailbox = mailbox();
        let other = spawn(&mailbox, send);
        let mut letter = mailbox.0.lock();
        mailbox.1.wait_while(&mut letter, |letter| letter.get() == 0);
        assert_eq!(letter.get(), 1);
        drop(letter);
        other.join().unwrap();
    });
}

#[test]
fn a_generic_timed_wait_reports_a_notify_if_and_only_if_the_notify_counts_it() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore_bounded(3, || {
        let mailbox = mailbox();
        let other = spawn(&mailbox, |(letter, come)| {
            bump(&letter.lock());
            come.notify_one()
        });
        let timed_out = mailbox.1.wait_for(&mut mailbox.0.lock(), A_WHILE).timed_out();
        bump(&mailbox.0.lock());
        let counted = other.join().unwrap();
        assert_eq!(mailbox.0.lock().get(), 2);
        SEEN.add((counted, timed_out));
    });
    SEEN.are([(false, true), (true, false)]);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_deadlock_unwinds_through_generic_guards_without_an_abort() {
    explore(|| {
        let shared = std::sync::Arc::new((Mutex::new(()), ReentrantMutex::new(()), Condvar::new()));
        let other = loom::thread::spawn({
            let shared = shared.clone();
            move || {
                let _outer = shared.1.lock();
                shared.2.wait(&mut shared.0.lock()); // nobody notifies
            }
        });
        other.join().unwrap();
    });
}
