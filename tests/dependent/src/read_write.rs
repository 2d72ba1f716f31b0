//! A readers-writer lock: a count under a condition.

use sixfold::{Condition, Lock};
use std::time::Duration;

/// -1: a writer; else so many readers.
pub struct ReadWrite(Condition<Lock<i32>>);

impl Default for ReadWrite {
    fn default() -> Self {
        Self(Condition::with_lock(Lock::with_value(0)))
    }
}

impl ReadWrite {
    pub fn read<R>(&self, section: impl FnOnce() -> R) -> R {
        {
            let mut users = self.0.hold();
            users.wait_for(|users| *users >= 0);
            *users += 1;
        }
        let result = section();
        let mut users = self.0.hold();
        *users -= 1;
        if *users == 0 {
            users.notify_all();
        }
        result
    }

    pub fn write<R>(&self, section: impl FnOnce() -> R) -> R {
        {
            let mut users = self.0.hold();
            users.wait_for(|users| *users == 0);
            *users = -1;
        }
        let result = section();
        let mut users = self.0.hold();
        *users = 0;
        users.notify_all();
        result
    }

    /// `None` if there is a writer, or if others are at the lock.
    pub fn try_read<R>(&self, section: impl FnOnce() -> R) -> Option<R> {
        {
            let mut users = self.0.try_hold().filter(|users| **users >= 0)?;
            *users += 1;
        }
        let result = section();
        let mut users = self.0.hold();
        *users -= 1;
        if *users == 0 {
            users.notify_all();
        }
        Some(result)
    }

    /// `None` if the others were not done in time.
    pub fn write_timeout<R>(&self, timeout: Duration, section: impl FnOnce() -> R) -> Option<R> {
        {
            let mut users = self.0.hold();
            if !users.wait_for_timeout(|users| *users == 0, timeout) {
                return None;
            }
            *users = -1;
        }
        let result = section();
        let mut users = self.0.hold();
        *users = 0;
        users.notify_all();
        Some(result)
    }

    /// The last reader goes without a word to the writer that waits.
    pub fn read_without_notify<R>(&self, section: impl FnOnce() -> R) -> R {
        {
            let mut users = self.0.hold();
            users.wait_for(|users| *users >= 0);
            *users += 1;
        }
        let result = section();
        *self.0.hold() -= 1;
        result
    }

    /// Looks for another writer, and not for readers.
    pub fn write_beside_readers<R>(&self, section: impl FnOnce() -> R) -> R {
        {
            let mut users = self.0.hold();
            users.wait_for(|users| *users >= 0);
            *users = -1;
        }
        let result = section();
        let mut users = self.0.hold();
        *users = 0;
        users.notify_all();
        result
    }
}
