//! Counts the words in all text files below a folder, with several threads, and uses each of the seven types for it.
//!
//! ```text
//! cargo run --release --example wordcount -- [FOLDER] [--verify] [--readers N] [--counters N] [--top N]
//! ```
//!
//! A walker finds the files, readers load them, counters count; then the counters merge what they have.
//!
//! | type | use | in |
//! |---|---|---|
//! | `Condition` (two), `Lock` | the bounded queue of contents from the readers to the counters | `queues.rs` |
//! | `Semaphore` (two), `Lock` | the bounded queue of paths from the walker to the readers | `queues.rs` |
//! | `BoundedSemaphore` | how many files are open at once | `pipeline.rs` |
//! | `Barrier` | all have counted, then all merge, then the report | `pipeline.rs` |
//! | `Event` (two) | stop (Ctrl-C, an error), and the end of all work | `pipeline.rs` |
//! | `RLock` | the journal, whose methods lock and call each other | `journal.rs` |

mod journal;
mod options;
mod pipeline;
mod queues;
mod report;
mod text;

/// Ctrl-C and the progress line come from packages that are not there under loom.
#[cfg(loom)]
fn main() {}

#[cfg(not(loom))]
fn main() -> std::process::ExitCode {
    use options::Request;
    use std::process::ExitCode;

    match options::parse(std::env::args_os().skip(1)) {
        Ok(Request::Run(options)) => run(options),
        Ok(Request::Help) => match report::print(options::USAGE) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(problem) => {
            report::complain(&format!("error: {problem}\n\n{}", options::USAGE.trim_end()));
            ExitCode::from(2)
        }
    }
}

#[cfg(not(loom))]
fn run(options: options::Options) -> std::process::ExitCode {
    use pipeline::Pipeline;
    use std::process::ExitCode;
    use std::sync::Arc;
    use std::time::Instant;

    /// What a shell reports for a program that Ctrl-C has ended.
    const INTERRUPTED: u8 = 130;

    let start = Instant::now();
    if let Err(error) = std::fs::read_dir(&options.folder) {
        report::complain(&format!("error: cannot read the folder {}: {error}", report::shown(&options.folder)));
        return ExitCode::from(2);
    }

    let pipeline = Arc::new(Pipeline::new(&options));
    let handler = {
        let pipeline = pipeline.clone();
        // It only asks the threads to stop and prints nothing, so that a second Ctrl-C gets through whatever blocks.
        move || {
            if pipeline.stopped() {
                std::process::exit(INTERRUPTED.into());
            }
            pipeline.stop();
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        report::complain(&format!("warning: Ctrl-C will end this at once, without partial results: {error}"));
    }

    let summary = match pipeline.run() {
        Ok(summary) => summary,
        Err(error) => {
            report::complain(&format!("error: cannot start a thread: {error}"));
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = report::print(&report::summary(&summary, options.top, start.elapsed())) {
        report::complain(&format!("error: cannot write the report: {error}"));
        return ExitCode::FAILURE;
    }

    let mut verified = true;
    if options.verify && !pipeline.stopped() {
        let start = Instant::now();
        if let Some(recount) = text::recount(&options.folder, || pipeline.stopped()) {
            match report::compare(&summary, recount, start.elapsed()) {
                Ok(agreement) => verified = report::print(&agreement).is_ok(),
                Err(differences) => {
                    report::complain(&differences);
                    verified = false;
                }
            }
        }
    }
    if pipeline.stopped() {
        report::complain(if options.verify { "interrupted, not verified" } else { "interrupted" });
        ExitCode::from(INTERRUPTED)
    } else if verified {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
