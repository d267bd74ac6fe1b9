//! What a measurement reads from the system: processor time, memory, bytes on disk. Linux tells them in `/proc`; where
//! it is not there, a figure is absent, never invented.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Clock ticks of `/proc/…/stat` in a second: fixed by Linux for programs on all common processors.
const TICKS_PER_SECOND: u64 = 100;

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since this was first asked.
#[must_use]
pub fn nanoseconds() -> u64 {
    u64::try_from(BEGINNING.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Processor time that this process has used so far, on all cores, in the program and in the system for it.
#[must_use]
pub fn cpu_time() -> Option<Duration> {
    cpu_time_of(std::process::id())
}

/// Processor time that a process has used so far.
#[must_use]
pub fn cpu_time_of(process: u32) -> Option<Duration> {
    times_of(process, 11)
}

/// Processor time that those children of this process used that have ended.
#[must_use]
pub fn cpu_time_of_ended_children() -> Option<Duration> {
    times_of(std::process::id(), 13)
}

/// The sum of two neighbouring times of `/proc/…/stat`, user and system, counted from the field behind the program's name.
fn times_of(process: u32, field: usize) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in parentheses, may hold spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(field);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 1_000 / TICKS_PER_SECOND))
}

/// Bytes of memory that this process has had resident at most.
#[must_use]
pub fn memory_peak() -> Option<u64> {
    memory_peak_of(std::process::id())
}

/// Bytes of memory that a process has had resident at most.
#[must_use]
pub fn memory_peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// From here on [`memory_peak`] tells the most of what follows. False where the system cannot do so: then it goes on
/// telling the most of all.
#[must_use]
pub fn restart_memory_peak() -> bool {
    // See proc_pid_clear_refs(5): 5 resets the peak to what is resident now.
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Bytes of all files below a folder; 0 when it is not there.
#[must_use]
pub fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => bytes_below(&entry.path()),
            Ok(about) => about.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_in_all_folders_below() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("below")).unwrap();
        std::fs::write(folder.path().join("one"), [0; 10]).unwrap();
        std::fs::write(folder.path().join("below/two"), [0; 7]).unwrap();
        assert_eq!(bytes_below(folder.path()), 17);
        assert_eq!(bytes_below(&folder.path().join("nowhere")), 0);
    }
}
