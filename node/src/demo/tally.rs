//! Counting: what one node's records say. Nothing here is known from the play itself.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64;
use soxa_ledger::RecordId;
use soxa_records::asset::AssetView;
use soxa_records::handover::view::HandoverView;
use soxa_records::handover::{HandoverKind, HandoverStage};
use soxa_records::person::WorkField;
use soxa_records::person::view::PersonView;
use soxa_records::reference::ReferenceView;
use soxa_records::roster::AssignmentKind;
use soxa_records::roster::staffing::StaffingRule;
use soxa_records::roster::view::{Assignment, RosterView};
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{UnitKind, UnitStage};
use soxa_records::{CanonicalState, CustodyView};

use super::error::DemoError;
use super::node::Node;
use super::report::{Handovers, OldUnits, Refused, Report, Staff};
use crate::control::protocol::{Reply, Request};
use crate::control::reports::{RecordReport, StatusReport, VoidReport};

/// Everything that a node holds, as its views show it.
#[derive(Debug, Default)]
pub struct Tally {
    units: BTreeMap<RecordId, UnitView>,
    rosters: Vec<RosterView>,
    persons: BTreeMap<RecordId, PersonView>,
    assets: BTreeMap<RecordId, AssetView>,
    handovers: Vec<HandoverView>,
    rules: Vec<StaffingRule>,
    /// Commits without effect.
    pub void: Vec<VoidReport>,
}

impl Tally {
    /// Reads all records of a node.
    ///
    /// # Errors
    /// When the node does not answer or shows what is no record.
    pub fn of(node: &Node) -> Result<Self, DemoError> {
        let void = match node.ask(|client| client.call(Request::Void))? {
            Reply::Void(void) => void,
            other => {
                return Err(DemoError::node(
                    &node.name,
                    format!("{other:?} instead of void commits"),
                ));
            }
        };
        Ok(Self {
            units: views(node, "unit", UnitView::of)?.into_iter().collect(),
            rosters: views(node, "roster", RosterView::of)?
                .into_iter()
                .map(|(_, view)| view)
                .collect(),
            persons: views(node, "person", PersonView::of)?.into_iter().collect(),
            assets: views(node, "asset", AssetView::of)?.into_iter().collect(),
            handovers: views(node, "handover", HandoverView::of)?
                .into_iter()
                .map(|(_, view)| view)
                .collect(),
            rules: views(node, "reference", ReferenceView::of)?
                .iter()
                .flat_map(|(_, view)| &view.versions)
                .filter_map(|(_, version)| StaffingRule::read(version).ok())
                .collect(),
            void,
        })
    }

    fn units_of(&self, kinds: &[UnitKind]) -> BTreeSet<RecordId> {
        let of_kind = |view: &UnitView| view.kind.one().is_some_and(|kind| kinds.contains(kind));
        self.units
            .iter()
            .filter(|(_, view)| of_kind(view))
            .map(|(id, _)| *id)
            .collect()
    }

    fn centres(&self) -> BTreeSet<RecordId> {
        self.units_of(&[UnitKind::ServiceCentre])
    }

    fn old_units(&self) -> BTreeSet<RecordId> {
        self.units_of(&[UnitKind::DistrictCentre, UnitKind::DistrictStation])
    }

    /// The cost of all assets that old units hold.
    pub fn cost_in_old_units(&self) -> i64 {
        let old = self.old_units();
        self.assets
            .values()
            .filter(|asset| holds(&old, &asset.custody))
            .filter_map(|a| a.cost.one())
            .sum()
    }

    /// Commits that a cut made void.
    pub fn voided(&self) -> u64 {
        let by_cut = |report: &&VoidReport| {
            report.verdict == "void"
                && report
                    .reason
                    .as_ref()
                    .is_some_and(|r| r.key == "verdicts.void.cut")
        };
        self.void.iter().filter(by_cut).count() as u64
    }

    /// Puts the figures that records show into the report.
    pub fn fill(&self, report: &mut Report) {
        let (centres, old) = (self.centres(), self.old_units());
        let is_open = |id: &&RecordId| {
            self.units
                .get(id)
                .is_some_and(|view| view.stage == UnitStage::Open)
        };
        let headed = |counts: &dyn Fn(&Assignment) -> bool| -> BTreeSet<RecordId> {
            let rosters = self.rosters.iter().filter(|roster| roster.heads().any(counts));
            rosters.filter_map(|roster| roster.unit.one().copied()).collect()
        };
        report.centres_open = centres.iter().filter(is_open).count() as u64;
        report.centres_without_head = centres.difference(&headed(&|_| true)).count() as u64;
        let in_charge = headed(&|head| head.kind == AssignmentKind::InCharge);
        report.heads_in_charge = centres.intersection(&in_charge).count() as u64;
        report.staff = self.staff(&centres);
        report.centres_out_of_bounds = self.out_of_bounds(&centres);
        // A contested asset is nobody's; it counts as long as it has left the old units.
        let arrived = |asset: &&AssetView| !holds(&old, &asset.custody);
        report.assets.total = self.assets.len() as u64;
        report.assets.cost_after = self
            .assets
            .values()
            .filter(arrived)
            .filter_map(|a| a.cost.one())
            .sum();
        report.old_units = OldUnits {
            staff: self
                .persons
                .values()
                .filter(|person| holds(&old, &person.custody))
                .count() as u64,
            assets: self
                .assets
                .values()
                .filter(|asset| holds(&old, &asset.custody))
                .count() as u64,
        };
        let effective = |kind: HandoverKind| {
            let counts =
                move |view: &&HandoverView| view.kind == kind && view.stage == HandoverStage::Effective;
            self.handovers.iter().filter(counts)
        };
        let lines = effective(HandoverKind::Staff).flat_map(|view| &view.lines);
        let moved: BTreeSet<RecordId> = lines
            .filter(|line| line.refusals.is_empty())
            .filter_map(|line| Some(line.content.of.subject()?.record))
            .collect();
        let custodies = self
            .assets
            .values()
            .map(|a| &a.custody)
            .chain(self.persons.values().map(|p| &p.custody));
        report.handovers = Handovers {
            assets: effective(HandoverKind::Assets)
                .filter(|view| view.corrects.is_none())
                .count() as u64,
            corrections: effective(HandoverKind::Assets)
                .filter(|view| view.corrects.is_some())
                .count() as u64,
            staff: moved.len() as u64,
            contested: custodies.filter(|custody| custody.contested.is_some()).count() as u64,
        };
        report.voided = self.voided();
    }

    /// Centres whose people of some field are fewer or more than a published rule says.
    fn out_of_bounds(&self, centres: &BTreeSet<RecordId>) -> u64 {
        let breaks = |roster: &&RosterView| {
            let unit = roster.unit.one();
            let is_here = |person: &RecordId| {
                let person = self.persons.get(person);
                person.is_some_and(|view| view.custody.custodian.as_ref() == unit)
            };
            let counts = roster.counts(is_here);
            self.rules.iter().any(|rule| {
                let of_rule = counts.iter().filter(|(field, _)| rule.counts(**field));
                let people: usize = of_rule.map(|(_, people)| people).sum();
                rule.breach(u32::try_from(people).unwrap_or(u32::MAX)).is_some()
            })
        };
        let of_centre = |roster: &&RosterView| roster.unit.one().is_some_and(|unit| centres.contains(unit));
        self.rosters.iter().filter(of_centre).filter(breaks).count() as u64
    }

    /// People who came to a centre and have a post there, each once.
    fn staff(&self, centres: &BTreeSet<RecordId>) -> Staff {
        let mut posted: BTreeMap<RecordId, &PersonView> = BTreeMap::new();
        for roster in &self.rosters {
            let Some(unit) = roster.unit.one().filter(|unit| centres.contains(unit)) else {
                continue;
            };
            for (assignment, _) in roster.current() {
                let person = self.persons.get(&assignment.person);
                let own = person.filter(|view| view.custody.custodian.as_ref() == Some(unit));
                posted.extend(own.map(|view| (assignment.person, view)));
            }
        }
        let of = |field: WorkField| {
            posted
                .values()
                .filter(|view| view.field.one() == Some(&field))
                .count() as u64
        };
        Staff {
            total: posted.len() as u64,
            culture: of(WorkField::Culture),
            agriculture: of(WorkField::Agriculture),
        }
    }
}

fn holds(units: &BTreeSet<RecordId>, custody: &CustodyView) -> bool {
    custody
        .custodian
        .iter()
        .chain(&custody.tied)
        .any(|unit| units.contains(unit))
}

fn views<V>(
    node: &Node,
    kind: &str,
    view: impl Fn(&CanonicalState) -> Option<V>,
) -> Result<Vec<(RecordId, V)>, DemoError> {
    let reports = node.ask(|client| client.records(kind))?;
    let read = |report: &RecordReport| {
        let state = state(report).map_err(|e| DemoError::node(&node.name, e))?;
        let id = report.id.parse().map_err(|e| DemoError::node(&node.name, e))?;
        // Records whose creation has no effect have no view.
        Ok(view(&state).map(|view| (id, view)))
    };
    reports.iter().map(read).filter_map(Result::transpose).collect()
}

/// The state in a record as a node sends it.
///
/// # Errors
/// When it is none.
pub fn state(report: &RecordReport) -> Result<CanonicalState, String> {
    let bytes = BASE64
        .decode(report.state.as_bytes())
        .map_err(|e| e.to_string())?;
    CanonicalState::decode(&bytes).map_err(|e| e.to_string())
}

/// What a node's status counts of another node's misdeeds.
pub fn refused_of(status: &StatusReport, node: &str) -> Refused {
    let count = |what: &str| {
        status
            .refused
            .iter()
            .filter(|one| one.node == node && one.what == what)
            .map(|one| one.count)
            .sum()
    };
    Refused {
        forged: count("forged"),
        unauthorised: count("unauthorised"),
        malformed: count("malformed"),
    }
}

/// The units that a node knows.
///
/// # Errors
/// When it does not answer.
pub fn units(node: &Node) -> Result<Vec<(RecordId, UnitView)>, DemoError> {
    views(node, "unit", UnitView::of)
}
