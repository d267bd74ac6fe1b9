//! Rulings: a common superior decides which link of a disputed custody stands.
//!
//! A ruling is an operation of the subject's own record. So it has its place among the record's acts: what was done
//! without knowing of it is judged as before, what is done afterwards is judged by it. It names the link below the
//! dispute (`on`) and the one that stands. Of all links deeper than `on` those count that are it, or build on it link
//! by link; **all others are set aside**, the rivals that nobody had shown when the ruling was made among them. Set aside
//! is not void: the links stay valid, are shown, and count again when the ruling falls.
//!
//! `stands` is one of the rivals, or an unfounded link (then it needs its lost basis no longer), or `on` itself: then
//! only what builds on that by valid links counts, and what a cut had left without a basis is set aside.
//!
//! Of several rulings on one link the one of the highest unit counts; of these the one made in knowledge of most
//! others; of these the smallest id. Who knows of a ruling from above cannot rule otherwise. A ruling decides nothing
//! while one of the two links that it names is not valid.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::ids::{OpId, RecordId};

use crate::body::{Id, Reason, body};
use crate::custody::{CustodyView, links_of};
use crate::legality::{Scene, Stop};
use crate::measure::LinkId;
use crate::state::CanonicalState;
use crate::typed::operations;
use crate::value::{Change, append};
use crate::verdict::{Illegality, RefNeed};

operations! {
    /// Rulings on custody. The kind has a word of its own, so that a role which may do everything with assets may not
    /// rule on them.
    RulingOperation of "ruling" {
        /// On an asset.
        Asset(Ruling) = "asset",
        /// On a person.
        Person(Ruling) = "person",
    }
}

body! {
    /// Body of `ruling.asset` and `ruling.person`: `[on, stands, reason]`.
    Ruling = "ruling" {
        /// The link below the dispute.
        on: LinkId => Id,
        /// The link that stands.
        stands: LinkId => Id,
        /// Why, with the decision's number.
        reason: String => Reason,
    }
}

/// A valid ruling as a record's state holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    /// The operation.
    pub op: OpId,
    /// The link below the dispute.
    pub on: LinkId,
    /// The link that stands.
    pub stands: LinkId,
    /// Why.
    pub reason: String,
    /// The unit that ruled.
    pub unit: RecordId,
    /// Who signed.
    pub person: String,
    /// Units from the root down to the one that ruled: the smaller, the higher.
    pub rank: u32,
    /// How many rulings on the same link it was made in knowledge of, one after the other.
    pub round: u32,
}

/// The valid rulings in a state of an asset or person.
pub fn rulings_of(state: &CanonicalState) -> impl Iterator<Item = Ruled> {
    state.list("rulings").iter().filter_map(|row| {
        Some(Ruled {
            op: row.op,
            on: row.get("on")?,
            stands: row.get("stands")?,
            reason: row.text("reason"),
            unit: row.get("unit")?,
            person: row.text("person"),
            rank: row.get("rank")?,
            round: row.get("round")?,
        })
    })
}

/// For each disputed link the ruling that counts.
pub(crate) fn counting(rulings: impl IntoIterator<Item = Ruled>) -> Vec<Ruled> {
    let mut first: BTreeMap<LinkId, Ruled> = BTreeMap::new();
    let order = |ruled: &Ruled| (ruled.rank, std::cmp::Reverse(ruled.round), ruled.op);
    for ruled in rulings {
        match first.get(&ruled.on) {
            Some(other) if order(other) <= order(&ruled) => {}
            _ => {
                first.insert(ruled.on, ruled);
            }
        }
    }
    first.into_values().collect()
}

impl Ruling {
    /// The units whose registrations a ruling on a subject in this state cites: those that hold the two links it names
    /// and all that it sets aside. Its author's unit is at or above each. None when a link is not valid there.
    #[must_use]
    pub fn units(&self, state: &CanonicalState) -> Option<BTreeSet<RecordId>> {
        Some(self.bearing(state)?.units)
    }

    fn bearing(&self, past: &CanonicalState) -> Option<Bearing> {
        let others = rulings_of(past).filter(|ruled| ruled.on != self.on);
        let (aside, founds) = CustodyView::would_set_aside(links_of(past), others, self.on, self.stands)?;
        let named = links_of(past).filter(|link| link.link == self.on || link.link == self.stands);
        Some(Bearing {
            decides: founds || !aside.is_empty(),
            units: named.chain(aside).map(|link| link.to).collect(),
        })
    }

    /// Legal when it decides something in its own past, is made by a unit above all that it concerns, and overrules
    /// nobody higher.
    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        let bearing = self.bearing(scene.past).ok_or(Illegality::NothingToRule)?;
        let direct = links_of(scene.past).any(|link| {
            link.link == self.stands
                && (self.stands == self.on
                    || link.prev == Some(self.on)
                    || link
                        .prev
                        .is_some_and(|prev| !links_of(scene.past).any(|other| other.link == prev)))
        });
        if !bearing.decides || !direct {
            return Err(Illegality::NothingToRule.into());
        }
        self.expect_above(scene, &bearing.units)?;
        let rank = u32::try_from(scene.actor.unit_path.len()).unwrap_or(u32::MAX);
        let known: Vec<Ruled> = rulings_of(scene.past)
            .filter(|ruled| ruled.on == self.on)
            .collect();
        if known.iter().any(|ruled| ruled.rank < rank) {
            return Err(Illegality::RuledAbove.into());
        }
        let round = known.iter().map(|ruled| ruled.round).max().unwrap_or(0);
        Ok(vec![append(
            "rulings",
            [
                ("on", self.on.into()),
                ("stands", self.stands.into()),
                ("reason", self.reason.as_str().into()),
                ("unit", scene.actor.unit().unwrap_or(RecordId([0; 32])).into()),
                ("person", scene.actor.person.as_str().into()),
                ("rank", rank.into()),
                ("round", round.saturating_add(1).into()),
            ],
        )])
    }

    /// Each of the units is cited once by its registration, and nothing else is; the actor is at or above all.
    fn expect_above(&self, scene: &Scene<'_>, units: &BTreeSet<RecordId>) -> Result<(), Stop> {
        let mut open = units.clone();
        for (index, referred) in scene.refs.iter().enumerate() {
            let path = scene.registered_path(index)?;
            if !open.remove(&referred.facts.record) {
                return Err(Illegality::WrongRef {
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                    needed: RefNeed::UnitRegister,
                }
                .into());
            }
            scene.expect_at_or_above(&path)?;
        }
        match open.first() {
            None => Ok(()),
            Some(unit) => Err(Illegality::UnitNotCited(*unit).into()),
        }
    }
}

/// What a ruling bears on in a state.
struct Bearing {
    /// Whether it sets a link aside or gives one a basis.
    decides: bool,
    /// The units it concerns.
    units: BTreeSet<RecordId>,
}

impl RulingOperation {
    /// The ruling.
    #[must_use]
    pub fn ruling(&self) -> &Ruling {
        match self {
            Self::Asset(ruling) | Self::Person(ruling) => ruling,
        }
    }

    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        self.ruling().judge(scene)
    }
}
