//! Whether a statement or an act stands: form, role, issuer, and the positions that carry it.

use crate::ids::StatementId;
use crate::limits::APPOINTMENT_DEPTH_MAX;
use crate::role::{Permissions, StatementKind};
use crate::sabotage::{self, Rule};
use crate::statement::{Appointment, Fact, Genesis, Issuer, Statement};
use crate::verdict::{Missing, Position, Verdict, VoidReason};

use super::book::{Chain, ChainEnd, Container, Said};
use super::cuts::Cuttable;
use super::invites::as_invited;
use super::{Act, Authority};

pub(super) fn require(holds: bool, otherwise: VoidReason) -> Verdict {
    if holds {
        Verdict::Valid
    } else {
        Verdict::Void(otherwise)
    }
}

/// The best of several ways; pending on `missing` when there is none.
pub(super) fn best(ways: impl Iterator<Item = Verdict>, missing: Missing) -> Verdict {
    ways.reduce(Verdict::or).unwrap_or(Verdict::Pending(missing))
}

pub(super) fn permissions<'a>(genesis: &'a Genesis, appointment: &Appointment) -> Option<&'a Permissions> {
    genesis.roles.get(&appointment.role)
}

impl Authority {
    /// Rules 3 to 12: the verdict on a statement, given those on all that it depends on.
    pub(super) fn standing(&self, genesis: &Genesis, said: &Said) -> Verdict {
        let Some(statement) = said.content() else {
            return Verdict::Pending(Missing::Genesis);
        };
        match &statement.fact {
            Fact::Genesis(_) => return Verdict::Valid,
            Fact::Unknown { kind } => return Verdict::Pending(Missing::Program(kind.clone())),
            _ => {}
        }
        let chain = self.book.chain(statement);
        if matches!(statement.fact, Fact::Appointment(_)) && chain.links.len() >= APPOINTMENT_DEPTH_MAX {
            return Verdict::Void(VoidReason::TooDeep);
        }
        let said_by_right = match statement.issuer {
            Issuer::Root => match &statement.fact {
                Fact::Roots(change) => self.root_change(said, statement.id, change),
                _ => self.by_root(said),
            },
            Issuer::Under(issuer) => match self.book.statement(&issuer) {
                None => Verdict::Pending(Missing::Statement(issuer)),
                Some(found) => match &found.fact {
                    Fact::Appointment(appointment) => {
                        self.standing_under(genesis, issuer, appointment, statement, said)
                    }
                    Fact::Invite(invite) if matches!(statement.fact, Fact::Admission(_)) => self
                        .standing_invited(issuer, invite, statement, said)
                        .and(self.rests_on(issuer)),
                    _ => Verdict::Void(VoidReason::NotAnAppointment(issuer)),
                },
            },
        };
        said_by_right.and(self.target_of(statement))
    }

    fn standing_under(
        &self,
        genesis: &Genesis,
        issuer: StatementId,
        appointment: &Appointment,
        statement: &Statement,
        said: &Said,
    ) -> Verdict {
        let in_container = |container: &Container| {
            require(
                container.statement.signers == [appointment.key],
                VoidReason::WrongKey,
            )
            .and(best(
                container
                    .at
                    .iter()
                    .map(|at| self.in_force(issuer, appointment, at)),
                Missing::Entry,
            ))
        };
        require(
            may_say(genesis, appointment, statement),
            VoidReason::RoleForbidsStatement,
        )
        .and(self.rests_on(issuer))
        .and(best(said.containers.values().map(in_container), Missing::Entry))
    }

    /// Rule 7: what the verdict on an appointment or invite means for what is done under it.
    fn rests_on(&self, appointment: StatementId) -> Verdict {
        match self.verdicts.get(&appointment) {
            Some(Verdict::Valid) => Verdict::Valid,
            Some(Verdict::Pending(missing)) => Verdict::Pending(missing.clone()),
            Some(Verdict::Void(_)) if sabotage::is_off(Rule::VoidParentsVoid) => Verdict::Valid,
            Some(Verdict::Void(_)) => Verdict::Void(VoidReason::AppointmentVoid(appointment)),
            None => Verdict::Pending(Missing::Statement(appointment)),
        }
    }

    /// Rule 9: whether an appointment is in force at a position.
    fn in_force(&self, id: StatementId, appointment: &Appointment, at: &Position) -> Verdict {
        let in_term = appointment.term.covers(at.time) || sabotage::is_off(Rule::TermsEnd);
        require(in_term, VoidReason::OutsideTerm).and(self.uncut(Cuttable::Statement(id), at))
    }

    pub(super) fn uncut(&self, target: Cuttable, at: &Position) -> Verdict {
        match self.excluding_cut(target, at) {
            Some(cut) => Verdict::Void(VoidReason::Cut(cut)),
            None => Verdict::Valid,
        }
    }

    /// Rule 12: what a cut cuts must be known, cuttable, and below its issuer.
    fn target_of(&self, statement: &Statement) -> Verdict {
        let Fact::Cut(cut) = &statement.fact else {
            return Verdict::Valid;
        };
        let Some(target) = self.book.statement(&cut.target) else {
            return Verdict::Pending(Missing::Statement(cut.target));
        };
        if !matches!(
            target.fact,
            Fact::Appointment(_) | Fact::Admission(_) | Fact::Invite(_)
        ) {
            return Verdict::Void(VoidReason::NotAnAppointment(cut.target));
        }
        let chain: Chain = self.book.chain(target);
        match (chain.steps_to(statement.issuer), chain.end) {
            (Some(_), _) => Verdict::Valid,
            (None, ChainEnd::Unknown(id)) => Verdict::Pending(Missing::Statement(id)),
            (None, _) => Verdict::Void(VoidReason::NotAbove),
        }
    }

    /// Rules 18 to 20: the verdict on an act.
    pub(super) fn act(&self, genesis: &Genesis, act: &Act<'_>, positions: &[Position]) -> Verdict {
        let mut at = positions.to_vec();
        at.retain(|at| self.counts(at));
        if let (true, Some(first)) = (at.is_empty(), positions.iter().min()) {
            return Verdict::Pending(Missing::Forked(first.feed));
        }
        let id = act.appointment;
        let Some(statement) = self.book.statement(&id) else {
            return Verdict::Pending(Missing::Statement(id));
        };
        let Fact::Appointment(appointment) = &statement.fact else {
            return Verdict::Void(VoidReason::NotAnAppointment(id));
        };
        let role = permissions(genesis, appointment);
        let forbidden = act
            .kinds
            .iter()
            .find(|kind| !role.is_some_and(|role| role.permits(kind)));
        let permitted = match forbidden {
            Some(kind) if !sabotage::is_off(Rule::RolesForbid) => {
                Verdict::Void(VoidReason::RoleForbidsOperation((*kind).clone()))
            }
            _ => Verdict::Valid,
        };
        let stands_at = |at: &Position| {
            self.in_force(id, appointment, at)
                .and(self.admitted_at(&self.ways_of(genesis, &at.node), at))
        };
        let own = require(appointment.key == act.key, VoidReason::WrongKey)
            .and(permitted)
            .and(self.rests_on(id))
            .and(best(at.iter().map(stands_at), Missing::Entry));
        let adoptable = !own.is_valid() && !at.is_empty() && appointment.key == act.key;
        if adoptable && self.is_adopted(genesis, act, statement, appointment) {
            return Verdict::Valid;
        }
        own
    }
}

impl Authority {
    /// Whether a statement would stand if nothing had ever been cut and no term had an end: by signatures, roles and
    /// reach alone, up to the root. It only ever becomes true as statements come in.
    pub(super) fn is_in_form(&self, genesis: &Genesis, id: StatementId) -> bool {
        let mut at = id;
        // One more for an invite.
        for _ in 0..=APPOINTMENT_DEPTH_MAX + 1 {
            let Some(said) = self.book.get(&at) else {
                return false;
            };
            let Some(statement) = said.content() else {
                return false;
            };
            let mut containers = said.containers.values();
            match statement.issuer {
                Issuer::Root => {
                    return containers.any(|container| self.signed_by_root(&container.statement.signers));
                }
                Issuer::Under(issuer) => {
                    let by_right = match self.book.statement(&issuer).map(|s| &s.fact) {
                        Some(Fact::Appointment(appointment)) => {
                            may_say(genesis, appointment, statement)
                                && containers.any(|c| c.statement.signers == [appointment.key])
                        }
                        Some(Fact::Invite(invite)) => {
                            as_invited(invite, statement)
                                && containers.any(|c| {
                                    c.statement.signers == [invite.key]
                                        && c.at.iter().any(|at| at.node == invite.node)
                                })
                        }
                        _ => false,
                    };
                    if !by_right {
                        return false;
                    }
                    at = issuer;
                }
            }
        }
        false
    }
}

/// Rule 8: whether the role of an appointment allows a statement.
fn may_say(genesis: &Genesis, issuer: &Appointment, statement: &Statement) -> bool {
    let Some(role) = permissions(genesis, issuer) else {
        return false;
    };
    let Some(kind) = statement.kind() else {
        return false;
    };
    let reaches = |unit_path: &[_]| role.reach.covers(&issuer.unit_path, unit_path);
    role.statements.contains(&kind)
        && match (kind, &statement.fact) {
            (StatementKind::Appointment, Fact::Appointment(a)) => {
                role.appoints.contains(&a.role) && reaches(&a.unit_path)
            }
            (StatementKind::Admission, Fact::Admission(a)) => reaches(&a.unit_path),
            (StatementKind::Admission, Fact::Invite(i)) => reaches(&i.unit_path),
            _ => true,
        }
}
