//! The real half: `parking_lot_core`, and what else a machine asks of the system.
//!
//! Each function forwards to the one of the same name; the rules in `parking` are the obligations of the callee, in
//! its order. `parking_lot_core` turns a panic in a closure into an abort, so rule 2 cannot be broken silently.
#![allow(unsafe_code)]

use super::{Key, Parked, Pick, Requeue, Unparked};
use crate::deadline::Deadline;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use crossbeam_utils::Backoff;
use parking_lot_core as plc;
use std::time::Instant;

/// How often a waiter is woken in vain before the next permit is reserved for it.
pub(crate) const PATIENCE: u32 = 4;

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
    // SAFETY: rules 1 to 3.
    match unsafe { plc::park(key.0, validate, before_sleep, timed_out, plc::ParkToken(token), until) } {
        plc::ParkResult::Unparked(plc::UnparkToken(token)) => Parked::Woken(token),
        plc::ParkResult::Invalid => Parked::Invalid,
        plc::ParkResult::TimedOut => Parked::TimedOut,
    }
}

/// Wakes the oldest sleeper of `key`, if any, with the token that `callback` returns.
///
/// # Safety
/// Rules 1 and 2 of the module.
#[inline]
pub(crate) unsafe fn unpark_one(key: Key, callback: impl FnOnce(Unparked) -> usize) -> Unparked {
    // SAFETY: rules 1 and 2.
    unsafe { plc::unpark_one(key.0, |found| plc::UnparkToken(callback(found.into()))) }.into()
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
    let filter = |plc::ParkToken(token)| match pick(token) {
        Pick::Wake => plc::FilterOp::Unpark,
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

/// A short burst of looking again before a thread goes to sleep.
#[derive(Debug)]
pub(crate) struct Spin {
    backoff: Backoff,
    turns: u32,
}

impl Spin {
    /// 1 + 2 + 4 + … + 64 pauses in all: a few microseconds, about what it costs to sleep and be woken.
    const TURNS: u32 = 7;

    #[inline]
    pub(crate) fn new() -> Self {
        Self { backoff: Backoff::new(), turns: 0 }
    }

    /// Pauses, each time longer. False when it is time to sleep, and always on a single core, where the thread we
    /// wait for cannot run meanwhile.
    #[inline]
    pub(crate) fn again(&mut self) -> bool {
        if self.turns == Self::TURNS || single_core() {
            return false;
        }
        self.turns += 1;
        self.backoff.spin();
        true
    }
}

/// Whether the process had one core only when it was first asked (it asks files: too slow for every time).
fn single_core() -> bool {
    static CORES: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: a number that stands for itself; two threads that both find 0 store the same.
    let cores = match CORES.load(Relaxed) {
        0 => {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            CORES.store(cores, Relaxed);
            cores
        }
        cores => cores,
    };
    cores == 1
}
