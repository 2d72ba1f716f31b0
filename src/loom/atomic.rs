//! Loom's atomics behind `const` constructors: each execution has a new one, made early enough for every thread.

use super::execution::{Execution, Identity, Slot};
use core::cell::Cell;
use core::fmt;
use core::sync::atomic::Ordering;
use std::rc::Rc;

thread_local! {
    /// Read-modify-writes so far, tried ones included.
    static CHANGES: Cell<usize> = const { Cell::new(0) };
}

/// How many read-modify-writes `action` makes; all threads of a model count, but for one that is alone that is its own.
#[cfg(test)]
pub(crate) fn changes(action: impl FnOnce()) -> usize {
    let before = CHANGES.get();
    action();
    CHANGES.get() - before
}

/// What a word is in one execution.
struct Word {
    value: Slot,
    /// Where loads meet. Loom remembers the last access to an atomic alone: after a load by one thread, and a load and a
    /// store by another, it would not try the store before the first load.
    loads: Slot,
}

impl Word {
    fn new(execution: &Rc<Execution>) -> Self {
        let word = Self { value: execution.slot(), loads: execution.slot() };
        if word.value.is_used() {
            word.value.store(0, Ordering::Relaxed);
        }
        word
    }
}

macro_rules! atomic {
    ($name:ident, $integer:ty) => {
        /// The slot holds the difference between the value and the initial one.
        pub(crate) struct $name {
            identity: Identity,
            initial: $integer,
        }

        impl $name {
            #[track_caller]
            pub(crate) const fn new(initial: $integer) -> Self {
                Self { identity: Identity::new(), initial }
            }

            fn word(&self) -> Rc<Word> {
                self.identity.state(Word::new)
            }

            pub(crate) fn load(&self, order: Ordering) -> $integer {
                let word = self.word();
                word.loads.meet();
                (word.value.load(order) as $integer).wrapping_add(self.initial)
            }

            #[allow(dead_code)]
            pub(crate) fn store(&self, value: $integer, order: Ordering) {
                self.word().value.store(value.wrapping_sub(self.initial) as u64, order);
            }

            #[allow(dead_code)]
            pub(crate) fn compare_exchange_weak(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                CHANGES.set(CHANGES.get() + 1);
                assert_eq!(failure, Ordering::Relaxed, "the machines need no other");
                let (from, to) = (current.wrapping_sub(self.initial) as u64, new.wrapping_sub(self.initial) as u64);
                match self.word().value.compare_exchange(from, to, success) {
                    Ok(()) => Ok(current),
                    Err(now) => Err((now as $integer).wrapping_add(self.initial)),
                }
            }

            #[allow(dead_code)]
            pub(crate) fn fetch_and(&self, bits: $integer, order: Ordering) -> $integer {
                CHANGES.set(CHANGES.get() + 1);
                assert_eq!(self.initial, 0, "the difference to the initial value would not be a mask");
                self.word().value.and(bits as u64, order) as $integer
            }

            #[allow(dead_code)]
            pub(crate) fn compare_exchange(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                // One that fails is a load, and may see what is old.
                let seen = self.load(Ordering::Relaxed);
                if seen == current {
                    self.compare_exchange_weak(current, new, success, failure)
                } else {
                    CHANGES.set(CHANGES.get() + 1);
                    Err(seen)
                }
            }

            #[allow(dead_code)]
            pub(crate) fn fetch_add(&self, n: $integer, order: Ordering) -> $integer {
                CHANGES.set(CHANGES.get() + 1);
                (self.word().value.add(n as u64, order) as $integer).wrapping_add(self.initial)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
            }
        }
    };
}
atomic!(AtomicU8, u8);
atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);
atomic!(AtomicUsize, usize);
