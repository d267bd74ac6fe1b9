//! The scenario: real units of Sơn La, the staff that each new centre gets, and what their former districts hand over.
//!
//! Everything is read from the files in `node/data`, which `PROVENANCE.md` beside them explains.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::DemoError;
use super::people::{NameList, Person};

const PROVINCES: &str = include_str!("../../data/provinces.csv");
const COMMUNES: &str = include_str!("../../data/communes.csv");
const OLD_TO_NEW: &str = include_str!("../../data/old_to_new.csv");
const ALLOCATION: &str = include_str!("../../data/scenario.json");
const ASSETS: &str = include_str!("../../data/assets.csv");

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

/// One kind of asset in the list of those that old units have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct AssetKind {
    #[serde(rename = "kind")]
    field: Field,
    name: String,
    category: String,
    quantity: u64,
    measure: String,
    cost: i64,
    in_use_year: u16,
    condition: String,
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
        self.old_units.iter().flat_map(|unit| unit.staff.iter().map(move |person| (unit.field, person)))
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

#[derive(Deserialize)]
struct CommuneRow {
    unit_code: String,
    #[serde(rename = "type")]
    kind: String,
    name_vi: String,
    full_name_vi: String,
}

#[derive(Deserialize)]
struct FormerRow {
    old_commune_name: String,
    old_district_code: String,
    old_district_name: String,
    new_unit_code: String,
}

#[derive(Deserialize)]
struct Share {
    name: String,
    culture: usize,
    agriculture: usize,
}

#[derive(Deserialize)]
struct Pair {
    from_district: String,
    to: String,
}

#[derive(Deserialize)]
struct Allocation {
    as_of: String,
    allocation: BTreeMap<String, Share>,
    handover_pairs_district_commune: Vec<Pair>,
    interim_heads_vice_chair: Vec<String>,
}

fn rows<T: for<'a> Deserialize<'a>>(file: &'static str, text: &str) -> Result<Vec<T>, DemoError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|e| DemoError::data(file, e))
}

impl Scenario {
    /// Reads the embedded files.
    ///
    /// # Errors
    /// When they contradict one another: a defect of the program.
    pub fn load() -> Result<Self, DemoError> {
        let wrong = |what: String| DemoError::data("scenario.json", what);
        let allocation: Allocation =
            serde_json::from_str(ALLOCATION).map_err(|e| DemoError::data("scenario.json", e))?;
        let former: Vec<FormerRow> = rows("old_to_new.csv", OLD_TO_NEW)?;
        let kinds: Vec<AssetKind> = rows("assets.csv", ASSETS)?;
        let province = rows::<Province>("provinces.csv", PROVINCES)?.into_iter().next();
        let province = province.ok_or_else(|| DemoError::data("provinces.csv", "no row"))?;
        let mut names = NameList::load()?;
        let mut communes = Vec::new();
        for row in rows::<CommuneRow>("communes.csv", COMMUNES)? {
            let share = allocation.allocation.get(&row.unit_code).filter(|share| share.name == row.full_name_vi);
            let share = share.ok_or_else(|| wrong(format!("no allocation for {}", row.full_name_vi)))?;
            let mut pairs = allocation.handover_pairs_district_commune.iter().filter(|p| p.to == row.unit_code);
            let (Some(pair), None) = (pairs.next(), pairs.next()) else {
                return Err(wrong(format!("not one former district of {}", row.full_name_vi)));
            };
            let from: Vec<&FormerRow> = former.iter().filter(|old| old.new_unit_code == row.unit_code).collect();
            let district = from.iter().find(|old| old.old_district_name == pair.from_district);
            let district = district.ok_or_else(|| wrong(format!("{} is not in the mapping", pair.from_district)))?;
            let people = |field| if field == Field::Culture { share.culture } else { share.agriculture };
            let old_units = Field::ALL
                .into_iter()
                .map(|field| old_unit(field, district, people(field), &kinds, &mut names))
                .collect();
            let interim = allocation.interim_heads_vice_chair.contains(&row.unit_code);
            communes.push(Commune {
                former: from.iter().map(|old| old.old_commune_name.clone()).collect(),
                head: names.next(),
                centre_head: if interim { CentreHead::InCharge(names.next()) } else { CentreHead::Manager },
                asset_officer: names.next(),
                old_units,
                code: row.unit_code,
                name: row.full_name_vi,
                short_name: row.name_vi,
                kind: row.kind,
            });
        }
        Ok(Self { province, day: allocation.as_of, communes })
    }

    /// The commune with this code.
    pub fn commune(&self, code: &str) -> Option<&Commune> {
        self.communes.iter().find(|commune| commune.code == code)
    }

    /// All old units with the commune whose centre takes them over.
    pub fn old_units(&self) -> impl Iterator<Item = (&Commune, &OldUnit)> {
        self.communes.iter().flat_map(|commune| commune.old_units.iter().map(move |unit| (commune, unit)))
    }
}

fn old_unit(
    field: Field,
    district: &FormerRow,
    people: usize,
    kinds: &[AssetKind],
    names: &mut NameList,
) -> OldUnit {
    let place = lower_first(&district.old_district_name);
    let name = match field {
        Field::Culture => format!("Trung tâm Truyền thông - Văn hóa {place}"),
        Field::Agriculture => format!("Trạm Nông nghiệp khu vực {place}"),
    };
    let code = format!("{}-{}", field.letters(), district.old_district_code);
    // A few per cent up or down by district, so that no two minutes have the same total.
    let per_cent = 94 + i64::from(district.old_district_code.bytes().map(u16::from).sum::<u16>() % 13);
    let assets = (1_u32..)
        .zip(kinds.iter().filter(|kind| kind.field == field))
        .map(|(number, kind)| Asset {
            code: format!("{code}-{number:02}"),
            name: kind.name.clone(),
            category: kind.category.clone(),
            quantity: kind.quantity,
            measure: kind.measure.clone(),
            cost: kind.cost / 100 * per_cent,
            in_use_year: kind.in_use_year,
            condition: kind.condition.clone(),
        })
        .collect();
    OldUnit {
        name,
        field,
        head: names.next(),
        staff: (0..people).map(|_| names.next()).collect(),
        assets,
        code,
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn count(scenario: &Scenario, code: &str) -> (usize, usize) {
        let of = |field| scenario.commune(code).unwrap().staff().filter(|(f, _)| *f == field).count();
        (of(Field::Culture), of(Field::Agriculture))
    }

    #[test]
    fn staff_are_the_canonical_allocation() {
        let scenario = Scenario::load().unwrap();
        let expected = [("03847", 7, 4), ("04144", 3, 3), ("03721", 7, 4), ("03646", 7, 4), ("03980", 3, 4)];
        for (code, culture, agriculture) in expected {
            assert_eq!(count(&scenario, code), (culture, agriculture), "{code}");
        }
        let all = scenario.communes.iter().map(|commune| commune.staff().count()).sum::<usize>();
        assert_eq!((all, scenario.communes.len(), scenario.old_units().count()), (46, 5, 10));
    }

    #[test]
    fn districts_and_heads_are_those_of_the_data() {
        let scenario = Scenario::load().unwrap();
        let check = |code: &str, district: &str, former: usize, in_charge: bool| {
            let commune = scenario.commune(code).unwrap();
            assert!(commune.old_units.iter().all(|unit| unit.name.ends_with(district)), "{commune:?}");
            assert_eq!(commune.former.len(), former, "{code}");
            assert_eq!(matches!(commune.centre_head, CentreHead::InCharge(_)), in_charge, "{code}");
        };
        check("03847", "huyện Mường La", 3, false);
        check("04144", "huyện Mai Sơn", 2, true);
        check("03721", "huyện Thuận Châu", 5, false);
        check("03646", "thành phố Sơn La", 4, false);
        check("03980", "thị xã Mộc Châu", 3, false);
        assert_eq!(scenario.commune("03980").unwrap().centre_name(), "Trung tâm Dịch vụ tổng hợp phường Mộc Châu");
        assert_eq!(scenario.day, "2025-11-15");
    }

    #[test]
    fn codes_and_people_are_different_and_minutes_long_enough() {
        let scenario = Scenario::load().unwrap();
        let mut codes = BTreeSet::new();
        let mut people = BTreeSet::new();
        for (_, unit) in scenario.old_units() {
            assert!(unit.assets.len() >= 10, "{}", unit.code);
            assert!(unit.assets.iter().all(|asset| asset.cost > 0 && codes.insert(asset.code.clone())));
            assert!(unit.staff.iter().all(|person| people.insert(person.name.clone())), "{}", unit.code);
        }
        for commune in &scenario.communes {
            assert!(people.insert(commune.head.name.clone()), "{}", commune.head.name);
            assert!(people.insert(commune.asset_officer.name.clone()));
        }
    }
}
