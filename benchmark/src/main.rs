//! All rows of all benches beside all peers, interleaved round by round in one process.
//!
//! In this folder, `cargo run --profile fat` or, as cargo builds by default, `cargo run --release`. Then after `--`:
//!
//! - `--only TEXT`: the rows whose name contains TEXT, and `promises`. May come several times.
//! - `--rounds N` and `--millis M`: how often, and for how long each contestant runs.
//! - `--quick`: everything once, to see that it runs.
//! - `--busy`: beside a process that keeps a core busy.
//! - `--pinned`: on one core (Linux).
//! - `--ratios`: only ratios, tab-separated, to be compared with another run.
//! - `--write`: puts the report and its charts into `docs/`.
//!
//! Six minutes with the defaults. Leave the machine alone meanwhile.

mod bench;
mod machine;

use bench::chart::{self, Lane};
use bench::measure::Sample;
use bench::peers::Rank;
use bench::promises::{self, Promise};
use bench::statistics::{Median, median};
use bench::{Contestant, Row, Target, rows};
use std::fmt::Write as _;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

struct Options {
    rounds: usize,
    millis: u64,
    only: Vec<String>,
    write: bool,
    busy: bool,
    pinned: bool,
    ratios: bool,
}

impl Options {
    fn from_arguments() -> Result<Self, String> {
        let mut options =
            Self { rounds: 15, millis: 6, only: vec![], write: false, busy: false, pinned: false, ratios: false };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number =
                |text: String| text.parse::<u64>().map_err(|_| format!("{argument} needs a number, not {text}"));
            match argument.as_str() {
                "--rounds" => options.rounds = number(value()?)?.max(1) as usize,
                "--millis" => options.millis = number(value()?)?.max(1),
                "--only" => options.only.push(value()?),
                "--write" => options.write = true,
                "--busy" => options.busy = true,
                "--pinned" => options.pinned = true,
                "--ratios" => options.ratios = true,
                // Whether everything runs, not how fast.
                "--quick" => (options.rounds, options.millis) = (1, 1),
                _ => return Err(format!("{argument} is not known; see the head of benchmark/src/main.rs")),
            }
        }
        Ok(options)
    }

    fn wants(&self, row: &Row) -> bool {
        self.only.is_empty() || self.only.iter().any(|text| row.name.contains(text.as_str()))
    }
}

/// Another process that never rests. Ends with this.
struct Busy(Child);

impl Busy {
    fn start() -> Self {
        let myself = env::current_exe().expect("the program has a path");
        Self(Command::new(myself).arg(BUSY).spawn().expect("the program can be started again"))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The argument that makes this program the other process.
const BUSY: &str = "be-busy";

/// A row and what came out.
struct Outcome {
    row: Row,
    /// By contestant, then by round.
    samples: Vec<Vec<Sample>>,
    /// The contestant that stands for the peers: the one with the best median.
    best: usize,
    /// Our time over theirs, round by round.
    ratio: Median,
}

impl Outcome {
    fn new(row: Row, samples: Vec<Vec<Sample>>) -> Self {
        let best = (0..row.contestants.len())
            .filter(|&i| row.contestants[i].rank == Rank::Peer)
            .min_by(|&a, &b| nanos(&samples[a]).total_cmp(&nanos(&samples[b])))
            .expect("every row has a peer");
        let ratio =
            median(samples[0].iter().zip(&samples[best]).map(|(ours, theirs)| ours.nanos() / theirs.nanos()).collect());
        Self { row, samples, best, ratio }
    }

    fn limit(&self) -> Option<f64> {
        let limit = self.row.contestants.iter().position(|contestant| contestant.rank == Rank::Limit)?;
        Some(
            median(
                self.samples[0]
                    .iter()
                    .zip(&self.samples[limit])
                    .map(|(ours, limit)| ours.nanos() / limit.nanos())
                    .collect(),
            )
            .value,
        )
    }

    fn is_met(&self) -> bool {
        match self.row.target {
            Target::Uncontended => self.is_level() && self.limit().is_none_or(|limit| limit <= 1.1),
            Target::Free | Target::Contended => self.is_level() && self.ratio.value <= 1.05,
            Target::HandOff => self.ratio.value <= 0.5,
        }
    }

    /// Not slower, or not to be told apart from it.
    fn is_level(&self) -> bool {
        self.ratio.low <= 1.0
    }

    fn best(&self) -> (&Contestant, &[Sample]) {
        (&self.row.contestants[self.best], &self.samples[self.best])
    }
}

fn nanos(samples: &[Sample]) -> f64 {
    median(samples.iter().map(Sample::nanos).collect()).value
}

fn cpu(samples: &[Sample]) -> f64 {
    median(samples.iter().map(Sample::cpu_nanos).collect()).value
}

fn jain(samples: &[Sample]) -> Option<f64> {
    let values: Vec<f64> = samples.iter().filter_map(Sample::jain).collect();
    (!values.is_empty()).then(|| median(values).value)
}

fn measure(row: Row, options: &Options) -> Outcome {
    // A moment is not enough where threads take turns on the processors.
    let time = Duration::from_millis(options.millis) * if matches!(row.target, Target::Contended) { 3 } else { 1 };
    let count = row.contestants.len();
    let mut samples = vec![vec![]; count];
    for round in 0..=options.rounds {
        for place in 0..count {
            // Each goes first in some rounds and last in others.
            let i = (place + round) % count;
            let sample = row.contestants[i].measure(time);
            if round > 0 {
                samples[i].push(sample); // The round before was to get warm.
            }
        }
    }
    Outcome::new(row, samples)
}

/// Three significant digits, with the unit that fits.
fn in_words(nanos: f64) -> String {
    match nanos {
        ..10.0 => format!("{nanos:.2} ns"),
        ..100.0 => format!("{nanos:.1} ns"),
        ..1e3 => format!("{nanos:.0} ns"),
        ..1e4 => format!("{:.2} µs", nanos / 1e3),
        ..1e6 => format!("{:.1} µs", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}

fn table(outcomes: &[&Outcome]) -> String {
    let mut out = String::from(
        "| | row | sixfold | best peer | ratio (95 %) | ÷ limit | CPU per operation | Jain |\n|---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for outcome in outcomes {
        let (best, theirs) = outcome.best();
        let ours = &outcome.samples[0];
        let Median { value, low, high } = outcome.ratio;
        let limit = outcome.limit().map_or(String::new(), |limit| format!("{limit:.2}"));
        let jain = match (jain(ours), jain(theirs)) {
            (Some(ours), Some(theirs)) => format!("{ours:.2} : {theirs:.2}"),
            _ => String::new(),
        };
        let mark = if outcome.is_met() { "✓" } else { "**missed**" };
        let goal = if outcome.row.target == Target::HandOff { " (goal 0.5)" } else { "" };
        _ = writeln!(
            out,
            "| {mark} | {} | {} | {} {} | **{value:.2}** ({low:.2} to {high:.2}){goal} | {limit} | {} : {} | {jain} |",
            outcome.row.name,
            in_words(nanos(ours)),
            best.name,
            in_words(nanos(theirs)),
            in_words(cpu(ours)),
            in_words(cpu(theirs)),
        );
    }
    out
}

fn everybody(outcomes: &[Outcome]) -> String {
    let mut out = String::new();
    for kind in KINDS {
        let of_kind: Vec<&Outcome> = outcomes.iter().filter(|outcome| kind_of(outcome) == kind).collect();
        let Some(first) = of_kind.iter().max_by_key(|outcome| outcome.row.contestants.len()) else { continue };
        let names: Vec<&str> = first.row.contestants.iter().map(|contestant| contestant.name).collect();
        _ = writeln!(
            out,
            "\n### {kind}\n\n| row | one | {} |\n|---|---|{}",
            names.join(" | "),
            "--:|".repeat(names.len())
        );
        for outcome in of_kind {
            let values = names.iter().map(|name| {
                let found = outcome.row.contestants.iter().position(|contestant| contestant.name == *name);
                found.map_or(String::new(), |i| in_words(nanos(&outcome.samples[i])))
            });
            let values: Vec<String> = values.collect();
            _ = writeln!(out, "| {} | {} | {} |", short(&outcome.row.name), outcome.row.unit, values.join(" | "));
        }
    }
    out
}

const KINDS: [&str; 6] = ["lock", "rlock", "semaphore", "condition", "event", "barrier"];

fn kind_of(outcome: &Outcome) -> &str {
    outcome.row.name.split(':').next().expect("there is a first part")
}

fn short(name: &str) -> &str {
    name.split_once(": ").map_or(name, |(_, short)| short)
}

fn charts(outcomes: &[Outcome]) -> Vec<(String, svg::Document)> {
    let draw = |kind: &&str| {
        let lanes: Vec<Lane> = outcomes
            .iter()
            .filter(|outcome| kind_of(outcome) == *kind)
            .map(|outcome| {
                let ours = nanos(&outcome.samples[0]);
                let others = outcome.row.contestants.iter().zip(&outcome.samples).skip(1);
                let others = others.filter(|(contestant, _)| contestant.rank != Rank::Limit);
                Lane {
                    name: short(&outcome.row.name).to_owned(),
                    ours: in_words(ours),
                    others: others
                        .map(|(contestant, samples)| {
                            (contestant.name, nanos(samples) / ours, contestant.rank == Rank::Peer)
                        })
                        .collect(),
                    limit: outcome.limit().map(|limit| 1.0 / limit),
                }
            })
            .collect();
        (!lanes.is_empty()).then(|| {
            let title = format!("{kind}: time beside sixfold (left of the red line: faster than sixfold)");
            (kind.to_string(), chart::draw(&title, &lanes))
        })
    };
    KINDS.iter().filter_map(draw).collect()
}

fn promises_table(promises: &[Promise]) -> String {
    let mut out = String::from("| | what | target | sixfold | peers |\n|---|---|---|--:|---|\n");
    for promise in promises {
        let mark = if promise.kept { "✓" } else { "**missed**" };
        _ = writeln!(
            out,
            "| {mark} | {} | {} | **{}** | {} |",
            promise.what, promise.target, promise.measured, promise.peers
        );
    }
    out
}

/// Threads that wait for a lock shall not burn more than those of the peer that is best at that.
fn frugality(outcomes: &[Outcome]) -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut out = String::from("| | row | sixfold | least among peers | ratio |\n|---|---|--:|--:|--:|\n");
    for outcome in outcomes {
        let threads = outcome.samples[0].first().map_or(0, |sample| sample.each.len());
        if threads <= cores {
            continue;
        }
        let peers = (0..outcome.samples.len()).filter(|&i| outcome.row.contestants[i].rank == Rank::Peer);
        let best =
            peers.min_by(|&a, &b| cpu(&outcome.samples[a]).total_cmp(&cpu(&outcome.samples[b]))).expect("a peer");
        let per_round = outcome.samples[0].iter().zip(&outcome.samples[best]);
        let Median { value, low, high } =
            median(per_round.map(|(ours, theirs)| ours.cpu_nanos() / theirs.cpu_nanos()).collect());
        let mark = if low <= 1.1 { "✓" } else { "**missed**" };
        let (ours, theirs) = (in_words(cpu(&outcome.samples[0])), in_words(cpu(&outcome.samples[best])));
        let name = outcome.row.contestants[best].name;
        _ = writeln!(
            out,
            "| {mark} | {} | {ours} | {name} {theirs} | **{value:.2}** ({low:.2} to {high:.2}) |",
            outcome.row.name
        );
    }
    out
}

fn report(outcomes: &[Outcome], promises: &[Promise], options: &Options, took: Duration, prices: &str) -> String {
    let (missed, met): (Vec<&Outcome>, Vec<&Outcome>) = outcomes.iter().partition(|outcome| !outcome.is_met());
    let first = outcomes.iter().filter(|outcome| outcome.ratio.value <= 1.0).count();
    let mut out = format!(
        "# Beside the peers\n\nPrinted by `cargo run --profile fat -- --write` in `benchmark/`, {} rounds, in {} minutes.\n\n| | |\n|---|---|\n{}\nWhat a pair of operations costs on this machine, alone:\n\n{}\nIn each round every contestant of a row ran once, one after the other, so that what drifts drifts \
         for all. A ratio is the median over the rounds of our time divided by the best peer's in the same round, with \
         the interval in which it lies at 95 %; below 1 is ours. `limit` is the floor of the scenario: bare \
         read-modify-writes, or threads that spin without end.\n\n**{} of {} rows meet their target; in {first} we are \
         first.** Targets: uncontended rows level with the best peer and within 1.10 of the limit; contended rows level \
         with the best peer (the interval reaches 1.00) and never above 1.05; hand-off rows at most half of the best peer.\n",
        options.rounds,
        took.as_secs().div_ceil(60),
        machine::describe(),
        prices,
        met.len(),
        outcomes.len(),
    );
    if !missed.is_empty() {
        _ = write!(out, "\n## Targets that we miss\n\n{}", table(&missed));
    }
    _ = write!(out, "\n## Targets that we meet\n\n{}", table(&met));
    if !promises.is_empty() {
        _ = write!(out, "\n## Fairness, scale and rest\n\n{}", promises_table(promises));
    }
    _ = write!(
        out,
        "\n## Processor time per operation, where threads outnumber cores\n\nTarget: at most 1.1 times the least among the peers.\n\n{}",
        frugality(outcomes)
    );
    _ = write!(out, "\n## Everybody, median per operation\n{}", everybody(outcomes));
    _ = write!(out, "\n## What was tried\n\n{}", include_str!("../../docs/tried.md"));
    out
}

fn main() {
    if env::args().nth(1).as_deref() == Some(BUSY) {
        loop {
            std::hint::spin_loop();
        }
    }
    let options = Options::from_arguments().unwrap_or_else(|message| {
        eprintln!("{message}");
        std::process::exit(2)
    });
    if options.pinned { bench::measure::on_one_core(|| run(&options)) } else { run(&options) }
}

fn run(options: &Options) {
    bench::another_thread();
    let _busy = options.busy.then(Busy::start);
    let prices = machine::prices();
    if !options.ratios {
        eprintln!("{}\n{prices}", machine::describe());
    }
    let start = Instant::now();
    let all = [
        rows::lock::rows(),
        rows::rlock::rows(),
        rows::semaphore::rows(),
        rows::condition::rows(),
        rows::event::rows(),
        rows::barrier::rows(),
    ];
    let rows: Vec<Row> = all.into_iter().flatten().filter(|row| options.wants(row)).collect();
    let count = rows.len();
    let mut outcomes = vec![];
    for (i, row) in rows.into_iter().enumerate() {
        eprintln!("{} of {count}: {}", i + 1, row.name);
        outcomes.push(measure(row, options));
    }
    let time = Duration::from_millis(options.millis) * 100;
    let promises = if options.only.is_empty() || options.only.iter().any(|text| text == "promises") {
        promises::all(time)
    } else {
        vec![]
    };
    if options.ratios {
        for outcome in &outcomes {
            let Median { value, low, high } = outcome.ratio;
            let (best, _) = outcome.best();
            println!("{}\t{value:.3}\t{low:.3}\t{high:.3}\t{}", outcome.row.name, best.name);
        }
        return;
    }
    let report = report(&outcomes, &promises, options, start.elapsed(), &prices);
    println!("{report}");
    if options.write {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
        let links: String = KINDS.iter().map(|kind| format!("![{kind}](benchmarks-{kind}.svg)\n\n")).collect();
        let report = report.replacen("\n## ", &format!("\n{links}## "), 1);
        fs::write(format!("{docs}/benchmarks.md"), report).expect("docs/ can be written");
        for (kind, chart) in charts(&outcomes) {
            svg::save(format!("{docs}/benchmarks-{kind}.svg"), &chart).expect("docs/ can be written");
        }
    }
}
