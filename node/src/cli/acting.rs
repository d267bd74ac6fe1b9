//! Who signs, and in which capacity: the key file, its appointments, and the one that fits the act.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::{Lang, text};
use soxa_ledger::role::{Permissions, Role, RoleTable, StatementKind};
use soxa_ledger::{NetworkId, PublicKey, RecordId, SecretKey, StatementId};

use super::Session;
use super::session::Units;
use crate::control::reports::AppointmentReport;
use crate::failure::{Failure, listed};
use crate::key_store::{self, LockedKey};
use crate::output::{say, short};
use crate::passphrase::Passphrases;

/// Options of every command that signs.
#[derive(Debug, Clone, Args)]
pub struct SignArgs {
    /// The official's key file.
    #[arg(long, env = key_store::ENVIRONMENT, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The appointment to act under, or its unit.
    #[arg(long = "as", value_name = "APPOINTMENT|UNIT")]
    pub acting_as: Option<String>,
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// How consent and passphrase are given.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConsentArgs {
    /// Do not ask whether to go on.
    #[arg(long)]
    pub yes: bool,
    /// Read the passphrase from standard input.
    #[arg(long)]
    pub passphrase_stdin: bool,
}

impl ConsentArgs {
    /// Shows what would be signed and asks whether to go on.
    ///
    /// # Errors
    /// `errors.not_confirmed` when the answer is no; `errors.confirmation_needed` when nobody can be asked.
    pub fn obtain(&self, passphrases: &Passphrases, preview: &[String]) -> Result<(), Failure> {
        preview.iter().for_each(|line| say(line));
        if self.yes || passphrases.confirm()? {
            Ok(())
        } else {
            Err(Failure::new("errors.not_confirmed", &[]))
        }
    }
}

/// An appointment to act under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The appointment.
    pub appointment: StatementId,
    /// The official's name.
    pub person: String,
    /// The role.
    pub role: Role,
    /// The unit with all units above it.
    pub unit_path: Vec<RecordId>,
}

impl Acting {
    fn read(report: &AppointmentReport) -> Option<Self> {
        Some(Self {
            appointment: report.id.parse().ok()?,
            person: report.person.clone(),
            role: report.role.parse().ok()?,
            unit_path: report
                .unit_path
                .iter()
                .map(|unit| unit.parse().ok())
                .collect::<Option<_>>()?,
        })
    }

    /// The unit acted for.
    pub fn unit(&self) -> Option<RecordId> {
        self.unit_path.last().copied()
    }

    /// Whether the unit with this path is the own one or below it.
    pub fn is_at_or_above(&self, path: &[RecordId]) -> bool {
        path.starts_with(&self.unit_path)
    }

    /// The first line of a preview: who signs in which capacity.
    pub fn preview(&self, lang: Lang, units: &Units) -> String {
        let unit = self.unit().map(|unit| units.name(&unit)).unwrap_or_default();
        text(
            lang,
            "preview.signer",
            &[
                ("person", &self.person),
                ("role", &role_name(lang, &self.role)),
                ("unit", &unit),
            ],
        )
    }
}

/// A role in the reader's language; a role that the catalogue lacks is shown as its word.
pub fn role_name(lang: Lang, role: &Role) -> String {
    let key = format!("records.role.{role}");
    if soxa_lang::has(&key) {
        text(lang, &key, &[])
    } else {
        role.to_string()
    }
}

/// An official with the key file, ready to sign once the passphrase is known.
pub struct Signer {
    /// The public key.
    pub public: PublicKey,
    /// The network signed for.
    pub network: NetworkId,
    /// Where the passphrase comes from.
    pub passphrases: Passphrases,
    consent: ConsentArgs,
    acting_as: Option<String>,
    roles: RoleTable,
    appointments: Vec<Acting>,
    key: LockedKey,
    opened: Option<SecretKey>,
}

impl Signer {
    /// Reads the key file and asks the daemon for its appointments. The passphrase is asked for now only when the
    /// file does not tell its public key.
    ///
    /// # Errors
    /// When the key file or the daemon cannot be read.
    pub fn new(session: &mut Session, args: &SignArgs) -> Result<Self, Failure> {
        let file = session.key_file(args.key.as_deref())?;
        let key = LockedKey::read(&file)?;
        let (network, genesis) = session.home.network()?;
        let mut passphrases = Passphrases::new(session.lang, args.consent.passphrase_stdin);
        let (public, opened) = match key.public() {
            Some(public) => (public, None),
            None => {
                let opened = key.unlock(&mut passphrases)?;
                (opened.public(), Some(opened))
            }
        };
        let now = crate::clock::now().0;
        let in_force =
            |r: &&AppointmentReport| r.from_ms <= now && r.until_ms.is_none_or(|until| now < until);
        let reports = session.client()?.appointments(public.to_string())?;
        let appointments = reports.iter().filter(in_force).filter_map(Acting::read).collect();
        let roles = genesis
            .as_genesis()
            .map(|genesis| genesis.roles.clone())
            .unwrap_or_default();
        Ok(Self {
            public,
            network,
            passphrases,
            consent: args.consent,
            acting_as: args.acting_as.clone(),
            roles,
            appointments,
            key,
            opened,
        })
    }

    /// The appointment that permits an act and fits it. Of several the one nearest to the act's object, that is of
    /// the lowest unit; two units side by side are for the official to choose between.
    ///
    /// # Errors
    /// When none permits it, or several do.
    pub fn acting(
        &self,
        units: &Units,
        permits: impl Fn(&Permissions) -> bool,
        fits: impl Fn(&Acting) -> bool,
    ) -> Result<Acting, Failure> {
        let wanted_unit = self
            .acting_as
            .as_deref()
            .and_then(|wanted| units.find(wanted).ok());
        let wanted = |acting: &&Acting| match self.acting_as.as_deref() {
            None => true,
            Some(id) => acting.appointment.to_string().starts_with(id) || wanted_unit == acting.unit(),
        };
        let permitted = |acting: &&Acting| self.roles.get(&acting.role).is_some_and(&permits);
        let chosen: Vec<&Acting> = self
            .appointments
            .iter()
            .filter(wanted)
            .filter(permitted)
            .collect();
        // What fits none is left to the check at the node: its objection names the rule.
        let fitting: Vec<&Acting> = chosen.iter().copied().filter(|acting| fits(acting)).collect();
        let candidates = if fitting.is_empty() { chosen } else { fitting };
        nearest(&candidates).map_err(|several| {
            let named = |all: &[Acting]| {
                let label = |acting: &Acting| {
                    let unit = acting.unit().map(|unit| units.name(&unit)).unwrap_or_default();
                    format!(
                        "{} ({}, {unit})",
                        short(&acting.appointment.to_string()),
                        acting.role
                    )
                };
                listed(&all.iter().map(label).collect::<Vec<_>>())
            };
            let key = short(&self.public.to_string());
            if several.is_empty() {
                let known = named(&self.appointments);
                Failure::new(
                    "errors.no_appointment_permits",
                    &[("key", &key), ("appointments", &known)],
                )
            } else {
                Failure::new(
                    "errors.several_appointments",
                    &[("key", &key), ("appointments", &named(&several))],
                )
            }
        })
    }

    /// Whether one of the appointments may make statements of this kind on a unit with this path: it is of the unit or above it.
    pub fn may_make(&self, kind: StatementKind, path: &[RecordId]) -> bool {
        let permits = |role: &Role| self.roles.get(role).is_some_and(|p| p.statements.contains(&kind));
        let mut appointments = self.appointments.iter();
        appointments.any(|acting| acting.is_at_or_above(path) && permits(&acting.role))
    }

    /// Shows what would be signed and asks whether to go on.
    ///
    /// # Errors
    /// When the answer is no.
    pub fn consent(&self, preview: &[String]) -> Result<(), Failure> {
        self.consent.obtain(&self.passphrases, preview)
    }

    /// The private key; the passphrase is asked for once.
    ///
    /// # Errors
    /// When no passphrase can be read or it does not open the file.
    pub fn secret(&mut self) -> Result<SecretKey, Failure> {
        let secret = match self.opened.take() {
            Some(secret) => secret,
            None => self.key.unlock(&mut self.passphrases)?,
        };
        Ok(self.opened.insert(secret).clone())
    }

    /// The private key of one of several officials of a command, whose passphrases come from one place.
    ///
    /// # Errors
    /// As for [`Signer::secret`].
    pub fn secret_after(&mut self, other: &mut Self) -> Result<SecretKey, Failure> {
        match &self.opened {
            Some(secret) => Ok(secret.clone()),
            None => self.key.unlock(&mut other.passphrases),
        }
    }
}

/// The candidate of the lowest unit; `Err` with those to choose between, or with none.
fn nearest(candidates: &[&Acting]) -> Result<Acting, Vec<Acting>> {
    let depth = candidates
        .iter()
        .map(|acting| acting.unit_path.len())
        .max()
        .unwrap_or(0);
    let mut lowest: Vec<&Acting> = candidates
        .iter()
        .copied()
        .filter(|acting| acting.unit_path.len() == depth)
        .collect();
    lowest.sort_by_key(|acting| acting.appointment);
    let one_unit = lowest.iter().all(|acting| acting.unit() == lowest[0].unit());
    match lowest.first() {
        Some(first) if one_unit => Ok((*first).clone()),
        _ => Err(lowest.into_iter().cloned().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acting(n: u8, path: &[u8]) -> Acting {
        Acting {
            appointment: StatementId([n; 32]),
            person: "Lò Thị Lan".to_owned(),
            role: "unit_head".parse().unwrap(),
            unit_path: path.iter().map(|unit| RecordId([*unit; 32])).collect(),
        }
    }

    #[track_caller]
    fn check(candidates: &[(u8, &[u8])], expected: Result<u8, usize>) {
        let all: Vec<Acting> = candidates.iter().map(|(n, path)| acting(*n, path)).collect();
        let chosen = nearest(&all.iter().collect::<Vec<_>>());
        assert_eq!(
            chosen
                .map(|a| a.appointment.0[0])
                .map_err(|several| several.len()),
            expected
        );
    }

    #[test]
    fn the_lowest_unit_is_chosen_and_neighbours_are_not_guessed_between() {
        check(&[], Err(0));
        check(&[(1, &[1, 2]), (2, &[1, 2, 3])], Ok(2));
        check(&[(1, &[1, 2]), (2, &[1, 3])], Err(2));
        check(&[(2, &[1, 2]), (1, &[1, 2])], Ok(1));
    }
}
