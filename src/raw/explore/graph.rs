//! The states that can be reached, and what holds on all ways through them.

use super::{At, Explored, Program, Queue, State};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Quick, and good enough for states that are no attack.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as u64);
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) states: usize,
    /// At most so many threads were awake of those that the main queue has had.
    pub(super) awake: usize,
    /// At most so often others acquire while one sleeps in the starving queue. Known after [`liveness`].
    pub(super) passed: Option<u32>,
}

/// A step of the graph: to which state, by which thread, and whether another than thread 0 has acquired something.
#[derive(Clone, Copy)]
struct Edge {
    to: u32,
    by: u8,
    is_passing: bool,
}

#[derive(Default)]
struct Graph {
    states: Vec<State>,
    /// From where each state was reached first.
    parents: Vec<u32>,
    index: HashMap<State, u32, BuildHasherDefault<Quick>>,
}

impl Graph {
    fn enter(&mut self, state: State, from: u32) -> u32 {
        let new = self.states.len() as u32;
        let index = *self.index.entry(state).or_insert(new);
        if index == new {
            self.states.push(state);
            self.parents.push(from);
        }
        index
    }

    /// How it came to this, for a report.
    fn way_to(&self, mut at: u32) -> String {
        let mut way = Vec::new();
        loop {
            let state = &self.states[at as usize];
            way.push(format!(
                "{:#b} side {} main {:?} starving {:?} threads {:?}",
                state.shared.word,
                state.shared.side,
                state.main.iter().collect::<Vec<_>>(),
                state.starving.iter().collect::<Vec<_>>(),
                state.threads.iter().map(|thread| (thread.at, thread.holds)).collect::<Vec<_>>(),
            ));
            if at == 0 {
                way.reverse();
                return way.join("\n");
            }
            at = self.parents[at as usize];
        }
    }
}

fn awake(state: &State) -> usize {
    let is_woken = |at| matches!(at, At::Look { request, .. } if request.woken);
    state.threads.iter().filter(|thread| is_woken(thread.at) || thread.early == Some(Queue::Main)).count()
}

/// Reaches every state of the program, in which threads that are alike count as the same, and checks it. An error says
/// what is wrong and how it came to it.
pub(super) fn safety<M: Explored>(program: &Program) -> Result<Found, String> {
    let mut graph = Graph::default();
    let mut most_awake = 0;
    graph.enter(State::new::<M>(program).in_order(program), 0);
    let mut at = 0;
    while let Some(&state) = graph.states.get(at) {
        let wrong = |graph: &Graph, what| format!("{}: {what}\n{}", program.name, graph.way_to(at as u32));
        M::check(program, &state).map_err(|what| wrong(&graph, what))?;
        most_awake = most_awake.max(awake(&state));
        let mut is_stuck = state.main.len + state.starving.len > 0;
        let mut next = Vec::new();
        let steps = state.steps::<M>(program, &mut |step| {
            is_stuck &= !step.is_due;
            next.push(step.to.in_order(program));
        });
        steps.map_err(|what| wrong(&graph, what))?;
        if is_stuck {
            return Err(wrong(&graph, "a thread sleeps, and nobody does anything any more".into()));
        }
        for to in next {
            graph.enter(to, at as u32);
        }
        at += 1;
    }
    Ok(Found { states: graph.states.len(), awake: most_awake, passed: None })
}

/// As [`safety`], with threads told apart; and on every fair way thread 0 leaves the starving queue. A way is fair if no thread
/// stands still for ever that has something to do.
pub(super) fn liveness<M: Explored>(program: &Program) -> Result<Found, String> {
    let mut graph = Graph::default();
    let mut most_awake = 0;
    let mut edges: Vec<Edge> = Vec::new();
    let mut first_edge = Vec::new();
    let mut due: Vec<u8> = Vec::new();
    graph.enter(State::new::<M>(program), 0);
    let mut at = 0;
    while let Some(&state) = graph.states.get(at) {
        let wrong = |graph: &Graph, what| format!("{}: {what}\n{}", program.name, graph.way_to(at as u32));
        M::check(program, &state).map_err(|what| wrong(&graph, what))?;
        most_awake = most_awake.max(awake(&state));
        let (mut steps, mut mask) = (Vec::new(), 0);
        let result = state.steps::<M>(program, &mut |step| {
            mask |= u8::from(step.is_due) << step.by;
            steps.push(step);
        });
        result.map_err(|what| wrong(&graph, what))?;
        first_edge.push(edges.len());
        due.push(mask);
        for step in steps {
            let is_passing = step.acquired.is_some_and(|thread| thread != 0);
            edges.push(Edge { to: graph.enter(step.to, at as u32), by: step.by as u8, is_passing });
        }
        at += 1;
    }
    first_edge.push(edges.len());

    let waits: Vec<bool> = (graph.states.iter())
        .map(|state| matches!(state.threads[0].at, At::Asleep { queue: Queue::Starving, .. }))
        .collect();
    let steps_of = |at: u32| &edges[first_edge[at as usize]..first_edge[at as usize + 1]];
    let mut passed = vec![0u32; graph.states.len()];
    let mut most = 0;
    components(&waits, &steps_of, |component, is_in| {
        let mut moved = 0u8;
        let mut always_due = u8::MAX;
        let mut count = 0;
        for &state in component {
            always_due &= due[state as usize];
            for edge in steps_of(state) {
                if is_in(edge.to) {
                    moved |= 1 << edge.by;
                    if edge.is_passing {
                        count = u32::MAX;
                    }
                } else if waits[edge.to as usize] {
                    count = count.max(passed[edge.to as usize].saturating_add(u32::from(edge.is_passing)));
                } else {
                    count = count.max(u32::from(edge.is_passing));
                }
            }
        }
        let is_cycle = moved != 0;
        if is_cycle && always_due & !moved == 0 {
            let way = graph.way_to(component[0]);
            return Err(format!("{}: a starving waiter may wait for ever\n{way}", program.name));
        }
        for &state in component {
            passed[state as usize] = count;
        }
        most = most.max(count);
        Ok(())
    })?;
    Ok(Found { states: graph.states.len(), awake: most_awake, passed: Some(most) })
}

/// Hands each strongly connected component of the states `within` to `visit`, those that can be reached from it before it
/// (Tarjan, without recursion).
fn components<'a>(
    within: &[bool],
    steps_of: &impl Fn(u32) -> &'a [Edge],
    mut visit: impl FnMut(&[u32], &dyn Fn(u32) -> bool) -> Result<(), String>,
) -> Result<(), String> {
    const NEW: u32 = u32::MAX;
    let mut number = vec![NEW; within.len()];
    let mut low = vec![0; within.len()];
    let mut is_open = vec![false; within.len()];
    let mut next_number = 0;
    let mut open = Vec::new();
    for root in 0..within.len() as u32 {
        if !within[root as usize] || number[root as usize] != NEW {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some(&mut (at, ref mut edge)) = path.last_mut() {
            let index = at as usize;
            if *edge == 0 {
                number[index] = next_number;
                low[index] = next_number;
                next_number += 1;
                open.push(at);
                is_open[index] = true;
            }
            if let Some(step) = steps_of(at).get(*edge) {
                *edge += 1;
                let to = step.to as usize;
                if !within[to] {
                    continue;
                }
                if number[to] == NEW {
                    path.push((step.to, 0));
                } else if is_open[to] {
                    low[index] = low[index].min(number[to]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                low[parent as usize] = low[parent as usize].min(low[index]);
            }
            if low[index] == number[index] {
                let start = open.iter().rposition(|state| *state == at).expect("it is open");
                let component = open.split_off(start);
                visit(&component, &|state| within[state as usize] && component.contains(&state))?;
                component.iter().for_each(|state| is_open[*state as usize] = false);
            }
        }
    }
    Ok(())
}
