//! What the play costs the machine, as Linux counts it: memory of processes, and processor time. Elsewhere nothing is
//! known, and the figures are 0.

/// Ticks of processor time in a second, in the files of `/proc`: fixed for programs, whatever the kernel's own.
const TICKS_PER_SECOND: u64 = 100;
/// Where in `/proc/self/stat`, counted from the field after the program's name, the ticks stand: own user and system
/// time, then those of children that have ended (proc(5), fields 14 to 17).
const TICK_FIELDS: std::ops::Range<usize> = 11..15;

/// The most memory that a process has used so far, in bytes; `self` is this one.
pub fn peak_bytes(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    peak_in(&status)
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// Seconds of processor time of this process and of all children that have ended.
pub fn cpu_seconds() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    ticks_in(&stat).map(|ticks| ticks / TICKS_PER_SECOND)
}

fn ticks_in(stat: &str) -> Option<u64> {
    // The program's name stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    fields
        .get(TICK_FIELDS)?
        .iter()
        .map(|field| field.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_among_the_others() {
        assert_eq!(
            peak_in("VmPeak:\t 9 kB\nVmHWM:\t   2048 kB\nVmRSS:\t 1 kB\n"),
            Some(2 << 20)
        );
        assert_eq!(peak_in("VmPeak:\t 9 kB\n"), None);
        let stat = "7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 100 20 3000 400 15 16";
        assert_eq!(ticks_in(stat), Some(3_520));
        assert_eq!(ticks_in("7 (a) S 1"), None);
    }
}
