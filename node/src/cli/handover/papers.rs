//! Papers as they are typed: a name, and what is known of it.

use std::path::PathBuf;
use std::rc::Rc;

use soxa_ledger::RecordId;
use soxa_records::Quantity;
use soxa_records::dossier::PaperForm;
use soxa_records::handover::{DraftLine, LineOf, Paper};

use crate::cli::fields;
use crate::cli::files::NewFile;
use crate::failure::Failure;

/// A paper of minutes as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperArg {
    name: String,
    form: PaperForm,
    copies: Quantity,
    /// The asset or person that it is about.
    pub about: Option<String>,
    scan: Option<PathBuf>,
}

/// Reads `NAME[:FORM[:COPIES[:SUBJECT[:SCAN]]]]`; one original when nothing more is said.
pub fn paper(text: &str) -> Result<PaperArg, String> {
    let refused = || text.to_owned();
    let mut parts = text.splitn(5, ':');
    let name = parts
        .next()
        .filter(|name| !name.trim().is_empty())
        .ok_or_else(refused)?;
    let mut next = || parts.next().map(str::trim).filter(|part| !part.is_empty());
    let form = next().map_or(Ok(PaperForm::Original), |word| {
        word.parse().map_err(|_| refused())
    })?;
    let copies = next().map_or(Some(Quantity::whole(1)), fields::quantity);
    Ok(PaperArg {
        name: name.trim().to_owned(),
        form,
        copies: copies.ok_or_else(refused)?,
        about: next().map(str::to_owned),
        scan: next().map(PathBuf::from),
    })
}

impl PaperArg {
    /// Its line in minutes that have these lines before it, and its scan.
    ///
    /// # Errors
    /// When what it is about is in none of them, or its scan cannot be read.
    pub fn line(
        &self,
        about: Option<RecordId>,
        before: &[DraftLine],
    ) -> Result<(DraftLine, Option<Rc<NewFile>>), Failure> {
        let scan = NewFile::read_plain(self.scan.as_deref())?;
        let about = about.map(|record| {
            let of = |line: &DraftLine| line.of.subject().is_some_and(|subject| subject.record == record);
            let number = (1_u32..)
                .zip(before)
                .find(|(_, line)| of(line))
                .map(|(number, _)| number);
            let paper = || Failure::new("errors.paper_about_nothing", &[("paper", &self.name)]);
            number.ok_or_else(paper)
        });
        let paper = Paper {
            form: self.form,
            about: about.transpose()?,
            hash: scan.as_ref().map(|scan| scan.hash()),
        };
        let line = DraftLine {
            quantity: self.copies,
            ..DraftLine::new(LineOf::Paper(paper), self.name.clone())
        };
        Ok((line, scan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn papers_are_read_with_what_is_known_of_them() {
        let read = paper("Sổ đỏ").unwrap();
        assert_eq!(
            (read.name.as_str(), read.form, read.copies),
            ("Sổ đỏ", PaperForm::Original, Quantity::whole(1))
        );
        let read = paper("Bản vẽ:copy:2:NHA-01:banve.pdf").unwrap();
        assert_eq!((read.form, read.copies), (PaperForm::Copy, Quantity::whole(2)));
        assert_eq!(
            (read.about.as_deref(), read.scan),
            (Some("NHA-01"), Some(PathBuf::from("banve.pdf")))
        );
        for wrong in ["", " ", "Sổ:gốc", "Sổ:original:x"] {
            assert!(paper(wrong).is_err(), "{wrong}");
        }
    }
}
