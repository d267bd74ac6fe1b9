//! What acts rest on: which of many statements a proof of them holds. One rule for who makes a proof and who checks it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{CommitId, NodeKey, StatementId};
use crate::statement::{Fact, Issuer, Statement};

/// What the search begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// The genesis, and the appointments of everybody who signed.
    pub statements: BTreeSet<StatementId>,
    /// The nodes whose entries carry the acts, and those that say so in a checkpoint.
    pub nodes: BTreeSet<NodeKey>,
    /// The commits themselves: whoever adopted them answers for them too.
    pub commits: BTreeSet<CommitId>,
}

/// Of these statements those that the grounds rest on: the grounds themselves, the admissions of their nodes, cuts and
/// compromises of any of them, adoptions of their commits, and whatever each was issued under, up to the root. Which node carried a statement does
/// not matter: its position counts, not who is admitted ([`crate::authority`] gives the reason).
pub fn needed<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    grounds: &Grounds,
) -> BTreeSet<StatementId> {
    let known: BTreeMap<StatementId, &Statement> = statements.into_iter().map(|s| (s.id, s)).collect();
    let mut found: BTreeSet<StatementId> = BTreeSet::new();
    let mut keys: BTreeSet<[u8; 32]> = grounds.nodes.iter().map(|node| node.0).collect();
    let mut open: Vec<StatementId> = grounds.statements.iter().copied().collect();
    loop {
        while let Some(id) = open.pop() {
            let Some(statement) = known.get(&id) else { continue };
            if !found.insert(id) {
                continue;
            }
            if let Issuer::Under(issuer) = statement.issuer {
                open.push(issuer);
            }
            match &statement.fact {
                Fact::Appointment(appointment) => {
                    keys.insert(appointment.key.0);
                }
                Fact::Admission(admission) => {
                    keys.insert(admission.node.0);
                }
                _ => {}
            }
        }
        let bears_on = |statement: &Statement| match &statement.fact {
            Fact::Admission(admission) => grounds.nodes.contains(&admission.node),
            Fact::Cut(cut) => found.contains(&cut.target),
            Fact::Compromise(compromise) => keys.contains(&compromise.key.0),
            // Which keys were in office decides what the root may say.
            Fact::Roots(_) => true,
            Fact::Adoption(adoption) => adoption
                .commits
                .iter()
                .any(|commit| grounds.commits.contains(commit)),
            _ => false,
        };
        open.extend(
            known
                .values()
                .filter(|statement| !found.contains(&statement.id) && bears_on(statement))
                .map(|statement| statement.id),
        );
        if open.is_empty() {
            return found;
        }
    }
}
