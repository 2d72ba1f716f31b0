//! The real half: `parking_lot_core`, and what else a machine asks of the system.
//!
//! Each function forwards to the one of the same name; the rules in `parking` are the obligations of the callee, in
//! its order. `parking_lot_core` turns a panic in a closure into an abort, so rule 2 cannot be broken silently.
//! How long a thread looks again before it sleeps, and when its patience is over, is [`super::spin`]'s.
#![allow(unsafe_code)]

use super::{Key, Parked, Pick, Requeue, Spin, Unparked, spin};
use crate::deadline::Deadline;
use crate::shim::thread;
use core::hint;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;
use crossbeam_utils::CachePadded;
use parking_lot_core as plc;
use std::time::Instant;

/// Sleeps on `key` until somebody unparks it or `deadline` passes. `timed_out` gets the key of the queue that the
/// thread was in by then, and whether it was the last one there.
///
/// # Safety
/// Rules 1 to 3 of the module.
#[inline]
pub(crate) unsafe fn park(
    key: Key,
    token: usize,
    deadline: Deadline,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(Key, bool),
) -> Parked {
    let until = match deadline {
        Deadline::Passed => Some(Instant::now()),
        Deadline::At(moment) => Some(moment),
        Deadline::Never => None,
    };
    let timed_out = |key, last| timed_out(Key(key), last);
    let token = plc::ParkToken(token << BELL_BITS | my_bell());
    // SAFETY: rules 1 to 3.
    match unsafe { plc::park(key.0, validate, before_sleep, timed_out, token, until) } {
        plc::ParkResult::Unparked(plc::UnparkToken(token)) => Parked::Woken(token),
        plc::ParkResult::Invalid => Parked::Invalid,
        plc::ParkResult::TimedOut => Parked::TimedOut,
    }
}

/// As [`park`], but the thread stays awake in the queue for a while, if that has been worth it here and fewer than
/// `watchers` do so already. The machines that cannot look at what they wait for before they are in the queue wait in
/// this way.
///
/// # Safety
/// Rules 1 to 3 of the module.
#[inline]
pub(crate) unsafe fn park_watchfully(
    key: Key,
    token: usize,
    deadline: Deadline,
    watchers: u32,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(Key, bool),
) -> Parked {
    let bell = &BELLS[my_bell()];
    let before = bell.load(Relaxed);
    let watch = || {
        before_sleep();
        let Some(_watch) = spin::watch(key, watchers) else { return };
        let mut spin = Spin::new(key, deadline);
        while bell.load(Relaxed) == before {
            if !spin.again() {
                return;
            }
        }
        // The waker rings first and gives the word to the parking lot right after that.
        (0..4).for_each(|_| hint::spin_loop());
    };
    // SAFETY: rules 1 to 3; watching reads a static and takes time, no more.
    unsafe { park(key, token, deadline, validate, watch, timed_out) }
}

/// The parking lot tells a sleeper that it is woken where only it can look, and only by ending its sleep. So each thread
/// has a bell to watch as long as it is awake, which its waker rings. The number of the bell lies in the lower bits of the
/// token with which the thread has parked. Threads may share a bell: hearing it in vain is harmless.
const BELL_BITS: u32 = 6;

/// The largest token that the machines may park with.
pub(crate) const MOST: usize = usize::MAX >> BELL_BITS;

static BELLS: [CachePadded<AtomicU32>; 1 << BELL_BITS] =
    [const { CachePadded::new(AtomicU32::new(0)) }; 1 << BELL_BITS];

fn my_bell() -> usize {
    thread::me() % BELLS.len()
}

fn ring(bell: usize) {
    // Relaxed: who hears it only goes on to ask the parking lot.
    BELLS[bell % BELLS.len()].fetch_add(1, Relaxed);
}

/// Wakes the oldest sleeper of `key`, if any, with the token that `callback` returns.
///
/// # Safety
/// Rules 1 and 2 of the module.
#[inline]
pub(crate) unsafe fn unpark_one(key: Key, callback: impl FnOnce(Unparked) -> usize) -> Unparked {
    let mut woken = false;
    let filter = |plc::ParkToken(token)| {
        if woken {
            return plc::FilterOp::Stop;
        }
        woken = true;
        ring(token);
        plc::FilterOp::Unpark
    };
    // SAFETY: rules 1 and 2.
    let found = unsafe { plc::unpark_filter(key.0, filter, |found| plc::UnparkToken(callback(found.into()))) };
    if woken {
        spin::served(key);
    }
    found.into()
}

/// Wakes the sleepers of `key` that `pick` picks by the token they parked with. `callback` runs once, after the last
/// pick, also when nobody sleeps.
///
/// # Safety
/// Rules 1 and 2 of the module.
#[inline]
pub(crate) unsafe fn unpark_filter(
    key: Key,
    mut pick: impl FnMut(usize) -> Pick,
    callback: impl FnOnce(Unparked) -> usize,
) -> Unparked {
    let filter = |plc::ParkToken(token)| match pick(token >> BELL_BITS) {
        Pick::Wake => {
            ring(token);
            plc::FilterOp::Unpark
        }
        Pick::Skip => plc::FilterOp::Skip,
        Pick::Stop => plc::FilterOp::Stop,
    };
    // SAFETY: rules 1 and 2.
    unsafe { plc::unpark_filter(key.0, filter, |found| plc::UnparkToken(callback(found.into()))) }.into()
}

/// Wakes or moves sleepers of `from`, as `validate` decides; both queues are locked for it and for `callback`.
///
/// # Safety
/// Rules 1 and 2 of the module, for both keys.
#[inline]
pub(crate) unsafe fn unpark_requeue(
    from: Key,
    to: Key,
    validate: impl FnOnce() -> Requeue,
    callback: impl FnOnce(Unparked) -> usize,
) -> Unparked {
    let validate = || match validate() {
        Requeue::Abort => plc::RequeueOp::Abort,
        Requeue::WakeOne => plc::RequeueOp::UnparkOne,
        Requeue::MoveOne => plc::RequeueOp::RequeueOne,
        Requeue::WakeOneMoveRest => plc::RequeueOp::UnparkOneRequeueRest,
        Requeue::MoveAll => plc::RequeueOp::RequeueAll,
    };
    let callback = |_, found: plc::UnparkResult| plc::UnparkToken(callback(found.into()));
    // SAFETY: rules 1 and 2.
    unsafe { plc::unpark_requeue(from.0, to.0, validate, callback) }.into()
}

impl From<plc::UnparkResult> for Unparked {
    fn from(found: plc::UnparkResult) -> Self {
        Self { woken: found.unparked_threads, requeued: found.requeued_threads, more: found.have_more_threads }
    }
}
