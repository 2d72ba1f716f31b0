//! Which compiler it is, for the head of the report.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var("RUSTC").expect("cargo says which compiler");
    let version = Command::new(compiler).arg("--version").output().expect("it runs").stdout;
    println!("cargo::rustc-env=COMPILER={}", String::from_utf8_lossy(&version).trim());
    let lto = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    println!("cargo::rustc-env=FLAGS={}", lto.replace('\x1f', " "));
    // `target/<profile>/build/<package>/out`
    let out = env::var("OUT_DIR").expect("cargo says where");
    let profile = out.split(['/', '\\']).rev().nth(3).unwrap_or("?");
    println!("cargo::rustc-env=PROFILE_NAME={profile}");
    println!("cargo::rerun-if-changed=build.rs");
}
