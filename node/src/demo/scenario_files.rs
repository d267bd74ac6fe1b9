//! Reading the scenario from the files in `node/data`, and holding them against one another.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::DemoError;
use super::people::NameList;
use super::scenario::{Asset, CentreHead, Commune, Field, OldUnit, Province, Scenario};

const PROVINCES: &str = include_str!("../../data/provinces.csv");
const COMMUNES: &str = include_str!("../../data/communes.csv");
const OLD_TO_NEW: &str = include_str!("../../data/old_to_new.csv");
const ALLOCATION: &str = include_str!("../../data/scenario.json");
const ASSETS: &str = include_str!("../../data/assets.csv");

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
    reader
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|e| DemoError::data(file, e))
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
            let share = allocation
                .allocation
                .get(&row.unit_code)
                .filter(|share| share.name == row.full_name_vi);
            let share = share.ok_or_else(|| wrong(format!("no allocation for {}", row.full_name_vi)))?;
            let mut pairs = allocation
                .handover_pairs_district_commune
                .iter()
                .filter(|p| p.to == row.unit_code);
            let (Some(pair), None) = (pairs.next(), pairs.next()) else {
                return Err(wrong(format!("not one former district of {}", row.full_name_vi)));
            };
            let from: Vec<&FormerRow> = former
                .iter()
                .filter(|old| old.new_unit_code == row.unit_code)
                .collect();
            let district = from
                .iter()
                .find(|old| old.old_district_name == pair.from_district);
            let district =
                district.ok_or_else(|| wrong(format!("{} is not in the mapping", pair.from_district)))?;
            let people = |field| {
                if field == Field::Culture {
                    share.culture
                } else {
                    share.agriculture
                }
            };
            let old_units = Field::ALL
                .into_iter()
                .map(|field| old_unit(field, district, people(field), &kinds, &mut names))
                .collect();
            let interim = allocation.interim_heads_vice_chair.contains(&row.unit_code);
            communes.push(Commune {
                former: from.iter().map(|old| old.old_commune_name.clone()).collect(),
                head: names.next(),
                centre_head: if interim {
                    CentreHead::InCharge(names.next())
                } else {
                    CentreHead::Manager
                },
                asset_officer: names.next(),
                old_units,
                code: row.unit_code,
                name: row.full_name_vi,
                short_name: row.name_vi,
                kind: row.kind,
            });
        }
        Ok(Self {
            province,
            day: allocation.as_of,
            communes,
        })
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
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
