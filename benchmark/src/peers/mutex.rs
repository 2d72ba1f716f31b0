//! Locks around a number.

use super::Rank;
use std::sync::atomic::{AtomicU8, Ordering};

pub trait Mutex: Sync + 'static {
    const NAME: &'static str;
    const RANK: Rank = Rank::Peer;
    fn new() -> Self;
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R;
    fn try_with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> Option<R>;
}

impl Mutex for sixfold::Lock<u64> {
    const NAME: &'static str = "sixfold";
    const RANK: Rank = Rank::Ours;
    fn new() -> Self {
        Self::with_value(0)
    }
    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        section(&mut self.hold())
    }
    #[inline]
    fn try_with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> Option<R> {
        self.try_hold().map(|mut held| section(&mut held))
    }
}

impl Mutex for std::sync::Mutex<u64> {
    const NAME: &'static str = "std";
    fn new() -> Self {
        Self::new(0)
    }
    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        section(&mut self.lock().expect("no section panics"))
    }
    #[inline]
    fn try_with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> Option<R> {
        self.try_lock().ok().map(|mut held| section(&mut held))
    }
}

macro_rules! lock_api {
    ($lock:ty, $name:literal, $rank:expr) => {
        impl Mutex for $lock {
            const NAME: &'static str = $name;
            const RANK: Rank = $rank;
            fn new() -> Self {
                Self::new(0)
            }
            #[inline]
            fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
                section(&mut self.lock())
            }
            #[inline]
            fn try_with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> Option<R> {
                self.try_lock().map(|mut held| section(&mut held))
            }
        }
    };
}
lock_api!(parking_lot::Mutex<u64>, "parking_lot", Rank::Peer);
lock_api!(usync::Mutex<u64>, "usync", Rank::Peer);
lock_api!(spin::Mutex<u64>, "spin", Rank::Shown);

/// What no lock can do without: one read-modify-write to take and one to give back. It does not exclude anybody.
pub struct TwoSwaps(AtomicU8, std::cell::UnsafeCell<u64>);

// SAFETY: measured by one thread at a time only.
unsafe impl Sync for TwoSwaps {}

impl Mutex for TwoSwaps {
    const NAME: &'static str = "limit";
    const RANK: Rank = Rank::Limit;
    fn new() -> Self {
        Self(AtomicU8::new(0), 0.into())
    }
    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        _ = self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
        // SAFETY: one thread at a time.
        let result = section(unsafe { &mut *self.1.get() });
        self.0.fetch_sub(1, Ordering::Release);
        result
    }
    #[inline]
    fn try_with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> Option<R> {
        (self.0.load(Ordering::Relaxed) == 0).then(|| Mutex::with(self, section))
    }
}

/// Re-entrant ones, without a value.
pub trait Reentrant: Sync + 'static {
    const NAME: &'static str;
    const RANK: Rank = Rank::Peer;
    fn new() -> Self;
    fn with<R>(&self, section: impl FnOnce() -> R) -> R;
    fn try_with<R>(&self, section: impl FnOnce() -> R) -> Option<R>;
}

impl Reentrant for sixfold::RLock {
    const NAME: &'static str = "sixfold";
    const RANK: Rank = Rank::Ours;
    fn new() -> Self {
        Self::new()
    }
    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let _held = self.hold();
        section()
    }
    #[inline]
    fn try_with<R>(&self, section: impl FnOnce() -> R) -> Option<R> {
        self.try_hold().map(|_held| section())
    }
}

macro_rules! reentrant {
    ($lock:ty, $name:literal) => {
        impl Reentrant for $lock {
            const NAME: &'static str = $name;
            fn new() -> Self {
                Self::new(())
            }
            #[inline]
            fn with<R>(&self, section: impl FnOnce() -> R) -> R {
                let _held = self.lock();
                section()
            }
            #[inline]
            fn try_with<R>(&self, section: impl FnOnce() -> R) -> Option<R> {
                self.try_lock().map(|_held| section())
            }
        }
    };
}
reentrant!(parking_lot::ReentrantMutex<()>, "parking_lot");
reentrant!(usync::ReentrantMutex<()>, "usync");

impl Reentrant for TwoSwaps {
    const NAME: &'static str = "limit";
    const RANK: Rank = Rank::Limit;
    fn new() -> Self {
        <Self as Mutex>::new()
    }
    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        Mutex::with(self, |_| section())
    }
    #[inline]
    fn try_with<R>(&self, section: impl FnOnce() -> R) -> Option<R> {
        Mutex::try_with(self, |_| section())
    }
}
