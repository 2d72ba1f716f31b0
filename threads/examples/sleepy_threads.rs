//! Threads that sleep, and a main thread that counts them: `cargo run --release --example sleepy_threads`.
//!
//! The usual first program of a tutorial on threads. Some sleepers are daemons, for which the end of the program does not wait.

use sixfold_threads::thread::{self, Builder, Timer};
use std::io;
use std::time::Duration;

fn main() -> io::Result<()> {
    let sleeps = |name: String, millis: u64, daemon: bool| {
        Builder::new().name(name).daemon(daemon).spawn(move || {
            std::thread::sleep(Duration::from_millis(millis));
            println!("{} slept for {millis} ms", thread::current().name());
        })
    };
    for n in 1..=5 {
        sleeps(format!("sleeper {n}"), 40 * n, false)?;
    }
    sleeps("daemon".into(), 3_600_000, true)?;
    let reminder = Timer::start(Duration::from_millis(100), || println!("100 ms have passed"));

    println!("{} threads are alive:", thread::active_count());
    for other in thread::enumerate() {
        println!("  {}{}", other.name(), if other.is_daemon() { ", a daemon" } else { "" });
    }
    thread::join_all();
    reminder.join().expect("it does not panic");

    let left: Vec<_> = thread::enumerate().iter().map(|thread| thread.name().to_owned()).collect();
    println!("left: {}", left.join(", "));
    assert_eq!(left, ["main", "daemon"]);
    Ok(())
}
