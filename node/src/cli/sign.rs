//! The way of every act from intent to the ledger: check at the node, show in plain words, ask, sign here, submit.

use std::collections::BTreeMap;
use std::rc::Rc;

use clap::Args;
use soxa_lang::{Lang, number, text};
use soxa_ledger::jws::JwsSignature;
use soxa_ledger::limits::{COMMIT_BYTES_MAX, NOTE_BYTES_MAX};
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::operation::{OpKind, Operation, RecordRef};
use soxa_ledger::{Commit, NetworkId, OpId, PublicKey, RecordId, Scope, SecretKey, Time};
use soxa_records::Quantity;
use soxa_records::compose::Composer;

use super::acting::{Acting, SignArgs, Signer};
use super::files::NewFile;
use super::session::Units;
use super::statements::verdict_cell;
use super::{ReadArgs, Session};
use crate::clock;
use crate::control::protocol::Objection;
use crate::control::reports::StoredReport;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{Cell, Listing, say, short};
use crate::preview;
use crate::progress::Progress;

/// Operations in one commit of a bulk import: a few signatures for thousands of records, and a commit stays far below
/// what the format allows.
pub const BULK_OPERATIONS: usize = 300;

/// Records created by one commit that people see by their ids.
const CREATED_SHOWN: usize = 12;

/// Options of every command that signs operations.
#[derive(Debug, Clone, Args)]
pub struct ActArgs {
    #[command(flatten)]
    pub sign: SignArgs,
    /// A remark for people, signed with the act.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Check and show only.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// Minutes that a commit will carry, with one signature still to be made.
#[derive(Debug, Clone)]
pub struct UnsignedMinutes {
    /// The payload that all parties sign.
    pub payload: Vec<u8>,
    /// The signatures made before.
    pub earlier: Vec<JwsSignature>,
    /// In which capacity the signature is made.
    pub party: Party,
    /// The lines that the party refuses.
    pub refused: Vec<RefusedLine>,
    /// The lines that the receiver refuses, as the party is shown them.
    pub left_out: Vec<RefusedLine>,
    /// What the party remarks.
    pub remark: String,
    /// Lines of which the receiver found another quantity than the minutes say.
    pub counted: BTreeMap<u32, Quantity>,
}

impl UnsignedMinutes {
    /// The minutes with a signature of the right form that does not hold: for composing and checking before the
    /// passphrase is known. The header names the author; the signature is 64 zero bytes.
    ///
    /// # Errors
    /// When the earlier signatures are not in the form of minutes.
    pub fn form(&self, signer: &Signer, acting: &Acting) -> Result<Minutes, Failure> {
        self.with(self.placeholder(signer, acting))
    }

    /// The signature alone, of the right form, that does not hold.
    pub fn placeholder(&self, signer: &Signer, acting: &Acting) -> JwsSignature {
        placeholder(|key| self.sign(signer.network, acting, key), signer.public)
    }

    /// What is signed, in plain words.
    pub fn preview(&self, lang: Lang) -> Vec<String> {
        preview::of_minutes(lang, &self.signing())
    }

    fn signing(&self) -> preview::Signing<'_> {
        preview::Signing {
            payload: &self.payload,
            party: self.party,
            refused: &self.left_out,
            remark: &self.remark,
            counted: &self.counted,
        }
    }

    fn signed(&self, network: NetworkId, acting: &Acting, secret: &SecretKey) -> Result<Minutes, Failure> {
        self.with(self.sign(network, acting, secret))
    }

    /// The signature alone.
    pub fn sign(&self, network: NetworkId, acting: &Acting, key: &SecretKey) -> JwsSignature {
        Minutes::sign(
            &self.payload,
            network,
            acting.appointment,
            self.party,
            &self.refused,
            &self.remark,
            key,
        )
    }

    fn with(&self, last: JwsSignature) -> Result<Minutes, Failure> {
        let signatures = self.earlier.iter().cloned().chain([last]).collect();
        Minutes::assemble(&self.payload, signatures).map_err(|e| Failure::internal("sign", e))
    }
}

fn placeholder(sign: impl Fn(&SecretKey) -> JwsSignature, author: PublicKey) -> JwsSignature {
    let nobody = SecretKey::from_seed(&[1; 32]);
    let form = sign(&nobody);
    let header = String::from_utf8_lossy(&form.header)
        .replace(&nobody.public().to_string(), &author.to_string())
        .into_bytes();
    let protected = data_encoding::BASE64URL_NOPAD.encode(&header);
    JwsSignature {
        protected,
        header,
        signature: vec![0; 64],
    }
}

/// One commit before it is signed.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// What is done.
    pub operations: Vec<Operation>,
    /// The minutes that the operations name by index.
    pub minutes: Vec<UnsignedMinutes>,
    /// Who may read it.
    pub scope: Scope,
    /// The files that the operations name.
    pub files: Vec<Rc<NewFile>>,
}

impl Prepared {
    /// A commit of operations alone.
    pub fn of(composer: Composer) -> Self {
        Self {
            operations: composer.finish().0,
            ..Self::default()
        }
    }

    /// A commit with minutes, which was composed with their [`UnsignedMinutes::form`].
    pub fn with_minutes(composer: Composer, minutes: UnsignedMinutes) -> Self {
        Self {
            operations: composer.finish().0,
            minutes: vec![minutes],
            ..Self::default()
        }
    }

    /// The same for these readers alone.
    pub fn read_by(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// The same with a file that its operations name, when there is one.
    pub fn with_file(mut self, file: Option<Rc<NewFile>>) -> Self {
        self.files.extend(file);
        self
    }
}

/// Who signs when, with which remark.
struct Seal<'a> {
    signer: &'a Signer,
    acting: &'a Acting,
    time: Time,
    note: Option<&'a str>,
}

impl Seal<'_> {
    /// The commit with its minutes: signed by the key, or in form only.
    fn commit(&self, prepared: &Prepared, secret: Option<&SecretKey>) -> Result<Commit, Failure> {
        let minutes = prepared.minutes.iter().map(|minutes| match secret {
            Some(secret) => minutes.signed(self.signer.network, self.acting, secret),
            None => minutes.form(self.signer, self.acting),
        });
        Ok(Commit {
            author: self.signer.public,
            appointment: self.acting.appointment,
            scope: prepared.scope.clone(),
            time: self.time,
            operations: prepared.operations.clone(),
            minutes: minutes.collect::<Result<_, _>>()?,
            note: self.note.map(str::to_owned),
        })
    }
}

/// Opens the way for an official: the key file, and the appointment that permits these kinds of operations and fits.
///
/// # Errors
/// When there is no key file or no appointment that permits them.
pub fn official(
    session: &mut Session,
    args: &ActArgs,
    kinds: &[&str],
    fits: impl Fn(&Acting) -> bool,
) -> Result<(Signer, Acting), Failure> {
    let signer = Signer::new(session, &args.sign)?;
    let units = session.units()?;
    let kinds: Vec<OpKind> = kinds.iter().filter_map(|kind| kind.parse().ok()).collect();
    let acting = signer.acting(
        &units,
        |permissions| kinds.iter().all(|kind| permissions.permits(kind)),
        fits,
    )?;
    Ok((signer, acting))
}

/// Carries prepared commits through: check, preview, consent, signature, submission. Nothing is signed when the node
/// objects to one of them.
///
/// # Errors
/// When the node objects, the official declines, the passphrase is wrong, or storing fails.
pub fn carry_out(
    session: &mut Session,
    args: &ActArgs,
    mut signer: Signer,
    acting: &Acting,
    prepared: &[Prepared],
) -> Result<Exit, Failure> {
    let mut done = Done::default();
    let carried = carry_through(session, args, &mut signer, acting, prepared, &mut done);
    // What was stored before something failed is told all the same.
    let exit = done.report(session.lang, &args.read)?;
    carried.map(|()| exit)
}

/// What has been stored so far, with what it was made from.
#[derive(Debug, Default)]
pub struct Done {
    stored: Vec<(StoredReport, Prepared)>,
}

impl Done {
    /// The records that were created, in the order of the operations.
    pub fn created(&self) -> Vec<RecordId> {
        let all = self.stored.iter();
        all.flat_map(|(one, prepared)| created(&one.id, prepared))
            .collect()
    }

    /// Prints what was stored, with the records that were created. What is stored and not valid is a finding.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn report(&self, lang: Lang, read: &ReadArgs) -> Result<Exit, Failure> {
        if !self.stored.is_empty() {
            read.print_listing(lang, &self.listing(lang))?;
        }
        Ok(self.exit(lang))
    }

    /// What was stored, with the records that were created: of many people see how many.
    pub fn listing(&self, lang: Lang) -> Listing {
        let mut listing = Listing::new(
            "stored",
            &[
                ("id", "cli.label.commit"),
                ("verdict", "cli.label.verdict"),
                ("operations", "cli.label.operations"),
                ("created", "cli.label.created"),
            ],
        );
        for (one, prepared) in &self.stored {
            let created: Vec<String> = created(&one.id, prepared)
                .iter()
                .map(ToString::to_string)
                .collect();
            let shown = match created.as_slice() {
                [] => String::new(),
                [only] => only.clone(),
                many if many.len() > CREATED_SHOWN => number(lang, many.len() as i64),
                several => several.iter().map(|id| short(id)).collect::<Vec<_>>().join(" "),
            };
            listing.push(vec![
                Cell::id(&one.id),
                verdict_cell(lang, &one.verdict),
                Cell::count(lang, prepared.operations.len() as u64),
                Cell::of(shown, serde_json::json!(created)),
            ]);
        }
        listing
    }

    /// How it ends: what is stored and not valid is a finding, and said.
    pub fn exit(&self, lang: Lang) -> Exit {
        let without_effect = self
            .stored
            .iter()
            .filter(|(one, _)| one.verdict != "valid")
            .count();
        if without_effect > 0 {
            say(&text(lang, "cli.answer.findings", &[("count", &without_effect)]));
            return Exit::Findings;
        }
        Exit::Done
    }
}

/// As [`carry_out`], for acts that others follow with the same key: what is stored is added to `done` and not yet told.
///
/// # Errors
/// As for [`carry_out`].
pub fn carry_through(
    session: &mut Session,
    args: &ActArgs,
    signer: &mut Signer,
    acting: &Acting,
    prepared: &[Prepared],
    done: &mut Done,
) -> Result<(), Failure> {
    let lang = session.lang;
    let units = session.units()?;
    if args.note.as_ref().is_some_and(|note| note.len() > NOTE_BYTES_MAX) {
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("argument", &"--note"), ("count", &NOTE_BYTES_MAX)];
        return Err(Failure::usage(
            lang,
            "",
            &Sentence::new("cli.usage.too_long", &values),
        ));
    }
    let time = clock::now();
    check(
        session,
        &Seal {
            signer: &*signer,
            acting,
            time,
            note: args.note.as_deref(),
        },
        prepared,
    )?;
    let mut lines = vec![acting.preview(lang, &units)];
    lines.extend(told(session, &units, prepared));
    if args.dry_run {
        lines.iter().for_each(|line| say(line));
        say(&text(lang, "cli.answer.dry_run", &[]));
        return Ok(());
    }
    signer.consent(&lines)?;
    let secret = signer.secret()?;
    let seal = Seal {
        signer: &*signer,
        acting,
        time,
        note: args.note.as_deref(),
    };
    let progress = Progress::new(lang, "cli.progress.signing", prepared.len() as u64);
    let mut signed = Vec::with_capacity(prepared.len());
    for one in prepared {
        let commit = seal.commit(one, Some(&secret))?;
        let commit = commit
            .sign(signer.network, &secret)
            .map_err(|e| Failure::internal("sign", e))?;
        signed.push(commit.bytes().to_vec());
        progress.step();
    }
    drop(progress);
    // Before the acts: what these name is to be there from the first moment.
    for file in prepared.iter().flat_map(|one| &one.files) {
        file.hand_over(session.client()?)?;
    }
    let mut waiting = prepared.iter();
    session.client()?.submit(&signed, |reports| {
        let pairs = reports.into_iter().zip(waiting.by_ref());
        done.stored
            .extend(pairs.map(|(one, prepared)| (one, prepared.clone())));
    })
}

/// Asks the node about a commit that others have to agree to before it is signed.
///
/// # Errors
/// When the node objects to it.
pub fn expect_no_objection(
    session: &mut Session,
    args: &ActArgs,
    signer: &Signer,
    acting: &Acting,
    prepared: &Prepared,
) -> Result<(), Failure> {
    let seal = Seal {
        signer,
        acting,
        time: clock::now(),
        note: args.note.as_deref(),
    };
    check(session, &seal, std::slice::from_ref(prepared))
}

/// Asks the node about every commit; warnings are said, objections end the way.
fn check(session: &mut Session, seal: &Seal<'_>, prepared: &[Prepared]) -> Result<(), Failure> {
    let lang = session.lang;
    let progress = Progress::new(lang, "cli.progress.checking", prepared.len() as u64);
    let mut objections: Vec<Objection> = Vec::new();
    for one in prepared {
        let bytes = seal.commit(one, None)?.encode();
        if bytes.len() > COMMIT_BYTES_MAX {
            return Err(Failure::new(
                "errors.commit_too_large",
                &[("count", &bytes.len())],
            ));
        }
        objections.extend(session.client()?.check(&bytes)?);
        progress.step();
    }
    drop(progress);
    for warning in objections.iter().filter(|objection| objection.warning) {
        let label = text(lang, "cli.label.warning", &[]);
        say(&format!("{label}: {}", Sentence::from(warning).say(lang)));
    }
    if objections.iter().any(|objection| !objection.warning) {
        return Err(Failure::objections(&objections));
    }
    Ok(())
}

/// What would be signed, in plain words.
fn told(session: &Session, units: &Units, prepared: &[Prepared]) -> Vec<String> {
    let operations: Vec<&Operation> = prepared.iter().flat_map(|one| &one.operations).collect();
    let minutes = prepared.iter().flat_map(|one| &one.minutes);
    let signings: Vec<preview::Signing<'_>> = minutes.map(UnsignedMinutes::signing).collect();
    let mut lines = preview::of_operations(
        session.lang,
        &|record| called(session, units, record),
        &operations,
    );
    lines.extend(preview::of_all_minutes(session.lang, &signings));
    lines
}

/// Units by their names alone, other records by code and name.
fn called(session: &Session, units: &Units, record: &RecordId) -> String {
    if units.get(record).is_some() {
        units.name(record)
    } else {
        session.name(record)
    }
}

fn created(commit: &str, prepared: &Prepared) -> Vec<RecordId> {
    let Ok(commit) = commit.parse() else {
        return Vec::new();
    };
    let creations = (0_u32..)
        .zip(&prepared.operations)
        .filter(|(_, op)| op.record == RecordRef::New);
    creations
        .map(|(index, _)| OpId::of(commit, index).into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_names_the_author_and_does_not_hold() {
        let author = SecretKey::from_seed(&[9; 32]).public();
        let network = NetworkId([2; 32]);
        let form = placeholder(
            |key| {
                let appointment = soxa_ledger::StatementId([3; 32]);
                Minutes::sign(b"{}", network, appointment, Party::Giver, &[], "", key)
            },
            author,
        );
        let minutes = Minutes::assemble(b"{}", vec![form]).unwrap();
        assert_eq!(minutes.signers()[0].key, author);
        assert!(minutes.verify(network).is_err());
    }
}
