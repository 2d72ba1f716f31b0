//! A test that runs its cases in processes of their own, because a wrong one may end the process, or never end.
//!
//! The child is this test binary, started again for this one test. There the test finds its case in the environment.

use std::env;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A child that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(60);

const CASE: &str = "SIXFOLD_TEST_CASE";

/// The case that this process is to run, if it is a child. It does not outlive a parent that is killed by much.
pub(crate) fn case() -> Option<String> {
    let case = env::var(CASE).ok()?;
    thread::spawn(|| {
        thread::sleep(LONGEST);
        std::process::exit(2);
    });
    Some(case)
}

/// What became of a child.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code, unless a signal has ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) hung: bool,
}

/// Runs `test`, which is a test of this binary, in a process of its own, for `case`.
pub(crate) fn run<F: Fn() + Copy>(test: F, case: &str) -> Ended {
    run_with(test, case, &[])
}

/// As [`run`], with more in the environment.
pub(crate) fn run_with<F: Fn() + Copy>(_test: F, case: &str, variables: &[(&str, &str)]) -> Ended {
    let (_, name) = std::any::type_name::<F>().split_once("::").expect("a test is in a module of the binary");
    let mut command = Command::new(env::current_exe().expect("a test runs"));
    command.args([name, "--exact", "--nocapture"]).env(CASE, case).env("RUST_BACKTRACE", "0");
    for inherited in ["LOOM_LOG", "LOOM_MAX_PREEMPTIONS", "LOOM_MAX_PERMUTATIONS", "LOOM_MAX_DURATION"] {
        command.env_remove(inherited);
    }
    command.envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("this binary can be started again");
    let out = reader(child.stdout.take().expect("it is piped"));
    let err = reader(child.stderr.take().expect("it is piped"));
    let (code, hung) = end_of(&mut child);
    let [out, err] = [out, err].map(|reader| reader.join().expect("a reader does not fail"));
    assert!(hung || !out.contains("running 0 tests"), "there is no test {name}");
    Ended { code, out, err, hung }
}

/// Reads all there is. A thread for each stream, so that the child does not wait for one that nobody reads.
fn reader(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = from.read_to_end(&mut all);
        String::from_utf8_lossy(&all).into_owned()
    })
}

fn end_of(child: &mut Child) -> (Option<i32>, bool) {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            // By then it has ended itself.
            return (status.code(), start.elapsed() > LONGEST);
        }
        if start.elapsed() > 2 * LONGEST {
            let _ = child.kill();
            let _ = child.wait();
            return (None, true);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

impl Ended {
    /// Why this is not the end of a test that passes.
    pub(crate) fn passed(&self) -> Result<(), String> {
        match (self.hung, self.code) {
            (true, _) => Err("it hangs".into()),
            (_, Some(0)) => Ok(()),
            (_, code) => Err(format!("it ends with {code:?}: {}", self.err)),
        }
    }

    /// Why this is not the end of a test that fails as tests do, with `message`, and leaves the test runner alive.
    pub(crate) fn failed_with(&self, message: &str) -> Result<(), String> {
        const DEADLY: [&str; 3] = ["panic in a destructor", "abort", "panicked while processing panic"];
        let missing = || format!("{message:?} is missing in: {}", self.err);
        if self.hung {
            return Err("it hangs".into());
        }
        if let Some(word) = DEADLY.iter().find(|word| self.err.contains(**word)) {
            return Err(format!("it says {word:?}, and ends with {:?}", self.code));
        }
        if self.code != Some(101) || !self.out.contains("test result: FAILED. 0 passed; 1 failed") {
            return Err(format!("it ends with {:?}: {}", self.code, self.err));
        }
        if self.err.contains(message) { Ok(()) } else { Err(missing()) }
    }

    /// The reports of who waits for what: the lines after the head of each.
    pub(crate) fn reports(&self) -> Vec<Vec<&str>> {
        let mut reports: Vec<Vec<&str>> = Vec::new();
        let mut inside = false;
        for line in self.err.lines() {
            if line.starts_with("sixfold: when the model failed,") {
                reports.push(Vec::new());
                inside = true;
            } else if inside && line.starts_with("  ") {
                reports.last_mut().expect("its head came before").push(line);
            } else {
                inside = false;
            }
        }
        reports
    }
}

/// Runs `judge` for each case and fails with all that it finds wrong.
#[track_caller]
pub(crate) fn all_right<C>(cases: impl IntoIterator<Item = C>, judge: impl Fn(&C) -> Result<(), String>)
where
    C: std::fmt::Display,
{
    let mut count = 0;
    let wrong: Vec<String> = cases
        .into_iter()
        .inspect(|_| count += 1)
        .filter_map(|case| judge(&case).err().map(|why| format!("{case}: {why}")))
        .collect();
    assert!(wrong.is_empty(), "wrong in {} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Runs `run` for each case, in a process of its own, and fails with all those that do not pass.
#[track_caller]
pub(crate) fn each_passes<F: Fn() + Copy>(test: F, cases: &[&'static str], run: impl Fn(&str)) {
    match case() {
        Some(case) => run(&case),
        None => all_right(cases, |case| self::run(test, case).passed()),
    }
}
