//! A bounded queue that knows who may still write to it and who may still read.

use sixfold::{Condition, Lock};
use std::collections::VecDeque;
use std::sync::Arc;

/// Two conditions over one lock, as `queue.Queue` has them.
pub struct Pipe<T> {
    not_empty: Condition<Arc<Lock<State<T>>>>,
    not_full: Condition<Arc<Lock<State<T>>>>,
    room: usize,
}

struct State<T> {
    items: VecDeque<T>,
    writers: usize,
    readers: usize,
}

/// One who may write. When the last one is dropped, readers find the end.
pub struct Writer<'a, T>(&'a Pipe<T>);

/// One who may read. When the last one is dropped, writers are told that nobody wants more.
pub struct Reader<'a, T>(&'a Pipe<T>);

const SHARED: &str = "this thread holds the lock that both conditions share";

impl<T> Pipe<T> {
    pub fn new(room: usize) -> Self {
        let lock = Arc::new(Lock::with_value(State { items: VecDeque::new(), writers: 0, readers: 0 }));
        Self { not_empty: Condition::with_lock(lock.clone()), not_full: Condition::with_lock(lock), room }
    }

    /// So many writers. To be called before anybody reads.
    pub fn writers(&self, count: usize) -> Vec<Writer<'_, T>> {
        self.not_full.hold().writers += count;
        (0..count).map(|_| Writer(self)).collect()
    }

    /// So many readers. To be called before anybody writes.
    pub fn readers(&self, count: usize) -> Vec<Reader<'_, T>> {
        self.not_empty.hold().readers += count;
        (0..count).map(|_| Reader(self)).collect()
    }
}

impl<T> Writer<'_, T> {
    /// Waits for room. False: there are no readers left.
    #[must_use]
    pub fn write(&self, item: T) -> bool {
        let pipe = self.0;
        let mut state = pipe.not_full.hold();
        state.wait_for(|state| state.items.len() < pipe.room || state.readers == 0);
        if state.readers == 0 {
            return false;
        }
        state.items.push_back(item);
        pipe.not_empty.notify(1).expect(SHARED);
        true
    }
}

/// Reading to the end: an item each time, waiting for it. None: there are no writers left, and no items.
impl<T> Iterator for Reader<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let mut state = self.0.not_empty.hold();
        state.wait_for(|state| !state.items.is_empty() || state.writers == 0);
        let item = state.items.pop_front()?;
        self.0.not_full.notify(1).expect(SHARED);
        Some(item)
    }
}

impl<T> Drop for Writer<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.not_empty.hold();
        state.writers -= 1;
        if state.writers == 0 {
            state.notify_all();
        }
    }
}

impl<T> Drop for Reader<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.not_full.hold();
        state.readers -= 1;
        if state.readers == 0 {
            state.notify_all();
        }
    }
}
