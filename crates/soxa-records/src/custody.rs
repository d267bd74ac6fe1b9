//! Custody: which unit holds an asset or a person's post, as a chain of links made by handovers.
//!
//! The registration makes the first link, and each accepted line of an effective handover makes one more, which
//! names the link it builds on and its own depth. Who is custodian is a **function of the valid links only**, as a
//! tree by `prev`: it looks at no order of arrival, no clock and no operation that has no effect. So nodes with
//! the same entries name the same custodian, and a link that is voided later changes the answer everywhere alike.
//!
//! - Two valid links with one `prev` are a **contest**: the giver gave the subject away twice. Both stay.
//! - A link that no valid link builds on is a **tip**. The unique deepest tip names the custodian, so the strictly
//!   longer branch goes on working; when several tips are deepest nobody is custodian, and the units of those tips
//!   may record condition and site until somebody settles it.
//! - A link whose `prev` is not valid is **unfounded**: a cut voided the link below it. It keeps its own depth (its
//!   draft checked it against the link it cites, whose content stands as evidence), so honest handovers above a
//!   cut go on, and the last receiver is custodian *provisionally* until a superior rules.
//! - A **ruling** of a superior names the link that stands; what else lies above the dispute is set aside and shown. See
//!   [`crate::ruling`].
//!
//! Whether a custody operation is legal is asked of its own causal past. There the current link has to be its
//! `prev`, where links that a cut has severed since may count as well: their receivers could not know, and what
//! they handed on in good faith survives. A severed link itself gives nobody custody.

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::{OpId, RecordId};

use crate::body::{Depth, Id, Line, body};
use crate::handover::{HandoverKind, HandoverOperation};
use crate::legality::{Scene, Stop, World};
use crate::measure::LinkId;
use crate::ruling::rulings_of;
use crate::state::CanonicalState;
use crate::typed::TypedOperation;
use crate::value::{Change, append};
use crate::verdict::{Illegality, RefNeed};

mod view;

pub use view::{Contest, CustodyView, Dispute, Rival};

body! {
    /// Body of `asset.custody` and `person.custody`: `[handover, line, link, prev, depth, from, to]`.
    Custody = "custody" checked by check_link {
        /// The handover.
        handover: RecordId => Id,
        /// The line, from 1.
        line: u32 => Line,
        /// The new link: [`LinkId::of_line`] of the two.
        link: LinkId => Id,
        /// The link it builds on.
        prev: LinkId => Id,
        /// Links below it.
        depth: u32 => Depth,
        /// The giver.
        from: RecordId => Id,
        /// The receiver.
        to: RecordId => Id,
    }
}

fn check_link(custody: &Custody) -> Result<(), CborError> {
    if custody.link == LinkId::of_line(custody.handover, custody.line) {
        return Ok(());
    }
    Err(CborError::Value {
        field: "link",
        what: "not that of the handover's line",
    })
}

/// One link of a subject's custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub link: LinkId,
    /// The link it builds on; none for the registration.
    pub prev: Option<LinkId>,
    /// Links below it: 0 for the registration.
    pub depth: u32,
    /// Who gave; none for the registration.
    pub from: Option<RecordId>,
    /// Who received.
    pub to: RecordId,
    /// The handover and its line; none for the registration.
    pub handover: Option<(RecordId, u32)>,
    /// The operations that made it, ascending: several when more than one program issued the same effect.
    pub ops: Vec<OpId>,
}

impl Link {
    pub(crate) fn of_custody(op: OpId, custody: &Custody) -> Self {
        Self {
            link: custody.link,
            prev: Some(custody.prev),
            depth: custody.depth,
            from: Some(custody.from),
            to: custody.to,
            handover: Some((custody.handover, custody.line)),
            ops: vec![op],
        }
    }
}

pub(crate) fn links_of(state: &CanonicalState) -> impl Iterator<Item = Link> {
    state.list("links").iter().filter_map(|row| {
        let handover = match (row.get("handover"), row.get("line")) {
            (Some(handover), Some(line)) => Some((handover, line)),
            _ => None,
        };
        Some(Link {
            link: row.get("link")?,
            prev: row.get("prev"),
            depth: row.get("depth")?,
            from: row.get("from"),
            to: row.get("to")?,
            handover,
            ops: vec![row.op],
        })
    })
}

/// The first link of a subject.
pub(crate) fn first_link(subject: RecordId, unit: RecordId) -> Change {
    append(
        "links",
        [
            ("link", LinkId::of_registration(subject).into()),
            ("depth", 0_u32.into()),
            ("to", unit.into()),
        ],
    )
}

/// The link that a cited registration or custody operation made: of which subject, and held by whom.
pub(crate) fn cited_link(
    record: RecordId,
    op: OpId,
    operation: &TypedOperation,
) -> Option<(HandoverKind, Link)> {
    let registered = |to: RecordId| Link {
        link: LinkId::of_registration(record),
        prev: None,
        depth: 0,
        from: None,
        to,
        handover: None,
        ops: vec![op],
    };
    use crate::asset::AssetOperation;
    use crate::person::PersonOperation;
    match operation {
        TypedOperation::Asset(AssetOperation::Register(r)) => {
            Some((HandoverKind::Assets, registered(r.unit)))
        }
        TypedOperation::Person(PersonOperation::Register(r)) => {
            Some((HandoverKind::Staff, registered(r.unit)))
        }
        TypedOperation::Asset(AssetOperation::Custody(c)) => {
            Some((HandoverKind::Assets, Link::of_custody(op, c)))
        }
        TypedOperation::Person(PersonOperation::Custody(c)) => {
            Some((HandoverKind::Staff, Link::of_custody(op, c)))
        }
        _ => None,
    }
}

impl Custody {
    /// Legal when the cited effect lists exactly this line, and the link it builds on is the current one. Who signs
    /// does not matter: the operation says nothing that the minutes inside the effect do not say.
    pub(crate) fn judge(&self, scene: &Scene<'_>, kind: HandoverKind) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        let (referred, operation) = scene.cited(0, RefNeed::HandoverEffect)?;
        let wrong = Illegality::WrongRef {
            index: 0,
            needed: RefNeed::HandoverEffect,
        };
        let TypedOperation::Handover(HandoverOperation::Effect(effect)) = operation else {
            return Err(wrong.into());
        };
        if referred.facts.record != self.handover {
            return Err(wrong.into());
        }
        let listed = effect.lines.iter().any(|line| {
            line.line == self.line
                && line.subject == scene.facts.record
                && line.prev == self.prev
                && line.depth == self.depth
        });
        if !listed || effect.kind != kind || effect.giver != self.from || effect.receiver != self.to {
            return Err(Illegality::NotInEffect { line: self.line }.into());
        }
        let valid: Vec<Link> = links_of(scene.past).collect();
        let already = valid.iter().any(|link| link.link == self.link);
        let current_of = |links: Vec<Link>| CustodyView::resolve(links, rulings_of(scene.past)).current;
        let current = current_of(valid.clone());
        let in_good_faith = || {
            scene.world == World::Actual
                && !scene.severed.is_empty()
                && current_of(valid.iter().chain(scene.severed).cloned().collect()) == Some(self.prev)
        };
        if !already && current != Some(self.prev) && !in_good_faith() {
            return Err(Illegality::LinkMoved {
                prev: self.prev,
                current,
            }
            .into());
        }
        Ok(vec![append(
            "links",
            [
                ("link", self.link.into()),
                ("prev", self.prev.into()),
                ("depth", self.depth.into()),
                ("from", self.from.into()),
                ("to", self.to.into()),
                ("handover", self.handover.into()),
                ("line", self.line.into()),
            ],
        )])
    }
}
