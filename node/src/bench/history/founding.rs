//! The founding of a made-up province: authority and units, as they come to stand in the province's feed.

use soxa_ledger::entry::BodyKind;
use soxa_ledger::statement::{Admission, Appointment, Fact, Issuer, StatementError};
use soxa_ledger::time::Term;
use soxa_ledger::{NetworkId, OpId, OpRef, RecordId, SecretKey, StatementId, Time};
use soxa_records::compose::Composer;
use soxa_records::unit::{UnitKind, UnitRegister};

use super::super::dice::Dice;
use super::{BEGINNING, HistoryError, Official, commit, state};

/// What a founding puts into the province's feed.
pub(super) struct Founding {
    pub(super) network: NetworkId,
    pub(super) root: SecretKey,
    pub(super) bodies: Vec<(BodyKind, Vec<u8>)>,
}

impl Founding {
    fn state(&mut self, fact: &Fact, by: Option<&Official>) -> Result<StatementId, HistoryError> {
        let issuer = by.map_or(Issuer::Root, |official| Issuer::Under(official.appointment));
        let key = by.map_or(&self.root, |official| &official.key);
        let statement = state(self.network, issuer, fact, key)?;
        self.bodies
            .push((BodyKind::Statement, statement.bytes().to_vec()));
        Ok(statement.id)
    }

    pub(super) fn appoint(
        &mut self,
        dice: &mut Dice,
        role: &str,
        path: &[RecordId],
        by: Option<&Official>,
    ) -> Result<Official, HistoryError> {
        let key = SecretKey::from_seed(&dice.bytes());
        let appointment = Appointment {
            key: key.public(),
            person: "Lò Văn Bình".to_owned(),
            record: None,
            unit_path: path.to_vec(),
            role: role
                .parse()
                .map_err(|_| StatementError::Payload("role".to_owned()))?,
            term: Term {
                from: Time(0),
                until: None,
            },
            basis: "Quyết định 01/QĐ-UBND".to_owned(),
        };
        let appointment = self.state(&Fact::Appointment(appointment), by)?;
        Ok(Official { key, appointment })
    }

    pub(super) fn admit(
        &mut self,
        operator: &Official,
        node: &SecretKey,
        path: &[RecordId],
    ) -> Result<(), HistoryError> {
        let admission = Admission {
            node: node.node(),
            unit_path: path.to_vec(),
            name: "Máy chủ xã".to_owned(),
        };
        self.state(&Fact::Admission(admission), Some(operator))?;
        Ok(())
    }

    pub(super) fn register_communes(
        &mut self,
        operator: &Official,
        count: usize,
    ) -> Result<Vec<RecordId>, HistoryError> {
        let mut units = Vec::with_capacity(count);
        for number in 1..=count {
            let mut composer = Composer::new();
            let register = UnitRegister {
                kind: UnitKind::Commune,
                name: format!("Xã số {number}"),
                code: Some(format!("{number:05}")),
                path: vec![self.network.province_unit()],
                basis: "Nghị quyết 1681/NQ-UBTVQH15".to_owned(),
            };
            composer.register_unit(OpRef::Id(self.network.founding_op()), register);
            let commit = commit(operator, composer, BEGINNING);
            units.push(OpId::of(commit.id(self.network), 0).into());
            let bytes = commit.seal(self.network, &operator.key);
            self.bodies.push((BodyKind::Commit, bytes));
        }
        Ok(units)
    }
}
