//! Loom's atomics behind `const` constructors: each execution has a new one, made early enough for every thread.

use super::execution::{Identity, Slot, current};
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
    /// Where those meet who load. Loom remembers the last access to an atomic alone: after a load by one thread, and a
    /// load and a store by another, it would not try the store before the first load.
    loads: Slot,
}

macro_rules! atomic {
    ($name:ident, $integer:ty) => {
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
                self.identity.state(|execution| Word { value: execution.slot(), loads: execution.slot() })
            }

            /// Runs `action` on the loom atomic, which holds the bits in which the value differs from the initial one.
            fn with<R>(&self, action: impl FnOnce(&loom::sync::atomic::AtomicU64, u64) -> R) -> R {
                action(current().atomic(self.word().value), self.initial as u64)
            }

            pub(crate) fn load(&self, order: Ordering) -> $integer {
                current().meet(self.word().loads);
                self.with(|atomic, initial| atomic.load(order) ^ initial) as $integer
            }

            #[allow(dead_code)]
            pub(crate) fn store(&self, value: $integer, order: Ordering) {
                self.with(|atomic, initial| atomic.store(value as u64 ^ initial, order));
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
                let swapped = self.with(|atomic, initial| {
                    let (current, new) = (current as u64 ^ initial, new as u64 ^ initial);
                    atomic
                        .compare_exchange_weak(current, new, success, failure)
                        .map(|old| old ^ initial)
                        .map_err(|old| old ^ initial)
                });
                swapped.map(|old| old as $integer).map_err(|old| old as $integer)
            }

            #[allow(dead_code)]
            pub(crate) fn fetch_and(&self, bits: $integer, order: Ordering) -> $integer {
                CHANGES.set(CHANGES.get() + 1);
                self.with(|atomic, initial| {
                    let bits = bits as u64;
                    assert_eq!(initial & !bits, 0, "the difference to the initial value would not be a mask");
                    atomic.fetch_and(bits, order) ^ initial
                }) as $integer
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
