//! Who plays: officials with a key file each, made by `soxa key new`.

use super::error::DemoError;
use super::people::Person;
use super::process::{KeyFile, side_by_side};
use super::scenario::Scenario;
use super::stage::Stage;

/// An official.
#[derive(Debug, Clone)]
pub struct Official {
    /// The name.
    pub name: String,
    /// The key file.
    pub key: KeyFile,
}

/// The officials of one commune and its new centre.
#[derive(Debug, Clone)]
pub struct CommuneCast {
    /// The head of the commune.
    pub head: Official,
    /// Who heads the centre and signs for it.
    pub centre_head: Official,
    /// The centre's asset officer.
    pub asset_officer: Official,
}

/// Everybody.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The holders of the root keys; two of three sign.
    pub roots: Vec<Official>,
    /// The head of the province.
    pub province_head: Official,
    /// The province's operator.
    pub operator: Official,
    /// An asset officer of a commune, whose key gets into the hostile node's hands.
    pub careless: Official,
    /// The witness of the department of finance.
    pub finance: Official,
    /// By commune, in the order of the scenario.
    pub communes: Vec<CommuneCast>,
    /// The heads of the old units, in the order of the scenario.
    pub old_heads: Vec<Official>,
}

impl Cast {
    /// Makes everybody's key file.
    ///
    /// # Errors
    /// When a key file cannot be made.
    pub fn gather(stage: &Stage, scenario: &Scenario) -> Result<Self, DemoError> {
        let keys = stage.dir().join("keys");
        std::fs::create_dir_all(&keys).map_err(DemoError::file(&keys))?;
        let official = |label: &str, person: &Person| Official {
            name: person.name.clone(),
            key: KeyFile {
                file: keys.join(format!("{label}.pem")),
                passphrase: format!("mật khẩu của {label}"),
            },
        };
        let mut names = scenario.names.clone();
        let cast = Self {
            roots: (1..=3)
                .map(|n| official(&format!("root-{n}"), &names.next()))
                .collect(),
            province_head: official("province-head", &names.next()),
            operator: official("operator", &names.next()),
            careless: official("careless", &names.next()),
            finance: official("finance", &scenario.finance),
            communes: (0..scenario.communes.len())
                .map(|commune| commune_cast(scenario, commune, &official))
                .collect::<Result<_, _>>()?,
            old_heads: scenario
                .old_units
                .iter()
                .map(|unit| official(&unit.code, &unit.head))
                .collect(),
        };
        let everybody = cast.everybody();
        side_by_side(&everybody, |official| {
            let file = official.key.file.display().to_string();
            let args = [
                "key",
                "new",
                &file,
                "--name",
                &official.name,
                "--passphrase-stdin",
            ];
            stage.run(0, Some(&official.key.passphrase), &args)
        })?;
        Ok(cast)
    }

    /// All officials.
    pub fn everybody(&self) -> Vec<&Official> {
        let communes = self
            .communes
            .iter()
            .flat_map(|commune| [&commune.head, &commune.centre_head, &commune.asset_officer].into_iter());
        self.roots
            .iter()
            .chain([&self.province_head, &self.operator, &self.careless, &self.finance])
            .chain(communes)
            .chain(&self.old_heads)
            .collect()
    }
}

fn commune_cast(
    scenario: &Scenario,
    number: usize,
    official: &impl Fn(&str, &Person) -> Official,
) -> Result<CommuneCast, DemoError> {
    let missing = || DemoError::Unexpected(format!("nobody heads the centre of commune {number}"));
    let commune = scenario.communes.get(number).ok_or_else(missing)?;
    let signer = scenario.centre_signer(number).ok_or_else(missing)?;
    Ok(CommuneCast {
        head: official(&format!("{}-head", commune.code), &commune.head),
        centre_head: official(&format!("{}-centre", commune.code), signer),
        asset_officer: official(&format!("{}-assets", commune.code), &commune.asset_officer),
    })
}
