//! Who holds a subject: the answer that a set of valid links and rulings gives.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::ids::{OpId, RecordId};

use super::{Link, links_of};
use crate::measure::LinkId;
use crate::ruling::{Ruled, counting, rulings_of};
use crate::state::CanonicalState;

/// A custody that was given away more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// The link that several build on.
    pub prev: LinkId,
    /// The rivals: the links that build on it.
    pub rivals: Vec<Rival>,
}

/// One of several links on the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The link.
    pub link: LinkId,
    /// Its receiver.
    pub to: RecordId,
    /// The operation that made it; its handover's minutes carry the giver's signature.
    pub op: OpId,
}

/// What a superior can rule on: the link below the dispute, and those of which one can be made to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The link that all branches in question have below them.
    pub on: LinkId,
    /// The links that may stand: rivals, unfounded ones, and `on` itself where nothing above it has to stand.
    pub choices: Vec<LinkId>,
}

/// Who holds a subject, and how that came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustodyView {
    /// All valid links, by depth, then id.
    pub links: Vec<Link>,
    /// The link that is current: the unique deepest tip.
    pub current: Option<LinkId>,
    /// The unit that holds the subject; none on a tie.
    pub custodian: Option<RecordId>,
    /// Whether the custodian's branch builds on a link that a cut voided, and no ruling made it stand.
    pub provisional: bool,
    /// The contest, when two valid links build on one: of several the lowest (smallest depth, then id).
    pub contested: Option<Contest>,
    /// On a tie, the units of the deepest tips, ascending.
    pub tied: Vec<RecordId>,
    /// Links whose own basis was voided, and on which nobody has ruled.
    pub unfounded: Vec<LinkId>,
    /// Valid links that a ruling left out of custody, ascending.
    pub set_aside: Vec<LinkId>,
    /// The rulings that decide something, by the depth of the link they are about.
    pub rulings: Vec<Ruled>,
}

/// The links that count, and those that rulings made stand.
struct Tree {
    links: BTreeMap<LinkId, Link>,
    founded: BTreeSet<LinkId>,
}

impl Tree {
    fn of(links: impl IntoIterator<Item = Link>) -> Self {
        let mut by_id: BTreeMap<LinkId, Link> = BTreeMap::new();
        for link in links {
            by_id
                .entry(link.link)
                .and_modify(|known| {
                    known.ops.extend(&link.ops);
                    known.ops.sort_unstable();
                    known.ops.dedup();
                })
                .or_insert(link);
        }
        Self {
            links: by_id,
            founded: BTreeSet::new(),
        }
    }

    fn children(&self) -> BTreeMap<LinkId, Vec<&Link>> {
        let mut children: BTreeMap<LinkId, Vec<&Link>> = BTreeMap::new();
        for link in self.links.values() {
            if let Some(prev) = link.prev {
                children.entry(prev).or_default().push(link);
            }
        }
        children
    }

    /// A link and all that build on it, link by link.
    fn branch(&self, from: LinkId) -> BTreeSet<LinkId> {
        let children = self.children();
        let mut found = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(link) = open.pop() {
            let above = children.get(&link).into_iter().flatten().map(|above| above.link);
            open.extend(above.filter(|above| found.insert(*above)));
        }
        found
    }

    /// What a ruling leaves out: everything deeper than `on` that is not `stands` and does not build on it. None
    /// when one of the two does not count, so that the ruling decides nothing.
    fn set_aside(&self, on: LinkId, stands: LinkId) -> Option<Vec<LinkId>> {
        let depth = self.links.get(&on)?.depth;
        self.links.get(&stands)?;
        let branch = self.branch(stands);
        let above = self.links.values().filter(|link| link.depth > depth);
        Some(
            above
                .map(|link| link.link)
                .filter(|link| !branch.contains(link))
                .collect(),
        )
    }

    /// Applies the rulings that count, the lowest first: what they leave out, and those that decide something.
    fn rule(&mut self, rulings: impl IntoIterator<Item = Ruled>) -> (Vec<LinkId>, Vec<Ruled>) {
        let mut counting = counting(rulings);
        counting.sort_by_key(|ruled| (self.links.get(&ruled.on).map(|link| link.depth), ruled.on));
        let mut left_out = Vec::new();
        let mut applied = Vec::new();
        for ruled in counting {
            let Some(aside) = self.set_aside(ruled.on, ruled.stands) else {
                continue;
            };
            aside.iter().for_each(|link| {
                self.links.remove(link);
            });
            left_out.extend(aside);
            self.founded.insert(ruled.stands);
            applied.push(ruled);
        }
        left_out.sort_unstable();
        (left_out, applied)
    }

    /// The lowest link of the branch that the link ends: the registration, or one whose basis does not count, or one
    /// that a ruling made stand without it.
    fn base_of<'a>(&'a self, tip: &'a Link) -> &'a Link {
        let mut link = tip;
        // Depths fall strictly on the way down, or the walk stops: made-up links cannot form a circle.
        while let Some(below) = link
            .prev
            .and_then(|prev| self.links.get(&prev))
            .filter(|below| below.depth < link.depth)
        {
            link = below;
        }
        link
    }

    fn is_founded(&self, tip: &Link) -> bool {
        let base = self.base_of(tip);
        base.prev.is_none() || self.founded.contains(&base.link)
    }

    fn unfounded(&self) -> Vec<LinkId> {
        self.links
            .values()
            .filter(|link| link.prev.is_some_and(|prev| !self.links.contains_key(&prev)))
            .map(|link| link.link)
            .filter(|link| !self.founded.contains(link))
            .collect()
    }

    /// A tie without two links on one: a branch whose basis was cut reached as deep as the one that goes on below it.
    fn tie_of_branches(&self, deepest: &[&Link]) -> Option<Contest> {
        let bases: BTreeSet<LinkId> = deepest.iter().filter_map(|tip| self.base_of(tip).prev).collect();
        Some(contest(*bases.first()?, deepest))
    }
}

fn contest(prev: LinkId, rivals: &[&Link]) -> Contest {
    let rival = |link: &&Link| {
        Some(Rival {
            link: link.link,
            to: link.to,
            op: *link.ops.first()?,
        })
    };
    Contest {
        prev,
        rivals: rivals.iter().filter_map(rival).collect(),
    }
}

impl CustodyView {
    /// The custody in a state of an asset or person; empty for other records.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Self {
        Self::resolve(links_of(state), rulings_of(state))
    }

    /// The custody that a set of valid links and rulings gives. The order of the arguments does not matter.
    #[must_use]
    pub fn resolve(links: impl IntoIterator<Item = Link>, rulings: impl IntoIterator<Item = Ruled>) -> Self {
        let mut tree = Tree::of(links);
        let mut all: Vec<Link> = tree.links.values().cloned().collect();
        all.sort_by_key(|link| (link.depth, link.link));
        let (set_aside, rulings) = tree.rule(rulings);
        let children = tree.children();
        let tips: Vec<&Link> = tree
            .links
            .values()
            .filter(|link| !children.contains_key(&link.link))
            .collect();
        let deepest = tips.iter().map(|tip| tip.depth).max().unwrap_or(0);
        let deepest: Vec<&Link> = tips.into_iter().filter(|tip| tip.depth == deepest).collect();
        let (current, tied) = match deepest.as_slice() {
            [only] => (Some(*only), BTreeSet::new()),
            several => (None, several.iter().map(|tip| tip.to).collect()),
        };
        let contested = children
            .iter()
            .filter(|(_, rivals)| rivals.len() > 1)
            .min_by_key(|(prev, rivals)| (rivals.iter().map(|r| r.depth).min(), **prev))
            .map(|(prev, rivals)| contest(*prev, rivals))
            .or_else(|| {
                (deepest.len() > 1)
                    .then(|| tree.tie_of_branches(&deepest))
                    .flatten()
            });
        Self {
            current: current.map(|tip| tip.link),
            custodian: current.map(|tip| tip.to),
            provisional: current.is_some_and(|tip| !tree.is_founded(tip)),
            contested,
            tied: tied.into_iter().collect(),
            unfounded: tree.unfounded(),
            set_aside,
            rulings,
            links: all,
        }
    }

    /// A valid link by its id.
    #[must_use]
    pub fn link(&self, id: &LinkId) -> Option<&Link> {
        self.links.iter().find(|link| link.link == *id)
    }

    /// The operations that made the current link: what the draft of the next handover cites.
    #[must_use]
    pub fn current_link(&self) -> Option<&Link> {
        self.link(&self.current?)
    }

    /// What there is to rule on: the lowest contest, or else the unfounded links; none when custody is in order.
    #[must_use]
    pub fn dispute(&self) -> Option<Dispute> {
        let counts = |link: &&Link| self.set_aside.binary_search(&link.link).is_err();
        if let Some(contest) = &self.contested
            && self.link(&contest.prev).is_some_and(|link| counts(&link))
        {
            return Some(Dispute {
                on: contest.prev,
                choices: contest.rivals.iter().map(|rival| rival.link).collect(),
            });
        }
        let unfounded = self
            .links
            .iter()
            .filter(|link| self.unfounded.contains(&link.link));
        let lowest = unfounded.map(|link| link.depth).min()?;
        // Where there are several at that depth, a lower contest comes first.
        let on = self
            .links
            .iter()
            .filter(|link| link.depth < lowest)
            .rfind(counts)?
            .link;
        let mut choices = self.unfounded.clone();
        choices.push(on);
        Some(Dispute { on, choices })
    }

    /// What a ruling would leave out, besides those that rulings about other links leave out already; none when one
    /// of the two links does not count.
    pub(crate) fn would_set_aside(
        links: impl IntoIterator<Item = Link>,
        others: impl IntoIterator<Item = Ruled>,
        on: LinkId,
        stands: LinkId,
    ) -> Option<(Vec<Link>, bool)> {
        let mut tree = Tree::of(links);
        tree.rule(others);
        let founds = tree.unfounded().contains(&stands);
        let aside = tree.set_aside(on, stands)?;
        let links = aside.iter().filter_map(|link| tree.links.get(link)).cloned();
        Some((links.collect(), founds))
    }
}
