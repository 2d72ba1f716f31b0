//! Atomics and cells, from `core` or from loom: the only place that chooses.
//!
//! A machine imports its words from here and is thereby the same code in both builds.

#[cfg(all(loom, sixfold_checked))]
pub(crate) use crate::loom::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize};
#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize};

#[cfg(all(not(loom), target_has_atomic = "64"))]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(all(not(loom), not(target_has_atomic = "64")))]
pub(crate) use narrow::AtomicU64;

#[cfg(any(not(loom), sixfold_checked))]
pub(crate) use core::sync::atomic::Ordering;

/// The few calls of `AtomicU64` that the machines use, for targets that have none. Every operation there is at
/// least as strong as the ordering asked for.
#[cfg(any(test, not(target_has_atomic = "64")))]
#[cfg(not(loom))]
mod narrow {
    use super::Ordering;
    use crossbeam_utils::atomic::AtomicCell;

    #[cfg_attr(target_has_atomic = "64", allow(dead_code))]
    pub(crate) struct AtomicU64(AtomicCell<u64>);

    #[cfg_attr(target_has_atomic = "64", allow(dead_code))]
    impl AtomicU64 {
        pub(crate) const fn new(value: u64) -> Self {
            Self(AtomicCell::new(value))
        }

        pub(crate) fn load(&self, _: Ordering) -> u64 {
            self.0.load()
        }

        pub(crate) fn compare_exchange_weak(
            &self,
            current: u64,
            new: u64,
            _: Ordering,
            _: Ordering,
        ) -> Result<u64, u64> {
            self.0.compare_exchange(current, new)
        }

        #[cfg_attr(not(test), allow(dead_code))]
        pub(crate) fn compare_exchange(
            &self,
            current: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            self.compare_exchange_weak(current, new, success, failure)
        }

        pub(crate) fn fetch_add(&self, n: u64, _: Ordering) -> u64 {
            self.0.fetch_add(n)
        }
    }

    #[test]
    fn the_fallback_for_targets_without_64_bit_atomics_counts_like_the_real_one() {
        let word = AtomicU64::new(7);
        assert_eq!(word.compare_exchange_weak(7, 12, Ordering::Acquire, Ordering::Relaxed), Ok(7));
        assert_eq!(word.compare_exchange_weak(7, 1, Ordering::Acquire, Ordering::Relaxed), Err(12));
        assert_eq!(word.compare_exchange(12, 13, Ordering::Acquire, Ordering::Relaxed), Ok(12));
        assert_eq!(word.fetch_add(2, Ordering::Relaxed), 13);
        assert_eq!(word.load(Ordering::Relaxed), 15);
    }
}
