//! Recorded histories of real threads: is there an order of the calls, within the time that each took, in which a plain
//! sequential object would have returned the same?
//!
//! Each history is a small random program for 2 to 4 threads. The search for an order is Wing's and Gong's, with a memory
//! of where it has been. Calls that wait are timed, so that no program hangs; a time-out must be explained by a moment at
//! which there was nothing to have.
//!
//! A try that fails and a look (`value`, `locked`, `is_set`) are plain loads. They are promised to be right about some
//! moment, not about one within the call: a processor that lets a load pass an earlier store of the same thread can
//! return old news. x86 does not after a read-modify-write, so they are held to it there, and to nothing elsewhere.
#![cfg(not(loom))]

use sixfold::{Barrier, BoundedSemaphore, Event, Lock, RLock, Semaphore};
use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Barrier as Start;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// Looks and tries are exact on this processor.
const EXACT: bool = cfg!(any(target_arch = "x86_64", target_arch = "x86"));

/// So many histories of each type, or as many as fit into [`LONGEST`].
const HISTORIES: u64 = 3_000;
const LONGEST: Duration = Duration::from_secs(4);

/// A call as it was recorded: what, by whom, what it returned, and when it began and ended.
#[derive(Clone, Debug)]
struct Recorded<C> {
    call: C,
    thread: usize,
    result: i64,
    began: u64,
    ended: u64,
}

/// A sequential object.
trait Model {
    type Call: Copy + Debug + Send + Sync;
    type State: Clone + Eq + Hash + Debug;

    fn initial() -> Self::State;

    /// The state after `call` by `thread`, if it may return `result` in `state`.
    fn step(state: &Self::State, call: Self::Call, thread: usize, result: i64) -> Option<Self::State>;
}

/// Whether an order of `history` explains it.
fn is_linearizable<M: Model>(history: &[Recorded<M::Call>]) -> bool {
    fn search<M: Model>(
        history: &[Recorded<M::Call>],
        done: u32,
        state: M::State,
        seen: &mut HashSet<(u32, M::State)>,
    ) -> bool {
        if done.count_ones() as usize == history.len() {
            return true;
        }
        if !seen.insert((done, state.clone())) {
            return false;
        }
        let is_open = |n: usize| done & (1 << n) == 0;
        // Nothing that has not been done yet may have ended before what is done next began.
        let first_end =
            (0..history.len()).filter(|&n| is_open(n)).map(|n| history[n].ended).min().expect("not all done");
        (0..history.len()).filter(|&n| is_open(n) && history[n].began < first_end).any(|n| {
            let Recorded { call, thread, result, .. } = history[n];
            M::step(&state, call, thread, result).is_some_and(|next| search::<M>(history, done | 1 << n, next, seen))
        })
    }
    search::<M>(history, 0, M::initial(), &mut HashSet::new())
}

/// A generator of small numbers, Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// Runs random programs on real objects and checks what they return.
fn check<M: Model, O: Sync>(
    new: impl Fn() -> O,
    choose: impl Fn(&mut Random) -> M::Call,
    run: impl Fn(&O, M::Call) -> i64 + Sync,
    clean_up: impl Fn(&O) + Sync,
) {
    let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 | 1;
    println!("seed {seed}");
    let mut random = Random(seed);
    let start = Instant::now();
    let mut checked = 0;
    while checked < HISTORIES && (start.elapsed() < LONGEST || checked == 0) {
        let threads = 2 + random.below(3) as usize;
        let programs: Vec<Vec<M::Call>> = (0..threads)
            .map(|_| (0..=random.below(12 / threads as u64)).map(|_| choose(&mut random)).collect())
            .collect();
        let (object, together, clock) = (new(), Start::new(threads), AtomicU64::new(0));
        let mut history = Vec::new();
        thread::scope(|scope| {
            let (object, together, clock, run, clean_up) = (&object, &together, &clock, &run, &clean_up);
            let threads: Vec<_> = programs
                .iter()
                .enumerate()
                .map(|(thread, program)| {
                    scope.spawn(move || {
                        together.wait();
                        let mut recorded = Vec::new();
                        for &call in program {
                            let began = clock.fetch_add(1, AcqRel);
                            let result = run(object, call);
                            let ended = clock.fetch_add(1, AcqRel);
                            recorded.push(Recorded { call, thread, result, began, ended });
                        }
                        together.wait();
                        clean_up(object);
                        recorded
                    })
                })
                .collect();
            history.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
        });
        history.sort_by_key(|call| call.began);
        assert!(is_linearizable::<M>(&history), "no order explains this history (seed {seed}):\n{history:#?}");
        checked += 1;
    }
    println!("{checked} histories");
}

#[derive(Clone, Copy, Debug)]
enum Take {
    Try,
    /// For so many microseconds.
    Timed(u64),
    Release(u64),
    Look,
}

fn take(random: &mut Random) -> Take {
    match random.below(8) {
        0 | 1 => Take::Try,
        2 | 3 => Take::Timed(random.below(30)),
        4..=6 => Take::Release(random.below(3)),
        _ => Take::Look,
    }
}

/// How long a call waits. Half of the waits are too long to end by themselves while another thread works.
fn micros(n: u64) -> Duration {
    if n > 15 { Duration::from_millis(2) } else { Duration::from_micros(n) }
}

/// `free` permits of at most `most`, of which a successful take takes one.
fn step_permits(free: u64, most: u64, call: Take, result: i64) -> Option<u64> {
    match call {
        Take::Try | Take::Timed(_) if result == 1 => free.checked_sub(1),
        Take::Try => (free == 0 || !EXACT).then_some(free),
        Take::Timed(_) => (free == 0 || !EXACT).then_some(free),
        Take::Release(n) if result == 1 => Some(free + n).filter(|free| *free <= most),
        Take::Release(n) => (free + n > most).then_some(free),
        Take::Look => (free as i64 == result || !EXACT).then_some(free),
    }
}

struct LockModel;

impl Model for LockModel {
    type Call = Take;
    type State = u64;

    fn initial() -> u64 {
        1
    }

    fn step(free: &u64, call: Take, _: usize, result: i64) -> Option<u64> {
        let call = if let Take::Release(_) = call { Take::Release(1) } else { call };
        step_permits(*free, 1, call, result)
    }
}

#[test]
fn a_lock_is_linearizable() {
    check::<LockModel, _>(
        Lock::new,
        take,
        |lock, call| match call {
            Take::Try => lock.try_acquire().into(),
            Take::Timed(n) => lock.acquire_timeout(micros(n)).into(),
            Take::Release(_) => lock.release().is_ok().into(),
            Take::Look => (!lock.locked()).into(),
        },
        |_| (),
    );
}

/// Who owns it, and how deep.
struct RLockModel;

impl Model for RLockModel {
    type Call = Take;
    type State = Option<(usize, u32)>;

    fn initial() -> Self::State {
        None
    }

    fn step(state: &Self::State, call: Take, thread: usize, result: i64) -> Option<Self::State> {
        let mine = state.is_none_or(|(owner, _)| owner == thread);
        match call {
            Take::Try | Take::Timed(_) if result == 1 => {
                mine.then(|| Some((thread, state.map_or(1, |(_, depth)| depth + 1))))
            }
            Take::Try | Take::Timed(_) => (!mine || (state.is_none() && !EXACT)).then_some(*state),
            Take::Release(_) if result == 1 => state
                .filter(|(owner, _)| *owner == thread)
                .map(|(owner, depth)| (depth > 1).then_some((owner, depth - 1))),
            Take::Release(_) => state.is_none_or(|(owner, _)| owner != thread).then_some(*state),
            Take::Look => (i64::from(state.is_some()) == result || !EXACT).then_some(*state),
        }
    }
}

#[test]
fn an_rlock_is_linearizable() {
    check::<RLockModel, _>(
        RLock::new,
        take,
        |lock, call| match call {
            Take::Try => lock.try_acquire().into(),
            Take::Timed(n) => lock.acquire_timeout(micros(n)).into(),
            Take::Release(_) => lock.release().is_ok().into(),
            Take::Look => lock.locked().into(),
        },
        |lock| while lock.release().is_ok() {},
    );
}

struct SemaphoreModel;

impl Model for SemaphoreModel {
    type Call = Take;
    type State = u64;

    fn initial() -> u64 {
        1
    }

    fn step(free: &u64, call: Take, _: usize, result: i64) -> Option<u64> {
        step_permits(*free, u64::MAX, call, result)
    }
}

#[test]
fn a_semaphore_is_linearizable() {
    check::<SemaphoreModel, _>(
        || Semaphore::new(1),
        take,
        |permits, call| match call {
            Take::Try => permits.try_acquire().into(),
            Take::Timed(n) => permits.acquire_timeout(micros(n)).into(),
            Take::Release(n) => {
                permits.release_many(n as usize);
                1
            }
            Take::Look => permits.value() as i64,
        },
        |_| (),
    );
}

struct BoundedModel;

impl Model for BoundedModel {
    type Call = Take;
    type State = u64;

    fn initial() -> u64 {
        2
    }

    fn step(free: &u64, call: Take, _: usize, result: i64) -> Option<u64> {
        step_permits(*free, 2, call, result)
    }
}

#[test]
fn a_bounded_semaphore_is_linearizable() {
    check::<BoundedModel, _>(
        || BoundedSemaphore::new(2),
        take,
        |permits, call| match call {
            Take::Try => permits.try_acquire().into(),
            Take::Timed(n) => permits.acquire_timeout(micros(n)).into(),
            Take::Release(n) => permits.release_many(n as usize).is_ok().into(),
            Take::Look => permits.value() as i64,
        },
        |_| (),
    );
}

#[derive(Clone, Copy, Debug)]
enum Flag {
    Set,
    Clear,
    Look,
    Timed(u64),
}

struct EventModel;

impl Model for EventModel {
    type Call = Flag;
    type State = bool;

    fn initial() -> bool {
        false
    }

    fn step(set: &bool, call: Flag, _: usize, result: i64) -> Option<bool> {
        match call {
            Flag::Set => Some(true),
            Flag::Clear => Some(false),
            Flag::Look | Flag::Timed(_) => (i64::from(*set) == result || !EXACT).then_some(*set),
        }
    }
}

#[test]
fn an_event_is_linearizable() {
    check::<EventModel, _>(
        Event::new,
        |random| match random.below(6) {
            0 => Flag::Set,
            1 => Flag::Clear,
            2 | 3 => Flag::Look,
            _ => Flag::Timed(random.below(30)),
        },
        |event, call| match call {
            Flag::Set => {
                event.set();
                0
            }
            Flag::Clear => {
                event.clear();
                0
            }
            Flag::Look => event.is_set().into(),
            Flag::Timed(n) => event.wait_timeout(micros(n)).into(),
        },
        |_| (),
    );
}

#[derive(Clone, Copy, Debug)]
enum Meet {
    Wait,
    Abort,
    Look,
}

/// A barrier of one party: it passes unless it is broken.
struct BarrierModel;

impl Model for BarrierModel {
    type Call = Meet;
    type State = bool;

    fn initial() -> bool {
        false
    }

    fn step(broken: &bool, call: Meet, _: usize, result: i64) -> Option<bool> {
        match call {
            Meet::Wait => (i64::from(!*broken) == result).then_some(*broken),
            Meet::Abort => Some(true),
            Meet::Look => (i64::from(*broken) == result || !EXACT).then_some(*broken),
        }
    }
}

/// Without `reset`: one that comes in the middle of a round fails it, although the barrier is never seen broken.
#[test]
fn a_barrier_of_one_is_linearizable() {
    check::<BarrierModel, _>(
        || Barrier::new(1),
        |random| match random.below(6) {
            0 => Meet::Abort,
            1 | 2 => Meet::Look,
            _ => Meet::Wait,
        },
        |barrier, call| match call {
            Meet::Wait => barrier.wait().is_ok().into(),
            Meet::Abort => {
                barrier.abort();
                0
            }
            Meet::Look => barrier.broken().into(),
        },
        |_| (),
    );
}

// The checker itself.

fn recorded<C>(call: C, thread: usize, result: i64, began: u64, ended: u64) -> Recorded<C> {
    Recorded { call, thread, result, began, ended }
}

#[test]
fn the_checker_accepts_what_some_order_explains() {
    // The second began first, and took effect last.
    assert!(is_linearizable::<LockModel>(&[
        recorded(Take::Timed(20), 0, 1, 0, 5),
        recorded(Take::Try, 1, 1, 1, 2),
        recorded(Take::Release(1), 1, 1, 3, 4),
    ]));
    assert!(is_linearizable::<EventModel>(&[
        recorded(Flag::Timed(20), 0, 1, 0, 5),
        recorded(Flag::Set, 1, 0, 1, 2),
        recorded(Flag::Clear, 1, 0, 3, 4),
    ]));
}

#[test]
fn the_checker_rejects_what_no_order_explains() {
    // Two hold the lock.
    assert!(!is_linearizable::<LockModel>(&[recorded(Take::Try, 0, 1, 0, 2), recorded(Take::Try, 1, 1, 1, 3)]));
    // Free, said nobody who could have seen it so.
    assert!(!is_linearizable::<LockModel>(&[recorded(Take::Try, 0, 1, 0, 1), recorded(Take::Release(1), 1, 0, 2, 3)]));
    // A thread takes what another owns.
    assert!(!is_linearizable::<RLockModel>(&[recorded(Take::Try, 0, 1, 0, 1), recorded(Take::Try, 1, 1, 2, 3)]));
    // A permit out of nothing.
    assert!(!is_linearizable::<SemaphoreModel>(&[recorded(Take::Try, 0, 1, 0, 1), recorded(Take::Try, 0, 1, 2, 3)]));
    // Over the bound.
    assert!(!is_linearizable::<BoundedModel>(&[recorded(Take::Release(1), 0, 1, 0, 1)]));
    // Nobody has set it.
    assert!(!is_linearizable::<EventModel>(&[recorded(Flag::Clear, 0, 0, 0, 3), recorded(Flag::Timed(1), 1, 1, 1, 2)]));
    // It was broken before, and for good.
    assert!(!is_linearizable::<BarrierModel>(&[recorded(Meet::Abort, 0, 0, 0, 1), recorded(Meet::Wait, 1, 1, 2, 3)]));
    if EXACT {
        // It was free all the time.
        assert!(!is_linearizable::<LockModel>(&[recorded(Take::Try, 0, 0, 0, 1)]));
        assert!(!is_linearizable::<SemaphoreModel>(&[recorded(Take::Look, 0, 0, 0, 1)]));
    }
}
