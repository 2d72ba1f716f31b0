//! A variable without a lock of its own, which the component has to protect.

#[cfg(loom)]
use loom::cell::UnsafeCell;
#[cfg(not(loom))]
use std::cell::UnsafeCell;

/// In a model, loom fails if two threads use it and nothing orders them.
#[derive(Debug, Default)]
pub struct Shared<T>(UnsafeCell<T>);

// SAFETY: it is for this crate only, whose components order all uses: that is what the models are to show.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T: Copy> Shared<T> {
    pub fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub fn get(&self) -> T {
        #[cfg(loom)]
        // SAFETY: loom stops the model before a race.
        return self.0.with(|value| unsafe { *value });
        #[cfg(not(loom))]
        // SAFETY: see `Sync`.
        return unsafe { *self.0.get() };
    }

    pub fn set(&self, value: T) {
        #[cfg(loom)]
        // SAFETY: loom stops the model before a race.
        self.0.with_mut(|place| unsafe { *place = value });
        #[cfg(not(loom))]
        // SAFETY: see `Sync`.
        unsafe {
            *self.0.get() = value;
        }
    }
}
