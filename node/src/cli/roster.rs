//! `soxa roster`: the posts of a unit and who holds them.

mod show;

use clap::{Args, Subcommand};
use soxa_ledger::operation::{OpRef, RecordRef};
use soxa_ledger::{OpId, RecordId};
use soxa_records::Date;
use soxa_records::compose::{Composer, current_link};
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, WorkField};
use soxa_records::roster::view::{Post, RosterView};
use soxa_records::roster::{Assign, AssignmentKind, PostAdd, QuotaSet, Release, RosterCreate};

use super::session::{Read, find_among, shown};
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use soxa_lang::fold;

/// What can be done with rosters.
#[derive(Debug, Subcommand)]
pub enum RosterCommand {
    /// Create the roster of a unit.
    #[command(after_help = "soxa roster create 03847 --key staff.pem")]
    Create(CreateArgs),
    /// Add a post.
    #[command(after_help = r#"
        soxa roster add-post 03847 --code DC-1 DC-2 --title "Công chức địa chính" --field land --key staff.pem"#)]
    AddPost(AddPostArgs),
    /// Close a vacant post.
    #[command(after_help = "soxa roster close-post 03847 --post DC-2 --key staff.pem")]
    ClosePost(ClosePostArgs),
    /// Give a person a post.
    #[command(after_help = r#"
        soxa roster assign 03847 --give "DC-1=Lò Văn An" "DC-2=Cà Thị Bình" --from 2026-01-05 --key staff.pem"#)]
    Assign(AssignArgs),
    /// End an assignment.
    #[command(after_help = r#"
        soxa roster release 03847 --post DC-2 --date 2026-03-31 --reason "nghỉ hưu" --key staff.pem"#)]
    Release(ReleaseArgs),
    /// Set how many people of a class the unit may have in a year.
    #[command(after_help = r#"
        soxa roster quota 03847 --class civil_servant --year 2026 --number 24 --decision "NQ 30"
            --key staff.pem"#)]
    Quota(QuotaArgs),
    /// The roster of a unit.
    #[command(after_help = "soxa roster show 03847")]
    Show(show::ShowArgs),
    /// All rosters in figures.
    #[command(after_help = "soxa roster list")]
    List(ReadArgs),
}

/// `soxa roster create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa roster add-post`.
#[derive(Debug, Args)]
pub struct AddPostArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    /// One code, or several posts of one kind.
    #[arg(long, required = true, num_args = 1.., value_name = "CODE")]
    code: Vec<String>,
    #[arg(long, value_name = "TEXT")]
    title: String,
    #[arg(long, value_parser = fields::words(WorkField::ALL, WorkField::as_str), value_name = "FIELD")]
    field: WorkField,
    /// Its holder heads the unit.
    #[arg(long)]
    head: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa roster close-post`.
#[derive(Debug, Args)]
pub struct ClosePostArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "CODE")]
    post: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa roster assign`.
#[derive(Debug, Args)]
pub struct AssignArgs {
    #[arg(value_name = "UNIT")]
    pub unit: String,
    /// `post=person`, several at once.
    #[arg(long, required = true, num_args = 1.., value_name = "POST=PERSON", value_parser = fields::assignment)]
    pub give: Vec<(String, String)>,
    #[arg(long, default_value = "regular", value_name = "KIND",
          value_parser = fields::words(AssignmentKind::ALL, AssignmentKind::as_str))]
    pub kind: AssignmentKind,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    pub from: Date,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    pub until: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub decision: String,
    /// Whoever holds the posts is released in the same act.
    #[arg(long)]
    pub instead: bool,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa roster release`.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    /// The posts whose holders leave.
    #[arg(long, num_args = 1.., value_name = "CODE", required_unless_present = "all")]
    post: Vec<String>,
    /// Only this person's assignments.
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Everybody.
    #[arg(long)]
    all: bool,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Date,
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa roster quota`.
#[derive(Debug, Args)]
pub struct QuotaArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "CLASS", value_parser = fields::words(PersonClass::ALL, PersonClass::as_str))]
    class: PersonClass,
    #[arg(long, value_name = "YEAR")]
    year: u16,
    #[arg(long, value_name = "COUNT")]
    number: u32,
    #[arg(long, default_value = "", value_name = "TEXT")]
    decision: String,
    #[command(flatten)]
    act: ActArgs,
}

/// Does what the command says.
pub fn run(command: RosterCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        RosterCommand::Create(args) => create(&args, session),
        RosterCommand::AddPost(args) => add_post(&args, session),
        RosterCommand::ClosePost(args) => close_post(&args, session),
        RosterCommand::Assign(args) => assign(&args, session),
        RosterCommand::Release(args) => release(&args, session),
        RosterCommand::Quota(args) => quota(&args, session),
        RosterCommand::Show(args) => show::show(&args, session),
        RosterCommand::List(args) => show::list(&args, session),
    }
}

/// A unit's roster with its unit.
pub struct Found {
    /// The unit.
    pub unit: RecordId,
    path: Vec<RecordId>,
    /// The record.
    pub read: Read,
    /// The roster.
    pub view: RosterView,
}

/// Posts and who holds them are called by code and title in previews.
pub fn call_posts(session: &mut Session, view: &RosterView) {
    for post in view.posts.values() {
        let name = format!("{} {}", post.code, post.title);
        post.holders
            .iter()
            .for_each(|holder| session.call(*holder, name.clone()));
        session.call(post.id, name);
    }
}

/// The roster of the unit that somebody means. The oldest when officials created several: their order by id.
pub fn find(session: &mut Session, wanted: &str) -> Result<Found, Failure> {
    let units = session.units()?;
    let unit = units.find(wanted)?;
    let path = units.path(&unit);
    let of_unit = |read: Read| {
        let view = RosterView::of(&read.state)?;
        view.unit.distinct().contains(&&unit).then_some((read, view))
    };
    let found = session.records("roster")?.into_iter().find_map(of_unit);
    let missing = || Failure::new("errors.no_roster", &[("unit", &units.name(&unit))]);
    if let Some((_, view)) = &found {
        call_posts(session, view);
    }
    found
        .map(|(read, view)| Found {
            unit,
            path,
            read,
            view,
        })
        .ok_or_else(missing)
}

impl Found {
    fn post(&self, wanted: &str) -> Result<&Post, Failure> {
        let missing = || {
            let codes: Vec<&str> = self.view.open_posts().map(|post| post.code.as_str()).collect();
            Failure::new(
                "errors.no_post",
                &[("post", &wanted), ("known", &codes.join(", "))],
            )
        };
        let fits = |post: &&Post| {
            fold(&post.code) == fold(wanted)
                || (wanted.len() >= crate::resolve::ID_DIGITS_MIN && post.id.to_string().starts_with(wanted))
        };
        self.view.open_posts().find(fits).ok_or_else(missing)
    }

    fn sign(
        &self,
        session: &mut Session,
        act: &ActArgs,
        kinds: &[&str],
        composer: Composer,
    ) -> Result<Exit, Failure> {
        let (signer, acting) = official(session, act, kinds, |acting| acting.is_at_or_above(&self.path))?;
        carry_out(session, act, signer, &acting, &[Prepared::of(composer)])
    }
}

fn create(args: &CreateArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let unit = units.find(&args.unit)?;
    let path = units.path(&unit);
    let above = path.iter().copied().take(path.len() - 1).collect();
    let mut composer = Composer::new();
    composer.create_roster(RosterCreate { unit, path: above });
    let fits = |acting: &super::acting::Acting| acting.is_at_or_above(&path);
    let (signer, acting) = official(session, &args.act, &["roster.create"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn add_post(args: &AddPostArgs, session: &mut Session) -> Result<Exit, Failure> {
    let roster = find(session, &args.unit)?;
    let mut at = roster.read.at()?;
    let mut composer = Composer::new();
    for code in &args.code {
        let post = PostAdd {
            code: code.clone(),
            title: args.title.clone(),
            field: args.field,
            head: args.head,
        };
        composer.add_post(&mut at, post);
    }
    roster.sign(session, &args.act, &["roster.add_post"], composer)
}

fn close_post(args: &ClosePostArgs, session: &mut Session) -> Result<Exit, Failure> {
    let roster = find(session, &args.unit)?;
    let post = roster.post(&args.post)?.id;
    let mut composer = Composer::new();
    composer.close_post(&mut roster.read.at()?, OpRef::Id(post));
    roster.sign(session, &args.act, &["roster.close_post"], composer)
}

/// Gives people posts; whoever holds them may be released in the same act, so that a unit is never without its head.
pub fn assign(args: &AssignArgs, session: &mut Session) -> Result<Exit, Failure> {
    fields::term(args.from, args.until)?;
    let roster = find(session, &args.unit)?;
    let people = session.named("person", args.give.iter().map(|(_, person)| person.as_str()))?;
    let mut at = roster.read.at()?;
    let mut composer = Composer::new();
    let mut kinds = vec!["roster.assign"];
    for (post, person) in &args.give {
        let post = roster.post(post)?;
        for holder in post.holders.iter().filter(|_| args.instead) {
            let release = Release {
                assignment: OpRef::Id(*holder),
                date: args.from,
                reason: args.decision.clone(),
            };
            composer.release(&mut at, release);
            kinds.push("roster.release");
        }
        let post = post.id;
        let person = find_among(person, &people)?;
        let link = current_link(&person.state).ok_or_else(|| {
            let name = PersonView::of(&person.state).map(|view| shown(view.name.distinct()));
            Failure::new("errors.no_custodian", &[("subject", &name.unwrap_or_default())])
        })?;
        let assign = Assign {
            post: OpRef::Id(post),
            person: RecordRef::Id(person.id),
            kind: args.kind,
            from: args.from,
            until: args.until,
            decision: args.decision.clone(),
        };
        composer.assign(&mut at, assign, OpRef::Id(link));
    }
    roster.sign(session, &args.act, &kinds, composer)
}

fn quota(args: &QuotaArgs, session: &mut Session) -> Result<Exit, Failure> {
    let roster = find(session, &args.unit)?;
    let mut composer = Composer::new();
    let quota = QuotaSet {
        class: args.class,
        year: args.year,
        number: args.number,
        decision: args.decision.clone(),
    };
    composer.set_quota(&mut roster.read.at()?, quota);
    roster.sign(session, &args.act, &["roster.quota"], composer)
}

fn release(args: &ReleaseArgs, session: &mut Session) -> Result<Exit, Failure> {
    let roster = find(session, &args.unit)?;
    let posts = args
        .post
        .iter()
        .map(|post| roster.post(post).map(|p| p.id))
        .collect::<Result<Vec<_>, _>>()?;
    let person = match &args.person {
        Some(wanted) => Some(session.find("person", wanted)?.id),
        None => None,
    };
    let leaves = |post: &OpId, who: &RecordId| {
        (args.all || posts.contains(post)) && person.is_none_or(|person| person == *who)
    };
    let mut at = roster.read.at()?;
    let mut composer = Composer::new();
    for (term, post) in roster
        .view
        .current()
        .filter(|(term, post)| leaves(&post.id, &term.person))
    {
        debug_assert_eq!(term.post, post.id);
        let release = Release {
            assignment: OpRef::Id(term.id),
            date: args.date,
            reason: args.reason.clone(),
        };
        composer.release(&mut at, release);
    }
    if composer.is_empty() {
        return Err(Failure::new("errors.nothing_to_do", &[]));
    }
    roster.sign(session, &args.act, &["roster.release"], composer)
}
