//! The rows of `rows/condition.rs` under criterion.

mod bench;

fn main() {
    bench::criterion(bench::rows::condition::rows());
}
