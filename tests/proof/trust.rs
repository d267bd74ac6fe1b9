//! What a reader trusts, where the root keys were changed and work was adopted.

use serde_json::{Value, json};
use soxa_lang::Lang;

use crate::python::independent;
use crate::support::handing::Handing;
use crate::support::program::soxa;
use crate::support::province::new_key;
use crate::verify;

#[test]
fn later_root_keys_are_worth_what_they_have_signed() {
    let handing = Handing::found();
    let handover = handing.hand_over("Máy cày");
    let province = &handing.province;
    let home = &province.node.home;
    let old = province.told(0, &["network"]);
    let old = old["roots"][0]["key"].as_str().unwrap().to_owned();
    new_key(&province.file("a.pem"), "Sở Nội vụ");
    let change = ["key", "roots", "--new", &province.path("a.pem"), "--quorum", "1"];
    province.sign_as_root("root.pem", &change).with(0);

    let network = province.told(0, &["network"]);
    assert_eq!((&network["changes"], &network["quorum"]), (&json!(1), &json!(1)));
    let roots = network["roots"].as_array().unwrap();
    let in_office: Vec<&Value> = roots.iter().map(|root| &root["in_office"]).collect();
    assert_eq!(in_office, [&json!(true), &json!(false)]);
    assert_eq!(roots[1]["key"], old.as_str());
    let new = roots[0]["key"].as_str().unwrap().to_owned();

    let file = province.path("bàn giao.json");
    let prove = || drop(soxa(home, &["handover", "proof", &handover, "-o", &file]).with(0));
    prove();
    let said = verify(Lang::En, &[&file, "--root", &new]).with(13).said;
    assert!(said.contains("or anything after their change"), "{said}");
    let shown = verify(Lang::En, &[&file, "--root", &old]).with(0).told;
    assert!(
        shown.contains("The root keys were changed by 1 statements"),
        "{shown}"
    );
    independent(&file, &new, 1);
    independent(&file, &old, 0);

    // The new key ends the giver's appointment from before the handover, and answers for what was done under it.
    let giver = province.told(0, &["key", "officials", "--unit", "03847"]);
    let giver = giver["officials"][0]["id"].as_str().unwrap().to_owned();
    let cut = [
        "key",
        "cut",
        &giver,
        "--reason",
        "transfer",
        "--keep-through",
        "none",
    ];
    province.sign_as_root("a.pem", &cut).with(0);
    soxa(home, &["handover", "proof", &handover, "-o", &file]).with(1);
    let adopt = ["void", "adopt", "--signed-by", "Xã Mường Bú", "--remark", "QĐ 21"];
    province.sign_as_root("a.pem", &adopt).with(0);
    prove();
    for root in [&new, &old, &province.network] {
        let shown = verify(Lang::Vi, &[&file, "--root", root]).with(0).told;
        assert!(shown.contains("QĐ 21"), "{shown}");
        independent(&file, root, 0);
    }
}
