//! A bounded queue: two conditions over one lock.

use sixfold::{Condition, Lock};
use std::collections::VecDeque;
use std::sync::Arc;

pub struct Queue<T> {
    room: Condition<Arc<Lock<VecDeque<T>>>>,
    items: Condition<Arc<Lock<VecDeque<T>>>>,
    capacity: usize,
}

impl<T> Queue<T> {
    pub fn new(capacity: usize) -> Self {
        let lock = Arc::new(Lock::default());
        Self { room: Condition::with_lock(lock.clone()), items: Condition::with_lock(lock), capacity }
    }

    pub fn put(&self, item: T) {
        let mut queue = self.room.hold();
        queue.wait_for(|queue| queue.len() < self.capacity);
        queue.push_back(item);
        self.items.notify(1).expect("it is held");
    }

    pub fn get(&self) -> T {
        let mut queue = self.items.hold();
        queue.wait_for(|queue| !queue.is_empty());
        let item = queue.pop_front().expect("waited for");
        self.room.notify(1).expect("it is held");
        item
    }

    /// Tells nobody that there is an item now.
    pub fn put_without_notify(&self, item: T) {
        let mut queue = self.room.hold();
        queue.wait_for(|queue| queue.len() < self.capacity);
        queue.push_back(item);
    }

    /// Tells those who wait for room, instead of those who wait for items.
    pub fn put_and_notify_the_wrong_ones(&self, item: T) {
        let mut queue = self.room.hold();
        queue.wait_for(|queue| queue.len() < self.capacity);
        queue.push_back(item);
        queue.notify(1);
    }

    /// `if` for `while`: another consumer may have been faster than the one that was notified.
    pub fn get_with_if(&self) -> T {
        let mut queue = self.items.hold();
        if queue.is_empty() {
            queue.wait();
        }
        let item = queue.pop_front().expect("the queue is not empty after a notify");
        self.room.notify(1).expect("it is held");
        item
    }

    /// Looks in one section and waits in another: the item may come between the two.
    pub fn get_in_two_sections(&self) -> T {
        let empty = self.items.hold().is_empty();
        let mut queue = self.items.hold();
        if empty {
            queue.wait();
        }
        queue.pop_front().expect("the queue is not empty after a notify")
    }
}
