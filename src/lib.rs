// Who works on this begins with CONTRIBUTING.md: the map, what happens when a `hold()` must wait, what must be true before an
// ordering is weakened, and how to add a call.

#![doc = include_str!("../docs/crate.md")]
#![warn(unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

/// Marks a place that a model has to come by: see `tests/loom`. Outside of the models of the real machines, nothing.
#[cfg(any(not(loom), sixfold_checked))]
macro_rules! reached {
    ($what:literal) => {{
        #[cfg(all(loom, sixfold_checked))]
        crate::loom::reached::mark($what);
    }};
}

mod deadline;
mod error;
#[cfg(loom)]
mod loom;
#[cfg(any(not(loom), sixfold_checked))]
mod park;
mod raw;
mod shim;

mod barrier;
mod bounded_semaphore;
mod condition;
mod event;
mod guard;
mod lock;
mod many_permits;
mod model;
mod rlock;
mod semaphore;

#[cfg(any(feature = "lock_api", feature = "lock_api_04", feature = "serde"))]
mod interop;
#[cfg(feature = "lock_api")]
pub use interop::lock_api;
#[cfg(feature = "lock_api_04")]
pub use interop::lock_api_04;

#[cfg(all(loom, sixfold_checked))]
#[doc(hidden)]
pub use self::loom::reached::reached;
pub use barrier::{Barrier, BarrierParty};
pub use bounded_semaphore::BoundedSemaphore;
pub use condition::{AnyLock, ArcConditionGuard, Condition, ConditionGuard, GuardOf, Lockable, RawLockable};
pub use error::{BrokenBarrierError, BrokenBarrierKind, NotHeldError, OverReleaseError};
pub use event::Event;
pub use lock::{ArcLockGuard, Lock, LockGuard, MappedLockGuard};
pub use many_permits::{ArcBoundedSemaphoreGuard, ArcSemaphoreGuard, BoundedSemaphoreGuard, SemaphoreGuard};
pub use model::model;
#[cfg(loom)]
pub use model::model_with;
pub use rlock::{ArcRLockGuard, MappedRLockGuard, RLock, RLockGuard};
pub use semaphore::Semaphore;

/// The examples of README.md run too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doc)]
#[doc = include_str!("../docs/design.md")]
pub mod design {}
#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/modelling.md")]
/// # Prices
///
#[doc = include_str!("../docs/printed/prices.md")]
pub mod modelling {}
#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/porting.md")]
pub mod porting {}
#[cfg(doc)]
#[doc = include_str!("../docs/verification.md")]
///
/// # Orderings
///
#[doc = include_str!("../docs/printed/orderings.md")]
///
#[doc = include_str!("../docs/printed/models.md")]
pub mod verification {}
