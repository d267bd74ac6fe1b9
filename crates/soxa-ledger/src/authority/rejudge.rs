//! Judging again what a new statement, position or fork proof reaches, and nothing else.
//!
//! What depends on what is a graph without circles: a statement on its issuer's standing and cuts, a cut on what
//! its issuer, strictly above the target, may say. Work is taken up from the root downwards, so each statement
//! is judged once; where nothing changed, nothing below is looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::StatementId;
use crate::sabotage::{self, Rule};
use crate::statement::{Fact, Genesis, Issuer};
use crate::verdict::Verdict;

use super::cuts::Cuttable;
use super::{Authority, Touched};

/// One thing to work out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    /// Does the statement stand?
    Standing(StatementId),
    /// Which cuts count?
    Cuts(Cuttable),
}

/// The open questions, from the root downwards.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    open: BTreeMap<usize, BTreeSet<Question>>,
}

impl Agenda {
    fn next(&mut self) -> Option<Question> {
        let mut level = self.open.first_entry()?;
        let question = level.get_mut().pop_first();
        if level.get().is_empty() {
            level.remove();
        }
        question
    }

    fn add(&mut self, level: usize, question: Question) {
        self.open.entry(level).or_default().insert(question);
    }
}

impl Authority {
    /// The number of appointments above a statement and itself, and of the invite between them; what is too deep
    /// counts as just too deep.
    fn depth(&self, id: &StatementId) -> usize {
        self.book.statement(id).map_or(1, |statement| {
            let invited = self.book.invite_of(statement).is_some();
            self.book.chain(statement).links.len() + 1 + usize::from(invited)
        })
    }

    /// Asks whether a statement stands, after the questions about its issuer and before those about itself.
    pub(super) fn ask_standing(&self, agenda: &mut Agenda, id: StatementId) {
        agenda.add(2 * self.depth(&id) - 1, Question::Standing(id));
    }

    /// Asks whether a statement stands that has come, or stands elsewhere too, or past a fork. Where it is an
    /// admission under an invite, another may have been first now.
    pub(super) fn ask_again(&self, agenda: &mut Agenda, id: StatementId) {
        self.ask_standing(agenda, id);
        if let Some((invite, said)) = self.book.statement(&id).and_then(|s| self.book.invite_of(s)) {
            for other in self.book.uses(invite, said) {
                self.ask_standing(agenda, other.admission);
            }
        }
    }

    fn ask_cuts(&self, agenda: &mut Agenda, target: Cuttable) {
        let level = match target {
            Cuttable::Statement(id) => 2 * self.depth(&id),
            Cuttable::Founding(_) => 2,
        };
        agenda.add(level, Question::Cuts(target));
    }

    /// Asks everything that a statement known for the first time may bear on: below it chains have become
    /// longer, so that more cuts may apply and depths are others.
    pub(super) fn ask_subtree(&self, agenda: &mut Agenda, top: StatementId) {
        self.ask_again(agenda, top);
        for id in self.book.subtree(top) {
            self.ask_standing(agenda, id);
            self.ask_cuts(agenda, Cuttable::Statement(id));
            for cut in self.book.cuts_of(&id) {
                self.ask_standing(agenda, cut);
            }
        }
    }

    /// Asks everything: the genesis has come.
    pub(super) fn ask_all(&self, agenda: &mut Agenda, genesis: &Genesis) {
        for (id, _) in self.book.all() {
            self.ask_standing(agenda, *id);
            self.ask_cuts(agenda, Cuttable::Statement(*id));
        }
        for node in &genesis.nodes {
            self.ask_cuts(agenda, Cuttable::Founding(*node));
        }
    }

    /// Asks all that the root ever said again, when other keys are in office now.
    pub(super) fn follow_roots(&mut self, genesis: &Genesis, agenda: &mut Agenda) {
        let succession = self.succession(genesis);
        if succession == self.succession {
            return;
        }
        self.succession = succession;
        let by_root = self.book.all().filter(|(_, said)| {
            said.content()
                .is_some_and(|statement| statement.issuer == Issuer::Root)
        });
        for (id, _) in by_root {
            self.ask_standing(agenda, *id);
        }
    }

    /// Answers all questions, and those that follow from changed answers.
    pub(super) fn settle(&mut self, genesis: &Genesis, mut agenda: Agenda, touched: &mut Touched) {
        while let Some(question) = agenda.next() {
            match question {
                Question::Standing(id) => {
                    let Some(said) = self.book.get(&id) else { continue };
                    let verdict = self.standing(genesis, said);
                    let stands = verdict.is_valid();
                    let before = self.verdicts.insert(id, verdict);
                    if before.as_ref() != self.verdicts.get(&id) {
                        touched.statements.insert(id);
                        let stood = before.is_some_and(|before| before.is_valid());
                        self.follow_standing(genesis, id, stands != stood, &mut agenda, touched);
                    }
                }
                Question::Cuts(target) => {
                    let cuts = self.counting_cuts(target);
                    let changed = if cuts.is_empty() {
                        self.counting.remove(&target).is_some()
                    } else {
                        let before = self.counting.insert(target, cuts);
                        before.as_ref() != self.counting.get(&target)
                    };
                    if changed {
                        self.follow_cuts(target, &mut agenda, touched);
                    }
                }
            }
        }
    }

    /// What a changed verdict bears on. For all but appointments only whether the statement stands matters to others:
    /// a stranger's void admission must not make anybody judge a node's feeds again.
    fn follow_standing(
        &self,
        genesis: &Genesis,
        id: StatementId,
        effect_changed: bool,
        agenda: &mut Agenda,
        touched: &mut Touched,
    ) {
        let Some(statement) = self.book.statement(&id) else {
            return;
        };
        match &statement.fact {
            Fact::Appointment(_) => {
                touched.appointments.insert(id);
                self.ask_issued_under(id, agenda);
            }
            Fact::Invite(_) => self.ask_issued_under(id, agenda),
            _ if !effect_changed => {}
            Fact::Admission(admission) => {
                touched.nodes.insert(admission.node);
            }
            Fact::Cut(cut) => self.ask_cuts(agenda, Cuttable::Statement(cut.target)),
            Fact::Compromise(compromise) => {
                let node = crate::ids::NodeKey(compromise.key.0);
                let appointments = self.book.appointments_of(&compromise.key);
                for target in appointments.chain(self.book.admissions_of(&node)) {
                    self.ask_cuts(agenda, Cuttable::Statement(target));
                }
                if genesis.nodes.contains(&node) {
                    self.ask_cuts(agenda, Cuttable::Founding(node));
                }
            }
            Fact::Adoption(adoption) => touched.commits.extend(&adoption.commits),
            Fact::Genesis(_) | Fact::Roots(_) | Fact::Unknown { .. } => {}
        }
    }

    fn follow_cuts(&self, target: Cuttable, agenda: &mut Agenda, touched: &mut Touched) {
        match target {
            Cuttable::Founding(node) => {
                touched.nodes.insert(node);
            }
            Cuttable::Statement(id) => match self.book.admission(&id) {
                Some(admission) => {
                    // One that does not stand admits nobody, cut or not.
                    if self.verdicts.get(&id) == Some(&Verdict::Valid) {
                        touched.nodes.insert(admission.node);
                    }
                }
                None => {
                    if self.book.appointment(&id).is_some() {
                        touched.appointments.insert(id);
                    }
                    self.ask_issued_under(id, agenda);
                }
            },
        }
    }

    fn ask_issued_under(&self, id: StatementId, agenda: &mut Agenda) {
        if sabotage::is_off(Rule::JudgedAgainBelow) {
            return;
        }
        for child in self.book.issued_under(&id) {
            self.ask_standing(agenda, child);
        }
    }
}
