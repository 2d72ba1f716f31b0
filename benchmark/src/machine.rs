//! What the figures come from: processor, kernel, compiler, governor, build profile.

use std::{env, fs, thread};

/// One line for each property: its name and its value.
pub fn properties() -> Vec<(&'static str, String)> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    vec![
        ("processor", processor()),
        ("cores in use", cores.to_string()),
        ("kernel", kernel()),
        ("compiler", env!("COMPILER").to_owned()),
        ("governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").unwrap_or("none".into())),
        ("build profile", profile()),
        ("load before (1, 5, 15 minutes)", load()),
    ]
}

fn first_line(file: &str) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.lines().next()?.to_owned())
}

fn load() -> String {
    let averages = first_line("/proc/loadavg").unwrap_or("unknown".into());
    averages.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let Some(name) = field("model name") else { return format!("unknown ({})", env::consts::ARCH) };
    // A virtual machine often hides the name; family, model and stepping tell the kind.
    let numbers: Vec<String> = ["cpu family", "model", "stepping"].into_iter().filter_map(field).collect();
    format!("{name} (family, model, stepping: {})", numbers.join(", "))
}

fn kernel() -> String {
    let release = first_line("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} {release}", env::consts::OS).trim().to_owned()
}

/// Cargo names the directory of a program after the profile.
fn profile() -> String {
    let program = env::current_exe().unwrap_or_default();
    let name = program.parent().and_then(|directory| directory.file_name()).unwrap_or_default().to_string_lossy();
    match &*name {
        "fat" => "fat (fat LTO, one codegen unit)".to_owned(),
        "release" => "release (cargo's defaults)".to_owned(),
        name => name.to_owned(),
    }
}
