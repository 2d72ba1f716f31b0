//! How long a thread keeps looking before it sleeps, and when it has waited long enough: policy, and the clock it needs.
//!
//! Nothing here decides whether a machine is right, only how fast and how fair it is.
//!
//! To sleep and be woken costs from 2 µs, on a busy core, to 20 µs, on one that must be roused from its own sleep. So a
//! thread first looks again for about as long: never more than twice the price of having known the future (Karlin et
//! al., 1991). It does so in three ways. First, if it waits for its turn among others, it *glances*, for less than a
//! microsecond, which needs no leave. Then, if a core can be spared, it *pauses* between looks. Then, and if none can be
//! spared, it *yields* the core, to the very thread it waits for if that is ready to run.
//!
//! Whether that pays is learned, by address: what has helped is done again, what has not is done less and at last
//! hardly ever. What is known lies in a small table that all objects share; a wrong guess costs microseconds.

use super::Key;
use crate::deadline::Deadline;
use core::hint;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// Does not take the cache line if nothing changes.
fn note(word: &AtomicU32, value: u32) {
    if word.load(Relaxed) != value {
        word.store(value, Relaxed);
    }
}

/// How much of something to spend before a sleep. Relaxed everywhere in this file: the numbers are guesses, and stand for
/// themselves.
struct Habit {
    /// The budget; how many chances to let pass before the next probe, if it is 0; and how often probes have failed.
    word: AtomicU32,
}

impl Habit {
    const fn new(budget: u32) -> Self {
        Self { word: AtomicU32::new(budget) }
    }

    fn get(&self) -> (u32, u32, u32) {
        let word = self.word.load(Relaxed);
        (word & 0xfff, word >> 12 & 0xffff, word >> 28)
    }

    fn put(&self, budget: u32, skips: u32, failures: u32) {
        note(&self.word, budget | skips << 12 | failures << 28);
    }

    /// How much to spend this time; `most` if it is time to try whether it pays again.
    fn budget(&self, most: u32) -> u32 {
        match self.get() {
            (0, 0, _) => most,
            (0, skips, failures) => {
                self.put(0, skips - 1, failures);
                0
            }
            (budget, _, _) => budget,
        }
    }

    /// It has paid after `spent`: twice as much is worth it, at once if that is more, by and by if it is less.
    fn paid(&self, spent: u32, most: u32) {
        let (budget, _, _) = self.get();
        let worth = (2 * spent + most / 32).min(most);
        self.put(if worth > budget { worth } else { budget - (budget - worth) / 16 }, 0, 0);
    }

    /// It was in vain.
    fn was_in_vain(&self, most: u32) {
        let (budget, _, failures) = self.get();
        let less = budget - budget.div_ceil(4);
        if less > most / 32 {
            self.put(less, 0, 0);
        } else {
            self.put(0, 8 << failures.min(5), (failures + 1).min(15));
        }
    }

    /// It has cost far more than it may: hardly ever again, and less often each time. Not for good: what comes next may lie at
    /// the same place.
    fn was_a_mistake(&self) {
        let (_, _, failures) = self.get();
        self.put(0, 512 << failures.min(3), (failures + 1).min(15));
    }
}

/// How long to stay away before the first look. A look takes the cache line from whoever works with it: where turns are
/// so short that others take what a thread has seen before it can, more gets done if it looks later.
struct Distance {
    /// In eighths of a pause.
    word: AtomicU32,
}

impl Distance {
    /// In pauses.
    const MOST: u32 = 16;

    const fn new() -> Self {
        Self { word: AtomicU32::new(8) }
    }

    /// In pauses, 1 at least.
    fn get(&self) -> u32 {
        self.word.load(Relaxed) / 8
    }

    /// The thread has looked too soon.
    fn too_near(&self) {
        note(&self.word, 8 * Self::MOST);
    }

    /// It has got what it saw: closer, by and by.
    fn well(&self) {
        note(&self.word, (self.word.load(Relaxed) - 1).max(8));
    }
}

/// What is known about an address, in a cache line of its own.
#[repr(align(64))]
struct Experience {
    distance: Distance,
    glancing: Habit,
    pausing: Habit,
    yielding: Habit,
    /// When a sleeper was woken here last, in microseconds.
    served: AtomicU32,
    /// How often a newcomer has asked to step in.
    stepped_in: AtomicU32,
    /// How many stay awake in the queue.
    watchers: AtomicU32,
    /// Wakes that have been asked for.
    asked: Requests,
    /// How often something was given to nobody since.
    unclaimed: AtomicU32,
    /// How long that may go on, in microseconds.
    tolerance: AtomicU32,
}

/// So many pauses are a glance, 0.7 µs where one takes 22 ns.
const GLANCE: u32 = 32;
/// So many pauses at most, about 20 µs.
const PAUSES: u32 = 900;
/// The least and the most delay that [`wants_another`] tolerates, in microseconds.
const TOLERANCE: (u32, u32) = (50, 400);
/// The longest time between two looks, in pauses: seldom enough to leave the cache line to who works with it.
const GAP: u32 = 32;
/// So many yields at most.
const YIELDS: u32 = 64;
/// Microseconds. Where a yield takes longer than that, others have work to do, and the thread would be back sooner if
/// it slept: a sleeper that is woken goes before those who only want to work on.
const LONG: u32 = 1000;

fn experience(key: Key) -> &'static Experience {
    const SIZE: usize = 256;
    static TABLE: [Experience; SIZE] = [const {
        Experience {
            distance: Distance::new(),
            glancing: Habit::new(GLANCE),
            pausing: Habit::new(PAUSES),
            yielding: Habit::new(YIELDS / 2),
            served: AtomicU32::new(0),
            stepped_in: AtomicU32::new(0),
            watchers: AtomicU32::new(0),
            asked: Requests::new(),
            unclaimed: AtomicU32::new(0),
            tolerance: AtomicU32::new(TOLERANCE.0),
        }
    }; SIZE];
    // Fibonacci hashing: the high bits depend on all bits of the address.
    let hash = (key.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &TABLE[(hash >> 56) as usize]
}

/// The cores that the process had when it was first asked (it asks files: too slow for every time).
fn cores() -> u32 {
    static CORES: AtomicU32 = AtomicU32::new(0);
    match CORES.load(Relaxed) {
        0 => {
            let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
            CORES.store(cores, Relaxed);
            cores
        }
        cores => cores,
    }
}

/// Microseconds, from an arbitrary start, that wrap around.
fn now() -> u32 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as u32
}

/// A sleeper of `key` was woken.
pub(super) fn served(key: Key) {
    experience(key).served.store(now(), Relaxed);
}

/// As long as it lives, a thread stays awake in the queue.
pub(super) struct Watch(&'static AtomicU32);

/// None: `most` do so already.
pub(super) fn watch(key: Key, most: u32) -> Option<Watch> {
    Watch::begin(&experience(key).watchers, most)
}

impl Watch {
    fn begin(watchers: &'static AtomicU32, most: u32) -> Option<Self> {
        let watch = Self(watchers);
        (watchers.fetch_add(1, Relaxed) < most).then_some(watch)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// One more sleeper of `key` shall be woken by the next who gives something back there, although a thread is awake: said by
/// those who may have come in numbers, so that the next is on its way before its turn.
pub(crate) fn ask_for_another(key: Key) {
    experience(key).asked.add();
}

/// A few requests that nobody has met yet; others are forgotten. How many is by measurement: docs/tried.md.
struct Requests(AtomicU32);

impl Requests {
    const MOST: u32 = 16;

    const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    fn add(&self) {
        self.0.store((self.0.load(Relaxed) + 1).min(Self::MOST), Relaxed);
    }

    /// Takes one back, if there is one.
    fn take(&self) -> bool {
        let open = self.0.load(Relaxed);
        if open > 0 {
            self.0.store(open - 1, Relaxed);
        }
        open > 0
    }
}

/// Whether one more sleeper of `key` shall be woken although a thread is awake: asked each time something is given back to
/// nobody in particular. Yes, if somebody has [asked for it](ask_for_another), or if the thread that is awake seems to be
/// stuck, because it does not get a core.
pub(crate) fn wants_another(key: Key) -> bool {
    const LOOKS: u32 = 16;
    let experience = experience(key);
    if experience.asked.take() {
        return true;
    }
    let unclaimed = experience.unclaimed.load(Relaxed).wrapping_add(1);
    experience.unclaimed.store(unclaimed, Relaxed);
    if !unclaimed.is_multiple_of(LOOKS) {
        return false;
    }
    now().wrapping_sub(experience.served.load(Relaxed)) > experience.tolerance.load(Relaxed)
}

/// One core must be left to those that are waited for.
static PAUSING: AtomicU32 = AtomicU32::new(0);

enum Stage {
    Fresh {
        in_turn: bool,
    },
    Glancing {
        spent: u32,
        budget: u32,
        least: u32,
    },
    Pausing {
        spent: u32,
        budget: u32,
    },
    Yielding {
        spent: u32,
        budget: u32,
        since: u32,
    },
    /// The deadline is nearer than any sleep would be.
    Closing {
        deadline: Instant,
    },
    Over,
}

impl Stage {
    fn yielding(experience: &Experience) -> Self {
        Self::Yielding { spent: 0, budget: experience.yielding.budget(YIELDS), since: now() }
    }

    /// What to do if the deadline is nearer than what a burst may take: go to sleep, or if even that would take longer,
    /// yield until then.
    fn closing(deadline: Instant, now: Instant) -> Option<Self> {
        const SOON: Duration = Duration::from_micros(50);
        const AT_ONCE: Duration = Duration::from_micros(2);
        match deadline.saturating_duration_since(now) {
            left if left < AT_ONCE => Some(Self::Closing { deadline }),
            left if left < SOON => Some(Self::Over),
            _ => None,
        }
    }
}

/// A burst of looking again before a thread goes to sleep.
pub(crate) struct Spin {
    key: Key,
    deadline: Deadline,
    stage: Stage,
    /// Of a thread that was woken because it was [overdue](wants_another).
    is_extra: bool,
    was_beaten: bool,
}

impl Spin {
    /// Before the sleep of a thread that waits for something to happen, as many others may.
    #[inline]
    pub(crate) fn new(key: Key, deadline: Deadline) -> Self {
        Self::before(key, deadline, Stage::Fresh { in_turn: false })
    }

    /// Before the sleep of a thread that waits for its turn.
    #[inline]
    pub(crate) fn in_turn(key: Key, deadline: Deadline) -> Self {
        Self::before(key, deadline, Stage::Fresh { in_turn: true })
    }

    /// ... and was woken because another was [overdue](wants_another).
    pub(crate) fn extra(key: Key, deadline: Deadline) -> Self {
        let mut spin = Self::in_turn(key, deadline);
        spin.is_extra = true;
        spin
    }

    #[inline]
    fn before(key: Key, deadline: Deadline, stage: Stage) -> Self {
        Self { key, deadline, stage, is_extra: false, was_beaten: false }
    }

    /// Others have taken what the thread saw before it could.
    pub(crate) fn was_beaten(&mut self) {
        self.was_beaten = true;
    }

    /// Lets a moment pass. False when it is time to sleep.
    pub(crate) fn again(&mut self) -> bool {
        let experience = experience(self.key);
        loop {
            match &mut self.stage {
                Stage::Fresh { in_turn } => {
                    let budget = if *in_turn && cores() > 1 { experience.glancing.budget(GLANCE) } else { 0 };
                    let glance = Stage::Glancing { spent: 0, budget, least: experience.distance.get() };
                    self.stage = match self.deadline {
                        Deadline::Never => glance,
                        Deadline::At(deadline) => Stage::closing(deadline, Instant::now()).unwrap_or(glance),
                        Deadline::Passed => Stage::Over,
                    };
                }
                Stage::Glancing { spent, budget, least } if *spent < *budget => {
                    let gap = (*spent + 1).max(*least);
                    (0..gap).for_each(|_| hint::spin_loop());
                    *spent += gap;
                    return true;
                }
                Stage::Glancing { budget, .. } => {
                    if *budget > 0 {
                        experience.glancing.was_in_vain(GLANCE);
                    }
                    let budget = if cores() > 1 { experience.pausing.budget(PAUSES) } else { 0 };
                    let pauses = budget > 0 && start_pausing();
                    self.stage = if pauses { Stage::Pausing { spent: 0, budget } } else { Stage::yielding(experience) };
                }
                Stage::Pausing { spent, budget } if *spent < *budget => {
                    let gap = (*spent + 1).min(GAP);
                    (0..gap).for_each(|_| hint::spin_loop());
                    *spent += gap;
                    return true;
                }
                Stage::Pausing { .. } => {
                    stop_pausing();
                    experience.pausing.was_in_vain(PAUSES);
                    self.stage = Stage::yielding(experience);
                }
                Stage::Yielding { spent, budget, since } if *spent < *budget => {
                    thread::yield_now();
                    *spent += 1;
                    let (before, now) = (*since, now());
                    *since = now;
                    if now.wrapping_sub(before) > LONG {
                        experience.yielding.was_a_mistake();
                        self.stage = Stage::Over;
                    }
                    return true;
                }
                Stage::Yielding { budget, .. } => {
                    if *budget > 0 {
                        experience.yielding.was_in_vain(YIELDS);
                    }
                    self.stage = Stage::Over;
                }
                Stage::Closing { deadline } => {
                    if Instant::now() < *deadline {
                        thread::yield_now();
                        return true;
                    }
                    self.stage = Stage::Over;
                }
                Stage::Over => return false,
            }
        }
    }

    /// Whether a thread that has just come may try its luck in the stead of those who sleep here: yes, unless it is
    /// long ago that one of these was woken. And not always, since that may have been at another address with the same
    /// place in the table: nobody shall sleep for ever over that.
    pub(crate) fn may_step_in(&self) -> bool {
        const TURN: u32 = 500;
        const CHANCES: u32 = 64;
        let experience = experience(self.key);
        let stepped_in = experience.stepped_in.load(Relaxed).wrapping_add(1);
        experience.stepped_in.store(stepped_in, Relaxed);
        !stepped_in.is_multiple_of(CHANCES) && now().wrapping_sub(experience.served.load(Relaxed)) < TURN
    }
}

fn start_pausing() -> bool {
    let may = PAUSING.fetch_add(1, Relaxed) + 1 < cores();
    if !may {
        stop_pausing();
    }
    may
}

fn stop_pausing() {
    PAUSING.fetch_sub(1, Relaxed);
}

impl Drop for Spin {
    #[inline]
    fn drop(&mut self) {
        let experience = experience(self.key);
        match self.stage {
            _ if self.was_beaten => experience.distance.too_near(),
            Stage::Glancing { .. } => experience.distance.well(),
            _ => {}
        }
        match self.stage {
            Stage::Glancing { spent, .. } => experience.glancing.paid(spent, GLANCE),
            Stage::Pausing { spent, .. } => {
                stop_pausing();
                experience.pausing.paid(spent, PAUSES);
            }
            Stage::Yielding { spent, .. } if spent > 0 => experience.yielding.paid(spent, YIELDS),
            _ => {}
        }
        if self.is_extra {
            let tolerance = &experience.tolerance;
            let now = match self.stage {
                Stage::Over => tolerance.load(Relaxed) * 2,
                _ => tolerance.load(Relaxed) / 2,
            };
            tolerance.store(now.clamp(TOLERANCE.0, TOLERANCE.1), Relaxed);
        }
    }
}

/// Whether a waiter that others were faster than has waited long enough.
pub(crate) struct Age {
    since: Option<Instant>,
    limit: Duration,
}

impl Age {
    /// For one wait, which begins when this is first asked. After a millisecond its turn is next.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { since: None, limit: Duration::from_millis(1) }
    }

    /// Of one that has waited long enough.
    #[cfg(test)]
    pub(crate) const fn over() -> Self {
        Self { since: None, limit: Duration::ZERO }
    }

    pub(crate) fn is_up(&mut self) -> bool {
        self.since.get_or_insert_with(Instant::now).elapsed() >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u32 = 320;

    #[test]
    fn what_has_paid_is_done_for_twice_as_long() {
        let habit = Habit::new(0);
        habit.paid(100, MOST);
        assert!((200..=MOST).contains(&habit.budget(MOST)));
        habit.paid(MOST, MOST);
        assert_eq!(habit.budget(MOST), MOST, "and not for longer than is allowed");
    }

    #[test]
    fn a_short_success_takes_back_a_long_budget_by_and_by() {
        let habit = Habit::new(MOST);
        habit.paid(1, MOST);
        assert!(habit.budget(MOST) > MOST / 2);
        (0..200).for_each(|_| habit.paid(1, MOST));
        assert!(habit.budget(MOST) < MOST / 8);
    }

    /// How often one may try among `chances` if each try is followed by `then`.
    fn tries(habit: &Habit, chances: u32, then: impl Fn(&Habit)) -> u32 {
        let mut tries = 0;
        for _ in 0..chances {
            if habit.budget(MOST) > 0 {
                tries += 1;
                then(habit);
            }
        }
        tries
    }

    #[test]
    fn what_is_in_vain_is_hardly_tried_any_more_and_never_given_up() {
        let habit = Habit::new(MOST);
        let tries = tries(&habit, 100_000, |habit| habit.was_in_vain(MOST));
        assert!((100_000 / 512..100_000 / 128).contains(&tries), "{tries} tries");
        habit.paid(100, MOST);
        assert!(habit.budget(MOST) >= 200, "one success is enough to come back");
    }

    #[test]
    fn a_mistake_is_made_once_in_four_thousand_chances() {
        let habit = Habit::new(MOST);
        let tries = tries(&habit, 1_000_000, Habit::was_a_mistake);
        assert!((240..260).contains(&tries), "{tries} tries");
    }

    #[test]
    fn who_looked_too_soon_stays_away_for_longer_and_comes_closer_by_and_by() {
        let distance = Distance::new();
        assert_eq!(distance.get(), 1);
        distance.too_near();
        assert_eq!(distance.get(), Distance::MOST);
        distance.well();
        assert!(distance.get() + 1 >= Distance::MOST, "one good look is not enough");
        (0..1000).for_each(|_| distance.well());
        assert_eq!(distance.get(), 1);
    }

    #[test]
    fn a_glance_leaves_no_trace_but_how_soon_it_looked() {
        let object = 0u8;
        let key = Key::of(&object);
        let known = || (experience(key).pausing.get(), experience(key).yielding.get());
        let mut spin = Spin::in_turn(key, Deadline::Never);
        if cores() > 1 {
            let before = known();
            assert!(spin.again());
            spin.was_beaten();
            drop(spin);
            assert_eq!(known(), before);
            assert_eq!(experience(key).distance.get(), Distance::MOST);
        }
    }

    #[test]
    fn nothing_is_spent_where_the_deadline_is_near() {
        assert!(!Spin::new(Key::of(&0u8), Deadline::Passed).again());
        let now = Instant::now();
        let stage = |left| Stage::closing(now + Duration::from_micros(left), now);
        assert!(matches!(stage(40), Some(Stage::Over)), "a burst would take longer");
        assert!(stage(60).is_none());
    }

    #[test]
    fn where_the_deadline_is_nearer_than_a_sleep_it_is_waited_for_awake_and_not_for_longer() {
        let deadline = Instant::now() + Duration::from_micros(1);
        let mut spin = Spin::new(Key::of(&0u8), Deadline::At(deadline));
        while spin.again() {}
        assert!(Instant::now() >= deadline);
        assert!(!spin.again());
    }

    #[test]
    fn a_burst_ends_and_leaves_the_core_to_others() {
        let before = PAUSING.load(Relaxed);
        let object = 0u8;
        for _ in 0..100 {
            let mut spin = Spin::new(Key::of(&object), Deadline::Never);
            let looks = (0..10_000).take_while(|_| spin.again()).count();
            assert!(looks < 10_000);
            drop(spin);
        }
        drop(Spin::new(Key::of(&object), Deadline::Never));
        // Other tests may be pausing: but not as many as have ended here.
        assert!(PAUSING.load(Relaxed) < before + 50);
    }

    #[test]
    fn each_request_is_met_once_and_only_a_few_are_kept() {
        let requests = Requests::new();
        assert!(!requests.take());
        (0..3).for_each(|_| requests.add());
        assert_eq!((0..10).filter(|_| requests.take()).count(), 3);
        (0..1000).for_each(|_| requests.add());
        assert_eq!((0..1000).filter(|_| requests.take()).count(), Requests::MOST as usize);
    }

    #[test]
    fn so_many_watch_at_once_and_no_more() {
        static WATCHERS: AtomicU32 = AtomicU32::new(0);
        let both = [Watch::begin(&WATCHERS, 2), Watch::begin(&WATCHERS, 2)];
        assert!(both.iter().all(Option::is_some));
        assert!(Watch::begin(&WATCHERS, 2).is_none());
        drop(both);
        assert!(Watch::begin(&WATCHERS, 2).is_some(), "those that have gone make place");
    }

    #[test]
    fn newcomers_step_in_for_a_while_after_a_wake_and_not_always() {
        let object = 0u8;
        let spin = Spin::new(Key::of(&object), Deadline::Never);
        let asked = || (0..1000).filter(|_| spin.may_step_in()).count();
        let start = Instant::now();
        let mut most = 0;
        // Other tests may have the same place in the table, and the thread may lose its core in between.
        while most == 0 && start.elapsed() < Duration::from_secs(10) {
            served(Key::of(&object));
            most = asked();
        }
        assert!((1..1000).contains(&most), "{most} of 1000");
    }

    #[test]
    fn a_waiter_is_old_after_a_millisecond_and_stays_so() {
        let mut age = Age::new();
        let start = Instant::now();
        while !age.is_up() {}
        assert!(start.elapsed() >= Duration::from_millis(1));
        assert!(age.is_up());
    }
}
