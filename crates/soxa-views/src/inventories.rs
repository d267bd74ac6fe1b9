//! The report on inventories: which are open and which approved, what was found short, over and in no book, and what of it is not
//! settled in the books.
//!
//! Inventories under way count all, those that are approved by the day of their books. An inventory that another one corrects is
//! told beside that one, in stages and numbers; its differences are not counted, for those of the other take their place.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::RecordId;
use soxa_records::inventory::InventoryStage;
use soxa_records::inventory::totals::InventoryTotals;
use soxa_records::inventory::view::{Difference, InventoryView};

use crate::asked::Asked;
use crate::figure::{Amount, Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines, plain};

/// What differs between books and counts.
#[derive(Debug, Default)]
struct Differences {
    lines: u64,
    uncounted: Tally,
    disputed: Tally,
    short: Tally,
    over: Tally,
    changed: Tally,
    found: Tally,
    late: Tally,
    unsettled: Tally,
    cost_short: i128,
    cost_over: i128,
    cost_found: i128,
}

impl Differences {
    fn take(&mut self, id: RecordId, view: &InventoryView) {
        let approved = view.stage == InventoryStage::Approved;
        for line in &view.lines {
            self.lines += 1;
            let says = || line.line.to_string();
            let difference = line.difference();
            match difference {
                Difference::Uncounted => self.uncounted.say(id, says()),
                Difference::Disputed => self.disputed.say(id, says()),
                Difference::Missing | Difference::Less => self.short.say(id, says()),
                Difference::More => self.over.say(id, says()),
                Difference::Changed => self.changed.say(id, says()),
                Difference::Same => {}
            }
            let differs = matches!(
                difference,
                Difference::Missing | Difference::Less | Difference::More | Difference::Changed
            );
            if approved && differs && line.settled.is_empty() {
                self.unsettled.say(id, says());
            }
            if !line.late.is_empty() {
                self.late.say(id, says());
            }
        }
        for found in &view.found {
            if found.counts() {
                self.found.say(id, found.thing.name.clone());
            }
            if found.late {
                self.late.say(id, found.thing.name.clone());
            }
            if approved && found.counts() && found.settled.is_empty() {
                self.unsettled.say(id, found.thing.name.clone());
            }
        }
        let InventoryTotals {
            short, over, found, ..
        } = view.totals();
        self.cost_short += i128::from(short.cost);
        self.cost_over += i128::from(over.cost);
        self.cost_found += i128::from(found.cost);
    }

    fn figures(self) -> Vec<Figure> {
        let base = Base::InventoryLines;
        let cost = |name, dong| plain(name, Amount::Dong(dong), base);
        vec![
            plain(Name::BookLines, Amount::Count(self.lines), base),
            self.uncounted.figure(Name::Uncounted, base),
            self.disputed.figure(Name::CountedDifferently, base),
            self.short.figure(Name::CountedShort, base),
            self.over.figure(Name::CountedOver, base),
            self.changed.figure(Name::CountedChanged, base),
            self.found.figure(Name::FoundThings, Base::Inventories),
            cost(Name::CostShort, self.cost_short),
            cost(Name::CostOver, self.cost_over),
            plain(Name::CostFound, Amount::Dong(self.cost_found), Base::Inventories),
            self.unsettled.figure(Name::Unsettled, Base::InventoriesApproved),
            self.late.figure(Name::CountedLate, Base::InventoriesApproved),
        ]
    }
}

/// The report on inventories.
pub fn inventories(
    asked: &Asked,
    inventories: impl IntoIterator<Item = (RecordId, InventoryView)>,
) -> Report {
    let all: Vec<(RecordId, InventoryView)> = inventories.into_iter().collect();
    let approved = all
        .iter()
        .filter(|(_, view)| view.stage == InventoryStage::Approved);
    let corrected: BTreeSet<RecordId> = approved.filter_map(|(_, view)| view.corrects).collect();
    let (mut counted, mut open, mut done, mut given_up, mut mended) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let mut differences = Differences::default();
    let mut units: BTreeMap<Group, Differences> = BTreeMap::new();
    let mut stages: BTreeMap<Group, Tally> = BTreeMap::new();
    for (id, view) in all.iter().filter(|(_, view)| asked.is_about(view.unit)) {
        let over = matches!(view.stage, InventoryStage::Approved | InventoryStage::Cancelled);
        if view.as_of > asked.day || (over && !asked.period.has(view.as_of)) {
            continue;
        }
        counted.add(*id);
        let stage = Group::Word(InventoryStage::as_str(view.stage));
        stages.entry(stage).or_default().add(*id);
        match view.stage {
            InventoryStage::Approved => done.add(*id),
            InventoryStage::Cancelled => given_up.add(*id),
            InventoryStage::Open | InventoryStage::Counted | InventoryStage::Signed => open.add(*id),
        }
        if corrected.contains(id) {
            mended.add(*id);
        } else if view.stage != InventoryStage::Cancelled {
            differences.take(*id, view);
            units.entry(Group::Unit(view.unit)).or_default().take(*id, view);
        }
    }
    let base = Base::Inventories;
    let mut figures = vec![
        counted.figure(Name::Inventories, base),
        open.figure(Name::InventoriesOpen, base),
        done.figure(Name::InventoriesApproved, base),
        given_up.figure(Name::InventoriesCancelled, base),
        mended.figure(Name::InventoriesCorrected, base),
    ];
    figures.extend(differences.figures());
    let breakdowns = [
        lines(By::InventoryStage, stages, |inventories| {
            vec![inventories.figure(Name::Inventories, base)]
        }),
        lines(By::Unit, units, Differences::figures),
    ];
    Report {
        kind: ReportKind::Inventories,
        figures,
        breakdowns: breakdowns.into_iter().flatten().collect(),
    }
}
