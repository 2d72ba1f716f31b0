//! A cell that is filled once, without a lock around its value: the event says that it is there.

use crate::shared::Shared;
use sixfold::Event;
use std::time::Duration;

pub struct OneShot {
    filled: Event,
    value: Shared<u32>,
}

impl Default for OneShot {
    fn default() -> Self {
        Self { filled: Event::new(), value: Shared::new(0) }
    }
}

impl OneShot {
    pub fn fill(&self, value: u32) {
        self.value.set(value);
        self.filled.set();
    }

    pub fn get(&self) -> u32 {
        self.filled.wait();
        self.value.get()
    }

    /// `None` if it is not filled.
    pub fn try_get(&self) -> Option<u32> {
        self.filled.is_set().then(|| self.value.get())
    }

    /// `None` if it was not filled in time.
    pub fn get_timeout(&self, timeout: Duration) -> Option<u32> {
        self.filled.wait_timeout(timeout).then(|| self.value.get())
    }

    /// Says that the value is there, and then puts it there.
    pub fn fill_after_the_set(&self, value: u32) {
        self.filled.set();
        self.value.set(value);
    }

    /// Takes a time-out for an answer.
    pub fn get_without_a_look_at_the_result(&self) -> u32 {
        let _ = self.filled.wait_timeout(Duration::from_secs(1));
        self.value.get()
    }
}
