//! Files that are ordered to be erased: only by an order that counts, and nothing that another record names as well.

use soxa_ledger::verdict::Position;
use soxa_ledger::{Body, FileHash, RecordId};
use soxa_records::compose::{At, Composer};
use soxa_records::dossier::{
    Component, DecisionErase, DecisionOperation, DossierOperation, DossierPaper, ErasureGround, PaperForm,
};

use crate::province::{NOW, Node};
use crate::widening::{A, Desk};

const SCAN: FileHash = FileHash([5; 32]);

fn paper(scan: FileHash) -> DossierOperation {
    DossierOperation::Paper(DossierPaper {
        number: None,
        component: Component {
            name: "Giấy chứng sinh".to_owned(),
            form: PaperForm::Copy,
            copies: 1,
            original_held_by: String::new(),
        },
        scan: Some(scan.0),
        at: NOW,
    })
}

fn order(file: FileHash) -> DecisionOperation {
    DecisionOperation::Erase(DecisionErase {
        at: NOW,
        file: file.0,
        ground: ErasureGround::Request,
        basis: "Đơn 3".to_owned(),
    })
}

/// The head of the commune does something on a dossier.
fn act(
    desk: &Desk,
    node: &mut Node,
    dossier: RecordId,
    compose: impl FnOnce(&mut Composer, &mut At),
) -> Position {
    let (mut at, mut composer) = (At::of(&node.history(dossier)).unwrap(), Composer::new());
    compose(&mut composer, &mut at);
    let commit = desk.commit(&desk.head(0), composer, &desk.old_readers());
    node.store(vec![Body::Commit(commit)]).remove(0)
}

/// Whether a file is erased, and whether a dossier's readers may have it.
fn found(node: &Node, dossier: RecordId) -> (bool, bool) {
    let readers = node.engine.readers_of_file(&dossier, &SCAN).unwrap();
    (node.engine.is_erased(&SCAN).unwrap(), readers.is_some())
}

#[test]
fn a_file_is_erased_by_an_order_that_counts_and_comes_back_to_nobody_who_obeyed() {
    let desk = Desk::new();
    let mut node = desk.node(A);
    let dossier = desk.receive(&mut node, &desk.head(0));
    let named = act(&desk, &mut node, dossier, |composer, at| {
        composer.on_dossier(at, paper(SCAN));
    });
    assert_eq!(node.engine.take_new_files(), [SCAN]);
    assert_eq!(found(&node, dossier), (false, true));
    act(&desk, &mut node, dossier, |composer, at| {
        composer.decide(at, order(SCAN));
    });
    assert_eq!(node.engine.take_new_files(), [SCAN], "it is looked at again");
    assert_eq!(found(&node, dossier), (true, false));
    // Naming it again does not bring it back.
    act(&desk, &mut node, dossier, |composer, at| {
        composer.on_dossier(at, paper(SCAN));
    });
    let (mut node, _) = node.reopen();
    assert_eq!(found(&node, dossier), (true, false));
    // The office that ordered it ended before: the order is void, and the dossier names the file as before.
    let superior = &desk.province.head;
    let cut = desk
        .province
        .cut(Some(superior), desk.head(0).appointment, &[named]);
    node.store(vec![cut]);
    assert_eq!(found(&node, dossier), (false, true));
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn nobody_erases_what_another_record_names() {
    let desk = Desk::new();
    let mut node = desk.node(A);
    let (first, second) = (
        desk.receive(&mut node, &desk.head(0)),
        desk.receive(&mut node, &desk.province.head),
    );
    assert_ne!(first, second);
    for dossier in [first, second] {
        act(&desk, &mut node, dossier, |composer, at| {
            composer.on_dossier(at, paper(SCAN));
        });
    }
    act(&desk, &mut node, second, |composer, at| {
        composer.decide(at, order(SCAN));
    });
    assert_eq!(found(&node, second), (false, false));
    assert_eq!(found(&node, first), (false, true));
    // Until that is ordered there, too.
    act(&desk, &mut node, first, |composer, at| {
        composer.decide(at, order(SCAN));
    });
    assert_eq!(found(&node, first), (true, false));
}
