//! `config.toml`: what the owner of a node may set. Unknown keys are refused with the line and the nearest known key.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use soxa_lang::Lang;
use soxa_ledger::NodeKey;

use crate::failure::Failure;

/// Every key that may stand in the file.
pub const KEYS: [&str; 8] = [
    "announce",
    "document_cache",
    "known_nodes",
    "lang",
    "listen",
    "log",
    "peers",
    "sync_interval_s",
];
/// The port that a node listens on when nothing else is said.
pub const PORT: u16 = 7470;
/// Bytes of a configuration file.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Seconds between rounds of synchronisation: longer ones would leave a commune alone for a day.
const SYNC_INTERVAL_S_MAX: u64 = 86_400;
/// The example file, which `soxa init` writes into a new home folder; its values are the defaults.
pub const EXAMPLE: &str = include_str!("../../config/soxa.toml");

/// The configuration of a node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Addresses to listen on (multiaddr).
    pub listen: Vec<String>,
    /// Addresses at which others reach this node (multiaddr), where they differ from those listened on.
    pub announce: Vec<String>,
    /// Addresses of other nodes to call first (multiaddr); more are learnt from them.
    pub peers: Vec<String>,
    /// Nodes that are let in while this one knows of nobody else: for the node of the founding, when its disk was lost.
    #[serde(deserialize_with = "nodes")]
    pub known_nodes: Vec<NodeKey>,
    /// Seconds between two rounds of synchronisation, on average.
    pub sync_interval_s: u64,
    /// Which events are logged: a tracing filter such as `info` or `soxa_sync=debug,info`.
    pub log: String,
    /// How many records' documents are kept in memory.
    pub document_cache: usize,
    /// The language of commands in this home folder when neither option nor environment names one.
    #[serde(deserialize_with = "language")]
    pub lang: Option<Lang>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![format!("/ip4/0.0.0.0/tcp/{PORT}")],
            announce: Vec::new(),
            peers: Vec::new(),
            known_nodes: Vec::new(),
            sync_interval_s: 30,
            log: "info".to_owned(),
            document_cache: 2_000,
            lang: None,
        }
    }
}

fn language<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Lang>, D::Error> {
    let code = String::deserialize(deserializer)?;
    code.parse().map(Some).map_err(serde::de::Error::custom)
}

fn nodes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<NodeKey>, D::Error> {
    let keys = Vec::<String>::deserialize(deserializer)?;
    let parsed = keys
        .iter()
        .map(|key| key.parse().map_err(serde::de::Error::custom));
    parsed.collect()
}

/// What is wrong with a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read, is no TOML, or a value does not fit its key.
    #[error("configuration file {file}, line {line}: {reason}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A key that does not exist.
    #[error("configuration file {file}, line {line}: unknown key {key}, perhaps {nearest} is meant")]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// The known key that looks most like it.
        nearest: &'static str,
    },
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Unreadable { file, line, reason } => Self::new(
                "errors.config_unreadable",
                &[("file", &file.display()), ("line", &line), ("reason", &reason)],
            ),
            ConfigError::UnknownKey {
                file,
                line,
                key,
                nearest,
            } => Self::new(
                "errors.config_unknown_key",
                &[
                    ("file", &file.display()),
                    ("line", &line),
                    ("key", &key),
                    ("nearest", &nearest),
                    ("known", &KEYS.join(", ")),
                ],
            ),
        }
    }
}

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// When it cannot be read, has an unknown key, or a value is of the wrong type or out of range.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |reason: &dyn std::fmt::Display| ConfigError::Unreadable {
            file: file.to_owned(),
            line: 1,
            reason: reason.to_string(),
        };
        let length = std::fs::metadata(file).map_err(|e| unreadable(&e))?.len();
        if length > FILE_BYTES_MAX {
            return Err(unreadable(&format!("more than {FILE_BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(file).map_err(|e| unreadable(&e))?;
        Self::parse(file, &text)
    }

    /// Checks the text of a file.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let refuse = |error: toml::de::Error| ConfigError::Unreadable {
            file: file.to_owned(),
            line: error.span().map_or(1, |span| line_at(text, span.start)),
            reason: error.message().to_owned(),
        };
        let table = toml::de::DeTable::parse(text).map_err(refuse)?;
        for key in table.get_ref().keys() {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                return Err(ConfigError::UnknownKey {
                    file: file.to_owned(),
                    line: line_at(text, key.span().start),
                    key: key.get_ref().to_string(),
                    nearest: nearest_key(key.get_ref()),
                });
            }
        }
        let config: Self = toml::from_str(text).map_err(refuse)?;
        let out_of_range = |key: &str, reason: String| ConfigError::Unreadable {
            file: file.to_owned(),
            line: text
                .lines()
                .position(|line| line.trim_start().starts_with(key))
                .map_or(1, |at| at + 1),
            reason,
        };
        if !(1..=SYNC_INTERVAL_S_MAX).contains(&config.sync_interval_s) {
            let reason = format!(
                "sync_interval_s = {}: 1 to {SYNC_INTERVAL_S_MAX}",
                config.sync_interval_s
            );
            return Err(out_of_range("sync_interval_s", reason));
        }
        if config.document_cache == 0 {
            return Err(out_of_range(
                "document_cache",
                "document_cache = 0: at least 1".to_owned(),
            ));
        }
        Ok(config)
    }
}

fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

fn nearest_key(given: &str) -> &'static str {
    KEYS.into_iter()
        .min_by_key(|key| edit_distance(given, key))
        .unwrap_or(KEYS[0])
}

/// The Levenshtein distance: how many letters to insert, delete or replace.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("config.toml"), text)
    }

    #[track_caller]
    fn check_unknown(text: &str, expected_line: usize, expected_nearest: &str) {
        match parse(text) {
            Err(ConfigError::UnknownKey { line, nearest, .. }) => {
                assert_eq!((line, nearest), (expected_line, expected_nearest), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_example_holds_the_defaults() {
        assert_eq!(parse(EXAMPLE), Ok(Config::default()));
        assert_eq!(parse(""), Ok(Config::default()));
        for key in KEYS {
            assert!(
                EXAMPLE.contains(&format!("{key} =")),
                "the example does not show {key}"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
        check_unknown("listen = []\npeer = []\n", 2, "peers");
        check_unknown("\n\nsync_interval = 3", 3, "sync_interval_s");
        check_unknown("[log]\n[logs]\n", 2, "log");
    }

    #[test]
    fn the_sentence_names_file_line_key_and_nearest() {
        let failure = Failure::from(parse("sync_intervall_s = 3").unwrap_err());
        for lang in Lang::ALL {
            let said = failure.say(lang);
            for part in ["config.toml", "sync_intervall_s", "sync_interval_s", "1"] {
                assert!(said.contains(part), "{part} in {said}");
            }
        }
    }

    #[track_caller]
    fn check_unreadable(text: &str, expected_line: usize) {
        match parse(text) {
            Err(ConfigError::Unreadable { line, .. }) => assert_eq!(line, expected_line, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn wrong_values_are_named_with_their_line() {
        check_unreadable("log = 'info'\nlisten = 7470\n", 2);
        check_unreadable("lang = 'vi'\nlisten = [\n", 2);
        check_unreadable("log = 'info'\nsync_interval_s = 0\n", 2);
        check_unreadable("document_cache = 0", 1);
        check_unreadable("lang = 'fr'", 1);
    }

    #[test]
    fn distances_between_words() {
        assert_eq!(edit_distance("peer", "peers"), 1);
        assert_eq!(edit_distance("", "log"), 3);
        assert_eq!(edit_distance("listen", "listen"), 0);
    }
}
