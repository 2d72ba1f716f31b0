//! A bounded queue: two conditions over one lock.

use sixfold::{Condition, Lock};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

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

    /// The item again, if there was no room in time.
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), T> {
        let mut queue = self.room.hold();
        if !queue.wait_for_timeout(|queue| queue.len() < self.capacity, timeout) {
            return Err(item);
        }
        queue.push_back(item);
        self.items.notify(1).expect("it is held");
        Ok(())
    }

    /// `None` if there was no item in time.
    pub fn get_timeout(&self, timeout: Duration) -> Option<T> {
        let mut queue = self.items.hold();
        let _in_time = queue.wait_for_timeout(|queue| !queue.is_empty(), timeout);
        let item = queue.pop_front()?;
        self.room.notify(1).expect("it is held");
        Some(item)
    }

    /// `None` if there is no item, or if others are at the queue.
    pub fn try_get(&self) -> Option<T> {
        let item = self.items.try_hold()?.pop_front()?;
        self.room.hold().notify(1);
        Some(item)
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
