//! What a `Condition` can be built over, and what it needs of it.
#![allow(unsafe_code)]

use crate::lock::Lock;
use crate::rlock::RLock;

/// A lock that a [`Condition`](crate::Condition) can be built over: `Lock<T>`, `RLock<T>` with `T: Sync`, and `&L` or
/// `Arc<L>` of one.
///
/// Sealed: nobody else can implement it, and it has no methods for you to call.
///
/// # Why `RLock<T>` needs `T: Sync`
/// Waiting lets go of all levels of an `RLock`. The outer levels of the waiting thread keep their `&T` meanwhile, and the
/// thread that holds the lock then gets one too. So two threads have a `&T` at the same time, which is what `Sync` is
/// about.
///
/// # Examples
/// ```
/// use sixfold::{Condition, Lock, Lockable};
/// use std::sync::Arc;
///
/// fn wake_everybody<L: Lockable>(condition: &Condition<L>) -> usize {
///     condition.hold().notify_all()
/// }
///
/// let lock = Arc::new(Lock::with_value(0));
/// assert_eq!(wake_everybody(&Condition::with_lock(lock.clone())), 0);
/// assert_eq!(wake_everybody(&Condition::with_lock(&*lock)), 0);
/// ```
/// A `Cell` is not `Sync`:
/// ```compile_fail,E0277
/// use sixfold::{Condition, RLock};
/// use std::cell::Cell;
///
/// let condition = Condition::with_lock(RLock::with_value(Cell::new(0)));
/// let _held = condition.hold();
/// ```
/// An atomic is:
/// ```
/// use sixfold::{Condition, RLock};
/// use std::sync::atomic::AtomicU32;
///
/// let condition = Condition::with_lock(RLock::with_value(AtomicU32::new(0)));
/// let _held = condition.hold();
/// ```
#[diagnostic::on_unimplemented(
    message = "a `Condition` cannot be used over `{Self}`",
    label = "a `Condition` goes over a `Lock<T>`, an `RLock<T>` whose `T` is `Sync`, or a `&` or `Arc` of one",
    note = "if it is an `RLock` of a `Cell`: that is not `Sync`; use a `Lock<T>`, whose guard gives `&mut T`, or an atomic"
)]
pub trait Lockable: sealed::LockRef {}

/// A [`Lockable`] that guards no value, so that it can also be used by hand.
///
/// Sealed, like [`Lockable`].
///
/// # Examples
/// ```
/// use sixfold::{Condition, NotHeldError, RawLockable};
///
/// fn pulse<L: RawLockable>(condition: &Condition<L>) -> Result<usize, NotHeldError> {
///     condition.acquire();
///     let woken = condition.notify_all()?;
///     condition.release()?;
///     Ok(woken)
/// }
/// assert_eq!(pulse(&Condition::new()), Ok(0));
/// ```
#[diagnostic::on_unimplemented(
    message = "a `Condition` over `{Self}` cannot be used by hand",
    label = "only over a `Lock` or `RLock` that guards no value",
    note = "use the scoped calls: `let mut held = condition.hold();`, then `held.wait()` or `held.notify(1)`"
)]
pub trait RawLockable: Lockable {}

/// What a condition needs of its lock. Generic code can reach these methods through `L: Lockable`, without a name for
/// the traits; so everything that takes, drops or fakes a hold is `unsafe`.
pub(crate) mod sealed {
    use crate::deadline::Deadline;
    use crate::error::NotHeldError;
    use crate::lock::Lock;
    use crate::raw::{Levels, RawLock};
    use crate::rlock::{AHoldStaysInItsThread, RLock};
    use crate::shim::caller::Caller;
    use core::marker::PhantomData;
    use std::sync::Arc;

    /// A lock, or a pointer to one.
    pub trait LockRef {
        /// What the lock guards.
        #[doc(hidden)]
        type Value: ?Sized;
        #[doc(hidden)]
        type Target: Hold<Value = Self::Value> + ?Sized;

        /// The lock.
        #[doc(hidden)]
        fn target(&self) -> &Self::Target;
    }

    /// What a condition does to the lock itself.
    pub trait Hold {
        #[doc(hidden)]
        type Value: ?Sized;
        /// `Send` and `Sync` as the lock's own guard.
        #[doc(hidden)]
        type Mark;

        /// The lock proper, for its queue.
        #[doc(hidden)]
        fn raw(&self) -> &RawLock;

        /// Where the value is.
        #[doc(hidden)]
        fn value(&self) -> *mut Self::Value;

        /// Whether the caller may wait and notify: it owns the lock, or the lock, which has no owner, is held.
        #[doc(hidden)]
        fn is_held(&self) -> bool;

        /// Takes one hold.
        ///
        /// # Safety
        /// The caller gives it back, once, or passes it on to somebody who does.
        #[doc(hidden)]
        #[track_caller]
        unsafe fn take(&self);

        /// Takes one hold until a deadline, which is asked for only if the lock is not free.
        ///
        /// # Safety
        /// As `take`, if it returns true.
        #[doc(hidden)]
        #[track_caller]
        unsafe fn take_until(&self, deadline: impl FnOnce() -> Deadline) -> bool;

        /// Gives back one hold.
        ///
        /// # Safety
        /// The hold is the caller's; or the lock guards no value.
        #[doc(hidden)]
        unsafe fn give_back(&self) -> Result<(), NotHeldError>;

        /// Gives back all the holds of this thread at once.
        ///
        /// # Safety
        /// `is_held`, and nobody uses a reference to the value until `reacquire`, but for shared ones to a `Sync` value.
        #[doc(hidden)]
        unsafe fn release_all(&self) -> Levels;

        /// Reacquires what `release_all` released, on behalf of the caller at `place`; `awake`: as a thread that was woken from
        /// the queue of `raw`.
        ///
        /// # Safety
        /// After `release_all`, once, in the same thread, with what it returned.
        #[doc(hidden)]
        unsafe fn reacquire(&self, levels: Levels, awake: bool, place: Caller);
    }

    /// A lock whose guard gives `&mut` to the value.
    pub trait Exclusive: Hold {}

    impl<T: ?Sized> Hold for Lock<T> {
        type Value = T;
        type Mark = PhantomData<T>;

        fn raw(&self) -> &RawLock {
            &self.raw
        }
        fn value(&self) -> *mut T {
            self.value.get()
        }
        fn is_held(&self) -> bool {
            self.raw.locked()
        }
        #[cfg_attr(loom, track_caller)]
        unsafe fn take(&self) {
            self.check_value();
            self.raw.acquire();
        }
        #[cfg_attr(loom, track_caller)]
        unsafe fn take_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
            self.check_value();
            self.raw.acquire_until(deadline)
        }
        unsafe fn give_back(&self) -> Result<(), NotHeldError> {
            self.raw.release()
        }
        unsafe fn release_all(&self) -> Levels {
            // An error means that a stranger has released by hand in the meantime. As in Python, the wait goes on.
            let _ = self.raw.release();
            Levels::ONE
        }
        unsafe fn reacquire(&self, _: Levels, awake: bool, place: Caller) {
            self.raw.reacquire(awake, place);
        }
    }

    impl<T: ?Sized> Exclusive for Lock<T> {}

    impl<T: ?Sized + Sync> Hold for RLock<T> {
        type Value = T;
        type Mark = PhantomData<(PhantomData<dyn AHoldStaysInItsThread>, PhantomData<T>)>;

        fn raw(&self) -> &RawLock {
            self.raw.raw()
        }
        fn value(&self) -> *mut T {
            self.value.get()
        }
        fn is_held(&self) -> bool {
            self.raw.is_owned()
        }
        #[cfg_attr(loom, track_caller)]
        unsafe fn take(&self) {
            self.check_value();
            self.raw.acquire();
        }
        #[cfg_attr(loom, track_caller)]
        unsafe fn take_until(&self, deadline: impl FnOnce() -> Deadline) -> bool {
            self.check_value();
            self.raw.acquire_until(deadline)
        }
        unsafe fn give_back(&self) -> Result<(), NotHeldError> {
            self.raw.release()
        }
        unsafe fn release_all(&self) -> Levels {
            self.raw.release_all()
        }
        unsafe fn reacquire(&self, levels: Levels, awake: bool, place: Caller) {
            self.raw.reacquire(levels, awake, place);
        }
    }

    macro_rules! is_the_lock {
        () => {
            type Value = T;
            type Target = Self;

            #[inline]
            fn target(&self) -> &Self {
                self
            }
        };
    }
    impl<T: ?Sized> LockRef for Lock<T> {
        is_the_lock!();
    }
    impl<T: ?Sized + Sync> LockRef for RLock<T> {
        is_the_lock!();
    }

    macro_rules! points_to_a_lock {
        ($($pointer:ty),+) => {$(
            impl<L: LockRef + ?Sized> LockRef for $pointer {
                type Value = L::Value;
                type Target = L::Target;

                #[inline]
                fn target(&self) -> &L::Target {
                    L::target(self)
                }
            }

            impl<L: super::Lockable + ?Sized> super::Lockable for $pointer {}
            impl<L: super::RawLockable + ?Sized> super::RawLockable for $pointer {}
        )+};
    }
    points_to_a_lock!(&L, Arc<L>);
    #[cfg(loom)]
    points_to_a_lock!(loom::sync::Arc<L>);
}

impl<T: ?Sized> Lockable for Lock<T> {}
impl RawLockable for Lock {}
// Where `T` is not `Sync`, the note of `Lockable` helps more than one on `T`.
#[diagnostic::do_not_recommend]
impl<T: ?Sized + Sync> Lockable for RLock<T> {}
impl RawLockable for RLock {}
