//! Programmes of secondments, as the province publishes them, and the people in them who are counted in a register kept apart: of
//! those of the armed forces the ledger holds no records.

use crate::reference::{BadReference, ReferenceTable, ReferenceVersion};

/// A programme. Parts: `name`, as secondments name it; `apart`, how many people another register counts, with `register`, which one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its key.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// People who are counted apart.
    pub apart: u64,
    /// In which register; empty where nobody is.
    pub register: String,
}

impl Programme {
    /// Reads a version of a programme.
    ///
    /// # Errors
    /// When it is no programme, or a part is missing, doubled or malformed.
    pub fn read(version: &ReferenceVersion) -> Result<Self, BadReference> {
        if version.table != ReferenceTable::Programme {
            return Err(version.bad("table", "not a programme"));
        }
        let apart: u64 = version
            .parsed::<u32>("apart", "not a number of people")?
            .map_or(0, u64::from);
        let register = version.optional("register")?.unwrap_or_default();
        if apart > 0 && register.trim().is_empty() {
            return Err(version.bad("register", "people are counted apart, and no register is named"));
        }
        Ok(Self {
            key: version.key.clone(),
            name: version.text("name")?.to_owned(),
            apart,
            register: register.to_owned(),
        })
    }

    /// Whether a secondment is in it: it names the programme or its key.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        let text = text.trim();
        text == self.name.trim() || text == self.key
    }
}
