//! What an operation mentions by which its record is found: files, by their hashes, and the code it gives a dossier.

use soxa_ledger::{FileHash, Operation};

use crate::asset::AssetOperation;
use crate::dossier::{DecisionOperation, DossierOperation};
use crate::handover::{HandoverDraft, HandoverOperation};
use crate::typed::{TypedOperation, decode};
use crate::unit::UnitOperation;

/// The kinds of operations that may mention something: the bodies of others are not read for it.
const KINDS: [&str; 11] = [
    "asset.paper",
    "asset.photo",
    "asset.state",
    "decision.sign",
    "dossier.paper",
    "dossier.propose",
    "dossier.receive",
    "dossier.recode",
    "dossier.register",
    "handover.draft",
    "unit.note",
];

/// What an operation mentions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// Files that belong to the record.
    pub files: Vec<FileHash>,
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
            papers.map(FileHash).collect()
        };
        let (file, code) = match operation {
            TypedOperation::Handover(HandoverOperation::Draft(draft)) => {
                return Self {
                    files: papers(draft),
                    code: None,
                };
            }
            TypedOperation::Dossier(DossierOperation::Register(register)) => (register.applicant, None),
            TypedOperation::Dossier(DossierOperation::Receive(receive)) => (None, Some(receive.code.clone())),
            TypedOperation::Dossier(DossierOperation::Recode(recode)) => (None, Some(recode.code.clone())),
            TypedOperation::Dossier(DossierOperation::Paper(paper)) => (paper.scan, None),
            TypedOperation::Dossier(DossierOperation::Propose(propose)) => (propose.document, None),
            TypedOperation::Decision(DecisionOperation::Sign(sign)) => (sign.document, None),
            TypedOperation::Asset(AssetOperation::State(change)) => (change.document, None),
            TypedOperation::Asset(AssetOperation::Paper(paper)) => (paper.scan, None),
            TypedOperation::Asset(AssetOperation::Photo(photo)) => (Some(photo.photo), None),
            TypedOperation::Unit(UnitOperation::Note(note)) => (note.document, None),
            _ => (None, None),
        };
        Self {
            files: file.into_iter().map(FileHash).collect(),
            code,
        }
    }
}
