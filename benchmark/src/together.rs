//! Several runs, together: in how many of them each target was met.

use crate::report;
use crate::statistics::median;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// What one run printed with `--tsv`.
struct Run {
    properties: Vec<(String, String)>,
    lines: Vec<Line>,
}

/// A row, one of its goals, and what came out.
struct Line {
    row: String,
    goal: String,
    value: f64,
    bound: f64,
    is_met: bool,
    peer: String,
}

impl Run {
    fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut run = Self { properties: vec![], lines: vec![] };
        for (number, line) in (1..).zip(text.lines()) {
            let cells: Vec<&str> = line.split('\t').collect();
            match cells[..] {
                [name, value] if name.starts_with("# ") => run.properties.push((name[2..].into(), value.into())),
                ["row", ..] => {}
                [row, goal, value, _, _, bound, verdict, _, peer, _] => run.lines.push(Line {
                    row: row.into(),
                    goal: goal.into(),
                    value: value.parse().map_err(|_| format!("{}:{number}: {value} is no number", path.display()))?,
                    bound: bound.parse().map_err(|_| format!("{}:{number}: {bound} is no number", path.display()))?,
                    is_met: verdict == "met",
                    peer: peer.into(),
                }),
                _ => return Err(format!("{}:{number}: not a line of what `--tsv` prints", path.display())),
            }
        }
        if run.lines.is_empty() { Err(format!("{}: no row", path.display())) } else { Ok(run) }
    }

    fn property(&self, name: &str) -> &str {
        self.properties.iter().find(|property| property.0 == name).map_or("unknown", |property| &property.1)
    }

    /// What sets it apart from an ordinary run.
    fn setting(&self) -> String {
        // What it means stands behind it, in parentheses.
        let profile = self.property("build profile").split(" (").next().unwrap_or_default();
        let mut setting = vec![profile];
        if self.property("pinned to one core") == "yes" {
            setting.push("pinned to one core");
        }
        if self.property("beside") != "nothing of ours" {
            setting.push("beside a busy process");
        }
        setting.join(", ")
    }

    fn find(&self, row: &str, goal: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.row == row && line.goal == goal)
    }

    /// How many rows meet a goal, of how many.
    fn met(&self, goal: &str) -> String {
        let lines = || self.lines.iter().filter(|line| line.goal == goal);
        format!("{} of {}", lines().filter(|line| line.is_met).count(), lines().count())
    }
}

/// The page, in Markdown. The runs in the setting of the first are counted together, and the others have a column each.
pub fn markdown(paths: &[impl AsRef<Path>]) -> Result<String, String> {
    let runs = paths.iter().map(|path| Run::read(path.as_ref())).collect::<Result<Vec<_>, _>>()?;
    let first = runs.first().ok_or("no file is named")?;
    let (same, others): (Vec<&Run>, Vec<&Run>) = runs.iter().partition(|run| run.setting() == first.setting());
    let rows: Vec<Repeated> = first.lines.iter().map(|line| Repeated::new(line, &same)).collect();
    let n = same.len();
    let mut out = format!(
        "# In how many of {n} runs each goal was met\n\nPrinted by `sixfold-benchmark --together`, from what `--tsv` had printed \
         in each run. `docs/benchmarks.md` says what a ratio is, and has the last run in the first setting.\n\n"
    );
    for (i, run) in runs.iter().enumerate() {
        let of = |name| run.property(name);
        let (processor, kernel, rounds) = (of("processor"), of("kernel"), of("rounds"));
        _ = writeln!(out, "{}. {}: {processor}; {kernel}; rounds: {rounds}", i + 1, run.setting());
    }
    _ = write!(out, "\n*Met in all* counts the rows whose target was met in all {n} runs in the first setting.");
    _ = writeln!(out, " The last columns are one run each.\n\n{}", goals(&rows, n, &others));
    _ = writeln!(out, "Rows that miss their target in more than half of the {n} runs, the furthest first:\n");
    Ok(out + &missed(&rows)?)
}

/// A row and one of its goals, in all runs of the same setting that have it.
struct Repeated<'a> {
    lines: Vec<&'a Line>,
    times_met: usize,
}

impl<'a> Repeated<'a> {
    fn new(line: &Line, runs: &[&'a Run]) -> Self {
        let lines: Vec<&Line> = runs.iter().filter_map(|run| run.find(&line.row, &line.goal)).collect();
        Self { times_met: lines.iter().filter(|line| line.is_met).count(), lines }
    }

    fn goal(&self) -> &'a str {
        &self.lines[0].goal
    }

    /// How far its median is from the bound.
    fn excess(&self) -> Result<f64, String> {
        let middle = median(self.lines.iter().map(|line| line.value).collect()).value;
        report::excess(self.goal(), middle).ok_or_else(|| format!("{} is no goal", self.goal()))
    }
}

/// How many rows meet each goal how often.
fn goals(rows: &[Repeated], n: usize, others: &[&Run]) -> String {
    let settings: String = others.iter().map(|run| format!(" {} |", run.setting())).collect();
    let counts: String = (1..n).rev().map(|k| format!(" in {k} |")).collect();
    let mut out = format!("| goal | rows | met in all |{counts} in none |{settings}\n");
    _ = writeln!(out, "|---|--:|{}", "--:|".repeat(n + 1 + others.len()));
    let mut goals: Vec<&str> = vec![];
    for row in rows {
        if !goals.contains(&row.goal()) {
            goals.push(row.goal());
        }
    }
    for goal in goals {
        let in_all_runs = || rows.iter().filter(|row| row.goal() == goal && row.lines.len() == n);
        let met = |times| in_all_runs().filter(|row| row.times_met == times).count();
        let counts: String = (0..=n).rev().map(|times| format!(" {} |", met(times))).collect();
        let columns: String = others.iter().map(|run| format!(" {} |", run.met(goal))).collect();
        _ = writeln!(out, "| {goal} | {} |{counts}{columns}", in_all_runs().count());
    }
    out
}

fn missed(rows: &[Repeated]) -> Result<String, String> {
    let mut missed = vec![];
    for row in rows.iter().filter(|row| 2 * row.times_met < row.lines.len()) {
        missed.push((row.excess()?, row));
    }
    missed.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut out = String::from("| row | goal | bound | values | met in | best peer |\n|---|---|--:|--:|--:|---|\n");
    for (_, Repeated { lines, times_met }) in missed {
        let Line { row, goal, bound, peer, .. } = lines[lines.len() - 1];
        let values: Vec<String> = lines.iter().map(|line| format!("{:.2}", line.value)).collect();
        let (values, n) = (values.join(", "), lines.len());
        _ = writeln!(out, "| {row} | {goal} | {bound} | {values} | {times_met} of {n} | {peer} |");
    }
    Ok(out)
}
