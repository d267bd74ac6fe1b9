//! Reading the scenario from the files in `node/data`, and holding them against one another.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::DemoError;
use super::people::NameList;
use super::scenario::{Asset, CentreHead, Commune, Field, OldUnit, Portion, Province, Scenario, Twice};

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
    full_name_vi: String,
}

#[derive(Deserialize)]
struct FormerRow {
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
struct Bounds {
    culture: (u32, u32),
    agriculture: (u32, u32),
}

#[derive(Deserialize)]
struct Allocation {
    as_of: String,
    bounds: Bounds,
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

/// The communes of the story, which play in every size.
const STORY: [&str; 5] = ["03646", "03721", "03847", "03980", "04144"];
/// The commune whose old culture centre gives one asset away twice.
const ALONE: &str = "04144";
/// The commune that gets that asset too, when no other gets something from the same old unit.
const RIVAL: &str = "03980";
/// The number of that asset in its portion, from 0: the culture centre's car.
const TWICE: usize = 4;
/// Assets in a portion at least.
const ASSETS_MIN: usize = 6;

/// Everything that the files say, read but not chosen from.
struct Files {
    allocation: Allocation,
    communes: Vec<CommuneRow>,
    former: Vec<FormerRow>,
    kinds: Vec<AssetKind>,
}

impl Files {
    fn read() -> Result<Self, DemoError> {
        Ok(Self {
            allocation: serde_json::from_str(ALLOCATION).map_err(|e| DemoError::data("scenario.json", e))?,
            communes: rows("communes.csv", COMMUNES)?,
            former: rows("old_to_new.csv", OLD_TO_NEW)?,
            kinds: rows("assets.csv", ASSETS)?,
        })
    }

    /// So many communes: those of the story first, the others in the order of their codes.
    fn choose(&self, count: usize) -> Result<Vec<&CommuneRow>, DemoError> {
        let (story, others): (Vec<_>, Vec<_>) = self
            .communes
            .iter()
            .partition(|row| STORY.contains(&row.unit_code.as_str()));
        if story.len() != STORY.len() || !(STORY.len()..=self.communes.len()).contains(&count) {
            return Err(wrong(format!("{count} communes of {}", self.communes.len())));
        }
        Ok(story.into_iter().chain(others).take(count).collect())
    }

    /// How many people of each field go to a commune.
    fn share(&self, commune: &CommuneRow) -> Result<&Share, DemoError> {
        let share = self.allocation.allocation.get(&commune.unit_code);
        share
            .filter(|share| share.name == commune.full_name_vi)
            .ok_or_else(|| wrong(format!("no allocation for {}", commune.full_name_vi)))
    }

    /// The former districts that hand something to a commune.
    fn districts(&self, commune: &CommuneRow) -> Result<Vec<&FormerRow>, DemoError> {
        let pairs = self.allocation.handover_pairs_district_commune.iter();
        let districts = pairs.filter(|pair| pair.to == commune.unit_code).map(|pair| {
            let is_it = |old: &&FormerRow| {
                old.new_unit_code == commune.unit_code && old.old_district_name == pair.from_district
            };
            let found = self.former.iter().find(is_it);
            found.ok_or_else(|| wrong(format!("{} is not in the mapping", pair.from_district)))
        });
        let districts = districts.collect::<Result<Vec<_>, _>>()?;
        match districts.is_empty() {
            false => Ok(districts),
            true => Err(wrong(format!("no former district of {}", commune.full_name_vi))),
        }
    }
}

fn wrong(what: String) -> DemoError {
    DemoError::data("scenario.json", what)
}

impl Scenario {
    /// Reads the embedded files and chooses so many communes, 5 to 75.
    ///
    /// # Errors
    /// When there are not so many, or the files contradict one another, which is a defect of the program.
    pub fn load(communes: usize) -> Result<Self, DemoError> {
        let files = Files::read()?;
        let province = rows::<Province>("provinces.csv", PROVINCES)?.into_iter().next();
        let province = province.ok_or_else(|| DemoError::data("provinces.csv", "no row"))?;
        let mut making = Making {
            names: NameList::load()?,
            communes: Vec::new(),
            old_units: Vec::new(),
            portions: Vec::new(),
        };
        for row in files.choose(communes)? {
            making.add(row, &files)?;
        }
        making.give_assets(&files.kinds);
        let twice = making.give_twice()?;
        Ok(Self {
            province,
            bounds: [
                files.allocation.bounds.culture,
                files.allocation.bounds.agriculture,
            ],
            day: files.allocation.as_of,
            communes: making.communes,
            old_units: making.old_units,
            portions: making.portions,
            twice,
            finance: making.names.next(),
            names: making.names,
        })
    }
}

/// A scenario that is being put together.
struct Making {
    names: NameList,
    communes: Vec<Commune>,
    old_units: Vec<OldUnit>,
    portions: Vec<Portion>,
}

impl Making {
    /// A commune with the people whom its former districts hand over.
    fn add(&mut self, row: &CommuneRow, files: &Files) -> Result<(), DemoError> {
        let names = &mut self.names;
        let commune = self.communes.len();
        let share = files.share(row)?;
        let districts = files.districts(row)?;
        let interim = files.allocation.interim_heads_vice_chair.contains(&row.unit_code);
        self.communes.push(Commune {
            head: names.next(),
            centre_head: match interim {
                true => CentreHead::InCharge(names.next()),
                false => CentreHead::Manager,
            },
            asset_officer: names.next(),
            code: row.unit_code.clone(),
            name: row.full_name_vi.clone(),
            kind: row.kind.clone(),
        });
        for field in Field::ALL {
            let people = match field {
                Field::Culture => share.culture,
                Field::Agriculture => share.agriculture,
            };
            // Of several districts the first give one more when the people cannot be divided evenly.
            for (number, district) in districts.iter().enumerate() {
                let staff = (number..people).step_by(districts.len());
                let staff = staff.map(|_| self.names.next()).collect();
                let unit = self.old_unit(field, district);
                self.portions.push(Portion {
                    unit,
                    commune,
                    staff,
                    assets: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// The number of a former district's unit, which comes into being when it is first asked for.
    fn old_unit(&mut self, field: Field, district: &FormerRow) -> usize {
        let code = format!("{}-{}", field.letters(), district.old_district_code);
        if let Some(known) = self.old_units.iter().position(|unit| unit.code == code) {
            return known;
        }
        let place = lower_first(&district.old_district_name);
        let name = match field {
            Field::Culture => format!("Trung tâm Truyền thông - Văn hóa {place}"),
            Field::Agriculture => format!("Trạm Nông nghiệp khu vực {place}"),
        };
        self.old_units.push(OldUnit {
            name,
            field,
            head: self.names.next(),
            code,
        });
        self.old_units.len() - 1
    }

    /// Shares out the kinds of assets of each old unit among its portions, going round the list.
    fn give_assets(&mut self, kinds: &[AssetKind]) {
        for (number, unit) in self.old_units.iter().enumerate() {
            let kinds: Vec<&AssetKind> = kinds.iter().filter(|kind| kind.field == unit.field).collect();
            let portions = self.portions.iter_mut().filter(|portion| portion.unit == number);
            let portions: Vec<&mut Portion> = portions.collect();
            let each = (kinds.len() / portions.len().max(1)).max(ASSETS_MIN);
            // A few per cent up or down by district, so that no two minutes have the same total.
            let per_cent = 94 + i64::from(unit.code.bytes().map(u16::from).sum::<u16>() % 13);
            let mut given = (1_u32..).zip(kinds.iter().cycle());
            for portion in portions {
                let assets = given.by_ref().take(each).map(|(number, kind)| Asset {
                    code: format!("{}-{number:03}", unit.code),
                    name: kind.name.clone(),
                    category: kind.category.clone(),
                    quantity: kind.quantity,
                    measure: kind.measure.clone(),
                    cost: kind.cost / 100 * per_cent,
                    in_use_year: kind.in_use_year,
                    condition: kind.condition.clone(),
                });
                portion.assets = assets.collect();
            }
        }
    }

    /// Puts one asset into two portions of the same old unit. When only one commune gets something from that unit,
    /// the rival's portion is made for it.
    fn give_twice(&mut self) -> Result<Twice, DemoError> {
        let commune = |code: &str| self.communes.iter().position(|commune| commune.code == code);
        let missing = || wrong("nothing to hand over twice".to_owned());
        let (alone, rival) = commune(ALONE).zip(commune(RIVAL)).ok_or_else(missing)?;
        let first = self.portions.iter().position(|portion| portion.commune == alone);
        let first = first.ok_or_else(missing)?;
        let portion = self.portions.get(first).ok_or_else(missing)?;
        let (unit, asset) = (
            portion.unit,
            portion.assets.get(TWICE).cloned().ok_or_else(missing)?,
        );
        let other = |portion: &Portion| portion.unit == unit && portion.commune != alone;
        let second = self.portions.iter().position(other).unwrap_or_else(|| {
            self.portions.push(Portion {
                unit,
                commune: rival,
                staff: Vec::new(),
                assets: Vec::new(),
            });
            self.portions.len() - 1
        });
        let portion = self.portions.get_mut(second).ok_or_else(missing)?;
        portion.assets.push(asset.clone());
        Ok(Twice {
            asset,
            portions: [first, second],
        })
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
