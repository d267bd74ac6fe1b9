//! Why the demonstration stopped. Technical English; the sentence around it comes from the catalogue.

use std::fmt::Display;
use std::path::Path;

use crate::failure::Failure;

/// Why the demonstration stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// An embedded file that contradicts itself or another: a defect of the program.
    #[error("embedded file {file}: {what}")]
    Data {
        /// The file.
        file: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A file, folder, process or socket of the operating system.
    #[error("{what}: {source}")]
    Io {
        /// What was being done with what.
        what: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// A command that ended otherwise than the play needs.
    #[error("`{command}` ended with exit code {exit}: {said}")]
    Act {
        /// The command line.
        command: String,
        /// Its exit code, -1 when a signal ended it.
        exit: i32,
        /// What it said on standard error.
        said: String,
    },
    /// A node that does not answer, or answers something unexpected.
    #[error("node {node}: {what}")]
    Node {
        /// The node.
        node: String,
        /// What it said, or what is missing.
        what: String,
    },
    /// Something that did not come about in time.
    #[error("after {seconds} s still waiting for {what}; last seen: {seen}")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// The state at the end.
        seen: String,
    },
    /// The ledger shows something else than the play needs to go on.
    #[error("{0}")]
    Unexpected(String),
    /// Somebody pressed ctrl-c, or the system asked the program to end.
    #[error("interrupted")]
    Interrupted,
}

impl DemoError {
    /// An embedded file is wrong.
    pub fn data(file: &'static str, what: impl Display) -> Self {
        Self::Data {
            file,
            what: what.to_string(),
        }
    }

    /// Something of the operating system failed.
    pub fn io(what: impl Display) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            what: what.to_string(),
            source,
        }
    }

    /// A file could not be read or written.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        Self::io(path.display().to_string())
    }

    /// A node did not answer as it should.
    pub fn node(node: impl Display, what: impl Display) -> Self {
        Self::Node {
            node: node.to_string(),
            what: what.to_string(),
        }
    }

    /// A node did not answer as it should, in the words of the local protocol.
    pub fn failure(node: impl Display) -> impl FnOnce(Failure) -> Self {
        move |failure| Self::node(node, failure.say(soxa_lang::Lang::En).replace('\n', " "))
    }
}
