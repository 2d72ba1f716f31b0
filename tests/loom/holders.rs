//! What a holder sees: its own lock is locked, it may notify and wait, and it may give back what it has. That is so beside
//! every call of another thread, and also where the lock was handed over.

use crate::common::{A_WHILE, explore_bounded};
use crate::objects::Objects;
use loom::thread;
use sixfold::{Condition, Lock, RLock, Semaphore};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Act = fn(&Objects);

fn later() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

struct Kind {
    name: &'static str,
    /// Each takes it, checks what a holder sees, and gives it back.
    holds: &'static [Act],
    /// What another thread does meanwhile. It gives back what it gets.
    others: &'static [Act],
}

const LOCK: Kind = Kind {
    name: "Lock",
    holds: &[
        |o| {
            o.lock.acquire();
            assert!(o.lock.locked());
            assert!(!o.lock.try_acquire());
            assert!(o.lock.locked());
            o.lock.release().unwrap();
        },
        |o| {
            let _held = o.lock.hold();
            assert!(o.lock.locked() && o.lock.try_hold().is_none() && o.lock.locked());
        },
    ],
    others: &[
        |o| drop(o.lock.try_hold()),
        |o| {
            if o.lock.try_acquire() {
                assert!(o.lock.locked());
                o.lock.release().unwrap();
            }
        },
        |o| drop(o.lock.hold_timeout(A_WHILE)),
        |o| drop(o.lock.hold_deadline(later())),
        |o| drop(o.lock.hold_timeout(Duration::ZERO)),
        |o| _ = (o.lock.locked(), o.lock.locked()),
        |o| drop(o.lock.hold()),
        |o| _ = format!("{:?}", o.lock),
    ],
};

const RLOCK: Kind = Kind {
    name: "RLock",
    holds: &[
        |o| {
            o.nested.acquire();
            assert!(o.nested.locked() && o.nested.is_owned());
            assert!(o.nested.try_acquire() && o.nested.locked());
            o.nested.release().unwrap();
            assert!(o.nested.locked() && o.nested.is_owned());
            o.nested.release().unwrap();
            assert!(!o.nested.is_owned() && o.nested.release().is_err());
        },
        |o| {
            let _held = o.nested.hold();
            assert!(o.nested.locked() && o.nested.is_owned() && o.nested.try_hold().is_some() && o.nested.locked());
        },
    ],
    others: &[
        |o| drop(o.nested.try_hold()),
        |o| {
            if o.nested.try_acquire() {
                assert!(o.nested.locked() && o.nested.is_owned());
                o.nested.release().unwrap();
            }
        },
        |o| drop(o.nested.hold_timeout(A_WHILE)),
        |o| drop(o.nested.hold_deadline(later())),
        |o| assert!(!o.nested.is_owned() && (o.nested.locked() || !o.nested.is_owned())),
        |o| assert!(o.nested.release().is_err()),
        |o| drop(o.nested.hold()),
    ],
};

const OVER_A_LOCK: Kind = Kind {
    name: "Condition over a Lock",
    holds: &[
        |o| {
            let mut held = o.condition.hold();
            assert!(o.condition.locked() && o.condition.as_lock().locked());
            let _ = (held.notify(1), held.notify_all());
            let _ = held.wait_timeout(A_WHILE);
            assert!(o.condition.locked());
            held.wait_for(|()| true);
        },
        |o| {
            o.condition.acquire();
            assert!(o.condition.locked());
            assert!(o.condition.notify(1).is_ok() && o.condition.notify_all().is_ok());
            assert!(o.condition.wait_timeout(A_WHILE).is_ok() && o.condition.locked());
            assert_eq!(o.condition.wait_for(|| true), Ok(()));
            assert!(o.condition.notify_all().is_ok());
            o.condition.release().unwrap();
        },
    ],
    others: &[
        |o| drop(o.condition.try_hold()),
        |o| {
            if o.condition.try_acquire() {
                assert!(o.condition.notify(1).is_ok());
                o.condition.release().unwrap();
            }
        },
        |o| drop(o.condition.hold_timeout(A_WHILE)),
        |o| drop(o.condition.hold_deadline(later())),
        |o| _ = (o.condition.locked(), o.condition.locked()),
        |o| drop(o.condition.hold()),
    ],
};

const OVER_AN_RLOCK: Kind = Kind {
    name: "Condition over an RLock",
    holds: &[
        |o| {
            let mut held = o.monitor.hold();
            assert!(o.monitor.locked() && o.monitor.as_lock().is_owned());
            let _ = (held.notify(1), held.notify_all());
            let _ = held.wait_timeout(A_WHILE);
            assert!(o.monitor.locked() && o.monitor.as_lock().is_owned());
            held.wait_for(|()| true);
        },
        |o| {
            o.monitor.acquire();
            o.monitor.acquire();
            assert!(o.monitor.locked());
            assert!(o.monitor.notify(1).is_ok() && o.monitor.notify_all().is_ok());
            assert!(o.monitor.wait_timeout(A_WHILE).is_ok() && o.monitor.locked());
            assert_eq!(o.monitor.wait_for(|| true), Ok(()));
            o.monitor.release().unwrap();
            assert!(o.monitor.notify_all().is_ok());
            o.monitor.release().unwrap();
        },
    ],
    others: &[
        |o| drop(o.monitor.try_hold()),
        |o| {
            if o.monitor.try_acquire() {
                assert!(o.monitor.notify(1).is_ok());
                o.monitor.release().unwrap();
            }
        },
        |o| drop(o.monitor.hold_timeout(A_WHILE)),
        |o| drop(o.monitor.hold_deadline(later())),
        |o| assert!(o.monitor.notify(1).is_err() && (o.monitor.locked() || o.monitor.wait().is_err())),
        |o| drop(o.monitor.hold()),
    ],
};

/// Preemptions for what takes long on the real machines. Where a thread waits for a lock, others run in any case.
const FEW: usize = if cfg!(sixfold_checked) { 0 } else { 1 };

impl Kind {
    fn each(&self, preemptions: usize, model: fn(Act, Act)) {
        for (n, &holds) in self.holds.iter().enumerate() {
            for (m, &other) in self.others.iter().enumerate() {
                println!("{}: holder {n} beside {m}", self.name);
                explore_bounded(preemptions, move || model(holds, other));
            }
        }
    }
}

fn start(objects: &Arc<Objects>, act: Act) -> thread::JoinHandle<()> {
    let objects = objects.clone();
    thread::spawn(move || act(&objects))
}

/// The lock was free, or the other had it.
fn beside_another(holds: Act, other: Act) {
    let objects = Arc::new(Objects::new());
    let other = start(&objects, other);
    holds(&objects);
    other.join().unwrap();
}

/// One of the holders has waited for the other, and so the lock may have been handed over.
fn after_another_holder(holds: Act, other: Act) {
    let objects = Arc::new(Objects::new());
    let others = [start(&objects, holds), start(&objects, other)];
    holds(&objects);
    others.into_iter().for_each(|other| other.join().unwrap());
}

#[test]
fn a_holder_of_a_lock_sees_it_locked() {
    LOCK.each(3, beside_another);
}

#[test]
fn a_holder_of_an_rlock_sees_it_locked_and_its_own() {
    RLOCK.each(3, beside_another);
}

#[test]
fn a_holder_of_a_condition_over_a_lock_may_notify_and_wait() {
    OVER_A_LOCK.each(2, beside_another);
}

#[test]
fn a_holder_of_a_condition_over_an_rlock_may_notify_and_wait() {
    OVER_AN_RLOCK.each(2, beside_another);
}

#[test]
fn a_holder_that_has_waited_for_a_lock_sees_it_locked() {
    LOCK.each(1, after_another_holder);
}

#[test]
fn a_holder_that_has_waited_for_an_rlock_sees_it_locked_and_its_own() {
    RLOCK.each(1, after_another_holder);
}

#[test]
fn a_holder_that_has_waited_for_the_lock_of_a_condition_may_notify_and_wait() {
    OVER_A_LOCK.each(FEW, after_another_holder);
}

#[test]
fn a_holder_that_has_waited_for_the_rlock_of_a_condition_may_notify_and_wait() {
    OVER_AN_RLOCK.each(FEW, after_another_holder);
}

/// A waiter that was notified takes the lock back, and is its holder then.
#[test]
fn a_notified_waiter_sees_the_lock_locked_beside_every_call_of_another() {
    type Notified = (Act, Act, &'static [Act]);
    const NOTIFIED: [Notified; 2] = [
        (
            |o| {
                let mut held = o.condition.hold();
                held.wait_for(|()| o.told());
                assert!(o.condition.locked() && held.notify(1) == 0 && o.condition.locked());
            },
            |o| {
                let held = o.condition.hold();
                o.tell();
                held.notify(1);
                assert!(o.condition.locked());
            },
            OVER_A_LOCK.others,
        ),
        (
            |o| {
                o.monitor.acquire();
                o.monitor.wait_for(|| o.told()).unwrap();
                assert!(o.monitor.locked() && o.monitor.notify(1) == Ok(0) && o.monitor.as_lock().is_owned());
                o.monitor.release().unwrap();
            },
            |o| {
                let held = o.monitor.hold();
                o.tell();
                held.notify(1);
                assert!(o.monitor.locked());
            },
            OVER_AN_RLOCK.others,
        ),
    ];
    for (waits, notifies, others) in NOTIFIED {
        for &other in others {
            explore_bounded(FEW, move || {
                let objects = Arc::new(Objects::new());
                let threads = [start(&objects, waits), start(&objects, other)];
                notifies(&objects);
                threads.into_iter().for_each(|thread| thread.join().unwrap());
            });
        }
    }
}

/// A panic that is caught releases the guard that it drops, and poisons nothing, whoever waits.
fn a_caught_panic_releases<L: Send + Sync + 'static>(make: fn() -> L, locked: fn(&L, &mut dyn FnMut())) {
    sixfold::model(move || {
        let lock = Arc::new(make());
        let other = thread::spawn({
            let lock = lock.clone();
            move || locked(&lock, &mut || ())
        });
        let panics = || locked(&lock, &mut || std::panic::resume_unwind(Box::new("on purpose")));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        // Not after another call of ours.
        other.join().unwrap();
        locked(&lock, &mut || ());
    });
}

#[test]
fn a_caught_panic_releases_what_it_held_and_poisons_nothing() {
    a_caught_panic_releases(Lock::new, |lock, body| {
        let _held = lock.hold();
        body();
    });
    a_caught_panic_releases(RLock::new, |lock, body| {
        let _held = (lock.hold(), lock.hold());
        body();
    });
    a_caught_panic_releases(Condition::new, |condition, body| {
        let _held = condition.hold();
        body();
    });
    a_caught_panic_releases(
        || Semaphore::new(1),
        |permits, body| {
            let _held = permits.hold();
            body();
        },
    );
}
