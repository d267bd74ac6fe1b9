//! The local socket spoken by hand: one JSON object a line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::LIMIT;

/// A connection to a daemon.
pub struct Socket(BufReader<UnixStream>);

impl Socket {
    /// Connects to the daemon of a home folder.
    pub fn connect(home: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(home.join("soxa.sock"))?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// No more will be written.
    pub fn finish(&mut self) {
        // Fails when the daemon has closed the connection already.
        let _ = self.0.get_mut().shutdown(std::net::Shutdown::Write);
    }

    /// The next line; none when the daemon has closed the connection.
    pub fn line(&mut self) -> std::io::Result<Option<Value>> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Ok(None),
            _ if line.ends_with('\n') => {
                Ok(Some(serde_json::from_str(&line).expect("the daemon writes JSON")))
            }
            // Cut short: the daemon died while it wrote.
            _ => Ok(None),
        }
    }

    /// Sends a request and waits for its reply; none when the daemon went away.
    pub fn ask(&mut self, request: &Value) -> std::io::Result<Option<Value>> {
        self.write(&call(request))?;
        self.line()
    }
}

/// A request as its line.
pub fn call(request: &Value) -> Vec<u8> {
    format!("{}\n", json!({ "version": 1, "request": request })).into_bytes()
}

/// The request that stores these signed commits.
pub fn submit<'a>(commits: impl IntoIterator<Item = &'a [u8]>) -> Value {
    let commits: Vec<String> = commits.into_iter().map(|bytes| BASE64.encode(bytes)).collect();
    json!({ "submit": { "commits": commits } })
}

/// Asks a running daemon one thing.
#[track_caller]
pub fn ask(home: &Path, request: &Value) -> Value {
    let answer = Socket::connect(home).and_then(|mut socket| socket.ask(request));
    answer.expect("a running daemon").expect("an answer")
}
