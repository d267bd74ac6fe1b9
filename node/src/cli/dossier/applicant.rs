//! Who applies: given with a dossier, sealed, and shown to those who may read the dossier.

use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::rc::Rc;

use clap::Args;
use serde::Deserialize;
use soxa_lang::{Lang, text};
use soxa_ledger::FileHash;
use soxa_records::dossier::applicant::Applicant;

use super::{Found, erasing};
use crate::cli::Session;
use crate::cli::files::{NewFile, fetch};
use crate::failure::Failure;
use crate::home::read_limited;
use crate::output::{Cell, say};

/// Bytes of the text that says who applies.
const TEXT_BYTES_MAX: u64 = 16 << 10;

/// Who applies. Other users of the machine can read the arguments of a command: `--applicant` keeps them from it.
#[derive(Debug, Args)]
pub struct ApplicantArgs {
    /// A file that says who applies, or `-` for a line of standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["applicant_name", "id_number", "phone", "address"])]
    applicant: Option<String>,
    /// The name.
    #[arg(long, value_name = "NAME")]
    applicant_name: Option<String>,
    /// The number of the identity card, or the tax code.
    #[arg(long, value_name = "NUMBER", requires = "applicant_name")]
    id_number: Option<String>,
    /// A telephone number.
    #[arg(long, value_name = "NUMBER", requires = "applicant_name")]
    phone: Option<String>,
    /// The address.
    #[arg(long, value_name = "TEXT", requires = "applicant_name")]
    address: Option<String>,
}

/// Who applies, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    address: String,
}

impl ApplicantArgs {
    /// The sealed file about the applicant, when something is said of one.
    ///
    /// # Errors
    /// When what is said cannot be read.
    pub fn file(&self) -> Result<Option<Rc<NewFile>>, Failure> {
        let applicant = match (&self.applicant, &self.applicant_name) {
            (Some(source), _) => read(source)?,
            (None, Some(name)) => {
                let part = |part: &Option<String>| part.clone().unwrap_or_default();
                checked(
                    "--applicant-name",
                    Applicant {
                        name: name.clone(),
                        id_number: part(&self.id_number),
                        phone: part(&self.phone),
                        address: part(&self.address),
                    },
                )?
            }
            (None, None) => return Ok(None),
        };
        NewFile::sealed(&applicant.encode()).map(Some)
    }
}

fn bad(source: &str, reason: &dyn std::fmt::Display) -> Failure {
    Failure::new("errors.bad_applicant", &[("file", &source), ("reason", reason)])
}

fn read(source: &str) -> Result<Applicant, Failure> {
    let bytes = if source == "-" {
        let mut line = Vec::new();
        let input = std::io::stdin().lock();
        let read = input.take(TEXT_BYTES_MAX).read_until(b'\n', &mut line);
        read.map_err(|error| bad(source, &error))?;
        line
    } else {
        read_limited(Path::new(source), TEXT_BYTES_MAX)?
    };
    let Written {
        name,
        id_number,
        phone,
        address,
    } = serde_json::from_slice(&bytes).map_err(|error| bad(source, &error))?;
    checked(
        source,
        Applicant {
            name,
            id_number,
            phone,
            address,
        },
    )
}

/// An applicant that can be read again.
fn checked(source: &str, applicant: Applicant) -> Result<Applicant, Failure> {
    Applicant::decode(&applicant.encode()).map_err(|error| bad(source, &error))
}

/// Who applies for a dossier, as far as the sealed file can be had; what cannot is said.
///
/// # Errors
/// When the node fails.
pub fn shown(session: &mut Session, found: &Found) -> Result<Cell, Failure> {
    let Some(hash) = found.view.applicant.one() else {
        return Ok(Cell::none());
    };
    let lang = session.lang;
    let file = FileHash(*hash);
    if let Some(told) = erasing::told(lang, found, file) {
        return Ok(Cell::of(told, serde_json::Value::Null));
    }
    let Some(bytes) = fetch(session, found.read.id, file)? else {
        say(&text(lang, "cli.answer.file_away", &[("file", &file.short())]));
        return Ok(Cell::of(
            text(lang, "cli.label.sealed_away", &[]),
            serde_json::Value::Null,
        ));
    };
    Ok(match Applicant::decode(&bytes) {
        Ok(applicant) => cell(lang, &applicant),
        // Sealed by a newer program, or by somebody who sealed something else.
        Err(error) => Cell::of(
            format!("{} ({error})", text(lang, "cli.label.sealed_unreadable", &[])),
            serde_json::Value::Null,
        ),
    })
}

fn cell(lang: Lang, applicant: &Applicant) -> Cell {
    let Applicant {
        name,
        id_number,
        phone,
        address,
    } = applicant;
    let labelled = |key: &str, value: &str| {
        let label = text(lang, key, &[]);
        (!value.is_empty()).then(|| format!("{label} {value}"))
    };
    let parts = [
        Some(name.clone()),
        labelled("cli.label.id_number", id_number),
        labelled("cli.label.applicant_phone", phone),
        labelled("cli.label.applicant_address", address),
    ];
    let shown: Vec<String> = parts.into_iter().flatten().collect();
    Cell::of(
        shown.join("; "),
        serde_json::json!({
            "name": name,
            "id_number": id_number,
            "phone": phone,
            "address": address,
        }),
    )
}
