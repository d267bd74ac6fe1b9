//! Fourth act, its end: people move on from a centre that has many to the centre of a neighbouring commune that has few.

use super::error::DemoError;
use super::handing::{Minutes, Offer, Subjects, accept};
use super::process::side_by_side;
use super::scenario::{BASIS, Transfer};
use super::staff;
use super::story::Story;

/// Releases, hands over and posts anew everybody who is transferred.
///
/// # Errors
/// When an act fails.
pub fn play(story: &Story<'_>) -> Result<(), DemoError> {
    let Story {
        stage,
        scenario,
        places,
        voice,
        ..
    } = story;
    let transfers = scenario.transfers();
    if transfers.is_empty() {
        voice.tell("demo.no_transfers", &[]);
        return Ok(());
    }
    let offered = side_by_side(&transfers, |transfer| release(story, transfer))?;
    stage.settle()?;
    let offered: Vec<_> = transfers.iter().zip(offered).collect();
    side_by_side(&offered, |(transfer, handover)| {
        receive(story, transfer, handover)
    })?;
    let name = |place: usize| places.get(place).map_or("?", |place| place.commune.name.as_str());
    let ways: Vec<String> = transfers
        .iter()
        .map(|transfer| format!("{} → {}", name(transfer.from), name(transfer.to)))
        .collect();
    voice.tell(
        "demo.transferred",
        &[("people", &transfers.len()), ("ways", &ways.join(", "))],
    );
    Ok(())
}

/// The centre that gives somebody away ends the posting and signs the minutes. Gives back the handover.
fn release(story: &Story<'_>, transfer: &Transfer<'_>) -> Result<String, DemoError> {
    let Story { stage, scenario, .. } = story;
    let (from, to) = (story.of_number(transfer.from)?, story.of_number(transfer.to)?);
    let (centre, head) = (from.commune.centre_code(), &from.cast.centre_head);
    let post = staff::post_of(scenario, from, &transfer.person.name)
        .ok_or_else(|| DemoError::Unexpected(format!("{} has no post", transfer.person.name)))?;
    let mut args = vec!["roster", "release", &centre, "--post", &post];
    args.extend(["--date", &scenario.day, "--reason", BASIS]);
    stage.act(from.node, &head.key, &args)?;
    let offer = Offer {
        subjects: Subjects::Staff,
        giver: &centre,
        head,
        witness: None,
        day: &scenario.day,
        table: "transfer",
    };
    let minutes = Minutes {
        receiver: to,
        lines: vec![story.inventory.person(&transfer.person.name)?],
    };
    let handovers = offer.sign(stage, from.node, &[minutes])?;
    Ok(handovers.into_iter().next().unwrap_or_default())
}

/// The centre that gets somebody signs, adds a post and gives it.
fn receive(story: &Story<'_>, transfer: &Transfer<'_>, handover: &str) -> Result<(), DemoError> {
    let Story { stage, scenario, .. } = story;
    let to = story.of_number(transfer.to)?;
    let (centre, head) = (to.commune.centre_code(), &to.cast.centre_head);
    accept(stage, to.node, head, &[handover])?;
    // Posts are numbered from 1, so that of one more is free.
    let people = scenario.staff_of(transfer.to);
    let number = people.filter(|(field, _)| *field == transfer.field).count() + 1;
    let post = format!("{}-{number}", transfer.field.letters());
    let mut args = vec!["roster", "add-post", &centre, "--code", &post];
    let title = staff::title(transfer.field);
    args.extend(["--title", title, "--field", transfer.field.word()]);
    stage.act(to.node, &head.key, &args)?;
    let give = format!("{post}={}", story.inventory.person(&transfer.person.name)?);
    let mut args = vec!["roster", "assign", &centre, "--from", &scenario.day];
    args.extend(["--decision", BASIS, "--give", &give]);
    stage.act(to.node, &head.key, &args)?;
    Ok(())
}
