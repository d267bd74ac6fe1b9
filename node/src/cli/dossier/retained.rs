//! How long dossiers are kept by the periods that the province publishes, and which are past that.

use std::fmt::Display;

use soxa_lang::{Lang, number, text};
use soxa_records::Date;
use soxa_records::dossier::retention::{Kept, Period, Retention};
use soxa_records::dossier::view::DossierView;
use soxa_records::procedure::Procedure;
use soxa_records::reference::ReferenceTable;

use crate::cli::fields;
use crate::cli::reference::{Published, bad_reference, today};
use crate::failure::Failure;
use crate::output::Cell;

/// The periods that hold today.
pub struct Retained<'a> {
    published: &'a Published,
    periods: Vec<Retention>,
    today: Option<Date>,
}

impl<'a> Retained<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// When one that is published says no period.
    pub fn of(published: &'a Published) -> Result<Self, Failure> {
        let today = today();
        let versions = today.map(|day| published.all_on(ReferenceTable::Retention, day));
        let periods = versions.into_iter().flatten().map(Retention::read);
        let periods: Result<Vec<Option<Retention>>, _> = periods.collect();
        Ok(Self {
            published,
            periods: periods
                .map_err(|bad| bad_reference(&bad))?
                .into_iter()
                .flatten()
                .collect(),
            today,
        })
    }

    /// The period of a dossier, and until when that has it kept. None when none is published.
    fn keeps(&self, view: &DossierView) -> Option<(&Retention, Kept)> {
        let procedure = view.procedure.distinct().into_iter().next()?;
        let version = self
            .today
            .and_then(|day| self.published.on(ReferenceTable::Procedure, procedure, day));
        let field = version.and_then(|(_, version)| Some(Procedure::read(version).ok()?.field));
        let period = Retention::of(&self.periods, procedure, &field.unwrap_or_default())?;
        Some((period, period.keeps(view)))
    }

    /// Whether its period is over.
    pub fn is_over(&self, view: &DossierView) -> bool {
        let over = |day| self.keeps(view).is_some_and(|(_, kept)| kept.is_over(day));
        self.today.is_some_and(over)
    }

    /// The last day on which it is to be kept.
    pub fn until(&self, lang: Lang, view: &DossierView) -> Cell {
        match self.keeps(view) {
            Some((_, Kept::Until(day))) => fields::day_cell(day),
            Some((_, Kept::Forever)) => Cell::of(
                text(lang, "cli.retention.for_ever", &[]),
                serde_json::json!("forever"),
            ),
            Some((_, Kept::NotFinished)) | None => Cell::none(),
        }
    }

    /// Which period it has, and until when that has it kept.
    pub fn told(&self, lang: Lang, view: &DossierView) -> String {
        let Some((period, kept)) = self.keeps(view) else {
            let procedure = view.procedure.distinct().into_iter().next();
            let procedure = procedure.map_or("", String::as_str);
            return text(lang, "cli.retention.none", &[("procedure", &procedure)]);
        };
        let years = match period.period {
            Period::Years(years) => number(lang, years),
            Period::Forever => String::new(),
        };
        let (sentence, day) = match kept {
            Kept::Until(day) if self.is_over(view) => ("cli.retention.over", fields::day(day)),
            Kept::Until(day) => ("cli.retention.until", fields::day(day)),
            Kept::Forever => ("cli.retention.forever", String::new()),
            Kept::NotFinished => ("cli.retention.not_finished", String::new()),
        };
        let values: [(&str, &dyn Display); 4] = [
            ("key", &period.key),
            ("basis", &period.basis),
            ("years", &years),
            ("day", &day),
        ];
        text(lang, sentence, &values)
    }
}
