//! A value that is made when it is first asked for.

use crate::shared::Shared;
use sixfold::{Event, Lock};
use std::time::Duration;

pub struct Once {
    made: Event,
    making: Lock,
    value: Shared<u32>,
    times: Shared<u32>,
}

impl Default for Once {
    fn default() -> Self {
        Self { made: Event::new(), making: Lock::new(), value: Shared::new(0), times: Shared::new(0) }
    }
}

impl Once {
    pub fn get(&self, make: impl FnOnce() -> u32) -> u32 {
        if !self.made.is_set() {
            let _held = self.making.hold();
            if !self.made.is_set() {
                self.value.set(make());
                self.times.set(self.times.get() + 1);
                self.made.set();
            }
        }
        self.value.get()
    }

    /// `None` if it is not made.
    pub fn try_get(&self) -> Option<u32> {
        self.made.is_set().then(|| self.value.get())
    }

    /// `None` if another thread did not get done with making it in time.
    pub fn get_timeout(&self, make: impl FnOnce() -> u32, timeout: Duration) -> Option<u32> {
        if !self.made.is_set() {
            let _held = self.making.hold_timeout(timeout)?;
            if !self.made.is_set() {
                self.value.set(make());
                self.times.set(self.times.get() + 1);
                self.made.set();
            }
        }
        Some(self.value.get())
    }

    /// Looks once, before it has the lock, and so makes it twice.
    pub fn get_with_one_look(&self, make: impl FnOnce() -> u32) -> u32 {
        if !self.made.is_set() {
            let _held = self.making.hold();
            assert_eq!(self.times.get(), 0, "made a second time");
            self.value.set(make());
            self.times.set(self.times.get() + 1);
            self.made.set();
        }
        self.value.get()
    }

    /// Says that it is made before it is.
    pub fn get_with_an_early_set(&self, make: impl FnOnce() -> u32) -> u32 {
        if !self.made.is_set() {
            let _held = self.making.hold();
            if !self.made.is_set() {
                self.made.set();
                self.value.set(make());
            }
        }
        self.value.get()
    }
}
