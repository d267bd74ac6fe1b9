//! `soxa import dossiers`: a register that was kept before, each line of it a dossier with what the register says of its way.

use std::collections::BTreeMap;

use soxa_ledger::operation::OpRef;
use soxa_ledger::{RecordId, Scope};
use soxa_office::dossiers::{Dossiers, Known, NewDossier};
use soxa_office::plan::Plan;
use soxa_office::procedures::Procedures;
use soxa_office::table::Table;
use soxa_records::compose::Composer;
use soxa_records::dossier::rules::in_line;
use soxa_records::dossier::view::DossierView;
use soxa_records::dossier::{DossierOperation, DossierRegister};

use super::super::Session;
use super::super::acting::Acting;
use super::super::dossier::office;
use super::super::dossier::receiving::deciding;
use super::super::files::NewFile;
use super::super::reference::Published;
use super::super::session::Units;
use super::super::sign::{BULK_OPERATIONS, Prepared};
use super::importing::{Importable, Round};
use crate::clock;
use crate::failure::Failure;

/// Operations that one dossier takes: its registration, and what the register says.
const OPERATIONS_OF_A_DOSSIER: usize = 2;

impl Importable for Dossiers {
    type Options = ();
    const NAME: &'static str = "dossiers";

    fn known(session: &mut Session, units: &Units, _: &Table<'_>, (): &()) -> Result<Self, Failure> {
        let published = Published::read(session)?;
        let procedures = Procedures::of(published.all().iter().map(|reference| reference.view.clone()));
        let days = published.working_days()?;
        let name = |unit: Option<RecordId>| unit.map(|unit| units.name(&unit)).unwrap_or_default();
        let mut all = Vec::new();
        session.each("dossier", |read| {
            all.extend(DossierView::of(&read.state).map(|view| Known {
                record: read.id,
                competent: name(view.competent),
                residence: name(view.residence.one().copied()),
                view,
            }));
        })?;
        Ok(Self::of(all, procedures, days, clock::now()))
    }

    fn acts(_: &Plan<NewDossier>) -> Vec<&'static str> {
        vec!["dossier.register", "dossier.transcribe"]
    }

    fn may_act(acting: &Acting, path: &[RecordId]) -> bool {
        in_line(&acting.unit_path, path)
    }

    fn round(
        &mut self,
        _: &mut Session,
        units: &Units,
        plan: &Plan<NewDossier>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        if round.number > 0 {
            return Ok(Vec::new());
        }
        let mut of_readers: BTreeMap<Scope, Vec<(&NewDossier, DossierRegister)>> = BTreeMap::new();
        for (_, new) in &plan.new {
            let register = registration(units, new);
            let readers = register
                .scope()
                .ok_or_else(|| Failure::new("errors.too_many_readers", &[]))?;
            of_readers.entry(readers).or_default().push((new, register));
        }
        let mut prepared = Vec::new();
        for (readers, dossiers) in of_readers {
            for chunk in dossiers.chunks(BULK_OPERATIONS / OPERATIONS_OF_A_DOSSIER) {
                prepared.push(commit(chunk)?.read_by(readers.clone()));
            }
        }
        Ok(prepared)
    }
}

fn registration(units: &Units, new: &NewDossier) -> DossierRegister {
    let competent = new.competent.unwrap_or_else(|| deciding(units, new.receiving));
    DossierRegister {
        procedure: new.procedure.clone(),
        receiving: office(units, new.receiving),
        competent: office(units, competent),
        residence: new.residence,
        province: new.province.clone(),
        channel: new.channel,
        submitted: new.said.received,
        components: Vec::new(),
        fee: new.fee,
        applicant: None,
        assisted_by: new.assisted_by.clone(),
    }
}

/// Dossiers with the same readers, each with the sealed file about its applicant.
fn commit(dossiers: &[(&NewDossier, DossierRegister)]) -> Result<Prepared, Failure> {
    let mut composer = Composer::new();
    let mut files = Vec::new();
    for (new, register) in dossiers {
        let applicant = new
            .applicant
            .as_ref()
            .map(|applicant| NewFile::sealed(&applicant.encode()));
        let applicant = applicant.transpose()?;
        let register = DossierRegister {
            applicant: applicant.as_ref().map(|file| file.hash()),
            ..register.clone()
        };
        files.extend(applicant);
        let mut at = composer.register_dossier(register, OpRef::Id(new.version));
        composer.on_dossier(&mut at, DossierOperation::Transcribe(new.said.clone()));
    }
    Ok(Prepared {
        files,
        ..Prepared::of(composer)
    })
}
