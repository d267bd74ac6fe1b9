//! `soxa network`: which ledger this is, and which keys stand above it: what a stranger needs to trust its proofs.

use soxa_lang::Lang;
use soxa_ledger::{NetworkId, Statement, Verified};

use super::{ReadArgs, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};

/// Shows the founding statement of the home folder. No daemon is asked.
pub fn run(args: &ReadArgs, session: &Session) -> Result<Exit, Failure> {
    let (network, founding) = session.home.network()?;
    let mut sheet = Sheet::new("network");
    sheet
        .field("network", "cli.status.network", Cell::text(network.to_string()))
        .list(root_listing(session.lang, &founding));
    describe(&mut sheet, session.lang, network, &founding);
    args.print_sheet(session.lang, &sheet)?;
    Ok(Exit::Done)
}

fn describe(sheet: &mut Sheet, lang: Lang, network: NetworkId, founding: &Verified<Statement>) {
    let Some(genesis) = founding.as_genesis() else {
        return;
    };
    sheet
        .field("name", "cli.label.province", Cell::text(genesis.name.clone()))
        .field("code", "records.field.code", Cell::text(genesis.code.clone()))
        .field(
            "province_unit",
            "cli.label.province_unit",
            Cell::text(network.province_unit().to_string()),
        )
        .field(
            "quorum",
            "proof.label.quorum",
            Cell::count(lang, genesis.quorum.into()),
        );
}

/// The root keys of a founding statement, and which of them signed it.
pub fn root_listing(lang: Lang, founding: &Verified<Statement>) -> Listing {
    let columns = [("key", "proof.label.root_key"), ("signed", "proof.label.signed")];
    let mut listing = Listing::new("roots", &columns);
    let keys = founding.as_genesis().map(|genesis| genesis.roots.as_slice());
    for key in keys.unwrap_or_default() {
        listing.push(vec![
            Cell::text(key.to_string()),
            Cell::yes_no(lang, founding.signers.contains(key)),
        ]);
    }
    listing
}
