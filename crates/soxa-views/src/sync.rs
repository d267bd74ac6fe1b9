//! The report on how well nodes hear of each other: who was heard when, who lacks what, and what officials did at once.

use std::collections::BTreeMap;

use soxa_ledger::{RecordId, Time};

use crate::asked::Asked;
use crate::figure::{Amount, Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines, plain};
use crate::limits::PLACES_OF_PEOPLE;

/// An admitted node as another one knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: RecordId,
    /// When it was heard of last; none when never.
    pub last: Option<Time>,
    /// Whether that is recent enough for a report.
    pub is_heard: bool,
    /// Entries that it has and the node that is asked lacks, where both have compared what they hold.
    pub we_lack: Option<u64>,
    /// Entries that it lacks, the same.
    pub it_lacks: Option<u64>,
}

/// A conflict that nobody has settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRow {
    /// The record.
    pub record: RecordId,
    /// In which way.
    pub what: String,
}

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// The nodes of a unit, or all.
#[derive(Debug, Default)]
struct Nodes {
    all: Tally,
    heard: Tally,
    silent: Tally,
    never: Tally,
    longest_ms: u64,
    compared: u64,
    behind: Tally,
    we_lack: u64,
    they_lack: u64,
}

impl Nodes {
    fn take(&mut self, asked: &Asked, node: &NodeRow) {
        let say = |tally: &mut Tally, counts: bool| {
            if counts {
                tally.say(node.unit, node.name.clone());
            }
        };
        say(&mut self.all, true);
        say(&mut self.heard, node.is_heard);
        say(&mut self.silent, !node.is_heard);
        say(&mut self.never, node.last.is_none());
        let since = node.last.map_or(0, |last| asked.as_of.0.saturating_sub(last.0));
        self.longest_ms = self.longest_ms.max(since);
        if let (Some(we), Some(it)) = (node.we_lack, node.it_lacks) {
            self.compared += 1;
            say(&mut self.behind, we + it > 0);
            self.we_lack += we;
            self.they_lack += it;
        }
    }

    fn figures(self) -> Vec<Figure> {
        let all = self.all.count();
        let base = Base::Nodes;
        vec![
            self.all.figure(Name::Nodes, base),
            self.heard.share(Name::NodesHeard, all, PLACES_OF_PEOPLE, base),
            self.silent.share(Name::NodesSilent, all, PLACES_OF_PEOPLE, base),
            self.never.figure(Name::NodesNeverHeard, base),
            plain(
                Name::LongestSilence,
                Amount::Count(self.longest_ms / MINUTE_MS),
                base,
            ),
            self.behind.share(
                Name::NodesBehind,
                self.compared,
                PLACES_OF_PEOPLE,
                Base::NodesCompared,
            ),
            plain(
                Name::EntriesToGet,
                Amount::Count(self.we_lack),
                Base::NodesCompared,
            ),
            plain(
                Name::EntriesToGive,
                Amount::Count(self.they_lack),
                Base::NodesCompared,
            ),
        ]
    }
}

/// The report on sync, from what one node knows of the others.
pub fn sync(
    asked: &Asked,
    nodes: impl IntoIterator<Item = NodeRow>,
    conflicts: impl IntoIterator<Item = ConflictRow>,
) -> Report {
    let mut all = Nodes::default();
    let mut units: BTreeMap<Group, Nodes> = BTreeMap::new();
    for node in nodes {
        if asked.is_about(node.unit) {
            all.take(asked, &node);
            units
                .entry(Group::Unit(node.unit))
                .or_default()
                .take(asked, &node);
        }
    }
    let [mut open, mut double_codes]: [Tally; 2] = Default::default();
    let mut kinds: BTreeMap<Group, Tally> = BTreeMap::new();
    for conflict in conflicts {
        open.say(conflict.record, conflict.what.clone());
        double_codes.add_if(conflict.what == "double_code", conflict.record);
        kinds
            .entry(Group::Text(conflict.what))
            .or_default()
            .add(conflict.record);
    }
    let mut figures = all.figures();
    // A conflict may be between units: of some alone there is nothing to say.
    if asked.area.is_none() {
        figures.extend([
            open.figure(Name::OpenConflicts, Base::ConflictsHere),
            double_codes.figure(Name::DoubleCodes, Base::ConflictsHere),
        ]);
    } else {
        kinds.clear();
    }
    let breakdowns = [
        lines(By::Conflict, kinds, |conflicts| {
            vec![conflicts.figure(Name::OpenConflicts, Base::ConflictsHere)]
        }),
        lines(By::Unit, units, Nodes::figures),
    ];
    Report {
        kind: ReportKind::Sync,
        figures,
        breakdowns: breakdowns.into_iter().flatten().collect(),
    }
}
