//! Which acts are legal at which point of a record's life. The rules of legality go by these tables, and whoever tries another act is told
//! by them what may come next.

use crate::dossier::DossierStatus::{
    self, AwaitingPapers, AwaitingPayment, Decided, Processing, Received, Returned, Stopped, Submitted,
};
use crate::handover::HandoverStage::{self, Accepted, Counted, Draft, Offered};
use crate::person::secondment::SecondmentStage;

/// An act with the points at which it is legal.
type Legal<S> = (&'static str, &'static [S]);

/// The acts that take a dossier further.
const DOSSIER: &[Legal<DossierStatus>] = &[
    ("dossier.receive", &[Submitted]),
    ("dossier.refuse", &[Submitted]),
    ("dossier.process", &[Received]),
    ("dossier.ask", &[Processing]),
    ("dossier.resume", &[AwaitingPapers, AwaitingPayment]),
    ("dossier.propose", &[Processing]),
    ("decision.sign", &[Processing]),
    ("decision.issue", &[Decided, Returned]),
    ("dossier.return", &[Decided]),
    ("dossier.stop", &[Processing]),
    (
        "dossier.withdraw",
        &[Submitted, Received, Processing, AwaitingPapers],
    ),
    (
        "dossier.extend",
        &[Received, Processing, AwaitingPapers, AwaitingPayment],
    ),
];

/// Until a dossier has ended.
const NOT_ENDED: &[DossierStatus] = &[
    Submitted,
    Received,
    Processing,
    AwaitingPapers,
    AwaitingPayment,
    Decided,
];

/// The acts that leave a dossier where it is, and the one that no command is for: it takes a dossier over from another register.
const DOSSIER_BESIDE: &[Legal<DossierStatus>] = &[
    ("dossier.transcribe", &[Submitted]),
    (
        "dossier.recode",
        &[
            Received,
            Processing,
            AwaitingPapers,
            AwaitingPayment,
            Stopped,
            Decided,
            Returned,
        ],
    ),
    ("dossier.pass", NOT_ENDED),
    ("dossier.take", NOT_ENDED),
    ("dossier.paper", NOT_ENDED),
    ("dossier.forward", NOT_ENDED),
];

/// The acts on a handover. An effect is no stage's: it carries all signatures itself.
const HANDOVER: &[Legal<HandoverStage>] = &[
    ("handover.offer", &[Draft]),
    ("handover.count", &[Offered, Counted]),
    ("handover.accept", &[Offered, Counted]),
    ("handover.refuse", &[Offered, Counted]),
    ("handover.witness", &[Accepted]),
    ("handover.withdraw", &[Draft, Offered, Counted]),
];

/// The steps of a secondment. What was never accepted is not rated.
const SECONDMENT: &[Legal<SecondmentStage>] = &[
    ("person.accept", &[SecondmentStage::Decided]),
    ("person.decline", &[SecondmentStage::Decided]),
    (
        "person.recall",
        &[SecondmentStage::Decided, SecondmentStage::Accepted],
    ),
    (
        "person.evaluate",
        &[SecondmentStage::Accepted, SecondmentStage::Ended],
    ),
    ("person.confirm", &[SecondmentStage::Evaluated]),
];

fn is_legal<S: PartialEq>(table: &[Legal<S>], act: &str, at: &S) -> Option<bool> {
    let row = table.iter().find(|(known, _)| *known == act);
    row.map(|(_, points)| points.contains(at))
}

fn acts_at<S: PartialEq>(table: &'static [Legal<S>], at: &S) -> Vec<&'static str> {
    let legal = table.iter().filter(|(_, points)| points.contains(at));
    legal.map(|(act, _)| *act).collect()
}

/// The acts that end a dossier without a decision.
const DOSSIER_ENDS: &[(&str, DossierStatus)] = &[
    ("dossier.refuse", DossierStatus::Refused),
    ("dossier.stop", DossierStatus::Stopped),
    ("dossier.withdraw", DossierStatus::Withdrawn),
];

impl DossierStatus {
    /// Whether an act says which of several statuses holds, in which officials left a dossier that did not know of each other. After
    /// two ends no other act would be legal.
    #[must_use]
    pub fn settles(found: &[Self], act: &str) -> bool {
        let ends = |(known, end): &(&str, Self)| *known == act && found.contains(end);
        found.len() > 1 && DOSSIER_ENDS.iter().any(ends)
    }

    /// Whether an act on a dossier is legal in this status. Payments and what other systems answer are noted in each.
    #[must_use]
    pub fn allows(self, act: &str) -> bool {
        let beside = || is_legal(DOSSIER_BESIDE, act, &self);
        is_legal(DOSSIER, act, &self).or_else(beside).unwrap_or(true)
    }

    /// The acts that take a dossier in this status further.
    #[must_use]
    pub fn next_acts(self) -> Vec<&'static str> {
        acts_at(DOSSIER, &self)
    }
}

impl HandoverStage {
    /// Whether an act on a handover is legal at this stage.
    #[must_use]
    pub fn allows(self, act: &str) -> bool {
        is_legal(HANDOVER, act, &self).unwrap_or(false)
    }

    /// The acts that take a handover at this stage further.
    #[must_use]
    pub fn next_acts(self) -> Vec<&'static str> {
        acts_at(HANDOVER, &self)
    }
}

impl SecondmentStage {
    /// Whether a step of a secondment is legal at this stage.
    #[must_use]
    pub fn allows(self, act: &str) -> bool {
        is_legal(SECONDMENT, act, &self).unwrap_or(false)
    }

    /// The steps that take a secondment at this stage further.
    #[must_use]
    pub fn next_acts(self) -> Vec<&'static str> {
        acts_at(SECONDMENT, &self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word that is misspelt here would allow an act at any time.
    #[test]
    fn every_act_is_one_of_the_operations() {
        let known: Vec<&str> = crate::typed::TypedOperation::kinds().collect();
        let dossier = DOSSIER.iter().chain(DOSSIER_BESIDE).map(|(act, _)| *act);
        let others = HANDOVER.iter().map(|(act, _)| *act);
        let steps = SECONDMENT.iter().map(|(act, _)| *act);
        let ends = DOSSIER_ENDS.iter().map(|(act, _)| *act);
        for act in dossier.chain(others).chain(steps).chain(ends) {
            assert!(known.contains(&act), "{act}");
        }
        assert!(DossierStatus::Returned.allows("dossier.pay"));
        let open = DossierStatus::ALL.iter().filter(|status| !status.is_end());
        assert_eq!(open.copied().collect::<Vec<_>>(), NOT_ENDED);
    }
}
