//! The real half: `parking_lot_core`, and what else a machine asks of the system.
//!
//! Each function forwards to the one of the same name; the rules in `park` are the obligations of the callee, in
//! its order. `parking_lot_core` turns a panic in a closure into an abort, so rule 2 cannot be broken silently.
//! How long a thread looks again before it sleeps, and when it starves, is [`super::spin`]'s.
#![allow(unsafe_code)]

use super::{Key, Parked, Pick, Requeue, Spin, Unparked, Wait};
use crate::deadline::Deadline;
use core::hint;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicU32};
use parking_lot_core as plc;
use std::time::Instant;

/// What a sleeper shows to its wakers. It lies on the sleeper's stack, and the park token is its address.
struct Ticket {
    /// The token that the machine has parked with.
    token: usize,
    /// A waker has picked the sleeper, and is about to wake it. The parking lot says so only by ending the sleep.
    picked: AtomicBool,
}

impl Ticket {
    fn new(token: usize) -> Self {
        Self { token, picked: AtomicBool::new(false) }
    }

    fn park_token(&self) -> plc::ParkToken {
        plc::ParkToken(core::ptr::from_ref(self).expose_provenance())
    }

    /// # Safety
    /// In a filter: the queue's lock is held, and the sleeper is still in the queue.
    unsafe fn of<'a>(plc::ParkToken(token): plc::ParkToken) -> &'a Self {
        // SAFETY: The address is that of a ticket, since only `park` in this file parks on our keys. The ticket lives until
        // `plc::park` returns. That happens after the sleeper has left the queue, for which the queue's lock is needed.
        unsafe { &*core::ptr::with_exposed_provenance(token) }
    }

    fn pick(&self) {
        // Relaxed: the sleeper only goes on to ask the parking lot.
        self.picked.store(true, Relaxed);
    }
}

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
    let ticket = Ticket::new(token);
    // SAFETY: rules 1 to 3.
    unsafe { park_with(&ticket, key, deadline, validate, before_sleep, timed_out) }
}

/// # Safety
/// Rules 1 to 3 of the module.
#[inline]
unsafe fn park_with(
    ticket: &Ticket,
    key: Key,
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
    match unsafe { plc::park(key.0, validate, before_sleep, timed_out, ticket.park_token(), until) } {
        plc::ParkResult::Unparked(plc::UnparkToken(token)) => Parked::Woken(token),
        plc::ParkResult::Invalid => Parked::Invalid,
        plc::ParkResult::TimedOut => Parked::TimedOut,
    }
}

/// As [`park`], but the thread stays awake in the queue for a while, if that has been worth it here and fewer than `most` do
/// so already. Whoever cannot look from outside of the queue waits in this way: parties of a barrier, waiters of a
/// condition, and those in the starving queue, who are granted what they wait for.
///
/// # Safety
/// Rules 1 to 3 of the module.
#[inline]
pub(crate) unsafe fn park_watchfully(
    key: Key,
    token: usize,
    deadline: Deadline,
    most: u32,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(Key, bool),
) -> Parked {
    let ticket = Ticket::new(token);
    let watch = || {
        before_sleep();
        let mut spin = Wait::among(most, key, deadline);
        while !ticket.picked.load(Relaxed) {
            if !spin.again(true) {
                return;
            }
        }
        spin.hit();
        // The waker gives the word to the parking lot right after that.
        (0..4).for_each(|_| hint::spin_loop());
    };
    // SAFETY: rules 1 to 3; watching looks at the ticket and takes time, no more.
    unsafe { park_with(&ticket, key, deadline, validate, watch, timed_out) }
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
    let filter = |token| {
        // SAFETY: this is the filter.
        let ticket = unsafe { Ticket::of(token) };
        match pick(ticket.token) {
            Pick::Wake => {
                ticket.pick();
                plc::FilterOp::Unpark
            }
            Pick::Skip => plc::FilterOp::Skip,
            Pick::Stop => plc::FilterOp::Stop,
        }
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

/// The cores that the process had when it was first asked: at least 1.
pub(super) fn cores() -> u32 {
    static CORES: AtomicU32 = AtomicU32::new(0);
    match CORES.load(Relaxed) {
        0 => {
            let cores = ask_for_cores().max(1);
            CORES.store(cores, Relaxed);
            cores
        }
        cores => cores,
    }
}

/// `available_parallelism` allocates here, since it reads files. A wait must not.
#[cfg(target_os = "linux")]
fn ask_for_cores() -> u32 {
    // SAFETY: a set of cores is plain memory, for which zeros are right. The call writes to it, and gets its size.
    unsafe {
        let mut set: libc::cpu_set_t = core::mem::zeroed();
        match libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) {
            0 => libc::CPU_COUNT(&set) as u32,
            _ => 1, // There are more than fit in: a machine of that size does without pauses.
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_for_cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
}
