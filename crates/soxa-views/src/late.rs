//! Why a dossier is late. The law's pauses move the due time, so that what they took makes none late; a cause is what stood in the way
//! between the due time and the end, or the moment of the report while there is none. The first of these that applies counts:
//!
//! 1. *papers*: the applicant was asked for papers then, or somebody else holds an original;
//! 2. *payment*: the applicant was asked to pay then, or the fee was not paid in full by then;
//! 3. *sync*: what was sent to another system by then had not been acknowledged;
//! 4. *work*: nothing of all that.

use std::collections::BTreeMap;

use soxa_ledger::Time;
use soxa_records::dossier::Asked;
use soxa_records::dossier::view::{Clock, DossierView};
use soxa_records::enumeration;

enumeration! {
    /// Why a dossier is late.
    Cause {
        /// Papers were missing.
        Papers = "papers",
        /// A payment was missing.
        Payment = "payment",
        /// Another system had not answered.
        Sync = "sync",
        /// Nothing stood in the way of the work.
        Work = "work",
    }
}

impl Cause {
    /// Why a dossier that is late is so, as of a moment; `view` has no later acts.
    pub(crate) fn of(view: &DossierView, clock: &Clock, as_of: Time) -> Self {
        let end = clock.ended.unwrap_or(as_of);
        let due = clock.due.unwrap_or(end);
        let stood_for = |asked| {
            let mut pauses = view.pauses();
            pauses.any(|pause| {
                pause.asked == Some(asked) && pause.from < end && pause.until.is_none_or(|until| due < until)
            })
        };
        let by_then = || view.acts.iter().filter(|act| act.at.is_none_or(|at| at <= end));
        let paid = by_then()
            .filter_map(|act| act.amount)
            .fold(0, i64::saturating_add);
        // A register that says nothing of payments does not say that there was none.
        let unsaid = view.transcribed().is_some_and(|act| act.amount.is_none());
        let mut answered: BTreeMap<&str, bool> = BTreeMap::new();
        for report in by_then().filter(|act| act.act == "dossier.report") {
            answered.insert(&report.to, !report.note.is_empty());
        }
        if stood_for(Asked::Papers) || view.originals_elsewhere().next().is_some() {
            Self::Papers
        } else if stood_for(Asked::Payment)
            || !unsaid && view.fee.distinct().into_iter().any(|fee| paid < *fee)
        {
            Self::Payment
        } else if answered.values().any(|answered| !answered) {
            Self::Sync
        } else {
            Self::Work
        }
    }
}
