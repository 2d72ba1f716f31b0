//! The model half: the same parking lot on loom's objects, so that loom explores the machines as they ship.
//!
//! A queue is a list behind one loom mutex per key, so that two objects share no happens-before edge that the real
//! parking lot does not promise. A sleeper without a deadline blocks on a loom channel of its own that carries one
//! token: one object per sleep, and nothing in common with `loom::thread::park`.
//!
//! **Time-outs.** A sleeper with a deadline never blocks. It joins the queue, and the moment at which the scheduler
//! lets it go on *is* the moment its time is up, unless somebody has taken it out of the queue by then. Loom tries
//! every place of that moment among the steps of the other threads, and so explores: served, timed out, and either
//! one by a hair. [`Patience`] sees to it that a loop which polls has an end.
//!
//! **One approximation.** A timed sleeper that was served learns it under the queue lock, and so happens after
//! whoever held that lock in between. Sleepers without a deadline get the waker's edge alone.
#![allow(unsafe_code)]

use super::execution::{Execution, Identity};
use super::sleeper::Patience;
use super::unlock::unlock;
use crate::deadline::Deadline;
use crate::park::{Key, Parked, Pick, Requeue, Sleep, Unparked};
use loom::sync::{Mutex, MutexGuard, mpsc};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// One thread's sleep.
struct Sleeper {
    parked_with: usize,
    /// The queue it is in; under that queue's lock.
    key: Cell<Key>,
    /// What the waker passed; set when it is taken out of the queue, under the queue's lock.
    woken_with: Cell<Option<usize>>,
    /// Sends once, to a sleeper that blocks.
    waker: Option<mpsc::Sender<()>>,
}

impl Sleeper {
    /// Wakes the thread; it has been taken out of the queue before.
    fn wake(&self) {
        if let Some(waker) = &self.waker {
            Execution::try_loom(|| waker.send(()).expect("a sleeper listens until it is woken"), || ());
        }
    }
}

/// The sleepers of one key, oldest first. `None`: the model has failed.
type Queue = Option<Rc<Mutex<Vec<Rc<Sleeper>>>>>;

/// The queue of `key` in this execution.
fn queue(key: Key) -> Queue {
    static LOT: Identity = Identity::new();
    let lot = LOT.state(|_| RefCell::new(HashMap::<Key, Queue>::new()));
    let new = || Execution::try_loom(|| Some(Rc::new(Mutex::new(Vec::new()))), || None);
    lot.borrow_mut().entry(key).or_insert_with(new).clone()
}

/// A locked queue. It is unlocked by its drop, unless the model has failed.
struct Locked<'a>(Option<MutexGuard<'a, Vec<Rc<Sleeper>>>>);

impl Deref for Locked<'_> {
    type Target = Vec<Rc<Sleeper>>;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref().expect("it is taken out by the drop")
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.as_mut().expect("it is taken out by the drop")
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.take().map(unlock);
    }
}

/// `None`: the model has failed, and the calling thread unwinds. Nobody is woken then, and nobody sleeps.
fn lock(queue: &Queue) -> Option<Locked<'_>> {
    let lock = || Some(Locked(Some(queue.as_ref()?.lock().expect("a loom mutex is never poisoned"))));
    Execution::try_loom(lock, || None)
}

/// See the real half.
///
/// # Safety
/// Rules 1 to 3 of the module.
pub(crate) unsafe fn park(
    key: Key,
    token: usize,
    deadline: Deadline,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(Key, bool),
) -> Parked {
    let (sleeper, wake_up) = {
        let home = queue(key);
        let Some(mut sleepers) = lock(&home) else {
            before_sleep();
            return Parked::Woken(0);
        };
        if !validate() {
            return Parked::Invalid;
        }
        let (waker, wake_up) = match deadline {
            Deadline::Never => Some(mpsc::channel()).unzip(),
            Deadline::Passed | Deadline::At(()) => (None, None),
        };
        let sleeper = Rc::new(Sleeper { parked_with: token, key: Cell::new(key), woken_with: Cell::new(None), waker });
        sleepers.push(sleeper.clone());
        (sleeper, wake_up)
    };
    before_sleep();

    if let Some(wake_up) = wake_up {
        Execution::try_loom(|| wake_up.recv().expect("the waker is in the sleeper, which is here"), || ());
        // No token: the model has failed.
        return Parked::Woken(sleeper.woken_with.get().unwrap_or(0));
    }
    let mut patience = Patience::new(key.address());
    let mut last = patience.is_at_its_end();
    loop {
        let key = sleeper.key.get();
        let home = queue(key);
        let Some(mut sleepers) = lock(&home) else { return Parked::TimedOut };
        if let Some(token) = sleeper.woken_with.get() {
            return Parked::Woken(token);
        }
        if sleeper.key.get() != key {
            continue; // It was moved before we had the lock.
        }
        if !last {
            drop(sleepers);
            last = patience.is_at_its_end();
            continue;
        }
        sleepers.retain(|other| !Rc::ptr_eq(other, &sleeper));
        timed_out(key, sleepers.is_empty());
        return Parked::TimedOut;
    }
}

/// See the real half. No clock, no policy: it is the same here.
///
/// # Safety
/// Rules 1 to 3 of the module.
pub(crate) unsafe fn park_watchfully(
    key: Key,
    token: usize,
    deadline: Deadline,
    _most: u32,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(Key, bool),
) -> Parked {
    // SAFETY: rules 1 to 3 are our caller's promise.
    unsafe { park(key, token, deadline, validate, before_sleep, timed_out) }
}

/// See the real half.
///
/// # Safety
/// Rules 1 and 2 of the module.
pub(crate) unsafe fn unpark_filter(
    key: Key,
    mut pick: impl FnMut(usize) -> Pick,
    callback: impl FnOnce(Unparked) -> usize,
) -> Unparked {
    let home = queue(key);
    let Some(mut sleepers) = lock(&home) else { return Unparked::default() };
    let mut woken = Vec::new();
    let mut at = 0;
    while let Some(sleeper) = sleepers.get(at) {
        match pick(sleeper.parked_with) {
            Pick::Wake => woken.push(sleepers.remove(at)),
            Pick::Skip => at += 1,
            Pick::Stop => break,
        }
    }
    let found = Unparked { woken: woken.len(), requeued: 0, more: !sleepers.is_empty() };
    let token = callback(found);
    for sleeper in &woken {
        sleeper.woken_with.set(Some(token));
    }
    drop(sleepers);
    woken.iter().for_each(|sleeper| sleeper.wake());
    found
}

/// See the real half. Locks `from`, then `to`: every caller goes from a condition to its lock, so no circle can form.
///
/// # Safety
/// Rules 1 and 2 of the module, for both keys.
pub(crate) unsafe fn unpark_requeue(
    from: Key,
    to: Key,
    validate: impl FnOnce() -> Requeue,
    callback: impl FnOnce(Unparked) -> usize,
) -> Unparked {
    let (from_home, to_home) = (queue(from), queue(to));
    let (Some(mut from_sleepers), Some(mut to_sleepers)) = (lock(&from_home), lock(&to_home)) else {
        return Unparked::default();
    };
    let (most, wake) = match validate() {
        Requeue::Abort => return Unparked::default(),
        Requeue::WakeOne => (1, true),
        Requeue::MoveOne => (1, false),
        Requeue::WakeOneMoveRest => (usize::MAX, true),
        Requeue::MoveAll => (usize::MAX, false),
    };
    let taken = from_sleepers.len().min(most);
    let mut taken = from_sleepers.drain(..taken);
    let woken = if wake { taken.next() } else { None };
    let moved: Vec<_> = taken.collect();
    let found = Unparked {
        woken: usize::from(woken.is_some()),
        requeued: moved.len(),
        more: most == 1 && !from_sleepers.is_empty(),
    };
    for sleeper in moved {
        sleeper.key.set(to);
        to_sleepers.push(sleeper);
    }
    let token = callback(found);
    if let Some(sleeper) = &woken {
        sleeper.woken_with.set(Some(token));
    }
    drop((from_sleepers, to_sleepers));
    woken.iter().for_each(|sleeper| sleeper.wake());
    found
}

/// See the real half.
pub(crate) trait Spin {
    fn new(key: Key, deadline: Deadline, woken: bool) -> Self;
    fn again(&mut self, _: bool) -> bool;
    fn hit(&mut self);
}

/// A model never spins: looking again is a step that the scheduler can take anyway.
#[derive(Debug)]
pub(crate) struct Never;

pub(crate) type Turn = Never;
pub(crate) type Wait = Never;
pub(crate) type TurnOrWait = Never;

impl Spin for Never {
    fn new(_: Key, _: Deadline, _: bool) -> Self {
        Self
    }

    fn again(&mut self, _: bool) -> bool {
        false
    }

    fn hit(&mut self) {}
}

/// See the real half. Here a waiter starves when it has lost twice, so that models of a few steps get there, or before its
/// second sleep if it wants many permits. No alarm rings: the explorer of the transitions has them ring at every moment.
#[derive(Debug)]
pub(crate) struct Starvation {
    lost: u32,
    slept: bool,
}

impl Starvation {
    pub(crate) const fn new() -> Self {
        Self { lost: 0, slept: false }
    }

    /// Of a waiter that starves already.
    #[cfg(all(test, sixfold_checked))]
    pub(crate) const fn over() -> Self {
        Self { lost: 2, slept: true }
    }

    pub(crate) fn next(&mut self, lost: bool, n: u32, deadline: Deadline) -> Sleep {
        self.lost += u32::from(lost);
        let is_starving = self.lost > 1 || n > 1 && self.slept;
        self.slept = true;
        Sleep { is_starving, is_alarm: false, until: deadline }
    }
}
