//! Fourth act: people come to the new centres, by minutes between their old unit and the centre, and get posts there.

use super::error::DemoError;
use super::founding::Place;
use super::handing::{Minutes, Subjects, accept, offer};
use super::inventory::Inventory;
use super::process::side_by_side;
use super::scenario::{BASIS, CentreHead, Field, Scenario};
use super::stage::Stage;
use super::voice::Voice;

/// The code of the post whose holder heads a centre.
const HEAD_POST: &str = "GD";
/// The head's field of work, as a word of the records.
const HEAD_FIELD: &str = "management";

/// Hands the staff over and posts them.
///
/// # Errors
/// When an act fails.
pub fn play(
    stage: &Stage,
    scenario: &Scenario,
    places: &[Place<'_>],
    inventory: &Inventory,
    voice: &Voice,
) -> Result<(), DemoError> {
    let jobs: Vec<_> = places
        .iter()
        .flat_map(|place| {
            place
                .commune
                .old_units
                .iter()
                .zip(&place.cast.old_heads)
                .map(move |job| (place, job))
        })
        .collect();
    let offers = side_by_side(&jobs, |(place, (unit, head))| {
        let people = unit.staff.iter().map(|person| inventory.person(&person.name));
        let minutes = Minutes {
            subjects: Subjects::Staff,
            giver: &unit.code,
            receiver: place.commune.centre_code(),
            lines: people.collect::<Result<_, _>>()?,
            day: &scenario.day,
            place: &place.commune.name,
        };
        offer(stage, 0, head, &minutes)
    })?;
    stage.settle(&stage.everybody())?;
    let offered: Vec<_> = jobs.iter().zip(&offers).collect();
    side_by_side(&offered, |((place, _), handover)| {
        accept(stage, place.node, &place.cast.centre_head, handover, &[])
    })?;
    side_by_side(places, |place| post(stage, scenario, place, inventory))?;
    stage.settle(&stage.everybody())?;
    let people: usize = places.iter().map(|place| place.commune.staff().count()).sum();
    voice.tell(
        "demo.staff_posted",
        &[("people", &people), ("minutes", &offers.len())],
    );
    Ok(())
}

/// Adds the centre's posts and gives one to everybody; the head of the centre is the first of the staff, or a
/// vice-chair whom the commune puts in charge.
fn post(
    stage: &Stage,
    scenario: &Scenario,
    place: &Place<'_>,
    inventory: &Inventory,
) -> Result<(), DemoError> {
    let Place { node, commune, cast } = place;
    let centre = commune.centre_code();
    let key = &cast.centre_head.key;
    let add = |codes: &[&str], title: &str, more: &[&str]| {
        let mut args = vec!["roster", "add-post", &centre, "--code"];
        args.extend(codes);
        args.extend(["--title", title]);
        args.extend(more);
        stage.act(*node, key, &args)
    };
    add(
        &[HEAD_POST],
        "Giám đốc Trung tâm",
        &["--field", HEAD_FIELD, "--head"],
    )?;
    let give = |post: &str, person: &str| Ok::<_, DemoError>(format!("{post}={}", inventory.person(person)?));
    let mut gives = Vec::new();
    let manager = matches!(commune.centre_head, CentreHead::Manager);
    let mut staff: Vec<_> = commune.staff().collect();
    if manager && !staff.is_empty() {
        gives.push(give(HEAD_POST, &staff.remove(0).1.name)?);
    }
    for (field, title) in [
        (Field::Culture, "Viên chức văn hóa, truyền thông"),
        (Field::Agriculture, "Viên chức nông nghiệp"),
    ] {
        let people: Vec<_> = staff
            .iter()
            .filter(|(of, _)| *of == field)
            .map(|(_, person)| person)
            .collect();
        let codes: Vec<String> = (1..=people.len())
            .map(|n| format!("{}-{n}", field.letters()))
            .collect();
        let names: Vec<&str> = codes.iter().map(String::as_str).collect();
        add(&names, title, &["--field", field.word()])?;
        for (code, person) in codes.iter().zip(people) {
            gives.push(give(code, &person.name)?);
        }
    }
    let mut args = vec![
        "roster",
        "assign",
        &centre,
        "--from",
        &scenario.day,
        "--decision",
        BASIS,
        "--give",
    ];
    args.extend(gives.iter().map(String::as_str));
    stage.act(*node, key, &args)?;
    if let CentreHead::InCharge(person) = &commune.centre_head {
        let give = give(HEAD_POST, &person.name)?;
        let mut args = vec![
            "roster",
            "assign",
            &centre,
            "--kind",
            "in_charge",
            "--from",
            &scenario.day,
        ];
        args.extend(["--decision", BASIS, "--give", &give]);
        stage.act(*node, &cast.head.key, &args)?;
    }
    Ok(())
}
