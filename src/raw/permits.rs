//! The permits of `Semaphore` and `BoundedSemaphore`: eight bytes.
//!
//! | bits | name | meaning |
//! |--:|---|---|
//! | 1, lowest | `PARKED` | the main queue is not empty |
//! | 15 | `WOKEN` | threads that were woken from the main queue, and have neither been served nor slept since |
//! | 32 | `COUNT` | permits that nobody has |
//! | 16, highest | `OWED` | of these, what the first of the starving queue waits for; 0: that queue is empty |
//!
//! `COUNT - OWED` permits are *available*. Whoever comes may take these, also past sleepers. With the highest `OWED` the
//! first of the starving queue waits for at least so many, and nothing is available.
//!
//! A release of one permit of a `Semaphore` is one `fetch_add`; any other release is a compare-exchange. The word that
//! it leaves says whether a walk is [due](due), and a walk wakes sleepers until as many woken threads are on their way
//! as can be served. So a woken thread that does not run keeps one permit from the sleepers, and no more.
//!
//! If `COUNT` reaches `OWED`, the permits count as granted in the same step: newcomers find only what is above. A walk
//! along the starving queue takes them for its first sleeper and wakes it.
//!
//! # Invariants
//!
//! - P1: `PARKED` is set exactly if the main queue is not empty.
//! - P2: `OWED` is not 0 exactly if the starving queue is not empty.
//! - P3: `WOKEN` counts the threads that it says.
//! - P4: where no thread is between a change and the walk that is due after it, no sleeper of the main queue waits for at
//!   most `available - WOKEN`, and `COUNT` is below what the first of the starving queue waits for.
//!
//! # Orderings
//!
//! Taking permits is Acquire, also on behalf of a sleeper, and giving them back is Release: what was done with a permit
//! happens before what is done with it next. All other changes are Relaxed read-modify-writes: they continue the release
//! sequences that they find, and every decision rests on this one word.
#![allow(unsafe_code)]

use super::machine::{Change, Giving, Machine, Queue, Request, Shared, Then, Timer, Walk, Word};
use crate::deadline::Deadline;
use crate::park::{Pick, Starvation, TurnOrWait};
use crate::shim::atomic::AtomicU64;
use crate::shim::atomic::Ordering::{Acquire, Relaxed, Release};

pub(super) const PARKED: u64 = 1;
/// One woken thread.
const WOKEN: u64 = 1 << 1;
const MOST_WOKEN: u64 = (1 << 15) - 1;
/// One permit.
const ONE: u64 = 1 << 16;
/// One permit that is owed.
const OWED: u64 = 1 << 48;
/// "At least so many."
const MOST_OWED: u64 = u64::MAX / OWED;

/// Giving back would make more permits than there may be. Nothing has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// The machine.
#[derive(Debug)]
pub(crate) struct Permits {
    word: AtomicU64,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Permits>() == 8);

pub(super) const fn count(word: u64) -> u64 {
    (word / ONE) & u32::MAX as u64
}

pub(super) const fn owed(word: u64) -> u64 {
    word / OWED
}

pub(super) const fn woken(word: u64) -> u64 {
    (word / WOKEN) & MOST_WOKEN
}

/// What a newcomer may take.
pub(super) const fn available(word: u64) -> u64 {
    if owed(word) == MOST_OWED { 0 } else { count(word).saturating_sub(owed(word)) }
}

/// Permits that are neither taken nor granted.
const fn free(word: u64) -> u64 {
    let (count, owed) = (count(word), owed(word));
    if count < owed || owed == MOST_OWED { count } else { count - owed }
}

/// Which walk is due: permits have come together for the first of the starving queue, or more sleepers of the main
/// queue can be served than are on their way.
const fn due(word: u64) -> Then {
    if owed(word) > 0 && count(word) >= owed(word) {
        Then::Walk(Queue::Starving)
    } else if word & PARKED != 0 && available(word) > woken(word) {
        Then::Walk(Queue::Main)
    } else {
        Then::Nothing
    }
}

/// The word with what the first of the starving queue waits for.
fn owing(word: u64, n: u32) -> u64 {
    (word % OWED) + u64::from(n).min(MOST_OWED) * OWED
}

/// The word in which the thread of a request is not on its way any more.
const fn settled(word: u64, request: Request) -> u64 {
    if request.woken { word - WOKEN } else { word }
}

impl Permits {
    /// As many permits as there can be. The word has room for twice as many, so a release of one need not look first.
    pub(crate) const MOST: u64 = i32::MAX as u64;

    /// So many free permits, at most [`MOST`](Self::MOST), and nobody waits.
    pub(crate) const fn new(permits: u64) -> Self {
        Self { word: AtomicU64::new(permits * ONE) }
    }

    /// Permits that nobody has: a snapshot, which orders nothing.
    #[inline]
    pub(crate) fn free(&self) -> u64 {
        free(self.word.look()).min(Self::MOST)
    }

    /// Takes a permit if one is available. Never fails for no reason.
    #[inline]
    pub(crate) fn try_acquire(&self) -> bool {
        let word = self.word.look();
        // Something is available, and nothing owed.
        if word.wrapping_sub(ONE) < OWED - ONE {
            match self.word.replace(word, word - ONE, Acquire) {
                Ok(()) => true,
                Err(now) => self.try_acquire_again(now),
            }
        } else {
            word >= OWED && self.try_acquire_again(word)
        }
    }

    /// Others change the word at the same time, or wait in the starving queue.
    #[cold]
    fn try_acquire_again(&self, word: u64) -> bool {
        self.try_serve(word, 1)
    }

    #[inline]
    fn try_serve(&self, mut word: u64, n: u32) -> bool {
        while let Some((next, _)) = Self::serve(word, Request { n, woken: false }) {
            match self.word.replace(word, next, Acquire) {
                Ok(()) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Takes `n` permits, at most [`MOST`](Self::MOST), if so many are available. Takes all of them or none, in one step.
    #[inline]
    pub(crate) fn try_acquire_many(&self, n: u64) -> bool {
        n == 0 || self.try_serve(self.word.look(), n as u32)
    }

    /// Waits for `n` permits, at most [`MOST`](Self::MOST), until `deadline`. False: the time was up.
    #[inline]
    pub(crate) fn acquire_many_until(&self, n: u64, deadline: impl FnOnce() -> Deadline) -> bool {
        self.try_acquire_many(n)
            || match deadline() {
                Deadline::Passed => false,
                deadline => self.acquire_slow(Request { n: n as u32, woken: false }, deadline, Starvation::new()),
            }
    }

    /// Takes as many permits as are available, at most `n`, in one step, and says how many.
    pub(crate) fn reduce(&self, n: u64) -> u64 {
        let mut word = self.word.look();
        loop {
            let taken = available(word).min(n);
            if taken == 0 {
                return 0;
            }
            match self.word.replace(word, word - taken * ONE, Acquire) {
                Ok(()) => return taken,
                Err(now) => word = now,
            }
        }
    }

    /// Waits for a permit until `deadline`, which is asked for only if there is none. False: the time was up.
    #[inline]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.try_acquire()
            || match deadline() {
                Deadline::Passed => false,
                deadline => self.acquire_slow(Request { n: 1, woken: false }, deadline, Starvation::new()),
            }
    }

    /// Gives back `n` permits, as long as there are not more than `most` then.
    #[inline]
    pub(crate) fn release(&self, n: u64, most: u64) -> Result<(), TooMany> {
        if n == 1 && most == Self::MOST {
            let old = self.word.fetch_add(ONE, Release);
            // Somebody sleeps or starves, or there was no room.
            if old & PARKED != 0 || old >= Self::MOST * ONE {
                return self.after_release(old);
            }
            Ok(())
        } else {
            self.release_bounded(n, most)
        }
    }

    /// After a release of one permit without a look.
    #[cold]
    fn after_release(&self, old: u64) -> Result<(), TooMany> {
        let mut word = old + ONE;
        while free(word) > Self::MOST {
            // It is taken back, unless somebody makes room first.
            match self.word.replace(word, word - ONE, Relaxed) {
                Ok(()) => return Err(TooMany),
                Err(now) => word = now,
            }
        }
        self.see_to(due(word));
        Ok(())
    }

    #[inline]
    fn release_bounded(&self, n: u64, most: u64) -> Result<(), TooMany> {
        // The only permit is taken, most probably, and nobody waits for it.
        if (n, most) == (1, 1) && self.word.replace(0, ONE, Release).is_ok() {
            return Ok(());
        }
        let n = u32::try_from(n).map_err(|_| TooMany)?;
        if n == 0 || self.release_slow(n, most as u32) { Ok(()) } else { Err(TooMany) }
    }
}

impl Machine for Permits {
    type Word = AtomicU64;
    type Spin = TurnOrWait;

    fn serve(word: u64, request: Request) -> Option<(u64, Then)> {
        let n = u64::from(request.n);
        let next = word.wrapping_sub(n * ONE);
        if available(word) < n {
            None
        } else if !request.woken {
            Some((next, Then::Nothing))
        } else {
            // Where no more could be counted, walks have stopped early.
            let was_full = woken(word) == MOST_WOKEN;
            Some((next - WOKEN, if was_full { due(next - WOKEN) } else { Then::Nothing }))
        }
    }

    fn join(shared: Shared, queue: Queue, request: Request) -> Change {
        let word = shared.word;
        if let Some((word, then)) = Self::serve(word, request) {
            return change(word, true, then);
        }
        let settled = settled(word, request);
        let word = match queue {
            Queue::Main => settled | PARKED,
            Queue::Starving if owed(word) == 0 => owing(settled, request.n),
            Queue::Starving => settled,
        };
        // The permit that it was woken for may serve others.
        change(word, false, if request.woken { due(word) } else { Then::Nothing })
    }

    fn time_out(shared: Shared, queue: Queue, n: u32, last: bool, _: Timer) -> Change {
        let word = shared.word;
        let taken = word.wrapping_sub(u64::from(n) * ONE);
        match queue {
            Queue::Main => {
                let served = available(word) >= u64::from(n);
                let word = if served { taken } else { word };
                change(if last { word & !PARKED } else { word }, served, Then::Nothing)
            }
            // It is the first one, too: what is owed is for it.
            Queue::Starving if last => {
                let served = count(word) >= u64::from(n);
                let word = owing(if served { taken } else { word }, 0);
                change(word, served, due(word))
            }
            // If it was the first one, what is owed must become what the next one waits for.
            Queue::Starving => {
                let served = available(word) >= u64::from(n);
                change(if served { taken } else { word }, served, Then::Walk(Queue::Starving))
            }
        }
    }

    fn give_back(word: u64, n: u32, most: u32) -> Giving {
        if free(word) + u64::from(n) > u64::from(most) {
            return Giving::Refused;
        }
        let word = word + u64::from(n) * ONE;
        Giving::To(word, due(word))
    }

    fn pick(walk: Walk, shared: Shared, n: u32) -> (Walk, Shared, Pick) {
        let word = shared.word;
        let picked = Walk { picked: walk.picked + 1, first: n, ..walk };
        let size = u64::from(n);
        let (walk, word, pick) = match walk.queue {
            Queue::Starving if walk.picked == 1 => (Walk { second: n, ..walk }, word, Pick::Stop),
            // What is owed is right from here on: nobody else takes below it.
            Queue::Starving if count(word) >= size => (picked, owing(word, n), Pick::Wake),
            Queue::Starving => (walk, owing(word, n), Pick::Stop),
            // Others may have taken the permit already. The sleeper is to know that it has lost.
            Queue::Main if size == 1 && walk.picked == 0 && woken(word) == 0 => (picked, word + WOKEN, Pick::Wake),
            Queue::Main if woken(word) >= available(word) => (walk, word, Pick::Stop),
            Queue::Main if woken(word) == MOST_WOKEN || walk.picked == ROUND => (walk, word, Pick::Stop),
            Queue::Main if size + woken(word) <= available(word) => (picked, word + WOKEN, Pick::Wake),
            Queue::Main => (walk, word, Pick::Skip),
        };
        (walk, Shared { word, ..shared }, pick)
    }

    fn walked(walk: Walk, shared: Shared, more: bool) -> Change {
        let word = shared.word;
        match walk.queue {
            Queue::Main if !more => change(word & !PARKED, false, Then::Nothing),
            Queue::Main if walk.picked == ROUND => change(word, false, due(word)),
            Queue::Main => change(word, false, Then::Nothing),
            Queue::Starving if walk.picked == 1 => {
                let word = owing(word - u64::from(walk.first) * ONE, walk.second);
                change(word, true, due(word))
            }
            Queue::Starving => change(word, false, Then::Nothing),
        }
    }

    fn is_alone(word: u64) -> bool {
        word & PARKED == 0
    }

    fn word(&self) -> &AtomicU64 {
        &self.word
    }
}

/// So many are woken under one hold of the queue's lock: `parking_lot_core` keeps them on the stack.
const ROUND: u8 = 8;

const fn change(word: u64, served: bool, then: Then) -> Change {
    Change { shared: Shared { word, side: 0 }, served, then }
}

/// The starving queue, from its first sleeper on: under loom and on real threads.
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

    struct Waits {
        permits: Permits,
        data: AtomicUsize,
    }

    impl Waits {
        /// As a waiter that starves already.
        fn starving(&self, n: u32, deadline: Deadline) -> bool {
            self.permits.acquire_slow(Request { n, woken: false }, deadline, Starvation::over())
        }

        fn acquire(&self) {
            self.permits.acquire_until(|| Deadline::Never);
        }

        fn release(&self, n: u64) {
            assert_eq!(self.permits.release(n, 9), Ok(()));
        }

        fn word(&self) -> u64 {
            self.permits.word.look()
        }
    }

    fn a_while() -> Deadline {
        Deadline::after(Duration::from_micros(30))
    }

    /// In a model, or as often as chance needs.
    fn explore(permits: u64, body: fn(Arc<Waits>)) {
        let start = move || body(Arc::new(Waits { permits: Permits::new(permits), data: AtomicUsize::new(0) }));
        #[cfg(loom)]
        {
            let mut model = loom::model::Builder::new();
            model.preemption_bound = Some(3);
            crate::model_with(&model, start);
        }
        #[cfg(not(loom))]
        (0..200).for_each(|_| start());
    }

    fn spawn<T: Send + 'static>(waits: &Arc<Waits>, body: fn(&Waits) -> T) -> thread::JoinHandle<T> {
        let waits = waits.clone();
        thread::spawn(move || body(&waits))
    }

    #[test]
    fn a_release_is_for_the_first_of_the_starving_queue_and_for_nobody_else() {
        explore(0, |waits| {
            let first = spawn(&waits, |waits| {
                assert!(waits.starving(1, Deadline::Never));
                assert_eq!(waits.data.load(Relaxed), 1, "what was done before the release");
            });
            while owed(waits.word()) == 0 {
                thread::yield_now();
            }
            waits.data.store(1, Relaxed);
            waits.release(1);
            assert!(!waits.permits.try_acquire(), "a newcomer finds nothing");
            first.join().unwrap();
            assert_eq!(waits.word(), 0);
        });
    }

    #[test]
    fn permits_gather_for_a_request_of_many_and_what_is_left_is_free() {
        explore(1, |waits| {
            let first = spawn(&waits, |waits| assert!(waits.starving(2, Deadline::Never)));
            while owed(waits.word()) == 0 {
                thread::yield_now();
            }
            assert!(!waits.permits.try_acquire(), "it gathers");
            waits.release(2);
            assert!(waits.permits.try_acquire(), "one is left");
            first.join().unwrap();
            assert_eq!(waits.word(), 0);
        });
    }

    #[test]
    fn a_time_out_in_the_starving_queue_gets_what_is_there_and_leaves_the_rest() {
        static SEEN: [std::sync::atomic::AtomicBool; 2] = [const { std::sync::atomic::AtomicBool::new(false) }; 2];
        explore(0, |waits| {
            let first = spawn(&waits, |waits| waits.starving(2, a_while()));
            waits.release(1);
            waits.release(1);
            let served = first.join().unwrap();
            SEEN[usize::from(served)].store(true, Relaxed);
            assert_eq!(waits.word(), if served { 0 } else { 2 * ONE });
        });
        assert!(cfg!(not(loom)) || SEEN.iter().all(|seen| seen.load(Relaxed)), "both outcomes are explored");
    }

    #[test]
    fn who_comes_after_a_starving_waiter_that_gives_up_is_served() {
        explore(0, |waits| {
            let large = spawn(&waits, |waits| waits.starving(2, a_while()));
            let small = spawn(&waits, |waits| assert!(waits.starving(1, Deadline::Never)));
            waits.release(1);
            small.join().unwrap();
            assert!(!large.join().unwrap());
            assert_eq!(waits.word(), 0);
        });
    }

    #[test]
    fn a_release_wakes_as_many_as_it_can_serve_in_either_queue() {
        explore(0, |waits| {
            let starving = spawn(&waits, |waits| assert!(waits.starving(1, Deadline::Never)));
            let other = spawn(&waits, Waits::acquire);
            waits.release(2);
            starving.join().unwrap();
            other.join().unwrap();
            assert_eq!(waits.word(), 0);
        });
    }

    #[test]
    fn a_release_past_the_most_changes_nothing() {
        crate::model(|| {
            let permits = Permits::new(Permits::MOST);
            assert_eq!(permits.release(1, Permits::MOST), Err(TooMany));
            assert_eq!(permits.release(1 << 40, Permits::MOST), Err(TooMany));
            assert_eq!(permits.free(), Permits::MOST);
            assert!(permits.try_acquire());
            assert_eq!(permits.release(2, Permits::MOST), Err(TooMany));
            assert_eq!(permits.release(1, Permits::MOST), Ok(()));
            assert_eq!(permits.free(), Permits::MOST);
        });
    }

    #[test]
    fn more_than_can_be_owed_is_gathered_too() {
        let many = 1 << 17;
        let shared = Shared { word: u64::from(many - 1) * ONE, side: 0 };
        let joined = Permits::join(shared, Queue::Starving, Request { n: many, woken: false }).shared;
        assert_eq!((owed(joined.word), available(joined.word)), (MOST_OWED, 0), "nobody else gets any");
        let Giving::To(word, then) = Permits::give_back(joined.word, 1, many) else { panic!("there is room") };
        assert_eq!(then, Then::Walk(Queue::Starving));
        let (walk, shared, pick) = Permits::pick(Walk::new(Queue::Starving), Shared { word, side: 0 }, many);
        assert_eq!(pick, Pick::Wake);
        assert_eq!(Permits::walked(walk, shared, false), change(0, true, Then::Nothing));
    }

    fn shared(word: u64) -> Shared {
        Shared { word, side: 0 }
    }

    /// What a walk along the main queue that has picked so many does with a sleeper.
    fn pick(word: u64, picked: u8, n: u32) -> Pick {
        Permits::pick(Walk { picked, ..Walk::new(Queue::Main) }, shared(word), n).2
    }

    #[test]
    fn where_no_more_woken_threads_can_be_counted_the_next_one_that_settles_walks() {
        let word = 3 * ONE + MOST_WOKEN * (ONE + WOKEN) + PARKED;
        assert_eq!(pick(word, 0, 1), Pick::Stop);
        let settles = Request { n: 1, woken: true };
        assert_eq!(Permits::serve(word, settles).unwrap().1, Then::Walk(Queue::Main));
        // The others that are on their way take all that is left.
        assert_eq!(Permits::serve(word - 3 * ONE, settles).unwrap().1, Then::Nothing);
    }

    #[test]
    fn free_is_what_is_neither_taken_nor_granted() {
        assert_eq!(free(5 * ONE + 3 * OWED), 2);
        assert_eq!(free(3 * ONE + 3 * OWED), 0);
        assert_eq!(free(2 * ONE + 3 * OWED), 2, "too few to be granted");
        assert_eq!(free(2 * ONE + MOST_OWED * OWED), 2);
    }

    #[test]
    fn a_newcomer_takes_what_is_left_over_beside_what_is_granted() {
        crate::model(|| {
            let permits = Permits { word: AtomicU64::new(3 * ONE + 2 * OWED) };
            assert!(permits.try_acquire());
            assert!(!permits.try_acquire());
            assert_eq!(permits.word.look(), 2 * ONE + 2 * OWED);
        });
    }

    #[test]
    fn a_release_beside_sleepers_may_make_as_many_as_there_can_be() {
        crate::model(|| {
            let permits = Permits { word: AtomicU64::new((Permits::MOST - 1) * ONE + PARKED) };
            assert_eq!(permits.release(1, Permits::MOST), Ok(()));
            assert_eq!(permits.free(), Permits::MOST);
        });
    }

    #[test]
    fn a_walk_wakes_those_that_can_be_served_and_one_that_is_to_know_that_it_has_lost() {
        assert_eq!(pick(PARKED, 0, 1), Pick::Wake);
        assert_eq!(pick(PARKED + ONE, 0, 2), Pick::Skip);
        assert_eq!(pick(PARKED + 2 * ONE, 0, 2), Pick::Wake);
        assert_eq!(pick(PARKED + ONE + WOKEN, 1, 1), Pick::Stop, "who is on its way takes it");
        assert_eq!(pick(PARKED + 9 * ONE + WOKEN, ROUND, 1), Pick::Stop);
    }

    #[test]
    fn a_walk_begins_again_where_it_has_woken_a_full_round_and_not_where_the_rest_is_too_large() {
        let walked =
            |picked| Permits::walked(Walk { picked, ..Walk::new(Queue::Main) }, shared(PARKED + ONE), true).then;
        assert_eq!(walked(ROUND), Then::Walk(Queue::Main));
        assert_eq!(walked(0), Then::Nothing);
    }

    #[test]
    fn who_spins_is_alone_unless_somebody_sleeps() {
        assert!(Permits::is_alone(3 * ONE));
        assert!(!Permits::is_alone(PARKED));
    }
}
