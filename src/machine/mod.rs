//! The state machines: what a word means and how it changes. No value, no type parameter of the user's, no clock.
//!
//! | file | the word | used by |
//! |---|---|---|
//! | `permits` | free permits and a line of waiters | `Semaphore`, `BoundedSemaphore`, and with one permit: |
//! | `raw_lock` | `permits` in a byte | `Lock` |
//! | `owned_lock` | `raw_lock`, and who owns it how deep | `RLock` |
//! | `waiters` | how many wait to be notified | `Condition` |
//! | `epochs` | a flag, and how often it was raised | `Event` |
//! | `rounds` | how many have arrived | `Barrier` |

pub(crate) mod epochs;
pub(crate) mod owned_lock;
pub(crate) mod permits;
pub(crate) mod raw_lock;
pub(crate) mod rounds;
pub(crate) mod waiters;

/// What no clock can measure as exactly: how many read-modify-writes the paths cost on which nobody waits.
#[cfg(all(test, loom, sixfold_checked))]
mod tests {
    use super::epochs::Epochs;
    use super::owned_lock::OwnedLock;
    use super::permits::Permits;
    use super::raw_lock::RawLock;
    use super::waiters::Waiters;
    use crate::deadline::Deadline;
    use crate::model::atomic::changes;

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
            costs(0, || assert!(!lock.try_acquire()));
            costs(0, || assert!(lock.locked()));
            costs(0, || assert!(!lock.acquire_until(|| Deadline::Passed)));
        });
    }

    #[test]
    fn an_rlock_that_one_holds_already_costs_no_change() {
        crate::model(|| {
            let lock = OwnedLock::new();
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
            costs(1, || assert!(permits.try_take()));
            costs(0, || assert!(!permits.try_take()));
            costs(1, || permits.give(1, 9).unwrap());
            costs(1, || permits.give(5, 9).unwrap());
            costs(0, || assert_eq!(permits.free(), 6));
        });
    }

    #[test]
    fn to_look_at_an_event_costs_no_change_and_to_set_or_clear_it_one() {
        crate::model(|| {
            let event = Epochs::new();
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
            let (waiters, lock) = (Waiters::new(), RawLock::new());
            lock.acquire();
            costs(0, || assert_eq!(waiters.notify(&lock, 9), 0));
        });
    }
}
