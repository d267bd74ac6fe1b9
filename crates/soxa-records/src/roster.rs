//! Rosters: the posts of one unit and who holds them.

pub mod staffing;
pub mod view;

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::operation::{OpRef, RecordRef};

use crate::body::{
    Code, Day, Flag, Id, Name, Op, Opt, Path, Rec, Small, Text, Word, Year, body, check_days, words,
};
use crate::custody::cited_link;
use crate::handover::HandoverKind;
use crate::legality::{Scene, Stop};
use crate::limits::UNITS_ABOVE_MAX;
use crate::measure::Date;
use crate::person::{PersonClass, WorkField};
use crate::roster::view::{posts_of, terms_of};
use crate::state::CanonicalState;
use crate::typed::{TypedOperation, operations};
use crate::value::{Change, append, replace, set, word_values};
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
        /// Sets how many people of a class the unit may have in a year.
        Quota(QuotaSet) = "quota",
    }
}

body! {
    /// Body of `roster.create`: `[unit, [unit above…]]`.
    RosterCreate = "roster.create" {
        /// The unit.
        unit: RecordId => Id,
        /// The units above it, the province first.
        path: Vec<RecordId> => Path<UNITS_ABOVE_MAX>,
    }
}

body! {
    /// Body of `roster.add_post`: `[code, title, field, head]`.
    PostAdd = "roster.add_post" {
        /// The post's code, one of its kind among the roster's open posts.
        code: String => Code,
        /// The title.
        title: String => Name,
        /// The field of work.
        field: WorkField => Word,
        /// Whether its holder heads the unit.
        head: bool => Flag,
    }
}

body! {
    /// Body of `roster.close_post`: `[post]`.
    PostClose = "roster.close_post" {
        /// The operation that added the post.
        post: OpRef => Op,
    }
}

body! {
    /// Body of `roster.assign`: `[post, person, kind, from, until or null, decision]`.
    Assign = "roster.assign" checked by check_term {
        /// The operation that added the post.
        post: OpRef => Op,
        /// The person.
        person: RecordRef => Rec,
        /// How.
        kind: AssignmentKind => Word,
        /// First day.
        from: Date => Day,
        /// Last day, when it is known.
        until: Option<Date> => Opt<Day>,
        /// The decision: number, date, issuer.
        decision: String => Text,
    }
}

body! {
    /// Body of `roster.release`: `[assignment, date, reason]`.
    Release = "roster.release" {
        /// The operation that assigned.
        assignment: OpRef => Op,
        /// Last day.
        date: Date => Day,
        /// Why.
        reason: String => Text,
    }
}

body! {
    /// Body of `roster.quota`: `[class, year, number, decision]`. It takes the place of what was set before for this class and year.
    QuotaSet = "roster.quota" {
        /// The class of service.
        class: PersonClass => Word,
        /// The year.
        year: u16 => Year,
        /// How many people.
        number: u32 => Small,
        /// The decision.
        decision: String => Text,
    }
}

fn check_term(assign: &Assign) -> Result<(), CborError> {
    check_days(assign.from, assign.until)
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
            Self::Quota(quota) => {
                scene.expect_refs(0)?;
                let same = |row: &crate::value::Row| {
                    row.get("class") == Some(quota.class) && row.get("year") == Some(quota.year)
                };
                let mut changes: Vec<Change> = replace(scene.past, "quotas", same).collect();
                changes.push(append(
                    "quotas",
                    [
                        ("class", quota.class.into()),
                        ("year", quota.year.into()),
                        ("number", quota.number.into()),
                        ("decision", quota.decision.as_str().into()),
                    ],
                ));
                Ok(changes)
            }
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
        let row = append(
            "assignments",
            [
                ("post", post.into()),
                ("person", person.into()),
                ("kind", self.kind.into()),
                ("from", self.from.into()),
                ("decision", self.decision.as_str().into()),
            ],
        );
        Ok(vec![row.and("until", self.until)])
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
