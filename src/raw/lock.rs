//! The lock of `Lock` and `RLock`: one byte, and beside it one that only the lock of the main queue guards.
//!
//! | bit | name | meaning |
//! |--:|---|---|
//! | 1 | `LOCKED` | it is held |
//! | 2 | `WAKE` | the next release wakes a sleeper of the main queue |
//! | 4 | `HANDOFF` | the starving queue is not empty: the next release hands the lock to its first sleeper |
//!
//! It has no owner: whoever holds it may let any thread release it, as in Python.
//!
//! A free lock is for whoever comes first, also past sleepers, which would need microseconds to get going. In exchange
//! somebody has the *duty* to see to them: the release that has cleared `WAKE`, then the thread that it has woken. That
//! thread ends its duty by setting `WAKE` again, in the step in which it acquires the lock or joins a queue. So while a
//! woken thread is on its way the word is plain `LOCKED`, and the others stay on the fast path.
//!
//! # Invariants
//!
//! - L1: the lock is free exactly if the word is 0. So one compare-exchange decides a try, and a release that fails.
//! - L2: `HANDOFF` is set exactly if the starving queue is not empty. Then the lock is held.
//! - L3: while somebody sleeps in the main queue, `WAKE` is set or somebody has the duty.
//! - L4: `side` is 1 only if `WAKE` is set or somebody has the duty. A thread that joins the main queue and finds it 1
//!   need not touch the word. Only a walk that finds the queue empty makes it 0.
//!
//! More than one thread may have the duty: an alarm that rings sets `WAKE` although somebody has it, and so does a
//! condition that moves waiters here. So a woken thread that does not run keeps nobody else asleep for ever. And of waiters
//! that a condition has moved, a release wakes some at once.
//!
//! # Orderings
//!
//! Acquiring is Acquire and releasing is Release, so what was done with the lock happens before what is done with it
//! next. A hand-off leaves `LOCKED` set; the parking lot's P3 orders it, and the walk is Acquire, so that what earlier
//! holders did is ordered too where a stranger hands the lock over. All other changes are Relaxed read-modify-writes:
//! they continue the release sequences that they find, and every decision rests on this one word.
#![allow(unsafe_code)]

use super::machine::{Change, Giving, Machine, Queue, Request, Shared, Then, Timer, Walk};
use crate::deadline::Deadline;
use crate::error::NotHeldError;
use crate::park::{Key, Pick, Starvation, Turn};
use crate::shim::atomic::AtomicU8;
use crate::shim::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::shim::caller::Caller;

pub(super) const FREE: u8 = 0;
pub(super) const LOCKED: u8 = 1;
pub(super) const WAKE: u8 = 2;
pub(super) const HANDOFF: u8 = 4;

/// The park token of a sleeper that a condition has moved to the main queue. The others have 1.
pub(super) const MOVED: u32 = 0;
/// A walk wakes at most this many in all: the first sleeper, and after it only those that a condition has moved. A
/// crowd that was notified does not want the lock for long.
const CROWD: u8 = 4;

/// A lock without a value.
#[derive(Debug)]
#[repr(C)]
pub struct RawLock {
    word: AtomicU8,
    side: AtomicU8,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<RawLock>() == 2);

impl RawLock {
    pub(crate) const fn new() -> Self {
        Self { word: AtomicU8::new(FREE), side: AtomicU8::new(0) }
    }

    #[inline]
    pub(crate) fn acquire(&self) {
        // The weak form: the slow path begins with another attempt.
        if self.word.compare_exchange_weak(FREE, LOCKED, Acquire, Relaxed).is_err() {
            self.acquire_slow(request(false), Deadline::Never, Starvation::new());
        }
    }

    /// Never fails for no reason.
    #[inline]
    pub(crate) fn try_acquire(&self) -> bool {
        self.word.compare_exchange(FREE, LOCKED, Acquire, Relaxed).is_ok()
    }

    /// Waits until `deadline`, which is asked for only if the lock is not free. False: the time was up.
    #[inline]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.try_acquire()
            || match deadline() {
                Deadline::Passed => false,
                deadline => self.acquire_slow(request(false), deadline, Starvation::new()),
            }
    }

    /// Acquires again, as a condition does. `woken`: the thread has the duty, since it was woken from this lock's queue.
    pub(crate) fn reacquire(&self, woken: bool, _: Caller) {
        if woken {
            self.acquire_slow(request(true), Deadline::Never, Starvation::new());
        } else {
            self.acquire();
        }
    }

    #[inline]
    pub(crate) fn release(&self) -> Result<(), NotHeldError> {
        match self.word.compare_exchange_weak(LOCKED, FREE, Release, Relaxed) {
            Ok(_) => Ok(()),
            Err(_) if self.release_slow(1, 1) => Ok(()),
            Err(_) => Err(NotHeldError {}),
        }
    }

    /// Whether an attempt to acquire would fail now: a snapshot, which orders nothing.
    #[inline]
    pub(crate) fn locked(&self) -> bool {
        self.word.load(Relaxed) != FREE
    }

    /// Where those sleep who wait for the lock.
    pub(crate) fn queue(&self) -> Key {
        self.key(Queue::Main)
    }

    /// Under the lock of the main queue, before a condition moves waiters there. True: the first of them is to be woken,
    /// and has the duty, because the lock is free and nobody else might see to them.
    pub(crate) fn prepare_requeue(&self) -> bool {
        self.change(Queue::Main, |shared| {
            let (shared, wake) = requeue(shared);
            (shared, false, wake)
        })
    }
}

const fn request(woken: bool) -> Request {
    Request { n: 1, woken }
}

const fn has(word: u64, flag: u8) -> bool {
    word & flag as u64 != 0
}

const fn with(word: u64, flag: u8) -> u64 {
    word | flag as u64
}

const fn without(word: u64, flag: u8) -> u64 {
    word & !(flag as u64)
}

/// `WAKE` is set: the next release sees to the main queue.
const fn armed(shared: Shared) -> Shared {
    Shared { word: with(shared.word, WAKE), side: 1 }
}

/// What [`RawLock::prepare_requeue`] does.
pub(super) const fn requeue(shared: Shared) -> (Shared, bool) {
    if has(shared.word, LOCKED) { (armed(shared), false) } else { (Shared { side: 1, ..shared }, true) }
}

/// Nobody is served, and nothing is left to do.
const fn quietly(shared: Shared) -> Change {
    Change { shared, served: false, then: Then::Nothing }
}

impl Machine for RawLock {
    type Word = AtomicU8;
    type Spin = Turn;

    fn serve(word: u64, request: Request) -> Option<(u64, Then)> {
        let duty = if request.woken { WAKE } else { 0 };
        if word == u64::from(FREE) { Some((u64::from(LOCKED | duty), Then::Nothing)) } else { None }
    }

    fn join(shared: Shared, queue: Queue, request: Request) -> Change {
        if let Some((word, then)) = Self::serve(shared.word, request) {
            return Change { shared: Shared { word, ..shared }, served: true, then };
        }
        let woken = if request.woken { WAKE } else { 0 };
        quietly(match queue {
            Queue::Main if request.woken || shared.side == 0 => armed(shared),
            Queue::Main => shared,
            // `side` is 1 already if the thread has the duty (L4).
            Queue::Starving => Shared { word: with(shared.word, HANDOFF | woken), ..shared },
        })
    }

    fn time_out(shared: Shared, queue: Queue, _: u32, last: bool, timer: Timer) -> Change {
        match (queue, timer) {
            (Queue::Starving, _) if last => quietly(Shared { word: without(shared.word, HANDOFF), ..shared }),
            (Queue::Starving, _) => quietly(shared),
            (Queue::Main, _) if shared.word == u64::from(FREE) => {
                Change { shared: Shared { word: LOCKED as u64, ..shared }, served: true, then: Then::Nothing }
            }
            // Whoever has the duty has had time enough. Another may have it too.
            (Queue::Main, Timer::Alarm) if !last => quietly(armed(shared)),
            (Queue::Main, _) => quietly(shared),
        }
    }

    fn give_back(word: u64, _: u32, _: u32) -> Giving {
        if !has(word, LOCKED) {
            Giving::Refused
        } else if has(word, HANDOFF) {
            Giving::Walk(Queue::Starving)
        } else if has(word, WAKE) {
            Giving::To(FREE as u64, Then::Walk(Queue::Main))
        } else {
            Giving::To(FREE as u64, Then::Nothing)
        }
    }

    fn pick(walk: Walk, shared: Shared, n: u32) -> (Walk, Shared, Pick) {
        if walk.picked == 0 || n == MOVED && walk.picked < CROWD {
            (Walk { picked: walk.picked + 1, first: n, ..walk }, shared, Pick::Wake)
        } else {
            (walk, shared, Pick::Stop)
        }
    }

    fn walked(walk: Walk, shared: Shared, more: bool) -> Change {
        match (walk.queue, walk.picked) {
            (Queue::Main, 0) => quietly(Shared { side: 0, ..shared }),
            (Queue::Main, _) => quietly(shared),
            (Queue::Starving, 0) => Change { shared, served: false, then: Then::Again },
            // It holds the lock now, and has not been free in between.
            (Queue::Starving, _) => {
                let word = if more { shared.word } else { without(shared.word, HANDOFF) };
                Change { shared: Shared { word, ..shared }, served: true, then: Then::Nothing }
            }
        }
    }

    fn word(&self) -> &AtomicU8 {
        &self.word
    }

    fn side(&self) -> u8 {
        self.side.load(Relaxed)
    }

    fn set_side(&self, side: u8) {
        self.side.store(side, Relaxed);
    }
}

/// What costs a change or a wake-up more if it is done too often, and nothing else: no interleaving can show it.
#[cfg(test)]
mod tests {
    use super::*;

    fn held(side: u8) -> Shared {
        Shared { word: LOCKED.into(), side }
    }

    #[test]
    fn only_the_first_sleeper_asks_to_be_woken() {
        let newcomer = |side| RawLock::join(held(side), Queue::Main, request(false)).shared;
        assert_eq!(newcomer(0), armed(held(0)));
        assert_eq!(newcomer(1), held(1));
        assert_eq!(RawLock::join(held(1), Queue::Main, request(true)).shared, armed(held(1)), "its duty is over");
        assert_eq!(requeue(Shared { word: FREE.into(), side: 0 }), (Shared { word: FREE.into(), side: 1 }, true));
    }

    #[test]
    fn that_somebody_sleeps_is_known_to_the_next() {
        crate::model(|| {
            let lock = RawLock::new();
            lock.change(Queue::Main, |shared| (armed(shared), false, ()));
            assert_eq!(lock.change(Queue::Main, |shared| (shared, false, shared.side)), 1);
        });
    }

    #[test]
    fn an_alarm_asks_for_a_wake_up_only_where_others_sleep() {
        let alarm = |last| RawLock::time_out(held(1), Queue::Main, 1, last, Timer::Alarm).shared;
        assert_eq!(alarm(false), armed(held(1)));
        assert_eq!(alarm(true), held(1));
    }

    #[test]
    fn a_release_wakes_one_that_waits_for_the_lock_or_a_few_that_were_moved_to_it() {
        let pick = |picked, n| RawLock::pick(Walk { picked, ..Walk::new(Queue::Main) }, held(1), n).2;
        assert_eq!([pick(0, 1), pick(1, 1)], [Pick::Wake, Pick::Stop]);
        assert_eq!([pick(CROWD - 1, MOVED), pick(CROWD, MOVED)], [Pick::Wake, Pick::Stop]);
    }
}
