//! Nothing: see `mistakes`.
