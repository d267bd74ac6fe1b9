//! Private key files: PKCS#8 (RFC 5958, version 1) in PEM, encrypted with a passphrase (PBES2, RFC 8018) by
//! scrypt (RFC 7914) and AES-256-CBC.
//!
//! Version 1 without the public key, and scrypt with N = 2^14, because OpenSSL 3.0 reads no others: an official
//! can open the file with `openssl pkey -in key.pem`. Neither that version nor the cipher notices every damage: some
//! changed bits inside give another key. So whoever writes a file puts the public key into a line before the PEM
//! block, which all programs skip (RFC 7468, section 5.2), and compares after opening.

use pkcs8::der::Decode as _;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use crate::key::SecretKey;
use crate::limits::{
    KEY_FILE_BYTES_MAX, KEY_FILE_PBKDF2_ROUNDS_MAX, KEY_FILE_SCRYPT_BYTES_MAX, KEY_FILE_SCRYPT_PARALLEL_MAX,
};

/// The object identifier of ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What a PEM block begins with.
const PEM_BEGIN: &str = "-----BEGIN ";

/// The costs of turning a passphrase into a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derivation {
    /// The binary logarithm of scrypt's N: memory is 2^log_n KiB at r = 8.
    pub log_n: u8,
}

impl Default for Derivation {
    /// N = 2^14, r = 8, p = 1: 16 MiB, the most that OpenSSL 3.0 reads.
    fn default() -> Self {
        Self { log_n: 14 }
    }
}

/// The random values of one key file.
#[derive(Debug, Clone, Copy)]
pub struct Randomness {
    /// The salt of the key derivation.
    pub salt: [u8; 16],
    /// The initialisation vector of the cipher.
    pub iv: [u8; 16],
}

/// Why a private key file cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// The file is empty, cut short, or no PEM at all.
    #[error("not a whole PEM file: {0}")]
    NotPem(String),
    /// A PEM file of another kind, such as a certificate or an unencrypted key.
    #[error("a PEM file that holds «{0}», not an encrypted private key")]
    Foreign(String),
    /// Encrypted, but not an ed25519 key inside.
    #[error("the private key is not an ed25519 key")]
    NotEd25519,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the key file")]
    WrongPassphrase,
    /// Parameters that the format does not allow, or an encryption that failed.
    #[error("the key file cannot be made: {0}")]
    Encrypt(String),
}

/// Encrypts a private key into a PEM text.
///
/// # Errors
/// [`KeyFileError::Encrypt`] when the derivation's costs are outside what scrypt allows.
pub fn encrypt(
    key: &SecretKey,
    passphrase: &[u8],
    randomness: &Randomness,
    derivation: Derivation,
) -> Result<Zeroizing<String>, KeyFileError> {
    let failed = |error: &dyn std::fmt::Display| KeyFileError::Encrypt(error.to_string());
    // What nobody would open again is not written.
    let n = 1_u64.checked_shl(derivation.log_n.into()).unwrap_or(u64::MAX);
    if scrypt_is_unreasonable(n, 8, 1) {
        return Err(KeyFileError::Encrypt(format!(
            "scrypt with N = 2^{}",
            derivation.log_n
        )));
    }
    let costs = scrypt::Params::new(derivation.log_n, 8, 1).map_err(|e| failed(&e))?;
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(costs, &randomness.salt, randomness.iv)
        .map_err(|e| failed(&e))?;
    // RFC 8410, section 7: the private key is an OCTET STRING inside the OCTET STRING.
    let mut inner = Zeroizing::new(vec![0x04, 0x20]);
    inner.extend_from_slice(key.seed().as_ref());
    let octets = OctetStringRef::new(&inner).map_err(|e| failed(&e))?;
    let info = PrivateKeyInfoRef::new(
        AlgorithmIdentifierRef {
            oid: ED25519,
            parameters: None,
        },
        octets,
    );
    let document = info
        .encrypt_with_params(parameters, passphrase)
        .map_err(|e| failed(&e))?;
    document
        .to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)
        .map_err(|e| failed(&e))
}

/// Opens a PEM text with a passphrase.
///
/// # Errors
/// See [`KeyFileError`]. A file that is whole but damaged inside its encrypted part often cannot be told from a
/// wrong passphrase.
pub fn decrypt(pem: &str, passphrase: &[u8]) -> Result<SecretKey, KeyFileError> {
    if pem.len() > KEY_FILE_BYTES_MAX {
        return Err(KeyFileError::NotPem(format!(
            "longer than {KEY_FILE_BYTES_MAX} bytes"
        )));
    }
    // Explanatory lines may stand before the block, and editors leave blank ones after it.
    let pem = pem
        .find(PEM_BEGIN)
        .and_then(|at| pem.get(at..))
        .unwrap_or_default()
        .trim_end();
    let (label, document) =
        SecretDocument::from_pem(pem).map_err(|error| KeyFileError::NotPem(error.to_string()))?;
    if label != EncryptedPrivateKeyInfoRef::PEM_LABEL {
        return Err(KeyFileError::Foreign(label.to_owned()));
    }
    let encrypted = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes())
        .map_err(|error| KeyFileError::NotPem(error.to_string()))?;
    refuse_unreasonable(&encrypted)?;
    let plain = encrypted
        .decrypt(passphrase)
        .map_err(|_| KeyFileError::WrongPassphrase)?;
    let info = PrivateKeyInfoRef::from_der(plain.as_bytes()).map_err(|_| KeyFileError::WrongPassphrase)?;
    if info.algorithm.oid != ED25519 {
        return Err(KeyFileError::NotEd25519);
    }
    let seed: Zeroizing<[u8; 32]> = match info.private_key.as_bytes() {
        [0x04, 0x20, seed @ ..] => Zeroizing::new(seed.try_into().map_err(|_| KeyFileError::NotEd25519)?),
        _ => return Err(KeyFileError::NotEd25519),
    };
    Ok(SecretKey::from_seed(&seed))
}

/// A foreign file may ask for gigabytes of memory or hours of hashing: refuse before deriving anything.
fn refuse_unreasonable(encrypted: &EncryptedPrivateKeyInfoRef<'_>) -> Result<(), KeyFileError> {
    let Some(parameters) = encrypted.encryption_algorithm.pbes2() else {
        return Err(KeyFileError::Foreign("an encryption other than PBES2".to_owned()));
    };
    let unreasonable = match &parameters.kdf {
        pbes2::Kdf::Scrypt(scrypt) => scrypt_is_unreasonable(
            scrypt.cost_parameter,
            scrypt.block_size.into(),
            scrypt.parallelization.into(),
        ),
        pbes2::Kdf::Pbkdf2(pbkdf2) => !(1..=KEY_FILE_PBKDF2_ROUNDS_MAX).contains(&pbkdf2.iteration_count),
        _ => true,
    };
    if unreasonable {
        Err(KeyFileError::Foreign(
            "a key derivation of unreasonable costs".to_owned(),
        ))
    } else {
        Ok(())
    }
}

/// RFC 7914, section 2: N is a power of two above 1; scrypt takes 128 N r bytes and goes over them p times. The
/// library below panics on N = 0.
fn scrypt_is_unreasonable(n: u64, r: u64, p: u64) -> bool {
    let bytes = n.saturating_mul(r).saturating_mul(128);
    n < 2
        || !n.is_power_of_two()
        || r == 0
        || bytes > KEY_FILE_SCRYPT_BYTES_MAX
        || !(1..=KEY_FILE_SCRYPT_PARALLEL_MAX).contains(&p)
}
