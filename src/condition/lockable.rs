//! What a `Condition` can be built over, and what it needs of it.
#![allow(unsafe_code)]

use super::{Condition, ConditionGuard};
use crate::lock::{Lock, LockGuard};
use crate::rlock::{RLock, RLockGuard};
use core::ops::Deref;
use std::time::{Duration, Instant};

/// A lock that a [`Condition`](crate::Condition) can be built over: `Lock<T>`, `RLock<T>` with `T: Sync`, and `&L` or
/// `Arc<L>` of one.
///
/// Sealed: nobody else can implement it, and it has no methods for you to call.
///
/// # Why `RLock<T>` needs `T: Sync`
/// Waiting releases all levels of an `RLock`. The outer levels of the waiting thread keep their `&T` meanwhile, and the
/// thread that holds the lock then gets one too. So two threads have a `&T` at the same time, which is what `Sync` is
/// about.
///
/// # Generic code
/// It takes a [`Condition<L>`](crate::Condition). With `L: Lockable<Value = V>` its guard gives `&V`. To change the value, ask for
/// `L: Lockable<Value = V, Target = Lock<V>>`, which are `Lock<V>`, `&Lock<V>` and `Arc<Lock<V>>`: then the guard gives `&mut V` too,
/// and there is [`wait_some_with`](crate::Condition::wait_some_with).
///
/// # Examples
/// Over any lock, with a value that is changed through `&`:
/// ```
/// use sixfold::{Condition, Lock, Lockable, RLock};
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use std::time::Duration;
///
/// struct Gate<L>(Condition<L>);
///
/// impl<L: Lockable<Value = AtomicU32>> Gate<L> {
///     fn open(&self) {
///         let held = self.0.hold();
///         held.store(1, Relaxed);
///         held.notify_all();
///     }
///     fn pass(&self, timeout: Duration) -> bool {
///         self.0.hold().wait_for_timeout(|open| open.load(Relaxed) == 1, timeout)
///     }
/// }
///
/// let lock = RLock::with_value(AtomicU32::new(0));
/// let gates = (Gate(Condition::with_lock(&lock)), Gate(Condition::with_lock(Lock::with_value(AtomicU32::new(0)))));
/// gates.0.open();
/// assert!(gates.0.pass(Duration::ZERO) && !gates.1.pass(Duration::ZERO));
/// ```
/// Over any `Lock` of a value, however it is shared, with two conditions:
/// ```
/// use sixfold::{Condition, Lock, Lockable};
/// use std::collections::VecDeque;
/// use std::sync::Arc;
///
/// struct Queue<L> {
///     filled: Condition<L>,
///     emptied: Condition<L>,
/// }
///
/// impl<T, L: Clone + Lockable<Value = VecDeque<T>, Target = Lock<VecDeque<T>>>> Queue<L> {
///     fn over(lock: L) -> Self {
///         Self { filled: Condition::with_lock(lock.clone()), emptied: Condition::with_lock(lock) }
///     }
///     fn put(&self, item: T) {
///         let mut held = self.emptied.hold();
///         held.wait_for(|items| items.len() < 8);
///         held.push_back(item);
///         self.filled.notify_with(&held, 1);
///     }
///     fn get(&self) -> T {
///         let mut held = self.filled.hold();
///         let item = self.filled.wait_some_with(&mut held, VecDeque::pop_front);
///         self.emptied.notify_with(&held, 1);
///         item
///     }
/// }
///
/// let lock = Lock::with_value(VecDeque::new());
/// let (lent, shared) = (Queue::over(&lock), Queue::over(Arc::new(Lock::with_value(VecDeque::new()))));
/// lent.put(1);
/// shared.put(lent.get());
/// assert_eq!(shared.get(), 1);
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
    note = "if it is an `RLock` of a `Cell`: that is not `Sync`; use a `Lock<T>`, whose guard gives `&mut T`, an atomic, or a `Lock` inside, as in `RLock<Lock<T>>`"
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
    use crate::condition::Condition;
    use crate::deadline::Deadline;
    use crate::error::NotHeldError;
    use crate::lock::Lock;
    use crate::raw::{Levels, RawLock};
    use crate::rlock::{AHoldStaysInItsThread, RLock};
    use crate::shim::caller::Caller;
    use core::marker::PhantomData;
    use std::sync::Arc;

    /// A lock, a pointer to one, or a condition over one.
    pub trait Guarding {
        /// What the lock guards.
        type Value: ?Sized;
    }

    /// A lock, or a pointer to one.
    pub trait LockRef: Guarding {
        #[doc(hidden)]
        type Target: Hold<Value = Self::Value> + ?Sized;

        /// The lock.
        #[doc(hidden)]
        fn target(&self) -> &Self::Target;
    }

    /// What a condition does to the lock itself.
    pub trait Hold: Guarding {
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
    #[diagnostic::on_unimplemented(
        message = "a `{Self}` gives only `&` to its value, so nothing can be taken out of it",
        label = "`wait_some_with` takes something out, which needs a `Lock<T>`",
        note = "use a `Lock<T>`, or `wait_for_with` and change the value through an atomic; generic code asks for `L: Lockable<Value = V, Target = Lock<V>>`"
    )]
    pub trait Exclusive: Hold {}

    /// The guard of a hold that a condition over `L` can use.
    pub trait HeldBy<L: ?Sized> {
        /// The lock that it holds: the condition compares the addresses.
        #[doc(hidden)]
        fn raw_lock(&self) -> &RawLock;
    }

    impl<T: ?Sized> Guarding for Lock<T> {
        type Value = T;
    }
    impl<T: ?Sized> Guarding for RLock<T> {
        type Value = T;
    }
    impl<L: super::Lockable> Guarding for Condition<L> {
        type Value = L::Value;
    }

    impl<T: ?Sized> Hold for Lock<T> {
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
            impl<L: LockRef + ?Sized> Guarding for $pointer {
                type Value = L::Value;
            }

            impl<L: LockRef + ?Sized> LockRef for $pointer {
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

/// Any lock that is held with a guard: `Lock<T>`, `RLock<T>`, and a [`Condition`] over one. For code that is generic over the lock.
///
/// It has no call that releases, so generic code cannot free a lock under a guard. It holds and does not wait: for that
/// take a [`Condition<L>`](Condition), see [`Lockable`]. Pointers to locks do not implement it: generic code that takes
/// them asks for `P: Deref<Target: AnyLock>`, which covers `&L`, `Arc<L>`, `Box<L>` and `LazyLock<L>`. The methods of
/// the types themselves win over these, so to import it changes no call. It is not dyn-compatible.
///
/// Sealed: nobody else can implement it.
///
/// # Examples
/// A counter over whichever lock its user has:
/// ```
/// use sixfold::{AnyLock, Condition, Lock};
/// use std::ops::DerefMut;
///
/// fn count<'a, L: AnyLock>(lock: &'a L)
/// where
///     L::Guard<'a>: DerefMut<Target = u32>,
/// {
///     *lock.hold() += 1;
/// }
///
/// let (plain, watched) = (Lock::with_value(0), Condition::with_value(0));
/// count(&plain);
/// count(&watched);
/// assert_eq!((*plain.hold(), *watched.hold()), (1, 1));
/// ```
/// A component that holds a pointer to a lock:
/// ```
/// use sixfold::{AnyLock, Lock, RLock};
/// use std::ops::Deref;
/// use std::sync::Arc;
///
/// struct Gauge<P>(P);
///
/// impl<P: Deref<Target: AnyLock<Value = u32>>> Gauge<P> {
///     fn read(&self) -> u32 {
///         *self.0.hold()
///     }
/// }
///
/// assert_eq!(Gauge(Arc::new(Lock::with_value(3))).read(), 3);
/// assert_eq!(Gauge(&RLock::with_value(4)).read(), 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no lock of this crate",
    label = "needs a `Lock<T>`, an `RLock<T>` or a `Condition` over one",
    note = "a pointer to a lock is none: pass the lock itself, as in `&*lock`, or ask for `P: Deref<Target: AnyLock>`"
)]
pub trait AnyLock: sealed::Guarding {
    /// The guard: [`LockGuard`], [`RLockGuard`] or [`ConditionGuard`].
    type Guard<'a>: Deref<Target = Self::Value>
    where
        Self: 'a;

    /// Waits until the lock is free and holds it while the guard lives.
    ///
    /// # Panics
    /// As the type's own `hold`.
    ///
    /// # Examples
    /// ```
    /// fn read<L: sixfold::AnyLock<Value = u8>>(lock: &L) -> u8 {
    ///     *lock.hold()
    /// }
    /// assert_eq!(read(&sixfold::Lock::with_value(3)), 3);
    /// ```
    #[track_caller]
    fn hold(&self) -> Self::Guard<'_>;

    /// Holds the lock if it is free.
    ///
    /// # Panics
    /// As the type's own `hold`.
    ///
    /// # Examples
    /// ```
    /// fn peek<L: sixfold::AnyLock<Value = u8>>(lock: &L) -> Option<u8> {
    ///     lock.try_hold().map(|value| *value)
    /// }
    /// assert_eq!(peek(&sixfold::Lock::with_value(3)), Some(3));
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    fn try_hold(&self) -> Option<Self::Guard<'_>>;

    /// Waits at most `timeout` for a hold. Zero is one try; too large to be added to now is for ever.
    ///
    /// # Panics
    /// As the type's own `hold`.
    ///
    /// # Examples
    /// ```
    /// fn read<L: sixfold::AnyLock<Value = u8>>(lock: &L) -> Option<u8> {
    ///     lock.hold_timeout(std::time::Duration::from_secs(1)).map(|value| *value)
    /// }
    /// assert_eq!(read(&sixfold::Lock::with_value(3)), Some(3));
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    fn hold_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>>;

    /// Waits until `deadline` for a hold; one that has passed is one try.
    ///
    /// # Panics
    /// As the type's own `hold`.
    ///
    /// # Examples
    /// ```
    /// fn read<L: sixfold::AnyLock<Value = u8>>(lock: &L) -> Option<u8> {
    ///     lock.hold_deadline(std::time::Instant::now()).map(|value| *value)
    /// }
    /// assert_eq!(read(&sixfold::Lock::with_value(3)), Some(3));
    /// ```
    #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
    #[track_caller]
    fn hold_deadline(&self, deadline: Instant) -> Option<Self::Guard<'_>>;

    /// Whether any thread holds the lock: a snapshot that may be stale at once.
    ///
    /// # Examples
    /// ```
    /// fn is_busy<L: sixfold::AnyLock>(lock: &L) -> bool {
    ///     lock.locked()
    /// }
    /// assert!(!is_busy(&sixfold::Lock::new()));
    /// ```
    #[must_use]
    fn locked(&self) -> bool;
}

macro_rules! any_lock {
    ($([$($generics:tt)*] $lock:ty, $guard:ident<'a, $parameter:ident>;)*) => {$(
        impl<$($generics)*> AnyLock for $lock {
            type Guard<'a> = $guard<'a, $parameter> where Self: 'a;

            #[track_caller]
            #[inline]
            fn hold(&self) -> Self::Guard<'_> {
                Self::hold(self)
            }
            #[track_caller]
            #[inline]
            fn try_hold(&self) -> Option<Self::Guard<'_>> {
                Self::try_hold(self)
            }
            #[track_caller]
            #[inline]
            fn hold_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>> {
                Self::hold_timeout(self, timeout)
            }
            #[track_caller]
            #[inline]
            fn hold_deadline(&self, deadline: Instant) -> Option<Self::Guard<'_>> {
                Self::hold_deadline(self, deadline)
            }
            #[inline]
            fn locked(&self) -> bool {
                Self::locked(self)
            }
        }
    )*};
}
any_lock! {
    [T: ?Sized] Lock<T>, LockGuard<'a, T>;
    [T: ?Sized] RLock<T>, RLockGuard<'a, T>;
    [L: Lockable] Condition<L>, ConditionGuard<'a, L>;
}
