//! A clock that a test sets, also while a daemon runs by it: libfaketime between the program and the system.
//!
//! The program knows nothing of it. `scripts/test` installs it (Debian's package `faketime`).

use std::path::PathBuf;
use std::process::Command;

use super::province::Province;

/// Where Debian puts the library; the loader fills in the machine's own folder.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketime.so.1";

/// A clock, so far ahead of the real one as its file says.
pub struct Clock(PathBuf);

impl Clock {
    /// A clock that is so many days ahead.
    #[track_caller]
    pub fn ahead(province: &Province, days: u32) -> Self {
        let clock = Self(province.file("clock"));
        clock.set(days);
        let mut date = Command::new("date");
        let year = |date: &mut Command| -> i32 {
            let told = date.arg("+%Y").output().expect("date").stdout;
            String::from_utf8_lossy(&told).trim().parse().expect("a year")
        };
        let real = year(&mut Command::new("date"));
        assert!(
            year(date.envs(clock.surroundings())) > real || days < 366,
            "libfaketime is missing: scripts/test installs it, or `apt-get install faketime`"
        );
        clock
    }

    /// Sets it: a process that runs by it sees it at once.
    pub fn set(&self, days: u32) {
        std::fs::write(&self.0, format!("+{days}d\n")).expect("the clock's file");
    }

    /// What makes a process run by it. What measures how long something takes goes on by itself.
    pub fn surroundings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", LIBRARY.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.0.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}
