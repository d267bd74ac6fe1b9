//! The scenario: real units of Sơn La, the staff that each new centre gets, and what their former districts hand over.
//!
//! Everything is read from the files in `node/data`, which `PROVENANCE.md` beside them explains.

use serde::Deserialize;

use super::people::{NameList, Person};

/// The decision that the demonstration's acts rest on.
pub const BASIS: &str = "Đề án 2733 ngày 04/11/2025 của UBND tỉnh Sơn La";

/// The two fields of work that the new centres join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Culture, sport, communication.
    Culture,
    /// Extension, plant and animal health.
    Agriculture,
}

impl Field {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Culture, Self::Agriculture];

    /// The word for it in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Culture => "culture",
            Self::Agriculture => "agriculture",
        }
    }

    /// Letters in the codes of units and assets.
    pub fn letters(self) -> &'static str {
        match self {
            Self::Culture => "VH",
            Self::Agriculture => "NN",
        }
    }
}

/// The province.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Province {
    /// Its official code.
    #[serde(rename = "province_code")]
    pub code: String,
    /// Its full name.
    #[serde(rename = "full_name")]
    pub name: String,
}

/// An asset of an old unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its inventory code, unique in the scenario.
    pub code: String,
    /// What it is.
    pub name: String,
    /// The category.
    pub category: String,
    /// How much.
    pub quantity: u64,
    /// Of what.
    pub measure: String,
    /// The original cost in đồng.
    pub cost: i64,
    /// The year of first use.
    pub in_use_year: u16,
    /// The condition.
    pub condition: String,
}

/// A centre or station of a former district, to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldUnit {
    /// Its code in the demonstration.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it does.
    pub field: Field,
    /// Its head.
    pub head: Person,
}

impl OldUnit {
    /// The kind of unit, as a word of the records.
    pub fn kind(&self) -> &'static str {
        match self.field {
            Field::Culture => "district_centre",
            Field::Agriculture => "district_station",
        }
    }
}

/// What one old unit hands over to the centre of one commune: one minutes of assets, one of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    /// The old unit, as its number in the scenario.
    pub unit: usize,
    /// The commune, as its number in the scenario.
    pub commune: usize,
    /// The people who go to the commune's centre.
    pub staff: Vec<Person>,
    /// What it gets.
    pub assets: Vec<Asset>,
}

/// Who heads a new centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CentreHead {
    /// The first of its own staff.
    Manager,
    /// A vice-chair of the commune, for the time being.
    InCharge(Person),
}

/// A commune or ward with its new centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// Its official code.
    pub code: String,
    /// Its full name, such as `Xã Mường Bú`.
    pub name: String,
    /// `commune` or `ward`.
    pub kind: String,
    /// The head of the commune.
    pub head: Person,
    /// The head of the new centre.
    pub centre_head: CentreHead,
    /// The asset officer of the new centre.
    pub asset_officer: Person,
}

impl Commune {
    /// The new centre's code in the demonstration.
    pub fn centre_code(&self) -> String {
        format!("DVTH-{}", self.code)
    }

    /// The new centre's name.
    pub fn centre_name(&self) -> String {
        let (prefix, rest) = self.name.split_once(' ').unwrap_or(("", &self.name));
        format!("Trung tâm Dịch vụ tổng hợp {} {rest}", prefix.to_lowercase())
    }
}

/// An asset that two communes' centres get from the same old unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    /// The asset.
    pub asset: Asset,
    /// The portions that it is in, as their numbers in the scenario.
    pub portions: [usize; 2],
}

/// Somebody who moves on from one centre to that of a neighbouring commune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// Who.
    pub person: &'a Person,
    /// The field of work.
    pub field: Field,
    /// The commune that gives, as its number in the scenario.
    pub from: usize,
    /// The commune that gets.
    pub to: usize,
}

/// Transfers between neighbours at most.
const TRANSFERS: usize = 3;
/// So many more people of a field has the commune that gives.
const SURPLUS_MIN: usize = 2;
/// Communes whose number of people the report on the reform gives: nobody is transferred there or away.
const REPORTED: [&str; 2] = ["03847", "04144"];

/// The whole scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The province.
    pub province: Province,
    /// The day on which the centres open, `2025-11-15`.
    pub day: String,
    /// The least and the most people of culture and of agriculture in a centre.
    pub bounds: [(u32, u32); 2],
    /// Its communes: those of the story first.
    pub communes: Vec<Commune>,
    /// The old units that hand something to these communes.
    pub old_units: Vec<OldUnit>,
    /// What goes from which old unit to which commune.
    pub portions: Vec<Portion>,
    /// What is handed over twice.
    pub twice: Twice,
    /// The head of the department of finance, whose office witnesses.
    pub finance: Person,
    /// The names that nobody has yet.
    pub names: NameList,
}

impl Scenario {
    /// The least and the most people of a field that a centre may have.
    pub fn bounds(&self, field: Field) -> (u32, u32) {
        self.bounds[usize::from(field == Field::Agriculture)]
    }

    /// The portions of a commune, each with its old unit.
    pub fn portions_of(&self, commune: usize) -> impl Iterator<Item = (&Portion, &OldUnit)> {
        let portions = self
            .portions
            .iter()
            .filter(move |portion| portion.commune == commune);
        portions.filter_map(|portion| Some((portion, self.old_units.get(portion.unit)?)))
    }

    /// The people of both fields who go to a commune's centre.
    pub fn staff_of(&self, commune: usize) -> impl Iterator<Item = (Field, &Person)> {
        self.portions_of(commune)
            .flat_map(|(portion, unit)| portion.staff.iter().map(move |person| (unit.field, person)))
    }

    /// Who heads a commune's centre and signs for it.
    pub fn centre_signer(&self, commune: usize) -> Option<&Person> {
        match &self.communes.get(commune)?.centre_head {
            CentreHead::InCharge(person) => Some(person),
            CentreHead::Manager => self.staff_of(commune).next().map(|(_, person)| person),
        }
    }

    /// All assets of an old unit, each once.
    pub fn assets_of(&self, unit: usize) -> Vec<&Asset> {
        let second = self.twice.portions[1];
        let portions = self.portions.iter().enumerate();
        portions
            .filter(|(_, portion)| portion.unit == unit)
            .flat_map(|(number, portion)| portion.assets.iter().map(move |asset| (number, asset)))
            .filter(|(number, asset)| *number != second || asset.code != self.twice.asset.code)
            .map(|(_, asset)| asset)
            .collect()
    }

    /// Who is transferred between neighbours: from communes with many people of a field to communes with few that came of
    /// the same former district, the greatest differences first, each commune once.
    pub fn transfers(&self) -> Vec<Transfer<'_>> {
        let mut possible: Vec<(usize, Transfer<'_>)> = Vec::new();
        for giving in &self.portions {
            let Some((unit, person)) = self.old_units.get(giving.unit).zip(giving.staff.last()) else {
                continue;
            };
            let field = unit.field;
            for getting in self.portions.iter().filter(|portion| portion.unit == giving.unit) {
                let (many, few) = (
                    self.count(giving.commune, field),
                    self.count(getting.commune, field),
                );
                let (from, to) = (giving.commune, getting.commune);
                if many >= few + SURPLUS_MIN && !self.is_reported(from) && !self.is_reported(to) {
                    let transfer = Transfer {
                        person,
                        field,
                        from,
                        to,
                    };
                    possible.push((many - few, transfer));
                }
            }
        }
        possible.sort_by_key(|(difference, transfer)| (usize::MAX - difference, transfer.from, transfer.to));
        let mut chosen: Vec<Transfer<'_>> = Vec::new();
        for (_, next) in possible {
            let parts = |one: &Transfer<'_>| [one.from, one.to];
            let busy = |one: &Transfer<'_>| parts(one).iter().any(|commune| parts(&next).contains(commune));
            if chosen.len() < TRANSFERS && !chosen.iter().any(busy) {
                chosen.push(next);
            }
        }
        chosen
    }

    /// The people of one field who go to a commune's centre.
    fn count(&self, commune: usize, field: Field) -> usize {
        self.staff_of(commune).filter(|(of, _)| *of == field).count()
    }

    fn is_reported(&self, commune: usize) -> bool {
        let code = self.communes.get(commune).map(|commune| commune.code.as_str());
        code.is_some_and(|code| REPORTED.contains(&code))
    }

    /// The people of an old unit.
    pub fn staff_from(&self, unit: usize) -> Vec<&Person> {
        let portions = self.portions.iter().filter(|portion| portion.unit == unit);
        portions.flat_map(|portion| &portion.staff).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The number of a commune.
    fn number(scenario: &Scenario, code: &str) -> usize {
        scenario
            .communes
            .iter()
            .position(|commune| commune.code == code)
            .unwrap()
    }

    fn count(scenario: &Scenario, commune: usize) -> (usize, usize) {
        let of = |field| scenario.count(commune, field);
        (of(Field::Culture), of(Field::Agriculture))
    }

    #[track_caller]
    fn check_transfers(communes: usize, expected: &[(&str, &str)]) {
        let scenario = Scenario::load(communes).unwrap();
        let name = |commune: usize| scenario.communes[commune].name.as_str();
        let transfers = scenario.transfers();
        let ways: Vec<(&str, &str)> = transfers.iter().map(|t| (name(t.from), name(t.to))).collect();
        assert_eq!(ways, expected);
        for one in transfers {
            // Who heads a centre stays, and nobody has fewer people than the other afterwards.
            let own = scenario
                .staff_of(one.from)
                .position(|(_, person)| person == one.person);
            assert!(own.is_some_and(|at| at > 0), "{one:?}");
            let (many, few) = (
                scenario.count(one.from, one.field),
                scenario.count(one.to, one.field),
            );
            assert!(many > few + 1, "{one:?}");
        }
    }

    #[test]
    fn who_is_transferred_goes_to_a_neighbour_with_fewer_people() {
        check_transfers(5, &[]);
        let ways = [
            ("Xã Mường La", "Xã Ngọc Chiến"),
            ("Xã Chiềng Lao", "Xã Chiềng Hoa"),
            ("Xã Tân Yên", "Phường Mộc Châu"),
        ];
        check_transfers(75, &ways);
    }

    fn all(scenario: &Scenario) -> (usize, usize) {
        let counts = (0..scenario.communes.len()).map(|commune| count(scenario, commune));
        counts.fold((0, 0), |(a, b), (culture, agriculture)| {
            (a + culture, b + agriculture)
        })
    }

    fn in_charge(scenario: &Scenario) -> usize {
        let interim = |commune: &&Commune| matches!(commune.centre_head, CentreHead::InCharge(_));
        scenario.communes.iter().filter(interim).count()
    }

    #[test]
    fn the_whole_province_is_the_scenario_of_the_report() {
        let scenario = Scenario::load(75).unwrap();
        assert_eq!(all(&scenario), (371, 264));
        assert_eq!((scenario.communes.len(), in_charge(&scenario)), (75, 13));
        let of = |field| {
            scenario
                .old_units
                .iter()
                .filter(|unit| unit.field == field)
                .count()
        };
        assert_eq!((of(Field::Culture), of(Field::Agriculture)), (12, 12));
        assert_eq!(scenario.portions.len(), 156);
        assert!(
            scenario
                .portions
                .iter()
                .all(|p| !p.assets.is_empty() && !p.staff.is_empty())
        );
        assert_eq!(count(&scenario, number(&scenario, "03847")), (7, 4));
        assert_eq!(count(&scenario, number(&scenario, "04144")), (3, 3));
        for commune in 0..75 {
            let (culture, agriculture) = count(&scenario, commune);
            assert!((2..=7).contains(&culture) && (2..=5).contains(&agriculture));
        }
        // Three communes join parts of two former districts, so they get four portions.
        let mut portions: BTreeMap<usize, usize> = BTreeMap::new();
        for portion in &scenario.portions {
            *portions.entry(portion.commune).or_default() += 1;
        }
        let four: BTreeSet<&str> = portions
            .iter()
            .filter(|(_, portions)| **portions == 4)
            .map(|(commune, _)| scenario.communes[*commune].code.as_str())
            .collect();
        assert_eq!(four, BTreeSet::from(["03943", "03985", "04078"]));
        let [first, second] = scenario.twice.portions.map(|number| &scenario.portions[number]);
        assert_eq!(first.unit, second.unit);
    }

    #[test]
    fn the_small_province_is_the_five_communes_of_the_story() {
        let scenario = Scenario::load(5).unwrap();
        let codes: Vec<&str> = scenario
            .communes
            .iter()
            .map(|commune| commune.code.as_str())
            .collect();
        assert_eq!(codes, ["03646", "03721", "03847", "03980", "04144"]);
        assert_eq!(all(&scenario), (27, 19));
        assert_eq!((scenario.old_units.len(), in_charge(&scenario)), (10, 1));
        // Ten pairs, and one more because nobody else gets something from the same old unit.
        assert_eq!(scenario.portions.len(), 11);
        let assets: usize = (0..10).map(|unit| scenario.assets_of(unit).len()).sum();
        assert_eq!(assets, 360);
        let check = |commune: &str, district: &str| {
            let commune = number(&scenario, commune);
            let own = scenario
                .portions_of(commune)
                .filter(|(portion, _)| !portion.staff.is_empty());
            assert!(
                own.map(|(_, unit)| &unit.name)
                    .all(|name| name.ends_with(district))
            );
        };
        check("03847", "huyện Mường La");
        check("04144", "huyện Mai Sơn");
        check("03721", "huyện Thuận Châu");
        check("03646", "thành phố Sơn La");
        check("03980", "thị xã Mộc Châu");
        let moc_chau = &scenario.communes[number(&scenario, "03980")];
        assert_eq!(
            moc_chau.centre_name(),
            "Trung tâm Dịch vụ tổng hợp phường Mộc Châu"
        );
        assert_eq!(scenario.day, "2025-11-15");
    }

    #[test]
    fn every_size_in_between_is_whole() {
        for communes in 5..=75 {
            let scenario = Scenario::load(communes).unwrap();
            assert_eq!(scenario.communes.len(), communes);
            let mut codes = BTreeSet::new();
            let mut people = BTreeSet::new();
            for unit in 0..scenario.old_units.len() {
                let assets = scenario.assets_of(unit);
                assert!(assets.len() >= 10, "{communes}: {}", assets.len());
                assert!(
                    assets
                        .iter()
                        .all(|asset| asset.cost > 0 && codes.insert(asset.code.clone()))
                );
                let staff = scenario.staff_from(unit);
                assert!(staff.iter().all(|person| people.insert(person.name.clone())));
            }
            for commune in &scenario.communes {
                assert!(people.insert(commune.head.name.clone()), "{}", commune.head.name);
                assert!(people.insert(commune.asset_officer.name.clone()));
            }
            let twice = &scenario.twice;
            let holds = |number: &usize| scenario.portions[*number].assets.contains(&twice.asset);
            assert!(twice.portions[0] != twice.portions[1] && twice.portions.iter().all(holds));
        }
        for wrong in [0, 4, 76] {
            assert!(Scenario::load(wrong).is_err(), "{wrong}");
        }
    }
}
