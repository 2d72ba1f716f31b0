//! Random programs of two or three threads over the types of sixfold. Whatever they come to on the real machines, they
//! must be able to come to on the contract model. See `ci/random.sh`.
//!
//! - `explore EXECUTIONS PREEMPTIONS PROGRAM...` prints what each program comes to, with the types that this executable was
//!   built with. It explores at most so many executions, with at most so many preemptions each (`any`: without that bound).
//! - `compare CONTRACT MACHINES FROM TO` runs the programs of the seeds from FROM up to TO through both executables and
//!   compares. It shrinks what fails, and prints it.
//! - `compare CONTRACT MACHINES PROGRAM` does so with one program.
//! - `show PROGRAM...` prints programs as code.
//!
//! A program is a seed, or a text such as `S0,E/0r 1a/0a 1s`: see [`program`].

mod compare;
#[cfg(loom)]
mod explore;
mod program;

use program::Program;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        #[cfg(loom)]
        ["explore", cap, bound, ref programs @ ..] => {
            let cap = cap.parse().expect("a number of executions");
            let bound = (bound != "any").then(|| bound.parse().expect("a number of preemptions"));
            for program in programs {
                println!("{}", explore::explore(&parse(program), cap, bound));
            }
            ExitCode::SUCCESS
        }
        ["show", ref programs @ ..] => {
            for program in programs {
                println!("{}", parse(program).to_code());
            }
            ExitCode::SUCCESS
        }
        ["compare", contract, machines, program] => compare::compare_one(contract, machines, parse(program)),
        ["compare", contract, machines, from, to] => {
            let number = |text: &str| text.parse().expect("a seed");
            compare::compare(contract, machines, number(from)..number(to))
        }
        _ => {
            eprintln!("see ci/random.sh; to explore, build with RUSTFLAGS=\"--cfg loom\"");
            ExitCode::from(2)
        }
    }
}

fn parse(text: &str) -> Program {
    match text.parse::<u64>() {
        Ok(seed) => Program::random(seed),
        Err(_) => Program::parse(text).unwrap_or_else(|why| panic!("{text}: {why}")),
    }
}
