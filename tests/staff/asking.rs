//! A person at a terminal: what a command lacks is asked for, and what is answered is what could have been typed.

use soxa_lang::Lang;

use crate::support::program::{PASSPHRASE, soxa};
use crate::support::terminal::Terminal;
use crate::{HOME, Staff};

fn at_terminal(staff: &Staff, lang: Lang, args: &[&str]) -> Terminal {
    Terminal::start(&staff.province.node.home, lang, args)
}

#[test]
fn what_is_missing_is_asked_for() {
    let (staff, daemon) = Staff::found();
    let an = staff.register("Lò Văn An");
    staff.register("Cà Thị Bình");
    let mut terminal = at_terminal(&staff, Lang::Vi, &["person", "post"]);
    terminal
        .shows("Còn thiếu thông tin")
        .shows("(PERSON):")
        .types("Lò Văn Ân Ẩn");
    terminal
        .shows("không có bản ghi nào")
        .shows("(PERSON):")
        .types("lo van am");
    terminal.shows("Lò Văn An").shows("(PERSON):").types("lo van an");
    terminal.shows("→ Lò Văn An").shows("(--unit):").types(HOME);
    terminal.shows("→ Xã Mường Bú").shows("(--post):").types("DC-1");
    terminal.shows("(--from):").types("31/02/2026");
    terminal
        .shows("«31/02/2026»")
        .shows("(--from):")
        .types("05/01/2026");
    terminal
        .shows("(--key):")
        .types(&staff.province.path("staff.pem"));
    // The summary, the consent, and only then the passphrase.
    terminal
        .shows("Lò Văn An")
        .shows("DC-1")
        .shows("[y/N]")
        .types("có");
    terminal.shows("Mật khẩu").types_unseen(PASSPHRASE);
    let (exit, said) = terminal.ends();
    assert_eq!(exit, Some(0), "{said}");
    assert!(!said.contains(PASSPHRASE));
    let roster = staff.province.told(0, &["roster", "show", HOME]);
    assert_eq!(
        roster["assignments"][1]["person"],
        serde_json::json!(an),
        "{roster}"
    );
    drop(daemon);
}

#[test]
fn choices_are_listed_and_no_answer_ends_it() {
    let (staff, daemon) = Staff::found();
    staff.register("Lò Văn An");
    let key = staff.province.path("staff.pem");
    let add = ["roster", "add-post", HOME, "--title", "Văn hóa", "--key", &key];
    let mut terminal = at_terminal(&staff, Lang::En, &add);
    // Several codes may be answered, up to an empty line.
    terminal.shows("(--code):").types("VH-1");
    terminal.shows("(--code):").types("VH-2");
    terminal.shows("(--code):").types("");
    terminal.shows("1  culture").shows("(--field):").types("12345");
    terminal.shows("«12345»").shows("(--field):").types("1");
    terminal.shows("VH-2").shows("[y/N]").types("y");
    terminal.shows("Passphrase").types_unseen(PASSPHRASE);
    assert_eq!(terminal.ends().0, Some(0));

    // Without an answer nothing is done, and so it is where nobody can be asked.
    let depart = ["person", "depart", "Lò Văn An", "--key", &key];
    let mut terminal = at_terminal(&staff, Lang::En, &depart);
    terminal.shows("retirement").shows("(--ground):").types("");
    let (exit, said) = terminal.ends();
    assert_eq!(exit, Some(1), "{said}");
    assert!(
        said.contains("without an answer") && said.contains("--ground"),
        "{said}"
    );
    let ended = soxa(&staff.province.node.home, &depart).with(2);
    assert!(
        ended.said.contains("--ground") && ended.told.is_empty(),
        "{}",
        ended.said
    );
    let scripted = [&depart[..], &["--passphrase-stdin"]].concat();
    let (exit, said) = at_terminal(&staff, Lang::En, &scripted).ends();
    assert_eq!(exit, Some(2), "{said}");
    drop(daemon);
}
