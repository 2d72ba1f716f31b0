//! An experiment: a lock that is given back by a plain store. `README.md` has its proof, its figures and the verdict.

mod fences;
mod lock;
#[cfg(loom)]
pub mod model;
#[cfg(not(loom))]
mod parking;

pub use fences::Step;
#[cfg(not(loom))]
pub use fences::membarrier;
pub use lock::{Guard, Lock, NotHeld};
