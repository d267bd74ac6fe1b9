//! The token of an invite: one line of text that carries the one-time key to the newcomer, by chat, mail or stick.
//!
//! ```text
//! token   = "soxa1" base32(length, body, check)
//! length  = bytes of the body, 2 bytes, big-endian
//! body    = CBOR [network, invite, node, seed, expires, [address…]]
//! check   = the first 5 bytes of SHA-256("soxa/token/1", 0, length, body)
//! ```
//!
//! Base32 uses `0`–`9` and `a`–`z` without `i`, `l`, `o` and `u`. In reading, letters may be upper case, `i` and `l` are
//! `1`, `o` is `0`, and white space and `-` are skipped: a line may be broken on its way, or read aloud.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::ids::sha256;
use soxa_ledger::{NetworkId, NodeKey, SecretKey, StatementId, Time};

use crate::limits::{TOKEN_ADDRESS_BYTES_MAX, TOKEN_ADDRESSES_MAX, TOKEN_TEXT_BYTES_MAX};

/// What every token of this version begins with.
pub const PREFIX: &str = "soxa1";
const DOMAIN: &[u8] = b"soxa/token/1\0";
const LENGTH_BYTES: usize = 2;
const CHECK_BYTES: usize = 5;

/// A token. Whoever has it can join one node: it is a secret until it is used.
#[derive(Debug, Clone)]
pub struct Token {
    /// The network.
    pub network: NetworkId,
    /// The invite.
    pub invite: StatementId,
    /// The node that takes the newcomer in.
    pub node: NodeKey,
    /// The invite's one-time key.
    pub key: SecretKey,
    /// From when on the invite is worth nothing, in the inviting node's time.
    pub expires: Time,
    /// Where that node is reached: multiaddresses.
    pub addresses: Vec<String>,
}

/// What is wrong with a text that should be a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not begin as a token does.
    #[error("does not begin with {PREFIX}")]
    NotAToken,
    /// It begins as a token of a later version does.
    #[error("is of a later version")]
    Later,
    /// It ends too early.
    #[error("its end is missing")]
    CutOff,
    /// A letter that no token has, or a check that does not hold.
    #[error("at least one of its letters is wrong")]
    Mistyped,
    /// The check holds and the content is none.
    #[error("its content is malformed: {0}")]
    Malformed(#[from] CborError),
}

static BASE32: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut form = Specification::new();
    form.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    form.translate.from.push_str("ABCDEFGHJKMNPQRSTVWXYZiIlLoO");
    form.translate.to.push_str("abcdefghjkmnpqrstvwxyz111100");
    form.ignore.push_str(" \t\r\n-");
    form.encoding().ok()
});

fn check(length_and_body: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = sha256(&[DOMAIN, length_and_body].concat());
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash[..CHECK_BYTES]);
    check
}

impl Token {
    fn body(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(6).bytes(&self.network.0).bytes(&self.invite.0);
        w.bytes(&self.node.0)
            .bytes(&self.key.seed()[..])
            .uint(self.expires.0);
        w.array(self.addresses.len());
        for address in &self.addresses {
            w.text(address);
        }
        w.into_bytes()
    }

    fn read(body: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(body);
        r.tuple("token", 6)?;
        let token = Self {
            network: NetworkId(r.fixed("network")?),
            invite: StatementId(r.fixed("invite")?),
            node: NodeKey(r.fixed("node")?),
            key: SecretKey::from_seed(&r.fixed("seed")?),
            expires: Time(r.uint("expires")?),
            addresses: r.list("addresses", TOKEN_ADDRESSES_MAX, |r| {
                Ok(r.text("address", TOKEN_ADDRESS_BYTES_MAX)?.to_owned())
            })?,
        };
        expect_canonical("token", body, &token.body())?;
        Ok(token)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        let length = u16::try_from(body.len()).map_err(|_| fmt::Error)?;
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(&body);
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        let base32 = BASE32.as_ref().ok_or(fmt::Error)?;
        write!(f, "{PREFIX}{}", base32.encode(&bytes))
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let (Some(start), Some(rest)) = (text.get(..PREFIX.len()), text.get(PREFIX.len()..)) else {
            return Err(TokenError::NotAToken);
        };
        if !start.eq_ignore_ascii_case(PREFIX) {
            let version = start.to_ascii_lowercase();
            let later = version
                .strip_prefix("soxa")
                .is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit()));
            return Err(if later {
                TokenError::Later
            } else {
                TokenError::NotAToken
            });
        }
        if rest.len() > TOKEN_TEXT_BYTES_MAX {
            return Err(TokenError::Mistyped);
        }
        let (bytes, ends_cleanly) = decode(rest)?;
        let Some(length) = bytes.first_chunk::<LENGTH_BYTES>() else {
            return Err(TokenError::CutOff);
        };
        let end = LENGTH_BYTES + usize::from(u16::from_be_bytes(*length));
        let (Some(checked), Some(found)) = (bytes.get(..end), bytes.get(end..end + CHECK_BYTES)) else {
            return Err(TokenError::CutOff);
        };
        if found != check(checked) || bytes.len() > end + CHECK_BYTES || !ends_cleanly {
            return Err(TokenError::Mistyped);
        }
        Ok(Self::read(&checked[LENGTH_BYTES..])?)
    }
}

/// The whole bytes of base32, also where the end is missing, and whether nothing but zeros is left over.
fn decode(text: &str) -> Result<(Vec<u8>, bool), TokenError> {
    let base32 = BASE32.as_ref().ok_or(TokenError::Mistyped)?;
    let mut letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-')
        .collect();
    let whole = letters.len() * 5 / 8;
    letters.resize(letters.len().next_multiple_of(8), b'0');
    let mut bytes = base32.decode(&letters).map_err(|_| TokenError::Mistyped)?;
    let rest = bytes.split_off(whole);
    Ok((bytes, rest.iter().all(|byte| *byte == 0)))
}
