//! The traits of other crates, each behind a feature of its name.

#[cfg(feature = "lock_api")]
pub mod lock_api;
#[cfg(feature = "lock_api_04")]
pub mod lock_api_04;
#[cfg(feature = "serde")]
mod serde;
