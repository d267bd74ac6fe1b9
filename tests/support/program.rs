//! The program as a child process: one command to its end, or a daemon that is killed when it is dropped.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;
use soxa_lang::Lang;

use super::wait_for;

/// The passphrase of every key file of a test.
pub const PASSPHRASE: &str = "một mật khẩu đủ dài";

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none after a signal.
    pub exit: Option<i32>,
    /// Standard output.
    pub told: String,
    /// Standard error.
    pub said: String,
}

impl Ended {
    /// Expects this exit code.
    #[track_caller]
    pub fn with(self, exit: i32) -> Self {
        assert_eq!(self.exit, Some(exit), "\n{}\n{}", self.told, self.said);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.told).unwrap_or_else(|error| panic!("{error}: {}{}", self.told, self.said))
    }
}

/// The command as a test starts it, in a language, without what the surroundings say.
pub fn command(home: &Path, lang: Lang, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soxa"));
    for name in ["SOXA_HOME", "SOXA_KEY", "SOXA_LANG", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
        .args(["--lang", lang.code()])
        .arg("--home")
        .arg(home)
        .args(args);
    command
}

/// Runs a command to its end; `input` is its standard input.
pub fn soxa_with(home: &Path, lang: Lang, args: &[&str], input: &str) -> Ended {
    let mut command = command(home, lang, args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A command that fails before it reads has closed the pipe.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Ended {
        exit: output.status.code(),
        told: String::from_utf8(output.stdout).expect("text on standard output"),
        said: String::from_utf8(output.stderr).expect("text on standard error"),
    }
}

/// Runs a command in English without input.
pub fn soxa(home: &Path, args: &[&str]) -> Ended {
    soxa_with(home, Lang::En, args, "")
}

/// Runs a command that asks for one passphrase, in English.
pub fn soxa_signed(home: &Path, args: &[&str]) -> Ended {
    soxa_with(
        home,
        Lang::En,
        &[args, &["--yes", "--passphrase-stdin"]].concat(),
        &format!("{PASSPHRASE}\n"),
    )
}

/// A running daemon; killed when it is dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts the daemon of a home folder; its log is appended to a file.
    pub fn spawn(home: &Path, lang: Lang, log: &Path) -> Self {
        Self::spawn_among(home, lang, log, &[])
    }

    /// The same with these variables in its environment.
    pub fn spawn_among(home: &Path, lang: Lang, log: &Path, surroundings: &[(&str, String)]) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("the daemon's log");
        let mut command = command(home, lang, &["run"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        command.envs(surroundings.iter().map(|(name, value)| (name, value)));
        Self {
            child: command.spawn().expect("the daemon starts"),
            log: log.to_owned(),
        }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our child")
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// SIGKILL, as a power cut ends it; returns when the process is gone.
    #[track_caller]
    pub fn kill(&mut self) {
        self.child.kill().expect("our child");
        let status = self.child.wait().expect("our child");
        assert_eq!(
            status.signal(),
            Some(9),
            "it had ended before: {status}\n{}",
            self.said()
        );
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status();
        assert!(sent.expect("kill").success(), "SIG{name}");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the daemon's end", || self.ended().ok_or_else(|| self.said()))
    }

    /// SIGTERM, and expects an orderly end.
    #[track_caller]
    pub fn stop(mut self) {
        self.signal("TERM");
        let status = self.wait();
        assert_eq!(status.code(), Some(0), "{status}\n{}", self.said());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail only for a child that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
