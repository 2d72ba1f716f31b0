//! The rows of `rows/barrier.rs` under criterion.

mod bench;

fn main() {
    bench::criterion(bench::rows::barrier::rows());
}
