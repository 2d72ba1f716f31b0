//! A readers-writer lock: a count under a condition.

use sixfold::{Condition, Lock};

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
