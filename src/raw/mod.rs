//! The state machines: what a word means and how it changes. No value, no type parameter of the user's; of time no more
//! than whether a deadline has passed.
//!
//! | file | the word | used by |
//! |---|---|---|
//! | `lock` | held or free, and who is to be woken | `Lock` |
//! | `permits` | free permits, and for whom | `Semaphore`, `BoundedSemaphore` |
//! | `rlock` | `lock`, and who owns it how deep | `RLock` |
//! | `wait_queue` | how many wait to be notified | `Condition` |
//! | `event` | a flag, and how often it was raised | `Event` |
//! | `barrier` | how many have arrived | `Barrier` |
//!
//! Under `--cfg loom` the [contract model](crate::loom::contract) takes their place, unless `sixfold_checked` is set too.
//! This is the only place that chooses. `CONTRIBUTING.md` says how to add a call.

#[cfg(any(not(loom), sixfold_checked))]
mod barrier;
#[cfg(any(not(loom), sixfold_checked))]
mod event;
#[cfg(all(test, not(loom)))]
mod explore;
#[cfg(any(not(loom), sixfold_checked))]
mod lock;
#[cfg(any(not(loom), sixfold_checked))]
mod machine;
#[cfg(any(not(loom), sixfold_checked))]
mod permits;
#[cfg(any(not(loom), sixfold_checked))]
mod rlock;
#[cfg(any(not(loom), sixfold_checked))]
mod wait_queue;

#[cfg(all(loom, not(sixfold_checked)))]
pub(crate) use crate::loom::contract::{
    barrier::RawBarrier,
    event::RawEvent,
    lock::RawLock,
    permits::{Permits, TooMany},
    rlock::{Levels, RawRLock},
    wait_queue::WaitQueue,
};
#[cfg(any(not(loom), sixfold_checked))]
pub(crate) use {
    barrier::RawBarrier,
    event::RawEvent,
    lock::RawLock,
    permits::{Permits, TooMany},
    rlock::{Levels, RawRLock},
    wait_queue::WaitQueue,
};

/// What no clock can measure as exactly: how many read-modify-writes the paths cost on which nobody waits.
#[cfg(all(test, loom, sixfold_checked))]
mod tests {
    use super::machine::{Machine, Queue};
    use super::{Permits, RawEvent, RawLock, RawRLock, WaitQueue};
    use crate::deadline::Deadline;
    use crate::loom::atomic::changes;

    fn costs(expected: usize, action: impl FnOnce()) {
        assert_eq!(changes(action), expected);
    }

    #[test]
    fn a_lock_that_nobody_waits_for_costs_one_change_to_take_and_one_to_give_back() {
        crate::model(|| {
            let lock = RawLock::new();
            costs(1, || lock.acquire());
            costs(1, || lock.release().unwrap());
            costs(1, || assert!(lock.try_acquire()));
            // A try does not look first: where it succeeds, that would cost more.
            costs(1, || assert!(!lock.try_acquire()));
            costs(0, || assert!(lock.locked()));
            costs(1, || assert!(!lock.acquire_until(|| Deadline::Passed)));
        });
    }

    #[test]
    fn an_rlock_that_one_holds_already_costs_no_change() {
        crate::model(|| {
            let lock = RawRLock::new();
            costs(1, || lock.acquire());
            costs(0, || lock.acquire());
            costs(0, || assert!(lock.is_owned()));
            costs(0, || lock.release().unwrap());
            costs(1, || lock.release().unwrap());
            costs(0, || assert!(lock.release().is_err()));
        });
    }

    #[test]
    fn a_semaphore_that_nobody_waits_for_costs_one_change_per_call() {
        crate::model(|| {
            let permits = <Permits>::new(1);
            costs(1, || assert!(permits.try_acquire()));
            costs(0, || assert!(!permits.try_acquire()));
            costs(1, || permits.release(1, 9).unwrap());
            costs(1, || permits.release(5, 9).unwrap());
            costs(0, || assert_eq!(permits.free(), 6));
            costs(1, || permits.release(1, Permits::MOST).unwrap());
            let only = <Permits>::new(0);
            costs(1, || only.release(1, 1).unwrap());
        });
    }

    #[test]
    fn a_transition_that_leaves_the_word_as_it_is_costs_no_change_unless_it_serves_somebody() {
        crate::model(|| {
            let lock = RawLock::new();
            costs(0, || lock.change(Queue::Main, |shared| (shared, false, ())));
            // That one is the Acquire of whoever is served.
            costs(1, || lock.change(Queue::Main, |shared| (shared, true, ())));
        });
    }

    #[test]
    fn to_look_at_an_event_costs_no_change_and_to_set_or_clear_it_one() {
        crate::model(|| {
            let event = RawEvent::new();
            costs(0, || assert!(!event.is_set()));
            costs(1, || event.set());
            costs(1, || event.set());
            costs(0, || assert!(event.wait(|| Deadline::Never)));
            costs(1, || event.clear());
        });
    }

    #[test]
    fn to_notify_nobody_costs_no_change() {
        crate::model(|| {
            let (waiters, lock) = (WaitQueue::new(), RawLock::new());
            lock.acquire();
            costs(0, || assert_eq!(waiters.notify(&lock, 9), 0));
        });
    }
}
