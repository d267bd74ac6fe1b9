//! `soxa key`: key files on this machine; statements about authority are in [`authority`].

mod appointments;
pub mod authority;
pub mod holders;
pub mod officials;
pub mod root_keys;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use soxa_lang::{Lang, text};
use soxa_ledger::PublicKey;

use super::{ReadArgs, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key_store::{self, LockedKey};
use crate::output::{Cell, Sheet};
use crate::passphrase::Passphrases;
use authority::{AppointArgs, CompromiseArgs, CutArgs};
use officials::{OfficialsArgs, RenewArgs, ReportArgs, RotateArgs};
use root_keys::{CosignArgs, RootsArgs};

/// What can be done with keys and authority.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key file.
    #[command(after_help = r#"soxa key new officer.pem --name "Quàng Thị Hà""#)]
    New(NewArgs),
    /// Show the public key of a key file.
    #[command(after_help = "soxa key show officer.pem")]
    Show(ShowArgs),
    /// Change the passphrase of a key file.
    #[command(after_help = "soxa key passphrase officer.pem")]
    Passphrase(FileArgs),
    /// Give a key a role.
    #[command(after_help = r#"
        soxa key appoint --holder officer.pem --person "Quàng Thị Hà" --unit 03847 --role asset_officer
            --until 2026-12-31 --key head.pem
        soxa key appoint --holder an.pem --record 9c31e07a --unit 03721 --role dossier_officer --key head.pem
        soxa key appoint --table canbo.xlsx --key head.pem"#)]
    Appoint(AppointArgs),
    /// End an appointment or a node's admission.
    #[command(after_help = "soxa key cut 4f2a91c0 --reason retirement --key head.pem")]
    Cut(CutArgs),
    /// Declare a key compromised.
    #[command(after_help = "soxa key compromise stolen.pem --keep-through 2026-03-01 --key head.pem")]
    Compromise(CompromiseArgs),
    /// Give an office a further term.
    #[command(after_help = "soxa key renew 4f2a91c0 --until 2027-01-01 --key head.pem")]
    Renew(RenewArgs),
    /// Give an office another key.
    #[command(after_help = "soxa key rotate 4f2a91c0 --holder new.pem --reason compromise --key head.pem")]
    Rotate(RotateArgs),
    /// Put other root keys into office.
    #[command(
        after_help = "soxa key roots --new a.pem b.pem c.pem --quorum 2 --root-key a.pem --into roots.jws"
    )]
    Roots(RootsArgs),
    /// Add a root signature to a statement in a file.
    #[command(after_help = "soxa key cosign roots.jws --root-key b.pem --store")]
    Cosign(CosignArgs),
    /// List the statements.
    #[command(after_help = "soxa key list")]
    List(ReadArgs),
    /// List who holds which office.
    #[command(after_help = "soxa key officials --unit 03847")]
    Officials(OfficialsArgs),
    /// What needs looking after.
    #[command(after_help = "soxa key report --within 30")]
    Report(ReportArgs),
}

/// A key file and where its passphrase comes from.
#[derive(Debug, Args)]
pub struct FileArgs {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long)]
    passphrase_stdin: bool,
}

/// `soxa key new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    #[command(flatten)]
    file: FileArgs,
    /// The owner's name, written into the file in clear.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa key show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    read: ReadArgs,
}

/// Does what the command says.
pub fn run(command: KeyCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        KeyCommand::New(args) => new(&args, session),
        KeyCommand::Show(args) => show(&args, session),
        KeyCommand::Passphrase(args) => change_passphrase(&args, session),
        KeyCommand::Appoint(args) => authority::appoint(&args, session),
        KeyCommand::Cut(args) => authority::cut(&args, session),
        KeyCommand::Compromise(args) => authority::compromise(&args, session),
        KeyCommand::Renew(args) => officials::renew(&args, session),
        KeyCommand::Rotate(args) => officials::rotate(&args, session),
        KeyCommand::Roots(args) => root_keys::change(&args, session),
        KeyCommand::Cosign(args) => root_keys::cosign(&args, session),
        KeyCommand::List(args) => authority::list(&args, session),
        KeyCommand::Officials(args) => officials::list(&args, session),
        KeyCommand::Report(args) => officials::report(&args, session),
    }
}

fn new(args: &NewArgs, session: &Session) -> Result<Exit, Failure> {
    let file = &args.file.file;
    if file.exists() {
        return Err(Failure::new("errors.file_exists", &[("path", &file.display())]));
    }
    let mut passphrases = Passphrases::new(session.lang, args.file.passphrase_stdin);
    let passphrase = passphrases.ask_new(file)?;
    let key = key_store::generate()?;
    key_store::write(file, &key, args.name.as_deref(), &passphrase)?;
    print_key(session.lang, &args.read, file, key.public(), args.name.as_deref())
}

fn show(args: &ShowArgs, session: &Session) -> Result<Exit, Failure> {
    let key = LockedKey::read(&args.file.file)?;
    let public = match key.public() {
        Some(public) => public,
        None => key
            .unlock(&mut Passphrases::new(session.lang, args.file.passphrase_stdin))?
            .public(),
    };
    print_key(session.lang, &args.read, key.file(), public, key.owner())
}

fn print_key(
    lang: Lang,
    read: &ReadArgs,
    file: &Path,
    public: PublicKey,
    owner: Option<&str>,
) -> Result<Exit, Failure> {
    let mut sheet = Sheet::new("key");
    sheet
        .field("file", "cli.label.file", Cell::text(file.display().to_string()))
        .field("key", "cli.label.public_key", Cell::text(public.to_string()))
        .field("owner", "records.field.name", Cell::option(owner));
    read.print_sheet(lang, &sheet)?;
    Ok(Exit::Done)
}

fn change_passphrase(args: &FileArgs, session: &Session) -> Result<Exit, Failure> {
    let key = LockedKey::read(&args.file)?;
    let mut passphrases = Passphrases::new(session.lang, args.passphrase_stdin);
    let secret = key.unlock(&mut passphrases)?;
    let passphrase = passphrases.ask_new(&args.file)?;
    key_store::write(&args.file, &secret, key.owner(), &passphrase)?;
    crate::output::say(&text(session.lang, "cli.answer.passphrase_changed", &[]));
    Ok(Exit::Done)
}
