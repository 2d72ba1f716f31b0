//! Semaphores. What is made for tasks waits by blocking its thread.

use super::Rank;
use super::monitor::{Monitor, Notify, ParkingLot, Std, Usync};
use std::sync::atomic::{AtomicU64, Ordering};

pub trait Semaphore: Sync + 'static {
    const NAME: &'static str;
    const RANK: Rank = Rank::Peer;
    fn new(permits: usize) -> Self;
    fn acquire(&self);
    fn try_acquire(&self) -> bool;
    fn release(&self);
    fn release_many(&self, n: usize) {
        (0..n).for_each(|_| self.release());
    }
}

/// Those that give several permits at once.
pub trait Bulk: Semaphore {
    fn acquire_many(&self, n: usize);
}

impl Bulk for sixfold::Semaphore {
    #[inline]
    fn acquire_many(&self, n: usize) {
        self.acquire_many(n);
    }
}

impl Bulk for tokio::sync::Semaphore {
    #[inline]
    fn acquire_many(&self, n: usize) {
        pollster::block_on(self.acquire_many(n as u32)).expect("nobody closes it").forget();
    }
}

impl Semaphore for sixfold::Semaphore {
    const NAME: &'static str = "sixfold";
    const RANK: Rank = Rank::Ours;
    fn new(permits: usize) -> Self {
        Self::new(permits)
    }
    #[inline]
    fn acquire(&self) {
        self.acquire();
    }
    #[inline]
    fn try_acquire(&self) -> bool {
        self.try_acquire()
    }
    #[inline]
    fn release(&self) {
        self.release();
    }
    #[inline]
    fn release_many(&self, n: usize) {
        self.release_many(n);
    }
}

impl Semaphore for tokio::sync::Semaphore {
    const NAME: &'static str = "tokio";
    fn new(permits: usize) -> Self {
        Self::new(permits)
    }
    #[inline]
    fn acquire(&self) {
        pollster::block_on(self.acquire()).expect("nobody closes it").forget();
    }
    #[inline]
    fn try_acquire(&self) -> bool {
        self.try_acquire().map(|permit| permit.forget()).is_ok()
    }
    #[inline]
    fn release(&self) {
        self.add_permits(1);
    }
    #[inline]
    fn release_many(&self, n: usize) {
        self.add_permits(n);
    }
}

impl Semaphore for async_lock::Semaphore {
    const NAME: &'static str = "async-lock";
    fn new(permits: usize) -> Self {
        Self::new(permits)
    }
    #[inline]
    fn acquire(&self) {
        self.acquire_blocking().forget();
    }
    #[inline]
    fn try_acquire(&self) -> bool {
        self.try_acquire().map(|permit| permit.forget()).is_some()
    }
    #[inline]
    fn release(&self) {
        self.add_permits(1);
    }
    #[inline]
    fn release_many(&self, n: usize) {
        self.add_permits(n);
    }
}

/// It has no way to try; it is asked for nothing of the kind.
impl Semaphore for std_semaphore::Semaphore {
    const NAME: &'static str = "std-semaphore";
    fn new(permits: usize) -> Self {
        Self::new(permits as isize)
    }
    #[inline]
    fn acquire(&self) {
        self.acquire();
    }
    fn try_acquire(&self) -> bool {
        unreachable!("std-semaphore cannot try");
    }
    #[inline]
    fn release(&self) {
        self.release();
    }
}

/// What one writes without a semaphore at hand.
pub struct ByHand<M>(M);

macro_rules! by_hand {
    ($monitor:ident, $name:literal) => {
        impl Semaphore for ByHand<$monitor<usize>> {
            const NAME: &'static str = $name;
            fn new(permits: usize) -> Self {
                Self($monitor::new(permits))
            }
            #[inline]
            fn acquire(&self) {
                self.0.turn(0, |permits| *permits == 0, |permits| (*permits -= 1, Notify::Nobody));
            }
            #[inline]
            fn try_acquire(&self) -> bool {
                let take = |permits: &mut usize| permits.checked_sub(1).map(|left| *permits = left).is_some();
                self.0.turn(0, |_| false, |permits| (take(permits), Notify::Nobody))
            }
            #[inline]
            fn release(&self) {
                self.0.turn(0, |_| false, |permits| (*permits += 1, Notify::One(0)));
            }
            #[inline]
            fn release_many(&self, n: usize) {
                self.0.turn(0, |_| false, |permits| (*permits += n, Notify::All(0)));
            }
        }
    };
}

macro_rules! many_by_hand {
    ($($monitor:ident),*) => {$(
        impl Bulk for ByHand<$monitor<usize>> {
            #[inline]
            fn acquire_many(&self, n: usize) {
                self.0.turn(0, |permits| *permits < n, |permits| (*permits -= n, Notify::Nobody));
            }
        }
    )*};
}
many_by_hand!(Std, ParkingLot, Usync);
by_hand!(Std, "std by hand");
by_hand!(ParkingLot, "parking_lot by hand");
by_hand!(Usync, "usync by hand");

/// One read-modify-write each, and threads that spin without end.
pub struct Spinning(AtomicU64);

impl Semaphore for Spinning {
    const NAME: &'static str = "limit";
    const RANK: Rank = Rank::Limit;
    fn new(permits: usize) -> Self {
        Self(AtomicU64::new(permits as u64))
    }
    #[inline]
    fn acquire(&self) {
        while !self.try_acquire() {
            std::hint::spin_loop();
        }
    }
    #[inline]
    fn try_acquire(&self) -> bool {
        let permits = self.0.load(Ordering::Relaxed);
        permits > 0 && self.0.compare_exchange(permits, permits - 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
    #[inline]
    fn release(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}
