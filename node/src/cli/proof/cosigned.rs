//! What a proof's checkpoint says, in words: who held its entries and who co-signed that.

use std::fmt::Display;

use soxa_lang::{Lang, text};
use soxa_ledger::NodeKey;
use soxa_ledger::proof::{Cosigned, Proven};
use soxa_ledger::statement::Fact;

use crate::clock;
use crate::output::{Cell, Listing};

/// Who co-signed, as the file names the nodes; none when it has no checkpoint.
pub fn cosigners(lang: Lang, proven: &Proven) -> Option<String> {
    let cosigned = proven.cosigned.as_ref()?;
    let nodes = cosigned.note.cosignatures().keys();
    let names: Vec<String> = nodes.map(|node| name(lang, proven, node)).collect();
    Some(names.join(", "))
}

/// What the checkpoint shows, as a sentence; that there is none is something that the file leaves open.
pub fn sentence(lang: Lang, proven: &Proven) -> Result<String, String> {
    let (Some(cosigned), Some(cosigners)) = (&proven.cosigned, cosigners(lang, proven)) else {
        return Err(text(lang, "proof.open.not_cosigned", &[]));
    };
    let holder = name(lang, proven, &cosigned.note.checkpoint().log.node);
    let values: [(&str, &dyn Display); 4] = [
        ("held", &clock::moment(cosigned.held.0)),
        ("holder", &holder),
        ("cosigners", &cosigners),
        ("time", &clock::moment(newest(cosigned))),
    ];
    Ok(text(lang, "proof.says.cosigned", &values))
}

/// The cosigners one by one.
pub fn listing(lang: Lang, proven: &Proven) -> Listing {
    let mut listing = Listing::new(
        "cosigners",
        &[
            ("node", "cli.status.node"),
            ("name", "records.field.name"),
            ("province", "proof.label.of_province"),
            ("cosigned", "proof.label.cosigned"),
        ],
    );
    let cosigned = proven.cosigned.iter();
    for (node, cosignature) in cosigned.flat_map(|cosigned| cosigned.note.cosignatures()) {
        listing.push(vec![
            Cell::id(&node.to_string()),
            Cell::text(name(lang, proven, node)),
            Cell::yes_no(lang, is_of_province(proven, node)),
            Cell::moment(cosignature.time_s.saturating_mul(1_000)),
        ]);
    }
    listing
}

/// Milliseconds of the newest cosignature.
fn newest(cosigned: &Cosigned) -> u64 {
    let times = cosigned.note.cosignatures().values();
    let newest = times.map(|cosignature| cosignature.time_s).max();
    newest.unwrap_or_default().saturating_mul(1_000)
}

fn is_of_province(proven: &Proven, node: &NodeKey) -> bool {
    proven.authority.unit_of_node(node) == Some(proven.network.province_unit())
}

/// A node as its admission names it; a founding one by its province.
fn name(lang: Lang, proven: &Proven, node: &NodeKey) -> String {
    let admitted = proven.statements().find_map(|statement| match &statement.fact {
        Fact::Admission(admission) if admission.node == *node => Some(admission.name.clone()),
        _ => None,
    });
    let genesis = || proven.authority.genesis().map(|genesis| genesis.name.clone());
    let name = admitted.or_else(genesis).unwrap_or_default();
    match is_of_province(proven, node) {
        true => text(lang, "proof.says.node_of_province", &[("name", &name)]),
        false => name,
    }
}
