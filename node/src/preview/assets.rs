//! Acts on assets in plain words.

use soxa_lang::{Lang, amount, money, text};
use soxa_records::asset::{AssetOperation, AssetRegister, AssetSet};

use super::said::Said;
use super::{Names, day, label};

/// An act on an asset, but for a change of custody.
pub fn of_asset(
    lang: Lang,
    names: &Names<'_>,
    record: &str,
    operation: &AssetOperation,
    kind: &str,
) -> String {
    let say = |key: &str, values: &[(&str, &dyn std::fmt::Display)]| {
        let values = [&[("record", &record as &dyn std::fmt::Display)], values].concat();
        text(lang, key, &values)
    };
    let mut said = Said::new(lang, names);
    let field = |said: &mut Said<'_>, field: &str, value: &str| {
        if !value.is_empty() {
            said.add_named(&label(lang, field), value);
        }
    };
    match operation {
        AssetOperation::Register(asset) => {
            further(&mut said, asset);
            let quantity = format!("{} {}", amount(lang, asset.quantity.thousandths), asset.measure);
            let sentence = say(
                "preview.act.asset_register",
                &[
                    ("code", &asset.code),
                    ("name", &asset.name),
                    ("quantity", &quantity.trim()),
                    ("cost", &money(lang, asset.cost.total())),
                    ("unit", &names(&asset.unit)),
                ],
            );
            return format!("{sentence} {}", said.parts()).trim_end().to_owned();
        }
        AssetOperation::Set(setting) => {
            let value = value(lang, setting);
            return say(
                "preview.act.set",
                &[("field", &label(lang, setting.field())), ("value", &value)],
            );
        }
        AssetOperation::State(change) => {
            let state = text(lang, &format!("records.asset_state.{}", change.state), &[]);
            return say(
                "preview.act.asset_state",
                &[
                    ("state", &state),
                    ("date", &day(change.date)),
                    ("reason", &change.reason),
                ],
            );
        }
        AssetOperation::Classify(class) => {
            field(&mut said, "asset_class", &class.key());
            said.day("from", Some(class.from));
        }
        AssetOperation::Paper(paper) => {
            field(&mut said, "paper_form", &paper.form);
            field(&mut said, "number", &paper.number);
            said.day("day", paper.date);
            field(&mut said, "issuer", &paper.issuer);
            said.hash("scan", paper.scan.as_ref());
        }
        AssetOperation::Photo(photo) => {
            field(&mut said, "shows", &photo.shows);
            said.day("day", photo.date);
            said.hash("document", Some(&photo.photo));
        }
        AssetOperation::Custody(_) => {}
    }
    said.sentence(record, kind)
}

/// What a registration says beside what its sentence does.
fn further(said: &mut Said<'_>, asset: &AssetRegister) {
    let lang = said.lang;
    if let Some(sources) = asset.cost.sources() {
        said.add_named(&label(lang, "cost_budget"), &money(lang, sources.budget));
        said.add_named(&label(lang, "cost_other"), &money(lang, sources.other));
    }
    if let Some(residual) = &asset.residual {
        let setting = AssetSet::Residual(*residual);
        said.add_named(&label(lang, setting.field()), &value(lang, &setting));
    }
    if let Some(class) = &asset.class {
        let from = day(class.from);
        said.add_named(&label(lang, "asset_class"), &format!("{} ({from})", class.key()));
    }
    for setting in &asset.card {
        said.add_named(&label(lang, setting.field()), &value(lang, setting));
    }
}

/// What is written into a field of an asset.
fn value(lang: Lang, setting: &AssetSet) -> String {
    match setting {
        AssetSet::Quantity(set) | AssetSet::LandArea(set) | AssetSet::FloorArea(set) => {
            amount(lang, set.thousandths)
        }
        AssetSet::Cost(cost) => match cost.sources() {
            Some(sources) => format!(
                "{} = {} + {}",
                money(lang, cost.total()),
                money(lang, sources.budget),
                money(lang, sources.other)
            ),
            None => money(lang, cost.total()),
        },
        AssetSet::Residual(residual) => match residual.on {
            Some(on) => format!("{} ({})", money(lang, residual.dong), day(on)),
            None => money(lang, residual.dong),
        },
        AssetSet::InUseYear(year) => year.to_string(),
        AssetSet::Purchased(date) => day(*date),
        AssetSet::Condition(text)
        | AssetSet::Site(text)
        | AssetSet::Measure(text)
        | AssetSet::Name(text)
        | AssetSet::Code(text)
        | AssetSet::Category(text)
        | AssetSet::Remark(text)
        | AssetSet::Maker(text)
        | AssetSet::Serial(text)
        | AssetSet::Department(text) => text.clone(),
    }
}
