//! A node's home folder: where its files lie, who may read them.
//!
//! | file | what |
//! | --- | --- |
//! | `config.toml` | the configuration |
//! | `network.jws` | the genesis statement as received: names the network |
//! | `node.key` | the node's own key: the 32-byte seed in hexadecimal digits |
//! | `addresses` | where nodes say they are reached, signed by them; a cache |
//! | `checkpoints` | what this node held, signed by it and co-signed by others, and the same of others |
//! | `joining.key` | the same of a node that is about to join, until it is welcome |
//! | `store/` | segments and index |
//! | `incarnation` | the life of the store and where it lies, as in the store itself; belongs into no backup |
//! | `signed` | how many entries were signed in this life; belongs into no backup |
//! | `soxa.sock` | the local socket of the running daemon |
//!
//! The node's key has no passphrase: a headless machine must start after a power cut without anybody there. It
//! may append to the node's own feeds and nothing else, so losing it loses no official's signature; the file is
//! readable by its owner only. Officials' key files are not kept here.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use soxa_ledger::limits::STATEMENT_BYTES_MAX;
use soxa_ledger::{NetworkId, SecretKey, Signed, Statement, Verified};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::failure::Failure;

/// The environment's name for the home folder.
pub const ENVIRONMENT: &str = "SOXA_HOME";
/// The home folder below the user's own when nothing else is said.
const DEFAULT: &str = ".soxa";

/// A node's home folder; it need not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    dir: PathBuf,
}

impl Home {
    /// The folder given, or the default below the user's home.
    pub fn locate(given: Option<&Path>) -> Self {
        let dir = given.map_or_else(
            || {
                std::env::home_dir()
                    .unwrap_or_else(|| PathBuf::from("."))
                    .join(DEFAULT)
            },
            Path::to_owned,
        );
        Self { dir }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.dir.join("config.toml")
    }

    /// The genesis statement.
    pub fn network_file(&self) -> PathBuf {
        self.dir.join("network.jws")
    }

    /// The node's key.
    pub fn node_key_file(&self) -> PathBuf {
        self.dir.join("node.key")
    }

    /// The store's folder.
    pub fn store_dir(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// The record of the store's life that lies beside it.
    pub fn life_file(&self) -> PathBuf {
        self.dir.join("incarnation")
    }

    /// The record of the store's life that lies in it.
    pub fn inner_life_file(&self) -> PathBuf {
        self.store_dir().join("incarnation")
    }

    /// How many entries were signed in this life.
    pub fn journal_file(&self) -> PathBuf {
        self.dir.join("signed")
    }

    /// Where nodes say they are reached.
    pub fn addresses_file(&self) -> PathBuf {
        self.dir.join("addresses")
    }

    /// What this node and others held, signed.
    pub fn checkpoints_file(&self) -> PathBuf {
        self.dir.join("checkpoints")
    }

    /// The daemon's local socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("soxa.sock")
    }

    /// Whether a node was set up here. The key is written last, so a half-made home does not count.
    pub fn is_initialised(&self) -> bool {
        self.node_key_file().exists() && self.network_file().exists()
    }

    /// Refuses to go on where no node was set up.
    ///
    /// # Errors
    /// `errors.not_initialised`.
    pub fn require(&self) -> Result<(), Failure> {
        if self.is_initialised() {
            Ok(())
        } else {
            Err(Failure::new(
                "errors.not_initialised",
                &[("dir", &self.dir.display())],
            ))
        }
    }

    /// The configuration; the defaults when there is no file.
    ///
    /// # Errors
    /// When the file is there and wrong.
    pub fn config(&self) -> Result<Config, Failure> {
        let file = self.config_file();
        if file.exists() {
            Ok(Config::load(&file)?)
        } else {
            Ok(Config::default())
        }
    }

    /// The genesis statement, checked: its root keys signed it.
    ///
    /// # Errors
    /// When the file cannot be read or holds no genesis with its quorum.
    pub fn network(&self) -> Result<(NetworkId, Verified<Statement>), Failure> {
        self.require()?;
        read_genesis(&self.network_file())
    }

    /// The node's own key.
    ///
    /// # Errors
    /// When the file cannot be read or holds no seed.
    pub fn node_key(&self) -> Result<SecretKey, Failure> {
        self.require()?;
        read_seed(&self.node_key_file())
    }

    /// Makes the folder, for its owner only, where there is none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_folder(&self) -> Result<(), Failure> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .map_err(|e| Failure::io(&self.dir, &e))
    }

    /// Sets a node up: folder, genesis, configuration, and last its key.
    ///
    /// # Errors
    /// When a node is here already or something cannot be written.
    pub fn create(&self, genesis: &[u8], config: &str, node_key: &SecretKey) -> Result<(), Failure> {
        if self.is_initialised() {
            return Err(Failure::new(
                "errors.already_initialised",
                &[("dir", &self.dir.display())],
            ));
        }
        self.make_folder()?;
        write_file(&self.network_file(), genesis, 0o644)?;
        if !self.config_file().exists() {
            write_file(&self.config_file(), config.as_bytes(), 0o644)?;
        }
        write_seed(&self.node_key_file(), node_key)
    }
}

/// Reads a node's key: its seed in hexadecimal digits.
///
/// # Errors
/// When the file cannot be read or holds no seed.
pub fn read_seed(file: &Path) -> Result<SecretKey, Failure> {
    let text = Zeroizing::new(std::fs::read_to_string(file).map_err(|e| Failure::io(file, &e))?);
    let seed = HEXLOWER.decode(text.trim().as_bytes()).ok().map(Zeroizing::new);
    let seed: Option<Zeroizing<[u8; 32]>> =
        seed.and_then(|bytes| bytes.as_slice().try_into().ok().map(Zeroizing::new));
    seed.map(|seed| SecretKey::from_seed(&seed))
        .ok_or_else(|| Failure::new("errors.node_key_damaged", &[("file", &file.display())]))
}

/// Writes a node's key, for its owner only.
///
/// # Errors
/// When it cannot be written.
pub fn write_seed(file: &Path, key: &SecretKey) -> Result<(), Failure> {
    let seed = Zeroizing::new(format!("{}\n", HEXLOWER.encode(key.seed().as_ref())));
    write_file(file, seed.as_bytes(), 0o600)
}

/// Reads a file that holds a genesis statement, and checks its signatures and quorum.
///
/// # Errors
/// When the file cannot be read or holds no such statement.
pub fn read_genesis(file: &Path) -> Result<(NetworkId, Verified<Statement>), Failure> {
    let bytes = read_limited(file, STATEMENT_BYTES_MAX as u64)?;
    let refuse = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.network_file_invalid",
            &[("file", &file.display()), ("reason", reason)],
        )
    };
    let signed = Signed::<Statement>::decode(&bytes).map_err(|e| refuse(&e))?;
    let network = signed.unchecked().network;
    let statement = signed.verify(network).map_err(|e| refuse(&e))?;
    if statement.as_genesis().is_none() {
        return Err(refuse(
            &"no genesis statement that a quorum of its root keys signed",
        ));
    }
    Ok((network, statement))
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// When it cannot be read or is longer.
pub fn read_limited(file: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let opened = std::fs::File::open(file).map_err(|e| Failure::io(file, &e))?;
    let mut bytes = Vec::new();
    opened
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::io(file, &e))?;
    if bytes.len() as u64 > limit {
        let reason = std::io::Error::other(format!("more than {limit} bytes"));
        return Err(Failure::io(file, &reason));
    }
    Ok(bytes)
}

/// Writes a file that is whole or absent: under another name first, synced, then renamed.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(file: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let draft = file.with_file_name(name);
    let write = || -> std::io::Result<()> {
        // A draft that a crash left may have other permissions: `mode` holds for new files only.
        match std::fs::remove_file(&draft) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&draft)?;
        opened.write_all(bytes)?;
        opened.sync_all()?;
        std::fs::rename(&draft, file)
    };
    write().map_err(|e| Failure::io(file, &e))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_new_home_keeps_its_key_to_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(&folder.path().join("xa")));
        assert_eq!(home.require().unwrap_err().error(), "errors.not_initialised");
        let key = SecretKey::from_seed(&[7; 32]);
        home.create(b"{}", "", &key).unwrap();
        assert_eq!(home.node_key().unwrap().public(), key.public());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&home.node_key_file()), mode(home.dir())), (0o600, 0o700));
        assert_eq!(
            home.create(b"{}", "", &key).unwrap_err().error(),
            "errors.already_initialised"
        );
        assert_eq!(home.network().unwrap_err().error(), "errors.network_file_invalid");
    }

    #[test]
    fn a_damaged_node_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(folder.path()));
        home.create(b"{}", "", &SecretKey::from_seed(&[7; 32])).unwrap();
        std::fs::write(home.node_key_file(), "abc").unwrap();
        assert_eq!(home.node_key().unwrap_err().error(), "errors.node_key_damaged");
    }
}
