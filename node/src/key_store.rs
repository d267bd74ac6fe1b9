//! Officials' key files on the official's own machine. The private key is opened here and never leaves this process.
//!
//! A file is an encrypted PKCS#8 PEM; before it stand two lines of explanatory text, which PEM allows and OpenSSL
//! skips (RFC 7468, section 2): the public key and the owner's name. So an act can be composed, checked and shown
//! before the passphrase is asked for. The lines are a convenience, not a proof: the opened key must match them.

use std::path::{Path, PathBuf};

use soxa_ledger::key_file::{self, Derivation, KeyFileError, Randomness};
use soxa_ledger::limits::KEY_FILE_BYTES_MAX;
use soxa_ledger::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::home::{read_limited, write_file};
use crate::passphrase::Passphrases;

/// The environment's name for the key file.
pub const ENVIRONMENT: &str = "SOXA_KEY";
/// Where the encrypted key begins.
const PEM_BEGIN: &str = "-----BEGIN";
/// Lead-ins of the two lines before it.
const PUBLIC_LINE: &str = "soxa-public-key: ";
const OWNER_LINE: &str = "soxa-owner: ";
/// Letters of the owner's name in the file.
const OWNER_LETTERS_MAX: usize = 200;

/// A key file that has been read and not opened.
pub struct LockedKey {
    file: PathBuf,
    pem: String,
    public: Option<PublicKey>,
    owner: Option<String>,
}

impl LockedKey {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or holds no PEM.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let bytes = read_limited(file, KEY_FILE_BYTES_MAX as u64)?;
        let foreign = |reason: &str| {
            Failure::new(
                "errors.key_file_foreign",
                &[("file", &file.display()), ("reason", &reason)],
            )
        };
        if bytes.is_empty() {
            return Err(Failure::new(
                "errors.key_file_truncated",
                &[("file", &file.display())],
            ));
        }
        let text = String::from_utf8(bytes).map_err(|_| foreign("not a text file"))?;
        let (before, pem) = match text.find(PEM_BEGIN) {
            Some(at) => text.split_at(at),
            None => return Err(foreign("no line with -----BEGIN")),
        };
        let line = |lead_in: &str| {
            before
                .lines()
                .find_map(|line| line.strip_prefix(lead_in))
                .map(str::trim)
        };
        Ok(Self {
            file: file.to_owned(),
            public: line(PUBLIC_LINE).and_then(|key| key.parse().ok()),
            owner: line(OWNER_LINE).map(str::to_owned),
            pem: pem.to_owned(),
        })
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The public key, when the file tells it.
    pub fn public(&self) -> Option<PublicKey> {
        self.public
    }

    /// The owner's name, when the file tells it.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Opens the key with a passphrase.
    ///
    /// # Errors
    /// When the passphrase is wrong, the file is damaged or foreign, or the key is not the one the file tells.
    pub fn open(&self, passphrase: &str) -> Result<SecretKey, Failure> {
        let file = self.file.display();
        let key = key_file::decrypt(&self.pem, passphrase.as_bytes()).map_err(|error| match error {
            KeyFileError::WrongPassphrase => Failure::new("errors.wrong_passphrase", &[("file", &file)]),
            KeyFileError::NotPem(_) => Failure::new("errors.key_file_truncated", &[("file", &file)]),
            KeyFileError::Foreign(_) | KeyFileError::NotEd25519 | KeyFileError::Encrypt(_) => {
                Failure::new("errors.key_file_foreign", &[("file", &file), ("reason", &error)])
            }
        })?;
        if self.public.is_some_and(|told| told != key.public()) {
            return Err(Failure::new("errors.key_file_truncated", &[("file", &file)]));
        }
        Ok(key)
    }

    /// Asks for the passphrase and opens the key.
    ///
    /// # Errors
    /// As for [`LockedKey::open`], and when no passphrase can be read.
    pub fn unlock(&self, passphrases: &mut Passphrases) -> Result<SecretKey, Failure> {
        let passphrase = passphrases.ask(&self.file)?;
        self.open(&passphrase)
    }
}

/// Writes a key file, readable by its owner only.
///
/// # Errors
/// When randomness or the disk fails.
pub fn write(file: &Path, key: &SecretKey, owner: Option<&str>, passphrase: &str) -> Result<(), Failure> {
    let mut salt = [0; 16];
    let mut iv = [0; 16];
    fill_random(&mut salt)?;
    fill_random(&mut iv)?;
    let randomness = Randomness { salt, iv };
    let pem = key_file::encrypt(key, passphrase.as_bytes(), &randomness, Derivation::default())
        .map_err(|e| Failure::internal("key_store", e))?;
    let mut text = Zeroizing::new(format!("{PUBLIC_LINE}{}\n", key.public()));
    if let Some(owner) = owner.map(one_line).filter(|owner| !owner.is_empty()) {
        text.push_str(&format!("{OWNER_LINE}{owner}\n"));
    }
    text.push_str(&pem);
    write_file(file, text.as_bytes(), 0o600)
}

/// A new key from the operating system's randomness.
///
/// # Errors
/// When there is none.
pub fn generate() -> Result<SecretKey, Failure> {
    let mut seed = Zeroizing::new([0; 32]);
    fill_random(seed.as_mut())?;
    Ok(SecretKey::from_seed(&seed))
}

/// Fills a buffer from the operating system's randomness.
///
/// # Errors
/// When there is none.
pub fn fill_random(buffer: &mut [u8]) -> Result<(), Failure> {
    getrandom::fill(buffer).map_err(|e| Failure::internal("getrandom", e))
}

/// A public key as given on the command line: 64 digits, or a key file that tells it.
///
/// # Errors
/// When it is neither.
pub fn public_key(given: &str) -> Result<PublicKey, Failure> {
    let refused = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.not_a_public_key",
            &[("given", &given), ("reason", reason)],
        )
    };
    let key = match given.parse::<PublicKey>() {
        Ok(key) => key,
        Err(error) => {
            let file = Path::new(given);
            if !file.exists() {
                return Err(refused(&error));
            }
            LockedKey::read(file)?
                .public()
                .ok_or_else(|| refused(&"the file does not tell it"))?
        }
    };
    key.check().map_err(|e| refused(&e))?;
    Ok(key)
}

/// A name as one line that cannot be taken for the beginning of the key.
fn one_line(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    plain
        .replace("--", "–")
        .trim()
        .chars()
        .take(OWNER_LETTERS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> (tempfile::TempDir, PathBuf, SecretKey) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lan.pem");
        let key = SecretKey::from_seed(&[3; 32]);
        write(&file, &key, Some("Lò Thị Lan\n-----BEGIN"), "mật khẩu dài").unwrap();
        (folder, file, key)
    }

    #[test]
    fn a_key_file_tells_its_public_key_and_opens() {
        let (_folder, file, key) = written();
        let locked = LockedKey::read(&file).unwrap();
        assert_eq!(locked.public(), Some(key.public()));
        assert!(
            locked
                .owner()
                .is_some_and(|owner| owner.starts_with("Lò Thị Lan"))
        );
        assert_eq!(locked.open("mật khẩu dài").unwrap().public(), key.public());
        assert_eq!(public_key(file.to_str().unwrap()), Ok(key.public()));
        assert_eq!(public_key(&key.public().to_string()), Ok(key.public()));
    }

    #[test]
    fn the_ledger_reads_the_file_with_its_lines_before() {
        let (_folder, file, key) = written();
        let text = std::fs::read_to_string(&file).unwrap();
        let opened = key_file::decrypt(&text, "mật khẩu dài".as_bytes()).unwrap();
        assert_eq!(opened.public(), key.public());
    }

    #[track_caller]
    fn check_refused(change: impl Fn(String) -> String, passphrase: &str, error: &str) {
        let (_folder, file, _) = written();
        std::fs::write(&file, change(std::fs::read_to_string(&file).unwrap())).unwrap();
        let opened = LockedKey::read(&file).and_then(|locked| locked.open(passphrase));
        assert_eq!(opened.unwrap_err().error(), error);
    }

    #[test]
    fn what_does_not_open_says_why() {
        let right = "mật khẩu dài";
        check_refused(|text| text, "mật khẩu sai", "errors.wrong_passphrase");
        check_refused(
            |text| text[..text.len() / 2].to_owned(),
            right,
            "errors.key_file_truncated",
        );
        check_refused(|_| String::new(), right, "errors.key_file_truncated");
        check_refused(|_| "a letter\n".to_owned(), right, "errors.key_file_foreign");
        check_refused(
            |_| {
                "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD\n-----END PRIVATE KEY-----\n".to_owned()
            },
            right,
            "errors.key_file_foreign",
        );
        let other = SecretKey::from_seed(&[4; 32]).public().to_string();
        check_refused(
            |text| text.replace(&SecretKey::from_seed(&[3; 32]).public().to_string(), &other),
            right,
            "errors.key_file_truncated",
        );
    }

    #[test]
    fn weak_and_broken_public_keys_are_refused() {
        for given in ["", "abcd", &"00".repeat(32)] {
            assert_eq!(
                public_key(given).unwrap_err().error(),
                "errors.not_a_public_key",
                "{given}"
            );
        }
    }
}
