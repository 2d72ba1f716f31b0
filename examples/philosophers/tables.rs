//! Three ways to share forks without a deadlock.

use sixfold::{Condition, Lock, Semaphore};

pub const SEATS: usize = 5;

pub fn left(who: usize) -> usize {
    (who + SEATS - 1) % SEATS
}

/// Also the number of the fork on that side; the one on the left has the philosopher's own number.
pub fn right(who: usize) -> usize {
    (who + 1) % SEATS
}

pub trait Table: Sync {
    /// Waits for both forks, eats, and puts them back.
    fn eat(&self, who: usize, meal: &dyn Fn());
}

/// The fork with the lower number first: so there is no circle of philosophers who wait for each other.
#[derive(Default)]
pub struct OrderedForks {
    forks: [Lock; SEATS],
}

impl Table for OrderedForks {
    fn eat(&self, who: usize, meal: &dyn Fn()) {
        let (one, other) = (who, right(who));
        let _first = self.forks[one.min(other)].hold();
        let _second = self.forks[one.max(other)].hold();
        meal();
    }
}

/// One philosopher less than there are seats: so the circle is never closed.
pub struct OneSeatLess {
    seats: Semaphore,
    forks: [Lock; SEATS],
}

impl Default for OneSeatLess {
    fn default() -> Self {
        Self { seats: Semaphore::new(SEATS - 1), forks: Default::default() }
    }
}

impl Table for OneSeatLess {
    fn eat(&self, who: usize, meal: &dyn Fn()) {
        let _seat = self.seats.hold();
        let _left = self.forks[who].hold();
        let _right = self.forks[right(who)].hold();
        meal();
    }
}

/// Nobody takes one fork alone: who eats is known under one lock, which is not held during the meal.
#[derive(Default)]
pub struct BothOrNone {
    eats: Condition<Lock<[bool; SEATS]>>,
}

impl Table for BothOrNone {
    fn eat(&self, who: usize, meal: &dyn Fn()) {
        let mut eats = self.eats.hold();
        eats.wait_for(|eats| !eats[left(who)] && !eats[right(who)]);
        eats[who] = true;
        drop(eats);

        meal();

        let mut eats = self.eats.hold();
        eats[who] = false;
        eats.notify_all();
    }
}
