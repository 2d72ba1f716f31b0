//! What both semaphores share: calls for several permits, holds with an `Arc` guard, and the guards.

use crate::bounded_semaphore::BoundedSemaphore;
use crate::deadline::Deadline;
use crate::raw::Permits;
use crate::semaphore::Semaphore;
use crate::shim::thread;
use core::fmt;
use core::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a guard needs of its semaphore.
trait Source {
    fn permits(&self) -> &Permits;

    /// As many permits as there may be.
    fn most(&self) -> u64;

    /// Gives back `n` permits, or as many as there is room for: others may have released too many.
    #[inline]
    fn give_back(&self, n: usize) {
        if n == 1 {
            // An error: there is no room for it.
            let _ = self.permits().release(1, self.most());
        } else {
            self.give_back_many(n as u64);
        }
    }

    /// Not inline, so that the drop of a guard with one permit stays short.
    #[inline(never)]
    fn give_back_many(&self, n: u64) {
        let mut fits = n;
        while fits > 0 && self.permits().release(fits, self.most()).is_err() {
            // The release has failed, so this is no older than that.
            fits = n.min(self.most() - self.permits().free());
        }
    }

    /// What a request for `n` asks for.
    ///
    /// # Panics
    /// If it can never be served.
    #[track_caller]
    #[inline]
    fn request(&self, n: usize) -> u64 {
        if n as u64 > self.most() {
            never(n, self.most());
        }
        n as u64
    }
}

#[cold]
#[track_caller]
fn never(n: usize, most: u64) -> ! {
    panic!(
        "a request for {n} permits of a semaphore that never has more than {most} can never be served: \
         compare it with MAX_VALUE, or with bound(), before you ask"
    )
}

impl Source for Semaphore {
    #[inline]
    fn permits(&self) -> &Permits {
        &self.permits
    }
    #[inline]
    fn most(&self) -> u64 {
        Self::MAX_VALUE as u64
    }
}

impl Source for BoundedSemaphore {
    #[inline]
    fn permits(&self) -> &Permits {
        &self.inner.permits
    }
    #[inline]
    fn most(&self) -> u64 {
        self.bound() as u64
    }
}

/// Permits that are taken, and given back by the drop.
struct Held<P: Deref<Target: Source>> {
    semaphore: P,
    permits: usize,
}

impl<P: Deref<Target: Source>> Held<P> {
    fn split(&mut self, n: usize) -> Option<Self>
    where
        P: Clone,
    {
        let left = self.permits.checked_sub(n)?;
        let part = Self { semaphore: self.semaphore.clone(), permits: n };
        self.permits = left;
        Some(part)
    }

    #[track_caller]
    fn merge<Q: Deref<Target = P::Target>>(&mut self, mut other: Held<Q>) {
        assert!(
            core::ptr::eq(&*self.semaphore, &*other.semaphore),
            "guards of two semaphores cannot be merged: the permits of each belong to its own"
        );
        let sum = self.permits + other.permits;
        assert!(
            sum <= Semaphore::MAX_VALUE,
            "these guards cannot be merged: together they hold {sum} permits, more than MAX_VALUE"
        );
        other.permits = 0;
        self.permits = sum;
    }
}

impl<P: Deref<Target: Source>> Drop for Held<P> {
    #[inline]
    fn drop(&mut self) {
        thread::in_drop(|| self.semaphore.give_back(self.permits));
    }
}

macro_rules! guard_methods {
    ($semaphore:ident, $hold:literal, $other:ty) => {
        /// How many permits it holds.
        ///
        /// # Examples
        /// ```
        /// # use std::sync::Arc;
        #[doc = concat!("let permits = Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
        #[doc = concat!("assert_eq!(permits.", $hold, "(2).permits(), 2);")]
        /// ```
        #[must_use]
        #[inline]
        pub fn permits(&self) -> usize {
            self.held.permits
        }

        /// Moves `n` of its permits into a guard of their own. `None`: it holds fewer, and nothing has changed. With
        /// all of them, this guard is left with none, and its drop does nothing.
        ///
        /// # Examples
        /// ```
        /// # use std::sync::Arc;
        #[doc = concat!("let permits = Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
        #[doc = concat!("let mut batch = permits.", $hold, "(3);")]
        /// let one = batch.split(1).expect("it holds three");
        /// drop(batch);
        /// assert_eq!((permits.value(), one.permits()), (2, 1));
        /// ```
        #[must_use = "the guard of the part that is split off gives it back as soon as it is dropped"]
        pub fn split(&mut self, n: usize) -> Option<Self> {
            self.held.split(n).map(|held| Self { held })
        }

        /// Takes over the permits of `other`, so that one drop gives back all of them in one step.
        ///
        /// # Panics
        /// If `other` is of another semaphore, or if that would be more than `MAX_VALUE` permits, which is possible
        /// where permits are also released by hand. Both guards still give back their own then.
        ///
        /// # Examples
        /// ```
        /// # use std::sync::Arc;
        #[doc = concat!("let permits = Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
        #[doc = concat!("let mut batch = permits.", $hold, "(1);")]
        #[doc = concat!("batch.merge(permits.", $hold, "(2));")]
        /// assert_eq!(batch.permits(), 3);
        /// ```
        #[track_caller]
        pub fn merge(&mut self, other: $other) {
            self.held.merge(other.held);
        }

        /// Ends the hold without giving the permits back: they stay taken, until somebody releases as many by hand.
        ///
        /// # Examples
        /// ```
        /// # use std::sync::Arc;
        #[doc = concat!("let permits = Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
        #[doc = concat!("permits.", $hold, "(2).forget();")]
        /// assert_eq!(permits.value(), 1);
        /// ```
        pub fn forget(mut self) {
            self.held.permits = 0;
        }
    };
}

macro_rules! debug_of_guard {
    ($($guard:ty, $name:literal;)*) => {$(
        impl fmt::Debug for $guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name)
                    .field("permits", &self.held.permits)
                    .field("semaphore", &&*self.held.semaphore)
                    .finish()
            }
        }
    )*};
}
debug_of_guard! {
    SemaphoreGuard<'_>, "SemaphoreGuard";
    BoundedSemaphoreGuard<'_>, "BoundedSemaphoreGuard";
    ArcSemaphoreGuard, "ArcSemaphoreGuard";
    ArcBoundedSemaphoreGuard, "ArcBoundedSemaphoreGuard";
}

/// Holds permits of a [`Semaphore`] until dropped: one, or as many as were asked for.
///
/// Its drop releases them in one step and never panics. It may be dropped by another thread, which so gives them back. If others
/// have released up to the maximum meanwhile, it gives back as many as there is room for.
///
/// # Examples
/// ```
/// use sixfold::Semaphore;
///
/// static WORKERS: Semaphore = Semaphore::new(2);
///
/// let permit = WORKERS.hold();
/// let worker = std::thread::spawn(move || {
///     let _permit = permit; // to the end of the thread
/// });
/// worker.join().expect("it does not panic");
/// assert_eq!(WORKERS.value(), 2);
/// ```
#[doc(alias("SemaphorePermit", "SemaphoreReleaser"))]
#[clippy::has_significant_drop]
#[must_use = "the permit is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct SemaphoreGuard<'a> {
    held: Held<&'a Semaphore>,
}

impl<'a> SemaphoreGuard<'a> {
    #[inline]
    pub(crate) fn of(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self { held: Held { semaphore, permits } }
    }

    guard_methods!(Semaphore, "hold_many", SemaphoreGuard<'_>);
}

/// Holds permits of a [`BoundedSemaphore`] until dropped: one, or as many as were asked for.
///
/// Its drop releases them in one step and never panics. If others have released too often meanwhile, it gives back as many as there
/// is room for.
///
/// # Examples
/// ```
/// let connections = sixfold::BoundedSemaphore::new(2);
/// let one = connections.hold();
/// let other = connections.try_hold().expect("there are two");
/// assert!(connections.try_hold().is_none());
/// drop((one, other));
/// assert_eq!(connections.value(), 2);
/// ```
#[clippy::has_significant_drop]
#[must_use = "the permit is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
pub struct BoundedSemaphoreGuard<'a> {
    held: Held<&'a BoundedSemaphore>,
}

impl<'a> BoundedSemaphoreGuard<'a> {
    #[inline]
    pub(crate) fn of(semaphore: &'a BoundedSemaphore, permits: usize) -> Self {
        Self { held: Held { semaphore, permits } }
    }

    guard_methods!(BoundedSemaphore, "hold_many", BoundedSemaphoreGuard<'_>);
}

macro_rules! owned_guard {
    ($semaphore:ident, $guard:ident) => {
        #[doc = concat!("Holds permits of a [`", stringify!($semaphore), "`] and a share in the semaphore itself, until dropped.")]
        ///
        /// It borrows nothing, so it can be kept in a struct, a `'static` job or a collection. Its drop releases the permits in
        /// one step, never panics, and then drops the `Arc`.
        ///
        /// # Examples
        /// A job that takes its permit along:
        /// ```
        #[doc = concat!("use sixfold::", stringify!($semaphore), ";")]
        /// use std::sync::Arc;
        ///
        #[doc = concat!("let workers = Arc::new(", stringify!($semaphore), "::new(2));")]
        /// let permit = workers.hold_arc();
        /// let job: Box<dyn FnOnce() + Send> = Box::new(move || drop(permit));
        /// assert_eq!(workers.value(), 1);
        /// std::thread::spawn(job).join().expect("it does not panic");
        /// assert_eq!(workers.value(), 2);
        /// ```
        #[doc(alias("OwnedSemaphorePermit", "SemaphoreGuardArc"))]
        #[clippy::has_significant_drop]
        #[must_use = "the permit is released as soon as the guard is dropped: bind it with `let _held =`, not `let _ =`"]
        pub struct $guard {
            held: Held<Arc<$semaphore>>,
        }

        impl $guard {
            fn of(semaphore: &Arc<$semaphore>, permits: usize) -> Self {
                Self { held: Held { semaphore: semaphore.clone(), permits } }
            }

            /// The semaphore.
            ///
            /// # Examples
            /// ```
            /// # use std::sync::Arc;
            #[doc = concat!("let permits = Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
            /// assert!(Arc::ptr_eq(permits.hold_arc().as_semaphore(), &permits));
            /// ```
            #[must_use]
            pub fn as_semaphore(&self) -> &Arc<$semaphore> {
                &self.held.semaphore
            }

            guard_methods!($semaphore, "hold_many_arc", Self);
        }
    };
}
owned_guard!(Semaphore, ArcSemaphoreGuard);
owned_guard!(BoundedSemaphore, ArcBoundedSemaphoreGuard);

/// `acquire`, by hand, of several permits; and the holds of several permits or with a guard that owns its semaphore.
macro_rules! families {
    ($semaphore:ident, $guard:ident, $arc:ident) => {
        impl $semaphore {
            /// Waits until `n` permits are free and takes all of them, in one step.
            ///
            /// A statement: they stay taken until somebody releases as many. A request for 0 returns at once, whoever waits.
            ///
            /// # Panics
            /// If `n` is more than this semaphore can ever have, so that the request could never be served. If `n`
            /// comes from outside, first compare it with the maximum.
            ///
            /// # Fairness
            /// A large request is not passed for ever: see [`Semaphore`](Semaphore#fairness). A thread that holds
            /// permits and waits for more can deadlock with a larger request for the same semaphore.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = sixfold::", stringify!($semaphore), "::new(3);")]
            /// permits.acquire_many(2);
            /// assert_eq!(permits.value(), 1);
            /// ```
            #[track_caller]
            #[inline]
            pub fn acquire_many(&self, n: usize) {
                Source::permits(self).acquire_many_until(self.request(n), || Deadline::Never);
            }

            /// Takes `n` permits if so many are free, or none.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = sixfold::", stringify!($semaphore), "::new(3);")]
            /// assert!(permits.try_acquire_many(2));
            /// assert!(!permits.try_acquire_many(2), "one is left, and stays");
            /// assert_eq!(permits.value(), 1);
            /// ```
            #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.try_hold_many(n)`"]
            #[track_caller]
            #[inline]
            pub fn try_acquire_many(&self, n: usize) -> bool {
                Source::permits(self).try_acquire_many(self.request(n))
            }

            /// Waits at most `timeout` for `n` permits. False: the time was up, and none was taken. Zero is one try; a timeout too
            /// large to be added to now is for ever.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            /// use std::time::Duration;
            ///
            #[doc = concat!("let permits = sixfold::", stringify!($semaphore), "::new(3);")]
            /// assert!(permits.acquire_many_timeout(2, Duration::from_secs(1)));
            /// assert!(!permits.acquire_many_timeout(2, Duration::from_millis(1)));
            /// ```
            #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.hold_many_timeout(n, …)`"]
            #[track_caller]
            #[inline]
            pub fn acquire_many_timeout(&self, n: usize, timeout: Duration) -> bool {
                Source::permits(self).acquire_many_until(self.request(n), || Deadline::after(timeout))
            }

            /// Waits until `deadline` for `n` permits; one that has passed is one try. False: the time was up.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = sixfold::", stringify!($semaphore), "::new(3);")]
            /// assert!(permits.acquire_many_deadline(3, std::time::Instant::now()), "one try, and they are free");
            /// ```
            #[must_use = "false means that no permit was taken; for a scope, use `let _held = semaphore.hold_many_deadline(n, …)`"]
            #[track_caller]
            #[inline]
            pub fn acquire_many_deadline(&self, n: usize, deadline: Instant) -> bool {
                Source::permits(self).acquire_many_until(self.request(n), || Deadline::at(deadline))
            }

            /// Waits until `n` permits are free and holds all of them while the guard lives.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// A batch that needs four connections, beside requests that need one:
            /// ```
            #[doc = concat!("let connections = sixfold::", stringify!($semaphore), "::new(8);")]
            /// {
            ///     let _batch = connections.hold_many(4);
            ///     assert_eq!(connections.value(), 4);
            /// }
            /// assert_eq!(connections.value(), 8);
            /// ```
            #[doc(alias = "acquire_many")]
            #[track_caller]
            #[inline]
            pub fn hold_many(&self, n: usize) -> $guard<'_> {
                self.acquire_many(n);
                $guard::of(self, n)
            }

            /// Holds `n` permits if so many are free, or none.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = sixfold::", stringify!($semaphore), "::new(3);")]
            /// let held = permits.try_hold_many(2);
            /// assert!(held.is_some() && permits.try_hold_many(2).is_none());
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[track_caller]
            #[inline]
            pub fn try_hold_many(&self, n: usize) -> Option<$guard<'_>> {
                self.try_acquire_many(n).then(|| $guard::of(self, n))
            }

            /// Waits at most `timeout` to hold `n` permits. `None`: the time was up. Zero is one try.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = sixfold::", stringify!($semaphore), "::new(3);")]
            /// assert!(permits.hold_many_timeout(2, std::time::Duration::from_secs(1)).is_some());
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[track_caller]
            #[inline]
            pub fn hold_many_timeout(&self, n: usize, timeout: Duration) -> Option<$guard<'_>> {
                self.acquire_many_timeout(n, timeout).then(|| $guard::of(self, n))
            }

            /// Waits until `deadline` to hold `n` permits; one that has passed is one try. `None`: the time was up.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = sixfold::", stringify!($semaphore), "::new(3);")]
            /// assert!(permits.hold_many_deadline(2, std::time::Instant::now()).is_some(), "one try, and they are free");
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[track_caller]
            #[inline]
            pub fn hold_many_deadline(&self, n: usize, deadline: Instant) -> Option<$guard<'_>> {
                self.acquire_many_deadline(n, deadline).then(|| $guard::of(self, n))
            }

            /// As [`hold`](Self::hold), with a guard that shares in the semaphore instead of borrowing it.
            ///
            /// # Examples
            /// A pool whose permits go with what is checked out of it:
            /// ```
            #[doc = concat!("use sixfold::{", stringify!($arc), ", ", stringify!($semaphore), "};")]
            /// use std::sync::Arc;
            ///
            /// struct Connection {
            #[doc = concat!("    _permit: ", stringify!($arc), ", // goes back when the connection is dropped")]
            /// }
            ///
            #[doc = concat!("let free = Arc::new(", stringify!($semaphore), "::new(2));")]
            /// let connection = Connection { _permit: free.hold_arc() };
            /// assert_eq!(free.value(), 1);
            /// drop(connection);
            /// assert_eq!(free.value(), 2);
            /// ```
            #[doc(alias("acquire_owned", "acquire_arc"))]
            #[cfg_attr(loom, track_caller)]
            pub fn hold_arc(self: &Arc<Self>) -> $arc {
                self.acquire();
                $arc::of(self, 1)
            }

            /// As [`try_hold`](Self::try_hold), with a guard that shares in the semaphore.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = std::sync::Arc::new(sixfold::", stringify!($semaphore), "::new(1));")]
            /// let held = permits.try_hold_arc();
            /// assert!(held.is_some() && permits.try_hold_arc().is_none());
            /// ```
            #[doc(alias = "try_acquire_owned")]
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[cfg_attr(loom, track_caller)]
            pub fn try_hold_arc(self: &Arc<Self>) -> Option<$arc> {
                self.try_acquire().then(|| $arc::of(self, 1))
            }

            /// As [`hold_timeout`](Self::hold_timeout), with a guard that shares in the semaphore.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = std::sync::Arc::new(sixfold::", stringify!($semaphore), "::new(1));")]
            /// assert!(permits.hold_arc_timeout(std::time::Duration::from_secs(1)).is_some());
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[cfg_attr(loom, track_caller)]
            pub fn hold_arc_timeout(self: &Arc<Self>, timeout: Duration) -> Option<$arc> {
                self.acquire_timeout(timeout).then(|| $arc::of(self, 1))
            }

            /// As [`hold_deadline`](Self::hold_deadline), with a guard that shares in the semaphore.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = std::sync::Arc::new(sixfold::", stringify!($semaphore), "::new(0));")]
            /// assert!(permits.hold_arc_deadline(std::time::Instant::now()).is_none(), "one try, and there is none");
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[cfg_attr(loom, track_caller)]
            pub fn hold_arc_deadline(self: &Arc<Self>, deadline: Instant) -> Option<$arc> {
                self.acquire_deadline(deadline).then(|| $arc::of(self, 1))
            }

            /// As [`hold_many`](Self::hold_many), with a guard that shares in the semaphore.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = std::sync::Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
            /// let batch = permits.hold_many_arc(2);
            /// std::thread::spawn(move || drop(batch)).join().expect("it does not panic");
            /// assert_eq!(permits.value(), 3);
            /// ```
            #[doc(alias = "acquire_many_owned")]
            #[track_caller]
            pub fn hold_many_arc(self: &Arc<Self>, n: usize) -> $arc {
                self.acquire_many(n);
                $arc::of(self, n)
            }

            /// As [`try_hold_many`](Self::try_hold_many), with a guard that shares in the semaphore.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = std::sync::Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
            /// let batch = permits.try_hold_many_arc(2);
            /// assert!(batch.is_some() && permits.try_hold_many_arc(2).is_none());
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[track_caller]
            pub fn try_hold_many_arc(self: &Arc<Self>, n: usize) -> Option<$arc> {
                self.try_acquire_many(n).then(|| $arc::of(self, n))
            }

            /// As [`hold_many_timeout`](Self::hold_many_timeout), with a guard that shares in the semaphore.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = std::sync::Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
            /// assert!(permits.hold_many_arc_timeout(2, std::time::Duration::from_secs(1)).is_some());
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[track_caller]
            pub fn hold_many_arc_timeout(self: &Arc<Self>, n: usize, timeout: Duration) -> Option<$arc> {
                self.acquire_many_timeout(n, timeout).then(|| $arc::of(self, n))
            }

            /// As [`hold_many_deadline`](Self::hold_many_deadline), with a guard that shares in the semaphore.
            ///
            /// # Panics
            /// As [`acquire_many`](Self::acquire_many).
            ///
            /// # Examples
            /// ```
            #[doc = concat!("let permits = std::sync::Arc::new(sixfold::", stringify!($semaphore), "::new(3));")]
            /// assert!(permits.hold_many_arc_deadline(3, std::time::Instant::now()).is_some(), "one try");
            /// ```
            #[must_use = "a guard that is not bound is dropped at once: write `let Some(_held) =` or `let _held =`, not `let _ =`"]
            #[track_caller]
            pub fn hold_many_arc_deadline(self: &Arc<Self>, n: usize, deadline: Instant) -> Option<$arc> {
                self.acquire_many_deadline(n, deadline).then(|| $arc::of(self, n))
            }
        }
    };
}
families!(Semaphore, SemaphoreGuard, ArcSemaphoreGuard);
families!(BoundedSemaphore, BoundedSemaphoreGuard, ArcBoundedSemaphoreGuard);
