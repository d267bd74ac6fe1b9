//! Admissions under an invite: which of them came first.

use crate::ids::StatementId;
use crate::sabotage::{self, Rule};
use crate::statement::{Fact, Invite, Statement};
use crate::verdict::{Missing, Position, Verdict, VoidReason};

use super::Authority;
use super::book::{Container, Said};
use super::cuts::Cuttable;
use super::standing::{best, require};

/// Whether a statement says what an invite lets its key say.
pub(super) fn as_invited(invite: &Invite, statement: &Statement) -> bool {
    match &statement.fact {
        Fact::Admission(admission) => *admission == invite.admission(admission.node),
        _ => false,
    }
}

impl Authority {
    /// Rule 10: the verdict on an admission under an invite, but for that on the invite.
    pub(super) fn standing_invited(
        &self,
        id: StatementId,
        invite: &Invite,
        statement: &Statement,
        said: &Said,
    ) -> Verdict {
        let in_container = |container: &Container| {
            let taken_in = container.at.iter().filter(|at| at.node == invite.node);
            require(container.statement.signers == [invite.key], VoidReason::WrongKey).and(best(
                taken_in.map(|at| self.invites_at(id, invite, at)),
                Missing::Entry,
            ))
        };
        let by_right = require(as_invited(invite, statement), VoidReason::RoleForbidsStatement)
            .and(best(said.containers.values().map(in_container), Missing::Entry));
        match self.first_use(id, invite) {
            Some(first)
                if by_right.is_valid()
                    && first != statement.id
                    && !sabotage::is_off(Rule::InvitesAdmitOnce) =>
            {
                Verdict::Void(VoidReason::InviteUsed(first))
            }
            _ => by_right,
        }
    }

    fn invites_at(&self, id: StatementId, invite: &Invite, at: &Position) -> Verdict {
        let target = Cuttable::Statement(id);
        require(at.time < invite.expires, VoidReason::OutsideTerm).and(self.uncut(target, at))
    }

    /// The admission that has effect if the invite has: the first that its node took in.
    fn first_use(&self, id: StatementId, invite: &Invite) -> Option<StatementId> {
        let stands = |statement: &StatementId, at: &Position| {
            self.book.get(statement).is_some_and(|said| {
                let signed = |container: &Container| {
                    container.statement.signers == [invite.key] && container.at.contains(at)
                };
                said.content().is_some_and(|content| as_invited(invite, content))
                    && said.containers.values().any(signed)
                    && self.invites_at(id, invite, at).is_valid()
            })
        };
        self.book
            .uses(id, invite)
            .find(|one| stands(&one.admission, &one.at))
            .map(|one| one.admission)
    }
}
