//! Handing over: the commands by which a giver offers and a receiver counts and takes over.

use super::cast::Official;
use super::error::DemoError;
use super::inventory::created;
use super::scenario::{Asset, BASIS};
use super::stage::{NodeIndex, Stage};

/// What is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subjects {
    /// Assets.
    Assets,
    /// People.
    Staff,
}

impl Subjects {
    fn word(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::Staff => "staff",
        }
    }
}

/// One minutes to be written, `nguyên trạng`: everything as it is.
#[derive(Debug, Clone)]
pub struct Minutes<'a> {
    /// What is handed over.
    pub subjects: Subjects,
    /// The giver's code.
    pub giver: &'a str,
    /// The receiver's code.
    pub receiver: String,
    /// The records.
    pub lines: Vec<&'a str>,
    /// The day.
    pub day: &'a str,
    /// Where.
    pub place: &'a str,
}

/// The giver writes the minutes and signs. Gives back the handover's record.
///
/// # Errors
/// When an act fails.
pub fn offer(
    stage: &Stage,
    node: NodeIndex,
    giver: &Official,
    minutes: &Minutes<'_>,
) -> Result<String, DemoError> {
    let mut args = vec![
        "handover",
        "draft",
        "--kind",
        minutes.subjects.word(),
        "--giver",
        minutes.giver,
    ];
    args.extend([
        "--receiver",
        &minutes.receiver,
        "--condition-basis",
        "as_is",
        "--basis",
        BASIS,
    ]);
    args.extend(["--place", minutes.place, "--date", minutes.day, "--line"]);
    args.extend(&minutes.lines);
    let drafted = stage.act(node, &giver.key, &args)?;
    let handover = created(&drafted).into_iter().next();
    let handover = handover.ok_or_else(|| DemoError::Unexpected("a draft without a record".to_owned()))?;
    stage.act(node, &giver.key, &["handover", "offer", &handover])?;
    Ok(handover)
}

/// The receiver counts what is there: all of it, in the condition that the minutes say.
///
/// # Errors
/// When the act fails.
pub fn count(
    stage: &Stage,
    node: NodeIndex,
    receiver: &Official,
    handover: &str,
    assets: &[&Asset],
) -> Result<(), DemoError> {
    let row =
        |(line, asset): (usize, &&Asset)| format!("{}:{}:{}", line + 1, asset.quantity, asset.condition);
    let rows: Vec<String> = assets.iter().enumerate().map(row).collect();
    let mut args = vec!["handover", "count", handover, "--row"];
    args.extend(rows.iter().map(String::as_str));
    stage.act(node, &receiver.key, &args)?;
    Ok(())
}

/// The receiver signs, for all lines but those refused with a reason; custody moves.
///
/// # Errors
/// When the act fails.
pub fn accept(
    stage: &Stage,
    node: NodeIndex,
    receiver: &Official,
    handover: &str,
    refused: &[(u32, &str)],
) -> Result<(), DemoError> {
    let refusals: Vec<String> = refused
        .iter()
        .map(|(line, reason)| format!("{line}={reason}"))
        .collect();
    let mut args = vec!["handover", "accept", handover];
    if !refusals.is_empty() {
        args.push("--refuse");
        args.extend(refusals.iter().map(String::as_str));
    }
    stage.act(node, &receiver.key, &args)?;
    Ok(())
}
