//! On what it runs, and what a pair of read-modify-writes costs there. Figures of two machines can be compared by that.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Instant;
use std::{env, fs, thread};

/// Processor, kernel, compiler and governor, one in a line.
pub fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).ok();
    let processor = read("/proc/cpuinfo")
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("model name").map(str::to_owned)))
        .map_or("unknown".into(), |line| line.trim_start_matches([' ', '\t', ':']).to_owned());
    let kernel = read("/proc/sys/kernel/osrelease").unwrap_or("unknown".into());
    let governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").unwrap_or("none".into());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!(
        "| processor | {processor}, {cores} cores |\n| system | {} {kernel} |\n| governor | {governor} |\n| compiler | {}{} |\n| profile | {} |\n",
        env::consts::OS,
        env!("COMPILER"),
        match env!("FLAGS") {
            "" => String::new(),
            flags => format!(" with {flags}"),
        },
        match env!("PROFILE_NAME") {
            "release" => "release: cargo's defaults",
            "fat" => "fat: link-time optimisation across crates, one code generation unit",
            other => other,
        },
    )
}

/// Least nanoseconds of many runs.
fn least(mut pair: impl FnMut(&AtomicU8)) -> f64 {
    const PAIRS: u32 = 20_000;
    let word = AtomicU8::new(0);
    let mut least = f64::MAX;
    for _ in 0..200 {
        let start = Instant::now();
        for _ in 0..PAIRS {
            pair(black_box(&word));
        }
        least = least.min(start.elapsed().as_nanos() as f64 / f64::from(PAIRS));
    }
    least
}

fn swap(word: &AtomicU8, from: u8, to: u8) {
    _ = black_box(word.compare_exchange(from, to, Acquire, Relaxed));
}

/// What acquiring and releasing costs at least, alone.
pub fn prices() -> String {
    let looked = |word: &AtomicU8, change: fn(u8) -> u8| {
        let seen = word.load(Relaxed);
        swap(word, seen, change(seen));
    };
    let rows: [(&str, f64); 5] = [
        (
            "compare-exchange / load, then compare-exchange",
            least(|word| {
                swap(word, 0, 1);
                looked(word, |seen| seen & !1);
            }),
        ),
        (
            "compare-exchange / compare-exchange, both from a constant",
            least(|word| {
                swap(word, 0, 1);
                swap(word, 1, 0);
            }),
        ),
        (
            "compare-exchange / fetch_sub",
            least(|word| {
                swap(word, 0, 1);
                black_box(word.fetch_sub(1, Release));
            }),
        ),
        (
            "load, then compare-exchange / the same",
            least(|word| {
                looked(word, |seen| seen | 1);
                looked(word, |seen| seen & !1);
            }),
        ),
        (
            "fetch_or / fetch_and whose old value is needed",
            least(|word| {
                black_box(word.fetch_or(1, Acquire));
                black_box(word.fetch_and(!1, Release));
            }),
        ),
    ];
    let mut out = String::from("| acquire / release | ns |\n|---|--:|\n");
    for (what, nanos) in rows {
        _ = writeln!(out, "| {what} | {nanos:.1} |");
    }
    out
}
