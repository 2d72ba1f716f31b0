//! What the user gets to read.
#![cfg(not(loom))]

use crate::pipeline::Summary;
use crate::text::{Totals, Words};
use indicatif::{HumanBytes, HumanCount};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

/// Writes to stdout. That nobody reads it to the end, as with `| head`, is no error.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a line to stderr. If that does not work there is nowhere to say so.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A path for people. Names can contain what a terminal would obey.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().replace(char::is_control, "\u{fffd}")
}

pub fn summary(summary: &Summary, top: usize, time: Duration) -> String {
    let Summary { totals, shares, skipped, partial } = summary;
    let mut words: Vec<(&str, u64)> = shares.iter().flatten().map(|(word, count)| (word.as_str(), *count)).collect();
    let distinct = words.len() as u64;
    // Only those to be listed are put in order.
    let order = |(word, count): &(&str, u64), (other, more): &(&str, u64)| more.cmp(count).then(word.cmp(other));
    if top < words.len() {
        words.select_nth_unstable_by(top, order);
        words.truncate(top);
    }
    words.sort_unstable_by(order);

    let mut text = String::new();
    let mut row = |name: &str, value: &dyn std::fmt::Display| _ = writeln!(text, "{name:<14}{value}");
    if *partial {
        row("PARTIAL", &"interrupted, so not everything was counted");
    }
    row("files", &HumanCount(totals.files));
    row("bytes", &format_args!("{} ({})", HumanCount(totals.bytes), HumanBytes(totals.bytes)));
    row("lines", &HumanCount(totals.lines));
    row("words", &HumanCount(totals.words));
    row("distinct", &HumanCount(distinct));
    match &totals.longest {
        Some((path, words)) => row("longest file", &format_args!("{} ({} words)", shown(path), HumanCount(*words))),
        None => row("longest file", &"none"),
    }
    row("skipped", &HumanCount(skipped.values().map(|(count, _)| count).sum()));
    for (reason, (count, first)) in skipped {
        row("", &format_args!("{} {reason}, such as {}", HumanCount(*count), shown(first)));
    }
    row("time", &format_args!("{:.3} s", time.as_secs_f64()));
    if !words.is_empty() {
        row("most frequent", &"");
    }
    for (word, count) in words {
        _ = writeln!(text, "{:>12}  {word:.60}", HumanCount(count).to_string());
    }
    text
}

/// Whether a recount says the same. The error names the differences.
pub fn compare(summary: &Summary, recount: (Totals, Words), time: Duration) -> Result<String, String> {
    const MOST: usize = 10;
    let (totals, mut words) = recount;
    let distinct = words.len() as u64;
    let mut differences = Vec::new();
    let mut check = |what: &str, threads: &dyn std::fmt::Debug, recount: &dyn std::fmt::Debug| {
        let (threads, recount) = (format!("{threads:?}"), format!("{recount:?}"));
        if threads != recount {
            differences.push(format!("{what}: {threads}, recounted {recount}"));
        }
    };
    check("files", &summary.totals.files, &totals.files);
    check("bytes", &summary.totals.bytes, &totals.bytes);
    check("lines", &summary.totals.lines, &totals.lines);
    check("words", &summary.totals.words, &totals.words);
    check("longest file", &summary.totals.longest, &totals.longest);
    for (word, count) in summary.shares.iter().flatten() {
        // Removed, so that a word in two shares is found too.
        let recounted = words.remove(word).unwrap_or(0);
        if *count != recounted {
            check(&format!("word {word:?}"), count, &recounted);
        }
    }
    for (word, count) in &words {
        check(&format!("word {word:?}"), &0, count);
    }
    if differences.is_empty() {
        let (files, words, distinct) = (HumanCount(totals.files), HumanCount(totals.words), HumanCount(distinct));
        let time = time.as_secs_f64();
        return Ok(format!(
            "verified: {files} files, {words} words and each of {distinct} distinct words, recounted in {time:.3} s\n"
        ));
    }
    let more = differences.len().saturating_sub(MOST);
    differences.truncate(MOST);
    let mut text = format!("verification FAILED (has the folder changed meanwhile?)\n  {}", differences.join("\n  "));
    if more > 0 {
        _ = write!(text, "\n  and {more} more differences");
    }
    Err(text)
}
