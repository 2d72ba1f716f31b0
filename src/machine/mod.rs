//! The state machines: what a word means and how it changes. No value, no type parameter of the user's, no clock.
//!
//! | file | the word | used by |
//! |---|---|---|
//! | `permits` | free permits and a line of waiters | `Semaphore`, `BoundedSemaphore`, and with one permit: |
//! | `raw_lock` | `permits` in a byte | `Lock` |
//! | `owned_lock` | `raw_lock`, and who owns it how deep | `RLock` |
//! | `waiters` | how many wait to be notified | `Condition` |
//! | `epochs` | a flag, and how often it was raised | `Event` |
//! | `rounds` | how many have arrived | `Barrier` |

pub(crate) mod epochs;
pub(crate) mod owned_lock;
pub(crate) mod permits;
pub(crate) mod raw_lock;
pub(crate) mod rounds;
pub(crate) mod waiters;
