//! A worker that can be cancelled while it waits for work.

use sixfold::{Condition, Event, Lock, Semaphore};
use std::time::Duration;

#[derive(Default)]
struct Inbox {
    jobs: u32,
    cancelled: bool,
}

pub struct Worker {
    inbox: Condition<Lock<Inbox>>,
    // For the version that polls:
    jobs: Semaphore,
    stop: Event,
}

impl Default for Worker {
    fn default() -> Self {
        Self { inbox: Condition::with_lock(Lock::default()), jobs: Semaphore::new(0), stop: Event::new() }
    }
}

impl Worker {
    /// Works until cancelled; returns how many jobs it has done.
    pub fn run(&self) -> u32 {
        let mut done = 0;
        loop {
            let mut inbox = self.inbox.hold();
            inbox.wait_for(|inbox| inbox.jobs > 0 || inbox.cancelled);
            if inbox.jobs == 0 {
                return done;
            }
            inbox.jobs -= 1;
            done += 1;
        }
    }

    pub fn submit(&self) {
        let mut inbox = self.inbox.hold();
        inbox.jobs += 1;
        inbox.notify(1);
    }

    pub fn cancel(&self) {
        let mut inbox = self.inbox.hold();
        inbox.cancelled = true;
        inbox.notify_all();
    }

    /// Raises the flag, and leaves the worker asleep.
    pub fn cancel_without_notify(&self) {
        self.inbox.hold().cancelled = true;
    }

    /// Looks every now and then whether it shall stop: right, because what was submitted before is done first.
    pub fn run_polling(&self) -> u32 {
        let mut done = 0;
        loop {
            if self.jobs.acquire_timeout(Duration::from_millis(10)) {
                done += 1;
            } else if self.stop.is_set() {
                if !self.jobs.try_acquire() {
                    return done;
                }
                done += 1;
            }
        }
    }

    pub fn submit_to_poller(&self) {
        self.jobs.release();
    }

    pub fn stop_poller(&self) {
        self.stop.set();
    }

    /// Stops as soon as it sees the flag after a time-out: a job may have come between the two.
    pub fn run_polling_but_forgets(&self) -> u32 {
        let mut done = 0;
        loop {
            if self.jobs.acquire_timeout(Duration::from_millis(10)) {
                done += 1;
            } else if self.stop.is_set() {
                return done;
            }
        }
    }
}
