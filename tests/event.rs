//! Event: Python's `EventTests`, and what they leave out.
#![cfg(not(loom))]

mod common;

use common::{spawn, watchdog};
use sixfold::Event;

#[test]
fn set_followed_at_once_by_clear_frees_all_who_wait() {
    let _watchdog = watchdog();
    let event = Event::new();
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..5).map(|_| spawn(scope, || event.wait())).collect();
        waiters.iter().for_each(|waiter| waiter.until_asleep());
        event.set();
        event.clear();
        waiters.into_iter().for_each(|waiter| waiter.join());
    });
    assert!(!event.is_set());
}
