//! Loom models of the package, on loom's threads: `RUSTFLAGS="--cfg loom" cargo test --profile loom --test models`.
#![cfg(loom)]

mod models {
    mod futures;
    mod plain;
    mod prices;
    mod queue;
    mod thread;
}
