//! The event, whose transitions have another shape: everybody of a generation is woken.

use super::super::event::{PARKED, SET, generation, is_over, may_sleep, raised, to_wake};
use std::collections::HashSet;

const THREADS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum At {
    Idle,
    /// Waits, and has not announced it.
    Waits {
        mine: usize,
        timed: bool,
    },
    Joins {
        mine: usize,
        timed: bool,
    },
    Asleep {
        mine: usize,
        timed: bool,
    },
    /// Its time was up, and it looks once more.
    Late {
        mine: usize,
    },
    /// Has raised the flag, and is to wake this generation.
    Wakes {
        generation: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    word: usize,
    threads: [At; THREADS],
}

impl State {
    fn sleeps(&self) -> bool {
        self.threads.iter().any(|at| matches!(at, At::Asleep { .. }))
    }

    /// Every state that can come next.
    fn next(&self, add: &mut impl FnMut(Self)) -> Result<(), String> {
        for (thread, at) in self.threads.iter().enumerate() {
            let mut to = |word, at| {
                let mut next = Self { word, ..*self };
                next.threads[thread] = at;
                add(next.in_order());
            };
            let word = self.word;
            match *at {
                At::Idle => {
                    to(raised(word), to_wake(word).map_or(At::Idle, |generation| At::Wakes { generation }));
                    to(word & !SET, At::Idle);
                    if word & SET == 0 {
                        for timed in [false, true] {
                            to(word, At::Waits { mine: generation(word), timed });
                        }
                    }
                }
                At::Waits { mine, .. } if is_over(word, mine) => to(word, At::Idle),
                At::Waits { mine, timed } => to(word | PARKED, At::Joins { mine, timed }),
                At::Joins { mine, timed } if may_sleep(word, mine) => to(word, At::Asleep { mine, timed }),
                At::Joins { mine, timed } => to(word, At::Waits { mine, timed }),
                At::Asleep { timed: false, .. } => {}
                At::Asleep { mine, .. } => {
                    let mut others = *self;
                    others.threads[thread] = At::Idle;
                    to(if others.sleeps() { word } else { word & !PARKED }, At::Late { mine });
                }
                At::Late { .. } => to(word, At::Idle),
                At::Wakes { generation: ended } => {
                    if ended == generation(word) {
                        return Err("a generation is woken that is not over".into());
                    }
                    let mut next = *self;
                    for other in &mut next.threads {
                        if matches!(other, At::Asleep { mine, .. } if *mine == ended) {
                            *other = At::Idle;
                        }
                    }
                    next.threads[thread] = At::Idle;
                    add(next.in_order());
                }
            }
        }
        Ok(())
    }

    /// The threads are alike, and of a generation it only counts whether it is the same as another.
    fn in_order(mut self) -> Self {
        let mut known = vec![generation(self.word)];
        for at in &mut self.threads {
            known.extend(at.generation().map(|mine| *mine));
        }
        known.sort_unstable();
        known.dedup();
        let name = |generation: usize| known.iter().position(|other| *other == generation).expect("it is known");
        for at in &mut self.threads {
            if let Some(mine) = at.generation() {
                *mine = name(*mine);
            }
        }
        let first = raised(0) & !SET;
        self.word = first * name(generation(self.word)) + (self.word & (SET | PARKED));
        self.threads.sort_unstable();
        self
    }

    fn check(&self) -> Result<(), String> {
        for at in &self.threads {
            let At::Asleep { mine, .. } = *at else { continue };
            if is_over(self.word, mine) {
                let wakes = |at: &At| matches!(at, At::Wakes { generation } if *generation == mine);
                if !self.threads.iter().any(wakes) {
                    return Err("a thread sleeps whose generation is over, and nobody wakes it".into());
                }
            } else if self.word & PARKED == 0 {
                return Err("I4: a thread sleeps, and the next set does not know".into());
            }
        }
        Ok(())
    }
}

impl At {
    fn generation(&mut self) -> Option<&mut usize> {
        match self {
            Self::Idle => None,
            Self::Waits { mine, .. } | Self::Joins { mine, .. } | Self::Asleep { mine, .. } | Self::Late { mine } => {
                Some(mine)
            }
            Self::Wakes { generation } => Some(generation),
        }
    }
}

#[test]
fn a_set_frees_everybody_who_waits_and_nobody_else_in_every_interleaving() {
    let start = State { word: 0, threads: [At::Idle; THREADS] };
    let mut seen = HashSet::from([start]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        let checked = state.check().and_then(|()| {
            state.next(&mut |next| {
                if seen.insert(next) {
                    open.push(next);
                }
            })
        });
        if let Err(what) = checked {
            panic!("event, {what}: {state:?}");
        }
    }
    println!("| event | safe | {THREADS} threads: set, clear, wait, timed | {} | | |", seen.len());
}
