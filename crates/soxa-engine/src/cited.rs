//! What records see of one another, and what others see of a verdict.

use std::cell::RefCell;
use std::sync::Arc;

use soxa_ledger::verdict::VoidReason;
use soxa_ledger::{NetworkId, OpId};
use soxa_records::{OpMissing, OpVerdict, OpVoid, Others, Referred, founding_unit};

use crate::error::EngineError;
use crate::judging::Judging;
use crate::refusal::RefusedWhat;
use crate::rows::Judged;

/// Other records' operations, as the index says they were judged.
pub(crate) struct Cited<'j, 'a> {
    judging: &'j Judging<'a>,
    /// The first local fault met; the judging is then worth nothing.
    fault: RefCell<Option<EngineError>>,
}

impl<'j, 'a> Cited<'j, 'a> {
    pub fn new(judging: &'j Judging<'a>) -> Self {
        Self {
            judging,
            fault: RefCell::new(None),
        }
    }

    pub fn has_fault(&self) -> bool {
        self.fault.borrow().is_some()
    }

    pub fn into_fault(self) -> Option<EngineError> {
        self.fault.into_inner()
    }

    fn look_up(&self, op: &OpId) -> Result<Option<Referred>, EngineError> {
        let sources = &self.judging.sources;
        let network = sources.log.network;
        if *op == network.founding_op() {
            return Ok(sources.authority.genesis().map(|genesis| Referred {
                facts: Arc::new(founding_unit(network, genesis)),
                verdict: OpVerdict::Valid,
                severed: false,
            }));
        }
        let Some((row, at)) = self.judging.find(op)? else {
            return Ok(None);
        };
        let facts = self.judging.op_facts(&row, at)?;
        let judged = row.ops.get(at).map_or(Judged::New, |op| op.judged);
        let verdict = match judged {
            Judged::Valid => OpVerdict::Valid,
            Judged::New | Judged::Pending => OpVerdict::Pending(OpMissing::Operation(*op)),
            // Why it is void does not matter to other records, only whether a cut alone made it so.
            Judged::Severed | Judged::Void => OpVerdict::Void(OpVoid::RefVoid(*op)),
        };
        Ok(Some(Referred {
            facts,
            verdict,
            severed: judged == Judged::Severed,
        }))
    }
}

impl Others for Cited<'_, '_> {
    fn network(&self) -> NetworkId {
        self.judging.sources.log.network
    }

    fn referred(&self, op: &OpId) -> Option<Referred> {
        self.look_up(op).unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            None
        })
    }
}

/// What other records need to know of a verdict.
pub(crate) fn judgement(verdict: &OpVerdict, severed: bool) -> Judged {
    match verdict {
        OpVerdict::Valid => Judged::Valid,
        OpVerdict::Pending(_) => Judged::Pending,
        OpVerdict::Void(_) if severed => Judged::Severed,
        OpVerdict::Void(_) => Judged::Void,
    }
}

/// What no honest node lets in: it checks the form and the authority of what it appends.
pub(crate) fn offence_of(verdict: &OpVerdict) -> Option<(RefusedWhat, String)> {
    match verdict {
        OpVerdict::Void(OpVoid::Malformed(what)) => Some((RefusedWhat::Malformed, what.clone())),
        OpVerdict::Void(OpVoid::Authority(
            reason @ (VoidReason::WrongKey
            | VoidReason::NotAnAppointment(_)
            | VoidReason::RoleForbidsOperation(_)
            | VoidReason::AppointmentVoid(_)),
        )) => Some((RefusedWhat::Unauthorised, format!("{reason:?}"))),
        _ => None,
    }
}
