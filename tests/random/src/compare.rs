//! Runs programs through two executables, and compares what they come to.

use crate::program::Program;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;

/// How far a program is explored: executions, and preemptions in each.
type Limits = (usize, Option<usize>);

const MACHINES: Limits = (2_000, Some(2));
const CONTRACT: Limits = (5_000, None);
/// Where an outcome is missing by then, the contract model is explored further, in other orders.
const CONTRACT_AGAIN: [Limits; 4] = [(10_000, Some(1)), (20_000, Some(2)), (50_000, Some(3)), (200_000, None)];

/// Seeds whose programs show a fault of the machines that is known, and why. They are run, and not counted as failures.
const KNOWN: &[(u64, &str)] = &[];

/// Programs that have failed once, or that show a fault which was mended. They are run before the seeds.
const FOUND: &[&str] = &[
    // Never free and then locked, although a look may be old news.
    "L,F/1l 0l 0l/0a 0r 1s",
    // Never a try that fails after a look that saw the lock free.
    "L,F/1l 0l 0t/0a 0r 1s",
    // A holder that has its lock by a try did not see it locked, and its last notify was an error: a deadlock.
    "C/0a/0k 0W",
    "C/0a 0t/0k 0t 0W",
    "C/0N 0t 0n1/0t 0W 0V",
    // A clear did not come between a set and a look that knew of it, if the clear was on its way before the look.
    "E/0c/0s 0z",
    // A take did not come before a look, if its thread had looked too, and both looks were on their way at once.
    "R/0t 0l 0w/0a 0r 0l",
    // Two looks of a stranger did not see the lock held and then free.
    "C/0t 0n1 0n1/0a",
    // The polls of one timed wait kept the other from ever making its step.
    "S0/0w/0w 0w 0w",
];

/// What a program came to.
#[derive(Clone)]
struct Explored {
    ended: String,
    executions: usize,
    outcomes: BTreeSet<String>,
}

impl Explored {
    fn is_complete(&self) -> bool {
        self.ended == "complete"
    }

    fn is_capped(&self) -> bool {
        self.ended == "capped"
    }
}

/// What the machines do that the contract model does not.
#[derive(Clone)]
enum Missing {
    Outcomes(Vec<String>),
    /// The one or the other comes to a deadlock, or a panic.
    End(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outcomes(outcomes) => write!(f, "the outcomes {}", outcomes.join(", ")),
            Self::End(end) => write!(f, "{end}"),
        }
    }
}

enum Verdict {
    /// Both explored, the contract model completely.
    Fine,
    /// Nothing is missing, and the contract model was capped.
    Partial,
    /// Something is missing, and the contract model was capped.
    Undecided(Missing),
    Fails(Missing),
}

struct Both<'a> {
    contract: &'a str,
    machines: &'a str,
}

/// Explores programs in one process. If that dies, each in a process of its own.
fn explore(executable: &str, limits: Limits, programs: &[String]) -> Vec<Explored> {
    let command = Command::new(executable)
        .arg("explore")
        .arg(limits.0.to_string())
        .arg(limits.1.map_or("any".to_owned(), |bound| bound.to_string()))
        .args(programs)
        .env_remove("RUST_BACKTRACE")
        .stderr(Stdio::null())
        .output()
        .unwrap_or_else(|why| panic!("{executable}: {why}"));
    let text = String::from_utf8_lossy(&command.stdout);
    let explored: Vec<_> = text.lines().filter_map(parse).collect();
    if explored.len() == programs.len() {
        return explored;
    }
    if let [_] = programs {
        let ended = format!("the process ended with {}", command.status);
        return vec![Explored { ended, executions: 0, outcomes: BTreeSet::new() }];
    }
    programs.iter().flat_map(|program| explore(executable, limits, std::slice::from_ref(program))).collect()
}

fn parse(line: &str) -> Option<Explored> {
    let mut parts = line.split('\t').skip(1);
    let ended = parts.next()?.to_owned();
    let executions = parts.next()?.parse().ok()?;
    let outcomes = parts.next()?.split(',').filter(|outcome| !outcome.is_empty()).map(str::to_owned).collect();
    Some(Explored { ended, executions, outcomes })
}

impl Both<'_> {
    fn judge(&self, program: &str, machines: &Explored, contract: &Explored) -> Verdict {
        let mut contract = contract.clone();
        for limits in CONTRACT_AGAIN {
            if !contract.is_capped() || missing(machines, &contract).is_none() {
                break;
            }
            let mut again = explore(self.contract, limits, &[program.to_owned()]).remove(0);
            if limits.1.is_some() && again.is_complete() {
                // All executions with so few preemptions, not all.
                again.ended = contract.ended;
            }
            again.outcomes.append(&mut contract.outcomes);
            contract = again;
        }
        match missing(machines, &contract) {
            None if contract.is_complete() => Verdict::Fine,
            None => Verdict::Partial,
            Some(missing) if contract.is_capped() => Verdict::Undecided(missing),
            Some(missing) => Verdict::Fails(missing),
        }
    }

    fn fails(&self, program: &Program) -> Option<Missing> {
        let text = program.to_string();
        let machines = &explore(self.machines, MACHINES, std::slice::from_ref(&text))[0];
        let contract = &explore(self.contract, CONTRACT, std::slice::from_ref(&text))[0];
        match self.judge(&text, machines, contract) {
            Verdict::Fails(missing) => Some(missing),
            _ => None,
        }
    }

    /// Drops threads, calls and permits for as long as it still fails.
    fn shrink(&self, mut program: Program, mut missing: Missing) -> (Program, Missing) {
        'smaller: loop {
            for smaller in program.smaller() {
                if let Some(still) = self.fails(&smaller) {
                    (program, missing) = (smaller, still);
                    continue 'smaller;
                }
            }
            return (program, missing);
        }
    }
}

fn missing(machines: &Explored, contract: &Explored) -> Option<Missing> {
    let ends = machines.is_complete() || machines.is_capped();
    if !ends && machines.ended != contract.ended {
        return Some(Missing::End(format!("an end of the machines: {}", machines.ended)));
    }
    if ends && !contract.is_complete() && !contract.is_capped() {
        return Some(Missing::End(format!(
            "an end at all: safe programs end, and the contract model: {}",
            contract.ended
        )));
    }
    let missing: Vec<String> = machines.outcomes.difference(&contract.outcomes).cloned().collect();
    (!missing.is_empty()).then_some(Missing::Outcomes(missing))
}

#[derive(Default)]
struct Counts {
    fine: usize,
    partial: usize,
    machines_capped: usize,
    undecided: Vec<String>,
    known: usize,
    failed: Vec<(String, Program, Missing)>,
    outcomes: [usize; 2],
    executions: [usize; 2],
}

/// Compares one program.
pub fn compare_one(contract: &str, machines: &str, program: Program) -> ExitCode {
    let both = Both { contract, machines };
    let text = program.to_string();
    for (name, executable, limits) in [("machines", machines, MACHINES), ("contract model", contract, CONTRACT)] {
        let Explored { ended, executions, outcomes } = &explore(executable, limits, std::slice::from_ref(&text))[0];
        println!("{name}: {ended}, {executions} executions, {outcomes:?}");
    }
    match both.fails(&program) {
        None => ExitCode::SUCCESS,
        Some(missing) => {
            println!("{text} fails, missing: {missing}");
            let (small, missing) = both.shrink(program, missing);
            println!("shrunk to {small}, missing: {missing}\n\n{}", small.to_code());
            ExitCode::FAILURE
        }
    }
}

pub fn compare(contract: &str, machines: &str, seeds: Range<u64>) -> ExitCode {
    /// Programs that share a process.
    const CHUNK: u64 = 8;
    let both = Both { contract, machines };
    let start = std::time::Instant::now();
    let next = Mutex::new(seeds.start);
    let found = Mutex::new(FOUND.iter().map(|text| Program::parse(text).expect("a program")));
    let counts = Mutex::new(Counts::default());
    let count = |name: String, program: Program, machines: &Explored, contract: &Explored| {
        let text = program.to_string();
        let verdict = both.judge(&text, machines, contract);
        let mut counts = counts.lock().unwrap();
        counts.machines_capped += usize::from(machines.is_capped());
        for (n, explored) in [machines, contract].into_iter().enumerate() {
            counts.outcomes[n] += explored.outcomes.len();
            counts.executions[n] += explored.executions;
        }
        match verdict {
            Verdict::Fine => counts.fine += 1,
            Verdict::Partial => counts.partial += 1,
            Verdict::Undecided(missing) => counts.undecided.push(format!("{name}: {text}: {missing}")),
            Verdict::Fails(_) if KNOWN.iter().any(|(seed, _)| name == format!("seed {seed}")) => counts.known += 1,
            Verdict::Fails(missing) => counts.failed.push((name, program, missing)),
        }
    };
    let work = || {
        loop {
            let Some(program) = found.lock().unwrap().next() else { break };
            let texts = [program.to_string()];
            let [machines, contract] = [(both.machines, MACHINES), (both.contract, CONTRACT)]
                .map(|(executable, limits)| explore(executable, limits, &texts).remove(0));
            count("found".into(), program, &machines, &contract);
        }
        loop {
            let chunk = {
                let mut next = next.lock().unwrap();
                let first = *next;
                *next = seeds.end.min(first + CHUNK);
                first..*next
            };
            if chunk.is_empty() {
                return;
            }
            let programs: Vec<Program> = chunk.clone().map(Program::random).collect();
            let texts: Vec<String> = programs.iter().map(Program::to_string).collect();
            let machines = explore(both.machines, MACHINES, &texts);
            let contract = explore(both.contract, CONTRACT, &texts);
            for (n, (seed, program)) in chunk.zip(programs).enumerate() {
                count(format!("seed {seed}"), program, &machines[n], &contract[n]);
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| (0..workers).for_each(|_| _ = scope.spawn(work)));

    let mut counts = counts.into_inner().unwrap();
    counts.failed.sort_by(|(name, ..), (other, ..)| name.cmp(other));
    counts.undecided.sort();
    println!(
        "{} programs, and seeds {} to {}, in {:.0} s:",
        FOUND.len(),
        seeds.start,
        seeds.end,
        start.elapsed().as_secs_f32()
    );
    println!("  {} programs: the contract model comes to all that the machines come to", counts.fine);
    println!("  {} programs prove less: all found, but the contract model was not explored to its end", counts.partial);
    println!("  {} programs undecided: something was not found by then", counts.undecided.len());
    println!("  {} programs show a known fault of the machines", counts.known);
    println!("  {} programs fail", counts.failed.len());
    let [machines, contract] = counts.executions;
    println!(
        "  {machines} executions on the machines ({} programs capped), {contract} on the contract model",
        counts.machines_capped
    );
    println!("  {} outcomes on the machines, {} on the contract model", counts.outcomes[0], counts.outcomes[1]);
    for undecided in &counts.undecided {
        println!("undecided: {undecided}");
    }
    for (seed, why) in KNOWN.iter().filter(|(seed, _)| seeds.contains(seed)) {
        println!("known: seed {seed}: {why}");
    }
    if counts.failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    // Those that shrink to the same are one.
    let mut shown = BTreeSet::new();
    for (name, program, missing) in counts.failed {
        println!("\nfails: {name}: {program}\n  missing: {missing}");
        if shown.len() < 10 {
            let (small, missing) = both.shrink(program, missing);
            if shown.insert(small.to_string()) {
                println!("  shrunk to {small}, missing: {missing}\n\n{}", small.to_code());
            } else {
                println!("  shrunk to {small}, as before");
            }
        }
    }
    ExitCode::FAILURE
}
