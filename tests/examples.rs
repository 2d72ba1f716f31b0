//! The eight programs of the porting guide (`docs/porting.md`), and `pool`, print what `tests/examples` says. A program also fails by itself
//! if what it shows does not hold.
//!
//! `cargo test` builds the programs. Alone: `cargo build --examples && cargo test --test examples`.
//!
//! In an expected line with a `#`, every `#` stands for a number, such as a time, and several blanks count as one.
#![cfg(not(loom))]

mod common;

use common::watchdog;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The order of the lines that a program prints.
#[derive(PartialEq)]
enum Lines {
    InOrder,
    /// Which thread prints first is not fixed.
    InAnyOrder,
}

fn program(name: &str) -> PathBuf {
    // Beside the folder in which this test is.
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(Path::parent).expect("it lies in target/<profile>/deps");
    folder.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// With a `#` in the place of each number, if the expected line has one.
fn simplified(line: &str, expected: &str) -> String {
    if !expected.contains('#') {
        return line.to_owned();
    }
    let is_number = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
    let mut simple = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let signed = rest.strip_prefix('-').filter(|digits| is_number(digits)).unwrap_or(rest);
        if is_number(signed) {
            let is_part = |part: char| part.is_ascii_digit() || part == '.' || part == ',';
            let number = &signed[..signed.find(|part| !is_part(part)).unwrap_or(signed.len())];
            // A full stop or comma at the end belongs to the sentence.
            rest = &signed[number.trim_end_matches(['.', ',']).len()..];
            simple.push('#');
        } else {
            simple.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    simple
}

fn one_blank(line: &str) -> String {
    line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn prints(name: &str, lines: Lines, arguments: &[&str], expected: &str) {
    let _watchdog = watchdog();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("tests/examples").join(expected).with_extension("txt");
    let expected = std::fs::read_to_string(file).expect("what it is to print is in a file");
    let made = Command::new(program(name)).args(arguments).current_dir(root).output().expect("cargo has built it");
    let (out, errors) = (String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
    assert!(made.status.success(), "{name} has failed:\n{out}{errors}");
    let mut printed: Vec<&str> = out.lines().collect();
    if lines == Lines::InAnyOrder {
        printed.sort_unstable();
    }
    assert_eq!(printed.len(), expected.lines().count(), "{name} printed:\n{out}");
    for (line, expected) in printed.iter().zip(expected.lines()) {
        let (line, expected) = match simplified(line, expected) {
            line if expected.contains('#') => (one_blank(&line), one_blank(expected)),
            line => (line, expected.to_owned()),
        };
        assert_eq!(line, expected, "{name} printed:\n{out}");
    }
}

#[test]
fn counter() {
    prints("counter", Lines::InOrder, &[], "counter");
}

#[test]
fn printing() {
    prints("printing", Lines::InAnyOrder, &[], "printing");
}

#[test]
fn finishing_order() {
    prints("finishing_order", Lines::InOrder, &["--verify"], "finishing_order");
}

#[test]
fn clean_files() {
    prints("clean_files", Lines::InOrder, &["LICENSE-APACHE", "LICENSE-MIT"], "clean_files");
    prints("clean_files", Lines::InOrder, &[], "clean_files_sources");
}

#[test]
fn philosophers() {
    prints("philosophers", Lines::InOrder, &[], "philosophers");
}

#[test]
fn gil() {
    prints("gil", Lines::InOrder, &[], "gil");
}

#[test]
fn thread_pool() {
    prints("thread_pool", Lines::InOrder, &[], "thread_pool");
}

#[test]
fn task_queue() {
    prints("task_queue", Lines::InOrder, &[], "task_queue");
}

#[test]
fn pool() {
    prints("pool", Lines::InOrder, &[], "pool");
}

#[test]
fn a_number_is_one_however_it_is_written() {
    assert_eq!(simplified("-3 of 12.5, 1,000.", "# of #, #."), "# of #, #.");
}
