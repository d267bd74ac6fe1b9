//! How many people of a field a centre may have: the province publishes it, and a centre that goes beyond is warned before it signs.

use super::error::DemoError;
use super::scenario::{BASIS, Field};
use super::staff::{postings, title};
use super::stage::Stage;
use super::story::{Place, Story};

/// Where a post too many is tried out.
const TRIED_AT: &str = "03847";
/// From when the rules hold: the day on which the province decided.
const RULES_SINCE: &str = "2025-11-04";

/// What a rule of the province is called.
fn rule_of(field: Field) -> String {
    format!("2733-{}", field.letters())
}

/// The operator publishes the least and the most people of each field. The plan says “about”: what goes beyond is warned of.
///
/// # Errors
/// When an act fails.
pub fn publish(story: &Story<'_>) -> Result<(), DemoError> {
    for field in Field::ALL {
        let (least, most) = story.scenario.bounds(field);
        let rule = rule_of(field);
        let field = format!("field={}", field.word());
        let (least, most) = (format!("min={least}"), format!("max={most}"));
        let mut args = vec![
            "reference",
            "publish",
            "staffing_rule",
            &rule,
            "--from",
            RULES_SINCE,
        ];
        args.extend(["--basis", BASIS, "--set", "unit_kind=service_centre"]);
        args.extend([field.as_str(), &least, &most, "action=warn"]);
        story.stage.act(0, &story.cast.operator.key, &args)?;
    }
    Ok(())
}

/// One centre with as many people of culture as it may have writes a post for one more and looks at what comes of it; it is
/// warned with the rule and the figures, and gives up the post. Gives back the warning; none for the other centres.
///
/// # Errors
/// When an act fails, or nobody is warned.
pub fn try_one_more(story: &Story<'_>, place: &Place<'_>) -> Result<Option<String>, DemoError> {
    if place.commune.code != TRIED_AT {
        return Ok(None);
    }
    let Story { stage, scenario, .. } = story;
    let (centre, key) = (place.commune.centre_code(), &place.cast.centre_head.key);
    let people = postings(scenario, place);
    let of_culture = people
        .iter()
        .filter(|(_, field, _)| *field == Field::Culture)
        .count();
    let post = format!("{}-{}", Field::Culture.letters(), of_culture + 1);
    let mut add = vec!["roster", "add-post", &centre, "--code", &post];
    add.extend(["--title", title(Field::Culture), "--field", Field::Culture.word()]);
    stage.act(place.node, key, &add)?;
    // The last one of agriculture would work in culture instead.
    let moved = people
        .iter()
        .rposition(|(_, field, _)| *field == Field::Agriculture);
    let mut gives = Vec::with_capacity(people.len());
    for (at, (code, _, person)) in people.iter().enumerate() {
        let code = if moved == Some(at) { &post } else { code };
        gives.push(format!("{code}={}", story.inventory.person(person)?));
    }
    let mut args = vec![
        "roster",
        "assign",
        &centre,
        "--from",
        &scenario.day,
        "--dry-run",
        "--give",
    ];
    args.extend(gives.iter().map(String::as_str));
    let warning = warned(stage, place, &args, &rule_of(Field::Culture))?;
    stage.act(
        place.node,
        key,
        &["roster", "close-post", &centre, "--post", &post],
    )?;
    Ok(Some(warning))
}

/// The line of what a command says that names a rule.
fn warned(stage: &Stage, place: &Place<'_>, args: &[&str], rule: &str) -> Result<String, DemoError> {
    let answer = stage.try_act(place.node, &place.cast.centre_head.key, args)?;
    let line = answer.said.lines().find(|line| line.contains(rule));
    match line {
        Some(line) if answer.exit == 0 => Ok(line.trim().to_owned()),
        _ => {
            let what = format!("no warning of rule {rule}: {}", answer.said);
            Err(DemoError::node(&place.commune.name, what))
        }
    }
}
