//! The rows of `rows/semaphore.rs` under criterion.

mod bench;

fn main() {
    bench::criterion(bench::rows::semaphore::rows());
}
