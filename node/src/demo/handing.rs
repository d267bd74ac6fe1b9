//! Handing over: the commands by which a giver offers and a receiver counts and takes over, many minutes at a time.

use super::cast::Official;
use super::error::DemoError;
use super::inventory::created;
use super::scenario::BASIS;
use super::stage::{NodeIndex, Stage};
use super::story::Place;
use super::tables;

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

/// One minutes to be written.
#[derive(Debug, Clone)]
pub struct Minutes<'a> {
    /// To whose centre.
    pub receiver: &'a Place<'a>,
    /// The records.
    pub lines: Vec<&'a str>,
}

/// What all minutes of one signing have in common.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// What is handed over.
    pub subjects: Subjects,
    /// The code of the giving unit.
    pub giver: &'a str,
    /// The giver's head, who signs.
    pub head: &'a Official,
    /// The code of the unit that witnesses.
    pub witness: Option<&'a str>,
    /// The day.
    pub day: &'a str,
    /// What tells the table from others of the same unit.
    pub table: &'a str,
}

impl Offer<'_> {
    /// The giver writes the minutes from a table, as everything is (`nguyên trạng`), and signs them. Gives back the
    /// handovers' records in the order of the minutes.
    ///
    /// # Errors
    /// When the act fails.
    pub fn sign(
        &self,
        stage: &Stage,
        node: NodeIndex,
        minutes: &[Minutes<'_>],
    ) -> Result<Vec<String>, DemoError> {
        let rows = minutes.iter().flat_map(|one| {
            let (receiver, place) = (one.receiver.commune.centre_code(), &one.receiver.commune.name);
            let row = move |line: &&str| vec![(*line).to_owned(), receiver.clone(), place.clone()];
            one.lines.iter().map(row)
        });
        let name = format!("{}-{}", self.giver, self.table);
        let table = tables::write(stage, &name, &["subject", "receiver", "place"], rows)?;
        let mut args = vec!["handover", "draft", "--offer", "--table", &table];
        args.extend(["--kind", self.subjects.word(), "--giver", self.giver]);
        args.extend(["--condition-basis", "as_is", "--basis", BASIS, "--date", self.day]);
        if let Some(witness) = self.witness {
            args.extend(["--witness", witness]);
        }
        let handovers = created(&stage.act(node, &self.head.key, &args)?);
        if handovers.len() == minutes.len() {
            Ok(handovers)
        } else {
            let what = format!("{} handovers of {} minutes", handovers.len(), minutes.len());
            Err(DemoError::Unexpected(what))
        }
    }
}

/// The receiver counts what is there: all of it, as the minutes say.
///
/// # Errors
/// When the act fails.
pub fn count(
    stage: &Stage,
    node: NodeIndex,
    receiver: &Official,
    handovers: &[&str],
) -> Result<(), DemoError> {
    many(stage, node, receiver, "count", handovers, &["--as-written"])
}

/// The receiver signs; custody moves unless a witness is named.
///
/// # Errors
/// When the act fails.
pub fn accept(
    stage: &Stage,
    node: NodeIndex,
    receiver: &Official,
    handovers: &[&str],
) -> Result<(), DemoError> {
    many(stage, node, receiver, "accept", handovers, &[])
}

/// The receiver sends minutes back with a reason.
///
/// # Errors
/// When the act fails.
pub fn refuse(
    stage: &Stage,
    node: NodeIndex,
    receiver: &Official,
    handover: &str,
    reason: &str,
) -> Result<(), DemoError> {
    many(
        stage,
        node,
        receiver,
        "refuse",
        &[handover],
        &["--reason", reason],
    )
}

/// The named witness signs; custody moves.
///
/// # Errors
/// When the act fails.
pub fn witness(
    stage: &Stage,
    node: NodeIndex,
    witness: &Official,
    handovers: &[&str],
) -> Result<(), DemoError> {
    many(stage, node, witness, "witness", handovers, &[])
}

fn many(
    stage: &Stage,
    node: NodeIndex,
    official: &Official,
    act: &str,
    handovers: &[&str],
    more: &[&str],
) -> Result<(), DemoError> {
    if handovers.is_empty() {
        return Ok(());
    }
    let mut args = vec!["handover", act];
    args.extend(handovers);
    args.extend(more);
    stage.act(node, &official.key, &args)?;
    Ok(())
}
