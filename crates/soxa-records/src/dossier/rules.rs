//! When what is done to a dossier is legal, and what it writes.

use std::collections::BTreeSet;

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::sabotage::{self, Rule};
use soxa_ledger::{FileHash, Scope};

use crate::dossier::{
    Component, DecisionOperation, DossierForward, DossierOperation, DossierPaper, DossierRegister,
    DossierStatus, DossierTranscribe, Office, Outcome,
};
use crate::legality::{Scene, Stop};
use crate::limits::UNITS_ABOVE_MAX;
use crate::reference::ReferenceTable;
use crate::state::CanonicalState;
use crate::typed::TypedOperation;
use crate::value::{Change, Value, append, set};
use crate::verdict::{Illegality, RefNeed};
use soxa_ledger::small::SmallMap;

/// The registration: its commit is read by the nodes of both offices and of the province, and by nobody else.
pub(crate) fn judge_registration(register: &DossierRegister, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
    let units = register.units();
    scene.expect_refs(units.len() + 1)?;
    expect_procedure(scene, &register.procedure)?;
    for (index, unit) in units.iter().enumerate() {
        let path = scene.registered_path(index + 1)?;
        if path.last() != Some(unit) {
            return Err(no_unit(index + 1));
        }
        for office in [&register.receiving, &register.competent] {
            if office.unit == *unit && office.path() != path {
                return Err(Illegality::PathMismatch.into());
            }
        }
    }
    expect_in_line(scene, &[register.receiving.path()])?;
    if register.scope().as_ref() != Some(&scene.facts.scope) || scene.facts.scope.is_all_nodes() {
        return Err(Illegality::OtherReaders.into());
    }
    let mut changes = vec![
        set("status", DossierStatus::Submitted),
        set("procedure", register.procedure.as_str()),
        set("channel", register.channel),
        set("submitted", register.submitted),
        set("assisted_by", register.assisted_by.as_str()),
    ];
    changes.extend(register.residence.map(|unit| set("residence", unit)));
    if !register.province.is_empty() {
        changes.push(set("province", register.province.as_str()));
    }
    changes.extend(register.fee.map(|dong| set("fee", dong)));
    changes.extend(register.applicant.map(|hash| set("applicant", Value::Id(hash))));
    changes.push(office_row("receiving", &register.receiving));
    changes.push(office_row("competent", &register.competent));
    changes.extend(register.components.iter().map(paper_row));
    Ok(changes)
}

fn expect_procedure(scene: &Scene<'_>, code: &str) -> Result<(), Stop> {
    if let (_, TypedOperation::Reference(published)) = scene.cited(0, RefNeed::Procedure)? {
        let version = published.version();
        if version.table == ReferenceTable::Procedure && version.key == code {
            return Ok(());
        }
    }
    Err(Illegality::WrongRef {
        index: 0,
        needed: RefNeed::Procedure,
    }
    .into())
}

fn no_unit(index: usize) -> Stop {
    Illegality::WrongRef {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        needed: RefNeed::UnitRegister,
    }
    .into()
}

/// Whether who is of a unit may act for an office: of the office itself, of a unit above it, or of a desk below it. Below
/// the province's own unit stands everybody, so it has no desks. Both are paths, the province first.
#[must_use]
pub fn in_line(unit: &[RecordId], office: &[RecordId]) -> bool {
    office.starts_with(unit) || (office.len() > 1 && unit.starts_with(office))
}

fn expect_in_line(scene: &Scene<'_>, offices: &[Vec<RecordId>]) -> Result<(), Stop> {
    let actor = &scene.actor.unit_path;
    if offices.iter().any(|office| in_line(actor, office)) {
        Ok(())
    } else {
        Err(Illegality::NotAnOffice {
            actor: scene.actor.unit(),
        }
        .into())
    }
}

/// An act on a dossier that there is.
pub(crate) struct Acting<'a> {
    scene: &'a Scene<'a>,
    creation: &'a DossierRegister,
    forwarded: Vec<Vec<RecordId>>,
}

impl<'a> Acting<'a> {
    pub(crate) fn of(scene: &'a Scene<'a>) -> Result<Self, Stop> {
        let Some(TypedOperation::Dossier(DossierOperation::Register(creation))) = scene.creation else {
            return Err(Illegality::NoRecord.into());
        };
        Ok(Self {
            scene,
            creation,
            forwarded: offices_of(scene.past, "forwarded"),
        })
    }

    /// The commit must be read by those who read the dossier: by all readers of its registration, and beyond these
    /// only by those of an office that it was forwarded to. A later act that did not know of the forwarding has
    /// the old readers.
    fn expect_readers(&self, further: Option<&Office>) -> Result<(), Stop> {
        let first = self.creation.scope().unwrap_or_default();
        let scope = &self.scene.facts.scope;
        let widened = self
            .forwarded
            .iter()
            .flat_map(|path| path.iter().take(2).copied());
        let allowed: Vec<RecordId> = widened
            .chain(further.into_iter().flat_map(Office::readers))
            .collect();
        let known = |unit: &RecordId| first.admits(unit) || allowed.contains(unit);
        let known = scope.units().iter().all(known) || sabotage::is_off(Rule::DossiersKeepReaders);
        if scope.may_carry(&first) && known {
            Ok(())
        } else {
            Err(Illegality::OtherReaders.into())
        }
    }

    fn expect_office(&self) -> Result<(), Stop> {
        let mut offices = vec![self.creation.receiving.path(), self.creation.competent.path()];
        offices.extend(self.forwarded.iter().cloned());
        expect_in_line(self.scene, &offices)
    }

    fn expect_deciding_office(&self) -> Result<(), Stop> {
        let mut offices = vec![self.creation.competent.path()];
        offices.extend(self.forwarded.iter().cloned());
        expect_in_line(self.scene, &offices)
    }

    /// What cannot be undone is ordered by the office that decides, or from above it, and by no desk below.
    fn expect_above_deciding_office(&self) -> Result<(), Stop> {
        let actor = &self.scene.actor.unit_path;
        let competent = [self.creation.competent.path()];
        if competent
            .iter()
            .chain(&self.forwarded)
            .any(|office| office.starts_with(actor))
        {
            return Ok(());
        }
        Err(Illegality::NotAnOffice {
            actor: self.scene.actor.unit(),
        }
        .into())
    }

    /// Something was given on that nobody has taken over: to a desk, or to another office, and then by an official in line
    /// with that office.
    fn expect_waiting(&self, given: OpId) -> Result<(), Stop> {
        let acts = self.scene.past.list("acts");
        let taken = acts.iter().any(|row| row.get("pass") == Some(given));
        let row = acts.iter().find(|row| row.op == given && !taken);
        match row.map(|row| (row.text("act"), row.get("unit"))) {
            Some((act, _)) if act == PASS => Ok(()),
            Some((act, Some(unit))) if act == FORWARD => {
                let offices = self.forwarded.iter().filter(|path| path.last() == Some(&unit));
                expect_in_line(self.scene, &offices.cloned().collect::<Vec<_>>())
            }
            _ => Err(Illegality::NoSuchPass(given).into()),
        }
    }

    /// Whether officials who did not know of each other decided differently: then the decision is signed once more.
    fn is_decided_differently(&self) -> bool {
        self.scene.past.field::<Outcome>("outcome").distinct().len() > 1
    }

    /// One of the dossier's statuses must allow the act, or the act say which of them holds.
    fn expect_status(&self, act: &str) -> Result<(), Stop> {
        let found = self
            .scene
            .past
            .field::<DossierStatus>("status")
            .distinct()
            .into_iter()
            .copied()
            .collect::<Vec<_>>();
        if found.iter().any(|status| status.allows(act)) || DossierStatus::settles(&found, act) {
            Ok(())
        } else {
            Err(Illegality::DossierStatus { found }.into())
        }
    }
}

impl DossierStatus {
    /// Whether nothing more is done.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::Withdrawn | Self::Stopped | Self::Returned
        )
    }

    /// Whether work on it is over: it was decided, or has ended without a decision.
    #[must_use]
    pub fn has_result(self) -> bool {
        self.is_end() || self == Self::Decided
    }

    /// Whether it waits for the applicant, and the clock stands.
    #[must_use]
    pub fn awaits_applicant(self) -> bool {
        matches!(self, Self::AwaitingPapers | Self::AwaitingPayment)
    }

    /// The number of the national one-stop software.
    #[must_use]
    pub fn number(self) -> u8 {
        let at = Self::ALL
            .iter()
            .position(|status| *status == self)
            .unwrap_or_default();
        u8::try_from(at + 1).unwrap_or(u8::MAX)
    }
}

/// The rules of all acts but the registration.
pub(crate) fn judge_act(operation: &DossierOperation, acting: &Acting<'_>) -> Result<Vec<Change>, Stop> {
    use DossierOperation as Op;
    use DossierStatus::{
        AwaitingPapers, AwaitingPayment, Processing, Received, Refused, Returned, Stopped, Withdrawn,
    };
    let refs = usize::from(matches!(operation, Op::Forward(_)));
    acting.scene.expect_refs(refs)?;
    acting.expect_office()?;
    let further = match operation {
        Op::Forward(forward) => Some(&forward.office),
        _ => None,
    };
    acting.expect_readers(further)?;
    let act = operation.act();
    acting.expect_status(act)?;
    let with = |row: &[(&'static str, Value)]| act_row(act, row);
    let turn =
        |status: DossierStatus, row: &[(&'static str, Value)]| vec![set("status", status), act_row(act, row)];
    let remark =
        |remark: &crate::dossier::Remark| [("at", remark.at.into()), ("note", remark.note.as_str().into())];
    Ok(match operation {
        Op::Register(_) => return Err(Illegality::NoRecord.into()),
        Op::Receive(receive) => {
            let mut row = vec![("at", receive.received.into())];
            row.extend(receive.due.map(|due| ("due", due.into())));
            let mut changes = turn(Received, &row);
            changes.extend([
                set("code", receive.code.as_str()),
                set("received", receive.received),
            ]);
            changes.extend(receive.due.map(|due| set("due", due)));
            changes
        }
        Op::Transcribe(said) => transcribed(act, said),
        Op::Recode(recode) => {
            let row = with(&[("at", recode.at.into()), ("note", recode.reason.as_str().into())]);
            vec![set("code", recode.code.as_str()), row]
        }
        Op::Refuse(why) => turn(Refused, &remark(why)),
        Op::Process(what) => turn(Processing, &remark(what)),
        Op::Ask(ask) => {
            let status = match ask.what {
                crate::dossier::Asked::Papers => AwaitingPapers,
                crate::dossier::Asked::Payment => AwaitingPayment,
            };
            turn(
                status,
                &[
                    ("at", ask.at.into()),
                    ("asked", ask.what.into()),
                    ("note", ask.reason.as_str().into()),
                ],
            )
        }
        Op::Resume(what) => turn(Processing, &remark(what)),
        Op::Extend(extend) => {
            vec![
                set("due", extend.due),
                with(&[
                    ("at", extend.at.into()),
                    ("due", extend.due.into()),
                    ("note", extend.reason.as_str().into()),
                ]),
            ]
        }
        Op::Stop(why) => turn(Stopped, &remark(why)),
        Op::Withdraw(why) => turn(Withdrawn, &remark(why)),
        Op::Pass(pass) => {
            vec![with(&[
                ("at", pass.at.into()),
                ("to", pass.to.as_str().into()),
                ("note", pass.note.as_str().into()),
            ])]
        }
        Op::Take(take) => {
            let pass = take.pass.resolve(acting.scene.facts.commit);
            acting.expect_waiting(pass)?;
            vec![with(&[
                ("at", take.at.into()),
                ("pass", pass.into()),
                ("note", take.note.as_str().into()),
            ])]
        }
        Op::Paper(paper) => paper_changes(paper, acting.scene.past)?,
        Op::Pay(pay) => vec![with(&[
            ("at", pay.at.into()),
            ("amount", pay.amount.into()),
            ("channel", pay.channel.into()),
            ("note", pay.receipt.as_str().into()),
        ])],
        Op::Propose(propose) => {
            vec![document_row(
                act,
                propose.at.into(),
                &propose.title,
                propose.document,
                None,
            )]
        }
        Op::Return(back) => turn(
            Returned,
            &[
                ("at", back.at.into()),
                ("channel", back.channel.into()),
                ("note", back.note.as_str().into()),
            ],
        ),
        Op::Report(report) => vec![with(&[
            ("at", report.at.into()),
            ("to", report.target.as_str().into()),
            ("note", report.answer.as_str().into()),
        ])],
        Op::Forward(forward) => forward_changes(forward, acting)?,
    })
}

/// The rules of deciding.
pub(crate) fn judge_decision(
    operation: &DecisionOperation,
    acting: &Acting<'_>,
) -> Result<Vec<Change>, Stop> {
    acting.scene.expect_refs(0)?;
    match operation {
        DecisionOperation::Erase(_) => acting.expect_above_deciding_office()?,
        _ => acting.expect_deciding_office()?,
    }
    acting.expect_readers(None)?;
    let settles = matches!(operation, DecisionOperation::Sign(_)) && acting.is_decided_differently();
    if !settles {
        acting.expect_status(operation.act())?;
    }
    Ok(match operation {
        DecisionOperation::Sign(sign) => {
            vec![
                set("status", DossierStatus::Decided),
                set("outcome", sign.outcome),
                document_row(
                    operation.act(),
                    sign.at.into(),
                    &sign.title,
                    sign.document,
                    Some(sign.outcome.into()),
                ),
            ]
        }
        DecisionOperation::Issue(issue) => {
            vec![
                set("decision_number", issue.number.as_str()),
                set("decision_day", issue.day),
            ]
        }
        DecisionOperation::Erase(erase) => {
            let past = acting.scene.past;
            let file = FileHash(erase.file);
            if !files_of(past).contains(&file) || is_erased(past, &file) {
                return Err(Illegality::NoSuchFile(file).into());
            }
            vec![act_row(
                ERASE,
                &[
                    ("at", erase.at.into()),
                    ("document", Value::Id(erase.file)),
                    ("ground", erase.ground.into()),
                    ("note", erase.basis.as_str().into()),
                ],
            )]
        }
    })
}

/// What the register says stands in one row, and is no decision or return of who copied it.
fn transcribed(act: &'static str, said: &DossierTranscribe) -> Vec<Change> {
    let mut row: Vec<(&'static str, Value)> = vec![
        ("at", said.received.into()),
        ("status", said.status.into()),
        ("office", said.office.as_str().into()),
        ("title", said.result.as_str().into()),
        ("note", said.note.as_str().into()),
    ];
    row.extend(said.due.map(|due| ("due", due.into())));
    row.extend(said.since.map(|since| ("since", since.into())));
    row.extend(said.returned.map(|returned| ("returned", returned.into())));
    row.extend(said.paid.map(|paid| ("amount", paid.into())));
    let mut changes = vec![
        set("status", said.status),
        set("code", said.code.as_str()),
        set("received", said.received),
        act_row(act, &row),
    ];
    changes.extend(said.due.map(|due| set("due", due)));
    changes.extend(
        said.number
            .as_deref()
            .map(|number| set("decision_number", number)),
    );
    changes.extend(said.day.map(|day| set("decision_day", day)));
    changes
}

fn forward_changes(forward: &DossierForward, acting: &Acting<'_>) -> Result<Vec<Change>, Stop> {
    if acting.scene.cited_unit(forward.office.unit)? != forward.office.path() {
        return Err(Illegality::PathMismatch.into());
    }
    let readers = readers_of(acting.scene.past);
    let all = readers.units().iter().copied().chain(forward.office.readers());
    if Scope::of(all).is_none() {
        return Err(Illegality::TooManyReaders.into());
    }
    let row = [
        ("at", forward.at.into()),
        ("unit", forward.office.unit.into()),
        ("note", forward.reason.as_str().into()),
    ];
    Ok(vec![
        office_row("forwarded", &forward.office),
        act_row(FORWARD, &row),
    ])
}

fn paper_changes(paper: &DossierPaper, past: &CanonicalState) -> Result<Vec<Change>, Stop> {
    let added = past.list("papers").len();
    let mut row = match paper.number {
        None => return Ok(vec![scanned(paper_row(&paper.component), paper.scan)]),
        Some(number) if usize::try_from(number).is_ok_and(|n| n <= added) => paper_row(&paper.component),
        Some(number) => return Err(Illegality::NoSuchPaper(number).into()),
    };
    if let Change::Append { list, row } = &mut row {
        *list = "paper_changes";
        row.insert("number", paper.number.unwrap_or_default().into());
        row.insert("at", paper.at.into());
    }
    Ok(vec![scanned(row, paper.scan)])
}

fn scanned(mut change: Change, scan: Option<[u8; 32]>) -> Change {
    if let (Change::Append { row, .. }, Some(scan)) = (&mut change, scan) {
        row.insert("scan", Value::Id(scan));
    }
    change
}

fn paper_row(component: &Component) -> Change {
    append(
        "papers",
        [
            ("name", component.name.as_str().into()),
            ("form", component.form.into()),
            ("copies", component.copies.into()),
            ("original_held_by", component.original_held_by.as_str().into()),
        ],
    )
}

fn act_row(act: &'static str, values: &[(&'static str, Value)]) -> Change {
    let mut row: SmallMap<&'static str, Value> = values.iter().cloned().collect();
    row.insert("act", act.into());
    Change::Append { list: "acts", row }
}

fn document_row(
    act: &'static str,
    at: Value,
    title: &str,
    document: Option<[u8; 32]>,
    outcome: Option<Value>,
) -> Change {
    let mut values = vec![("at", at), ("title", title.into())];
    values.extend(document.map(|hash| ("document", Value::Id(hash))));
    values.extend(outcome.map(|outcome| ("outcome", outcome)));
    act_row(act, &values)
}

/// The act by which a file is erased.
pub(crate) const ERASE: &str = "decision.erase";
pub(crate) const FORWARD: &str = "dossier.forward";
pub(crate) const PASS: &str = "dossier.pass";

/// All files that a dossier names, erased or not, each once: about the applicant, scans, drafts and decisions.
#[must_use]
pub fn files_of(state: &CanonicalState) -> BTreeSet<FileHash> {
    let applicants = state.field("applicant");
    let applicants = applicants.distinct().into_iter().copied();
    let scans = ["papers", "paper_changes"]
        .into_iter()
        .flat_map(|list| state.list(list));
    let documents = state.list("acts").iter().filter(|row| row.text("act") != ERASE);
    applicants
        .chain(scans.filter_map(|row| row.get("scan")))
        .chain(documents.filter_map(|row| row.get("document")))
        .map(FileHash)
        .collect()
}

/// Whether a valid order says that a file of a dossier is erased.
#[must_use]
pub fn is_erased(state: &CanonicalState, file: &FileHash) -> bool {
    let mut orders = state.list("acts").iter().filter(|row| row.text("act") == ERASE);
    orders.any(|row| row.get("document") == Some(file.0))
}

/// What the units of an office's path are called in its row, the province first.
const PATH: [&str; UNITS_ABOVE_MAX + 1] = [
    "path_1", "path_2", "path_3", "path_4", "path_5", "path_6", "path_7", "path_8",
];

fn office_row(role: &'static str, office: &Office) -> Change {
    let path = PATH
        .into_iter()
        .zip(office.path())
        .map(|(name, unit)| (name, unit.into()));
    let mut row: SmallMap<&'static str, Value> = path.collect();
    row.insert("role", role.into());
    Change::Append { list: "offices", row }
}

/// The paths of the offices with a role, in causal order.
pub(crate) fn offices_of(state: &CanonicalState, role: &str) -> Vec<Vec<RecordId>> {
    let rows = state
        .list("offices")
        .iter()
        .filter(|row| row.text("role") == role);
    rows.map(|row| PATH.iter().map_while(|name| row.get(name)).collect())
        .collect()
}

/// The units whose nodes read a dossier now: those of its registration, and of the offices it was forwarded to in causal
/// order. Of what was forwarded concurrently to more units than a scope holds the last ones are left out.
#[must_use]
pub fn readers_of(state: &CanonicalState) -> Scope {
    let roles = ["receiving", "competent", "forwarded"];
    let paths = roles.iter().flat_map(|role| offices_of(state, role));
    paths.fold(Scope::default(), |readers, path| {
        let further = path.into_iter().take(2);
        Scope::of(readers.units().iter().copied().chain(further)).unwrap_or(readers)
    })
}
