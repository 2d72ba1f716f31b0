//! What happens on the way: the phase, the skipped files and the progress line.
#![cfg(not(loom))]

use crate::report::{complain, shown};
use crate::text::Totals;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use sixfold::RLock;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every public method takes the lock, also those that another one calls: the lock is re-entrant. So what one call
/// writes stays together, and it agrees with what it records.
pub struct Journal {
    notes: RLock<RefCell<Notes>>,
    /// On stderr; hidden, and then without effect, if that is no terminal.
    progress: ProgressBar,
}

#[derive(Default)]
struct Notes {
    phase: Phase,
    partial: bool,
    skipped: Skipped,
}

#[derive(Clone, Copy, Default)]
enum Phase {
    #[default]
    Counting,
    Merging,
    Reporting,
}

/// How many were skipped for which reason, and the first of them.
pub type Skipped = BTreeMap<String, (u64, PathBuf)>;

impl Journal {
    /// So many skipped files are named on stderr, the others only counted.
    const NAMED: u64 = 10;

    pub fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}").expect("a valid template");
        Self { notes: RLock::default(), progress: ProgressBar::new_spinner().with_style(style) }
    }

    /// Writes a line to stderr, above the progress line.
    pub fn say(&self, line: &str) {
        let _whole_lines = self.notes.hold();
        self.progress.suspend(|| complain(line));
    }

    /// Records that a file or folder was left out.
    pub fn skip(&self, path: &Path, reason: String) {
        let notes = self.notes.hold();
        let before: u64 = notes.borrow().skipped.values().map(|(count, _)| count).sum();
        if before < Self::NAMED {
            self.say(&format!("skipped {}: {reason}", shown(path)));
        } else if before == Self::NAMED {
            self.say("skipped more, see the report");
        }
        notes.borrow_mut().skipped.entry(reason).or_insert_with(|| (0, path.into())).0 += 1;
    }

    /// One phase is over. `stopped`: by an early end; if that was the counting, the results are partial.
    pub fn next_phase(&self, stopped: bool, totals: &Totals) {
        let notes = self.notes.hold();
        let phase = notes.borrow().phase;
        notes.borrow_mut().phase = match phase {
            Phase::Counting => Phase::Merging,
            Phase::Merging | Phase::Reporting => Phase::Reporting,
        };
        if stopped && matches!(phase, Phase::Counting) {
            notes.borrow_mut().partial = true;
            self.say("stopping: the results are partial");
        }
        self.draw(totals);
    }

    /// Redraws the progress line.
    pub fn draw(&self, totals: &Totals) {
        let notes = self.notes.hold();
        let phase = match notes.borrow().phase {
            Phase::Counting => "counting",
            Phase::Merging => "merging",
            Phase::Reporting => "done",
        };
        let (files, bytes, words) = (HumanCount(totals.files), HumanBytes(totals.bytes), HumanCount(totals.words));
        self.progress.set_message(format!("{phase}: {files} files, {bytes}, {words} words"));
        self.progress.tick();
    }

    /// Removes the progress line. Whether the results are partial, and what was skipped.
    pub fn finish(&self) -> (bool, Skipped) {
        let notes = self.notes.hold();
        self.progress.finish_and_clear();
        let notes = notes.take();
        (notes.partial, notes.skipped)
    }
}
