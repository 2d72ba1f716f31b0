//! The same lock on loom's objects: its atomics, its line, and its fences.

use crate::fences::Step;
use loom::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};
use loom::sync::atomic::{AtomicUsize, Ordering, fence};
use loom::sync::{Condvar, Mutex};
use loom::thread::{self, ThreadId};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

/// Threads of a model, the main one included.
const THREADS: usize = 3;

/// What stands for the light fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LightFence {
    /// Pairs with heavy fences and with nothing else, as the real one.
    Asymmetric,
    /// A `SeqCst` fence. It pairs with every other, which is more than the real one does.
    SeqCst,
}

/// The fences of one lock.
///
/// An asymmetric pair meets in a variable of the thread with the light fence: the light fence is a read-modify-write of one's own
/// variable, the heavy one a `SeqCst` fence and then a read-modify-write of everybody's, one after the other, as the system
/// interrupts one core after the other. Of two read-modify-writes of one variable, the later happens after the earlier.
pub struct Fences {
    light: LightFence,
    left_out: Option<Step>,
    meeting_points: [AtomicUsize; THREADS],
    known: RefCell<Vec<ThreadId>>,
}

impl Fences {
    /// All that the lock needs.
    pub fn all() -> Self {
        Self::new(LightFence::Asymmetric, None)
    }

    /// One step is left out.
    pub fn without(step: Step) -> Self {
        Self::new(LightFence::Asymmetric, Some(step))
    }

    /// Makes a choice.
    pub fn new(light: LightFence, left_out: Option<Step>) -> Self {
        let meeting_points = std::array::from_fn(|_| AtomicUsize::new(0));
        Self { light, left_out, meeting_points, known: RefCell::new(Vec::new()) }
    }

    /// The number of the calling thread.
    fn me(&self) -> usize {
        let me = thread::current().id();
        let mut known = self.known.borrow_mut();
        known.iter().position(|&other| other == me).unwrap_or_else(|| {
            known.push(me);
            assert!(known.len() <= THREADS, "a model has at most {THREADS} threads");
            known.len() - 1
        })
    }

    fn is_there(&self, step: Step) -> bool {
        self.left_out != Some(step)
    }

    pub(crate) fn light(&self) {
        if self.is_there(Step::Light) {
            match self.light {
                LightFence::Asymmetric => _ = self.meeting_points[self.me()].fetch_add(1, AcqRel),
                LightFence::SeqCst => fence(SeqCst),
            }
        }
    }

    pub(crate) fn heavy(&self) -> bool {
        if self.is_there(Step::Heavy) {
            fence(SeqCst);
            if self.light == LightFence::Asymmetric {
                let me = self.me();
                let others = self.meeting_points.iter().enumerate().filter(|&(i, _)| i != me);
                others.for_each(|(_, point)| _ = point.fetch_add(1, AcqRel));
            }
        }
        true
    }

    pub(crate) fn can_be_heavy(&self) -> bool {
        true
    }

    pub(crate) fn full(&self, step: Step) {
        if self.is_there(step) {
            fence(SeqCst);
        }
    }

    /// Loom takes a `SeqCst` access for an acquire or a release: it needs the fence.
    pub(crate) fn full_between_seq_cst(&self, step: Step) {
        self.full(step);
    }

    pub(crate) fn order(&self, step: Step, order: Ordering) -> Ordering {
        if self.is_there(step) { order } else { Relaxed }
    }
}

impl fmt::Debug for Fences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fences").field("light", &self.light).field("left_out", &self.left_out).finish_non_exhaustive()
    }
}

// SAFETY: all threads of a model are fibers of one thread of the system, and no borrow lasts over a step of loom's.
#[allow(unsafe_code)]
unsafe impl Sync for Fences {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Send for Fences {}

/// A byte.
pub(crate) struct AtomicU8 {
    value: loom::sync::atomic::AtomicU8,
    /// Where those meet who load. Loom remembers the last access to an atomic alone: after a load by one thread, and a load
    /// and a store by another, it would not try the store before the first load.
    loads: AtomicUsize,
}

impl AtomicU8 {
    pub(crate) fn new(value: u8) -> Self {
        Self { value: loom::sync::atomic::AtomicU8::new(value), loads: AtomicUsize::new(0) }
    }

    pub(crate) fn load(&self, order: Ordering) -> u8 {
        self.loads.fetch_add(1, Relaxed);
        self.value.load(order)
    }

    pub(crate) fn store(&self, value: u8, order: Ordering) {
        self.value.store(value, order);
    }

    pub(crate) fn swap(&self, value: u8, order: Ordering) -> u8 {
        self.value.swap(value, order)
    }

    pub(crate) fn compare_exchange(&self, now: u8, next: u8, order: Ordering, failed: Ordering) -> Result<u8, u8> {
        self.value.compare_exchange(now, next, order, failed)
    }

    pub(crate) fn compare_exchange_weak(&self, now: u8, next: u8, order: Ordering, failed: Ordering) -> Result<u8, u8> {
        self.compare_exchange(now, next, order, failed)
    }

    pub(crate) fn fetch_or(&self, bits: u8, order: Ordering) -> u8 {
        self.value.fetch_or(bits, order)
    }

    pub(crate) fn fetch_and(&self, bits: u8, order: Ordering) -> u8 {
        self.value.fetch_and(bits, order)
    }
}

/// One thread's sleep.
struct Sleeper {
    woken: Mutex<bool>,
    bell: Condvar,
}

/// The line of a lock, oldest first. Who is woken happens after its waker, and learns nothing of others.
pub(crate) struct Queue(Mutex<VecDeque<Rc<Sleeper>>>);

impl Queue {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// See `parking`. No time passes in a model: nobody comes back by itself, and the heavy fence is never refused.
    pub(crate) fn park(&self, _: bool, validate: impl FnOnce() -> bool, _: impl FnOnce(bool)) -> bool {
        let sleeper = {
            let mut sleepers = self.0.lock().expect("a loom mutex is never poisoned");
            if !validate() {
                return false;
            }
            let sleeper = Rc::new(Sleeper { woken: Mutex::new(false), bell: Condvar::new() });
            sleepers.push_back(sleeper.clone());
            sleeper
        };
        let mut woken = sleeper.woken.lock().expect("a loom mutex is never poisoned");
        while !*woken {
            woken = sleeper.bell.wait(woken).expect("a loom mutex is never poisoned");
        }
        true
    }

    /// See `parking`.
    pub(crate) fn unpark_one(&self, callback: impl FnOnce(bool, bool)) {
        let mut sleepers = self.0.lock().expect("a loom mutex is never poisoned");
        let oldest = sleepers.pop_front();
        callback(oldest.is_some(), !sleepers.is_empty());
        drop(sleepers);
        if let Some(oldest) = oldest {
            *oldest.woken.lock().expect("a loom mutex is never poisoned") = true;
            oldest.bell.notify_one();
        }
    }
}

// SAFETY: all threads of a model are fibers of one thread of the system.
#[allow(unsafe_code)]
unsafe impl Sync for Queue {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Send for Queue {}

/// A model never spins: looking again is a step that the scheduler can take anyway.
pub(crate) struct Spin;

impl Spin {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn again(&mut self) -> bool {
        false
    }
}
