//! Sleeping by address on `parking_lot_core`, and how long to look before.
#![allow(unsafe_code)]

use core::hint;
use core::ptr;
use parking_lot_core as plc;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// The line of a lock. It is nothing; its address is the key.
#[derive(Debug)]
pub(crate) struct Queue;

impl Queue {
    fn key(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Asks `validate` under the queue's lock, and sleeps until woken; true: it was. If it shall be `brief`, it may
    /// also come back by itself after a millisecond; then `timed_out` is told, under the queue's lock, whether it was the
    /// last one there.
    ///
    /// The closures look at and change the words of the lock, and do nothing else.
    pub(crate) fn park(&self, brief: bool, validate: impl FnOnce() -> bool, timed_out: impl FnOnce(bool)) -> bool {
        let until = brief.then(|| Instant::now() + Duration::from_millis(1));
        let timed_out = |_, last| timed_out(last);
        // SAFETY: the key is the address of the lock, which is borrowed for the call; the closures are this crate's, do not
        // panic and do not park; nothing runs before sleeping.
        let parked = unsafe { plc::park(self.key(), validate, || (), timed_out, plc::DEFAULT_PARK_TOKEN, until) };
        matches!(parked, plc::ParkResult::Unparked(_))
    }

    /// Wakes the oldest sleeper. `callback` learns under the queue's lock whether there was one, and whether there are more.
    pub(crate) fn unpark_one(&self, callback: impl FnOnce(bool, bool)) {
        let callback = |found: plc::UnparkResult| {
            callback(found.unparked_threads == 1, found.have_more_threads);
            plc::DEFAULT_UNPARK_TOKEN
        };
        // SAFETY: as in `park`.
        unsafe { plc::unpark_one(self.key(), callback) };
    }
}

/// A burst of looking again before a sleep: a fixed one, since how to wait is not the question here.
#[derive(Debug)]
pub(crate) struct Spin {
    spent: u32,
}

impl Spin {
    pub(crate) const fn new() -> Self {
        Self { spent: 0 }
    }

    /// Lets a moment pass. False when it is time to sleep.
    pub(crate) fn again(&mut self) -> bool {
        /// Pauses.
        const MOST: u32 = 250;
        const GAP: u32 = 32;
        static CORES: OnceLock<usize> = OnceLock::new();

        if self.spent >= MOST || *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from)) == 1 {
            return false;
        }
        let gap = (self.spent + 1).min(GAP);
        (0..gap).for_each(|_| hint::spin_loop());
        self.spent += gap;
        true
    }
}
