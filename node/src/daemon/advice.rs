//! What is better not signed although the ledger would let it stand: uniqueness across records. It is refused here, at
//! signing, and never a verdict; what two officials do at once without knowing shows as a conflict afterwards.

use soxa_engine::EngineError;
use soxa_ledger::{Commit, OpId, OpRef, RecordId, RecordRef};
use soxa_records::asset::AssetOperation;
use soxa_records::asset::state::AssetState;
use soxa_records::dossier::DossierOperation;
use soxa_records::handover::view::HandoverView;
use soxa_records::handover::{HandoverDraft, HandoverOperation, HandoverStage};
use soxa_records::inventory::InventoryOperation;
use soxa_records::person::PersonOperation;
use soxa_records::roster::view::RosterView;
use soxa_records::roster::{Assign, AssignmentKind, RosterOperation};
use soxa_records::working_days::day_of;
use soxa_records::{CustodyView, Date, TypedOperation, decode};

use super::answers::Answers;
use super::asset_advice::Classes;
use super::objections::{Names as _, warn, with};
use super::spanning::has_left;
use crate::clock::moment;
use crate::control::protocol::{Objection, Refusal};

impl Answers<'_> {
    /// The objections to a commit that come from other records.
    ///
    /// # Errors
    /// A local fault.
    pub fn advice(&self, commit: &Commit) -> Result<Vec<Objection>, Refusal> {
        self.object_to(commit).map_err(|error| Refusal::Failed {
            what: error.to_string(),
        })
    }

    fn object_to(&self, commit: &Commit) -> Result<Vec<Objection>, EngineError> {
        let mut objections = self.object_to_staffing(commit)?;
        let mut classes = Classes::default();
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let Ok(typed) = decode(&operation.kind, operation.version, &operation.body) else {
                continue;
            };
            match &typed {
                TypedOperation::Dossier(act) => {
                    objections.extend(of(index, self.object_to_moment(&operation.record, act)?));
                }
                TypedOperation::Decision(act) => {
                    objections.extend(of(index, self.object_to_decided(&operation.record, act)?));
                }
                _ => {}
            }
            let found = match typed {
                TypedOperation::Handover(HandoverOperation::Draft(draft)) => {
                    let mut found = self.object_to_lines(None, &draft)?;
                    found.extend(self.object_to_moving(&draft, &operation.refs)?);
                    found
                }
                TypedOperation::Inventory(InventoryOperation::Open(open)) => {
                    self.object_to_books(&open.lines, &operation.refs)?
                }
                TypedOperation::Inventory(InventoryOperation::Book(book)) => {
                    self.object_to_books(&book.lines, &operation.refs)?
                }
                TypedOperation::Inventory(InventoryOperation::Settle(settle)) => {
                    self.object_to_settling(&operation.record, &settle)?
                }
                TypedOperation::Handover(HandoverOperation::Offer(_) | HandoverOperation::Effect(_)) => {
                    match operation.record {
                        RecordRef::Id(handover) => self.object_to_offer(handover)?,
                        RecordRef::New | RecordRef::Here(_) => Vec::new(),
                    }
                }
                TypedOperation::Roster(RosterOperation::Assign(assign)) => {
                    self.object_to_post(&operation.record, &assign)?
                }
                TypedOperation::Roster(RosterOperation::Create(create)) => {
                    self.object_to_roster_of(create.unit)?
                }
                TypedOperation::Person(PersonOperation::Depart(depart)) => {
                    self.object_to_departure(&operation.record, depart.last_day)?
                }
                TypedOperation::Person(PersonOperation::Second(second)) => {
                    let mut found = self.object_to_length(&second)?;
                    found.extend(self.object_to_term(second.until));
                    found
                }
                TypedOperation::Dossier(DossierOperation::Receive(receive)) => {
                    self.object_to_new_code(commit, &operation.record, &receive.code, receive.received)?
                }
                TypedOperation::Dossier(DossierOperation::Forward(forward)) => {
                    self.object_to_forward(&operation.record, &forward)?
                }
                TypedOperation::Dossier(DossierOperation::Transcribe(said)) => {
                    self.object_to_code(commit, &operation.record, &said.code, said.received)?
                }
                TypedOperation::Dossier(DossierOperation::Recode(recode)) => {
                    self.object_to_new_code(commit, &operation.record, &recode.code, recode.at)?
                }
                TypedOperation::Asset(AssetOperation::Classify(class)) => {
                    self.object_to_class(&mut classes, &class)?.into_iter().collect()
                }
                TypedOperation::Asset(AssetOperation::Register(register)) => match &register.class {
                    Some(class) => self.object_to_class(&mut classes, class)?.into_iter().collect(),
                    None => Vec::new(),
                },
                TypedOperation::Dossier(DossierOperation::Extend(extend)) if extend.due <= extend.at => {
                    let values = [("due", moment(extend.due.0)), ("at", moment(extend.at.0))];
                    vec![with("verdicts.warning.due_before", &values)]
                }
                _ => Vec::new(),
            };
            objections.extend(of(index, found));
        }
        Ok(objections)
    }

    /// A handover is looked at when its giver signs, with an offer or with all others at one machine.
    fn object_to_offer(&self, handover: RecordId) -> Result<Vec<Objection>, EngineError> {
        let history = self.engine.history(handover)?;
        let drafted =
            HandoverView::of(history.state()).is_some_and(|view| view.stage == HandoverStage::Draft);
        match history.typed(&handover.into()) {
            Some(TypedOperation::Handover(HandoverOperation::Draft(draft))) if drafted => {
                self.object_to_lines(Some(handover), draft)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A line's subject must still stand where the line takes it to be, and in no other open handover.
    fn object_to_lines(
        &self,
        own: Option<RecordId>,
        draft: &HandoverDraft,
    ) -> Result<Vec<Objection>, EngineError> {
        let over = draft.expires.filter(|expires| *expires <= self.now);
        let over =
            over.map(|expires| with("verdicts.warning.expires_past", &[("expires", moment(expires.0))]));
        let mut objections: Vec<Objection> = over.into_iter().collect();
        for line in &draft.lines {
            let Some(moving) = line.of.subject() else {
                continue;
            };
            let subject = || vec![("subject", line.name.clone())];
            let history = match self.engine.history(moving.record) {
                Ok(history) => history,
                // Judging says it better: the line cites what is not known.
                Err(EngineError::NoRecord(_)) => continue,
                Err(fault) => return Err(fault),
            };
            if AssetState::of(history.state())
                .iter()
                .any(|state| state.is_gone())
            {
                objections.push(with("verdicts.warning.asset_gone", &subject()));
                continue;
            }
            let custody = CustodyView::of(history.state());
            let Some(current) = custody.current_link() else {
                objections.push(with("verdicts.warning.contested", &subject()));
                continue;
            };
            if current.link != moving.prev {
                objections.push(with("verdicts.warning.moved_on", &subject()));
                continue;
            }
            let mut link_ops = current.ops.clone();
            if current.handover.is_none() {
                link_ops.push(moving.record.into());
            }
            if let Some(other) = self.open_handover(own, moving.record, &link_ops)? {
                let mut values = subject();
                values.push(("handover", other.short()));
                objections.push(with("verdicts.warning.already_offered", &values));
            }
        }
        Ok(objections)
    }

    fn open_handover(
        &self,
        own: Option<RecordId>,
        subject: RecordId,
        link_ops: &[OpId],
    ) -> Result<Option<RecordId>, EngineError> {
        for op in link_ops {
            for record in self.engine.citing(op)? {
                if Some(record) == own {
                    continue;
                }
                let history = self.engine.history(record)?;
                let Some(view) = HandoverView::of(history.state()) else {
                    continue;
                };
                if view.is_open() && view.taken().any(|taken| taken == subject) {
                    return Ok(Some(record));
                }
            }
        }
        Ok(None)
    }

    /// Whether somebody holds a post of a roster already in the way in which it is to be given.
    fn holds_so(&self, roster: &RecordRef, assign: &Assign, person: RecordId) -> Result<bool, EngineError> {
        let RecordRef::Id(roster) = roster else {
            return Ok(false);
        };
        let history = match self.engine.history(*roster) {
            Ok(history) => history,
            Err(EngineError::NoRecord(_)) => return Ok(false),
            Err(fault) => return Err(fault),
        };
        let same = |view: RosterView| {
            view.current().any(|(term, post)| {
                term.person == person && term.kind == assign.kind && OpRef::Id(post.id) == assign.post
            })
        };
        Ok(RosterView::of(history.state()).is_some_and(same))
    }

    /// A person has one regular post.
    fn object_to_post(&self, roster: &RecordRef, assign: &Assign) -> Result<Vec<Objection>, EngineError> {
        let RecordRef::Id(person) = assign.person else {
            return Ok(Vec::new());
        };
        let history = match self.engine.history(person) {
            Ok(history) => history,
            Err(EngineError::NoRecord(_)) => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        };
        let mut objections = Vec::new();
        if has_left(&history, assign.from) {
            let values = [("person", self.name(&person))];
            objections.push(with("verdicts.warning.has_left", &values));
        }
        objections.extend(assign.until.and_then(|until| self.object_to_term(until)));
        if assign.kind != AssignmentKind::Regular {
            if self.holds_so(roster, assign, person)? {
                let values = [("person", self.name(&person))];
                objections.push(with("verdicts.warning.has_post", &values));
            }
            return Ok(objections);
        }
        let custody = CustodyView::of(history.state());
        let current: Vec<OpId> = custody
            .current_link()
            .map(|link| link.ops.clone())
            .unwrap_or_default();
        for op in current.iter().copied().chain([person.into()]) {
            for roster in self.engine.citing(&op)? {
                let history = self.engine.history(roster)?;
                let Some(view) = RosterView::of(history.state()) else {
                    continue;
                };
                let holds = view.current().any(|(term, post)| {
                    term.person == person
                        && term.kind == AssignmentKind::Regular
                        && OpRef::Id(post.id) != assign.post
                        // A post in a unit that the person has left does not count: the transfer ended it.
                        && custody.custodian.is_none_or(|unit| view.unit.values.iter().any(|u| u.value == unit))
                });
                if holds {
                    let unit = view.unit.one().map(|unit| self.name(unit)).unwrap_or_default();
                    let values = [("person", self.name(&person)), ("unit", unit)];
                    objections.push(with("verdicts.warning.has_regular_post", &values));
                    return Ok(objections);
                }
            }
        }
        Ok(objections)
    }

    /// A term that is over gives nobody anything to do any more: it may be recorded, and is warned of.
    fn object_to_term(&self, until: Date) -> Option<Objection> {
        let (today, _) = day_of(self.now)?;
        let values = [("until", until.to_string())];
        (until < today).then(|| warn("verdicts.warning.term_over", &values))
    }
}

/// Objections to an operation of a commit.
fn of(index: u32, found: Vec<Objection>) -> impl Iterator<Item = Objection> {
    found.into_iter().map(move |one| Objection {
        operation: Some(index),
        ..one
    })
}
