//! The rows of `rows/rlock.rs` under criterion.

mod bench;

fn main() {
    bench::criterion(bench::rows::rlock::rows());
}
