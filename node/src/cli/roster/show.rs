//! What is shown of rosters: posts, holders, heads, vacancies, double postings.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use soxa_lang::{Lang, collated, text};
use soxa_ledger::{OpId, RecordId};
use soxa_records::Date;
use soxa_records::person::PersonClass;
use soxa_records::person::view::PersonView;
use soxa_records::roster::view::{Assignment, RosterView};

use crate::cli::reference::today;
use crate::cli::roster::find;
use crate::cli::session::{Read, shown};
use crate::cli::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, short};

/// `soxa roster show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Shows one roster. Postings that cannot all stand are a finding.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let roster = find(session, &args.unit)?;
    let people = session.records("person")?;
    let name = |person: &RecordId| {
        let found = people.iter().find(|read| read.id == *person);
        let view = found.and_then(|read| PersonView::of(&read.state));
        view.map_or_else(|| short(&person.to_string()), |view| shown(view.name.distinct()))
    };
    let mut sheet = Sheet::new("roster");
    let left = left(&people);
    let heads = here(roster.view.heads(), &left);
    let heads: Vec<String> = heads.iter().map(&name).collect();
    let held = roster
        .view
        .current()
        .filter(|(term, _)| !left.contains_key(&term.person));
    let held = held.count();
    sheet
        .field("id", "records.field.id", Cell::text(roster.read.id.to_string()))
        .field(
            "unit",
            "records.field.unit",
            fields::unit_cell(&units, Some(&roster.unit)),
        )
        .field(
            "heads",
            "cli.label.heads",
            Cell::of(heads.join(", "), serde_json::json!(heads)),
        )
        .field(
            "posts",
            "cli.label.posts",
            Cell::count(lang, roster.view.open_posts().count() as u64),
        )
        .field("held", "cli.label.held", Cell::count(lang, held as u64))
        .field(
            "vacant",
            "cli.label.vacant",
            Cell::count(lang, vacant(&roster.view, &left)),
        )
        .field(
            "people",
            "cli.label.people",
            counts(lang, &roster.view, &homes(&people), &left),
        );
    let mut listing = Listing::new(
        "assignments",
        &[
            ("code", "records.field.code"),
            ("title", "records.field.post"),
            ("field", "records.field.work_field"),
            ("head", "cli.label.head"),
            ("person", "cli.label.person"),
            ("kind", "records.field.appointment"),
            ("from", "records.field.from"),
            ("until", "records.field.until"),
            ("post", "records.field.id"),
        ],
    );
    // Heads first, then by code.
    let mut posts: Vec<_> = roster.view.open_posts().collect();
    posts.sort_by_cached_key(|post| (!post.head, collated(&post.code)));
    for post in posts {
        let row = |cells: [Cell; 4]| {
            let mut row = vec![
                Cell::text(post.code.clone()),
                Cell::text(post.title.clone()),
                fields::translated(lang, "records.work_field", post.field.as_str()),
                Cell::of(if post.head { "✓" } else { "" }, serde_json::json!(post.head)),
            ];
            row.extend(cells);
            row.push(Cell::id(&post.id.to_string()));
            row
        };
        if post.holders.is_empty() {
            listing.push(row([Cell::none(), Cell::none(), Cell::none(), Cell::none()]));
        }
        for term in post
            .holders
            .iter()
            .filter_map(|id| roster.view.assignments.get(id))
        {
            listing.push(row([
                Cell::word(
                    match left.get(&term.person) {
                        Some(day) => text(
                            lang,
                            "cli.label.has_left",
                            &[("person", &name(&term.person)), ("day", &fields::day(*day))],
                        ),
                        None => name(&term.person),
                    },
                    &term.person.to_string(),
                ),
                fields::translated(lang, "records.appointment_kind", term.kind.as_str()),
                fields::day_cell(term.from),
                term.until.map_or_else(Cell::none, fields::day_cell),
            ]));
        }
    }
    sheet
        .list(listing)
        .list(quotas(lang, &roster.view, &people, &left));
    args.read.print_sheet(lang, &sheet)?;
    let double = roster.view.double_postings();
    if double.is_empty() {
        return Ok(Exit::Done);
    }
    for group in &double {
        let people: Vec<String> = group.iter().map(|term| name(&term.person)).collect();
        let said = text(lang, "verdicts.conflict.double_posting", &[]);
        crate::output::say(&format!("{said}: {}", people.join(", ")));
    }
    Ok(Exit::Findings)
}

/// Who has left the service by now, and their last days. Nobody need have ended their postings.
fn left(people: &[Read]) -> BTreeMap<RecordId, Date> {
    let gone = |read: &Read| {
        let view = PersonView::of(&read.state)?;
        let last = view.departures.iter().map(|one| one.last_day).min()?;
        view.has_left_by(today()?).then_some((read.id, last))
    };
    people.iter().filter_map(gone).collect()
}

/// The people of terms who have not left, each once.
fn here<'a>(
    terms: impl Iterator<Item = &'a Assignment>,
    left: &BTreeMap<RecordId, Date>,
) -> BTreeSet<RecordId> {
    let people = terms.map(|term| term.person);
    people.filter(|person| !left.contains_key(person)).collect()
}

/// Open posts that nobody holds who is still in service.
fn vacant(view: &RosterView, left: &BTreeMap<RecordId, Date>) -> u64 {
    let held: BTreeSet<OpId> = view
        .current()
        .filter(|(term, _)| !left.contains_key(&term.person))
        .map(|(_, post)| post.id)
        .collect();
    view.open_posts().filter(|post| !held.contains(&post.id)).count() as u64
}

/// Which unit has whom, as far as it is not in dispute.
fn homes(people: &[Read]) -> BTreeMap<RecordId, RecordId> {
    let home = |read: &Read| Some((read.id, PersonView::of(&read.state)?.custody.custodian?));
    people.iter().filter_map(home).collect()
}

/// The unit's own people by field. Who is here for a time counts at home, and whoever went over to another unit counts there.
fn counts(
    lang: Lang,
    view: &RosterView,
    homes: &BTreeMap<RecordId, RecordId>,
    left: &BTreeMap<RecordId, Date>,
) -> Cell {
    let is_here = |person: &RecordId| {
        !left.contains_key(person) && homes.get(person).is_none_or(|home| view.unit.one() == Some(home))
    };
    let counts = view.counts(is_here);
    let shown: Vec<String> = counts
        .iter()
        .map(|(field, count)| {
            let word = fields::translation(lang, "records.work_field", field.as_str());
            format!("{word}: {}", soxa_lang::number(lang, *count))
        })
        .collect();
    let value: serde_json::Map<String, serde_json::Value> = counts
        .iter()
        .map(|(field, count)| (field.as_str().to_owned(), serde_json::json!(count)))
        .collect();
    Cell::of(shown.join(", "), serde_json::Value::Object(value))
}

/// Lists the rosters in figures.
pub fn list(args: &ReadArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let mut listing = Listing::new(
        "rosters",
        &[
            ("id", "records.field.id"),
            ("unit", "records.field.unit"),
            ("posts", "cli.label.posts"),
            ("held", "cli.label.held"),
            ("vacant", "cli.label.vacant"),
            ("heads", "cli.label.heads"),
            ("people", "cli.label.people"),
        ],
    );
    let people = session.records("person")?;
    let (homes, left) = (homes(&people), left(&people));
    for read in session.records("roster")? {
        let Some(view) = RosterView::of(&read.state) else {
            continue;
        };
        listing.push(vec![
            Cell::id(&read.id.to_string()),
            fields::unit_cell(&units, view.unit.distinct().first().copied()),
            Cell::count(lang, view.open_posts().count() as u64),
            Cell::count(
                lang,
                view.current()
                    .filter(|(term, _)| !left.contains_key(&term.person))
                    .count() as u64,
            ),
            Cell::count(lang, vacant(&view, &left)),
            Cell::count(lang, here(view.heads(), &left).len() as u64),
            counts(lang, &view, &homes, &left),
        ]);
    }
    listing.sort(&["unit"]);
    args.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

/// The quotas with who is there: regular holders of posts by class. Whoever is here for a time counts at home.
fn quotas(lang: Lang, view: &RosterView, people: &[Read], left: &BTreeMap<RecordId, Date>) -> Listing {
    let mut listing = Listing::new(
        "quotas",
        &[
            ("class", "records.field.class"),
            ("year", "cli.label.year"),
            ("have", "cli.label.have"),
            ("quota", "records.field.quota"),
            ("decision", "records.field.legal_basis"),
        ],
    );
    let classes: Vec<PersonClass> = here(view.regular().map(|(term, _)| term), left)
        .into_iter()
        .filter_map(|person| people.iter().find(|read| read.id == person))
        .filter_map(|read| PersonView::of(&read.state)?.class.one().copied())
        .collect();
    for quota in &view.quotas {
        let have = classes.iter().filter(|class| **class == quota.class).count();
        listing.push(vec![
            fields::translated(lang, "records.person_class", quota.class.as_str()),
            Cell::of(quota.year.to_string(), serde_json::json!(quota.year)),
            Cell::count(lang, have as u64),
            Cell::count(lang, quota.number.into()),
            Cell::text(quota.decision.clone()),
        ]);
    }
    listing
}
