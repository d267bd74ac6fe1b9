//! What an operation is worth: its commit's authority and its own legality together.

use soxa_ledger::ids::{FileHash, NodeKey, OpId, PublicKey, RecordId};
use soxa_ledger::minutes::Party;
use soxa_ledger::operation::OpKind;
use soxa_ledger::verdict::{Missing, VoidReason};

use crate::asset::state::AssetState;
use crate::dossier::DossierStatus;
use crate::handover::HandoverStage;
use crate::inventory::InventoryStage;
use crate::measure::{Date, LinkId};
use crate::person::secondment::SecondmentStage;
use crate::typed::RecordKind;
use crate::unit::UnitStage;

/// The verdict on one operation: a function of the set of entries and of nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpVerdict {
    /// It has effect.
    Valid,
    /// Something that it needs is not known here yet.
    Pending(OpMissing),
    /// It has no effect, and stays as evidence.
    Void(OpVoid),
}

impl OpVerdict {
    /// Whether the operation has effect.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }

    /// Whether the operation waits for something.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending(_))
    }

    /// Whether the operation has no effect for good, as far as this set of entries says.
    #[must_use]
    pub fn is_void(&self) -> bool {
        matches!(self, Self::Void(_))
    }
}

/// What a pending operation waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpMissing {
    /// The authority of its commit, or of a signature under its minutes.
    Authority(Missing),
    /// An operation that it builds on or cites, which is unknown or itself pending.
    Operation(OpId),
    /// A program that knows this kind of operation, or this version of it.
    NewerProgram {
        /// The kind.
        kind: OpKind,
        /// The version of its body.
        version: u32,
    },
}

/// Why an operation has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpVoid {
    /// Its commit has none.
    Authority(VoidReason),
    /// Its body or its place among the operations breaks the format; the text is technical.
    Malformed(String),
    /// It breaks a rule in the state that its causal past gives.
    Illegal(Illegality),
    /// A signature under the minutes that it needs has no effect.
    Signer(Party, VoidReason),
    /// An operation that it cites is void.
    RefVoid(OpId),
}

/// The rule that an operation breaks, with what a message about it needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegality {
    /// The creation of the record is void, so there is no record.
    #[error("the record does not exist: its creation is void")]
    NoRecord,
    /// An operation of one kind of record on a record of another.
    #[error("the record is a {0}")]
    OtherKind(RecordKind),
    /// A cited operation is not what the rule asks for.
    #[error("cited operation {index} is not {needed}")]
    WrongRef {
        /// Which of the cited operations, from 0.
        index: u32,
        /// What it has to be.
        needed: RefNeed,
    },
    /// Who acts is neither of the unit nor of one above it.
    #[error("the actor's unit is neither {} nor above it", .unit.short())]
    NotAbove {
        /// The unit acted on.
        unit: RecordId,
        /// The actor's unit.
        actor: Option<RecordId>,
    },
    /// A unit's path is not that of its parent.
    #[error("the unit path is not that of the cited unit")]
    PathMismatch,
    /// The unit is in another stage of its life.
    #[error("the unit is {found}")]
    UnitStage {
        /// The stage in which it is.
        found: UnitStage,
    },
    /// A unit cannot be its own successor.
    #[error("a unit is no successor of itself")]
    OwnSuccessor,
    /// Some of the numbers are another node's.
    #[error("node {} has some of these numbers", .node.short())]
    NumbersTaken {
        /// That node.
        node: NodeKey,
    },
    /// An open post of the roster has this code.
    #[error("post code {0} is taken")]
    PostCodeTaken(String),
    /// The roster has no such post.
    #[error("the roster has no post {}", .0.short())]
    NoSuchPost(OpId),
    /// The post is closed.
    #[error("post {} is closed", .0.short())]
    PostClosed(OpId),
    /// Somebody holds the post.
    #[error("post {} is held", .post.short())]
    PostHeld {
        /// The post.
        post: OpId,
        /// Who holds it.
        person: RecordId,
    },
    /// The roster has no such assignment.
    #[error("the roster has no assignment {}", .0.short())]
    NoSuchAssignment(OpId),
    /// The assignment has ended.
    #[error("assignment {} has ended", .0.short())]
    AssignmentEnded(OpId),
    /// A regular post is given to somebody whose post is with another unit.
    #[error("person {} belongs to unit {}", .person.short(), .custodian.short())]
    PersonElsewhere {
        /// The person.
        person: RecordId,
        /// The unit that has the person.
        custodian: RecordId,
    },
    /// A secondment that the person does not have.
    #[error("the person has no secondment {}", .0.short())]
    NoSuchSecondment(OpId),
    /// The secondment is in another stage.
    #[error("the secondment is {found}")]
    SecondmentStage {
        /// The stage in which it is.
        found: SecondmentStage,
    },
    /// The secondment has not ended, so it cannot be rated.
    #[error("the secondment runs until {until}")]
    SecondmentRuns {
        /// Its last day.
        until: Date,
    },
    /// The person is on a secondment on some of these days.
    #[error("the person is seconded until {until}")]
    Seconded {
        /// Its last day.
        until: Date,
    },
    /// The unit is not the host of the secondment.
    #[error("the host is unit {}", .host.short())]
    NotHost {
        /// The host.
        host: RecordId,
    },
    /// The person leaves the service before the term ends.
    #[error("the person leaves the service on {on}")]
    Departed {
        /// The last day in service.
        on: Date,
    },
    /// A departure that was not decided, or not in this way.
    #[error("there is no departure {}", .0.short())]
    NoSuchDeparture(OpId),
    /// Another unit pays the departure.
    #[error("the departure names unit {} to pay", .payer.short())]
    NotPayer {
        /// The unit that the departure names.
        payer: RecordId,
    },
    /// Only the custodian may do this.
    #[error("the actor's unit is not the custodian")]
    NotCustodian {
        /// The custodian; none while the custody is contested with a tie.
        custodian: Option<RecordId>,
        /// The actor's unit.
        actor: Option<RecordId>,
    },
    /// The asset's life does not go on in this way.
    #[error("the asset is {found:?}")]
    AssetState {
        /// The states in which it is.
        found: Vec<AssetState>,
    },
    /// While several receivers tie, they may record condition and site only.
    #[error("custody is contested: only condition and site may be recorded")]
    ContestedField,
    /// The subject's custody does not stand at the link that the handover builds on.
    #[error("the custody has moved on from link {prev}")]
    LinkMoved {
        /// The link built on.
        prev: LinkId,
        /// The current one; none on a tie.
        current: Option<LinkId>,
    },
    /// The custody operation is not what the effect says.
    #[error("the effect of the handover lists no such line {line}")]
    NotInEffect {
        /// The line.
        line: u32,
    },
    /// A line's subject is not with the giver at the cited link.
    #[error("line {line} does not build on a custody link of the giver")]
    LineNotGivers {
        /// The line.
        line: u32,
    },
    /// Who acts is not of the party that this act belongs to.
    #[error("this is for the {party:?} to do")]
    NotParty {
        /// The party.
        party: Party,
        /// Its unit.
        unit: RecordId,
    },
    /// Correction minutes are of another kind, of other parties, or without the witness of the first.
    #[error("the minutes are not of the same parties and witness as those that they correct")]
    OtherParties,
    /// A line of correction minutes hands over what the first did not, or not back.
    #[error("line {line} does not hand back what the corrected minutes handed over")]
    NotOfCorrected {
        /// The line.
        line: u32,
    },
    /// Who acts is of none of the parties.
    #[error("the actor's unit is no party of the handover")]
    NoParty,
    /// The handover is in another stage.
    #[error("the handover is {found}")]
    HandoverStage {
        /// The stage in which it is.
        found: HandoverStage,
    },
    /// No witness is named.
    #[error("the handover names no witness")]
    NoWitness,
    /// The handover has no such line.
    #[error("the handover has no line {0}")]
    NoSuchLine(u32),
    /// Whoever refuses every line refuses the handover.
    #[error("every line is refused: refuse the handover instead")]
    AllRefused,
    /// The commit carries no minutes with this index.
    #[error("the commit carries no minutes {0}")]
    NoMinutes(u32),
    /// The minutes were not made of this handover's draft.
    #[error("the minutes are not those of this handover")]
    OtherMinutes,
    /// The minutes carry other signatures than exactly those that are needed.
    #[error("the minutes need exactly one signature of each of {needed:?}")]
    Signatures {
        /// The parties that have to sign.
        needed: Vec<Party>,
    },
    /// The party's signature is not by who acts.
    #[error("the signature of the {0:?} is not the author's")]
    SignerNotAuthor(Party),
    /// A signer is not of the party's unit.
    #[error("the signer for the {party:?} is of another unit")]
    SignerUnit {
        /// The party.
        party: Party,
        /// The party's unit.
        unit: RecordId,
    },
    /// The inventory is in another stage.
    #[error("the inventory is {found}")]
    InventoryStage {
        /// The stage in which it is.
        found: InventoryStage,
    },
    /// The unit does not hold a line's asset at the cited link.
    #[error("line {line} does not build on a custody link of the unit")]
    LineNotHeld {
        /// The line.
        line: u32,
    },
    /// Books are listed otherwise than when the inventory is opened, twice, or too long.
    #[error("the books of an inventory are listed when it is opened, each asset once")]
    InventoryBook,
    /// The council has no such member.
    #[error("the council has no member {0}")]
    NoSuchMember(u32),
    /// A member of the council signs with another key.
    #[error("member {member} signs with key {}", .key.short())]
    OtherMember {
        /// The member.
        member: u32,
        /// The member's key.
        key: PublicKey,
    },
    /// A member without a key signs on paper, whose scan has to be named.
    #[error("member {0} has no key, and there is no scan of a signed paper")]
    NoScan(u32),
    /// Nothing of this number was found, or it was struck off.
    #[error("operation {} notes no thing {number} that stands", .op.short())]
    NoSuchThing {
        /// The operation.
        op: OpId,
        /// The number.
        number: u32,
    },
    /// No dispute in the record's past that the ruling would settle.
    #[error("there is nothing to rule on at this link")]
    NothingToRule,
    /// A higher unit has ruled on it, and the author knew.
    #[error("a higher unit has ruled on this")]
    RuledAbove,
    /// A ruling does not cite a unit that it concerns.
    #[error("the ruling does not cite the registration of unit {}", .0.short())]
    UnitNotCited(RecordId),
    /// Only the province's own unit may do this.
    #[error("this is for the province's own unit to do")]
    NotProvince,
    /// A version of a reference record names another table or key than the record's.
    #[error("the version is of another table or key than the record")]
    OtherReference,
    /// A commit on a dossier is read by others than the dossier's readers.
    #[error("the scope of the commit is not that of the dossier's readers")]
    OtherReaders,
    /// The dossier would be read by more units than a scope holds.
    #[error("more units would read the dossier than a scope holds")]
    TooManyReaders,
    /// Who acts belongs to none of the dossier's offices.
    #[error("the actor's unit is not in line with an office of the dossier")]
    NotAnOffice {
        /// The actor's unit.
        actor: Option<RecordId>,
    },
    /// The dossier is in another status.
    #[error("the status of the dossier does not allow it: {found:?}")]
    DossierStatus {
        /// The status; several when officials took it on concurrently.
        found: Vec<DossierStatus>,
    },
    /// Nothing was given on by this operation, or it has been taken over.
    #[error("nothing waits to be taken over from {}", .0.short())]
    NoSuchPass(OpId),
    /// The dossier has no such paper.
    #[error("the dossier has no paper {0}")]
    NoSuchPaper(u32),
    /// The dossier names no such file, or it was erased already.
    #[error("the dossier names no file {}, or it was erased already", .0.short())]
    NoSuchFile(FileHash),
    /// The effect does not say what the draft and the signed minutes say.
    #[error("the effect differs from the signed minutes")]
    EffectMismatch,
}

/// What a cited operation has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefNeed {
    /// The registration of the unit named.
    UnitRegister,
    /// The registration or a custody operation of the person named.
    PersonLink,
    /// The registration or a custody operation of the line's subject.
    SubjectLink,
    /// The effect of the handover named.
    HandoverEffect,
    /// The draft of the handover named.
    HandoverDraft,
    /// A published version of the procedure named.
    Procedure,
    /// The approval of the inventory named.
    InventoryApproval,
    /// An act on the asset of the line, or the registration of what was found.
    AssetAct,
}

impl std::fmt::Display for RefNeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnitRegister => "the registration of the unit",
            Self::PersonLink => "a registration or custody operation of the person",
            Self::SubjectLink => "a registration or custody operation of the subject",
            Self::HandoverEffect => "the effect of the handover",
            Self::HandoverDraft => "the draft of the handover",
            Self::Procedure => "a published version of the procedure",
            Self::InventoryApproval => "the approval of the inventory",
            Self::AssetAct => "an act on the asset of the line",
        })
    }
}

impl Illegality {
    /// A word for the rule, stable across versions: what a catalogue of sentences is looked up by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRecord => "no_record",
            Self::OtherKind(_) => "other_kind",
            Self::WrongRef { .. } => "wrong_ref",
            Self::NotAbove { .. } => "not_above",
            Self::PathMismatch => "path_mismatch",
            Self::UnitStage { .. } => "unit_stage",
            Self::OwnSuccessor => "own_successor",
            Self::NumbersTaken { .. } => "numbers_taken",
            Self::PostCodeTaken(_) => "post_code_taken",
            Self::NoSuchPost(_) => "no_such_post",
            Self::PostClosed(_) => "post_closed",
            Self::PostHeld { .. } => "post_held",
            Self::NoSuchAssignment(_) => "no_such_assignment",
            Self::AssignmentEnded(_) => "assignment_ended",
            Self::PersonElsewhere { .. } => "person_elsewhere",
            Self::NoSuchSecondment(_) => "no_such_secondment",
            Self::SecondmentStage { .. } => "secondment_stage",
            Self::SecondmentRuns { .. } => "secondment_runs",
            Self::Seconded { .. } => "seconded",
            Self::NotHost { .. } => "not_host",
            Self::Departed { .. } => "departed",
            Self::NoSuchDeparture(_) => "no_such_departure",
            Self::NotPayer { .. } => "not_payer",
            Self::NotCustodian { .. } => "not_custodian",
            Self::AssetState { .. } => "asset_state",
            Self::ContestedField => "contested_field",
            Self::LinkMoved { .. } => "link_moved",
            Self::NotInEffect { .. } => "not_in_effect",
            Self::LineNotGivers { .. } => "line_not_givers",
            Self::NotParty { .. } => "not_party",
            Self::OtherParties => "other_parties",
            Self::NotOfCorrected { .. } => "not_of_corrected",
            Self::NoParty => "no_party",
            Self::HandoverStage { .. } => "handover_stage",
            Self::NoWitness => "no_witness",
            Self::NoSuchLine(_) => "no_such_line",
            Self::AllRefused => "all_refused",
            Self::NoMinutes(_) => "no_minutes",
            Self::OtherMinutes => "other_minutes",
            Self::Signatures { .. } => "signatures",
            Self::SignerNotAuthor(_) => "signer_not_author",
            Self::SignerUnit { .. } => "signer_unit",
            Self::InventoryStage { .. } => "inventory_stage",
            Self::InventoryBook => "inventory_book",
            Self::LineNotHeld { .. } => "line_not_held",
            Self::NoSuchMember(_) => "no_such_member",
            Self::OtherMember { .. } => "other_member",
            Self::NoScan(_) => "no_scan",
            Self::NoSuchThing { .. } => "no_such_thing",
            Self::NothingToRule => "nothing_to_rule",
            Self::RuledAbove => "ruled_above",
            Self::UnitNotCited(_) => "unit_not_cited",
            Self::NotProvince => "not_province",
            Self::OtherReference => "other_reference",
            Self::OtherReaders => "other_readers",
            Self::TooManyReaders => "too_many_readers",
            Self::NotAnOffice { .. } => "not_an_office",
            Self::DossierStatus { .. } => "dossier_status",
            Self::NoSuchPass(_) => "no_such_pass",
            Self::NoSuchPaper(_) => "no_such_paper",
            Self::NoSuchFile(_) => "no_such_file",
            Self::EffectMismatch => "effect_mismatch",
        }
    }
}
