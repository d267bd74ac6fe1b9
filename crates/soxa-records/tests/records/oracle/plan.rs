//! Random histories of two assets in three units: who was appointed and cut, what they did, and when it arrived. A plan is
//! plain numbers, where zeros mean the plainest case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use soxa_ledger::ids::{CommitId, OpId, PublicKey, RecordId, StatementId};
use soxa_ledger::minutes::{Minutes, MinutesSigner, Party, RefusedLine};
use soxa_ledger::statement::{
    Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Issuer, Supposed,
    UnsignedStatement,
};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, OpRef, Scope, Time};
use soxa_records::LinkId;
use soxa_records::asset::AssetSet;
use soxa_records::compose::{At, Composer};
use soxa_records::handover::minutes::{SigningParty, minutes_payload, sign_minutes};
use soxa_records::handover::{ConditionBasis, DraftLine, HandoverDraft, HandoverKind, LineOf, Subject};

use super::cast::{CAST, FEEDS, LENGTH, PEOPLE, party, position, somebody_of, unit, witness};
use super::seeds::Dice;
use crate::province::{asset_of, date};

/// A commit that nobody signed: its id, and the record of each of its operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub id: CommitId,
    pub commit: Commit,
    pub ops: Vec<(OpId, RecordId)>,
    /// What names each signature under each of its minutes, by the key: worked out once.
    signatures: Vec<BTreeMap<PublicKey, SignatureId>>,
}

/// What names one signature in all minutes that carry it.
pub type SignatureId = [u8; 32];

impl Made {
    pub fn signature(&self, minutes: usize, signer: &MinutesSigner) -> SignatureId {
        self.signatures[minutes][&signer.key]
    }

    /// All signatures under its minutes.
    pub fn signatures(&self) -> impl Iterator<Item = (&MinutesSigner, SignatureId)> {
        let minutes = self.commit.minutes.iter().enumerate();
        minutes.flat_map(move |(at, minutes)| {
            let signers = minutes.signers().iter();
            signers.map(move |signer| (signer, self.signature(at, signer)))
        })
    }
}

/// One thing that can arrive.
#[derive(Debug, Clone)]
pub enum Item {
    Statement(Arc<Supposed>, Position),
    Commit(Arc<Made>, Position),
}

/// A whole history.
#[derive(Debug, Clone)]
pub struct Plan {
    pub items: Vec<Item>,
    /// Where each item goes in two other orders.
    pub orders: [Vec<u32>; 2],
    /// Whether the documents are built too, which takes longer than all else.
    pub documents: bool,
}

/// A custody link that somebody may build on.
#[derive(Clone, Copy)]
struct Link {
    id: LinkId,
    depth: u32,
    holder: RecordId,
    op: OpId,
    /// Who sent it off.
    by: usize,
}

struct Handover {
    record: RecordId,
    draft: HandoverDraft,
    minutes: Option<Minutes>,
}

/// An appointment of one of the people.
struct Office {
    person: usize,
    id: StatementId,
    issuer: Issuer,
}

#[derive(Default)]
struct Maker {
    items: Vec<Item>,
    offices: Vec<Office>,
    commits: Vec<CommitId>,
    /// The operations of each record, and those of them on which none builds.
    records: BTreeMap<RecordId, (Vec<OpId>, BTreeSet<OpId>)>,
    assets: Vec<(RecordId, Vec<Link>)>,
    handovers: Vec<Handover>,
    /// The steps so far: what is done now stands near the entry of that number.
    now: usize,
}

impl Maker {
    fn position(&self, dice: &mut Dice<'_>) -> Position {
        let n = if dice.chance(3) {
            dice.roll(LENGTH)
        } else {
            self.now + dice.roll(3)
        };
        position(dice.roll(FEEDS), n.min(LENGTH - 1))
    }

    fn say(&mut self, issuer: Issuer, fact: &Fact, signers: Vec<PublicKey>, at: Position) -> StatementId {
        let unsigned = UnsignedStatement::new(CAST.province.network, issuer, fact, &[]);
        let supposed = unsigned.suppose(signers).unwrap();
        let id = supposed.statement().id;
        self.items.push(Item::Statement(Arc::new(supposed), at));
        id
    }

    /// Somebody says something under one of their appointments, or the root does.
    fn say_as(&mut self, speaker: Option<usize>, fact: &Fact, dice: &mut Dice<'_>) -> StatementId {
        let at = self.position(dice);
        match speaker {
            None => {
                let roots = CAST.founding().roots.clone();
                self.say(Issuer::Root, fact, roots, at)
            }
            Some(person) => {
                let office = self.office(person, dice);
                let key = CAST.people[person].key.public();
                self.say(Issuer::Under(office), fact, vec![key], at)
            }
        }
    }

    /// An appointment of a person; the first more often than not.
    fn office(&self, person: usize, dice: &mut Dice<'_>) -> StatementId {
        let own: Vec<&Office> = self
            .offices
            .iter()
            .filter(|office| office.person == person)
            .collect();
        own[dice.roll(2 * own.len()).saturating_sub(own.len())].id
    }

    fn appoint(&mut self, person: usize, dice: &mut Dice<'_>) {
        let head = person != 1 && person != 3;
        let renewed = self.offices.iter().any(|office| office.person == person);
        let from = if renewed { 10 * dice.roll(LENGTH) as u64 } else { 0 };
        let ends = dice.chance(if head { 3 } else { 20 });
        let fact = Fact::Appointment(Appointment {
            key: CAST.people[person].key.public(),
            person: CAST.people[person].person.clone(),
            record: None,
            unit_path: CAST.people[person].unit_path.clone(),
            role: if head { "unit_head" } else { "asset_officer" }.parse().unwrap(),
            term: Term {
                from: Time(from),
                until: ends.then(|| Time(from + 10 * (3 + dice.roll(LENGTH)) as u64)),
            },
            basis: format!("{}/QĐ", self.offices.len()),
        });
        let (issuer, signer) = if head {
            (Issuer::Root, CAST.founding().roots[0])
        } else {
            let above = person - 1;
            (
                Issuer::Under(self.office(above, dice)),
                CAST.people[above].key.public(),
            )
        };
        let at = self.position(dice);
        let id = self.say(issuer, &fact, vec![signer], at);
        if !renewed && dice.chance(3) {
            self.items.pop();
        }
        self.offices.push(Office { person, id, issuer });
    }

    /// A commit at one or two positions, or one that never arrives.
    fn commit(&mut self, person: usize, composer: Composer, dice: &mut Dice<'_>) -> Arc<Made> {
        let (operations, minutes) = composer.finish();
        let commit = Commit {
            author: CAST.people[person].key.public(),
            appointment: self.office(person, dice),
            scope: Scope::all_nodes(),
            time: Time(1_000 * self.commits.len() as u64),
            operations,
            minutes,
            note: None,
        };
        let id = commit.id(CAST.province.network);
        let mut ops = Vec::new();
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let op = OpId::of(id, index);
            let record = operation.record_id(id, index);
            let (all, tips) = self.records.entry(record).or_default();
            for parent in &operation.parents {
                tips.remove(&parent.resolve(id));
            }
            all.push(op);
            tips.insert(op);
            ops.push((op, record));
        }
        let named = |minutes: &Minutes| {
            let signers = minutes.signers().iter();
            signers
                .map(|signer| (signer.key, minutes.signature_id(signer)))
                .collect()
        };
        let signatures = commit.minutes.iter().map(named).collect();
        let made = Arc::new(Made {
            id,
            commit,
            ops,
            signatures,
        });
        let positions = if self.now > 0 && dice.chance(2) {
            0
        } else {
            1 + usize::from(dice.chance(20))
        };
        for _ in 0..positions {
            self.items
                .push(Item::Commit(Arc::clone(&made), self.position(dice)));
        }
        self.commits.push(id);
        made
    }

    /// What the next operation on a record builds on: mostly all that nobody has built on.
    fn at(&self, record: RecordId, dice: &mut Dice<'_>) -> At {
        let (all, tips) = &self.records[&record];
        if !dice.chance(12) {
            return At::new(record, &tips.iter().copied().collect::<Vec<_>>());
        }
        let mut heads = vec![all[dice.roll(all.len())]];
        if dice.chance(30) {
            heads.push(all[dice.roll(all.len())]);
        }
        heads.sort_unstable();
        heads.dedup();
        At::new(record, &heads)
    }

    /// What the custody that a line brings builds on: where another link came after the line's own, mostly only that
    /// own one, as if nobody here knew of the other.
    fn at_link(&self, line: &Subject, dice: &mut Dice<'_>) -> At {
        let asset = self.assets.iter().find(|(record, _)| *record == line.record);
        let links = &asset.unwrap().1;
        match links.iter().find(|link| link.id == line.prev) {
            Some(own) if own.id != links[links.len() - 1].id && dice.chance(70) => {
                At::new(line.record, &[own.op])
            }
            _ => self.at(line.record, dice),
        }
    }

    fn register(&mut self, person: usize, dice: &mut Dice<'_>) {
        let mut composer = Composer::new();
        composer.register_asset(asset_of(unit(person), &format!("Nhà {}", self.assets.len())));
        let (op, record) = self.commit(person, composer, dice).ops[0];
        let first = Link {
            id: LinkId::of_registration(record),
            depth: 0,
            holder: unit(person),
            op,
            by: person,
        };
        self.assets.push((record, vec![first]));
    }

    /// A link of an asset to go on from: mostly the newest.
    fn link(&self, asset: usize, dice: &mut Dice<'_>) -> Link {
        let links = &self.assets[asset].1;
        if dice.chance(25) {
            links[dice.roll(links.len())]
        } else {
            links[links.len() - 1]
        }
    }

    fn set(&mut self, dice: &mut Dice<'_>) {
        let asset = dice.roll(self.assets.len());
        let person = somebody_of(self.link(asset, dice).holder, dice);
        let text = format!("{}", dice.roll(3));
        let setting = match dice.roll(4) {
            0 => AssetSet::Condition(text),
            1 => AssetSet::Site(text),
            2 => AssetSet::Remark(text),
            _ => AssetSet::Residual(i64::try_from(dice.roll(3)).unwrap().into()),
        };
        let mut composer = Composer::new();
        composer.set_asset(&mut self.at(self.assets[asset].0, dice), setting);
        self.commit(person, composer, dice);
    }

    fn draft(&mut self, dice: &mut Dice<'_>) {
        let first = usize::from(dice.chance(35));
        let mut given = vec![(first, self.link(first, dice))];
        let giver = somebody_of(given[0].1.holder, dice);
        let other = self.link(1 - first, dice);
        if dice.chance(if other.holder == unit(giver) { 60 } else { 4 }) {
            given.push((1 - first, other));
        }
        let others: Vec<usize> = [0, 2, 4]
            .into_iter()
            .filter(|other| unit(*other) != unit(giver))
            .collect();
        let receiver = dice.roll(2);
        let lines = given.iter().map(|(asset, link)| {
            let of = LineOf::Subject(Subject {
                record: self.assets[*asset].0,
                prev: link.id,
                depth: link.depth + 1,
            });
            DraftLine::new(of, "Nhà".to_owned())
        });
        let draft = HandoverDraft {
            kind: HandoverKind::Assets,
            giver: party(giver),
            receiver: party(others[receiver]),
            witness: dice.chance(25).then(|| witness(others[1 - receiver])),
            corrects: None,
            basis: String::new(),
            condition_basis: ConditionBasis::AsIs,
            place: String::new(),
            date: date(),
            expires: None,
            duties: String::new(),
            lines: lines.collect(),
        };
        let mut composer = Composer::new();
        let links = given.iter().map(|(_, link)| OpRef::Id(link.op)).collect();
        composer.draft_handover(draft.clone(), links);
        let record = self.commit(giver, composer, dice).ops[0].1;
        self.handovers.push(Handover {
            record,
            draft,
            minutes: None,
        });
    }

    /// A whole handover, one step after the other.
    fn hand_over(&mut self, dice: &mut Dice<'_>) {
        self.draft(dice);
        let which = self.handovers.len() - 1;
        let steps = 2 + usize::from(self.handovers[which].draft.witness.is_some());
        for _ in 0..steps {
            self.go_on(which, dice);
        }
    }

    /// The next step of some handover; often of the newest.
    fn go_on_with_any(&mut self, dice: &mut Dice<'_>) {
        let all = self.handovers.len();
        match all {
            0 => self.draft(dice),
            _ => self.go_on(all - 1 - dice.roll(2 * all).saturating_sub(all), dice),
        }
    }

    /// The next step of a handover: its offer, its acceptance, the witness, or the effect once more.
    fn go_on(&mut self, which: usize, dice: &mut Dice<'_>) {
        let Handover {
            record,
            draft,
            minutes,
        } = &self.handovers[which];
        let (record, draft, minutes) = (*record, draft.clone(), minutes.clone());
        let signed = minutes.as_ref().map_or(0, |minutes| minutes.signers().len());
        let next = match (signed, &draft.witness) {
            (0, _) => Some((Party::Giver, draft.giver.unit)),
            (1, _) => Some((Party::Receiver, draft.receiver.unit)),
            (2, Some(witness)) => Some((Party::Witness, witness.unit)),
            _ => None,
        };
        let mut at = self.at(record, dice);
        let mut subjects: BTreeMap<RecordId, At> = draft
            .subjects()
            .map(|(_, subject)| (subject.record, self.at_link(subject, dice)))
            .collect();
        let mut composer = Composer::new();
        let Some((party, of)) = next else {
            let person = somebody_of(draft.giver.unit, dice);
            let minutes = minutes.unwrap();
            composer
                .effect(&mut at, record, &draft, &minutes, &mut subjects)
                .unwrap();
            self.moved(person, composer, record, &draft, dice);
            return;
        };
        let person = somebody_of(of, dice);
        let refused = if party == Party::Receiver && draft.lines.len() > 1 && dice.chance(25) {
            vec![RefusedLine {
                line: 1,
                reason: "mất".to_owned(),
            }]
        } else {
            Vec::new()
        };
        let signing = SigningParty {
            party,
            appointment: self.office(person, dice),
            refused: &refused,
            remark: "",
            key: &CAST.people[person].key,
        };
        let payload = minutes_payload(CAST.province.network, record, &draft);
        // The same key twice under one paper is malformed.
        let Ok(minutes) = sign_minutes(CAST.province.network, &payload, minutes.as_ref(), signing) else {
            return;
        };
        match party {
            Party::Giver => {
                composer.offer(&mut at, &minutes);
            }
            Party::Receiver => composer
                .accept(&mut at, record, &draft, &minutes, &mut subjects)
                .unwrap(),
            Party::Witness => composer
                .witness(&mut at, record, &draft, &minutes, &mut subjects)
                .unwrap(),
        }
        self.handovers[which].minutes = Some(minutes);
        // Seldom somebody else sends off what was signed.
        let author = if dice.chance(6) { dice.roll(PEOPLE) } else { person };
        self.moved(author, composer, record, &draft, dice);
    }

    /// Commits what may make custody links, and notes those.
    fn moved(
        &mut self,
        person: usize,
        composer: Composer,
        handover: RecordId,
        draft: &HandoverDraft,
        dice: &mut Dice<'_>,
    ) {
        let made = self.commit(person, composer, dice);
        for (line, content) in draft.subjects() {
            let Some((op, _)) = made.ops.iter().find(|(_, record)| *record == content.record) else {
                continue;
            };
            let asset = self
                .assets
                .iter_mut()
                .find(|(record, _)| *record == content.record);
            asset.unwrap().1.push(Link {
                id: LinkId::of_line(handover, line),
                depth: content.depth,
                holder: draft.receiver.unit,
                op: *op,
                by: person,
            });
        }
    }

    fn take_back(&mut self, dice: &mut Dice<'_>) {
        let Some(Handover { record, draft, .. }) = self.handovers.last() else {
            return self.draft(dice);
        };
        let (record, giver, receiver) = (*record, draft.giver.unit, draft.receiver.unit);
        let mut at = self.at(record, dice);
        let mut composer = Composer::new();
        let person = if dice.chance(40) {
            composer.refuse(&mut at, "thiếu");
            somebody_of(receiver, dice)
        } else {
            composer.withdraw(&mut at, "nhầm");
            somebody_of(giver, dice)
        };
        self.commit(person, composer, dice);
    }

    /// Where a cut lies: in most feeds, and there near what is done now.
    fn stands(&self, dice: &mut Dice<'_>) -> Vec<FeedPosition> {
        let mut stands = Vec::new();
        for feed in 0..FEEDS {
            if !dice.chance(6) {
                let n = (self.now + 6).saturating_sub(dice.roll(14));
                let at = position(feed, n.min(LENGTH - 1));
                stands.push(FeedPosition {
                    feed: at.feed,
                    seq: at.seq,
                    hash: at.hash,
                });
            }
        }
        stands
    }

    /// An appointment; often one of somebody who took an asset over that went on to others since.
    fn to_be_cut(&self, dice: &mut Dice<'_>) -> &Office {
        let links = &self.assets[0].1;
        if dice.chance(50) && links.len() > 2 {
            let by = links[1 + dice.roll(links.len() - 2)].by;
            let theirs = self.offices.iter().find(|office| office.person == by);
            return theirs.unwrap();
        }
        &self.offices[dice.roll(self.offices.len())]
    }

    fn cut(&mut self, dice: &mut Dice<'_>) {
        let Office { id, issuer, person } = self.to_be_cut(dice);
        let (target, person) = (*id, *person);
        let speaker = match issuer {
            Issuer::Under(_) if dice.chance(60) => Some(person - 1),
            _ if dice.chance(8) => Some(dice.roll(PEOPLE)),
            _ => None,
        };
        let fact = if dice.chance(15) {
            Fact::Compromise(Compromise {
                key: CAST.people[person].key.public(),
                remark: String::new(),
                stands: self.stands(dice),
            })
        } else {
            Fact::Cut(Cut {
                target,
                reason: CutReason::Retirement,
                remark: String::new(),
                stands: self.stands(dice),
            })
        };
        self.say_as(speaker, &fact, dice);
    }

    fn adopt(&mut self, dice: &mut Dice<'_>) {
        let mut commits = vec![self.commits[dice.roll(self.commits.len())]];
        commits.push(self.commits[dice.roll(self.commits.len())]);
        commits.sort_unstable();
        commits.dedup();
        let fact = Fact::Adoption(Adoption {
            commits,
            remark: String::new(),
        });
        let speaker = (!dice.chance(30)).then(|| dice.roll(PEOPLE));
        self.say_as(speaker, &fact, dice);
    }

    fn step(&mut self, dice: &mut Dice<'_>) {
        match dice.roll(100) {
            0..14 => self.set(dice),
            14..24 => self.draft(dice),
            24..52 => self.go_on_with_any(dice),
            52..75 => self.hand_over(dice),
            75..79 => self.take_back(dice),
            79..88 => self.cut(dice),
            88..92 => self.adopt(dice),
            _ => {
                let person = dice.roll(PEOPLE);
                self.appoint(person, dice);
            }
        }
    }
}

fn build(founding: &[u16], steps: &[Vec<u16>], orders: [Vec<u32>; 2], documents: bool) -> Plan {
    let mut maker = Maker::default();
    let dice = &mut Dice::of(founding);
    for person in 0..PEOPLE {
        maker.appoint(person, dice);
    }
    maker.register(1, dice);
    let registrar = dice.roll(PEOPLE);
    maker.register(registrar, dice);
    for step in steps {
        maker.now += 1;
        maker.step(&mut Dice::of(step));
    }
    Plan {
        items: maker.items,
        orders,
        documents,
    }
}

/// Histories of a few acts up to some twenty.
pub fn plans() -> impl Strategy<Value = Plan> {
    let numbers = |count| prop::collection::vec(any::<u16>(), count);
    let order = || prop::collection::vec(any::<u32>(), 80);
    (
        numbers(48),
        prop::collection::vec(numbers(40), 3..24),
        order(),
        order(),
        prop::bool::weighted(1.0 / 16.0),
    )
        .prop_map(|(founding, steps, one, other, documents)| {
            build(&founding, &steps, [one, other], documents)
        })
}
