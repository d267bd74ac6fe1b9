//! Adoptions: work that lost its own authority, given effect by somebody who answers for it.

use crate::ids::{CommitId, StatementId};
use crate::role::Permissions;
use crate::sabotage::{self, Rule};
use crate::statement::{Appointment, Genesis, Issuer, Statement};
use crate::verdict::Verdict;

use super::standing::permissions;
use super::{Act, Authority};

impl Authority {
    /// Rule 20: whether a valid adoption gives an act under this appointment its effect.
    pub(super) fn is_adopted(
        &self,
        genesis: &Genesis,
        act: &Act<'_>,
        statement: &Statement,
        appointment: &Appointment,
    ) -> bool {
        let mut adoptions = act.commits.iter().flat_map(|commit| self.adoptions_of(commit));
        adoptions.any(|id| {
            self.book
                .statement(&id)
                .is_some_and(|adoption| self.may_adopt(genesis, adoption.issuer, act, statement, appointment))
        })
    }

    /// The adoptions of a commit that have effect, in the order of their ids.
    pub fn adoptions_of(&self, commit: &CommitId) -> impl Iterator<Item = StatementId> {
        self.book
            .adoptions_of(commit)
            .filter(|id| self.verdicts.get(id) == Some(&Verdict::Valid))
    }

    fn may_adopt(
        &self,
        genesis: &Genesis,
        issuer: Issuer,
        act: &Act<'_>,
        statement: &Statement,
        appointment: &Appointment,
    ) -> bool {
        let Issuer::Under(by) = issuer else {
            return true;
        };
        if sabotage::is_off(Rule::AdoptersMay) {
            return true;
        }
        let Some(adopter) = self.book.appointment(&by) else {
            return false;
        };
        let permits = |role: &Permissions| act.kinds.iter().all(|kind| role.permits(kind));
        let reaches = |role: &Permissions| role.reach.covers(&adopter.unit_path, &appointment.unit_path);
        permissions(genesis, adopter).is_some_and(|role| {
            permits(role) && (reaches(role) || self.book.chain(statement).steps_to(issuer).is_some())
        })
    }
}
