//! What an operation mentions by which its record is found: files, by their hashes, and the code it gives a dossier.

use soxa_ledger::{FileHash, Operation};

use crate::asset::AssetOperation;
use crate::dossier::{DecisionOperation, DossierOperation};
use crate::handover::{HandoverDraft, HandoverOperation};
use crate::inventory::InventoryOperation;
use crate::typed::{TypedOperation, decode};
use crate::unit::UnitOperation;

/// The kinds of operations that may mention something: the bodies of others are not read for it.
const KINDS: [&str; 16] = [
    "asset.paper",
    "asset.photo",
    "asset.state",
    "decision.erase",
    "decision.sign",
    "dossier.paper",
    "dossier.propose",
    "dossier.receive",
    "dossier.recode",
    "dossier.register",
    "dossier.transcribe",
    "handover.draft",
    "inventory.count",
    "inventory.found",
    "inventory.sign",
    "unit.note",
];

/// What an operation mentions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// Files that belong to the record.
    pub files: Vec<FileHash>,
    /// A file of the record that is to be erased.
    pub erased: Option<FileHash>,
    /// The code that it gives a dossier.
    pub code: Option<String>,
}

impl Mentions {
    /// What an operation as it is signed mentions. Nothing when it is malformed or of a newer program.
    #[must_use]
    pub fn in_operation(operation: &Operation) -> Self {
        if !KINDS.contains(&operation.kind.as_str()) {
            return Self::default();
        }
        decode(&operation.kind, operation.version, &operation.body)
            .map(|typed| Self::of(&typed))
            .unwrap_or_default()
    }

    /// What an operation mentions.
    #[must_use]
    pub fn of(operation: &TypedOperation) -> Self {
        let papers = |draft: &HandoverDraft| {
            let papers = draft.lines.iter().filter_map(|line| line.of.paper()?.hash);
            papers.collect::<Vec<_>>()
        };
        let one = |file: Option<[u8; 32]>| file.into_iter().collect::<Vec<_>>();
        let (files, code) = match operation {
            TypedOperation::Decision(DecisionOperation::Erase(erase)) => {
                return Self {
                    erased: Some(FileHash(erase.file)),
                    ..Self::default()
                };
            }
            TypedOperation::Handover(HandoverOperation::Draft(draft)) => (papers(draft), None),
            TypedOperation::Inventory(InventoryOperation::Count(count)) => {
                (count.rows.iter().filter_map(|row| row.photo).collect(), None)
            }
            TypedOperation::Inventory(InventoryOperation::Found(found)) => (
                found.things.iter().filter_map(|thing| thing.photo).collect(),
                None,
            ),
            TypedOperation::Inventory(InventoryOperation::Sign(sign)) => (one(sign.scan), None),
            TypedOperation::Dossier(DossierOperation::Register(register)) => (one(register.applicant), None),
            TypedOperation::Dossier(DossierOperation::Receive(receive)) => {
                (Vec::new(), Some(receive.code.clone()))
            }
            TypedOperation::Dossier(DossierOperation::Recode(recode)) => {
                (Vec::new(), Some(recode.code.clone()))
            }
            TypedOperation::Dossier(DossierOperation::Transcribe(said)) => {
                (Vec::new(), Some(said.code.clone()))
            }
            TypedOperation::Dossier(DossierOperation::Paper(paper)) => (one(paper.scan), None),
            TypedOperation::Dossier(DossierOperation::Propose(propose)) => (one(propose.document), None),
            TypedOperation::Decision(DecisionOperation::Sign(sign)) => (one(sign.document), None),
            TypedOperation::Asset(AssetOperation::State(change)) => (one(change.document), None),
            TypedOperation::Asset(AssetOperation::Paper(paper)) => (one(paper.scan), None),
            TypedOperation::Asset(AssetOperation::Photo(photo)) => (vec![photo.photo], None),
            TypedOperation::Unit(UnitOperation::Note(note)) => (one(note.document), None),
            _ => (Vec::new(), None),
        };
        Self {
            files: files.into_iter().map(FileHash).collect(),
            erased: None,
            code,
        }
    }
}
