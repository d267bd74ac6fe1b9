//! `soxa search`: units under every name, persons, rosters, assets, dossiers, handovers, inventories, what the province publishes, and
//! officials, by what people remember of them.

use clap::{Args, ValueEnum};
use serde_json::json;
use soxa_lang::{Collated, Lang, collated, collated_person, text};
use soxa_ledger::RecordId;
use soxa_records::asset::AssetView;
use soxa_records::dossier::view::DossierView;
use soxa_records::handover::view::HandoverView;
use soxa_records::inventory::view::InventoryView;
use soxa_records::person::view::PersonView;
use soxa_records::reference::ReferenceView;
use soxa_records::roster::view::RosterView;
use soxa_records::unit::UnitStage;
use soxa_records::unit::view::UnitView;
use soxa_records::{CanonicalState, Field};

use super::session::{Read, Units, shown};
use super::{ReadArgs, Session, fields};
use crate::control::protocol::{Reply, Request};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{Cell, Listing, say};
use crate::search::{Fit, Sought};

/// `soxa search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What is looked for.
    #[arg(value_name = "TEXT", required = true, num_args = 1..)]
    text: Vec<String>,
    /// Only these kinds.
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Vec<Kind>,
    /// How many to show.
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    limit: usize,
    #[command(flatten)]
    read: ReadArgs,
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Kind {
    /// A unit.
    Unit,
    /// A person.
    Person,
    /// An asset.
    Asset,
    /// A dossier.
    Dossier,
    /// A handover.
    Handover,
    /// An inventory.
    Inventory,
    /// The posts of a unit.
    Roster,
    /// What the province publishes.
    Reference,
    /// An appointment.
    Official,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Unit,
        Self::Person,
        Self::Asset,
        Self::Dossier,
        Self::Handover,
        Self::Inventory,
        Self::Roster,
        Self::Reference,
        Self::Official,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Person => "person",
            Self::Asset => "asset",
            Self::Dossier => "dossier",
            Self::Handover => "handover",
            Self::Inventory => "inventory",
            Self::Roster => "roster",
            Self::Reference => "reference",
            Self::Official => "official",
        }
    }
}

/// Dossiers that are looked at by a part of their codes.
const CODED_MAX: u32 = 1_000;

/// Something that was found.
struct Hit {
    fit: Fit,
    kind: Kind,
    id: String,
    name: String,
    unit: String,
    says: String,
}

impl Hit {
    /// Better ones first, then by kind and name; people by their given names.
    fn place(&self) -> (Fit, Kind, (Collated, Collated), &str) {
        let name = match self.kind {
            Kind::Person | Kind::Official => collated_person(&self.name),
            _ => (collated(&self.name), Collated::default()),
        };
        (self.fit, self.kind, name, &self.id)
    }
}

/// Searches.
///
/// # Errors
/// When there is nothing to look for, or the daemon cannot be asked.
pub fn run(args: &SearchArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let wanted = args.text.join(" ");
    let Some(sought) = Sought::of(&wanted) else {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("argument", &"TEXT"), ("value", &wanted)];
        let reason = Sentence::new("cli.usage.invalid_value", &values);
        return Err(Failure::usage(lang, "search", &reason));
    };
    let mut hits = Vec::new();
    for kind in Kind::ALL {
        if args.kind.is_empty() || args.kind.contains(&kind) {
            gather(session, &sought, kind, &mut hits)?;
        }
    }
    hits.sort_by(|a, b| a.place().cmp(&b.place()));
    let found = hits.len();
    hits.truncate(args.limit);
    args.read.print_listing(lang, &listing(lang, &hits))?;
    let left = found.saturating_sub(hits.len());
    if left > 0 {
        say(&text(lang, "cli.search.more", &[("count", &left)]));
    }
    Ok(Exit::Done)
}

fn listing(lang: Lang, hits: &[Hit]) -> Listing {
    let mut listing = Listing::new(
        "found",
        &[
            ("kind", "records.field.kind"),
            ("id", "records.field.id"),
            ("name", "records.field.name"),
            ("unit", "records.field.unit"),
            ("says", "cli.label.says"),
            ("fit", "cli.search.fit"),
        ],
    );
    for hit in hits {
        let fit = match hit.fit {
            Fit::Exact => "exact",
            Fit::Beginning => "beginning",
            Fit::Words => "words",
            Fit::Part => "part",
        };
        listing.push(vec![
            fields::translated(lang, "records.kind", hit.kind.word()),
            Cell::id(&hit.id),
            Cell::text(hit.name.clone()),
            Cell::text(hit.unit.clone()),
            Cell::text(hit.says.clone()),
            Cell::of(text(lang, &format!("cli.search.{fit}"), &[]), json!(fit)),
        ]);
    }
    listing
}

/// What a record is called, by whom it is held, and what there is to say of it.
struct Called {
    name: String,
    texts: Vec<String>,
    unit: String,
    says: String,
}

fn gather(session: &mut Session, sought: &Sought, kind: Kind, hits: &mut Vec<Hit>) -> Result<(), Failure> {
    let (lang, units) = (session.lang, session.units()?);
    let mut take = |id: String, called: Called| {
        let fit = sought.fit(&id, called.texts.iter().map(String::as_str));
        hits.extend(fit.map(|fit| Hit {
            fit,
            kind,
            id,
            name: called.name,
            unit: called.unit,
            says: called.says,
        }));
    };
    match kind {
        Kind::Unit => {
            for (id, view) in units.all() {
                take(id.to_string(), unit(lang, &units, id, view));
            }
        }
        Kind::Official => {
            let client = session.client()?;
            let officials = match client.call(Request::Officials)? {
                Reply::Officials(officials) => officials,
                other => return Err(client.other_reply(&other)),
            };
            for one in officials {
                let role = fields::translation(lang, "records.role", &one.role);
                let state = fields::translation(lang, "cli.office", &one.state);
                let called = Called {
                    texts: vec![one.person.clone(), one.unit_name.clone()],
                    name: one.person,
                    unit: one.unit_name,
                    says: format!("{role}, {state}"),
                };
                take(one.id, called);
            }
        }
        Kind::Dossier => {
            // A province has far more dossiers than anything else: by its code one is found without reading the others.
            let coded = match sought.part() {
                Some(part) => session.dossiers_coded_like(part, CODED_MAX)?,
                None => Vec::new(),
            };
            let some = !coded.is_empty();
            let mut tell = |read: Read| {
                if let Some(called) = dossier(lang, &units, &read.state) {
                    take(read.id.to_string(), called);
                }
            };
            coded.into_iter().for_each(&mut tell);
            if !some {
                session.each(kind.word(), tell)?;
            }
        }
        Kind::Person | Kind::Asset | Kind::Handover | Kind::Inventory | Kind::Roster | Kind::Reference => {
            session.each(kind.word(), |read| {
                let called = match kind {
                    Kind::Person => person(lang, &units, &read.state),
                    Kind::Asset => asset(&units, &read.state),
                    Kind::Inventory => inventory(lang, &read.state),
                    Kind::Roster => roster(&units, &read.state),
                    Kind::Reference => reference(lang, &read.state),
                    _ => handover(lang, &read.state),
                };
                if let Some(called) = called {
                    take(read.id.to_string(), called);
                }
            })?;
        }
    }
    Ok(())
}

fn texts(fields: &[&Field<String>]) -> Vec<String> {
    let all = fields.iter().flat_map(|field| field.distinct());
    all.cloned().collect()
}

fn held_by(units: &Units, custodian: Option<RecordId>, tied: &[RecordId]) -> String {
    let holders: Vec<String> = custodian
        .iter()
        .chain(tied)
        .map(|unit| units.name(unit))
        .collect();
    holders.join(" / ")
}

fn unit(lang: Lang, units: &Units, id: &RecordId, view: &UnitView) -> Called {
    let names = view.names().into_iter().chain(view.other_names());
    let codes = view.codes().into_iter().chain(view.other_codes());
    let stage = fields::translation(lang, "records.unit_stage", view.stage.as_str());
    let today: Vec<String> = units.today(id).iter().map(|unit| units.name(unit)).collect();
    Called {
        texts: names.chain(codes).map(str::to_owned).collect(),
        name: units.name(id),
        unit: view
            .path
            .last()
            .map(|above| units.name(above))
            .unwrap_or_default(),
        says: match view.stage {
            UnitStage::Closed => format!("{stage} → {}", today.join(" / ")),
            UnitStage::Planned | UnitStage::Open => stage,
        },
    }
}

fn person(lang: Lang, units: &Units, state: &CanonicalState) -> Option<Called> {
    let view = PersonView::of(state)?;
    let fields = view.field.distinct().into_iter();
    let work: Vec<String> = fields
        .map(|field| fields::translation(lang, "records.work_field", field.as_str()))
        .collect();
    Some(Called {
        texts: texts(&[&view.name]),
        name: shown(view.name.distinct()),
        unit: held_by(units, view.custody.custodian, &view.custody.tied),
        says: work.join(" / "),
    })
}

fn asset(units: &Units, state: &CanonicalState) -> Option<Called> {
    let view = AssetView::of(state)?;
    Some(Called {
        texts: texts(&[&view.name, &view.code]),
        name: shown(view.name.distinct()),
        unit: held_by(units, view.custody.custodian, &view.custody.tied),
        says: shown(view.code.distinct()),
    })
}

fn dossier(lang: Lang, units: &Units, state: &CanonicalState) -> Option<Called> {
    let view = DossierView::of(state)?;
    let status = view.status.distinct().into_iter();
    let status: Vec<String> = status
        .map(|status| fields::translation(lang, "records.dossier_status", status.as_str()))
        .collect();
    Some(Called {
        texts: texts(&[&view.code, &view.procedure, &view.decision_number]),
        name: shown(view.code.distinct()),
        unit: view.receiving.map(|unit| units.name(&unit)).unwrap_or_default(),
        says: status.join(" / "),
    })
}

fn handover(lang: Lang, state: &CanonicalState) -> Option<Called> {
    let view = HandoverView::of(state)?;
    let parties = [view.giver.name.clone(), view.receiver.name.clone()];
    let witness = view.witness.as_ref().map(|party| party.name.clone());
    Some(Called {
        name: format!(
            "{} → {}, {}",
            view.giver.name,
            view.receiver.name,
            fields::day(view.date)
        ),
        texts: parties
            .into_iter()
            .chain(witness)
            .chain([view.basis.clone()])
            .collect(),
        unit: view.giver.name.clone(),
        says: fields::translation(lang, "records.handover_state", view.stage.as_str()),
    })
}

/// An inventory by whose it is, its decision and site, its council, and what it found.
fn inventory(lang: Lang, state: &CanonicalState) -> Option<Called> {
    let view = InventoryView::of(state)?;
    let council = view.council.iter().map(|member| member.content.name.clone());
    let found = view.found.iter().filter(|found| found.counts());
    let found = found.map(|found| found.thing.name.clone());
    let own = [view.unit_name.clone(), view.basis.clone(), view.place.clone()];
    let own = own.into_iter().filter(|text| !text.is_empty());
    Some(Called {
        name: format!("{}, {}", view.unit_name, fields::day(view.as_of)),
        texts: own.chain(council).chain(found).collect(),
        unit: view.unit_name.clone(),
        says: fields::translation(lang, "records.inventory_stage", view.stage.as_str()),
    })
}

/// A roster by the codes and titles of its posts.
fn roster(units: &Units, state: &CanonicalState) -> Option<Called> {
    let view = RosterView::of(state)?;
    let names: Vec<String> = view
        .unit
        .distinct()
        .into_iter()
        .map(|unit| units.name(unit))
        .collect();
    let open = || view.posts.values().filter(|post| !post.closed);
    let posts = open().flat_map(|post| [post.code.clone(), post.title.clone()]);
    let codes: Vec<&str> = open().map(|post| post.code.as_str()).collect();
    Some(Called {
        texts: posts.chain(names.iter().cloned()).collect(),
        name: names.join(" / "),
        says: codes.join(", "),
        unit: names.join(" / "),
    })
}

/// A reference record by its key and by every name that a version gives it.
fn reference(lang: Lang, state: &CanonicalState) -> Option<Called> {
    let view = ReferenceView::of(state)?;
    let key = shown(view.key.distinct());
    let table = view.table.one().map(|table| table.as_str()).unwrap_or_default();
    let versions = view.versions.iter().map(|(_, version)| version);
    let names: Vec<String> = versions
        .flat_map(|version| version.texts("name").map(str::to_owned))
        .collect();
    let last = names.last().cloned().unwrap_or_default();
    Some(Called {
        name: format!("{key} {last}").trim().to_owned(),
        texts: [key].into_iter().chain(names).collect(),
        unit: String::new(),
        says: fields::translation(lang, "records.reference_table", table),
    })
}
