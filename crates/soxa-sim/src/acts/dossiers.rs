//! Dossiers, which few read: taken in at a commune's counter, worked on, forwarded across the boundary, decided and returned.

use soxa_ledger::{OpRef, RecordId, Scope};
use soxa_records::compose::{At, Composer};
use soxa_records::dossier::view::DossierView;
use soxa_records::dossier::{
    Asked, Channel, Component, DecisionIssue, DecisionOperation, DecisionSign, DossierAsk, DossierExtend,
    DossierForward, DossierOperation, DossierPaper, DossierPass, DossierPay, DossierReceive, DossierRegister,
    DossierReturn, DossierStatus, Office, Outcome, PaperForm, Remark,
};
use soxa_records::{Date, History};

use super::records::Draft;
use crate::founding::PROCEDURE;
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// Milliseconds that an office has for a dossier.
const DUE_MS: u64 = 5 * 24 * 60 * 60 * 1_000;
/// Of a hundred dossiers, of how many it is written down who applies.
const APPLICANTS_PERCENT: u32 = 70;
/// Of a hundred dossiers that a centre takes in, how many its commune decides.
const COMMUNE_DECIDES_PERCENT: u32 = 40;

/// A dossier comes, or something is done to one.
pub(super) fn work(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    match sim.dice.below(10) {
        0..4 => receive(sim, node),
        4..6 => forward(sim, node),
        _ => go_on(sim, node),
    }
}

fn office(path: &[RecordId]) -> Option<Office> {
    let (unit, above) = path.split_last()?;
    Some(Office {
        unit: *unit,
        above: above.to_vec(),
    })
}

/// An office of a commune takes a dossier in, at a node that will read it.
fn receive(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let unit = sim.unit_for(node);
    let path = sim.province.unit(unit)?.path.clone();
    // Nobody comes to the province's counter.
    let (Some(commune), Some(procedure)) = (path.get(..2), sim.province.procedure) else {
        return Ok(None);
    };
    let knows = |record: &RecordId| sim.history(node, *record).is_some();
    if !path.iter().chain([&procedure]).all(knows) {
        return Ok(None);
    }
    let competent = if sim.dice.chance(COMMUNE_DECIDES_PERCENT) {
        commune
    } else {
        &path
    };
    let (Some(receiving), Some(competent)) = (office(&path), office(competent)) else {
        return Ok(None);
    };
    let Some(official) = sim.officer(node, unit, Duty::Head) else {
        return Ok(None);
    };
    let now = sim.nodes[node].clock(sim.now);
    let number = sim.dice.below(1_000_000);
    let applicant = sim.dice.chance(APPLICANTS_PERCENT).then(|| sim.new_sealed_file());
    let register = DossierRegister {
        procedure: PROCEDURE.to_owned(),
        receiving,
        competent,
        residence: None,
        province: String::new(),
        channel: Channel::Counter,
        submitted: now,
        components: vec![component("đơn")],
        fee: None,
        applicant: applicant.as_ref().map(|file| file.hash.0),
        assisted_by: String::new(),
    };
    let Some(readers) = register.scope().filter(|readers| sim.reads(node, readers)) else {
        return Ok(None);
    };
    let mut composed = Composer::new();
    let mut at = composed.register_dossier(register, OpRef::Id(procedure.into()));
    composed.on_dossier(
        &mut at,
        DossierOperation::Receive(DossierReceive {
            code: format!("H52-{number}"),
            received: now,
            due: Some(now.plus_ms(DUE_MS)),
        }),
    );
    let draft = Draft::read_by(readers, "receives_dossier", official, composed);
    Ok(draft.map(|draft| draft.with_file(applicant)))
}

fn component(name: &str) -> Component {
    Component {
        name: name.to_owned(),
        form: PaperForm::Original,
        copies: 1,
        original_held_by: String::new(),
    }
}

/// A dossier that the node shows, and the head of an office that deals with it.
struct Case {
    at: At,
    view: DossierView,
    official: Official,
}

impl Case {
    fn any(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Self>, Defect> {
        let Some((_, history)) = sim.any_record(node, "dossier")? else {
            return Ok(None);
        };
        Ok(Self::of(sim, node, &history))
    }

    fn of(sim: &mut Simulation<'_>, node: usize, history: &History) -> Option<Self> {
        let view = DossierView::of(history.state())?;
        let offices = view.competent.iter().chain(&view.forwarded);
        let units: Vec<usize> = offices.filter_map(|unit| sim.province.unit_by_id(unit)).collect();
        let unit = sim.dice.pick(&units).copied()?;
        let official = sim.officer(node, unit, Duty::Head)?;
        Some(Self {
            at: At::of(history)?,
            view,
            official,
        })
    }

    /// One of its statuses.
    fn status(&self, sim: &mut Simulation<'_>) -> Option<DossierStatus> {
        let all: Vec<DossierStatus> = self.view.status.distinct().into_iter().copied().collect();
        sim.dice.pick(&all).copied()
    }

    fn done(mut self, what: &'static str, operation: DossierOperation) -> Option<Draft> {
        let mut composed = Composer::new();
        composed.on_dossier(&mut self.at, operation);
        Draft::read_by(self.view.readers, what, self.official, composed)
    }

    fn decided(mut self, what: &'static str, operation: DecisionOperation) -> Option<Draft> {
        let mut composed = Composer::new();
        composed.decide(&mut self.at, operation);
        Draft::read_by(self.view.readers, what, self.official, composed)
    }
}

/// The next step of a dossier, or one beside the way.
fn go_on(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some(case) = Case::any(sim, node)? else {
        return Ok(None);
    };
    let Some(status) = case.status(sim) else {
        return Ok(None);
    };
    let now = sim.nodes[node].clock(sim.now);
    let remark = Remark {
        at: now,
        note: String::new(),
    };
    if !status.is_end() && sim.dice.chance(30) {
        return Ok(beside_the_way(sim, node, case, status));
    }
    Ok(match status {
        DossierStatus::Received => case.done("works_on_dossier", DossierOperation::Process(remark)),
        DossierStatus::AwaitingPapers | DossierStatus::AwaitingPayment => {
            case.done("works_on_dossier", DossierOperation::Resume(remark))
        }
        DossierStatus::Processing => match sim.dice.below(6) {
            0 => case.done("works_on_dossier", DossierOperation::Stop(remark)),
            1 | 2 => {
                let what = match sim.dice.below(2) {
                    0 => Asked::Papers,
                    _ => Asked::Payment,
                };
                let reason = "thiếu".to_owned();
                let ask = DossierAsk {
                    what,
                    at: now,
                    reason,
                };
                case.done("works_on_dossier", DossierOperation::Ask(ask))
            }
            _ => {
                let sign = DecisionSign {
                    at: now,
                    outcome: Outcome::Granted,
                    title: "Giấy khai sinh".to_owned(),
                    document: None,
                };
                case.decided("decides_on_dossier", DecisionOperation::Sign(sign))
            }
        },
        DossierStatus::Decided => {
            if sim.dice.chance(50) {
                let number = format!("{}/GKS", sim.dice.below(1_000));
                let Ok(day) = Date::new(2025, 11, 4) else {
                    return Ok(None);
                };
                let issue = DecisionIssue { number, day };
                case.decided("decides_on_dossier", DecisionOperation::Issue(issue))
            } else {
                let back = DossierReturn {
                    at: now,
                    channel: Channel::Counter,
                    note: String::new(),
                };
                case.done("works_on_dossier", DossierOperation::Return(back))
            }
        }
        _ => None,
    })
}

/// What is done to an open dossier whatever comes next.
fn beside_the_way(sim: &mut Simulation<'_>, node: usize, case: Case, status: DossierStatus) -> Option<Draft> {
    let now = sim.nodes[node].clock(sim.now);
    let number = sim.dice.below(1_000);
    let mut scan = None;
    let operation = match sim.dice.below(4) {
        0 => DossierOperation::Pass(DossierPass {
            at: now,
            to: format!("bàn {number}"),
            note: String::new(),
        }),
        1 => DossierOperation::Pay(DossierPay {
            at: now,
            amount: 8_000,
            channel: Channel::Counter,
            receipt: format!("BL {number}"),
        }),
        2 if status != DossierStatus::Decided => DossierOperation::Extend(DossierExtend {
            at: now,
            due: now.plus_ms(DUE_MS),
            reason: "phức tạp".to_owned(),
        }),
        _ => {
            let file = scan.insert(sim.new_sealed_file());
            DossierOperation::Paper(DossierPaper {
                number: None,
                component: component(&format!("giấy {number}")),
                scan: Some(file.hash.0),
                at: now,
            })
        }
    };
    Some(case.done("works_on_dossier", operation)?.with_file(scan))
}

/// Another commune's office deals with a dossier from now on: its nodes read all of it.
fn forward(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some(mut case) = Case::any(sim, node)? else {
        return Ok(None);
    };
    if case.status(sim).is_none_or(DossierStatus::is_end) {
        return Ok(None);
    }
    let Some((office, readers)) = further(sim, node, &case.view.readers) else {
        return Ok(None);
    };
    let forward = DossierForward {
        at: sim.nodes[node].clock(sim.now),
        office,
        reason: "người dân cư trú nơi khác".to_owned(),
    };
    case.view.readers = readers;
    Ok(case.done("forwards_dossier", DossierOperation::Forward(forward)))
}

/// A commune that does not read what these do, and all readers with it.
fn further(sim: &mut Simulation<'_>, node: usize, readers: &Scope) -> Option<(Office, Scope)> {
    let others = sim.province.units.iter();
    let others = others.filter(|unit| unit.path.len() == 2 && !readers.admits(&unit.id));
    let others: Vec<Vec<RecordId>> = others.map(|unit| unit.path.clone()).collect();
    let path = sim.dice.pick(&others)?;
    let office = office(path).filter(|office| sim.history(node, office.unit).is_some())?;
    let all = Scope::of(readers.units().iter().chain(path).copied())?;
    Some((office, all))
}

/// Something is signed for readers to whom nobody forwarded the dossier.
pub(super) fn for_others(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some(mut case) = Case::any(sim, node)? else {
        return Ok(None);
    };
    let Some((_, readers)) = further(sim, node, &case.view.readers) else {
        return Ok(None);
    };
    case.view.readers = readers;
    let pay = DossierPay {
        at: sim.nodes[node].clock(sim.now),
        amount: 1_000,
        channel: Channel::Counter,
        receipt: String::new(),
    };
    Ok(case.done("signs_for_others", DossierOperation::Pay(pay)))
}
