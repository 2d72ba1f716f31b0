//! The rows of `rows/lock.rs` under criterion.

mod bench;

fn main() {
    bench::criterion(bench::rows::lock::rows());
}
