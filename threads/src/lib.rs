#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod futures;
mod limit;
pub mod queue;
mod sys;
pub mod thread;

#[cfg(doc)]
#[doc = include_str!("../docs/porting.md")]
pub mod porting {}

#[cfg(doc)]
#[doc = include_str!("../docs/python-tests.md")]
pub mod python_tests {}
