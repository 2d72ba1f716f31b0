//! The rows of `rows/event.rs` under criterion.

mod bench;

fn main() {
    bench::criterion(bench::rows::event::rows());
}
