//! Persons in public service: the lines of a list of staff against the people that the ledger holds, with the posts they have.
//!
//! A line is known again by its name within the unit, whatever the spelling; people of one name are told apart by their year of
//! birth. Of a list of staff the ledger takes what its rosters need; identity numbers, addresses and the like are left out.

use std::collections::{BTreeSet, HashMap};

use soxa_lang::{collated_person, fold};
use soxa_ledger::{OpId, RecordId};
use soxa_records::Date;
use soxa_records::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, PersonRegister, WorkField};
use soxa_records::roster::view::{Assignment, Post, RosterView};

use crate::columns::{Column, Form, UNIT, UNIT_CODE, column, required};
use crate::near::near;
use crate::plan::{Apart, Held, Key, Kind, Places, SUMS_MAX, Said, Values, written};
use crate::problems::Reason;
use crate::take::{Taking, Words};
use crate::write::Entry;

/// The classes of service.
pub const CLASSES: Words<PersonClass> = Words {
    all: PersonClass::ALL,
    as_str: PersonClass::as_str,
    section: "records.person_class",
};
/// Other words for them.
pub const OTHER_CLASSES: &[(&str, PersonClass)] = &[
    ("cb", PersonClass::Cadre),
    ("cc", PersonClass::CivilServant),
    ("vc", PersonClass::PublicEmployee),
    ("nld", PersonClass::Worker),
    ("hop dong", PersonClass::Worker),
    ("hop dong lao dong", PersonClass::Worker),
    ("lao dong hop dong", PersonClass::Worker),
];
/// The fields of work.
pub const FIELDS: Words<WorkField> = Words {
    all: WorkField::ALL,
    as_str: WorkField::as_str,
    section: "records.work_field",
};
/// Other words for them.
pub const OTHER_FIELDS: &[(&str, WorkField)] = &[
    ("van hoa xa hoi", WorkField::Culture),
    ("van hoa thong tin", WorkField::Culture),
    ("the thao", WorkField::Culture),
    ("khuyen nong", WorkField::Agriculture),
    ("thu y", WorkField::Agriculture),
    ("trong trot", WorkField::Agriculture),
    ("dia chinh", WorkField::Land),
    ("ke toan", WorkField::Finance),
    ("kinh te", WorkField::Finance),
    ("giao thong", WorkField::Construction),
    ("cntt", WorkField::Technology),
    ("chuyen doi so", WorkField::Technology),
    ("lanh dao", WorkField::Management),
];

/// The class of service.
pub const CLASS: Column = column(
    "class",
    "records.field.class",
    Form::Text,
    &[
        "doi tuong",
        "loai can bo",
        "loai nhan su",
        "loai lao dong",
        "can bo cong chuc vien chuc",
        "class",
    ],
);
/// The field of work.
pub const FIELD: Column = column(
    "field",
    "records.field.work_field",
    Form::Text,
    &[
        "linh vuc cong tac",
        "linh vuc phu trach",
        "mang cong viec",
        "nganh",
        "field of work",
    ],
);

/// The columns of a list of staff: those of form 2C that rosters need, and those that are left out.
pub const COLUMNS: &[Column] = &[
    required(column(
        "name",
        "cli.label.full_name",
        Form::Text,
        &[
            "ho ten",
            "ho va ten khai sinh",
            "ho ten khai sinh",
            "ten can bo",
            "ten",
            "can bo",
            "person",
            "name",
        ],
    )),
    column(
        "birth_year",
        "records.field.birth_year",
        Form::Year,
        &[
            "ngay sinh",
            "ngay sinh nam",
            "ngay sinh nu",
            "ngay thang nam sinh",
            "ngay thang nam sinh nam",
            "ngay thang nam sinh nu",
            "nam sinh nam",
            "nam sinh nu",
            "sinh nam",
            "year of birth",
            "date of birth",
        ],
    ),
    CLASS,
    column(
        "rank",
        "records.field.rank",
        Form::Text,
        &[
            "ngach",
            "ma ngach",
            "ngach bac",
            "chuc danh nghe nghiep",
            "hang chuc danh",
            "rank",
        ],
    ),
    FIELD,
    UNIT_CODE,
    UNIT,
    column(
        "post",
        "records.field.post",
        Form::Text,
        &[
            "ma vi tri",
            "vi tri",
            "chuc vu",
            "chuc danh",
            "chuc vu hien tai",
            "chuc vu chuc danh",
            "ma vtvl",
            "post",
        ],
    ),
    column(
        "from",
        "records.field.from",
        Form::Day,
        &[
            "ngay bo nhiem",
            "ngay giu chuc vu",
            "ngay nhan nhiem vu",
            "thoi diem bo nhiem",
            "since",
        ],
    ),
    column(
        "decision",
        "cli.label.decision",
        Form::Text,
        &[
            "quyet dinh",
            "so quyet dinh",
            "quyet dinh bo nhiem",
            "can cu",
            "decision",
        ],
    ),
    personal(
        "identity",
        "cli.label.identity_number",
        &[
            "cccd",
            "so cccd",
            "cmnd",
            "so cmnd",
            "so cmnd cccd",
            "can cuoc",
            "so can cuoc",
        ],
    ),
    personal(
        "address",
        "cli.label.address",
        &[
            "dia chi",
            "noi o",
            "noi o hien nay",
            "cho o hien nay",
            "ho khau",
            "ho khau thuong tru",
            "noi thuong tru",
            "thuong tru",
            "noi sinh",
            "que quan",
        ],
    ),
    personal(
        "phone",
        "cli.label.phone",
        &[
            "dien thoai",
            "sdt",
            "dt",
            "so dt",
            "di dong",
            "email",
            "thu dien tu",
            "zalo",
        ],
    ),
    personal(
        "private",
        "cli.label.private",
        &[
            "gioi tinh",
            "dan toc",
            "ton giao",
            "ngay vao dang",
            "dang vien",
            "so bhxh",
            "ma so bhxh",
            "ma so thue",
            "so tai khoan",
            "he so luong",
            "tinh trang hon nhan",
        ],
    ),
];

const fn personal(name: &'static str, label: &'static str, synonyms: &'static [&'static str]) -> Column {
    column(name, label, Form::Personal, synonyms)
}

/// What a line becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The unit.
    pub unit: RecordId,
    /// Who.
    pub who: Who,
    /// The regular post there.
    pub posting: Option<Posting>,
}

/// Somebody new, or somebody that the ledger holds who gets a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// New, with a rank or an empty one.
    New(PersonRegister, String),
    /// Known, by the operation that gave them to the unit.
    Known(RecordId, OpId),
}

/// A regular post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The post.
    pub post: OpId,
    /// Its code.
    pub code: String,
    /// First day.
    pub from: Date,
    /// The decision.
    pub decision: String,
}

/// The people that the ledger holds, and the posts there are.
#[derive(Debug, Default)]
pub struct Persons {
    people: Vec<(RecordId, PersonView)>,
    posts: HashMap<RecordId, Vec<Post>>,
    /// Regular assignments, by person.
    terms: HashMap<RecordId, (Post, Assignment)>,
    /// Posts that people of a name hold and no line has claimed yet.
    unclaimed: HashMap<Key, Vec<OpId>>,
    /// Posts given to lines.
    given: BTreeSet<OpId>,
    /// The class of lines that name none.
    class: Option<PersonClass>,
    /// The first day of posts of lines that name none.
    from: Option<Date>,
}

impl Persons {
    /// These people and rosters.
    #[must_use]
    pub fn of(people: Vec<(RecordId, PersonView)>, rosters: &[(RecordId, RosterView)]) -> Self {
        let mut persons = Self::default();
        let names: HashMap<RecordId, String> = people
            .iter()
            .map(|(record, view)| (*record, fold(&written(&view.name))))
            .collect();
        for (_, roster) in rosters {
            let Some(unit) = roster.unit.one() else { continue };
            let open = roster.open_posts().cloned();
            persons.posts.entry(*unit).or_default().extend(open);
            for (term, post) in roster.regular() {
                let name = names.get(&term.person).cloned().unwrap_or_default();
                persons.unclaimed.entry((*unit, name)).or_default().push(post.id);
                persons.terms.insert(term.person, (post.clone(), term.clone()));
            }
        }
        Self { people, ..persons }
    }

    /// Lines that name no class are of this one; posts of lines that name no day are held from this day.
    #[must_use]
    pub fn with_defaults(self, class: Option<PersonClass>, from: Option<Date>) -> Self {
        Self { class, from, ..self }
    }

    /// The post that a line names, by code or title: the one that somebody of the name holds, else one that is free.
    fn post(&mut self, line: &mut Taking<'_, '_>, unit: RecordId, name: &str) -> Option<Posting> {
        let said = line.text("post", NAME_BYTES_MAX);
        if said.is_empty() {
            return None;
        }
        let posts = self.posts.get(&unit).map(Vec::as_slice).unwrap_or_default();
        let is = |post: &&Post| fold(&post.code) == fold(&said) || fold(&post.title) == fold(&said);
        let fitting: Vec<&Post> = posts.iter().filter(is).collect();
        if fitting.is_empty() {
            let labels = posts.iter().map(|post| format!("{} ({})", post.code, post.title));
            let near = near(&said, labels);
            line.refuse("post", Reason::UnknownPost { value: said, near });
            return None;
        }
        let own = self.unclaimed.entry((unit, name.to_owned())).or_default();
        let held = own
            .iter()
            .position(|post| fitting.iter().any(|one| one.id == *post));
        let claimed = held.map(|at| own.swap_remove(at));
        let free = |post: &&&Post| post.holders.is_empty() && !self.given.contains(&post.id);
        let found = match claimed {
            Some(post) => fitting.iter().find(|one| one.id == post),
            None => fitting.iter().find(free),
        };
        let Some(post) = found else {
            line.refuse("post", Reason::PostHeld(said));
            return None;
        };
        self.given.insert(post.id);
        let from = line.day("from").or(self.from);
        let decision = line.text("decision", TEXT_BYTES_MAX);
        if from.is_none() && claimed.is_none() {
            line.refuse("from", Reason::NoDay);
        }
        let (post, code) = (post.id, post.code.clone());
        let from = from.or_else(|| Some(self.terms.values().find(|(held, _)| held.id == post)?.1.from));
        Some(Posting {
            post,
            code,
            from: from?,
            decision,
        })
    }
}

impl Kind for Persons {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] = &[("posted", "cli.label.posted")];
    type New = NewPerson;

    fn read(&mut self, line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Said<NewPerson>> {
        let name = line.required_text("name", NAME_BYTES_MAX);
        let birth_year = line.year("birth_year");
        let class = line.word("class", &CLASSES, OTHER_CLASSES).or(self.class);
        let rank = line.text("rank", TEXT_BYTES_MAX);
        let said_field = line.word("field", &FIELDS, OTHER_FIELDS);
        let unit = places.of_line(line, "unit_code", "unit")?;
        let folded = fold(&name);
        let posting = self.post(line, unit, &folded);
        if class.is_none() && line.is_whole() {
            line.refuse("class", Reason::Empty);
        }
        let of_post = posting.as_ref().and_then(|posting| {
            let posts = self.posts.get(&unit)?;
            Some(posts.iter().find(|post| post.id == posting.post)?.field)
        });
        let text = |value: Option<String>| value.unwrap_or_default();
        let values = vec![
            ("name", name.clone()),
            ("birth_year", text(birth_year.map(|year| year.to_string()))),
            ("class", text(class.map(|class| class.to_string()))),
            ("rank", rank.clone()),
            ("field", text(said_field.map(|field| field.to_string()))),
            ("post", text(posting.as_ref().map(|posting| posting.code.clone()))),
        ];
        let register = PersonRegister {
            name,
            birth_year,
            class: class?,
            field: said_field.or(of_post).unwrap_or(WorkField::Other),
            unit,
        };
        Some(Said {
            key: (unit, folded),
            apart: Apart::Columns(&["birth_year"]),
            values,
            sums: [i64::from(posting.is_some()), 0, 0],
            new: NewPerson {
                unit,
                who: Who::New(register, rank),
                posting,
            },
        })
    }

    fn held(&self) -> Vec<Held> {
        let held = |(at, (record, view)): (usize, &(RecordId, PersonView))| {
            let mut keys: Vec<Key> = Vec::new();
            for link in &view.custody.links {
                keys.extend(view.name.distinct().into_iter().map(|name| (link.to, fold(name))));
            }
            keys.sort_unstable();
            keys.dedup();
            let sums: [i64; SUMS_MAX] = [i64::from(self.terms.contains_key(record)), 0, 0];
            Held {
                at,
                record: *record,
                keys,
                unit: view.custody.custodian,
                sums,
            }
        };
        self.people.iter().enumerate().map(held).collect()
    }

    fn values(&self, held: &Held) -> Values {
        let Some((record, view)) = self.people.get(held.at) else {
            return Vec::new();
        };
        let mut values = vec![
            ("birth_year", written(&view.birth_year)),
            ("class", written(&view.class)),
            ("rank", written(&view.rank)),
            ("field", written(&view.field)),
        ];
        // Who has no post may get one.
        let post = self.terms.get(record);
        values.extend(post.map(|(post, _)| ("post", post.code.clone())));
        values
    }

    fn addition(&self, new: &NewPerson, held: &Held) -> Option<NewPerson> {
        let posting = new.posting.clone()?;
        let (record, view) = self.people.get(held.at)?;
        let link = view.custody.current_link()?.ops.first()?;
        let free = !self.terms.contains_key(record) && view.custody.custodian == Some(new.unit);
        free.then_some(NewPerson {
            unit: new.unit,
            who: Who::Known(*record, *link),
            posting: Some(posting),
        })
    }
}

/// A person as a row of a list with these columns.
#[must_use]
pub fn row(
    person: &PersonView,
    unit_code: &str,
    unit: &str,
    post: Option<&(Post, Assignment)>,
) -> Vec<Entry> {
    let word = |section: &str, word: String| match word.contains(' ') || word.is_empty() {
        // Officials disagree: both stand there.
        true => Entry::text(word),
        false => Entry::Word {
            section: format!("records.{section}"),
            word,
        },
    };
    let of = |column: &Column| match column.name {
        "name" => Entry::text(written(&person.name)),
        "birth_year" => person.birth_year.one().map_or_else(
            || Entry::text(written(&person.birth_year)),
            |year| Entry::Year(*year),
        ),
        "class" => word("person_class", written(&person.class)),
        "rank" => Entry::text(written(&person.rank)),
        "field" => word("work_field", written(&person.field)),
        "unit_code" => Entry::text(unit_code.to_owned()),
        "unit" => Entry::text(unit.to_owned()),
        "post" => post.map_or(Entry::Empty, |(post, _)| Entry::text(post.code.clone())),
        "from" => post.map_or(Entry::Empty, |(_, term)| Entry::Day(term.from)),
        "decision" => post.map_or(Entry::Empty, |(_, term)| Entry::text(term.decision.clone())),
        _ => Entry::Empty,
    };
    crate::columns::shown(COLUMNS).iter().map(of).collect()
}

impl Persons {
    /// The people in the order of Vietnamese lists, by given name, each with the regular post they hold.
    #[must_use]
    pub fn in_order(&self) -> Vec<(&PersonView, Option<&(Post, Assignment)>)> {
        let mut all: Vec<_> = self
            .people
            .iter()
            .map(|(record, view)| (view, self.terms.get(record)))
            .collect();
        all.sort_by_cached_key(|(view, _)| collated_person(&written(&view.name)));
        all
    }
}
