#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

mod atomic;
mod deadline;
mod error;
mod machine;
mod parking;

mod barrier;
mod bounded;
mod condition;
mod event;
mod lock;
mod lockable;
mod model;
mod rlock;
mod semaphore;

pub use barrier::Barrier;
pub use bounded::{BoundedSemaphore, BoundedSemaphoreGuard};
pub use condition::{Condition, ConditionGuard};
pub use error::{BrokenBarrierError, NotHeldError, OverReleaseError};
pub use event::Event;
pub use lock::{Lock, LockGuard};
pub use lockable::{Lockable, RawLockable};
pub use model::model;
pub use rlock::{RLock, RLockGuard};
pub use semaphore::{Semaphore, SemaphoreGuard};

#[cfg(doc)]
pub mod design;
