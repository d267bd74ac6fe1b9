//! Fourth act: people come to the new centres, by minutes between their old unit and the centre, and get posts there.

use super::bounds;
use super::error::DemoError;
use super::handing::{Minutes, Offer, Subjects, accept};
use super::process::side_by_side;
use super::scenario::{BASIS, CentreHead, Field, Portion, Scenario};
use super::stage::Stage;
use super::story::{Place, Story};
use super::tables;

/// The code of the post whose holder heads a centre.
const HEAD_POST: &str = "GD";
/// The field of a head who is not of the centre's own people, as a word of the records.
const HEAD_FIELD: &str = "management";

/// Hands the staff over and posts them. Gives back how often a centre was warned of people too many.
///
/// # Errors
/// When an act fails.
pub fn play(story: &Story<'_>) -> Result<u64, DemoError> {
    let Story { stage, voice, .. } = story;
    let by_unit = side_by_side(&story.old_units(), |(number, unit, head)| {
        let portions = story.scenario.portions.iter();
        let minutes = portions
            .filter(|portion| portion.unit == *number && !portion.staff.is_empty())
            .map(|portion| minutes(story, portion))
            .collect::<Result<Vec<_>, _>>()?;
        let offer = Offer {
            subjects: Subjects::Staff,
            giver: &unit.code,
            head,
            witness: None,
            day: &story.scenario.day,
            table: "staff-minutes",
        };
        let receivers: Vec<_> = minutes.iter().map(|one| one.receiver.node).collect();
        let handovers = offer.sign(stage, 0, &minutes)?;
        Ok(receivers.into_iter().zip(handovers).collect::<Vec<_>>())
    })?;
    let offered: Vec<(usize, String)> = by_unit.into_iter().flatten().collect();
    stage.settle()?;
    bounds::publish(story)?;
    stage.settle()?;
    let warned = side_by_side(story.places, |place| {
        let own = offered.iter().filter(|(node, _)| *node == place.node);
        let own: Vec<&str> = own.map(|(_, handover)| handover.as_str()).collect();
        accept(stage, place.node, &place.cast.centre_head, &own)?;
        let warning = bounds::try_one_more(story, place)?;
        post(story, place)?;
        Ok(warning.map(|warning| (place.commune.name.as_str(), warning)))
    })?;
    stage.settle()?;
    let warned: Vec<(&str, String)> = warned.into_iter().flatten().collect();
    for (unit, warning) in &warned {
        voice.tell("demo.warned", &[("unit", unit), ("warning", warning)]);
    }
    let people: usize = story
        .scenario
        .portions
        .iter()
        .map(|portion| portion.staff.len())
        .sum();
    voice.tell(
        "demo.staff_posted",
        &[("people", &people), ("minutes", &offered.len())],
    );
    Ok(warned.len() as u64)
}

fn minutes<'a>(story: &Story<'a>, portion: &'a Portion) -> Result<Minutes<'a>, DemoError> {
    let lines = portion
        .staff
        .iter()
        .map(|person| story.inventory.person(&person.name));
    Ok(Minutes {
        receiver: story.receiver(portion)?,
        lines: lines.collect::<Result<_, _>>()?,
    })
}

/// Which post of a centre somebody of its staff has.
pub fn post_of(scenario: &Scenario, place: &Place<'_>, person: &str) -> Option<String> {
    let mut postings = postings(scenario, place).into_iter();
    postings
        .find(|(_, _, name)| *name == person)
        .map(|(code, ..)| code)
}

/// The title of those who work in a field.
pub fn title(field: Field) -> &'static str {
    match field {
        Field::Culture => "Viên chức văn hóa, truyền thông",
        Field::Agriculture => "Viên chức nông nghiệp",
    }
}

/// Who gets which post of a centre: the code of the post, its field, the person's name. The head is the first of the
/// staff unless a vice-chair is in charge.
pub fn postings<'a>(scenario: &'a Scenario, place: &Place<'_>) -> Vec<(String, Field, &'a str)> {
    let mut numbers = Field::ALL.map(|_| 0);
    let mut postings = Vec::new();
    let manager = matches!(place.commune.centre_head, CentreHead::Manager);
    for (at, (field, person)) in scenario.staff_of(place.number).enumerate() {
        let code = if manager && at == 0 {
            HEAD_POST.to_owned()
        } else {
            let number = &mut numbers[usize::from(field == Field::Agriculture)];
            *number += 1;
            format!("{}-{number}", field.letters())
        };
        postings.push((code, field, person.name.as_str()));
    }
    postings
}

/// The head of a centre sets up its roster with all posts from a table.
///
/// # Errors
/// When the act fails.
pub fn create_roster(stage: &Stage, scenario: &Scenario, place: &Place<'_>) -> Result<(), DemoError> {
    let centre = place.commune.centre_code();
    let (heads, postings): (Vec<_>, Vec<_>) = postings(scenario, place)
        .into_iter()
        .partition(|(code, ..)| code == HEAD_POST);
    // A manager counts among the people of the own field.
    let field = heads.first().map_or(HEAD_FIELD, |(_, field, _)| field.word());
    let head = vec![
        HEAD_POST.to_owned(),
        "Giám đốc Trung tâm".to_owned(),
        field.to_owned(),
        "x".to_owned(),
    ];
    let postings = postings.into_iter();
    let rows = postings.map(|(code, field, _)| {
        let (title, word) = (title(field).to_owned(), field.word().to_owned());
        vec![code, title, word, String::new()]
    });
    let name = format!("{centre}-posts");
    let headings = ["code", "title", "field", "head"];
    let table = tables::write(stage, &name, &headings, std::iter::once(head).chain(rows))?;
    let args = ["import", "roster", &table, "--unit", &centre];
    stage.act(place.node, &place.cast.centre_head.key, &args)?;
    Ok(())
}

/// Gives everybody a post; a vice-chair is put in charge by the commune.
fn post(story: &Story<'_>, place: &Place<'_>) -> Result<(), DemoError> {
    let Place {
        node, commune, cast, ..
    } = place;
    let centre = commune.centre_code();
    let give =
        |post: &str, person: &str| Ok::<_, DemoError>(format!("{post}={}", story.inventory.person(person)?));
    let gives = postings(story.scenario, place)
        .iter()
        .map(|(code, _, person)| give(code, person))
        .collect::<Result<Vec<_>, _>>()?;
    let mut args = vec!["roster", "assign", &centre, "--from", &story.scenario.day];
    args.extend(["--decision", BASIS, "--give"]);
    args.extend(gives.iter().map(String::as_str));
    story.stage.act(*node, &cast.centre_head.key, &args)?;
    if let CentreHead::InCharge(person) = &commune.centre_head {
        let give = give(HEAD_POST, &person.name)?;
        let mut args = vec!["roster", "assign", &centre, "--kind", "in_charge"];
        args.extend([
            "--from",
            &story.scenario.day,
            "--decision",
            BASIS,
            "--give",
            &give,
        ]);
        story.stage.act(*node, &cast.head.key, &args)?;
    }
    Ok(())
}
