//! What came out: the figures, counted in the nodes' own records, and what of them is not as it should be.

use serde::Serialize;

use super::scenario::{CentreHead, Commune, Field, Scenario};
use super::story;

/// The version of the object's form.
pub const SCHEMA: &str = "soxa.demo/1";
/// Operations that the play makes at least.
pub const OPERATIONS_MIN: u64 = 1_000;

/// The result as one JSON object, its members in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Nodes that played, the hostile one aside.
    pub nodes: u64,
    /// Whether all hold the same.
    pub converged: bool,
    /// Different state roots.
    pub distinct_state_roots: u64,
    /// Stopped stores whose check agreed with the state root that their node had shown.
    pub stores_verified: u64,
    /// New centres that are open.
    pub centres_open: u64,
    /// Those of them that nobody heads.
    pub centres_without_head: u64,
    /// Those of them that a vice-chair of the commune heads for the time being.
    pub heads_in_charge: u64,
    /// New centres with fewer or more people of a field than a rule of the province says.
    pub centres_out_of_bounds: u64,
    /// How often a centre was warned of that before it signed.
    pub warned: u64,
    /// People posted in the new centres.
    pub staff: Staff,
    /// Assets.
    pub assets: Assets,
    /// What is left in the old units.
    pub old_units: OldUnits,
    /// Handovers in effect.
    pub handovers: Handovers,
    /// What the hostile node's victims count.
    pub refused: Refused,
    /// Commits that a cut made void.
    pub voided: u64,
    /// Nodes that were killed and had everything that they had answered "stored" for.
    pub killed_and_recovered: u64,
    /// Operations that every node holds.
    pub operations: u64,
    /// Where a file for each handover of assets in effect lies.
    pub proofs_dir: String,
    /// How many of them prove it, checked with no node and no store.
    pub proofs_verified: u64,
    /// How long the play took.
    pub seconds: u64,
    /// The most memory of all nodes' processes and of the play's own, each at its peak, in MiB.
    pub memory_mib: u64,
    /// Processor time of all processes, in seconds.
    pub cpu_seconds: u64,
}

/// People posted in the new centres.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Staff {
    /// All.
    pub total: u64,
    /// In culture.
    pub culture: u64,
    /// In agriculture.
    pub agriculture: u64,
}

/// Assets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Assets {
    /// How many there are.
    pub total: u64,
    /// Their cost in đồng while the old units held them.
    pub cost_before: i64,
    /// Their cost at the end, each once, the contested one too.
    pub cost_after: i64,
}

/// What is left in the old units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OldUnits {
    /// People.
    pub staff: u64,
    /// Assets.
    pub assets: u64,
}

/// Handovers in effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Handovers {
    /// Of assets: how many, corrections aside.
    pub assets: u64,
    /// Of assets: how many correct others.
    pub corrections: u64,
    /// Of people: how many people they moved, each once.
    pub staff: u64,
    /// Subjects that were handed over twice.
    pub contested: u64,
}

/// What the hostile node put into its feeds, as every victim counts it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// False signatures.
    pub forged: u64,
    /// Acts by a key without the right.
    pub unauthorised: u64,
    /// Bodies or operations of the wrong form.
    pub malformed: u64,
}

/// A figure that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Which figure, as in the JSON object.
    pub figure: &'static str,
    /// What came out.
    pub found: String,
    /// What should have.
    pub expected: String,
}

impl Report {
    /// All figures that are not as the scenario says.
    pub fn deviations(&self, scenario: &Scenario) -> Vec<Deviation> {
        let communes = scenario.communes.len() as u64;
        let people = |field: Option<Field>| {
            let all = (0..scenario.communes.len()).flat_map(|commune| scenario.staff_of(commune));
            all.filter(|(of, _)| field.is_none_or(|field| field == *of))
                .count() as u64
        };
        let in_charge = |commune: &&Commune| matches!(commune.centre_head, CentreHead::InCharge(_));
        let in_charge = scenario.communes.iter().filter(in_charge).count() as u64;
        let units = 0..scenario.old_units.len();
        let expected = [
            ("nodes", self.nodes, communes + 1),
            ("distinct_state_roots", self.distinct_state_roots, 1),
            ("stores_verified", self.stores_verified, self.nodes),
            ("centres_open", self.centres_open, communes),
            ("centres_without_head", self.centres_without_head, 0),
            ("heads_in_charge", self.heads_in_charge, in_charge),
            ("centres_out_of_bounds", self.centres_out_of_bounds, 0),
            ("warned", self.warned, 1),
            ("staff.total", self.staff.total, people(None)),
            ("staff.culture", self.staff.culture, people(Some(Field::Culture))),
            (
                "staff.agriculture",
                self.staff.agriculture,
                people(Some(Field::Agriculture)),
            ),
            (
                "assets.total",
                self.assets.total,
                units.map(|unit| scenario.assets_of(unit).len() as u64).sum(),
            ),
            ("old_units.staff", self.old_units.staff, 0),
            ("old_units.assets", self.old_units.assets, 0),
            (
                "handovers.assets",
                self.handovers.assets,
                scenario.portions.len() as u64,
            ),
            ("handovers.corrections", self.handovers.corrections, 1),
            ("handovers.staff", self.handovers.staff, people(None)),
            ("handovers.contested", self.handovers.contested, 1),
            ("refused.forged", self.refused.forged, 1),
            ("refused.unauthorised", self.refused.unauthorised, 1),
            ("refused.malformed", self.refused.malformed, 1),
            (
                "proofs_verified",
                self.proofs_verified,
                self.handovers.assets + self.handovers.corrections,
            ),
            (
                "killed_and_recovered",
                self.killed_and_recovered,
                story::killed(scenario.communes.len()) as u64,
            ),
        ];
        let mut deviations: Vec<Deviation> = expected
            .into_iter()
            .filter(|(_, found, expected)| found != expected)
            .map(|(figure, found, expected)| deviation(figure, found, expected))
            .collect();
        if self.assets.cost_before != self.assets.cost_after || self.assets.cost_before == 0 {
            deviations.push(deviation(
                "assets.cost_after",
                self.assets.cost_after,
                self.assets.cost_before,
            ));
        }
        let at_least = [
            ("operations", self.operations, OPERATIONS_MIN),
            ("voided", self.voided, 1),
        ];
        let too_few = at_least.into_iter().filter(|(_, found, least)| found < least);
        deviations
            .extend(too_few.map(|(figure, found, least)| deviation(figure, found, format!("≥ {least}"))));
        if !self.converged {
            deviations.push(deviation("converged", self.converged, true));
        }
        deviations
    }
}

fn deviation(figure: &'static str, found: impl ToString, expected: impl ToString) -> Deviation {
    Deviation {
        figure,
        found: found.to_string(),
        expected: expected.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Report {
        Report {
            schema: SCHEMA,
            nodes: 6,
            converged: true,
            distinct_state_roots: 1,
            stores_verified: 6,
            centres_open: 5,
            centres_without_head: 0,
            heads_in_charge: 1,
            centres_out_of_bounds: 0,
            warned: 1,
            staff: Staff {
                total: 46,
                culture: 27,
                agriculture: 19,
            },
            assets: Assets {
                total: 360,
                cost_before: 7,
                cost_after: 7,
            },
            old_units: OldUnits::default(),
            handovers: Handovers {
                assets: 11,
                corrections: 1,
                staff: 46,
                contested: 1,
            },
            refused: Refused {
                forged: 1,
                unauthorised: 1,
                malformed: 1,
            },
            voided: 3,
            killed_and_recovered: 1,
            operations: 1_234,
            proofs_dir: "/tmp/proofs".to_owned(),
            proofs_verified: 12,
            seconds: 30,
            memory_mib: 300,
            cpu_seconds: 25,
        }
    }

    #[test]
    fn the_object_has_the_documented_form() {
        let json = serde_json::to_string(&good()).unwrap();
        let expected = concat!(
            r#"{"schema":"soxa.demo/1","nodes":6,"converged":true,"distinct_state_roots":1,"stores_verified":6,"#,
            r#""centres_open":5,"centres_without_head":0,"heads_in_charge":1,"#,
            r#""centres_out_of_bounds":0,"warned":1,"staff":{"total":46,"culture":27,"agriculture":19},"#,
            r#""assets":{"total":360,"cost_before":7,"cost_after":7},"old_units":{"staff":0,"assets":0},"#,
            r#""handovers":{"assets":11,"corrections":1,"staff":46,"contested":1},"#,
            r#""refused":{"forged":1,"unauthorised":1,"malformed":1},"voided":3,"#,
            r#""killed_and_recovered":1,"operations":1234,"proofs_dir":"/tmp/proofs","proofs_verified":12,"seconds":30,"memory_mib":300,"cpu_seconds":25}"#,
        );
        assert_eq!(json, expected);
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Report), figures: &[&str]) {
        let mut report = good();
        change(&mut report);
        let found: Vec<&str> = report
            .deviations(&Scenario::load(5).unwrap())
            .iter()
            .map(|deviation| deviation.figure)
            .collect();
        assert_eq!(found, figures);
    }

    #[test]
    fn every_deviation_is_named() {
        check(|_| (), &[]);
        check(
            |report| report.distinct_state_roots = 2,
            &["distinct_state_roots"],
        );
        check(|report| report.stores_verified = 5, &["stores_verified"]);
        check(|report| report.staff.culture = 26, &["staff.culture"]);
        check(|report| report.assets.cost_after = 6, &["assets.cost_after"]);
        check(|report| report.old_units.assets = 1, &["old_units.assets"]);
        check(|report| report.proofs_verified = 11, &["proofs_verified"]);
        check(|report| report.warned = 0, &["warned"]);
        check(
            |report| report.centres_out_of_bounds = 1,
            &["centres_out_of_bounds"],
        );
        check(|report| report.heads_in_charge = 0, &["heads_in_charge"]);
        check(
            |report| report.handovers.assets = 12,
            &["handovers.assets", "proofs_verified"],
        );
        check(
            |report| report.handovers.corrections = 0,
            &["handovers.corrections", "proofs_verified"],
        );
        check(|report| report.handovers.staff = 45, &["handovers.staff"]);
        check(|report| report.refused.forged = 0, &["refused.forged"]);
        check(|report| report.operations = 999, &["operations"]);
        check(|report| report.voided = 0, &["voided"]);
        check(|report| report.converged = false, &["converged"]);
    }
}
