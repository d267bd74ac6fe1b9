//! The scenario: real units of Sơn La, the staff that each new centre gets, and what their former districts hand over.
//!
//! Everything is read from the files in `node/data`, which `PROVENANCE.md` beside them explains.

use serde::Deserialize;

use super::people::Person;

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
    /// The people who go to the commune's centre.
    pub staff: Vec<Person>,
    /// What it hands over.
    pub assets: Vec<Asset>,
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

/// Who heads a new centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CentreHead {
    /// The first of its own staff.
    Manager,
    /// A vice-chair of the commune, for the time being.
    InCharge(Person),
}

/// A commune or ward with its new centre and the old units that its centre takes over from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// Its official code.
    pub code: String,
    /// Its full name, such as `Xã Mường Bú`.
    pub name: String,
    /// The name without the prefix.
    pub short_name: String,
    /// `commune` or `ward`.
    pub kind: String,
    /// Its former communes.
    pub former: Vec<String>,
    /// The head of the commune.
    pub head: Person,
    /// The head of the new centre.
    pub centre_head: CentreHead,
    /// The asset officer of the new centre.
    pub asset_officer: Person,
    /// The old units, culture first.
    pub old_units: Vec<OldUnit>,
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

    /// Who heads the centre and signs for it.
    pub fn centre_signer(&self) -> Option<&Person> {
        match &self.centre_head {
            CentreHead::InCharge(person) => Some(person),
            CentreHead::Manager => self.old_units.first()?.staff.first(),
        }
    }

    /// The people of both fields.
    pub fn staff(&self) -> impl Iterator<Item = (Field, &Person)> {
        self.old_units
            .iter()
            .flat_map(|unit| unit.staff.iter().map(move |person| (unit.field, person)))
    }
}

/// The whole scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The province.
    pub province: Province,
    /// The day on which the centres open, `2025-11-15`.
    pub day: String,
    /// Its communes.
    pub communes: Vec<Commune>,
}

impl Scenario {
    /// The commune with this code.
    #[cfg(test)]
    pub fn commune(&self, code: &str) -> Option<&Commune> {
        self.communes.iter().find(|commune| commune.code == code)
    }

    /// All old units with the commune whose centre takes them over.
    pub fn old_units(&self) -> impl Iterator<Item = (&Commune, &OldUnit)> {
        self.communes
            .iter()
            .flat_map(|commune| commune.old_units.iter().map(move |unit| (commune, unit)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn count(scenario: &Scenario, code: &str) -> (usize, usize) {
        let of = |field| {
            scenario
                .commune(code)
                .unwrap()
                .staff()
                .filter(|(f, _)| *f == field)
                .count()
        };
        (of(Field::Culture), of(Field::Agriculture))
    }

    #[test]
    fn staff_are_the_canonical_allocation() {
        let scenario = Scenario::load().unwrap();
        let expected = [
            ("03847", 7, 4),
            ("04144", 3, 3),
            ("03721", 7, 4),
            ("03646", 7, 4),
            ("03980", 3, 4),
        ];
        for (code, culture, agriculture) in expected {
            assert_eq!(count(&scenario, code), (culture, agriculture), "{code}");
        }
        let all = scenario
            .communes
            .iter()
            .map(|commune| commune.staff().count())
            .sum::<usize>();
        assert_eq!(
            (all, scenario.communes.len(), scenario.old_units().count()),
            (46, 5, 10)
        );
    }

    #[test]
    fn districts_and_heads_are_those_of_the_data() {
        let scenario = Scenario::load().unwrap();
        let check = |code: &str, district: &str, former: usize, in_charge: bool| {
            let commune = scenario.commune(code).unwrap();
            assert!(
                commune.old_units.iter().all(|unit| unit.name.ends_with(district)),
                "{commune:?}"
            );
            assert_eq!(commune.former.len(), former, "{code}");
            assert_eq!(
                matches!(commune.centre_head, CentreHead::InCharge(_)),
                in_charge,
                "{code}"
            );
        };
        check("03847", "huyện Mường La", 3, false);
        check("04144", "huyện Mai Sơn", 2, true);
        check("03721", "huyện Thuận Châu", 5, false);
        check("03646", "thành phố Sơn La", 4, false);
        check("03980", "thị xã Mộc Châu", 3, false);
        assert_eq!(
            scenario.commune("03980").unwrap().centre_name(),
            "Trung tâm Dịch vụ tổng hợp phường Mộc Châu"
        );
        assert_eq!(scenario.day, "2025-11-15");
    }

    #[test]
    fn codes_and_people_are_different_and_minutes_long_enough() {
        let scenario = Scenario::load().unwrap();
        let mut codes = BTreeSet::new();
        let mut people = BTreeSet::new();
        for (_, unit) in scenario.old_units() {
            assert!(unit.assets.len() >= 10, "{}", unit.code);
            assert!(
                unit.assets
                    .iter()
                    .all(|asset| asset.cost > 0 && codes.insert(asset.code.clone()))
            );
            assert!(
                unit.staff.iter().all(|person| people.insert(person.name.clone())),
                "{}",
                unit.code
            );
        }
        for commune in &scenario.communes {
            assert!(people.insert(commune.head.name.clone()), "{}", commune.head.name);
            assert!(people.insert(commune.asset_officer.name.clone()));
        }
    }
}
