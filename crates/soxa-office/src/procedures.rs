//! Procedures as registers name them: by code, or by name in any spelling.

use std::collections::HashMap;

use soxa_ledger::OpId;
use soxa_records::Date;
use soxa_records::procedure::Procedure;
use soxa_records::reference::{ReferenceTable, ReferenceView};

use crate::columns::words;
use crate::near::near;
use crate::problems::Reason;

/// The procedures that the province publishes.
#[derive(Debug, Default)]
pub struct Procedures {
    all: Vec<ReferenceView>,
    /// Places among them by code and by name, as words.
    by_text: HashMap<String, Vec<usize>>,
}

/// A version of a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The operation that published it.
    pub version: OpId,
    /// What it says.
    pub procedure: Procedure,
}

impl Procedures {
    /// The procedures among these reference records.
    #[must_use]
    pub fn of(published: impl IntoIterator<Item = ReferenceView>) -> Self {
        let is_procedure = |view: &ReferenceView| view.table.one() == Some(&ReferenceTable::Procedure);
        let mut procedures = Self {
            all: published.into_iter().filter(is_procedure).collect(),
            by_text: HashMap::new(),
        };
        for (at, view) in procedures.all.iter().enumerate() {
            let names = view
                .versions
                .iter()
                .filter_map(|(_, version)| version.text("name").ok());
            let keys = view.key.distinct().into_iter().map(String::as_str);
            for text in names.chain(keys) {
                let places = procedures.by_text.entry(words(text)).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        procedures
    }

    /// The version in force on a day of the procedure with this code or name.
    ///
    /// # Errors
    /// When none or several have it, with those that come near, or it was not in force.
    pub fn find(&self, said: &str, day: Date) -> Result<Found, Reason> {
        let places = self
            .by_text
            .get(&words(said))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let [at] = places else {
            let meant = places.iter().filter_map(|at| self.all.get(*at));
            let near = match places {
                [] => near(said, self.all.iter().map(label)),
                _ => meant.map(label).collect(),
            };
            let value = said.to_owned();
            return Err(Reason::UnknownProcedure { value, near });
        };
        let (version, says) = self
            .all
            .get(*at)
            .and_then(|view| view.on(day))
            .ok_or_else(|| Reason::NotInForce(said.to_owned()))?;
        Ok(Found {
            version: *version,
            procedure: Procedure::read(says).map_err(|bad| Reason::BadPart(bad.to_string()))?,
        })
    }
}

/// Name and code, as problems show them.
fn label(view: &ReferenceView) -> String {
    let names = view.versions.iter().rev();
    let name = names.filter_map(|(_, version)| version.text("name").ok()).next();
    let code = view
        .key
        .distinct()
        .first()
        .map(|code| code.as_str())
        .unwrap_or_default();
    format!("{} ({code})", name.unwrap_or_default())
}
