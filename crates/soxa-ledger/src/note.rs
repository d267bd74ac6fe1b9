//! Signed notes (c2sp.org/signed-note): a text, an empty line, and lines with signatures under it.
//!
//! A key's name and id tell a reader which of its known keys a line is for; the id is no proof of anything.

use std::fmt;

use data_encoding::BASE64;

use crate::ids::{PublicKey, sha256};

/// What a signature line signs, in its key's id: the text itself, with ed25519.
pub const ED25519: u8 = 0x01;
/// A cosignature with its time, with ed25519 (c2sp.org/tlog-cosignature).
pub const COSIGNATURE: u8 = 0x04;

const DASH: &str = "\u{2014} ";

/// One line under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub key_id: [u8; 4],
    /// The signature, in the form of its kind.
    pub signature: Vec<u8>,
}

/// A text with its signatures, none of them checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text, with the newline at its end.
    pub text: String,
    /// The lines under it.
    pub lines: Vec<SignatureLine>,
}

/// Why something is no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not UTF-8, or with a control character.
    #[error("a note with bytes that no note has")]
    Bytes,
    /// No text, no empty line, or no signature under it.
    #[error("a note without a text or without signatures")]
    Parts,
    /// A signature line of another form.
    #[error("a malformed signature line under a note")]
    Line,
}

/// The id of a key under a name.
#[must_use]
pub fn key_id(name: &str, kind: u8, key: PublicKey) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[kind], &key.0].concat());
    [hash[0], hash[1], hash[2], hash[3]]
}

/// A key as stock tools are given it: `name+id+base64(kind ‖ key)`.
#[must_use]
pub fn verifier_key(name: &str, kind: u8, key: PublicKey) -> String {
    let id = u32::from_be_bytes(key_id(name, kind, key));
    format!(
        "{name}+{id:08x}+{}",
        BASE64.encode(&[&[kind], key.0.as_slice()].concat())
    )
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

impl SignatureLine {
    fn read(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = BASE64.decode(base64.as_bytes()).ok()?;
        let (key_id, signature) = bytes.split_first_chunk()?;
        is_name(name).then(|| Self {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }
}

impl Note {
    /// Reads a note. The caller bounds its length.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Bytes)?;
        if note.contains(|c: char| c < ' ' && c != '\n') {
            return Err(NoteError::Bytes);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Parts)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Parts)?;
        if text.is_empty() {
            return Err(NoteError::Parts);
        }
        Ok(Self {
            text: format!("{text}\n"),
            lines: lines
                .split('\n')
                .map(|line| SignatureLine::read(line).ok_or(NoteError::Line))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.lines {
            let bytes = [line.key_id.as_slice(), &line.signature].concat();
            writeln!(f, "{DASH}{} {}", line.name, BASE64.encode(&bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Signature;

    /// The example of c2sp.org/signed-note.
    const EXAMPLE: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n\
        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

    #[test]
    fn the_example_of_the_specification_reads_as_written() {
        let note = Note::read(EXAMPLE.as_bytes()).unwrap();
        assert!(note.text.ends_with("subito sera.\n") && note.text.contains("\n\n"));
        assert_eq!(note.lines[0].key_id, [0x36, 0x7b, 0xa0, 0x4b]);
        assert_eq!(note.to_string(), EXAMPLE);
    }

    #[test]
    fn a_note_of_go_verifies() {
        // From the documentation of golang.org/x/mod/sumdb/note.
        let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let note = Note::read(note.as_bytes()).unwrap();
        let bytes = BASE64
            .decode(vkey.rsplit('+').next().unwrap().as_bytes())
            .unwrap();
        let key = PublicKey(bytes[1..].try_into().unwrap());
        assert_eq!(verifier_key("PeterNeumann", ED25519, key), vkey);
        let line = &note.lines[0];
        assert_eq!(line.key_id, key_id(&line.name, ED25519, key));
        let signature = Signature(line.signature.as_slice().try_into().unwrap());
        assert_eq!(key.verify(note.text.as_bytes(), &signature), Ok(()));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for (bytes, why) in [
            (&b""[..], NoteError::Parts),
            (b"text\n", NoteError::Parts),
            (b"text\n\n", NoteError::Parts),
            (b"\n\n\xe2\x80\x94 a AAAAAAA=\n", NoteError::Parts),
            (b"text\n\n- a AAAAAAA=\n", NoteError::Line),
            (b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", NoteError::Line),
            (b"text\n\n\xe2\x80\x94 a AAA=\n", NoteError::Line),
            (b"text\r\n\n\xe2\x80\x94 a AAAAAAA=\n", NoteError::Bytes),
            (b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n", NoteError::Bytes),
        ] {
            assert_eq!(Note::read(bytes), Err(why), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
