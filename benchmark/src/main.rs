//! sixfold beside its peers: all rows, interleaved round by round in one process.
//!
//! ```text
//! cargo run --release --manifest-path benchmark/Cargo.toml -- [OPTIONS] [TEXT]...
//! cargo run --profile fat --manifest-path benchmark/Cargo.toml -- [OPTIONS] [TEXT]...
//! ```
//!
//! TEXT picks rows: a family (`alone`, `turns`, `waiting`, `fairness`, `scale`), or a part of a name that begins at the
//! beginning of a word. Several TEXTs pick the rows of each; `--and TEXT` keeps only those that also match TEXT.
//!
//! - `--list` prints the names of the rows, and measures nothing.
//! - `--quick` measures 5 rounds of 4 ms instead of 15 of 6 ms; `--rounds N` and `--millis N` set them.
//! - `--busy` runs a busy process beside the benchmark.
//! - `--pinned` pins everything to one core (Linux).
//! - `--tsv` prints one line per row and goal, separated by tabs, instead of the report.
//! - `--write` also puts the report and its charts into `docs/`.
//!
//! `sixfold-benchmark --together FILE...` measures nothing: it reads what `--tsv` has printed in several runs, and prints in how
//! many of them each target was met.

mod chart;
mod machine;
mod measure;
mod peers;
mod prices;
mod report;
mod row;
mod rows;
mod scale;
mod statistics;
mod together;

use peers::Rank;
use report::{Outcome, Report, in_words};
use row::{Family, Row};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, thread};

struct Options {
    rounds: usize,
    time: Duration,
    /// Rows that match one of these.
    rows: Vec<String>,
    /// And all of these.
    and: Vec<String>,
    list: bool,
    busy: bool,
    pinned: bool,
    tsv: bool,
    write: bool,
}

impl Options {
    fn from_arguments() -> Result<Self, String> {
        let mut options = Self {
            rounds: 15,
            time: Duration::from_millis(6),
            rows: vec![],
            and: vec![],
            list: false,
            busy: false,
            pinned: false,
            tsv: false,
            write: false,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number =
                |text: String| text.parse::<u64>().map_err(|_| format!("{argument} needs a number, not {text}"));
            match argument.as_str() {
                "--rounds" => options.rounds = number(value()?)?.max(1) as usize,
                "--millis" => options.time = Duration::from_millis(number(value()?)?.max(1)),
                "--and" => options.and.push(value()?),
                "--list" => options.list = true,
                "--quick" => (options.rounds, options.time) = (5, Duration::from_millis(4)),
                "--busy" => options.busy = true,
                "--pinned" => options.pinned = true,
                "--tsv" => options.tsv = true,
                "--write" => options.write = true,
                _ if argument.starts_with('-') => {
                    return Err(format!("{argument} is not known; see the head of benchmark/src/main.rs"));
                }
                _ => options.rows.push(argument),
            }
        }
        Ok(options)
    }

    fn wants(&self, matches: impl Fn(&str) -> bool) -> bool {
        (self.rows.is_empty() || self.rows.iter().any(|text| matches(text)))
            && self.and.iter().all(|text| matches(text))
    }
}

/// Measures all contestants of a row, one after the other in each round.
fn measure(row: Row, options: &Options, setting: Setting) -> Outcome {
    let (rounds, time) = match row.family {
        Family::Alone | Family::Waiting => (options.rounds, options.time),
        // A moment is not enough where threads take turns on the processors.
        Family::Turns => (options.rounds, options.time * 3),
        Family::Fairness => (options.rounds.min(7), options.time * 25),
    };
    let count = row.contestants.len();
    let mut samples = vec![vec![]; count];
    for round in 0..=rounds {
        for place in 0..count {
            // Each goes first in some rounds and last in others.
            let i = (place + round) % count;
            let sample = row.contestants[i].measure(time);
            if round > 0 {
                samples[i].push(sample); // The round before was to get warm.
            }
        }
    }
    Outcome::new(row, samples, setting.cores, setting.free)
}

/// Where the threads of a row can run.
#[derive(Clone, Copy)]
struct Setting {
    /// The cores that the process may use.
    cores: usize,
    /// Those of them that nobody else keeps busy.
    free: usize,
}

impl Setting {
    fn new(busy: bool) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self { cores, free: cores - usize::from(busy) }
    }

    /// Leaves out the contestants that spin without end where there is no core for each thread: their figures would be
    /// those of the scheduler.
    fn without_spinners(self, mut row: Row) -> Row {
        let crowded = row.threads > 1 && row.threads > self.free;
        if crowded && (row.family == Family::Waiting || self.free < 2) {
            row.contestants.retain(|contestant| matches!(contestant.rank, Rank::Ours | Rank::Peer));
        }
        row
    }
}

/// A process that keeps a core busy until it is dropped, or its parent is gone.
struct Busy(Child);

const BE_BUSY: &str = "--be-busy";

impl Busy {
    fn start() -> io::Result<Self> {
        Ok(Self(Command::new(env::current_exe()?).arg(BE_BUSY).stdin(Stdio::piped()).spawn()?))
    }

    /// The child's part.
    fn be() -> ! {
        thread::spawn(|| {
            _ = io::copy(&mut io::stdin(), &mut io::sink());
            std::process::exit(0);
        });
        loop {
            measure::work(1_000_000);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Starts a thread that sleeps for ever: the C library takes short cuts while a process has only one.
fn another_thread() {
    thread::spawn(|| {
        loop {
            thread::park();
        }
    });
}

fn fail(message: impl std::fmt::Display) -> ! {
    eprintln!("{message}");
    std::process::exit(2)
}

fn main() {
    if env::args().nth(1).as_deref() == Some(BE_BUSY) {
        Busy::be();
    }
    if env::args().nth(1).as_deref() == Some("--together") {
        let files: Vec<String> = env::args().skip(2).collect();
        print!("{}", together::markdown(&files).unwrap_or_else(|message| fail(message)));
        return;
    }
    let options = Options::from_arguments().unwrap_or_else(|message| fail(message));
    let rows: Vec<Row> = rows::all().into_iter().filter(|row| options.wants(|text| row.matches(text))).collect();
    let scale = options.wants(|text| text == "scale");
    if rows.is_empty() && !scale {
        fail("no row matches; see --list");
    }
    if options.list {
        rows.iter().for_each(|row| println!("{:9} {}", row.family.name(), row.name));
        return;
    }
    if options.pinned && !measure::pin() {
        fail("--pinned is for Linux; elsewhere pin the whole command");
    }
    another_thread();
    let start = Instant::now();
    let mut properties = machine::properties();
    // Before the machine is busy: they are to be comparable.
    let prices = prices::all();
    let busy = options.busy.then(|| Busy::start().unwrap_or_else(|error| fail(error)));
    let beside = if options.busy { "a busy process" } else { "nothing of ours" };
    properties.push(("pinned to one core", if options.pinned { "yes" } else { "no" }.to_owned()));
    properties.push(("beside", beside.to_owned()));
    properties.push(("rounds", format!("{} of {}", options.rounds, in_words(options.time.as_nanos() as f64))));
    if options.tsv {
        print!("{}", report::tsv_head(&properties, &prices));
    } else {
        eprint!("{}", report::head(&properties, &prices));
    }
    let setting = Setting::new(options.busy);
    let count = rows.len();
    let mut outcomes = vec![];
    for (i, row) in rows.into_iter().enumerate() {
        eprintln!("{} of {count}: {}", i + 1, row.name);
        let outcome = measure(setting.without_spinners(row), &options, setting);
        if options.tsv {
            print!("{}", report::tsv(&outcome));
        }
        outcomes.push(outcome);
    }
    let scale = if scale { scale::all(options.time * 100) } else { vec![] };
    drop(busy);
    let report = Report { properties, prices, outcomes, scale, took: start.elapsed() };
    if !options.tsv {
        println!("{}", report.markdown());
    }
    if options.write {
        report.write().unwrap_or_else(|error| fail(error));
    }
}
