//! Plain data that threads share, and that loom watches: two of them at once are a race, which fails the model.
#![allow(unsafe_code)]

use loom::cell::Cell;

pub struct Plain(Cell<usize>);

// SAFETY: loom's cell panics before two threads use it at the same time without an order.
unsafe impl Sync for Plain {}

impl Plain {
    pub fn new() -> Self {
        Self(Cell::new(0))
    }

    pub fn get(&self) -> usize {
        self.0.get()
    }

    pub fn set(&self, value: usize) {
        self.0.set(value);
    }
}
