//! Third act, its end: minutes in effect have a mistake. They stay as they were signed; both parties and the witness sign minutes that
//! name them and say what should have stood there.

use super::error::DemoError;
use super::handing;
use super::inventory::created;
use super::scenario::Portion;
use super::story::{Place, Story};

/// Whose centre finds the mistake.
pub const FOUND_AT: &str = "03847";
/// What the first line should have said.
const RESTATED: &str = "1:condition=Hỏng nguồn điện, chờ sửa";
/// Why.
const BECAUSE: &str = "Biên bản kiểm tra lại ngày 15/11/2025";

/// Corrects minutes in effect.
///
/// # Errors
/// When an act fails.
pub fn play(
    story: &Story<'_>,
    handover: &str,
    portion: &Portion,
    place: &Place<'_>,
) -> Result<(), DemoError> {
    let Story { stage, voice, .. } = story;
    let (_, giver) = story.giver(portion)?;
    let mut args = vec![
        "handover", "correct", handover, "--line", RESTATED, "--basis", BECAUSE,
    ];
    args.extend(["--date", &story.scenario.day, "--offer"]);
    let corrections = created(&stage.act(0, &giver.key, &args)?);
    let corrections: Vec<&str> = corrections.iter().map(String::as_str).collect();
    stage.settle()?;
    handing::accept(stage, place.node, &place.cast.asset_officer, &corrections)?;
    stage.settle()?;
    handing::witness(stage, 0, &story.cast.finance, &corrections)?;
    voice.tell("demo.corrected", &[("unit", &place.commune.name)]);
    Ok(())
}
