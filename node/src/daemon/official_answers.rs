//! Answers about officials: every valid appointment and what became of it.

use soxa_ledger::statement::Fact;

use super::answers::Answers;
use super::objections::Names as _;
use crate::control::reports::OfficialReport;

impl Answers<'_> {
    /// All valid appointments, in the order of their ids.
    pub(super) fn officials(&self) -> Vec<OfficialReport> {
        let authority = self.engine.authority();
        let valid = authority.statements().filter(|(_, verdict)| verdict.is_valid());
        valid
            .filter_map(|(statement, _)| {
                let Fact::Appointment(appointment) = &statement.value().fact else {
                    return None;
                };
                let term = &appointment.term;
                let state = if !authority.cuts_on(&statement.id).is_empty() {
                    "ended"
                } else if term.until.is_some_and(|until| until <= self.now) {
                    "expired"
                } else if self.now < term.from {
                    "planned"
                } else {
                    "in_force"
                };
                Some(OfficialReport {
                    id: statement.id.to_string(),
                    person: appointment.person.clone(),
                    record: appointment.record.map(|record| record.to_string()),
                    key: appointment.key.to_string(),
                    role: appointment.role.to_string(),
                    unit_path: appointment.unit_path.iter().map(ToString::to_string).collect(),
                    unit_name: self.name(&appointment.unit()),
                    from_ms: term.from.0,
                    until_ms: term.until.map(|until| until.0),
                    state: state.to_owned(),
                    basis: appointment.basis.clone(),
                })
            })
            .collect()
    }
}
