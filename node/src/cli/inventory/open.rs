//! `soxa inventory open`: the council with its keys, and the books of what the unit holds.

use clap::Args;
use soxa_lang::{collated, fold};
use soxa_ledger::{OpId, PublicKey, RecordId};
use soxa_records::Date;
use soxa_records::asset::AssetView;
use soxa_records::asset::state::AssetState;
use soxa_records::compose::Composer;
use soxa_records::inventory::{BookLine, CouncilMember, CouncilRole, InventoryExtent, InventoryOpen};
use soxa_records::limits::{INVENTORY_BOOK_MAX, INVENTORY_LINES_MAX};

use super::opened;
use crate::cli::acting::Acting;
use crate::cli::key::officials::officials_of;
use crate::cli::session::{Read, find_among};
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::control::reports::OfficialReport;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence, listed};

/// The word by which a member is said to sign on paper.
const PAPER: &str = "paper";

/// `soxa inventory open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// The unit whose assets are counted.
    #[arg(long, value_name = "UNIT")]
    pub unit: String,
    /// The day of which the books are.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    pub as_of: Date,
    /// The decision.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub basis: String,
    /// Only what is at this site.
    #[arg(long, value_name = "TEXT", conflicts_with = "asset")]
    pub site: Option<String>,
    /// Only these.
    #[arg(long, num_args = 1.., value_name = "ASSET")]
    pub asset: Vec<String>,
    /// Who presides.
    #[arg(long, value_name = "NAME[:POST[:paper]]", value_parser = member)]
    pub chair: MemberArg,
    #[arg(long, num_args = 1.., value_name = "NAME[:POST[:paper]]", value_parser = member)]
    pub member: Vec<MemberArg>,
    #[arg(long, value_name = "NAME[:POST[:paper]]", value_parser = member)]
    pub secretary: Option<MemberArg>,
    /// The approved inventory whose mistake this one mends.
    #[arg(long, value_name = "INVENTORY")]
    pub corrects: Option<String>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// A member of the council as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberArg {
    name: String,
    post: String,
    on_paper: bool,
}

/// Reads `NAME[:POST[:paper]]`.
fn member(text: &str) -> Result<MemberArg, String> {
    let refused = || text.to_owned();
    let mut parts = text.splitn(3, ':').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty()).ok_or_else(refused)?;
    let post = parts.next().unwrap_or_default();
    let on_paper = match parts.next() {
        None => false,
        Some(PAPER) => true,
        Some(_) => return Err(refused()),
    };
    Ok(MemberArg {
        name: name.to_owned(),
        post: post.to_owned(),
        on_paper,
    })
}

impl MemberArg {
    /// The member with the key of the official of this name; of several officials those of the unit, and of units above it, come first.
    fn seat(
        &self,
        role: CouncilRole,
        path: &[RecordId],
        officials: &[OfficialReport],
    ) -> Result<CouncilMember, Failure> {
        let of = |name: &str, key: Option<PublicKey>| CouncilMember {
            name: name.to_owned(),
            post: self.post.clone(),
            role,
            key,
        };
        if self.on_paper {
            return Ok(of(&self.name, None));
        }
        let named: Vec<&OfficialReport> = officials
            .iter()
            .filter(|one| one.state == "in_force")
            .filter(|one| fold(&one.person) == fold(&self.name) || one.key.starts_with(&self.name))
            .collect();
        let of_unit = |one: &&&OfficialReport| {
            let unit = one.unit_path.last();
            path.iter().any(|id| Some(&id.to_string()) == unit)
        };
        let own: Vec<&OfficialReport> = named.iter().filter(of_unit).copied().collect();
        let found = if own.is_empty() { named } else { own };
        let mut keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let first = found.first().map(|one| one.person.as_str());
        match (keys.as_slice(), first) {
            ([key], Some(person)) => {
                let key = key.parse().map_err(|e| Failure::internal("officials", e))?;
                Ok(of(person, Some(key)))
            }
            _ => {
                let keys: Vec<String> = keys.iter().map(|key| crate::output::short(key)).collect();
                let values: [(&str, &dyn std::fmt::Display); 2] =
                    [("name", &self.name), ("keys", &listed(&keys))];
                Err(Failure::new("errors.no_such_official", &values))
            }
        }
    }
}

/// Does what the command says.
///
/// # Errors
/// When the unit, an asset or an official is not known, too much would be counted, or the act fails.
pub fn open(args: &OpenArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let unit = units.find(&args.unit)?;
    let path = units.path(&unit);
    let officials = officials_of(session)?;
    let seat = |member: &MemberArg, role| member.seat(role, &path, &officials);
    let mut council = vec![seat(&args.chair, CouncilRole::Chair)?];
    for member in &args.member {
        council.push(seat(member, CouncilRole::Member)?);
    }
    if let Some(secretary) = &args.secretary {
        council.push(seat(secretary, CouncilRole::Secretary)?);
    }
    let (corrects, approval) = match &args.corrects {
        Some(first) => corrected(session, first)?,
        None => (None, None),
    };
    let (extent, place) = match (&args.site, args.asset.is_empty()) {
        (Some(site), _) => (InventoryExtent::Site, site.clone()),
        (None, true) => (InventoryExtent::Whole, String::new()),
        (None, false) => (InventoryExtent::List, String::new()),
    };
    let (lines, links) = books(args, session, unit)?;
    let open = InventoryOpen {
        unit,
        path: path
            .split_last()
            .map(|(_, above)| above.to_vec())
            .unwrap_or_default(),
        unit_name: units.name(&unit),
        extent,
        place,
        as_of: args.as_of,
        basis: args.basis.clone(),
        corrects,
        council,
        lines,
    };
    let fits = |acting: &Acting| acting.is_at_or_above(&path);
    let goes_on = (open.lines.len() > INVENTORY_LINES_MAX).then_some("inventory.book");
    let kinds: Vec<&str> = ["inventory.open"].into_iter().chain(goes_on).collect();
    let (signer, acting) = official(session, &args.act, &kinds, fits)?;
    let mut composer = Composer::new();
    composer.open_inventory(open, approval, &links);
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

/// The inventory that is corrected, and what approved it.
fn corrected(session: &mut Session, first: &str) -> Result<(Option<RecordId>, Option<OpId>), Failure> {
    let first = opened::open(session, first)?;
    match first.view.approvals.first() {
        Some(approval) => Ok((Some(first.read.id), Some(approval.op))),
        None => Err(Failure::new(
            "errors.inventory_not_approved",
            &[("inventory", &first.short())],
        )),
    }
}

/// What the unit holds, by code and name, and the operations that gave it to the unit.
fn books(
    args: &OpenArgs,
    session: &mut Session,
    unit: RecordId,
) -> Result<(Vec<BookLine>, Vec<OpId>), Failure> {
    let all = session.named("asset", args.asset.iter().map(String::as_str))?;
    let all = match args.asset.is_empty() {
        true => session.records("asset")?,
        false => all,
    };
    let wanted = |asset: &AssetView| {
        let there = asset
            .states
            .iter()
            .any(|state| !state.is_gone() || *state == AssetState::Lost);
        let at = |site: &String| asset.site.distinct().iter().any(|own| fold(own) == fold(site));
        there && args.site.as_ref().is_none_or(at)
    };
    let mut held: Vec<&Read> = Vec::new();
    for asset in &args.asset {
        held.push(find_among(asset, &all)?);
    }
    if args.asset.is_empty() {
        let view = |read: &&Read| AssetView::of(&read.state);
        let fits = |asset: AssetView| asset.custody.custodian == Some(unit) && wanted(&asset);
        held.extend(all.iter().filter(|read| view(read).is_some_and(fits)));
    }
    let mut books = Vec::with_capacity(held.len());
    for read in held {
        let line = BookLine::of(read.id, &read.state);
        let missing = || Failure::new("errors.no_custodian", &[("subject", &session.name(&read.id))]);
        books.push(line.ok_or_else(missing)?);
    }
    if books.is_empty() && args.site.is_some() {
        return Err(Failure::new("errors.nothing_to_do", &[]));
    }
    if books.len() > INVENTORY_BOOK_MAX {
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("count", &books.len()), ("most", &INVENTORY_BOOK_MAX)];
        let reason = Sentence::new("cli.usage.inventory_too_long", &values);
        return Err(Failure::usage(session.lang, "inventory open", &reason));
    }
    books.sort_by_cached_key(|(line, _)| (collated(&line.code), collated(&line.name), line.asset));
    Ok(books.into_iter().unzip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn official(person: &str, key: u8, unit: u8) -> OfficialReport {
        OfficialReport {
            id: "a".to_owned(),
            person: person.to_owned(),
            key: PublicKey([key; 32]).to_string(),
            role: "asset_officer".to_owned(),
            unit_path: vec![RecordId([1; 32]).to_string(), RecordId([unit; 32]).to_string()],
            unit_name: String::new(),
            from_ms: 0,
            until_ms: None,
            state: "in_force".to_owned(),
            basis: String::new(),
            record: None,
        }
    }

    #[test]
    fn members_are_read_with_post_and_paper() {
        let read = |text: &str| member(text).map(|m| (m.name, m.post, m.on_paper));
        let of = |name: &str, post: &str, paper| Ok((name.to_owned(), post.to_owned(), paper));
        assert_eq!(read("Lò Văn An"), of("Lò Văn An", "", false));
        assert_eq!(read("Lò Văn An: Kế toán"), of("Lò Văn An", "Kế toán", false));
        assert_eq!(read("An::paper"), of("An", "", true));
        for wrong in ["", " :x", "An:x:pen", "An:x:paper:y"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_member_has_the_key_of_the_official_of_that_name() {
        let path = [RecordId([1; 32]), RecordId([2; 32])];
        let officials = [
            official("Lò Văn An", 3, 2),
            official("Lò Văn An", 4, 9),
            official("Hà Lan", 5, 9),
            official("Vì Thu", 6, 2),
            official("Vì Thu", 7, 2),
        ];
        let key = |text: &str| {
            let seat = member(text).unwrap().seat(CouncilRole::Chair, &path, &officials);
            seat.map(|member| member.key.map(|key| key.0[0]))
                .map_err(|e| e.error())
        };
        assert_eq!(key("lo van an"), Ok(Some(3)));
        assert_eq!(key("Hà Lan"), Ok(Some(5)));
        assert_eq!(key("Hà Lan::paper"), Ok(None));
        for nobody in ["Vì Thu", "Nobody"] {
            assert_eq!(key(nobody), Err("errors.no_such_official"));
        }
        assert_eq!(key(&PublicKey([7; 32]).to_string()[..12]), Ok(Some(7)));
    }
}
