//! How long a thread looks again before it sleeps, and when it starves: policy, and the clock that it needs. Nothing here decides
//! whether a machine is right, only how fast and how fair it is.
//!
//! To sleep and be woken costs from 2 µs, on a busy core, to 50 µs, on one that must be roused from its own sleep.
//!
//! - A thread that waits for its *turn* at a lock looks for some 2 µs, yields its core a few times, and sleeps. The number of
//!   looks is fixed: two threads that stay awake for a lock pass its cache line to and fro, which takes several times as long
//!   per turn as one thread alone needs. A thread that was woken does not yield: it might get the core back only after the
//!   time slice of another thread, some milliseconds, and meanwhile nobody is woken in its place. If it sleeps instead, the
//!   system can wake it on a free core.
//! - A permit of a semaphore is a turn where several threads wait, and something that happens where one waits alone.
//! - A thread that waits for something to *happen* may look for about as long as a sleep would cost, so never for more than
//!   twice the price of having known the future (Karlin et al., 1991). Whether that pays is learned by address: what has
//!   helped is done again, and what has not helped is done less, and at last hardly ever.

use super::lot::cores;
use super::{Key, Sleep};
use crate::deadline::Deadline;
use core::hint;
use core::slice;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

/// A number of looks before a sleep.
pub(crate) trait Spin {
    /// `woken`: the thread has slept for the same, was woken, and has not been served yet.
    fn new(key: Key, deadline: Deadline, woken: bool) -> Self;
    /// Lets a moment pass. False when it is time to sleep. `alone`: no other thread sleeps for the same.
    fn again(&mut self, alone: bool) -> bool;
    /// The last look has found what the thread waits for.
    fn hit(&mut self);
}

/// For a turn at a lock.
#[derive(Debug)]
pub(crate) struct Turn {
    steps: slice::Iter<'static, u32>,
}

impl Turn {
    /// What comes before each look: so many pauses, or where there are none a yield. The first yield comes early, for the
    /// case that the thread that is waited for needs this core.
    const STEPS: [u32; 8] = [2, 4, 8, 0, 16, 0, 32, 0];
    /// As many pauses. Why there is no yield, the head of the file says.
    const STEPS_IF_WOKEN: [u32; 5] = [2, 4, 8, 16, 32];
}

impl Spin for Turn {
    #[inline]
    fn new(_: Key, _: Deadline, woken: bool) -> Self {
        Self { steps: if woken { Self::STEPS_IF_WOKEN.iter() } else { Self::STEPS.iter() } }
    }

    #[inline]
    fn again(&mut self, _: bool) -> bool {
        match self.steps.next() {
            None => return false,
            Some(0) => thread::yield_now(),
            Some(&pauses) => (0..pauses).for_each(|_| hint::spin_loop()),
        }
        true
    }

    #[inline]
    fn hit(&mut self) {}
}

/// How much of something to spend before a sleep. All loads and stores in this file are Relaxed: the numbers are
/// heuristics, and publish nothing.
struct Budget {
    /// The budget in 12 bits, how many chances to let pass before the next probe in 16, how often probes have failed in 4.
    word: AtomicU32,
    most: u32,
}

impl Budget {
    const fn new(most: u32) -> Self {
        Self { word: AtomicU32::new(most), most }
    }

    fn get(&self) -> (u32, u32, u32) {
        let word = self.word.load(Relaxed);
        (word & 0xfff, (word >> 12) & 0xffff, word >> 28)
    }

    /// Leaves the cache line alone if nothing changes.
    fn put(&self, budget: u32, skips: u32, failures: u32) {
        let word = budget | (skips << 12) | (failures << 28);
        if self.word.load(Relaxed) != word {
            self.word.store(word, Relaxed);
        }
    }

    /// How much to spend this time; the most if it is time to probe whether it pays again.
    fn begin(&self) -> u32 {
        match self.get() {
            (0, 0, _) => self.most,
            (0, skips, failures) => {
                self.put(0, skips - 1, failures);
                0
            }
            (budget, _, _) => budget,
        }
    }

    /// It has paid after `spent`. Twice as much is worth it: at once if that is more, step by step if it is less.
    fn hit(&self, spent: u32) {
        let (budget, _, _) = self.get();
        let worth = (2 * spent + self.most / 32).min(self.most);
        self.put(if worth > budget { worth } else { budget - (budget - worth) / 16 }, 0, 0);
    }

    /// It was in vain.
    fn miss(&self) {
        let (budget, _, failures) = self.get();
        let less = budget - budget.div_ceil(4);
        if less > self.most / 32 { self.put(less, 0, 0) } else { self.pause(8, failures, 5) }
    }

    /// It has cost far more than it may: hardly ever again, and less often each time.
    fn blunder(&self) {
        let (_, _, failures) = self.get();
        self.pause(512, failures, 3);
    }

    fn pause(&self, skips: u32, failures: u32, most: u32) {
        self.put(0, skips << failures.min(most), (failures + 1).min(15));
    }
}

/// What is known about an address, in a cache line of its own.
#[repr(align(64))]
struct Known {
    /// At most 900, about 20 µs where one takes 22 ns.
    pauses: Budget,
    yields: Budget,
    /// Threads that are looking now.
    looking: AtomicU32,
}

impl Known {
    const fn new() -> Self {
        Self { pauses: Budget::new(900), yields: Budget::new(64), looking: AtomicU32::new(0) }
    }
}

fn known(key: Key) -> &'static Known {
    const SIZE: usize = 256;
    static TABLE: [Known; SIZE] = [const { Known::new() }; SIZE];
    // Fibonacci hashing: the high bits depend on all bits of the address.
    let hash = (key.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &TABLE[(hash >> 56) as usize]
}

#[derive(Clone, Copy)]
enum Stage {
    Fresh,
    Pausing { spent: u32, budget: u32 },
    Yielding { spent: u32, budget: u32, since: Instant },
    Over,
}

/// For something to happen, as many others may wait for it too.
pub(crate) struct Wait {
    known: &'static Known,
    deadline: Deadline,
    stage: Stage,
    /// At most so many threads look at once.
    most: u32,
    is_counted: bool,
}

impl Spin for Wait {
    #[inline]
    fn new(key: Key, deadline: Deadline, _: bool) -> Self {
        Self::among(u32::MAX, key, deadline)
    }

    fn again(&mut self, _: bool) -> bool {
        /// At most this many pauses between two looks, so that the cache line stays with those who work with it.
        const GAP: u32 = 32;
        /// Where a yield takes longer, other threads have work to do, and a sleeper would be back sooner.
        const LONG: Duration = Duration::from_millis(1);
        let known = self.known;
        loop {
            match &mut self.stage {
                Stage::Fresh => self.stage = self.first(),
                Stage::Pausing { spent, budget } if *spent < *budget => {
                    let gap = (*spent + 1).min(GAP);
                    (0..gap).for_each(|_| hint::spin_loop());
                    *spent += gap;
                    return true;
                }
                Stage::Pausing { .. } => {
                    known.pauses.miss();
                    self.stage = self.yielding();
                }
                Stage::Yielding { spent, budget, since } if *spent < *budget => {
                    thread::yield_now();
                    *spent += 1;
                    let before = core::mem::replace(since, Instant::now());
                    let now = *since;
                    if now - before > LONG {
                        known.yields.blunder();
                        self.stage = Stage::Over;
                    } else if matches!(self.deadline, Deadline::At(moment) if moment <= now) {
                        self.stage = Stage::Over;
                    }
                    return true;
                }
                Stage::Yielding { budget, .. } => {
                    if *budget > 0 {
                        known.yields.miss();
                    }
                    self.stage = Stage::Over;
                }
                Stage::Over => return false,
            }
        }
    }

    fn hit(&mut self) {
        match self.stage {
            Stage::Pausing { spent, .. } => self.known.pauses.hit(spent),
            Stage::Yielding { spent, .. } if spent > 0 => self.known.yields.hit(spent),
            _ => {}
        }
    }
}

impl Wait {
    /// As long as fewer than `most` threads look already.
    pub(super) fn among(most: u32, key: Key, deadline: Deadline) -> Self {
        Self::at(known(key), most, deadline)
    }

    fn at(known: &'static Known, most: u32, deadline: Deadline) -> Self {
        Self { known, deadline, stage: Stage::Fresh, most, is_counted: false }
    }

    fn first(&mut self) -> Stage {
        /// Where the deadline is nearer, a burst might outlast it.
        const NEAR: Duration = Duration::from_micros(50);
        let is_near = match self.deadline {
            Deadline::Passed => true,
            Deadline::At(moment) => moment.saturating_duration_since(Instant::now()) < NEAR,
            Deadline::Never => false,
        };
        if is_near {
            return Stage::Over;
        }
        self.is_counted = true;
        let others = self.known.looking.fetch_add(1, Relaxed);
        if others >= self.most {
            return Stage::Over;
        }
        // One core is for whoever is waited for.
        let budget = if others + 1 < cores() { self.known.pauses.begin() } else { 0 };
        if budget > 0 { Stage::Pausing { spent: 0, budget } } else { self.yielding() }
    }

    fn yielding(&self) -> Stage {
        Stage::Yielding { spent: 0, budget: self.known.yields.begin(), since: Instant::now() }
    }
}

impl Drop for Wait {
    #[inline]
    fn drop(&mut self) {
        if self.is_counted {
            self.known.looking.fetch_sub(1, Relaxed);
        }
    }
}

/// For a permit.
pub(crate) struct TurnOrWait {
    turn: Turn,
    wait: Wait,
}

impl Spin for TurnOrWait {
    fn new(key: Key, deadline: Deadline, _: bool) -> Self {
        // Here a thread that was woken yields, too: without that it uses half as much processor time again, and is no faster.
        Self { turn: Turn::new(key, deadline, false), wait: Wait::new(key, deadline, false) }
    }

    fn again(&mut self, alone: bool) -> bool {
        self.turn.again(alone) || alone && self.wait.again(alone)
    }

    fn hit(&mut self) {
        self.wait.hit();
    }
}

/// How long one call has waited, and so where it sleeps next.
#[derive(Debug)]
pub(crate) struct Starvation {
    since: Option<Instant>,
    has_lost: bool,
}

impl Starvation {
    /// After so long a waiter starves if it was woken and has lost, or if it wants more than one permit.
    const SOON: Duration = Duration::from_micros(500);
    /// After so long every waiter starves.
    const LATE: Duration = Duration::from_millis(10);

    /// Of a wait that begins with its first sleep.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { since: None, has_lost: false }
    }

    /// Of a waiter that starves already.
    #[cfg(test)]
    pub(crate) fn over() -> Self {
        Self { since: Instant::now().checked_sub(Self::LATE), has_lost: false }
    }

    /// The next sleep of a waiter for `n` permits. `lost`: it was woken, and others were faster.
    pub(crate) fn next(&mut self, lost: bool, n: u32, deadline: Deadline) -> Sleep {
        self.next_at(Instant::now(), lost, n, deadline)
    }

    fn next_at(&mut self, now: Instant, lost: bool, n: u32, deadline: Deadline) -> Sleep {
        let since = *self.since.get_or_insert(now);
        self.has_lost |= lost;
        let waited = now - since;
        if waited >= Self::LATE || waited >= Self::SOON && (self.has_lost || n > 1) {
            return Sleep { is_starving: true, is_alarm: false, until: deadline };
        }
        let alarm = since + if waited < Self::SOON { Self::SOON } else { Self::LATE };
        match deadline {
            Deadline::Never => {}
            Deadline::At(moment) if moment > alarm => {}
            _ => return Sleep { is_starving: false, is_alarm: false, until: deadline },
        }
        Sleep { is_starving: false, is_alarm: true, until: Deadline::At(alarm) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u32 = 320;

    #[test]
    fn what_has_paid_is_done_for_twice_as_long() {
        let budget = Budget::new(MOST);
        budget.put(0, 0, 0);
        budget.hit(100);
        assert!((200..=MOST).contains(&budget.begin()));
        budget.hit(MOST);
        assert_eq!(budget.begin(), MOST, "and not for longer than is allowed");
    }

    #[test]
    fn a_short_success_shortens_a_long_budget_step_by_step() {
        let budget = Budget::new(MOST);
        budget.hit(1);
        assert!(budget.begin() > MOST / 2);
        (0..200).for_each(|_| budget.hit(1));
        assert!(budget.begin() < MOST / 8);
    }

    /// How often one may try among `chances` if each try is followed by `then`.
    fn tries(budget: &Budget, chances: u32, then: impl Fn(&Budget)) -> u32 {
        let mut tries = 0;
        for _ in 0..chances {
            if budget.begin() > 0 {
                tries += 1;
                then(budget);
            }
        }
        tries
    }

    #[test]
    fn what_is_in_vain_is_hardly_tried_any_more_and_never_given_up() {
        let budget = Budget::new(MOST);
        let tries = tries(&budget, 100_000, Budget::miss);
        assert!((100_000 / 512..100_000 / 128).contains(&tries), "{tries} tries");
        budget.hit(100);
        assert!(budget.begin() >= 200, "one success is enough to come back");
    }

    #[test]
    fn a_blunder_is_made_once_in_four_thousand_chances() {
        let budget = Budget::new(MOST);
        let tries = tries(&budget, 1_000_000, Budget::blunder);
        assert!((240..260).contains(&tries), "{tries} tries");
    }

    // A place of its own for each test: what others have learned would be found in the table.

    #[test]
    fn nothing_is_spent_where_the_deadline_is_near() {
        static PLACE: Known = Known::new();
        let spends = |deadline| Wait::at(&PLACE, 1, deadline).again(true);
        assert!(!spends(Deadline::Passed));
        assert!(!spends(Deadline::At(Instant::now() + Duration::from_micros(20))));
        assert!(spends(Deadline::At(Instant::now() + Duration::from_secs(9))));
    }

    #[test]
    fn a_burst_ends_when_the_time_is_up() {
        static PLACE: Known = Known::new();
        let mut spin = Wait::at(&PLACE, 1, Deadline::At(Instant::now()));
        spin.stage = Stage::Yielding { spent: 0, budget: 10, since: Instant::now() };
        assert_eq!((0..100).take_while(|_| spin.again(true)).count(), 1);
    }

    #[test]
    fn a_burst_ends_and_makes_place_for_others() {
        static PLACE: Known = Known::new();
        for _ in 0..100 {
            let mut spin = Wait::at(&PLACE, u32::MAX, Deadline::Never);
            let looks = (0..10_000).take_while(|_| spin.again(true)).count();
            assert!(looks < 10_000);
        }
        let mut spin = Wait::at(&PLACE, u32::MAX, Deadline::Never);
        spin.again(true);
        assert_eq!(PLACE.looking.load(Relaxed), 1);
        drop(spin);
        assert_eq!(PLACE.looking.load(Relaxed), 0);
    }

    #[test]
    fn a_turn_is_waited_for_during_a_few_looks() {
        let looks = |woken| {
            let mut spin = Turn::new(Key::of(&0u8), Deadline::Never, woken);
            (0..100).take_while(|_| spin.again(true)).count()
        };
        assert_eq!(looks(false), 8);
        assert_eq!(looks(true), 5);
        assert!(!Turn::STEPS_IF_WOKEN.contains(&0), "a thread that was woken does not yield");
    }

    #[test]
    fn a_permit_is_waited_for_longer_only_by_a_thread_that_waits_alone() {
        static PLACE: Known = Known::new();
        let looks = |alone| {
            let turn = Turn::new(Key::of(&PLACE), Deadline::Never, false);
            let mut spin = TurnOrWait { turn, wait: Wait::at(&PLACE, u32::MAX, Deadline::Never) };
            (0..10_000).take_while(|_| spin.again(alone)).count()
        };
        assert_eq!(looks(false), Turn::STEPS.len());
        assert!(looks(true) > Turn::STEPS.len());
        let mut woken = TurnOrWait::new(Key::of(&PLACE), Deadline::Never, true);
        let looks_if_woken = (0..100).take_while(|_| woken.again(false)).count();
        assert_eq!(looks_if_woken, Turn::STEPS.len(), "here it yields, too");
    }

    #[test]
    fn no_more_threads_look_than_may() {
        static PLACE: Known = Known::new();
        let mut first = Wait::at(&PLACE, 1, Deadline::Never);
        let mut second = Wait::at(&PLACE, 1, Deadline::Never);
        assert!(first.again(true));
        assert!(!second.again(true));
    }

    /// The next sleep of a wait that has lasted for so long.
    fn next(waited: Duration, lost: bool, n: u32) -> Sleep {
        let since = Instant::now();
        Starvation { since: Some(since), has_lost: false }.next_at(since + waited, lost, n, Deadline::Never)
    }

    #[test]
    fn a_waiter_that_has_lost_starves_after_half_a_millisecond_and_every_waiter_after_ten() {
        let is_starving = |waited, lost, n| next(waited, lost, n).is_starving;
        assert!(!is_starving(Duration::ZERO, true, 2));
        assert!(is_starving(Starvation::SOON, true, 1));
        assert!(is_starving(Starvation::SOON, false, 2), "many permits are hardly ever there by chance");
        assert!(!is_starving(Starvation::SOON, false, 1));
        assert!(is_starving(Starvation::LATE, false, 1));
        let mut lost_once = Starvation::new();
        let since = Instant::now();
        assert!(!lost_once.next_at(since, true, 1, Deadline::Never).is_starving);
        let after_the_alarm = lost_once.next_at(since + Starvation::SOON, false, 1, Deadline::Never);
        assert!(after_the_alarm.is_starving, "an alarm does not make it forget");
    }

    #[test]
    fn a_sleep_ends_with_the_alarm_or_the_deadline_whichever_comes_first() {
        let now = Instant::now();
        let at = |deadline| Starvation::new().next_at(now, false, 1, deadline);
        assert!(at(Deadline::Never).is_alarm);
        assert!(at(Deadline::At(now + Duration::from_secs(9))).is_alarm);
        let near = Deadline::At(now + Starvation::SOON / 2);
        assert_eq!(at(near), Sleep { is_starving: false, is_alarm: false, until: near });
        assert_eq!(
            next(Starvation::LATE, false, 1),
            Sleep { is_starving: true, is_alarm: false, until: Deadline::Never }
        );
    }
}
