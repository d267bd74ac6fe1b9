//! Child processes: one daemon for each node, and one command for each act.
//!
//! Whatever happens, no child outlives its owner here: a [`Daemon`] is killed when it is dropped.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use soxa_lang::Lang;

use super::error::DemoError;
use super::interrupt::Interrupt;

/// Milliseconds between two looks at something that is being waited for.
const LOOK_MS: u64 = 50;
/// Children at a time: key derivation keeps a core busy, and the nodes need some of the machine too.
const CHILDREN_AT_ONCE: usize = 3;
/// Letters of a command's talk that an error repeats.
const SAID_LETTERS_MAX: usize = 1_500;

/// What a look found instead of what is being waited for.
#[derive(Debug)]
pub enum Seen {
    /// Something that may still change; told when time is up.
    NotYet(String),
    /// Something after which waiting is in vain.
    Hopeless(DemoError),
}

impl From<String> for Seen {
    fn from(seen: String) -> Self {
        Self::NotYet(seen)
    }
}

/// Looks again and again until there is something, for at most `limit`.
///
/// # Errors
/// When time is up, waiting is in vain, or somebody interrupts.
pub fn wait_for<T>(
    what: &str,
    limit: Duration,
    interrupt: &Interrupt,
    mut look: impl FnMut() -> Result<T, Seen>,
) -> Result<T, DemoError> {
    let begun = Instant::now();
    loop {
        interrupt.check()?;
        match look() {
            Ok(found) => return Ok(found),
            Err(Seen::Hopeless(error)) => return Err(error),
            Err(Seen::NotYet(seen)) if begun.elapsed() > limit => {
                return Err(DemoError::Late {
                    what: what.to_owned(),
                    seconds: limit.as_secs(),
                    seen,
                });
            }
            Err(Seen::NotYet(_)) => std::thread::sleep(Duration::from_millis(LOOK_MS)),
        }
    }
}

/// The program itself, as children run it.
#[derive(Debug, Clone)]
pub struct Program {
    exe: PathBuf,
    lang: Lang,
}

/// A key file with the passphrase that opens it.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// The file.
    pub file: PathBuf,
    /// Its passphrase.
    pub passphrase: String,
}

/// What a command answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The exit code.
    pub exit: i32,
    /// Standard output as JSON; null when it is none.
    pub json: Value,
    /// Standard error.
    pub said: String,
}

impl Program {
    /// The running program.
    ///
    /// # Errors
    /// When the system does not tell its file.
    pub fn own(lang: Lang) -> Result<Self, DemoError> {
        let exe = std::env::current_exe().map_err(DemoError::io("own program file"))?;
        Ok(Self { exe, lang })
    }

    fn command(&self, home: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.exe);
        command.args(args);
        command.env_remove(crate::key_store::ENVIRONMENT);
        command
            .env(crate::home::ENVIRONMENT, home)
            .env("SOXA_LANG", self.lang.code());
        command
    }

    /// Runs a command to its end and gives back how it ended, whatever that was.
    ///
    /// # Errors
    /// When the process cannot be started or its pipes fail.
    pub fn try_run(&self, home: &Path, passphrase: Option<&str>, args: &[&str]) -> Result<Answer, DemoError> {
        let named = || format!("soxa {}", args.join(" "));
        let mut command = self.command(home, args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(DemoError::io(named()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that fails before it reads the passphrase has closed the pipe: its exit code says more.
            let _ = stdin.write_all(format!("{}\n", passphrase.unwrap_or_default()).as_bytes());
        }
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().map_err(DemoError::io(named()))?;
        Ok(Answer {
            exit: status.code().unwrap_or(-1),
            json: serde_json::from_slice(&stdout).unwrap_or_default(),
            said: String::from_utf8_lossy(&stderr).into_owned(),
        })
    }

    /// Runs a command that has to end with 0.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub fn run(&self, home: &Path, passphrase: Option<&str>, args: &[&str]) -> Result<Value, DemoError> {
        let answer = self.try_run(home, passphrase, args)?;
        if answer.exit == 0 {
            Ok(answer.json)
        } else {
            Err(answer.error(args))
        }
    }

    /// Starts a node's daemon; its log goes to a file.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn daemon(&self, name: &str, home: &Path, log: &Path) -> Result<Daemon, DemoError> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(DemoError::file(log))?;
        let out = log.try_clone().map_err(DemoError::io("log file"))?;
        let mut command = self.command(home, &["run"]);
        command.stdin(Stdio::null()).stdout(out).stderr(log);
        let child = command
            .spawn()
            .map_err(DemoError::io(format!("daemon of {name}")))?;
        Ok(Daemon {
            name: name.to_owned(),
            child,
        })
    }
}

impl Answer {
    /// The end of a command as an error.
    pub fn error(&self, args: &[&str]) -> DemoError {
        let letters = self.said.chars().count();
        let said: String = self
            .said
            .chars()
            .skip(letters.saturating_sub(SAID_LETTERS_MAX))
            .collect();
        DemoError::Act {
            command: format!("soxa {}", args.join(" ")),
            exit: self.exit,
            said: said.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    name: String,
    child: Child,
}

impl Daemon {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would: SIGKILL, nothing is written any more.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<(), DemoError> {
        self.child
            .kill()
            .map_err(DemoError::io(format!("killing the daemon of {}", self.name)))?;
        self.child
            .wait()
            .map_err(DemoError::io(format!("daemon of {}", self.name)))?;
        Ok(())
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not know the process.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, DemoError> {
        self.child
            .try_wait()
            .map_err(DemoError::io(format!("daemon of {}", self.name)))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail only for a child that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs jobs side by side, a few at a time, and gives back their results in the order of the jobs. After the first
/// failure no further job is begun.
///
/// # Errors
/// The first failure in the order of the jobs.
pub fn side_by_side<J: Sync, T: Send>(
    jobs: &[J],
    run: impl Fn(&J) -> Result<T, DemoError> + Sync,
) -> Result<Vec<T>, DemoError> {
    a_few_at_a_time(CHILDREN_AT_ONCE, jobs, run)
}

/// As [`side_by_side`], so many at a time.
///
/// # Errors
/// The first failure in the order of the jobs.
pub fn a_few_at_a_time<J: Sync, T: Send>(
    at_once: usize,
    jobs: &[J],
    run: impl Fn(&J) -> Result<T, DemoError> + Sync,
) -> Result<Vec<T>, DemoError> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::Relaxed;
    let worker = || {
        let mut done = Vec::new();
        while !failed.load(order) {
            let at = next.fetch_add(1, order);
            let Some(job) = jobs.get(at) else { break };
            let result = run(job);
            failed.fetch_or(result.is_err(), order);
            done.push((at, result));
        }
        done
    };
    let mut done: Vec<(usize, Result<T, DemoError>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once.min(jobs.len()))
            .map(|_| scope.spawn(worker))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs_and_a_failure_stops_the_rest() {
        let jobs: Vec<u32> = (0..20).collect();
        assert_eq!(
            side_by_side(&jobs, |n| Ok(n * 2)).unwrap(),
            (0..20).map(|n| n * 2).collect::<Vec<_>>()
        );
        let begun = std::sync::atomic::AtomicUsize::new(0);
        let failed = side_by_side(&jobs, |n| {
            begun.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if *n == 0 {
                Err(DemoError::Interrupted)
            } else {
                Ok(*n)
            }
        });
        assert!(matches!(failed, Err(DemoError::Interrupted)));
    }

    #[test]
    fn waiting_ends_with_what_was_seen_last() {
        let interrupt = Interrupt::never();
        let mut looks = 0;
        let found = wait_for("a third look", Duration::from_secs(5), &interrupt, || {
            looks += 1;
            if looks == 3 {
                Ok(looks)
            } else {
                Err(format!("look {looks}").into())
            }
        });
        assert_eq!(found.unwrap(), 3);
        let late = wait_for("nothing", Duration::ZERO, &interrupt, || {
            Err::<(), _>("dust".to_owned().into())
        });
        assert!(late.unwrap_err().to_string().contains("dust"));
    }
}
