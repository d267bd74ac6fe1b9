//! Rosters: the posts of one unit and who holds them.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::operation::{OpRef, RecordRef};

use crate::body::{self, Body, words};
use crate::custody::cited_link;
use crate::handover::HandoverKind;
use crate::legality::{Scene, Stop};
use crate::limits::UNITS_ABOVE_MAX;
use crate::measure::Date;
use crate::person::WorkField;
use crate::roster_view::{posts_of, terms_of};
use crate::state::CanonicalState;
use crate::typed::{TypedOperation, operations};
use crate::value::{Change, append, set, word_values};
use crate::verdict::{Illegality, RefNeed};

words! {
    /// How somebody holds a post.
    AssignmentKind, "assignment kind" {
        /// The person's own post.
        Regular = "regular",
        /// Beside another post (kiêm nhiệm).
        Concurrent = "concurrent",
        /// For the holder of the post (quyền).
        Acting = "acting",
        /// In charge until somebody is appointed (phụ trách).
        InCharge = "in_charge",
    }
}
word_values!(AssignmentKind);

operations! {
    /// What is done to rosters.
    RosterOperation of "roster" {
        /// Creates the roster of a unit.
        Create(RosterCreate) = "create",
        /// Adds a post.
        AddPost(PostAdd) = "add_post",
        /// Closes a vacant post.
        ClosePost(PostClose) = "close_post",
        /// Gives somebody a post.
        Assign(Assign) = "assign",
        /// Ends an assignment.
        Release(Release) = "release",
    }
}

/// Body of `roster.create`: `[unit, [unit above…]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterCreate {
    /// The unit.
    pub unit: RecordId,
    /// The units above it, the province first.
    pub path: Vec<RecordId>,
}

/// Body of `roster.add_post`: `[code, title, field, head]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostAdd {
    /// The post's code, one of its kind among the roster's open posts.
    pub code: String,
    /// The title.
    pub title: String,
    /// The field of work.
    pub field: WorkField,
    /// Whether its holder heads the unit.
    pub head: bool,
}

/// Body of `roster.close_post`: `[post]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostClose {
    /// The operation that added the post.
    pub post: OpRef,
}

/// Body of `roster.assign`: `[post, person, kind, from, until or null, decision]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    /// The operation that added the post.
    pub post: OpRef,
    /// The person.
    pub person: RecordRef,
    /// How.
    pub kind: AssignmentKind,
    /// First day.
    pub from: Date,
    /// Last day, when it is known.
    pub until: Option<Date>,
    /// The decision: number, date, issuer.
    pub decision: String,
}

/// Body of `roster.release`: `[assignment, date, reason]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The operation that assigned.
    pub assignment: OpRef,
    /// Last day.
    pub date: Date,
    /// Why.
    pub reason: String,
}

impl Body for RosterCreate {
    fn write(&self, w: &mut Writer) {
        w.array(2).bytes(&self.unit.0);
        body::write_records(w, &self.path);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("roster.create", 2)?;
        Ok(Self {
            unit: body::record(r, "unit")?,
            path: body::path(r, "unit path", UNITS_ABOVE_MAX)?,
        })
    }
}

impl Body for PostAdd {
    fn write(&self, w: &mut Writer) {
        w.array(4)
            .text(&self.code)
            .text(&self.title)
            .text(self.field.as_str())
            .bool(self.head);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("roster.add_post", 4)?;
        Ok(Self {
            code: body::code(r, "post code")?,
            title: body::name(r, "post title")?,
            field: WorkField::read(r)?,
            head: r.bool("head")?,
        })
    }
}

impl Body for PostClose {
    fn write(&self, w: &mut Writer) {
        body::write_op(w.array(1), self.post);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("roster.close_post", 1)?;
        Ok(Self {
            post: body::read_op(r, "post")?,
        })
    }
}

impl Body for Assign {
    fn write(&self, w: &mut Writer) {
        body::write_op(w.array(6), self.post);
        body::write_record(w, self.person);
        w.text(self.kind.as_str()).uint(self.from.number().into());
        w.option(self.until, |w, until| {
            w.uint(until.number().into());
        });
        w.text(&self.decision);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("roster.assign", 6)?;
        let assign = Self {
            post: body::read_op(r, "post")?,
            person: body::read_record(r, "person")?,
            kind: AssignmentKind::read(r)?,
            from: body::date(r, "first day")?,
            until: r.option("last day", |r| body::date(r, "last day"))?,
            decision: body::text(r, "decision")?,
        };
        if assign.until.is_some_and(|until| until < assign.from) {
            return Err(CborError::Value {
                field: "last day",
                what: "before the first day",
            });
        }
        Ok(assign)
    }
}

impl Body for Release {
    fn write(&self, w: &mut Writer) {
        body::write_op(w.array(3), self.assignment);
        w.uint(self.date.number().into()).text(&self.reason);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("roster.release", 3)?;
        Ok(Self {
            assignment: body::read_op(r, "assignment")?,
            date: body::date(r, "last day")?,
            reason: body::text(r, "reason")?,
        })
    }
}

impl RosterOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        if let Self::Create(create) = self {
            return create.judge(scene);
        }
        let unit = match scene.creation {
            Some(TypedOperation::Roster(Self::Create(create))) => {
                let mut path = create.path.clone();
                path.push(create.unit);
                scene.expect_at_or_above(&path)?;
                create.unit
            }
            _ => return Err(Illegality::NoRecord.into()),
        };
        match self {
            Self::Create(_) => Err(Illegality::NoRecord.into()),
            Self::AddPost(post) => {
                scene.expect_refs(0)?;
                let posts = posts_of(scene.past);
                if posts
                    .values()
                    .any(|other| !other.closed && other.code == post.code)
                {
                    return Err(Illegality::PostCodeTaken(post.code.clone()).into());
                }
                Ok(vec![append(
                    "posts",
                    [
                        ("code", post.code.as_str().into()),
                        ("title", post.title.as_str().into()),
                        ("field", post.field.into()),
                        ("head", post.head.into()),
                    ],
                )])
            }
            Self::ClosePost(PostClose { post }) => {
                scene.expect_refs(0)?;
                let post = expect_open_post(scene, *post)?;
                match terms_of(scene.past)
                    .values()
                    .find(|term| term.post == post && term.released.is_empty())
                {
                    Some(term) => Err(Illegality::PostHeld {
                        post,
                        person: term.person,
                    }
                    .into()),
                    None => Ok(vec![append("closed_posts", [("post", post.into())])]),
                }
            }
            Self::Assign(assign) => assign.judge(scene, unit),
            Self::Release(release) => {
                scene.expect_refs(0)?;
                let assignment = release.assignment.resolve(scene.facts.commit);
                match terms_of(scene.past).get(&assignment) {
                    None => Err(Illegality::NoSuchAssignment(assignment).into()),
                    Some(term) if !term.released.is_empty() => {
                        Err(Illegality::AssignmentEnded(assignment).into())
                    }
                    Some(_) => Ok(vec![append(
                        "releases",
                        [
                            ("assignment", assignment.into()),
                            ("date", release.date.into()),
                            ("reason", release.reason.as_str().into()),
                        ],
                    )]),
                }
            }
        }
    }
}

impl RosterCreate {
    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        let cited = scene.cited_unit(self.unit)?;
        if cited.split_last().is_none_or(|(_, above)| above != self.path) {
            return Err(Illegality::PathMismatch.into());
        }
        scene.expect_at_or_above(&cited)?;
        Ok(vec![set("unit", self.unit)])
    }
}

impl Assign {
    fn judge(&self, scene: &Scene<'_>, unit: RecordId) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        let person = match self.person {
            RecordRef::Id(id) => id,
            RecordRef::Here(index) => OpId::of(scene.facts.commit, index).into(),
            // Never decoded.
            RecordRef::New => scene.facts.record,
        };
        let (referred, operation) = scene.cited(0, RefNeed::PersonLink)?;
        let link = match cited_link(referred.facts.record, referred.facts.id, &operation) {
            Some((HandoverKind::Staff, link)) if referred.facts.record == person => link,
            _ => {
                return Err(Illegality::WrongRef {
                    index: 0,
                    needed: RefNeed::PersonLink,
                }
                .into());
            }
        };
        let post = expect_open_post(scene, self.post)?;
        if self.kind == AssignmentKind::Regular {
            if link.to != unit {
                return Err(Illegality::PersonElsewhere {
                    person,
                    custodian: link.to,
                }
                .into());
            }
            let terms = terms_of(scene.past);
            let held = terms.values().find(|term| {
                term.post == post && term.kind == AssignmentKind::Regular && term.released.is_empty()
            });
            if let Some(term) = held {
                return Err(Illegality::PostHeld {
                    post,
                    person: term.person,
                }
                .into());
            }
        }
        let mut change = append(
            "assignments",
            [
                ("post", post.into()),
                ("person", person.into()),
                ("kind", self.kind.into()),
                ("from", self.from.into()),
                ("decision", self.decision.as_str().into()),
            ],
        );
        if let (Change::Append { row, .. }, Some(until)) = (&mut change, self.until) {
            row.insert("until", until.into());
        }
        Ok(vec![change])
    }
}

fn expect_open_post(scene: &Scene<'_>, post: OpRef) -> Result<OpId, Stop> {
    let post = post.resolve(scene.facts.commit);
    match posts_of(scene.past).get(&post) {
        None => Err(Illegality::NoSuchPost(post).into()),
        Some(found) if found.closed => Err(Illegality::PostClosed(post).into()),
        Some(_) => Ok(post),
    }
}

/// Whether the state is that of a roster.
pub(crate) fn is_roster(state: &CanonicalState) -> bool {
    state.kind == Some(crate::typed::RecordKind::Roster)
}
