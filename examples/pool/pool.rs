//! A pool of things that threads check out, one or several at once, and that come back when they are dropped.
//!
//! `tests/dependent` runs models of this very file.

use sixfold::{ArcSemaphoreGuard, Lock, Semaphore};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

pub struct Pool<R> {
    size: usize,
    /// One for each thing that nobody has.
    permits: Arc<Semaphore>,
    state: Lock<State<R>>,
}

struct State<R> {
    idle: Vec<R>,
    is_closed: bool,
}

/// A thing that is checked out. Its drop gives the thing back, and then the permit: whoever gets that finds a thing.
pub struct Checkout<R> {
    /// `Some`, until it is dropped.
    thing: Option<R>,
    pool: Arc<Pool<R>>,
    _permit: ArcSemaphoreGuard,
}

impl<R> Pool<R> {
    pub fn new(things: impl IntoIterator<Item = R>) -> Arc<Self> {
        let idle: Vec<R> = things.into_iter().collect();
        let size = idle.len();
        let state = Lock::with_value(State { idle, is_closed: false });
        Arc::new(Self { size, permits: Arc::new(Semaphore::new(size)), state })
    }

    /// Waits for a thing. `None`: the pool is closed.
    pub fn take(self: &Arc<Self>) -> Option<Checkout<R>> {
        let permit = self.permits.hold_arc();
        self.check_out(permit)
    }

    /// Waits for `n` things at once, so that two batches never wait for each other's. `None`: the pool is closed.
    ///
    /// # Panics
    /// If there are not so many in all.
    pub fn take_many(self: &Arc<Self>, n: usize) -> Option<Vec<Checkout<R>>> {
        assert!(n <= self.size, "a batch of {n} from a pool of {}", self.size);
        let mut permits = self.permits.hold_many_arc(n);
        (0..n).map(|_| self.check_out(permits.split(1).expect("it holds as many as are left"))).collect()
    }

    /// Waits until all things are back and takes them out. Who waits for one, or comes later, gets none.
    pub fn close(&self) -> Vec<R> {
        let _all = self.permits.hold_many(self.size);
        let mut state = self.state.hold();
        state.is_closed = true;
        std::mem::take(&mut state.idle)
    }

    fn check_out(self: &Arc<Self>, permit: ArcSemaphoreGuard) -> Option<Checkout<R>> {
        let mut state = self.state.hold();
        if state.is_closed {
            return None;
        }
        let thing = state.idle.pop();
        assert!(thing.is_some(), "who has a permit finds a thing");
        Some(Checkout { thing, pool: self.clone(), _permit: permit })
    }
}

impl<R> Deref for Checkout<R> {
    type Target = R;

    fn deref(&self) -> &R {
        self.thing.as_ref().expect("it is there until the drop")
    }
}

impl<R> DerefMut for Checkout<R> {
    fn deref_mut(&mut self) -> &mut R {
        self.thing.as_mut().expect("it is there until the drop")
    }
}

impl<R> Drop for Checkout<R> {
    fn drop(&mut self) {
        if let Some(thing) = self.thing.take() {
            self.pool.state.hold().idle.push(thing);
        }
    }
}
