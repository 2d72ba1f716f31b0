//! Who is calling, and how to unwind: what depends on the kind of threads there are.

#[cfg(not(loom))]
pub(crate) use real::{in_drop, me, model_has_failed};

#[cfg(loom)]
pub(crate) use crate::loom::thread::{in_drop, me, model_has_failed};

#[cfg(not(loom))]
mod real {
    use core::cell::Cell;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// A number for the calling thread: never 0 and never used again, not even after the thread has ended.
    ///
    /// # Panics
    /// When the numbers have run out. On a 64-bit machine that takes some centuries.
    #[inline]
    pub(crate) fn me() -> usize {
        thread_local! {
            // Constant and without a destructor: one load and one test, and still there while other thread-locals of
            // the thread are dropped.
            static ME: Cell<usize> = const { Cell::new(0) };
        }
        ME.with(|me| match me.get() {
            0 => {
                let number = next_thread_number();
                me.set(number);
                number
            }
            number => number,
        })
    }

    #[cold]
    fn next_thread_number() -> usize {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: only the uniqueness of the number counts, and an RMW gives that in any order.
        let taken = LAST.try_update(Relaxed, Relaxed, |last| last.checked_add(1));
        taken.expect("more threads have used an RLock than there are numbers to tell them apart") + 1
    }

    /// There is no model.
    #[inline(always)]
    pub(crate) const fn model_has_failed() -> bool {
        false
    }

    /// Runs what a destructor has to do. The other half has to take care here.
    #[inline]
    pub(crate) fn in_drop(action: impl FnOnce()) {
        action();
    }
}

#[cfg(test)]
mod tests {
    use super::me;
    #[cfg(loom)]
    use loom::thread;
    #[cfg(not(loom))]
    use std::thread;

    #[test]
    fn threads_have_numbers_of_their_own_that_are_not_used_again() {
        crate::model(|| {
            let mine = me();
            assert_ne!(mine, 0);
            assert_eq!(mine, me());
            let first = thread::spawn(me).join().unwrap();
            let second = thread::spawn(me).join().unwrap();
            assert!(first != mine && second != mine && first != second);
        });
    }
}
