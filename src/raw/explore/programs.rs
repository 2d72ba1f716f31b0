//! The programs of lock and permits: the gate explores the short ones, `ci/explore.sh` the long ones.

use super::graph::{Found, liveness, safety};
use super::{Explored, PLAIN, Program, Role};
use crate::raw::lock::RawLock;
use crate::raw::permits::Permits;

const TIMED: Role = Role { timed: true, ..PLAIN };
const TRIES: Role = Role { timed: true, tries: true, ..PLAIN };
const STRANGER: Role = Role { stranger: true, ..PLAIN };
const WAITS: Role = Role { timed: true, conditions: true, ..PLAIN };
const UNTIMED_WAITS: Role = Role { conditions: true, ..PLAIN };
const BULK: Role = Role { sizes: (1, 2), timed: true, tries: true, ..PLAIN };
const UNTIMED_BULK: Role = Role { sizes: (1, 2), ..PLAIN };
const UNTIMED_TWO: Role = Role { sizes: (2, 2), ..PLAIN };
const THREE: Role = Role { sizes: (1, 3), timed: true, tries: true, ..PLAIN };

/// At a lock.
const fn lock(name: &'static str, roles: &'static [Role]) -> Program {
    Program { name, roles, permits: 1, most: 1, alarms: false, freezes: false }
}

/// At so many permits.
const fn permits(name: &'static str, permits: u32, roles: &'static [Role]) -> Program {
    Program { name, roles, permits, most: 1000, alarms: false, freezes: false }
}

impl Program {
    const fn with_alarms(mut self) -> Self {
        self.alarms = true;
        self
    }

    const fn where_one_stops(mut self) -> Self {
        self.freezes = true;
        self.with_alarms()
    }

    const fn bounded(mut self, most: u32) -> Self {
        self.most = most;
        self
    }
}

/// In the gate: some seconds in a debug build.
const SHORT_LOCK: &[Program] = &[
    lock("3 threads, timed, try", &[TRIES; 3]),
    lock("3 threads, timed, alarms", &[TIMED; 3]).with_alarms(),
    lock("2 threads and a stranger, timed", &[TIMED, TIMED, STRANGER]),
    lock("condition, 3 threads", &[UNTIMED_WAITS; 3]),
];
const SHORT_PERMITS: &[Program] = &[
    permits("3 threads, one permit, timed, try", 1, &[TRIES; 3]),
    permits("3 threads, two permits, n = 1 or 2", 2, &[UNTIMED_BULK; 3]),
    permits("2 threads, two permits, n = 1 or 2, timed, try, alarms", 2, &[BULK; 2]).with_alarms(),
];
const SHORT_LIVE_LOCK: &[Program] = &[lock("3 threads", &[PLAIN; 3])];
const SHORT_LIVE_PERMITS: &[Program] = &[permits("3 threads, one permit", 1, &[PLAIN; 3])];

/// By `ci/explore.sh`.
const LONG_LOCK: &[Program] = &[
    lock("4 threads, timed, try", &[TRIES; 4]),
    lock("5 threads, timed, try", &[TRIES; 5]),
    lock("5 threads, timed, try, alarms", &[TRIES; 5]).with_alarms(),
    lock("4 threads and a stranger, timed, alarms", &[TIMED, TIMED, TIMED, TIMED, STRANGER]).with_alarms(),
    lock("condition, 4 threads, timed", &[WAITS; 4]),
    lock("condition, 5 threads, timed", &[WAITS; 5]),
    lock("condition, 4 threads, timed, alarms", &[WAITS; 4]).with_alarms(),
    lock("condition, 3 threads and a stranger, timed", &[WAITS, WAITS, WAITS, STRANGER]),
];
const LONG_PERMITS: &[Program] = &[
    permits("3 threads, two permits, n = 1 or 2, timed, try", 2, &[BULK; 3]),
    permits("the same, bounded, alarms", 2, &[BULK; 3]).bounded(2).with_alarms(),
    permits("3 threads and a stranger, two permits, n = 1 or 2, timed, try", 2, &[BULK, BULK, BULK, STRANGER])
        .bounded(3),
    permits("3 threads, three permits, n = 1 to 3, timed, try", 3, &[THREE; 3]),
    permits("4 threads, two permits, timed", 2, &[TIMED; 4]),
    permits("4 threads, two permits, n = 1 or 2, timed, try", 2, &[BULK; 4]),
    permits("4 threads, two permits, two want 2, one is timed", 2, &[UNTIMED_TWO, UNTIMED_TWO, TIMED, PLAIN]),
    permits("5 threads, two permits, timed", 2, &[TIMED; 5]),
];
const LONG_LIVE_LOCK: &[Program] = &[
    lock("4 threads", &[PLAIN; 4]),
    lock("4 threads, timed", &[TIMED; 4]),
    lock("3 threads, timed, alarms, one stops", &[TIMED; 3]).where_one_stops(),
    lock("4 threads, alarms, one stops", &[PLAIN; 4]).where_one_stops(),
    lock("5 threads", &[PLAIN; 5]),
];
const LONG_LIVE_PERMITS: &[Program] = &[
    permits("4 threads, one permit", 1, &[PLAIN; 4]),
    permits("5 threads, one permit", 1, &[PLAIN; 5]),
    permits("4 threads, two permits, one wants 2", 2, &[UNTIMED_TWO, PLAIN, PLAIN, PLAIN]),
    permits("3 threads, two permits, one wants 2, the others are timed", 2, &[UNTIMED_TWO, TIMED, TIMED]),
    permits("3 threads, two permits, n = 1 or 2, one stops", 2, &[UNTIMED_BULK; 3]).where_one_stops(),
];

fn all<M: Explored>(
    machine: &str,
    question: &str,
    programs: &[Program],
    explore: fn(&Program) -> Result<Found, String>,
) {
    for program in programs {
        match explore(program) {
            Ok(Found { states, awake, passed }) => {
                let passed = passed.map_or("".into(), |passed| format!("passed by {passed}"));
                println!("| {machine} | {question} | {} | {states} | {awake} | {passed} |", program.name);
            }
            Err(what) => panic!("{machine}, {what}"),
        }
    }
}

#[test]
fn the_lock_keeps_its_invariants_in_every_interleaving() {
    all::<RawLock>("lock", "safe", SHORT_LOCK, safety::<RawLock>);
}

#[test]
fn the_permits_keep_their_invariants_in_every_interleaving() {
    all::<Permits>("permits", "safe", SHORT_PERMITS, safety::<Permits>);
}

#[test]
fn a_starving_waiter_is_served_in_the_end() {
    all::<RawLock>("lock", "live", SHORT_LIVE_LOCK, liveness::<RawLock>);
    all::<Permits>("permits", "live", SHORT_LIVE_PERMITS, liveness::<Permits>);
}

/// Prints the rows of lock and permits. It takes some minutes and gigabytes: `ci/explore.sh`.
#[test]
fn everything() {
    if std::env::var_os("SIXFOLD_EXPLORE").is_none() {
        return;
    }
    all::<RawLock>("lock", "safe", LONG_LOCK, safety::<RawLock>);
    all::<Permits>("permits", "safe", LONG_PERMITS, safety::<Permits>);
    all::<RawLock>("lock", "live", LONG_LIVE_LOCK, liveness::<RawLock>);
    all::<Permits>("permits", "live", LONG_LIVE_PERMITS, liveness::<Permits>);
}
