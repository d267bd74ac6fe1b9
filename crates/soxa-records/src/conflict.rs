//! What officials did to one record without knowing of each other, where not all of it can hold.
//!
//! Nothing of it is decided here: every side stands with the operation that says so, until a later act or a ruling settles it.
//! What stands against each other in several records (a code, a post, a person) is found by whoever holds them all.

use soxa_ledger::ids::OpId;
use soxa_ledger::small::SmallMap;

use crate::body::words;
use crate::custody::{CustodyView, Rival};
use crate::handover::HandoverStage;
use crate::handover::view::{HandoverView, Reasoned};
use crate::inventory::InventoryStage;
use crate::inventory::view::{InventoryLine, InventoryView, LineCount};
use crate::person::secondment::{Rating, Secondment, SecondmentStage, Step, secondments_of};
use crate::state::CanonicalState;
use crate::typed::RecordKind;
use crate::unit::number_block;
use crate::value::{Row, Value, counting};

words! {
    /// In which way things stand against each other.
    ConflictKind, "kind of conflict" {
        /// Several handovers in effect build on one custody.
        ContestedCustody = "contested_custody",
        /// A custody rests on a handover that became void.
        UnfoundedCustody = "unfounded_custody",
        /// A superior ruled on a custody: settled.
        Ruled = "ruled",
        /// Several values of a field.
        Field = "field",
        /// Several states of a life.
        Transition = "transition",
        /// A handover in effect that a party called off, or an approved inventory that somebody gave up.
        CalledOff = "called_off",
        /// A secondment that the host took and declined.
        TakenAndDeclined = "taken_and_declined",
        /// Secondments that share days.
        Secondments = "secondments",
        /// Several ratings of one secondment.
        Ratings = "ratings",
        /// Several departures of one person.
        Departures = "departures",
        /// Several allowances of one name from one day on.
        Allowances = "allowances",
        /// Several quotas of one class and year.
        Quotas = "quotas",
        /// Several notes of one topic and name.
        Notes = "notes",
        /// Numbers of dossiers that several nodes give.
        Numbers = "numbers",
        /// Counts of one line of an inventory.
        Counts = "counts",
        /// Counts that the approval of an inventory did not know.
        LateCounts = "late_counts",
    }
}

/// Things of which not all can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// In which way.
    pub kind: ConflictKind,
    /// The things, at least two but for custody and rulings.
    pub sides: Vec<Side>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The operation; its author is who says so.
    pub op: OpId,
    /// What it says, by the names of fields.
    pub says: Vec<(String, Value)>,
}

/// The fields that say how far a record has come in its life.
const LIFE: [&str; 3] = ["stage", "state", "status"];

impl Conflict {
    /// All of a record, custody first.
    #[must_use]
    pub fn all_of(state: &CanonicalState) -> Vec<Self> {
        let mut found = Vec::new();
        match state.kind {
            Some(RecordKind::Asset) => of_custody(state, &mut found),
            Some(RecordKind::Person) => {
                of_custody(state, &mut found);
                of_secondments(&secondments_of(state), &mut found);
                of_rows(state, ConflictKind::Departures, "departures", &[], &mut found);
                of_rows(
                    state,
                    ConflictKind::Allowances,
                    "allowances",
                    &["name", "from"],
                    &mut found,
                );
            }
            Some(RecordKind::Handover) => found.extend(called_off(state)),
            Some(RecordKind::Inventory) => of_inventory(state, &mut found),
            Some(RecordKind::Roster) => {
                of_rows(
                    state,
                    ConflictKind::Quotas,
                    "quotas",
                    &["class", "year"],
                    &mut found,
                );
            }
            Some(RecordKind::Unit) => {
                of_rows(
                    state,
                    ConflictKind::Notes,
                    "notes",
                    &["topic", "name"],
                    &mut found,
                );
                found.extend(of_numbers(state));
            }
            Some(RecordKind::Dossier | RecordKind::Reference) | None => {}
        }
        for (field, values) in state.conflicts() {
            let kind = match LIFE.contains(&field.as_str()) {
                true => ConflictKind::Transition,
                false => ConflictKind::Field,
            };
            let side = |(op, value)| Side {
                op,
                says: vec![(field.clone(), value)],
            };
            found.push(Self {
                kind,
                sides: values.into_iter().map(side).collect(),
            });
        }
        found
    }

    /// Whether nobody has settled it yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.kind != ConflictKind::Ruled
    }
}

impl Side {
    fn of(op: OpId, says: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self {
            op,
            says: says
                .into_iter()
                .map(|(field, value)| (field.to_owned(), value))
                .collect(),
        }
    }

    fn of_row(row: &Row) -> Self {
        Self {
            op: row.op,
            says: row
                .values
                .iter()
                .map(|(field, value)| (field.clone(), value.clone()))
                .collect(),
        }
    }
}

fn of_custody(state: &CanonicalState, found: &mut Vec<Conflict>) {
    let custody = CustodyView::of(state);
    if let Some(contest) = &custody.contested {
        let side = |rival: &Rival| Side::of(rival.op, [("receiver", rival.to.into())]);
        found.push(Conflict {
            kind: ConflictKind::ContestedCustody,
            sides: contest.rivals.iter().map(side).collect(),
        });
    }
    let unfounded = custody.unfounded.iter().filter_map(|link| custody.link(link));
    let sides: Vec<Side> = unfounded
        .filter_map(|link| Some(Side::of(*link.ops.first()?, [("receiver", link.to.into())])))
        .collect();
    if !sides.is_empty() {
        found.push(Conflict {
            kind: ConflictKind::UnfoundedCustody,
            sides,
        });
    }
    for ruled in &custody.rulings {
        let stands = custody
            .link(&ruled.stands)
            .map(|link| ("receiver", link.to.into()));
        let reason = ("reason", ruled.reason.as_str().into());
        found.push(Conflict {
            kind: ConflictKind::Ruled,
            sides: vec![Side::of(ruled.op, stands.into_iter().chain([reason]))],
        });
    }
}

fn of_secondments(all: &[Secondment], found: &mut Vec<Conflict>) {
    for one in all {
        let answers = one
            .steps
            .iter()
            .filter(|step| matches!(step.stage, SecondmentStage::Accepted | SecondmentStage::Declined));
        let answers: Vec<_> = answers.collect();
        let ended = one.steps.iter().any(|step| step.stage == SecondmentStage::Ended);
        let differ = |step: &&Step| Some(step.stage) != answers.first().map(|first| first.stage);
        if !ended && answers.iter().any(differ) {
            let side = |step: &&Step| {
                let stage = ("secondment_stage", step.stage.into());
                Side::of(
                    step.op,
                    [stage, ("host", step.unit.into()), ("date", step.date.into())],
                )
            };
            found.push(Conflict {
                kind: ConflictKind::TakenAndDeclined,
                sides: answers.iter().map(side).collect(),
            });
        }
        if one.is_rated_differently() {
            let counting = one.steps.iter().filter(|step| !step.replaced);
            let ratings: Vec<_> = counting
                .filter_map(|step| Some((step.op, step.rating?)))
                .collect();
            let side = |(op, rating): &(OpId, Rating)| Side::of(*op, [("rating", (*rating).into())]);
            found.push(Conflict {
                kind: ConflictKind::Ratings,
                sides: ratings.iter().map(side).collect(),
            });
        }
    }
    let mut standing: Vec<&Secondment> = all
        .iter()
        .filter(|one| one.stage() != SecondmentStage::Declined)
        .collect();
    standing.sort_by_key(|one| (one.from, one.id));
    let side = |one: &Secondment| {
        let days = [("from", one.from.into()), ("until", one.last_day().into())];
        Side::of(one.id, [("host", one.host.into())].into_iter().chain(days))
    };
    for (earlier, later) in standing.iter().zip(standing.iter().skip(1)) {
        if later.from <= earlier.last_day() {
            found.push(Conflict {
                kind: ConflictKind::Secondments,
                sides: vec![side(earlier), side(later)],
            });
        }
    }
}

/// Whoever withdrew or refused did not know that both parties had signed: the minutes hold, and it is told.
fn called_off(state: &CanonicalState) -> Option<Conflict> {
    let view = HandoverView::of(state).filter(|view| view.withdrawn_too_late)?;
    let stage = |stage: HandoverStage| ("handover_state", stage.as_str().into());
    let effects = view
        .effects
        .iter()
        .map(|op| Side::of(*op, [stage(HandoverStage::Effective)]));
    let ends = |acts: &[Reasoned], to: HandoverStage| {
        let side = |act: &Reasoned| Side::of(act.op, [stage(to), ("reason", act.reason.as_str().into())]);
        acts.iter().map(side).collect::<Vec<_>>()
    };
    Some(Conflict {
        kind: ConflictKind::CalledOff,
        sides: effects
            .chain(ends(&view.withdrawals, HandoverStage::Withdrawn))
            .chain(ends(&view.refusals, HandoverStage::Returned))
            .collect(),
    })
}

fn of_inventory(state: &CanonicalState, found: &mut Vec<Conflict>) {
    let Some(view) = InventoryView::of(state) else {
        return;
    };
    let counted = |line: &InventoryLine, count: &LineCount| {
        let condition = Some(("condition", count.condition.as_str().into()));
        let condition = condition.filter(|_| !count.condition.is_empty());
        let says = [
            ("name", line.book.name.as_str().into()),
            ("quantity", count.quantity.into()),
        ];
        Side::of(count.op, says.into_iter().chain(condition))
    };
    for line in view.disputed() {
        found.push(Conflict {
            kind: ConflictKind::Counts,
            sides: line.counts.iter().map(|count| counted(line, count)).collect(),
        });
    }
    let stage = |stage: InventoryStage| ("inventory_stage", stage.as_str().into());
    let approvals = view
        .approvals
        .iter()
        .map(|one| Side::of(one.op, [stage(InventoryStage::Approved)]));
    let approvals: Vec<Side> = approvals.collect();
    let late = view
        .lines
        .iter()
        .flat_map(|line| line.late.iter().map(|count| counted(line, count)));
    let things = view.found.iter().filter(|thing| thing.late);
    let things = things.map(|thing| Side::of(thing.op, [("name", thing.thing.name.as_str().into())]));
    let late: Vec<Side> = late.chain(things).collect();
    if !late.is_empty() {
        found.push(Conflict {
            kind: ConflictKind::LateCounts,
            sides: approvals.iter().cloned().chain(late).collect(),
        });
    }
    if view.cancelled_too_late() {
        let given_up = |act: &Reasoned| {
            let reason = ("reason", act.reason.as_str().into());
            Side::of(act.op, [stage(InventoryStage::Cancelled), reason])
        };
        found.push(Conflict {
            kind: ConflictKind::CalledOff,
            sides: approvals
                .into_iter()
                .chain(view.cancellations.iter().map(given_up))
                .collect(),
        });
    }
}

/// Rows of a list that nothing has taken the place of, where only one may count for each value of the key.
fn of_rows(state: &CanonicalState, kind: ConflictKind, list: &str, key: &[&str], found: &mut Vec<Conflict>) {
    let mut groups: Vec<(Vec<Option<&Value>>, Vec<&Row>)> = Vec::new();
    for row in counting(state, list) {
        let key: Vec<Option<&Value>> = key.iter().map(|name| row.values.get(*name)).collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    for (_, rows) in groups {
        let first: Option<&SmallMap<String, Value>> = rows.first().map(|row| &row.values);
        if rows.iter().any(|row| Some(&row.values) != first) {
            found.push(Conflict {
                kind,
                sides: rows.into_iter().map(Side::of_row).collect(),
            });
        }
    }
}

fn of_numbers(state: &CanonicalState) -> Option<Conflict> {
    let rows: Vec<&Row> = counting(state, "numbers").collect();
    let clashes = |row: &&&Row| {
        let own = number_block(row);
        rows.iter().any(|other| {
            matches!((&own, number_block(other)), (Some((node, block)), Some((other, theirs)))
                if *node != other && block.overlaps(&theirs))
        })
    };
    let sides: Vec<Side> = rows.iter().filter(clashes).map(|row| Side::of_row(row)).collect();
    (!sides.is_empty()).then_some(Conflict {
        kind: ConflictKind::Numbers,
        sides,
    })
}
