//! What is printed: the machine, the goals, the rows that miss one, the others, and everybody's figures.

use crate::chart::{self, Lane};
use crate::measure::Sample;
use crate::peers::Rank;
use crate::prices::Price;
use crate::row::{Family, Row};
use crate::scale::Figure;
use crate::statistics::{Median, median};
use std::fmt::Write as _;
use std::time::Duration;
use std::{fs, io};

/// What is asked of us. Ratios are our time divided by that of the best peer that blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    Alone,
    Bare,
    Turns,
    WaitingWithCores,
    Waiting,
    Processor,
    LongestWait,
    Shares,
}

const GOALS: [Goal; 8] = [
    Goal::Alone,
    Goal::Bare,
    Goal::Turns,
    Goal::WaitingWithCores,
    Goal::Waiting,
    Goal::Processor,
    Goal::LongestWait,
    Goal::Shares,
];

impl Goal {
    fn name(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Bare => "alone, bare operations",
            Self::Turns => "competing for turns",
            Self::WaitingWithCores => "waiting, a core for each thread",
            Self::Waiting => "waiting, elsewhere",
            Self::Processor => "processor time, more threads than cores",
            Self::LongestWait => "longest wait, ms",
            Self::Shares => "Jain's index",
        }
    }

    /// An upper bound; a lower one for shares.
    fn bound(self) -> f64 {
        match self {
            Self::Alone | Self::Turns => 1.05,
            Self::Bare | Self::Processor => 1.10,
            Self::WaitingWithCores => 0.50,
            Self::Waiting => 1.00,
            Self::LongestWait => 2.00,
            Self::Shares => 0.95,
        }
    }

    /// How far a value is from the bound: above 1 it misses.
    fn excess(self, value: f64) -> f64 {
        if self == Self::Shares { self.bound() / value } else { value / self.bound() }
    }

    /// One side of a comparison.
    fn in_words(self, value: f64) -> String {
        match self {
            Self::LongestWait => format!("{value:.2} ms"),
            Self::Shares => format!("{value:.2}"),
            _ => in_words(value),
        }
    }
}

/// How far a value is from the bound of the goal of that name: above 1 it misses.
pub fn excess(goal: &str, value: f64) -> Option<f64> {
    GOALS.into_iter().find(|known| known.name() == goal).map(|goal| goal.excess(value))
}

/// A goal, and what a row has reached.
pub struct Check {
    pub goal: Goal,
    pub value: Median,
    pub ours: f64,
    /// The peer that the goal names, and its figure.
    pub peer: &'static str,
    pub theirs: f64,
}

impl Check {
    fn excess(&self) -> f64 {
        self.goal.excess(self.value.value)
    }

    fn verdict(&self) -> &'static str {
        if self.excess() <= 1.0 { "met" } else { "missed" }
    }
}

/// A row and what came out.
pub struct Outcome {
    pub row: Row,
    /// By contestant, then by round.
    pub samples: Vec<Vec<Sample>>,
    pub checks: Vec<Check>,
}

impl Outcome {
    /// `cores`: how many the process may use. `free`: how many of them nobody else keeps busy.
    pub fn new(row: Row, samples: Vec<Vec<Sample>>, cores: usize, free: usize) -> Self {
        let (cores, free) = if row.on_one_core { (1, free.min(1)) } else { (cores, free) };
        let mut outcome = Self { row, samples, checks: vec![] };
        outcome.checks = match outcome.row.family {
            Family::Alone => {
                [outcome.ratio(Goal::Alone, Rank::Peer, nanos), outcome.ratio(Goal::Bare, Rank::Limit, nanos)]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Family::Turns => outcome.ratio(Goal::Turns, Rank::Peer, nanos).into_iter().collect(),
            Family::Waiting => {
                let goal = if outcome.row.threads <= free { Goal::WaitingWithCores } else { Goal::Waiting };
                outcome.ratio(goal, Rank::Peer, nanos).into_iter().collect()
            }
            Family::Fairness => {
                let waits = outcome.direct(Goal::LongestWait, |sample| sample.longest_wait.map(millis));
                let shares = outcome.direct(Goal::Shares, Sample::jain);
                [waits, shares].into_iter().flatten().collect()
            }
        };
        let compares_time = matches!(outcome.row.family, Family::Turns | Family::Waiting);
        if compares_time && outcome.row.threads > cores {
            outcome.checks.extend(outcome.ratio(Goal::Processor, Rank::Peer, cpu));
        }
        outcome
    }

    fn of_rank(&self, rank: Rank) -> impl Iterator<Item = usize> {
        (0..self.samples.len()).filter(move |&i| self.row.contestants[i].rank == rank)
    }

    /// The median of our figure divided by that of the best contestant of a rank in the same round.
    fn ratio(&self, goal: Goal, rank: Rank, figure: fn(&Sample) -> f64) -> Option<Check> {
        let of = |i: usize| middle(&self.samples[i], figure);
        let best = self.of_rank(rank).min_by(|&a, &b| of(a).total_cmp(&of(b)))?;
        let rounds = self.samples[0].iter().zip(&self.samples[best]);
        let ratios: Vec<f64> = rounds.map(|(ours, theirs)| figure(ours) / figure(theirs)).collect();
        // A system without a clock for processor time.
        if ratios.iter().any(|ratio| !ratio.is_finite()) {
            return None;
        }
        let peer = self.row.contestants[best].name;
        Some(Check { goal, value: median(ratios), ours: of(0), peer, theirs: of(best) })
    }

    /// Our own figure, and that of the best peer to look at.
    fn direct(&self, goal: Goal, figure: impl Fn(&Sample) -> Option<f64>) -> Option<Check> {
        let of = |i: usize| {
            let values: Vec<f64> = self.samples[i].iter().filter_map(&figure).collect();
            (!values.is_empty()).then(|| median(values))
        };
        let value = of(0)?;
        let peers = self.of_rank(Rank::Peer).filter_map(|i| Some((self.row.contestants[i].name, of(i)?.value)));
        let (peer, theirs) = peers.min_by(|a, b| goal.excess(a.1).total_cmp(&goal.excess(b.1)))?;
        Some(Check { goal, value, ours: value.value, peer, theirs })
    }

    fn kind(&self) -> &str {
        self.row.name.split(':').next().expect("there is a first part")
    }

    fn short_name(&self) -> &str {
        self.row.name.split_once(": ").map_or(&self.row.name, |(_, short)| short)
    }
}

fn nanos(sample: &Sample) -> f64 {
    sample.nanos()
}

fn cpu(sample: &Sample) -> f64 {
    sample.cpu_nanos()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn middle(samples: &[Sample], figure: fn(&Sample) -> f64) -> f64 {
    median(samples.iter().map(figure).collect()).value
}

/// Three significant digits, with the unit that fits.
pub fn in_words(nanos: f64) -> String {
    match nanos {
        ..10.0 => format!("{nanos:.2} ns"),
        ..100.0 => format!("{nanos:.1} ns"),
        ..1e3 => format!("{nanos:.0} ns"),
        ..1e4 => format!("{:.2} µs", nanos / 1e3),
        ..1e6 => format!("{:.1} µs", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}

type Properties = [(&'static str, String)];

/// The machine and its prices, in Markdown.
pub fn head(properties: &Properties, prices: &[Price]) -> String {
    let mut out = String::new();
    for (name, value) in properties {
        _ = writeln!(out, "- {name}: {value}");
    }
    _ = write!(out, "\n| acquire / release of a word, nobody else there | ns |\n|---|--:|\n");
    for price in prices {
        _ = writeln!(out, "| {} | {:.1} |", price.pair, price.nanos);
    }
    out
}

/// The same, each line behind a `#`, and the names of the columns.
pub fn tsv_head(properties: &Properties, prices: &[Price]) -> String {
    let mut out = String::new();
    for (name, value) in properties {
        _ = writeln!(out, "# {name}\t{value}");
    }
    for price in prices {
        _ = writeln!(out, "# {}\t{:.1}", price.pair, price.nanos);
    }
    out + "row\tgoal\tvalue\tlow\thigh\tbound\tverdict\tours\tpeer\ttheirs\n"
}

/// A line for each goal of a row.
pub fn tsv(outcome: &Outcome) -> String {
    let mut out = String::new();
    for check in &outcome.checks {
        let Median { value, low, high } = check.value;
        _ = writeln!(
            out,
            "{}\t{}\t{value:.3}\t{low:.3}\t{high:.3}\t{:.2}\t{}\t{:.3}\t{}\t{:.3}",
            outcome.row.name,
            check.goal.name(),
            check.goal.bound(),
            check.verdict(),
            check.ours,
            check.peer,
            check.theirs,
        );
    }
    out
}

pub struct Report {
    pub properties: Vec<(&'static str, String)>,
    pub prices: Vec<Price>,
    pub outcomes: Vec<Outcome>,
    pub scale: Vec<Figure>,
    pub took: Duration,
}

const KINDS: [&str; 8] = ["lock", "rlock", "semaphore", "condition", "event", "barrier", "queue", "pool"];

impl Report {
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# Beside the peers\n\nPrinted by `sixfold-benchmark --write` in {} minutes, with the profile and the rounds below. In \
             each round every contestant of a row ran once, one after the other, so that what drifts drifts for all. A ratio is \
             the median over the rounds of our time divided by that of the best peer that blocks, in the same round, with the \
             interval in which it lies at 95 % (with five rounds: 94 %); below 1 is ours. The bare operations are the \
             read-modify-writes that a scenario cannot do without. `docs/decisions.md` has what was tried, and \
             `docs/printed/runs.md` says in how many of three runs each goal was met.\n\n",
            self.took.as_secs().div_ceil(60),
        );
        out += &head(&self.properties, &self.prices);
        let mut all: Vec<(&Outcome, &Check)> =
            self.outcomes.iter().flat_map(|outcome| outcome.checks.iter().map(move |check| (outcome, check))).collect();
        all.sort_by(|a, b| b.1.excess().total_cmp(&a.1.excess()));
        _ = write!(out, "\n## Goals\n\n{}", goals(&all));
        let (missed, met): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, check)| check.excess() > 1.0);
        if !missed.is_empty() {
            _ = write!(out, "\n## Missed, the furthest first\n\n{}", table(&missed));
        }
        if !self.scale.is_empty() {
            _ = write!(out, "\n## Scale and rest\n\n{}", scale_table(&self.scale));
        }
        if !met.is_empty() {
            _ = write!(out, "\n## Met\n\n{}", table(&met));
        }
        if !self.outcomes.is_empty() {
            _ = write!(out, "\n## Everybody, median per operation\n{}", self.everybody());
        }
        out
    }

    fn everybody(&self) -> String {
        let mut out = String::new();
        for kind in KINDS {
            let of_kind: Vec<&Outcome> = self.outcomes.iter().filter(|outcome| outcome.kind() == kind).collect();
            let mut names: Vec<&str> = vec![];
            for contestant in of_kind.iter().flat_map(|outcome| &outcome.row.contestants) {
                if !names.contains(&contestant.name) {
                    names.push(contestant.name);
                }
            }
            if names.is_empty() {
                continue;
            }
            let columns = "--:|".repeat(names.len());
            _ = writeln!(out, "\n### {kind}\n\n| row | one | {} |\n|---|---|{columns}", names.join(" | "));
            for outcome in of_kind {
                let values = names.iter().map(|name| {
                    let found = outcome.row.contestants.iter().position(|contestant| contestant.name == *name);
                    found.map_or(String::new(), |i| in_words(middle(&outcome.samples[i], nanos)))
                });
                let values: Vec<String> = values.collect();
                _ = writeln!(out, "| {} | {} | {} |", outcome.short_name(), outcome.row.unit, values.join(" | "));
            }
        }
        out
    }

    fn charts(&self) -> impl Iterator<Item = (&'static str, svg::Document)> {
        KINDS.into_iter().filter_map(|kind| {
            let of_kind = self.outcomes.iter().filter(|outcome| outcome.kind() == kind);
            let lanes: Vec<Lane> = of_kind.filter(|outcome| outcome.row.family != Family::Fairness).map(lane).collect();
            let title = format!("{kind}: time beside sixfold (left of the red line: faster than sixfold)");
            (!lanes.is_empty()).then(|| (kind, chart::draw(&title, &lanes)))
        })
    }

    /// Into `docs/`.
    pub fn write(&self) -> io::Result<()> {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
        let links: String = KINDS.iter().map(|kind| format!("![{kind}](benchmarks-{kind}.svg)\n\n")).collect();
        let report = self.markdown().replacen("\n## Missed", &format!("\n{links}## Missed"), 1);
        fs::write(format!("{docs}/benchmarks.md"), report)?;
        self.charts().try_for_each(|(kind, chart)| svg::save(format!("{docs}/benchmarks-{kind}.svg"), &chart))
    }
}

fn lane(outcome: &Outcome) -> Lane {
    let figures: Vec<f64> = outcome.samples.iter().map(|samples| middle(samples, nanos)).collect();
    let others = outcome.row.contestants.iter().zip(&figures).skip(1);
    Lane {
        name: outcome.short_name().to_owned(),
        ours: in_words(figures[0]),
        others: others
            .filter(|(contestant, _)| contestant.rank != Rank::Limit)
            .map(|(contestant, figure)| (contestant.name, figure / figures[0], contestant.rank == Rank::Peer))
            .collect(),
        limit: outcome.of_rank(Rank::Limit).next().map(|limit| figures[limit] / figures[0]),
    }
}

fn goals(all: &[(&Outcome, &Check)]) -> String {
    let mut out = String::from("| | goal | bound | rows that meet it | the worst |\n|---|---|--:|--:|---|\n");
    for goal in GOALS {
        let of_goal: Vec<_> = all.iter().filter(|(_, check)| check.goal == goal).collect();
        // They are sorted.
        let Some((worst, check)) = of_goal.first() else { continue };
        let met = of_goal.iter().filter(|(_, check)| check.excess() <= 1.0).count();
        let verdict = if met == of_goal.len() { "met" } else { "**missed**" };
        let sign = if goal == Goal::Shares { "≥" } else { "≤" };
        _ = writeln!(
            out,
            "| {verdict} | {} | {sign} {:.2} | {met} of {} | {:.2}, {} |",
            goal.name(),
            goal.bound(),
            of_goal.len(),
            check.value.value,
            worst.row.name,
        );
    }
    out
}

fn table(all: &[(&Outcome, &Check)]) -> String {
    let mut out =
        String::from("| row | goal | bound | value (95 %) | sixfold | best peer |\n|---|---|--:|--:|--:|--:|\n");
    for (outcome, check) in all {
        let Median { value, low, high } = check.value;
        _ = writeln!(
            out,
            "| {} | {} | {:.2} | **{value:.2}** ({low:.2} to {high:.2}) | {} | {} {} |",
            outcome.row.name,
            check.goal.name(),
            check.goal.bound(),
            check.goal.in_words(check.ours),
            check.peer,
            check.goal.in_words(check.theirs),
        );
    }
    out
}

fn scale_table(figures: &[Figure]) -> String {
    let mut out = String::from("| | what | goal | sixfold | peers |\n|---|---|---|--:|---|\n");
    for figure in figures {
        let verdict = if figure.met { "met" } else { "**missed**" };
        let Figure { what, goal, measured, peers, .. } = figure;
        _ = writeln!(out, "| {verdict} | {what} | {goal} | **{measured}** | {peers} |");
    }
    out
}
