//! The philosophers' threads, and the picture of who eats.

use crate::tables::{SEATS, Table, left, right};
use sixfold::{Barrier, Event, Lock};
use std::array;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Everybody has one fork before anybody asks for the second, and nobody gives up before all have tried. For each
/// philosopher: the one who has the fork that it waits for.
pub fn deadlock(patience: Duration) -> [Option<usize>; SEATS] {
    let forks: [Lock; SEATS] = Default::default();
    let met = Barrier::new(SEATS);
    let waits_for = Lock::with_value([None; SEATS]);
    thread::scope(|scope| {
        for who in 0..SEATS {
            let (forks, met, waits_for) = (&forks, &met, &waits_for);
            scope.spawn(move || {
                let _left = forks[who].hold();
                met.wait().expect("nobody breaks it");
                let right_fork = forks[right(who)].hold_timeout(patience);
                if right_fork.is_none() {
                    waits_for.hold()[who] = Some(right(who));
                }
                met.wait().expect("nobody breaks it");
            });
        }
    });
    waits_for.into_inner()
}

#[derive(Debug)]
pub struct Report {
    pub meals: [u32; SEATS],
    /// Meals at which a neighbour ate too, which must not be.
    pub beside_an_eater: u32,
    pub time: Duration,
}

const THINKS: u8 = b'.';
const IS_HUNGRY: u8 = b'?';
const EATS: u8 = b'E';

/// What can be seen from outside; the tables do not look at it.
struct Seat {
    does: AtomicU8,
    meals: AtomicU32,
}

/// So many pictures are drawn in a second: 25.
const FRAME: Duration = Duration::from_millis(40);

pub fn dine(name: &str, table: &dyn Table, meals: u32, show: bool) -> Report {
    let seats: [Seat; SEATS] = array::from_fn(|_| Seat { does: AtomicU8::new(THINKS), meals: AtomicU32::new(0) });
    let beside_an_eater = AtomicU32::new(0);
    let over = Event::new();
    let start = Instant::now();
    thread::scope(|scope| {
        let philosopher = |who: usize| {
            let (seats, beside_an_eater) = (&seats, &beside_an_eater);
            move || {
                for meal in 0..meals {
                    take_time(show, who, meal);
                    seats[who].does.store(IS_HUNGRY, Relaxed);
                    table.eat(who, &|| {
                        seats[who].does.store(EATS, Relaxed);
                        if [left(who), right(who)].iter().any(|other| seats[*other].does.load(Relaxed) == EATS) {
                            beside_an_eater.fetch_add(1, Relaxed);
                        }
                        take_time(show, who, meals.wrapping_add(meal));
                        seats[who].meals.fetch_add(1, Relaxed);
                        seats[who].does.store(THINKS, Relaxed);
                    });
                }
            }
        };
        let philosophers: Vec<_> = (0..SEATS).map(|who| scope.spawn(philosopher(who))).collect();
        if show {
            scope.spawn(|| {
                while !over.wait_timeout(FRAME) {
                    draw(name, &seats, meals);
                }
            });
        }
        for philosopher in philosophers {
            // If it has panicked, its meals are missing in the report.
            _ = philosopher.join();
        }
        over.set();
    });
    let time = start.elapsed();
    if show {
        write_to_terminal("\r\x1b[K");
    }
    let meals = seats.map(|seat| seat.meals.into_inner());
    Report { meals, beside_an_eater: beside_an_eater.into_inner(), time }
}

/// For the picture, some milliseconds that differ from time to time. Otherwise just an opportunity for others.
fn take_time(show: bool, who: usize, n: u32) {
    if show {
        let mixed = (u64::from(n) * 31 + who as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        thread::sleep(Duration::from_millis(4 + (mixed >> 59)));
    } else {
        thread::yield_now();
    }
}

/// One line, again and again in the same place.
fn draw(name: &str, seats: &[Seat; SEATS], meals: u32) {
    let mut line = format!("\r\x1b[K  {name:<20}");
    for seat in seats {
        line.push(seat.does.load(Relaxed).into());
        line.push(' ');
    }
    let eaten: u32 = seats.iter().map(|seat| seat.meals.load(Relaxed)).sum();
    write_to_terminal(&format!("{line}  {eaten} of {} meals", meals.saturating_mul(SEATS as u32)));
}

/// A picture that nobody can see is no error.
fn write_to_terminal(text: &str) {
    let mut out = io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
