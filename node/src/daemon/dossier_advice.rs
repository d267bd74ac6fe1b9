//! What stands against acts on dossiers: a moment that is yet to come, or came before what it follows on, and a way to where the dossier
//! lies. Days are compared, since who writes a day means no hour of it.

use soxa_engine::EngineError;
use soxa_ledger::{RecordRef, Time};
use soxa_records::dossier::view::DossierView;
use soxa_records::dossier::{DecisionOperation, DossierForward, DossierOperation};
use soxa_records::value::Field;
use soxa_records::working_days::{at, day_of};

use super::answers::Answers;
use super::objections::{Names as _, with};
use crate::clock::{day, moment};
use crate::control::protocol::Objection;

/// How far a clock may be behind that of who signs: what is later than that is yet to come.
const AHEAD_MS: u64 = 24 * 60 * 60 * 1_000;

/// What an act follows on.
enum After {
    Submission,
    Receiving,
    Asking,
    Decision,
}

impl Answers<'_> {
    /// The objections to the moment of an act on a dossier.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn object_to_moment(
        &self,
        record: &RecordRef,
        act: &DossierOperation,
    ) -> Result<Vec<Objection>, EngineError> {
        use DossierOperation as Op;
        let (time, after) = match act {
            Op::Register(register) => (register.submitted, None),
            Op::Receive(receive) => (receive.received, Some(After::Submission)),
            Op::Refuse(remark) => (remark.at, Some(After::Submission)),
            Op::Transcribe(_) => return Ok(Vec::new()),
            Op::Resume(remark) => (remark.at, Some(After::Asking)),
            Op::Return(back) => (back.at, Some(After::Decision)),
            Op::Process(remark) | Op::Stop(remark) | Op::Withdraw(remark) => {
                (remark.at, Some(After::Receiving))
            }
            Op::Recode(recode) => (recode.at, Some(After::Receiving)),
            Op::Ask(ask) => (ask.at, Some(After::Receiving)),
            Op::Extend(extend) => (extend.at, Some(After::Receiving)),
            Op::Pass(pass) => (pass.at, Some(After::Receiving)),
            Op::Take(take) => (take.at, Some(After::Receiving)),
            Op::Propose(propose) => (propose.at, Some(After::Receiving)),
            Op::Forward(forward) => (forward.at, Some(After::Receiving)),
            Op::Report(report) => (report.at, Some(After::Receiving)),
            Op::Paper(paper) => (paper.at, None),
            Op::Pay(pay) => (pay.at, None),
        };
        self.object_to_time(record, time, after)
    }

    /// A dossier is forwarded to an office where it does not lie yet.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn object_to_forward(
        &self,
        record: &RecordRef,
        forward: &DossierForward,
    ) -> Result<Vec<Objection>, EngineError> {
        let view = self.dossier_of(record)?;
        let to = forward.office.unit;
        let lies = view.is_some_and(|view| view.at_office() == Some(to));
        Ok(match lies {
            true => vec![with("verdicts.warning.lies_there", &[("unit", self.name(&to))])],
            false => Vec::new(),
        })
    }

    fn dossier_of(&self, record: &RecordRef) -> Result<Option<DossierView>, EngineError> {
        let RecordRef::Id(dossier) = record else {
            return Ok(None);
        };
        match self.engine.history(*dossier) {
            Ok(history) => Ok(DossierView::of(history.state())),
            // Judging says it better.
            Err(EngineError::NoRecord(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The objections to the moment of a decision.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn object_to_decided(
        &self,
        record: &RecordRef,
        act: &DecisionOperation,
    ) -> Result<Vec<Objection>, EngineError> {
        match act {
            DecisionOperation::Sign(sign) => self.object_to_time(record, sign.at, Some(After::Receiving)),
            DecisionOperation::Issue(issue) => match at(issue.day, 0) {
                Some(time) => self.object_to_time(record, time, Some(After::Decision)),
                None => Ok(Vec::new()),
            },
            DecisionOperation::Erase(erase) => self.object_to_time(record, erase.at, None),
        }
    }

    fn object_to_time(
        &self,
        record: &RecordRef,
        time: Time,
        after: Option<After>,
    ) -> Result<Vec<Objection>, EngineError> {
        if time.0 > self.now.0.saturating_add(AHEAD_MS) {
            return Ok(vec![with(
                "verdicts.warning.yet_to_come",
                &[("at", moment(time.0))],
            )]);
        }
        let (Some(view), Some(after)) = (self.dossier_of(record)?, after) else {
            return Ok(Vec::new());
        };
        let earliest = |field: &Field<Time>| field.distinct().into_iter().min().copied();
        let last = |acts: &[&str]| {
            let of_kind = view.acts.iter().rev();
            of_kind
                .filter(|act| acts.contains(&act.act.as_str()))
                .find_map(|act| act.at)
        };
        let received = || (earliest(&view.received), "verdicts.warning.before_received");
        let (earlier, key) = match after {
            After::Submission => (earliest(&view.submitted), "verdicts.warning.before_submitted"),
            After::Receiving => received(),
            After::Asking => match last(&["dossier.ask"]) {
                Some(asked) => (Some(asked), "verdicts.warning.before_asked"),
                None => received(),
            },
            After::Decision => match last(&["decision.sign"]) {
                Some(signed) => (Some(signed), "verdicts.warning.before_decided"),
                None => received(),
            },
        };
        let day_in = |time: Time| day_of(time).map(|(day, _)| day);
        let Some(earlier) = earlier.filter(|earlier| day_in(time) < day_in(*earlier)) else {
            return Ok(Vec::new());
        };
        Ok(vec![with(
            key,
            &[("at", day(time.0)), ("earlier", day(earlier.0))],
        )])
    }
}
