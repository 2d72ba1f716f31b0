//! Components as other crates have them, built on sixfold. Each has its right calls, and beside them wrong ones: mistakes
//! that people make. (`owned_pool` is the one of `examples/pool`; a test uses it wrongly.) `tests/models.rs` shows that a model
//! passes the right ones and finds every wrong one.

pub mod bank;
pub mod once;
pub mod one_shot;
#[path = "../../../examples/pool/pool.rs"]
pub mod owned_pool;
pub mod phases;
pub mod pool;
pub mod queue;
pub mod read_write;
pub mod shared;
pub mod worker;
