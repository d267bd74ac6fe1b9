//! The program at a terminal of its own: what it shows is read, what a person types is written, the passphrase too.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};
use soxa_lang::Lang;

use super::program::command;
use super::{LIMIT, wait_for};

/// Pieces of what is shown that wait to be looked at.
const CHUNKS_WAITING_MAX: usize = 64;
/// Lines and columns: wide enough that no sentence is broken.
const SIZE: (u16, u16) = (50, 240);

/// A command at a terminal.
pub struct Terminal {
    pty: Arc<Pty>,
    shown: Receiver<Vec<u8>>,
    child: Child,
    /// What was shown since the last that was waited for.
    rest: String,
}

impl Terminal {
    /// Starts a command.
    #[track_caller]
    pub fn start(home: &Path, lang: Lang, args: &[&str]) -> Self {
        let (pty, inner) = open().expect("a terminal");
        pty.resize(Size::new(SIZE.0, SIZE.1)).expect("a terminal's size");
        let command = Command::from(command(home, lang, args));
        let child = command.spawn(inner).expect("the program starts");
        let pty = Arc::new(pty);
        let (to, shown) = sync_channel(CHUNKS_WAITING_MAX);
        let reader = Arc::clone(&pty);
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            // Reading fails when the program has ended.
            while let Ok(read @ 1..) = (&*reader).read(&mut bytes) {
                let _ = to.send(bytes[..read].to_vec());
            }
        });
        Self {
            pty,
            shown,
            child,
            rest: String::new(),
        }
    }

    /// Waits until this is shown, after all that was waited for before.
    #[track_caller]
    pub fn shows(&mut self, words: &str) -> &mut Self {
        loop {
            if let Some(at) = self.rest.find(words) {
                self.rest.drain(..at + words.len());
                return self;
            }
            match self.shown.recv_timeout(LIMIT) {
                Ok(bytes) => self.rest.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("never shown: {words:?}; seen instead:\n{}", self.rest),
            }
        }
    }

    /// Types a line.
    #[track_caller]
    pub fn types(&mut self, line: &str) -> &mut Self {
        let typed = (&*self.pty).write_all(format!("{line}\n").as_bytes());
        typed.expect("a terminal that takes a line");
        self
    }

    /// Types a line where the program hides what is typed: as soon as the terminal shows it no more.
    #[track_caller]
    pub fn types_unseen(&mut self, line: &str) -> &mut Self {
        wait_for("a terminal that hides what is typed", || {
            let modes = tcgetattr(&*self.pty)
                .map_err(|error| error.to_string())?
                .local_modes;
            match modes.contains(LocalModes::ECHO) {
                true => Err("it shows it".to_owned()),
                false => Ok(()),
            }
        });
        self.types(line)
    }

    /// Waits for the end; the exit code, and what was shown last.
    #[track_caller]
    pub fn ends(mut self) -> (Option<i32>, String) {
        while let Ok(bytes) = self.shown.recv_timeout(LIMIT) {
            self.rest.push_str(&String::from_utf8_lossy(&bytes));
        }
        let status = self.child.wait().expect("our child");
        (status.code(), std::mem::take(&mut self.rest))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Both fail only for a child that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
