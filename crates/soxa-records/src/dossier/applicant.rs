//! Who applies: what a dossier's sealed file holds. It never stands in an operation.

use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};

use crate::body::{Body as _, Name, Text, body};

/// The version of the file.
const VERSION: u64 = 1;

body! {
    /// What is known of an applicant: `[name, id number, phone, address]`.
    Applicant = "applicant" {
        /// The name of a person or an organisation.
        name: String => Name,
        /// The number of the identity card, or the tax code of an organisation; may be empty.
        id_number: String => Text,
        /// A telephone number; may be empty.
        phone: String => Text,
        /// The address as it was given; may be empty.
        address: String => Text,
    }
}

impl Applicant {
    /// The file's bytes before they are sealed: `[1, applicant]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(2).uint(VERSION);
        self.write(&mut w);
        w.into_bytes()
    }

    /// Reads an opened file.
    ///
    /// # Errors
    /// When it is another thing, of a newer version, or beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        r.tuple("applicant's file", 2)?;
        r.version("applicant's file", VERSION)?;
        let applicant = Self::read(&mut r)?;
        expect_canonical("applicant's file", bytes, &applicant.encode())?;
        Ok(applicant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_these_bytes_and_no_others_are_read() {
        let applicant = Applicant {
            name: "Lò Thị Mai".to_owned(),
            id_number: "014198000123".to_owned(),
            phone: String::new(),
            address: "Bản Pùa".to_owned(),
        };
        let bytes = applicant.encode();
        let golden = "8201846d4cc3b2205468e1bb8b204d61696c303134313938303030313233606a42e1baa36e2050c3b961";
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden);
        assert_eq!(Applicant::decode(&bytes), Ok(applicant.clone()));
        for at in 0..bytes.len() {
            assert!(Applicant::decode(&bytes[..at]).is_err());
        }
        let nobody = Applicant {
            name: " ".to_owned(),
            ..applicant
        };
        assert!(Applicant::decode(&nobody.encode()).is_err());
    }
}
