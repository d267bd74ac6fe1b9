//! What every rule is given: one operation, the state of its causal past, and the operations it cites.

use soxa_ledger::ids::{NetworkId, RecordId};
use soxa_ledger::minutes::Party;
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};

use crate::custody::Link;
use crate::facts::{Actor, MinutesFacts, OpFacts};
use crate::history::Referred;
use crate::state::CanonicalState;
use crate::typed::TypedOperation;
use crate::verdict::{Illegality, OpMissing, OpVoid, RefNeed};

/// Why an operation gets no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    Pending(OpMissing),
    Void(OpVoid),
}

impl From<Illegality> for Stop {
    fn from(illegality: Illegality) -> Self {
        Self::Void(OpVoid::Illegal(illegality))
    }
}

/// The world in which operations are judged. `Uncut` asks what would be if nothing had been cut: an operation that
/// is void in fact and valid there is *severed*, void for no other reason than a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    Actual,
    Uncut,
}

impl World {
    pub(crate) fn authority(self, verdict: &Verdict) -> Verdict {
        match (self, verdict) {
            (Self::Uncut, Verdict::Void(VoidReason::Cut(_))) => Verdict::Valid,
            _ => verdict.clone(),
        }
    }
}

/// One operation before its judge.
pub(crate) struct Scene<'a> {
    pub network: NetworkId,
    pub world: World,
    pub facts: &'a OpFacts,
    pub actor: &'a Actor,
    /// The cited operations, in order; none of them pending, and void only where that will do.
    pub refs: &'a [Referred],
    /// The operation that created the record; none when this one does.
    pub creation: Option<&'a TypedOperation>,
    /// The state that the operation's own valid causal past gives.
    pub past: &'a CanonicalState,
    /// Severed custody links in the whole causal past.
    pub severed: &'a [Link],
}

impl Scene<'_> {
    /// Exactly `count` operations must be cited; the number is part of the operation's form.
    pub(crate) fn expect_refs(&self, count: usize) -> Result<(), Stop> {
        if self.refs.len() == count {
            Ok(())
        } else {
            let what = format!(
                "{} cites {} operations instead of {count}",
                self.facts.kind,
                self.refs.len()
            );
            Err(Stop::Void(OpVoid::Malformed(what)))
        }
    }

    /// The cited operation at `index`, decoded.
    pub(crate) fn cited(&self, index: usize, needed: RefNeed) -> Result<(&Referred, TypedOperation), Stop> {
        let wrong = || {
            Stop::from(Illegality::WrongRef {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                needed,
            })
        };
        let referred = self.refs.get(index).ok_or_else(wrong)?;
        let operation = referred.operation().ok_or_else(wrong)?;
        Ok((referred, operation))
    }

    /// The path (with the unit itself) of the unit whose registration is cited first.
    pub(crate) fn cited_unit(&self, unit: RecordId) -> Result<Vec<RecordId>, Stop> {
        self.cited_unit_at(0, unit)
    }

    /// The path (with the unit itself) of the unit whose registration is cited at `index`.
    pub(crate) fn cited_unit_at(&self, index: usize, unit: RecordId) -> Result<Vec<RecordId>, Stop> {
        let path = self.registered_path(index)?;
        if path.last() == Some(&unit) {
            Ok(path)
        } else {
            Err(Self::no_unit(index))
        }
    }

    /// The path (with the unit itself) of whatever unit's registration is cited at `index`.
    pub(crate) fn registered_path(&self, index: usize) -> Result<Vec<RecordId>, Stop> {
        let (referred, operation) = self.cited(index, RefNeed::UnitRegister)?;
        match operation {
            TypedOperation::Unit(crate::unit::UnitOperation::Register(register)) => {
                let mut path = register.path;
                path.push(referred.facts.record);
                Ok(path)
            }
            _ => Err(Self::no_unit(index)),
        }
    }

    fn no_unit(index: usize) -> Stop {
        Stop::from(Illegality::WrongRef {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            needed: RefNeed::UnitRegister,
        })
    }

    /// Who acts must be of the unit with this path, or of one above it.
    pub(crate) fn expect_at_or_above(&self, path: &[RecordId]) -> Result<(), Stop> {
        if self.is_at_or_above(path) {
            return Ok(());
        }
        let unit = path.last().copied().unwrap_or(self.facts.record);
        Err(Illegality::NotAbove {
            unit,
            actor: self.actor.unit(),
        }
        .into())
    }

    /// Whether who acts is of the unit with this path, or of one above it.
    pub(crate) fn is_at_or_above(&self, path: &[RecordId]) -> bool {
        path.starts_with(&self.actor.unit_path)
    }

    /// Who acts must be of the province's own unit.
    pub(crate) fn expect_province(&self) -> Result<(), Stop> {
        match self.actor.unit_path.as_slice() {
            [_] => Ok(()),
            _ => Err(Illegality::NotProvince.into()),
        }
    }

    /// Who acts must be of the party's unit.
    pub(crate) fn expect_party(&self, party: Party, unit: RecordId) -> Result<(), Stop> {
        if self.actor.unit() == Some(unit) {
            Ok(())
        } else {
            Err(Illegality::NotParty { party, unit }.into())
        }
    }

    /// The minutes with this index, signed by exactly these parties, each by somebody of the party's unit, each
    /// signature in force.
    pub(crate) fn signed_minutes(
        &self,
        index: u32,
        payload: &[u8],
        parties: &[(Party, RecordId)],
    ) -> Result<&MinutesFacts, Stop> {
        let minutes = self
            .facts
            .minutes
            .get(index as usize)
            .ok_or(Stop::from(Illegality::NoMinutes(index)))?;
        if minutes.minutes.payload() != payload {
            return Err(Illegality::OtherMinutes.into());
        }
        let each_once = parties
            .iter()
            .all(|(party, _)| minutes.signers.iter().filter(|s| s.party == *party).count() == 1);
        if !each_once || minutes.signers.len() != parties.len() {
            let needed = parties.iter().map(|(party, _)| *party).collect();
            return Err(Illegality::Signatures { needed }.into());
        }
        let mut missing: Option<Missing> = None;
        for (party, unit) in parties {
            for signer in minutes.signers.iter().filter(|s| s.party == *party) {
                match self.world.authority(&signer.verdict) {
                    Verdict::Void(reason) => return Err(Stop::Void(OpVoid::Signer(*party, reason))),
                    Verdict::Pending(what) => {
                        missing = Some(missing.map_or(what.clone(), |other| other.min(what)));
                    }
                    Verdict::Valid if signer.unit_path.last() != Some(unit) => {
                        return Err(Illegality::SignerUnit {
                            party: *party,
                            unit: *unit,
                        }
                        .into());
                    }
                    Verdict::Valid => {}
                }
            }
        }
        match missing {
            Some(what) => Err(Stop::Pending(OpMissing::Authority(what))),
            None => Ok(minutes),
        }
    }

    /// The party's signature must be the author's own.
    pub(crate) fn expect_author_signed(&self, minutes: &MinutesFacts, party: Party) -> Result<(), Stop> {
        if minutes
            .signers
            .iter()
            .any(|s| s.party == party && s.key == self.actor.key)
        {
            Ok(())
        } else {
            Err(Illegality::SignerNotAuthor(party).into())
        }
    }
}
