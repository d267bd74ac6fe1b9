//! Nodes that were heard and not, and conflicts.

use soxa_ledger::Time;
use soxa_views::sync::{ConflictRow, NodeRow, sync};
use soxa_views::{Amount, Base, By, Group, Name};

use crate::make::{check, check_share, id, line, on};

#[test]
fn nodes_are_heard_and_not_among_all_and_what_is_apart_among_those_compared() {
    let mut asked = on("2026-01-01");
    asked.as_of = Time(600_000);
    let node = |unit: u32, last: Option<u64>, is_heard, lacks: Option<(u64, u64)>| NodeRow {
        name: format!("node {unit}"),
        unit: id(1, unit),
        last: last.map(Time),
        is_heard,
        we_lack: lacks.map(|(we, _)| we),
        it_lacks: lacks.map(|(_, it)| it),
    };
    let nodes = [
        node(0, Some(600_000), true, None),
        node(1, Some(540_000), true, Some((0, 0))),
        node(2, Some(120_000), false, Some((3, 40))),
        node(3, None, false, None),
    ];
    let conflict = |what: &str| ConflictRow {
        record: id(6, 0),
        what: what.to_owned(),
    };
    let conflicts = ["double_code", "field", "double_code"].map(conflict);
    let report = sync(&asked, nodes.clone(), conflicts.clone());
    check_share(&report, Name::NodesHeard, Base::Nodes, 2, 4, "50.0");
    check_share(&report, Name::NodesSilent, Base::Nodes, 2, 4, "50.0");
    check_share(&report, Name::NodesBehind, Base::NodesCompared, 1, 2, "50.0");
    for (name, base, count) in [
        (Name::NodesNeverHeard, Base::Nodes, 1),
        (Name::LongestSilence, Base::Nodes, 8),
        (Name::EntriesToGet, Base::NodesCompared, 3),
        (Name::EntriesToGive, Base::NodesCompared, 40),
        (Name::OpenConflicts, Base::ConflictsHere, 3),
        (Name::DoubleCodes, Base::ConflictsHere, 2),
    ] {
        check(&report, name, base, Amount::Count(count));
    }
    let silent = report.figure(Name::NodesSilent, Base::Nodes).unwrap();
    let says: Vec<_> = silent.behind.iter().map(|behind| behind.says.as_str()).collect();
    assert_eq!(says, ["node 2", "node 3"]);
    let codes = Group::Text("double_code".to_owned());
    assert_eq!(line(&report, By::Conflict, &codes), [Amount::Count(2)]);

    // Conflicts have no unit: of one alone there is nothing to say.
    asked.area = Some([id(1, 1)].into());
    let report = sync(&asked, nodes, conflicts);
    check(&report, Name::Nodes, Base::Nodes, Amount::Count(1));
    assert_eq!(report.figure(Name::OpenConflicts, Base::ConflictsHere), None);
}
