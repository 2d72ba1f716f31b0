//! What [`lock`](super::lock) and [`permits`](super::permits) have in common: the shape of their transitions, and the
//! driver that runs these on real words and real queues.
//!
//! A machine has one word and two queues of sleepers. In the [main](Queue::Main) queue a sleeper is *woken*, and then
//! competes with newcomers. In the [starving](Queue::Starving) queue it is *granted* what it waits for, first come first
//! served, before it is woken. It joins that queue when it has waited too long.
//!
//! A transition is a pure function from one state to the next. So the explorer in `explore/` runs the same functions
//! through every interleaving, and the driver has only to make each of them one step:
//!
//! - Outside of the queues' locks: by one compare-exchange, or one `fetch_add`.
//! - Under a queue's lock: by a loop of compare-exchanges, or by a load alone if the word stays as it is. That load may be
//!   stale: whoever has changed the word since then takes this queue's lock later, and finds what was done under it.
//!
//! Joining a queue serves the request on the spot if that is possible, and so does a time-out. No flag is set before the
//! lock of its queue is held, so flags are exact.
//!
//! The driver reads no clock. How long to spin and when a waiter starves is the parking layer's policy, and a machine is
//! right for every choice that it makes.
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::park::{self, Key, Parked, Pick, Sleep, Spin, Starvation};
use crate::shim::atomic::Ordering::{self, Acquire, Relaxed, Release};
use crate::shim::atomic::{AtomicU8, AtomicU64};
use crate::shim::thread::model_has_failed;
use core::cell::Cell;

/// At most this many stay awake for a while in the starving queue. Its first sleeper is granted what it waits for by the next
/// release that suffices, and nobody else gets that before it is awake.
const WATCHING: u32 = 2;

/// A queue of sleepers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Queue {
    /// Its sleepers are woken and compete.
    Main,
    /// Its sleepers have waited too long. They are granted what they wait for, in order.
    Starving,
}

/// What a thread wants to acquire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Request {
    /// How many permits; 1 for a lock.
    pub(crate) n: u32,
    /// The thread was woken from the main queue, and has neither been served nor slept since.
    pub(crate) woken: bool,
}

/// The word, and what is kept beside it under the lock of the main queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Shared {
    pub(crate) word: u64,
    pub(crate) side: u8,
}

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Then {
    /// Nothing: it goes on.
    Nothing,
    /// It walks along this queue.
    Walk(Queue),
    /// It begins its release anew. Only after a walk.
    Again,
}

/// A transition under a queue's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) shared: Shared,
    /// Somebody's request was served: the caller's, or during a walk that of a sleeper.
    pub(crate) served: bool,
    pub(crate) then: Then,
}

/// What ended a sleep that nobody else has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The thread goes on waiting.
    Alarm,
    /// The call gives up.
    Deadline,
}

/// What a release does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Giving {
    /// Nothing: nothing is held, or there is no room for so much.
    Refused,
    /// It leaves this word.
    To(u64, Then),
    /// It is the walk that releases.
    Walk(Queue),
}

/// A walk along a queue, sleeper by sleeper, by a thread that has the queue's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Walk {
    pub(crate) queue: Queue,
    /// How many sleepers were picked.
    pub(crate) picked: u8,
    /// How many permits the first one waits for.
    pub(crate) first: u32,
    /// ... and the second; 0 if there is none.
    pub(crate) second: u32,
}

impl Walk {
    pub(crate) const fn new(queue: Queue) -> Self {
        Self { queue, picked: 0, first: 0, second: 0 }
    }
}

/// How a thread's own sleep ended.
pub(crate) enum Slept {
    Served,
    Woken,
    TimedOut,
}

/// The word, a byte or eight.
pub(crate) trait Word {
    /// Relaxed.
    fn look(&self) -> u64;
    /// One attempt to replace `from`; may fail for no reason. On failure Relaxed, and what is there instead.
    fn replace(&self, from: u64, to: u64, order: Ordering) -> Result<(), u64>;
}

macro_rules! word {
    ($atomic:ty, $integer:ty) => {
        impl Word for $atomic {
            #[inline]
            fn look(&self) -> u64 {
                self.load(Relaxed).into()
            }
            #[inline]
            fn replace(&self, from: u64, to: u64, order: Ordering) -> Result<(), u64> {
                let swapped = self.compare_exchange_weak(from as $integer, to as $integer, order, Relaxed);
                swapped.map(drop).map_err(u64::from)
            }
        }
    };
}
word!(AtomicU8, u8);
word!(AtomicU64, u64);

/// The transitions of a machine; and the driver, as provided methods.
pub(crate) trait Machine: Sized {
    type Word: Word;
    /// How a thread looks again before it sleeps.
    type Spin: Spin;

    /// The word after the request is served, if it can be served, and what is left to do then.
    fn serve(word: u64, request: Request) -> Option<(u64, Then)>;

    /// The thread joins `queue`, whose lock it has: it is served, or falls asleep.
    fn join(shared: Shared, queue: Queue, request: Request) -> Change;

    /// The sleep of a thread that waits for `n` is over, under the lock of `queue`; `last`: nobody else is left there.
    fn time_out(shared: Shared, queue: Queue, n: u32, last: bool, timer: Timer) -> Change;

    /// Gives back `n`, as long as there are not more than `most` then.
    fn give_back(word: u64, n: u32, most: u32) -> Giving;

    /// The walk comes to a sleeper that waits for `n`.
    fn pick(walk: Walk, shared: Shared, n: u32) -> (Walk, Shared, Pick);

    /// The walk is over; `more`: sleepers are left in the queue.
    fn walked(walk: Walk, shared: Shared, more: bool) -> Change;

    /// Whether the word says that nobody sleeps in the main queue. For a spin that asks, no more.
    fn is_alone(_: u64) -> bool {
        false
    }

    fn word(&self) -> &Self::Word;

    /// [`Shared::side`], for a machine that has one. Under the lock of the main queue.
    fn side(&self) -> u8 {
        0
    }

    /// Under the lock of the main queue.
    fn set_side(&self, _: u8) {
        unreachable!("a machine without a side does not change it");
    }

    fn key(&self, queue: Queue) -> Key {
        match queue {
            Queue::Main => Key::of(self),
            Queue::Starving => Key::of(self).second(),
        }
    }

    /// One transition, under the lock of `queue`. It says whether it serves somebody, which is Acquire, and its result.
    fn change<R>(&self, queue: Queue, transition: impl Fn(Shared) -> (Shared, bool, R)) -> R {
        let side = if queue == Queue::Main { self.side() } else { 0 };
        loop {
            let before = Shared { word: self.word().look(), side };
            let (after, served, result) = transition(before);
            let order = if served { Acquire } else { Relaxed };
            let is_same = after.word == before.word && !served;
            if is_same || self.word().replace(before.word, after.word, order).is_ok() {
                if after.side != side {
                    self.set_side(after.side);
                }
                return result;
            }
        }
    }

    /// Waits until the request is served. False: `deadline` has passed.
    #[cold]
    fn acquire_slow(&self, mut request: Request, deadline: Deadline, mut starvation: Starvation) -> bool {
        let mut spin = Self::Spin::new(self.key(Queue::Main), deadline, request.woken);
        loop {
            let word = self.word().look();
            if let Some((next, then)) = Self::serve(word, request) {
                if self.word().replace(word, next, Acquire).is_ok() {
                    spin.hit();
                    self.see_to(then);
                    return true;
                }
            } else if model_has_failed() {
                // Whoever has what is asked for will never give it back.
                return true;
            } else if !spin.again(Self::is_alone(word)) {
                let Sleep { is_starving, is_alarm, until } = starvation.next(request.woken, request.n, deadline);
                let queue = if is_starving { Queue::Starving } else { Queue::Main };
                let timer = if is_alarm { Timer::Alarm } else { Timer::Deadline };
                match self.park(queue, request, timer, until) {
                    Slept::Served => return true,
                    Slept::TimedOut if !is_alarm => return false,
                    Slept::TimedOut => request.woken = false,
                    Slept::Woken => request.woken = true,
                }
                spin = Self::Spin::new(self.key(Queue::Main), deadline, request.woken);
            }
        }
    }

    fn park(&self, queue: Queue, request: Request, timer: Timer, until: Deadline) -> Slept {
        let then = Cell::new(Then::Nothing);
        let transition = |change: Change| (change.shared, change.served, (change.served, change.then));
        let validate = || {
            let (served, walk) = self.change(queue, |shared| transition(Self::join(shared, queue, request)));
            then.set(walk);
            if request.woken && !served {
                reached!("a newcomer was faster than the woken thread");
            }
            !served
        };
        let mut served = false;
        let timed_out = |_, last| {
            let walk;
            (served, walk) =
                self.change(queue, |shared| transition(Self::time_out(shared, queue, request.n, last, timer)));
            then.set(walk);
            match queue {
                Queue::Main => reached!("a sleep in the main queue ended by itself"),
                Queue::Starving => reached!("a sleep in the starving queue ended by itself"),
            }
        };
        // SAFETY: 1. The keys lie inside `self`, which has two bytes at least and is borrowed for the call.
        // 2. The closures read and change our own words, no more.
        // 3. Before sleeping we only unpark.
        let parked = unsafe {
            let (key, token) = (self.key(queue), request.n as usize);
            let before_sleep = || _ = self.see_to(then.replace(Then::Nothing));
            match queue {
                Queue::Main => park::park(key, token, until, validate, before_sleep, timed_out),
                Queue::Starving => {
                    park::park_watchfully(key, token, until, WATCHING, validate, before_sleep, timed_out)
                }
            }
        };
        match (parked, queue) {
            (Parked::Woken(_), Queue::Main) => Slept::Woken,
            (Parked::Woken(_), Queue::Starving) => Slept::Served,
            (Parked::Invalid, _) => {
                self.see_to(then.get());
                reached!("a waiter was served when it joined a queue");
                Slept::Served
            }
            (Parked::TimedOut, _) => {
                self.see_to(then.get());
                if served {
                    reached!("a waiter was served when its time was up");
                    Slept::Served
                } else {
                    Slept::TimedOut
                }
            }
        }
    }

    /// Gives back `n`, as long as there are not more than `most` then. False: that is refused.
    #[cold]
    fn release_slow(&self, n: u32, most: u32) -> bool {
        let mut word = self.word().look();
        loop {
            let then = match Self::give_back(word, n, most) {
                // A failure is no old news: the permit may have been taken that makes room.
                Giving::Refused => match self.word().replace(word, word, Relaxed) {
                    Ok(()) => return false,
                    Err(now) => {
                        word = now;
                        continue;
                    }
                },
                Giving::To(next, then) => match self.word().replace(word, next, Release) {
                    Ok(()) => then,
                    Err(now) => {
                        word = now;
                        continue;
                    }
                },
                Giving::Walk(queue) => Then::Walk(queue),
            };
            if !self.see_to(then) {
                return true;
            }
            word = self.word().look();
        }
    }

    /// Does what is left to do. True: to begin the release anew is left.
    #[cold]
    fn see_to(&self, mut then: Then) -> bool {
        while let Then::Walk(queue) = then {
            then = self.walk(queue);
        }
        then == Then::Again
    }

    fn walk(&self, queue: Queue) -> Then {
        let walk = Cell::new(Walk::new(queue));
        let mut then = Then::Nothing;
        let pick = |n| {
            let (next, pick) = self.change(queue, |shared| {
                let (walk, shared, pick) = Self::pick(walk.get(), shared, n as u32);
                (shared, false, (walk, pick))
            });
            walk.set(next);
            pick
        };
        let callback = |found: park::Unparked| {
            let walk = walk.get();
            then = self.change(queue, |shared| {
                let change = Self::walked(walk, shared, found.more);
                (change.shared, change.served, change.then)
            });
            match (queue, walk.picked, then) {
                (Queue::Main, 0, _) => reached!("a walk along the main queue woke nobody"),
                (Queue::Starving, 1.., _) => reached!("a sleeper was granted what it waits for"),
                (Queue::Starving, 0, Then::Again) => reached!("a hand-off found nobody"),
                _ => (),
            }
            0
        };
        // SAFETY: 1. the keys lie inside `self`, which is borrowed; 2. the closures only change our own words.
        unsafe { park::unpark_filter(self.key(queue), pick, callback) };
        then
    }
}
