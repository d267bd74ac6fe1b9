//! Rosters: the posts of units, and how many people of a class they may have in a year. A line is one or the other: a post has a
//! code, a quota has a number.

use soxa_lang::fold;
use soxa_ledger::RecordId;
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::person::{PersonClass, WorkField};
use soxa_records::roster::view::{Post, Quota, RosterView};
use soxa_records::roster::{PostAdd, QuotaSet};

use crate::columns::{Column, Form, UNIT, UNIT_CODE, column};
use crate::persons::{CLASS, CLASSES, FIELD, FIELDS, OTHER_CLASSES, OTHER_FIELDS};
use crate::plan::{Apart, Held, Kind, Places, SUMS_MAX, Said, Values};
use crate::problems::Reason;
use crate::take::Taking;
use crate::write::Entry;

/// The columns of tables of posts and of quotas.
pub const COLUMNS: &[Column] = &[
    UNIT_CODE,
    UNIT,
    column(
        "code",
        "cli.label.post_code",
        Form::Text,
        &["ma vi tri", "ma vtvl", "ma", "post code", "code"],
    ),
    column(
        "title",
        "cli.label.post_title",
        Form::Text,
        &[
            "vi tri viec lam",
            "ten vi tri",
            "chuc danh",
            "chuc danh vi tri viec lam",
            "ten vtvl",
            "chuc vu",
            "title",
            "name",
        ],
    ),
    FIELD,
    column(
        "head",
        "cli.label.head",
        Form::Text,
        &["nguoi dung dau", "lanh dao dung dau", "heads the unit"],
    ),
    CLASS,
    column("year", "cli.label.year", Form::Year, &["nam", "nam giao", "year"]),
    column(
        "number",
        "records.field.quota",
        Form::Count,
        &[
            "bien che",
            "bien che giao",
            "so bien che",
            "chi tieu bien che",
            "chi tieu",
            "so luong",
            "so nguoi lam viec",
            "so luong nguoi lam viec",
            "quota",
        ],
    ),
    column(
        "decision",
        "cli.label.decision",
        Form::Text,
        &["quyet dinh", "so quyet dinh", "can cu", "nghi quyet", "decision"],
    ),
];

/// What a line becomes in the roster of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// The unit.
    pub unit: RecordId,
    /// What is written into its roster.
    pub row: RosterRow,
}

/// A post or a quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterRow {
    /// A post.
    Post(PostAdd),
    /// A quota.
    Quota(QuotaSet),
}

/// The rosters that the ledger holds, row by row.
#[derive(Debug, Default)]
pub struct Rosters(Vec<Row>);

/// One row of a roster, of a unit.
#[derive(Debug)]
struct Row {
    roster: RecordId,
    unit: RecordId,
    key: String,
    values: Values,
    sums: [i64; SUMS_MAX],
}

impl Rosters {
    /// The rows of these rosters.
    #[must_use]
    pub fn of(all: &[(RecordId, RosterView)]) -> Self {
        let rows = all.iter().flat_map(|(roster, view)| {
            let unit = view.unit.one().copied();
            let posts = view.open_posts().map(|post| {
                let values = of_a_post(&post.title, post.field, post.head);
                (of_post(&post.code), values, [0; SUMS_MAX])
            });
            let quotas = view.quotas.iter().map(|quota| {
                let values = vec![
                    ("number", quota.number.to_string()),
                    ("decision", quota.decision.clone()),
                ];
                let key = of_quota(quota.class, quota.year);
                (key, values, [quota.number.into(), 0, 0])
            });
            let rows = posts.chain(quotas);
            rows.filter_map(move |(key, values, sums)| {
                Some(Row {
                    roster: *roster,
                    unit: unit?,
                    key,
                    values,
                    sums,
                })
            })
        });
        Self(rows.collect())
    }
}

impl Kind for Rosters {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] = &[("quota", "records.field.quota")];
    type New = NewRow;

    fn read(&mut self, line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Said<NewRow>> {
        let unit = places.of_line(line, "unit_code", "unit");
        let code = line.text("code", CODE_BYTES_MAX);
        match line.count("number") {
            Some(_) if !code.is_empty() => {
                line.refuse("number", Reason::PostOrQuota);
                None
            }
            Some(number) => quota(line, unit, number),
            None => post(line, unit),
        }
    }

    fn held(&self) -> Vec<Held> {
        let held = |(at, row): (usize, &Row)| Held {
            at,
            record: row.roster,
            keys: vec![(row.unit, row.key.clone())],
            unit: Some(row.unit),
            sums: row.sums,
        };
        self.0.iter().enumerate().map(held).collect()
    }

    fn values(&self, held: &Held) -> Values {
        self.0
            .get(held.at)
            .map(|row| row.values.clone())
            .unwrap_or_default()
    }
}

fn post(line: &mut Taking<'_, '_>, unit: Option<RecordId>) -> Option<Said<NewRow>> {
    let field = line.word("field", &FIELDS, OTHER_FIELDS);
    let post = PostAdd {
        code: line.required_text("code", CODE_BYTES_MAX),
        title: line.required_text("title", NAME_BYTES_MAX),
        field: field.unwrap_or(WorkField::Other),
        head: line.tick("head"),
    };
    Some(Said {
        key: (unit?, of_post(&post.code)),
        apart: Apart::Nothing("code"),
        values: of_a_post(&post.title, post.field, post.head),
        sums: [0; SUMS_MAX],
        new: NewRow {
            unit: unit?,
            row: RosterRow::Post(post),
        },
    })
}

fn quota(line: &mut Taking<'_, '_>, unit: Option<RecordId>, number: u32) -> Option<Said<NewRow>> {
    let class = line.required("class", |line, at| line.word(at, &CLASSES, OTHER_CLASSES));
    let year = line.required("year", Taking::year);
    let decision = line.text("decision", TEXT_BYTES_MAX);
    let quota = QuotaSet {
        class: class?,
        year: year?,
        number,
        decision,
    };
    Some(Said {
        key: (unit?, of_quota(quota.class, quota.year)),
        apart: Apart::Nothing("year"),
        values: vec![
            ("year", quota.year.to_string()),
            ("number", number.to_string()),
            ("decision", quota.decision.clone()),
        ],
        sums: [number.into(), 0, 0],
        new: NewRow {
            unit: unit?,
            row: RosterRow::Quota(quota),
        },
    })
}

fn of_post(code: &str) -> String {
    format!("post {}", fold(code))
}

fn of_quota(class: PersonClass, year: u16) -> String {
    format!("quota {class} {year}")
}

fn of_a_post(title: &str, field: WorkField, head: bool) -> Values {
    vec![
        ("title", title.to_owned()),
        ("field", field.as_str().to_owned()),
        ("head", head.to_string()),
    ]
}

/// The rows of a roster for a list with these columns: its open posts, then its quotas.
#[must_use]
pub fn rows(roster: &RosterView, unit_code: &str, unit: &str) -> Vec<Vec<Entry>> {
    let row = |of: &dyn Fn(&str) -> Entry| {
        let entry = |column: &Column| match column.name {
            "unit_code" => Entry::text(unit_code.to_owned()),
            "unit" => Entry::text(unit.to_owned()),
            name => of(name),
        };
        COLUMNS.iter().map(entry).collect::<Vec<_>>()
    };
    let word = |section: &str, word: &str| Entry::Word {
        section: format!("records.{section}"),
        word: word.to_owned(),
    };
    let mut posts: Vec<&Post> = roster.open_posts().collect();
    posts.sort_by(|a, b| a.code.cmp(&b.code));
    let posts = posts.into_iter().map(|post| {
        row(&|name| match name {
            "code" => Entry::text(post.code.clone()),
            "title" => Entry::text(post.title.clone()),
            "field" => word("work_field", post.field.as_str()),
            "head" => Entry::Tick(post.head),
            _ => Entry::Empty,
        })
    });
    let quotas = roster.quotas.iter().map(|quota: &Quota| {
        row(&|name| match name {
            "class" => word("person_class", quota.class.as_str()),
            "year" => Entry::Year(quota.year),
            "number" => Entry::Count(quota.number.into()),
            "decision" => Entry::text(quota.decision.clone()),
            _ => Entry::Empty,
        })
    });
    posts.chain(quotas).collect()
}
