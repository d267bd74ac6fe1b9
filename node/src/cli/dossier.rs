//! `soxa dossier`: dossiers from their receipt to the return of the result.
//!
//! [`receiving`] brings dossiers into being, with who applies in [`applicant`], [`steps`] takes them on, [`going`] from office to
//! office, [`shown`] and [`filed`] show them, [`retained`] says how long they are kept, [`erasing`] orders that files are erased.

mod applicant;
mod erasing;
mod filed;
mod going;
pub mod receiving;
mod retained;
pub mod shown;
mod steps;

use clap::Subcommand;
use soxa_ledger::{FileHash, RecordId, Scope, Time};
use soxa_records::compose::Composer;
use soxa_records::dossier::rules::files_of;
use soxa_records::dossier::view::DossierView;
use soxa_records::dossier::{DossierOperation, Office};

use super::Session;
use super::session::{Read, Units};
use super::sign::Prepared;
use crate::clock;
use crate::exit::Exit;
use crate::failure::Failure;

/// What can be done with dossiers.
#[derive(Debug, Subcommand)]
pub enum DossierCommand {
    /// Register one that was handed in and is not taken in yet.
    #[command(after_help = r#"
        soxa dossier submit --procedure 1.001193 --unit 03847 --channel online --electronic "Tờ khai"
            --key clerk.pem"#)]
    Submit(receiving::SubmitArgs),
    /// Take one in: a new one, or one that was submitted.
    #[command(after_help = r#"
        soxa dossier receive --procedure 1.001193 --unit 03847 --original "Giấy chứng sinh" --key clerk.pem"#)]
    Receive(receiving::ReceiveArgs),
    #[command(flatten)]
    Step(steps::StepCommand),
    /// Dossiers, with what is due when.
    #[command(after_help = r#"
        soxa dossier list --unit 03847 --late
        soxa dossier list --past-retention"#)]
    List(shown::ListArgs),
    /// One dossier with its papers, control slip and clock.
    #[command(after_help = "soxa dossier show 03847-251103-0001")]
    Show(shown::ShowArgs),
    /// A scan, a draft or a decision of one.
    #[command(after_help = "soxa dossier file 03847-251103-0001 1 -o to-khai.pdf")]
    File(filed::FileArgs),
    /// The order to erase files.
    #[command(after_help = r#"
        soxa dossier erase 03847-251103-0001 applicant --ground request --basis "Đơn ngày 12/01/2026"
            --key chair.pem"#)]
    Erase(erasing::EraseArgs),
}

/// Does what the command says.
pub fn run(command: DossierCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        DossierCommand::Submit(args) => receiving::submit(&args, session),
        DossierCommand::Receive(args) => receiving::receive(&args, session),
        DossierCommand::Step(command) => steps::run(command, session),
        DossierCommand::List(args) => shown::list(&args, session),
        DossierCommand::Show(args) => shown::show(&args, session),
        DossierCommand::File(args) => filed::file(&args, session),
        DossierCommand::Erase(args) => erasing::erase(&args, session),
    }
}

/// A dossier as this command has read it.
struct Found {
    read: Read,
    view: DossierView,
}

impl Found {
    fn of(session: &mut Session, text: &str) -> Result<Self, Failure> {
        let (read, view) = session.find_viewed("dossier", text, DossierView::of)?;
        Ok(Self { read, view })
    }

    /// Those who may read it now: the scope of what is done to it next.
    fn scope(&self) -> Scope {
        self.view.readers.clone()
    }

    /// Its files that nobody ordered to be erased.
    fn left(&self) -> impl Iterator<Item = FileHash> {
        let files = files_of(&self.read.state).into_iter();
        files.filter(|file| self.view.erasure(&file.0).is_none())
    }

    /// A commit of one act on it, for these readers.
    fn prepare(&self, operation: DossierOperation, readers: Scope) -> Result<Prepared, Failure> {
        let (mut at, mut composer) = (self.read.at()?, Composer::new());
        composer.on_dossier(&mut at, operation);
        Ok(Prepared::of(composer).read_by(readers))
    }

    /// The units that deal with it.
    fn offices(&self) -> Vec<RecordId> {
        let first = [self.view.receiving, self.view.competent].into_iter().flatten();
        first.chain(self.view.forwarded.iter().copied()).collect()
    }
}

/// An office as operations name it.
pub fn office(units: &Units, unit: RecordId) -> Office {
    let mut above = units.path(&unit);
    above.pop();
    Office { unit, above }
}

/// When something was done: as given, otherwise now.
fn moment(given: Option<Time>) -> Time {
    given.unwrap_or_else(clock::now)
}
