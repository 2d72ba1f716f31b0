//! Permits and the line of those who wait for one, in one word: the machine of the semaphores and, with a single
//! permit in a byte, of the locks.
//!
//! ```text
//!   RESERVED count     AWAKE PARKED
//!   0        0         0     0       all permits taken, nobody waits
//!   0        n         0     0       n permits free, nobody waits
//!   0        0         0     1       threads may sleep in the line
//!   0        any       1     any     one thread is awake for the line, or being woken; PARKED: others may sleep
//!   1        0 (or n)  1     any     ... and it has lost for too long: the next permit is for it and nobody else
//!                                    (n: it was, and the thread, which is awake, is about to take it)
//! ```
//!
//! `RESERVED` is the highest bit, so that one comparison tells whether a newcomer may take a permit.
//!
//! A permit is taken by one compare-exchange and given back by one. A newcomer may take a free permit at once, past
//! those who sleep: they would need microseconds to get going. In exchange the line has two rules:
//!
//! - **One thread is awake for the line.** Giving back a permit wakes the oldest sleeper only if `AWAKE` is clear, and
//!   sets it in the same step. The thread clears it in the same step in which it takes a permit or goes back to sleep. A
//!   newcomer may set it too, and look again instead of a sleeper; for how long is the parking layer's policy, as is
//!   whether one more sleeper is woken where the thread that is awake gets nowhere.
//! - **Nobody loses for ever.** A waiter that is awake for the line and [old](Age) does not go back to the end of the
//!   line. It sets `RESERVED` and sleeps on the machine's second key; newcomers find nothing to take until the next permit
//!   that is given back has been handed to it.
//!
//! # Invariants
//!
//! - I1: a permit free and a thread in the line imply `AWAKE`. So whoever sees that somebody must be woken is known:
//!   it is the owner of `AWAKE`, and when it takes a permit and leaves another, it wakes the next one in its stead.
//! - I2: `AWAKE` has one owner: the thread that set it and is about to wake somebody, the thread it has woken, or the
//!   newcomer that set it for itself. A thread that is woken with the token [`ANOTHER`] does not own it.
//!   It is dropped only together with I1's premise: when the count is 0, or when nobody sleeps in the line.
//! - I3: `RESERVED` implies `AWAKE` and belongs to the same thread. While that thread sleeps on the second key the
//!   count is 0, and only a hand-over or its own time-out, both under that key's lock, change that.
//! - I4: a set `PARKED` with nobody in the line is harmless: the next permit given back finds that out and clears it.
//!
//! # Orderings
//!
//! Taking a permit is Acquire and giving one back is Release: what was done with the permit happens before what is
//! done with it next. All changes are read-modify-writes, so each continues the release sequences it finds, and the
//! flags may be set and cleared Relaxed. What passes between a waker and the woken is the parking lot's P1 and P3.
#![allow(unsafe_code)]

use crate::deadline::Deadline;
use crate::park::{self, Age, Key, Parked, Spin};
use crate::shim::atomic::Ordering::{self, Acquire, Relaxed, Release};
use crate::shim::atomic::{AtomicU8, AtomicU64};
use crate::shim::thread::model_has_failed;

/// Threads may sleep in the line.
const PARKED: u64 = 1;
/// A thread from the line is awake and answers for the others (I2).
const AWAKE: u64 = 2;
/// The token of a thread that is woken from the line and does not own `AWAKE`.
pub(crate) const ANOTHER: usize = 1;
/// One permit.
pub(crate) const ONE: u64 = 4;

/// Whether who gives back a permit must wake a sleeper: nobody is awake who would.
const fn must_wake(state: u64) -> bool {
    state & (PARKED | AWAKE) == PARKED
}

/// The word, a byte or eight.
pub(crate) trait Word {
    /// The highest bit. The next permit is for the thread that is awake (I3).
    const RESERVED: u64;

    /// The permits that are free.
    #[inline]
    fn count(state: u64) -> u64 {
        (state & !Self::RESERVED) / ONE
    }

    /// Whether a newcomer may take a permit: one is free and none reserved.
    fn is_open(state: u64) -> bool;

    /// What is there, Relaxed.
    fn state(&self) -> u64;
    /// One attempt to replace `state`; may fail for no reason. On failure Relaxed, and what is there instead.
    fn replace(&self, state: u64, next: u64, order: Ordering) -> Result<(), u64>;
    /// Clears flags, Relaxed.
    fn clear(&self, flags: u64);
}

macro_rules! word {
    ($atomic:ty, $integer:ty, $signed:ty) => {
        impl Word for $atomic {
            const RESERVED: u64 = 1 << (<$integer>::BITS - 1);
            #[inline]
            fn is_open(state: u64) -> bool {
                state as $signed >= ONE as $signed
            }
            #[inline]
            fn state(&self) -> u64 {
                self.load(Relaxed).into()
            }
            #[inline]
            fn replace(&self, state: u64, next: u64, order: Ordering) -> Result<(), u64> {
                let swapped = self.compare_exchange_weak(state as $integer, next as $integer, order, Relaxed);
                swapped.map(drop).map_err(u64::from)
            }
            #[inline]
            fn clear(&self, flags: u64) {
                self.fetch_and(!(flags as $integer), Relaxed);
            }
        }
    };
}
word!(AtomicU8, u8, i8);
word!(AtomicU64, u64, i64);

/// Giving back would make more permits than there may be. Nothing has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// What became of an attempt to hand a permit to the thread that it is reserved for.
enum HandOver {
    /// Done; whether a permit is left for the line, so that its next thread must be woken.
    Done {
        wake: bool,
    },
    /// The reservation is gone; look again.
    Gone,
    TooMany,
}

/// What a condition does with a waiter that is selected, see [`Permits::admit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admit {
    /// Put it in the line: somebody who gives back a permit will wake it.
    Line,
    /// Wake it: nobody would. It is then the owner of `AWAKE`.
    Wake,
}

/// The machine. Two bytes at least, for its two keys.
#[derive(Debug)]
#[repr(align(2))]
pub(crate) struct Permits<W = AtomicU64> {
    word: W,
}

impl Permits {
    /// So many permits can be counted.
    pub(crate) const MOST: u64 = (AtomicU64::RESERVED - 1) / ONE;

    /// So many free permits, at most [`MOST`](Self::MOST), and nobody waits.
    pub(crate) const fn new(permits: u64) -> Self {
        Self::from_word(AtomicU64::new(permits * ONE))
    }
}

impl<W> Permits<W> {
    /// A machine whose word is `permits * ONE`, and nobody waits.
    pub(crate) const fn from_word(word: W) -> Self {
        Self { word }
    }

    /// The line's key.
    pub(crate) fn line(&self) -> Key {
        Key::of(self)
    }

    /// Where the owner of a reservation sleeps.
    fn reserve(&self) -> Key {
        self.line().second()
    }
}

impl<W: Word> Permits<W> {
    /// Permits that are free now.
    #[inline]
    pub(crate) fn free(&self) -> u64 {
        W::count(self.word.state())
    }

    /// Whether a permit could be had now: a snapshot, which orders nothing.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        W::is_open(self.word.state())
    }

    /// As [`try_take`](Self::try_take), for a machine with one permit, which is free and not waited for most of the time:
    /// it does not look first.
    #[inline]
    pub(crate) fn try_take_the_only_one(&self) -> bool {
        match self.word.replace(ONE, 0, Acquire) {
            Ok(()) => true,
            Err(state) => self.try_take_from(state),
        }
    }

    /// Takes a permit if one is free. Never fails for no reason.
    #[inline]
    pub(crate) fn try_take(&self) -> bool {
        self.try_take_from(self.word.state())
    }

    #[inline]
    fn try_take_from(&self, state: u64) -> bool {
        W::is_open(state)
            && match self.word.replace(state, state - ONE, Acquire) {
                Ok(()) => true,
                Err(now) => self.try_take_again(now),
            }
    }

    /// Others change the word at the same time.
    #[cold]
    fn try_take_again(&self, mut state: u64) -> bool {
        while W::is_open(state) {
            match self.word.replace(state, state - ONE, Acquire) {
                Ok(()) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Waits for a permit until `deadline`, which is asked for only if there is none. False: the time was up.
    #[inline]
    pub(crate) fn take_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.try_take()
            || match deadline() {
                Deadline::Passed => false,
                deadline => self.take_slow(deadline),
            }
    }

    /// Waits for a permit until `deadline`. False: the time was up. The slow path behind `try_take`.
    #[cold]
    pub(crate) fn take_slow(&self, deadline: Deadline) -> bool {
        self.wait_in_line(deadline, 0, Age::new())
    }

    /// Takes a permit as the thread that was just woken from the line, and therefore owns `AWAKE`.
    #[cold]
    pub(crate) fn take_awake(&self) {
        self.wait_in_line(Deadline::Never, AWAKE, Age::new());
    }

    /// `mine`: the flags in the word that belong to this thread.
    fn wait_in_line(&self, deadline: Deadline, mut mine: u64, mut age: Age) -> bool {
        let mut spin = Spin::in_turn(self.line(), deadline);
        let mut is_new = mine == 0;
        loop {
            if model_has_failed() {
                // Whoever has the permit will never use it again.
                let _ = self.try_take();
                return true;
            }
            let state = self.word.state();
            if W::count(state) > 0 && (state & W::RESERVED == 0 || mine & W::RESERVED != 0) {
                if self.take_in_line(state, mine) {
                    return true;
                }
                spin.was_beaten();
                continue;
            }
            if mine != 0 || state & PARKED == 0 || is_new && state & AWAKE != 0 {
                if spin.again() {
                    continue;
                }
            } else if is_new && state & W::RESERVED == 0 && spin.may_step_in() {
                // Others sleep, and nobody is awake for them: a newcomer may be that, and look again.
                if self.word.replace(state, state | AWAKE, Relaxed).is_ok() {
                    reached!("a newcomer stepped in for those who sleep");
                    mine = AWAKE;
                }
                continue;
            }
            if mine == AWAKE {
                reached!("a newcomer was faster than the thread that was woken");
            }
            let parked = if mine & AWAKE != 0 && age.is_up() {
                if mine & W::RESERVED == 0 {
                    if self.word.replace(state, state | W::RESERVED, Relaxed).is_err() {
                        continue;
                    }
                    mine |= W::RESERVED;
                }
                self.sleep_on_reservation(deadline)
            } else {
                if self.word.replace(state, (state & !mine) | PARKED, Relaxed).is_err() {
                    continue;
                }
                mine = 0;
                self.sleep_in_line(deadline)
            };
            is_new = false;
            match parked {
                Parked::Woken(_) if mine & W::RESERVED != 0 => return true,
                Parked::Woken(token) => {
                    is_new = token == ANOTHER;
                    (mine, spin) = if is_new {
                        reached!("a sleeper was woken although another thread was awake");
                        (0, Spin::extra(self.line(), deadline))
                    } else {
                        (AWAKE, Spin::in_turn(self.line(), deadline))
                    };
                }
                Parked::Invalid => {}
                Parked::TimedOut => return false,
            }
        }
    }

    /// One attempt to take a permit from `state`, drop the flags that are `mine`, and wake the next if there is one
    /// to wake for (I1).
    fn take_in_line(&self, state: u64, mine: u64) -> bool {
        let mut next = (state - ONE) & !mine;
        let wake = mine != 0 && W::count(next) > 0 && next & PARKED != 0;
        if wake {
            next |= AWAKE;
        }
        let taken = self.word.replace(state, next, Acquire).is_ok();
        if taken && wake {
            self.wake_one();
        }
        taken
    }

    fn sleep_in_line(&self, deadline: Deadline) -> Parked {
        // With a permit free, and so by I1 a waker on its way, sleeping would be right too, but it would not be for long.
        let validate = || {
            let state = self.word.state();
            state & PARKED != 0 && !W::is_open(state)
        };
        // SAFETY: 1. The key is the address of `self`, which is borrowed for the call.
        // 2. The closures read and change our word, no more.
        // 3. Nothing runs before sleeping.
        unsafe { park::park(self.line(), 0, deadline, validate, || (), |_, last| self.left_line(last)) }
    }

    /// A sleeper has left the line by time-out, under the line's lock.
    pub(crate) fn left_line(&self, was_last: bool) {
        reached!("the time of a thread in the line was up");
        if was_last {
            self.word.clear(PARKED);
        }
    }

    fn sleep_on_reservation(&self, deadline: Deadline) -> Parked {
        // Under the lock of the second key: a permit given back before this counts, and one after it finds us.
        let validate = || W::count(self.word.state()) == 0;
        let timed_out = |_, _| {
            reached!("the time of the owner of a reservation was up");
            self.word.clear(W::RESERVED | AWAKE); // I2: the count is 0.
        };
        // SAFETY: 1. The key lies inside `self`, which has two bytes at least and is borrowed for the call.
        // 2. The closures read and change our word, no more.
        // 3. Nothing runs before sleeping.
        unsafe { park::park(self.reserve(), 0, deadline, validate, || (), timed_out) }
    }

    /// Gives back `n` permits, at most up to `most` in all.
    #[inline]
    pub(crate) fn give(&self, n: u64, most: u64) -> Result<(), TooMany> {
        let mut state = self.word.state();
        loop {
            if n > most - W::count(state) || state & (PARKED | W::RESERVED) != 0 {
                return self.give_slow(n, most);
            }
            match self.word.replace(state, state + n * ONE, Release) {
                Ok(()) => return Ok(()),
                Err(now) => state = now,
            }
        }
    }

    /// Gives back permits where somebody may wait for one.
    #[cold]
    pub(crate) fn give_slow(&self, n: u64, most: u64) -> Result<(), TooMany> {
        loop {
            let state = self.word.state();
            if n > most - W::count(state) {
                // Not on old news: a permit may have been taken that this thread has not seen taken.
                if self.word.replace(state, state, Relaxed).is_ok() {
                    return Err(TooMany);
                }
                continue;
            }
            if n == 0 {
                return Ok(());
            }
            if state & W::RESERVED != 0 {
                match self.hand_over(n, most) {
                    HandOver::Done { wake } => {
                        if wake {
                            self.wake_one();
                        }
                        return Ok(());
                    }
                    HandOver::Gone => continue,
                    HandOver::TooMany => return Err(TooMany),
                }
            }
            let wake = must_wake(state);
            let next = state + n * ONE + if wake { AWAKE } else { 0 };
            if self.word.replace(state, next, Release).is_ok() {
                if wake {
                    self.wake_one();
                } else if state & PARKED != 0 && park::wants_another(self.line()) {
                    self.wake_another();
                }
                return Ok(());
            }
        }
    }

    /// Gives one of `n` permits to the owner of the reservation and the rest to whoever comes.
    #[cold]
    fn hand_over(&self, n: u64, most: u64) -> HandOver {
        let mut outcome = HandOver::Gone;
        let callback = |found: park::Unparked| {
            loop {
                let state = self.word.state();
                let (next, wake) = if found.woken == 1 {
                    reached!("a permit was handed over");
                    // It sleeps no more and owns its permit (P3). I3: until here the count was 0.
                    let left = (state & !(W::RESERVED | AWAKE)) + (n - 1) * ONE;
                    let wake = n > 1 && state & PARKED != 0;
                    (if wake { left | AWAKE } else { left }, wake)
                } else if state & W::RESERVED == 0 {
                    reached!("a reservation was gone before the hand-over");
                    break; // Its time ran out, or it has been served by somebody else.
                } else if n > most - W::count(state) {
                    if self.word.replace(state, state, Relaxed).is_err() {
                        continue;
                    }
                    outcome = HandOver::TooMany;
                    break;
                } else {
                    // It is awake, and will find the permit when it looks before it sleeps.
                    reached!("a hand-over found the owner of the reservation awake");
                    (state + n * ONE, false)
                };
                if self.word.replace(state, next, Release).is_ok() {
                    outcome = HandOver::Done { wake };
                    break;
                }
            }
            0
        };
        // SAFETY: 1. the key lies inside `self`, which is borrowed; 2. the callback only changes our word.
        unsafe { park::unpark_one(self.reserve(), callback) };
        outcome
    }

    /// Wakes the oldest sleeper as the owner of `AWAKE`, which passes to it. If nobody sleeps, nobody is awake either.
    #[cold]
    fn wake_one(&self) {
        let callback = |found: park::Unparked| {
            if found.woken == 0 {
                reached!("a waker found that the sleeper's time was up");
                self.word.clear(PARKED | AWAKE);
            } else if !found.more {
                self.word.clear(PARKED);
            }
            0
        };
        // SAFETY: 1. the key is the address of `self`, which is borrowed; 2. the callback only changes our word.
        unsafe { park::unpark_one(self.line(), callback) };
    }

    /// Wakes the oldest sleeper although another is awake already: it comes back as if it were new. That is never
    /// needed, and helps if the one that is awake does not get a core.
    #[cold]
    fn wake_another(&self) {
        let callback = |found: park::Unparked| {
            if !found.more {
                self.word.clear(PARKED);
            }
            ANOTHER
        };
        // SAFETY: 1. the key is the address of `self`, which is borrowed; 2. the callback only changes our word.
        unsafe { park::unpark_one(self.line(), callback) };
    }

    /// Decides, under the line's lock, what a thread that is to come into the line from elsewhere shall do; `rest`:
    /// whether others come with it. Sets the flags accordingly.
    pub(crate) fn admit(&self, rest: bool) -> Admit {
        loop {
            let state = self.word.state();
            // I1 would break if a thread came into the line past a free permit that nobody answers for.
            let (next, admit) = if W::count(state) > 0 && state & AWAKE == 0 {
                (state | AWAKE | if rest { PARKED } else { 0 }, Admit::Wake)
            } else {
                (state | PARKED, Admit::Line)
            };
            if self.word.replace(state, next, Relaxed).is_ok() {
                return admit;
            }
        }
    }
}

/// The reservation, from the state in which a waiter has just lost its patience: under loom and on real threads.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::atomic::AtomicUsize;
    use std::sync::Arc;
    use std::time::Duration;

    #[cfg(loom)]
    use loom::thread;
    #[cfg(not(loom))]
    use std::thread;

    struct Shared {
        permits: Permits<AtomicU64>,
        data: AtomicUsize,
    }

    /// No permit is free, and one thread is awake.
    fn explore(body: fn(Arc<Shared>)) {
        let start = move || {
            let shared = Shared { permits: Permits::new(0), data: AtomicUsize::new(0) };
            assert!(shared.permits.word.replace(0, AWAKE, Relaxed).is_ok());
            body(Arc::new(shared));
        };
        #[cfg(loom)]
        {
            let mut model = loom::model::Builder::new();
            model.preemption_bound = Some(3);
            crate::model_with(&model, start);
        }
        #[cfg(not(loom))]
        (0..200).for_each(|_| start());
    }

    fn a_while() -> Deadline {
        Deadline::after(Duration::from_micros(30))
    }

    impl Shared {
        /// The thread that is awake, and will now have the next permit reserved.
        fn wait_out_of_patience(&self, deadline: Deadline) -> bool {
            self.permits.wait_in_line(deadline, AWAKE, Age::over())
        }

        fn give(&self, n: u64) {
            assert_eq!(self.permits.give(n, 2), Ok(()));
        }
    }

    /// In this state, and nobody sleeps.
    fn in_state(state: u64) -> Permits<AtomicU64> {
        let permits = Permits::new(0);
        assert!(permits.word.replace(0, state, Relaxed).is_ok());
        permits
    }

    #[test]
    fn a_thread_that_could_not_fall_asleep_does_not_step_in_while_another_is_awake() {
        explore(|shared| {
            let other = {
                let shared = shared.clone();
                thread::spawn(move || shared.permits.take_slow(a_while()))
            };
            // The other wants to sleep, sees this and stays awake, and may find it taken again.
            let passing = {
                let shared = shared.clone();
                thread::spawn(move || {
                    shared.give(1);
                    shared.permits.try_take()
                })
            };
            assert_ne!(passing.join().unwrap(), other.join().unwrap(), "there was one permit");
            assert_ne!(shared.permits.word.state() & AWAKE, 0, "the thread of the model is awake for the line (I2)");
        });
    }

    #[test]
    fn a_permit_that_is_reserved_is_not_for_others_in_the_line() {
        crate::model(|| {
            let permits = in_state(ONE | AtomicU64::RESERVED | AWAKE);
            assert!(!permits.try_take());
            assert!(!permits.wait_in_line(Deadline::Passed, 0, Age::new()));
            assert!(permits.wait_in_line(Deadline::Passed, AtomicU64::RESERVED | AWAKE, Age::new()));
            assert_eq!(permits.word.state() & !PARKED, 0);
        });
    }

    #[test]
    fn who_answers_for_the_line_wakes_the_next_if_a_permit_is_left_and_nobody_else_does() {
        crate::model(|| {
            // A waker that finds nobody clears the flags.
            for (before, mine, after) in [
                ((2 * ONE) | AWAKE | PARKED, AWAKE, ONE),
                (ONE | AWAKE | PARKED, AWAKE, PARKED),
                ((2 * ONE) | AWAKE | PARKED, 0, ONE | AWAKE | PARKED),
                (ONE | AWAKE | PARKED, 0, AWAKE | PARKED),
            ] {
                let permits = in_state(before);
                assert!(permits.take_in_line(before, mine));
                assert_eq!(permits.word.state(), after, "from {before} with {mine}");
            }
        });
    }

    #[test]
    fn a_try_that_others_have_overtaken_takes_one_permit_and_no_more() {
        crate::model(|| {
            for (before, after) in [(3 * ONE, 2 * ONE), (ONE | AWAKE | PARKED, AWAKE | PARKED)] {
                let permits = in_state(before);
                assert!(permits.try_take_again(5 * ONE), "what was seen before is old");
                assert_eq!(permits.word.state(), after);
            }
            assert!(!in_state(AWAKE | PARKED).try_take_again(5 * ONE));
        });
    }

    #[test]
    fn an_owner_of_a_reservation_who_is_awake_finds_what_is_given_back_up_to_the_bound() {
        crate::model(|| {
            let reserved = AtomicU64::RESERVED | AWAKE;
            for (most, n, after) in [(2, 2, Ok(2)), (2, 3, Err(TooMany)), (1, 1, Ok(1)), (1, 2, Err(TooMany))] {
                let permits = in_state(reserved);
                assert_eq!(permits.give(n, most).map(|()| n), after, "{n} of {most}");
                assert_eq!(permits.word.state(), reserved + after.unwrap_or(0) * ONE, "{n} of {most}");
            }
            let permits = in_state(reserved | ONE);
            assert!(matches!(permits.hand_over(1, 1), HandOver::TooMany), "another was faster");
            assert_eq!(permits.word.state(), reserved | ONE);
        });
    }

    #[test]
    fn the_next_permit_is_for_the_owner_of_the_reservation_and_nobody_else() {
        explore(|shared| {
            let owner = {
                let shared = shared.clone();
                thread::spawn(move || assert!(shared.wait_out_of_patience(Deadline::Never)))
            };
            while shared.permits.word.state() & AtomicU64::RESERVED == 0 {
                thread::yield_now();
            }
            shared.give(1);
            assert!(!shared.permits.try_take(), "a newcomer has nothing to take");
            assert!(!shared.permits.take_slow(a_while()), "nor has one that waits for it");
            owner.join().unwrap();
            assert_eq!(shared.permits.word.state() & !PARKED, 0);
        });
    }

    #[test]
    fn a_reservation_that_is_given_up_leaves_the_permit_to_the_next_in_line() {
        static SEEN: [std::sync::atomic::AtomicBool; 2] = [const { std::sync::atomic::AtomicBool::new(false) }; 2];
        explore(|shared| {
            let owner = {
                let shared = shared.clone();
                thread::spawn(move || {
                    let served = shared.wait_out_of_patience(a_while());
                    SEEN[usize::from(served)].store(true, Relaxed);
                    if served {
                        shared.give(1);
                    }
                })
            };
            let next = {
                let shared = shared.clone();
                thread::spawn(move || assert!(shared.permits.take_slow(Deadline::Never)))
            };
            shared.give(1);
            owner.join().unwrap();
            next.join().unwrap();
            assert_eq!(shared.permits.word.state() & !PARKED, 0);
        });
        assert!(cfg!(not(loom)) || SEEN.iter().all(|seen| seen.load(Relaxed)), "both outcomes are explored");
    }

    #[test]
    fn two_permits_serve_the_reservation_and_the_next_in_line() {
        explore(|shared| {
            let owner = {
                let shared = shared.clone();
                thread::spawn(move || assert!(shared.wait_out_of_patience(Deadline::Never)))
            };
            let next = {
                let shared = shared.clone();
                thread::spawn(move || assert!(shared.permits.take_slow(Deadline::Never)))
            };
            shared.give(2);
            owner.join().unwrap();
            next.join().unwrap();
            assert_eq!(shared.permits.word.state() & !PARKED, 0);
        });
    }

    #[test]
    fn what_is_left_of_a_hand_over_is_published_too() {
        explore(|shared| {
            let owner = {
                let shared = shared.clone();
                thread::spawn(move || {
                    assert!(shared.wait_out_of_patience(Deadline::Never));
                    assert_eq!(shared.data.load(Relaxed), 1);
                })
            };
            let newcomer = {
                let shared = shared.clone();
                thread::spawn(move || assert!(!shared.permits.try_take() || shared.data.load(Relaxed) == 1))
            };
            shared.data.store(1, Relaxed);
            shared.give(2);
            owner.join().unwrap();
            newcomer.join().unwrap();
        });
    }
}
