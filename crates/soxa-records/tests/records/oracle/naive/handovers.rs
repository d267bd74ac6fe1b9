//! When each act of a handover is legal.

use std::collections::BTreeSet;

use soxa_ledger::ids::{OpId, PublicKey, RecordId};
use soxa_ledger::minutes::Party;
use soxa_ledger::verdict::{Missing, Verdict};
use soxa_records::handover::minutes::minutes_payload;
use soxa_records::handover::{HandoverDraft, HandoverOperation, HandoverStage};
use soxa_records::{Illegality, OpMissing, OpVoid, TypedOperation};

use super::{CAST, Judged, Naive, Op, Past, Stop, World, illegal, uncut};

impl Naive<'_> {
    pub(super) fn handover(
        &self,
        op: &Op<'_>,
        what: &HandoverOperation,
        past: &Past,
        world: World,
    ) -> Judged<()> {
        let actor = self.path(op.made).last().copied().unwrap();
        if let HandoverOperation::Draft(draft) = what {
            of_party(actor, Party::Giver, draft.giver.unit)?;
            for ((number, line), cited) in draft.subjects().zip(&op.refs) {
                let (id, link) = self.link(*cited).unwrap();
                if id != line.prev || link.depth + 1 != line.depth || link.to != draft.giver.unit {
                    return illegal(Illegality::LineNotGivers { line: number });
                }
            }
            return Ok(());
        }
        let draft = self.draft(op.record);
        let (giver, receiver) = (
            (Party::Giver, draft.giver.unit),
            (Party::Receiver, draft.receiver.unit),
        );
        let witness = draft.witness.as_ref().map(|party| (Party::Witness, party.unit));
        let everybody: Vec<_> = [giver, receiver].into_iter().chain(witness).collect();
        use HandoverStage::{Accepted, Counted, Draft, Offered, Returned, Withdrawn};
        let found = self.stage(past);
        let at_stage = |allowed: &[HandoverStage]| match allowed.contains(&found) {
            true => Ok(()),
            false => illegal(Illegality::HandoverStage { found }),
        };
        match what {
            HandoverOperation::Draft(_) | HandoverOperation::Count(_) => panic!("no history has {what:?}"),
            HandoverOperation::Offer(offer) => {
                of_party(actor, giver.0, giver.1)?;
                at_stage(&[Draft])?;
                self.signed(op, offer.minutes, &[giver], world)?;
                by_author(op, offer.minutes, Party::Giver)
            }
            HandoverOperation::Accept(accept) => {
                of_party(actor, receiver.0, receiver.1)?;
                at_stage(&[Offered, Counted])?;
                self.signed(op, accept.minutes, &[giver, receiver], world)?;
                by_author(op, accept.minutes, Party::Receiver)
            }
            HandoverOperation::Refuse(_) => {
                of_party(actor, receiver.0, receiver.1)?;
                at_stage(&[Offered, Counted])
            }
            HandoverOperation::Withdraw(_) => {
                of_party(actor, giver.0, giver.1)?;
                at_stage(&[Draft, Offered, Counted])
            }
            HandoverOperation::Witness(signing) => {
                let Some(witness) = witness else {
                    return illegal(Illegality::NoWitness);
                };
                of_party(actor, witness.0, witness.1)?;
                at_stage(&[Accepted])?;
                self.signed(op, signing.minutes, &everybody, world)?;
                by_author(op, signing.minutes, Party::Witness)
            }
            HandoverOperation::Effect(effect) => {
                if everybody.iter().all(|(_, unit)| *unit != actor) {
                    return illegal(Illegality::NoParty);
                }
                if matches!(found, Returned | Withdrawn) {
                    return illegal(Illegality::HandoverStage { found });
                }
                self.signed(op, effect.minutes, &everybody, world)?;
                let refused = refused(op, effect.minutes);
                let moved: Vec<u32> = effect.lines.iter().map(|line| line.line).collect();
                let accepted = draft.numbered().map(|(number, _)| number);
                if moved
                    == accepted
                        .filter(|number| !refused.contains(number))
                        .collect::<Vec<_>>()
                {
                    Ok(())
                } else {
                    illegal(Illegality::EffectMismatch)
                }
            }
        }
    }

    fn draft(&self, handover: RecordId) -> &HandoverDraft {
        match &self.ops[&OpId::from(handover)].what {
            TypedOperation::Handover(HandoverOperation::Draft(draft)) => draft,
            other => panic!("{other:?} drafts nothing"),
        }
    }

    fn stage(&self, past: &Past) -> HandoverStage {
        let did = |act: &str| past.iter().any(|op| self.act_of(*op) == Some(act));
        let stages = [
            ("effect", HandoverStage::Effective),
            ("withdraw", HandoverStage::Withdrawn),
            ("refuse", HandoverStage::Returned),
            ("accept", HandoverStage::Accepted),
            ("offer", HandoverStage::Offered),
        ];
        let reached = stages.into_iter().find(|(act, _)| did(act));
        reached.map_or(HandoverStage::Draft, |(_, stage)| stage)
    }

    pub(super) fn act_of(&self, op: OpId) -> Option<&'static str> {
        let TypedOperation::Handover(what) = &self.ops[&op].what else {
            return None;
        };
        Some(match what {
            HandoverOperation::Draft(_) => return None,
            HandoverOperation::Offer(_) => "offer",
            HandoverOperation::Count(_) => "count",
            HandoverOperation::Accept(_) => "accept",
            HandoverOperation::Refuse(_) => "refuse",
            HandoverOperation::Withdraw(_) => "withdraw",
            HandoverOperation::Witness(_) => "witness",
            HandoverOperation::Effect(_) => "effect",
        })
    }

    /// Whether minutes hold: of this draft, signed by exactly these parties, each of its unit and in force.
    fn signed(&self, op: &Op<'_>, index: u32, parties: &[(Party, RecordId)], world: World) -> Judged<()> {
        let minutes = &op.made.commit.minutes[index as usize];
        if minutes.payload() != minutes_payload(CAST.province.network, op.record, self.draft(op.record)) {
            return illegal(Illegality::OtherMinutes);
        }
        let mut signed: Vec<Party> = minutes.signers().iter().map(|signer| signer.party).collect();
        signed.sort_unstable();
        let mut needed: Vec<Party> = parties.iter().map(|(party, _)| *party).collect();
        needed.sort_unstable();
        if signed != needed {
            return illegal(Illegality::Signatures { needed });
        }
        let mut missing: BTreeSet<Missing> = BTreeSet::new();
        for (party, unit) in parties {
            let signer = minutes
                .signers()
                .iter()
                .find(|signer| signer.party == *party)
                .unwrap();
            match uncut(
                world,
                self.signature(signer, op.made.signature(index as usize, signer)),
            ) {
                Verdict::Void(why) => return Err(Stop::Void(OpVoid::Signer(*party, why))),
                Verdict::Pending(what) => {
                    missing.insert(what);
                }
                Verdict::Valid => {
                    let path = &self.appointments[&signer.appointment].unit_path;
                    if path.last() != Some(unit) {
                        let (party, unit) = (*party, *unit);
                        return illegal(Illegality::SignerUnit { party, unit });
                    }
                }
            }
        }
        match missing.pop_first() {
            Some(what) => Err(Stop::Pending(OpMissing::Authority(what))),
            None => Ok(()),
        }
    }
}

fn of_party(actor: RecordId, party: Party, unit: RecordId) -> Judged<()> {
    if actor == unit {
        Ok(())
    } else {
        illegal(Illegality::NotParty { party, unit })
    }
}

fn by_author(op: &Op<'_>, index: u32, party: Party) -> Judged<()> {
    let author: PublicKey = op.made.commit.author;
    let signers = op.made.commit.minutes[index as usize].signers();
    if signers
        .iter()
        .any(|signer| signer.party == party && signer.key == author)
    {
        Ok(())
    } else {
        illegal(Illegality::SignerNotAuthor(party))
    }
}

fn refused(op: &Op<'_>, index: u32) -> Vec<u32> {
    let signers = op.made.commit.minutes[index as usize].signers();
    signers
        .iter()
        .flat_map(|signer| signer.refused.iter().map(|line| line.line))
        .collect()
}
