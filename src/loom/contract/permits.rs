//! The permits of `Semaphore` and `BoundedSemaphore`: a number, and a queue of waiters in the order in which they came.
//!
//! A permit that is released goes to the first waiter, and a waiter has no other way to a permit. That loses no outcome: a
//! newcomer that is faster than a waiter is, to everybody else, that waiter having come later. While the first waits for
//! more than there is, the permits are collected for it, as by the real machine for a waiter that starves.

use super::history::History;
use crate::deadline::Deadline;
use crate::loom::execution::{Caller, Execution, Identity};
use crate::loom::report::{gave_back, took_many, waiting};
use crate::loom::sleeper::{Patience, Sleeper, can_sleep};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::Location;
use std::rc::Rc;

const FOR: &str = "for a permit of the semaphore";

/// Giving back would make more permits than there may be. Nothing has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A number of permits.
pub(crate) struct Permits {
    identity: Identity,
    initial: u64,
}

/// What everybody may look at.
#[derive(Clone, Copy)]
struct Stock {
    /// Permits that nobody has.
    free: u64,
    /// They are collected for the first waiter, which waits for more.
    is_collected: bool,
}

impl Stock {
    /// What a newcomer may take.
    const fn available(self) -> u64 {
        if self.is_collected { 0 } else { self.free }
    }
}

struct Waiter {
    n: u64,
    /// Is given the changes that free its permits: from the first to the last.
    sleeper: Rc<Sleeper<(usize, usize)>>,
}

/// In one execution.
struct State {
    stock: History<Stock>,
    queue: RefCell<VecDeque<Waiter>>,
}

impl State {
    /// Serves the waiters that can be, in their order, after the calling thread has made a step in which there came to be
    /// `free` permits.
    fn serve(&self, free: u64) {
        let before = self.stock.now();
        let mut queue = self.queue.borrow_mut();
        let mut left = free;
        let mut served = Vec::new();
        while queue.front().is_some_and(|first| first.n <= left) {
            let first = queue.pop_front().expect("there is one");
            left -= first.n;
            served.push(first);
        }
        let is_collected = left > 0 && !queue.is_empty();
        drop(queue);
        if (left, is_collected) == (before.free, before.is_collected) && served.is_empty() {
            return;
        }
        self.stock.change(Stock { free: left, is_collected });
        let last = self.stock.version();
        for waiter in served {
            // Where nothing was there before, a single permit is of this release.
            let first = if before.free == 0 && waiter.n == 1 { last } else { 1 };
            waiter.sleeper.give((first, last));
        }
    }

    /// Joins the queue, in the step that has found too little.
    fn join(&self, n: u64) -> Rc<Sleeper<(usize, usize)>> {
        let sleeper = Sleeper::new();
        self.queue.borrow_mut().push_back(Waiter { n, sleeper: sleeper.clone() });
        let Stock { free, is_collected } = self.stock.now();
        if free > 0 && !is_collected {
            self.stock.change(Stock { free, is_collected: true });
        }
        sleeper
    }

    /// Makes a waiter that was served happen after the releases of its permits.
    fn acquire_changes(&self, (first, last): (usize, usize)) {
        (first..=last).for_each(|change| self.stock.acquire_change(change));
    }
}

impl Permits {
    /// As the real one.
    pub(crate) const MOST: u64 = i32::MAX as u64;

    #[track_caller]
    pub(crate) const fn new(permits: u64) -> Self {
        Self { identity: Identity::new(), initial: permits }
    }

    fn state(&self) -> Rc<State> {
        self.identity.state(|execution| State {
            stock: History::of_steps(execution, Stock { free: self.initial, is_collected: false }),
            queue: RefCell::default(),
        })
    }

    /// Permits that are free: a snapshot.
    pub(crate) fn free(&self) -> u64 {
        self.state().stock.look(|stock| stock.free)
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        self.try_acquire_many(1)
    }

    /// Takes `n` permits if so many are available, or none.
    #[track_caller]
    pub(crate) fn try_acquire_many(&self, n: u64) -> bool {
        n == 0 || self.take(|available| if available >= n { n } else { 0 }, Location::caller()) > 0
    }

    /// Takes as many permits as are available, at most `n`, and says how many.
    #[track_caller]
    pub(crate) fn reduce(&self, n: u64) -> u64 {
        self.take(|available| available.min(n), Location::caller())
    }

    /// Takes as many of the available permits as `share` says; 0 is a failure.
    fn take(&self, share: impl Fn(u64) -> u64, place: Caller) -> u64 {
        let state = self.state();
        let is_enough = |stock: Stock| share(stock.available()) > 0;
        // The real machine looks first, and gives up on what it sees: that may be old news.
        if !state.stock.look(is_enough) {
            return 0;
        }
        while is_enough(state.stock.now()) {
            if state.stock.try_step(Acquire) {
                let n = share(state.stock.now().available());
                self.took(&state, n, place);
                return n;
            }
        }
        state.stock.sees_the_last(is_enough);
        0
    }

    fn took(&self, state: &State, n: u64, place: Caller) {
        let stock = state.stock.now();
        state.stock.change(Stock { free: stock.free - n, ..stock });
        took_many(&self.identity, n, place);
    }

    /// Waits for a permit until `deadline`. False: the time was up.
    #[track_caller]
    pub(crate) fn acquire_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.acquire_many_until(1, deadline)
    }

    /// Waits for `n` permits until `deadline`. False: the time was up.
    #[track_caller]
    pub(crate) fn acquire_many_until(&self, n: u64, deadline: impl FnOnce() -> Deadline) -> bool {
        if n == 0 {
            return true;
        }
        match deadline() {
            Deadline::Passed => self.try_acquire_many(n),
            Deadline::Never => {
                self.acquire(n, Location::caller());
                true
            }
            Deadline::At(()) => {
                let place = Location::caller();
                self.wait(&self.state(), n, place, Patience::new(std::ptr::from_ref(place).addr()), true)
            }
        }
    }

    fn acquire(&self, n: u64, place: Caller) {
        let state = self.state();
        if !can_sleep() {
            self.wait(&state, n, place, Patience::for_ever(), false);
            return;
        }
        state.stock.step(Acquire);
        if state.stock.now().available() >= n {
            self.took(&state, n, place);
        } else {
            let sleeper = state.join(n);
            let releases = sleeper.sleep(FOR, &self.identity, place);
            if let Some(releases) = releases.filter(|(first, last)| first < last) {
                state.acquire_changes(releases);
            }
            took_many(&self.identity, n, place);
        }
    }

    /// Waits for `n` permits without sleeping, as long as `patience` says.
    fn wait(&self, state: &State, n: u64, place: Caller, mut patience: Patience, timed: bool) -> bool {
        let is_enough = |stock: Stock| stock.available() >= n;
        state.stock.step_by(|stock| if is_enough(stock) { Acquire } else { Relaxed });
        if is_enough(state.stock.now()) {
            self.took(state, n, place);
            return true;
        }
        let sleeper = state.join(n);
        waiting(FOR, &self.identity, place, timed, || {
            loop {
                let last = patience.is_at_its_end();
                state.stock.visit();
                // To give up changes what others may take, if permits are collected for this waiter.
                if last && state.stock.now().is_collected {
                    state.stock.step(Relaxed);
                }
                if let Some(releases) = sleeper.given() {
                    state.acquire_changes(releases);
                    took_many(&self.identity, n, place);
                    return true;
                }
                if last {
                    state.queue.borrow_mut().retain(|other| !Rc::ptr_eq(&other.sleeper, &sleeper));
                    state.serve(state.stock.now().free);
                    return false;
                }
            }
        })
    }

    /// Gives back `n` permits, at most up to `most` in all.
    ///
    /// A failure publishes nothing. Whether it fails is known after the step, and its ordering is to be said before. So a
    /// model whose releases fit begins with the cheaper way, and starts over if one does not.
    pub(crate) fn release(&self, n: u64, most: u64) -> Result<(), TooMany> {
        if n == 0 {
            return Ok(());
        }
        let state = self.state();
        let fits = |stock: Stock| n <= most - stock.free;
        let published =
            fits(state.stock.now()) && !Execution::is_careful_with(self.identity.created, most < Self::MOST);
        if published {
            state.stock.step(Release);
        } else {
            state.stock.step_by(|stock| if fits(stock) { Release } else { Relaxed });
        }
        let stock = state.stock.now();
        if !fits(stock) {
            if published {
                Execution::start_over_and_be_careful_with(self.identity.created);
            }
            state.stock.sees_the_last(|stock| stock.free);
            return Err(TooMany);
        }
        gave_back(&self.identity, n);
        state.serve(stock.free + n);
        Ok(())
    }
}
