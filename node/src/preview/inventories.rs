//! Acts on inventories in plain words: the act, and everything that it says.

use soxa_lang::{Lang, amount, money, number, text};
use soxa_ledger::operation::OpRef;
use soxa_records::inventory::{
    BookLine, CouncilMember, CountedLine, FoundAt, FoundThing, InventoryOpen, InventoryOperation, SettledOf,
};

use super::said::Said;
use super::{Names, TOLD_ONE_BY_ONE, day};

impl Said<'_> {
    fn count(&mut self, label: &str, count: usize) {
        self.add(label, &number(self.lang, count));
    }

    fn opening(&mut self, open: &InventoryOpen) {
        self.add("unit", &open.unit_name);
        self.word("extent", "inventory_extent", open.extent.as_str());
        self.add("site", &open.place);
        self.day("as_of", Some(open.as_of));
        self.add("basis", &open.basis);
        self.unit_if("corrects", open.corrects.as_ref());
        let council: Vec<String> = open.council.iter().map(|one| self.member(one)).collect();
        self.add("council", &council.join(", "));
        self.books(&open.lines);
    }

    fn books(&mut self, lines: &[BookLine]) {
        self.count("lines", lines.len());
        let cost = lines.iter().map(|line| line.cost);
        self.sum("cost", cost.fold(0, i64::saturating_add));
    }

    /// Name and role of a member, and whether the member signs on paper.
    fn member(&self, member: &CouncilMember) -> String {
        let role = text(self.lang, &format!("records.council_role.{}", member.role), &[]);
        match member.key {
            Some(_) => format!("{} ({role})", member.name),
            None => {
                let paper = text(self.lang, "preview.part.on_paper", &[]);
                format!("{} ({role}, {paper})", member.name)
            }
        }
    }

    /// The counted lines one by one, or how many they are.
    fn counted(&mut self, rows: &[CountedLine]) {
        if rows.len() > TOLD_ONE_BY_ONE {
            self.count("lines", rows.len());
            return;
        }
        for row in rows {
            let state = row
                .state
                .map(|state| text(self.lang, &format!("records.asset_state.{state}"), &[]));
            let said = [
                row.condition.as_str(),
                state.as_deref().unwrap_or_default(),
                &row.remark,
            ];
            let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
            let quantity = amount(self.lang, row.quantity.thousandths);
            let counted = match said.is_empty() {
                true => format!("{} = {quantity}", row.line),
                false => format!("{} = {quantity} ({})", row.line, said.join(", ")),
            };
            self.add("line", &counted);
        }
    }

    fn things(&mut self, things: &[FoundThing]) {
        if things.len() > TOLD_ONE_BY_ONE {
            self.count("things", things.len());
            return;
        }
        for thing in things {
            let amount = format!(
                "{} {}",
                amount(self.lang, thing.quantity.thousandths),
                thing.measure
            );
            let cost = money(self.lang, thing.cost);
            self.add("thing", &format!("{}, {}, {cost}", thing.name, amount.trim()));
        }
    }

    fn thing_at(&mut self, thing: &FoundAt) {
        if let OpRef::Id(op) = thing.found {
            self.add("thing", &format!("{}:{}", op.short(), thing.number));
        }
    }
}

/// An act on an inventory.
pub fn of_inventory(
    lang: Lang,
    names: &Names<'_>,
    record: &str,
    operation: &InventoryOperation,
    kind: &str,
) -> String {
    use InventoryOperation as Op;
    let mut said = Said::new(lang, names);
    match operation {
        Op::Open(open) => said.opening(open),
        Op::Book(book) => said.books(&book.lines),
        Op::Count(count) => said.counted(&count.rows),
        Op::Found(found) => said.things(&found.things),
        Op::Strike(strike) => {
            said.thing_at(&strike.thing);
            said.add("note", &strike.reason);
        }
        Op::Sign(sign) => {
            said.add("member", &number(lang, sign.member));
            said.add("note", &sign.remark);
            said.hash("scan", sign.scan.as_ref());
        }
        Op::Approve(approve) => {
            said.add("day", &day(approve.date));
            said.add("note", &approve.conclusion);
        }
        Op::Cancel(cancel) => said.add("note", &cancel.reason),
        Op::Settle(settle) => {
            let found = |of: &&SettledOf| matches!(of, SettledOf::Found(_));
            let things = settle.settled.iter().filter(found).count();
            said.count("acts", settle.settled.len() - things);
            said.count("things", things);
        }
    }
    said.sentence(record, kind)
}
