//! The traps that compile, and the lints that see them; most are off by default. The documentation of `Lock::hold` says
//! which, and this holds it to that: under `-D warnings`, a lint that is expected and does not fire is an error, and so is
//! one that fires and is not expected. `cargo clippy -- -D warnings` checks the lints of both compilers.
#![deny(let_underscore_drop, let_underscore_lock)]
#![deny(clippy::let_underscore_lock, clippy::let_underscore_must_use, clippy::significant_drop_in_scrutinee)]

use sixfold::{BoundedSemaphore, Condition, Lock, RLock, Semaphore};

pub mod guards_that_an_underscore_drops {
    use super::*;

    #[expect(let_underscore_drop, clippy::let_underscore_must_use)]
    pub fn of_a_lock(lock: &Lock<u32>) {
        let _ = lock.hold();
    }

    #[expect(let_underscore_drop, clippy::let_underscore_must_use)]
    pub fn of_a_try(lock: &Lock<u32>) {
        let _ = lock.try_hold();
    }

    #[expect(let_underscore_drop, clippy::let_underscore_must_use)]
    pub fn of_an_rlock(lock: &RLock<u32>) {
        let _ = lock.hold();
    }

    #[expect(let_underscore_drop, clippy::let_underscore_must_use)]
    pub fn of_a_condition(condition: &Condition) {
        let _ = condition.hold();
    }

    #[expect(let_underscore_drop, clippy::let_underscore_must_use)]
    pub fn of_a_semaphore(permits: &Semaphore) {
        let _ = permits.hold();
    }

    #[expect(let_underscore_drop, clippy::let_underscore_must_use)]
    pub fn of_a_bounded_semaphore(permits: &BoundedSemaphore) {
        let _ = permits.hold();
    }

    #[expect(let_underscore_drop)]
    pub fn by_an_assignment(lock: &Lock) {
        _ = lock.hold();
    }

    #[expect(let_underscore_drop, clippy::let_underscore_lock)]
    pub fn of_a_generic_mutex(mutex: &sixfold::lock_api::Mutex<u32>) {
        let _ = mutex.lock();
    }
}

pub mod guards_that_live_through_a_body {
    use super::*;

    #[expect(clippy::significant_drop_in_scrutinee)]
    pub fn of_while_let(jobs: &Lock<Vec<u32>>) {
        while let Some(job) = jobs.hold().pop() {
            println!("{job}");
        }
    }

    #[expect(clippy::significant_drop_in_scrutinee)]
    pub fn of_if_let(jobs: &RLock<[u32; 2]>) {
        if let Some(job) = jobs.hold().first().copied() {
            println!("{job}");
        }
    }

    #[expect(clippy::significant_drop_in_scrutinee)]
    pub fn of_match(jobs: &Condition<Lock<Vec<u32>>>) {
        match jobs.hold().pop() {
            Some(job) => println!("{job}"),
            None => println!("nothing to do"),
        }
    }
}

pub mod what_is_right {
    use super::*;

    pub fn a_name(lock: &Lock) {
        let _held = lock.hold();
    }

    pub fn a_statement_of_its_own(jobs: &Lock<Vec<u32>>) {
        loop {
            let Some(job) = jobs.hold().pop() else { break };
            println!("{job}");
        }
    }
}
