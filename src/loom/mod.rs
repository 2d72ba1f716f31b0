//! What this crate needs of loom: objects that are new in each execution, reports, the twin of the parking lot, and the
//! contract model.

#[cfg(sixfold_checked)]
pub(crate) mod atomic;
pub(crate) mod clock;
#[cfg(not(sixfold_checked))]
pub(crate) mod contract;
#[cfg_attr(sixfold_checked, allow(dead_code))]
pub(crate) mod execution;
#[cfg(sixfold_checked)]
pub(crate) mod park;
#[cfg(sixfold_checked)]
pub(crate) mod reached;
#[cfg_attr(sixfold_checked, allow(dead_code))]
pub(crate) mod report;
#[cfg_attr(sixfold_checked, allow(dead_code))]
pub(crate) mod sleeper;
pub(crate) mod thread;
mod unlock;
