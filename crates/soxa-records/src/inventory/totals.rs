//! What an inventory comes to: book, count and the difference between them, in lines, quantity, cost and residual value.

use crate::handover::LineTotals;
use crate::inventory::view::{Difference, InventoryView};
use crate::measure::Quantity;

/// The figures of an inventory. Of the lines that are counted, `book - short + over = counted`; what is not counted, or
/// counted differently by two, is in the book's figures alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InventoryTotals {
    /// What the books say, of all lines.
    pub book: LineTotals,
    /// What the books say of the lines that are not counted, or disputed.
    pub open: LineTotals,
    /// What is there, of the lines that are counted; those with nothing left are no lines here.
    pub counted: LineTotals,
    /// What the books have and nobody found.
    pub short: LineTotals,
    /// What was found above what the books say of a line.
    pub over: LineTotals,
    /// What was found and is in no book, at its estimated cost.
    pub found: LineTotals,
    /// Lines in another condition or state than the books say.
    pub changed: u64,
}

impl InventoryTotals {
    /// The totals of an inventory. Sums stop at the largest number.
    #[must_use]
    pub fn of(view: &InventoryView) -> Self {
        let mut totals = Self::default();
        for line in &view.lines {
            let book = line.book.figures(line.book.quantity);
            add(&mut totals.book, book);
            let difference = line.difference();
            let Some(counted) = line.counted() else {
                add(&mut totals.open, book);
                continue;
            };
            let there = line.book.figures(counted.quantity);
            if difference != Difference::Missing {
                add(&mut totals.counted, there);
            }
            match difference {
                Difference::Missing | Difference::Less => add(&mut totals.short, less(book, there)),
                Difference::More => add(&mut totals.over, less(there, book)),
                Difference::Changed => totals.changed += 1,
                Difference::Uncounted | Difference::Disputed | Difference::Same => {}
            }
        }
        for found in view.found.iter().filter(|found| found.counts()) {
            add(
                &mut totals.found,
                LineTotals {
                    lines: 1,
                    quantity: found.thing.quantity,
                    cost: found.thing.cost,
                    residual: 0,
                },
            );
        }
        totals
    }
}

fn less(more: LineTotals, than: LineTotals) -> LineTotals {
    let quantity = more
        .quantity
        .thousandths
        .saturating_sub(than.quantity.thousandths);
    LineTotals {
        lines: 1,
        quantity: Quantity {
            thousandths: quantity,
        },
        cost: more.cost.saturating_sub(than.cost),
        residual: more.residual.saturating_sub(than.residual),
    }
}

fn add(sum: &mut LineTotals, one: LineTotals) {
    sum.lines += one.lines;
    sum.quantity = sum.quantity.plus(one.quantity);
    sum.cost = sum.cost.saturating_add(one.cost);
    sum.residual = sum.residual.saturating_add(one.residual);
}
